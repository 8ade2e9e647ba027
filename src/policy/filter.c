#include "policy/filter.h"

#include <string.h>

static const struct port_range any_port = {0, UINT16_MAX};

uint16_t filter_icmp_port(uint8_t type, uint8_t code)
{
    return (uint16_t)(type << 8 | code);
}

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6;
}

static bool fits(const struct crypto_ace *ace, const struct filter_packet *packet)
{
    struct selector s = ace->selector;

    if (packet->is_later_fragment && ace->is_permit)
        s.local_ports = s.remote_ports = any_port;
    return selector_matches(&s, &packet->flow);
}

bool filter_permits(const struct filter *filter, const struct filter_packet *packet, uint16_t *ace)
{
    for (*ace = 0; *ace < filter->ace_count; ++*ace)
        if (fits(&filter->aces[*ace], packet))
            return filter->aces[*ace].is_permit;
    return false;
}

/* ---- vpn-filter ---- */

/* ICMP of one packet and its answer (RFC 792, RFC 950, RFC 4443). */
static const struct {
    uint8_t protocol, question, answer;
} answers[] = {
    {PROTOCOL_ICMP, 8, 0},   {PROTOCOL_ICMP, 13, 14},    {PROTOCOL_ICMP, 15, 16},
    {PROTOCOL_ICMP, 17, 18}, {PROTOCOL_ICMP6, 128, 129},
};

struct filter_packet filter_as_written(const struct filter_packet *packet, bool is_out)
{
    struct filter_packet turned = *packet;
    struct flow f = packet->flow;

    if (!is_out)
        return turned;
    turned.flow.local = f.remote;
    turned.flow.remote = f.local;
    if (!is_icmp(f.protocol)) {
        turned.flow.local_port = f.remote_port;
        turned.flow.remote_port = f.local_port;
    }
    return turned;
}

static bool question_of(const struct filter_packet *packet, struct filter_packet *question)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        if (packet->flow.protocol != answers[i].protocol || !packet->flow.has_ports ||
            packet->flow.local_port >> 8 != answers[i].answer)
            continue;
        *question = *packet;
        question->flow.local_port = filter_icmp_port(answers[i].question, packet->flow.local_port & 0xff);
        return true;
    }
    return false;
}

bool filter_permits_in_tunnel(const struct filter *filter, const struct filter_packet *packet, bool is_out,
                              uint16_t *ace)
{
    struct filter_packet as_written = filter_as_written(packet, is_out), question;

    return (question_of(&as_written, &question) && filter_permits(filter, &question, ace)) ||
           filter_permits(filter, &as_written, ace);
}

const struct filter *filter_of(const struct policy *policy, uint16_t tunnel_group, const char *user)
{
    uint16_t number = policy_group_policy_of(policy, tunnel_group, user);
    uint16_t filter = number == 0 ? 0 : policy->group_policies[number - 1].filter;

    return filter == 0 ? NULL : &policy->filters[filter - 1];
}

/* ---- access-group ---- */

uint16_t filter_global_group(const struct policy *policy)
{
    uint16_t i = 0;

    while (i < policy->access_group_count && policy->access_groups[i].interface != NO_INDEX)
        i++;
    return i;
}

/* An interface of both families stands twice, under one name. */
static bool is_of_interface(const struct policy *policy, const struct access_group *group, uint16_t interface)
{
    return group->interface != NO_INDEX &&
           strcmp(policy->interfaces[group->interface].name, policy->interfaces[interface].name) == 0;
}

uint16_t filter_group_at(const struct policy *policy, uint16_t interface, enum access_way way)
{
    for (uint16_t i = 0; interface < policy->interface_count && i < policy->access_group_count; i++)
        if (policy->access_groups[i].way == way && is_of_interface(policy, &policy->access_groups[i], interface))
            return i;
    return way == ACCESS_IN ? filter_global_group(policy) : policy->access_group_count;
}

struct filter_decision filter_at(const struct policy *policy, uint16_t interface, enum access_way way,
                                 const struct filter_packet *packet)
{
    uint16_t own = filter_group_at(policy, interface, way), global = filter_global_group(policy);
    struct filter_decision d = {.is_permitted = true}, behind = {0};

    if (own == policy->access_group_count)
        return d;
    d.group = &policy->access_groups[own];
    d.filter = &policy->filters[d.group->filter];
    d.is_permitted = filter_permits(d.filter, packet, &d.ace);
    if (d.ace < d.filter->ace_count || way != ACCESS_IN || global == own || global == policy->access_group_count)
        return d;
    behind.group = &policy->access_groups[global];
    behind.filter = &policy->filters[behind.group->filter];
    behind.is_permitted = filter_permits(behind.filter, packet, &behind.ace);
    return behind.ace < behind.filter->ace_count ? behind : d;
}

/* A deny of a part of it may leave some to a later line. */
enum filter_reach filter_reach(const struct filter *filter, const struct selector *traffic)
{
    for (uint16_t i = 0; i < filter->ace_count; i++) {
        const struct crypto_ace *ace = &filter->aces[i];

        if (ace->is_permit && selector_overlaps(&ace->selector, traffic))
            return FILTER_LETS_SOME;
        if (!ace->is_permit && selector_contains(&ace->selector, traffic))
            return FILTER_DENIES_ALL;
    }
    return FILTER_SAYS_NOTHING;
}

const struct filter *filter_that_stops(const struct policy *policy, uint16_t interface, enum access_way way,
                                       const struct selector *traffic)
{
    uint16_t own = filter_group_at(policy, interface, way), global = filter_global_group(policy);

    if (own == policy->access_group_count)
        return NULL;
    const struct filter *filter = &policy->filters[policy->access_groups[own].filter];
    enum filter_reach reach = filter_reach(filter, traffic);
    if (reach == FILTER_SAYS_NOTHING && way == ACCESS_IN && global != own && global != policy->access_group_count)
        reach = filter_reach(&policy->filters[policy->access_groups[global].filter], traffic);
    return reach == FILTER_LETS_SOME ? NULL : filter;
}

/* ---- counters ---- */

uint32_t filter_hit_count(const struct policy *policy)
{
    const struct filter *last = policy->filter_count == 0 ? NULL : &policy->filters[policy->filter_count - 1];

    return last == NULL ? 0 : last->first_hit + last->ace_count + 1u;
}

static bool is_same_line(const struct crypto_ace *a, const struct crypto_ace *b)
{
    return a->is_permit == b->is_permit && selector_equal(&a->selector, &b->selector);
}

bool filter_same_line(const struct policy *from, uint16_t filter, uint16_t ace, const struct policy *to, uint32_t *hit)
{
    const struct filter *before = &from->filters[filter];

    for (uint16_t i = 0; i < to->filter_count; i++) {
        const struct filter *now = &to->filters[i];

        if (strcmp(now->name, before->name) != 0)
            continue;
        *hit = now->first_hit + now->ace_count;
        if (ace == before->ace_count)
            return true;
        if (ace < now->ace_count && is_same_line(&before->aces[ace], &now->aces[ace])) {
            *hit = now->first_hit + ace;
            return true;
        }
        for (uint16_t k = 0; k < now->ace_count; k++)
            if (is_same_line(&before->aces[ace], &now->aces[k])) {
                *hit = now->first_hit + k;
                return true;
            }
    }
    return false;
}
