#include "daemon/steer_rules.h"

#include "base/check.h"
#include "daemon/names.h"
#include "daemon/plane.h"
#include "policy/nat.h"

#include <stdio.h>
#include <string.h>

enum direction { OUT, IN };

static const char *const direction_names[] = {[OUT] = "out", [IN] = "in"};

/* Longest text of one line of an ACL, and of what surrounds one entry. An ACE becomes at most two lines in each
 * direction. */
enum { LINE_SIZE = 512, ENTRY_SIZE = 1024, FRAME_SIZE = 8192 };

/* After destinations have been translated, which others do at -100. */
#define AFTER_NAT "-90"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_DCCP = 33, PROTOCOL_SCTP = 132, PROTOCOL_UDPLITE = 136 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@"

bool steer_rules_can_name(const char *linux_name)
{
    return linux_name[0] != '\0' && linux_name[strspn(linux_name, NAME_CHARACTERS)] == '\0';
}

/* ---- what address translation makes of a line ---- */

/* What of this line comes out of the rule, in the addresses that the packet still has; false: nothing. A pool's address
 * is not known before it is taken, so a line that denies a part of the pool does not hold for what may get another. */
static bool ace_before(const struct nat_rule *rule, const struct nat_row *row, const struct crypto_ace *ace,
                       struct crypto_ace *before)
{
    if (!ace->is_permit && rule->kind == NAT_DYNAMIC && !ip_range_contains(ace->selector.local, row->mapped))
        return false;
    *before = *ace;
    return nat_before(rule, row, &ace->selector, &before->selector);
}

static bool is_for(const struct nat_rule *rule, const struct tunnel *tunnel)
{
    return rule->from != NAT_NO_INTERFACE && (rule->to == NAT_ANY_INTERFACE || rule->to == tunnel->interface);
}

static bool has_part(const struct nat_rule *rule, const struct nat_row *row, const struct tunnel *tunnel)
{
    struct crypto_ace before;

    if (tunnel->is_open)
        return false; /* what its guests have is asked apart */
    for (uint16_t i = 0; is_for(rule, tunnel) && i < tunnel->ace_count; i++)
        if (ace_before(rule, row, &tunnel->aces[i], &before))
            return true;
    return false;
}

static size_t translation_size(const struct policy *policy, size_t guest_count)
{
    size_t size = 0;

    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        size += ENTRY_SIZE + LINE_SIZE * (size_t)policy->interface_count;
        for (uint16_t k = 0; k < rule->row_count; k++) {
            size += ENTRY_SIZE + LINE_SIZE * (1 + 2 * guest_count);
            for (uint16_t t = 0; rule->kind != NAT_IDENTITY && t < policy->tunnel_count; t++)
                if (has_part(rule, &rule->rows[k], &policy->tunnels[t]))
                    size += ENTRY_SIZE + 2 * LINE_SIZE * (size_t)policy->tunnels[t].ace_count;
        }
    }
    return size;
}

size_t steer_rules_size(const struct policy *policy, struct steer_guests guests)
{
    size_t size = FRAME_SIZE + 4 * LINE_SIZE * guests.count;

    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        size += ENTRY_SIZE + 4 * LINE_SIZE * (size_t)policy->tunnels[i].ace_count;
    return size + 2 * ENTRY_SIZE * (size_t)policy->interface_count + translation_size(policy, guests.count);
}

static void add_addresses(struct text *t, const char *side, struct ip_range range)
{
    char first[IP_TEXT_SIZE], last[IP_TEXT_SIZE];
    int prefix_len = ip_range_prefix_len(range);

    if (prefix_len == 0)
        return;
    text_add(t, " %s %s %s", range.first.family == IP_V6 ? "ip6" : "ip", side, ip_text(range.first, first));
    if (prefix_len > 0)
        text_add(t, "/%d", prefix_len);
    else
        text_add(t, "-%s", ip_text(range.last, last));
}

static bool has_ports(uint8_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
           protocol == PROTOCOL_DCCP || protocol == PROTOCOL_UDPLITE;
}

static bool is_any(struct port_range ports)
{
    return ports.first == 0 && ports.last == UINT16_MAX;
}

