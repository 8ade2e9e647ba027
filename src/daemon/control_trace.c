/* packet-tracer: a packet that nobody sends, led through what a real one meets: trace.def. */
#include "daemon/control_trace.h"

#include <string.h>

static const struct {
    const char *type, *subtype;
} phases[] = {
#define PHASE(name, type, subtype) [PHASE_##name] = {type, subtype},
#define END(...)
#include "daemon/trace.def"
#undef PHASE
#undef END
};

static const struct control_source *source_of(const struct trace *t)
{
    return t->client->control->source;
}

/* ---- phases ---- */

struct control_record trace_phase_of(struct trace *t, enum trace_phase phase, bool is_allowed, const char *config,
                                     const char *information)
{
    struct control_record r = control_record_of(RECORD_trace_phase);

    record_set_number(&r, COL_trace_phase_number, ++t->phase_count);
    record_set_text(&r, COL_trace_phase_type, phases[phase].type);
    record_set_text(&r, COL_trace_phase_subtype, phases[phase].subtype);
    record_set_text(&r, COL_trace_phase_result, is_allowed ? "ALLOW" : "DROP");
    record_set_text(&r, COL_trace_phase_config, config);
    record_set_text(&r, COL_trace_phase_information, information);
    return r;
}

void trace_send_phase(struct trace *t, enum trace_phase phase, bool is_allowed, const char *config,
                      const char *information)
{
    struct control_record r = trace_phase_of(t, phase, is_allowed, config, information);

    client_send(t->client, &r);
}

static const char *nameif_of_device(const struct trace *t, const char *device, uint16_t *index)
{
    for (uint16_t i = 0; i < t->policy->interface_count; i++)
        if (device[0] != '\0' && strcmp(t->policy->interfaces[i].linux_name, device) == 0) {
            *index = i;
            return t->policy->interfaces[i].name;
        }
    *index = NO_INDEX;
    return device;
}

static void add_end(struct text *s, struct ip ip, const struct flow *flow, uint16_t port)
{
    char space[IP_TEXT_SIZE];

    text_add(s, "%s/%u", ip_text(ip, space), flow->has_ports ? port : 0);
}

/* "object network WEB" and its line stand for two. */
const char *trace_config(const struct nat_rule *rule, char space[static TRACE_SPACE])
{
    struct text s = text_of(space, TRACE_SPACE);

    for (const char *at = rule->config; *at != '\0'; at++)
        text_add(&s, "%c", *at == '\n' ? '|' : *at);
    return space;
}

uint32_t trace_number(const char *text, uint32_t number)
{
    return text_hash(TEXT_HASH_BEGIN ^ number, text) | 0xc0000000;
}

const char *trace_domain(bool is_out)
{
    return phases[is_out ? PHASE_ENCRYPT : PHASE_TUNNEL_FLOW].subtype;
}

const struct nat_rule *trace_rule(const struct trace *t)
{
    return t->match.rule == NO_INDEX ? NULL : &t->policy->nat_rules[t->match.rule];
}

static void trace_un_nat(struct trace *t, struct ip before, struct ip after, uint16_t port_before, uint16_t port_after)
{
    char config[TRACE_SPACE], space[TRACE_SPACE];
    struct text s = text_of(space, sizeof space);

    text_add(&s, "NAT divert to egress interface %s|Untranslate ", t->output_name);
    add_end(&s, before, &t->given, port_before);
    text_add(&s, " to ");
    add_end(&s, after, &t->given, port_after);
    trace_send_phase(t, PHASE_UN_NAT, true, trace_config(trace_rule(t), config), space);
}

static void trace_route(struct trace *t, struct ip to)
{
    char space[TRACE_SPACE], next[IP_TEXT_SIZE];
    struct text s = text_of(space, sizeof space);

    if (t->has_route)
        text_add(&s, "found next-hop %s using egress ifc  %s",
                 ip_text(ip_is_set(t->route.gateway) ? t->route.gateway : to, next), t->output_name);
    else
        text_add(&s, "no route to %s is needed: a crypto ACL takes it to %s", ip_text(to, next), t->output_name);
    trace_send_phase(t, PHASE_ROUTE, true, "", space);
}

static void trace_nat(struct trace *t)
{
    const struct nat_rule *rule = trace_rule(t);
    char config[TRACE_SPACE], space[TRACE_SPACE];
    struct text s = text_of(space, sizeof space);

    if (rule == NULL)
        return;
    text_add(&s, "%s translate ", rule->kind == NAT_DYNAMIC ? "Dynamic" : "Static");
    add_end(&s, t->match.inner.local, &t->given, t->match.inner.local_port);
    text_add(&s, " to ");
    add_end(&s, t->match.outer.local, &t->given, t->match.outer.local_port);
    trace_send_phase(t, PHASE_NAT, true, trace_config(rule, config), space);
}

