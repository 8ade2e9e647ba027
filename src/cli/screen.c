/* Which blocks a screen is made of, and in what order. */
#include "cli/screen.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* The blocks of records that are printed one by one wherever they come. */
static const struct {
    enum control_record_kind kind;
    enum screen_block block;
} plain_blocks[] = {
    {RECORD_log_line, BLOCK_LOG_LINE}, {RECORD_warning, BLOCK_WARNING}, {RECORD_finding, BLOCK_FINDING},
    {RECORD_unused, BLOCK_UNUSED},     {RECORD_step, BLOCK_STEP},       {RECORD_trouble, BLOCK_TROUBLE},
    {RECORD_probe, BLOCK_PROBE},
};

void screen_write_record(FILE *out, const struct control_record *r, const struct screen_view *view)
{
    struct screen_item item = {.record = r, .view = view};

    if (r->kind == RECORD_config_line)
        fprintf(out, "%s%s", record_text(r, COL_config_line_text), record_flag(r, COL_config_line_goes_on) ? "" : "\n");
    if (r->kind == RECORD_result)
        screen_block(out, record_flag(r, COL_result_up) ? BLOCK_RESULT_UP : BLOCK_RESULT_FAILED, &item);
    for (size_t i = 0; i < COUNT_OF(plain_blocks); i++) {
        if (plain_blocks[i].kind == r->kind)
            screen_block(out, plain_blocks[i].block, &item);
    }
}

static bool is_sa(const struct control_record *r, bool with_dead)
{
    return r->kind == RECORD_isakmp_sa && (with_dead || !record_flag(r, COL_isakmp_sa_dead));
}

static bool is_v6(const struct control_record *r)
{
    return strchr(record_text(r, COL_isakmp_sa_peer), ':') != NULL;
}

/* IOS lists the newest first. The newer ones have the two families apart, each with its heading; the columns only once.
 */
static void write_isakmp_by_family(FILE *out, const struct reply *reply, struct screen_item item)
{
    for (int family = 0; family < 2; family++) {
        bool has_columns = family == 0;

        screen_block(out, family ? BLOCK_ISAKMP_V6 : BLOCK_ISAKMP_V4, &item);
        if (has_columns)
            screen_block(out, BLOCK_ISAKMP_COLUMNS, &item);
        for (size_t i = reply->count; i-- > 0;) {
            item.record = &reply->records[i];
            if (!is_sa(item.record, true) || is_v6(item.record) != (family == 1))
                continue;
            if (!has_columns)
                screen_block(out, BLOCK_ISAKMP_COLUMNS, &item);
            has_columns = true;
            screen_block(out, BLOCK_ISAKMP_SA, &item);
        }
        screen_block(out, BLOCK_ISAKMP_END, &item);
    }
}

/* An ASA does not list what is dead; IOS does, for a while. */
static void write_isakmp(FILE *out, const struct reply *reply, const struct control_request *request,
                         const struct screen_view *view)
{
    bool with_dead = view->dialect == DIALECT_IOS12;
    struct screen_item item = {.view = view};

    if (view->dialect & (DIALECT_IOS | DIALECT_IOS124)) {
        write_isakmp_by_family(out, reply, item);
        return;
    }
    for (size_t i = 0; i < reply->count; i++) {
        if (!is_sa(&reply->records[i], with_dead))
            continue;
        if (record_flag(&reply->records[i], COL_isakmp_sa_rekey))
            item.rekey_count++;
        else
            item.active_count++;
    }
    screen_block(out, item.active_count + item.rekey_count ? BLOCK_ISAKMP_HEAD : BLOCK_ISAKMP_NONE, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[view->dialect == DIALECT_IOS12 ? reply->count - 1 - i : i];
        if (is_sa(item.record, with_dead))
            screen_block(out, BLOCK_ISAKMP_SA, &item);
    }
    if (view->dialect == DIALECT_IOS12)
        screen_block(out, BLOCK_ISAKMP_END, &item);
    if (request->id == CONTROL_SHOW_ISAKMP_SA)
        screen_block(out, BLOCK_IKEV2_NONE, &item);
}

