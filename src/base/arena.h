/* Memory that is built, used and thrown away whole, such as a configuration. The caller hands in the space and frees it.
 * Whoever builds in an arena checks `is_full` once at the end: what did not fit is a named failure, never a crash. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"

struct arena {
    uint8_t *data;
    size_t len;
    size_t size;
    bool is_full;
};

struct arena arena_of(void *space, size_t size);

/* Zeroed, aligned for any type; NULL once the arena is full. */
void *arena_take(struct arena *arena, size_t len);

/* A copy closed by a zero; NULL once the arena is full. */
char *arena_copy_text(struct arena *arena, struct bytes text);

#endif
