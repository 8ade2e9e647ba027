/* Lines of a router that become an ASA's by more than a template, and what only the whole configuration tells. */
#include "base/check.h"
#include "conf/ios_parts.h"
#include "conf/line.h"
#include "conf/statement.h"

#include <string.h>

static const struct bytes nothing;

static struct bytes group_name(struct bytes peer)
{
    return bytes_equal(peer, bytes_of_text("0.0.0.0")) ? bytes_of_text("DefaultL2LGroup") : peer;
}

void ios_put_group(struct translation *t, struct bytes peer)
{
    struct bytes name = group_name(peer);

    ios_put_line(t, "tunnel-group ", name, " type ipsec-l2l", nothing);
    ios_put_line(t, "tunnel-group ", name, " ipsec-attributes", nothing);
    if (t->group_count < GROUPS_MAX)
        t->groups[t->group_count++] = name;
}

/* A peer has one key here, and a keyring is no scope: that of the first is used, as a router finds it by the address
 * alone. */
bool ios_take_keyring_key(struct translation *t, struct bytes keyring, struct bytes peer, struct bytes key)
{
    for (size_t i = 0; i < t->keyed_count; i++) {
        if (!bytes_equal(t->keyed[i].peer, peer) || bytes_equal(t->keyed[i].keyring, keyring))
            continue;
        if (bytes_equal(t->keyed[i].key, key))
            return true;
        ios_put_line(t, "!", nothing, "", nothing);
        ios_put_line(t, "ios: crypto keyring ", keyring, " pre-shared-key address ", peer);
        return false;
    }
    if (t->keyed_count < GROUPS_MAX) {
        t->keyed[t->keyed_count].peer = peer;
        t->keyed[t->keyed_count].keyring = keyring;
        t->keyed[t->keyed_count++].key = key;
    }
    return true;
}

static void add_interface(struct translation *t, struct bytes name, struct bytes address, struct bytes mask)
{
    struct ip ip, netmask;
    int prefix_len;

    ios_put_line(t, "interface ", name, "", nothing);
    ios_put_line(t, " ip address ", address, " ", mask);
    if (t->interface_count == INTERFACES_MAX || !ip_parse(&ip, address) || !ip_parse(&netmask, mask))
        return;
    prefix_len = ip_mask_len(netmask);
    if (prefix_len >= 0)
        t->interfaces[t->interface_count++] =
            (struct ios_interface){ios_nameif(t, name), ip_range_of_prefix(ip, (unsigned)prefix_len)};
}

/* ---- lines of an access-list: IOS names the bits that do not matter ---- */

static bool add_mask(struct translation *t, struct bytes wildcard)
{
    struct ip ip;
    char space[IP_TEXT_SIZE];

    if (!ip_parse(&ip, wildcard) || ip.family != IP_V4)
        return false;
    for (size_t i = 0; i < 4; i++)
        ip.octets[i] = (uint8_t)~ip.octets[i];
    text_add(&t->text, " %s", ip_text(ip, space));
    return true;
}

/* any | host A | A W; returns how many tokens it took; 0: it is none. */
static uint16_t add_address(struct translation *t, const struct token *tokens, uint16_t count)
{
    struct ip ip;

    if (count >= 1 && bytes_equal(tokens[0].text, bytes_of_text("any"))) {
        text_add(&t->text, " any");
        return 1;
    }
    if (count >= 2 && bytes_equal(tokens[0].text, bytes_of_text("host"))) {
        text_add(&t->text, " host ");
        ios_put(t, tokens[1].text);
        return 2;
    }
    if (count < 2 || !ip_parse(&ip, tokens[0].text))
        return 0;
    text_add(&t->text, " ");
    ios_put(t, tokens[0].text);
    return add_mask(t, tokens[1].text) ? 2 : 0;
}

/* A standard access-list has the source alone. */
static bool is_source(struct bytes token)
{
    struct ip ip;

    return bytes_equal(token, bytes_of_text("any")) || bytes_equal(token, bytes_of_text("host")) ||
           ip_parse(&ip, token);
}

static void add_standard_ace(struct translation *t, const struct token *tokens, uint16_t count)
{
    struct ip ip;
    bool is_host = ip_parse(&ip, tokens[0].text) && (count < 2 || !ip_parse(&ip, tokens[1].text));

    text_add(&t->text, " ip");
    if (is_host) {
        text_add(&t->text, " host ");
        ios_put(t, tokens[0].text);
    } else {
        add_address(t, tokens, count);
    }
    text_add(&t->text, " any");
    ios_end_line(t);
}

