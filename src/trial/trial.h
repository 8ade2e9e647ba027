/* Two ends held against each other: both configurations run in the real engine, each as initiator, and what would have
 * to change is found by trying it.
 *
 *     struct arena arena = arena_of(malloc(trial_space(len)), trial_space(len));      len: the longer of both texts
 *     struct trial *trial = trial_new(&arena, len);
 *     trial_add_end(trial, 0, &west);
 *     trial_add_end(trial, 1, &east);
 *     const struct trial_result *result = trial_run(trial);
 *
 * An end is its statements in the ASA's language; foreign.h makes them of other configurations and of captures. What
 * cannot be known of an end (a masked key, an address behind NAT) is assumed, and each assumption is in the result. A
 * change that is named was applied to the statements and tried: `is_up` says whether the tunnel came up with all
 * changes up to it. No key is in a result. */
#ifndef TRIAL_TRIAL_H
#define TRIAL_TRIAL_H

#include "base/arena.h"
#include "conf/conf.h"
#include "event/observation.h"

enum {
    TRIAL_LINES_MAX = 64,        /* of the crypto ACLs that are tried, of each end */
    TRIAL_NOTES_MAX = 24,        /* assumptions */
    TRIAL_STEPS_MAX = 8,         /* changes, one after the other */
    TRIAL_CHANGE_LINES_MAX = 12, /* of one change */
    TRIAL_EVIDENCE_MAX = 4,
};

struct trial_end {
    const char *name;     /* of the file; borrowed */
    enum product product; /* in whose words changes are said */
    struct bytes text;    /* statements; borrowed. As they came: keys in it */
    const char *expects;  /* the identity that it wants of the other end; borrowed. "" or NULL: whatever comes */
};

/* What one end of an attempt came to. */
struct trial_stop {
    const char *asa, *ios; /* the state; "none" when it saw nothing */
    const char *reason;    /* of reasons.def; "" when it gave none */
    const char *meaning;
};

/* One line of a crypto ACL, asked for by traffic of one end. */
struct trial_attempt {
    const char *map;
    uint16_t sequence;
    struct selector selector; /* seen from the initiator */
    bool is_up, is_begun;     /* not begun: its configuration does not let it */
    bool is_agreed;           /* both phases are negotiated; when it is not up all the same, it carries nothing */
    bool is_refused;          /* by the end of `why`, which looks at more than the engine does */
    struct trial_stop stops[2];
    const char *cause, *family, *sentence, *strength; /* "none" when it is up */
    uint8_t obstacle_end;                             /* whose configuration `why` is about */
    const char *why; /* what of both configurations does not fit; "" when only the cause tells */
    const char *evidence[TRIAL_EVIDENCE_MAX];
    uint8_t evidence_ends[TRIAL_EVIDENCE_MAX];
    size_t evidence_count;
};

struct trial_change {
    uint8_t end;      /* which one is changed */
    bool is_possible; /* there is such a change at this end, and it repaired what it is for */
    const char *asa[TRIAL_CHANGE_LINES_MAX], *own[TRIAL_CHANGE_LINES_MAX]; /* in the ASA's words; in that product's */
    size_t asa_count, own_count;
};

struct trial_step {
    const char *cause;
    uint8_t chosen; /* the end whose change the next step builds on */
    struct trial_change changes[2];
};

struct trial_result {
    struct ip addresses[2], seen_as[2]; /* of the interface; by the other end */
    const char *interfaces[2];          /* nameif */
    struct trial_attempt *attempts[2];  /* by initiator */
    size_t attempt_counts[2];
    uint32_t left_out[2]; /* lines that were not tried */
    bool is_up;           /* all of them */
    struct trial_step steps[TRIAL_STEPS_MAX];
    size_t step_count;
    bool is_repaired; /* with the chosen changes all lines of both ends come up */
    const char *notes[TRIAL_NOTES_MAX];
    size_t note_count;
};

struct trial;

size_t trial_space(size_t text_len);
struct trial *trial_new(struct arena *arena, size_t text_len); /* NULL: the arena is too small */

/* False: the text cannot be split into statements, or says nothing of a tunnel; *why says so. */
bool trial_add_end(struct trial *trial, unsigned end, const struct trial_end *as, const char **why);

/* The findings of that end as conf has them. */
const struct conf *trial_conf(const struct trial *trial, unsigned end);

/* Deterministic. `only`: 0 or 1, attempts of that end alone; 2: of both. `are_changes_wanted` costs some attempts more.
 */
const struct trial_result *trial_run(struct trial *trial, unsigned only, bool are_changes_wanted);

/* Both configurations as they are, with keys: to be called before the memory is given back. */
void trial_wipe(struct trial *trial);

#endif
