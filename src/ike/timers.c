/* What is due: repeats, deadlines, lifetimes, DPD, NAT keepalives. */
#include "base/check.h"
#include "ike/engine.h"

enum {
    DEAD_KEPT_MS = 60000,
    PLANE_WAIT_MS = 10000,
    SETTLE_MS = 30,
    SLOW_MS = 150, /* a quick mode that takes so long has a slow peer, or a way that loses packets ... */
    SLOW_SETTLES_MS = 300,
    SUCCESSOR_SETTLES_MS = 1000,
    USER_WAIT_MS = 90000,
    RETIRE_LATER_MS = 5000
};

/* A quick mode that is repeated so often may be under an ISAKMP SA that the peer does not have. */
enum { DOUBTED_REPEATS = 2 };

/* Things of one peer in one feed: a mistake of ours that leaves something due for ever must not stop the rest. */
enum { DUE_PER_PEER_MAX = 4096 };

/* Room that the busiest single timer needs in the outputs; the rest is left for the next feed. */
enum { OUTPUTS_PER_TIMER = 64 };

bool outputs_have_room(const struct ike_outputs *out)
{
    return out->count + OUTPUTS_PER_TIMER < IKE_OUTPUTS_MAX && out->event_count + OUTPUTS_PER_TIMER < IKE_EVENTS_MAX &&
           out->space_len + 4 * BLOB_MAX < sizeof out->space && out->question_count + 4 < IKE_QUESTIONS_MAX &&
           out->install_count + 2 < IKE_INSTALLS_MAX;
}

static const struct schedule_info *schedule_of(const struct ike *ike)
{
    return schedule_info(ike->policy == NULL ? SCHEDULE_IKEWISE : ike->policy->schedule);
}

static uint64_t wait_ms(const struct ike *ike, uint8_t number)
{
    return number < WAITS_MAX ? (uint64_t)schedule_of(ike)->waits_s[number] * 1000 : 0;
}

static uint64_t patience_ms(const struct ike *ike)
{
    uint64_t sum = 0;

    for (uint8_t i = 0; i < WAITS_MAX; i++)
        sum += wait_ms(ike, i);
    return sum;
}

/* In aggressive mode the initiator does not wait for us, and the older SA goes once the new one is up there: a message
 * 3 that is lost would take the pairs along. So message 2 is repeated to a peer that is proved, for one negotiation at
 * a time: others may be begun in its name. */
