/* ikewise explain: files of any kind in, one verdict a negotiation out. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* The report goes to `out`, complaints to standard error. argv[0] is the word "explain". 0: all negotiations seen are
 * healthy; 1: a fault was found, or one stopped for no reason that is told; 2: nothing usable in the input, or a wrong option. */
int explain_main(FILE *out, int argc, char **argv, bool is_json);

#endif
