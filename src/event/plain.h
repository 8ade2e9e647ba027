/* Messages of an ASA that one row of phrases.def alone can be, which is seen from the words that they begin with: read
 * without a look at other rows, where the line stands as the device has written it. What is not sure is not read here.
 *
 *     struct names names;
 *     if (names_take(&text, &names) && plain_read(rows, 713041, text, &names, &e)) ...     as phrase_read */
#ifndef EVENT_PLAIN_H
#define EVENT_PLAIN_H

#include "base/arena.h"
#include "event/names.h"

struct plain_rows;
struct plain_memory;

size_t plain_rows_space(void);

/* Built once; not changed after that. NULL when the arena has not that much left. */
struct plain_rows *plain_rows_new(struct arena *arena);

/* Texts that stood in fields before, which need not be judged again: for plain_look of one file. NULL as above. */
size_t plain_memory_space(void);
struct plain_memory *plain_memory_new(struct arena *arena);

/* The event of a message of that number; `text` stands behind the names. False: phrase_read is to be asked, and `e` is
 * of no use. */
bool plain_read(const struct plain_rows *rows, uint32_t number, struct bytes text, const struct names *names,
                struct event *e);

/* Which event that is, and how it looks: as in sight.h. */
struct plain_sight {
    enum event_kind kind;
    uint64_t look, words;
};

/* The same without the event, of a text that goes on behind its line (a line break, or a carriage return and that):
 * `text` is moved to the end of the line. False: plain_read is to be asked, of the line alone. */
bool plain_look(const struct plain_rows *rows, struct plain_memory *memory, uint32_t number, struct bytes *text,
                const struct names *names, struct plain_sight *sight);

/* The text up to the end of its line; false where no line ends in it. */
bool plain_line(struct bytes text, struct bytes *line);

#endif
