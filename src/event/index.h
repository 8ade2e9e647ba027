/* Which rows of phrases.def and readings.def a line may be, without a look at all of them: by the four characters that
 * it begins with behind its head. Built once, in memory of the caller; not changed after that.
 *
 *     struct phrase_index *index = phrase_index_new(&arena);
 *     phrase_read_by(index, DIALECT_ANY, line, &head, &e)          as phrase_read
 *     reading_read_by(index, PRODUCT_ASA, text, &e)                as reading_read */
#ifndef EVENT_INDEX_H
#define EVENT_INDEX_H

#include "base/arena.h"
#include "event/observation.h"
#include "event/phrases.h"

struct phrase_index;

size_t phrase_index_space(void);

/* NULL when the arena has not that much left. */
struct phrase_index *phrase_index_new(struct arena *arena);

/* Some row of phrases.def has this message number of an ASA. */
bool phrase_index_has_number(const struct phrase_index *index, uint32_t number);

bool phrase_read_by(const struct phrase_index *index, enum dialect dialect, struct bytes line, struct phrase_head *head,
                    struct event *e);
bool reading_read_by(const struct phrase_index *index, enum product product, struct bytes text, struct event *e);

#endif
