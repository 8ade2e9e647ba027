/* packet-tracer: a packet that nobody sends, led through what a real one meets: trace.def. */
#include "daemon/control_trace.h"

#include <string.h>

enum { SPACE = 1024, NO_SPI = 0 };

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

static uint64_t now_of(const struct trace *t)
{
    return source_of(t)->now_ms(source_of(t)->context);
}

static const struct ike *ike_of(const struct trace *t)
{
    return source_of(t)->ike(source_of(t)->context);
}

/* ---- phases ---- */

static struct control_record phase_of(struct trace *t, enum trace_phase phase, bool is_allowed, const char *config,
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
    struct control_record r = phase_of(t, phase, is_allowed, config, information);

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
static const char *config_of(const struct nat_rule *rule, char space[static SPACE])
{
    struct text s = text_of(space, SPACE);

    for (const char *at = rule->config; *at != '\0'; at++)
        text_add(&s, "%c", *at == '\n' ? '|' : *at);
    return space;
}

const struct nat_rule *trace_rule(const struct trace *t)
{
    return t->match.rule == NO_INDEX ? NULL : &t->policy->nat_rules[t->match.rule];
}

static void trace_un_nat(struct trace *t, struct ip before, struct ip after, uint16_t port_before, uint16_t port_after)
{
    char config[SPACE], space[SPACE];
    struct text s = text_of(space, sizeof space);

    text_add(&s, "NAT divert to egress interface %s|Untranslate ", t->output_name);
    add_end(&s, before, &t->given, port_before);
    text_add(&s, " to ");
    add_end(&s, after, &t->given, port_after);
    trace_send_phase(t, PHASE_UN_NAT, true, config_of(trace_rule(t), config), space);
}

static void trace_route(struct trace *t, struct ip to)
{
    char space[SPACE], next[IP_TEXT_SIZE];
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
    char config[SPACE], space[SPACE];
    struct text s = text_of(space, sizeof space);

    if (rule == NULL)
        return;
    text_add(&s, "%s translate ", rule->kind == NAT_DYNAMIC ? "Dynamic" : "Static");
    add_end(&s, t->match.inner.local, &t->given, t->match.inner.local_port);
    text_add(&s, " to ");
    add_end(&s, t->match.outer.local, &t->given, t->match.outer.local_port);
    trace_send_phase(t, PHASE_NAT, true, config_of(rule, config), space);
}

/* ---- the rule of a crypto ACL ---- */

uint32_t trace_number(const char *text, uint32_t number)
{
    return text_hash(TEXT_HASH_BEGIN ^ number, text) | 0xc0000000;
}

static void set_end(struct control_record *r, struct ip_range range, struct port_range ports,
                    enum control_column address, enum control_column mask, enum control_column port)
{
    int len = ip_range_prefix_len(range);

    record_set_ip(r, address, range.first);
    record_set_ip(r, mask, len >= 0 ? ip_mask((enum ip_family)range.first.family, (unsigned)len) : range.last);
    record_set_number(r, port, ports.first == ports.last ? ports.first : 0);
}

static void send_rule(struct trace *t, enum trace_phase phase, bool is_out, bool is_allowed)
{
    const struct tunnel *tunnel = &t->policy->tunnels[t->tunnel];
    const struct selector *s = &tunnel->aces[t->ace].selector;
    struct control_record r = phase_of(t, phase, is_allowed, "", "");
    const struct ip_range source = is_out ? s->local : s->remote, destination = is_out ? s->remote : s->local;

    record_set_text(&r, COL_trace_phase_way, is_out ? "out" : "in ");
    record_set_text(&r, COL_trace_phase_domain, phases[phase].subtype);
    record_set_number(&r, COL_trace_phase_rule_id, trace_number(tunnel->acl_name, t->ace * 2u + is_out));
    record_set_number(&r, COL_trace_phase_map_id, trace_number(tunnel->map_name, 0));
    record_set_number(&r, COL_trace_phase_hits,
                      t->has_plane ? t->plane.tally.counters[is_out ? ESP_COUNTER_ENCAPS : ESP_COUNTER_DECAPS] : 0);
    record_set_number(&r, COL_trace_phase_spi, t->has_pair ? is_out ? t->pair.spi_out : t->pair.spi_in : NO_SPI);
    record_set_number(&r, COL_trace_phase_protocol, s->protocol);
    set_end(&r, source, is_out ? s->local_ports : s->remote_ports, COL_trace_phase_source, COL_trace_phase_source_mask,
            COL_trace_phase_source_port);
    set_end(&r, destination, is_out ? s->remote_ports : s->local_ports, COL_trace_phase_destination,
            COL_trace_phase_destination_mask, COL_trace_phase_destination_port);
    client_send(t->client, &r);
}

/* ---- the tunnel ---- */

static bool is_peer_of(const struct tunnel *tunnel, struct ip ip)
{
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (ip_equal(tunnel->peers[i], ip))
            return true;
    return false;
}

static void find_pair(struct trace *t)
{
    const struct plane *plane = source_of(t)->plane(source_of(t)->context);
    struct ike_pair_view view;

    for (uint32_t i = 0; ike_view_pair(ike_of(t), now_of(t), i, &view); i++)
        if (view.tunnel == t->tunnel && view.ace == t->ace && view.spi_out != 0 &&
            (!t->has_pair || view.begun_ms >= t->pair.begun_ms)) {
            t->pair = view;
            t->has_pair = true;
            t->peer = view.remote.ip;
        }
    t->has_plane = t->has_pair && plane != NULL && plane_view_pair(plane, t->pair.pair, &t->plane);
}

/* The ISAKMP SA that speaks for the tunnel; NULL: there is none. */
static const struct ike_sa_view *find_sa(struct trace *t, struct ike_sa_view *found)
{
    struct ike_sa_view view;
    bool is_found = false;

    for (uint32_t i = 0; ike_view_sa(ike_of(t), now_of(t), i, &view); i++)
        if (!view.is_dead && is_peer_of(&t->policy->tunnels[t->tunnel], view.remote.ip) &&
            (!is_found || view.conn_id > found->conn_id)) {
            *found = view;
            is_found = true;
        }
    return is_found ? found : NULL;
}

static bool last_outcome(const struct trace *t, struct ike_outcome *outcome)
{
    struct ike_peer_view view;

    for (uint32_t i = 0; ike_view_peer(ike_of(t), now_of(t), i, &view); i++)
        if (ip_equal(view.remote, t->peer) && view.outcome_count > 0) {
            *outcome = view.outcomes[0];
            return true;
        }
    return false;
}

static bool trace_group(struct trace *t)
{
    uint16_t index = policy_tunnel_group_of(t->policy, t->peer);
    const struct tunnel_group *group = index == NO_INDEX ? NULL : &t->policy->tunnel_groups[index];
    const char *proof = group == NULL            ? "there is no tunnel-group for this peer"
                        : group->trustpoint != 0 ? "it has a trustpoint"
                        : group->has_key         ? "it has a pre-shared key"
                        : group->is_key_hidden   ? "its key is masked or encrypted in the file: nobody here knows it"
                                                 : "it has no key";
    bool can_prove = group != NULL && (group->has_key || group->trustpoint != 0);
    char space[SPACE];
    struct text s = text_of(space, sizeof space);

    if (group != NULL)
        text_add(&s, "tunnel-group %s type ipsec-l2l", group->name);
    trace_send_phase(t, PHASE_GROUP, can_prove, space, proof);
    return can_prove;
}

static void trace_phase1(struct trace *t, const struct ike_sa_view *sa)
{
    const struct control_state *state = sa == NULL ? NULL : control_state_of(sa->asa_state);
    char space[SPACE], ip[IP_TEXT_SIZE];
    struct text s = text_of(space, sizeof space);

    if (sa == NULL)
        text_add(&s, "no ISAKMP SA with %s", ip_text(t->peer, ip));
    else
        text_add(&s, "IKE Peer: %s, %s, State: %s%s%s", ip_text(sa->remote.ip, ip),
                 sa->is_initiator ? "initiator" : "responder", sa->asa_state, state == NULL ? "" : "|",
                 state == NULL ? "" : state->story);
    trace_send_phase(t, PHASE_PHASE1, sa != NULL && sa->is_up, "", space);
}

static void trace_mtu(struct trace *t)
{
    char space[SPACE];
    struct text s = text_of(space, sizeof space);

    if (!t->has_plane)
        return;
    text_add(&s, "packets of up to %u bytes go whole: path mtu %u, ipsec overhead %u", t->plane.inner_mtu,
             t->plane.path_mtu, t->plane.overhead);
    trace_send_phase(t, PHASE_MTU, true, "", space);
}

static void trace_in_tunnel(struct trace *t)
{
    char config[SPACE], space[SPACE];
    struct text s = text_of(space, sizeof space);
    struct ike_sa_view sa;

    if (!trace_vpn_filter(t, true)) {
        trace_finish(t, END_FILTERED);
        return;
    }
    send_rule(t, PHASE_ENCRYPT, true, true);
    if (trace_rule(t) != NULL)
        trace_send_phase(t, PHASE_NAT_BACK, true, config_of(trace_rule(t), config), "");
    send_rule(t, PHASE_TUNNEL_FLOW, false, true);
    trace_group(t);
    trace_phase1(t, find_sa(t, &sa));
    text_add(&s, "%s mode, outbound spi: 0x%08X, inbound spi: 0x%08X", t->pair.is_transport ? "transport" : "tunnel",
             t->pair.spi_out, t->pair.spi_in);
    trace_send_phase(t, PHASE_PHASE2, true, "", space);
    trace_mtu(t);
    trace_finish(t, END_IN_TUNNEL);
}

/* As an ASA's trace does; and as a packet would. */
static void ask_for_tunnel(struct trace *t)
{
    if (source_of(t)->acquire == NULL)
        return;
    source_of(t)->acquire(source_of(t)->context, t->tunnel, t->ace, &t->match.outer);
    t->was_asked = true;
}

static enum trace_end why_no_sa(struct trace *t, const struct ike_sa_view *sa)
{
    struct ike_outcome outcome;
    bool has_outcome = last_outcome(t, &outcome);
    const struct control_state *state = sa == NULL ? NULL : control_state_of(sa->asa_state);

    t->state = sa != NULL ? sa->asa_state : has_outcome ? outcome.asa_state : NULL;
    if (sa != NULL && !sa->is_up) {
        t->why = state == NULL ? "" : state->story;
        return END_NEGOTIATING;
    }
    if (sa != NULL) {
        t->why = has_outcome && !outcome.is_success && outcome.phase == 2 ? outcome.meaning
                                                                          : "nobody has asked for it until now";
        return END_PHASE2_MISSING;
    }
    if (t->policy->tunnels[t->tunnel].connection_type == CONNECTION_ANSWER_ONLY)
        return END_ANSWERS_ONLY;
    if (!has_outcome || outcome.is_success || outcome.is_end)
        return END_NO_SA;
    t->why = outcome.meaning;
    return END_FAILED;
}

static void trace_no_sa(struct trace *t)
{
    const struct tunnel *tunnel = &t->policy->tunnels[t->tunnel];
    struct ike_sa_view view;
    const struct ike_sa_view *sa = find_sa(t, &view);
    enum trace_end end;

    send_rule(t, PHASE_ENCRYPT, true, false);
    if (tunnel->parked != NULL) {
        t->why = tunnel->parked;
        trace_finish(t, END_PARKED);
        return;
    }
    bool can_prove = trace_group(t);
    trace_phase1(t, sa);
    end = can_prove ? why_no_sa(t, sa) : END_NO_KEY;
    if (end != END_NO_KEY && end != END_ANSWERS_ONLY)
        ask_for_tunnel(t);
    trace_finish(t, end);
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
    for (uint16_t i = 0; i < t->policy->interface_count; i++)
        if (ip_equal(t->policy->interfaces[i].ip, t->packet.flow.remote))
            return true;
    return false;
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
    find_pair(t);
    if (t->has_pair && t->pair.is_up)
        trace_in_tunnel(t);
    else
        trace_no_sa(t);
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
        find_pair(t);
        send_rule(t, PHASE_TUNNEL_FLOW, false, false);
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
        find_pair(t);
    if (!t->has_pair || !t->pair.is_up) {
        trace_finish(t, END_NO_TUNNEL);
        return;
    }
    send_rule(t, PHASE_TUNNEL_FLOW, false, true);
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
    client_done(client);
}
