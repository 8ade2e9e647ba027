/* Requests that change something or watch: clear, up, down, reload, debug. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "ike/view.h"

#include <string.h>

enum { SENTENCE_SIZE = 512, SEVERITY_DEBUG = 7 };

/* Up to which severity of syslog a debug level shows lines. Levels of an ASA say how much; 127 is what its makers ask
 * for. */
static const struct {
    uint16_t from_level;
    uint8_t severity;
} debug_levels[] = {{1, 5}, {50, 6}, {100, SEVERITY_DEBUG}};

/* What `debug crypto ipsec` shows, and `debug crypto ikev1` does not. */
static const uint16_t ipsec_events[] = {
#define IPSEC_EVENT(name) EV_##name,
#define STEP_EVENT(...)
#include "daemon/control_watch.def"
#undef IPSEC_EVENT
#undef STEP_EVENT
};

/* What `up` shows. */
static const struct {
    uint16_t kind;
    const char *direction;
    bool is_again, has_sentence;
} shown_steps[] = {
#define STEP_EVENT(name, direction, is_again, has_sentence) {EV_##name, direction, is_again, has_sentence},
#define IPSEC_EVENT(...)
#include "daemon/control_watch.def"
#undef STEP_EVENT
#undef IPSEC_EVENT
};

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static uint64_t now_of(const struct client *client)
{
    return source_of(client)->now_ms(source_of(client)->context);
}

static const struct policy *policy_of(const struct client *client)
{
    return source_of(client)->policy(source_of(client)->context);
}

static const struct ike *ike_of(const struct client *client)
{
    return source_of(client)->ike(source_of(client)->context);
}

static void command(struct client *client, enum ike_command_kind kind, uint16_t tunnel)
{
    source_of(client)->command(source_of(client)->context,
                               &(struct ike_command){.kind = kind, .tunnel = tunnel, .peer = client->request.peer});
}

/* Its newest ISAKMP SA that is not dead. */
static bool sa_of_peer(const struct client *client, struct ip peer, struct ike_sa_view *found)
{
    struct ike_sa_view view;
    bool is_found = false;

    for (uint32_t i = 0; ike_view_sa(ike_of(client), now_of(client), i, &view); i++) {
        if (ip_equal(view.remote.ip, peer) && !view.is_dead && (!is_found || view.conn_id > found->conn_id)) {
            *found = view;
            is_found = true;
        }
    }
    return is_found;
}

static bool pair_of_tunnel(const struct client *client, struct ip peer, uint16_t tunnel, struct ike_pair_view *found)
{
    struct ike_pair_view view;
    bool is_found = false;

    for (uint32_t i = 0; ike_view_pair(ike_of(client), now_of(client), i, &view); i++) {
        if (ip_equal(view.remote.ip, peer) && view.tunnel == tunnel && view.is_up &&
            (!is_found || view.conn_id > found->conn_id)) {
            *found = view;
            is_found = true;
        }
    }
    return is_found;
}

/* How the newest attempt that ended after `up` was asked for has ended. */
static bool outcome_since(const struct client *client, struct ike_outcome *outcome)
{
    struct ike_peer_view view;

    for (uint32_t i = 0; ike_view_peer(ike_of(client), now_of(client), i, &view); i++) {
        if (ip_equal(view.remote, client->watch.peer) && view.outcome_count > 0 &&
            view.outcomes[0].at_ms >= client->watch.begun_ms) {
            *outcome = view.outcomes[0];
            return true;
        }
    }
    return false;
}

static struct control_record result_of(const struct client *client, bool is_up, const char *asa, const char *ios)
{
    struct control_record r = control_record_of(RECORD_result);
    const struct control_state *state = control_state_of(asa);

    record_set_ip(&r, COL_result_peer, client->watch.peer);
    record_set_flag(&r, COL_result_up, is_up);
    record_set_text(&r, COL_result_state, asa);
    record_set_text(&r, COL_result_ios_state, ios);
    record_set_number(&r, COL_result_elapsed_ms, now_of(client) - client->watch.begun_ms);
    if (!is_up && *client->watch.heard)
        record_set_text(&r, COL_result_heard, client->watch.heard);
    if (state && !is_up) {
        record_set_text(&r, COL_result_proven, state->proven);
        record_set_text(&r, COL_result_open, state->open);
    }
    return r;
}

