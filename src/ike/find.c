#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

struct peer *peer_of(const struct ike *ike, struct handle h)
{
    return pool_find(&ike->peers, h);
}

struct isakmp_sa *sa_of(const struct ike *ike, struct handle h)
{
    return pool_find(&ike->sas, h);
}

struct exchange *exchange_of(const struct ike *ike, struct handle h)
{
    return pool_find(&ike->exchanges, h);
}

struct pair *pair_of(const struct ike *ike, struct handle h)
{
    return pool_find(&ike->pairs, h);
}

/* All objects of a pool, in a loop that frees none. */
#define EACH(pool, type, name)                                                                                         \
    type *name = pool_find(pool, pool_first(pool));                                                                    \
    name != NULL;                                                                                                      \
    name = pool_find(pool, pool_next(pool, name->self))

struct peer *peer_of_ip(const struct ike *ike, struct ip remote)
{
    for (EACH(&ike->peers, struct peer, peer))
        if (ip_equal(peer->remote, remote))
            return peer;
    return NULL;
}

/* A peer that has nothing but old outcomes gives way to a new one. Dead SAs do without it: else whoever sends first
 * messages from many addresses takes all places for as long as dead SAs are shown. */
static struct peer *idle_peer(const struct ike *ike)
{
    struct peer *oldest = NULL;

    for (EACH(&ike->peers, struct peer, peer)) {
        bool is_idle = peer->waiting_count == 0;

        for (EACH(&ike->sas, struct isakmp_sa, sa))
            is_idle = is_idle && (sa->state == SA_DEAD || !handle_equal(sa->peer, peer->self));
        for (EACH(&ike->pairs, struct pair, pair))
            is_idle = is_idle && !handle_equal(pair->peer, peer->self);
        if (is_idle && (oldest == NULL || peer->outcomes[0].at_ms < oldest->outcomes[0].at_ms))
            oldest = peer;
    }
    return oldest;
}

struct peer *peer_make(struct ike *ike, struct ip remote)
{
    struct peer *peer = peer_of_ip(ike, remote);

    if (peer != NULL)
        return peer;
    if (ike->peers.taken_count == ike->limits.peers) {
        struct peer *idle = idle_peer(ike);

        if (idle == NULL)
            return NULL;
        pool_give_back(&ike->peers, idle->self);
    }
    struct handle h = pool_take(&ike->peers);
    peer = peer_of(ike, h);
    CHECK(peer != NULL);
    peer->self = h;
    peer->remote = remote;
    return peer;
}

void peer_drop_if_empty(struct ike *ike, struct peer *peer)
{
    if (peer->waiting_count > 0 || peer->outcome_count > 0 || pair_any_of(ike, peer->self))
        return;
    for (EACH(&ike->sas, struct isakmp_sa, sa))
        if (handle_equal(sa->peer, peer->self))
            return;
    pool_give_back(&ike->peers, peer->self);
}

bool cookie_is_ours(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN])
{
    for (EACH(&ike->sas, struct isakmp_sa, sa))
        if (sa->side == INITIATOR && memcmp(sa->cookies[INITIATOR], cookie_i, COOKIE_LEN) == 0)
            return true;
    return false;
}

struct isakmp_sa *sa_of_cookies(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN])
{
    for (EACH(&ike->sas, struct isakmp_sa, sa)) {
        if (sa->state == SA_DEAD || memcmp(sa->cookies[INITIATOR], cookies[INITIATOR], COOKIE_LEN) != 0)
            continue;
        /* Message 2 is the first to bring the responder's cookie. */
        bool is_new_cookie = sa->side == INITIATOR && bytes_are_zero(BYTES_OF(sa->cookies[RESPONDER])) &&
                             !bytes_are_zero(bytes_of(cookies[RESPONDER], COOKIE_LEN));
        if (is_new_cookie || memcmp(sa->cookies[RESPONDER], cookies[RESPONDER], COOKIE_LEN) == 0)
            return sa;
    }
    return NULL;
}

struct isakmp_sa *sa_of_first_message(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN], struct endpoint remote)
{
    for (EACH(&ike->sas, struct isakmp_sa, sa))
        if (sa->state == SA_NEGOTIATING && sa->side == RESPONDER && endpoint_equal(sa->remote, remote) &&
            memcmp(sa->cookies[INITIATOR], cookie_i, COOKIE_LEN) == 0)
            return sa;
    return NULL;
}

