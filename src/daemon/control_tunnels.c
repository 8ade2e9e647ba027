/* show tunnel: each crypto map entry with what has become of it, and how the attempts with its peer have ended. show
 * crypto isakmp diagnose error: only those that have failed, of all peers. */
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "ike/view.h"
#include "policy/choose.h"

static const struct ike *ike_of(const struct client *client)
{
    return client->control->source->ike(client->control->source->context);
}

static const struct policy *policy_of(const struct client *client)
{
    return client->control->source->policy(client->control->source->context);
}

static uint64_t now_of(const struct client *client)
{
    return client->control->source->now_ms(client->control->source->context);
}

static bool is_peer_of(const struct tunnel *tunnel, struct ip ip)
{
    for (size_t i = 0; i < tunnel->peer_count; i++) {
        if (ip_equal(tunnel->peers[i], ip))
            return true;
    }
    return false;
}

/* The ISAKMP SA that speaks for the tunnel: the newest that is not dead, else the newest. `guest`: of a dynamic entry.
 */
static bool sa_of_tunnel(const struct client *client, const struct tunnel *tunnel, struct ip guest,
                         struct ike_sa_view *found)
{
    struct ike_sa_view view;
    bool is_found = false;

    for (uint32_t i = 0; ike_view_sa(ike_of(client), now_of(client), i, &view); i++) {
        if (!(ip_is_set(guest) ? ip_equal(guest, view.remote.ip) : is_peer_of(tunnel, view.remote.ip)) ||
            (is_found && (view.is_dead != found->is_dead ? view.is_dead : view.conn_id < found->conn_id)))
            continue;
        *found = view;
        is_found = true;
    }
    return is_found;
}

struct pair_sum {
    uint64_t counters[ESP_COUNTER_COUNT];
    uint32_t count, spi_in, spi_out;
    struct ip peer;
    uint64_t begun_ms;
    enum esp_variant variant; /* of any of them */
};

static struct pair_sum pairs_of_tunnel(const struct client *client, uint16_t tunnel, struct ip guest)
{
    struct plane_pair_view plane_view;
    struct ike_pair_view view;
    struct pair_sum sum = {0};

    for (uint32_t i = 0; ike_view_pair(ike_of(client), now_of(client), i, &view); i++) {
        if (view.tunnel != tunnel || (ip_is_set(guest) && !ip_equal(guest, view.remote.ip)))
            continue;
        sum.count++;
        if (view.begun_ms >= sum.begun_ms) {
            sum.begun_ms = view.begun_ms;
            sum.spi_in = view.spi_in;
            sum.spi_out = view.spi_out;
            sum.peer = view.remote.ip;
        }
        if (!client_view_plane(client, view.pair, &plane_view))
            continue;
        for (size_t c = 0; c < ESP_COUNTER_COUNT; c++)
            sum.counters[c] += plane_view.tally.counters[c];
        if (plane_view.variant != ESP_VARIANT_NONE)
            sum.variant = plane_view.variant;
    }
    return sum;
}

static bool peer_view_of(const struct client *client, struct ip peer, struct ike_peer_view *view)
{
    for (uint32_t i = 0; ike_view_peer(ike_of(client), now_of(client), i, view); i++) {
        if (ip_equal(view->remote, peer))
            return true;
    }
    return false;
}

static const char *outcome_word(const struct ike_outcome *o)
{
    return o->is_success ? "up" : o->is_end ? "ended" : "failed";
}

static void set_tunnel_outcome(struct control_record *r, const struct ike_outcome *o, uint64_t now_ms)
{
    record_set_text(r, COL_tunnel_outcome, outcome_word(o));
    record_set_number(r, COL_tunnel_outcome_phase, o->phase);
    record_set_text(r, COL_tunnel_outcome_state, o->asa_state);
    record_set_number(r, COL_tunnel_outcome_age_s, age_s(now_ms, o->at_ms));
    record_set_text(r, COL_tunnel_reason, o->reason);
    record_set_text(r, COL_tunnel_sentence, o->meaning);
}

static void set_tunnel_state(struct control_record *r, const char *asa, const char *ios)
{
    const struct control_state *state = control_state_of(asa);

    record_set_text(r, COL_tunnel_asa_state, asa);
    record_set_text(r, COL_tunnel_ios_state, ios);
    if (state) {
        record_set_text(r, COL_tunnel_story, state->story);
        record_set_text(r, COL_tunnel_proven, state->proven);
        record_set_text(r, COL_tunnel_open, state->open);
    }
}

