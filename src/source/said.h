/* What lines of an ASA said before. A gateway says the same few hundred things of thousands of peers: of a line whose
 * words were read before, behind other names (group, user, address), only the names are read. Which words may be
 * remembered so is what the tables tell: struct phrase_head.is_apart. */
#ifndef SOURCE_SAID_H
#define SOURCE_SAID_H

#include "event/phrases.h"
#include "event/plain.h"

enum { SAID_MAX = 256, SAID_LEN_MAX = 192, SAID_ONCE = 1024 };

struct said {
    uint64_t look;   /* of sight.h; 0: not known */
    uint32_t number; /* 0: nothing */
    uint8_t len;
    char words[SAID_LEN_MAX]; /* behind the names */
    struct event event;       /* without them */
};

/* Memory of what was said: two places for each, the later one stands first. */
struct said_all {
    const struct plain_rows *plain; /* what is read without memory; NULL: nothing */
    struct plain_memory *texts;     /* of the fields of these */
    struct said said[SAID_MAX];
    uint16_t once[SAID_ONCE]; /* of what was said at least once, a part of its hash */
};

/* The event of a message from its tag on (%ASA-5-713041: ...), when its words tell it alone or were said before. */
bool said_read(const struct said_all *all, struct bytes text, struct event *e);

/* Remembers what was read of a message, where that may be remembered. */
void said_keep(struct said_all *all, const struct phrase_head *head, struct bytes text, const struct event *e);

struct source;

/* Takes the next lines of the input as long as they are messages of an ASA of which that is so, behind a head that was
 * read before or differs from it in the time alone: most of what is understood of a long log. False: the next is none.
 */
bool said_lines(struct source *s);

#endif
