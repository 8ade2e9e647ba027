/* The connections that the kernel follows, as a firewall shows them: between which interfaces, how far they are, and
 * what address translation has made of them. show conn, show xlate, clear conn: made in the thread (control_made.c),
 * for the kernel is asked twice for each connection where it leads. */
#include "base/check.h"
#include "daemon/conntrack.h"
#include "daemon/control_client.h"
#include "policy/nat.h"

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 2000, TCP_HEADERS_LEN = 52, SYN_OPTIONS_LEN = 8 };

enum { ROUTES_MAX = 64 };

/* Where the way to an address leads: what was asked last stands first, for the next connection is most often between
 * the same networks. */
struct way_to {
    struct ip ip;
    char device[16]; /* "": nowhere */
};

struct listing {
    struct made *made;
    struct connections *sum;
    struct way_to ways[ROUTES_MAX];
    size_t way_count;
};

/* ---- which ---- */

static bool is_translated(const struct connection *c)
{
    return !ip_equal(c->back_destination, c->source) || !ip_equal(c->back_source, c->destination);
}

/* Or from us: what a firewall shows only of all. */
static bool is_to_us(const struct policy *policy, const struct connection *c)
{
    return policy_is_own(policy, c->source) || policy_is_own(policy, c->back_source);
}

static bool is_wanted(const struct made *made, const struct connection *c)
{
    enum control_request_id id = made->request.id;
    struct ip ip = made->request.peer;
    uint8_t protocol = made->request.packet.protocol;
    uint16_t port = made->request.packet.numbers[0];

    if ((id == CONTROL_SHOW_XLATE || id == CONTROL_SHOW_XLATE_COUNT || id == CONTROL_SHOW_TRANSLATIONS ||
         id == CONTROL_SHOW_NAT_STATISTICS) &&
        !is_translated(c))
        return false;
    if (id != CONTROL_CLEAR_CONN && !made->request.is_all && is_to_us(&made->conf->policy, c))
        return false;
    return (!ip_is_set(ip) || ip_equal(ip, c->source) || ip_equal(ip, c->destination) || ip_equal(ip, c->back_source) ||
            ip_equal(ip, c->back_destination)) &&
           (protocol == 0 || protocol == c->protocol) &&
           (port == 0 || port == c->source_port || port == c->destination_port || port == c->back_source_port ||
            port == c->back_destination_port);
}

/* ---- between which interfaces ---- */

/* "": nowhere. */
static const char *device_to(struct listing *listing, struct ip ip)
{
    const struct control_source *source = &listing->made->source;
    struct control_route route;
    size_t at = 0;

    while (at < listing->way_count && !ip_equal(listing->ways[at].ip, ip))
        at++;
    struct way_to way = at < listing->way_count ? listing->ways[at] : (struct way_to){.ip = ip};
    if (at == listing->way_count && source->route != NULL && source->route(source->context, ip, &route))
        memcpy(way.device, route.device, sizeof way.device);
    if (at == listing->way_count && at < ROUTES_MAX)
        listing->way_count++;
    at = at < ROUTES_MAX ? at : ROUTES_MAX - 1;
    memmove(&listing->ways[1], &listing->ways[0], at * sizeof way);
    listing->ways[0] = way;
    return listing->ways[0].device;
}

static uint16_t interface_of(const struct policy *policy, const char *device)
{
    for (uint16_t i = 0; device[0] != '\0' && i < policy->interface_count; i++)
        if (strcmp(policy->interfaces[i].linux_name, device) == 0)
            return i;
    return NO_INDEX;
}

/* Returns its security level; the gateway itself trusts itself most. */
static uint64_t set_interface(struct control_record *r, struct listing *listing, enum control_column column,
                              struct ip ip)
{
    enum { SELF = 101 };
    const struct conf *conf = listing->made->conf;
    const struct policy *policy = &conf->policy;

