#include "daemon/echo.h"

#include "base/check.h"
#include "esp/inner.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 792. The system's header has a struct ip of its own. */
enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO_ASKED = 8, TIME_EXCEEDED = 11 };
enum { ICMP_FILTER = 1 }; /* of linux/icmp.h, which does not go with net/if.h */
enum { READS_PER_TURN = 64, HEADER_LEN = 8, IP_HEADER_LEN = 20, READ_SIZE = 576 };

struct echo {
    int fd;
    uv_poll_t poll;
    void *context;
    echo_taker *on_answer, *on_refused;
};

/* ---- what comes ---- */

/* Leaves the ICMP message behind an IP header; `ends`: source and destination. */
static bool take_ip_header(struct bytes *packet, struct ip ends[2])
{
    const uint8_t *header = packet->data;
    size_t len = packet->len < IP_HEADER_LEN ? 0 : 4u * (header[0] & 15);

    if (len < IP_HEADER_LEN || packet->len < len + HEADER_LEN || header[0] >> 4 != 4 || header[9] != IPPROTO_ICMP)
        return false;
    ends[0] = ip_of_bytes(bytes_of(header + 12, 4));
    ends[1] = ip_of_bytes(bytes_of(header + 16, 4));
    *packet = bytes_after(*packet, len);
    return true;
}

static void tell(const struct echo *echo, echo_taker *take, struct ip target, const uint8_t *icmp)
{
    take(echo->context, &(struct sla_echo){.target = target,
                                           .identifier = (uint16_t)(icmp[4] << 8 | icmp[5]),
                                           .sequence = (uint16_t)(icmp[6] << 8 | icmp[7])});
}

static void take_packet(const struct echo *echo, struct bytes packet)
{
    struct ip ends[2];

    if (!take_ip_header(&packet, ends))
        return;
    if (packet.data[0] == ECHO_REPLY) {
        tell(echo, echo->on_answer, ends[0], packet.data);
        return;
    }
    if (packet.data[0] != UNREACHABLE && packet.data[0] != TIME_EXCEEDED)
        return;
    packet = bytes_after(packet, HEADER_LEN);
    if (take_ip_header(&packet, ends) && packet.data[0] == ECHO_ASKED)
        tell(echo, echo->on_refused, ends[1], packet.data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct echo *echo = poll->data;
    uint8_t space[READ_SIZE]; /* the beginning is enough */

    (void)status;
    (void)events;
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t len = recv(echo->fd, space, sizeof space, MSG_DONTWAIT);

        if (len <= 0)
            return;
        take_packet(echo, bytes_of(space, (size_t)len));
    }
}

/* ---- what goes ---- */

static size_t write_echo(uint8_t *space, const struct echo_packet *packet)
{
    const uint16_t words[] = {ECHO_ASKED << 8, 0, packet->echo.identifier, packet->echo.sequence};
    size_t len = HEADER_LEN + packet->size;
    uint16_t checksum;

    for (size_t i = 0; i < HEADER_LEN; i++)
        space[i] = (uint8_t)(i % 2 == 0 ? words[i / 2] >> 8 : words[i / 2]);
    for (size_t i = HEADER_LEN; i < len; i++)
        space[i] = i % 2 == 0 ? 0xab : 0xcd;
    checksum = checksum_end(checksum_add(0, bytes_of(space, len)));
    space[2] = (uint8_t)(checksum >> 8);
    space[3] = (uint8_t)checksum;
    return len;
}

static void add_control(struct msghdr *message, struct cmsghdr **at, int type, const void *data, size_t len)
{
    *at = *at == NULL ? CMSG_FIRSTHDR(message) : CMSG_NXTHDR(message, *at);
    (*at)->cmsg_level = IPPROTO_IP;
    (*at)->cmsg_type = type;
    (*at)->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(*at), data, len);
}

int echo_send(struct echo *echo, const struct echo_packet *packet)
{
    static uint8_t space[HEADER_LEN + SLA_SIZE_MAX];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(int))] = {0};
    struct in_pktinfo from = {.ipi_ifindex = (int)if_nametoindex(packet->device)};
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct iovec part = {.iov_base = space, .iov_len = write_echo(space, packet)};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = sizeof to,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *at = NULL;
    int tos = packet->tos;

    if (packet->source.family != IP_V4)
        return EADDRNOTAVAIL;
    if (from.ipi_ifindex == 0)
        return ENODEV;
    memcpy(&to.sin_addr, packet->echo.target.octets, sizeof to.sin_addr);
    memcpy(&from.ipi_spec_dst, packet->source.octets, sizeof from.ipi_spec_dst);
    add_control(&message, &at, IP_PKTINFO, &from, sizeof from);
    add_control(&message, &at, IP_TOS, &tos, sizeof tos);
    return sendmsg(echo->fd, &message, MSG_DONTWAIT) < 0 ? errno : 0;
}

/* What does not fit goes in fragments; no other ICMP wakes us. */
static bool set_up(int fd)
{
    const uint32_t filtered = ~(1u << ECHO_REPLY | 1u << UNREACHABLE | 1u << TIME_EXCEEDED);
    int may_split = IP_PMTUDISC_DONT;

    return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filtered, sizeof filtered) == 0 &&
           setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &may_split, sizeof may_split) == 0;
}

struct echo *echo_open(uv_loop_t *loop, void *context, echo_taker *on_answer, echo_taker *on_refused)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
    struct echo *echo;

    if (fd < 0)
        return NULL;
    echo = calloc(1, sizeof *echo);
    CHECK(echo != NULL);
    *echo = (struct echo){.fd = fd, .context = context, .on_answer = on_answer, .on_refused = on_refused};
    CHECK(set_up(fd));
    CHECK(uv_poll_init(loop, &echo->poll, fd) == 0);
    echo->poll.data = echo;
    CHECK(uv_poll_start(&echo->poll, UV_READABLE, on_readable) == 0);
    return echo;
}

static void is_closed(uv_handle_t *handle)
{
    struct echo *echo = handle->data;

    close(echo->fd);
    free(echo);
}

void echo_close(struct echo *echo)
{
    uv_poll_stop(&echo->poll);
    uv_close((uv_handle_t *)&echo->poll, is_closed);
}
