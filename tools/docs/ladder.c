#include "ladder.h"

#include "base/check.h"
#include "wire/numbers.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
static const uint8_t part_payload[PART_COUNT] = {
#define PART(name, payload, ...) [PART_##name] = PL_##payload,
#include "ike/parts.def"
#undef PART
};
/* clang-format on */

const char *side_name(enum side side)
{
    return side == INITIATOR ? "initiator" : "responder";
}

const char *payload_name(uint8_t type)
{
    const char *name = number_name(SPACE_PL, type);

    return name != NULL ? name : "?";
}

const char *input_words(enum step_input input)
{
    switch (input) {
    case INPUT_BEGIN: return "a tunnel is wanted";
    case INPUT_MESSAGE: return "a message";
    case INPUT_INSTALLED: return "the plane has the SA in place";
    case INPUT_DUE: return "the moment for the peer is over";
    }
    return "";
}

static enum exchange_kind kind_of(const struct step *step)
{
    return state_info(step->from)->kind;
}

bool ladder_auth(enum exchange_kind kind, unsigned index, uint16_t *auth)
{
    uint16_t seen[16];
    unsigned count = 0;

    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);
        bool is_new = kind_of(step) == kind && step->auth != 0;

        for (unsigned j = 0; j < count; j++)
            is_new &= seen[j] != step->auth;
        if (is_new) {
            CHECK(count < COUNT_OF(seen));
            seen[count++] = step->auth;
        }
    }
    if (count == 0)
        seen[count++] = 0;
    if (index < count)
        *auth = seen[index];
    return index < count;
}

bool step_sends(const struct step *step)
{
    return step->sends[0] != PART_END && step->sends[0] != PART_KEEP;
}

/* The walk: where both sides are, and what it has found. */
struct walk {
    struct ladder *ladder;
    bool *is_taken;
    unsigned state[2];
    enum sa_state sa[2];
    unsigned message_count;
};

/* The rows that take the same message in clear that this one takes encrypted, or the other way round: one rung shows
 * both. */
static void take_alike(struct walk *walk, const struct step *taken)
{
    for (size_t i = 0; step_row(i) != NULL; i++)
        if (step_row(i)->from == taken->from && step_row(i)->side == taken->side && step_row(i)->act == taken->act)
            walk->is_taken[i] = true;
}

static const struct step *row_for(struct walk *walk, enum side side, enum step_input input, enum sealing sealing)
{
    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);

        if (step->from == walk->state[side] && step->side == side && step->input == input &&
            (step->auth == 0 || step->auth == walk->ladder->auth) &&
            (input != INPUT_MESSAGE || step->sealing == sealing)) {
            take_alike(walk, step);
            return step;
        }
    }
    return NULL;
}

_Noreturn static void fail(const struct step *step, const char *why)
{
    fprintf(stderr, "the row of %s, %s, %s\n", state_info(step->from)->name, side_name(step->side), why);
    exit(1);
}

static const struct payload_count *held(const struct step *step, uint8_t type)
{
    for (unsigned i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++)
        if (step->holds[i].type == type)
            return &step->holds[i];
    return NULL;
}

static void add_part(struct rung *rung, uint8_t type, const struct payload_count *count)
{
    if (rung->part_count > 0 && rung->parts[rung->part_count - 1].type == type)
        return;
    CHECK(rung->part_count < COUNT_OF(rung->parts));
    rung->parts[rung->part_count++] = (struct part_shown){type, count->min > 0, count->max > 1};
}

static struct rung *add_rung(struct walk *walk, bool is_message, enum side side)
{
    struct rung *rung = &walk->ladder->rungs[walk->ladder->rung_count++];

    CHECK(walk->ladder->rung_count <= COUNT_OF(walk->ladder->rungs));
    *rung = (struct rung){.is_message = is_message, .side = side};
    if (is_message)
        rung->number = ++walk->message_count;
    return rung;
}

static void close_rung(struct walk *walk, struct rung *rung)
{
    for (int side = 0; side < 2; side++) {
        rung->after[side] = walk->state[side];
        rung->sa[side] = walk->sa[side];
    }
}

static void enter(struct walk *walk, struct rung *rung, enum side side, const struct step *step)
{
    rung->has_changed[side] = step->to != step->from;
    walk->state[side] = step->to;
    walk->sa[side] = step->sa_to;
}

