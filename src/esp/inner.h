/* The packet inside the tunnel: what its headers say. IPv4 (RFC 791) and IPv6 with simple extension headers (RFC 8200).
 */
#ifndef ESP_INNER_H
#define ESP_INNER_H

#include "base/selector.h"

struct inner {
    enum ip_family family;
    struct ip source, destination;
    uint8_t traffic_class; /* TOS: DSCP and ECN */
    uint8_t protocol;      /* the upper layer's; of a later fragment what its header names */
    uint16_t header_len;   /* to the upper layer: IPv4 options, IPv6 extension headers */
    uint32_t total_len;    /* bytes of the whole packet */
    bool has_df;           /* IPv6: always */
    bool is_fragment, is_later_fragment;
    bool has_ports; /* TCP, UDP, SCTP, UDP-Lite, with the ports present */
    uint16_t source_port, destination_port;
};

/* False for what is not a sane packet: version, header length, total length beyond what is there. Bytes behind
 * total_len are allowed (TFC padding, RFC 4303 2.7) and not part of it. */
bool inner_read(struct inner *inner, struct bytes packet);

/* Of a packet that is cut, as an ICMP error quotes it: `total_len` is what there is of it, at most
 * INNER_BEGINNING_MAX. */
enum { INNER_BEGINNING_MAX = 128 };
bool inner_read_beginning(struct inner *inner, struct bytes packet);

/* A source that can be nobody's: multicast, limited broadcast, loopback, 0.0.0.0/8, ::. */
bool inner_is_martian(const struct inner *inner);

struct flow inner_flow_out(const struct inner *inner); /* source is local */
struct flow inner_flow_in(const struct inner *inner);  /* destination is local */

/* RFC 1071, over `sum` that was begun before (0 for none); the complement is not taken. */
uint32_t checksum_add(uint32_t sum, struct bytes bytes);
/* Folded and complemented, as it stands in a header. */
uint16_t checksum_end(uint32_t sum);
/* RFC 1624: the checksum after a 16-bit field has changed. */
uint16_t checksum_change(uint16_t checksum, uint16_t before, uint16_t after);

#endif
