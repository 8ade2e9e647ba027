/* Repairs with the very values: what both ends offer and are configured for, held against each other. */
#ifndef DIAG_REMEDY_H
#define DIAG_REMEDY_H

#include "base/arena.h"
#include "diag/judge.h"
#include "diag/words.h"

/* Lines for the end at n->local, or for the one at n->peer, so that it takes what the other end offers; names of
 * details.def in them are not filled in yet. 0: the files do not tell the values. At most REPORT_LINES_MAX. */
size_t remedy_lines(const char **lines, enum cause cause, bool is_far_end, enum product product, const struct tunnel *t,
                    const struct report_negotiation *n, struct arena *arena);

#endif
