/* What the daemon answers with: records, one row of records.def a kind, one row a column.
 *
 *     struct control_record r = control_record_of(RECORD_isakmp_sa);
 *     record_set_number(&r, COL_isakmp_sa_conn_id, 7);
 *     record_set_text(&r, COL_isakmp_sa_state, "MM_ACTIVE");
 *     record_text(&r, COL_isakmp_sa_state)        "" when it was not set
 *
 * A record owns all that it holds and has no pointers. */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include "base/ip.h"

enum control_record_kind {
#define RECORD(name, ...) RECORD_##name,
#define COLUMN(...)
#include "control/records.def"
#undef RECORD
#undef COLUMN
    RECORD_COUNT
};

enum control_column_type { COLUMN_NUMBER, COLUMN_FLAG, COLUMN_TEXT, COLUMN_SPI };

enum { RECORD_COLUMNS_MAX = 72, RECORD_TEXT_SIZE = 3072 };

#include "control/columns.h"

struct control_column_info {
    const char *name; /* "peer" */
    enum control_column_type type;
    enum control_record_kind record;
    const char *meaning;
};

struct control_record {
    enum control_record_kind kind;
    bool is_set[RECORD_COLUMNS_MAX];
    uint64_t numbers[RECORD_COLUMNS_MAX];
    struct {
        uint16_t at, len; /* into text, closed by a zero */
    } texts[RECORD_COLUMNS_MAX];
    uint16_t text_len;
    bool is_cut; /* a text did not fit, and was left out or cut */
    char text[RECORD_TEXT_SIZE];
};

struct control_record control_record_of(enum control_record_kind kind);

/* A column of another kind, or of another type, is our mistake. What is not printable ASCII becomes \xNN on its way in,
 * so a text may come from anywhere; a NULL text leaves the column out. Set a column once. */
void record_set_number(struct control_record *r, enum control_column column, uint64_t number);
void record_set_flag(struct control_record *r, enum control_column column, bool flag);
void record_set_text(struct control_record *r, enum control_column column, const char *text);
void record_set_ip(struct control_record *r, enum control_column column, struct ip ip); /* IP_NONE leaves it out */

bool record_has(const struct control_record *r, enum control_column column);
uint64_t record_number(const struct control_record *r,
                       enum control_column column); /* NUMBER, SPI, FLAG; 0 when not set */
bool record_flag(const struct control_record *r, enum control_column column);
const char *record_text(const struct control_record *r, enum control_column column); /* "" when not set */

const char *control_record_name(enum control_record_kind kind); /* "isakmp_sa" */
const char *
control_record_list(enum control_record_kind kind); /* its array in --json; "": stands alone under its own name */
const char *control_record_meaning(enum control_record_kind kind); /* what it is */
bool control_record_kind_of(const char *name, enum control_record_kind *kind);

/* One object of JSON without a line break, {"record":"isakmp_sa","number":1,...}: the columns that are set, in the
 * order of the table. */
void text_add_record(struct text *t, const struct control_record *r);

/* No record is longer than this in JSON, with its closing zero. */
enum { RECORD_LINE_SIZE = 2 * RECORD_TEXT_SIZE + 64 * RECORD_COLUMNS_MAX };

/* The columns of a kind are those from `first` on, `count` of them. */
void control_record_columns(enum control_record_kind kind, enum control_column *first, size_t *count);
const struct control_column_info *control_column_info(enum control_column column);

#endif
