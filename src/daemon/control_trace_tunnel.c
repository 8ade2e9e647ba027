/* Of packet-tracer, what a packet meets that a line of a crypto ACL is for: its rule, the tunnel-group, the SAs. Also
 * the rules alone: show asp table classify. */
#include "daemon/control_trace.h"

#include <string.h>

enum { NO_SPI = 0 };

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

static void set_end(struct control_record *r, struct ip_range range, struct port_range ports,
                    enum control_column address, enum control_column mask, enum control_column port)
{
    int len = ip_range_prefix_len(range);

    record_set_ip(r, address, range.first);
    record_set_ip(r, mask, len >= 0 ? ip_mask((enum ip_family)range.first.family, (unsigned)len) : range.last);
    record_set_number(r, port, ports.first == ports.last ? ports.first : 0);
}

static uint32_t rule_id(const struct tunnel *tunnel, uint16_t ace, bool is_out)
{
    return trace_number(tunnel->acl_name, ace * 2u + is_out);
}

static uint64_t rule_packets(const struct trace *t, bool is_out)
{
    return t->has_pair && t->has_plane ? t->plane.tally.counters[is_out ? ESP_COUNTER_ENCAPS : ESP_COUNTER_DECAPS] : 0;
}

/* Of a line of a crypto ACL. */
static void set_rule(struct trace *t, struct control_record *r, uint16_t ace, bool is_out)
{
    const struct tunnel *tunnel = &t->policy->tunnels[t->tunnel];
    const struct ike_pair_view *pair = t->has_pair ? &t->pair : NULL;
    const struct selector *s = &tunnel->aces[ace].selector;
    const struct ip_range source = is_out ? s->local : s->remote, destination = is_out ? s->remote : s->local;

    record_set_text(r, COL_trace_phase_way, is_out ? "out" : "in ");
    record_set_text(r, COL_trace_phase_domain, trace_domain(is_out));
    record_set_number(r, COL_trace_phase_rule_id, rule_id(tunnel, ace, is_out));
    record_set_number(r, COL_trace_phase_map_id, trace_number(tunnel->map_name, 0));
    record_set_number(
        r, COL_trace_phase_hits,
        hits_since(&t->client->control->rule_hits, rule_id(tunnel, ace, is_out), rule_packets(t, is_out)));
    record_set_number(r, COL_trace_phase_spi, pair == NULL ? NO_SPI : is_out ? pair->spi_out : pair->spi_in);
    record_set_number(r, COL_trace_phase_protocol, s->protocol);
    set_end(r, source, is_out ? s->local_ports : s->remote_ports, COL_trace_phase_source, COL_trace_phase_source_mask,
            COL_trace_phase_source_port);
    set_end(r, destination, is_out ? s->remote_ports : s->local_ports, COL_trace_phase_destination,
            COL_trace_phase_destination_mask, COL_trace_phase_destination_port);
}

