/* Which view an observation is of, and room for one more. Not for other layers. */
#ifndef DIAG_VIEWS_H
#define DIAG_VIEWS_H

#include "diag/collect.h"

enum { NO_VIEW = UINT32_MAX, CACHE_LINE = 64 };

/* The two addresses in any order; of a log the peer's alone. They stand in the observation. */
struct key {
    const struct ip *a, *b; /* not NULL */
    uint16_t source;
    bool is_of_wire; /* a journal has a log and a capture in it */
};

extern const struct ip no_ip;

struct key key_of(const struct diag *d, struct witness *w);
/* The same whichever of the two comes first. */
static inline uint32_t key_hash(const struct key *key)
{
    uint64_t a[2], b[2];

    memcpy(a, key->a->octets, sizeof a);
    memcpy(b, key->b->octets, sizeof b);
    a[0] = ((a[0] + b[0]) ^ key->source) * 0x9e3779b97f4a7c15u;
    a[0] = (a[0] ^ a[0] >> 29 ^ (a[1] + b[1])) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(a[0] >> 32);
}

/* The first view of that chain; NO_VIEW: it has none, and may be given one. A chain never becomes free again: a view
 * goes only into another one of the same key. */
static inline uint32_t *chain_of(struct diag *d, uint32_t hash)
{
    for (size_t i = hash;; i++) {
        struct chain *chain = &d->chains[i & (d->chain_count - 1)];

        if (chain->first == NO_VIEW)
            chain->hash = hash;
        if (chain->hash == hash)
            return &chain->first;
    }
}

/* The attempt of that cookie (0: it is not told) or of that number of an SA (NULL: neither); else the latest. */
uint32_t find_by_key(struct diag *d, const struct key *key, uint32_t hash, uint64_t cookie, const uint64_t *conn_id);

/* The same as the observation before: then find_by_key would give d->last. */
bool is_of_last(const struct diag *d, const struct key *key, uint64_t cookie);

/* Of a line without an address: by IOS' number of the SA (0: none), or the line before it. */
uint32_t find_by_line(const struct diag *d, uint16_t source, uint64_t conn_id);

/* The lines before did not say whose they were, and by no number that they are of another SA: now it is known.
 * NO_VIEW: there are none. */
uint32_t adopt_view(struct diag *d, uint64_t conn_id, const struct key *key, uint32_t hash);

/* An attempt that is over goes into an earlier one of which the same was seen. */
void fold_view(struct diag *d, uint32_t index, const struct key *key, uint32_t hash);

/* NO_VIEW: there is no room, and the observation is dropped. */
uint32_t new_view(struct diag *d, const struct sight *at, const struct key *key, uint32_t hash);

/* The same end has made another attempt since. */
bool is_followed(struct diag *d, const struct view *v);

/* Memory is taken as it is needed: NULL when there is none left. */
struct view *take_views(struct diag *d, size_t count);

#endif
