#include "daemon/reverse_route.h"

#include "daemon/names.h"
#include "daemon/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* Our own sockets ask the main table too: what they send to a peer must not come back to us through the TUN. */
static bool holds_a_peer(const struct policy *policy, struct ip_range network)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        for (uint8_t j = 0; j < policy->tunnels[i].peer_count; j++)
            if (ip_range_holds(network, policy->tunnels[i].peers[j]))
                return true;
    return false;
}

/* NULL: it stands. */
static const char *make(const struct policy *policy, struct ip_range network, struct ip peer)
{
    int prefix_len = ip_range_prefix_len(network);

    if (prefix_len < 0)
        return "it is not one network with a mask";
    if (ip_range_holds(network, peer))
        return "the peer itself is in it";
    if (holds_a_peer(policy, network))
        return "a peer of the configuration is in it";
    int error = netlink_reverse_route_add(if_nametoindex(TUN_NAME), network.first, (uint8_t)prefix_len);
    if (error == EEXIST)
        return "this machine has such a route already";
    return error == 0 ? NULL : strerror(error);
}

/* NULL: there is none any more. */
static const char *unmake(struct ip_range network)
{
    int prefix_len = ip_range_prefix_len(network);
    int error =
        prefix_len < 0 ? 0 : netlink_reverse_route_remove(if_nametoindex(TUN_NAME), network.first, (uint8_t)prefix_len);

    return error == 0 ? NULL : strerror(error);
}

/* How an ASA tells whose route it is. */
static const char *kind_of(const struct policy *policy, const struct plane_route *route)
{
    if (route->tunnel_group < policy->tunnel_group_count && policy->tunnel_groups[route->tunnel_group].is_remote_access)
        return ip_equal(route->network.first, route->network.last) ? "remote access" : "network extension";
    return route->tunnel < policy->tunnel_count && policy->tunnels[route->tunnel].is_dynamic ? "dynamic map"
                                                                                             : "static map";
}

static void add_network(struct event *event, struct ip_range network)
{
    int prefix_len = ip_range_prefix_len(network);

    event_add_ip(event, FIELD_REMOTE_ADDRESS, network.first);
    if (prefix_len < 0)
        event_add_ip(event, FIELD_REMOTE_LAST, network.last);
    else if (network.first.family == IP_V4)
        event_add_ip(event, FIELD_REMOTE_MASK, ip_mask(IP_V4, (unsigned)prefix_len));
    else
        event_add_number(event, FIELD_REMOTE_PREFIX_LEN, (unsigned)prefix_len);
}

void reverse_route_set(const struct policy *policy, const struct plane_route *route, bool stands, struct event *event)
{
    const char *why = stands ? make(policy, route->network, route->peer) : unmake(route->network);

    *event = event_of(stands        ? why == NULL ? EV_ROUTE_MADE : EV_ROUTE_NOT_MADE
                      : why == NULL ? EV_ROUTE_REMOVED
                                    : EV_ROUTE_NOT_REMOVED);
    event_add_ip(event, FIELD_PEER, route->peer);
    if (route->tunnel_group < policy->tunnel_group_count)
        event_add_text(event, FIELD_GROUP, policy->tunnel_groups[route->tunnel_group].name);
    event_add_text(event, FIELD_TUNNEL_KIND, kind_of(policy, route));
    add_network(event, route->network);
    if (why != NULL)
        event_add_text(event, FIELD_CAUSE, why);
}
