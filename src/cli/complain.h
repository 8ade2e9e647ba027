/* What was wrong with a line, in the devices' words: a caret under the wrong word, or that it is ambiguous or
 * incomplete; and what could have stood there, when that is few. */
#ifndef CLI_COMPLAIN_H
#define CLI_COMPLAIN_H

#include "cli/session.h"

/* `match`: how far it is a statement, when we are configuring; else NULL. What got further is complained of. */
void complain_of_line(const struct session *session, struct bytes line, const struct bytes *words, size_t word_count,
                      const struct control_parse *parse, const struct grammar_match *match);

/* `at`: offset of the wrong word in the line. */
void complain_of_filter(const struct session *session, struct bytes line, size_t at, const char *expected);

/* More words than any command has. */
/* What a `|` would have written to a file. */
void complain_of_file(const struct session *session, const char *why);
void complain_of_length(const struct session *session);

#endif
