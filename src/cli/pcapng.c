#include "cli/pcapng.h"

enum { SECTION_HEADER = 0x0a0d0d0a, INTERFACE = 1, ENHANCED_PACKET = 6, LINKTYPE_RAW = 101 };

/* In our own byte order, which the section's header tells (draft-ietf-opsawg-pcapng section 4.1). */
static void add_u16(FILE *out, uint16_t number)
{
    fwrite(&number, sizeof number, 1, out);
}

static void add_u32(FILE *out, uint32_t number)
{
    fwrite(&number, sizeof number, 1, out);
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

void pcapng_add(FILE *out, uint64_t at_us, uint32_t len, struct bytes packet)
{
    uint32_t padding = (uint32_t)(-packet.len & 3), block_len = 32 + (uint32_t)packet.len + padding;

    add_u32(out, ENHANCED_PACKET);
    add_u32(out, block_len);
    add_u32(out, 0);
    add_u32(out, (uint32_t)(at_us >> 32));
    add_u32(out, (uint32_t)at_us);
    add_u32(out, (uint32_t)packet.len);
    add_u32(out, len);
    fwrite(packet.data, 1, packet.len, out);
    for (uint32_t i = 0; i < padding; i++)
        fputc(0, out);
    add_u32(out, block_len);
}
