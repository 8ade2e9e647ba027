/* What a group-policy allows: IKEv1 at all, for how long, for how long without traffic, and how often one user at a
 * time. How long holds for who is there already, too, when a new policy is loaded; whether he may be there does not. */
#include "ike/engine.h"

#include <string.h>

static const struct group_policy *policy_of_user(const struct ike *ike, uint16_t tunnel_group, const char *user)
{
    uint16_t number = ike->policy == NULL ? 0 : policy_group_policy_of(ike->policy, tunnel_group, user);

    return number == 0 ? NULL : &ike->policy->group_policies[number - 1];
}

const struct group_policy *limits_policy_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    return policy_of_user(ike, sa->tunnel_group, session_user(ike, sa->session));
}

bool limits_refuse_ikev1(const struct ike *ike, uint16_t tunnel_group)
{
    const struct group_policy *policy = policy_of_user(ike, tunnel_group, "");

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

/* Also without limits: a new policy may bring some. */
void limits_begin(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa)
{
    const struct group_policy *policy = limits_policy_of(ike, sa);
    uint64_t session_ms = policy == NULL ? 0 : (uint64_t)policy->session_timeout_s * 1000;

    sa->login_ms = sa->used_ms = now_ms;
    for (EACH_SA_OF(ike, sa->peer, before)) /* a rekey is no new login */
        if (before->login_ms != 0 && before->login_ms < sa->login_ms && is_same_session(before, sa->session))
            sa->login_ms = before->login_ms;
    for (EACH_PAIR_OF(ike, sa->peer, pair)) /* nor is one after a while without an ISAKMP SA */
        if (session_ms > 0 && pair->session_end_ms > session_ms && pair->session_end_ms < sa->login_ms + session_ms &&
            handle_equal(pair->session, sa->session))
            sa->login_ms = pair->session_end_ms - session_ms;
}

static bool is_for_same(const struct pair *a, const struct pair *b)
{
    return a->tunnel == b->tunnel && handle_equal(a->session, b->session) && selector_equal(&a->selector, &b->selector);
}

/* Of a rekey nothing goes through. */
static uint64_t carried_before_ms(const struct ike *ike, uint64_t now_ms, const struct pair *pair)
{
    for (EACH_PAIR_OF(ike, pair->peer, before))
        if (before != pair && before->is_up && is_for_same(before, pair))
            return before->carried_ms;
    return now_ms;
}

/* Without limits of the session both are never. */
void limits_begin_pair(const struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct pair *pair)
{
    const struct group_policy *policy = limits_policy_of(ike, sa);

    pair->carried_ms = carried_before_ms(ike, now_ms, pair);
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
    for (EACH_PAIR_OF(ike, pair->peer, other)) {
        if (handle_equal(other->session, pair->session))
            other->used_ms = now_ms;
        if (is_for_same(other, pair))
            other->carried_ms = now_ms;
    }
}

static uint64_t first_of(uint64_t session_ms, uint64_t idle_ms, enum reason *why)
{
    *why = session_ms <= idle_ms ? REASON_SESSION_TIMEOUT : REASON_IDLE;
    return session_ms <= idle_ms ? session_ms : idle_ms;
}

uint64_t limits_next_ms(const struct ike *ike, const struct isakmp_sa *sa, enum reason *why)
{
    const struct group_policy *policy = limits_policy_of(ike, sa);

    if (sa->login_ms == 0 || policy == NULL)
        return UINT64_MAX;
    return first_of(session_end_ms(ike, sa, policy), end_ms(sa->used_ms, policy->idle_timeout_s), why);
}

/* Of a session that has no ISAKMP SA any more. */
static uint64_t session_next_of_pair_ms(const struct ike *ike, const struct pair *pair, enum reason *why)
{
    if (pair->session_end_ms == 0)
        return UINT64_MAX;
    for (EACH_SA_OF(ike, pair->peer, sa))
        if (is_same_session(sa, pair->session))
            return UINT64_MAX;
    return first_of(pair->session_end_ms, end_ms(pair->used_ms, pair->idle_timeout_s), why);
}

uint64_t limits_next_of_pair_ms(const struct ike *ike, const struct pair *pair, enum reason *why)
{
    const struct tunnel *tunnel = tunnel_of(ike, pair->tunnel);

    if (!pair->is_up)
        return UINT64_MAX;
    uint64_t session_ms = session_next_of_pair_ms(ike, pair, why);
    uint64_t idle_ms = tunnel == NULL ? UINT64_MAX : end_ms(pair->carried_ms, tunnel->idle_time_s);
    if (session_ms <= idle_ms)
        return session_ms;
    *why = REASON_PAIR_IDLE;
    return idle_ms;
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

static void make_room(struct ike *ike, const struct isakmp_sa *sa, const struct group_policy *policy, const char *user)
{
    const struct session *longest_idle = NULL;
    uint32_t count = 0;

    for (struct handle h = pool_first(&ike->sessions); handle_is_set(h); h = pool_next(&ike->sessions, h)) {
        const struct session *session = session_of(ike, h);

        if (!is_other_login(session, sa, user))
            continue;
        count++;
        if (longest_idle == NULL || last_heard_ms(ike, session) < last_heard_ms(ike, longest_idle))
            longest_idle = session;
    }
    if (count >= policy->login_limit)
        log_off(ike, longest_idle);
}

enum login limits_log_in(struct ike *ike, const struct isakmp_sa *sa, const char *user)
{
    const struct group_policy *policy = policy_of_user(ike, sa->tunnel_group, user);
    const struct user_rights *rights = ike->policy == NULL ? NULL : policy_user(ike->policy, user);

    if (rights != NULL && rights->is_refused)
        return LOGIN_SERVICE;
    if (policy == NULL)
        return LOGIN_ALLOWED;
    if (policy->is_ikev1_refused)
        return LOGIN_PROTOCOL;
    if (policy->group_lock != NULL &&
        strcmp(policy->group_lock, ike->policy->tunnel_groups[sa->tunnel_group].name) != 0)
        return LOGIN_GROUP_LOCK;
    if (!policy->are_logins_limited)
        return LOGIN_ALLOWED;
    if (policy->login_limit == 0)
        return LOGIN_NEVER;
    make_room(ike, sa, policy, user);
    return LOGIN_ALLOWED;
}

const char *login_refusal(enum login login)
{
    static const char *const words[] = {
#define LOGIN(name, words) words,
#include "ike/logins.def"
#undef LOGIN
    };

    return words[login];
}
