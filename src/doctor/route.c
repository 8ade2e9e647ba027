/* Where the kernel would send what goes to an address: RTM_GETROUTE. */
#include "doctor/parts.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_SIZE = 512 };

/* RFC 8200 section 5, and what the rest of the world has got used to. */
enum { MTU_LEAST = 1280 };

void examine_routes(struct doctor *doctor);
void examine_addresses(struct doctor *doctor);

static uint32_t device_mtu(const char *device)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return 0;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
    bool ok = ioctl(fd, SIOCGIFMTU, &request) == 0;
    close(fd);
    return ok ? (uint32_t)request.ifr_mtu : 0;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct route *route = context;

    if (mnl_attr_get_type(attribute) == RTA_OIF && if_indextoname(mnl_attr_get_u32(attribute), route->device) != NULL)
        route->mtu = device_mtu(route->device);
    if (mnl_attr_get_type(attribute) == RTA_GATEWAY)
        route->gateway = ip_of_bytes(bytes_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute)));
    return MNL_CB_OK;
}

static int take_route(const struct nlmsghdr *header, void *context)
{
    const struct rtmsg *message = mnl_nlmsg_get_payload(header);

    if (header->nlmsg_type != RTM_NEWROUTE)
        return MNL_CB_OK;
    /* Of IPv4 these are errors, of IPv6 kinds of routes. */
    if (message->rtm_type == RTN_UNREACHABLE || message->rtm_type == RTN_BLACKHOLE ||
        message->rtm_type == RTN_PROHIBIT || message->rtm_type == RTN_THROW) {
        errno = EHOSTUNREACH;
        return MNL_CB_ERROR;
    }
    mnl_attr_parse(header, sizeof *message, take_attribute, context);
    return MNL_CB_STOP;
}

static void put_ip(struct nlmsghdr *header, uint16_t type, struct ip ip)
{
    mnl_attr_put(header, type, ip_len(ip), ip.octets);
}

static int ask(const struct nlmsghdr *request, struct route *route)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    uint8_t space[8192];
    int error = 0;

    if (socket == NULL)
        return errno;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        error = errno;
    if (error == 0) {
        ssize_t len = mnl_socket_recvfrom(socket, space, sizeof space);
        if (len < 0 || mnl_cb_run(space, (size_t)len, 1, mnl_socket_get_portid(socket), take_route, route) < 0)
            error = errno;
    }
    mnl_socket_close(socket);
    return error;
}

int route_find(struct ip to, struct ip from, struct route *route)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = mnl_nlmsg_put_header(space);

    header->nlmsg_type = RTM_GETROUTE;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = 1;
    struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
    message->rtm_family = to.family == IP_V6 ? AF_INET6 : AF_INET;
    message->rtm_dst_len = (uint8_t)(8 * ip_len(to));
    put_ip(header, RTA_DST, to);
    if (ip_is_set(from)) {
        message->rtm_src_len = (uint8_t)(8 * ip_len(from));
        put_ip(header, RTA_SRC, from);
    }
    *route = (struct route){.mtu = 0};
    return ask(header, route);
}

/* ---- The way to a peer ---- */

/* Where an address that is missing would belong, as far as that can be told. */
static const char *device_for(const struct policy_interface *interface, struct ip peer, struct route *route)
{
    struct address address;

    if (interface->linux_name[0] != '\0')
        return interface->linux_name;
    if (address_find(interface->ip, &address)) {
        memcpy(route->device, address.device, sizeof route->device);
        return route->device;
    }
    return ip_is_set(peer) && route_find(peer, (struct ip){0}, route) == 0 && route->device[0] != '\0' ? route->device
                                                                                                       : "DEVICE";
}

/* The address on this machine, so that a route can be asked for from there. */
static struct ip ip_here(const struct policy_interface *interface)
{
    struct address address;

    return address_find(interface->ip, &address) ? interface->ip : (struct ip){0};
}

/* One that is tracked may be away for a good reason: then nobody misses it. */
static const struct policy_route *route_as_written(const struct policy *policy, struct ip peer)
{
    const struct policy_route *best = NULL;

    for (uint16_t i = 0; i < policy->route_count; i++) {
        const struct policy_route *route = &policy->routes[i];
        if (route->track == 0 && ip_range_holds(route->destination, peer) &&
            (best == NULL || route->prefix_len > best->prefix_len))
            best = route;
    }
    return best;
}

static void say_no_route(struct doctor *doctor, const struct tunnel *tunnel, struct fields *fields, struct ip peer)
{
    const struct policy_interface *interface = interface_of_tunnel(doctor->policy, tunnel);
    const struct policy_route *written = route_as_written(doctor->policy, peer);
    char network[RANGE_SIZE], gateway[IP_TEXT_SIZE], sequence[NUMBER_SIZE];
    struct route route;

    fields->map = tunnel->map_name;
    fields->sequence = number_text(tunnel->sequence, sequence);
    fields->device = device_for(interface, (struct ip){0}, &route);
    if (written != NULL) {
        fields->network = range_text(written->destination, network);
        fields->gateway = ip_text(written->gateway, gateway);
    }
    doctor_find(doctor, written != NULL ? DOCTOR_NO_ROUTE_AS_WRITTEN : DOCTOR_NO_ROUTE, fields);
}

static void examine_route(struct doctor *doctor, const struct tunnel *tunnel, struct ip peer)
{
    const struct policy_interface *interface = interface_of_tunnel(doctor->policy, tunnel);
    char address[IP_TEXT_SIZE], mtu[NUMBER_SIZE];
    struct route route;
    struct fields fields = {.peer = ip_text(peer, address)};

    if (route_find(peer, ip_here(interface), &route) != 0) {
        say_no_route(doctor, tunnel, &fields, peer);
        return;
    }
    if (route.mtu == 0 || route.mtu >= MTU_LEAST)
        return;
    fields.device = route.device;
    fields.mtu = number_text(route.mtu, mtu);
    doctor_find(doctor, DOCTOR_SMALL_MTU, &fields);
}

void examine_routes(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;

    for (uint16_t i = 0; policy != NULL && i < policy->tunnel_count; i++)
        for (uint8_t j = 0; interface_of_tunnel(policy, &policy->tunnels[i]) && j < policy->tunnels[i].peer_count; j++)
            examine_route(doctor, &policy->tunnels[i], policy->tunnels[i].peers[j]);
}

/* ---- Addresses ---- */

static struct ip first_peer_of(const struct policy *policy, uint16_t interface)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].interface == interface && policy->tunnels[i].peer_count > 0)
            return policy->tunnels[i].peers[0];
    return (struct ip){0};
}

void examine_addresses(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;

    for (uint16_t i = 0; policy != NULL && i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        struct address here;
        struct route route;
        char address[IP_TEXT_SIZE], prefix[NUMBER_SIZE];
        struct fields fields = {.interface = interface->name};

        if (!interface->is_ikev1_enabled || !ip_is_set(interface->ip))
            continue;
        if (!address_find(interface->ip, &here)) {
            fields.address = ip_text(interface->ip, address);
            fields.prefix = number_text(interface->prefix_len, prefix);
            fields.device = device_for(interface, first_peer_of(policy, i), &route);
            doctor_find(doctor, DOCTOR_NO_ADDRESS, &fields);
        } else if (!here.is_up) {
            fields.device = here.device;
            doctor_find(doctor, DOCTOR_INTERFACE_DOWN, &fields);
        }
    }
}
