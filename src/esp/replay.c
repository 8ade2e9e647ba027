#include "esp/replay.h"

#include "base/check.h"

_Static_assert(REPLAY_WINDOW_MAX + 64 <= REPLAY_WORDS * 64,
               "the word that is entered must not hold numbers that still count");
_Static_assert((REPLAY_WORDS & (REPLAY_WORDS - 1)) == 0, "the ring must not jump where the number's top ends");

struct replay replay_of(uint16_t size)
{
    return (struct replay){.size = size > REPLAY_WINDOW_MAX ? REPLAY_WINDOW_MAX : size};
}

static uint32_t word_of(uint32_t sequence)
{
    return sequence / 64 % REPLAY_WORDS;
}

static uint64_t bit_of(uint32_t sequence)
{
    return (uint64_t)1 << sequence % 64;
}

enum replay_answer replay_check(const struct replay *r, uint32_t sequence)
{
    if (r->size == 0)
        return REPLAY_FRESH;
    if (sequence == 0)
        return REPLAY_IS_ZERO;
    if (sequence > r->top)
        return REPLAY_FRESH;
    if (r->top - sequence >= r->size)
        return REPLAY_IS_OLD;
    return (r->seen[word_of(sequence)] & bit_of(sequence)) != 0 ? REPLAY_IS_SEEN : REPLAY_FRESH;
}

/* The words between the old top and the new one belong to numbers that nobody has seen. */
static void move(struct replay *r, uint32_t sequence)
{
    uint32_t entered = sequence / 64 - r->top / 64;

    if (entered > REPLAY_WORDS)
        entered = REPLAY_WORDS;
    for (uint32_t i = 0; i < entered; i++)
        r->seen[word_of(sequence - i * 64)] = 0;
    r->top = sequence;
}

void replay_accept(struct replay *r, uint32_t sequence)
{
    CHECK(replay_check(r, sequence) == REPLAY_FRESH);
    if (sequence > r->top)
        move(r, sequence);
    if (r->size > 0)
        r->seen[word_of(sequence)] |= bit_of(sequence);
}

uint64_t replay_bitmap(const struct replay *r)
{
    uint64_t map = 0;

    for (uint32_t back = 0; back < 64 && back < r->top && back < r->size; back++)
        if ((r->seen[word_of(r->top - back)] & bit_of(r->top - back)) != 0)
            map |= (uint64_t)1 << back;
    return map;
}
