/* The smallest change that repairs a cause: repairs.def. */
#ifndef DIAG_REPAIR_H
#define DIAG_REPAIR_H

#include "base/arena.h"
#include "diag/judge.h"

/* Fills in the lines for both ends. */
void repair_add(struct report_cause *out, enum cause cause, const struct tunnel *t, const struct report_negotiation *n,
                struct arena *arena);

/* A text with {PEER}, {LOCAL} and the names of details.def filled in; `own` and `other` are {LOCAL} (or {OWN}) and
 * {PEER} (or {OTHER}). NULL: the arena is full. */
const char *repair_fill(const char *text, struct ip own, struct ip other, const struct tunnel *t, struct arena *arena);

#endif
