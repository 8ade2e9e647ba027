/* Splitting an IPv4 packet before it is encrypted, so that the peer opens whole ESP packets: an ASA's `crypto ipsec
 * fragmentation before-encryption`, its default. Fragments may be split again (RFC 791 section 3.2).
 *
 *     struct fragmenter f = fragmenter_of(&inner, packet, mtu);
 *     while ((len = fragment_next(&f, space, sizeof space)) > 0) ...
 *     if (f.is_refused) ...         nothing was made: not IPv4, or no room for 8 bytes
 */
#ifndef ESP_FRAGMENT_H
#define ESP_FRAGMENT_H

#include "esp/inner.h"

struct fragmenter {
    struct bytes packet; /* borrowed */
    uint16_t header_len;
    size_t mtu;
    size_t done; /* payload bytes that have been handed out */
    bool is_refused;
};

struct fragmenter fragmenter_of(const struct inner *inner, struct bytes packet, size_t mtu);

/* The next fragment with its header and checksum; 0: there are no more. The space has at least `mtu` bytes. The DF bit
 * is cleared: whoever splits a packet that carries it has decided so (DF policy `clear`). */
size_t fragment_next(struct fragmenter *f, uint8_t *space, size_t size);

#endif
