/* A fixed number of places of one size, taken and given back, named by handles.
 *
 *     struct pool pool = pool_of(arena_take(&arena, pool_space(n, sizeof(struct sa))), n, sizeof(struct sa));
 *     struct handle h = pool_take(&pool);          not set: the pool is used up, which is an event, not a failure of
 * ours struct sa *sa = pool_find(&pool, h);         NULL if that SA has gone pool_give_back(&pool, h); wiped for (h =
 * pool_first(&pool); handle_is_set(h); h = pool_next(&pool, h)) ...        in order of place
 *
 * Taking and giving back cost the same whatever is taken. What was given back last is taken first, and a place that was
 * never taken is never written to: memory that the system gives only when it is touched grows with the need. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/handle.h"

#include <stddef.h>

struct pool {
    uint8_t *places;
    uint32_t *generations; /* odd: taken */
    size_t place_len;
    uint32_t count;
    uint32_t taken_count;
    uint32_t used_count; /* the places from here on were never taken */
    uint32_t free_place; /* index + 1 of the place given back last, which holds the same of the one before; 0: none */
};

/* Bytes that pool_of wants for `count` places of `place_len` bytes. */
size_t pool_space(uint32_t count, size_t place_len);
struct pool pool_of(void *space, uint32_t count, size_t place_len);

struct handle pool_take(struct pool *pool);
void *pool_find(const struct pool *pool, struct handle h);
void pool_give_back(struct pool *pool, struct handle h);
/* Every place that was ever taken; the pool is of no use then. */
void pool_wipe(struct pool *pool);

struct handle pool_first(const struct pool *pool);
struct handle pool_next(const struct pool *pool, struct handle h);

#endif
