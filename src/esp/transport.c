#include "esp/transport.h"

#include "base/check.h"
#include "base/protocol.h"
#include "base/writer.h"

#include <string.h>

enum { V4_HEADER_LEN = 20, V6_HEADER_LEN = 40, TTL = 64, PACKET_MAX = 65535 };
enum { TCP_CHECKSUM_AT = 16, UDP_LEN_AT = 4, UDP_CHECKSUM_AT = 6 };

static size_t header_len_of(enum ip_family family)
{
    return family == IP_V6 ? V6_HEADER_LEN : V4_HEADER_LEN;
}

bool esp_transport_carries(const struct inner *inner)
{
    return !inner->is_fragment && inner->header_len == header_len_of(inner->family);
}

void esp_transport_take_off(struct esp_packet *packet, const struct inner *inner)
{
    CHECK(esp_transport_carries(inner));
    packet->at += inner->header_len;
    packet->len -= inner->header_len;
    packet->next_header = inner->protocol;
}

static uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* Of TCP or UDP between those ends, put in at `at`. */
static void put_checksum(uint8_t *segment, size_t len, size_t at, uint8_t protocol, const struct esp_ends *ends)
{
    uint32_t sum = checksum_add((uint32_t)len + protocol, ip_bytes(&ends->remote));

    segment[at] = segment[at + 1] = 0;
    sum = checksum_add(sum, ip_bytes(&ends->local));
    uint16_t checksum = checksum_end(checksum_add(sum, bytes_of(segment, len)));
    if (checksum == 0 && protocol == PROTOCOL_UDP)
        checksum = 0xffff; /* RFC 768: 0 is none */
    segment[at] = (uint8_t)(checksum >> 8);
    segment[at + 1] = (uint8_t)checksum;
}

/* The peer has summed up the addresses as it sees them. The ICV has vouched for the bytes. */
static void mend_checksum(uint8_t *segment, size_t len, uint8_t protocol, const struct esp_ends *ends)
{
    if (protocol == PROTOCOL_TCP && len >= TCP_CHECKSUM_AT + 2) {
        put_checksum(segment, len, TCP_CHECKSUM_AT, protocol, ends);
    } else if (protocol == PROTOCOL_UDP && len >= UDP_CHECKSUM_AT + 2 && get_u16(segment + UDP_CHECKSUM_AT) != 0) {
        size_t udp_len = get_u16(segment + UDP_LEN_AT);

        if (udp_len >= UDP_CHECKSUM_AT + 2 && udp_len <= len)
            put_checksum(segment, udp_len, UDP_CHECKSUM_AT, protocol, ends);
    }
}

static void put_v4(struct writer *w, size_t len, uint8_t protocol, const struct esp_ends *ends)
{
    write_u8(w, 0x45);
    write_u8(w, 0);
    write_u16(w, (uint16_t)len);
    write_u16(w, 0);
    write_u16(w, 0x4000); /* a whole packet: RFC 6864 section 4.1 */
    write_u8(w, TTL);
    write_u8(w, protocol);
    size_t checksum_at = write_gap(w, 2);
    write_bytes(w, ip_bytes(&ends->remote));
    write_bytes(w, ip_bytes(&ends->local));
    patch_u16(w, checksum_at, checksum_end(checksum_add(0, writer_bytes(w))));
}

static void put_v6(struct writer *w, size_t len, uint8_t protocol, const struct esp_ends *ends)
{
    write_u32(w, 6u << 28);
    write_u16(w, (uint16_t)(len - V6_HEADER_LEN));
    write_u8(w, protocol);
    write_u8(w, TTL);
    write_bytes(w, ip_bytes(&ends->remote));
    write_bytes(w, ip_bytes(&ends->local));
}

bool esp_transport_put_on(struct esp_packet *packet, uint8_t protocol, const struct esp_ends *ends)
{
    size_t header_len = header_len_of((enum ip_family)ends->local.family), len = header_len + packet->len;

    CHECK(packet->at >= header_len);
    if (len > PACKET_MAX)
        return false;
    if (ends->are_natted)
        mend_checksum(packet->data + packet->at, packet->len, protocol, ends);
    packet->at -= header_len;
    packet->len = len;
    struct writer w = writer_of(packet->data + packet->at, header_len);
    if (ends->local.family == IP_V6)
        put_v6(&w, len, protocol, ends);
    else
        put_v4(&w, len, protocol, ends);
    return true;
}