static void end_up(struct client *client, const struct ike_pair_view *pair)
{
    struct ike_sa_view sa;
    bool has_sa = sa_of_peer(client, client->watch.peer, &sa);
    struct control_record r =
        result_of(client, true, has_sa ? sa.asa_state : "MM_ACTIVE", has_sa ? sa.ios_state : "QM_IDLE");

    record_set_number(&r, COL_result_spi_in, pair->spi_in);
    record_set_number(&r, COL_result_spi_out, pair->spi_out);
    client_send(client, &r);
    client_done(client);
}

static void end_failed(struct client *client, const struct ike_outcome *outcome)
{
    struct control_record r = result_of(client, false, outcome->asa_state, outcome->ios_state);

    record_set_text(&r, COL_result_reason, outcome->reason);
    record_set_text(&r, COL_result_sentence, outcome->meaning);
    client_send(client, &r);
    client_done(client);
}

static void end_stuck(struct client *client)
{
    struct ike_sa_view sa;
    bool has_sa = sa_of_peer(client, client->watch.peer, &sa);
    struct control_record r =
        result_of(client, false, has_sa ? sa.asa_state : "MM_START", has_sa ? sa.ios_state : "MM_NO_STATE");

    record_set_text(&r, COL_result_reason, "TIME_IS_UP");
    record_set_text(&r, COL_result_sentence, "it is still going on: see show tunnel");
    client_send(client, &r);
    client_done(client);
}

void watch_look(struct client *client)
{
    struct ike_pair_view pair;
    struct ike_outcome outcome;

    if (!client->watch.is_on || client->watch.is_in_command)
        return;
    if (pair_of_tunnel(client, client->watch.peer, client->watch.tunnel, &pair))
        end_up(client, &pair);
    else if (outcome_since(client, &outcome) && !outcome.is_success)
        end_failed(client, &outcome);
    else if (now_of(client) - client->watch.begun_ms >= CONTROL_UP_MS)
        end_stuck(client);
}

/* A notify or an ICMP error by its name: "INVALID_COOKIE (4)". Empty for other events. */
static void add_heard(struct text *t, const struct event *event)
{
    if (event->kind == EV_NOTIFY_RECEIVED || event->kind == EV_NOTIFY_IN_CLEAR)
        text_add(t, "%s (%u)%s", event_text(event, FIELD_NOTIFY), (unsigned)event_number(event, FIELD_NOTIFY_NUMBER),
                 event->kind == EV_NOTIFY_RECEIVED ? ", encrypted" : ", in clear");
    if (event->kind != EV_HINT)
        return;
    unsigned icmp = (unsigned)event_number(event, FIELD_COUNT);
    text_add(t, "%s", strerror((int)event_number(event, FIELD_ERRNO)));
    if (icmp != 0)
        text_add(t, " (ICMP type %u code %u)", icmp >> 8, icmp & 0xff);
}

static void send_step(struct client *client, const struct event *event, size_t row)
{
    struct control_record r = control_record_of(RECORD_step);
    const char *detail = event_text(event, FIELD_DETAIL);
    char space[SENTENCE_SIZE];
    struct text sentence = text_of(space, sizeof space);

    record_set_number(&r, COL_step_elapsed_ms, now_of(client) - client->watch.begun_ms);
    record_set_text(&r, COL_step_direction, shown_steps[row].direction);
    record_set_flag(&r, COL_step_again, shown_steps[row].is_again);
    if (event_has(event, FIELD_EXCHANGE))
        record_set_text(&r, COL_step_exchange, event_text(event, FIELD_EXCHANGE));
    if (event_has(event, FIELD_MESSAGE_NUMBER))
        record_set_number(&r, COL_step_message, event_number(event, FIELD_MESSAGE_NUMBER));
    if (event_has(event, FIELD_PAYLOADS))
        record_set_text(&r, COL_step_payloads, event_text(event, FIELD_PAYLOADS));
    if (event_has(event, FIELD_LENGTH))
        record_set_number(&r, COL_step_length, event_number(event, FIELD_LENGTH));
    if (event_has(event, FIELD_STATE))
        record_set_text(&r, COL_step_state, event_text(event, FIELD_STATE));
    if (*detail) {
        record_set_text(&r, COL_step_sentence, detail);
    } else if (shown_steps[row].has_sentence) {
        struct text heard = text_of(client->watch.heard, sizeof client->watch.heard);

        text_add(&sentence, "%s", event_meaning((enum event_kind)event->kind));
        if (event->kind == EV_NOTIFY_RECEIVED || event->kind == EV_NOTIFY_IN_CLEAR || event->kind == EV_HINT) {
            add_heard(&heard, event);
            text_add(&sentence, ": %s", client->watch.heard);
        } else if (event_has(event, FIELD_ERRNO)) {
            text_add(&sentence, ": %s", strerror((int)event_number(event, FIELD_ERRNO)));
        }
        record_set_text(&r, COL_step_sentence, space);
    }
    client_send(client, &r);
}

