/* What the screens are made from: the views of the engine and the plane, and the policy, as records. Each producer goes
 * on where its cursor (client->stage, client->index) stands and sends a little; what has changed in between shows as it
 * is then. */
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "ike/view.h"
#include "policy/choose.h"

#include <string.h>
#include <time.h>

static const struct ike *ike_of(const struct client *client)
{
    return client->control->source->ike(client->control->source->context);
}

static const struct policy *policy_of(const struct client *client)
{
    return client->control->source->policy(client->control->source->context);
}

static const struct conf *conf_of(const struct client *client)
{
    return client->control->source->conf(client->control->source->context);
}

static uint64_t now_of(const struct client *client)
{
    return client->control->source->now_ms(client->control->source->context);
}

static uint64_t age_s(uint64_t now_ms, uint64_t then_ms)
{
    return now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
}

static const char *role_name(bool is_initiator)
{
    return is_initiator ? "initiator" : "responder";
}

static const char *dialect_name(const struct policy *policy)
{
    return !policy->is_ios ? "asa" : policy->ios_release == IOS_RELEASE_OLD ? "ios12" : "ios";
}

void client_send_gateway(struct client *client)
{
    struct control_record r = control_record_of(RECORD_gateway);
    const struct policy *policy = policy_of(client);
    const struct conf *conf = conf_of(client);

    record_set_text(&r, COL_gateway_hostname, policy->hostname);
    record_set_text(&r, COL_gateway_version, IKEWISE_VERSION);
    record_set_text(&r, COL_gateway_dialect, dialect_name(policy));
    record_set_text(&r, COL_gateway_file, conf->file_name);
    record_set_number(&r, COL_gateway_uptime_s, age_s(now_of(client), client->control->source->started_ms));
    record_set_number(&r, COL_gateway_tunnels, conf->running_count);
    record_set_number(&r, COL_gateway_parked, conf->parked_count);
    record_set_text(&r, COL_gateway_right, client->is_root ? "root" : client->is_admin ? "admin" : "reader");
    client_send(client, &r);
}

static void set_user(struct control_record *r, const struct ike_sa_view *v)
{
    char space[CONTROL_WORD_SIZE];
    struct text user = text_of(space, sizeof space);

    record_set_text(r, COL_isakmp_sa_type, v->is_user ? "user" : "L2L");
    if (!v->is_user)
        return;
    if (*v->user) {
        text_add_escaped(&user, bytes_of_text(v->user));
        record_set_text(r, COL_isakmp_sa_username, space);
    }
    if (ip_is_set(v->assigned))
        record_set_ip(r, COL_isakmp_sa_assigned, v->assigned);
    record_set_text(r, COL_isakmp_sa_group_policy, *v->group_policy ? v->group_policy : "DfltGrpPolicy");
}

/* In the ASA's words. */
static void set_sa(struct control_record *r, const struct ike_sa_view *v, uint64_t now_ms)
{
    char hex[17];
    struct text t = text_of(hex, sizeof hex);

    record_set_number(r, COL_isakmp_sa_conn_id, v->conn_id);
    record_set_ip(r, COL_isakmp_sa_local, v->local.ip);
    record_set_number(r, COL_isakmp_sa_local_port, v->local.port);
    record_set_ip(r, COL_isakmp_sa_peer, v->remote.ip);
    record_set_number(r, COL_isakmp_sa_peer_port, v->remote.port);
    if (v->tunnel_group && *v->tunnel_group)
        record_set_text(r, COL_isakmp_sa_tunnel_group, v->tunnel_group);
    set_user(r, v);
    if (v->filter && *v->filter)
        record_set_text(r, COL_isakmp_sa_filter, v->filter);
    record_set_text(r, COL_isakmp_sa_role, role_name(v->is_initiator));
    record_set_flag(r, COL_isakmp_sa_rekey, v->is_rekeying);
    record_set_flag(r, COL_isakmp_sa_dead, v->is_dead);
    record_set_text(r, COL_isakmp_sa_state, v->asa_state);
    record_set_text(r, COL_isakmp_sa_ios_state, v->ios_state);
    record_set_text(r, COL_isakmp_sa_mode, v->is_aggressive ? "aggressive" : "main");
    if (v->cipher != CIPHER_NONE) {
        record_set_text(r, COL_isakmp_sa_encryption, cipher_info(v->cipher)->asa_name);
        record_set_text(r, COL_isakmp_sa_hash, hash_info(v->hash)->asa_name);
        record_set_text(r, COL_isakmp_sa_auth, auth_name(v->auth));
        record_set_number(r, COL_isakmp_sa_group, group_info(v->group)->number);
        record_set_number(r, COL_isakmp_sa_lifetime_s, v->lifetime_s);
        record_set_number(r, COL_isakmp_sa_remaining_s, v->remaining_s);
    }
    record_set_number(r, COL_isakmp_sa_age_s, age_s(now_ms, v->begun_ms));
    record_set_number(r, COL_isakmp_sa_begun_at, (uint64_t)time(NULL) - age_s(now_ms, v->begun_ms));
    record_set_flag(r, COL_isakmp_sa_nat_t, v->is_nat_t);
    record_set_flag(r, COL_isakmp_sa_dpd, v->has_dpd);
    record_set_flag(r, COL_isakmp_sa_fragmentation, v->has_fragmentation);
    text_add_hex(&t, bytes_of(v->cookies, 8));
    record_set_text(r, COL_isakmp_sa_initiator_cookie, hex);
    t = text_of(hex, sizeof hex);
    text_add_hex(&t, bytes_of(v->cookies + 8, 8));
    record_set_text(r, COL_isakmp_sa_responder_cookie, hex);
}