static void add_ports(struct text *t, const char *side, struct port_range ports)
{
    if (is_any(ports))
        return;
    text_add(t, " th %s %u", side, ports.first);
    if (ports.last != ports.first)
        text_add(t, "-%u", ports.last);
}

/* Addresses and protocol: what every fragment of a packet shows. */
static void add_match(struct text *t, const char *before, const struct selector *s, enum direction direction)
{
    text_add(t, "%smeta nfproto %s", before, s->local.first.family == IP_V6 ? "ipv6" : "ipv4");
    add_addresses(t, direction == OUT ? "saddr" : "daddr", s->local);
    add_addresses(t, direction == OUT ? "daddr" : "saddr", s->remote);
    if (s->protocol != 0)
        text_add(t, " meta l4proto %u", s->protocol);
}

static void add_permit(struct text *t, enum direction direction)
{
    if (direction == OUT)
        text_add(t, " meta mark set meta mark & 0x%08x | 0x%08x return\n", (unsigned)~MARK_MASK, MARK_STEERED);
    else
        text_add(t, " goto in_clear\n");
}

/* `before`: what stands before each rule. */
static void add_ace(struct text *t, const char *before, const struct crypto_ace *ace, enum direction direction)
{
    const struct selector *s = &ace->selector;
    bool wants_ports = has_ports(s->protocol) && !(is_any(s->local_ports) && is_any(s->remote_ports));

    add_match(t, before, s, direction);
    if (wants_ports) {
        add_ports(t, direction == OUT ? "sport" : "dport", s->local_ports);
        add_ports(t, direction == OUT ? "dport" : "sport", s->remote_ports);
    }
    if (ace->is_permit)
        add_permit(t, direction);
    else
        text_add(t, " return\n");

    /* A later fragment shows no ports. It might belong to what is to be protected, so it goes where that goes, never in
     * clear. */
    if (wants_ports && ace->is_permit) {
        add_match(t, before, s, direction);
        text_add(t, s->local.first.family == IP_V6 ? " frag frag-off != 0" : " ip frag-off & 0x1fff != 0");
        add_permit(t, direction);
    }
}

static void add_entry_chain(struct text *t, const struct policy *policy, uint16_t index, enum direction direction)
{
    const struct tunnel *tunnel = &policy->tunnels[index];

    text_add(t, "  chain %s_%u_%u {\n", direction_names[direction], index, tunnel->sequence);
    for (uint16_t i = 0; i < tunnel->ace_count; i++)
        add_ace(t, "    ", &tunnel->aces[i], direction);
    text_add(t, "  }\n");
}

static void add_guest_chain(struct text *t, struct steer_guests guests, enum direction direction)
{
    text_add(t, "  chain guests_%s {\n", direction_names[direction]);
    for (size_t i = 0; i < guests.count; i++)
        add_ace(t, "    ", &(struct crypto_ace){.selector = guests.list[i], .is_permit = true}, direction);
    text_add(t, "  }\n");
}

/* The chain of an entry's lines; those of open entries share one. */
static void add_jump(struct text *t, const struct policy *policy, uint16_t index, enum direction direction)
{
    const struct tunnel *tunnel = &policy->tunnels[index];

    if (tunnel->is_open)
        text_add(t, "jump guests_%s\n", direction_names[direction]);
    else
        text_add(t, "jump %s_%u_%u\n", direction_names[direction], index, tunnel->sequence);
}

static const struct policy_interface *interface_of(const struct policy *policy, const struct tunnel *tunnel)
{
    if (tunnel->interface >= policy->interface_count)
        return NULL;
    const struct policy_interface *interface = &policy->interfaces[tunnel->interface];
    return steer_rules_can_name(interface->linux_name) ? interface : NULL;
}

/* Asks the entries in order, and ends at the first that has marked. */
static void add_out_chain(struct text *t, const struct policy *policy)
{
    text_add(t, "  chain out {\n");
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        text_add(t, "    ");
        add_jump(t, policy, i, OUT);
        text_add(t, "    meta mark & 0x%08x == 0x%08x return\n", MARK_MASK, MARK_STEERED);
    }
    text_add(t, "  }\n");
}

