/* `ping ADDR [repeat N] [source ADDR|DEVICE]`: the system's ping, as the devices show it. */
#ifndef CLI_PING_H
#define CLI_PING_H

#include "base/ip.h"

#include <stdio.h>

enum { PING_COUNT = 5 };

struct pinging {
    FILE *out;
    unsigned count, sent, answered; /* sent: marks that have been printed */
    double least_ms, most_ms, sum_ms;
};

/* The screen without the pinging, for whoever does it otherwise: the head, an answer to echo `sequence` (from 1,
 * ascending), the rate. */
struct pinging ping_begin(FILE *out, struct ip target, unsigned count);
void ping_answered(struct pinging *p, unsigned sequence, double ms);
void ping_end(struct pinging *p);

/* 0: at least one answer came, 1: none, 2: it could not be done, and `why` says why. `source` "": what the route says.
 */
int ping_run(FILE *out, struct ip target, unsigned count, const char *source, struct text *why);

#endif