/* ---- no line is for it ---- */

static struct flow mirror(struct flow flow)
{
    struct flow m = flow;

    m.local = flow.remote;
    m.remote = flow.local;
    m.local_port = flow.remote_port;
    m.remote_port = flow.local_port;
    return m;
}

static const struct crypto_ace *find_deny(const struct policy *policy, const struct flow *flow, const char **list)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        for (uint16_t k = 0; k < policy->tunnels[i].ace_count; k++) {
            const struct crypto_ace *ace = &policy->tunnels[i].aces[k];

            if (ace->is_permit || !selector_matches(&ace->selector, flow))
                continue;
            *list = policy->tunnels[i].acl_name;
            return ace;
        }
    return NULL;
}

/* The first line that would be for it if it came from elsewhere. */
static bool find_by_remote(struct trace *t)
{
    for (uint16_t i = 0; i < t->policy->tunnel_count; i++)
        for (uint16_t k = 0; k < t->policy->tunnels[i].ace_count; k++) {
            const struct crypto_ace *ace = &t->policy->tunnels[i].aces[k];

            if (!ace->is_permit || !ip_range_holds(ace->selector.remote, t->match.outer.remote))
                continue;
            t->tunnel = i;
            t->line = ace;
            return true;
        }
    return false;
}

static enum trace_end why_in_clear(struct trace *t)
{
    struct flow back = mirror(t->match.outer), own = t->match.outer;

    own.local = t->match.inner.local;
    own.local_port = t->match.inner.local_port;
    if (trace_rule(t) != NULL && policy_steer(t->policy, &own, &t->tunnel, &t->ace))
        return END_TRANSLATED_AWAY;
    t->line = find_deny(t->policy, &t->match.outer, &t->list);
    if (t->line != NULL)
        return END_DENIED;
    if (policy_steer(t->policy, &back, &t->tunnel, &t->ace))
        return END_REVERSED;
    if (find_by_remote(t))
        return END_OTHER_SOURCE;
    for (uint16_t i = 0; i < t->policy->tunnel_count && t->list == NULL; i++)
        t->list = t->policy->tunnels[i].acl_name;
    return END_IN_CLEAR;
}

/* ---- the way of the packet ---- */

static void find_route(struct trace *t, struct ip to)
{
    const struct control_source *source = source_of(t);

    t->has_route = source->route != NULL && source->route(source->context, to, &t->route);
    t->output_name = t->has_route ? nameif_of_device(t, t->route.device, &t->output) : "";
}

static void use_output(struct trace *t, uint16_t interface)
{
    t->output = interface;
    t->output_name = t->policy->interfaces[interface].name;
}

static bool is_for_us(const struct trace *t)
{
    return policy_is_own(t->policy, t->packet.flow.remote);
}

static bool trace_leaves(struct trace *t)
{
    return is_for_us(t) || t->output == NO_INDEX ||
           filter_group_at(t->policy, t->output, ACCESS_OUT) == t->policy->access_group_count ||
           trace_access_group(t, t->output, ACCESS_OUT);
}

/* Lists of interfaces see the addresses that the hosts have. */
static void set_packet(struct trace *t, struct ip from, struct ip to)
{
    const struct control_request *request = &t->client->request;
    bool is_icmp = request->packet.protocol == PROTOCOL_ICMP;

    t->packet =
        (struct filter_packet){.flow = {.local = from,
                                        .remote = to,
                                        .protocol = request->packet.protocol,
                                        .has_ports = is_icmp || t->given.has_ports,
                                        .local_port = is_icmp ? filter_icmp_port((uint8_t)request->packet.numbers[0],
                                                                                 (uint8_t)request->packet.numbers[1])
                                                              : request->packet.numbers[0],
                                        .remote_port = is_icmp ? 0 : request->packet.numbers[1]}};
}

