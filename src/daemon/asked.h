/* What the control socket is answered from: the daemon's parts, and this machine. */
#ifndef DAEMON_ASKED_H
#define DAEMON_ASKED_H

#include "daemon/daemon.h"

/* Opens the control socket. False: see why. */
bool asked_open(struct daemon *daemon, struct text *why);

#endif
