#include "base/pool.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdalign.h>
#include <string.h>

static size_t padded(size_t len)
{
    size_t step = alignof(max_align_t);

    return (len + step - 1) / step * step;
}

size_t pool_space(uint32_t count, size_t place_len)
{
    return padded(place_len) * count + padded(sizeof(uint32_t) * count);
}

struct pool pool_of(void *space, uint32_t count, size_t place_len)
{
    struct pool pool = {.places = space, .place_len = padded(place_len), .count = count};

    CHECK(space != NULL && count > 0);
    pool.generations = (uint32_t *)(void *)(pool.places + pool.place_len * count);
    memset(pool.generations, 0, sizeof(uint32_t) * count);
    return pool;
}

static bool is_taken(const struct pool *pool, uint32_t index)
{
    return pool->generations[index] % 2 == 1;
}

/* The place that is to be taken next, which leaves the list of free ones; pool->count: there is none. */
static uint32_t free_index(struct pool *pool)
{
    uint32_t index = pool->free_place - 1;

    if (pool->free_place == 0)
        return pool->used_count == pool->count ? pool->count : pool->used_count++;
    memcpy(&pool->free_place, pool->places + index * pool->place_len, sizeof pool->free_place);
    return index;
}

struct handle pool_take(struct pool *pool)
{
    uint32_t index = free_index(pool);

    if (index == pool->count)
        return (struct handle){0, 0};
    pool->generations[index]++;
    pool->taken_count++;
    memset(pool->places + index * pool->place_len, 0, pool->place_len);
    return (struct handle){index, pool->generations[index]};
}

void *pool_find(const struct pool *pool, struct handle h)
{
    if (!handle_is_set(h) || h.index >= pool->count || pool->generations[h.index] != h.generation ||
        !is_taken(pool, h.index))
        return NULL;
    return pool->places + h.index * pool->place_len;
}

void pool_give_back(struct pool *pool, struct handle h)
{
    void *place = pool_find(pool, h);

    if (place == NULL)
        return;
    bytes_wipe(place, pool->place_len);
    memcpy(place, &pool->free_place, sizeof pool->free_place);
    pool->free_place = h.index + 1;
    pool->generations[h.index]++;
    pool->taken_count--;
}

void pool_wipe(struct pool *pool)
{
    bytes_wipe(pool->places, pool->used_count * pool->place_len);
}

static struct handle taken_from(const struct pool *pool, uint32_t index)
{
    for (; index < pool->used_count; index++)
        if (is_taken(pool, index))
            return (struct handle){index, pool->generations[index]};
    return (struct handle){0, 0};
}

struct handle pool_first(const struct pool *pool)
{
    return taken_from(pool, 0);
}

struct handle pool_next(const struct pool *pool, struct handle h)
{
    return taken_from(pool, h.index + 1);
}
