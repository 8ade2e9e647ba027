/* What a negotiation has proven: its messages in order, what its state proves and leaves open, what is excluded, how
 * far the clocks are apart. */
#ifndef DIAG_LADDER_H
#define DIAG_LADDER_H

#include "base/arena.h"
#include "diag/judge.h"
#include "diag/states.h"

/* Into n->steps, which has room for REPORT_STEPS_MAX: the file that shows most, and of the others what it does not
 * show. */
void ladder_add_steps(struct report_negotiation *n, const struct tunnel *t);

/* What the negotiations of a report say in the same words, made once. */
struct ladder_texts {
    struct arena *arena;
    const char **excluded; /* by the rule that excludes; NULL: not made yet */
    struct {
        const char *list, *lines[REPORT_LINES_MAX];
        size_t count;
    } lists[2 * STATE_ROWS]; /* what states prove and leave open */
    size_t list_count;
};

/* False: the arena is full; it takes ladder_texts_space bytes, with all that is made later. */
size_t ladder_texts_space(void);
bool ladder_texts_begin(struct ladder_texts *texts, struct arena *arena);

/* Story, proven, open and excluded; after stage and outcome are known. */
void ladder_add_proofs(struct report_negotiation *n, const struct judgement *j, const struct tunnel *t,
                       struct ladder_texts *texts);

/* Harmless lines by name. */
void ladder_add_herrings(struct report_negotiation *n, const struct tunnel *t);

/* What the clock of `b` is ahead of that of `a`, by the messages that both have: of those of the initiator and those of
 * the responder the sum and how many, of all the least and the most. */
struct clock_difference {
    int64_t there_ms, back_ms, least_ms, most_ms;
    size_t there_count, back_count;
};
struct clock_difference ladder_clocks(const struct view *a, const struct view *b);

/* How far the clock of b's file is ahead of that of a's, where both saw messages of both directions. */
void ladder_add_clock(struct report_negotiation *n, const struct view *a, const struct view *b);

#endif
