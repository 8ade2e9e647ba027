/* What the pages of the manual share: mdoc(7) on its way out. A page that cannot be written whole ends the program. */
#ifndef DOCS_MANUAL_H
#define DOCS_MANUAL_H

#include <stdbool.h>
#include <stdio.h>

enum { MANUAL_LINE_SIZE = 2048 };

extern const char *manual_prose_folder, *manual_samples_folder;

FILE *manual_open(const char *folder, const char *name);
bool manual_read_line(FILE *file, char line[static MANUAL_LINE_SIZE]); /* without its end; false: there is none left */

void manual_text(FILE *page, const char *text); /* a line that is text, whatever it begins with */
/* The same, with a capital letter and a stop; each sentence on a line of its own. */
void manual_sentences(FILE *page, const char *text);
void manual_line(FILE *page, const char *line); /* of prose/, or what a table says instead */

/* What stands for a line with '@'; `argument` is what is behind its word. */
void manual_options(FILE *page, const char *argument);
void manual_commands(FILE *page, const char *argument);
void manual_records(FILE *page, const char *argument);
void manual_codes(FILE *page, const char *argument);
void manual_statements(FILE *page, const char *argument);
void manual_values(FILE *page, const char *argument);
void manual_own_words(FILE *page, const char *argument);
void manual_defaults(FILE *page, const char *argument);
void manual_sample(FILE *page, const char *argument);
void manual_samples(FILE *page, const char *argument);

#endif
