/* Observations are looked at before they are seen, many at a time: what is known of their tunnels is fetched from
 * memory, all at once, and what is known to follow is found. Not for other layers. */
#ifndef DIAG_AHEAD_H
#define DIAG_AHEAD_H

#include "diag/collect.h"

/* True: it was expected, and what was found then still holds and is done. */
bool ahead_follow(struct diag *d, struct witness *w);

/* More than the situation changes of what is known between these ends (NULL: between any): what was found is no longer
 * sure. */
void ahead_forget(struct diag *d, const uint32_t *hash);

#endif
