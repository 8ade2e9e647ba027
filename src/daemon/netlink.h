/* Routes, rules and links of the kernel through rtnetlink. Every function returns 0 or an errno. Asking for what stands
 * already, or removing what does not, is success: so a start takes over what a crash has left. */
#ifndef DAEMON_NETLINK_H
#define DAEMON_NETLINK_H

#include "base/ip.h"

/* The rule that sends what carries MARK_STEERED to STEER_ROUTE_TABLE. `*has_stood` becomes true when it is there
 * already, and is left alone otherwise. */
int netlink_rule_add(enum ip_family family, bool *has_stood);
int netlink_rule_remove(enum ip_family family);

/* The last route of that table: unreachable. */
int netlink_closed_route_add(enum ip_family family);
int netlink_closed_route_remove(enum ip_family family);

/* The route of that table to the TUN; the kernel removes it with the TUN. */
int netlink_tun_route_add(enum ip_family family, unsigned link);

/* ARP for that address is answered on that link (kernel: as soon as a route says that it is behind another one). */
int netlink_proxy_add(unsigned link, struct ip ip);
int netlink_proxy_remove(unsigned link, struct ip ip);
/* All that netlink_proxy_add has made, also before a crash. */
int netlink_proxies_remove(void);

/* One of this machine's, IPv4. */
struct neighbour {
    unsigned link;
    struct ip ip;
    uint8_t mac[6];
    bool has_mac;
    bool is_known;    /* it has answered once, or somebody has configured it */
    bool is_static;   /* somebody has */
    uint8_t protocol; /* who has made it: RTPROT_* */
    uint32_t age_s;   /* since it was last there */
};

typedef void neighbour_taker(void *context, const struct neighbour *neighbour);
int netlink_neighbours_each(void *context, neighbour_taker *take);

/* What ARP has learned, at most 256 neighbours of IPv4 at a time; what somebody has configured stays. */
int netlink_neighbours_forget(void);

/* The route of the main table for that address to that link. The kernel removes it with the link. */
int netlink_host_route_add(unsigned link, struct ip ip);
int netlink_host_route_remove(unsigned link, struct ip ip);

/* The route of the main table to the network of a peer, through the TUN. EEXIST: somebody else has the same. The kernel
 * removes it with the TUN. */
int netlink_reverse_route_add(unsigned link, struct ip network, uint8_t prefix_len);
int netlink_reverse_route_remove(unsigned link, struct ip network, uint8_t prefix_len);

/* As a client: our address on the TUN, the routes of CLIENT_ROUTE_TABLE to it, and the rules that lead there. The
 * kernel removes addresses and routes with the TUN. */
int netlink_address_add(unsigned link, struct ip ip);
int netlink_address_remove(unsigned link, struct ip ip);
int netlink_client_route_add(unsigned link, struct ip network, uint8_t prefix_len, struct ip from);
int netlink_client_route_remove(unsigned link, struct ip network, uint8_t prefix_len);
int netlink_client_rules_add(bool is_everything);
int netlink_client_rules_remove(void);

#endif
