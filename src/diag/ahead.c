#include "diag/ahead.h"

#include "diag/known.h"
#include "diag/views.h"

/* Always inline: the compiler leaves out calls of a function that does nothing but this. */
static inline __attribute__((always_inline)) void fetch_view(const struct diag *d, uint32_t index)
{
    __builtin_prefetch(&d->links[index]);
#pragma GCC unroll 8
    for (size_t at = 0; at < offsetof(struct view, state); at += CACHE_LINE)
        __builtin_prefetch((const uint8_t *)view_at(d, index) + at);
}

/* A line of a log that is of one negotiation, which its peer tells. */
static bool is_plain(const struct sight *at)
{
    return at->look != 0 && at->cookie == 0 && at->vantage != VANTAGE_WIRE && !ip_is_set(at->other) &&
           at->kind != EV_IKEV2_SEEN && !diag_is_of_device((enum event_kind)at->kind);
}

/* The same as view_is_of for such a line. */
static inline bool is_of(const struct view *v, const struct sight *at)
{
    return v->source == at->source && v->vantage != VANTAGE_WIRE && ip_same(&v->peer, &at->one);
}

/* ---- In steps, each for all of them, for where the next one looks in memory the one before tells ---- */

static void find_chains(struct diag *d)
{
    for (size_t i = 0; i < d->next_count; i++) {
        const struct sight *at = &d->next[i];
        bool is_like_last = i > 0 && at->cookie != 0 && at->cookie == at[-1].cookie;
        struct key key = {&at->one, &at->other, at->source, at->vantage == VANTAGE_WIRE};

        d->expected[i] = (struct expected){.is_sought = ip_is_set(at->one) && !is_like_last, .index = NO_VIEW};
        if (!d->expected[i].is_sought)
            continue;
        d->expected[i].hash = key_hash(&key);
        __builtin_prefetch(&d->chains[d->expected[i].hash & (d->chain_count - 1)]);
    }
}

static void find_views(struct diag *d)
{
    for (size_t i = 0; i < d->next_count; i++) {
        struct expected *x = &d->expected[i];

        if (!x->is_sought)
            continue;
        x->chain = chain_of(d, x->hash);
        x->index = *x->chain;
        if (x->index != NO_VIEW)
            fetch_view(d, x->index);
    }
}

static const struct move *move_of(struct diag *d, struct view *v, const struct sight *at)
{
    return is_plain(at) && is_of(v, at) ? known_move(d->all.known, v, known_happening_at(v, at)) : NULL;
}

static bool brings_facts(const struct view *v, const struct move *m)
{
    for (unsigned i = 0; i < m->fact_count; i++)
        if (!view_has(v, (enum fact)m->facts[i]))
            return true;
    return false;
}

/* Where another attempt begins, what the latest will go into stands behind it. */
static void find_moves(struct diag *d)
{
    for (size_t i = 0; i < d->next_count; i++) {
        const struct sight *at = &d->next[i];
        struct expected *x = &d->expected[i];

        if (x->index == NO_VIEW)
            continue;
        const struct link *link = &d->links[x->index];
        struct view *v = view_at(d, x->index);
        const struct move *m = move_of(d, v, at);
        bool is_another = m ? m->is_other : at->cookie != 0 && link->cookie != at->cookie;

        if (is_another && link->next != NO_VIEW)
            fetch_view(d, link->next);
        if (!m || brings_facts(v, m))
            view_expect(v);
        x->move = is_another ? NULL : m;
    }
}

void diag_expect(struct diag *d, const struct sight *next, size_t count)
{
    d->next = next;
    d->next_count = count < EXPECTED_MAX ? count : EXPECTED_MAX;
    find_chains(d);
    find_views(d);
    find_moves(d);
}

/* ---- One of them ---- */

/* Those that were seen since may have changed what was found. */
static inline bool still_holds(const struct expected *x, const struct view *v, const struct move *m,
                               const struct sight *at)
{
    return *x->chain == x->index && v->situation == m->from && !m->is_other && is_of(v, at) &&
           known_happening_at(v, at) == m->happening;
}

bool ahead_follow(struct diag *d, struct witness *w)
{
    if (w->at < d->next || w->at >= d->next + d->next_count)
        return false;
    struct expected *x = &d->expected[w->at - d->next];
    const struct move *m = x->move;
    struct view *v;

    x->move = NULL;
    if (!m || !still_holds(x, v = view_at(d, x->index), m, w->at))
        return false;
    view_follow(v, m, w);
    d->sources[w->at->source].current = d->last = x->index;
    return true;
}
