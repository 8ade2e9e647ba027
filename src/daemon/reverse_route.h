/* `set reverse-route`: while a pair of SAs stands, a route of the main table leads to the peer's network of it, through
 * the TUN. So a daemon of this machine's routes can tell others of it, and this machine reaches it without a default
 * route. What goes into the tunnel is said by the crypto ACLs all the same. The kernel removes the routes with the TUN.
 */
#ifndef DAEMON_REVERSE_ROUTE_H
#define DAEMON_REVERSE_ROUTE_H

#include "daemon/plane.h"
#include "event/event.h"

/* Makes or removes one. `*event` says so, or what cannot be: then the pair stands without it. */
void reverse_route_set(const struct policy *policy, const struct plane_route *route, bool stands, struct event *event);

#endif
