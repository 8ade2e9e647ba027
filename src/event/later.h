/* The lines of later releases of IOS: later.def. Only for phrases.c and tests. */
#ifndef EVENT_LATER_H
#define EVENT_LATER_H

#include "event/phrases.h"

/* The event has lines of its own there. */
bool later_has(const struct event *e);

/* Line `index`, from 0; false: there are no more. */
bool later_write(enum dialect dialect, const struct event *e, unsigned index, struct text *t);

/* The tag of the old words, in a later release. */
void later_add_tag(struct text *t, enum dialect dialect, const struct event *e);

/* The table, for tests: NULL behind its end. */
const char *later_text(size_t row, enum event_kind *kind);

#endif
