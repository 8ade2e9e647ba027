/* Where a screen goes: through a filter (`| include REGEX`), then page by page to the terminal, or to a file.
 *
 *     struct output_filter filter;
 *     if (output_filter_read(&filter, text_behind_the_bar, is_admin, &at, why) &&
 *         output_filter_begin(&filter, why)) ...
 *     FILE *out = output_open(&filter, pages);
 *     ... fprintf(out, ...)
 *     fclose(out);                     what is left is written, and the count
 *     output_filter_end(&filter, why)  what stands in a file, or that it does not
 *     output_filter_free(&filter); */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/text.h"
#include "cli/file.h"

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
    char path[FILE_PATH_SIZE]; /* of REDIRECT, TEE and APPEND; "": of none */
    bool is_added;             /* to the end of it */
    FILE *file;                /* between begin and end */
};

/* "include 10.1", "grep -v UP"; words may be shortened. Files are for administrators. False: `why` says what is wrong,
 * one sentence, and `at` is the offset of the wrong word. */
bool output_filter_read(struct output_filter *filter, struct bytes text, bool is_admin, size_t *at, struct text *why);

/* The file, if it has one; only its owner can read a new one, for a screen may hold keys. False: why there is none. */
bool output_filter_begin(struct output_filter *filter, struct text *why);
bool output_filter_end(struct output_filter *filter, struct text *why);
void output_filter_free(struct output_filter *filter);

/* The filters and what they do, for help: index 0, 1, ...; NULL: no more. */
struct output_filter_help {
    const char *word, *meaning;
    bool takes_file;
};
const struct output_filter_help *output_filter_help(size_t index);

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
