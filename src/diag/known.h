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
    bool is_other;                             /* it begins another attempt; nothing else is known then */
    uint8_t fact_count, facts[MOVE_FACTS_MAX]; /* enum fact, in the order in which they were noted */
};

struct known;

size_t known_space(void);
struct known *known_new(struct arena *arena); /* NULL when the arena has not that much left */

/* The same for observations that look the same; 0: this one is to be judged each time. One that has a look of its own
 * (sight.h) is not told in full for that. */
uint64_t known_happening(const struct view *v, struct witness *w);

/* Of one that has a look. */
static inline uint64_t known_happening_at(const struct view *v, const struct sight *at)
{
    bool is_from_local = ip_same(&at->one, &v->local), is_to_local = ip_same(&at->other, &v->local);

    return look_mix(at->look, (uint64_t)at->product << 2 | (uint64_t)is_from_local << 1 | is_to_local) | 1;
}

/* The rows of looks.def cover the event: what it does may be remembered. */
bool known_covers(const struct event *e);

/* NULL: not known. */
const struct move *known_move(struct known *known, struct view *v, uint64_t happening);

/* What a view keeps of such an event beside its facts: offers; details and the ends. */
enum keeping { KEEPS_OFFERS = 1, KEEPS_DETAILS = 2 };
unsigned known_keeps(const struct known *known, unsigned kind);

/* Leaves the view in the situation that the move leads to. */
void known_arrive(const struct known *known, struct view *v, const struct move *m);

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
