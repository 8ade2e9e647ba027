/* How a configuration comes into use: the packet filter, translation, keys, the engine and the sockets follow it, in
 * the order that keeps traffic from leaving in clear. One that cannot be used is thrown away, and everything stays, or
 * is made again, as the old one has it. */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include "daemon/daemon.h"

/* The one that the daemon was started with, once its parts are there. */
bool adopt_first(struct daemon *daemon, struct text *why);

/* The file again, and a change of what is running. `context` is the daemon; false: see why. */
bool adopt_reload(void *context, struct text *why);
bool adopt_change(void *context, const struct control_change *change, struct text *why);

/* A named peer has another address: a change as any other. */
void adopt_hosts(void *context);

/* Addresses may have come to this machine that the running one speaks of. False: see why. */
bool adopt_addresses(struct daemon *daemon, struct text *why);

/* The packet filter anew, for the running one and the pairs that there are of open tunnels. */
bool adopt_steer(const struct daemon *daemon, struct text *why);

#endif
