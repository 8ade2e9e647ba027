/* pcap and pcapng as files: headers, blocks, times. draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. */
#include "source/parts.h"

#include <string.h>

enum { RECORD_LEN_MAX = 256 * 1024, BLOCK_LEN_MAX = 16 * 1024 * 1024 };
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_SIMPLE = 3, BLOCK_ENHANCED = 6 };
static const bool is_little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_TIME_RESOLUTION = 9 };

/* 0 where there are not as many bytes. */
static uint32_t u32_at(const struct packets *p, struct bytes b, size_t at)
{
    uint32_t n = 0;

    if (at + sizeof n <= b.len)
        memcpy(&n, b.data + at, sizeof n);
    return p->is_swapped == is_little_endian ? n : __builtin_bswap32(n);
}

static uint16_t u16_at(const struct packets *p, struct bytes b, size_t at)
{
    uint16_t n = 0;

    if (at + sizeof n <= b.len)
        memcpy(&n, b.data + at, sizeof n);
    return p->is_swapped == is_little_endian ? n : __builtin_bswap16(n);
}

static const struct {
    uint8_t first[4];
    bool is_swapped, is_ng;
    uint32_t ticks_a_second;
} magics[] = {
    {{0xa1, 0xb2, 0xc3, 0xd4}, false, false, 1000000},    {{0xd4, 0xc3, 0xb2, 0xa1}, true, false, 1000000},
    {{0xa1, 0xb2, 0x3c, 0x4d}, false, false, 1000000000}, {{0x4d, 0x3c, 0xb2, 0xa1}, true, false, 1000000000},
    {{0x0a, 0x0d, 0x0d, 0x0a}, false, true, 1000000},
};

bool capture_is(struct bytes first)
{
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (bytes_equal(first, BYTES_OF(magics[i].first)))
            return true;
    return false;
}

/* `len` bytes in one piece; they stay until the next call. */
static bool take(struct source *s, size_t len, struct bytes *taken)
{
    if (s->carry_len == 0 && s->input.len >= len) {
        *taken = bytes_of(s->input.data, len);
        s->input = bytes_after(s->input, len);
        return true;
    }
    size_t missing = len - s->carry_len, more = s->input.len < missing ? s->input.len : missing;
    if (more > 0)
        memcpy(s->carry + s->carry_len, s->input.data, more);
    s->carry_len += more;
    s->input = bytes_after(s->input, more);
    if (s->carry_len < len) {
        s->sum.is_cut |= s->has_ended && (s->carry_len > 0 || s->packets.at == AT_PACKET || s->packets.block_len > 0);
        return false;
    }
    *taken = bytes_of(s->carry, len);
    s->carry_len = 0;
    return true;
}

static bool give_up(struct source *s)
{
    s->sum.is_broken = true;
    s->packets.at = AT_SKIP;
    s->packets.skip = UINT32_MAX;
    s->carry_len = 0;
    return true;
}

static void read_frame(struct source *s, uint32_t link_type, struct bytes frame, bool has_time)
{
    struct packets *p = &s->packets;

    s->line++;
    s->sum.lines++;
    s->queue_end = s->queue_count + SAID_AT_ONCE;
    s->kind = SOURCE_CAPTURE;
    s->product = PRODUCT_UNKNOWN;
    s->stamp = (struct stamp){has_time ? STAMP_WHOLE : STAMP_NONE, p->time_ms, 0, 0};
    s->text[0] = '\0';
    if (has_time) {
        s->sum.has_year = true;
        s->sum.first_ms = !s->sum.has_time || p->time_ms < s->sum.first_ms ? p->time_ms : s->sum.first_ms;
        s->sum.last_ms = !s->sum.has_time || p->time_ms > s->sum.last_ms ? p->time_ms : s->sum.last_ms;
        s->sum.has_time = true;
    }
    s->sum.kind_lines[SOURCE_CAPTURE]++;
    if (frame_read(s, link_type, frame))
        s->sum.understood++;
    else
        s->sum.ignored++;
}

