/* Which packets: a pair of address ranges, a protocol, a pair of port ranges. `local` is our side, `remote` the peer's.
 */
#ifndef BASE_SELECTOR_H
#define BASE_SELECTOR_H

#include "base/ip.h"

/* An address range; a prefix is the range of its addresses. Both ends belong to it and have the same family. */
struct ip_range {
    struct ip first, last;
};

struct port_range {
    uint16_t first, last; /* 0 to 65535: any */
};

struct selector {
    struct ip_range local, remote;
    uint8_t protocol; /* 0: any */
    struct port_range local_ports, remote_ports;
};

/* What a packet shows to a selector, seen from our side: `local` is its source on the way out, its destination on the
 * way in. */
struct flow {
    struct ip local, remote;
    uint8_t protocol;
    bool has_ports; /* false for a later fragment, and for protocols without ports */
    uint16_t local_port, remote_port;
};

struct ip_range ip_range_of_prefix(struct ip ip, unsigned prefix_len);
bool ip_range_holds(struct ip_range range, struct ip ip);
bool ip_range_contains(struct ip_range outer, struct ip_range inner);
bool ip_range_equal(struct ip_range a, struct ip_range b);

/* The length of the prefix that is exactly this range; -1 when none is. */
int ip_range_prefix_len(struct ip_range range);

/* What both hold; false, and `both` untouched, when that is nothing. */
bool ip_range_intersect(struct ip_range a, struct ip_range b, struct ip_range *both);

/* A selector that wants ports does not match a flow without them. */
bool selector_matches(const struct selector *s, const struct flow *f);
bool selector_contains(const struct selector *outer, const struct selector *inner);
/* Some packet is of both. */
bool selector_overlaps(const struct selector *a, const struct selector *b);
bool selector_equal(const struct selector *a, const struct selector *b);

/* The same traffic seen from the other end. */
struct selector selector_mirror(struct selector s);

/* 10.1.0.0/16, 10.1.0.5, 10.1.0.1-10.1.0.9 */
void text_add_ip_range(struct text *t, struct ip_range range);
/* 10.1.0.0/16 -> 10.2.0.0/16, then " tcp 80 -> any" and the like where the protocol is not any. */
void text_add_selector(struct text *t, const struct selector *s);

#endif
