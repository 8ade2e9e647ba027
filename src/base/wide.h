/* Sixteen bytes at a time, and which of them are something: a bit each, the first byte's the lowest.
 *
 *     wide_bits(wide_of(line) == ',')                the commas among the first sixteen
 *
 * Comparisons of a `wide` are those of bytes without sign. No byte behind what was handed in is read. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include "base/bytes.h"

enum { WIDE_LEN = 16, WIDE_ALL = 0xffff };
typedef uint8_t wide __attribute__((vector_size(WIDE_LEN)));

static inline wide wide_at(const uint8_t *at)
{
    wide w;

    memcpy(&w, at, sizeof w);
    return w;
}

/* Of fewer than sixteen, with zeros behind them: put together from words, for who copies bytes waits for the copy. */
static inline wide wide_of_few(const uint8_t *at, size_t len)
{
    const bool is_little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    uint64_t words __attribute__((vector_size(WIDE_LEN))) = {0}, first, last;
    uint32_t half, other_half;

    if (!is_little_endian) {
        memcpy(&words, at, len);
    } else if (len >= sizeof first) {
        memcpy(&first, at, sizeof first);
        memcpy(&last, at + len - sizeof last, sizeof last);
        words[0] = first;
        words[1] = last >> (WIDE_LEN - 1 - len) * 8 >> 8;
    } else if (len >= sizeof half) {
        memcpy(&half, at, sizeof half);
        memcpy(&other_half, at + len - sizeof half, sizeof half);
        words[0] = half | (uint64_t)other_half << (len - sizeof half) * 8;
    } else if (len > 0) {
        words[0] = at[0] | (uint64_t)at[len / 2] << len / 2 * 8 | (uint64_t)at[len - 1] << (len - 1) * 8;
    }
    return (wide)words;
}

/* The first sixteen; zeros behind the last where there are fewer. */
static inline wide wide_of(struct bytes bytes)
{
    return __builtin_expect(bytes.len >= WIDE_LEN, 1) ? wide_at(bytes.data) : wide_of_few(bytes.data, bytes.len);
}

/* Where a comparison is true, on any machine. */
static inline uint32_t wide_bits_one_by_one(wide is)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < WIDE_LEN; i++)
        bits |= (uint32_t)(is[i] & 1) << i;
    return bits;
}

static inline uint32_t wide_bits(wide is)
{
#ifdef __SSE2__
    return (uint32_t)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(WIDE_LEN))))is);
#else
    return wide_bits_one_by_one(is);
#endif
}

static inline wide wide_within(wide w, uint8_t first, uint8_t last)
{
    return (wide)((wide)(w - first) <= (uint8_t)(last - first));
}

/* Each byte one place later, behind a zero. */
static inline wide wide_later(wide w)
{
    return __builtin_shufflevector((wide){0}, w, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

/* How many stand in front of the first bit that is clear; sixteen where none is. */
static inline size_t wide_run(uint32_t bits)
{
    return (size_t)__builtin_ctz(~bits | 1u << WIDE_LEN);
}

/* The sixteen at the beginning and the sixteen behind so many are the same. */
static inline bool wide_are_equal(const uint8_t *a, const uint8_t *b, size_t behind)
{
    wide first = (wide)(wide_at(a) == wide_at(b)), last = (wide)(wide_at(a + behind) == wide_at(b + behind));

    return wide_bits(first & last) == WIDE_ALL;
}

/* The same bytes; what is compared is mostly short, and its length tells which way is gone. */
static inline bool wide_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint64_t one[2], other[2];

    if (len >= 2 * WIDE_LEN) {
        for (; len > 2 * WIDE_LEN; a += 2 * WIDE_LEN, b += 2 * WIDE_LEN, len -= 2 * WIDE_LEN)
            if (!wide_are_equal(a, b, WIDE_LEN))
                return false;
        return wide_are_equal(a + len - 2 * WIDE_LEN, b + len - 2 * WIDE_LEN, WIDE_LEN); /* some of them again */
    }
    if (len >= WIDE_LEN)
        return wide_are_equal(a, b, len - WIDE_LEN);
    if (len >= sizeof *one) {
        memcpy(&one[0], a, sizeof *one);
        memcpy(&one[1], a + len - sizeof *one, sizeof *one);
        memcpy(&other[0], b, sizeof *one);
        memcpy(&other[1], b + len - sizeof *one, sizeof *one);
        return one[0] == other[0] && one[1] == other[1];
    }
    while (len > 0 && *a == *b)
        a++, b++, len--;
    return len == 0;
}

#endif
