/* A network as logs and configurations write it. */
#ifndef DIAG_NETWORK_H
#define DIAG_NETWORK_H

#include "base/ip.h"

/* IPv4 only; in host order. */
struct network {
    uint32_t address, mask;
};

/* "10.9.0.0/255.255.0.0/0/0", "10.9.0.0/16"; a port behind it is passed over. False, and nothing changed, for what has
 * no mask or is something else. */
bool network_parse(struct network *n, const char *said);

/* The two have addresses in common, and neither is all addresses. */
bool network_overlaps(const char *one, const char *other);

/* An address of RFC 1918. */
bool network_is_private(struct ip ip);

#endif
