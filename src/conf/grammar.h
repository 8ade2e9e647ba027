/* The grammar as a table: grammar.def. Matching a line, saying what could have stood where it went wrong, help,
 * completion and writing all walk the same syntax texts.
 *
 *     struct grammar_match match;
 *     grammar_match(MODE_GLOBAL, tokens, count, false, &match);
 *     match.outcome == GRAMMAR_MATCHED: match.row, and match.words with the place in the syntax of each token
 *     otherwise: match.bad, the token that does not fit (count: the line ends too early), and match.expected */
#ifndef CONF_GRAMMAR_H
#define CONF_GRAMMAR_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"

enum grammar_mode {
#define MODE(name, ...) MODE_##name,
#include "conf/grammar_rows.h"
    MODE_COUNT
};

enum grammar_family {
#define FAMILY(name, argument_count) FAMILY_##name,
#include "conf/grammar_rows.h"
    FAMILY_COUNT
};

enum statement_kind {
#define STATEMENT(mode, name, ...) STATEMENT_##name,
#include "conf/grammar_rows.h"
    STATEMENT_COUNT
};

enum grammar_effect { EFFECT_USED, EFFECT_QUIET, EFFECT_UNUSED };
enum grammar_no { NO_REMOVES, NO_STANDS, NO_MERGES };
enum grammar_origin { ORIGIN_ASA, ORIGIN_OWN };

/* TEXT and KEY take the rest of the line, KEY with the blanks at its end. HOST is an address or a name given to one.
 * OBJECT is a name among words: those must be typed in full there. BRACKET is (inside), PAIR is (inside,outside). */
enum argument_kind {
    ARGUMENT_NUMBER,
    ARGUMENT_ADDRESS,
    ARGUMENT_PREFIX, /* of IPv6 */
    ARGUMENT_PROTOCOL,
    ARGUMENT_PORT,
    ARGUMENT_HOST,
    ARGUMENT_NAME,
    ARGUMENT_OBJECT,
    ARGUMENT_BRACKET,
    ARGUMENT_PAIR,
    ARGUMENT_DEVICE, /* to the end of the line: GigabitEthernet 0/1 */
    ARGUMENT_TEXT,
    ARGUMENT_KEY,
};

struct grammar_row {
    enum statement_kind kind;
    const char *name;
    enum grammar_mode mode, enters; /* MODE_GLOBAL: no lines of its own follow */
    enum grammar_family family;
    enum grammar_effect effect;
    enum grammar_no no;
    const char *syntax, *sample;
};

struct argument_info {
    const char *name;
    enum argument_kind kind;
    uint32_t least, most;
    const char *shown, *help;
};

struct word_info {
    const char *text;
    enum grammar_origin origin;
    const char *help;
};

const struct grammar_row *grammar_row(enum statement_kind kind);
const char *grammar_prompt(enum grammar_mode mode, bool is_inside); /* `is_inside`: a line of it has been given */

/* A line in that mode that begins with no known word is a fault; else it is kept and listed as not used. */
bool grammar_mode_is_strict(enum grammar_mode mode);
unsigned grammar_family_arguments(enum grammar_family family);

/* One word or argument of a syntax: where it stands there. Words end at a blank or one of the syntax's marks. */
struct grammar_item {
    const char *at;
    uint16_t len; /* with the brackets of an argument */
};

bool item_is_word(struct grammar_item item, const char *word);
const struct argument_info *item_argument(struct grammar_item item); /* NULL: it is a word */
bool item_takes_rest(struct grammar_item item);                      /* of the line */
const struct word_info *item_word(struct grammar_item item);         /* NULL: it is an argument */

/* True for the place of an argument in the table, for CHECK. */
bool grammar_knows(const char *word_or_argument);

struct token {
    struct bytes text;
    struct bytes rest;             /* the line from here on, without what is blank at its end */
    struct bytes rest_with_blanks; /* the same with them */
    uint32_t column;               /* from 1 */
};

enum { TOKENS_MAX = 64, EXPECTED_MAX = 64 };
enum grammar_outcome { GRAMMAR_MATCHED, GRAMMAR_UNKNOWN, GRAMMAR_WRONG, GRAMMAR_AMBIGUOUS };

struct grammar_word {
    struct grammar_item item;
    struct bytes text; /* an argument's; as it was written */
    uint32_t column;
};

/* Of a statement that is not used: why, with these words. */
const char *grammar_why_unused(const struct grammar_row *row, const struct grammar_word *of, uint16_t word_count);

struct grammar_match {
    enum grammar_outcome outcome;          /* UNKNOWN: no statement that is used begins so */
    const struct grammar_row *row;         /* MATCHED; otherwise the first that fits as far as it goes, or NULL */
    struct grammar_word words[TOKENS_MAX]; /* of `row`, as far as it goes */
    uint16_t word_count;
    uint16_t bad; /* index of the token that does not fit */
    struct grammar_item expected[EXPECTED_MAX];
    uint16_t expected_count;
    bool may_end; /* the line could also have ended there */
};

/* `is_no`: the line began with `no` (not among the tokens); then what comes after the syntax's ~ may be left out. */
void grammar_match(enum grammar_mode mode, const struct token *tokens, uint16_t token_count, bool is_no,
                   struct grammar_match *match);

/* What can stand after these tokens, for help and completion: match->expected, words only as far as they begin with
 * `prefix`, arguments only when it is empty, and match->may_end. False: match->bad does not fit. `is_open` becomes true
 * when the last token belongs to an argument that takes the rest of the line. */
bool grammar_next(enum grammar_mode mode, const struct token *tokens, uint16_t token_count, bool is_no,
                  struct bytes prefix, struct grammar_match *match, bool *is_open);

/* The word was typed for this item of a syntax: in full or shortened, in capitals or not. */
bool item_is_typed(struct grammar_item item, struct bytes text);

/* "seconds, kilobytes or the end of the line" */
void text_add_expected(struct text *t, const struct grammar_match *match);

/* The words of a syntax before its ~ say which statement it is, and those behind a second. */
bool item_is_identity(const struct grammar_row *row, struct grammar_item item);

/* {new^old}: -1 the spelling before 8.4, 1 the one from 8.4 on, 0 one that never changed. */
int item_spelling(const struct grammar_row *row, struct grammar_item item);

/* The new spelling of an old one and the other way round; the item itself when it is the only one. */
struct grammar_item item_spelled(const struct grammar_row *row, struct grammar_item item, bool is_old);

/* A word that this syntax has in one of the two spellings only, between two items ([new^]); len 0: none. `before.at`
 * NULL: the beginning. */
struct grammar_item item_omitted(const struct grammar_row *row, struct grammar_item before, struct grammar_item after);

bool grammar_prefix(struct bytes text, struct ip *ip, unsigned *prefix_len);

#endif
