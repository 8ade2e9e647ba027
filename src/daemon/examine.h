/* The doctor's findings as lines of the log. */
#ifndef DAEMON_EXAMINE_H
#define DAEMON_EXAMINE_H

#include "daemon/config.h"

/* Nothing is changed, and nothing that is found stops the daemon: what it cannot work without, it finds out itself. */
void examine_machine(const struct config *config, struct log *log);

#endif
