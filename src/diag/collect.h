/* What diag.c gathers and report.c tells. Not for other layers. */
#ifndef DIAG_COLLECT_H
#define DIAG_COLLECT_H

#include "diag/diag.h"
#include "diag/listed.h"
#include "diag/tunnel.h"

struct diag_source {
    bool is_given, has_several_peers; /* the second is known when all is read */
    uint8_t vantage;
    uint64_t last_ms;      /* of its last line or packet; 0: not known */
    uint32_t current;      /* the view that the last line of a log was about */
    struct view *common;   /* what is said of the device, not of one negotiation; NULL: nothing */
    struct listed *listed; /* the same, of what it lists */
};

enum { CHUNK_VIEWS = 16, EXPECTED_MAX = 32 };

/* What is known beforehand of an observation that will be seen soon: ahead.c. */
struct expected {
    bool is_sought;          /* by its addresses */
    uint32_t hash, index;    /* the view that it is of, the first of its chain; NO_VIEW: none */
    struct view *view;       /* the same, where there is one */
    const struct move *move; /* NULL: it is not known, or more than view_follow */
};

/* What is looked at of a view when one is looked for; apart, for a view is large. */
struct link {
    uint64_t cookie;            /* the initiator's; 0: the view has none */
    uint32_t next, hash, shape; /* next: of its chain, or of those that are free */
    bool is_retired;            /* another attempt has begun */
};

struct diag {
    struct views all; /* its arena is that of diag_new */
    struct view **chunks;
    size_t view_count, view_max;
    struct link *links; /* of each view */
    struct chain {
        uint32_t hash, first; /* of views whose keys have that hash, the latest first; a view at least, or it is free */
    } * chains;
    size_t chain_count; /* a power of two, and so many that a third of them is free */
    uint32_t last;      /* the view that the last observation was of; it may be free since */
    uint32_t free, order, dropped, ikev2;
    struct diag_source sources[SOURCES_MAX];
    const struct sight *next; /* where those that are expected stand */
    size_t next_count;
    bool is_any_move_known;                 /* of these */
    struct expected expected[EXPECTED_MAX]; /* the last `next_count` of these */
};

static inline struct view *view_at(const struct diag *d, size_t index)
{
    return &d->chunks[index / CHUNK_VIEWS][index % CHUNK_VIEWS];
}

/* It is said of the whole device, whoever is named. */
bool diag_is_of_device(enum event_kind kind);

#endif
