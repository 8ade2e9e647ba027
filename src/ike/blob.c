#include "ike/blob.h"

#include <string.h>

struct blob {
    uint32_t len;
    uint8_t data[];
};

/* Most blobs are nonces, identities and SA payloads of a few transforms; few are datagrams and shares of large groups.
 */
static const struct {
    uint32_t size, share_of_count; /* bytes; one place in so many */
} sizes[BLOB_SIZES] = {{128, 1}, {512, 1}, {2048, 2}, {BLOB_MAX, 32}};

static uint32_t places(int size, uint32_t count)
{
    return count / sizes[size].share_of_count + 1;
}

size_t blobs_space(uint32_t count)
{
    size_t space = 0;

    for (int i = 0; i < BLOB_SIZES; i++)
        space += pool_space(places(i, count), sizeof(struct blob) + sizes[i].size);
    return space;
}

struct blobs blobs_of(void *space, uint32_t count)
{
    struct blobs blobs;
    uint8_t *at = space;

    for (int i = 0; i < BLOB_SIZES; i++) {
        blobs.pools[i] = pool_of(at, places(i, count), sizeof(struct blob) + sizes[i].size);
        at += pool_space(places(i, count), sizeof(struct blob) + sizes[i].size);
    }
    return blobs;
}

/* The pool's number travels in the two top bits of the index. */
static int size_of(struct handle h)
{
    return (int)(h.index >> 30);
}

static struct handle inner(struct handle h)
{
    return (struct handle){h.index & 0x3fffffffu, h.generation};
}

struct handle blob_make(struct blobs *blobs, struct bytes bytes)
{
    for (int i = 0; i < BLOB_SIZES; i++) {
        if (bytes.len > sizes[i].size)
            continue;
        struct handle h = pool_take(&blobs->pools[i]);
        if (!handle_is_set(h))
            continue;
        struct blob *blob = pool_find(&blobs->pools[i], h);
        blob->len = (uint32_t)bytes.len;
        if (bytes.len > 0)
            memcpy(blob->data, bytes.data, bytes.len);
        return (struct handle){h.index | (uint32_t)i << 30, h.generation};
    }
    return (struct handle){0, 0};
}

struct bytes blob_bytes(const struct blobs *blobs, struct handle h)
{
    const struct blob *blob = pool_find(&blobs->pools[size_of(h)], inner(h));

    return blob == NULL ? bytes_of(NULL, 0) : bytes_of(blob->data, blob->len);
}

void blob_drop(struct blobs *blobs, struct handle h)
{
    pool_give_back(&blobs->pools[size_of(h)], inner(h));
}

void blobs_wipe(struct blobs *blobs)
{
    for (int i = 0; i < BLOB_SIZES; i++)
        pool_wipe(&blobs->pools[i]);
}

uint32_t blobs_taken(const struct blobs *blobs)
{
    uint32_t taken = 0;

    for (int i = 0; i < BLOB_SIZES; i++)
        taken += blobs->pools[i].taken_count;
    return taken;
}
