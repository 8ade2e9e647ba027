#include "daemon/netlink.h"

#include "daemon/names.h"
#include "daemon/plane.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_SIZE = 512 };

static uint8_t af_of(enum ip_family family)
{
    return family == IP_V6 ? AF_INET6 : AF_INET;
}

static struct nlmsghdr *message_begin(void *space, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(space);

    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    header->nlmsg_seq = 1;
    return header;
}

static int read_answer(struct mnl_socket *socket)
{
    uint8_t space[4096];
    ssize_t len = mnl_socket_recvfrom(socket, space, sizeof space);

    if (len < 0)
        return errno;
    return mnl_cb_run(space, (size_t)len, 1, mnl_socket_get_portid(socket), NULL, NULL) < 0 ? errno : 0;
}

/* Sends one request and waits for its acknowledgement. */
static int ask(const struct nlmsghdr *request)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int error = 0;

    if (socket == NULL)
        return errno;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        error = errno;
    else
        error = read_answer(socket);
    mnl_socket_close(socket);
    return error;
}

static int rule(enum ip_family family, uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct fib_rule_hdr *rule_header = mnl_nlmsg_put_extra_header(header, sizeof *rule_header);

    rule_header->family = af_of(family);
    rule_header->action = FR_ACT_TO_TBL;
    mnl_attr_put_u32(header, FRA_PRIORITY, STEER_RULE_PRIORITY);
    mnl_attr_put_u32(header, FRA_FWMARK, MARK_STEERED);
    mnl_attr_put_u32(header, FRA_FWMASK, MARK_MASK);
    mnl_attr_put_u32(header, FRA_TABLE, STEER_ROUTE_TABLE);
    return ask(header);
}

static int route(enum ip_family family, uint16_t type, uint16_t flags, uint8_t kind, uint32_t metric, unsigned link)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct rtmsg *route_header = mnl_nlmsg_put_extra_header(header, sizeof *route_header);

    route_header->rtm_family = af_of(family);
    route_header->rtm_protocol = RTPROT_STATIC;
    route_header->rtm_type = kind;
    route_header->rtm_scope = kind == RTN_UNICAST && family == IP_V4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    mnl_attr_put_u32(header, RTA_TABLE, STEER_ROUTE_TABLE);
    mnl_attr_put_u32(header, RTA_PRIORITY, metric);
    if (link != 0)
        mnl_attr_put_u32(header, RTA_OIF, link);
    return ask(header);
}

static int unless(int error, int expected)
{
    return error == expected ? 0 : error;
}

