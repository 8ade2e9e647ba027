/* A text as lines and words. Line ends of any system, tabs, and what a terminal leaves in a pasted configuration
 * (prompts, --More--, checksums) are dealt with here.
 *
 *     struct lines lines = lines_of(text);
 *     while (line_next(&lines, &line)) ...
 *
 * Everything is a view of the text. */
#ifndef CONF_LINE_H
#define CONF_LINE_H

#include "conf/grammar.h"

struct lines {
    struct bytes rest;
    uint32_t number;
};

struct line {
    uint32_t number, column;       /* of the first word, from 1 */
    uint32_t indent;               /* blanks before it */
    struct bytes text;             /* from the first word to the last */
    struct bytes text_with_blanks; /* from the first word to the line end */
};

struct lines lines_of(struct bytes text);
bool line_next(struct lines *lines, struct line *line);

/* Nothing to be understood: blank, a comment (! or :), a prompt, a checksum. */
bool line_is_noise(const struct line *line);

/* Up to `max` tokens; returns how many there are. */
uint16_t line_tokens(const struct line *line, struct token *tokens, uint16_t max, bool *is_cut);

/* False, with the number of the line: a zero byte, or longer than `line_max`. */
bool lines_are_text(struct bytes text, size_t line_max, uint32_t *number, uint32_t *line_count);

/* How much of a text may be shown to anybody: up to and including the first word that announces a secret, or all of it.
 */
size_t text_public_len(struct bytes text);

#endif
