/* The options that stand behind the word of a tool, as rows: for getopt_long(3) and for the tool's help. */
#ifndef CLI_TOOL_OPTIONS_H
#define CLI_TOOL_OPTIONS_H

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

struct tool_option {
    int letter;
    const char *word, *argument, *help; /* argument: NULL when it takes none */
};

enum { TOOL_OPTIONS_MAX = 16, TOOL_LETTERS_SIZE = 2 * TOOL_OPTIONS_MAX + 2 };

/* What getopt_long wants: the words, closed by an empty one, and the letters behind a ':'. At most TOOL_OPTIONS_MAX
 * rows. */
void tool_options_prepare(const struct tool_option *rows, size_t count,
                          struct option words[static TOOL_OPTIONS_MAX + 1], char letters[static TOOL_LETTERS_SIZE]);

/* A line each. */
void tool_options_help(FILE *out, const struct tool_option *rows, size_t count);

#endif
