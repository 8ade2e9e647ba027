/* Who is meant: objects by handle, by cookies, by message id, by SPI, by address. */
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

/* ---- Filing: every object stands in the chains of its keys, from its making until it is given back. */

static uint64_t hash_of_handle(const struct ike *ike, struct handle h)
{
    return index_hash(&ike->index_secret, bytes_of(&h, sizeof h));
}

static uint64_t hash_of_number(const struct ike *ike, uint32_t number)
{
    return index_hash(&ike->index_secret, bytes_of(&number, sizeof number));
}

static uint64_t hash_of_ip(const struct ike *ike, const struct ip *ip)
{
    return index_hash(&ike->index_secret, ip_bytes(ip));
}

void sa_file(struct ike *ike, const struct isakmp_sa *sa)
{
    /* In hybrid it is the user who proves the peer. */
    bool is_proved = sa->state == SA_UP && !(sa->user_auth == USER_AUTH_HYBRID && sa_lacks_user(sa));
    bool is_half_open = !is_proved && sa->state != SA_DEAD && sa->side == RESPONDER;

    index_put(&ike->sas_by_peer, sa->self.index, hash_of_handle(ike, sa->peer));
    index_put(&ike->sas_by_cookie, sa->self.index, index_hash(&ike->index_secret, BYTES_OF(sa->cookies[INITIATOR])));
    half_open_file(&ike->half_opens, sa->self,
                   !is_half_open  ? NOT_HALF_OPEN
                   : sa->has_keys ? HALF_OPEN_ANSWERED
                                  : HALF_OPEN_UNANSWERED);
    timers_note(ike, sa->peer);
}

void sa_give_back(struct ike *ike, const struct isakmp_sa *sa)
{
    timers_note(ike, sa->peer);
    fragments_forget(ike, sa);
    half_open_file(&ike->half_opens, sa->self, NOT_HALF_OPEN);
    index_drop(&ike->sas_by_peer, sa->self.index);
    index_drop(&ike->sas_by_cookie, sa->self.index);
    pool_give_back(&ike->sas, sa->self);
}

void exchange_file(struct ike *ike, const struct exchange *exchange)
{
    index_put(&ike->exchanges_by_sa, exchange->self.index, hash_of_handle(ike, exchange->sa));
    if (exchange->quick.spi_in != 0)
        index_put(&ike->exchanges_by_spi, exchange->self.index, hash_of_number(ike, exchange->quick.spi_in));
}

void exchange_give_back(struct ike *ike, const struct exchange *exchange)
{
    index_drop(&ike->exchanges_by_sa, exchange->self.index);
    index_drop(&ike->exchanges_by_spi, exchange->self.index);
    pool_give_back(&ike->exchanges, exchange->self);
}

void pair_file(struct ike *ike, const struct pair *pair)
{
    index_put(&ike->pairs_by_peer, pair->self.index, hash_of_handle(ike, pair->peer));
    index_put(&ike->pairs_by_spi, pair->self.index, hash_of_number(ike, pair->spi_in));
}

void pair_give_back(struct ike *ike, const struct pair *pair)
{
    index_drop(&ike->pairs_by_peer, pair->self.index);
    index_drop(&ike->pairs_by_spi, pair->self.index);
    pool_give_back(&ike->pairs, pair->self);
}

static void peer_give_back(struct ike *ike, const struct peer *peer)
{
    index_drop(&ike->peers_by_ip, peer->self.index);
    due_put(&ike->due, peer->self.index, UINT64_MAX);
    pool_give_back(&ike->peers, peer->self);
}

/* ---- Chains */

static void *at_place(const struct pool *pool, uint32_t place)
{
    return pool->places + (place - 1) * pool->place_len;
}

static struct isakmp_sa *sa_from(const struct ike *ike, uint32_t place, struct handle peer)
{
    for (; place != 0; place = index_next(&ike->sas_by_peer, place)) {
        struct isakmp_sa *sa = at_place(&ike->sas, place);

        if (handle_equal(sa->peer, peer))
            return sa;
    }
    return NULL;
}

struct isakmp_sa *sa_first_of(const struct ike *ike, struct handle peer)
{
    return sa_from(ike, index_first(&ike->sas_by_peer, hash_of_handle(ike, peer)), peer);
}

struct isakmp_sa *sa_next_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa_from(ike, index_next(&ike->sas_by_peer, sa->self.index + 1), sa->peer);
}

