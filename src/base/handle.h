/* Names for what lives in a pool: a place and the generation of who lives there. A stale name finds nothing, instead of
 * something else. The all-zero handle names nothing. */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

struct handle {
    uint32_t index;
    uint32_t generation; /* 0: names nothing */
};

static inline bool handle_is_set(struct handle h)
{
    return h.generation != 0;
}

static inline bool handle_equal(struct handle a, struct handle b)
{
    return a.index == b.index && a.generation == b.generation;
}

#endif
