#include "policy/nat.h"

#include <string.h>

static uint32_t offset_in(struct ip ip, struct ip_range range)
{
    return ip_to_v4(ip) - ip_to_v4(range.first);
}

struct ip nat_move(struct ip ip, struct ip_range from, struct ip_range to)
{
    struct ip moved = ip_of_v4(ip_to_v4(to.first) + offset_in(ip, from));

    return ip_range_holds(to, moved) ? moved : to.last;
}

static bool is_any(struct port_range ports)
{
    return ports.first == 0 && ports.last == UINT16_MAX;
}

static bool ports_fit(const struct nat_row *row, struct port_range ports, const struct flow *flow)
{
    if (row->protocol != 0 && row->protocol != flow->protocol)
        return false;
    return is_any(ports) || (flow->has_ports && ports.first <= flow->local_port && flow->local_port <= ports.last);
}

static bool interface_fits(uint16_t of_rule, uint16_t of_packet)
{
    if (of_rule == NAT_NO_INTERFACE)
        return false;
    return of_rule == NAT_ANY_INTERFACE || of_packet == NAT_ANY_INTERFACE || of_rule == of_packet;
}

static struct flow translated_out(const struct nat_rule *rule, const struct nat_row *row, struct flow flow)
{
    if (rule->kind != NAT_IDENTITY)
        flow.local = rule->kind == NAT_STATIC ? nat_move(flow.local, row->real, row->mapped) : row->mapped.first;
    flow.remote = nat_move(flow.remote, row->mapped_peer, row->real_peer);
    if (!is_any(row->mapped_port))
        flow.local_port = row->mapped_port.first;
    return flow;
}

static struct flow translated_in(const struct nat_rule *rule, const struct nat_row *row, struct flow flow)
{
    if (rule->kind != NAT_IDENTITY)
        flow.local = nat_move(flow.local, row->mapped, row->real);
    flow.remote = nat_move(flow.remote, row->real_peer, row->mapped_peer);
    if (!is_any(row->real_port))
        flow.local_port = row->real_port.first;
    return flow;
}

/* The first line of the rule that the connection fits; NULL: none, or one that says the rule is not for it. */
static const struct nat_row *row_out(const struct nat_rule *rule, const struct flow *inner)
{
    for (uint16_t i = 0; i < rule->row_count; i++) {
        const struct nat_row *row = &rule->rows[i];

        if (ip_range_holds(row->real, inner->local) && ip_range_holds(row->mapped_peer, inner->remote) &&
            ports_fit(row, row->real_port, inner))
            return row->is_deny ? NULL : row;
    }
    return NULL;
}

static const struct nat_row *row_in(const struct nat_rule *rule, const struct flow *outer)
{
    for (uint16_t i = 0; i < rule->row_count; i++) {
        const struct nat_row *row = &rule->rows[i];

        if (ip_range_holds(row->mapped, outer->local) && ip_range_holds(row->real_peer, outer->remote) &&
            ports_fit(row, row->mapped_port, outer))
            return row->is_deny ? NULL : row;
    }
    return NULL;
}

bool nat_out(const struct policy *policy, uint16_t from, uint16_t to, const struct flow *inner, struct nat_match *match)
{
    *match = (struct nat_match){NO_INDEX, NO_INDEX, *inner, *inner};
    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];
        const struct nat_row *row = NULL;

        if (interface_fits(rule->from, from) && interface_fits(rule->to, to))
            row = row_out(rule, inner);
        if (row == NULL)
            continue;
        match->rule = i;
        match->row = (uint16_t)(row - rule->rows);
        match->outer = translated_out(rule, row, *inner);
        return true;
    }
    return false;
}

bool nat_in(const struct policy *policy, uint16_t to, const struct flow *outer, struct nat_match *match)
{
    *match = (struct nat_match){NO_INDEX, NO_INDEX, *outer, *outer};
    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];
        const struct nat_row *row = NULL;

        if (rule->kind != NAT_DYNAMIC && !rule->is_outgoing && rule->from != NAT_NO_INTERFACE &&
            interface_fits(rule->to, to))
            row = row_in(rule, outer);
        if (row == NULL)
            continue;
        match->rule = i;
        match->row = (uint16_t)(row - rule->rows);
        match->inner = translated_in(rule, row, *outer);
        return true;
    }
    return false;
}

/* Of a pool, any address may be taken: what one of them would be protected for is protected for all. */
static bool local_before(const struct nat_rule *rule, const struct nat_row *row, struct ip_range outer,
                         struct ip_range *inner)
{
    struct ip_range both;

    if (!ip_range_intersect(row->mapped, outer, &both))
        return false;
    switch (rule->kind) {
    case NAT_IDENTITY: *inner = both; break;
    case NAT_DYNAMIC: *inner = row->real; break;
    case NAT_STATIC:
        *inner = (struct ip_range){nat_move(both.first, row->mapped, row->real),
                                   nat_move(both.last, row->mapped, row->real)};
        break;
    }
    return true;
}

bool nat_before(const struct nat_rule *rule, const struct nat_row *row, const struct selector *outer,
                struct selector *inner)
{
    struct selector s = *outer;

