/* Reads straight down, checks once. A reader that has run short stays short and gives zeros and empty views.
 *
 *     struct reader r = reader_of(body);
 *     n->doi = read_u32(&r);
 *     n->spi = read_bytes(&r, read_u8(&r));
 *     n->data = read_rest(&r);
 *     return reader_is_ok(&r);
 *
 * Numbers are in network byte order. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

struct reader {
    struct bytes rest;
    bool is_short;
};

static inline struct reader reader_of(struct bytes bytes)
{
    return (struct reader){bytes, false};
}

static inline bool reader_is_ok(const struct reader *r)
{
    return !r->is_short;
}

/* Nothing left, and nothing was missing. */
static inline bool reader_is_at_end(const struct reader *r)
{
    return !r->is_short && r->rest.len == 0;
}

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
struct bytes read_bytes(struct reader *r, size_t len);
struct bytes read_rest(struct reader *r);

#endif
