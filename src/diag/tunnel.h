/* One negotiation: the views that different sources have of it, joined, and what follows from all of them. */
#ifndef DIAG_TUNNEL_H
#define DIAG_TUNNEL_H

#include "diag/listed.h"
#include "diag/view.h"

enum { TUNNEL_VIEWS_MAX = 6, SOURCES_MAX = 32, TUNNEL_WORDS = (FACT_COUNT + 63) / 64 };

/* What is known of a file beside its observations. */
struct diag_file {
    bool is_used;
    uint8_t vantage;
};

struct tunnel {
    const struct view *views[TUNNEL_VIEWS_MAX];
    size_t view_count;
    const struct view
        *common[TUNNEL_VIEWS_MAX]; /* what a source says of all its tunnels: routes, a daemon that starts */
    size_t common_count;
    const struct listed *listed[TUNNEL_VIEWS_MAX]; /* of the device of each view; NULL: nothing */
    uint64_t signs;                                /* a bit for each of its views' signs and cookies, many to one */
    uint8_t joined_by;                             /* enum joined, of join.h: what is least sure of it */
    bool has_silent_capture, has_silent_log;       /* a file was given that has nothing of this negotiation */
    bool is_of_many;                               /* a file of it names other peers too */
    bool is_left;                                  /* a file goes on long after it, or has another attempt */
    uint64_t facts[TUNNEL_WORDS];                  /* a bit for each */
};

/* Fills in the facts that follow from the others. */
void tunnel_conclude(struct tunnel *t);

static inline bool tunnel_has(const struct tunnel *t, enum fact fact)
{
    return (t->facts[fact / 64] >> fact % 64 & 1) != 0;
}

/* Some file shows messages of it. */
bool tunnel_has_messages(const struct tunnel *t);

/* How often a fact was seen, in the view that saw it most. */
uint32_t tunnel_count(const struct tunnel *t, enum fact fact);

/* The fact whose lines are shown for `fact`: itself, but for one that follows from others. */
enum fact tunnel_lines_of(enum fact fact);

/* "" when no line says it. */
const char *tunnel_detail(const struct tunnel *t, enum detail detail);

/* The product of the end with that role; PRODUCT_UNKNOWN when no file of it was given. */
enum product tunnel_product(const struct tunnel *t, enum role role);

#endif
