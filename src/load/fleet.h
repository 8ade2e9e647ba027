/* The fleet: many engines, each a gateway of its own with one address, one tunnel and one peer: the target. No data
 * plane: an SA pair stands as soon as the engine asks for it.
 *
 *     struct fleet *fleet = fleet_make(&options, &net);
 *     fleet_begin(fleet, i);                               peer i wants its tunnel
 *     while (...) { fleet_receive(fleet); fleet_timers(fleet); }
 *     fleet_end(fleet, i);                                 takes it down and tells the target
 *
 * One thread; Diffie-Hellman is computed on the spot. */
#ifndef LOAD_FLEET_H
#define LOAD_FLEET_H

#include "load/net.h"
#include "load/options.h"

enum fleet_state { FLEET_IDLE, FLEET_BEGUN, FLEET_UP, FLEET_FAILED, FLEET_GONE, FLEET_STATES };

struct fleet;

/* NULL: no memory or no randomness. Both arguments stay the caller's and must outlive the fleet. */
struct fleet *fleet_make(const struct load_options *options, struct load_net *net);
void fleet_free(struct fleet *fleet);

void fleet_begin(struct fleet *fleet, uint32_t index);
void fleet_end(struct fleet *fleet, uint32_t index);

/* What is there; true when there was something. */
bool fleet_receive(struct fleet *fleet);
void fleet_timers(struct fleet *fleet);

uint32_t fleet_count(const struct fleet *fleet, enum fleet_state state);
enum fleet_state fleet_state_of(const struct fleet *fleet, uint32_t index);
/* From its beginning until its pair was up, of a peer that is or was up. */
uint32_t fleet_latency_us(const struct fleet *fleet, uint32_t index);
/* Why the last one failed: the name of a row of reasons.def; "": none did. */
const char *fleet_last_reason(const struct fleet *fleet);

#endif
