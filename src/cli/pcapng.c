#include "cli/pcapng.h"

enum {
    SECTION_HEADER = 0x0a0d0d0a,
    INTERFACE = 1,
    ENHANCED_PACKET = 6,
    LINKTYPE_RAW = 101,
    OPTION_END = 0,
    OPTION_COMMENT = 1
};

/* In our own byte order, which the section's header tells (draft-ietf-opsawg-pcapng section 4.1). */
static void add_u16(FILE *out, uint16_t number)
{
    fwrite(&number, sizeof number, 1, out);
}

static void add_u32(FILE *out, uint32_t number)
{
    fwrite(&number, sizeof number, 1, out);
}

/* To a multiple of four bytes. */
static uint32_t padding_of(struct bytes bytes)
{
    return (uint32_t)(-bytes.len & 3);
}

void pcapng_begin(FILE *out, uint32_t packet_max)
{
    add_u32(out, SECTION_HEADER);
    add_u32(out, 28);
    add_u32(out, 0x1a2b3c4d);
    add_u16(out, 1);
    add_u16(out, 0);
    add_u32(out, UINT32_MAX); /* the section's length is not known */
    add_u32(out, UINT32_MAX);
    add_u32(out, 28);

    add_u32(out, INTERFACE);
    add_u32(out, 20);
    add_u16(out, LINKTYPE_RAW);
    add_u16(out, 0);
    add_u32(out, packet_max);
    add_u32(out, 20);
}

static void add_padded(FILE *out, struct bytes bytes)
{
    fwrite(bytes.data, 1, bytes.len, out);
    for (uint32_t i = 0; i < padding_of(bytes); i++)
        fputc(0, out);
}

void pcapng_add(FILE *out, uint64_t at_us, uint32_t len, struct bytes packet, struct bytes comment)
{
    uint32_t comment_len = comment.len == 0 ? 0 : 8 + (uint32_t)comment.len + padding_of(comment);
    uint32_t block_len = 32 + (uint32_t)packet.len + padding_of(packet) + comment_len;

    add_u32(out, ENHANCED_PACKET);
    add_u32(out, block_len);
    add_u32(out, 0);
    add_u32(out, (uint32_t)(at_us >> 32));
    add_u32(out, (uint32_t)at_us);
    add_u32(out, (uint32_t)packet.len);
    add_u32(out, len);
    add_padded(out, packet);
    if (comment.len > 0) {
        add_u16(out, OPTION_COMMENT);
        add_u16(out, (uint16_t)comment.len);
        add_padded(out, comment);
        add_u16(out, OPTION_END);
        add_u16(out, 0);
    }
    add_u32(out, block_len);
}
