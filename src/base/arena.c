#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

struct arena arena_of(void *space, size_t size)
{
    return (struct arena){.data = space, .size = size};
}

struct arena arena_of_zeros(void *space, size_t size)
{
    return (struct arena){.data = space, .size = size, .is_zeroed = true};
}

void *arena_take(struct arena *arena, size_t len)
{
    size_t step = alignof(max_align_t);
    size_t begin = (arena->len + step - 1) / step * step;

    if (arena->is_full || begin > arena->size || len > arena->size - begin) {
        arena->is_full = true;
        return NULL;
    }
    arena->len = begin + len;
    if (!arena->is_zeroed)
        memset(arena->data + begin, 0, len);
    return arena->data + begin;
}

char *arena_copy_text(struct arena *arena, struct bytes text)
{
    char *copy = arena_take(arena, text.len + 1);

    if (copy != NULL && text.len > 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

void arena_wipe(struct arena *arena)
{
    if (arena->data != NULL)
        bytes_wipe(arena->data, arena->len);
}
