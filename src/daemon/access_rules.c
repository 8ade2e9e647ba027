#include "daemon/access_rules.h"

#include "base/names.h"
#include "base/text.h"
#include "daemon/names.h"
#include "daemon/nft_json.h"
#include "daemon/steer_rules.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 32, LOGGED_PER_SECOND = 5, LOGGED_LEN = 64 };

static const char *const hooks[] = {
    [ACCESS_IN] = "come_in", [ACCESS_OUT] = "leave", [ACCESS_CONTROL_PLANE] = "come_here"};

const char access_rules_removal[] =
    "{\"nftables\":[{\"add\":{\"table\":{\"family\":\"inet\",\"name\":\"" NFT_ACCESS_TABLE
    "\"}}},{\"delete\":{\"table\":{\"family\":\"inet\",\"name\":\"" NFT_ACCESS_TABLE "\"}}}]}";

struct writing {
    const struct policy *policy;
    struct nft_writing nft;
    bool has_log;
};

/* One of both families stands twice. */
const char *access_device(const struct policy *policy, uint16_t interface)
{
    for (uint16_t i = 0; interface != NO_INDEX && i < policy->interface_count; i++)
        if (strcmp(policy->interfaces[i].name, policy->interfaces[interface].name) == 0 &&
            steer_rules_can_name(policy->interfaces[i].linux_name))
            return policy->interfaces[i].linux_name;
    return "";
}

/* ---- one list ---- */

const char *access_counter_name(const struct filter *filter, uint16_t ace, char space[static ACCESS_COUNTER_SIZE])
{
    char line[512];
    struct text t = text_of(line, sizeof line), name = text_of(space, ACCESS_COUNTER_SIZE);

    text_add(&t, "%s ", filter->name);
    if (ace < filter->ace_count) {
        const struct selector *s = &filter->aces[ace].selector;

        text_add(&t, "%s %u-%u %u-%u ", filter->aces[ace].is_permit ? "permit" : "deny", s->local_ports.first,
                 s->local_ports.last, s->remote_ports.first, s->remote_ports.last);
        text_add_selector(&t, s);
    }
    text_add(&name, "%s_%08x", ace < filter->ace_count ? "line" : "rest", text_hash(TEXT_HASH_BEGIN, line));
    return space;
}

static const char *chain_name(const char *kind, size_t group, char space[static NAME_SIZE])
{
    snprintf(space, NAME_SIZE, "%s_%zu", kind, group);
    return space;
}

static void match_port(json_t *rule, const char *field, struct port_range ports)
{
    if (ports.first == 0 && ports.last == UINT16_MAX)
        return;
    json_array_append_new(
        rule, nft_match(nft_payload("th", field), ports.first == ports.last
                                                      ? json_integer(ports.first)
                                                      : json_pack("{s:[i,i]}", "range", ports.first, ports.last)));
}

/* filter.h: the type stands where the source's port would, with all codes or one. */
static void match_icmp_type(json_t *rule, const char *protocol, struct port_range types)
{
    if (types.first == 0 && types.last == UINT16_MAX)
        return;
    json_array_append_new(rule, nft_match(nft_payload(protocol, "type"), json_integer(types.first >> 8)));
    if (types.first == types.last)
        json_array_append_new(rule, nft_match(nft_payload(protocol, "code"), json_integer(types.first & UINT8_MAX)));
}

static void add_line(struct writing *w, size_t group, const struct filter *filter, uint16_t ace)
{
    const struct selector *s = &filter->aces[ace].selector;
    char name[ACCESS_COUNTER_SIZE], lines[NAME_SIZE], denied[NAME_SIZE];
    json_t *rule = json_array();

    nft_match_family(rule, (enum ip_family)s->local.first.family);
    nft_match_address(rule, "saddr", s->local);
    nft_match_address(rule, "daddr", s->remote);
    nft_match_protocol(rule, s->protocol);
    if (s->protocol == PROTOCOL_ICMP || s->protocol == PROTOCOL_ICMP6) {
        match_icmp_type(rule, s->protocol == PROTOCOL_ICMP ? "icmp" : "icmpv6", s->local_ports);
    } else {
        match_port(rule, "sport", s->local_ports);
        match_port(rule, "dport", s->remote_ports);
    }
    nft_count(rule, access_counter_name(filter, ace, name));
    if (filter->aces[ace].is_permit)
        nft_accept(rule);
    else
        nft_jump(rule, "goto", chain_name("deny", group, denied));
    nft_add_rule(&w->nft, chain_name("lines", group, lines), rule);
}

