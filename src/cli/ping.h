/* `ping ADDR [repeat N] [source ADDR|DEVICE]`: the system's ping, as the devices show it. */
#ifndef CLI_PING_H
#define CLI_PING_H

#include "base/ip.h"

#include <stdio.h>

enum { PING_COUNT = 5 };

/* 0: at least one answer came, 1: none, 2: it could not be done, and `why` says why. `source` "": what the route says.
 */
int ping_run(FILE *out, struct ip target, unsigned count, const char *source, struct text *why);

#endif