static void set_tunnel_pairs(struct control_record *r, const struct pair_sum *sum)
{
    record_set_number(r, COL_tunnel_pairs, sum->count);
    if (sum->count == 0)
        return;
    record_set_number(r, COL_tunnel_spi_in, sum->spi_in);
    record_set_number(r, COL_tunnel_spi_out, sum->spi_out);
    record_set_number(r, COL_tunnel_encaps, sum->counters[ESP_COUNTER_ENCAPS]);
    record_set_number(r, COL_tunnel_decaps, sum->counters[ESP_COUNTER_DECAPS]);
    record_set_number(r, COL_tunnel_bytes_out, sum->counters[ESP_COUNTER_BYTES_OUT]);
    record_set_number(r, COL_tunnel_bytes_in, sum->counters[ESP_COUNTER_BYTES_IN]);
    record_set_number(r, COL_tunnel_send_errors, sum->counters[ESP_COUNTER_SEND_ERRORS]);
    record_set_number(r, COL_tunnel_recv_errors, sum->counters[ESP_COUNTER_RECV_ERRORS]);
    if (sum->variant != ESP_VARIANT_NONE)
        record_set_text(r, COL_tunnel_esp_finding, esp_variant_meaning(sum->variant));
}

static void set_tunnel_policy(struct control_record *r, const struct policy *policy, const struct tunnel *tunnel,
                              struct ip peer)
{
    uint16_t group = policy_tunnel_group_of(policy, peer);

    record_set_ip(r, COL_tunnel_peer, peer);
    record_set_text(r, COL_tunnel_map, tunnel->map_name);
    record_set_number(r, COL_tunnel_sequence, tunnel->sequence);
    if (tunnel->interface < policy->interface_count)
        record_set_text(r, COL_tunnel_interface, policy->interfaces[tunnel->interface].name);
    record_set_text(r, COL_tunnel_acl, tunnel->acl_name);
    if (group < policy->tunnel_group_count)
        record_set_text(r, COL_tunnel_tunnel_group, policy->tunnel_groups[group].name);
    record_set_number(r, COL_tunnel_line, tunnel->line);
    record_set_flag(r, COL_tunnel_weak, tunnel->is_weak);
    record_set_text(r, COL_tunnel_parked, tunnel->parked);
}

static const char *tunnel_state(const struct tunnel *tunnel, const struct pair_sum *sum, const struct ike_sa_view *sa)
{
    if (tunnel->parked)
        return "parked";
    if (sum->count > 0)
        return "up";
    if (sa && !sa->is_dead)
        return sa->is_up ? "phase1" : "negotiating";
    return tunnel->is_dynamic ? "listening" : "down";
}

/* `guest`: one of the peers of a dynamic entry; not set: its row of its own, which has none. */
static void send_tunnel(struct client *client, uint16_t index, const struct tunnel *tunnel, struct ip guest)
{
    struct control_record r = control_record_of(RECORD_tunnel);
    bool is_bare = tunnel->is_dynamic && !ip_is_set(guest);
    struct pair_sum sum = is_bare ? (struct pair_sum){0} : pairs_of_tunnel(client, index, guest);
    struct ike_peer_view peer_view;
    struct ike_sa_view sa = {0};
    bool has_sa = !is_bare && sa_of_tunnel(client, tunnel, guest, &sa);
    struct ip peer = has_sa               ? sa.remote.ip
                     : sum.count          ? sum.peer
                     : tunnel->peer_count ? tunnel->peers[0]
                                          : (struct ip){0};
    bool has_peer = ip_is_set(peer) && peer_view_of(client, peer, &peer_view);

    set_tunnel_policy(&r, policy_of(client), tunnel, peer);
    record_set_text(&r, COL_tunnel_state, tunnel_state(tunnel, &sum, has_sa ? &sa : NULL));
    if (has_sa && !sa.is_dead) {
        set_tunnel_state(&r, sa.asa_state, sa.ios_state);
        record_set_text(&r, COL_tunnel_role, role_name(sa.is_initiator));
        record_set_number(&r, COL_tunnel_up_s, age_s(now_of(client), sa.begun_ms));
    } else if (has_peer && peer_view.outcome_count > 0 && !peer_view.outcomes[0].is_success &&
               !peer_view.outcomes[0].is_end) {
        set_tunnel_state(&r, peer_view.outcomes[0].asa_state, peer_view.outcomes[0].ios_state);
        record_set_text(&r, COL_tunnel_role, role_name(peer_view.outcomes[0].is_initiator));
    }
    if (has_peer && peer_view.outcome_count > 0)
        set_tunnel_outcome(&r, &peer_view.outcomes[0], now_of(client));
    if (has_peer)
        record_set_number(&r, COL_tunnel_waiting, peer_view.waiting_count);
    set_tunnel_pairs(&r, &sum);
    client_send(client, &r);
}

