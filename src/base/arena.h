/* Memory that is built, used and thrown away whole, such as a configuration. The caller hands in the space and frees
 * it. Whoever builds in an arena checks `is_full` once at the end: what did not fit is a named failure, never a crash.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"

struct arena {
    uint8_t *data;
    size_t len;
    size_t size;
    bool is_full;
    bool is_zeroed; /* what has not been taken yet */
};

struct arena arena_of(void *space, size_t size);

/* The same of memory that is all zeros, as the kernel hands it out: what is taken of it is not touched. */
struct arena arena_of_zeros(void *space, size_t size);

/* Zeroed, aligned for any type; NULL once the arena is full. */
void *arena_take(struct arena *arena, size_t len);

/* A copy closed by a zero; NULL once the arena is full. */
char *arena_copy_text(struct arena *arena, struct bytes text);

/* Wipes what was taken, and nothing behind it, which was never written. */
void arena_wipe(struct arena *arena);

#endif
