#include "daemon/plane_socket.h"

#include "daemon/plane.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BUFFER = 4 << 20, SEND_BUFFER = 4 << 20, TUN_QUEUE_LEN = 1000 };

socklen_t plane_sockaddr(struct plane_address *address, struct endpoint e)
{
    *address = (struct plane_address){0};
    if (e.ip.family == IP_V6) {
        address->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(e.port)};
        memcpy(&address->v6.sin6_addr, e.ip.octets, 16);
        return sizeof address->v6;
    }
    address->v4 = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(e.port), .sin_addr.s_addr = htonl(ip_to_v4(e.ip))};
    return sizeof address->v4;
}

struct endpoint plane_endpoint(const struct plane_address *address)
{
    if (address->any.sa_family == AF_INET6)
        return (struct endpoint){ip_of_bytes(bytes_of(&address->v6.sin6_addr, 16)), ntohs(address->v6.sin6_port)};
    return (struct endpoint){ip_of_v4(ntohl(address->v4.sin_addr.s_addr)), ntohs(address->v4.sin_port)};
}

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Past the system's limit where we may, up to it where not. */
static void set_buffers(int fd)
{
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
        set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER))
        set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
}

static int domain_of(struct ip ip)
{
    return ip.family == IP_V6 ? AF_INET6 : AF_INET;
}

static int open_marked(struct ip local, int type, int protocol)
{
    int fd = socket(domain_of(local), type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd >= 0 && !set_option(fd, SOL_SOCKET, SO_MARK, PLANE_MARK)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static bool bind_to(int fd, struct ip local, uint16_t port)
{
    struct plane_address address;
    socklen_t len = plane_sockaddr(&address, (struct endpoint){local, port});

    return bind(fd, &address.any, len) == 0;
}

/* The answer is the place in the group, which is the order of binding. A datagram of less than four bytes is a
 * keepalive. */
static bool attach_marker_program(int fd)
{
    enum { GATE = 0, PLANE = 1 };
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, GATE),       BPF_STMT(BPF_RET | BPF_K, PLANE),
    };
    struct sock_fprog attached = {.len = COUNT_OF(program), .filter = program};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) == 0;
}

/* The port is asked for alone first: SO_REUSEPORT would silently share it with another daemon of ours. */
static bool port_is_free(struct ip local)
{
    int fd = socket(domain_of(local), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && bind_to(fd, local, PLANE_PORT);
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return is_free;
}

static bool tell_traffic_class(int fd, struct ip local)
{
    return local.family == IP_V6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
                                 : set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
}

int plane_socket_pair(struct ip local, int *gate_fd, int *plane_fd)
{
    if (!port_is_free(local))
        return errno;
    int gate = open_marked(local, SOCK_DGRAM, 0);
    int plane = open_marked(local, SOCK_DGRAM, 0);
    bool is_open = gate >= 0 && plane >= 0 && set_option(gate, SOL_SOCKET, SO_REUSEPORT, 1) &&
                   set_option(plane, SOL_SOCKET, SO_REUSEPORT, 1) && tell_traffic_class(plane, local) &&
                   bind_to(gate, local, PLANE_PORT) && attach_marker_program(gate) && bind_to(plane, local, PLANE_PORT);

    if (!is_open) {
        int error = errno;
        if (gate >= 0)
            close(gate);
        if (plane >= 0)
            close(plane);
        return error;
    }
    set_buffers(plane);
    *gate_fd = gate;
    *plane_fd = plane;
    return 0;
}

int plane_socket_esp(struct ip local, int *fd)
{
    int made = open_marked(local, SOCK_RAW, IPPROTO_ESP);
    if (made < 0)
        return errno;
    /* Of IPv4 the header comes along, and says it. */
    if (!bind_to(made, local, 0) || (local.family == IP_V6 && (!tell_traffic_class(made, local) ||
                                                               !set_option(made, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1) ||
                                                               !set_option(made, IPPROTO_IPV6, IPV6_RECVERR, 1)))) {
        int error = errno;
        close(made);
        return error;
    }
    set_buffers(made);
    *fd = made;
    return 0;
}

void plane_socket_drain_errors(int fd)
{
    enum { ERRORS_PER_TURN = 64 };
    int error;
    socklen_t len = sizeof error;
    struct msghdr none = {0};

    for (int i = 0; i < ERRORS_PER_TURN && recvmsg(fd, &none, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0; i++)
        none = (struct msghdr){0};
    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len); /* and the one that waits for the next call */
}

int plane_socket_set_df(int fd, enum ip_family family, bool has_df)
{
    if (family == IP_V6)
        return set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, has_df ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT) ? 0
                                                                                                               : errno;
    return set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, has_df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT) ? 0 : errno;
}