static void add_in_chain(struct text *t, const struct policy *policy)
{
    text_add(t, "  chain in {\n");
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct policy_interface *interface = interface_of(policy, &policy->tunnels[i]);
        if (interface == NULL)
            continue;
        text_add(t, "    iifname \"%s\" ", interface->linux_name);
        add_jump(t, policy, i, IN);
    }
    text_add(t, "  }\n");
}

/* IKE, ESP and what the network says about them, from and to our outer addresses, in clear. */
static void add_exceptions(struct text *t, const struct policy *policy, enum direction direction)
{
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        const char *ip = interface->ip.family == IP_V6 ? "ip6" : "ip";
        const char *side = direction == OUT ? "saddr" : "daddr";
        char address[IP_TEXT_SIZE];

        if (!interface->is_ikev1_enabled || !ip_is_set(interface->ip))
            continue;
        ip_text(interface->ip, address);
        text_add(t, "    %s %s %s udp %s { 500, 4500 } return\n", ip, side, address,
                 direction == OUT ? "sport" : "dport");
        text_add(t, "    %s %s %s meta l4proto esp return\n", ip, side, address);
        if (direction == OUT)
            continue;
        text_add(t,
                 interface->ip.family == IP_V6 ? "    ip6 daddr %s meta l4proto udp frag frag-off != 0 return\n"
                                               : "    ip daddr %s meta l4proto udp ip frag-off & 0x1fff != 0 return\n",
                 address);
        text_add(
            t,
            interface->ip.family == IP_V6
                ? "    ip6 daddr %s icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
                  "parameter-problem, nd-router-solicit, "
                  "nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } return\n"
                : "    ip daddr %s icmp type { destination-unreachable, time-exceeded, parameter-problem } return\n",
            address);
    }
}

/* From one tunnel into another: only what the routing would send out through an interface with a crypto map. Anything
 * else that comes out of the TUN has arrived, and is not asked again, whatever the ACLs say (any -> any would make a
 * loop). */
static void add_hairpin(struct text *t, const struct policy *policy)
{
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        if (interface->map_name[0] != '\0' && steer_rules_can_name(interface->linux_name))
            text_add(t, "    iifname \"" TUN_NAME "\" fib daddr oifname \"%s\" jump out\n", interface->linux_name);
    }
    text_add(t, "    iifname \"" TUN_NAME "\" return\n");
}

/* The lines of one entry in the addresses before the translation; false: none is for it. */
static void add_entry_before(struct text *t, const struct policy *policy, uint16_t rule_index, uint16_t row_index,
                             uint16_t index)
{
    const struct nat_rule *rule = &policy->nat_rules[rule_index];
    const struct tunnel *tunnel = &policy->tunnels[index];
    struct crypto_ace before;

    text_add(t, "  chain nat_%u_%u_%u {\n", rule_index, row_index, index);
    for (uint16_t i = 0; i < tunnel->ace_count; i++)
        if (ace_before(rule, &rule->rows[row_index], &tunnel->aces[i], &before))
            add_ace(t, "    ", &before, OUT);
    text_add(t, "  }\n");
}

static void add_guest_before(struct text *t, const char *before, const struct nat_rule *rule, const struct nat_row *row,
                             const struct selector *guest)
{
    struct crypto_ace ace = {.is_permit = true};

    if (nat_before(rule, row, guest, &ace.selector))
        add_ace(t, before, &ace, OUT);
}

/* What this row is for: only what comes of it is asked of the ACLs. What they do not want goes its way in clear,
 * however it is translated. */
