#include "daemon/netlink.h"

#include "daemon/names.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

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
