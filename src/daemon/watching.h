/* The daemon's part of `sla monitor` and `track`: socket, clock and log beside daemon/sla.h. */
#ifndef DAEMON_WATCHING_H
#define DAEMON_WATCHING_H

#include "daemon/daemon.h"

void watching_open(struct daemon *daemon);
void watching_use(struct daemon *daemon, const struct policy *policy);
void watching_close(struct daemon *daemon);

#endif
