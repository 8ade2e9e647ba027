#include "ike/due.h"

#include <string.h>

size_t due_space(uint32_t count)
{
    return (sizeof(uint64_t) + 2 * sizeof(uint32_t)) * (size_t)count;
}

struct due due_of(void *space, uint32_t count)
{
    struct due due = {.times = space};

    due.heap = (uint32_t *)(void *)(due.times + count);
    due.at = due.heap + count;
    memset(due.at, 0, sizeof(uint32_t) * (size_t)count);
    return due;
}

static void set(struct due *due, uint32_t i, uint32_t place)
{
    due->heap[i] = place;
    due->at[place] = i + 1;
}

static uint64_t time_at(const struct due *due, uint32_t i)
{
    return due->times[due->heap[i]];
}

/* The place moves towards the top while it is earlier than what stands above it, else down while it is later. */
static void settle(struct due *due, uint32_t i)
{
    uint32_t place = due->heap[i];
    uint64_t at_ms = due->times[place];

    for (; i > 0 && at_ms < time_at(due, (i - 1) / 2); i = (i - 1) / 2)
        set(due, i, due->heap[(i - 1) / 2]);
    for (uint32_t child; (child = 2 * i + 1) < due->count; i = child) {
        if (child + 1 < due->count && time_at(due, child + 1) < time_at(due, child))
            child++;
        if (time_at(due, child) >= at_ms)
            break;
        set(due, i, due->heap[child]);
    }
    set(due, i, place);
}

static void drop(struct due *due, uint32_t place)
{
    uint32_t i = due->at[place] - 1;

    due->at[place] = 0;
    due->count--;
    if (i == due->count)
        return;
    set(due, i, due->heap[due->count]);
    settle(due, i);
}

void due_put(struct due *due, uint32_t place, uint64_t at_ms)
{
    if (at_ms == UINT64_MAX) {
        if (due->at[place] != 0)
            drop(due, place);
        return;
    }
    due->times[place] = at_ms;
    if (due->at[place] == 0)
        set(due, due->count++, place);
    settle(due, due->at[place] - 1);
}

uint64_t due_ms(const struct due *due)
{
    return due->count == 0 ? UINT64_MAX : time_at(due, 0);
}

uint32_t due_place(const struct due *due)
{
    return due->heap[0];
}
