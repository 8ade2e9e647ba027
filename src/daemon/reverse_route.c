#include "daemon/reverse_route.h"

#include "daemon/names.h"
#include "daemon/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <syslog.h>

enum { NETWORK_TEXT_SIZE = 2 * IP_TEXT_SIZE };

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

void reverse_route_set(const struct policy *policy, struct ip_range network, struct ip peer, bool stands,
                       struct log *log)
{
    const char *why = stands ? make(policy, network, peer) : unmake(network);
    char of[IP_TEXT_SIZE], space[NETWORK_TEXT_SIZE];
    struct text name = text_of(space, sizeof space);

    if (why == NULL)
        return;
    text_add_ip_range(&name, network);
    log_note(log, LOG_WARNING, "no reverse route is %s for %s of peer %s: %s", stands ? "made" : "removed", space,
             ip_text(peer, of), why);
}