bool show_isakmp_sas(struct client *client)
{
    struct ike_sa_view view;
    struct control_record r = control_record_of(RECORD_isakmp_sa);

    if (!ike_view_sa(ike_of(client), now_of(client), client->index, &view))
        return false;
    client->index++;
    if (!view.is_dead)
        record_set_number(&r, COL_isakmp_sa_number, ++client->number);
    set_sa(&r, &view, now_of(client));
    client_send(client, &r);
    return true;
}

/* Which column of a pair shows which counter of the plane. */
static const struct {
    enum control_column column;
    enum esp_counter counter;
} pair_counters[] = {
#define PAIR_COUNTER(column, counter) {COL_ipsec_pair_##column, ESP_COUNTER_##counter},
#include "daemon/control_counters.def"
#undef PAIR_COUNTER
};

static void set_drops(struct control_record *r, const struct esp_tally *tally)
{
    char space[512];
    struct text t = text_of(space, sizeof space);

    for (size_t i = ESP_PASS + 1; i < ESP_DROP_COUNT; i++) {
        if (tally->drops[i])
            text_add(&t, "%s%s %llu", t.len ? ", " : "", esp_drop_name((enum esp_drop)i),
                     (unsigned long long)tally->drops[i]);
    }
    if (t.len)
        record_set_text(r, COL_ipsec_pair_drops, space);
}

static void set_plane(struct control_record *r, const struct plane_pair_view *v)
{
    char bitmap[32];
    struct text t = text_of(bitmap, sizeof bitmap);

    for (size_t i = 0; i < COUNT_OF(pair_counters); i++)
        record_set_number(r, pair_counters[i].column, v->tally.counters[pair_counters[i].counter]);
    set_drops(r, &v->tally);
    if (v->filter != NULL)
        record_set_text(r, COL_ipsec_pair_filter, v->filter);
    record_set_number(r, COL_ipsec_pair_path_mtu, v->path_mtu);
    record_set_number(r, COL_ipsec_pair_media_mtu, v->media_mtu);
    record_set_number(r, COL_ipsec_pair_inner_mtu, v->inner_mtu);
    record_set_number(r, COL_ipsec_pair_overhead, v->overhead);
    if (v->kb_left_in != UINT64_MAX)
        record_set_number(r, COL_ipsec_pair_remaining_in_kb, v->kb_left_in);
    if (v->kb_left_out != UINT64_MAX)
        record_set_number(r, COL_ipsec_pair_remaining_out_kb, v->kb_left_out);
    record_set_text(r, COL_ipsec_pair_df, df_name(v->df));
    record_set_number(r, COL_ipsec_pair_iv_len, v->iv_len);
    record_set_number(r, COL_ipsec_pair_replay_window, v->replay_window);
    text_add(&t, "0x%08X 0x%08X", (unsigned)(v->replay_bitmap >> 32), (unsigned)(v->replay_bitmap & 0xffffffff));
    record_set_text(r, COL_ipsec_pair_replay_bitmap, bitmap);
}

static void set_pair_policy(struct control_record *r, const struct policy *policy, const struct ike_pair_view *v)
{
    char space[512];
    struct text t = text_of(space, sizeof space);

    if (v->tunnel >= policy->tunnel_count)
        return;
    const struct tunnel *tunnel = &policy->tunnels[v->tunnel];

    if (tunnel->interface < policy->interface_count)
        record_set_text(r, COL_ipsec_pair_interface, policy->interfaces[tunnel->interface].name);
    record_set_text(r, COL_ipsec_pair_map, tunnel->map_name);
    record_set_number(r, COL_ipsec_pair_sequence, tunnel->sequence);
    if (v->ace < tunnel->ace_count) {
        text_add_acl_line(&t, tunnel->acl_name, &tunnel->aces[v->ace]);
        record_set_text(r, COL_ipsec_pair_acl_line, space);
    }
}

