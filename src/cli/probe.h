/* `ikewise probe ADDRESS`: what a gateway is, accepts and lets through, asked by real messages of IKE. A budget of
 * messages, a few a second, and to that one address alone; the third message of an exchange is the last, so no tunnel
 * is made and no key of ours is needed. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "base/ip.h"
#include "cli/reply.h"

#include <stdio.h>

enum probe_verdict { PROBE_ANSWERED = 0, PROBE_SILENT = 1, PROBE_NOT_RUN = 2 };

/* `told`: where it is said what will be sent, before it is. `watch_s`: how long repeats are waited for, 0: the usual.
 * NOT_RUN: `why` is one sentence. */
enum probe_verdict probe_run(struct reply *reply, FILE *told, struct ip peer, unsigned watch_s, struct text *why);

#endif
