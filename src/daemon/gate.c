#include "daemon/gate.h"

#include "base/check.h"
#include "daemon/plane.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h> /* wants struct timespec before it */

enum {
    SOCKETS_MAX = 2 * PLANE_LOCALS_MAX,
    BATCH = 16,           /* datagrams of one system call */
    BATCHES_PER_TURN = 4, /* then timers and the other sockets have their turn */
    ERRORS_PER_TURN = 64,
    DATAGRAM_MAX = 65536,
    QUOTED_MAX = 1500,
    MARKER_LEN = 4, /* RFC 3948 2.2 */
    RECEIVE_BUFFER = 4 << 20,
};

struct gate_socket {
    struct gate *gate;
    uv_poll_t poll;
    int fd;
    struct endpoint local;
};

struct gate {
    uv_loop_t *loop;
    struct gate_hooks hooks;
    struct gate_socket *sockets[SOCKETS_MAX];
    size_t socket_count;
    uint8_t space[BATCH][DATAGRAM_MAX];
};

static socklen_t address_of(struct sockaddr_storage *address, const struct endpoint *e)
{
    memset(address, 0, sizeof *address);
    if (e->ip.family == IP_V6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(e->port);
        memcpy(&in6->sin6_addr, e->ip.octets, 16);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    in->sin_family = AF_INET;
    in->sin_port = htons(e->port);
    memcpy(&in->sin_addr, e->ip.octets, 4);
    return sizeof *in;
}

static struct endpoint endpoint_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        return (struct endpoint){ip_of_bytes(bytes_of(&in6->sin6_addr, 16)), ntohs(in6->sin6_port)};
    }
    if (address->ss_family != AF_INET)
        return (struct endpoint){0};
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    return (struct endpoint){ip_of_bytes(bytes_of(&in->sin_addr, 4)), ntohs(in->sin_port)};
}

/* Tells the engine's messages from what else comes to the port, or is quoted of what left by it; false: not for us. */
static bool strip_marker(uint16_t port, struct bytes *data)
{
    if (port != PORT_NAT_T)
        return true;
    if (data->len < MARKER_LEN || !bytes_are_zero(bytes_of(data->data, MARKER_LEN)))
        return false;
    *data = bytes_after(*data, MARKER_LEN);
    return true;
}

/* False: nothing more to read at this moment. */
static bool read_batch(struct gate_socket *s)
{
    struct sockaddr_storage from[BATCH];
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH] = {0};

    for (size_t i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){s->gate->space[i], DATAGRAM_MAX};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(s->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        struct bytes data = bytes_of(s->gate->space[i], messages[i].msg_len);
        if (strip_marker(s->local.port, &data))
            s->gate->hooks.on_datagram(s->gate->hooks.context, s->local, endpoint_of(&from[i]), data);
    }
    return count == BATCH;
}

static const struct sock_extended_err *error_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            return (const struct sock_extended_err *)CMSG_DATA(c);
    return NULL;
}

