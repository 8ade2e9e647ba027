/* Captures, from `capture` to `no capture`, or until a buffer is full. Those of an interface have a packet socket each,
 * on the Linux interface of the nameif; without the link's header, so that each packet begins with IP on every kind of
 * link. What is dropped the plane tells. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "wire/natt.h"
#include "wire/print.h"

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

enum {
    READS_PER_TURN = 64,
    PACKETS_PER_TURN = 64,
    TEXT_SIZE = 256,
    SENTENCE_SIZE = 512,
    DECODED_SIZE = 16384,
    BYTES_PER_RECORD = 1518
};

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
    return (capture->type != CONTROL_CAPTURE_ISAKMP || capture_is_isakmp(packet)) &&
           capture_match_holds(&capture->match, packet);
}

/* Nothing more is kept. */
static bool is_over(const struct capture *capture)
{
    return capture->buffer.is_full && !capture->buffer.is_circular;
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

    for (int i = 0; i < READS_PER_TURN && !is_over(capture); i++) {
        ssize_t len = recv(capture->fd, space, sizeof space, MSG_DONTWAIT | MSG_TRUNC);

        if (len < 0)
            return; /* nothing waits; or the interface is down, and may come up again */

        keep(capture,
             (struct captured){.at_us = stamp_of(capture->fd),
                               .len = (uint32_t)len,
                               .packet = bytes_of(space, (size_t)len < sizeof space ? (size_t)len : sizeof space)});
    }
    if (is_over(capture))
        uv_poll_stop(&capture->poll);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    take_waiting(poll->data);
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

static void free_capture(struct capture *capture)
{
    bytes_wipe(capture->buffer.data, capture->buffer.size);
    free(capture->buffer.data);
    free(capture);
}

static void is_closed(uv_handle_t *handle)
{
    struct capture *capture = handle->data;
    struct control *control = capture->control;

    close(capture->fd);
    free_capture(capture);
    control_free_when_closed(control);
}

static void end_capture(struct control *control, size_t index)
{
    struct capture *capture = control->captures[index];

    control->captures[index] = NULL;
    if (capture->fd < 0) {
        free_capture(capture);
        return;
    }
    uv_poll_stop(&capture->poll);
    uv_close((uv_handle_t *)&capture->poll, is_closed);
}

void captures_close(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++)
        if (control->captures[i] != NULL)
            end_capture(control, i);
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
    return capture != NULL && capture->type == CONTROL_CAPTURE_DROPS && !is_over(capture) &&
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
        if (is_over(capture))
            continue;

        struct captured kept = {.at_us = now_us(), .is_opened = true};

        kept.packet =
            capture_envelop(space, sizeof space, from, to, true, clear->local.port != IKE_PORT, clear->data, &kept.len);
        keep(capture, kept);
    }
    bytes_wipe(space, sizeof space);
}

/* The engine is asked for them only while somebody wants them. */
static void want_clear(const struct control *control)
{
    bool is_wanted = false;

    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++)
        is_wanted |= control->captures[i] != NULL && control->captures[i]->type == CONTROL_CAPTURE_ISAKMP;
    if (control->source->want_clear != NULL)
        control->source->want_clear(control->source->context, is_wanted);
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

static size_t buffer_size_of(const struct control_request *request)
{
    return request->buffer_size ? request->buffer_size : CAPTURE_BUFFER_DEFAULT;
}

static uint32_t packet_len_of(const struct control_request *request)
{
    return request->packet_len ? request->packet_len : CAPTURE_PACKET_DEFAULT;
}

/* NULL: no memory. All but the socket. */
static struct capture *make_capture(const struct client *client, const struct capture_match *match)
{
    const struct control_request *request = &client->request;
    struct capture *capture = calloc(1, sizeof *capture);
    size_t size = buffer_size_of(request);
    uint8_t *space = malloc(size);

    if (capture == NULL || space == NULL) {
        free(capture);
        free(space);
        return NULL;
    }
    *capture = (struct capture){.control = client->control,
                                .fd = -1,
                                .match = *match,
                                .type = request->capture_type,
                                .packet_len = packet_len_of(request),
                                .buffer = {.data = space, .size = size, .is_circular = request->is_circular}};
    memcpy(capture->name, request->capture, sizeof capture->name);
    memcpy(capture->drop, request->drop, sizeof capture->drop);
    memcpy(capture->nameif, request->packet.nameif, sizeof capture->nameif);
    memcpy(capture->words, request->rest, sizeof capture->words);
    return capture;
}

static bool is_name_of_drop(const char *name)
{
    for (size_t drop = ESP_PASS + 1; drop < ESP_DROP_COUNT; drop++) {
        if (drop_is_called((enum esp_drop)drop, name))
            return true;
    }
    return false;
}