static void set_pair(struct control_record *r, const struct ike_pair_view *v, uint64_t now_ms)
{
    char space[128];
    struct text t = text_of(space, sizeof space);

    if (v->user && *v->user) {
        text_add_escaped(&t, bytes_of_text(v->user));
        record_set_text(r, COL_ipsec_pair_username, space);
        t = text_of(space, sizeof space);
    }
    if (ip_is_set(v->assigned))
        record_set_ip(r, COL_ipsec_pair_assigned, v->assigned);
    record_set_ip(r, COL_ipsec_pair_local, v->local.ip);
    record_set_number(r, COL_ipsec_pair_local_port, v->local.port);
    record_set_ip(r, COL_ipsec_pair_peer, v->remote.ip);
    record_set_number(r, COL_ipsec_pair_peer_port, v->remote.port);
    text_add_ident(&t, v->selector.local, v->selector.protocol, v->selector.local_ports);
    record_set_text(r, COL_ipsec_pair_local_ident, space);
    t = text_of(space, sizeof space);
    text_add_ident(&t, v->selector.remote, v->selector.protocol, v->selector.remote_ports);
    record_set_text(r, COL_ipsec_pair_remote_ident, space);
    record_set_text(r, COL_ipsec_pair_role, role_name(v->is_initiator));
    record_set_number(r, COL_ipsec_pair_conn_id, v->conn_id);
    record_set_number(r, COL_ipsec_pair_spi_in, v->spi_in);
    record_set_number(r, COL_ipsec_pair_spi_out, v->spi_out);
    record_set_text(r, COL_ipsec_pair_encryption, cipher_info(v->cipher)->asa_name);
    record_set_text(r, COL_ipsec_pair_integrity,
                    v->integrity == HASH_NONE ? "none" : hash_info(v->integrity)->asa_name);
    record_set_flag(r, COL_ipsec_pair_transport, v->is_transport);
    record_set_flag(r, COL_ipsec_pair_esn, v->has_esn);
    record_set_flag(r, COL_ipsec_pair_peer_replay_off, v->is_peer_replay_off);
    record_set_flag(r, COL_ipsec_pair_nat_t, v->is_udp);
    record_set_number(r, COL_ipsec_pair_pfs_group, v->pfs == GROUP_NONE ? 0 : group_info(v->pfs)->number);
    record_set_number(r, COL_ipsec_pair_lifetime_s, v->lifetime_s);
    record_set_number(r, COL_ipsec_pair_lifetime_kb, v->lifetime_kb);
    record_set_number(r, COL_ipsec_pair_remaining_s, v->remaining_s);
    record_set_number(r, COL_ipsec_pair_age_s, age_s(now_ms, v->begun_ms));
}

static bool view_plane(const struct client *client, struct handle pair, struct plane_pair_view *view)
{
    const struct plane *plane = client->control->source->plane(client->control->source->context);

    return plane && plane_view_pair(plane, pair, view);
}

bool show_ipsec_pairs(struct client *client)
{
    struct control_record r = control_record_of(RECORD_ipsec_pair);
    struct plane_pair_view plane_view;
    struct ike_pair_view view;

    if (!ike_view_pair(ike_of(client), now_of(client), client->index, &view))
        return false;
    client->index++;
    if (!is_pair_asked_for(&client->request, policy_of(client), &view))
        return true;
    set_pair(&r, &view, now_of(client));
    set_pair_policy(&r, policy_of(client), &view);
    if (view_plane(client, view.pair, &plane_view))
        set_plane(&r, &plane_view);
    client_send(client, &r);
    return true;
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
        if (!view_plane(client, view.pair, &plane_view))
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

/* With a peer named, its history follows, the newest first. */
static bool send_outcome(struct client *client)
{
    struct control_record r = control_record_of(RECORD_outcome);
    struct ike_peer_view view;

    if (!ip_is_set(client->request.peer) || !peer_view_of(client, client->request.peer, &view) ||
        client->index >= view.outcome_count)
        return false;
    const struct ike_outcome *o = &view.outcomes[client->index++];

    record_set_ip(&r, COL_outcome_peer, view.remote);
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
    if (send_outcome(client))
        return true;
    if (ip_is_set(client->request.peer) && client->number == 0 && client->index == 0) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_PEER, NULL);
        return false;
    }
    return false;
}

void set_finding(struct control_record *r, const struct conf_finding *f)
{
    record_set_text(r, COL_finding_file, f->file_name);
    record_set_number(r, COL_finding_line, f->line);
    record_set_number(r, COL_finding_column, f->column);
    record_set_text(r, COL_finding_severity, conf_severity_name(f->severity));
    record_set_text(r, COL_finding_sentence, f->sentence);
    if (*f->expected)
        record_set_text(r, COL_finding_expected, f->expected);
}

bool show_sessions(struct client *client)
{
    enum { SAS, PAIRS };

    if (client->stage == SAS && show_isakmp_sas(client))
        return true;
    if (client->stage == SAS) {
        client->stage = PAIRS;
        client->index = 0;
    }
    return show_ipsec_pairs(client);
}

bool show_findings(struct client *client)
{
    const struct conf *conf = conf_of(client);
    struct control_record r = control_record_of(RECORD_finding);

    if (client->index >= conf->finding_count)
        return false;
    const struct conf_finding *f = &conf->findings[client->index++];

    if (f->severity == CONF_NOTE)
        return true;
    set_finding(&r, f);
    client_send(client, &r);
    return true;
}
