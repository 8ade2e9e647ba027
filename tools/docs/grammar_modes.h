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

/* All words, in the order of the table, and the first statement whose syntax has one. */
extern const struct word_info grammar_words[];
extern const size_t grammar_word_count;
const struct grammar_row *grammar_row_with(const char *word);

/* conf/defaults.def as it is shown. */
struct release_defaults {
    const char *encryption, *hash, *group, *pfs;
    bool has_nat_t;
    const char *releases;
};
extern const struct release_defaults release_defaults[];
extern const size_t release_defaults_count;

/* The notation of grammar.def, without what only the program needs: ~ parts the name of a statement from its value, and
 * {new^old} has both spellings of a word. `bar` is written for what parts two words of which one is chosen. */
void write_syntax(FILE *page, const char *syntax, const char *bar);

#endif
