/* What the packet filter is told of access-groups: the lists of interfaces as the JSON that `nft -j -f -` reads. Pure.
 *
 *     char *json = access_rules_json(policy, true);      NULL: no memory; to be freed
 *
 * Forwarded packets are asked with the addresses that their hosts have: destinations have been translated, sources have
 * not, as on an ASA from 8.3 on. A list decides about what begins a connection; what belongs to one that stands passes.
 * Only interfaces with an access-group are looked at. What came out of a tunnel is spared, unless `no sysopt connection
 * permit-vpn` says otherwise: then it counts as come in by the interface of its crypto map. What goes into a tunnel
 * leaves by that interface.
 *
 * Where several interfaces have crypto maps, the networks of the far ends tell of which a packet is.
 *
 * Lines count packets in counters of their own names, which outlive a change. */
#ifndef DAEMON_ACCESS_RULES_H
#define DAEMON_ACCESS_RULES_H

#include "policy/filter.h"

enum { ACCESS_COUNTER_SIZE = 24 };

/* Of all that lists have denied. */
#define ACCESS_DROPPED "dropped"

/* `has_log`: what is denied is also shown to ACCESS_LOG_GROUP, five packets a second at most, under the number of its
 * access-group; not every kernel can. */
char *access_rules_json(const struct policy *policy, bool has_log);

/* Removes all of it; harmless when nothing is there. */
extern const char access_rules_removal[];

/* Of the line `ace` of a filter; filter->ace_count: of what none fits. */
const char *access_counter_name(const struct filter *filter, uint16_t ace, char space[static ACCESS_COUNTER_SIZE]);

/* The Linux interface that the list is of; "": there is none now. */
const char *access_device(const struct policy *policy, uint16_t interface);

#endif
