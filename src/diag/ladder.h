/* What a negotiation has proven: its messages in order, what its state proves and leaves open, what is excluded, how
 * far the clocks are apart. */
#ifndef DIAG_LADDER_H
#define DIAG_LADDER_H

#include "base/arena.h"
#include "diag/judge.h"

/* Into n->steps, which has room for REPORT_STEPS_MAX: the file that shows most, and of the others what it does not
 * show. */
void ladder_add_steps(struct report_negotiation *n, const struct tunnel *t);

/* Story, proven, open and excluded; after stage and outcome are known. */
void ladder_add_proofs(struct report_negotiation *n, const struct judgement *j, const struct tunnel *t,
                       struct arena *arena);

/* Harmless lines by name. */
void ladder_add_herrings(struct report_negotiation *n, const struct tunnel *t);

/* How far the clock of b's file is ahead of that of a's, where both saw messages of both directions. */
void ladder_add_clock(struct report_negotiation *n, const struct view *a, const struct view *b);

#endif
