/* Steering: what the crypto ACLs permit goes to the TUN and nowhere else (steer_rules.h, netlink.h).
 *
 *     steer_close_up(policy, &has_stood, why)     before the TUN: the marks, the rule on the mark and its unreachable
 * route stand. Also with a new policy. steer_open_tun(link, why)       the TUN stands: to it, from now on
 * steer_take_away(why) at the end; also what a crash has left
 *
 * When the TUN goes, by whatever means, its route goes with it and the unreachable one is left: marked packets go
 * nowhere. Each function is false when the system refuses, and then says what in `why`. */
#ifndef DAEMON_STEER_H
#define DAEMON_STEER_H

#include "base/text.h"
#include "daemon/steer_rules.h"

/* Both ask for the same marks: nothing has to be written anew. */
bool steer_is_same(const struct policy *a, const struct policy *b);

/* More pairs of open tunnels: their traffic is steered from now on, until the next steer_close_up without them. */
bool steer_add_guests(const struct policy *policy, struct steer_guests guests, struct text *why);

/* `*has_stood` becomes true when a crash has left the rule; may be NULL. */
bool steer_close_up(const struct policy *policy, struct steer_guests guests, bool *has_stood, struct text *why);
bool steer_open_tun(const char *tun_name, struct text *why);
bool steer_take_away(struct text *why);

#endif
