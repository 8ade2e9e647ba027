/* A world out of one number: two to five gateways, a bad network, misfortunes and traffic; then all is well again, and
 * whatever is honest must succeed. The same number gives the same world, on any machine, and the same hash.
 *
 *     struct seed_result r = seed_run(space, seed, SIM_PLANT_NONE);      space of seed_space() bytes
 *     if (r.fault != NULL) ...r.at_ms, r.hash...
 */
#ifndef SIM_SEED_H
#define SIM_SEED_H

#include "sim/sim.h"

struct seed_result {
    uint64_t hash;
    const char *fault; /* NULL: no invariant was violated */
    uint64_t at_ms;    /* of the world's time, when it was found */
    uint32_t site_count;
    struct sim_packets packets;
    uint64_t happened[SIM_HAPPENINGS];
};

size_t seed_space(void);
struct seed_result seed_run(void *space, uint64_t seed, enum sim_plant plant);

struct seed_way {
    unsigned loss_percent;
    uint16_t fragment_len; /* messages go in fragments of so many bytes; 0: whole */
    bool is_of_user;       /* the one is a user's end of the other: XAUTH and mode config between the phases */
};

/* How many tries it takes two gateways to bring a tunnel up when each datagram is lost with that probability, all else
 * being well. One try is one negotiation with its own repeats, 40 s. 0: more than `tries_max`. */
unsigned seed_tries(void *space, uint64_t seed, const struct seed_way *way, unsigned tries_max);

#endif
