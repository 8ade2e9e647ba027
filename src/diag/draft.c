#include "diag/draft.h"

#include "base/check.h"

#include <string.h>

void draft_begin(struct draft *d)
{
    d->n = (struct report_negotiation){.ends = d->ends,
                                       .causes = d->causes,
                                       .steps = d->steps,
                                       .clocks = d->clocks,
                                       .proven = d->proven,
                                       .open = d->open,
                                       .excluded = d->excluded,
                                       .herrings = d->herrings};
}

struct report_cause *draft_add_cause(struct draft *d)
{
    size_t i = d->n.cause_count++;

    CHECK(i < REPORT_CAUSES_MAX);
    d->causes[i] = (struct report_cause){.evidence = d->of_causes[i].evidence,
                                         .against = d->of_causes[i].against,
                                         .this_end = d->of_causes[i].this_end,
                                         .that_end = d->of_causes[i].that_end};
    return &d->causes[i];
}

/* NULL: it is empty, or there is no room. */
static void *copy(const void *list, size_t count, size_t size, struct arena *arena)
{
    void *kept = count > 0 ? arena_take(arena, count * size) : NULL;

    if (kept)
        memcpy(kept, list, count * size);
    return kept;
}

#define KEEP(list, count) ((list) = copy(list, count, sizeof *(list), arena))

static void keep_words(const char ***list, size_t count, const char **like, size_t like_count, struct arena *arena)
{
    if (count > 0 && count == like_count && memcmp(*list, like, count * sizeof *like) == 0)
        *list = like;
    else
        KEEP(*list, count);
}

#define KEEP_WORDS(list, count) keep_words(&out->list, out->count, like->list, like->count, arena)

bool draft_keep(const struct draft *d, const struct report_negotiation *like, struct report_negotiation *out,
                struct arena *arena)
{
    static const struct report_negotiation none;

    like = like ? like : &none;
    *out = d->n;
    KEEP(out->ends, out->end_count);
    KEEP(out->causes, out->cause_count);
    for (size_t i = 0; out->causes && i < out->cause_count; i++) {
        struct report_cause *c = &out->causes[i];

        KEEP(c->evidence, c->evidence_count);
        KEEP(c->against, c->against_count);
        KEEP(c->this_end, c->this_end_count);
        KEEP(c->that_end, c->that_end_count);
    }
    KEEP(out->steps, out->step_count);
    KEEP(out->clocks, out->clock_count);
    KEEP_WORDS(proven, proven_count);
    KEEP_WORDS(open, open_count);
    KEEP_WORDS(excluded, excluded_count);
    KEEP_WORDS(herrings, herring_count);
    return !arena->is_full;
}
