/* What can stand where the cursor is: the words of both tables with their help, for `?` and Tab. */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "cli/session.h"

enum { ADVICE_MAX = 160 };

enum advice_list { ADVICE_CONFIGURATION, ADVICE_COMMANDS, ADVICE_FILTERS, ADVICE_LISTS };

struct advice_item {
    char word[48]; /* as it is shown */
    const char *help;
    bool is_argument; /* stands for what is typed: no completion */
    enum advice_list list;
};

struct advice {
    struct advice_item items[ADVICE_MAX]; /* by list, then by word */
    size_t count;
    bool may_end[ADVICE_LISTS];
    struct bytes prefix; /* the word under the cursor so far; a part of the line */
};

/* `line` ends at the cursor. */
void advice_of(struct advice *advice, const struct session *session, struct bytes line);

/* As the devices show it. */
void advice_show(FILE *out, const struct advice *advice, enum dialect dialect);

/* What Tab puts in at the cursor: as much as all words that fit have in common, and a blank when there is one. */
void advice_complete(const struct advice *advice, struct text *put_in);

#endif
