#include "base/check.h"
#include "wire/message.h"

#include <string.h>

/* Where the header's fields stand. */
enum { NEXT_PAYLOAD_AT = 16, FLAGS_AT = 19, LENGTH_AT = 24 };

struct message_writer message_begin(struct writer *w, const struct header *header)
{
    struct message_writer m = {.w = w, .header_at = w->len, .flags = header->flags};

    m.next_at = m.header_at + NEXT_PAYLOAD_AT;
    write_bytes(w, bytes_of(header->cookies, sizeof header->cookies));
    write_u8(w, PL_NONE);
    write_u8(w, (uint8_t)(0x10 | (header->minor_version & 0x0f)));
    write_u8(w, header->exchange);
    write_u8(w, header->flags);
    write_u32(w, header->message_id);
    write_gap(w, 4);
    return m;
}

struct writer *payload_begin(struct message_writer *m, uint8_t type)
{
    patch_u8(m->w, m->next_at, type);
    m->payload_at = write_gap(m->w, PAYLOAD_HEADER_LEN);
    m->next_at = m->payload_at;
    return m->w;
}

void payload_end(struct message_writer *m)
{
    size_t len = m->w->len - m->payload_at;

    if (len > UINT16_MAX)
        m->w->is_full = true;
    patch_u16(m->w, m->payload_at + 2, (uint16_t)len);
}

void message_add(struct message_writer *m, uint8_t type, struct bytes body)
{
    write_bytes(payload_begin(m, type), body);
    payload_end(m);
}

size_t message_add_gap(struct message_writer *m, uint8_t type, size_t len)
{
    size_t at = write_gap(payload_begin(m, type), len);

    payload_end(m);
    return at;
}

void message_fill(struct message_writer *m, size_t at, struct bytes bytes)
{
    if (m->w->is_full)
        return;
    CHECK(at <= m->w->len && bytes.len <= m->w->len - at);
    if (bytes.len > 0)
        memcpy(m->w->data + at, bytes.data, bytes.len);
}

size_t message_mark(const struct message_writer *m)
{
    return m->w->len;
}

struct bytes message_since(const struct message_writer *m, size_t mark)
{
    CHECK(mark <= m->w->len);
    return bytes_of(m->w->data + mark, m->w->len - mark);
}

void message_seal(struct message_writer *m, size_t block_len)
{
    CHECK(block_len > 0);
    size_t odd = m->w->is_full ? 0 : (m->w->len - m->header_at - HEADER_LEN) % block_len;

    write_gap(m->w, odd == 0 ? 0 : block_len - odd);
    m->flags |= FLAG_ENCRYPTION;
    patch_u8(m->w, m->header_at + FLAGS_AT, m->flags);
}

struct bytes message_end(struct message_writer *m)
{
    size_t len = m->w->len - m->header_at;

    patch_u32(m->w, m->header_at + LENGTH_AT, (uint32_t)len);
    return writer_is_ok(m->w) ? bytes_of(m->w->data + m->header_at, len) : (struct bytes){0};
}

uint8_t *message_seal_space(const struct message_writer *m, size_t *len)
{
    CHECK(writer_is_ok(m->w));
    *len = m->w->len - m->header_at - HEADER_LEN;
    return m->w->data + m->header_at + HEADER_LEN;
}
