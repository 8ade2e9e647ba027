/* One exchange as it goes when all is well: found by walking the step table with both sides at once, each row that
 * sends answered by the other side's row for that message. */
#ifndef DOCS_LADDER_H
#define DOCS_LADDER_H

#include "ike/steps.h"

enum { NO_STATE = STATE_COUNT };

struct part_shown {
    uint8_t type;    /* PL_* */
    bool is_needed;  /* the side that takes the message insists on it */
    bool is_several; /* may stand more than once */
};

/* A message, or something that happens at one side only. */
struct rung {
    bool is_message;
    enum side side;        /* who sends, or at whom it happens */
    enum step_input input; /* not of a message: what happens */
    unsigned number;       /* of the message, from 1 */
    bool is_sealed;
    struct part_shown parts[SENDS_MAX];
    unsigned part_count;
    unsigned after[2]; /* enum state of each side after it; NO_STATE: that side has none in this exchange */
    bool has_changed[2];
    enum sa_state sa[2]; /* of each side's ISAKMP SA after it */
};

enum { RUNGS_MAX = 24 };

struct ladder {
    enum exchange_kind kind;
    uint16_t auth; /* OAKLEY_AUTH_*; 0: the same with any */
    unsigned from[2];
    enum sa_state sa[2];
    struct rung rungs[RUNGS_MAX];
    unsigned rung_count;
};

/* The methods of authentication that rows of this kind name: index 0, 1, ...; false: no more. One that names none has
 * the single method 0. */
bool ladder_auth(enum exchange_kind kind, unsigned index, uint16_t *auth);

/* Rows that the walk takes are marked in `is_taken`, one place for each row of the step table. What one side sends and
 * the other must not hold ends the program: then the table is wrong. */
void ladder_walk(struct ladder *ladder, enum exchange_kind kind, uint16_t auth, bool *is_taken);

const char *side_name(enum side side);
const char *payload_name(uint8_t type);
/* What a row takes, in words. */
const char *input_words(enum step_input input);
bool step_sends(const struct step *step);

#endif