/* `at` is its place among the lines; empty: the last. */
static void add_ace(struct translation *t, struct bytes name, struct bytes at, const char *action, struct bytes rest)
{
    struct lines lines = lines_of(rest);
    struct line line;
    struct token tokens[TOKENS_MAX];
    bool is_cut;
    uint16_t count = line_next(&lines, &line) ? line_tokens(&line, tokens, TOKENS_MAX, &is_cut) : 0;

    text_add(&t->text, "access-list ");
    ios_put(t, name);
    if (at.len > 0) {
        text_add(&t->text, " line ");
        ios_put(t, at);
    }
    text_add(&t->text, " extended %s", action);
    if (count > 0 && is_source(tokens[0].text)) {
        add_standard_ace(t, tokens, count);
        return;
    }
    for (uint16_t i = 0; i < count;) {
        uint16_t taken = i == 0 ? 0 : add_address(t, tokens + i, (uint16_t)(count - i));

        if (taken == 0) {
            text_add(&t->text, " ");
            ios_put(t, tokens[i].text);
        }
        i = (uint16_t)(i + (taken ? taken : 1));
    }
    ios_end_line(t);
}

/* ---- what can only be said when all is known ---- */

static void remember_map(struct translation *t, struct bytes map, struct bytes interface, bool is_local_address)
{
    size_t *count = is_local_address ? &t->local_count : &t->applied_count;

    if (*count == MAPS_MAX)
        return;
    if (is_local_address)
        t->local_addresses[*count].map = map, t->local_addresses[*count].interface = interface;
    else
        t->applied[*count].map = map, t->applied[*count].interface = interface, t->applied[*count].is_no = t->is_no;
    (*count)++;
}

/* Our end of a map's tunnels is the address of the interface that it stands on, or of the one that local-address names.
 */
static void add_maps(struct translation *t)
{
    for (size_t i = 0; i < t->applied_count; i++) {
        struct bytes interface = t->applied[i].interface;

        for (size_t k = 0; k < t->local_count; k++) {
            if (bytes_equal(t->local_addresses[k].map, t->applied[i].map))
                interface = t->local_addresses[k].interface;
        }
        interface = ios_nameif(t, interface);
        ios_put_line(t, t->applied[i].is_no ? "no crypto map " : "crypto map ", t->applied[i].map, " interface ",
                     interface);
        if (t->applied[i].is_no)
            continue;
        ios_put_line(t, "crypto ikev1 enable ", interface, "", nothing);
    }
}

static bool is_applied(const struct translation *t, struct bytes map)
{
    for (size_t i = 0; i < t->applied_count; i++)
        if (bytes_equal(t->applied[i].map, map))
            return true;
    return false;
}

/* `crypto map M local-address` of a map that stands on interfaces already: it moves from there. Of one that stands on
 * none nothing could be kept, and the line is refused. */
static void move_maps(struct translation *t)
{
    const struct policy *policy = t->running == NULL ? NULL : &t->running->policy;

    for (size_t k = 0; policy != NULL && k < t->local_count; k++) {
        struct bytes map = t->local_addresses[k].map, own = ios_nameif(t, t->local_addresses[k].interface);
        bool stands = is_applied(t, map);

        for (uint16_t i = 0; i < policy->interface_count && !is_applied(t, map); i++) {
            struct bytes name = bytes_of_text(policy->interfaces[i].name);

            if (!bytes_equal(bytes_of_text(policy->interfaces[i].map_name), map))
                continue;
            if (!bytes_equal(name, own))
                ios_put_line(t, "no crypto map ", map, " interface ", name);
            stands = true;
        }
        if (!stands) {
            ios_put_line(t, "crypto map ", map, " local-address ", t->local_addresses[k].interface);
        } else if (!is_applied(t, map)) {
            ios_put_line(t, "crypto map ", map, " interface ", own);
            ios_put_line(t, "crypto ikev1 enable ", own, "", nothing);
        }
    }
}

static void add_keepalives(struct translation *t)
{
    for (size_t i = 0; i < t->group_count; i++) {
        ios_put_line(t, "tunnel-group ", t->groups[i], " ipsec-attributes", nothing);
        if (t->keepalive[0].len == 0 && t->running != NULL) {
            ios_add_known_keepalive(t, t->groups[i]);
            continue;
        }
        if (t->keepalive[0].len == 0) {
            ios_put_line(t, " isakmp keepalive disable", nothing, "", nothing);
            continue;
        }
        text_add(&t->text, " isakmp keepalive threshold ");
        ios_put(t, t->keepalive[0]);
        ios_put_line(t, " retry ", t->keepalive[1], " ", t->keepalive[2]);
    }
}

