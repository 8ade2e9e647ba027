#include "diag/ahead.h"

#include "diag/known.h"
#include "diag/views.h"

/* Always inline: the compiler leaves out calls of a function that does nothing but this. */
static inline __attribute__((always_inline)) void fetch_view(const struct diag *d, uint32_t index, const struct view *v)
{
    __builtin_prefetch(&d->links[index]);
#pragma GCC unroll 8
    for (size_t at = 0; at < offsetof(struct view, own_offers); at += CACHE_LINE)
        __builtin_prefetch((const uint8_t *)v + at);
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
    return ip_same(&v->peer, &at->one) && v->source == at->source && v->vantage != VANTAGE_WIRE;
}

/* ---- In steps, each for all of them, for where the next one looks in memory the one before tells ---- */

/* They stand at the end: which of them is the next one, their number tells. */
static inline struct expected *first_expected(struct diag *d)
{
    return &d->expected[EXPECTED_MAX - d->next_count];
}

static void find_chains(struct diag *d)
{
    struct expected *x = first_expected(d);

    for (const struct sight *at = d->next; at < d->next + d->next_count; at++, x++) {
        bool is_like_last = at->cookie != 0 && at > d->next && at->cookie == at[-1].cookie;
        struct key key = {&at->one, &at->other, at->source, at->vantage == VANTAGE_WIRE};

        x->is_sought = ip_is_set(at->one) && !is_like_last;
        x->hash = key_hash(&key);
        __builtin_prefetch(&d->chains[x->hash & (d->chain_count - 1)]);
    }
}

static void find_views(struct diag *d)
{
    for (struct expected *x = first_expected(d); x < d->expected + EXPECTED_MAX; x++) {
        x->index = x->is_sought ? *chain_of(d, x->hash) : NO_VIEW;
        x->move = NULL;
        if (x->index == NO_VIEW)
            continue;
        x->view = view_at(d, x->index);
        fetch_view(d, x->index, x->view);
    }
}

static const struct move *move_of(struct diag *d, struct view *v, const struct sight *at)
{
    return is_plain(at) && is_of(v, at) ? known_move(d->all.known, v, known_happening_at(v, at)) : NULL;
}

/* Where another attempt begins, what the latest will go into stands behind it. A line that moves its negotiation on is
 * mostly kept. */
static void find_moves(struct diag *d)
{
    struct expected *x = first_expected(d);

    d->is_any_move_known = false;
    for (const struct sight *at = d->next; at < d->next + d->next_count; at++, x++) {
        if (x->index == NO_VIEW)
            continue;
        const struct link *link = &d->links[x->index];
        struct view *v = x->view;
        const struct move *m = move_of(d, v, at);
        bool is_another = m ? m->is_other : at->cookie != 0 && link->cookie != at->cookie;

        if (is_another && link->next != NO_VIEW)
            fetch_view(d, link->next, view_at(d, link->next));
        if (!m || m->to != m->from)
            view_expect(v);
        x->move = is_another ? NULL : m;
        d->is_any_move_known |= x->move != NULL;
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

void ahead_forget(struct diag *d, const uint32_t *hash)
{
    if (!d->is_any_move_known)
        return;
    d->is_any_move_known = hash != NULL;
    for (struct expected *x = first_expected(d); x < d->expected + EXPECTED_MAX; x++)
        if (!hash || x->hash == *hash)
            x->move = NULL;
}

bool ahead_follow(struct diag *d, struct witness *w)
{
    if (d->next_count == 0 || w->at != d->next)
        return false;
    const struct expected *x = first_expected(d);
    const struct move *m = x->move;

    d->next++;
    d->next_count--;
    /* its situation tells what was done to the view since it was found; if anything else was, the move was forgotten */
    if (!m || x->view->situation != m->from)
        return false;
    if (view_follow(x->view, m, w))
        ahead_forget(d, &x->hash);
    d->sources[w->at->source].current = d->last = x->index;
    return true;
}
