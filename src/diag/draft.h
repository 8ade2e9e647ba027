/* A negotiation on its way into the report: its lists have room for all that they may hold until they are kept, each as
 * long as it is. Thousands of reports hold little, and what was never touched costs nothing. */
#ifndef DIAG_DRAFT_H
#define DIAG_DRAFT_H

#include "base/arena.h"
#include "diag/report.h"

struct draft {
    struct report_negotiation n; /* its lists stand below */
    struct report_end ends[REPORT_ENDS_MAX];
    struct report_cause causes[REPORT_CAUSES_MAX];
    struct {
        struct report_evidence evidence[REPORT_EVIDENCE_MAX], against[REPORT_EVIDENCE_MAX];
        const char *this_end[REPORT_LINES_MAX], *that_end[REPORT_LINES_MAX];
    } of_causes[REPORT_CAUSES_MAX];
    struct report_step steps[REPORT_STEPS_MAX];
    struct report_clock clocks[REPORT_SOURCES_MAX];
    const char *proven[REPORT_LINES_MAX], *open[REPORT_LINES_MAX], *excluded[REPORT_EXCLUDED_MAX];
    const char *herrings[REPORT_LINES_MAX];
};

/* An empty one, whose lists may be added to. */
void draft_begin(struct draft *d);

/* One more, empty. There is room. */
struct report_cause *draft_add_cause(struct draft *d);

/* Into `out`, with lists of the arena's; lists of words that are those of `like` (NULL: of none) are shared with it.
 * False: the arena is full. It takes DRAFT_KEPT_MAX bytes at most. */
bool draft_keep(const struct draft *d, const struct report_negotiation *like, struct report_negotiation *out,
                struct arena *arena);

enum { DRAFT_KEPT_MAX = sizeof(struct draft) + 16 * (8 + 4 * REPORT_CAUSES_MAX) };

#endif