static void add_counters(struct writing *w, const struct filter *filter)
{
    char name[ACCESS_COUNTER_SIZE];

    for (uint32_t ace = 0; ace <= filter->ace_count; ace++)
        nft_add_counter(&w->nft, access_counter_name(filter, (uint16_t)ace, name));
}

/* Shows it, counts it, and that is its end. */
static void add_deny_chain(struct writing *w, size_t group)
{
    char denied[NAME_SIZE], number[16];
    json_t *log = json_array(), *drop = json_array();

    nft_add_chain(&w->nft, chain_name("deny", group, denied));
    snprintf(number, sizeof number, "%zu", group);
    json_array_append_new(log, json_pack("{s:{s:i,s:s}}", "limit", "rate", LOGGED_PER_SECOND, "per", "second"));
    json_array_append_new(
        log, json_pack("{s:{s:s,s:i,s:i}}", "log", "prefix", number, "group", ACCESS_LOG_GROUP, "snaplen", LOGGED_LEN));
    if (w->has_log)
        nft_add_rule(&w->nft, denied, log);
    else
        json_decref(log);
    nft_count(drop, ACCESS_DROPPED);
    json_array_append_new(drop, json_pack("{s:n}", "drop"));
    nft_add_rule(&w->nft, denied, drop);
}

static void add_jump(struct writing *w, const char *chain, const char *to)
{
    json_t *rule = json_array();

    nft_jump(rule, "jump", to);
    nft_add_rule(&w->nft, chain, rule);
}

static void add_group(struct writing *w, size_t index)
{
    const struct access_group *group = &w->policy->access_groups[index];
    const struct filter *filter = &w->policy->filters[group->filter];
    size_t global = filter_global_group(w->policy);
    char name[ACCESS_COUNTER_SIZE], lines[NAME_SIZE], chain[NAME_SIZE], denied[NAME_SIZE];
    json_t *rest = json_array();

    nft_add_chain(&w->nft, chain_name("lines", index, lines));
    nft_add_chain(&w->nft, chain_name("group", index, chain));
    add_counters(w, filter);
    add_deny_chain(w, index);
    for (uint16_t ace = 0; ace < filter->ace_count; ace++)
        add_line(w, index, filter, ace);
    add_jump(w, chain, lines);
    if (group->way == ACCESS_IN && global < w->policy->access_group_count && global != index)
        add_jump(w, chain, chain_name("lines", global, lines));
    nft_count(rest, access_counter_name(filter, filter->ace_count, name));
    nft_jump(rest, "goto", chain_name("deny", index, denied));
    nft_add_rule(&w->nft, chain, rest);
}

/* ---- which list ---- */

/* Decided by that list, or by none. */
static void send_to_group(struct writing *w, enum access_way way, json_t *rule, size_t group)
{
    char chain[NAME_SIZE];

    if (group < w->policy->access_group_count)
        nft_jump(rule, "goto", chain_name("group", group, chain));
    else
        nft_accept(rule);
    nft_add_rule(&w->nft, hooks[way], rule);
}

static json_t *of_device(const char *key, const char *device)
{
    json_t *rule = json_array();

    nft_match_device(rule, key, device);
    return rule;
}

/* The interface with a crypto map, where there is one alone; NO_INDEX. */
static uint16_t only_interface_with_map(const struct policy *policy)
{
    uint16_t found = NO_INDEX;

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        if (policy->interfaces[i].map_name[0] == '\0')
            continue;
        if (found != NO_INDEX && strcmp(policy->interfaces[found].name, policy->interfaces[i].name) != 0)
            return NO_INDEX;
        found = i;
    }
    return found;
}

