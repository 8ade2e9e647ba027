/* Rekeying: who begins a successor and when, and which one stays when both ends began one.
 *
 * An old SA or pair is left alone until its successor is up; then its end that began the successor retires it: it stays
 * for RETIRE_MS, so that what is on the way still opens, and is then deleted with a Delete. When both ends began a
 * successor at once, both are up for a moment, and both ends know the same cookies or SPIs of both: the smaller one
 * loses, and is not used for sending any more and retired by the end that began it.
 *
 * The ends may judge differently whether they began at once. So the end that is not to retire a loser does it all the
 * same, later; and one that is about to be retired stays when its winner goes away.
 *
 * A peer that fills the loser to its last byte may have lost sight of the winner, in which it then has never sent. When
 * nothing comes in that within DOUBT_MS, the peer gets a newest pair again. */
#include "ike/engine.h"

#include <string.h>

enum { RETIRE_MS = 30000, RETIRE_FOR_PEER_MS = 60000, RETRY_MS = 10000, LEAVE_MS = 5000, DOUBT_MS = 2000 };

static uint64_t part_of(uint64_t now_ms, uint32_t lifetime_s, uint8_t percent)
{
    return lifetime_s == 0 ? 0 : now_ms + (uint64_t)lifetime_s * 10 * percent;
}

static const struct schedule_info *schedule_of(const struct ike *ike)
{
    return schedule_info(ike->policy == NULL ? SCHEDULE_IKEWISE : ike->policy->schedule);
}

uint32_t rekey_plan_sa(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa)
{
    const struct schedule_info *schedule = schedule_of(ike);

    sa->expires_ms = part_of(now_ms, sa->lifetime_s, 100);
    sa->rekey_ms = part_of(now_ms, sa->lifetime_s, schedule->rekey_percent[0][sa->side]);
    return sa->rekey_ms == 0 ? 0 : (uint32_t)((sa->rekey_ms - now_ms) / 1000);
}

uint32_t rekey_plan_pair(const struct ike *ike, uint64_t now_ms, struct pair *pair)
{
    const struct schedule_info *schedule = schedule_of(ike);

    pair->expires_ms = part_of(now_ms, pair->lifetime_s, 100);
    pair->rekey_ms = part_of(now_ms, pair->lifetime_s, schedule->rekey_percent[1][pair->side]);
    return pair->rekey_ms == 0 ? 0 : (uint32_t)((pair->rekey_ms - now_ms) / 1000);
}

static bool may_begin(const struct tunnel *tunnel)
{
    return tunnel != NULL && tunnel->connection_type != CONNECTION_ANSWER_ONLY;
}

/* From the ports of the old one: behind a NAT there is no other way (RFC 3947 section 4). */
void rekey_sa_due(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    uint16_t tunnel = sa->tunnel != NO_INDEX ? sa->tunnel : policy_tunnel_of_peer(ike->policy, sa->remote.ip);

    sa->rekey_ms = now_ms + RETRY_MS;
    if (!may_begin(tunnel_of(ike, tunnel)) || sa_begun_of(ike, sa->peer) != NULL)
        return;
    phase1_begin(ike, now_ms, peer_of(ike, sa->peer), tunnel, NULL, sa->local, sa->remote, out);
}

static void stop_sending(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out)
{
    if (out->count == IKE_OUTPUTS_MAX)
        return;
    pair->is_mute = true;
    settle_end_beside(ike, now_ms, pair);
    out->items[out->count++] = (struct ike_output){
        .kind = IKE_OUT_REMOVE,
        .remove = {.pair = pair->self, .spi_in = pair->spi_in, .spi_out = pair->spi_out, .is_outbound_only = true}};
}

bool rekey_pair_is_known(const struct ike *ike, struct pair *pair)
{
    bool is_known = pair->doubted_ms != 0 && pair->heard_ms > pair->doubted_ms;

    pair->doubted_ms = 0;
    if (is_known)
        rekey_plan_pair(ike, pair->up_ms, pair);
    return is_known;
}