    if (policy_is_own(policy, ip)) {
        record_set_text(r, column, "NP Identity Ifc");
        return SELF;
    }
    const char *device = device_to(listing, ip);
    uint16_t interface = interface_of(policy, device);
    if (interface == NO_INDEX) {
        record_set_text(r, column, device[0] != '\0' ? device : "any");
        return 0;
    }
    record_set_text(r, column, policy->interfaces[interface].name);
    return interface_security(conf->statements, &policy->interfaces[interface]);
}

/* ---- how far it is ---- */

/* As well as bytes and packets tell: a packet of TCP without data has its headers alone, the first one options too. */
static bool has_data(const struct connection *c, int way)
{
    return c->bytes[way] > TCP_HEADERS_LEN * c->packets[way] + SYN_OPTIONS_LEN;
}

/* In the order of an ASA. Whose FIN it was is not known before both have come. */
static void add_flags(struct text *t, const struct connection *c, bool is_from_outside)
{
    static const struct {
        uint8_t state;
        const char *from_inside, *from_outside;
    } rows[] = {{TCP_CONNTRACK_SYN_SENT, "saA", "SaAB"},     {TCP_CONNTRACK_SYN_SENT2, "saA", "SaAB"},
                {TCP_CONNTRACK_SYN_RECV, "A", "aB"},         {TCP_CONNTRACK_LAST_ACK, "UfF", "UfF"},
                {TCP_CONNTRACK_TIME_WAIT, "UfFrR", "UfFrR"}, {TCP_CONNTRACK_CLOSE, "", ""}};
    bool is_open = true;

    if (c->protocol != IPPROTO_TCP) {
        text_add(t, "-");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].state == c->tcp_state) {
            text_add(t, "%s", is_from_outside ? rows[i].from_outside : rows[i].from_inside);
            is_open = rows[i].from_inside[0] == 'U';
            break;
        }
    if (is_open)
        text_add(t, "%s%s%s%s", t->len == 0 ? "U" : "", has_data(c, is_from_outside ? 0 : 1) ? "I" : "",
                 has_data(c, is_from_outside ? 1 : 0) ? "O" : "", is_from_outside ? "B" : "");
    if (t->len == 0)
        text_add(t, "-");
}

/* ---- records ---- */

/* The rule that has translated it; NULL: none of the present ones is for it. Interfaces are not known, so a rule for
 * all that comes from inside would fit what comes from outside, too: that one keeps its source. */
static const struct nat_rule *rule_of(const struct policy *policy, const struct connection *c)
{
    struct flow out = connection_flow(c), in = connection_flow_back(c);
    bool keeps_source = ip_equal(c->back_destination, c->source);
    struct nat_match match;

    if ((keeps_source && nat_in(policy, NAT_ANY_INTERFACE, &in, &match)) ||
        nat_out(policy, NAT_ANY_INTERFACE, NAT_ANY_INTERFACE, &out, &match))
        return &policy->nat_rules[match.rule];
    return NULL;
}

static void set_protocol(struct control_record *r, uint8_t protocol)
{
    static const struct {
        uint8_t protocol;
        const char *name;
    } rows[] = {{IPPROTO_ICMP, "ICMP"}, {IPPROTO_TCP, "TCP"}, {IPPROTO_UDP, "UDP"}};
    char space[8];
    struct text t = text_of(space, sizeof space);

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].protocol == protocol)
            text_add(&t, "%s", rows[i].name);
    if (t.len == 0)
        text_add(&t, "IP %u", protocol);
    record_set_text(r, COL_connection_protocol, space);
}

static void set_ends(struct control_record *r, const struct connection *c)
{
    bool is_icmp = c->protocol == IPPROTO_ICMP;

    record_set_ip(r, COL_connection_source, c->source);
    record_set_number(r, COL_connection_source_port, is_icmp ? c->icmp_id : c->source_port);
    record_set_ip(r, COL_connection_destination, c->destination);
    record_set_number(r, COL_connection_destination_port, c->destination_port);
    if (!ip_equal(c->back_destination, c->source))
        record_set_ip(r, COL_connection_source_as, c->back_destination);
    if (!ip_equal(c->back_source, c->destination))
        record_set_ip(r, COL_connection_destination_as, c->back_source);
    record_set_number(r, COL_connection_source_port_as, is_icmp ? c->icmp_id : c->back_destination_port);
    record_set_number(r, COL_connection_destination_port_as, c->back_source_port);
}