/* What comes out of tunnels, and what goes into them. Those of open tunnels have no networks that would be known here.
 */
static void add_tunnels(struct writing *w, enum access_way way)
{
    const struct policy *p = w->policy;
    const char *key = way == ACCESS_IN ? "iifname" : "oifname", *side = way == ACCESS_IN ? "saddr" : "daddr";
    uint16_t only = only_interface_with_map(p);

    if (only != NO_INDEX) {
        send_to_group(w, way, of_device(key, TUN_NAME), filter_group_at(p, only, way));
        return;
    }
    for (uint16_t i = 0; i < p->tunnel_count; i++) {
        const struct tunnel *t = &p->tunnels[i];

        for (uint16_t k = 0; t->interface < p->interface_count && k < t->ace_count; k++) {
            json_t *rule = of_device(key, TUN_NAME);

            nft_match_family(rule, (enum ip_family)t->aces[k].selector.remote.first.family);
            nft_match_address(rule, side, t->aces[k].selector.remote);
            if (t->aces[k].is_permit)
                send_to_group(w, way, rule, filter_group_at(p, t->interface, way));
            else
                json_decref(rule);
        }
    }
}

/* What belongs to a connection that stands, or tells of one. */
static void spare_established(struct writing *w, enum access_way way)
{
    json_t *rule = json_array();

    json_array_append_new(rule, json_pack("{s:{s:s,s:{s:{s:s}},s:[s,s]}}", "match", "op", "in", "left", "ct", "key",
                                          "state", "right", "established", "related"));
    nft_accept(rule);
    nft_add_rule(&w->nft, hooks[way], rule);
}

/* RFC 4861: without it the gateway would have no neighbours. */
static void spare_neighbours(struct writing *w)
{
    json_t *rule = json_array();

    json_array_append_new(
        rule, nft_match(nft_payload("icmpv6", "type"), json_pack("{s:[s,s,s]}", "set", "nd-neighbor-solicit",
                                                                 "nd-neighbor-advert", "nd-router-advert")));
    nft_accept(rule);
    nft_add_rule(&w->nft, hooks[ACCESS_CONTROL_PLANE], rule);
}

static void add_way(struct writing *w, enum access_way way)
{
    const struct policy *p = w->policy;

    spare_established(w, way);
    if (way == ACCESS_CONTROL_PLANE)
        spare_neighbours(w);
    else if (!p->is_decrypted_filtered)
        send_to_group(w, way, of_device("iifname", TUN_NAME), p->access_group_count);
    if (way == ACCESS_OUT || (way == ACCESS_IN && p->is_decrypted_filtered))
        add_tunnels(w, way);
    for (uint16_t i = 0; i < p->interface_count; i++) {
        const char *device = steer_rules_can_name(p->interfaces[i].linux_name) ? p->interfaces[i].linux_name : "";
        size_t group = filter_group_at(p, i, way);

        if (device[0] != '\0' && group < p->access_group_count)
            send_to_group(w, way, of_device(way == ACCESS_OUT ? "oifname" : "iifname", device), group);
    }
}

char *access_rules_json(const struct policy *policy, bool has_log)
{
    static const char *const at[] = {
        [ACCESS_IN] = "forward", [ACCESS_OUT] = "forward", [ACCESS_CONTROL_PLANE] = "input"};
    struct writing w = {policy, nft_begin(NFT_ACCESS_TABLE), has_log};

    nft_add_counter(&w.nft, ACCESS_DROPPED);
    for (enum access_way way = ACCESS_IN; way <= ACCESS_CONTROL_PLANE; way++)
        nft_add_hook(&w.nft, hooks[way], "filter", at[way], (int)way);
    for (size_t i = 0; i < policy->access_group_count; i++)
        add_group(&w, i);
    for (enum access_way way = ACCESS_IN; way <= ACCESS_CONTROL_PLANE; way++)
        add_way(&w, way);
    return nft_end(&w.nft);
}
