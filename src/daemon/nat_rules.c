#include "daemon/nat_rules.h"

#include "base/names.h"
#include "daemon/nft_json.h"
#include "daemon/steer_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE_ROUTING = -110, BEFORE_LEAVING = 90, PROTOCOL_ESP = 50 };

#define FAMILY "inet"

const char nat_rules_removal[] =
    "{\"nftables\":[{\"add\":{\"table\":{\"family\":\"" FAMILY "\",\"name\":\"" NFT_NAT_TABLE
    "\"}}},{\"delete\":{\"table\":{\"family\":\"" FAMILY "\",\"name\":\"" NFT_NAT_TABLE "\"}}}]}";

/* The document so far. */
struct writing {
    const struct policy *policy;
    struct nft_writing nft;
};

static void add_rule(struct writing *w, const char *chain, json_t *expressions)
{
    nft_add_rule(&w->nft, chain, expressions);
}

/* ---- matches ---- */

static void match_port(json_t *rule, uint8_t protocol, const char *field, struct port_range ports)
{
    nft_match_protocol(rule, protocol);
    if (protocol != 0 && (ports.first != 0 || ports.last != UINT16_MAX))
        json_array_append_new(rule, nft_match(nft_payload("th", field), json_integer(ports.first)));
}

/* The interface, and the TUN where tunnels begin on that interface. */
static void match_interface(struct writing *w, json_t *rule, const char *key, uint16_t interface)
{
    if (interface == NAT_ANY_INTERFACE)
        return;

    const struct policy_interface *i = &w->policy->interfaces[interface];
    json_t *right =
        i->map_name[0] != '\0' ? json_pack("{s:[s,s]}", "set", i->linux_name, TUN_NAME) : json_string(i->linux_name);

    json_array_append_new(rule, nft_match(nft_meta(key), right));
}

static json_t *new_rule(void)
{
    json_t *rule = json_array();

    nft_match_family(rule, IP_V4);
    return rule;
}

/* ---- what is done ---- */

static void count(struct writing *w, json_t *rule, uint16_t index, enum nat_way way)
{
    char name[NAT_COUNTER_SIZE];

    nft_count(rule, nat_counter_name(w->policy, index, way, name));
}

static void translate(json_t *rule, const char *verb, json_t *address, struct port_range port, const char *flag)
{
    json_t *what = json_pack("{s:s,s:o}", "family", "ip", "addr", address);

    if (port.first != 0 || port.last != UINT16_MAX)
        json_object_set_new(what, "port", json_integer(port.first));
    if (flag != NULL)
        json_object_set_new(what, "flags", json_string(flag));
    json_array_append_new(rule, json_pack("{s:o}", verb, what));
}

static const struct port_range any_port = {0, UINT16_MAX};

/* One to one: a rule for each part that is a network on both sides, each with what `rule` has so far. */
static void translate_blocks(struct writing *w, const char *chain, json_t *rule, const char *verb, const char *field,
                             struct ip_range from, struct ip_range to, struct port_range port)
{
    struct nat_block blocks[NAT_BLOCKS_MAX];
    uint16_t block_count;

    if (!nat_blocks(from, to, blocks, &block_count))
        block_count = 0;
    for (uint16_t i = 0; i < block_count; i++) {
        json_t *one = json_deep_copy(rule);
        unsigned len = blocks[i].prefix_len;

        nft_match_address(one, field, ip_range_of_prefix(blocks[i].real, len));
        translate(one, verb, nft_range(ip_range_of_prefix(blocks[i].mapped, len)), port, len < 32 ? "netmap" : NULL);
        add_rule(w, chain, one);
    }
    json_decref(rule);
}

/* ---- the rules of one row ---- */

static bool has_other_peer(const struct nat_row *row)
{
    return !ip_range_equal(row->mapped_peer, row->real_peer);
}

/* From inside, before the route is chosen: what the hosts call the far end becomes what it is called outside. */
static void add_peer_out(struct writing *w, uint16_t index, const struct nat_row *row)
{
    const struct nat_rule *nat = &w->policy->nat_rules[index];
    json_t *rule = new_rule();

    match_interface(w, rule, "iifname", nat->from);
    nft_match_address(rule, "saddr", row->real);
    match_port(rule, row->protocol, "sport", row->real_port);
    translate_blocks(w, "untranslate", rule, "dnat", "daddr", row->mapped_peer, row->real_peer, any_port);
}

static void add_peer_in(struct writing *w, uint16_t index, const struct nat_row *row)
{
    const struct nat_rule *nat = &w->policy->nat_rules[index];
    json_t *rule = new_rule();

    match_interface(w, rule, "iifname", nat->to);
    match_interface(w, rule, "oifname", nat->from);
    nft_match_address(rule, "daddr", row->real);
    match_port(rule, row->protocol, "dport", row->real_port);
    translate_blocks(w, "translate", rule, "snat", "saddr", row->real_peer, row->mapped_peer, any_port);
}