/* What the words mean together. False: `why` says why they cannot. */
static bool is_sound(const struct client *client, struct text *why)
{
    const struct control_request *request = &client->request;
    bool is_of_drops = request->capture_type == CONTROL_CAPTURE_DROPS;

    if (find_capture(client->control, request->capture) < CONTROL_CAPTURES_MAX)
        text_add(why, "there is a capture %s already: no capture %s ends it, and throws away what it has",
                 request->capture, request->capture);
    else if (is_of_drops && request->packet.nameif[0] != '\0')
        text_add(why, "asp-drop is of all interfaces: leave out interface %s", request->packet.nameif);
    else if (!is_of_drops && request->packet.nameif[0] == '\0')
        text_add(why, "of which interface? interface and a nameif are missing");
    else if (request->drop[0] != '\0' && !is_name_of_drop(request->drop))
        text_add(why, "nothing is dropped for %s: the names stand in show asp drop", request->drop);
    else if (buffer_size_of(request) < packet_len_of(request) + CAPTURE_HEAD_LEN)
        text_add(why, "a buffer of %zu bytes has no room for a packet of %u: it takes %u at least",
                 buffer_size_of(request), packet_len_of(request), packet_len_of(request) + CAPTURE_HEAD_LEN);
    else
        return true;
    return false;
}

static void listen_to(struct control *control, struct capture *capture, int fd)
{
    capture->fd = fd;
    CHECK(uv_poll_init(control->loop, &capture->poll, fd) == 0);
    capture->poll.data = capture;
    control->handle_count++;
    CHECK(uv_poll_start(&capture->poll, UV_READABLE, on_readable) == 0);
}

/* `device` NULL: no socket is wanted. */
static void start_capture(struct client *client, const char *device, const struct capture_match *match)
{
    size_t place = free_place(client->control);
    int fd = device == NULL || place == CONTROL_CAPTURES_MAX ? -1 : open_socket(device);
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct capture *capture = NULL;

    if (place == CONTROL_CAPTURES_MAX)
        text_add(&why, "there are %u captures already", CONTROL_CAPTURES_MAX);
    else if (device != NULL && fd < 0)
        text_add(&why, "no packets can be captured on %s: %s", device, strerror(errno));
    else if ((capture = make_capture(client, match)) == NULL)
        text_add(&why, "no memory for its buffer");
    if (capture == NULL) {
        if (fd >= 0)
            close(fd);
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
        return;
    }
    if (fd >= 0)
        listen_to(client->control, capture, fd);
    client->control->captures[place] = capture;
    want_clear(client->control);
    client_done(client);
}

void do_capture(struct client *client)
{
    const struct policy_interface *interface = find_interface(client);
    struct capture_match match = {0};
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!is_sound(client, &why) ||
        (client->request.rest[0] != '\0' && !capture_match_read(&match, bytes_of_text(client->request.rest), &why)))
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
    else if (client->request.capture_type == CONTROL_CAPTURE_DROPS)
        start_capture(client, NULL, &match);
    else if (interface == NULL || interface->linux_name[0] == '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE,
                    interface ? "no interface of this machine has the address of that nameif" : NULL);
    else
        start_capture(client, interface->linux_name, &match);
}

static void begin_anew(struct capture *capture)
{
    bytes_wipe(capture->buffer.data, capture->buffer.size);
    capture->buffer = (struct capture_buffer){
        .data = capture->buffer.data, .size = capture->buffer.size, .is_circular = capture->buffer.is_circular};
    if (capture->fd >= 0)
        uv_poll_start(&capture->poll, UV_READABLE, on_readable);
}

static void clear_all(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++) {
        if (control->captures[i] != NULL)
            begin_anew(control->captures[i]);
    }
}

void do_no_capture(struct client *client)
{
    size_t i = find_capture(client->control, client->request.capture);

    if (client->request.is_all) {
        clear_all(client->control);
    } else if (i == CONTROL_CAPTURES_MAX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_CAPTURE, NULL);
        return;
    } else if (client->request.id == CONTROL_NO_CAPTURE) {
        end_capture(client->control, i);
        want_clear(client->control);
    } else {
        begin_anew(client->control->captures[i]);
    }
    client_done(client);
}

/* ---- show capture ---- */

