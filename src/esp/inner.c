#include "esp/inner.h"

#include "base/protocol.h"
#include "base/reader.h"

#include <string.h>

enum {
    V4_HEADER_LEN = 20,
    V6_HEADER_LEN = 40,
    V6_EXTENSIONS_MAX = 8, /* no honest packet has more */
    PROTOCOL_UDP_LITE = 136,
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_DESTINATION = 60,
};

static bool protocol_has_ports(uint8_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
           protocol == PROTOCOL_UDP_LITE;
}

static void read_ports(struct inner *inner, struct bytes packet)
{
    struct reader r = reader_of(bytes_after(packet, inner->header_len));

    if (inner->is_later_fragment || !protocol_has_ports(inner->protocol))
        return;
    uint16_t source_port = read_u16(&r);
    uint16_t destination_port = read_u16(&r);
    if (!reader_is_ok(&r))
        return;
    inner->has_ports = true;
    inner->source_port = source_port;
    inner->destination_port = destination_port;
}

static bool read_v4(struct inner *inner, struct bytes packet)
{
    struct reader r = reader_of(packet);

    inner->family = IP_V4;
    inner->header_len = (uint16_t)((read_u8(&r) & 0x0f) * 4);
    inner->traffic_class = read_u8(&r);
    inner->total_len = read_u16(&r);
    read_u16(&r); /* identification */
    uint16_t fragment = read_u16(&r);
    read_u8(&r); /* TTL */
    inner->protocol = read_u8(&r);
    read_u16(&r); /* checksum: the kernel checks it when it takes the packet */
    inner->source = ip_of_bytes(read_bytes(&r, 4));
    inner->destination = ip_of_bytes(read_bytes(&r, 4));
    if (!reader_is_ok(&r) || inner->header_len < V4_HEADER_LEN || inner->total_len < inner->header_len ||
        inner->total_len > packet.len)
        return false;

    uint32_t offset = (fragment & 0x1fffu) * 8;
    inner->has_df = (fragment & 0x4000) != 0;
    inner->is_later_fragment = offset != 0;
    inner->is_fragment = offset != 0 || (fragment & 0x2000) != 0;
    return offset + inner->total_len <= 65535u + inner->header_len;
}

/* One extension header; false where the upper layer begins, or nothing more can be read. */
static bool read_extension(struct inner *inner, struct bytes packet)
{
    struct reader r = reader_of(bytes_after(packet, inner->header_len));
    uint8_t next = read_u8(&r);
    uint8_t units = read_u8(&r);
    uint16_t fragment = read_u16(&r);
    size_t len = 8;

    switch (inner->protocol) {
    case EXTENSION_FRAGMENT:
        inner->is_later_fragment = (fragment & 0xfff8) != 0;
        inner->is_fragment = inner->is_later_fragment || (fragment & 1) != 0;
        break;
    case EXTENSION_HOP_BY_HOP:
    case EXTENSION_ROUTING:
    case EXTENSION_DESTINATION: len = 8u + units * 8u; break;
    default: return false;
    }
    if (!reader_is_ok(&r) || inner->header_len + len > packet.len)
        return false;
    inner->protocol = next;
    inner->header_len = (uint16_t)(inner->header_len + len);
    return !inner->is_later_fragment;
}

static bool read_v6(struct inner *inner, struct bytes packet)
{
    struct reader r = reader_of(packet);

    inner->family = IP_V6;
    inner->traffic_class = (uint8_t)(read_u32(&r) >> 20);
    inner->total_len = V6_HEADER_LEN + (uint32_t)read_u16(&r);
    inner->protocol = read_u8(&r);
    read_u8(&r); /* hop limit */
    inner->source = ip_of_bytes(read_bytes(&r, 16));
    inner->destination = ip_of_bytes(read_bytes(&r, 16));
    inner->header_len = V6_HEADER_LEN;
    inner->has_df = true;
    if (!reader_is_ok(&r) || inner->total_len > packet.len)
        return false;
    for (int i = 0; i < V6_EXTENSIONS_MAX; i++)
        if (!read_extension(inner, bytes_of(packet.data, inner->total_len)))
            break;
    return true;
}

bool inner_read(struct inner *inner, struct bytes packet)
{
    struct inner read = {0};
    uint8_t version = packet.len > 0 ? packet.data[0] >> 4 : 0;

    if (version == 4 ? !read_v4(&read, packet) : version != 6 || !read_v6(&read, packet))
        return false;
    read_ports(&read, bytes_of(packet.data, read.total_len));
    *inner = read;
    return true;
}

/* Its length is that of the whole; in a copy it ends with what there is. */
bool inner_read_beginning(struct inner *inner, struct bytes packet)
{
    uint8_t space[INNER_BEGINNING_MAX];
    size_t len = packet.len < sizeof space ? packet.len : sizeof space;
    bool is_v6 = len > 0 && packet.data[0] >> 4 == 6;
    size_t at = is_v6 ? 4 : 2, own = is_v6 ? V6_HEADER_LEN : 0;

    if (len < V4_HEADER_LEN || len < own)
        return false;
    memcpy(space, packet.data, len);
    space[at] = 0;
    space[at + 1] = (uint8_t)(len - own);
    return inner_read(inner, bytes_of(space, len));
}

bool inner_is_martian(const struct inner *inner)
{
    uint32_t v4 = ip_to_v4(inner->source);

    if (inner->family == IP_V4)
        return v4 >> 24 == 0 || v4 >> 24 == 127 || v4 >> 28 == 0xe || v4 == 0xffffffff;
    struct bytes octets = ip_bytes(&inner->source);
    return octets.data[0] == 0xff || (bytes_are_zero(bytes_of(octets.data, 15)) && octets.data[15] <= 1);
}

struct flow inner_flow_out(const struct inner *inner)
{
    return (struct flow){.local = inner->source,
                         .remote = inner->destination,
                         .protocol = inner->protocol,
                         .has_ports = inner->has_ports,
                         .local_port = inner->source_port,
                         .remote_port = inner->destination_port};
}

struct flow inner_flow_in(const struct inner *inner)
{
    return (struct flow){.local = inner->destination,
                         .remote = inner->source,
                         .protocol = inner->protocol,
                         .has_ports = inner->has_ports,
                         .local_port = inner->destination_port,
                         .remote_port = inner->source_port};
}

uint32_t checksum_add(uint32_t sum, struct bytes bytes)
{
    uint64_t wide = sum;

    for (size_t i = 0; i + 1 < bytes.len; i += 2)
        wide += (uint32_t)(bytes.data[i] << 8 | bytes.data[i + 1]);
    if (bytes.len % 2 != 0)
        wide += (uint32_t)bytes.data[bytes.len - 1] << 8;
    while (wide >> 32 != 0)
        wide = (wide & 0xffffffff) + (wide >> 32);
    return (uint32_t)wide;
}

uint16_t checksum_end(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint16_t checksum_change(uint16_t checksum, uint16_t before, uint16_t after)
{
    return checksum_end((uint32_t)(uint16_t)~checksum + (uint16_t)~before + after);
}