void watch_event(struct client *client, const struct event *event)
{
    if (!ip_equal(event_ip(event, FIELD_PEER), client->watch.peer))
        return;
    for (size_t row = 0; row < COUNT_OF(shown_steps); row++) {
        if (shown_steps[row].kind == event->kind)
            send_step(client, event, row);
    }
}

static bool is_ipsec_event(const struct event *event)
{
    for (size_t i = 0; i < COUNT_OF(ipsec_events); i++) {
        if (event && ipsec_events[i] == event->kind)
            return true;
    }
    return false;
}

/* `debug crypto condition`: what names no peer is then nobody's. */
static bool meets_condition(const struct control *control, const struct event *event)
{
    for (size_t i = 0; i < control->condition_count; i++) {
        if (event && ip_equal(event_ip(event, FIELD_PEER), control->conditions[i]))
            return true;
    }
    return control->condition_count == 0;
}

static void do_condition(struct client *client)
{
    struct control *control = client->control;

    for (size_t i = 0; i < control->condition_count; i++) {
        if (ip_equal(control->conditions[i], client->request.peer)) {
            client_done(client);
            return;
        }
    }
    if (control->condition_count == CONTROL_CONDITIONS_MAX) {
        client_fail(client, CONTROL_ERROR_TOO_MANY_CONDITIONS, NULL);
        return;
    }
    control->conditions[control->condition_count++] = client->request.peer;
    client_done(client);
}

static bool show_conditions(struct client *client)
{
    struct control_record r = control_record_of(RECORD_condition);

    if (client->index >= client->control->condition_count)
        return false;
    record_set_ip(&r, COL_condition_peer, client->control->conditions[client->index++]);
    client_send(client, &r);
    return true;
}

static bool show_debugging(struct client *client)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct client *other = &client->control->clients[i];
        struct control_record r = control_record_of(RECORD_debugging);

        if (!other->is_used || !other->debug.is_on || other->debug.is_log)
            continue;
        record_set_text(&r, COL_debugging_what, other->debug.is_ipsec ? "ipsec" : "ikev1");
        record_set_number(&r, COL_debugging_level, other->debug.level);
        record_set_text(&r, COL_debugging_who, other->who);
        client_send(client, &r);
    }
    return false;
}

void watch_log(struct client *client, const struct event *event, uint8_t severity, const char *line)
{
    struct control_record r = control_record_of(RECORD_log_line);

    if (severity > client->debug.severity || (!client->debug.is_log && client->debug.is_ipsec != is_ipsec_event(event)))
        return;
    if (!client->debug.is_log && !meets_condition(client->control, event))
        return;
    record_set_text(&r, COL_log_line_text, line);
    client_send(client, &r);
}

static void do_debug(struct client *client, bool is_ipsec)
{
    uint16_t level = client->request.level ? client->request.level : 1;

    client->debug = (struct control_debug){.is_on = true, .is_ipsec = is_ipsec, .level = level};
    for (size_t i = 0; i < COUNT_OF(debug_levels); i++) {
        if (level >= debug_levels[i].from_level)
            client->debug.severity = debug_levels[i].severity;
    }
}

static void do_undebug(struct client *client)
{
    struct control *control = client->control;

    keys_close(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used && control->clients[i].debug.is_on && !control->clients[i].debug.is_log)
            client_done(&control->clients[i]);
    }
    client_done(client);
}

static void do_keys(struct client *client, bool is_esp)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct control_record r = control_record_of(RECORD_warning);

    if (!(is_esp ? keys_open_esp : keys_open)(client->control, client->request.file, &why)) {
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, space);
        return;
    }
    record_set_text(&r, COL_warning_sentence,
                    is_esp
                        ? "keys of IPsec SAs are written to that file as they come up, until undebug all: whoever "
                          "reads it reads what goes through the tunnels"
                        : "keys of ISAKMP SAs are written to that file until undebug all: whoever reads it reads every "
                          "negotiation that it names");
    client_send(client, &r);
    client_done(client);
}

