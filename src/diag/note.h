/* Facts that a view notes, and the lines that they rest on: what take.c tells view.c. Not for other files. */
#ifndef DIAG_NOTE_H
#define DIAG_NOTE_H

#include "diag/view.h"

/* Cut to `size`, closed by a zero. */
void view_keep_text(char *space, size_t size, struct bytes text);

/* The place of the line among the view's evidence; 0: there is no room. */
uint8_t view_keep_line(struct view *v, const struct witness *w);

/* The fact's place, which it is given now when it has none. NULL: there is no memory. */
struct fact_seen *view_take_fact(struct view *v, enum fact fact);

/* The fact was seen (again), in that line. */
void view_note(struct view *v, enum fact fact, const struct witness *w);

/* Numbers that the other end writes down too; for where there are several files (join.c). */
void view_take_signs(struct view *v, struct witness *w);

/* Those of another attempt of the same ends as well. */
void view_add_signs(struct view *v, const struct view *from);

/* FACT_COUNT: there is no such message. */
enum fact view_step_of(const char *exchange, unsigned number);

/* That message was seen; the second time it is a repeat as well. */
void view_note_step(struct view *v, const char *exchange, unsigned number, bool is_repeat, const struct witness *w);

#endif
