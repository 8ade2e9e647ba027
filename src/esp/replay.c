#include "esp/replay.h"

#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>

/* A ring: number n is bit n % 64 of word n / 64, modulo their count, which is a power of two so that the ring does not
 * jump where the number's top ends. The word that is entered must not hold numbers that still count. */
_Static_assert(REPLAY_WINDOW_DEFAULT + 64 <= REPLAY_NEAR_WORDS * 64, "a small window in few words");
_Static_assert(REPLAY_WINDOW_MAX + 64 <= REPLAY_WORDS * 64, "a large window in many");
_Static_assert((REPLAY_NEAR_WORDS & (REPLAY_NEAR_WORDS - 1)) == 0 && (REPLAY_WORDS & (REPLAY_WORDS - 1)) == 0,
               "powers of two");

struct replay replay_of(uint16_t size, uint64_t *far)
{
    uint16_t most = far == NULL ? REPLAY_WINDOW_DEFAULT : REPLAY_WINDOW_MAX;

    return (struct replay){.size = size > most ? most : size, .far = far};
}

static uint32_t word_count(const struct replay *r)
{
    return r->far == NULL ? REPLAY_NEAR_WORDS : REPLAY_WORDS;
}

static uint64_t word_of(const struct replay *r, uint64_t sequence)
{
    return (r->far == NULL ? r->near : r->far)[sequence / 64 % word_count(r)];
}

static uint64_t *word_at(struct replay *r, uint64_t sequence)
{
    return (r->far == NULL ? r->near : r->far) + sequence / 64 % word_count(r);
}

static uint64_t bit_of(uint64_t sequence)
{
    return (uint64_t)1 << sequence % 64;
}

enum replay_answer replay_check(const struct replay *r, uint64_t sequence)
{
    if (r->size == 0)
        return REPLAY_FRESH;
    if (sequence == 0)
        return REPLAY_IS_ZERO;
    if (sequence > r->top)
        return REPLAY_FRESH;
    if (r->top - sequence >= r->size)
        return REPLAY_IS_OLD;
    return (word_of(r, sequence) & bit_of(sequence)) != 0 ? REPLAY_IS_SEEN : REPLAY_FRESH;
}

/* The words between the old top and the new one belong to numbers that nobody has seen. */
static void move(struct replay *r, uint64_t sequence)
{
    uint64_t entered = sequence / 64 - r->top / 64;

    if (entered > word_count(r))
        entered = word_count(r);
    for (uint64_t i = 0; i < entered; i++)
        *word_at(r, sequence - i * 64) = 0;
    r->top = sequence;
}

void replay_accept(struct replay *r, uint64_t sequence)
{
    CHECK(replay_check(r, sequence) == REPLAY_FRESH);
    if (sequence > r->top)
        move(r, sequence);
    if (r->size > 0)
        *word_at(r, sequence) |= bit_of(sequence);
}

/* Below the window's lower edge it is of the next half; a window that reaches back over the edge of two halves has its
 * beginning in the one before. */
uint64_t replay_number(const struct replay *r, uint32_t low)
{
    uint32_t top = (uint32_t)r->top, edge = top - r->size + 1;
    uint64_t high = r->top >> 32;
    bool is_in_one_half = r->size <= top + (uint64_t)1;

    if (is_in_one_half && low < edge)
        high++;
    else if (!is_in_one_half && low >= edge && high-- == 0)
        return 0;
    return high << 32 | low;
}

uint64_t replay_bitmap(const struct replay *r)
{
    uint64_t map = 0;

    for (uint32_t back = 0; back < 64 && back < r->top && back < r->size; back++)
        if ((word_of(r, r->top - back) & bit_of(r->top - back)) != 0)
            map |= (uint64_t)1 << back;
    return map;
}
