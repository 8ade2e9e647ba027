/* Access-lists that filter: the vpn-filter of a group-policy, and the list of an access-group. Pure.
 *
 *     uint16_t ace;
 *     if (!filter_permits_in_tunnel(&policy->filters[number - 1], &packet, is_out, &ace)) ...
 *
 * The first line that fits decides, and what none fits is denied. In the lines `local` is the source as it is written,
 * `remote` the destination; of ICMP `local_ports` has the type and the code, as type * 256 + code (RFC 4301 4.4.1.1).
 *
 * A vpn-filter is written as an ASA wants it, with the far end as source, and asked in both directions: of what leaves
 * source and destination change places. So the answer to what it permits is permitted, and no connection has to be
 * remembered: a list that changes holds at once, for what goes on too. Of ICMP, whose answer is of another type, the
 * question is asked for; and an error is let through when the packet that it is about would be. */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

#include "base/protocol.h"
#include "policy/policy.h"

struct filter {
    const char *name;
    const struct crypto_ace *aces;
    uint16_t ace_count;
    uint32_t first_hit; /* place of its first line among those of all filters, each with one more for what none fits */
};

/* A packet on its way: `flow.local` is its source. */
struct filter_packet {
    struct flow flow;
    bool is_later_fragment; /* which shows no ports: lines that permit some ports take it by its addresses, those that
                               deny some do not. Without the first fragment it is of no use to anybody */
};

/* `flow->local_port` of ICMP. */
uint16_t filter_icmp_port(uint8_t type, uint8_t code);

/* `*ace`: the line that decided; filter->ace_count: none. */
bool filter_permits(const struct filter *filter, const struct filter_packet *packet, uint16_t *ace);

/* As a vpn-filter sees it, its source at the far end. */
struct filter_packet filter_as_written(const struct filter_packet *packet, bool is_out);
/* A vpn-filter; `is_out`: the packet is going to the peer. */
bool filter_permits_in_tunnel(const struct filter *filter, const struct filter_packet *packet, bool is_out,
                              uint16_t *ace);

/* The vpn-filter of that user of the tunnel-group, or of its peers (`user` ""); NULL: none. */
const struct filter *filter_of(const struct policy *policy, uint16_t tunnel_group, const char *user);

/* The access-group for any interface; access_group_count: there is none. */
uint16_t filter_global_group(const struct policy *policy);
/* The one that is asked of what comes in by that interface or leaves by it: its own, else, of what comes in, the one
 * for any; access_group_count: none. Behind its own the lines of the one for any are asked. */
uint16_t filter_group_at(const struct policy *policy, uint16_t interface, enum access_way way);

/* What the lists of an interface say of a packet that begins a connection. */
struct filter_decision {
    const struct access_group *group; /* that decided, NULL: there is none, and it is permitted */
    const struct filter *filter;
    uint16_t ace; /* filter->ace_count: no line fits */
    bool is_permitted;
};
struct filter_decision filter_at(const struct policy *policy, uint16_t interface, enum access_way way,
                                 const struct filter_packet *packet);

/* Whether some packet of that selector, its ends as in the lines, may pass. */
enum filter_reach { FILTER_LETS_SOME, FILTER_DENIES_ALL, FILTER_SAYS_NOTHING };
enum filter_reach filter_reach(const struct filter *filter, const struct selector *traffic);
/* The list that lets no connection of that traffic, its source `local`, begin at the interface; NULL: there is none. */
const struct filter *filter_that_stops(const struct policy *policy, uint16_t interface, enum access_way way,
                                       const struct selector *traffic);

/* The place in `to` of the line that is at `ace` in `from` (ace_count: what none fits), in a list of the same name;
 * false: it has gone. */
bool filter_same_line(const struct policy *from, uint16_t filter, uint16_t ace, const struct policy *to, uint32_t *hit);

/* How many lines all filters have, with one more each. */
uint32_t filter_hit_count(const struct policy *policy);

#endif
