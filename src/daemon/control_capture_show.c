/* show capture: the captures that there are; of one, its packets. */
#include "daemon/control_capture.h"
#include "wire/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_PER_TURN = 64, SENTENCE_SIZE = 512, DECODED_SIZE = 16384, BYTES_PER_RECORD = 1518 };

static void send_capture(struct client *client, const struct capture *capture)
{
    static const char *const types[] = {"raw-data", "isakmp", "asp-drop"};
    struct control_record r = control_record_of(RECORD_capture);
    char type[16 + CONTROL_DROP_NAME_SIZE], name[256];
    struct text acl = text_of(name, sizeof name);

    snprintf(type, sizeof type, "%s%s%s", types[capture->type], capture->type == CONTROL_CAPTURE_DROPS ? " " : "",
             capture->type != CONTROL_CAPTURE_DROPS ? ""
             : capture->drop[0]                     ? capture->drop
                                                    : "all");
    record_set_text(&r, COL_capture_name, capture->name);
    record_set_text(&r, COL_capture_type, type);
    record_set_text(&r, COL_capture_interface, capture->nameif[0] ? capture->nameif : NULL);
    text_add_escaped(&acl, bytes_of_text(capture->acl));
    record_set_text(&r, COL_capture_access_list, capture->acl[0] ? name : NULL);
    record_set_flag(&r, COL_capture_full, capture->buffer.is_full && !capture->buffer.is_circular);
    if (capture->is_stopped)
        record_set_flag(&r, COL_capture_stopped, true);
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

/* From that packet on, so many of them, and of those that the list permits. */
static bool is_asked_for(const struct client *client, uint32_t number, struct bytes packet)
{
    const struct control_request *request = &client->request;

    return number >= request->packet_number && (request->packet_count == 0 || client->number < request->packet_count) &&
           (client->list == NULL || capture_list_permits(&client->list->filter, packet));
}

/* A few at a time; `index` counts them. What was taken away meanwhile is not missed. */
static bool send_packets(struct client *client, const struct capture *capture)
{
    struct captured kept;
    uint32_t number = 0;

    for (size_t at = 0; capture_next(&capture->buffer, &at, &kept) && number < client->index + PACKETS_PER_TURN;) {
        if (number++ < client->index || !is_asked_for(client, number, kept.packet))
            continue;
        client->number++;
        send_packet(client, number, &kept);
        if (client->request.id == CONTROL_SHOW_CAPTURE_DECODE)
            send_decoded(client, kept.packet);
    }
    client->index += PACKETS_PER_TURN;
    return client->index < capture->buffer.count;
}

/* False: somebody has been told that there is no such list. */
static bool take_list(struct client *client)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (client->request.acl[0] != '\0')
        client->list = capture_list_of(client->control, client->request.acl, &why);
    if (why.len > 0)
        client_fail(client, CONTROL_ERROR_NO_SUCH_LIST, space);
    return why.len == 0;
}

bool show_captures(struct client *client)
{
    const struct control *control = client->control;
    size_t found = capture_find(control, client->request.capture);

    if (client->request.capture[0] != '\0' && found == CONTROL_CAPTURES_MAX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_CAPTURE, NULL);
        return false;
    }
    if (client->stage == 0 && !take_list(client))
        return false;
    for (size_t i = 0; client->stage == 0 && i < CONTROL_CAPTURES_MAX; i++) {
        if (control->captures[i] != NULL && (client->request.capture[0] == '\0' || i == found))
            send_capture(client, control->captures[i]);
    }
    client->stage = 1;
    return client->request.capture[0] != '\0' && send_packets(client, control->captures[found]);
}
