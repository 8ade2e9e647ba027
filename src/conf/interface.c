/* Interfaces, routes and the names of addresses. */
#include "conf/compile.h"

#include <string.h>

static bool looked_up(const struct compiler *c, struct bytes text, struct ip *ip)
{
    for (uint32_t i = 0; i < c->conf->host_count; i++)
        if (ip_is_set(c->conf->hosts[i].ip) && bytes_equal(c->conf->hosts[i].name, text)) {
            *ip = c->conf->hosts[i].ip;
            return true;
        }
    return false;
}

bool resolve_host(const struct compiler *c, struct bytes text, struct ip *ip)
{
    if (ip_parse(ip, text))
        return true;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_name)) != NULL;)
        if (bytes_equal(statement_argument(s, "label", 0), text))
            return ip_parse(ip, statement_argument(s, "address", 0));
    return looked_up(c, text, ip);
}

bool is_dns_name(struct bytes text)
{
    size_t label = 0; /* where the last one begins */

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), is_digit = c >= '0' && c <= '9';

        if (!is_letter && !is_digit && (i == label || (c != '-' && c != '_' && c != '.')))
            return false;
        if (c == '.')
            label = i + 1;
    }
    return label > 0 && label < text.len && (text.data[label] < '0' || text.data[label] > '9');
}

static bool has_label(const struct compiler *c, struct bytes text)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_name)) != NULL;)
        if (bytes_equal(statement_argument(s, "label", 0), text))
            return true;
    return false;
}

bool is_wanted_host(const struct compiler *c, struct bytes name)
{
    for (uint32_t i = 0; i < c->conf->wanted_host_count; i++)
        if (bytes_equal(c->conf->wanted_hosts[i], name))
            return true;
    return false;
}

static void want_hosts(struct compiler *c, const struct statement *s)
{
    for (unsigned k = 0; statement_argument(s, "peer", k).len > 0; k++) {
        struct bytes name = statement_argument(s, "peer", k);

        if (c->conf->wanted_host_count < CONF_HOSTS_MAX && is_dns_name(name) && !is_wanted_host(c, name) &&
            !has_label(c, name))
            c->conf->wanted_hosts[c->conf->wanted_host_count++] = name;
    }
}

void compile_hosts(struct compiler *c)
{
    static const enum statement_kind kinds[] = {STATEMENT_map_peer, STATEMENT_dynamic_peer};

    c->conf->wanted_hosts = arena_take(c->arena, CONF_HOSTS_MAX * sizeof *c->conf->wanted_hosts);
    c->conf->wanted_host_count = 0;
    for (size_t i = 0; i < COUNT_OF(kinds) && c->conf->wanted_hosts != NULL; i++)
        for (const struct statement *s = NULL; (s = statements_next(c->statements, s, kinds[i])) != NULL;)
            want_hosts(c, s);
}

