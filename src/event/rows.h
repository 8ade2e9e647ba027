/* What phrases.c and readings.c ask of the index: the rows that a line may be, in the order of their table. Not for
 * other layers. */
#ifndef EVENT_ROWS_H
#define EVENT_ROWS_H

#include "event/index.h"
#include "event/template.h"

/* Whose rows: those of phrases.def by family, those of readings.def by product. */
enum row_group { GROUP_PHRASES, GROUP_READINGS = GROUP_PHRASES + 2, ROW_GROUPS = GROUP_READINGS + PRODUCT_IKEWISE + 1 };

struct rows {
    const struct phrase_index *index;
    enum row_group group;
    struct bytes line; /* behind its head */
    uint32_t key;
    uint16_t keyed, open; /* next row of each chain; of a message number there is only the first */
    uint32_t number;      /* 0: none */
    uint16_t next, count; /* without an index: all rows */
    bool is_apart;        /* all rows so far: see struct phrase_head */
};

/* `number`: only rows of that message number; 0: of any. `count` is that of the table, for when there is no index. */
struct rows rows_for(const struct phrase_index *index, enum row_group group, uint32_t number, struct bytes line,
                     uint16_t count);

/* The next row to be tried, ascending, with its slots; false when there is none left. Without an index the slots are
 * NULL. */
bool rows_next(struct rows *rows, uint16_t *row, const struct template_slot **slots);

#endif