/* The distance only of one that is tracked: there may be words in its place. */
static void end_route(struct translation *t, const struct parts *parts)
{
    for (size_t i = 1; i < 4; i++) {
        text_add(&t->text, " ");
        ios_put(t, parts->list[i]);
    }
    if (parts->list[5].len == 0) {
        ios_end_line(t);
        return;
    }
    text_add(&t->text, parts->list[4].len > 0 ? " " : "");
    ios_put(t, parts->list[4]);
    ios_put_line(t, " track ", parts->list[5], "", nothing);
}

static void add_routes(struct translation *t)
{
    struct ip gateway;

    for (size_t i = 0; i < t->route_count; i++) {
        const struct parts *parts = &t->routes[i].parts;
        size_t k = 0;

        t->number = t->routes[i].number;
        for (; ip_parse(&gateway, parts->list[3]) && k < t->interface_count; k++) {
            if (!ip_range_holds(t->interfaces[k].network, gateway))
                continue;
            text_add(&t->text, "%sroute ", t->routes[i].is_no ? "no " : "");
            ios_put(t, t->interfaces[k].name);
            end_route(t, parts);
            break;
        }
        if (t->running != NULL && k == t->interface_count) /* refused by its name, not passed over */
            ios_put_line(t, "route ", parts->list[3], "", nothing);
    }
}

static void remember_nat(struct translation *t, bool is_route_map, struct bytes acl, struct bytes interface)
{
    if (t->nat_count == NATS_MAX)
        return;
    t->nats[t->nat_count].acl = acl;
    t->nats[t->nat_count].interface = interface;
    t->nats[t->nat_count].is_route_map = is_route_map;
    t->nats[t->nat_count].is_no = t->is_no;
    t->nats[t->nat_count].is_dropped = false;
    t->nats[t->nat_count++].number = t->number;
}

/* As an ASA before 8.3 has it: what the access-list permits, from anywhere, gets the address of that interface. */
static void add_nat(struct translation *t, size_t index, struct bytes acl)
{
    text_add(&t->text, "nat (any) %zu", t->first_nat + index + 1);
    ios_put_line(t, " access-list ", acl, "", nothing);
}

/* (outside) as a statement has it. */
static bool is_in_brackets(struct bytes text, struct bytes name)
{
    return text.len == name.len + 2 && bytes_equal(bytes_of(text.data + 1, name.len), name);
}

/* The rules that are running with that list and that interface, under one number. Of a route-map only its interface is
 * known: what it was for has become lists. */
static bool take_nat_back(struct translation *t, size_t index)
{
    struct bytes interface = ios_nameif(t, t->nats[index].interface), acl = t->nats[index].acl;
    const struct statements *st = t->running->statements;
    bool is_taken = false;

    for (const struct statement *g = NULL; (g = statements_next(st, g, STATEMENT_global)) != NULL;) {
        uint32_t number = statement_number(g, "nat-id");
        bool has_rule = false;

        if (!is_in_brackets(statement_argument(g, "nat-interface", 0), interface))
            continue;
        for (const struct statement *s = NULL; (s = statements_next(st, s, STATEMENT_nat_old)) != NULL;) {
            struct bytes list = statement_argument(s, "acl", 0);

            if (statement_number(s, "nat-id") != number || list.len == 0 ||
                (!t->nats[index].is_route_map && !bytes_equal(list, acl)))
                continue;
            has_rule = true;
            text_add(&t->text, "no nat ");
            ios_put(t, statement_argument(s, "nat-interface", 0));
            text_add(&t->text, " %u", number);
            ios_put_line(t, " access-list ", list, "", nothing);
        }
        if (!has_rule)
            continue;
        text_add(&t->text, "no global (");
        ios_put(t, interface);
        text_add(&t->text, ") %u interface", number);
        ios_end_line(t);
        is_taken = true;
    }
    return is_taken;
}

/* One of the lines before it. */
static void drop_nat(struct translation *t, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (t->nats[i].is_no || t->nats[i].is_dropped || t->nats[i].is_route_map != t->nats[index].is_route_map ||
            !bytes_equal(t->nats[i].acl, t->nats[index].acl) ||
            !bytes_equal(t->nats[i].interface, t->nats[index].interface))
            continue;
        t->nats[i].is_dropped = t->nats[index].is_dropped = true;
        return;
    }
}

