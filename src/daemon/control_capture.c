/* Captures, from `capture` to `no capture`, or until a buffer is full. Those of an interface have a packet socket each,
 * on the Linux interface of the nameif; without the link's header, so that each packet begins with IP on every kind of
 * link. What is dropped the plane tells. */
#include "daemon/control_capture.h"
#include "base/check.h"
#include "wire/natt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { READS_PER_TURN = 64, SENTENCE_SIZE = 512 };

/* ---- the socket ---- */

static uint64_t stamp_of(int fd)
{
    struct timeval at;

    if (ioctl(fd, SIOCGSTAMP, &at) != 0)
        gettimeofday(&at, NULL);
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_usec;
}

static bool is_wanted(const struct capture *capture, struct bytes packet)
{
    if (capture->type == CONTROL_CAPTURE_ISAKMP && !capture_is_isakmp(packet))
        return false;
    if (capture->acl[0] != '\0' && (capture->list == NULL || !capture_list_permits(&capture->list->filter, packet)))
        return false;
    return capture_match_holds(&capture->match, packet);
}

bool capture_is_over(const struct capture *capture)
{
    return capture->is_stopped || (capture->buffer.is_full && !capture->buffer.is_circular);
}

static void keep(struct capture *capture, struct captured kept)
{
    if (kept.packet.len > capture->packet_len)
        kept.packet.len = capture->packet_len;
    if (is_wanted(capture, kept.packet))
        capture_keep(&capture->buffer, &kept);
}

static void take_waiting(struct capture *capture)
{
    uint8_t space[CAPTURE_PACKET_MAX];

    for (int i = 0; i < READS_PER_TURN && !capture_is_over(capture); i++) {
        ssize_t len = recv(capture->fd, space, sizeof space, MSG_DONTWAIT | MSG_TRUNC);

        if (len < 0)
            return; /* nothing waits; or the interface is down, and may come up again */

        keep(capture,
             (struct captured){.at_us = stamp_of(capture->fd),
                               .len = (uint32_t)len,
                               .packet = bytes_of(space, (size_t)len < sizeof space ? (size_t)len : sizeof space)});
    }
    if (capture_is_over(capture))
        uv_poll_stop(&capture->poll);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    take_waiting(poll->data);
}

/* What came while nothing was kept does not count. */
static void forget_waiting(struct capture *capture)
{
    uint8_t one;

    while (capture->fd >= 0 && recv(capture->fd, &one, sizeof one, MSG_DONTWAIT | MSG_TRUNC) >= 0)
        ;
}

void capture_go_on(struct capture *capture)
{
    forget_waiting(capture);
    if (capture->fd >= 0 && !capture_is_over(capture))
        uv_poll_start(&capture->poll, UV_READABLE, on_readable);
}

void capture_stop(struct capture *capture)
{
    capture->is_stopped = true;
    if (capture->fd >= 0)
        uv_poll_stop(&capture->poll);
}

int capture_open_socket(const char *device)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(device)};
    int fd = address.sll_ifindex == 0 ? -1 : socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct timeval none;

    if (fd >= 0)
        (void)ioctl(fd, SIOCGSTAMP, &none); /* from the first question on packets are stamped as they come */

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;

    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

void capture_listen(struct capture *capture, int fd)
{
    capture->fd = fd;
    CHECK(uv_poll_init(capture->control->loop, &capture->poll, fd) == 0);
    capture->poll.data = capture;
    capture->control->handle_count++;
    CHECK(uv_poll_start(&capture->poll, UV_READABLE, on_readable) == 0);
}

void capture_free(struct capture *capture)
{
    bytes_wipe(capture->buffer.data, capture->buffer.size);
    free(capture->buffer.data);
    free(capture->list);
    free(capture);
}

static void is_closed(uv_handle_t *handle)
{
    struct capture *capture = handle->data;
    struct control *control = capture->control;

    close(capture->fd);
    capture_free(capture);
    control_free_when_closed(control);
}

void capture_end(struct control *control, size_t index)
{
    struct capture *capture = control->captures[index];

    control->captures[index] = NULL;
    if (capture->fd < 0) {
        capture_free(capture);
        return;
    }
    uv_poll_stop(&capture->poll);
    uv_close((uv_handle_t *)&capture->poll, is_closed);
}

void captures_close(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++)
        if (control->captures[i] != NULL)
            capture_end(control, i);
}

/* ---- what is not on the wire ---- */

static uint64_t now_us(void)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
}

static bool is_wanted_drop(const struct capture *capture, enum esp_drop drop)
{
    return capture != NULL && capture->type == CONTROL_CAPTURE_DROPS && !capture_is_over(capture) &&
           (capture->drop[0] == '\0' || drop_is_called(drop, capture->drop));
}

void control_on_drop(struct control *control, const struct plane_drop *dropped)
{
    uint8_t space[CAPTURE_PACKET_MAX];

    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++) {
        if (!is_wanted_drop(control->captures[i], dropped->drop))
            continue;

        struct captured kept = {.at_us = now_us(), .drop = dropped->drop, .len = (uint32_t)dropped->packet.len};

        if (dropped->is_outside)
            kept.packet = capture_envelop(space, sizeof space, dropped->from, dropped->to, dropped->is_udp, false,
                                          dropped->packet, &kept.len);
        else
            kept.packet = dropped->packet;
        kept.len += (uint32_t)(dropped->len - dropped->packet.len);
        if (kept.packet.len > CAPTURE_PACKET_MAX)
            kept.packet.len = CAPTURE_PACKET_MAX;
        keep(control->captures[i], kept);
    }
}

static bool is_of_interface(const struct capture *capture, struct ip ip)
{
    const struct policy *policy = capture->control->source->policy(capture->control->source->context);

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        if (strcmp(policy->interfaces[i].name, capture->nameif) == 0 && ip_equal(policy->interfaces[i].ip, ip))
            return true;
    }
    return false;
}

void control_on_clear(struct control *control, const struct ike_clear *clear)
{
    struct endpoint from = clear->is_sent ? clear->local : clear->remote;
    struct endpoint to = clear->is_sent ? clear->remote : clear->local;
    uint8_t space[CAPTURE_PACKET_MAX];

    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++) {
        struct capture *capture = control->captures[i];

        if (capture == NULL || capture->type != CONTROL_CAPTURE_ISAKMP || !is_of_interface(capture, clear->local.ip))
            continue;
        take_waiting(capture); /* behind the message itself */
        if (capture_is_over(capture))
            continue;

        struct captured kept = {.at_us = now_us(), .is_opened = true};

        kept.packet =
            capture_envelop(space, sizeof space, from, to, true, clear->local.port != IKE_PORT, clear->data, &kept.len);
        keep(capture, kept);
    }
    bytes_wipe(space, sizeof space);
}

/* The engine is asked for them only while somebody wants them. */
void captures_want_clear(const struct control *control)
{
    bool is_wanted = false;

    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++)
        is_wanted |= control->captures[i] != NULL && control->captures[i]->type == CONTROL_CAPTURE_ISAKMP;
    if (control->source->want_clear != NULL)
        control->source->want_clear(control->source->context, is_wanted);
}