static bool is_successor(const struct ike *ike, const struct exchange *exchange)
{
    const struct isakmp_sa *sa = sa_of(ike, exchange->sa);

    return sa != NULL && sa->mode == EXCHANGE_AM && sa_up_of(ike, sa->peer) != NULL && half_open_of(ike, sa->peer) == 1;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Nothing tells us that our last message has come and the peer has put its half in place, but ESP in the new pair. As
 * long as there is an older pair to send in, there is time to wait for that. */
static uint64_t settle_ms(const struct ike *ike, uint64_t now_ms, const struct exchange *exchange)
{
    const struct pair *pair = pair_of(ike, exchange->quick.pair);

    if (pair != NULL && pair_sending_beside(ike, pair) != NULL)
        return SUCCESSOR_SETTLES_MS;
    uint64_t took_ms = now_ms - exchange->begun_ms;
    return took_ms < SLOW_MS ? SETTLE_MS : earlier(took_ms, SLOW_SETTLES_MS); /* ... which may keep our last, too */
}

void settle_end(uint64_t now_ms, struct exchange *exchange)
{
    if (exchange != NULL && state_info(exchange->state)->waits == WAITS_SETTLE)
        exchange->deadline_ms = now_ms;
}

void settle_end_beside(struct ike *ike, uint64_t now_ms, const struct pair *gone)
{
    for (EACH_SA_OF(ike, gone->peer, sa))
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            if (exchange->quick.tunnel == gone->tunnel && selector_equal(&exchange->quick.selector, &gone->selector))
                settle_end(now_ms, exchange);
}

void state_enter(struct ike *ike, uint64_t now_ms, struct exchange *exchange)
{
    enum waits waits = state_info(exchange->state)->waits;
    bool is_repeating =
        waits == WAITS_PEER || waits == WAITS_USER ||
        (waits == WAITS_SILENT && (schedule_of(ike)->do_responders_repeat || is_successor(ike, exchange)));

    exchange->state_ms = now_ms;
    exchange->resend_count = 0;
    exchange->resend_ms = is_repeating ? now_ms + wait_ms(ike, 0) : 0;
    exchange->deadline_ms = now_ms + (waits == WAITS_PLANE    ? PLANE_WAIT_MS
                                      : waits == WAITS_SETTLE ? settle_ms(ike, now_ms, exchange)
                                      : waits == WAITS_USER   ? USER_WAIT_MS
                                                              : patience_ms(ike));
}

bool resend_is_delayed(const struct ike *ike, uint64_t now_ms, struct exchange *exchange)
{
    uint64_t due_ms = now_ms + (uint64_t)schedule_of(ike)->answers_after_s * 1000;

    if (due_ms == now_ms || exchange->resend_ms == 0)
        return false;
    if (due_ms > exchange->resend_ms)
        exchange->deadline_ms += due_ms - exchange->resend_ms;
    exchange->resend_ms = due_ms;
    return true;
}

static bool is_asked_by_us(const struct exchange *exchange)
{
    return exchange->state == STATE_QM_WAIT_MSG2;
}

static void tell_resend_due(const struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange,
                            struct ike_outputs *out)
{
    struct event *e = tell_exchange(ike, out, EV_RETRANSMIT_DUE, sa, exchange);

    if (exchange_info(exchange->kind)->phase == 2)
        event_add_number(e, FIELD_PHASE, 2);
}

/* The last wait of the schedule is the one before giving up. */
static void resend(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct ike_outputs *out)
{
    exchange->resend_count++;
    exchange->resend_ms = 0;
    if (!handle_is_set(exchange->blobs[BLOB_SENT]) || wait_ms(ike, exchange->resend_count) == 0)
        return;
    exchange->resend_ms = now_ms + wait_ms(ike, exchange->resend_count);
    /* What is parked may be a forgery: the schedule goes on, and only this repeat is left out. */
    if (handle_is_set(exchange->parked))
        return;
    struct isakmp_sa *sa = sa_of(ike, exchange->sa);
    tell_resend_due(ike, sa, exchange, out);
    message_send(ike, sa, exchange, true, out);
    if (is_asked_by_us(exchange) && exchange->resend_count >= DOUBTED_REPEATS)
        dpd_doubt(ike, now_ms, sa);
}

static void exchange_due(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct ike_outputs *out)
{
    enum waits waits = state_info(exchange->state)->waits;

    if (now_ms < exchange->deadline_ms) {
        resend(ike, now_ms, exchange, out);
        return;
    }
    if (waits == WAITS_REST) {
        exchange_free(ike, exchange, out);
        return;
    }
    if (waits == WAITS_SETTLE) {
        step_take(ike, now_ms, INPUT_DUE, exchange, sa_of(ike, exchange->sa), out);
        return;
    }
    if (exchange->resend_ms != 0)
        tell_resend_due(ike, sa_of(ike, exchange->sa), exchange, out);
    enum reason why = exchange->last_reason != REASON_OK ? exchange->last_reason
                      : waits == WAITS_PLANE             ? REASON_PLANE_REFUSED
                      : waits == WAITS_NOTHING           ? REASON_VAULT_FAILED
                      : waits == WAITS_SILENT            ? REASON_PEER_SILENT
                                                         : REASON_NO_ANSWER;
    struct isakmp_sa *sa = sa_of(ike, exchange->sa);
    bool is_doubted = is_asked_by_us(exchange) && dpd_is_doubted_for_good(ike, sa);
    exchange_fail(ike, now_ms, exchange, why, out);
    if (why == REASON_NO_ANSWER && sa_is_unheard(sa))
        sa_end(ike, now_ms, sa, why, true, out);
    else if (is_doubted && sa_up_in(ike, sa->peer, sa->session) == sa)
        sa->rekey_ms = now_ms;
}

static uint64_t exchange_next_ms(const struct exchange *exchange)
{
    return exchange->resend_ms != 0 && exchange->resend_ms < exchange->deadline_ms ? exchange->resend_ms
                                                                                   : exchange->deadline_ms;
}

static uint64_t keepalive_next_ms(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa->we_are_behind_nat && ike->policy != NULL && ike->policy->nat_keepalive_s != 0
               ? sa->keepalive_ms + (uint64_t)ike->policy->nat_keepalive_s * 1000
               : UINT64_MAX;
}

static uint64_t or_never(uint64_t at_ms)
{
    return at_ms == 0 ? UINT64_MAX : at_ms;
}

static uint64_t ends_ms(uint64_t expires_ms, uint64_t retire_ms)
{
    return earlier(or_never(expires_ms), or_never(retire_ms));
}

static uint64_t sa_next_ms(const struct ike *ike, const struct isakmp_sa *sa)
{
    if (sa->state == SA_DEAD)
        return sa->died_ms + DEAD_KEPT_MS;
    if (sa->doomed != REASON_OK)
        return 0;
    if (sa->state != SA_UP)
        return UINT64_MAX; /* its phase-1 exchange has the deadline */
    enum reason why;
    uint64_t ends = earlier(ends_ms(sa->expires_ms, sa->retire_ms), limits_next_ms(ike, sa, &why));
    return earlier(earlier(ends, earlier(or_never(sa->rekey_ms), or_never(sa->user_due_ms))),
                   earlier(dpd_next_ms(ike, sa), keepalive_next_ms(ike, sa)));
}

static bool is_last(const struct ike *ike, const struct isakmp_sa *last)
{
    for (EACH_SA_OF(ike, last->peer, sa))
        if (sa != last && sa->state == SA_UP && sa->doomed == REASON_OK && !sa_lacks_user(sa) &&
            handle_equal(sa->session, last->session))
            return false;
    return true;
}

/* Peers drop their pairs with our last ISAKMP SA, so ours go too, while they can still be told. False: not all of them
 * yet. */
static bool end_pairs_with(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *last, enum reason why,
                           struct ike_outputs *out)
{
    if (!is_last(ike, last))
        return true;
    if (sa_lacks_user(last))
        return true;
    for (EACH_PAIR_OF(ike, last->peer, pair)) {
        if (!handle_equal(pair->session, last->session))
            continue;
        if (!outputs_have_room(out))
            return false;
        /* A client begins a quick mode when its pair is deleted, and then hears of nothing else (vpnc): the Delete of
         * the ISAKMP SA says it all. */
        pair_end(ike, now_ms, pair, why, !handle_is_set(last->session), out);
    }
    return true;
}

static void sa_due(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    if (sa->state == SA_DEAD) {
        event_add_number(tell_sa(ike, out, EV_SA_PURGED, sa), FIELD_HANDLE, sa->conn_id);
        sa_give_back(ike, sa);
        return;
    }
    if (sa->doomed != REASON_OK) {
        if (sa->state != SA_UP || end_pairs_with(ike, now_ms, sa, sa->doomed, out))
            sa_end(ike, now_ms, sa, sa->doomed, true, out);
        return;
    }
    if (now_ms >= or_never(sa->user_due_ms)) {
        sa_end(ike, now_ms, sa, REASON_NO_USER, true, out);
        return;
    }
    enum reason limit = REASON_OK;
    if (now_ms >= limits_next_ms(ike, sa, &limit)) {
        sa->doomed = limit;
        return;
    }
    if (now_ms >= or_never(sa->retire_ms) && exchanges_under_way(ike, sa->self) > 0) {
        sa->retire_ms = now_ms + RETIRE_LATER_MS;
        return;
    }
    if (now_ms >= or_never(sa->retire_ms)) {
        sa_end(ike, now_ms, sa, REASON_REPLACED, true, out);
        return;
    }
    /* The peer's clock says the same, and a Delete of the last one would take the pairs with it at peers that keep none
     * without an ISAKMP SA. Of two it has to be told: lifetimes may differ, and the peer would go on using this one. */
    if (now_ms >= or_never(sa->expires_ms)) {
        sa_end(ike, now_ms, sa, REASON_LIFETIME, !is_last(ike, sa), out);
        return;
    }
    if (now_ms >= or_never(sa->rekey_ms))
        rekey_sa_due(ike, now_ms, sa, out);
    if (now_ms >= keepalive_next_ms(ike, sa)) {
        sa->keepalive_ms = now_ms;
        keepalive_send(sa, out);
    }
    if (now_ms >= dpd_next_ms(ike, sa))
        dpd_due(ike, now_ms, sa, out);
}

static uint64_t pair_next_ms(const struct ike *ike, const struct pair *pair)
{
    enum reason why;

    if (pair->doomed != REASON_OK)
        return 0;
    return earlier(earlier(ends_ms(pair->expires_ms, pair->retire_ms), or_never(pair->rekey_ms)),
                   limits_next_of_pair_ms(ike, pair, &why));
}

static void pair_due(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out)
{
    enum reason limit = REASON_OK;
    enum reason why = pair->doomed != REASON_OK                             ? pair->doomed
                      : now_ms >= limits_next_of_pair_ms(ike, pair, &limit) ? limit
                      : now_ms >= or_never(pair->retire_ms)                 ? REASON_REPLACED
                      : now_ms >= or_never(pair->expires_ms)                ? REASON_LIFETIME
                                                                            : REASON_OK;

    if (why == REASON_REPLACED)
        rekey_pair_retire(ike, now_ms, pair, out);
    else if (why != REASON_OK)
        pair_end(ike, now_ms, pair, why, true, out);
    else if (!rekey_pair_is_known(ike, pair))
        rekey_pair_due(ike, now_ms, pair, out);
}

/* One thing of this peer that is due; false: nothing is. Pairs first: their deletes go out under ISAKMP SAs that may be
 * due, too. What is done may end more than itself, so the search begins anew each time. */
static bool one_due(struct ike *ike, uint64_t now_ms, struct handle peer, struct ike_outputs *out)
{
    if (farewell_next_ms(peer_of(ike, peer)) <= now_ms) {
        farewell_due(ike, now_ms, peer_of(ike, peer), out);
        return true;
    }
    if (or_never(peer_of(ike, peer)->restart_ms) <= now_ms) {
        restart_due(ike, now_ms, peer_of(ike, peer), out);
        return true;
    }
    for (EACH_PAIR_OF(ike, peer, pair))
        if (pair_next_ms(ike, pair) <= now_ms) {
            pair_due(ike, now_ms, pair, out);
            return true;
        }
    for (EACH_SA_OF(ike, peer, sa))
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            if (exchange_next_ms(exchange) <= now_ms) {
                exchange_due(ike, now_ms, exchange, out);
                return true;
            }
    for (EACH_SA_OF(ike, peer, sa))
        if (fragments_next_ms(ike, sa) <= now_ms) {
            fragments_due(ike, sa, out);
            return true;
        }
    for (EACH_SA_OF(ike, peer, sa))
        if (sa_next_ms(ike, sa) <= now_ms) {
            sa_due(ike, now_ms, sa, out);
            return true;
        }
    return false;
}

static uint64_t peer_next_ms(const struct ike *ike, struct handle peer)
{
    uint64_t next = earlier(farewell_next_ms(peer_of(ike, peer)), or_never(peer_of(ike, peer)->restart_ms));

    for (EACH_PAIR_OF(ike, peer, pair))
        next = earlier(next, pair_next_ms(ike, pair));
    for (EACH_SA_OF(ike, peer, sa)) {
        next = earlier(next, earlier(sa_next_ms(ike, sa), fragments_next_ms(ike, sa)));
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            next = earlier(next, exchange_next_ms(exchange));
    }
    return next;
}

static void set_due(struct ike *ike, struct handle peer)
{
    if (peer_of(ike, peer) != NULL)
        due_put(&ike->due, peer.index, peer_next_ms(ike, peer));
}

void timers_note(struct ike *ike, struct handle peer)
{
    for (uint32_t i = 0; i < ike->noted_count; i++)
        if (handle_equal(ike->noted[i], peer))
            return;
    if (ike->noted_count == COUNT_OF(ike->noted)) {
        ike->are_all_noted = true;
        return;
    }
    ike->noted[ike->noted_count++] = peer;
}

void timers_note_all(struct ike *ike)
{
    for (struct handle h = pool_first(&ike->peers); handle_is_set(h); h = pool_next(&ike->peers, h))
        set_due(ike, h);
}

void timers_settle(struct ike *ike)
{
    if (ike->are_all_noted)
        timers_note_all(ike);
    else
        for (uint32_t i = 0; i < ike->noted_count; i++)
            set_due(ike, ike->noted[i]);
    ike->noted_count = 0;
    ike->are_all_noted = false;
}

void timers_do(struct ike *ike, uint64_t now_ms, struct ike_outputs *out)
{
    timers_settle(ike);
    for (uint32_t count = ike->due.count; count > 0 && due_ms(&ike->due) <= now_ms && outputs_have_room(out); count--) {
        struct handle peer = peer_at(ike, due_place(&ike->due));
        uint32_t left = DUE_PER_PEER_MAX;

        while (left-- > 0 && outputs_have_room(out) && one_due(ike, now_ms, peer, out))
            ;
        timers_settle(ike);
        set_due(ike, peer);
    }
}
