/* `ping` without an address: what it should do is asked, question by question, as the devices do. */
#ifndef CLI_PING_ASKED_H
#define CLI_PING_ASKED_H

#include "control/request.h"

#include <stdio.h>

enum { PING_ASKED_LINE = 512 };

/* Puts the questions to `out` and takes the answers from `in`, an empty one for what stands in brackets. Writes the
 * command that they come to. False: `in` has ended, or no address was given. */
bool ping_asked(FILE *in, FILE *out, bool is_ios, char line[static PING_ASKED_LINE]);

#endif