struct isakmp_sa *sa_up_of(const struct ike *ike, struct handle peer)
{
    struct isakmp_sa *newest = NULL;

    for (EACH(&ike->sas, struct isakmp_sa, sa))
        if (sa->state == SA_UP && handle_equal(sa->peer, peer) && (newest == NULL || sa->conn_id > newest->conn_id))
            newest = sa;
    return newest;
}

struct isakmp_sa *sa_begun_of(const struct ike *ike, struct handle peer)
{
    for (EACH(&ike->sas, struct isakmp_sa, sa))
        if (sa->state == SA_NEGOTIATING && sa->side == INITIATOR && handle_equal(sa->peer, peer))
            return sa;
    return NULL;
}

struct exchange *exchange_of_message(const struct ike *ike, struct handle sa, uint32_t message_id)
{
    for (EACH(&ike->exchanges, struct exchange, exchange))
        if (handle_equal(exchange->sa, sa) && exchange->message_id == message_id)
            return exchange;
    return NULL;
}

bool message_id_was_heard(const struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind,
                          uint32_t message_id)
{
    const struct heard_ids *heard = &ike->heard[sa->self.index];

    for (uint32_t i = 0; i < heard->of_kind[kind].count && i < HEARD_IDS_MAX; i++)
        if (heard->of_kind[kind].ids[i] == message_id)
            return true;
    return false;
}

void message_id_keep(struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind, uint32_t message_id)
{
    struct heard_ids *heard = &ike->heard[sa->self.index];

    if (!message_id_was_heard(ike, sa, kind, message_id))
        heard->of_kind[kind].ids[heard->of_kind[kind].count++ % HEARD_IDS_MAX] = message_id;
}

bool pair_any_of(const struct ike *ike, struct handle peer)
{
    for (EACH(&ike->pairs, struct pair, pair))
        if (handle_equal(pair->peer, peer))
            return true;
    return false;
}

struct pair *pair_of_spi_out(const struct ike *ike, struct handle peer, uint32_t spi_out)
{
    for (EACH(&ike->pairs, struct pair, pair))
        if (handle_equal(pair->peer, peer) && pair->spi_out == spi_out)
            return pair;
    return NULL;
}

struct pair *pair_of_ace(const struct ike *ike, struct handle peer, uint16_t tunnel, uint16_t ace)
{
    struct pair *newest = NULL;

    for (EACH(&ike->pairs, struct pair, pair))
        if (handle_equal(pair->peer, peer) && pair->tunnel == tunnel && pair->ace == ace &&
            (newest == NULL || pair->conn_id > newest->conn_id))
            newest = pair;
    return newest;
}

struct exchange *quick_of_ace(const struct ike *ike, struct handle peer, uint16_t tunnel, uint16_t ace)
{
    for (EACH(&ike->exchanges, struct exchange, exchange)) {
        const struct isakmp_sa *sa = sa_of(ike, exchange->sa);

        if (exchange->kind == EXCHANGE_QM && state_info(exchange->state)->waits != WAITS_REST && sa != NULL &&
            handle_equal(sa->peer, peer) && exchange->quick.tunnel == tunnel && exchange->quick.ace == ace)
            return exchange;
    }
    return NULL;
}

struct exchange *quick_of_pair(const struct ike *ike, struct handle pair)
{
    for (EACH(&ike->exchanges, struct exchange, exchange))
        if (exchange->kind == EXCHANGE_QM && handle_is_set(pair) && handle_equal(exchange->quick.pair, pair))
            return exchange;
    return NULL;
}

bool spi_is_taken(const struct ike *ike, uint32_t spi_in)
{
    for (EACH(&ike->pairs, struct pair, pair))
        if (pair->spi_in == spi_in)
            return true;
    for (EACH(&ike->exchanges, struct exchange, exchange))
        if (exchange->kind == EXCHANGE_QM && exchange->quick.spi_in == spi_in)
            return true;
    return false;
}

const struct tunnel *tunnel_of(const struct ike *ike, uint16_t tunnel)
{
    if (ike->policy == NULL || tunnel >= ike->policy->tunnel_count || ike->policy->tunnels[tunnel].parked != NULL)
        return NULL;
    return &ike->policy->tunnels[tunnel];
}
