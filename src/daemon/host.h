/* What the daemon wants of the machine, and what it sets for itself. */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include "base/text.h"
#include "daemon/log.h"

/* No core dumps, nobody traces us: keys are in this memory. */
void host_harden(void);

/* False: what is missing to be a gateway here, one sentence. */
bool host_can_run(struct text *why);

/* Adds "charon, process 123" when the process that has a UDP port can be found; else nothing. */
void host_add_port_owner(struct text *t, uint16_t port);

/* Settings of the kernel that are the administrator's, and that would stop traffic through a gateway. */
void host_log_settings(struct log *log);

#endif
