/* What of an event is looked at (looks.def), and digests of that: equal for what looks the same. They are the same in
 * every run, and not against an enemy. */
#ifndef EVENT_LOOK_H
#define EVENT_LOOK_H

#include "event/event.h"

enum look { LOOKED_AT_OTHERWISE, LOOK_NEVER, LOOK_WHETHER, LOOK_VALUE, LOOK_END, LOOK_COOKIES };

enum look look_of(enum event_kind kind, enum event_field_id id);

/* Of a whole event, never 0 but where a field has no row. `own` is what an address is held against that is looked at as
 * an END. */
uint64_t event_look(const struct event *e, const struct ip *own);

static inline uint64_t look_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * 0x9e3779b97f4a7c15u;
    return digest ^ digest >> 29;
}

/* The two halves of the product: a multiplication for two words. */
static inline uint64_t look_fold(uint64_t one, uint64_t other)
{
    unsigned __int128 product = (unsigned __int128)one * other;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One to eight bytes, another word for each of that length; in few pieces, for who copies them waits for the copy. */
static inline uint64_t look_word(const uint8_t *at, size_t len)
{
    uint32_t first, last;

    if (len < sizeof first)
        return (uint64_t)at[0] | (uint64_t)at[len / 2] << 8 | (uint64_t)at[len - 1] << 16;
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

enum { LOOK_BLOCK = 64 };

/* Of at least LOOK_BLOCK bytes: in four lanes, which do not wait for each other. */
static inline uint64_t look_blocks(uint64_t digest, const uint8_t *data, size_t len)
{
    uint64_t lanes[4] = {digest, len, 0, 0}, words[LOOK_BLOCK / 8];

    for (size_t at = 0; at < len; at += LOOK_BLOCK) {
        size_t from = at + LOOK_BLOCK <= len ? at : len - LOOK_BLOCK; /* some of the last ones twice */

        memcpy(words, data + from, sizeof words);
        lanes[0] = look_fold(words[0] ^ 0x9e3779b97f4a7c15u, words[1] ^ lanes[0]);
        lanes[1] = look_fold(words[2] ^ 0xbf58476d1ce4e5b9u, words[3] ^ lanes[1]);
        lanes[2] = look_fold(words[4] ^ 0x94d049bb133111ebu, words[5] ^ lanes[2]);
        lanes[3] = look_fold(words[6] ^ 0xd6e8feb86659fd93u, words[7] ^ lanes[3]);
    }
    return look_mix(look_mix(lanes[0], lanes[1]), look_mix(lanes[2], lanes[3]));
}

static inline uint64_t look_mix_bytes(uint64_t digest, const void *data, size_t len)
{
    const uint8_t *at = data;
    size_t left = len;
    uint64_t word;

    if (len >= LOOK_BLOCK)
        return look_blocks(digest, data, len);
    for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
        memcpy(&word, at, sizeof word);
        digest = look_mix(digest, word);
    }
    if (left > 0)
        digest = look_mix(digest, look_word(at, left));
    return look_mix(digest, len);
}

#endif
