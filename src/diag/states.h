/* The states of the devices: what each is called, what it proves and leaves open. From ike/states.def, and stages.def
 * for the exchanges that the engine does not run. */
#ifndef DIAG_STATES_H
#define DIAG_STATES_H

#include "diag/report.h"

/* How many rows there are. */
enum {
    STATE_ROWS = 0
#define STATE(...) +1
#include "ike/states.def"
#undef STATE
#define STAGE(...) +1
#include "diag/stages.def"
#undef STAGE
};

struct state_row {
    const char *asa, *ios, *story, *proven, *open;
};

/* By the ASA's name; NULL when there is no such state. */
const struct state_row *states_find(const char *asa);

/* The state of an end that has seen messages up to `reached` of phase 1, or is up; {"none", "none"} when nothing was
 * reached. An initiator waits for an even message of main mode, a responder for an odd one. */
struct stage states_of(enum mode mode, enum role role, unsigned reached, bool is_up, bool is_in_transaction);

/* The messages of phase 1 that must have been, for an end to be in that state as IOS has it; 0 when it tells nothing, 7
 * when phase 1 is up. */
unsigned states_reached_ios(const char *ios, enum role role);

#endif
