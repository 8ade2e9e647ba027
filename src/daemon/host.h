/* What the daemon wants of the machine, and what it sets for itself. */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include "base/text.h"

/* No core dumps, nobody traces us: keys are in this memory. */
void host_harden(void);

/* False: what is missing to be a gateway here, one sentence. */
bool host_can_run(struct text *why);

#endif