static bool was_idle(uint64_t now_ms, const struct pair *pair)
{
    return now_ms - pair->carried_ms > (uint64_t)pair->lifetime_s * 1000 / 2;
}

void rekey_pair_due(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_up_in(ike, pair->peer, pair->session);
    const struct tunnel *tunnel = tunnel_of(ike, pair->tunnel);
    struct want want;

    if (pair->retire_ms !=
        0) { /* its successor takes what we send before a limit ends it; the peer may go on sending */
        if (!pair->is_mute)
            stop_sending(ike, now_ms, pair, out);
        return;
    }
    if (was_idle(now_ms, pair) && pair_is_narrow(ike, pair)) { /* there may be many; the next packet asks anew */
        pair->rekey_ms = 0;
        return;
    }
    pair->rekey_ms = now_ms + RETRY_MS;
    if (tunnel == NULL || (!may_begin(tunnel) && (!tunnel->is_dynamic || sa == NULL)))
        return;
    bool is_asked_for =
        want_of_pair(ike, pair, &want); /* else it is begun once phase 1 is up, when it is tried again */
    if (sa != NULL)
        quick_begin(ike, now_ms, sa, pair->tunnel, pair->ace, &pair->selector, out);
    else if (sa_begun_of(ike, pair->peer) == NULL)
        phase1_begin(ike, now_ms, peer_of(ike, pair->peer), pair->tunnel, is_asked_for ? &want : NULL, pair->local,
                     pair->remote, out);
    else if (is_asked_for)
        wait_for_phase1(peer_of(ike, pair->peer), &want);
}

/* The loser of two: retired by whoever began the winner, or, when both were begun at once, by whoever began the loser.
 */
static uint64_t retire_at(uint64_t now_ms, enum side loser, enum side winner, bool is_crossing)
{
    bool is_ours = is_crossing ? loser == INITIATOR : winner == INITIATOR;

    return now_ms + (is_ours ? RETIRE_MS : RETIRE_FOR_PEER_MS);
}

static bool is_smaller_sa(const struct isakmp_sa *a, const struct isakmp_sa *b)
{
    return memcmp(a->cookies, b->cookies, sizeof a->cookies) < 0;
}

/* Both are in the place of a third. */
static bool follows_another(const struct ike *ike, const struct isakmp_sa *one, const struct isakmp_sa *other)
{
    for (EACH_SA_OF(ike, one->peer, sa))
        if (sa != one && sa != other && sa->state == SA_UP && handle_equal(sa->session, one->session))
            return true;
    return false;
}

void rekey_sa_up(struct ike *ike, uint64_t now_ms, struct isakmp_sa *newest, struct ike_outputs *out)
{
    if (sa_lacks_user(newest)) /* whose successor it is, shows when its user is known */
        return;
    for (EACH_SA_OF(ike, newest->peer, sa)) {
        struct isakmp_sa *loser = sa, *winner = newest;

        if (sa == newest || sa->state != SA_UP || sa->retire_ms != 0 || sa_lacks_user(sa) ||
            !handle_equal(sa->session, newest->session))
            continue;
        bool is_crossing = sa->up_ms >= newest->begun_ms;
        if (is_crossing && is_smaller_sa(newest, sa)) {
            loser = newest;
            winner = sa;
        }
        if (is_crossing && follows_another(ike, sa, newest))
            tell_sa(ike, out, EV_REKEY_COLLIDED, loser);
        loser->rekey_ms = 0;
        loser->retire_ms = retire_at(now_ms, loser->side, winner->side, is_crossing);
    }
}

static bool is_smaller_pair(const struct pair *a, const struct pair *b)
{
    uint32_t low_a = a->spi_in < a->spi_out ? a->spi_in : a->spi_out;
    uint32_t low_b = b->spi_in < b->spi_out ? b->spi_in : b->spi_out;
    uint32_t high_a = a->spi_in ^ a->spi_out ^ low_a, high_b = b->spi_in ^ b->spi_out ^ low_b;

    return low_a != low_b ? low_a < low_b : high_a < high_b;
}

