/* Captures: a packet socket each, on the Linux interface of a nameif, from `capture` to `no capture`, or until its
 * buffer is full. Without the link's header, so that each packet begins with IP on every kind of link. */
#include "base/check.h"
#include "daemon/control_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { READS_PER_TURN = 64, PACKETS_PER_TURN = 64, TEXT_SIZE = 256, SENTENCE_SIZE = 512 };

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
    return capture->is_isakmp ? capture_is_isakmp(packet) : capture_match_holds(&capture->match, packet);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct capture *capture = poll->data;
    uint8_t space[CAPTURE_PACKET_MAX];

    (void)status;
    (void)events;
    for (int i = 0; i < READS_PER_TURN && !capture->buffer.is_full; i++) {
        ssize_t len = recv(capture->fd, space, sizeof space, MSG_DONTWAIT | MSG_TRUNC);

        if (len < 0)
            return; /* nothing waits; or the interface is down, and may come up again */

        struct bytes packet = bytes_of(space, (size_t)len < sizeof space ? (size_t)len : sizeof space);

        if (is_wanted(capture, packet))
            capture_keep(&capture->buffer, packet, (uint32_t)len, stamp_of(capture->fd));
    }
    if (capture->buffer.is_full)
        uv_poll_stop(&capture->poll);
}

/* -1: errno says why. */
static int open_socket(const char *device)
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

static void is_closed(uv_handle_t *handle)
{
    struct capture *capture = handle->data;
    struct control *control = capture->control;

    close(capture->fd);
    bytes_wipe(capture->buffer.data, capture->buffer.size);
    free(capture->buffer.data);
    free(capture);
    control_free_when_closed(control);
}

static void end_capture(struct control *control, size_t index)
{
    struct capture *capture = control->captures[index];

    control->captures[index] = NULL;
    uv_poll_stop(&capture->poll);
    uv_close((uv_handle_t *)&capture->poll, is_closed);
}

void captures_close(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++)
        if (control->captures[i] != NULL)
            end_capture(control, i);
}

/* ---- capture, no capture, clear capture ---- */

/* CONTROL_CAPTURES_MAX: none. */
static size_t find_capture(const struct control *control, const char *name)
{
    size_t i = 0;

    while (i < CONTROL_CAPTURES_MAX && (control->captures[i] == NULL || strcmp(control->captures[i]->name, name) != 0))
        i++;
    return i;
}

static size_t free_place(const struct control *control)
{
    size_t i = 0;

    while (i < CONTROL_CAPTURES_MAX && control->captures[i] != NULL)
        i++;
    return i;
}

/* One of both families stands twice: the one that this machine has, if any. */
static const struct policy_interface *find_interface(const struct client *client)
{
    const struct policy *policy = client->control->source->policy(client->control->source->context);
    const struct policy_interface *found = NULL;

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];

        if (strcmp(interface->name, client->request.packet.nameif) == 0 &&
            (found == NULL || found->linux_name[0] == '\0'))
            found = interface;
    }
    return found;
}

/* NULL: no memory. All but the socket. */
static struct capture *make_capture(const struct client *client, const struct capture_match *match)
{
    const struct control_request *request = &client->request;
    struct capture *capture = calloc(1, sizeof *capture);
    size_t size = request->buffer_size ? request->buffer_size : CAPTURE_BUFFER_DEFAULT;
    uint8_t *space = malloc(size);

    if (capture == NULL || space == NULL) {
        free(capture);
        free(space);
        return NULL;
    }
    *capture = (struct capture){.control = client->control,
                                .match = *match,
                                .is_isakmp = request->id == CONTROL_CAPTURE_ISAKMP,
                                .buffer = {.data = space, .size = size}};
    memcpy(capture->name, request->capture, sizeof capture->name);
    memcpy(capture->nameif, request->packet.nameif, sizeof capture->nameif);
    memcpy(capture->words, request->rest, sizeof capture->words);
    return capture;
}

static void start_capture(struct client *client, size_t place, const char *device, const struct capture_match *match)
{
    struct control *control = client->control;
    int fd = open_socket(device);
    struct capture *capture = fd < 0 ? NULL : make_capture(client, match);

    if (capture == NULL) {
        char space[SENTENCE_SIZE];
        struct text why = text_of(space, sizeof space);

        text_add(&why, "no packets can be captured on %s (%s): %s", client->request.packet.nameif, device,
                 fd < 0 ? strerror(errno) : "no memory");
        if (fd >= 0)
            close(fd);
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
        return;
    }
    capture->fd = fd;
    CHECK(uv_poll_init(control->loop, &capture->poll, fd) == 0);
    capture->poll.data = capture;
    control->handle_count++;
    CHECK(uv_poll_start(&capture->poll, UV_READABLE, on_readable) == 0);
    control->captures[place] = capture;
    client_done(client);
}

