/* Users behind peers: who is proved, which address he has, and how often he may be wrong. */
#include "ike/engine.h"

#include <string.h>

/* Wrong passwords that are free, of one user and of one address, behind which there may be many users; after each
 * further one nobody is accepted for twice as long as after the one before. */
enum { FREE_TRIES_OF_USER = 3, FREE_TRIES_OF_ADDRESS = 10, LOCK_MS = 1000, LOCK_MAX_MS = 60000, FORGET_MS = 300000 };

struct session *session_of(const struct ike *ike, struct handle h)
{
    return pool_find(&ike->sessions, h);
}

const char *session_user(const struct ike *ike, struct handle h)
{
    const struct session *session = session_of(ike, h);

    return session == NULL ? "" : session->user;
}

bool sa_lacks_user(const struct isakmp_sa *sa)
{
    return sa->user_auth != USER_AUTH_NONE && !handle_is_set(sa->session);
}

struct session *session_make(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct bytes user)
{
    struct handle h = pool_take(&ike->sessions);
    struct session *session = session_of(ike, h);

    if (session == NULL)
        return NULL;
    *session = (struct session){.self = h,
                                .peer = sa->peer,
                                .tunnel_group = sa->tunnel_group,
                                .tunnel = sa->side == INITIATOR ? sa->tunnel : NO_INDEX,
                                .begun_ms = now_ms};
    if (user.len > 0)
        memcpy(session->user, user.data, user.len < USER_NAME_MAX ? user.len : USER_NAME_MAX);
    return session;
}

bool session_is_used(const struct ike *ike, struct handle peer, struct handle session)
{
    for (EACH_SA_OF(ike, peer, sa))
        if (sa->state == SA_UP && handle_equal(sa->session, session))
            return true;
    for (EACH_PAIR_OF(ike, peer, pair))
        if (handle_equal(pair->session, session))
            return true;
    return false;
}

bool peer_is_idle(const struct ike *ike, const struct peer *peer)
{
    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa->state == SA_UP)
            return false;
    return pair_first_of(ike, peer->self) == NULL;
}

bool client_out(const struct ike_client *client, struct ike_outputs *out)
{
    if (out->count == IKE_OUTPUTS_MAX || out->client_count == IKE_CLIENTS_MAX)
        return false;
    out->clients[out->client_count] = *client;
    out->items[out->count++] =
        (struct ike_output){.kind = IKE_OUT_CLIENT, .client = &out->clients[out->client_count++]};
    return true;
}

void session_drop_if_unused(struct ike *ike, struct handle h, struct ike_outputs *out)
{
    const struct session *session = session_of(ike, h);

    if (session == NULL || session_is_used(ike, session->peer, session->self))
        return;
    if (session->tunnel != NO_INDEX)
        client_out(&(struct ike_client){.tunnel = session->tunnel, .address = session->address}, out);
    index_drop(&ike->sessions_by_address, h.index);
    pool_give_back(&ike->sessions, h);
}

/* ---- addresses */

static uint64_t hash_of_address(const struct ike *ike, const struct ip *address)
{
    return index_hash(&ike->index_secret, ip_bytes(address));
}

static struct session *session_at(const struct ike *ike, struct ip address)
{
    for (uint32_t place = index_first(&ike->sessions_by_address, hash_of_address(ike, &address)); place != 0;
         place = index_next(&ike->sessions_by_address, place)) {
        struct session *session =
            (struct session *)(void *)(ike->sessions.places + (place - 1) * ike->sessions.place_len);

        if (ip_equal(session->address, address))
            return session;
    }
    return NULL;
}

static uint32_t number_of(struct ip ip)
{
    return (uint32_t)ip.octets[0] << 24 | (uint32_t)ip.octets[1] << 16 | (uint32_t)ip.octets[2] << 8 | ip.octets[3];
}