void rekey_pair_up(struct ike *ike, uint64_t now_ms, struct pair *newest, struct ike_outputs *out)
{
    for (EACH_PAIR_OF(ike, newest->peer, pair)) {
        struct pair *loser = pair, *winner = newest;

        if (pair == newest || !pair->is_up || pair->retire_ms != 0 || pair->tunnel != newest->tunnel ||
            !handle_equal(pair->session, newest->session) || !selector_equal(&pair->selector, &newest->selector))
            continue;
        bool is_crossing = pair->up_ms >= newest->begun_ms;
        if (is_crossing && is_smaller_pair(newest, pair)) {
            loser = newest;
            winner = pair;
        }
        loser->rekey_ms = 0;
        loser->retire_ms = retire_at(now_ms, loser->side, winner->side, is_crossing);
        /* One that the peer began may have won in its eyes: then it deletes the other, and this one has to send. */
        if (is_crossing && loser->side == INITIATOR)
            stop_sending(ike, now_ms, loser, out);
    }
}

/* First the peer is told and we send no more; what it still sends is opened for a moment. */
void rekey_pair_retire(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_up_in(ike, pair->peer, pair->session);

    if (pair->is_leaving || sa == NULL) {
        pair_end(ike, now_ms, pair, REASON_REPLACED, true, out);
        return;
    }
    pair->is_leaving = true;
    pair->retire_ms = now_ms + LEAVE_MS;
    stop_sending(ike, now_ms, pair, out);
    farewell_send(ike, now_ms, sa, pair->spi_in, REASON_OK, out);
}

/* When the last one that was to stay is gone, the newest of those that were to go stays, and is rekeyed again. */
void rekey_pair_gone(struct ike *ike, uint64_t now_ms, struct handle peer, uint16_t tunnel,
                     const struct selector *selector)
{
    struct pair *newest = NULL;

    for (EACH_PAIR_OF(ike, peer, pair)) {
        if (pair->tunnel != tunnel || !selector_equal(&pair->selector, selector) || !pair->is_up || pair->is_leaving)
            continue;
        if (pair->retire_ms == 0 && pair->rekey_ms != 0)
            return;
        if (newest == NULL || pair->conn_id > newest->conn_id)
            newest = pair;
    }
    if (newest == NULL || newest->lifetime_s == 0)
        return;
    newest->retire_ms = 0;
    newest->rekey_ms = newest->is_mute ? now_ms : now_ms + RETRY_MS;
}

void rekey_pair_spent(struct ike *ike, uint64_t now_ms, struct pair *spent, struct ike_outputs *out)
{
    bool is_filled = spent->retire_ms != 0 && spent->heard_ms + DOUBT_MS > now_ms;

    for (EACH_PAIR_OF(ike, spent->peer, pair)) {
        if (!is_filled || !pair->is_up || pair->retire_ms != 0 || pair->rekey_ms == 0 || pair->doubted_ms != 0 ||
            pair->tunnel != spent->tunnel || !handle_equal(pair->session, spent->session) ||
            !selector_equal(&pair->selector, &spent->selector))
            continue;
        pair->doubted_ms = now_ms;
        if (pair->rekey_ms > now_ms + DOUBT_MS)
            pair->rekey_ms = now_ms + DOUBT_MS;
    }
    pair_end(ike, now_ms, spent, REASON_VOLUME, true, out);
}

void rekey_sa_gone(struct ike *ike, uint64_t now_ms, struct handle peer, struct handle session)
{
    struct isakmp_sa *newest = NULL;

    for (EACH_SA_OF(ike, peer, sa)) {
        if (sa->state != SA_UP || sa->doomed != REASON_OK || sa_lacks_user(sa) || !handle_equal(sa->session, session))
            continue;
        if (sa->retire_ms == 0)
            return;
        if (newest == NULL || sa->conn_id > newest->conn_id)
            newest = sa;
    }
    if (newest == NULL || newest->lifetime_s == 0)
        return;
    newest->retire_ms = 0;
    newest->rekey_ms = now_ms + RETRY_MS;
}
