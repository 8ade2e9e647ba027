/* `ikewise check A B` and `ikewise replay CAPTURE --config FILE`: two ends run against each other in the simulator. */
#ifndef CLI_ENDS_H
#define CLI_ENDS_H

#include "base/bytes.h"

#include <stdio.h>

/* The result goes to `out`, complaints to standard error. argv[0] is the word; options stand behind it. They return the
 * exit status of the program: 0 the tunnel would come up, 1 it would not, 2 not done. */
int ends_check_main(FILE *out, int argc, char **argv, bool is_json);
int ends_replay_main(FILE *out, int argc, char **argv, bool is_json);

/* `check` otherwise than with one file, whose findings are records: cli/check.h. */
bool ends_are_meant(int argc, char **argv);

#endif
