/* The command line of ikewise: options.def, then the words of a command. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/screen.h"

struct options {
    const char *socket; /* never NULL */
    bool is_json, is_version, is_help;
    bool has_dialect; /* else the gateway's */
    enum dialect dialect;
    struct bytes words[CONTROL_WORDS_MAX]; /* views into argv */
    size_t word_count;
    const char *line; /* of -c; NULL: none */
};

/* False: `why` says what is wrong, one sentence. */
bool options_read(struct options *options, int argc, char **argv, struct text *why);

void options_help(struct text *t);

#endif