    if (row->is_deny || (row->protocol != 0 && outer->protocol != 0 && row->protocol != outer->protocol) ||
        !local_before(rule, row, outer->local, &s.local) ||
        !ip_range_intersect(row->real_peer, outer->remote, &s.remote))
        return false;
    if (row->protocol != 0)
        s.protocol = row->protocol;
    if (!is_any(row->real_port)) {
        if (row->mapped_port.first < outer->local_ports.first || row->mapped_port.first > outer->local_ports.last)
            return false;
        s.local_ports = row->real_port;
    } else if (rule->kind == NAT_DYNAMIC) {
        s.local_ports = (struct port_range){0, UINT16_MAX};
    }
    *inner = s;
    return true;
}

static bool is_made_by_nat(const struct policy *policy, uint16_t to, const struct selector *outer)
{
    struct selector inner;

    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        if (rule->kind == NAT_IDENTITY || !interface_fits(rule->to, to))
            continue;
        for (uint16_t k = 0; k < rule->row_count; k++)
            if (nat_before(rule, &rule->rows[k], outer, &inner))
                return true;
    }
    return false;
}

/* The first line of the rule that all of it fits. */
static const struct nat_row *row_of_all(const struct nat_rule *rule, const struct selector *s)
{
    for (uint16_t i = 0; i < rule->row_count; i++) {
        const struct nat_row *row = &rule->rows[i];

        if (ip_range_contains(row->real, s->local) && ip_range_contains(row->mapped_peer, s->remote) &&
            row->protocol == 0)
            return row->is_deny ? NULL : row;
    }
    return NULL;
}

uint16_t nat_takes_away(const struct policy *policy, uint16_t to, const struct selector *outer)
{
    if (is_made_by_nat(policy, to, outer))
        return NO_INDEX;
    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        /* A rule of an interface that nothing is known of may be meant for a device that has one. */
        if ((rule->to != NAT_ANY_INTERFACE && rule->to != to) || row_of_all(rule, outer) == NULL)
            continue;
        return rule->kind == NAT_IDENTITY ? NO_INDEX : i;
    }
    return NO_INDEX;
}

bool nat_blocks(struct ip_range real, struct ip_range mapped, struct nat_block blocks[static NAT_BLOCKS_MAX],
                uint16_t *count)
{
    uint32_t from = ip_to_v4(real.first), to = ip_to_v4(mapped.first);
    uint64_t left = (uint64_t)offset_in(real.last, real) + 1;

    for (*count = 0; left > 0; (*count)++) {
        uint8_t bits = 0;

        while (bits < 32 && (uint64_t)2 << bits <= left && ((from | to) >> bits & 1) == 0)
            bits++;
        if (*count == NAT_BLOCKS_MAX)
            return false;
        blocks[*count] = (struct nat_block){ip_of_v4(from), ip_of_v4(to), (uint8_t)(32 - bits)};
        from += (uint32_t)((uint64_t)1 << bits);
        to += (uint32_t)((uint64_t)1 << bits);
        left -= (uint64_t)1 << bits;
    }
    return true;
}

static bool same_row(const struct nat_row *a, const struct nat_row *b)
{
    return a->is_deny == b->is_deny && a->protocol == b->protocol && ip_range_equal(a->real, b->real) &&
           ip_range_equal(a->mapped, b->mapped) && ip_range_equal(a->mapped_peer, b->mapped_peer) &&
           ip_range_equal(a->real_peer, b->real_peer) && a->real_port.first == b->real_port.first &&
           a->real_port.last == b->real_port.last && a->mapped_port.first == b->mapped_port.first &&
           a->mapped_port.last == b->mapped_port.last;
}

static const char *system_name(const struct policy *policy, uint16_t interface)
{
    return interface == NAT_ANY_INTERFACE         ? "*"
           : interface >= policy->interface_count ? ""
                                                  : policy->interfaces[interface].linux_name;
}

static bool same_rule(const struct policy *policy_a, const struct nat_rule *a, const struct policy *policy_b,
                      const struct nat_rule *b)
{
    if (a->kind != b->kind || a->row_count != b->row_count || a->is_interface != b->is_interface ||
        a->is_outgoing != b->is_outgoing || a->has_proxy_arp != b->has_proxy_arp || strcmp(a->text, b->text) != 0 ||
        strcmp(system_name(policy_a, a->from), system_name(policy_b, b->from)) != 0 ||
        strcmp(system_name(policy_a, a->to), system_name(policy_b, b->to)) != 0)
        return false;
    for (uint16_t i = 0; i < a->row_count; i++)
        if (!same_row(&a->rows[i], &b->rows[i]))
            return false;
    return true;
}

bool nat_is_same(const struct policy *a, const struct policy *b)
{
    if (a->nat_rule_count != b->nat_rule_count || a->is_arp_permitted != b->is_arp_permitted)
        return false;
    for (uint16_t i = 0; i < a->nat_rule_count; i++)
        if (!same_rule(a, &a->nat_rules[i], b, &b->nat_rules[i]))
            return false;
    return true;
}
