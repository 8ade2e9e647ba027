/* Algorithms in the words of configurations. */
#ifndef SOURCE_SUITE_H
#define SOURCE_SUITE_H

#include "event/event.h"

/* Adds the algorithm of this word to the event: ENCRYPTION with KEY_LENGTH, HASH, DH_GROUP or AUTHENTICATION. False for
 * a word that suites.def does not have. */
bool suite_add(struct event *e, struct bytes word);

#endif
