/* A child process: no shell, no environment, no descriptor of ours. */
#ifndef DOCTOR_CHILD_H
#define DOCTOR_CHILD_H

#include "base/text.h"

/* Runs `path` with `argv` (closed by NULL), feeds it `input`, and waits for its end. What it printed, errors too, is
 * added to `printed`, escaped and cut to its size. Returns its exit code, 128 + the signal that ended it, or -1 with
 * errno when it could not be started. */
int child_run(const char *path, char *const argv[], struct bytes input, struct text *printed);

/* The output of a program, whole, on the heap and closed by a zero. NULL: it cannot be run, fails, says more than `max`
 * bytes, or takes longer than the limit; then it is killed. */
char *child_read(const char *path, char *const argv[], size_t max, unsigned limit_ms);

#endif
