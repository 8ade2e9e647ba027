/* `ikewise check FILE`: what is wrong with a configuration, without a gateway. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/reply.h"

enum check_verdict { CHECK_CLEAN = 0, CHECK_FAULTS = 1, CHECK_UNREADABLE = 2 };

/* Adds the findings, the tunnels and the unused statements of the file (and of the secrets file beside it) to the
 * reply. UNREADABLE: `why` is one sentence. */
enum check_verdict check_file(struct reply *reply, const char *path, struct text *why);

#endif
