/* How exchanges and ISAKMP SAs are made and end, and what is kept of how they ended. */
#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

bool outcome_is_anybodys(const struct outcome *o)
{
    return o->side == RESPONDER && o->phase == 1 && !o->is_success && state_info(o->state)->waits != WAITS_REST;
}

/* Which place is given up for a new outcome: of what is anybody's, that of the last one like it, and nothing else is
 * pushed out. */
static uint8_t outcome_place(const struct peer *peer, const struct outcome *new)
{
    for (uint8_t i = 0; outcome_is_anybodys(new) && i < peer->outcome_count; i++)
        if (outcome_is_anybodys(&peer->outcomes[i]) && peer->outcomes[i].state == new->state)
            return i;
    return peer->outcome_count < IKE_OUTCOMES_MAX ? peer->outcome_count : IKE_OUTCOMES_MAX - 1;
}

void outcome_keep(struct ike *ike, uint64_t now_ms, struct handle peer_h, enum side side, uint8_t phase,
                  bool is_success, enum state state, enum reason reason)
{
    struct peer *peer = peer_of(ike, peer_h);

    if (peer == NULL)
        return;
    const struct outcome new = {now_ms, side, phase, is_success, state, reason, HYPOTHESIS_NONE, REASON_OK};
    uint8_t shifted = outcome_place(peer, &new);
    memmove(peer->outcomes + 1, peer->outcomes, shifted * sizeof peer->outcomes[0]);
    peer->outcomes[0] = new;
    if (peer->outcome_count <= shifted)
        peer->outcome_count = shifted + 1;
}

struct exchange *exchange_make(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, enum exchange_kind kind,
                               enum state state, enum side side, uint32_t message_id)
{
    struct handle h = pool_take(&ike->exchanges);
    struct exchange *exchange = exchange_of(ike, h);

    if (exchange == NULL)
        return NULL;
    *exchange = (struct exchange){
        .self = h,
        .sa = sa->self,
        .kind = kind,
        .state = state,
        .side = side,
        .message_id = message_id,
        .begun_ms = now_ms,
    };
    exchange->quick.tunnel = exchange->quick.ace = NO_INDEX;
    state_enter(ike, now_ms, exchange);
    exchange_file(ike, exchange);
    return exchange;
}

/* Dead SAs are for the screens, and give way to the living. */
static void drop_oldest_dead(struct ike *ike)
{
    struct isakmp_sa *oldest = NULL;

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state == SA_DEAD && (oldest == NULL || sa->died_ms < oldest->died_ms))
            oldest = sa;
    }
    if (oldest != NULL)
        sa_give_back(ike, oldest);
}

struct isakmp_sa *sa_make(struct ike *ike, uint64_t now_ms, enum exchange_kind mode, enum side side, struct peer *peer,
                          struct endpoint local, struct endpoint remote)
{
    struct handle h = pool_take(&ike->sas);

    if (!handle_is_set(h)) {
        drop_oldest_dead(ike);
        h = pool_take(&ike->sas);
    }
    struct isakmp_sa *sa = sa_of(ike, h);
    if (sa == NULL)
        return NULL;
    *sa = (struct isakmp_sa){
        .self = h,
        .peer = peer->self,
        .state = SA_NEW,
        .mode = mode,
        .side = side,
        .local = local,
        .remote = remote,
        .tunnel = NO_INDEX,
        .tunnel_group = NO_INDEX,
        .conn_id = ++ike->last_conn_id,
        .begun_ms = now_ms,
    };
    message_ids_forget(ike, sa);
    struct exchange *exchange = exchange_make(ike, now_ms, sa, mode, exchange_info(mode)->start, side, 0);
    if (exchange == NULL) {
        pool_give_back(&ike->sas, h);
        return NULL;
    }
    sa->phase1 = exchange->self;
    sa_file(ike, sa);
    return sa;
}

