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
    memset(space, 0, pool_space(count, place_len));
    pool.generations = (uint32_t *)(void *)(pool.places + pool.place_len * count);
    return pool;
}

static bool is_taken(const struct pool *pool, uint32_t index)
{
    return pool->generations[index] % 2 == 1;
}

struct handle pool_take(struct pool *pool)
{
    for (uint32_t tried = 0; tried < pool->count; tried++) {
        uint32_t index = (pool->next_index + tried) % pool->count;

        if (is_taken(pool, index))
            continue;
        pool->generations[index]++;
        pool->next_index = (index + 1) % pool->count;
        pool->taken_count++;
        memset(pool->places + index * pool->place_len, 0, pool->place_len);
        return (struct handle){index, pool->generations[index]};
    }
    return (struct handle){0, 0};
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
    pool->generations[h.index]++;
    pool->taken_count--;
}

static struct handle taken_from(const struct pool *pool, uint32_t index)
{
    for (; index < pool->count; index++)
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