static bool skip_step(struct source *s)
{
    struct packets *p = &s->packets;
    size_t len = s->input.len < p->skip ? s->input.len : p->skip;

    s->input = bytes_after(s->input, len);
    if (p->skip != UINT32_MAX) /* then the rest of the file */
        p->skip -= (uint32_t)len;
    if (p->skip == 0)
        p->at = p->is_ng ? AT_BLOCK : AT_RECORD;
    return p->skip == 0;
}

static bool file_header_step(struct source *s)
{
    struct packets *p = &s->packets;
    struct bytes b;
    size_t row = 0;

    if (!take(s, 4, &b))
        return false;
    while (row + 1 < COUNT_OF(magics) && !bytes_equal(b, BYTES_OF(magics[row].first)))
        row++;
    p->is_swapped = magics[row].is_swapped;
    p->is_ng = magics[row].is_ng;
    p->ticks_a_second = magics[row].ticks_a_second;
    if (p->is_ng) { /* the block's head is read whole */
        memcpy(s->carry, magics[row].first, 4);
        s->carry_len = 4;
    }
    p->at = p->is_ng ? AT_BLOCK : AT_RECORD;
    p->captured = UINT32_MAX; /* the rest of pcap's file header stands before the first record */
    return true;
}

static bool packet_step(struct source *s)
{
    struct packets *p = &s->packets;
    uint32_t len = p->captured < PACKET_LEN_MAX ? p->captured : PACKET_LEN_MAX;
    struct bytes frame;

    if (!take(s, len, &frame))
        return false;
    p->skip = p->captured - len;
    p->at = p->skip ? AT_SKIP : AT_RECORD;
    read_frame(s, p->link_type, frame, true);
    return true;
}

static bool record_step(struct source *s)
{
    struct packets *p = &s->packets;
    struct bytes b;

    if (p->captured == UINT32_MAX) {
        if (!take(s, 20, &b))
            return false;
        p->link_type = u32_at(p, b, 16) & 0xffff;
        p->captured = 0;
        return true;
    }
    if (!take(s, 16, &b))
        return false;
    p->time_ms = (uint64_t)u32_at(p, b, 0) * 1000 + u32_at(p, b, 4) / (p->ticks_a_second / 1000);
    p->captured = u32_at(p, b, 8);
    if (p->captured > RECORD_LEN_MAX)
        return give_up(s);
    p->at = AT_PACKET;
    return packet_step(s);
}

/* The value of an option; without `data`: it is not there. */
static struct bytes option_of(const struct packets *p, struct bytes options, uint32_t wanted)
{
    while (options.len >= 4) {
        uint32_t code = u16_at(p, options, 0), len = u16_at(p, options, 2);

        options = bytes_after(options, 4);
        if (code == OPTION_END || len > options.len)
            break;
        if (code == wanted)
            return bytes_of(options.data, len);
        options = bytes_after(options, (len + 3) & ~3u);
    }
    return (struct bytes){0};
}

/* if_tsresol: a power of ten, or with the high bit one of two; the default is microseconds. */
static uint64_t ticks_of(const struct packets *p, struct bytes options)
{
    struct bytes resolution = option_of(p, options, OPTION_TIME_RESOLUTION);
    uint64_t ticks = 1;

    if (resolution.len != 1)
        return 1000000;

    uint8_t exponent = resolution.data[0] & 0x7f;

    if ((resolution.data[0] & 0x80) != 0)
        return exponent < 63 ? (uint64_t)1 << exponent : 1000000;
    while (exponent-- > 0 && ticks < UINT64_MAX / 10)
        ticks *= 10;
    return ticks;
}

static void interface_block(struct packets *p, struct bytes body)
{
    if (p->interface_count == INTERFACES_MAX || body.len < 8)
        return;
    p->interfaces[p->interface_count].link_type = u16_at(p, body, 0);
    p->interfaces[p->interface_count++].ticks_a_second = ticks_of(p, bytes_after(body, 8));
}

