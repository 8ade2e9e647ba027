/* The facts that one event shows: the conditions of facts.def. */
#ifndef DIAG_SHOWN_H
#define DIAG_SHOWN_H

#include "diag/view.h"

enum { SHOWN_MAX = 16 };

/* Which conditions are asked for which event. NULL: the arena is full; it takes shown_index_space bytes. */
struct shown_index *shown_index_new(struct arena *arena);
size_t shown_index_space(void);

/* Facts of SEEN and ALSO rows whose condition holds for the event, in the order of the table; how many. */
size_t shown_by(const struct view *v, const struct event *e, enum fact shown[static SHOWN_MAX]);

/* A payload by its name in "HDR + KE (4) + NONCE (10) + NONE (0)". */
bool shown_holds(const struct event *e, const char *payload);

#endif
