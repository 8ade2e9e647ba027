/* What an observation did to a view, remembered. The attempts of thousands of tunnels go the same few ways: a view in
 * the same situation takes an observation that looks the same (looks.def) as another one took it before.
 *
 *     uint64_t h = known_happening(v, w);
 *     const struct move *m = known_move(known, v, h);          NULL: view_take it, between known_watch and known_learn
 *
 * A situation is all of a view that decides what becomes of an observation: not when, how often and in which lines its
 * facts were seen, and not what is only kept to be shown. */
#ifndef DIAG_KNOWN_H
#define DIAG_KNOWN_H

#include "diag/view.h"
#include "event/look.h"

enum { MOVE_FACTS_MAX = 10 };

struct move {
    uint64_t happening;                        /* 0: none */
    uint32_t from, to;                         /* situations */
    bool is_other : 1;                         /* it begins another attempt; nothing else is known then */
    bool is_ended : 1, is_screen_only : 1;     /* of `to`, as in its view */
    uint8_t role, mode, product;               /* the same */
    uint8_t fact_count, facts[MOVE_FACTS_MAX]; /* enum fact, in the order in which they were noted */
};
_Static_assert(sizeof(struct move) == 32, "two moves have a line of the cache");

/* Of known.c, and of what is asked for each line. */
enum { SITUATIONS_MAX = 4096, MOVES_MAX = 16384, NO_SITUATION = 0, SLOTS_MIN = 1024, SLOTS_MAX = 4 * MOVES_MAX };

struct situation {
    uint64_t has[FACT_WORDS], offers; /* these as a digest */
    uint8_t role, mode, vantage, product, is_ended, is_screen_only, unused[2];
};

struct known {
    struct situation situations[SITUATIONS_MAX]; /* from 1 */
    uint32_t situation_count;
    uint16_t situation_slots[2 * SITUATIONS_MAX];
    struct move moves[MOVES_MAX]; /* from 1 */
    uint32_t move_count;
    uint16_t move_slots[SLOTS_MAX]; /* by hash: which of these; 0: free */
    size_t slot_count;              /* so far these are used: as few as do, to stay in the nearest caches */
    uint8_t keeps[EV_COUNT];        /* enum keeping */
    bool is_stopped;
    struct {
        uint32_t situation; /* NO_SITUATION: none has begun yet */
        uint8_t role, vantage, product;
    } begun; /* the last that has */
    struct {
        bool is_on, is_lost;
        uint32_t from;
        uint8_t count, facts[MOVE_FACTS_MAX];
    } watch;
};

size_t known_space(void);
struct known *known_new(struct arena *arena); /* NULL when the arena has not that much left */

/* The same for observations that look the same; 0: this one is to be judged each time. One that has a look of its own
 * (sight.h) is not told in full for that. */
uint64_t known_happening(const struct view *v, struct witness *w);

/* Of one that has a look. */
static inline uint64_t known_happening_at(const struct view *v, const struct sight *at)
{
    bool has_local = ip_is_set(v->local), is_from_local = has_local && ip_same(&at->one, &v->local),
         is_to_local = has_local ? ip_same(&at->other, &v->local) : !ip_is_set(at->other);

    return look_mix(at->look, (uint64_t)at->product << 2 | (uint64_t)is_from_local << 1 | is_to_local) | 1;
}

/* The rows of looks.def cover the event: what it does may be remembered. */
bool known_covers(const struct event *e);

/* The slot that has the move, or that is free for it. */
static inline uint16_t *known_slot(struct known *known, uint32_t from, uint64_t happening)
{
    for (size_t i = (size_t)(look_mix(happening, from) >> 32);; i++) {
        uint16_t *slot = &known->move_slots[i & (known->slot_count - 1)];
        const struct move *m = &known->moves[*slot];

        if (*slot == 0 || (m->happening == happening && m->from == from))
            return slot;
    }
}

/* Where the view stands, which is told first; NO_SITUATION: it is like no other. */
uint32_t known_situation(struct known *known, struct view *v);

/* NULL: not known. */
static inline const struct move *known_move(struct known *known, struct view *v, uint64_t happening)
{
    uint32_t from = v->situation != NO_SITUATION ? v->situation : known_situation(known, v);
    uint16_t slot = from != NO_SITUATION ? *known_slot(known, from, happening) : 0;

    return slot > 0 ? &known->moves[slot] : NULL;
}

/* What a view keeps of such an event beside its facts: offers; details and the ends. */
enum keeping { KEEPS_OFFERS = 1, KEEPS_DETAILS = 2 };
static inline unsigned known_keeps(const struct known *known, unsigned kind)
{
    return known->keeps[kind];
}

/* Leaves the view in the situation that the move leads to. */
static inline void known_arrive(struct view *v, const struct move *m)
{
    v->situation = m->to;
    v->role = m->role;
    v->mode = m->mode;
    v->product = m->product;
    v->is_ended = m->is_ended;
    v->is_screen_only = m->is_screen_only;
}

/* The view has begun: it is in the situation of all that have begun like it. */
void known_begin(struct known *known, struct view *v);

/* What view_take notes from now on is remembered by known_learn, unless something was asked that no situation holds. */
void known_watch(struct known *known, struct view *v);
void known_note(struct known *known, enum fact fact);
void known_forget(struct known *known);
void known_learn(struct known *known, struct view *v, uint64_t happening);
void known_learn_other(struct known *known, struct view *v, uint64_t happening);

/* From now on nothing more is remembered: for whoever holds the one against the other. */
void known_stop(struct known *known);

#endif