static const struct statement *child_of(const struct compiler *c, const struct statement *parent,
                                        enum statement_kind kind)
{
    for (const struct statement *s = NULL; (s = next_child(c, parent, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == kind)
            return s;
    return NULL;
}

/* By DHCP or PPPoE: what its device has. How large the network is does not matter here. */
static void set_leased_address(struct compiler *c, struct policy_interface *interface)
{
    struct bytes name = bytes_of_text(text_in_arena(
        c, CONF_DEVICE "%s", interface->linux_name[0] != '\0' ? interface->linux_name : interface->hardware));

    if (c->conf->wanted_hosts != NULL && c->conf->wanted_host_count < CONF_HOSTS_MAX && !is_wanted_host(c, name))
        c->conf->wanted_hosts[c->conf->wanted_host_count++] = name;
    if (looked_up(c, name, &interface->ip))
        interface->prefix_len = (uint8_t)(8 * ip_len(interface->ip));
}

static void set_address(struct compiler *c, struct policy_interface *interface, const struct statement *s)
{
    struct ip ip, mask;
    struct bytes mask_text = statement_argument(s, "mask", 0);

    if (mask_text.len == 0) {
        set_leased_address(c, interface);
        return;
    }
    if (!resolve_host(c, statement_argument(s, "host", 0), &ip)) {
        say(c, CONF_ERROR, s, "interface %s: its address is neither an address nor a name given to one",
            interface->name);
        return;
    }
    if (!ip_parse(&mask, mask_text) || mask.family != ip.family || ip_mask_len(mask) < 0) {
        say(c, CONF_ERROR, s, "interface %s: this is not a network mask", interface->name);
        return;
    }
    interface->ip = ip;
    interface->prefix_len = (uint8_t)ip_mask_len(mask);
}

static void set_address_v6(struct policy_interface *interface, const struct statement *s)
{
    unsigned prefix_len;

    if (!grammar_prefix(statement_argument(s, "prefix", 0), &interface->ip, &prefix_len))
        return;
    interface->prefix_len = (uint8_t)prefix_len;
}

const char *name_of(struct compiler *c, struct bytes text)
{
    char space[NAME_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add_escaped(&t, text);
    return text_in_arena(c, "%s", space);
}

static void compile_interface(struct compiler *c, const struct statement *s, const struct statement *nameif,
                              struct policy_interface *interface, bool *is_down)
{
    const struct statement *address = child_of(c, s, STATEMENT_ip_address);
    const struct statement *linux_interface = child_of(c, s, STATEMENT_linux_interface);

    interface->name = name_of(c, first_argument(nameif));
    interface->hardware = name_of(c, first_argument(s));
    interface->linux_name = linux_interface == NULL ? "" : name_of(c, first_argument(linux_interface));
    interface->map_name = "";
    *is_down = child_of(c, s, STATEMENT_shutdown) != NULL;
    interface->is_by_dhcp = address != NULL && statement_has(address, "dhcp");
    if (address != NULL)
        set_address(c, interface, address);
}

uint16_t interface_of_name(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->conf->policy.interface_count; i++)
        if (bytes_equal(bytes_of_text(c->conf->interfaces[i].name), name))
            return i;
    return NO_INDEX;
}

uint16_t interface_twin(const struct compiler *c, uint16_t index)
{
    for (uint16_t i = 0; i < c->conf->policy.interface_count; i++)
        if (i != index && strcmp(c->conf->interfaces[i].name, c->conf->interfaces[index].name) == 0)
            return i;
    return NO_INDEX;
}

/* An interface with addresses of both families stands twice in the policy, under one name. */
static void add_twin(struct compiler *c, const struct statement *s, uint16_t index)
{
    const struct statement *address = child_of(c, s, STATEMENT_ipv6_address);
    struct policy_interface *first = &c->conf->interfaces[index];

    if (address == NULL)
        return;
    if (!ip_is_set(first->ip)) {
        set_address_v6(first, address);
        return;
    }
    uint16_t twin = c->conf->policy.interface_count++;
    c->conf->interfaces[twin] = *first;
    c->interfaces_are_down[twin] = c->interfaces_are_down[index];
    set_address_v6(&c->conf->interfaces[twin], address);
}

static uint16_t next_twin(const struct compiler *c, uint16_t index)
{
    uint16_t twin = interface_twin(c, index);

    return twin != NO_INDEX && twin > index ? twin : NO_INDEX;
}

static void enable_ikev1(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_ikev1_enable)) != NULL;) {
        uint16_t index = interface_of_name(c, first_argument(s));

        if (index == NO_INDEX)
            say(c, CONF_WARNING, s, "there is no interface with the nameif %s", name_of(c, first_argument(s)));
        else
            for (; index != NO_INDEX; index = next_twin(c, index))
                c->conf->interfaces[index].is_ikev1_enabled = !c->interfaces_are_down[index];
    }
}

static void apply_maps(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_map_interface)) != NULL;) {
        uint16_t index = interface_of_name(c, statement_argument(s, "interface", 0));

        if (index == NO_INDEX)
            say(c, CONF_WARNING, s, "there is no interface with the nameif %s",
                name_of(c, statement_argument(s, "interface", 0)));
        else if (c->conf->interfaces[index].map_name[0] != '\0')
            say(c, CONF_WARNING, s, "interface %s has the crypto map %s already; an interface has one",
                c->conf->interfaces[index].name, c->conf->interfaces[index].map_name);
        else
            for (const char *map = name_of(c, first_argument(s)); index != NO_INDEX; index = next_twin(c, index))
                c->conf->interfaces[index].map_name = map;
    }
}

