/* What the packet filter is told of address translation: the rules of a policy as the JSON that `nft -j -f -` reads.
 *
 *     char *json = nat_rules_json(policy);      NULL: no memory; to be freed
 *
 * Destinations are translated before crypto ACLs are asked (steer_rules.h), sources when the packet leaves, for the TUN
 * as for any other interface; what steer_rules writes has looked ahead. Connections that this system begins or that are
 * for its IKE are left alone. Rules count connections in counters of their own names, which outlive a change. */
#ifndef DAEMON_NAT_RULES_H
#define DAEMON_NAT_RULES_H

#include "policy/nat.h"

enum { NAT_COUNTER_SIZE = 24 };

enum nat_way { NAT_WAY_OUT, NAT_WAY_IN };

char *nat_rules_json(const struct policy *policy);

/* The counter of connections that this rule has translated on their way out, or untranslated on their way in. */
const char *nat_counter_name(const struct policy *policy, uint16_t rule, enum nat_way way,
                             char space[static NAT_COUNTER_SIZE]);

/* The counter of packets that belonged to a connection that was translated already. */
#define NAT_HITS "hits"

/* Removes all of it; harmless when nothing is there. */
extern const char nat_rules_removal[];

/* The mapped addresses that ARP is answered for on that interface: those of its network, and with `arp
 * permit-nonconnected`, or in the spelling before 8.3, all others too. */
struct nat_proxy {
    uint16_t interface;
    struct ip ip;
};

enum { NAT_PROXIES_MAX = 4096 };

size_t nat_proxies(const struct policy *policy, struct nat_proxy proxies[static NAT_PROXIES_MAX]);

#endif
