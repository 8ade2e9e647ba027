/* `ping ADDR [repeat N] [size N] ...`: the system's ping, as the devices show it. */
#ifndef CLI_PING_H
#define CLI_PING_H

#include "base/ip.h"

#include <stdio.h>

/* What is 0 or "" is as the devices have it when nothing is said: 5 echos of 100 bytes, 2 s for an answer. */
struct ping_options {
    unsigned count, size, timeout_s;
    bool has_df;
    const char *source;  /* an address or a device of Linux; "": what the route says */
    const char *pattern; /* hex digits */
};

struct pinging {
    FILE *out;
    unsigned count, sent, answered; /* sent: marks that have been printed */
    double least_ms, most_ms, sum_ms;
};

/* The screen without the pinging, for whoever does it otherwise: the head, an answer to echo `sequence` (from 1,
 * ascending), the rate. */
struct pinging ping_begin(FILE *out, struct ip target, const struct ping_options *options);
void ping_answered(struct pinging *p, unsigned sequence, double ms);
/* U: echo `sequence` cannot get there; M: it does not fit. */
void ping_refused(struct pinging *p, unsigned sequence, char mark);
void ping_end(struct pinging *p);

/* 0: at least one answer came, 1: none, 2: it could not be done, and `why` says why. */
int ping_run(FILE *out, struct ip target, const struct ping_options *options, struct text *why);

#endif
