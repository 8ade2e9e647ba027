/* What the pages about the configuration language share. */
#ifndef DOCS_GRAMMAR_MODES_H
#define DOCS_GRAMMAR_MODES_H

#include "conf/grammar.h"

#include <stdio.h>

/* In the order of the pages. */
struct grammar_mode_title {
    enum grammar_mode mode;
    const char *below; /* which statement; NULL: global ones */
};
extern const struct grammar_mode_title grammar_mode_titles[];
extern const size_t grammar_mode_title_count;

/* The notation of grammar.def, without what only the program needs: ~ parts the name of a statement from its value, and
 * {new^old} has both spellings of a word. */
void write_syntax(FILE *page, const char *syntax);

#endif
