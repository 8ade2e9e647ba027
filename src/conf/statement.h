/* The statements of a configuration: what `show running-config` is written from and what the policy is compiled from.
 * A later statement replaces the one that says the same thing (grammar.def: ~); `no` takes it away. Built in an arena.
 */
#ifndef CONF_STATEMENT_H
#define CONF_STATEMENT_H

#include "conf/line.h"

enum statement_state {
    STATEMENT_IS_KNOWN,
    STATEMENT_IS_UNKNOWN, /* begins with no known word, or stands in a block that is only kept */
    STATEMENT_IS_WRONG,   /* not understood to its end; `row` and `words` are what it seemed to be so far */
};

struct statement {
    const struct grammar_row *row; /* NULL: nothing is known of it */
    enum statement_state state;
    bool is_no, is_gone;
    uint32_t line;
    uint32_t parent;         /* index; STATEMENT_NONE */
    uint32_t next_in_bucket; /* index + 1; once ordered: the place after this one in `written` */
    uint32_t next_of_kind;   /* index + 1, in the order of writing */
    uint64_t order;          /* as in the file, but for replaced statements and lines put into an access-list */
    struct bytes text;       /* the whole line */
    struct bytes body;       /* of a certificate: the lines of hexadecimal below it */
    struct grammar_word *words;
    uint16_t word_count;
    uint16_t section;      /* of the order of writing; set by it */
    uint32_t next_of_name; /* index + 1, in the order of writing: of those that share a bucket by kind and name */
};

#define STATEMENT_NONE UINT32_MAX

struct statements {
    struct statement *list;
    uint32_t count, max;
    uint32_t *buckets; /* index + 1; by identity, and once ordered by kind and name */
    uint32_t bucket_count;
    uint32_t *written; /* indexes in the order of writing */
    uint32_t written_count;
    uint32_t first_of_kind[STATEMENT_COUNT]; /* index + 1 */
    uint32_t acl_places;                     /* how often `line N` was looked up */
    uint32_t uses_asked;                     /* and for who uses something */
    int spelling; /* of the first statement that has two: -1 before 8.4, 1 from 8.4 on; 0: none has */
};

/* False: the arena is full. */
bool statements_make(struct statements *statements, uint32_t line_count, struct arena *arena);

/* Adds what was matched; `words` are copied. Returns its index, that of the same statement which was there before when
 * it opens a mode, or STATEMENT_NONE when the arena is full. */
uint32_t statements_add(struct statements *statements, struct statement statement, struct arena *arena);

/* `no ...`: takes away the statement that these words identify, if it is there. */
void statements_remove(struct statements *statements, const struct statement *statement);

/* What is there of the statement that these words identify; NULL: it is not there. Before statements_order. */
const struct statement *statements_same(const struct statements *statements, const struct statement *statement);

/* Neither it nor what it stands in has been taken away or replaced. */
bool statement_is_live(const struct statements *statements, const struct statement *s);

/* The next live statement of that kind after `from` (NULL: the first); NULL: no more. In the order of writing:
 * statements_order has been called. */
const struct statement *statements_next(const struct statements *statements, const struct statement *from,
                                        enum statement_kind kind);

/* Of those the ones with that name, their first argument. */
const struct statement *statements_next_named(const struct statements *statements, const struct statement *from,
                                              enum statement_kind kind, struct bytes name);

/* The statements below another one, in their order; NULL: no more. */
const struct statement *statements_below(const struct statements *statements, const struct statement *parent,
                                         const struct statement *from);

uint32_t statement_index(const struct statements *statements, const struct statement *s);

/* What is said last of that interface, else of all of them; NULL: nothing is. */
const struct statement *statements_of_interface(const struct statements *statements, enum statement_kind of_one,
                                                enum statement_kind of_all, struct bytes nameif);

/* The words are those of grammar.def. */
bool statement_has(const struct statement *s, const char *word);
struct bytes first_argument(const struct statement *s); /* empty when it has none */
/* The nth argument of that name from 0; empty when there is none. */
struct bytes statement_argument(const struct statement *s, const char *name, unsigned nth);
uint32_t statement_number(const struct statement *s, const char *name); /* 0 when it is not there */
/* The first word after the ~ of the syntax: the value of a statement that chooses among words. "" when there is none.
 */
struct bytes statement_choice(const struct statement *s);

/* Fills `written`: the order of show running-config. Nothing is added or removed afterwards. */
void statements_order(struct statements *statements);

#endif