static struct exchange *exchange_from(const struct ike *ike, uint32_t place, struct handle sa)
{
    for (; place != 0; place = index_next(&ike->exchanges_by_sa, place)) {
        struct exchange *exchange = at_place(&ike->exchanges, place);

        if (handle_equal(exchange->sa, sa))
            return exchange;
    }
    return NULL;
}

struct exchange *exchange_first_of(const struct ike *ike, struct handle sa)
{
    return exchange_from(ike, index_first(&ike->exchanges_by_sa, hash_of_handle(ike, sa)), sa);
}

struct exchange *exchange_next_of(const struct ike *ike, const struct exchange *exchange)
{
    return exchange_from(ike, index_next(&ike->exchanges_by_sa, exchange->self.index + 1), exchange->sa);
}

static struct pair *pair_from(const struct ike *ike, uint32_t place, struct handle peer)
{
    for (; place != 0; place = index_next(&ike->pairs_by_peer, place)) {
        struct pair *pair = at_place(&ike->pairs, place);

        if (handle_equal(pair->peer, peer))
            return pair;
    }
    return NULL;
}

struct pair *pair_first_of(const struct ike *ike, struct handle peer)
{
    return pair_from(ike, index_first(&ike->pairs_by_peer, hash_of_handle(ike, peer)), peer);
}

struct pair *pair_next_of(const struct ike *ike, const struct pair *pair)
{
    return pair_from(ike, index_next(&ike->pairs_by_peer, pair->self.index + 1), pair->peer);
}

/* ---- Peers */

struct isakmp_sa *sa_in_place(const struct ike *ike, uint32_t place)
{
    return at_place(&ike->sas, place);
}

struct handle peer_at(const struct ike *ike, uint32_t place)
{
    return ((const struct peer *)at_place(&ike->peers, place + 1))->self;
}

static struct peer *peer_from(const struct ike *ike, uint32_t place, struct ip remote)
{
    for (; place != 0; place = index_next(&ike->peers_by_ip, place)) {
        struct peer *peer = at_place(&ike->peers, place);

        if (ip_equal(peer->remote, remote))
            return peer;
    }
    return NULL;
}

struct peer *peer_of_ip(const struct ike *ike, struct ip remote)
{
    return peer_from(ike, index_first(&ike->peers_by_ip, hash_of_ip(ike, &remote)), remote);
}

struct peer *peer_next_of_ip(const struct ike *ike, const struct peer *peer)
{
    return peer_from(ike, index_next(&ike->peers_by_ip, peer->self.index + 1), peer->remote);
}

static bool is_idle(const struct ike *ike, const struct peer *peer)
{
    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa->state != SA_DEAD)
            return false;
    return peer->waiting_count == 0 && pair_first_of(ike, peer->self) == NULL;
}

/* Neither the configuration names it, nor has it ever been more than a first message from anywhere. */
static bool is_stranger(const struct ike *ike, const struct peer *peer)
{
    if (ike->policy != NULL && policy_names_peer(ike->policy, peer->remote))
        return false;
    for (uint8_t i = 0; i < peer->outcome_count; i++)
        if (!outcome_is_anybodys(&peer->outcomes[i]))
            return false;
    return true;
}

/* A peer that has nothing but old outcomes and dead SAs gives way to a new one: else whoever sends first messages from
 * many addresses takes all places for as long as dead SAs are shown. Strangers go first, so that these do not push out
 * what is kept of others. The search goes on where the last one ended, so that one look is enough as a rule. NULL: all
 * are in use. */
static struct peer *idle_peer(struct ike *ike)
{
    struct peer *known = NULL;

    for (uint32_t tried = 0; tried < ike->limits.peers; tried++) {
        ike->last_idle_peer = (ike->last_idle_peer + 1) % ike->limits.peers;
        struct peer *peer = at_place(&ike->peers, ike->last_idle_peer + 1);

        if (!is_idle(ike, peer))
            continue;
        if (is_stranger(ike, peer))
            return peer;
        known = known == NULL ? peer : known;
    }
    return known;
}

struct peer *peer_make(struct ike *ike, struct ip remote)
{
    struct peer *peer = peer_of_ip(ike, remote);

    if (peer != NULL) {
        timers_note(ike, peer->self);
        return peer;
    }
    return peer_make_another(ike, remote);
}

