/* A look into an engine: the only file of the simulator that includes its inside. The oracle compares what it saw
 * before and after each input. */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "ike/steps.h"
#include "sim/faults.h"

enum { INSIDE_EXCHANGES_MAX = 128, INSIDE_SAS_MAX = 64, INSIDE_PAIRS_MAX = 64, INSIDE_ROWS_MAX = 128 };

struct inside_exchange {
    struct handle self, parked;
    enum exchange_kind kind;
    enum state state;
    enum side side;
    uint16_t method; /* of its ISAKMP SA */
    uint64_t sum;    /* of its committed value, counters left out */
    bool gives_way;  /* to another first message: half_open.h */
};

struct inside_object {
    struct handle self;
    uint64_t sum;
};

struct inside {
    uint32_t exchange_count, sa_count, pair_count;
    struct inside_exchange exchanges[INSIDE_EXCHANGES_MAX];
    struct inside_object sas[INSIDE_SAS_MAX]; /* those that are up */
    struct inside_object pairs[INSIDE_PAIRS_MAX];
};

/* `are_sums_wanted`: of the SAs and pairs; without them only what exchanges do is seen. */
void inside_look(const struct ike *ike, struct inside *seen, bool are_sums_wanted);

/* The row that was run last. */
const struct step *inside_last_step(const struct ike *ike);

/* What must hold of the engine's objects at any time; NULL when it does. */
const char *inside_fault(const struct ike *ike, uint64_t now_ms);

/* An ISAKMP SA has these cookies. */
bool inside_knows(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN]);
bool inside_is_in(const struct ike *ike, const char *state);

/* What opens that sealed datagram, whether this engine made it or gets it. `before`: the last block of the datagram
 * that came before it under the same message id, empty for the first. */
bool inside_keys(const struct ike *ike, struct bytes datagram, struct bytes before, struct impair_keys *keys);

/* Breaks a rule: sim_plant. */
void inside_plant_commit(struct ike *ike);
void inside_plant_forgery(struct ike *ike);

/* FNV-1a, to tell one thing from another. */
uint64_t sum_of(uint64_t sum, const void *data, size_t len);

#endif
