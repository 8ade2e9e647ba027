#include "ike/index.h"

#include "base/check.h"

#include <string.h>

/* As many chains as places, rounded up. */
static uint32_t chain_count(uint32_t count)
{
    uint32_t chains = 1;

    while (chains < count)
        chains *= 2;
    return chains;
}

size_t index_space(uint32_t count)
{
    return sizeof(uint32_t) * ((size_t)chain_count(count) + 2 * (size_t)count);
}

struct index index_of(void *space, uint32_t count)
{
    struct index index = {.heads = space, .mask = chain_count(count) - 1};

    memset(space, 0, index_space(count));
    index.nexts = index.heads + chain_count(count);
    index.chains = index.nexts + count;
    return index;
}

static uint64_t rotated(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void sip_rounds(uint64_t v[static 4], int count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

uint64_t index_hash(const struct index_secret *secret, struct bytes key)
{
    uint64_t v[4] = {secret->halves[0] ^ 0x736f6d6570736575u, secret->halves[1] ^ 0x646f72616e646f6du,
                     secret->halves[0] ^ 0x6c7967656e657261u, secret->halves[1] ^ 0x7465646279746573u};

    for (size_t at = 0; at <= key.len; at += 8) {
        bool is_last = key.len - at < 8;
        uint64_t word = is_last ? (uint64_t)key.len << 56 : 0;

        for (size_t i = 0; i < (is_last ? key.len - at : 8); i++)
            word |= (uint64_t)key.data[at + i] << (8 * i);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void index_put(struct index *index, uint32_t place, uint64_t hash)
{
    uint32_t chain = (uint32_t)hash & index->mask;

    if (index->chains[place] == chain + 1)
        return;
    index_drop(index, place);
    index->nexts[place] = index->heads[chain];
    index->heads[chain] = place + 1;
    index->chains[place] = chain + 1;
}

void index_drop(struct index *index, uint32_t place)
{
    if (index->chains[place] == 0)
        return;
    uint32_t *at = &index->heads[index->chains[place] - 1];
    while (*at != place + 1) {
        CHECK(*at != 0);
        at = &index->nexts[*at - 1];
    }
    *at = index->nexts[place];
    index->nexts[place] = index->chains[place] = 0;
}

uint32_t index_first(const struct index *index, uint64_t hash)
{
    return index->heads[(uint32_t)hash & index->mask];
}

uint32_t index_next(const struct index *index, uint32_t from)
{
    return index->nexts[from - 1];
}
