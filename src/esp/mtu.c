#include "esp/mtu.h"

#include "base/protocol.h"
#include "base/writer.h"
#include "esp/packet.h"

#include <string.h>

enum {
    V4_HEADER_LEN = 20,
    V6_HEADER_LEN = 40,
    UDP_HEADER_LEN = 8,
    TRAILER_LEN = 2, /* pad length and next header */
    ICMP_HEADER_LEN = 8,
    V4_QUOTE_MAX = 576, /* RFC 1812 4.3.2.3: the whole error within 576 bytes */
    ICMP_UNREACHABLE = 3,
    ICMP_FRAGMENTATION_NEEDED = 4,
    ICMPV6_PACKET_TOO_BIG = 2,
    TCP_FLAG_SYN = 0x02,
    TCP_OPTION_MSS = 2,
};

/* What stands around the encrypted text. */
static size_t frame_len(const struct esp_shape *shape, enum ip_family outer)
{
    return (outer == IP_V6 ? V6_HEADER_LEN : V4_HEADER_LEN) + (shape->is_udp ? UDP_HEADER_LEN : 0u) + ESP_HEADER_LEN +
           shape->iv_len + shape->icv_len;
}

/* Of an inner packet, what is not sent. */
static size_t taken_off(const struct esp_shape *shape, enum ip_family outer)
{
    return !shape->is_transport ? 0u : outer == IP_V6 ? V6_HEADER_LEN : V4_HEADER_LEN;
}

size_t esp_overhead(const struct esp_shape *shape, enum ip_family outer)
{
    return frame_len(shape, outer) + shape->block_len + TRAILER_LEN - taken_off(shape, outer);
}

size_t esp_inner_mtu(const struct esp_shape *shape, enum ip_family outer, size_t path_mtu)
{
    size_t frame = frame_len(shape, outer);

    if (path_mtu < frame + shape->block_len)
        return 0;
    size_t text = (path_mtu - frame) / shape->block_len * shape->block_len;
    return text < TRAILER_LEN ? 0 : text - TRAILER_LEN + taken_off(shape, outer);
}

size_t esp_outer_len(const struct esp_shape *shape, enum ip_family outer, size_t inner_len)
{
    size_t blocks = (inner_len - taken_off(shape, outer) + TRAILER_LEN + shape->block_len - 1) / shape->block_len;

    return frame_len(shape, outer) + blocks * shape->block_len;
}

/* RFC 1122 3.2.2 and RFC 4443 2.4: no error about an error, about a later fragment, or to nobody. */
static bool may_be_told(const struct inner *inner, struct bytes packet)
{
    uint8_t type = inner->header_len < inner->total_len ? packet.data[inner->header_len] : 0;
    uint32_t destination = ip_to_v4(inner->destination);

    if (inner->is_later_fragment || inner_is_martian(inner))
        return false;
    if (inner->family == IP_V6)
        return inner->protocol != PROTOCOL_ICMP6 || type >= 128;
    if (destination >> 28 == 0xe || destination == 0xffffffff)
        return false;
    return inner->protocol != PROTOCOL_ICMP || type == 8 || type == 0 || type >= 13;
}

static size_t too_big_v4(const struct inner *inner, struct bytes packet, size_t mtu, struct ip from, uint8_t *out)
{
    struct writer w = writer_of(out, V4_QUOTE_MAX);
    size_t room = V4_QUOTE_MAX - V4_HEADER_LEN - ICMP_HEADER_LEN;
    struct bytes quote = bytes_of(packet.data, inner->total_len < room ? inner->total_len : room);

    write_u8(&w, 0x45);
    write_u8(&w, 0xc0); /* RFC 1812 4.3.2.5: precedence 6 */
    write_u16(&w, (uint16_t)(V4_HEADER_LEN + ICMP_HEADER_LEN + quote.len));
    write_u32(&w, 0);
    write_u8(&w, 64);
    write_u8(&w, PROTOCOL_ICMP);
    size_t ip_checksum_at = write_gap(&w, 2);
    write_bytes(&w, ip_bytes(&from));
    write_bytes(&w, ip_bytes(&inner->source));
    patch_u16(&w, ip_checksum_at, checksum_end(checksum_add(0, bytes_of(out, V4_HEADER_LEN))));

    write_u8(&w, ICMP_UNREACHABLE);
    write_u8(&w, ICMP_FRAGMENTATION_NEEDED);
    size_t checksum_at = write_gap(&w, 2);
    write_u16(&w, 0);
    write_u16(&w, (uint16_t)mtu);
    write_bytes(&w, quote);
    patch_u16(&w, checksum_at, checksum_end(checksum_add(0, bytes_after(writer_bytes(&w), V4_HEADER_LEN))));
    return w.len;
}