static void add_source_out(struct writing *w, const char *chain, uint16_t index, const struct nat_row *row)
{
    const struct nat_rule *nat = &w->policy->nat_rules[index];
    json_t *rule = new_rule();

    match_interface(w, rule, "iifname", nat->from);
    match_interface(w, rule, "oifname", nat->to);
    nft_match_address(rule, "saddr", row->real);
    nft_match_address(rule, "daddr", row->real_peer);
    match_port(rule, row->protocol, "sport", row->real_port);
    count(w, rule, index, NAT_WAY_OUT);
    switch (nat->kind) {
    case NAT_IDENTITY: nft_accept(rule); break;
    case NAT_DYNAMIC: translate(rule, "snat", nft_range(row->mapped), any_port, "persistent"); break;
    case NAT_STATIC:
        translate_blocks(w, chain, rule, "snat", "saddr", row->real, row->mapped, row->mapped_port);
        return;
    }
    add_rule(w, chain, rule);
}

static void add_source_in(struct writing *w, uint16_t index, const struct nat_row *row)
{
    const struct nat_rule *nat = &w->policy->nat_rules[index];
    json_t *rule = new_rule();

    match_interface(w, rule, "iifname", nat->to);
    nft_match_address(rule, "saddr", row->real_peer);
    nft_match_address(rule, "daddr", row->mapped);
    match_port(rule, row->protocol, "dport", row->mapped_port);
    count(w, rule, index, NAT_WAY_IN);
    if (nat->kind == NAT_STATIC) {
        translate_blocks(w, "untranslate", rule, "dnat", "daddr", row->mapped, row->real, row->real_port);
        return;
    }
    nft_accept(rule);
    add_rule(w, "untranslate", rule);
}

/* A line of an access-list that says what the rule is not for: it ends the rule's own chain. */
static void add_deny(struct writing *w, const char *chain, const struct nat_row *row)
{
    json_t *rule = new_rule();

    nft_match_address(rule, "saddr", row->real);
    nft_match_address(rule, "daddr", row->real_peer);
    json_array_append_new(rule, json_pack("{s:n}", "return"));
    add_rule(w, chain, rule);
}

static bool has_deny(const struct nat_rule *rule)
{
    for (uint16_t i = 0; i < rule->row_count; i++)
        if (rule->rows[i].is_deny)
            return true;
    return false;
}

static bool is_known(const struct policy *policy, uint16_t interface)
{
    return interface == NAT_ANY_INTERFACE ||
           (interface < policy->interface_count && steer_rules_can_name(policy->interfaces[interface].linux_name));
}

static void add_nat_rule(struct writing *w, uint16_t index)
{
    const struct nat_rule *nat = &w->policy->nat_rules[index];
    char own[24];
    const char *chain = has_deny(nat) ? own : "translate";

    snprintf(own, sizeof own, "rule_%u", index);
    if (!is_known(w->policy, nat->from) || !is_known(w->policy, nat->to))
        return;
    if (chain == own)
        nft_add_chain(&w->nft, own);
    for (uint16_t i = 0; i < nat->row_count; i++) {
        const struct nat_row *row = &nat->rows[i];

        if (row->is_deny) {
            add_deny(w, chain, row);
            continue;
        }
        if (has_other_peer(row))
            add_peer_out(w, index, row);
        add_source_out(w, chain, index, row);
        if (nat->kind == NAT_DYNAMIC || nat->is_outgoing)
            continue;
        add_source_in(w, index, row);
        if (has_other_peer(row))
            add_peer_in(w, index, row);
    }
    if (chain == own)
        add_rule(w, "translate", json_pack("[{s:{s:s}}]", "jump", "target", own));
}

/* ---- the table ---- */

static void add_counters(struct writing *w)
{
    char name[NAT_COUNTER_SIZE];

    nft_add_counter(&w->nft, NAT_HITS);
    for (uint16_t i = 0; i < w->policy->nat_rule_count; i++)
        for (enum nat_way way = NAT_WAY_OUT; way <= NAT_WAY_IN; way++)
            nft_add_counter(&w->nft, nat_counter_name(w->policy, i, way, name));
}