struct peer *peer_make_another(struct ike *ike, struct ip remote)
{
    if (ike->peers.taken_count == ike->limits.peers) {
        struct peer *idle = idle_peer(ike);

        if (idle == NULL)
            return NULL;
        for (EACH_SA_OF(ike, idle->self, sa))
            sa_give_back(ike, sa);
        peer_give_back(ike, idle);
    }
    struct handle h = pool_take(&ike->peers);
    struct peer *peer = peer_of(ike, h);
    CHECK(peer != NULL);
    peer->self = h;
    peer->remote = remote;
    index_put(&ike->peers_by_ip, h.index, hash_of_ip(ike, &peer->remote));
    timers_note(ike, h);
    return peer;
}

void peer_drop_if_empty(struct ike *ike, struct peer *peer)
{
    if (peer->waiting_count == 0 && peer->outcome_count == 0 && pair_first_of(ike, peer->self) == NULL &&
        sa_first_of(ike, peer->self) == NULL)
        peer_give_back(ike, peer);
}

/* ---- ISAKMP SAs */

static struct isakmp_sa *sa_from_cookie(const struct ike *ike, uint32_t place, const uint8_t cookie_i[COOKIE_LEN])
{
    for (; place != 0; place = index_next(&ike->sas_by_cookie, place)) {
        struct isakmp_sa *sa = at_place(&ike->sas, place);

        if (memcmp(sa->cookies[INITIATOR], cookie_i, COOKIE_LEN) == 0)
            return sa;
    }
    return NULL;
}

static struct isakmp_sa *sa_first_of_cookie(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN])
{
    uint64_t hash = index_hash(&ike->index_secret, bytes_of(cookie_i, COOKIE_LEN));

    return sa_from_cookie(ike, index_first(&ike->sas_by_cookie, hash), cookie_i);
}

static struct isakmp_sa *sa_next_of_cookie(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa_from_cookie(ike, index_next(&ike->sas_by_cookie, sa->self.index + 1), sa->cookies[INITIATOR]);
}

#define EACH_SA_OF_COOKIE(ike, cookie_i, sa)                                                                           \
    struct isakmp_sa *sa = sa_first_of_cookie(ike, cookie_i);                                                          \
    sa != NULL;                                                                                                        \
    sa = sa_next_of_cookie(ike, sa)

bool cookie_is_ours(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN])
{
    for (EACH_SA_OF_COOKIE(ike, cookie_i, sa))
        if (sa->side == INITIATOR)
            return true;
    return false;
}

struct isakmp_sa *sa_of_cookies(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN])
{
    for (EACH_SA_OF_COOKIE(ike, cookies[INITIATOR], sa)) {
        /* Message 2 is the first to bring the responder's cookie. */
        bool is_new_cookie = sa->side == INITIATOR && bytes_are_zero(BYTES_OF(sa->cookies[RESPONDER])) &&
                             !bytes_are_zero(bytes_of(cookies[RESPONDER], COOKIE_LEN));

        if (sa->state != SA_DEAD &&
            (is_new_cookie || memcmp(sa->cookies[RESPONDER], cookies[RESPONDER], COOKIE_LEN) == 0))
            return sa;
    }
    return NULL;
}

struct isakmp_sa *sa_dead_of_cookies(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN])
{
    for (EACH_SA_OF_COOKIE(ike, cookies[INITIATOR], sa))
        if (sa->state == SA_DEAD && memcmp(sa->cookies[RESPONDER], cookies[RESPONDER], COOKIE_LEN) == 0)
            return sa;
    return NULL;
}

struct isakmp_sa *sa_of_first_message(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN], struct endpoint remote)
{
    for (EACH_SA_OF_COOKIE(ike, cookie_i, sa))
        if (sa->side == RESPONDER &&
            (((sa->state == SA_NEW || sa->state == SA_NEGOTIATING) && endpoint_equal(sa->remote, remote)) ||
             (sa->state == SA_UP && ip_equal(sa->remote.ip, remote.ip))))
            return sa;
    return NULL;
}

struct isakmp_sa *sa_up_in(const struct ike *ike, struct handle peer, struct handle session)
{
    struct isakmp_sa *newest = NULL;

    for (EACH_SA_OF(ike, peer, sa))
        if (sa->state == SA_UP && handle_equal(sa->session, session) && !sa_lacks_user(sa) &&
            (newest == NULL || sa->conn_id > newest->conn_id))
            newest = sa;
    return newest;
}

struct isakmp_sa *sa_up_of(const struct ike *ike, struct handle peer)
{
    return sa_up_in(ike, peer, (struct handle){0, 0});
}