static size_t too_big_v6(const struct inner *inner, struct bytes packet, size_t mtu, struct ip from, uint8_t *out)
{
    struct writer w = writer_of(out, ESP_TOO_BIG_MAX);
    size_t room = ESP_TOO_BIG_MAX - V6_HEADER_LEN - ICMP_HEADER_LEN;
    struct bytes quote = bytes_of(packet.data, inner->total_len < room ? inner->total_len : room);
    uint16_t len = (uint16_t)(ICMP_HEADER_LEN + quote.len);

    write_u32(&w, 6u << 28);
    write_u16(&w, len);
    write_u8(&w, PROTOCOL_ICMP6);
    write_u8(&w, 64);
    write_bytes(&w, ip_bytes(&from));
    write_bytes(&w, ip_bytes(&inner->source));
    write_u8(&w, ICMPV6_PACKET_TOO_BIG);
    write_u8(&w, 0);
    size_t checksum_at = write_gap(&w, 2);
    write_u32(&w, (uint32_t)mtu);
    write_bytes(&w, quote);
    /* RFC 8200 8.1: the pseudo-header is the two addresses, the length and the protocol. */
    uint32_t sum = checksum_add(len + (uint32_t)PROTOCOL_ICMP6, bytes_of(out + 8, 32));
    patch_u16(&w, checksum_at, checksum_end(checksum_add(sum, bytes_after(writer_bytes(&w), V6_HEADER_LEN))));
    return w.len;
}

size_t esp_too_big(const struct inner *inner, struct bytes packet, size_t mtu, struct ip from, uint8_t *out)
{
    if (!may_be_told(inner, packet))
        return 0;
    if (from.family != inner->family)
        from = inner->destination;
    if (inner->family == IP_V4)
        return too_big_v4(inner, packet, mtu, from, out);
    return from.octets[0] == 0xff ? 0 : too_big_v6(inner, packet, mtu, from, out);
}

/* Where the MSS stands in the TCP header; 0: nowhere. */
static size_t mss_at(const uint8_t *tcp, size_t len)
{
    size_t header_len = len < 20 ? 0 : (size_t)(tcp[12] >> 4) * 4;

    if (header_len < 20 || header_len > len || (tcp[13] & TCP_FLAG_SYN) == 0)
        return 0;
    for (size_t at = 20; at < header_len && tcp[at] != 0;) {
        size_t option_len = tcp[at] == 1 ? 1 : at + 1 < header_len ? tcp[at + 1] : 0;
        if (option_len == 0 || (option_len == 1 && tcp[at] != 1) || at + option_len > header_len)
            return 0;
        if (tcp[at] == TCP_OPTION_MSS)
            return option_len == 4 ? at + 2 : 0;
        at += option_len;
    }
    return 0;
}

/* The option may stand at an odd place, where its two bytes belong to two words of the checksum: RFC 1624 then wants
 * them the other way round. */
static uint16_t turn(uint16_t number)
{
    return (uint16_t)(number << 8 | number >> 8);
}

bool esp_clamp_mss(uint8_t *packet, const struct inner *inner, uint16_t mss)
{
    if (inner->protocol != PROTOCOL_TCP || inner->is_fragment)
        return false;
    uint8_t *tcp = packet + inner->header_len;
    size_t at = mss_at(tcp, inner->total_len - inner->header_len);
    if (at == 0)
        return false;
    uint16_t before = (uint16_t)(tcp[at] << 8 | tcp[at + 1]);
    if (before <= mss)
        return false;

    uint16_t checksum = (uint16_t)(tcp[16] << 8 | tcp[17]);
    checksum =
        at % 2 == 0 ? checksum_change(checksum, before, mss) : checksum_change(checksum, turn(before), turn(mss));
    tcp[at] = (uint8_t)(mss >> 8);
    tcp[at + 1] = (uint8_t)mss;
    tcp[16] = (uint8_t)(checksum >> 8);
    tcp[17] = (uint8_t)checksum;
    return true;
}
