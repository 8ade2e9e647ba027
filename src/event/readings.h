/* What devices write that we only ever read: other products' logs, and the wordings of releases that phrases.def does
 * not write. */
#ifndef EVENT_READINGS_H
#define EVENT_READINGS_H

#include "event/observation.h"

/* `text` is what follows time stamp, tag and thread; bytes are taken as printable ASCII. Runs of blanks are equal. True
 * with e->kind EV_NONE: the line is known, and tells nothing. False: no row, `e` is untouched. */
bool reading_read(enum product product, struct bytes text, struct event *e);

/* The table, for tests. NULL behind the last row. */
const char *reading_at(size_t row, enum product *product, enum event_kind *kind);

#endif