void trace_crypto_rule(struct trace *t, enum trace_phase phase, bool is_out, bool is_allowed)
{
    struct control_record r = trace_phase_of(t, phase, is_allowed, "", "");

    set_rule(t, &r, t->ace, is_out);
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

void trace_find_pair(struct trace *t, const struct flow *flow)
{
    const struct plane *plane = source_of(t)->plane(source_of(t)->context);
    struct ike_pair_view view;

    for (uint32_t i = 0; ike_view_pair(ike_of(t), now_of(t), i, &view); i++)
        if (view.tunnel == t->tunnel && view.ace == t->ace && view.spi_out != 0 &&
            (flow == NULL || selector_matches(&view.selector, flow)) &&
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
    char space[TRACE_SPACE];
    struct text s = text_of(space, sizeof space);

    if (group != NULL)
        text_add(&s, "tunnel-group %s type ipsec-l2l", group->name);
    trace_send_phase(t, PHASE_GROUP, can_prove, space, proof);
    return can_prove;
}

static void trace_phase1(struct trace *t, const struct ike_sa_view *sa)
{
    const struct control_state *state = sa == NULL ? NULL : control_state_of(sa->asa_state);
    char space[TRACE_SPACE], ip[IP_TEXT_SIZE];
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
    char space[TRACE_SPACE];
    struct text s = text_of(space, sizeof space);

    if (!t->has_plane)
        return;
    text_add(&s, "packets of up to %u bytes go whole: path mtu %u, ipsec overhead %u", t->plane.inner_mtu,
             t->plane.path_mtu, t->plane.overhead);
    trace_send_phase(t, PHASE_MTU, true, "", space);
}

static void trace_in_tunnel(struct trace *t)
{
    char config[TRACE_SPACE], space[TRACE_SPACE];
    struct text s = text_of(space, sizeof space);
    struct ike_sa_view sa;

    if (!trace_vpn_filter(t, true)) {
        trace_finish(t, END_FILTERED);
        return;
    }
    trace_crypto_rule(t, PHASE_ENCRYPT, true, true);
    if (trace_rule(t) != NULL)
        trace_send_phase(t, PHASE_NAT_BACK, true, trace_config(trace_rule(t), config), "");
    trace_crypto_rule(t, PHASE_TUNNEL_FLOW, false, true);
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

    trace_crypto_rule(t, PHASE_ENCRYPT, true, false);
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

void trace_tunnel(struct trace *t)
{
    trace_find_pair(t, &t->match.outer);
    if (t->has_pair && t->pair.is_up)
        trace_in_tunnel(t);
    else
        trace_no_sa(t);
}

/* ---- show asp table classify ---- */

static bool is_domain_asked_for(const struct client *client, bool is_out)
{
    return client->request.domain[0] == '\0' || strcmp(client->request.domain, trace_domain(is_out)) == 0;
}

/* The next line of the entry that permits, with its pair; false: there is none. */
static bool next_rule(struct trace *t, uint16_t *ace)
{
    const struct tunnel *tunnel = &t->policy->tunnels[t->tunnel];

    while (*ace < tunnel->ace_count && !tunnel->aces[*ace].is_permit)
        ++*ace;
    if (*ace == tunnel->ace_count)
        return false;
    t->ace = (*ace)++;
    t->has_pair = false;
    trace_find_pair(t, NULL);
    return true;
}

static void send_rules(struct trace *t, bool is_out)
{
    for (uint16_t ace = 0; next_rule(t, &ace);) {
        struct control_record r = control_record_of(RECORD_trace_phase);

        set_rule(t, &r, t->ace, is_out);
        client_send(t->client, &r);
    }
}

static struct trace rules_of(struct client *client)
{
    const struct control_source *source = client->control->source;

    return (struct trace){.client = client, .policy = source->policy(source->context), .output_name = ""};
}

/* An entry at a time, what comes in before what leaves. */
bool show_classify(struct client *client)
{
    struct trace t = rules_of(client);
    uint32_t count = t.policy->tunnel_count;

    if (client->index == 0)
        clearing_send(client, &client->control->rules_cleared);
    if (client->index >= 2 * count)
        return false;
    t.tunnel = (uint16_t)(client->index % count);
    if (is_domain_asked_for(client, client->index >= count))
        send_rules(&t, client->index >= count);
    client->index++;
    return true;
}

void clear_classify(struct client *client)
{
    struct trace t = rules_of(client);

    for (t.tunnel = 0; t.tunnel < t.policy->tunnel_count; t.tunnel++)
        for (uint16_t ace = 0; next_rule(&t, &ace);)
            for (int is_out = 0; is_out <= 1; is_out++)
                hits_clear(&client->control->rule_hits, rule_id(&t.policy->tunnels[t.tunnel], t.ace, is_out),
                           rule_packets(&t, is_out));
    clearing_note(client, &client->control->rules_cleared);
}