static void send_capture(struct client *client, const struct capture *capture)
{
    static const char *const types[] = {"raw-data", "isakmp", "asp-drop"};
    struct control_record r = control_record_of(RECORD_capture);
    char type[16 + CONTROL_DROP_NAME_SIZE];

    snprintf(type, sizeof type, "%s%s%s", types[capture->type], capture->type == CONTROL_CAPTURE_DROPS ? " " : "",
             capture->type != CONTROL_CAPTURE_DROPS ? ""
             : capture->drop[0]                     ? capture->drop
                                                    : "all");
    record_set_text(&r, COL_capture_name, capture->name);
    record_set_text(&r, COL_capture_type, type);
    record_set_text(&r, COL_capture_interface, capture->nameif[0] ? capture->nameif : NULL);
    record_set_flag(&r, COL_capture_full, is_over(capture));
    record_set_flag(&r, COL_capture_circular, capture->buffer.is_circular);
    record_set_number(&r, COL_capture_packets, capture->buffer.count);
    record_set_number(&r, COL_capture_bytes, capture->buffer.len);
    record_set_number(&r, COL_capture_buffer, capture->buffer.size);
    record_set_number(&r, COL_capture_packet_length, capture->packet_len);
    record_set_text(&r, COL_capture_match, capture->words[0] ? capture->words : NULL);
    client_send(client, &r);
}

static void set_drop(struct control_record *r, enum esp_drop drop)
{
    char name[64], text[160];
    struct text n = text_of(name, sizeof name), t = text_of(text, sizeof text);

    if (drop == ESP_PASS)
        return;
    text_add_drop_name(&n, drop);
    text_add_drop_text(&t, drop);
    record_set_text(r, COL_packet_drop, name);
    record_set_text(r, COL_packet_drop_text, text);
}

/* What does not fit the record of a packet. */
static void send_more_bytes(struct client *client, struct bytes rest)
{
    while (rest.len > 0) {
        struct control_record r = control_record_of(RECORD_packet_more);
        struct bytes part = bytes_of(rest.data, rest.len < BYTES_PER_RECORD ? rest.len : BYTES_PER_RECORD);
        char space[2 * BYTES_PER_RECORD + 1];
        struct text t = text_of(space, sizeof space);

        text_add_hex(&t, part);
        record_set_text(&r, COL_packet_more_bytes, space);
        client_send(client, &r);
        rest = bytes_after(rest, part.len);
    }
}

static void send_packet(struct client *client, uint32_t number, const struct captured *kept)
{
    struct control_record r = control_record_of(RECORD_packet);
    struct bytes first =
        bytes_of(kept->packet.data, kept->packet.len < BYTES_PER_RECORD ? kept->packet.len : BYTES_PER_RECORD);
    char space[2 * BYTES_PER_RECORD + 1];
    struct text t = text_of(space, sizeof space);

    record_set_number(&r, COL_packet_number, number);
    record_set_number(&r, COL_packet_at, kept->at_us / 1000000);
    record_set_number(&r, COL_packet_at_us, kept->at_us % 1000000);
    record_set_number(&r, COL_packet_len, kept->len);
    record_set_number(&r, COL_packet_kept, kept->packet.len);
    set_drop(&r, kept->drop);
    if (kept->is_opened)
        record_set_flag(&r, COL_packet_opened, true);
    if (client->request.id == CONTROL_SHOW_CAPTURE_DUMP) {
        text_add_hex(&t, first);
        record_set_text(&r, COL_packet_bytes, space);
    } else {
        text_add_captured(&t, kept->packet);
        record_set_text(&r, COL_packet_text, space);
    }
    client_send(client, &r);
    if (client->request.id == CONTROL_SHOW_CAPTURE_DUMP)
        send_more_bytes(client, bytes_after(kept->packet, first.len));
}

/* Line by line what text_add_message says. Nothing of a message that was kept in part. */
static void send_decoded(struct client *client, struct bytes packet)
{
    static char space[DECODED_SIZE];
    struct text t = text_of(space, sizeof space);
    struct bytes datagram = capture_isakmp(packet);
    struct message m;

    if (datagram.len == 0 || wire_header_read(&m, datagram) != WIRE_OK)
        return;
    if (!(m.header.flags & FLAG_ENCRYPTION))
        (void)wire_payloads_read(&m, m.header.first_payload, bytes_after(datagram, HEADER_LEN), (struct allowance){0});
    text_add_message(&t, &m);
    for (char *line = space, *end; *line != '\0'; line = end) {
        struct control_record r = control_record_of(RECORD_packet_line);

        end = line + strcspn(line, "\n");
        if (*end == '\n')
            *end++ = '\0';
        record_set_text(&r, COL_packet_line_text, line);
        client_send(client, &r);
    }
}

/* A few at a time; `index` counts them. What was taken away meanwhile is not missed. */
static bool send_packets(struct client *client, const struct capture *capture)
{
    struct captured kept;
    uint32_t number = 0;

    for (size_t at = 0; capture_next(&capture->buffer, &at, &kept) && number < client->index + PACKETS_PER_TURN;) {
        if (number++ < client->index)
            continue;
        send_packet(client, number, &kept);
        if (client->request.id == CONTROL_SHOW_CAPTURE_DECODE)
            send_decoded(client, kept.packet);
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