static void tell_session_end(const struct ike *ike, uint64_t now_ms, const struct peer *peer,
                             const struct session *session, enum reason why, struct ike_outputs *out)
{
    struct event *e = tell(out, EV_SESSION_ENDED, peer->remote);
    uint16_t group = session != NULL       ? session->tunnel_group
                     : ike->policy != NULL ? policy_tunnel_group_of(ike->policy, peer->remote)
                                           : NO_INDEX;
    char space[EVENT_TEXT_SIZE / 8];
    struct text duration = text_of(space, sizeof space);

    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    if (ike->policy != NULL && group < ike->policy->tunnel_group_count)
        event_add_text(e, FIELD_GROUP, ike->policy->tunnel_groups[group].name);
    if (session != NULL)
        event_add_user(e, session);
    if (session != NULL)
        event_add_number(e, FIELD_HANDLE, handle_number(session->self));
    text_add_duration(&duration, (now_ms - (session != NULL ? session->begun_ms : peer->session_ms)) / 1000);
    event_add_text(e, FIELD_DURATION, space);
}

/* `session`: that of what has ended; of users behind one address each has his own. */
void session_check(struct ike *ike, uint64_t now_ms, struct handle peer_h, struct handle session_h, enum reason why,
                   struct ike_outputs *out)
{
    struct peer *peer = peer_of(ike, peer_h);
    const struct session *session = session_of(ike, session_h);

    if (peer == NULL || session_is_used(ike, peer_h, session_h))
        return;
    tell_session_end(ike, now_ms, peer, session, why, out);
    if (session == NULL || peer_is_idle(ike, peer))
        peer->session_ms = 0;
}

enum state phase1_state(const struct isakmp_sa *sa)
{
    return sa->state == SA_UP ? exchange_info(sa->mode)->done : exchange_info(sa->mode)->start;
}

void sa_end(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum reason why, bool is_told,
            struct ike_outputs *out)
{
    struct exchange *phase1 = exchange_of(ike, sa->phase1);
    enum state state = phase1 != NULL ? phase1->state : phase1_state(sa);
    uint8_t farewell[LAST_DELETE_MAX];
    struct writer w = writer_of(farewell, sizeof farewell);

    if (sa->state == SA_DEAD)
        return;
    if (is_told && sa->state == SA_UP && farewell_is_said(ike, why))
        write_bytes(&w, delete_send(ike, sa, PROTO_ISAKMP, bytes_of(sa->cookies, sizeof sa->cookies), why, out));
    for (EACH_EXCHANGE_OF(ike, sa->self, exchange)) {
        struct pair *pair = pair_of(ike, exchange->quick.pair);

        if (exchange->kind == EXCHANGE_QM && state_info(exchange->state)->waits != WAITS_REST) {
            if (pair != NULL) { /* half done; pair_end frees the exchange with it */
                pair_end(ike, now_ms, pair, why, false, out);
                continue;
            }
            outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, false, exchange->state, why);
        }
        exchange_free(ike, exchange, out);
    }
    struct event *e = tell_sa(ike, out, EV_PHASE1_DELETED, sa);
    event_add_number(e, FIELD_HANDLE, handle_number(sa->self));
    event_add_text(e, FIELD_STATE, state_info(state)->asa);
    event_add_text(e, FIELD_IOS_STATE, state_info(state)->ios);
    if (sa->mode == EXCHANGE_AM)
        event_add_text(e, FIELD_EXCHANGE, exchange_info(EXCHANGE_AM)->name);
    if (!sa->peer_does_dpd)
        event_add_text(e, FIELD_KEEPALIVE, "None");
    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(why)->meaning);
    if (why != REASON_REPLACED) {
        outcome_keep(ike, now_ms, sa->peer, sa->side, 1, false, state, why);
        peer_of(ike, sa->peer)->outcomes[0].hypothesis = sa->hypothesis;
    }
    bytes_wipe(sa->skeyid, sizeof sa->skeyid);
    bytes_wipe(sa->skeyid_a, sizeof sa->skeyid_a);
    bytes_wipe(sa->skeyid_d, sizeof sa->skeyid_d);
    bytes_wipe(sa->cipher_key, sizeof sa->cipher_key);
    sa->has_keys = false;
    bool was_up = sa->state == SA_UP, was_begun = sa->side == INITIATOR && !was_up;
    sa->state = SA_DEAD;
    farewell_keep(sa, writer_bytes(&w));
    sa_file(ike, sa);
    sa->died_in = state;
    sa->died_of = why;
    sa->died_ms = now_ms;
    if (was_up) {
        rekey_sa_gone(ike, now_ms, sa->peer, sa->session);
        session_check(ike, now_ms, sa->peer, sa->session, why, out);
    }
    session_drop_if_unused(ike, sa->session, out);
    if (was_begun)
        acquire_next(ike, now_ms, peer_of(ike, sa->peer), why, out);
}

