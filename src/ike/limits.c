/* What a group-policy allows: IKEv1 at all, for how long, for how long without traffic, and how often one user at a
 * time. It holds for what comes up: who is there already when a new policy is loaded stays as he was let in. */
#include "ike/engine.h"

#include <string.h>

static const struct group_policy *group_policy_of(const struct ike *ike, uint16_t tunnel_group)
{
    uint16_t number = ike->policy == NULL || tunnel_group >= ike->policy->tunnel_group_count
                          ? 0
                          : ike->policy->tunnel_groups[tunnel_group].group_policy;

    return number == 0 ? NULL : &ike->policy->group_policies[number - 1];
}

bool limits_refuse_ikev1(const struct ike *ike, uint16_t tunnel_group)
{
    const struct group_policy *policy = group_policy_of(ike, tunnel_group);

    return policy != NULL && policy->is_ikev1_refused;
}

/* ---- how long */

static bool is_same_session(const struct isakmp_sa *sa, struct handle session)
{
    return sa->state == SA_UP && handle_equal(sa->session, session);
}

static uint64_t end_ms(uint64_t since_ms, uint32_t timeout_s)
{
    return timeout_s == 0 ? UINT64_MAX : since_ms + (uint64_t)timeout_s * 1000;
}

static uint64_t session_end_ms(const struct ike *ike, const struct isakmp_sa *sa, const struct group_policy *policy)
{
    const struct session *session = session_of(ike, sa->session);

    return end_ms(session != NULL ? session->begun_ms : sa->login_ms, policy->session_timeout_s);
}

void limits_begin(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa)
{
    const struct group_policy *policy = group_policy_of(ike, sa->tunnel_group);

    if (policy == NULL || (policy->session_timeout_s == 0 && policy->idle_timeout_s == 0))
        return;
    sa->login_ms = sa->used_ms = now_ms;
    for (EACH_SA_OF(ike, sa->peer, before)) /* a rekey is no new login */
        if (before->login_ms != 0 && before->login_ms < sa->login_ms && is_same_session(before, sa->session))
            sa->login_ms = before->login_ms;
    uint64_t session_ms = (uint64_t)policy->session_timeout_s * 1000;
    for (EACH_PAIR_OF(ike, sa->peer, pair)) /* nor is one after a while without an ISAKMP SA */
        if (session_ms > 0 && pair->session_end_ms > session_ms && pair->session_end_ms < sa->login_ms + session_ms &&
            handle_equal(pair->session, sa->session))
            sa->login_ms = pair->session_end_ms - session_ms;
}

/* Without limits both are never. */
void limits_begin_pair(const struct ike *ike, const struct isakmp_sa *sa, struct pair *pair)
{
    const struct group_policy *policy = group_policy_of(ike, sa->tunnel_group);

    pair->session_end_ms = pair->used_ms = pair->idle_timeout_s = 0;
    if (sa->login_ms == 0 || policy == NULL)
        return;
    pair->session_end_ms = session_end_ms(ike, sa, policy);
    pair->idle_timeout_s = policy->idle_timeout_s;
    pair->used_ms = sa->used_ms;
}

void limits_note_traffic(const struct ike *ike, uint64_t now_ms, const struct pair *pair)
{
    for (EACH_SA_OF(ike, pair->peer, sa))
        if (sa->login_ms != 0 && is_same_session(sa, pair->session))
            sa->used_ms = now_ms;
    for (EACH_PAIR_OF(ike, pair->peer, other))
        if (handle_equal(other->session, pair->session))
            other->used_ms = now_ms;
}

static uint64_t first_of(uint64_t session_ms, uint64_t idle_ms, enum reason *why)
{
    *why = session_ms <= idle_ms ? REASON_SESSION_TIMEOUT : REASON_IDLE;
    return session_ms <= idle_ms ? session_ms : idle_ms;
}

uint64_t limits_next_ms(const struct ike *ike, const struct isakmp_sa *sa, enum reason *why)
{
    const struct group_policy *policy = group_policy_of(ike, sa->tunnel_group);

    if (sa->login_ms == 0 || policy == NULL)
        return UINT64_MAX;
    return first_of(session_end_ms(ike, sa, policy), end_ms(sa->used_ms, policy->idle_timeout_s), why);
}

uint64_t limits_next_of_pair_ms(const struct ike *ike, const struct pair *pair, enum reason *why)
{
    if (pair->session_end_ms == 0 || !pair->is_up)
        return UINT64_MAX;
    for (EACH_SA_OF(ike, pair->peer, sa))
        if (is_same_session(sa, pair->session))
            return UINT64_MAX;
    return first_of(pair->session_end_ms, end_ms(pair->used_ms, pair->idle_timeout_s), why);
}

/* ---- how often */

/* Of the same peer and group it is no other login: with each ISAKMP SA he is asked anew. */
static bool is_other_login(const struct session *session, const struct isakmp_sa *sa, const char *user)
{
    bool is_his = session->tunnel == NO_INDEX && strcmp(session->user, user) == 0;

    return is_his && !(handle_equal(session->peer, sa->peer) && session->tunnel_group == sa->tunnel_group);
}

static uint64_t last_heard_ms(const struct ike *ike, const struct session *session)
{
    uint64_t last = session->begun_ms;

    for (EACH_PAIR_OF(ike, session->peer, pair))
        if (handle_equal(pair->session, session->self) && pair->heard_ms > last)
            last = pair->heard_ms;
    return last;
}

static void log_off(struct ike *ike, const struct session *session)
{
    for (EACH_SA_OF(ike, session->peer, sa))
        if (is_same_session(sa, session->self))
            sa->doomed = REASON_LOGIN_ELSEWHERE;
    for (EACH_PAIR_OF(ike, session->peer, pair))
        if (handle_equal(pair->session, session->self))
            pair->doomed = REASON_LOGIN_ELSEWHERE;
    timers_note(ike, session->peer);
}

bool limits_log_in(struct ike *ike, const struct isakmp_sa *sa, const char *user)
{
    const struct group_policy *policy = group_policy_of(ike, sa->tunnel_group);
    const struct session *longest_idle = NULL;
    uint32_t count = 0;

    if (policy == NULL || !policy->are_logins_limited)
        return true;
    for (struct handle h = pool_first(&ike->sessions); handle_is_set(h); h = pool_next(&ike->sessions, h)) {
        const struct session *session = session_of(ike, h);

        if (!is_other_login(session, sa, user))
            continue;
        count++;
        if (longest_idle == NULL || last_heard_ms(ike, session) < last_heard_ms(ike, longest_idle))
            longest_idle = session;
    }
    if (policy->login_limit > 0 && count >= policy->login_limit)
        log_off(ike, longest_idle);
    return policy->login_limit > 0;
}