/* Not keyed: the same user gets the same address again, also after a restart, as long as it is free. */
static uint32_t place_of_user(const char *user, uint32_t count)
{
    return text_hash(TEXT_HASH_BEGIN, user) % count;
}

static struct ip free_of_pool(const struct ike *ike, const struct session *session, const struct address_pool *pool)
{
    uint32_t first = number_of(pool->range.first), count = number_of(pool->range.last) - first + 1;
    uint32_t place = place_of_user(session->user, count);

    for (uint32_t i = 0; i < count; i++) {
        struct ip address = ip_of_v4(first + (place + i) % count);

        if (session_at(ike, address) == NULL)
            return address;
    }
    return (struct ip){0};
}

struct pools {
    const uint16_t *list; /* indexes */
    uint8_t count;
};

/* Those of a group-policy of his own, else those of his tunnel-group, among which are its group-policy's. */
static struct pools pools_of(const struct policy *policy, const struct session *session)
{
    const struct tunnel_group *group = &policy->tunnel_groups[session->tunnel_group];
    uint16_t number = policy_group_policy_of(policy, session->tunnel_group, session->user);
    const struct group_policy *own = number == 0 ? NULL : &policy->group_policies[number - 1];

    return own != NULL && own->user != NULL && own->pool_count > 0 ? (struct pools){own->pools, own->pool_count}
                                                                   : (struct pools){group->pools, group->pool_count};
}

static const struct address_pool *pool_that_holds(const struct policy *policy, struct pools pools, struct ip address)
{
    for (uint8_t i = 0; i < pools.count; i++)
        if (ip_range_holds(policy->pools[pools.list[i]].range, address))
            return &policy->pools[pools.list[i]];
    return NULL;
}

/* Not set: his attributes name none, or somebody has it. */
static struct ip framed_address(const struct ike *ike, const struct session *session)
{
    const struct user_rights *rights = policy_user(ike->policy, session->user);

    return rights == NULL || session_at(ike, rights->address) != NULL ? (struct ip){0} : rights->address;
}

/* A lease goes with its user and the address that he comes from: with a new ISAKMP SA he may have it again, nobody else
 * may (attack list X08). */
static bool may_join(const struct session *session, const struct session *other)
{
    return handle_equal(session->peer, other->peer) && session->tunnel_group == other->tunnel_group &&
           strcmp(session->user, other->user) == 0;
}

struct lease lease_find(const struct ike *ike, const struct isakmp_sa *sa, struct ip wanted, struct ike_outputs *out)
{
    const struct session *session = session_of(ike, sa->session);
    struct lease lease = {.session = sa->session};
    const struct policy *policy = ike->policy;

    if (session == NULL || session->tunnel_group >= policy->tunnel_group_count)
        return lease;
    lease.address = ip_is_set(session->address) ? session->address : framed_address(ike, session);
    if (!ip_is_set(lease.address) && ip_is_set(wanted) &&
        pool_that_holds(policy, pools_of(policy, session), wanted) != NULL) {
        const struct session *holder = session_at(ike, wanted);

        if (holder == NULL || may_join(session, holder))
            lease.address = wanted;
        if (holder != NULL && may_join(session, holder))
            lease.session = holder->self;
    }
    struct pools pools = pools_of(policy, session);
    for (uint8_t i = 0; !ip_is_set(lease.address) && i < pools.count; i++)
        lease.address = free_of_pool(ike, session, &policy->pools[pools.list[i]]);
    for (uint8_t i = 0; !ip_is_set(lease.address) && i < pools.count; i++)
        event_add_text(tell_sa(ike, out, EV_POOL_EMPTY, sa), FIELD_POOL, policy->pools[pools.list[i]].name);
    return lease;
}

struct lease lease_of_network(const struct ike *ike, const struct isakmp_sa *sa, struct ip_range network)
{
    const struct session *session = session_of(ike, sa->session);
    struct lease lease = {.session = sa->session, .network = network};