static void send_outcome(struct client *client, struct ip peer, const struct ike_outcome *o)
{
    struct control_record r = control_record_of(RECORD_outcome);

    record_set_ip(&r, COL_outcome_peer, peer);
    record_set_number(&r, COL_outcome_age_s, age_s(now_of(client), o->at_ms));
    record_set_text(&r, COL_outcome_role, role_name(o->is_initiator));
    record_set_number(&r, COL_outcome_phase, o->phase);
    record_set_flag(&r, COL_outcome_success, o->is_success);
    record_set_text(&r, COL_outcome_outcome, outcome_word(o));
    record_set_text(&r, COL_outcome_state, o->asa_state);
    record_set_text(&r, COL_outcome_ios_state, o->ios_state);
    record_set_text(&r, COL_outcome_reason, o->reason);
    record_set_text(&r, COL_outcome_sentence, o->meaning);
    client_send(client, &r);
}

/* With a peer named, its history follows, the newest first. */
static bool send_history(struct client *client)
{
    struct ike_peer_view view;

    if (!ip_is_set(client->request.peer) || !peer_view_of(client, client->request.peer, &view) ||
        client->index >= view.outcome_count)
        return false;
    send_outcome(client, view.remote, &view.outcomes[client->index++]);
    return true;
}

/* The dynamic entry that a peer's pairs are of, else the first; NO_INDEX: a static entry names it. */
static uint16_t dynamic_tunnel_of(const struct client *client, struct ip peer)
{
    const struct policy *policy = policy_of(client);
    uint16_t first = NO_INDEX;
    struct ike_pair_view pair;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        if (!policy->tunnels[i].is_dynamic && is_peer_of(&policy->tunnels[i], peer))
            return NO_INDEX;
        if (policy->tunnels[i].is_dynamic && first == NO_INDEX)
            first = i;
    }
    for (uint32_t i = 0; first != NO_INDEX && ike_view_pair(ike_of(client), now_of(client), i, &pair); i++)
        if (ip_equal(pair.remote.ip, peer) && pair.tunnel < policy->tunnel_count)
            return pair.tunnel;
    return first;
}

/* Those that have come by themselves. */
static bool send_guest(struct client *client)
{
    struct ike_peer_view view;

    if (!ike_view_peer(ike_of(client), now_of(client), client->index, &view))
        return false;
    client->index++;
    if (view.sa_count + view.pair_count == 0 ||
        (ip_is_set(client->request.peer) && !ip_equal(client->request.peer, view.remote)))
        return true;
    uint16_t tunnel = dynamic_tunnel_of(client, view.remote);
    if (tunnel == NO_INDEX)
        return true;
    client->number++;
    send_tunnel(client, tunnel, &policy_of(client)->tunnels[tunnel], view.remote);
    return true;
}

bool show_tunnels(struct client *client)
{
    enum { TUNNELS, GUESTS, OUTCOMES };
    const struct policy *policy = policy_of(client);

    if (client->stage == TUNNELS && client->index < policy->tunnel_count) {
        uint16_t index = (uint16_t)client->index++;
        const struct tunnel *tunnel = &policy->tunnels[index];

        if (!ip_is_set(client->request.peer) || is_peer_of(tunnel, client->request.peer)) {
            client->number++;
            send_tunnel(client, index, tunnel, (struct ip){0});
        }
        return true;
    }
    if (client->stage == TUNNELS) {
        client->stage = GUESTS;
        client->index = 0;
    }
    if (client->stage == GUESTS && send_guest(client))
        return true;
    if (client->stage == GUESTS) {
        client->stage = OUTCOMES;
        client->index = 0;
    }
    if (send_history(client))
        return true;
    if (ip_is_set(client->request.peer) && client->number == 0 && client->index == 0) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_PEER, NULL);
        return false;
    }
    return false;
}

/* A peer at a time. */
bool show_failures(struct client *client)
{
    struct ike_peer_view view;

    if (!ike_view_peer(ike_of(client), now_of(client), client->index++, &view))
        return false;
    for (uint8_t i = 0; i < view.outcome_count; i++)
        if (!view.outcomes[i].is_success && !view.outcomes[i].is_end)
            send_outcome(client, view.remote, &view.outcomes[i]);
    return true;
}