int plane_socket_path_mtu(struct ip local, struct ip remote, uint32_t *mtu)
{
    struct plane_address address;
    socklen_t address_len = plane_sockaddr(&address, (struct endpoint){remote, PLANE_PORT});
    bool is_v6 = local.family == IP_V6;
    int fd = open_marked(local, SOCK_DGRAM, 0), found = 0;
    socklen_t len = sizeof found;

    if (fd < 0)
        return errno;
    int error = bind_to(fd, local, 0) && connect(fd, &address.any, address_len) == 0 &&
                        getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_MTU : IP_MTU, &found, &len) == 0
                    ? 0
                    : errno;
    close(fd);
    if (error == 0)
        *mtu = (uint32_t)found;
    return error;
}

static bool device_of(struct ip local, char name[static IFNAMSIZ])
{
    struct ifaddrs *all;
    bool is_found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (struct ifaddrs *a = all; a != NULL && !is_found; a = a->ifa_next) {
        if (a->ifa_addr == NULL || a->ifa_addr->sa_family != domain_of(local))
            continue;
        is_found = ip_equal(plane_endpoint((const struct plane_address *)(const void *)a->ifa_addr).ip, local);
        if (is_found)
            snprintf(name, IFNAMSIZ, "%s", a->ifa_name);
    }
    freeifaddrs(all);
    return is_found;
}

int plane_socket_media_mtu(struct ip local, uint32_t *mtu)
{
    struct ifreq request = {0};

    if (!device_of(local, request.ifr_name))
        return EADDRNOTAVAIL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = ioctl(fd, SIOCGIFMTU, &request) == 0 ? 0 : errno;
    close(fd);
    if (error == 0)
        *mtu = (uint32_t)request.ifr_mtu;
    return error;
}

/* No address of its own, and none for IPv6 either: nothing but what is steered shall pass. Best effort: a kernel
 * without IPv6 has no such file. */
static void forbid_own_addresses(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t written = write(fd, "1", 1);
    (void)written;
    close(fd);
}

static int configure(const char *name, uint32_t mtu)
{
    struct ifreq request = {.ifr_mtu = (int)mtu};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    bool is_done = ioctl(fd, SIOCSIFMTU, &request) == 0;
    request.ifr_qlen = TUN_QUEUE_LEN;
    is_done = is_done && ioctl(fd, SIOCSIFTXQLEN, &request) == 0;
    is_done = is_done && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    is_done = is_done && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    int error = is_done ? 0 : errno;
    close(fd);
    return error;
}

int plane_tun_open(const char *name, uint32_t mtu, int *fd)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int made = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (made < 0)
        return errno;
    if (strlen(name) >= sizeof request.ifr_name) {
        close(made);
        return ENAMETOOLONG;
    }
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int error = ioctl(made, TUNSETIFF, &request) == 0 ? 0 : errno;
    if (error == 0) {
        forbid_own_addresses(name);
        error = configure(name, mtu);
    }
    if (error != 0) {
        close(made);
        return error;
    }
    *fd = made;
    return 0;
}