/* `side` takes the row; when that sends, the other side's row for the message; and so on until nobody answers. */
static void take(struct walk *walk, enum side side, const struct step *step)
{
    while (step != NULL) {
        enum side other = side == INITIATOR ? RESPONDER : INITIATOR;
        const struct step *answer;
        struct rung *rung;

        if (step->input != INPUT_MESSAGE && step->input != INPUT_BEGIN) {
            rung = add_rung(walk, false, side);
            rung->input = step->input;
            if (!step_sends(step))
                enter(walk, rung, side, step);
            close_rung(walk, rung);
        }
        if (!step_sends(step))
            return;

        rung = add_rung(walk, true, side);
        rung->is_sealed = step->sends_sealed == SEALED;
        enter(walk, rung, side, step);
        answer = row_for(walk, other, INPUT_MESSAGE, step->sends_sealed);
        if (answer == NULL)
            fail(step, "sends a message that the other side has no row for");
        for (unsigned i = 0; i < SENDS_MAX && step->sends[i] != PART_END; i++) {
            uint8_t type = part_payload[step->sends[i]];

            if (walk->ladder->auth != 0 &&
                !part_is_of(step->sends[i],
                            walk->ladder->auth == AUTH_SIGNED ? OAKLEY_AUTH_RSA_SIG : walk->ladder->auth, step->side))
                continue;
            if (held(answer, type) == NULL)
                fail(step, "sends a payload that the other side's row does not hold");
            add_part(rung, type, held(answer, type));
        }
        if (!step_sends(answer))
            enter(walk, rung, other, answer);
        close_rung(walk, rung);
        side = other;
        step = step_sends(answer) ? answer : NULL;
    }
}

/* An exchange of one message that any step may begin: only the row that takes it is in the table. */
static void take_single(struct walk *walk)
{
    const struct step *step = NULL;
    struct rung *rung = add_rung(walk, true, INITIATOR);

    for (enum sealing sealing = CLEAR; step == NULL && sealing <= SEALED; sealing++)
        step = row_for(walk, RESPONDER, INPUT_MESSAGE, sealing);
    CHECK(step != NULL);
    rung->is_sealed = step->sealing == SEALED;
    for (unsigned i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++)
        add_part(rung, step->holds[i].type, &step->holds[i]);
    enter(walk, rung, RESPONDER, step);
    close_rung(walk, rung);
}

static bool take_what_is_due(struct walk *walk)
{
    static const enum side order[] = {RESPONDER, INITIATOR};
    static const enum step_input inputs[] = {INPUT_INSTALLED, INPUT_DUE};

    for (unsigned i = 0; i < COUNT_OF(order); i++)
        for (unsigned j = 0; j < COUNT_OF(inputs); j++) {
            const struct step *step = row_for(walk, order[i], inputs[j], CLEAR);

            if (step != NULL) {
                take(walk, order[i], step);
                return true;
            }
        }
    return false;
}

/* Where a side of this kind of exchange begins: the first row of the table that is its. */
static unsigned first_state(enum exchange_kind kind, enum side side, enum sa_state *sa)
{
    for (size_t i = 0; step_row(i) != NULL; i++)
        if (kind_of(step_row(i)) == kind && step_row(i)->side == side) {
            *sa = step_row(i)->sa;
            return step_row(i)->from;
        }
    return NO_STATE;
}

void ladder_walk(struct ladder *ladder, enum exchange_kind kind, uint16_t auth, bool *is_taken)
{
    struct walk walk = {.ladder = ladder, .is_taken = is_taken};

    *ladder = (struct ladder){.kind = kind, .auth = auth};
    for (int side = 0; side < 2; side++)
        ladder->from[side] = walk.state[side] = first_state(kind, side, &walk.sa[side]);
    if (ladder->from[INITIATOR] == NO_STATE)
        walk.sa[INITIATOR] = walk.sa[RESPONDER];
    ladder->sa[INITIATOR] = walk.sa[INITIATOR];
    ladder->sa[RESPONDER] = walk.sa[RESPONDER];

    if (ladder->from[INITIATOR] == NO_STATE)
        take_single(&walk);
    else
        take(&walk, INITIATOR, row_for(&walk, INITIATOR, INPUT_BEGIN, CLEAR));
    while (take_what_is_due(&walk))
        ;
}