static void add_row_chains(struct text *t, const struct policy *policy, struct steer_guests guests, uint16_t rule_index,
                           uint16_t row_index)
{
    const struct nat_rule *rule = &policy->nat_rules[rule_index];
    const struct nat_row *row = &rule->rows[row_index];

    if (rule->kind == NAT_IDENTITY || row->is_deny)
        return;
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (has_part(rule, row, &policy->tunnels[i]))
            add_entry_before(t, policy, rule_index, row_index, i);
    text_add(t, "  chain guests_%u_%u {\n", rule_index, row_index);
    for (size_t i = 0; i < guests.count; i++)
        add_guest_before(t, "    ", rule, row, &guests.list[i]);
    text_add(t, "  }\n  chain nat_%u_%u {\n", rule_index, row_index);
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (has_part(rule, row, &policy->tunnels[i]))
            text_add(t, "    jump nat_%u_%u_%u\n    meta mark & 0x%08x == 0x%08x return\n", rule_index, row_index, i,
                     MARK_MASK, MARK_STEERED);
    text_add(t, "    jump guests_%u_%u\n  }\n", rule_index, row_index);
}

static void add_row_match(struct text *t, const struct nat_row *row)
{
    const struct selector s = {.local = row->real, .remote = row->real_peer, .protocol = row->protocol};

    add_match(t, "    ", &s, OUT);
    if (row->protocol != 0)
        add_ports(t, "sport", row->real_port);
}

/* The first line that fits decides, and with it the rule; a deny goes on with the next rule. */
static void add_rule_chains(struct text *t, const struct policy *policy, struct steer_guests guests, uint16_t index)
{
    const struct nat_rule *rule = &policy->nat_rules[index];

    for (uint16_t i = 0; i < rule->row_count; i++)
        add_row_chains(t, policy, guests, index, i);
    text_add(t, "  chain nat_%u {\n", index);
    for (uint16_t i = 0; i < rule->row_count; i++) {
        add_row_match(t, &rule->rows[i]);
        if (rule->rows[i].is_deny) {
            text_add(t, " return\n");
            continue;
        }
        if (rule->kind == NAT_IDENTITY)
            text_add(t, " jump out\n");
        else
            text_add(t, " jump nat_%u_%u\n", index, i);
        add_row_match(t, &rule->rows[i]);
        text_add(t, " accept\n");
    }
    text_add(t, "  }\n");
}

static bool is_named(const struct policy *policy, uint16_t interface)
{
    return interface == NAT_ANY_INTERFACE ||
           (interface < policy->interface_count && steer_rules_can_name(policy->interfaces[interface].linux_name));
}

static bool has_map(const struct policy_interface *interface)
{
    return interface->map_name[0] != '\0' && steer_rules_can_name(interface->linux_name);
}

/* What leaves by this interface: how will it be translated, and is there a line for what comes of it? */
static void add_ask_chain(struct text *t, const struct policy *policy, uint16_t interface)
{
    text_add(t, "  chain ask_%u {\n", interface);
    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        if (!is_named(policy, rule->from) || (rule->to != NAT_ANY_INTERFACE && rule->to != interface))
            continue;
        if (rule->from == NAT_ANY_INTERFACE)
            text_add(t, "    jump nat_%u\n", i);
        else if (has_map(&policy->interfaces[rule->from]))
            text_add(t, "    iifname { \"%s\", \"" TUN_NAME "\" } jump nat_%u\n",
                     policy->interfaces[rule->from].linux_name, i);
        else
            text_add(t, "    iifname \"%s\" jump nat_%u\n", policy->interfaces[rule->from].linux_name, i);
    }
    text_add(t, "    jump out\n  }\n");
}

/* Destinations have been translated by now, sources will be when the packet leaves. */
static void add_translated_chains(struct text *t, const struct policy *policy, struct steer_guests guests)
{
    uint16_t map_count = 0, last = 0;

    for (uint16_t i = 0; i < policy->nat_rule_count; i++)
        add_rule_chains(t, policy, guests, i);
    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (has_map(&policy->interfaces[i])) {
            add_ask_chain(t, policy, i);
            map_count++;
            last = i;
        }
    text_add(t, "  chain translated {\n    type filter hook prerouting priority " AFTER_NAT "; policy accept;\n");
    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (has_map(&policy->interfaces[i]))
            text_add(t, "    iifname \"" TUN_NAME "\" fib daddr oifname \"%s\" jump ask_%u\n",
                     policy->interfaces[i].linux_name, i);
    text_add(t, "    iifname \"" TUN_NAME "\" return\n");
    add_exceptions(t, policy, IN);
    for (uint16_t i = 0; map_count > 1 && i < policy->interface_count; i++)
        if (has_map(&policy->interfaces[i]))
            text_add(t, "    fib daddr oifname \"%s\" jump ask_%u\n", policy->interfaces[i].linux_name, i);
    if (map_count == 1)
        text_add(t, "    jump ask_%u\n  }\n", last);
    else
        text_add(t, "    jump out\n  }\n");
}