/* The parked tunnel of that peer; NULL: there is none. */
static const struct tunnel *parked_tunnel(const struct policy *policy, struct ip peer)
{
    for (size_t i = 0; i < policy->tunnel_count; i++) {
        for (size_t p = 0; policy->tunnels[i].parked && p < policy->tunnels[i].peer_count; p++) {
            if (ip_equal(policy->tunnels[i].peers[p], peer))
                return &policy->tunnels[i];
        }
    }
    return NULL;
}

static void refuse_peer(struct client *client)
{
    const struct tunnel *parked = parked_tunnel(policy_of(client), client->request.peer);
    char space[SENTENCE_SIZE];
    struct text t = text_of(space, sizeof space);

    if (!parked) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_PEER, NULL);
        return;
    }
    text_add(&t, "%s (crypto map %s %u): %s", control_error_sentence(CONTROL_ERROR_PEER_PARKED), parked->map_name,
             parked->sequence, parked->parked);
    client_fail(client, CONTROL_ERROR_PEER_PARKED, space);
}

/* The one line that may come with `up`. Empty: none came. */
static struct bytes line_of(const struct client *client)
{
    const uint8_t *text = (const uint8_t *)client->lines.text,
                  *end = client->lines.len == 0 ? NULL : memchr(text, '\n', client->lines.len);

    return end == NULL ? bytes_of(NULL, 0) : bytes_of(text, (size_t)(end - text));
}

/* Our own user's, each time that his tunnel is to be begun: the last one may have been wrong. False: the client has
 * been told why not. */
static bool has_password(struct client *client, uint16_t tunnel)
{
    const struct policy *policy = policy_of(client);
    uint16_t group = policy_tunnel_group_of(policy, client->request.peer);
    struct bytes password = line_of(client);
    bool is_taken = true;

    if (!policy->tunnels[tunnel].is_client || group == NO_INDEX || !policy->tunnel_groups[group].wants_password)
        return true;
    if (password.len == 0)
        client_fail(client, CONTROL_ERROR_PASSWORD_WANTED, NULL);
    else if (!(is_taken = source_of(client)->give_password(source_of(client)->context, password)))
        client_fail(client, CONTROL_ERROR_PASSWORD_REFUSED, NULL);
    running_free(&client->lines);
    return password.len > 0 && is_taken;
}

static void do_up(struct client *client)
{
    uint16_t tunnel = policy_tunnel_of_peer(policy_of(client), client->request.peer);
    struct ike_pair_view pair;

    if (tunnel == NO_INDEX) {
        refuse_peer(client);
        return;
    }
    if (!pair_of_tunnel(client, client->request.peer, tunnel, &pair) && !has_password(client, tunnel))
        return;
    client->watch = (struct control_watch){
        .is_on = true, .peer = client->request.peer, .tunnel = tunnel, .begun_ms = now_of(client)};
    watch_look(client);
    if (!client->watch.is_on)
        return;
    client->watch.is_in_command = true;
    command(client, IKE_UP, tunnel);
    client->watch.is_in_command = false;
    watch_look(client);
}

static void do_down(struct client *client)
{
    struct ike_sa_view sa;

    if (policy_tunnel_of_peer(policy_of(client), client->request.peer) == NO_INDEX &&
        !sa_of_peer(client, client->request.peer, &sa)) {
        refuse_peer(client);
        return;
    }
    command(client, IKE_DOWN, NO_INDEX);
    client_done(client);
}

static void do_reload(struct client *client)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (source_of(client)->reload(source_of(client)->context, &why))
        client->producer = show_findings;
    else
        client_fail(client, CONTROL_ERROR_RELOAD_FAILED, *space ? space : NULL);
}