void do_capture(struct client *client)
{
    const struct policy_interface *interface = find_interface(client);
    struct control *control = client->control;
    struct capture_match match = {0};
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    size_t place = free_place(control);

    if (interface == NULL || interface->linux_name[0] == '\0') {
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE,
                    interface ? "no interface of this machine has the address of that nameif" : NULL);
        return;
    }
    if (find_capture(control, client->request.capture) < CONTROL_CAPTURES_MAX)
        text_add(&why, "there is a capture %s already: no capture %s ends it, and throws away what it has",
                 client->request.capture, client->request.capture);
    else if (place == CONTROL_CAPTURES_MAX)
        text_add(&why, "there are %u captures already", CONTROL_CAPTURES_MAX);
    else if (client->request.rest[0] == '\0' || capture_match_read(&match, bytes_of_text(client->request.rest), &why)) {
        start_capture(client, place, interface->linux_name, &match);
        return;
    }
    client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
}

void do_no_capture(struct client *client)
{
    size_t i = find_capture(client->control, client->request.capture);

    if (i == CONTROL_CAPTURES_MAX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_CAPTURE, NULL);
        return;
    }
    if (client->request.id == CONTROL_NO_CAPTURE) {
        end_capture(client->control, i);
    } else {
        struct capture *capture = client->control->captures[i];

        bytes_wipe(capture->buffer.data, capture->buffer.size);
        capture->buffer = (struct capture_buffer){.data = capture->buffer.data, .size = capture->buffer.size};
        uv_poll_start(&capture->poll, UV_READABLE, on_readable);
    }
    client_done(client);
}

/* ---- show capture ---- */

static void send_capture(struct client *client, const struct capture *capture)
{
    struct control_record r = control_record_of(RECORD_capture);

    record_set_text(&r, COL_capture_name, capture->name);
    record_set_text(&r, COL_capture_type, capture->is_isakmp ? "isakmp" : "raw-data");
    record_set_text(&r, COL_capture_interface, capture->nameif);
    record_set_flag(&r, COL_capture_full, capture->buffer.is_full);
    record_set_number(&r, COL_capture_packets, capture->buffer.count);
    record_set_number(&r, COL_capture_bytes, capture->buffer.len);
    record_set_number(&r, COL_capture_buffer, capture->buffer.size);
    record_set_text(&r, COL_capture_match, capture->words[0] ? capture->words : NULL);
    client_send(client, &r);
}

static void send_packet(struct client *client, uint32_t number, const struct captured *kept)
{
    struct control_record r = control_record_of(RECORD_packet);
    char space[2 * CAPTURE_PACKET_MAX + 1];
    struct text t = text_of(space, sizeof space);

    record_set_number(&r, COL_packet_number, number);
    record_set_number(&r, COL_packet_at, kept->at_us / 1000000);
    record_set_number(&r, COL_packet_at_us, kept->at_us % 1000000);
    record_set_number(&r, COL_packet_len, kept->len);
    if (client->request.id == CONTROL_SHOW_CAPTURE_DUMP) {
        text_add_hex(&t, kept->packet);
        record_set_text(&r, COL_packet_bytes, space);
    } else {
        text_add_captured(&t, kept->packet);
        record_set_text(&r, COL_packet_text, space);
    }
    client_send(client, &r);
}

/* A few at a time; `index` counts them. What was taken away meanwhile is not missed. */
static bool send_packets(struct client *client, const struct capture *capture)
{
    struct captured kept;
    uint32_t number = 0;

    for (size_t at = 0; capture_next(&capture->buffer, &at, &kept) && number < client->index + PACKETS_PER_TURN;) {
        if (number++ >= client->index)
            send_packet(client, number, &kept);
    }
    client->index += PACKETS_PER_TURN;
    return client->index < capture->buffer.count;
}

bool show_captures(struct client *client)
{
    const struct control *control = client->control;
    size_t found = find_capture(control, client->request.capture);

    if (client->request.capture[0] != '\0' && found == CONTROL_CAPTURES_MAX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_CAPTURE, NULL);
        return false;
    }
    for (size_t i = 0; client->stage == 0 && i < CONTROL_CAPTURES_MAX; i++) {
        if (control->captures[i] != NULL && (client->request.capture[0] == '\0' || i == found))
            send_capture(client, control->captures[i]);
    }
    client->stage = 1;
    return client->request.capture[0] != '\0' && send_packets(client, control->captures[found]);
}
