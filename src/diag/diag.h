/* Why a tunnel does not form: observations are folded into facts for each negotiation, and causes are held against the
 * facts.
 *
 *     struct diag *d = diag_new(&arena, 1024);
 *     while (source_next(s, &seen))
 *         diag_add(d, &seen, source_text(s));
 *     struct report *report = diag_report(d, &arena);          NULL when the arena is full
 *
 * What is known stands in facts.def, causes.def and stages.def. Attempts of one source between the same ends with the
 * same first cause are folded into one, so memory grows with the number of tunnels, not with the length of a log. Two
 * files of one negotiation are joined by cookies, else by addresses. */
#ifndef DIAG_DIAG_H
#define DIAG_DIAG_H

#include "base/arena.h"
#include "diag/report.h"
#include "event/sight.h"

struct diag;

/* Bytes that diag_new takes for `negotiations` kept at a time. */
size_t diag_space(size_t negotiations);
/* The arena stays where it is as long as the diagnosis: memory is taken from it as it is needed. */
struct diag *diag_new(struct arena *arena, size_t negotiations);

/* Before the first observation: there will be several files. What joins them is kept from then on. */
void diag_expect_several(struct diag *d);

/* At any time: that a file was given, and whether it is a capture. A file in which a negotiation
 * does not appear says something too. */
void diag_add_file(struct diag *d, uint16_t source, enum vantage vantage);

/* Once it is read: when its last line or packet was. What has stopped long before that goes on no more. */
void diag_end_file(struct diag *d, uint16_t source, uint64_t last_ms);

/* `text` is the line as it may be shown: escaped. A copy is kept, cut. */
void diag_add(struct diag *d, const struct observation *seen, const char *text);

/* Who has an observation in full, and its line as it may be shown: asked for only where they are needed. */
struct teller {
    const struct observation *(*tell)(void *of);
    struct bytes (*say)(void *of);
    void *of;
};

/* The same as diag_add, from what is seen of it at first. */
void diag_see(struct diag *d, const struct sight *at, const struct teller *teller);

/* These will be seen next, in this order, from where they stand: what is known of their tunnels is fetched from memory,
 * all at a time. It makes no other difference, and may be left out. */
void diag_expect(struct diag *d, const struct sight *next, size_t count);

/* Once, at the end. NULL: the arena is full. Bytes that it takes at most: diag_report_space. */
struct report *diag_report(struct diag *d, struct arena *arena);
size_t diag_report_space(const struct diag *d);

/* The names of causes.def, for tests and tools: index 0, 1, ... until NULL. */
const char *diag_cause_name(size_t index);
const char *diag_cause_family(const char *id); /* NULL when there is no such cause */

#endif
