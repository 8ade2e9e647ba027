/* Which places of a pool go by a key: chains under a keyed hash, so that nobody outside can choose cookies, SPIs or
 * addresses that all fall into one chain (attack list D06).
 *
 *     index_put(&index, sa->self.index, index_hash(&secret, BYTES_OF(cookie)));         again, when the key changes
 *     for (uint32_t place = index_first(&index, hash); place != 0; place = index_next(&index, place))
 *         ...place - 1 is in the chain of this hash; whether it has this key, the caller looks...
 *     index_drop(&index, sa->self.index);
 *
 * The chains stand beside the objects: filing one changes no other. The newest comes first. */
#ifndef IKE_INDEX_H
#define IKE_INDEX_H

#include "base/bytes.h"

struct index {
    uint32_t *heads;  /* by hash: place + 1; 0: an empty chain */
    uint32_t *nexts;  /* by place: place + 1; 0: the last of its chain */
    uint32_t *chains; /* by place: which chain + 1; 0: in none */
    uint32_t mask;
};

struct index_secret {
    uint64_t halves[2];
};

/* Bytes that index_of wants for a pool of `count` places. */
size_t index_space(uint32_t count);
struct index index_of(void *space, uint32_t count);

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t index_hash(const struct index_secret *secret, struct bytes key);

void index_put(struct index *index, uint32_t place, uint64_t hash);
void index_drop(struct index *index, uint32_t place); /* harmless when it is in no chain */

uint32_t index_first(const struct index *index, uint64_t hash);
uint32_t index_next(const struct index *index, uint32_t from);

#endif
