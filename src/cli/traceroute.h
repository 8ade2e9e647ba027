/* `traceroute ADDR [source S] ...`: the system's traceroute, as the devices show it. */
#ifndef CLI_TRACEROUTE_H
#define CLI_TRACEROUTE_H

#include "base/ip.h"
#include "base/text.h"

#include <stdio.h>

/* What is 0 or "" is as the devices have it when nothing is said: three probes of UDP a hop, 3 s for an answer, 30
 * hops, from port 33434 on. */
struct traceroute_options {
    unsigned probes, timeout_s, first_hop, last_hop, port;
    bool is_icmp;
    const char *source; /* an address or a device of Linux; "": what the route says */
};

/* A line of the system's as the devices print it; false: it is none of a hop. */
bool traceroute_line(struct text *t, const char *line);

/* 0: the target answered, 1: it did not, 2: it could not be done, and `why` says why. */
int traceroute_run(FILE *out, struct ip target, const struct traceroute_options *options, struct text *why);

#endif
