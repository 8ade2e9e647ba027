#include "load/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MARKER_LEN = 4, BUFFER_LEN = 8 * 1024 * 1024 };

static const uint16_t ports[2] = {500, 4500};

static int open_port(uint16_t port)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int on = 1, len = BUFFER_LEN;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof len);
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)(const void *)&any, sizeof any) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

bool load_net_open(struct load_net *net, struct text *why)
{
    *net = (struct load_net){.fds = {-1, -1}};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        net->fds[i] = open_port(ports[i]);
        if (net->fds[i] >= 0)
            continue;
        text_add(why, "UDP %u: %s", ports[i], strerror(errno));
        load_net_close(net);
        return false;
    }
    return true;
}

void load_net_close(struct load_net *net)
{
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        if (net->fds[i] >= 0)
            close(net->fds[i]);
}

void load_net_send(struct load_net *net, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                   struct bytes data)
{
    static const uint8_t marker[MARKER_LEN];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(remote->port)};
    struct iovec parts[2] = {{(void *)marker, has_marker ? MARKER_LEN : 0}, {(void *)data.data, data.len}};
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = sizeof to,
                             .msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    struct in_pktinfo info = {0};

    memcpy(&to.sin_addr, remote->ip.octets, 4);
    memcpy(&info.ipi_spec_dst, local->ip.octets, 4);
    *c = (struct cmsghdr){.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
    memcpy(CMSG_DATA(c), &info, sizeof info);
    if (sendmsg(net->fds[local->port == ports[1]], &message, 0) < 0)
        net->unsent_count++; /* as if lost: the engine repeats */
}

static bool receive_from(int fd, uint16_t port, struct endpoint *local, struct endpoint *remote, struct bytes *data,
                         uint8_t *space, size_t size)
{
    struct sockaddr_in from;
    struct iovec part = {space, size};
    _Alignas(struct cmsghdr) uint8_t control[256];
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t len = recvmsg(fd, &message, 0);

    if (len < 0)
        return false;
    *remote = (struct endpoint){ip_of_bytes(bytes_of(&from.sin_addr, 4)), ntohs(from.sin_port)};
    *local = (struct endpoint){.port = port};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        struct in_pktinfo info;

        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
            continue;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        local->ip = ip_of_bytes(bytes_of(&info.ipi_addr, 4));
    }
    *data = bytes_of(space, (size_t)len);
    return true;
}

bool load_net_receive(struct load_net *net, struct endpoint *local, struct endpoint *remote, struct bytes *data,
                      uint8_t *space, size_t size)
{
    if (receive_from(net->fds[0], ports[0], local, remote, data, space, size))
        return true;
    while (receive_from(net->fds[1], ports[1], local, remote, data, space, size)) {
        if (data->len <= MARKER_LEN || !bytes_are_zero(bytes_of(data->data, MARKER_LEN)))
            continue;
        *data = bytes_after(*data, MARKER_LEN);
        return true;
    }
    return false;
}

void load_net_wait(const struct load_net *net, int ms)
{
    struct pollfd fds[2] = {{net->fds[0], POLLIN, 0}, {net->fds[1], POLLIN, 0}};

    (void)poll(fds, COUNT_OF(fds), ms);
}