static void set_state(struct control_record *r, const struct connection *c, bool is_from_outside)
{
    char space[16];
    struct text flags = text_of(space, sizeof space);

    add_flags(&flags, c, is_from_outside);
    record_set_text(r, COL_connection_flags, space);
    record_set_number(r, COL_connection_left_s, c->left_s);
    if (c->timeout_s != 0) {
        record_set_number(r, COL_connection_timeout_s, c->timeout_s);
        record_set_number(r, COL_connection_idle_s, c->timeout_s > c->left_s ? c->timeout_s - c->left_s : 0);
    }
    if (c->is_counted)
        record_set_number(r, COL_connection_bytes, c->bytes[0] + c->bytes[1]);
}

static bool add_connection(void *context, const struct connection *c)
{
    struct listing *listing = context;
    struct control_record r = control_record_of(RECORD_connection);
    const struct nat_rule *rule;

    if (!is_wanted(listing->made, c))
        return true;
    rule = rule_of(&listing->made->conf->policy, c);
    listing->sum->static_count += rule != NULL && rule->kind == NAT_STATIC;
    if (listing->sum->count++ >= CONNECTIONS_MAX || listing->made->request.is_count)
        return true;

    uint64_t source = set_interface(&r, listing, COL_connection_source_interface, c->source);
    uint64_t destination = set_interface(&r, listing, COL_connection_destination_interface, c->back_source);
    bool is_from_outside = source < destination;

    set_protocol(&r, c->protocol);
    set_ends(&r, c);
    set_state(&r, c, is_from_outside);
    record_set_flag(&r, COL_connection_from_outside, is_from_outside);
    record_set_flag(&r, COL_connection_static, rule != NULL && rule->kind == NAT_STATIC);
    made_add(listing->made, &r);
    return true;
}

void connections_look(struct control *control)
{
    const struct control_source *source = control->source;
    uint64_t count = source->connection_count == NULL ? 0 : source->connection_count(source->context);

    if (control->connection_peak < count)
        control->connection_peak = count;
}

void connections_add(struct made *made, struct connections *sum)
{
    struct listing listing = {.made = made, .sum = sum};

    *sum = (struct connections){0};
    if (made->source.each_connection != NULL)
        made->source.each_connection(made->source.context, &listing, add_connection);
}

void connections_send_count(struct client *client, struct connections sum)
{
    struct control_record r = control_record_of(RECORD_connection_count);

    connections_look(client->control);
    if (client->control->connection_peak < sum.count)
        client->control->connection_peak = sum.count;
    record_set_number(&r, COL_connection_count_count, sum.count);
    record_set_number(&r, COL_connection_count_most, client->control->connection_peak);
    client_send(client, &r);
}

static void make(struct made *made)
{
    struct connections *sum = made->own = calloc(1, sizeof *sum);

    made->is_over = true;
    if (sum == NULL)
        made->is_cut = true;
    else
        connections_add(made, sum);
}

static void end(struct client *client, struct made *made)
{
    connections_send_count(client, *(const struct connections *)made->own);
}

const struct made_way made_connections = {.make = make, .end = end, .forget = free};

static bool forget_connection(void *context, const struct connection *c)
{
    struct made *made = context;

    if (is_wanted(made, c) && made->source.forget_connection != NULL)
        made->source.forget_connection(made->source.context, c);
    return true;
}

static void make_clearing(struct made *made)
{
    made->is_over = true;
    if (made->source.each_connection != NULL)
        made->source.each_connection(made->source.context, made, forget_connection);
}

const struct made_way made_clearing_of_connections = {.make = make_clearing};
