/* Writes straight down, checks once. A writer that has run out of space stays full and writes nothing more.
 *
 *     struct writer w = writer_of(space, sizeof space);
 *     write_u32(&w, doi);
 *     size_t len_at = write_gap(&w, 2);          filled in when the length is known
 *     ...
 *     patch_u16(&w, len_at, (uint16_t)(w.len - start));
 *     return writer_is_ok(&w) ? writer_bytes(&w) : nothing;
 *
 * Numbers are in network byte order. The caller owns the space. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

struct writer {
    uint8_t *data;
    size_t len;
    size_t size;
    bool is_full;
};

static inline struct writer writer_of(void *space, size_t size)
{
    return (struct writer){space, 0, size, false};
}

static inline bool writer_is_ok(const struct writer *w)
{
    return !w->is_full;
}

static inline struct bytes writer_bytes(const struct writer *w)
{
    return bytes_of(w->data, w->len);
}

void write_u8(struct writer *w, uint8_t number);
void write_u16(struct writer *w, uint16_t number);
void write_u32(struct writer *w, uint32_t number);
void write_u64(struct writer *w, uint64_t number);
void write_bytes(struct writer *w, struct bytes bytes);

/* Writes `len` zeros and returns where they begin. */
size_t write_gap(struct writer *w, size_t len);

/* Fills a gap in. A place outside what was written is left alone when the writer is full, and is our mistake when not.
 */
void patch_u8(struct writer *w, size_t at, uint8_t number);
void patch_u16(struct writer *w, size_t at, uint16_t number);
void patch_u32(struct writer *w, size_t at, uint32_t number);

#endif