static void add_nats(struct translation *t)
{
    for (size_t i = 0; i < t->nat_count; i++)
        if (t->nats[i].is_no)
            drop_nat(t, i);
    for (size_t i = 0; i < t->nat_count; i++) {
        t->number = t->nats[i].number;
        if (t->nats[i].is_dropped)
            continue;
        if (t->nats[i].is_no) {
            if (!take_nat_back(t, i)) /* refused by its name, not passed over */
                ios_put_line(t, "no nat access-list ", t->nats[i].acl, "", nothing);
            continue;
        }
        if (!t->nats[i].is_route_map)
            add_nat(t, i, t->nats[i].acl);
        for (size_t k = 0; t->nats[i].is_route_map && k < t->route_map_count; k++)
            if (bytes_equal(t->route_maps[k].name, t->nats[i].acl))
                add_nat(t, i, t->route_maps[k].acl);
        text_add(&t->text, "global (");
        ios_put(t, ios_nameif(t, t->nats[i].interface));
        text_add(&t->text, ") %zu interface", t->first_nat + i + 1);
        ios_end_line(t);
    }
}

/* `no crypto isakmp peer`: what its lines have said of the peer. */
static void take_peer_back(struct translation *t, struct bytes peer)
{
    char space[IOS_LINE_SIZE];
    struct text header = text_of(space, sizeof space);

    text_add(&header, "tunnel-group %.*s ipsec-attributes", (int)peer.len, (const char *)peer.data);
    if (!t->is_no || !ios_is_known(t, bytes_of_text(space), t->text.len))
        return;
    ios_put_line(t, space, nothing, "", nothing);
    ios_put_line(t, " no ikev1 pre-shared-key", nothing, "", nothing);
    ios_put_line(t, " no initiate mode aggressive", nothing, "", nothing);
    ios_put_line(t, " no self-identity", nothing, "", nothing);
    t->is_taken_back = true;
}

/* "@address %1 $1 $2": a function with its arguments. */
void ios_call(struct translation *t, const char *becomes, const struct parts *parts)
{
    struct bytes arguments[3] = {nothing, nothing, nothing};
    size_t name_len = strcspn(becomes, " "), count = 0;

    /* the rest of the line is no argument: who wants it takes it from `parts` */
    for (const char *at = becomes + name_len; *at && strncmp(at, "$*", 2) != 0 && count < 3; at++) {
        if (*at == '$' || *at == '%')
            arguments[count++] = ios_part(t, parts, at);
        else if (at[-1] == ' ' && *at != ' ')
            arguments[count++] = bytes_of(at, strcspn(at, " "));
    }

    struct bytes name = bytes_of(becomes + 1, name_len - 1);

    if (ios_call_logging(t, name, arguments) || ios_call_groups(t, name, arguments) ||
        ios_call_banner(t, name, arguments, parts))
        return;
    if (bytes_equal(name, bytes_of_text("keepalive"))) {
        t->keepalive[0] = arguments[0];
        t->keepalive[1] = arguments[1];
        t->keepalive[2] = arguments[2];
    } else if (bytes_equal(name, bytes_of_text("peer-block"))) {
        take_peer_back(t, arguments[0]);
    } else if (bytes_equal(name, bytes_of_text("sla-echo"))) {
        ios_put_line(t, "sla monitor ", arguments[0], "", nothing);
        ios_put_line(t, " type echo protocol ipIcmpEcho ", arguments[1], " interface ", ios_nameif(t, arguments[2]));
    } else if (bytes_equal(name, bytes_of_text("local-address"))) {
        remember_map(t, arguments[0], arguments[1], true);
    } else if (bytes_equal(name, bytes_of_text("apply"))) {
        remember_map(t, arguments[1], arguments[0], false);
    } else if (bytes_equal(name, bytes_of_text("address"))) {
        add_interface(t, arguments[0], arguments[1], arguments[2]);
    } else if (bytes_equal(name, bytes_of_text("ace"))) {
        add_ace(t, arguments[0], arguments[2], arguments[1].data[0] == 'p' ? "permit" : "deny", parts->list[0]);
    } else if (bytes_equal(name, bytes_of_text("nat"))) {
        remember_nat(t, arguments[0].data[0] == 'r', arguments[1], arguments[2]);
    } else if (bytes_equal(name, bytes_of_text("route-map"))) {
        if (t->route_map_count < MAPS_MAX) {
            t->route_maps[t->route_map_count].name = arguments[0];
            t->route_maps[t->route_map_count++].acl = arguments[1];
        }
    } else {
        CHECK(bytes_equal(name, bytes_of_text("route")));
        if (t->route_count < ROUTES_MAX) {
            t->routes[t->route_count].parts = *parts;
            t->routes[t->route_count].is_no = t->is_no;
            t->routes[t->route_count++].number = t->number;
        }
    }
}

void ios_add_remembered(struct translation *t)
{
    add_keepalives(t);
    add_maps(t);
    move_maps(t);
    add_routes(t);
    add_nats(t);
    ios_add_log_hosts(t);
    ios_add_split_dns(t);
}
