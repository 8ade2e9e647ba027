/* Two sockets, UDP 500 and 4500, for all addresses of the fleet: each datagram says which one it came to, and each that
 * leaves says which one it leaves from. */
#ifndef LOAD_NET_H
#define LOAD_NET_H

#include "base/ip.h"

struct load_net {
    int fds[2]; /* UDP 500, 4500 */
    uint64_t unsent_count;
};

bool load_net_open(struct load_net *net, struct text *why);
void load_net_close(struct load_net *net);

void load_net_send(struct load_net *net, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                   struct bytes data);

/* One datagram, the non-ESP marker taken off, in the caller's space. False: nothing is there. ESP is left out. */
bool load_net_receive(struct load_net *net, struct endpoint *local, struct endpoint *remote, struct bytes *data,
                      uint8_t *space, size_t size);

/* Until a datagram is there, or for so many ms. */
void load_net_wait(const struct load_net *net, int ms);

#endif