static void write_isakmp_count(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (r->kind != RECORD_isakmp_sa)
            continue;
        if (record_flag(r, COL_isakmp_sa_dead))
            item.dead_count++;
        else if (strcmp(record_text(r, COL_isakmp_sa_ios_state), "QM_IDLE") == 0)
            item.active_count++;
        else
            item.negotiated_count++;
    }
    screen_block(out, BLOCK_ISAKMP_COUNT, &item);
}

static void write_tunnels(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    size_t tunnels = 0, outcomes = 0;

    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_tunnel) {
            if (tunnels++)
                screen_block(out, BLOCK_TUNNEL_END, &item);
            screen_block(out, BLOCK_TUNNEL, &item);
        } else if (item.record->kind == RECORD_outcome) {
            if (outcomes++ == 0) {
                screen_block(out, tunnels == 0 ? BLOCK_TUNNEL_UNKNOWN : BLOCK_TUNNEL_END, &item);
                screen_block(out, BLOCK_OUTCOMES_HEAD, &item);
            }
            screen_block(out, BLOCK_OUTCOME, &item);
        }
    }
    if (tunnels + outcomes == 0)
        screen_block(out, BLOCK_TUNNEL_NONE, &item);
}

static bool has_text(const struct control_record *r, enum control_record_kind kind, enum control_column column,
                     const char *text)
{
    return r->kind == kind && strcmp(record_text(r, column), text) == 0;
}

static void write_check(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];
        bool is_parked = has_text(r, RECORD_tunnel, COL_tunnel_state, "parked");

        item.record = r;
        item.parked_count += is_parked;
        item.running_count += r->kind == RECORD_tunnel && !is_parked;
        item.error_count += has_text(r, RECORD_finding, COL_finding_severity, "error");
        item.warning_count += has_text(r, RECORD_finding, COL_finding_severity, "warning");
    }
    screen_block(out, BLOCK_CHECK_SUM, &item);
}

static void write_one(FILE *out, const struct reply *reply, enum control_record_kind kind, enum screen_block block,
                      const struct screen_view *view)
{
    struct screen_item item = {.view = view, .record = reply_find(reply, kind)};

    if (item.record)
        screen_block(out, block, &item);
}

/* `head` BLOCK_COUNT: without one. */
static void write_each(FILE *out, const struct reply *reply, enum control_record_kind kind, enum screen_block head,
                       enum screen_block block, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .record = reply_find(reply, kind)};

    if (head != BLOCK_COUNT)
        screen_block(out, head, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == kind)
            screen_block(out, block, &item);
    }
}

static void write_version(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .record = reply_find(reply, RECORD_gateway)};

    if (item.record)
        screen_block(out, BLOCK_VERSION, &item);
}

static void write_doctor(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    if (!reply_find(reply, RECORD_trouble))
        screen_block(out, BLOCK_TROUBLE_NONE, &item);
}

/* How the log is kept, and then its lines. */
void screen_logging(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    write_one(out, reply, RECORD_logging, BLOCK_LOGGING, view);
    write_each(out, reply, RECORD_log_host, BLOCK_COUNT, BLOCK_LOG_HOST, view);
    write_one(out, reply, RECORD_log_channels, BLOCK_LOGGING_TCP, view);
    write_one(out, reply, RECORD_logging, BLOCK_LOGGING_REST, view);
}

