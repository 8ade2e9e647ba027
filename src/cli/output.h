/* Where a screen goes: through a filter (`| include REGEX`), then page by page to the terminal.
 *
 *     struct output_filter filter;
 *     if (output_filter_read(&filter, text_behind_the_bar, why)) ...
 *     FILE *out = output_open(&filter, pages);
 *     ... fprintf(out, ...)
 *     fclose(out);                     what is left is written, and the count; `filter` may go then
 *     output_filter_free(&filter); */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/text.h"

#include <regex.h>
#include <stdio.h>

enum output_filter_kind {
#define FILTER(name, ...) OUTPUT_##name,
#include "cli/filters.def"
#undef FILTER
    OUTPUT_ALL,
};

struct output_filter {
    enum output_filter_kind kind;
    bool has_begun;
    bool is_in_section; /* a line that matched is not over */
    size_t indent;      /* of that line */
    unsigned long count;
    regex_t regex; /* but for ALL, and COUNT of every line */
    bool has_regex;
};

/* "include 10.1", "grep -v UP"; words may be shortened. False: `why` says what is wrong, one sentence, and `at` is the
 * offset of the wrong word. */
bool output_filter_read(struct output_filter *filter, struct bytes text, size_t *at, struct text *why);
void output_filter_free(struct output_filter *filter);

/* The filters and what they do, for help: index 0, 1, ...; NULL: no more. */
const char *output_filter_word(size_t index, const char **meaning);

/* After each page a key is waited for: space for another, Enter for a line, q for no more. */
struct output_pages {
    bool is_on;
    unsigned lines;   /* 0: as many as the terminal has, which may change between two pages */
    const char *more; /* what is asked with */
};

FILE *output_open(struct output_filter *filter, struct output_pages pages);

/* Lines that fit the terminal. */
unsigned output_rows(void);

#endif