void phase1_forget(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum reason why, struct ike_outputs *out)
{
    struct peer *peer = peer_of(ike, sa->peer);

    if (policy_tunnel_group_of(ike->policy, sa->remote.ip) != NO_INDEX)
        outcome_keep(ike, now_ms, sa->peer, RESPONDER, 1, false, exchange_info(sa->mode)->start, why);
    exchange_free(ike, exchange_of(ike, sa->phase1), out);
    sa_give_back(ike, sa);
    peer_drop_if_empty(ike, peer);
}

void phase1_refuse(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *opened, struct endpoint local,
                   struct endpoint remote, enum reason why, struct ike_outputs *out)
{
    struct isakmp_sa copy = *sa;
    struct bytes spi = bytes_of(sa->cookies, sizeof sa->cookies);
    uint16_t notify = reason_info(why)->notify;

    memcpy(copy.last_block, opened->iv, sizeof copy.last_block);
    copy.local = local;
    copy.remote = remote;
    if (notify != 0)
        notify_send(ike, &copy, notify, PROTO_ISAKMP, spi, bytes_of(NULL, 0), out);
    if (sa->side == INITIATOR) /* for the peer, its last message has made the SA */
        delete_send(ike, &copy, PROTO_ISAKMP, spi, why, out);
    bytes_wipe(&copy, sizeof copy);
}

/* Without its user an ISAKMP SA is of no use: what it goes for. */
static enum reason reason_of_user(const struct exchange *exchange, enum reason why)
{
    if (exchange->state == STATE_STATUS_WAIT_ACK)
        return REASON_USER_REFUSED;
    return exchange->state == STATE_XAUTH_WAIT_REPLY && why == REASON_NO_ANSWER ? REASON_NO_USER : why;
}

void exchange_fail(struct ike *ike, uint64_t now_ms, struct exchange *exchange, enum reason why,
                   struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_of(ike, exchange->sa);
    struct event *e = tell_exchange(ike, out, EV_EXCHANGE_FAILED, sa, exchange);

    event_add_number(e, FIELD_HANDLE, handle_number(exchange->self));
    event_add_text(e, FIELD_EXCHANGE, exchange_info(exchange->kind)->name);
    event_add_number(e, FIELD_PHASE, exchange_info(exchange->kind)->phase);
    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(why)->meaning);
    const struct tunnel *tunnel = exchange_info(exchange->kind)->phase == 1 ? tunnel_of(ike, sa->tunnel)
                                  : exchange->kind == EXCHANGE_QM           ? tunnel_of(ike, exchange->quick.tunnel)
                                                                            : NULL;
    if (exchange->side == INITIATOR)
        add_entry(ike, e, tunnel);
    const char *verdict =
        verdict_of(why, exchange->state, exchange->told, policy_signature_of(sa->auth) != SIGNATURE_NONE);
    if (verdict != NULL)
        event_add_text(e, FIELD_VERDICT, verdict);
    if (exchange_info(exchange->kind)->phase == 1) {
        sa_end(ike, now_ms, sa, why, false, out);
        return;
    }
    if (is_transaction(exchange->kind) && sa_lacks_user(sa)) {
        sa_end(ike, now_ms, sa, reason_of_user(exchange, why), true, out);
        return;
    }
    struct pair *pair = pair_of(ike, exchange->quick.pair);
    uint16_t notify = why == REASON_NOTIFIED ? 0 : reason_info(why)->notify;
    uint8_t spi[4];
    struct writer w = writer_of(spi, sizeof spi);
    write_u32(&w, exchange->quick.spi_out); /* the receiver's: RFC 2408 section 3.14 */
    if (notify != 0 && sa->state == SA_UP)
        notify_send(ike, sa, notify, PROTO_ESP, exchange->quick.spi_out == 0 ? bytes_of(NULL, 0) : writer_bytes(&w),
                    bytes_of(NULL, 0), out);
    if (pair == NULL)
        outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, false, exchange->state, why);
    if (pair != NULL)
        pair_end(ike, now_ms, pair, why, exchange->side == RESPONDER || exchange->state == STATE_QM_BLD_PAIR, out);
    else
        exchange_free(ike, exchange, out);
}