/* IKE and ESP for an address of ours that a static rule may give to somebody else. */
static void add_exceptions(struct writing *w)
{
    for (uint16_t i = 0; i < w->policy->interface_count; i++) {
        const struct policy_interface *interface = &w->policy->interfaces[i];
        struct ip_range own = {interface->ip, interface->ip};
        json_t *ike, *esp;

        if (!interface->is_ikev1_enabled || interface->ip.family != IP_V4)
            continue;
        ike = new_rule();
        nft_match_address(ike, "daddr", own);
        json_array_append_new(
            ike, nft_match(nft_payload("udp", "dport"), json_pack("{s:[i,i]}", "set", PORT_ISAKMP, PORT_NAT_T)));
        nft_accept(ike);
        add_rule(w, "untranslate", ike);
        esp = new_rule();
        nft_match_address(esp, "daddr", own);
        match_port(esp, PROTOCOL_ESP, "", any_port);
        nft_accept(esp);
        add_rule(w, "untranslate", esp);
    }

    json_t *own = new_rule();

    json_array_append_new(
        own, nft_match(json_pack("{s:{s:s,s:[s]}}", "fib", "result", "type", "flags", "saddr"), json_string("local")));
    nft_accept(own);
    add_rule(w, "translate", own);
}

/* A rule sees the first packet of a connection; those after it are met by its translation. */
static void add_translated(struct writing *w)
{
    json_t *rule = new_rule();

    json_array_append_new(rule, json_pack("{s:{s:s,s:{s:{s:s}},s:[s,s]}}", "match", "op", "in", "left", "ct", "key",
                                          "status", "right", "snat", "dnat"));
    json_array_append_new(rule, json_pack("{s:{s:s,s:{s:{s:s}},s:[s,s]}}", "match", "op", "in", "left", "ct", "key",
                                          "state", "right", "established", "related"));
    nft_count(rule, NAT_HITS);
    add_rule(w, "hits", rule);
}

char *nat_rules_json(const struct policy *policy)
{
    struct writing w = {policy, nft_begin(NFT_NAT_TABLE)};

    nft_add_hook(&w.nft, "untranslate", "nat", "prerouting", BEFORE_ROUTING);
    nft_add_hook(&w.nft, "translate", "nat", "postrouting", BEFORE_LEAVING);
    nft_add_hook(&w.nft, "hits", "filter", "postrouting", BEFORE_LEAVING);
    add_counters(&w);
    add_translated(&w);
    add_exceptions(&w);
    for (uint16_t i = 0; i < policy->nat_rule_count; i++)
        add_nat_rule(&w, i);
    return nft_end(&w.nft);
}

static uint32_t hash_add(uint32_t hash, const char *text)
{
    return text_hash(text_hash(hash, text), " ");
}

const char *nat_counter_name(const struct policy *policy, uint16_t rule, enum nat_way way,
                             char space[static NAT_COUNTER_SIZE])
{
    const struct nat_rule *nat = &policy->nat_rules[rule];
    struct text t = text_of(space, NAT_COUNTER_SIZE);

    text_add(&t, "%s_%08x", way == NAT_WAY_OUT ? "translate" : "untranslate", hash_add(TEXT_HASH_BEGIN, nat->config));
    return space;
}

/* ---- ARP ---- */

static bool is_answered(const struct policy *policy, const struct nat_rule *rule, struct ip ip)
{
    const struct policy_interface *interface = &policy->interfaces[rule->to];
    bool is_connected =
        ip_is_set(interface->ip) && ip_range_holds(ip_range_of_prefix(interface->ip, interface->prefix_len), ip);

    return !ip_equal(ip, interface->ip) && (is_connected || policy->is_arp_permitted || rule->section == 0);
}

static size_t add_proxies(const struct policy *policy, const struct nat_rule *rule, struct ip_range mapped,
                          struct nat_proxy *proxies, size_t proxy_count)
{
    uint32_t first = ip_to_v4(mapped.first), last = ip_to_v4(mapped.last);

    for (uint32_t i = 0; i <= last - first && i < UINT16_MAX && proxy_count < NAT_PROXIES_MAX; i++)
        if (is_answered(policy, rule, ip_of_v4(first + i)))
            proxies[proxy_count++] = (struct nat_proxy){rule->to, ip_of_v4(first + i)};
    return proxy_count;
}

size_t nat_proxies(const struct policy *policy, struct nat_proxy proxies[static NAT_PROXIES_MAX])
{
    size_t proxy_count = 0;

    for (uint16_t i = 0; i < policy->nat_rule_count; i++) {
        const struct nat_rule *rule = &policy->nat_rules[i];

        if (!rule->has_proxy_arp || rule->to >= policy->interface_count || !is_known(policy, rule->to))
            continue;
        for (uint16_t k = 0; k < rule->row_count; k++)
            if (!rule->rows[k].is_deny)
                proxy_count = add_proxies(policy, rule, rule->rows[k].mapped, proxies, proxy_count);
    }
    return proxy_count;
}