    for (EACH_PAIR_OF(ike, sa->peer, pair)) {
        const struct session *other = session_of(ike, pair->session);

        if (session != NULL && other != NULL && may_join(session, other) &&
            ip_range_equal(pair->selector.remote, network))
            lease.session = other->self;
    }
    return lease;
}

void lease_take(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct lease *lease,
                struct ike_outputs *out)
{
    struct session *session = session_of(ike, lease->session);

    if (session == NULL)
        return;
    if (ip_is_set(lease->address)) {
        session->address = lease->address;
        index_put(&ike->sessions_by_address, session->self.index, hash_of_address(ike, &session->address));
    }
    if (!ip_is_set(session->network.first))
        session->network = lease->network;
    session_join(ike, now_ms, sa, session->self, out);
}

void session_join(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct handle session,
                  struct ike_outputs *out)
{
    struct handle before = sa->session;

    if (handle_equal(before, session))
        return;
    sa->session = session;
    session_drop_if_unused(ike, before, out);
    rekey_sa_up(ike, now_ms, sa, out);
}

struct session *session_of_tunnel(const struct ike *ike, struct handle peer, uint16_t tunnel)
{
    for (EACH_SA_OF(ike, peer, sa)) {
        struct session *session = session_of(ike, sa->session);

        if (session != NULL && session->tunnel == tunnel)
            return session;
    }
    for (EACH_PAIR_OF(ike, peer, pair)) {
        struct session *session = session_of(ike, pair->session);

        if (session != NULL && session->tunnel == tunnel)
            return session;
    }
    return NULL;
}

/* ---- tries */

static struct tries *tries_of(struct ike *ike, uint64_t now_ms, uint64_t key)
{
    struct tries *tries = &ike->tries[key % TRIES_MAX];

    if (tries->key != key || now_ms >= tries->until_ms + FORGET_MS)
        *tries = (struct tries){.key = key};
    return tries;
}

static uint64_t key_of_address(const struct ike *ike, struct ip remote)
{
    return index_hash(&ike->index_secret, ip_bytes(&remote));
}

static uint64_t key_of_user(const struct ike *ike, struct bytes user)
{
    return index_hash(&ike->index_secret, user) ^ 1;
}

/* A place that another key has taken is of somebody who tries often, too: he is not forgotten for this one. */
static bool is_locked(const struct ike *ike, uint64_t now_ms, uint64_t key)
{
    const struct tries *tries = &ike->tries[key % TRIES_MAX];

    return tries->key == key && now_ms < tries->until_ms;
}

bool user_is_locked_out(const struct ike *ike, uint64_t now_ms, struct ip remote, struct bytes user)
{
    return is_locked(ike, now_ms, key_of_address(ike, remote)) || is_locked(ike, now_ms, key_of_user(ike, user));
}

/* Returns how many wrong tries in a row were one too few to lock the key out for a while; 0: it is not. */
static uint32_t note_wrong(struct ike *ike, uint64_t now_ms, uint64_t key, uint32_t free_tries)
{
    struct tries *tries = tries_of(ike, now_ms, key);
    uint64_t lock_ms = 0;

    tries->count++;
    if (tries->count > free_tries)
        lock_ms = tries->count - free_tries > 6 ? LOCK_MAX_MS : (uint64_t)LOCK_MS << (tries->count - free_tries - 1);
    tries->until_ms = now_ms + lock_ms;
    return lock_ms > 0 ? tries->count - 1 : 0;
}

uint32_t user_note_try(struct ike *ike, uint64_t now_ms, struct ip remote, struct bytes user, bool is_right)
{
    if (is_right) {
        *tries_of(ike, now_ms, key_of_user(ike, user)) = (struct tries){0};
        return 0;
    }
    note_wrong(ike, now_ms, key_of_address(ike, remote), FREE_TRIES_OF_ADDRESS);
    return note_wrong(ike, now_ms, key_of_user(ike, user), FREE_TRIES_OF_USER);
}