void screen_write(FILE *out, const struct reply *reply, const struct control_request *request,
                  const struct screen_view *view)
{
    /* a journal that goes to a file is read again: what warns of it is for who asked */
    FILE *plain = request->id == CONTROL_SHOW_JOURNAL_KEYS ? stderr : out;

    if (request->id == CONTROL_SHOW_LOGGING)
        screen_logging(out, reply, view);
    for (size_t i = 0; i < reply->count; i++)
        screen_write_record(plain, &reply->records[i], view);
    switch (request->id) {
    case CONTROL_SHOW_ISAKMP_SA:
    case CONTROL_SHOW_IKEV1_SA: write_isakmp(out, reply, request, view); return;
    case CONTROL_SHOW_IKEV2_SA: screen_block(out, BLOCK_IKEV2_NONE, &(struct screen_item){.view = view}); return;
    case CONTROL_SHOW_ISAKMP_COUNT: write_isakmp_count(out, reply, view); return;
    case CONTROL_SHOW_IPSEC_SA:
    case CONTROL_SHOW_IPSEC_ENTRY:
    case CONTROL_SHOW_IPSEC_IDENTITY:
    case CONTROL_SHOW_IPSEC_MAP:
    case CONTROL_SHOW_IPSEC_INTERFACE:
    case CONTROL_SHOW_IPSEC_ADDRESS:
    case CONTROL_SHOW_IPSEC_SPI: screen_ipsec(out, reply, request, view); return;
    case CONTROL_SHOW_TUNNEL: write_tunnels(out, reply, view); return;
    case CONTROL_SHOW_VERSION: write_version(out, reply, view); return;
    case CONTROL_CHECK: write_check(out, reply, view); return;
    case CONTROL_DOCTOR: write_doctor(out, reply, view); return;
    case CONTROL_LOGOFF: write_one(out, reply, RECORD_logged_off, BLOCK_LOGGED_OFF, view); return;
    case CONTROL_SHOW_DEBUG:
        write_each(out, reply, RECORD_debugging,
                   reply_find(reply, RECORD_debugging) ? BLOCK_DEBUGGING_HEAD : BLOCK_COUNT, BLOCK_DEBUGGING, view);
        return;
    case CONTROL_SHOW_CONDITION: screen_conditions(out, reply, view); return;
    case CONTROL_SHOW_STATES:
        write_each(out, reply, RECORD_state, reply_find(reply, RECORD_state) ? BLOCK_STATES_HEAD : BLOCK_STATES_NONE,
                   BLOCK_STATE, view);
        return;
    case CONTROL_SHOW_SESSIONDB: screen_sessiondb(out, reply, CONTROL_SESSION_L2L, view); return;
    case CONTROL_SHOW_SESSIONDB_RA: screen_sessiondb(out, reply, CONTROL_SESSION_USER, view); return;
    case CONTROL_SHOW_SESSIONDB_INDEX: screen_sessiondb(out, reply, CONTROL_SESSION_ANY, view); return;
    case CONTROL_SHOW_SESSIONDB_SUMMARY:
        write_each(out, reply, RECORD_session_summary, BLOCK_SUMMARY_HEAD, BLOCK_SUMMARY, view);
        return;
    case CONTROL_SHOW_SESSIONDB_LICENSE: write_one(out, reply, RECORD_session_summary, BLOCK_LICENSES, view); return;
    case CONTROL_SHOW_PROFILES: write_each(out, reply, RECORD_profile, BLOCK_COUNT, BLOCK_PROFILE, view); return;
    case CONTROL_SHOW_FAILURES: screen_failures(out, reply, request->is_count, view); return;
    case CONTROL_SHOW_USERS: write_each(out, reply, RECORD_shell, BLOCK_SHELLS_HEAD, BLOCK_SHELL, view); return;
    case CONTROL_SHOW_NAT_STATISTICS: screen_nat_statistics(out, reply, view); return;
    case CONTROL_SHOW_ACCESS_LISTS: screen_ios_access_lists(out, reply, view); return;
    case CONTROL_SHOW_DEFAULT_POLICY:
        screen_block(out, BLOCK_POLICIES_NONE, &(struct screen_item){.view = view});
        return;
    case CONTROL_SHOW_RATIO_ENCRYPTION: screen_ratio(out, reply, false, view); return;
    case CONTROL_SHOW_RATIO_PROTOCOL: screen_ratio(out, reply, true, view); return;
    case CONTROL_SHOW_PEERS: screen_peers(out, reply, view); return;
    case CONTROL_SHOW_KEYS: write_each(out, reply, RECORD_isakmp_key, BLOCK_KEYS_HEAD, BLOCK_KEY, view); return;
    case CONTROL_SHOW_LIFETIME: write_one(out, reply, RECORD_sa_lifetime, BLOCK_LIFETIME, view); return;
    case CONTROL_SHOW_TRANSFORMS: screen_transforms(out, reply, view); return;
    case CONTROL_SHOW_ADMISSION: write_one(out, reply, RECORD_admission, BLOCK_ADMISSION, view); return;
    case CONTROL_SHOW_VPN_CONTEXT: screen_contexts(out, reply, view); return;
    case CONTROL_SHOW_CLASSIFY:
    case CONTROL_SHOW_CLASSIFY_DOMAIN: screen_classify(out, reply, view); return;
    case CONTROL_SHOW_NAT: screen_nat(out, reply, view); return;
    case CONTROL_SHOW_ACCESS_LIST: screen_access_lists(out, reply, view); return;
    case CONTROL_SHOW_CONN_COUNT: write_one(out, reply, RECORD_connection_count, BLOCK_CONNECTIONS_COUNT, view); return;
    case CONTROL_SHOW_XLATE: screen_xlates(out, reply, view); return;
    case CONTROL_SHOW_XLATE_COUNT: write_one(out, reply, RECORD_connection_count, BLOCK_XLATE_COUNT, view); return;
    case CONTROL_SHOW_TRANSLATIONS:
        write_each(out, reply, RECORD_connection, BLOCK_TRANSLATIONS_HEAD, BLOCK_TRANSLATION, view);
        return;
    case CONTROL_SHOW_CONN:
        write_one(out, reply, RECORD_connection_count, BLOCK_CONNECTIONS_COUNT, view);
        write_one(out, reply, RECORD_connection_count, BLOCK_CONNECTION_FLAGS, view);
        write_each(out, reply, RECORD_connection, BLOCK_COUNT, BLOCK_CONN, view);
        return;
    case CONTROL_SHOW_CAPTURE:
    case CONTROL_SHOW_CAPTURE_DECODE:
    case CONTROL_SHOW_CAPTURE_DUMP: screen_captures(out, reply, request->capture[0] != '\0', view); return;
    case CONTROL_PACKET_TRACER: screen_trace(out, reply, view); return;
    case CONTROL_SHOW_DROPS:
    case CONTROL_SHOW_DROPS_FRAME:
    case CONTROL_SHOW_DROPS_FLOW: screen_drops(out, reply, request->id, view); return;
    case CONTROL_SHOW_SESSION:
        (request->is_brief ? screen_crypto_session_brief : screen_crypto_session)(out, reply, view);
        return;
    case CONTROL_SHOW_CONNECTIONS: screen_connections(out, reply, view); return;
    case CONTROL_SHOW_POLICY: screen_policies(out, reply, view); return;
    case CONTROL_SHOW_ROUTE:
        if (!ip_is_set(request->peer))
            screen_routes(out, reply, view);
        else
            write_each(out, reply, RECORD_route, reply_find(reply, RECORD_route) ? BLOCK_COUNT : BLOCK_ROUTE_MISSING,
                       BLOCK_ROUTE_ENTRY, view);
        return;
    case CONTROL_SHOW_CERTIFICATES:
        write_each(out, reply, RECORD_certificate,
                   reply_find(reply, RECORD_certificate) ? BLOCK_COUNT : BLOCK_CERTIFICATES_NONE, BLOCK_CERTIFICATE,
                   view);
        return;
    case CONTROL_SHOW_KEYPAIRS:
        write_each(out, reply, RECORD_keypair, reply_find(reply, RECORD_keypair) ? BLOCK_COUNT : BLOCK_KEYPAIRS_NONE,
                   BLOCK_KEYPAIR, view);
        return;
    case CONTROL_SHOW_SLA_CONFIGURATION:
        write_each(out, reply, RECORD_sla_monitor, BLOCK_SLA_HEAD, BLOCK_SLA_CONFIGURATION, view);
        return;
    case CONTROL_SHOW_SLA_STATE: screen_sla_states(out, reply, view); return;
    case CONTROL_SHOW_TRACK: screen_tracks(out, reply, view); return;
    case CONTROL_SHOW_CRLS:
        write_each(out, reply, RECORD_crl, reply_find(reply, RECORD_crl) ? BLOCK_COUNT : BLOCK_CRLS_NONE, BLOCK_CRL,
                   view);
        return;
    case CONTROL_DEBUG_IKEV1:
    case CONTROL_DEBUG_IPSEC: write_one(out, reply, RECORD_debugging, BLOCK_DEBUG_ON, view); return;
    case CONTROL_NO_DEBUG_IKEV1: write_one(out, reply, RECORD_debugging, BLOCK_DEBUG_OFF, view); return;
    case CONTROL_SHOW_CURPRIV: write_one(out, reply, RECORD_privilege, BLOCK_CURPRIV, view); return;
    case CONTROL_SHOW_PRIVILEGE: write_one(out, reply, RECORD_privilege, BLOCK_PRIVILEGE, view); return;
    case CONTROL_SHOW_TERMINAL: write_one(out, reply, RECORD_terminal, BLOCK_TERMINAL, view); return;
    case CONTROL_SHOW_DF_BIT: write_each(out, reply, RECORD_interface, BLOCK_COUNT, BLOCK_DF_BIT, view); return;
    case CONTROL_SHOW_FRAGMENTATION:
        write_each(out, reply, RECORD_interface, BLOCK_COUNT, BLOCK_FRAGMENTATION, view);
        return;
    case CONTROL_SHOW_CLOCK: write_one(out, reply, RECORD_clock, BLOCK_CLOCK, view); return;
    case CONTROL_SHOW_ARP: write_each(out, reply, RECORD_arp, BLOCK_ARP_HEAD, BLOCK_ARP, view); return;
    case CONTROL_SHOW_INTERFACE: write_each(out, reply, RECORD_interface, BLOCK_COUNT, BLOCK_INTERFACE, view); return;
    case CONTROL_SHOW_IP_ADDRESS:
        write_each(out, reply, RECORD_interface, BLOCK_IP_ADDRESSES_HEAD, BLOCK_IP_ADDRESS, view);
        write_each(out, reply, RECORD_interface, BLOCK_IP_ADDRESSES_AGAIN, BLOCK_IP_ADDRESS, view);
        return;
    case CONTROL_SHOW_NAMEIF: write_each(out, reply, RECORD_interface, BLOCK_NAMEIF_HEAD, BLOCK_NAMEIF, view); return;
    case CONTROL_SHOW_IP_INTERFACE:
        write_each(out, reply, RECORD_interface, BLOCK_COUNT, BLOCK_IP_INTERFACE, view);
        return;
    case CONTROL_SHOW_INTERFACE_BRIEF:
        write_each(out, reply, RECORD_interface, BLOCK_INTERFACES_HEAD, BLOCK_INTERFACE_BRIEF, view);
        return;
    case CONTROL_SHOW_MAP: screen_maps(out, reply, false, view); return;
    case CONTROL_SHOW_DYNAMIC_MAP: screen_maps(out, reply, true, view); return;
    case CONTROL_SHOW_TRUSTPOINTS:
        write_each(out, reply, RECORD_trustpoint,
                   reply_find(reply, RECORD_trustpoint) ? BLOCK_COUNT : BLOCK_TRUSTPOINTS_NONE, BLOCK_TRUSTPOINT, view);
        return;
    case CONTROL_SHOW_IKE_STATS: write_one(out, reply, RECORD_ike_stats, BLOCK_IKE_STATS, view); return;
    case CONTROL_SHOW_PROTOCOL_STATS: write_one(out, reply, RECORD_ike_stats, BLOCK_PROTOCOL_STATS, view); return;
    case CONTROL_SHOW_PROTOCOL_IPSEC: write_one(out, reply, RECORD_ipsec_stats, BLOCK_PROTOCOL_IPSEC, view); return;
    case CONTROL_SHOW_PROTOCOL_ALL:
        write_one(out, reply, RECORD_ike_stats, BLOCK_PROTOCOL_STATS, view);
        write_one(out, reply, RECORD_ipsec_stats, BLOCK_PROTOCOL_IPSEC, view);
        screen_block(out, BLOCK_PROTOCOL_OTHERS, &(struct screen_item){.view = view});
        return;
    case CONTROL_SHOW_IPSEC_STATS: write_one(out, reply, RECORD_ipsec_stats, BLOCK_IPSEC_STATS, view); return;
    default: return;
    }
}
