/* Which ISAKMP SAs others have begun and not proved, and which of them gives way to a newer one. */
#ifndef IKE_HALF_OPEN_H
#define IKE_HALF_OPEN_H

#include "base/handle.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ike;
struct ike_outputs;
struct isakmp_sa;

/* ANSWERED: to what we sent to its address; it has keys. */
enum half_open { NOT_HALF_OPEN, HALF_OPEN_UNANSWERED, HALF_OPEN_ANSWERED };

/* Places of the pool of ISAKMP SAs, counted from 1; 0: none. */
struct half_opens {
    struct half_open_beside {
        uint32_t older, newer;
    } * beside; /* in the queue; of no meaning, and never touched, for who is not in it */
    uint8_t *kinds;
    uint32_t oldest, newest; /* of those that are unanswered */
    uint32_t count;
    uint64_t told_ms; /* that the places are taken; 0: never */
};

size_t half_opens_space(uint32_t sa_count); /* bytes, aligned for 32 bits */
struct half_opens half_opens_of(void *space, uint32_t sa_count);
void half_open_file(struct half_opens *h, struct handle sa, enum half_open kind);

bool is_half_open(const struct ike *ike, struct handle sa);
uint32_t half_open_of(const struct ike *ike, struct handle peer);
/* Another first message may end it: the places are taken, or its address has its share of them. */
bool half_open_gives_way(const struct ike *ike, const struct isakmp_sa *sa);

/* How many of them the configuration allows; UINT32_MAX: as there is room for. */
uint32_t half_open_limit(const struct ike *ike);

/* A place for one more from that address, which may cost the oldest its own. False: there is none to be had, or the
 * configuration allows no more, or the gateway is about to end and has nothing with that address. */
bool half_open_make_room(struct ike *ike, uint64_t now_ms, struct ip remote, struct ike_outputs *out);

#endif
