/* Commands that take any number of files, with options of their own among them: explain, replay, check. */
#ifndef CLI_TOOL_H
#define CLI_TOOL_H

#include "control/request.h"

#include <stdio.h>

/* From the command line of ikewise: argv[0] is the command, which may be shortened. False: it is none of these. */
bool tool_run_argv(FILE *out, int argc, char **argv, bool is_json, int *status);

/* From the shell: the words of the request. False: it is none of these. */
bool tool_run_words(FILE *out, enum control_request_id id, const struct bytes *words, size_t word_count, bool is_json,
                    int *status);

#endif
