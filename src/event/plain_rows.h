/* The rows that plain.h reads, as they were compiled. Only for plain.c and glance.c. */
#ifndef EVENT_PLAIN_ROWS_H
#define EVENT_PLAIN_ROWS_H

#include "base/wide.h"
#include "event/plain.h"
#include "event/template.h"

enum { PLAIN_MAX = 512, PARTS_MAX = 1024, TEXTS_MAX = 384, BUCKETS = 512 };

/* What is asked of a part before the whole is sure to be read, and the part looks as its words do. In this order (take_part in glance.c
 * compares): nothing, values, then names, of which the peer's address is the first. */
enum glance { NOTHING, A_DECIMAL, A_HEX, A_TEXT, A_WORD, AN_ADDRESS, THE_PEER, THE_GROUP, THE_USER };

/* A field, and the words behind it; of a condition there are none. */
struct part {
    uint8_t first[WIDE_LEN]; /* of the words, where these are no more */
    uint16_t first_bits;     /* which of them there are */
    uint8_t glance, look;    /* enum glance, enum look */
    uint8_t anchor;          /* which of the words is looked for: a small letter where there is one */
    uint16_t texts;          /* of what is looked for: its place in struct plain_memory */
    struct bytes words;
    struct template_slot slot;
};

struct plain_rows {
    struct plain {
        uint32_t number;
        enum event_kind kind;
        struct bytes words;                          /* that it begins with, behind the names */
        uint64_t last_words;                         /* the last eight bytes of these; 0: they are fewer */
        uint64_t look;                               /* of a message of this row, before its parts */
        uint16_t parts, part_count, condition_count; /* the conditions stand first */
        bool has_all_names;                          /* in words of its own, see all_names */
        bool has_look;                               /* its parts tell at a glance how it looks */
        bool may_have_more;                          /* see plain_has_more */
        bool has_words;                              /* its texts, names and numbers apart, are all that it tells */
        const struct plain *next;                    /* of its bucket */
    } plain[PLAIN_MAX];
    uint16_t plain_count, part_count, text_count;
    const struct plain *buckets[BUCKETS];
    struct part parts[PARTS_MAX];
};

static inline bool plain_begins(struct bytes text, struct bytes words)
{
    return text.len >= words.len && wide_equal(text.data, words.data, words.len);
}

/* The last eight bytes; 0 where they are fewer. */
static inline uint64_t plain_last(struct bytes bytes)
{
    uint64_t last = 0;

    if (bytes.len >= sizeof last)
        memcpy(&last, bytes.data + bytes.len - sizeof last, sizeof last);
    return last;
}

/* The row of a message of that number, by its words; NULL where there is none. */
static inline const struct plain *plain_row(const struct plain_rows *rows, uint32_t number, struct bytes text)
{
    for (const struct plain *row = rows->buckets[number % BUCKETS]; row; row = row->next)
        if (row->number == number && row->words.len <= text.len &&
            row->last_words == plain_last(bytes_of(text.data, row->words.len)) && plain_begins(text, row->words))
            return row;
    return NULL;
}

/* A short line, in which a pager's prompt may stand. */
bool plain_has_more(struct bytes text);

/* The part's value, up to where its words stand for the first time, and past these; false without either. */
bool plain_take_value(const struct part *part, struct bytes *text, struct bytes *value);

/* What of the row's parts is asked at a glance; once these are there. */
void plain_glance(struct plain_rows *rows, struct plain *row);

#endif
