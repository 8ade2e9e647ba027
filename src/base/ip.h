/* Addresses and endpoints, IPv4 and IPv6, as values. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/bytes.h"
#include "base/text.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

struct ip {
    uint8_t family;     /* enum ip_family; IP_NONE: no address */
    uint8_t octets[16]; /* network order; IPv4 uses the first four, the others are zero */
};

struct endpoint {
    struct ip ip;
    uint16_t port; /* host order; 0: not known */
};

/* Longest text of an address with its closing zero. */
enum { IP_TEXT_SIZE = 46, ENDPOINT_TEXT_SIZE = IP_TEXT_SIZE + 8 };

uint32_t ip_to_v4(struct ip ip); /* host order; 0 when it is not IPv4 */

/* As one word: whoever copies it at once, as most do, would wait for bytes that were written singly. */
static inline struct ip ip_of_v4(uint32_t host_order)
{
    const bool is_little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    uint64_t word = is_little_endian ? (uint64_t)__builtin_bswap32(host_order) << 8 | IP_V4
                                     : (uint64_t)IP_V4 << 56 | (uint64_t)host_order << 24;
    uint64_t whole __attribute__((vector_size(16))) = {word, 0};
    struct ip ip = {0};

    memcpy(&ip, &whole, sizeof whole);
    return ip;
}

/* 4 or 16 bytes; any other length gives IP_NONE. */
static inline struct ip ip_of_bytes(struct bytes octets)
{
    struct ip ip = {0};

    if (octets.len == 4) {
        const uint8_t *o = octets.data;

        return ip_of_v4((uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3]);
    }
    if (octets.len == 16) {
        ip.family = IP_V6;
        memcpy(ip.octets, octets.data, 16);
    }
    return ip;
}

/* 4, 16, or 0 */
static inline size_t ip_len(struct ip ip)
{
    return ip.family == IP_V4 ? 4 : ip.family == IP_V6 ? 16 : 0;
}

struct bytes ip_bytes(const struct ip *ip);

static inline bool ip_is_set(struct ip ip)
{
    return ip.family != IP_NONE;
}

/* By family, then as numbers. */
static inline int ip_compare(struct ip a, struct ip b)
{
    if (a.family != b.family)
        return a.family < b.family ? -1 : 1;
    return memcmp(a.octets, b.octets, ip_len(a));
}

/* Word by word as addresses are copied: who reads across two copied words waits for both. */
static inline bool ip_same(const struct ip *a, const struct ip *b)
{
    uint64_t one[2], other[2];

    memcpy(one, a, sizeof one);
    memcpy(other, b, sizeof other);
    return ((one[0] ^ other[0]) | (one[1] ^ other[1]) | (uint64_t)(a->octets[15] ^ b->octets[15])) == 0;
}

static inline bool ip_equal(struct ip a, struct ip b)
{
    return ip_same(&a, &b);
}

bool endpoint_equal(struct endpoint a, struct endpoint b);

/* Dotted quad or RFC 4291 text; the whole of `text` must be the address. `ip` is untouched on failure. */
bool ip_parse(struct ip *ip, struct bytes text);

void text_add_ip(struct text *t, struct ip ip);
void text_add_endpoint(struct text *t, struct endpoint e); /* 192.0.2.1:500, [2001:db8::1]:500 */

/* The text in the space handed in, for printf-like use. */
const char *ip_text(struct ip ip, char space[static IP_TEXT_SIZE]);
const char *endpoint_text(struct endpoint e, char space[static ENDPOINT_TEXT_SIZE]);

/* The mask of a prefix, and the other way round; -1 for a mask with a hole. */
struct ip ip_mask(enum ip_family family, unsigned prefix_len);
int ip_mask_len(struct ip mask);

/* First and last address of a prefix. */
struct ip ip_first(struct ip ip, unsigned prefix_len);
struct ip ip_last(struct ip ip, unsigned prefix_len);

#endif
