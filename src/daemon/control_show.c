/* What the screens are made from: the views of the engine and the plane, and the policy, as records. Each producer goes
 * on where its cursor (client->stage, client->index) stands and sends a little; what has changed in between shows as it
 * is then. */
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "ike/view.h"
#include "policy/ace_words.h"
#include "policy/choose.h"

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
    if (ip_is_set(v->network.first)) {
        struct text network = text_of(space, sizeof space);

        text_add_ip_range(&network, v->network);
        record_set_text(r, COL_isakmp_sa_network, space);
    }
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
    record_set_flag(r, COL_ipsec_pair_stopped, v->is_stopped);
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
    record_set_number(r, COL_ipsec_pair_sequence_in, v->sequence_in);
    record_set_number(r, COL_ipsec_pair_sequence_out, v->sequence_out);
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
    record_set_number(r, COL_ipsec_pair_place, v->pair.index + 1);
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
    record_set_number(r, COL_ipsec_pair_idle_timeout_s, v->idle_timeout_s);
    record_set_number(r, COL_ipsec_pair_idle_left_s, v->idle_timeout_s == 0 ? 0 : v->idle_left_s);
    record_set_number(r, COL_ipsec_pair_age_s, age_s(now_ms, v->begun_ms));
}

bool client_view_plane(const struct client *client, struct handle pair, struct plane_pair_view *view)
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
    if (client_view_plane(client, view.pair, &plane_view))
        set_plane(&r, &plane_view);
    client_send(client, &r);
    return true;
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