/* From inside: translated, then asked of the crypto ACLs. */
static void trace_out(struct trace *t)
{
    struct ip to;

    nat_out(t->policy, t->input, NAT_ANY_INTERFACE, &t->given, &t->match);
    to = t->match.outer.remote;
    find_route(t, to);
    bool is_for_tunnel = policy_steer(t->policy, &t->match.outer, &t->tunnel, &t->ace);
    if (is_for_tunnel) {
        use_output(t, t->policy->tunnels[t->tunnel].interface);
        t->peer = t->policy->tunnels[t->tunnel].peers[0];
    } else if (t->output != NO_INDEX) {
        nat_out(t->policy, t->input, t->output, &t->given, &t->match);
    }
    set_packet(t, t->match.inner.local, to);
    if (!is_for_tunnel && !t->has_route) {
        trace_finish(t, END_NO_ROUTE);
        return;
    }
    if (!ip_equal(t->match.inner.remote, t->match.outer.remote))
        trace_un_nat(t, t->match.inner.remote, t->match.outer.remote, t->match.inner.remote_port,
                     t->match.outer.remote_port);
    else
        trace_route(t, to);
    if (!trace_access_group(t, t->input, is_for_us(t) ? ACCESS_CONTROL_PLANE : ACCESS_IN) || !trace_leaves(t)) {
        trace_finish(t, END_LISTED);
        return;
    }
    trace_nat(t);
    if (!is_for_tunnel) {
        trace_finish(t, why_in_clear(t));
        return;
    }
    trace_tunnel(t);
}

/* From outside, in clear: `given.local` is where it goes. */
static void trace_in(struct trace *t)
{
    nat_in(t->policy, t->input, &t->given, &t->match);
    find_route(t, t->match.inner.local);
    set_packet(t, t->match.inner.remote, t->match.inner.local);
    if (trace_rule(t) != NULL)
        trace_un_nat(t, t->match.outer.local, t->match.inner.local, t->match.outer.local_port,
                     t->match.inner.local_port);
    else if (t->has_route)
        trace_route(t, t->match.inner.local);
    bool is_permitted =
        trace_access_group(t, t->input, is_for_us(t) ? ACCESS_CONTROL_PLANE : ACCESS_IN) && trace_leaves(t);
    if (policy_steer(t->policy, &t->given, &t->tunnel, &t->ace)) {
        t->peer = t->policy->tunnels[t->tunnel].peers[0];
        trace_find_pair(t, &t->given);
        trace_crypto_rule(t, PHASE_TUNNEL_FLOW, false, false);
        trace_finish(t, END_SPOOF);
    } else {
        trace_finish(t, !t->has_route ? END_NO_ROUTE : is_permitted ? END_ARRIVED : END_LISTED);
    }
}

/* Out of a tunnel: `given.local` is where it goes. */
static void trace_decrypted(struct trace *t)
{
    nat_in(t->policy, t->input, &t->given, &t->match);
    find_route(t, t->match.inner.local);
    set_packet(t, t->match.inner.remote, t->match.inner.local);
    if (policy_steer(t->policy, &t->given, &t->tunnel, &t->ace))
        trace_find_pair(t, &t->given);
    if (!t->has_pair || !t->pair.is_up) {
        trace_finish(t, END_NO_TUNNEL);
        return;
    }
    trace_crypto_rule(t, PHASE_TUNNEL_FLOW, false, true);
    if (!trace_vpn_filter(t, false)) {
        trace_finish(t, END_FILTERED);
        return;
    }
    if (trace_rule(t) != NULL)
        trace_un_nat(t, t->match.outer.local, t->match.inner.local, t->match.outer.local_port,
                     t->match.inner.local_port);
    else if (t->has_route)
        trace_route(t, t->match.inner.local);
    if (!t->has_route)
        trace_finish(t, END_NO_ROUTE);
    else if (trace_decrypted_is_spared(t) || is_for_us(t) ||
             (trace_access_group(t, t->input, ACCESS_IN) && trace_leaves(t)))
        trace_finish(t, END_DECRYPTED);
    else
        trace_finish(t, END_LISTED);
}

static uint16_t input_of(const struct client *client, const struct policy *policy)
{
    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (strcasecmp(policy->interfaces[i].name, client->request.packet.nameif) == 0)
            return i;
    return NO_INDEX;
}

void do_trace(struct client *client)
{
    const struct control_source *source = client->control->source;
    const struct policy *policy = source->policy(source->context);
    struct trace t = {.client = client,
                      .policy = policy,
                      .input = input_of(client, policy),
                      .output = NO_INDEX,
                      .output_name = "",
                      .tunnel = NO_INDEX};
    uint8_t protocol = client->request.packet.protocol;

    if (t.input == NO_INDEX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE, NULL);
        return;
    }
    t.given = (struct flow){.local = client->request.packet.from,
                            .remote = client->request.packet.to,
                            .protocol = protocol,
                            .has_ports = protocol == 6 || protocol == 17,
                            .local_port = client->request.packet.numbers[0],
                            .remote_port = client->request.packet.numbers[1]};
    if (client->request.packet.is_decrypted) {
        t.given = mirror(t.given);
        trace_decrypted(&t);
    } else if (policy->interfaces[t.input].map_name[0] != '\0') {
        t.given = mirror(t.given);
        trace_in(&t);
    } else {
        trace_out(&t);
    }
    trace_examine(&t);
}
