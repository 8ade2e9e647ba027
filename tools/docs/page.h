/* One file of the documentation, being written.
 *
 *     FILE *page = page_begin("states.md", "States");
 *     fprintf(page, ...);
 *     page_end(page);
 *
 * A page that cannot be written whole ends the program. */
#ifndef DOCS_PAGE_H
#define DOCS_PAGE_H

#include <stdio.h>

/* The folder of all pages, without a slash at its end. */
extern const char *page_folder;

/* A Markdown page with its title and the remark that it is not written by hand. */
FILE *page_begin(const char *name, const char *title);
/* Any other file. */
FILE *file_begin(const char *name);
void page_end(FILE *page);

/* Text in a cell of a table: '|' would end it. */
void page_cell(FILE *page, const char *text);
/* The same as code; a line break stays one. */
void page_code_cell(FILE *page, const char *text);
/* The first letter is made a capital one. */
void page_sentence(FILE *page, const char *text);

/* The page of each table. */
void write_exchanges(void);
void write_states(void);
void write_reasons(void);
void write_events(void);
void write_configuration(void);
void write_manual(const char *prose_folder, const char *samples_folder);

#endif
