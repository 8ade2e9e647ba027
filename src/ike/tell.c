#include "base/check.h"
#include "ike/engine.h"
#include "wire/shown.h"
#include "wire/vendor.h"

/* The last place takes what does not fit, so that whoever tells need not ask. */
struct event *tell(struct ike_outputs *out, enum event_kind kind, struct ip peer)
{
    struct event *e = &out->events[IKE_EVENTS_MAX - 1];

    if (out->event_count < IKE_EVENTS_MAX - 1 && out->count < IKE_OUTPUTS_MAX) {
        e = &out->events[out->event_count++];
        out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_EVENT, .event = e};
    } else {
        out->lost_event_count++;
    }
    *e = event_of(kind);
    if (ip_is_set(peer))
        event_add_ip(e, FIELD_PEER, peer);
    return e;
}

void add_entry(const struct ike *ike, struct event *e, const struct tunnel *tunnel)
{
    if (tunnel == NULL || !ike->policy->has_tunnel_manager)
        return;
    event_add_text(e, FIELD_MAP, tunnel->map_name);
    event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
}

void event_add_reason(struct event *e, enum reason reason)
{
    event_add_text(e, FIELD_REASON, reason_info(reason)->name);
    if (reason_info(reason)->payload != PL_NONE)
        event_add_number(e, FIELD_FAULTY_PAYLOAD, reason_info(reason)->payload);
}

uint32_t handle_number(struct handle h)
{
    return handle_is_set(h) ? h.generation << 20 | (h.index + 1) : 0;
}

void event_add_user(struct event *e, const struct session *session)
{
    char name[4 * USER_NAME_MAX + 1];
    struct text text = text_of(name, sizeof name);

    if (session->user[0] == '\0')
        return;
    text_add_escaped(&text, bytes_of_text(session->user));
    event_add_text(e, FIELD_USERNAME, name);
}

/* `side`: ours in what is told. A quick mode may be begun by the responder of phase 1. */
static struct event *tell_as(const struct ike *ike, struct ike_outputs *out, enum event_kind kind,
                             const struct isakmp_sa *sa, enum side side)
{
    struct event *e = tell(out, kind, sa->remote.ip);

    if (sa->tunnel_group != NO_INDEX && ike->policy != NULL && sa->tunnel_group < ike->policy->tunnel_group_count)
        event_add_text(e, FIELD_GROUP, ike->policy->tunnel_groups[sa->tunnel_group].name);
    const struct session *session = session_of(ike, sa->session);
    if (session != NULL)
        event_add_user(e, session);
    event_add_text(e, FIELD_ROLE, side == INITIATOR ? "initiator" : "responder");
    event_add_number(e, FIELD_CONN_ID, sa->conn_id);
    return e;
}

struct event *tell_sa(const struct ike *ike, struct ike_outputs *out, enum event_kind kind, const struct isakmp_sa *sa)
{
    return tell_as(ike, out, kind, sa, sa->side);
}

struct event *tell_exchange(const struct ike *ike, struct ike_outputs *out, enum event_kind kind,
                            const struct isakmp_sa *sa, const struct exchange *exchange)
{
    struct event *e = tell_as(ike, out, kind, sa, exchange->side);

    event_add_number(e, FIELD_MESSAGE_ID, exchange->message_id);
    event_add_text(e, FIELD_STATE, state_info(exchange->state)->asa);
    if (exchange_info(exchange->kind)->phase == 1 && state_info(exchange->state)->waits != WAITS_NOTHING)
        event_add_text(e, FIELD_IOS_STATE, state_info(exchange->state)->ios);
    return e;
}

void tell_message(const struct ike *ike, struct ike_outputs *out, enum event_kind kind, const struct isakmp_sa *sa,
                  const struct exchange *exchange, const struct message *m)
{
    struct event *e = tell_exchange(ike, out, kind, sa, exchange);
    char space[EVENT_TEXT_SIZE / 2];
    struct text payloads = text_of(space, sizeof space);

    text_add_message_payloads(&payloads, m);
    event_add_text(e, FIELD_PAYLOADS, space);
    event_add_number(e, FIELD_LENGTH, m->datagram.len);
    event_add_ip(e, FIELD_LOCAL, sa->local.ip);
    event_add_number(e, FIELD_PORT, sa->remote.port);
    event_add_number(e, FIELD_LOCAL_PORT, sa->local.port);
}

void tell_clear(struct ike_outputs *out, bool is_sent, struct endpoint local, struct endpoint remote,
                const struct message *m)
{
    if (!out->wants_clear)
        return;
    struct bytes data =
        wire_message_shown(m, out->clear_space + out->clear_len, sizeof out->clear_space - out->clear_len);
    if (data.len == 0 || out->clear_count == IKE_CLEARS_MAX) {
        out->lost_clear_count++;
        return;
    }
    out->clear_len += data.len;
    out->clears[out->clear_count++] = (struct ike_clear){is_sent, local, remote, data};
}

void tell_state(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                const struct exchange *exchange, enum state before)
{
    struct event *e = tell_exchange(ike, out, EV_STATE_CHANGED, sa, exchange);

    event_add_text(e, FIELD_EXCHANGE, exchange_info(exchange->kind)->name);
    event_add_text(e, FIELD_STATE_BEFORE, state_info(before)->asa);
    if (state_passing(exchange->state) != NULL)
        event_add_text(e, FIELD_IOS_PASSED, state_passing(exchange->state));
}

void tell_unproved(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                   const struct exchange *exchange, enum reason reason, const char *detail)
{
    struct event *e = tell_exchange(ike, out, EV_AUTHENTICATION_FAILED, sa, exchange);

    if (exchange->kind == EXCHANGE_AM)
        event_add_text(e, FIELD_EXCHANGE, exchange_info(EXCHANGE_AM)->name);
    event_add_text(e, FIELD_REASON, reason_info(reason)->name);
    event_add_text(e, FIELD_DETAIL, detail);
}
