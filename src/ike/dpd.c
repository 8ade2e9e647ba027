/* Does the peer live, and has it this ISAKMP SA? Dead peer detection, RFC 3706.
 *
 * ESP shows that the peer lives, not that it has the ISAKMP SA: with Deletes lost, each end may hold another. So a
 * quick mode without an answer raises a doubt that only a message under this SA ends. When none comes the SA goes, and
 * pairs on which ESP still came stay, for a new ISAKMP SA is begun for them. Without DPD a successor is begun when
 * the quick mode has failed. */
#include "ike/engine.h"

enum { DPD_TRIES_MAX = 3 };

static const struct tunnel_group *group_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    return ike->policy != NULL && sa->tunnel_group < ike->policy->tunnel_group_count
               ? &ike->policy->tunnel_groups[sa->tunnel_group]
               : NULL;
}

/* Aggressive mode ends with a message of ours: until the peer has said something under the SA, it may never have come
 * up there. It is asked soon, and a first quick mode without an answer takes the SA along. */
bool sa_is_unheard(const struct isakmp_sa *sa)
{
    return sa->mode == EXCHANGE_AM && sa->side == INITIATOR && sa->state == SA_UP && sa->heard_ms == sa->up_ms;
}

static bool is_asked(const struct ike *ike, const struct isakmp_sa *sa)
{
    const struct tunnel_group *group = group_of(ike, sa);

    return group != NULL && sa->peer_does_dpd && (group->has_dpd || sa_is_unheard(sa));
}

uint64_t dpd_next_ms(const struct ike *ike, const struct isakmp_sa *sa)
{
    if (!is_asked(ike, sa))
        return UINT64_MAX;
    if (sa->dpd_due_ms != 0)
        return sa->dpd_due_ms;
    if (sa_is_unheard(sa))
        return sa->up_ms + UNHEARD_MS;
    if (group_of(ike, sa)->dpd_is_on_demand && !sa->has_sent)
        return UINT64_MAX;
    return sa->heard_ms + (uint64_t)group_of(ike, sa)->dpd_threshold_s * 1000;
}

void dpd_heard(struct isakmp_sa *sa, uint64_t now_ms)
{
    sa->heard_ms = now_ms;
    sa->dpd_due_ms = sa->doubted_ms = 0;
    sa->dpd_try_count = 0;
    sa->has_sent = false;
}

void dpd_heard_esp(struct isakmp_sa *sa, struct pair *pair, uint64_t now_ms)
{
    pair->heard_ms = now_ms;
    if (sa != NULL && sa->doubted_ms == 0)
        dpd_heard(sa, now_ms);
}

void dpd_doubt(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa)
{
    if (sa->doubted_ms != 0)
        return;
    sa->doubted_ms = now_ms;
    if (is_asked(ike, sa) && sa->dpd_due_ms == 0)
        sa->dpd_due_ms = now_ms;
}

void dpd_ask_soon(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa)
{
    if (is_asked(ike, sa) && sa->dpd_due_ms == 0)
        sa->dpd_due_ms = now_ms;
    timers_note(ike, sa->peer);
}

bool dpd_is_doubted_for_good(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa->doubted_ms != 0 && !is_asked(ike, sa);
}

static void end_pair(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out)
{
    if (outputs_have_room(out))
        pair_end(ike, now_ms, pair, REASON_DPD, false, out);
    else
        pair->doomed = REASON_DPD;
}

/* The rekey of one that stays begins the new ISAKMP SA. */
static void lost(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct handle peer = sa->peer, session = sa->session;
    uint64_t doubted_ms = sa->doubted_ms;
    bool is_begun = false, restarts = group_of(ike, sa)->dpd_restarts && !handle_is_set(session);

    tell_sa(ike, out, EV_DPD_LOST, sa);
    sa_end(ike, now_ms, sa, REASON_DPD, true, out);
    if (sa_up_in(ike, peer, session) != NULL)
        return;
    if (doubted_ms == 0)
        peer_of(ike, peer)->failed_ms = now_ms;
    for (EACH_PAIR_OF(ike, peer, pair)) {
        if (!handle_equal(pair->session, session))
            continue;
        if (doubted_ms == 0 || pair->heard_ms < doubted_ms) {
            if (restarts)
                restart_want(ike, now_ms, peer_of(ike, peer), pair);
            end_pair(ike, now_ms, pair, out);
        } else if (!is_begun && pair->retire_ms == 0) {
            pair->rekey_ms = now_ms;
            is_begun = true;
        }
    }
}

static void ask(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    uint8_t sequence[4];
    struct writer w = writer_of(sequence, sizeof sequence);

    if (sa->dpd_sequence == 0) {
        drbg_fill(&ike->drbg, sequence, sizeof sequence);
        /* RFC 3706 section 5.4: the first is random, with its high bit off. */
        sa->dpd_sequence =
            ((uint32_t)sequence[0] << 24 | (uint32_t)sequence[1] << 16 | (uint32_t)sequence[2] << 8 | sequence[3]) &
            0x7fffffffu;
    }
    sa->dpd_sequence++;
    sa->dpd_try_count++;
    sa->dpd_due_ms = now_ms + (uint64_t)group_of(ike, sa)->dpd_retry_s * 1000;
    write_u32(&w, sa->dpd_sequence);
    event_add_number(tell_sa(ike, out, EV_DPD_SENT, sa), FIELD_COUNT, sa->dpd_sequence);
    notify_send(ike, sa, NOTIFY_R_U_THERE, PROTO_ISAKMP, bytes_of(sa->cookies, sizeof sa->cookies), writer_bytes(&w),
                out);
}

void dpd_due(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    if (sa->dpd_try_count == DPD_TRIES_MAX + 1)
        lost(ike, now_ms, sa, out);
    else
        ask(ike, now_ms, sa, out);
}
