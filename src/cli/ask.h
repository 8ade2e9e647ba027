/* What nobody shall see: asked for on the terminal without echo. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>
#include <stddef.h>

enum { ASK_LINE_SIZE = 128 + 2 };

/* One line of standard input, without its end; when that is a terminal the prompt stands before it, and nothing of it
 * appears. `line` is secret then. False: end of input, or too long. */
bool ask_silently(const char *prompt, char line[static ASK_LINE_SIZE], size_t *len);

#endif
