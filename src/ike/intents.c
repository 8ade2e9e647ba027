/* What follows a step, after its commit. */
#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

/* A peer's pairs may be more than the outputs hold; timers_do ends the rest. */
static void end_or_doom(struct ike *ike, uint64_t now_ms, struct pair *pair, enum reason why, struct ike_outputs *out)
{
    if (outputs_have_room(out))
        pair_end(ike, now_ms, pair, why, false, out);
    else
        pair->doomed = why;
}

/* What was up with the same authenticated peer before this SA was begun is gone at its end (RFC 2407 section 4.6.3.3).
 * What came up meanwhile is not: both may have begun at once. */
static void forget_older(struct ike *ike, uint64_t now_ms, struct isakmp_sa *newest, struct ike_outputs *out)
{
    /* Other users may be there behind the same NAT, and this one is not proved: dead peer detection finds what has
     * gone. */
    if (newest->user_auth != USER_AUTH_NONE)
        return;
    tell_sa(ike, out, EV_INITIAL_CONTACT, newest);
    for (EACH_SA_OF(ike, newest->peer, sa))
        if (sa != newest && sa->state == SA_UP && sa->user_auth == USER_AUTH_NONE && sa->up_ms < newest->begun_ms)
            sa_end(ike, now_ms, sa, REASON_INITIAL_CONTACT, false, out);
    for (EACH_PAIR_OF(ike, newest->peer, pair))
        if (pair->begun_ms < newest->begun_ms && !handle_is_set(pair->session))
            end_or_doom(ike, now_ms, pair, REASON_INITIAL_CONTACT, out);
    neighbours_doubt(ike, now_ms, newest);
}

static void answer_dpd(struct ike *ike, struct isakmp_sa *sa, const struct intent *intent, struct ike_outputs *out)
{
    uint8_t sequence[4];
    struct writer w = writer_of(sequence, sizeof sequence);

    if (intent->notify == NOTIFY_R_U_THERE_ACK) {
        sa->dpd_due_ms = 0;
        sa->dpd_try_count = 0;
        event_add_number(tell_sa(ike, out, EV_DPD_ANSWERED, sa), FIELD_COUNT, intent->sequence);
        return;
    }
    /* The sequence only grows (RFC 3706 section 7); the same one again is a repeat whose answer was lost. */
    if (sa->has_dpd_heard && (int32_t)(intent->sequence - sa->dpd_heard_sequence) < 0) {
        struct event *e = tell_sa(ike, out, EV_DPD_OUT_OF_STEP, sa);

        event_add_number(e, FIELD_COUNT, intent->sequence);
        event_add_text(e, FIELD_NOTIFY, "R-U-THERE");
        event_add_number(e, FIELD_EXPECTED, sa->dpd_heard_sequence + 1);
        return;
    }
    sa->has_dpd_heard = true;
    sa->dpd_heard_sequence = intent->sequence;
    event_add_number(tell_sa(ike, out, EV_DPD_RECEIVED, sa), FIELD_COUNT, intent->sequence);
    write_u32(&w, intent->sequence);
    event_add_number(tell_sa(ike, out, EV_DPD_ACK_SENT, sa), FIELD_COUNT, intent->sequence);
    notify_send(ike, sa, NOTIFY_R_U_THERE_ACK, PROTO_ISAKMP, bytes_of(sa->cookies, sizeof sa->cookies),
                writer_bytes(&w), out);
}

/* What is deleted has a successor already. */
static void tell_rekeyed(const struct ike *ike, struct event *e, const struct isakmp_sa *sa, unsigned phase,
                         struct handle deleted)
{
    unsigned pairs = 0;

    for (EACH_PAIR_OF(ike, sa->peer, pair))
        pairs++;
    event_add_number(e, FIELD_PHASE, phase);
    event_add_number(e, FIELD_REKEY, 1);
    event_add_number(e, FIELD_HANDLE, handle_number(deleted));
    event_add_number(e, FIELD_PAIRS, pairs);
    event_add_number(e, FIELD_MESSAGE_ID, 0);
}

/* `told`: its words for why. */
static struct event *tell_deleted(struct ike *ike, const struct isakmp_sa *sa, const char *what, const char *told,
                                  struct ike_outputs *out)
{
    struct event *e = tell_sa(ike, out, EV_DELETE_RECEIVED, sa);

    event_add_text(e, FIELD_DETAIL, what);
    if (*told)
        event_add_text(e, FIELD_TOLD, told);
    return e;
}

static void keep_told(struct ike *ike, struct handle peer, const char *told)
{
    struct peer *p = peer_of(ike, peer);

    if (p != NULL && p->outcome_count > 0 && p->outcomes[0].reason == REASON_DELETED_BY_PEER)
        p->outcomes[0].told = (uint8_t)delete_reason_of(told);
}

/* An authenticated delete of a peer's last ISAKMP SA takes its pairs with it, as on an ASA. `under`: the SA that it
 * came by. Where its user is not proved he may be anybody, and ends nothing but that SA (attack list X01). */
static void delete_received(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *under,
                            const struct intent *intent, const char *told, struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_of_cookies(ike, (const uint8_t(*)[COOKIE_LEN])intent->cookies);
    struct handle peer = under->peer;

    if (sa == NULL || !handle_equal(sa->peer, peer) || sa->state != SA_UP || (sa != under && sa_lacks_user(under)))
        return;
    struct handle session = sa->session;
    struct event *e = tell_deleted(ike, sa, "ISAKMP SA", told, out);
    if (sa_up_in(ike, peer, session) != sa)
        tell_rekeyed(ike, e, sa, 1, sa->self);
    sa_end(ike, now_ms, sa, REASON_DELETED_BY_PEER, false, out);
    keep_told(ike, peer, told);
    if (sa_up_in(ike, peer, session) != NULL)
        return;
    for (EACH_PAIR_OF(ike, peer, pair))
        if (handle_equal(pair->session, session)) {
            end_or_doom(ike, now_ms, pair, REASON_DELETED_BY_PEER, out);
            keep_told(ike, peer, told);
        }
}

