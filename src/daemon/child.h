/* A child process that is given a text on its standard input: no shell, no environment, no descriptor of ours. */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

#include "base/text.h"

/* Runs `path` with `argv` (closed by NULL), feeds it `input`, and waits for its end. What it printed is added to
 * `printed`, escaped and cut to its size. Returns its exit code, 128 + the signal that ended it, or -1 with errno when
 * it could not be started. */
int child_run(const char *path, char *const argv[], struct bytes input, struct text *printed);

#endif