void handle_request(struct client *client)
{
    switch (client->request.id) {
    case CONTROL_SHOW_ISAKMP_SA:
    case CONTROL_SHOW_ISAKMP_COUNT:
    case CONTROL_SHOW_IKEV1_SA: client->producer = show_isakmp_sas; return;
    case CONTROL_SHOW_IPSEC_SA:
    case CONTROL_SHOW_IPSEC_ENTRY:
    case CONTROL_SHOW_IPSEC_IDENTITY:
    case CONTROL_SHOW_IPSEC_MAP:
    case CONTROL_SHOW_IPSEC_SPI: client->producer = show_ipsec_pairs; return;
    case CONTROL_SHOW_SESSIONDB:
    case CONTROL_SHOW_SESSIONDB_RA:
    case CONTROL_SHOW_SESSIONDB_INDEX:
    case CONTROL_SHOW_SESSION:
    case CONTROL_SHOW_CONNECTIONS: client->producer = show_sessions; return;
    case CONTROL_SHOW_PEERS: client->producer = show_isakmp_sas; return;
    case CONTROL_SHOW_SESSIONDB_SUMMARY: client->producer = show_session_summary; return;
    case CONTROL_SHOW_RATIO_ENCRYPTION:
    case CONTROL_SHOW_RATIO_PROTOCOL: client->producer = show_session_ratio; return;
    case CONTROL_SHOW_ADMISSION: client->producer = show_admission; return;
    case CONTROL_SHOW_KEYS: client->producer = show_keys; return;
    case CONTROL_SHOW_LIFETIME: client->producer = show_lifetime; return;
    case CONTROL_SHOW_TRANSFORMS: client->producer = show_transforms; return;
    case CONTROL_SHOW_VPN_CONTEXT: client->producer = show_ipsec_pairs; return;
    case CONTROL_SHOW_DROPS:
    case CONTROL_SHOW_DROPS_FRAME:
    case CONTROL_SHOW_DROPS_FLOW: client->producer = show_drops; return;
    case CONTROL_SHOW_IKE_STATS:
    case CONTROL_SHOW_PROTOCOL_STATS: client->producer = show_ike_stats; return;
    case CONTROL_SHOW_IPSEC_STATS: client->producer = show_ipsec_stats; return;
    case CONTROL_SHOW_LOGGING: client->producer = show_logging; return;
    case CONTROL_SHOW_STATES: client->producer = show_states; return;
    case CONTROL_SHOW_DEBUG_LOG:
    case CONTROL_SHOW_WHY: client->producer = show_why; return;
    case CONTROL_SHOW_JOURNAL:
    case CONTROL_SHOW_JOURNAL_KEYS: client->producer = show_journal; return;
    case CONTROL_SHOW_POLICY: client->producer = show_policies; return;
    case CONTROL_SHOW_ROUTE: client->producer = show_routes; return;
    case CONTROL_SHOW_ARP: client->producer = show_arp; return;
    case CONTROL_SHOW_INTERFACE:
    case CONTROL_SHOW_IP_INTERFACE:
    case CONTROL_SHOW_IP_ADDRESS:
    case CONTROL_SHOW_NAMEIF:
    case CONTROL_SHOW_INTERFACE_BRIEF: client->producer = show_interfaces; return;
    case CONTROL_SHOW_MAP:
    case CONTROL_SHOW_DYNAMIC_MAP: client->producer = show_map; return;
    case CONTROL_SHOW_TRUSTPOINTS: client->producer = show_trustpoints; return;
    case CONTROL_SHOW_CERTIFICATES: client->producer = show_certificates; return;
    case CONTROL_SHOW_CRLS: client->producer = show_crls; return;
    case CONTROL_FETCH_CRLS:
    case CONTROL_CLEAR_CRLS: do_crls(client); return;
    case CONTROL_SHOW_TUNNEL: client->producer = show_tunnels; return;
    case CONTROL_SHOW_VERSION: client_done(client); return;
    case CONTROL_CLEAR_ISAKMP_SA:
    case CONTROL_CLEAR_SA:
    case CONTROL_CLEAR_IPSEC_SA:
    case CONTROL_CLEAR_MAP:
    case CONTROL_CLEAR_PAIR: do_clear_sas(client); return;
    case CONTROL_CLEAR_ARP:
    case CONTROL_CLEAR_INTERFACE:
    case CONTROL_CLEAR_COUNTERS:
    case CONTROL_CLEAR_IPSEC_STATS:
    case CONTROL_CLEAR_IKE_STATS:
    case CONTROL_CLEAR_DROPS:
    case CONTROL_CLEAR_NAT:
    case CONTROL_CLEAR_CONN:
    case CONTROL_CLEAR_ACCESS_LIST:
    case CONTROL_CLEAR_LOGGING: do_clear_counted(client); return;
    case CONTROL_LOGOFF: do_logoff(client); return;
    case CONTROL_SHOW_DEBUG: client->producer = show_debugging; return;
    case CONTROL_DEBUG_IKEV1: do_debug(client, false); return;
    case CONTROL_DEBUG_IPSEC: do_debug(client, true); return;
    case CONTROL_TERMINAL_MONITOR:
        client->debug =
            (struct control_debug){.is_on = true, .is_log = true, .severity = policy_of(client)->logging.monitor};
        return;
    case CONTROL_DEBUG_KEYS: do_keys(client, false); return;
    case CONTROL_DEBUG_ESP_KEYS: do_keys(client, true); return;
    case CONTROL_DEBUG_CONDITION: do_condition(client); return;
    case CONTROL_DEBUG_ALL_PEERS:
        client->control->condition_count = 0;
        client_done(client);
        return;
    case CONTROL_SHOW_CONDITION: client->producer = show_conditions; return;
    case CONTROL_UNDEBUG: do_undebug(client); return;
    case CONTROL_SHOW_NAT: client->producer = show_nat; return;
    case CONTROL_SHOW_XLATE:
    case CONTROL_SHOW_TRANSLATIONS:
    case CONTROL_SHOW_CONN:
    case CONTROL_SHOW_CONN_COUNT: client->producer = show_connections; return;
    case CONTROL_SHOW_ACCESS_LIST: client->producer = show_access_lists; return;
    case CONTROL_PACKET_TRACER: do_trace(client); return;
    case CONTROL_CAPTURE: do_capture(client); return;
    case CONTROL_NO_CAPTURE:
    case CONTROL_NO_CAPTURE_LIST:
    case CONTROL_STOP_CAPTURE:
    case CONTROL_RESUME_CAPTURE:
    case CONTROL_CLEAR_CAPTURE: do_change_capture(client); return;
    case CONTROL_SHOW_CAPTURE:
    case CONTROL_SHOW_CAPTURE_DECODE:
    case CONTROL_SHOW_CAPTURE_DUMP: client->producer = show_captures; return;
    case CONTROL_UP: do_up(client); return;
    case CONTROL_DOWN: do_down(client); return;
    case CONTROL_RELOAD: do_reload(client); return;
    case CONTROL_SHOW_RUNNING:
    case CONTROL_SHOW_STARTUP:
    case CONTROL_MORE_RUNNING:
    case CONTROL_CONFIGURE:
    case CONTROL_CLEAR_CONFIGURE:
    case CONTROL_COPY_STARTUP:
    case CONTROL_WRITE_MEMORY: handle_configuration(client); return;
    case CONTROL_CHECK:
    case CONTROL_DOCTOR:
    case CONTROL_EXPLAIN:
    case CONTROL_REPLAY:
    case CONTROL_SECRET:
    case CONTROL_COPY_FROM:
    case CONTROL_COPY_TO:
    case CONTROL_COPY_STARTUP_TO:
    case CONTROL_SHOW_IKEV2_SA:
    case CONTROL_NO_DEBUG_IKEV1:
    case CONTROL_NO_DEBUG_IPSEC:
    case CONTROL_COPY_JOURNAL:
    case CONTROL_COPY_JOURNAL_KEYS:
    case CONTROL_COPY_CAPTURE:
    case CONTROL_PING:
    case CONTROL_PING_ASKED:
    case CONTROL_TRACEROUTE:
    case CONTROL_PROBE:
    case CONTROL_SHOW_TECH:
    case CONTROL_SHOW_CLOCK:
    case CONTROL_TERMINAL_WIDTH:
    case CONTROL_TERMINAL_ASA:
    case CONTROL_TERMINAL_IOS:
    case CONTROL_CONVERT_ASA:
    case CONTROL_CONVERT_IOS:
    case CONTROL_CONVERT_STRONGSWAN:
    case CONTROL_CONVERT_LIBRESWAN:
    case CONTROL_HELP:
    case CONTROL_SHOW_HISTORY:
    case CONTROL_CONFIGURE_TERMINAL:
    case CONTROL_ENABLE:
    case CONTROL_DISABLE:
    case CONTROL_EXIT:
    case CONTROL_END:
    case CONTROL_TERMINAL_NO_MONITOR:
    case CONTROL_TERMINAL_PAGER:
    case CONTROL_REQUEST_COUNT: break;
    }
    CHECK(!"a request of the shell came to the gateway");
}