static void pair_deleted(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, uint32_t spi, const char *told,
                         struct ike_outputs *out)
{
    struct pair *pair = pair_of_spi_out(ike, sa->peer, spi);
    struct exchange *exchange = pair != NULL ? NULL : quick_of_spi_out(ike, sa->peer, spi);

    if (sa_lacks_user(sa) || (pair == NULL && exchange == NULL)) /* gone already: a Delete may come twice */
        return;
    struct handle peer = sa->peer;
    struct event *e = tell_deleted(ike, sa, "IPsec SA", told, out);
    event_add_number(e, FIELD_SPI, spi);
    if (pair != NULL && pair_for(ike, pair->peer, pair->tunnel, &pair->selector) != pair)
        tell_rekeyed(ike, e, sa, 2, pair->self);
    if (pair != NULL)
        pair_end(ike, now_ms, pair, REASON_DELETED_BY_PEER, false, out);
    else
        exchange_fail(ike, now_ms, exchange, REASON_DELETED_BY_PEER, out);
    keep_told(ike, peer, told);
}

/* An error notify that names our SPI ends that quick mode; one that names none ends the only one that there is. */
static void notified(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct intent *intent,
                     struct ike_outputs *out)
{
    struct exchange *found = NULL;
    int count = 0;

    for (EACH_EXCHANGE_OF(ike, sa->self, exchange)) {
        if (exchange->kind != EXCHANGE_QM || exchange->state != STATE_QM_WAIT_MSG2)
            continue;
        if (intent->spi != 0 && exchange->quick.spi_in == intent->spi) {
            exchange->told = intent->notify;
            exchange_fail(ike, now_ms, exchange, REASON_NOTIFIED, out);
            return;
        }
        found = exchange;
        count++;
    }
    if (count == 1) {
        found->told = intent->notify;
        exchange_fail(ike, now_ms, found, REASON_NOTIFIED, out);
    } else {
        event_add_number(tell_sa(ike, out, EV_QUICK_MODE_UNKNOWN, sa), FIELD_MESSAGE_ID, intent->message_id);
    }
}

static void intent_do(struct ike *ike, uint64_t now_ms, const struct intent *intent, const char *told,
                      struct exchange *exchange, struct isakmp_sa *sa, struct ike_outputs *out)
{
    switch (intent->kind) {
    case INTENT_PHASE1_UP: phase1_up(ike, now_ms, sa, out); return;
    case INTENT_INSTALL_INBOUND: pair_install(ike, now_ms, exchange, sa, true, false, out); return;
    case INTENT_INSTALL_OUTBOUND: pair_install(ike, now_ms, exchange, sa, false, true, out); return;
    case INTENT_PAIR_UP: pair_up(ike, now_ms, exchange, sa, out); return;
    case INTENT_DELETE_SA: delete_received(ike, now_ms, sa, intent, told, out); return;
    case INTENT_DELETE_PAIR: pair_deleted(ike, now_ms, sa, intent->spi, told, out); return;
    case INTENT_NOTIFIED: notified(ike, now_ms, sa, intent, out); return;
    case INTENT_ANSWER_DPD: answer_dpd(ike, sa, intent, out); return;
    case INTENT_INITIAL_CONTACT: forget_older(ike, now_ms, sa, out); return;
    case INTENT_USER_JUDGED: user_judged(ike, now_ms, exchange, sa, out); return;
    case INTENT_USER_TOLD: user_told(ike, now_ms, exchange, sa, out); return;
    case INTENT_LEASE: user_leased(ike, now_ms, sa, &intent->lease, out); return;
    case INTENT_USER_ANSWERED: sa->user_answer_count++; return;
    case INTENT_USER_ACCEPTED: transaction_begin(ike, now_ms, sa, EXCHANGE_CONF, true, out); return;
    case INTENT_USER_REFUSED:
        tell_sa(ike, out, EV_USER_REFUSED, sa);
        sa_end(ike, now_ms, sa, REASON_USER_NOT_TAKEN, true, out);
        return;
    case INTENT_CONFIGURED: client_configured(ike, now_ms, exchange, sa, out); return;
    }
}

void intents_do(struct ike *ike, uint64_t now_ms, const struct draft *draft, struct handle exchange_h,
                struct handle sa_h, struct ike_outputs *out)
{
    struct intent intents[INTENTS_MAX];
    char told[REASON_NAME_SIZE];
    uint8_t count = draft->intent_count;

    /* A step may follow from an intent, and takes the draft's place. */
    memcpy(intents, draft->intents, sizeof intents);
    memcpy(told, draft->told, sizeof told);
    for (uint8_t i = 0; i < count; i++) /* before anything is done to the SAs of the same peer */
        if (intents[i].kind == INTENT_PHASE1_UP)
            neighbours_settle(ike, sa_of(ike, sa_h));
    for (uint8_t i = 0; i < count; i++) {
        struct isakmp_sa *sa = sa_of(ike, sa_h);

        if (sa == NULL || sa->state == SA_DEAD)
            return;
        intent_do(ike, now_ms, &intents[i], told, exchange_of(ike, exchange_h), sa, out);
    }
}
