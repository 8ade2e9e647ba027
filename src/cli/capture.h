/* What a capture of the gateway has kept: on the screen, and in a file. */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include "base/text.h"

/* To a new file that only its owner can read. False, and no file: `why` says why. */
bool capture_copy(const char *socket_path, const char *name, const char *file, struct text *why);

#endif