static void add_base_chains(struct text *t, const struct policy *policy, struct steer_guests guests)
{
    text_add(t, "  chain forwarded {\n    type filter hook prerouting priority mangle; policy accept;\n");
    text_add(t, "    meta mark set meta mark & 0x%08x\n", (unsigned)~MARK_MASK);
    if (policy->nat_rule_count == 0)
        add_hairpin(t, policy);
    else
        text_add(t, "    iifname \"" TUN_NAME "\" return\n");
    add_exceptions(t, policy, IN);
    text_add(t, policy->nat_rule_count == 0 ? "    jump in\n    jump out\n  }\n" : "    jump in\n  }\n");
    if (policy->nat_rule_count > 0)
        add_translated_chains(t, policy, guests);

    text_add(t, "  chain local {\n    type route hook output priority mangle; policy accept;\n");
    text_add(t, "    meta mark 0x%08x return\n", PLANE_MARK);
    text_add(t, "    meta mark set meta mark & 0x%08x\n", (unsigned)~MARK_MASK);
    add_exceptions(t, policy, OUT);
    text_add(t, "    jump out\n  }\n");
}

static void add_in_clear_chain(struct text *t, bool has_log)
{
    text_add(t, "  chain in_clear {\n");
    if (has_log)
        text_add(t, "    limit rate 5/second log group %u snaplen 64\n", CLEAR_LOG_GROUP);
    text_add(t, "    counter name clear_refused drop\n  }\n");
}

void steer_rules_write(struct text *rules, const struct policy *policy, struct steer_guests guests, bool has_log)
{
    steer_rules_write_removal(rules);
    text_add(rules, "table inet " NFT_TABLE " {\n  counter clear_refused { }\n");
    add_in_clear_chain(rules, has_log);
    add_guest_chain(rules, guests, OUT);
    add_guest_chain(rules, guests, IN);
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        if (policy->tunnels[i].is_open)
            continue;
        add_entry_chain(rules, policy, i, OUT);
        add_entry_chain(rules, policy, i, IN);
    }
    add_out_chain(rules, policy);
    add_in_chain(rules, policy);
    add_base_chains(rules, policy, guests);
    text_add(rules, "}\n");
    CHECK(!rules->is_cut);
}

size_t steer_rules_guest_size(const struct policy *policy)
{
    size_t size = FRAME_SIZE;

    for (uint16_t i = 0; i < policy->nat_rule_count; i++)
        size += 2 * LINE_SIZE * (size_t)policy->nat_rules[i].row_count;
    return size;
}

void steer_rules_write_guest(struct text *rules, const struct policy *policy, const struct selector *guest)
{
    const struct crypto_ace ace = {.selector = *guest, .is_permit = true};
    char chain[64];

    add_ace(rules, "add rule inet " NFT_TABLE " guests_out ", &ace, OUT);
    add_ace(rules, "add rule inet " NFT_TABLE " guests_in ", &ace, IN);
    for (uint16_t i = 0; i < policy->nat_rule_count; i++)
        for (uint16_t k = 0; policy->nat_rules[i].kind != NAT_IDENTITY && k < policy->nat_rules[i].row_count; k++) {
            snprintf(chain, sizeof chain, "add rule inet " NFT_TABLE " guests_%u_%u ", i, k);
            add_guest_before(rules, chain, &policy->nat_rules[i], &policy->nat_rules[i].rows[k], guest);
        }
    CHECK(!rules->is_cut);
}

/* `table` makes an empty one where there is none, so that `delete` always finds one. */
void steer_rules_write_removal(struct text *rules)
{
    text_add(rules, "table inet " NFT_TABLE "\ndelete table inet " NFT_TABLE "\n");
}
