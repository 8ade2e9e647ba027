/* A router's configuration in the words of the ASA (ios.def), so that one reader understands both.
 *
 *     if (ios_is_configuration(text))
 *         ok = ios_translate(&ios, text, arena);
 *     ... ios.text is to be read; its line n stands for line ios.lines[n - 1] of the original */
#ifndef CONF_IOS_H
#define CONF_IOS_H

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/grammar.h"

struct ios {
    struct bytes text;
    const uint32_t *lines;
    uint32_t line_count;
};

/* Begins some line as only IOS does. */
bool ios_is_configuration(struct bytes text);

/* By its `version` line. */
enum ios_release ios_release_of(struct bytes text);

/* False: the arena is full. */
bool ios_translate(struct ios *ios, struct bytes text, struct arena *arena);

/* Why a line that no row knows is not used, a router's or another. */
const char *ios_why_unused(struct bytes text);

/* ---- lines that are typed, or added to a configuration */

size_t ios_change_space(size_t len); /* of arena */

/* Lines of a router's in the words of the ASA, to be added to what is running; lines that no row of ios.def knows stay
 * as they are. False: the arena is full. */
bool ios_translate_change(struct ios *ios, struct bytes lines, const struct conf *running, struct arena *arena);

enum { IOS_LINE_SIZE = 2048 };

/* A line that is typed in a block; 0: in none. */
struct ios_typed {
    bool fits; /* it is a whole line of a router */
    bool is_ambiguous;
    uint16_t bad; /* else the word that fits no row; the number of words: it ends too early */
    unsigned enters;
    char line[IOS_LINE_SIZE]; /* with its words in full */
};

void ios_typed_read(struct ios_typed *typed, unsigned block, const struct token *tokens, uint16_t count);

#define IOS_NEXT_INTERFACE "INTERFACE"
#define IOS_NEXT_PLACE "PLACE"

/* Calls `each` with what can stand after these words; an argument is "WORD", "LINE", the name of an interface, or the
 * number in one that is begun. True: the line may end there. */
bool ios_next(unsigned block, const struct token *tokens, uint16_t count, void *context,
              void (*each)(void *context, struct bytes word, bool is_argument));

/* config-isakmp; `is_inside`: a line of the block has been given */
const char *ios_prompt(unsigned block, bool is_inside);

#endif
