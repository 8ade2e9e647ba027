/* `ikewise doctor [FILE]`: what of this machine or of the configuration keeps tunnels from working. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/reply.h"

enum doctor_verdict { DOCTOR_NOTHING_STOPS = 0, DOCTOR_FOUND = 1, DOCTOR_NOT_RUN = 2 };

/* Adds what was found to the reply. `path` "": the file that ikewised reads; without that one, only the machine is
 * examined. NOT_RUN: `why` is one sentence. */
enum doctor_verdict doctor_run(struct reply *reply, const char *path, struct text *why);

#endif
