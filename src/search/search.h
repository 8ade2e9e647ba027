/* Every interleaving of two real engines and a bad network, searched breadth first within the bounds of a scenario.
 *
 *     struct search *search = search_make(space, size);
 *     const char *fault = search_run(search, &scenario);       NULL: no property is violated, and all was seen
 *     search_explain(search, &text);                           the shortest way to the fault, as a ladder
 *
 * One state is the memory of both engines and vaults and what is under way between them. From each state every choice
 * is tried: deliver any datagram that is under way, repeat, hold or lose it; let the vault answer or fail, the plane
 * take the SA or refuse it; cut the line and heal it; give a command. Time moves when nothing is under way that is not
 * held, to the next timer of either side.
 *
 * States that differ only in what is random (cookies, message ids, SPIs, keys) or in how long ago things were are one:
 * see key.c. So the code is checked, not a model of it, and each fault is a real run of the engine; rows that are added
 * to the step tables are searched and counted like the others. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "base/text.h"
#include "ike/ike.h"

/* What the network, the vaults and the planes may do to one run. */
enum search_bound {
#define BOUND(name, ...) SEARCH_##name,
#include "search/bounds.def"
#undef BOUND
    SEARCH_BOUND_COUNT
};

enum search_command_kind { SEARCH_ACQUIRE, SEARCH_COMMAND, SEARCH_PLANE };
enum { SEARCH_COMMANDS_MAX = 6, SEARCH_ALONE_NEVER_MS = 0 };

/* Something that a site is told once, at any moment of the run. */
struct search_command {
    const char *what; /* "is brought down"; NULL: the end of the list */
    uint8_t site;
    enum search_command_kind kind;
    enum ike_command_kind command; /* SEARCH_COMMAND */
    enum ike_plane_kind plane;     /* SEARCH_PLANE: about the oldest pair; without one nothing happens */
};

struct search_scenario {
    const char *name;
    bool begins_up; /* phase 1 and a pair stand, and all is quiet */
    bool has_dpd, has_pfs, is_aggressive;
    bool do_keys_differ;                 /* the pre-shared keys: then nothing may ever be up */
    uint32_t lifetime_s, esp_lifetime_s; /* 0: none */
    uint8_t bounds[SEARCH_BOUND_COUNT];
    /* No more losses than a responder has answers for repeats: then whatever was begun has to come up. Only for
     * scenarios whose commands are ACQUIREs. */
    bool comes_up;
    uint32_t alone_max_s; /* one side up, the other not: never longer */
    struct search_command commands[SEARCH_COMMANDS_MAX];
};

struct search;

/* `space`: aligned for any type, stays the caller's. How many states fit depends on it; 256 MB are plenty. */
struct search *search_make(void *space, size_t size);

const char *search_run(struct search *search, const struct search_scenario *scenario);

/* Of the last run. */
uint32_t search_states(const struct search *search);
uint32_t search_steps(const struct search *search); /* choices that were tried */
uint32_t search_depth(const struct search *search); /* choices on the longest of the shortest ways */

/* A run of the last scenario as chance has it, without merging any states: how many of the states on its way the search
 * has not seen. None, unless states were merged whose futures differ (key.c). Only after a search without a fault; adds
 * what it took to `steps`. */
uint32_t search_walk(struct search *search, uint32_t seed, uint32_t for_s, uint32_t *steps);

/* Of all runs of this search: was that row of the step tables (step_row) taken? */
bool search_row_was_taken(const struct search *search, size_t row);

/* The way to the fault of the last run, or to the choice that is being tried: for a CHECK that failed in it. */
void search_explain(struct search *search, struct text *text);

#endif
