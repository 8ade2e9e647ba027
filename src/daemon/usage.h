/* What went through the pairs of a peer that have gone, until its session ends: an ASA tells of both then.
 *
 *     usage_add(usage, peer, sent, received);
 *     struct usage_bytes bytes = usage_take(usage, peer);     and the peer begins from 0 again */
#ifndef DAEMON_USAGE_H
#define DAEMON_USAGE_H

#include "base/ip.h"

struct usage;

struct usage_bytes {
    uint64_t sent, received; /* inner bytes */
};

struct usage *usage_open(void); /* NULL: no memory */
void usage_close(struct usage *usage);

/* Without memory for another peer nothing is added. */
void usage_add(struct usage *usage, struct ip peer, struct usage_bytes bytes);
struct usage_bytes usage_take(struct usage *usage, struct ip peer);

#endif
