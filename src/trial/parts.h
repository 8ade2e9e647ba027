/* What the files of trial share. Not for other layers. */
#ifndef TRIAL_PARTS_H
#define TRIAL_PARTS_H

#include "diag/diag.h"
#include "sim/sim.h"
#include "trial/trial.h"

enum { GROUPS_MAX = SIM_TUNNELS_MAX, TEXT_MORE = 16 * 1024, KEY_SIZE = 132, REASON_SIZE = 40 };

/* What is tried of one end: its tunnels with the other end, and the tunnel-group that belongs to it. */
struct end {
    struct trial_end as;
    const char *expects; /* as.expects, or what a change has made of it */
    uint8_t *text;       /* the statements, with what was assumed and changed behind them */
    size_t text_len, text_size;
    void *conf_memory;
    struct conf conf;
    bool is_read;
    size_t read_len;                 /* of the text that conf was read from */
    struct ip address, seen_as, far; /* far: how this end names the other; IP_NONE: it does not */
    uint16_t interface;              /* of conf.policy */
    struct policy policy;            /* the part of it that is tried */
    struct tunnel *tunnels;
    struct tunnel_group groups[GROUPS_MAX];
    struct conf_key keys[GROUPS_MAX];
    uint16_t key_count;
};

struct trial {
    struct arena *arena; /* of the results */
    size_t conf_size;
    struct end ends[2];
    void *sim_memory;
    uint8_t *diag_memory;
    size_t diag_memory_size;
    struct trial_result result;
};

/* ---- ends.c: who is meant, and what is assumed */

/* Reads both texts; false: one cannot be read any more. */
bool ends_read(struct trial *t);
/* Addresses, interfaces and the tunnels with the other end, after ends_read. */
void ends_meet(struct trial *t);
void note(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *say_text(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- attempt.c: one line in the simulator. `tunnel` NULL, or `ace` NULL: the end has none, and nothing begins */
void attempt_make(struct trial *t, unsigned initiator, const struct tunnel *tunnel, const struct crypto_ace *ace,
                  struct trial_attempt *a);

/* ---- obstacle.c: what both configurations tell without a negotiation; false: nothing. `wanted` is seen from the
 * initiator */
bool obstacle_find(struct trial *t, unsigned initiator, const struct tunnel *tunnel, const struct selector *wanted,
                   struct trial_attempt *a);
/* The entry of an end that a line is about, its selector seen from that end; NULL: that end has none with the other. */
const struct tunnel *tunnel_about(const struct end *e, const struct selector *wanted);

/* What that end says of itself, perhaps in `space`. */
const char *obstacle_sent_id(const struct end *e, char space[static IP_TEXT_SIZE]);

/* The network behind an end is the one that it looks for behind the other. */
bool is_one_network(const struct selector *s);

/* ---- differ.c: which attribute of two policies keeps them apart, where the cause only says that something does */
void differ_phase1(const struct policy *a, const struct policy *b, uint16_t *of_a, uint16_t *of_b, const char **cause);
void differ_refine(struct trial *t, unsigned initiator, const struct tunnel *tunnel, struct trial_attempt *a);

/* ---- change.c */

/* Lines that make this end fit the other as far as the cause goes; false: this end cannot. `applied` is what is put
 * behind its statements: the lines with the key in place of what is shown for it. */
bool change_make(struct trial *t, unsigned end, const struct trial_attempt *a, unsigned initiator,
                 struct trial_change *change, struct text *applied);

#endif
