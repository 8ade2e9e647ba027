#include "sim/inside.h"

#include "base/check.h"
#include "crypto/kdf.h"
#include "ike/engine.h"
#include "wire/message.h"

#include <string.h>

uint64_t sum_of(uint64_t sum, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    if (sum == 0)
        sum = 1469598103934665603u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/* What a step commits; how often a message was answered and why one was refused are counters. */
static uint64_t committed_sum(const struct exchange *e)
{
    uint64_t sum = sum_of(0, &e->state, sizeof e->state);

    sum = sum_of(sum, e->blobs, sizeof e->blobs);
    sum = sum_of(sum, e->iv, sizeof e->iv);
    return sum_of(sum, e->heard_digest, sizeof e->heard_digest);
}

void inside_look(const struct ike *ike, struct inside *seen, bool are_sums_wanted)
{
    seen->exchange_count = seen->sa_count = seen->pair_count = 0;
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        const struct exchange *e = exchange_of(ike, h);

        CHECK(seen->exchange_count < INSIDE_EXCHANGES_MAX);
        seen->exchanges[seen->exchange_count++] =
            (struct inside_exchange){h,
                                     e->parked,
                                     e->kind,
                                     e->state,
                                     e->side,
                                     sa_method(sa_of(ike, e->sa)),
                                     handle_is_set(e->parked) ? committed_sum(e) : 0,
                                     half_open_gives_way(ike, sa_of(ike, e->sa))};
    }
    if (!are_sums_wanted)
        return;
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state == SA_UP && seen->sa_count < INSIDE_SAS_MAX)
            seen->sas[seen->sa_count++] = (struct inside_object){h, sum_of(0, sa, sizeof *sa)};
    }
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if (seen->pair_count < INSIDE_PAIRS_MAX)
            seen->pairs[seen->pair_count++] =
                (struct inside_object){h, sum_of(0, pair_of(ike, h), sizeof(struct pair))};
}

/* The longest wait of any state: a schedule's patience, with room. */
enum { WAIT_MAX_MS = 120000 };

const char *inside_fault(const struct ike *ike, uint64_t now_ms)
{
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        const struct exchange *e = exchange_of(ike, h);

        if (e->deadline_ms == 0 || e->deadline_ms > now_ms + WAIT_MAX_MS)
            return "an exchange has no deadline";
        if (sa_of(ike, e->sa) == NULL)
            return "an exchange has outlived its ISAKMP SA";
        if (handle_is_set(e->parked) && pool_find(&ike->drafts, e->parked) == NULL)
            return "an exchange waits for a draft that has gone";
    }
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state == SA_NEGOTIATING && exchange_of(ike, sa->phase1) == NULL)
            return "an ISAKMP SA negotiates without an exchange";
        if (sa->state == SA_DEAD && sa->has_keys)
            return "a dead ISAKMP SA has keys";
    }
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
        const struct pair *pair = pair_of(ike, h);

        if (!pair->is_up && quick_of_pair(ike, h) == NULL && pair->doomed == REASON_OK)
            return "half a pair stands without an exchange";
    }
    return NULL;
}

bool inside_knows(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN])
{
    return sa_of_cookies(ike, cookies) != NULL;
}

bool inside_is_in(const struct ike *ike, const char *state)
{
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        if (strcmp(state_info(exchange_of(ike, h)->state)->name, state) == 0)
            return true;
    return false;
}

bool inside_keys(const struct ike *ike, struct bytes datagram, struct bytes before, struct impair_keys *keys)
{
    struct message m;
    const struct isakmp_sa *sa;

    keys->cipher = CIPHER_NONE;
    if (wire_header_read(&m, datagram) != WIRE_OK || !(m.header.flags & FLAG_ENCRYPTION))
        return false;
    sa = sa_of_cookies(ike, (const uint8_t(*)[COOKIE_LEN])m.header.cookies);
    if (sa == NULL || !sa->has_keys)
        return false;
    const struct exchange *phase1 = exchange_of(ike, sa->phase1);
    size_t block_len = cipher_info(sa->cipher)->block_len;
    if (before.len >= block_len)
        memcpy(keys->iv, before.data + before.len - block_len, block_len);
    else if (m.header.message_id != 0)
        phase2_iv(sa->hash, bytes_of(sa->last_block, block_len), m.header.message_id, sa->cipher, keys->iv);
    else if (phase1 != NULL)
        memcpy(keys->iv, phase1->first_iv, block_len);
    else
        return false;
    keys->cipher = sa->cipher;
    memcpy(keys->key, sa->cipher_key, sizeof keys->key);
    return true;
}

void inside_plant_commit(struct ike *ike)
{
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        if (handle_is_set(exchange_of(ike, h)->parked))
            exchange_of(ike, h)->iv[0] ^= 1;
}

void inside_plant_forgery(struct ike *ike)
{
    struct handle h = pool_first(&ike->sas);

    if (handle_is_set(h) && sa_of(ike, h)->state == SA_UP)
        sa_of(ike, h)->expires_ms++;
}

const struct step *inside_last_step(const struct ike *ike)
{
    return ike->draft.step;
}