int netlink_rule_add(enum ip_family family, bool *has_stood)
{
    int error = rule(family, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

    if (error != EEXIST)
        return error;
    *has_stood = true;
    return 0;
}

int netlink_rule_remove(enum ip_family family)
{
    return unless(rule(family, RTM_DELRULE, 0), ENOENT);
}

int netlink_closed_route_add(enum ip_family family)
{
    return route(family, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, RTN_UNREACHABLE, STEER_CLOSED_METRIC, 0);
}

int netlink_closed_route_remove(enum ip_family family)
{
    return unless(route(family, RTM_DELROUTE, 0, RTN_UNREACHABLE, STEER_CLOSED_METRIC, 0), ESRCH);
}

int netlink_tun_route_add(enum ip_family family, unsigned link)
{
    return route(family, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, RTN_UNICAST, STEER_TUN_METRIC, link);
}

/* ---- for translated addresses ---- */

/* `kind`: NTF_PROXY, or 0. */
static int neighbour(unsigned link, struct ip ip, uint8_t kind, uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct ndmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->ndm_family = af_of((enum ip_family)ip.family);
    message->ndm_ifindex = (int)link;
    message->ndm_state = NUD_PERMANENT;
    message->ndm_flags = kind;
    mnl_attr_put(header, NDA_DST, ip_len(ip), ip.octets);
    mnl_attr_put_u8(header, NDA_PROTOCOL, NAT_ROUTE_PROTOCOL);
    return ask(header);
}

int netlink_proxy_add(unsigned link, struct ip ip)
{
    return neighbour(link, ip, NTF_PROXY, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
}

int netlink_proxy_remove(unsigned link, struct ip ip)
{
    return unless(neighbour(link, ip, NTF_PROXY, RTM_DELNEIGH, 0), ENOENT);
}

enum { LEFT_MAX = 256 };

/* ---- neighbours ---- */

struct dump {
    void *context;
    neighbour_taker *take;
};

static void set_attribute(struct neighbour *n, const struct nlattr *attribute)
{
    struct bytes value = bytes_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
    struct nda_cacheinfo info;

    switch (mnl_attr_get_type(attribute)) {
    case NDA_DST: n->ip = ip_of_bytes(value); break;
    case NDA_LLADDR:
        n->has_mac = value.len == sizeof n->mac;
        if (n->has_mac)
            memcpy(n->mac, value.data, sizeof n->mac);
        break;
    case NDA_PROTOCOL: n->protocol = value.len == 1 ? value.data[0] : 0; break;
    case NDA_CACHEINFO:
        if (value.len < sizeof info)
            break;
        memcpy(&info, value.data, sizeof info);
        n->age_s = info.ndm_confirmed / (uint32_t)sysconf(_SC_CLK_TCK);
        break;
    default: break;
    }
}

static int on_neighbour(const struct nlmsghdr *header, void *data)
{
    const struct dump *dump = data;
    const struct ndmsg *message = mnl_nlmsg_get_payload(header);
    const struct nlattr *attribute;
    struct neighbour n = {.link = (unsigned)message->ndm_ifindex,
                          .is_known =
                              message->ndm_state & (NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE),
                          .is_static = message->ndm_state & (NUD_PERMANENT | NUD_NOARP)};

    mnl_attr_for_each(attribute, header, sizeof *message) set_attribute(&n, attribute);
    if (ip_is_set(n.ip))
        dump->take(dump->context, &n);
    return MNL_CB_OK;
}

/* Those with all of these flags: NTF_PROXY for answers of ours, 0 for what the kernel knows. */
static int dump_neighbours(uint8_t flags, struct dump dump)
{
    uint8_t space[MESSAGE_SIZE], answer[16384];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    struct nlmsghdr *header = message_begin(space, RTM_GETNEIGH, NLM_F_DUMP);
    struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(header, sizeof *neighbour);
    int error = 0, state = MNL_CB_OK;

    if (socket == NULL)
        return errno;
    neighbour->ndm_family = AF_INET;
    neighbour->ndm_flags = flags;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 || mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        error = errno;
    while (error == 0 && state > MNL_CB_STOP) {
        ssize_t len = mnl_socket_recvfrom(socket, answer, sizeof answer);

        state = len < 0 ? MNL_CB_ERROR
                        : mnl_cb_run(answer, (size_t)len, 1, mnl_socket_get_portid(socket), on_neighbour, &dump);
        if (state == MNL_CB_ERROR)
            error = errno;
    }
    mnl_socket_close(socket);
    return error;
}

int netlink_neighbours_each(void *context, neighbour_taker *take)
{
    return dump_neighbours(0, (struct dump){context, take});
}

/* Those that are to go. */
struct left {
    struct {
        unsigned link;
        struct ip ip;
    } list[LEFT_MAX];
    size_t count;
};

static void leave(struct left *left, const struct neighbour *n)
{
    if (left->count == LEFT_MAX)
        return;
    left->list[left->count].link = n->link;
    left->list[left->count++].ip = n->ip;
}

static void leave_ours(void *context, const struct neighbour *n)
{
    if (n->protocol == NAT_ROUTE_PROTOCOL)
        leave(context, n);
}

static void leave_learned(void *context, const struct neighbour *n)
{
    if (!n->is_static)
        leave(context, n);
}

int netlink_proxies_remove(void)
{
    struct left left;
    int error;

    do {
        left.count = 0;
        error = dump_neighbours(NTF_PROXY, (struct dump){&left, leave_ours});
        for (size_t i = 0; error == 0 && i < left.count; i++)
            error = netlink_proxy_remove(left.list[i].link, left.list[i].ip);
    } while (error == 0 && left.count == LEFT_MAX);
    return error;
}

/* One that nobody has looked for since comes back by itself. */
int netlink_neighbours_forget(void)
{
    struct left left = {.count = 0};
    int error = netlink_neighbours_each(&left, leave_learned);

    for (size_t i = 0; error == 0 && i < left.count; i++)
        error = neighbour(left.list[i].link, left.list[i].ip, 0, RTM_DELNEIGH, 0);
    return error;
}

struct link_route {
    unsigned link;
    struct ip network;
    uint8_t prefix_len, scope;
    uint32_t metric; /* 0: the kernel's own */
};

static int link_route(struct link_route route, uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->rtm_family = af_of((enum ip_family)route.network.family);
    message->rtm_dst_len = route.prefix_len;
    message->rtm_table = RT_TABLE_MAIN;
    message->rtm_protocol = NAT_ROUTE_PROTOCOL;
    message->rtm_type = RTN_UNICAST;
    message->rtm_scope = route.scope;
    mnl_attr_put(header, RTA_DST, ip_len(route.network), route.network.octets);
    if (route.metric != 0)
        mnl_attr_put_u32(header, RTA_PRIORITY, route.metric);
    mnl_attr_put_u32(header, RTA_OIF, route.link);
    return ask(header);
}

static struct link_route host_route(unsigned link, struct ip ip)
{
    return (struct link_route){link, ip, (uint8_t)(8 * ip_len(ip)), RT_SCOPE_LINK, 0};
}

int netlink_host_route_add(unsigned link, struct ip ip)
{
    return unless(link_route(host_route(link, ip), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL), EEXIST);
}

int netlink_host_route_remove(unsigned link, struct ip ip)
{
    return unless(link_route(host_route(link, ip), RTM_DELROUTE, 0), ESRCH);
}

static struct link_route reverse_route(unsigned link, struct ip network, uint8_t prefix_len)
{
    return (struct link_route){link, network, prefix_len, network.family == IP_V4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
                               REVERSE_ROUTE_METRIC};
}

int netlink_reverse_route_add(unsigned link, struct ip network, uint8_t prefix_len)
{
    return link_route(reverse_route(link, network, prefix_len), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
}

int netlink_reverse_route_remove(unsigned link, struct ip network, uint8_t prefix_len)
{
    return unless(link_route(reverse_route(link, network, prefix_len), RTM_DELROUTE, 0), ESRCH);
}

static int address(unsigned link, struct ip ip, uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->ifa_family = af_of((enum ip_family)ip.family);
    message->ifa_prefixlen = (uint8_t)(8 * ip_len(ip));
    message->ifa_index = link;
    mnl_attr_put(header, IFA_LOCAL, ip_len(ip), ip.octets);
    mnl_attr_put(header, IFA_ADDRESS, ip_len(ip), ip.octets);
    return ask(header);
}

int netlink_address_add(unsigned link, struct ip ip)
{
    return address(link, ip, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
}

int netlink_address_remove(unsigned link, struct ip ip)
{
    return unless(address(link, ip, RTM_DELADDR, 0), EADDRNOTAVAIL);
}

static int client_route(unsigned link, struct ip network, uint8_t prefix_len, struct ip from, uint16_t type,
                        uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->rtm_family = af_of((enum ip_family)network.family);
    message->rtm_dst_len = prefix_len;
    message->rtm_protocol = RTPROT_STATIC;
    message->rtm_type = RTN_UNICAST;
    message->rtm_scope = RT_SCOPE_LINK;
    mnl_attr_put_u32(header, RTA_TABLE, CLIENT_ROUTE_TABLE);
    mnl_attr_put(header, RTA_DST, ip_len(network), network.octets);
    mnl_attr_put_u32(header, RTA_OIF, link);
    if (ip_is_set(from))
        mnl_attr_put(header, RTA_PREFSRC, ip_len(from), from.octets);
    return ask(header);
}

int netlink_client_route_add(unsigned link, struct ip network, uint8_t prefix_len, struct ip from)
{
    return client_route(link, network, prefix_len, from, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
}

int netlink_client_route_remove(unsigned link, struct ip network, uint8_t prefix_len)
{
    return unless(client_route(link, network, prefix_len, (struct ip){0}, RTM_DELROUTE, 0), ESRCH);
}

/* Everything but our own sockets' traffic to the client's table. */
static int client_rule(uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct fib_rule_hdr *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->family = AF_INET;
    message->action = FR_ACT_TO_TBL;
    message->flags = FIB_RULE_INVERT;
    mnl_attr_put_u32(header, FRA_PRIORITY, CLIENT_RULE_PRIORITY);
    mnl_attr_put_u32(header, FRA_FWMARK, PLANE_MARK);
    mnl_attr_put_u32(header, FRA_FWMASK, UINT32_MAX);
    mnl_attr_put_u32(header, FRA_TABLE, CLIENT_ROUTE_TABLE);
    return ask(header);
}

/* The main table without its default routes. */
static int main_rule(uint16_t type, uint16_t flags)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, type, flags);
    struct fib_rule_hdr *message = mnl_nlmsg_put_extra_header(header, sizeof *message);

    message->family = AF_INET;
    message->action = FR_ACT_TO_TBL;
    mnl_attr_put_u32(header, FRA_PRIORITY, CLIENT_MAIN_PRIORITY);
    mnl_attr_put_u32(header, FRA_TABLE, RT_TABLE_MAIN);
    mnl_attr_put_u32(header, FRA_SUPPRESS_PREFIXLEN, 0);
    return ask(header);
}

int netlink_client_rules_add(bool is_everything)
{
    int error = is_everything ? unless(main_rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL), EEXIST) : 0;

    return error != 0 ? error : unless(client_rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL), EEXIST);
}

int netlink_client_rules_remove(void)
{
    int error = unless(main_rule(RTM_DELRULE, 0), ENOENT), later = unless(client_rule(RTM_DELRULE, 0), ENOENT);

    return error != 0 ? error : later;
}
