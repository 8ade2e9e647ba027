#include "esp/fragment.h"

#include <string.h>

enum { V4_HEADER_LEN = 20, MORE_FRAGMENTS = 0x2000, OFFSET_MASK = 0x1fff };

struct fragmenter fragmenter_of(const struct inner *inner, struct bytes packet, size_t mtu)
{
    return (struct fragmenter){.packet = bytes_of(packet.data, inner->total_len),
                               .header_len = inner->header_len,
                               .mtu = mtu,
                               .is_refused = inner->family != IP_V4 || mtu < inner->header_len + 8u};
}

/* RFC 791 section 3.1: options without the copy bit stand in the first fragment only. Returns the header's length, a
 * multiple of 4. */
static size_t copy_header(uint8_t *space, const uint8_t *header, size_t header_len, bool is_first)
{
    size_t len = V4_HEADER_LEN;

    memcpy(space, header, is_first ? header_len : V4_HEADER_LEN);
    if (is_first)
        return header_len;
    for (size_t at = V4_HEADER_LEN; at < header_len && header[at] != 0;) {
        size_t option_len = header[at] == 1 ? 1 : at + 1 < header_len ? header[at + 1] : 0;
        if (option_len == 0 || (option_len == 1 && header[at] != 1) || at + option_len > header_len)
            break; /* a broken option: what is behind it cannot be read */
        if ((header[at] & 0x80) != 0) {
            memcpy(space + len, header + at, option_len);
            len += option_len;
        }
        at += option_len;
    }
    while (len % 4 != 0)
        space[len++] = 0;
    space[0] = (uint8_t)(0x40 | len / 4);
    return len;
}

static void put_u16(uint8_t *at, size_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

size_t fragment_next(struct fragmenter *f, uint8_t *space, size_t size)
{
    size_t payload_len = f->packet.len - f->header_len;

    if (f->is_refused || f->done >= payload_len || size < f->mtu)
        return 0;
    const uint8_t *header = f->packet.data;
    size_t header_len = copy_header(space, header, f->header_len, f->done == 0);
    size_t part_len = payload_len - f->done;
    bool is_last = header_len + part_len <= f->mtu;
    if (!is_last)
        part_len = (f->mtu - header_len) & ~(size_t)7;
    memcpy(space + header_len, header + f->header_len + f->done, part_len);

    unsigned field = (unsigned)(header[6] << 8 | header[7]);
    unsigned more = is_last ? field & MORE_FRAGMENTS : MORE_FRAGMENTS;
    put_u16(space + 2, header_len + part_len);
    put_u16(space + 6, more | ((field & OFFSET_MASK) + (unsigned)(f->done / 8)));
    put_u16(space + 10, 0);
    put_u16(space + 10, checksum_end(checksum_add(0, bytes_of(space, header_len))));
    f->done += part_len;
    return header_len + part_len;
}
