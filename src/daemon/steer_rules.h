/* What the packet filter is told: the crypto ACLs of a policy as an nft ruleset, as text. Pure.
 *
 *     char *space = malloc(steer_rules_size(policy));
 *     struct text rules = text_of(space, steer_rules_size(policy));
 *     steer_rules_write(&rules, policy, true);
 *
 * Two questions are put to each packet, both with the ACLs read as an ASA does (entries in order of sequence, the first
 * line that fits decides, a deny goes on with the next entry; a parked entry counts too):
 *
 *   out   forwarded and local packets: what a crypto ACL permits gets MARK_STEERED, and the `ip rule` on the mark sends
 * it to the TUN. What comes out of the TUN is asked only when it would leave through an interface with a crypto map:
 * from one tunnel into another. in    what comes in clear on the interface of a crypto map, and would have been
 * protected, is dropped and counted (ASA 402117).
 *
 * The ruleset replaces the one before it in one transaction. */
#ifndef DAEMON_STEER_RULES_H
#define DAEMON_STEER_RULES_H

#include "base/text.h"
#include "policy/policy.h"

/* The traffic of pairs whose peers chose their networks themselves (tunnel.is_open): it is treated as an ACL that grows
 * and shrinks with the pairs, at the place of the first such entry. */
struct steer_guests {
    const struct selector *list;
    size_t count;
};

size_t steer_rules_size(const struct policy *policy, struct steer_guests guests);
/* `has_log`: what is refused in clear is also shown to CLEAR_LOG_GROUP, five packets a second at most; not every kernel
 * can. */
void steer_rules_write(struct text *rules, const struct policy *policy, struct steer_guests guests, bool has_log);

/* Adds one to the guests of what steer_rules_write has made. */
size_t steer_rules_guest_size(const struct policy *policy);
void steer_rules_write_guest(struct text *rules, const struct policy *policy, const struct selector *guest);

/* Removes what steer_rules_write has made; harmless when nothing is there. */
void steer_rules_write_removal(struct text *rules);

/* Letters, digits, '.', '_', '-', ':' and '@' only: such a name needs no quoting. The text is not written for any
 * other. */
bool steer_rules_can_name(const char *linux_name);

#endif
