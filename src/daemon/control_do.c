/* Tunnels by hand: up, which is watched, down, reload. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "ike/view.h"

#include <string.h>

enum { SENTENCE_SIZE = 512 };

/* What `up` shows. */
static const struct {
    uint16_t kind;
    const char *direction;
    bool is_again, has_sentence;
} shown_steps[] = {
#define STEP_EVENT(name, direction, is_again, has_sentence) {EV_##name, direction, is_again, has_sentence},
#define IPSEC_EVENT(...)
#define SHELL_EVENT(...)
#include "daemon/control_watch.def"
#undef STEP_EVENT
#undef IPSEC_EVENT
#undef SHELL_EVENT
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

    if (pair != NULL) {
        record_set_number(&r, COL_result_spi_in, pair->spi_in);
        record_set_number(&r, COL_result_spi_out, pair->spi_out);
    }
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

/* Where each two hosts have a pair, their traffic alone asks for it. */
static bool is_up_without_pairs(const struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct ike_sa_view sa;

    return client->watch.tunnel < policy->tunnel_count && policy->tunnels[client->watch.tunnel].is_per_host &&
           sa_of_peer(client, client->watch.peer, &sa) && sa.is_up;
}

void watch_look(struct client *client)
{
    struct ike_pair_view pair;
    struct ike_outcome outcome;

    if (!client->watch.is_on || client->watch.is_in_command)
        return;
    if (pair_of_tunnel(client, client->watch.peer, client->watch.tunnel, &pair))
        end_up(client, &pair);
    else if (is_up_without_pairs(client))
        end_up(client, NULL);
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

void do_up(struct client *client)
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

void do_down(struct client *client)
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

static void reloaded(struct client *client, struct control_task *task, const char *why)
{
    (void)task;
    if (why == NULL)
        client->producer = show_findings;
    else
        client_fail(client, CONTROL_ERROR_RELOAD_FAILED, *why ? why : NULL);
}

void do_reload(struct client *client)
{
    client_begin(client, &(struct control_task){.kind = CONTROL_TASK_RELOAD}, reloaded);
}
