/* How a configuration comes into use: the packet filter, translation, keys, the engine and the sockets follow it, in
 * the order that keeps traffic from leaving in clear. One that cannot be used is thrown away, and everything stays, or
 * is made again, as the old one has it. */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include "daemon/daemon.h"

/* The one that the daemon was started with, once its parts are there. */
bool adopt_first(struct daemon *daemon, struct text *why);

/* A change, or the file again; its task's `done` says what has come of it. What is long is done beside the loop
 * (daemon/config_queue.h): all but the last step, which puts the new one in the place of the old one. */
void adopt_task(struct daemon *daemon, struct control_task *task);

/* The file again, for nobody who waits: the log says what has come of it. */
void adopt_reload(struct daemon *daemon);

/* A named peer has another address: a change as any other. `context` is the daemon. */
void adopt_hosts(void *context);

/* Addresses may have come to this machine that the running one speaks of. False: see why. */
bool adopt_addresses(struct daemon *daemon, struct text *why);

#endif
