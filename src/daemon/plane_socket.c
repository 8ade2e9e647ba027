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

struct sockaddr_in plane_sockaddr(struct endpoint e)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(e.port), .sin_addr.s_addr = htonl(ip_to_v4(e.ip))};
}

struct endpoint plane_endpoint(const struct sockaddr_in *address)
{
    return (struct endpoint){ip_of_v4(ntohl(address->sin_addr.s_addr)), ntohs(address->sin_port)};
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

static int open_marked(int type, int protocol)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

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
    struct sockaddr_in address = plane_sockaddr((struct endpoint){local, port});

    return bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
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
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && bind_to(fd, local, PLANE_PORT);
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return is_free;
}

int plane_socket_pair(struct ip local, int *gate_fd, int *plane_fd)
{
    if (local.family != IP_V4)
        return EAFNOSUPPORT;
    if (!port_is_free(local))
        return errno;
    int gate = open_marked(SOCK_DGRAM, 0);
    int plane = open_marked(SOCK_DGRAM, 0);
    bool is_open = gate >= 0 && plane >= 0 && set_option(gate, SOL_SOCKET, SO_REUSEPORT, 1) &&
                   set_option(plane, SOL_SOCKET, SO_REUSEPORT, 1) && set_option(plane, IPPROTO_IP, IP_RECVTOS, 1) &&
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
    if (local.family != IP_V4)
        return EAFNOSUPPORT;
    int made = open_marked(SOCK_RAW, IPPROTO_ESP);
    if (made < 0)
        return errno;
    if (!bind_to(made, local, 0)) {
        int error = errno;
        close(made);
        return error;
    }
    set_buffers(made);
    *fd = made;
    return 0;
}

int plane_socket_set_df(int fd, bool has_df)
{
    return set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, has_df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT) ? 0 : errno;
}

int plane_socket_path_mtu(struct ip local, struct ip remote, uint32_t *mtu)
{
    struct sockaddr_in address = plane_sockaddr((struct endpoint){remote, PLANE_PORT});
    int fd = open_marked(SOCK_DGRAM, 0), found = 0;
    socklen_t len = sizeof found;

    if (fd < 0)
        return errno;
    int error = bind_to(fd, local, 0) && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                        getsockopt(fd, IPPROTO_IP, IP_MTU, &found, &len) == 0
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
        if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET)
            continue;
        is_found = ip_equal(plane_endpoint((const struct sockaddr_in *)(const void *)a->ifa_addr).ip, local);
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
