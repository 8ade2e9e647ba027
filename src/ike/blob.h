/* Bytes of any length up to BLOB_MAX, immutable once made, named by handles, in pools of four sizes. A handle is owned
 * by exactly one field of one object. */
#ifndef IKE_BLOB_H
#define IKE_BLOB_H

#include "base/bytes.h"
#include "base/pool.h"

enum { BLOB_SIZES = 4, BLOB_MAX = 8192 };

struct blobs {
    struct pool pools[BLOB_SIZES];
};

size_t blobs_space(uint32_t count);
struct blobs blobs_of(void *space, uint32_t count);

/* Not set: the store is full, or the bytes are longer than BLOB_MAX. */
struct handle blob_make(struct blobs *blobs, struct bytes bytes);

/* Empty for a handle that names nothing. */
struct bytes blob_bytes(const struct blobs *blobs, struct handle h);
void blob_drop(struct blobs *blobs, struct handle h);
void blobs_wipe(struct blobs *blobs); /* all that were ever made; the store is of no use then */
uint32_t blobs_taken(const struct blobs *blobs);

#endif