void compile_interfaces(struct compiler *c)
{
    uint32_t count = 2 * statement_count(c->statements, STATEMENT_interface);
    struct policy_interface *interfaces = arena_take(c->arena, count * sizeof *interfaces);
    bool *are_down = arena_take(c->arena, count * sizeof *are_down);
    struct policy *p = &c->conf->policy;

    if (interfaces == NULL || are_down == NULL)
        return;
    p->interfaces = c->conf->interfaces = interfaces;
    c->interfaces_are_down = are_down;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_interface)) != NULL;) {
        const struct statement *nameif = child_of(c, s, STATEMENT_nameif);

        if (nameif == NULL || p->interface_count >= NO_INDEX - 1)
            continue; /* without a name it is in no other statement */
        if (interface_of_name(c, first_argument(nameif)) != NO_INDEX) {
            say(c, CONF_ERROR, nameif, "another interface has this nameif already");
            continue;
        }
        compile_interface(c, s, nameif, &interfaces[p->interface_count], &are_down[p->interface_count]);
        p->interface_count++;
        add_twin(c, s, p->interface_count - 1);
    }
    enable_ikev1(c);
    apply_maps(c);
}

/* An ASA takes 0 for 0.0.0.0. */
static bool resolve_route_part(const struct compiler *c, struct bytes text, struct ip *ip)
{
    if (bytes_equal(text, bytes_of_text("0"))) {
        *ip = ip_of_v4(0);
        return true;
    }
    return resolve_host(c, text, ip);
}

static bool compile_route(struct compiler *c, const struct statement *s, struct policy_route *route)
{
    struct ip network, mask;

    route->interface = interface_of_name(c, statement_argument(s, "interface", 0));
    if (route->interface == NO_INDEX) {
        say(c, CONF_WARNING, s, "there is no interface with the nameif %s",
            name_of(c, statement_argument(s, "interface", 0)));
        return false;
    }
    if (!resolve_route_part(c, statement_argument(s, "host", 0), &network) ||
        !resolve_route_part(c, statement_argument(s, "route-mask", 0), &mask) ||
        !resolve_host(c, statement_argument(s, "gateway", 0), &route->gateway)) {
        say(c, CONF_ERROR, s, "network, mask and gateway of a route must be addresses or names given to them");
        return false;
    }
    if (mask.family != network.family || route->gateway.family != network.family || ip_mask_len(mask) < 0) {
        say(c, CONF_ERROR, s, "the mask of this route is not a network mask");
        return false;
    }
    route->prefix_len = (uint8_t)ip_mask_len(mask);
    route->destination = ip_range_of_prefix(network, route->prefix_len);
    route->metric = (uint16_t)statement_number(s, "metric");
    route->metric = route->metric == 0 ? 1 : route->metric;
    route->track = statement_number(s, "track-number");
    return true;
}

void compile_routes(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_route);
    struct policy_route *routes = arena_take(c->arena, count * sizeof *routes);

    if (routes == NULL)
        return;
    c->conf->policy.routes = routes;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_route)) != NULL;) {
        uint16_t *route_count = &c->conf->policy.route_count;

        if (*route_count < NO_INDEX && compile_route(c, s, &routes[*route_count]))
            (*route_count)++;
        else
            routes[*route_count] = (struct policy_route){0};
    }
}

bool conf_match_interface(struct conf *conf, struct ip ip, const char *linux_name, struct arena *arena, uint16_t *index)
{
    *index = NO_INDEX;
    for (uint16_t i = 0; i < conf->policy.interface_count; i++) {
        struct policy_interface *interface = &conf->interfaces[i];

        if (!ip_is_set(ip) || !ip_equal(interface->ip, ip) || interface->linux_name[0] != '\0')
            continue;

        char *copy = arena_copy_text(arena, bytes_of_text(linux_name));

        if (copy == NULL)
            return false;
        interface->linux_name = copy;
        *index = i;
        return true;
    }
    return false;
}
