/* The lists of access-groups in the kernel (access_rules.h), what their lines have met, and what they deny as events.
 *
 *     access_close_up(old, policy, why)      `old` NULL: at the start
 *     access_take_away(why)                  at the end; also what a crash has left
 *
 * Each function is false when the system refuses, and then says what in `why`. A change leaves connections that stand
 * alone, as on an ASA: `clear conn` lets them begin anew. */
#ifndef DAEMON_ACCESS_H
#define DAEMON_ACCESS_H

#include "base/text.h"
#include "event/event.h"
#include "policy/filter.h"

bool access_close_up(const struct policy *old, const struct policy *policy, struct text *why);
/* Both ask for the same rules: nothing has to be written anew. */
bool access_is_same(const struct policy *a, const struct policy *b);
bool access_take_away(struct text *why);

/* Packets that each line has decided about, by filter.h's places, and all that were denied. False: they cannot be read.
 */
bool access_read_counters(const struct policy *policy, uint64_t *hits, uint64_t *dropped);

/* What a packet that the packet filter has shown to ACCESS_LOG_GROUP is told as (ASA 106023): `prefix` is the number of
 * its access-group in the policy. False: it is none. */
bool access_event(const struct policy *policy, struct bytes prefix, struct bytes packet, const char *in_device,
                  const char *out_device, struct event *event);

#endif