struct isakmp_sa *sa_begun_of(const struct ike *ike, struct handle peer)
{
    for (EACH_SA_OF(ike, peer, sa))
        if ((sa->state == SA_NEW || sa->state == SA_NEGOTIATING) && sa->side == INITIATOR)
            return sa;
    return NULL;
}

/* ---- Exchanges and pairs */

struct exchange *exchange_of_message(const struct ike *ike, struct handle sa, uint32_t message_id)
{
    for (EACH_EXCHANGE_OF(ike, sa, exchange))
        if (exchange->message_id == message_id)
            return exchange;
    return NULL;
}

uint32_t exchanges_under_way(const struct ike *ike, struct handle sa)
{
    uint32_t count = 0;

    for (EACH_EXCHANGE_OF(ike, sa, exchange))
        count += state_info(exchange->state)->waits != WAITS_REST;
    return count;
}

struct pair *pair_of_spi_out(const struct ike *ike, struct handle peer, uint32_t spi_out)
{
    for (EACH_PAIR_OF(ike, peer, pair))
        if (pair->spi_out == spi_out)
            return pair;
    return NULL;
}

struct pair *pair_for(const struct ike *ike, struct handle peer, uint16_t tunnel, const struct selector *selector)
{
    struct pair *newest = NULL;

    for (EACH_PAIR_OF(ike, peer, pair))
        if (pair->tunnel == tunnel && selector_equal(&pair->selector, selector) &&
            (newest == NULL || pair->conn_id > newest->conn_id))
            newest = pair;
    return newest;
}

struct pair *pair_sending_beside(const struct ike *ike, const struct pair *beside)
{
    for (EACH_PAIR_OF(ike, beside->peer, pair))
        if (pair != beside && pair->is_up && !pair->is_mute && pair->tunnel == beside->tunnel &&
            handle_equal(pair->session, beside->session) && selector_equal(&pair->selector, &beside->selector))
            return pair;
    return NULL;
}

struct pair *pair_in_the_way(const struct ike *ike, struct handle peer, const struct selector *selector)
{
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
        struct pair *pair = pair_of(ike, h);

        if (!handle_equal(pair->peer, peer) && !pair->is_leaving && selector_overlaps(&pair->selector, selector))
            return pair;
    }
    return NULL;
}

struct exchange *quick_for(const struct ike *ike, struct handle peer, uint16_t tunnel, const struct selector *selector)
{
    for (EACH_SA_OF(ike, peer, sa))
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            if (exchange->kind == EXCHANGE_QM && state_info(exchange->state)->waits != WAITS_REST &&
                exchange->quick.tunnel == tunnel && selector_equal(&exchange->quick.selector, selector))
                return exchange;
    return NULL;
}

struct exchange *quick_of_pair(const struct ike *ike, struct handle pair_h)
{
    const struct pair *pair = pair_of(ike, pair_h);

    if (pair == NULL)
        return NULL;
    for (EACH_SA_OF(ike, pair->peer, sa))
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            if (exchange->kind == EXCHANGE_QM && handle_equal(exchange->quick.pair, pair_h))
                return exchange;
    return NULL;
}

struct exchange *quick_of_spi_out(const struct ike *ike, struct handle peer, uint32_t spi_out)
{
    for (EACH_SA_OF(ike, peer, sa))
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange)) {
            const struct draft *draft = pool_find(&ike->drafts, exchange->parked);
            const struct exchange *newest = draft != NULL ? &draft->exchange : exchange;

            if (exchange->kind == EXCHANGE_QM && newest->quick.spi_out == spi_out)
                return exchange;
        }
    return NULL;
}

bool spi_is_taken(const struct ike *ike, uint32_t spi_in)
{
    uint64_t hash = hash_of_number(ike, spi_in);

    for (uint32_t place = index_first(&ike->pairs_by_spi, hash); place != 0;
         place = index_next(&ike->pairs_by_spi, place))
        if (((const struct pair *)at_place(&ike->pairs, place))->spi_in == spi_in)
            return true;
    for (uint32_t place = index_first(&ike->exchanges_by_spi, hash); place != 0;
         place = index_next(&ike->exchanges_by_spi, place))
        if (((const struct exchange *)at_place(&ike->exchanges, place))->quick.spi_in == spi_in)
            return true;
    return false;
}

const struct tunnel *tunnel_of(const struct ike *ike, uint16_t tunnel)
{
    if (ike->policy == NULL || tunnel >= ike->policy->tunnel_count || ike->policy->tunnels[tunnel].parked != NULL)
        return NULL;
    return &ike->policy->tunnels[tunnel];
}