static bool read_error(struct gate_socket *s)
{
    struct sockaddr_storage to = {0};
    _Alignas(struct cmsghdr) uint8_t control[512];
    struct iovec vector = {s->gate->space[0], QUOTED_MAX};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = sizeof to,
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t len = recvmsg(s->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    const struct sock_extended_err *e = len < 0 ? NULL : error_of(&message);

    if (len < 0)
        return false;
    if (e == NULL)
        return true;

    bool is_icmp = e->ee_origin == SO_EE_ORIGIN_ICMP || e->ee_origin == SO_EE_ORIGIN_ICMP6;
    struct gate_hint hint = {.local = s->local,
                             .remote = endpoint_of(&to),
                             .icmp_type = is_icmp ? e->ee_type : 0,
                             .icmp_code = is_icmp ? e->ee_code : 0,
                             .error = (int)e->ee_errno,
                             .quoted = bytes_of(s->gate->space[0], (size_t)len)};
    if (strip_marker(s->local.port, &hint.quoted))
        s->gate->hooks.on_hint(s->gate->hooks.context, &hint);
    return true;
}

static void clear_pending_error(int fd)
{
    int error;
    socklen_t len = sizeof error;

    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

static void watch(struct gate_socket *s);

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct gate_socket *s = poll->data;

    (void)events;
    for (int i = 0; i < ERRORS_PER_TURN && read_error(s); i++) {
    }
    clear_pending_error(s->fd);
    for (int i = 0; i < BATCHES_PER_TURN && read_batch(s); i++) {
    }
    /* libuv stops watching what reports an error; ours have been read. */
    if (status < 0)
        watch(s);
}

/* UV_PRIORITIZED together with SO_SELECT_ERR_QUEUE: the error queue wakes us like any input. */
static void watch(struct gate_socket *s)
{
    CHECK(uv_poll_start(&s->poll, UV_READABLE | UV_PRIORITIZED, on_readable) == 0);
}

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Past the system's limit where we may, up to it where not: a thousand peers may delete their SAs at once. */
static void set_buffer(int fd)
{
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
        set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
}

/* Whole datagrams whatever their size: IKE has no other way to send a long one than IP fragments. */
static bool set_options(int fd, enum ip_family family)
{
    if (!set_option(fd, SOL_SOCKET, SO_MARK, PLANE_MARK) || !set_option(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1))
        return false;
    set_buffer(fd);
    if (family == IP_V6)
        return set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) &&
               set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    return set_option(fd, IPPROTO_IP, IP_RECVERR, 1) && set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

/* Not SO_REUSEPORT: so a second daemon finds the port taken, and we find it taken by another. */
static int open_500(struct ip ip, int *result)
{
    struct sockaddr_storage address;
    socklen_t len = address_of(&address, &(struct endpoint){ip, PORT_ISAKMP});
    int fd = socket(ip.family == IP_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    if (!set_options(fd, ip.family) || bind(fd, (struct sockaddr *)&address, len) < 0) {
        int error = errno;
        close(fd);
        return error;
    }
    *result = fd;
    return 0;
}

int gate_try(struct ip ip)
{
    int fd;
    int error = open_500(ip, &fd);

    if (error == 0)
        close(fd);
    return error;
}

static int add_socket(struct gate *gate, int fd, struct endpoint local)
{
    struct gate_socket *s = calloc(1, sizeof *s);
    int error = s == NULL                           ? UV_ENOMEM
                : gate->socket_count == SOCKETS_MAX ? UV_ENOSPC
                                                    : uv_poll_init(gate->loop, &s->poll, fd);

    if (error != 0) {
        free(s);
        close(fd);
        return -error;
    }
    s->gate = gate;
    s->fd = fd;
    s->local = local;
    s->poll.data = s;
    gate->sockets[gate->socket_count++] = s;
    watch(s);
    return 0;
}

static void socket_is_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void remove_socket(struct gate *gate, size_t index)
{
    struct gate_socket *s = gate->sockets[index];

    gate->sockets[index] = gate->sockets[--gate->socket_count];
    uv_poll_stop(&s->poll);
    close(s->fd);
    uv_close((uv_handle_t *)&s->poll, socket_is_closed);
}

struct gate *gate_create(uv_loop_t *loop, const struct gate_hooks *hooks)
{
    struct gate *gate = calloc(1, sizeof *gate);

    if (gate == NULL)
        return NULL;
    gate->loop = loop;
    gate->hooks = *hooks;
    return gate;
}

int gate_open(struct gate *gate, struct ip ip, int fd_4500)
{
    int fd_500;
    int error = set_options(fd_4500, ip.family) ? open_500(ip, &fd_500) : errno;

    if (error != 0) {
        close(fd_4500);
        return error;
    }
    error = add_socket(gate, fd_500, (struct endpoint){ip, PORT_ISAKMP});
    if (error != 0) {
        close(fd_4500);
        return error;
    }
    error = add_socket(gate, fd_4500, (struct endpoint){ip, PORT_NAT_T});
    if (error != 0)
        gate_close(gate, ip);
    return error;
}

void gate_close(struct gate *gate, struct ip ip)
{
    for (size_t i = gate->socket_count; i-- > 0;)
        if (ip_equal(gate->sockets[i]->local.ip, ip))
            remove_socket(gate, i);
}

bool gate_is_open(const struct gate *gate, struct ip ip)
{
    for (size_t i = 0; i < gate->socket_count; i++)
        if (ip_equal(gate->sockets[i]->local.ip, ip))
            return true;
    return false;
}

static const struct gate_socket *socket_of(const struct gate *gate, const struct endpoint *local)
{
    for (size_t i = 0; i < gate->socket_count; i++)
        if (endpoint_equal(gate->sockets[i]->local, *local))
            return gate->sockets[i];
    return NULL;
}

int gate_send(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
              struct bytes data)
{
    static const uint8_t marker[MARKER_LEN];
    const struct gate_socket *s = socket_of(gate, local);
    struct sockaddr_storage to;
    struct iovec vectors[] = {{(void *)marker, has_marker ? MARKER_LEN : 0}, {(void *)data.data, data.len}};
    struct msghdr message = {
        .msg_name = &to, .msg_namelen = address_of(&to, remote), .msg_iov = vectors, .msg_iovlen = COUNT_OF(vectors)};

    if (s == NULL)
        return ENOTCONN;
    /* An error that an earlier datagram has met is reported by the next call that sends, which has then not sent: once
     * more. */
    if (sendmsg(s->fd, &message, MSG_DONTWAIT) >= 0 || sendmsg(s->fd, &message, MSG_DONTWAIT) >= 0)
        return 0;
    return errno == EAGAIN || errno == ENOBUFS ? 0 : errno;
}

void gate_free(struct gate *gate)
{
    while (gate->socket_count > 0)
        remove_socket(gate, gate->socket_count - 1);
    free(gate);
}
