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

static inline struct bytes read_bytes(struct reader *r, size_t len)
{
    struct bytes view = bytes_of(r->rest.data, len);

    if (r->is_short || len > r->rest.len) {
        r->is_short = true;
        return bytes_of(r->rest.data, 0);
    }
    r->rest = bytes_after(r->rest, len);
    return view;
}

static inline uint64_t read_number(struct reader *r, size_t len)
{
    struct bytes view = read_bytes(r, len);
    uint64_t number = 0;

    for (size_t i = 0; view.len == len && i < len; i++)
        number = number << 8 | view.data[i];
    return number;
}

static inline uint8_t read_u8(struct reader *r)
{
    return (uint8_t)read_number(r, 1);
}

static inline uint16_t read_u16(struct reader *r)
{
    return (uint16_t)read_number(r, 2);
}

static inline uint32_t read_u32(struct reader *r)
{
    return (uint32_t)read_number(r, 4);
}

static inline uint64_t read_u64(struct reader *r)
{
    return read_number(r, 8);
}

static inline struct bytes read_rest(struct reader *r)
{
    return read_bytes(r, r->is_short ? 0 : r->rest.len);
}

#endif
