/* The notation of a syntax text: brackets, braces and marks. Not for other layers. */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include "conf/grammar.h"

struct syntax_next {
    struct grammar_item items[EXPECTED_MAX];
    uint16_t count;
    bool may_end;
    bool is_identified; /* the ~ of the syntax, or its end, has been passed */
};

/* What can stand after an item; `after.at` NULL: at the beginning of the line. */
void syntax_next(struct syntax_next *next, const char *syntax, struct grammar_item after);

#endif