static void enhanced_block(struct source *s, struct bytes body)
{
    struct packets *p = &s->packets;
    uint32_t interface = u32_at(p, body, 0), captured = u32_at(p, body, 12);

    if (body.len < 20 || interface >= p->interface_count)
        return;
    uint64_t ticks = (uint64_t)u32_at(p, body, 4) << 32 | u32_at(p, body, 8);
    uint64_t a_second = p->interfaces[interface].ticks_a_second;
    p->time_ms = ticks / a_second * 1000 + (uint64_t)((double)(ticks % a_second) * 1000.0 / (double)a_second);
    body = bytes_after(body, 20);

    struct bytes frame = bytes_of(body.data, captured < body.len ? captured : body.len);
    struct bytes comment = option_of(p, bytes_after(body, (frame.len + 3) & ~(size_t)3), OPTION_COMMENT);

    if (bytes_equal(comment, bytes_of_text(SOURCE_DECRYPTED_COPY)))
        frame.len = 0; /* the message itself has been read; this was never on the wire */
    read_frame(s, p->interfaces[interface].link_type, frame, true);
}

static void block_read(struct source *s, uint32_t type, struct bytes body)
{
    struct packets *p = &s->packets;

    if (type == BLOCK_INTERFACE)
        interface_block(p, body);
    else if (type == BLOCK_ENHANCED)
        enhanced_block(s, body);
    else if (type == BLOCK_SIMPLE && body.len > 4 && p->interface_count > 0) {
        uint32_t len = u32_at(p, body, 0);

        body = bytes_after(body, 4);
        read_frame(s, p->interfaces[0].link_type, bytes_of(body.data, len < body.len ? len : body.len), false);
    }
}

static bool block_head(struct source *s, struct bytes head)
{
    static const uint8_t native[4] = {0x1a, 0x2b, 0x3c, 0x4d}, swapped[4] = {0x4d, 0x3c, 0x2b, 0x1a};
    struct packets *p = &s->packets;

    p->block_type = u32_at(p, head, 0);
    if (p->block_type == BLOCK_SECTION) { /* the same either way round */
        struct bytes order = bytes_after(head, 8);

        if (!bytes_equal(order, BYTES_OF(native)) && !bytes_equal(order, BYTES_OF(swapped)))
            return give_up(s);
        p->is_swapped = bytes_equal(order, BYTES_OF(swapped));
        p->interface_count = 0;
    }
    p->block_len = u32_at(p, head, 4);
    if (p->block_len < 12 || p->block_len % 4 != 0 || p->block_len > BLOCK_LEN_MAX)
        return give_up(s);
    return true;
}

/* A block: type, length, body, length. The first twelve bytes are all that the shortest has. */
static bool block_step(struct source *s)
{
    struct packets *p = &s->packets;
    struct bytes b;

    if (p->block_len == 0) {
        if (!take(s, 12, &b) || !block_head(s, b) || p->at == AT_SKIP)
            return p->at == AT_SKIP;
        memcpy(s->carry, b.data + 8, 4); /* the body's first four bytes */
        s->carry_len = p->block_len > 12 ? 4 : 0;
    }
    uint32_t rest = p->block_len - 8, len = rest <= PACKET_LEN_MAX ? rest : PACKET_LEN_MAX;
    if (p->block_len > 12) {
        if (!take(s, len, &b))
            return false;
        block_read(s, p->block_type, bytes_of(b.data, len == rest ? len - 4 : len));
    }
    p->skip = p->block_len > 12 ? rest - len : 0;
    p->at = p->skip ? AT_SKIP : AT_BLOCK;
    p->block_len = 0;
    return true;
}

static bool single_step(struct source *s)
{
    switch (s->packets.at) {
    case AT_FILE_HEADER: return file_header_step(s);
    case AT_RECORD: return record_step(s);
    case AT_PACKET: return packet_step(s);
    case AT_BLOCK: return block_step(s);
    case AT_SKIP: return skip_step(s);
    }
    return false;
}

/* The packets so far have texts that stand beside them; `text` and what is printed are of one alone. */
static bool may_read_on(const struct source *s)
{
    return s->queue_count < READ_AT_ONCE && !s->packets.print &&
           (s->queue_count == 0 || s->sights[s->queue_count - 1].packet);
}

bool capture_step(struct source *s)
{
    bool is_more = single_step(s);

    while (is_more && may_read_on(s))
        is_more = single_step(s);
    return is_more;
}
