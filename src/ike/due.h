/* Which place is due first: a binary heap of deadlines, one a place (attack list D11: what is due costs, not what is
 * there).
 *
 *     due_put(&due, peer->self.index, at_ms);        also: it is due at another time now; UINT64_MAX: never
 *     if (due_ms(&due) <= now_ms) ...due_place(&due)...
 */
#ifndef IKE_DUE_H
#define IKE_DUE_H

#include <stddef.h>
#include <stdint.h>

struct due {
    uint64_t *times; /* by place */
    uint32_t *heap;  /* places, the earliest first */
    uint32_t *at;    /* by place: where in the heap + 1; 0: not */
    uint32_t count;
};

/* Bytes that due_of wants for so many places, aligned for any type. */
size_t due_space(uint32_t count);
struct due due_of(void *space, uint32_t count);

void due_put(struct due *due, uint32_t place, uint64_t at_ms);

uint64_t due_ms(const struct due *due); /* UINT64_MAX: nothing is ever due */
uint32_t due_place(const struct due *due);

#endif
