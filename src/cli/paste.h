/* What is pasted into the shell, as on an ASA: base64 up to `quit` on a line by itself. Whoever goes away before that has
 * changed nothing: the gateway hears of it when it is whole. */
#ifndef CLI_PASTE_H
#define CLI_PASTE_H

#include "cli/command.h"

/* crypto ca authenticate, import: the exit status of ikewise. */
int command_paste(struct command *command);
/* crypto key generate, zeroize */
int command_key(struct command *command);

#endif
