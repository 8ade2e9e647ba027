/* capture, no capture, clear capture: captures are made, changed and ended. */
#include "base/check.h"
#include "daemon/control_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENTENCE_SIZE = 512 };

/* ---- access-lists ---- */

struct capture_list *capture_list_of(const struct control *control, const char *acl, struct text *why)
{
    const struct conf *conf = control->source->conf(control->source->context);
    size_t size = conf_list_space();
    struct arena arena = arena_of(malloc(size), size);
    struct capture_list *list = NULL;
    struct filter read;

    if (arena.data == NULL) {
        text_add(why, "no memory to read access-lists");
        return NULL;
    }
    if (conf_read_list(conf, bytes_of_text(acl), &arena, &read, why)) {
        list = malloc(sizeof *list + read.ace_count * sizeof list->aces[0]);
        CHECK(list != NULL);
        memcpy(list->aces, read.aces, read.ace_count * sizeof list->aces[0]);
        list->filter = (struct filter){.aces = list->aces, .ace_count = read.ace_count};
    }
    free(arena.data);
    return list;
}

void captures_take_lists(struct control *control)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++) {
        struct capture *capture = control->captures[i];

        if (capture == NULL || capture->acl[0] == '\0')
            continue;
        free(capture->list);
        capture->list = capture_list_of(control, capture->acl, &why);
    }
}

/* ---- capture, no capture, clear capture ---- */

size_t capture_find(const struct control *control, const char *name)
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

/* NULL: no memory. All but what it matches, and the socket. */
static struct capture *make_capture(const struct client *client)
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
                                .type = request->capture_type,
                                .packet_len = packet_len_of(request),
                                .buffer = {.data = space, .size = size, .is_circular = request->is_circular}};
    memcpy(capture->name, request->capture, sizeof capture->name);
    memcpy(capture->drop, request->drop, sizeof capture->drop);
    memcpy(capture->nameif, request->packet.nameif, sizeof capture->nameif);
    memcpy(capture->acl, request->acl, sizeof capture->acl);
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

    if (is_of_drops && request->packet.nameif[0] != '\0')
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

/* False: `why` says why not; nothing has changed. */
static bool add_match(struct capture *capture, const char *words, struct text *why)
{
    struct text known = {capture->words, strlen(capture->words), sizeof capture->words, false};
    size_t len = known.len;

    if (*words == '\0')
        return true;
    if (!capture_match_read(&capture->match, bytes_of_text(words), why))
        return false;
    text_add(&known, "%s%s", len > 0 ? "|" : "", words);
    if (known.is_cut)
        capture->words[len] = '\0';
    return true;
}

/* What may be said to one that is there: another match, a list, and its interface once more. */
static bool is_addition(const struct capture *capture, const struct control_request *request)
{
    bool is_same_place = request->packet.nameif[0] == '\0' || strcmp(request->packet.nameif, capture->nameif) == 0;
    bool is_more = request->rest[0] != '\0' || request->acl[0] != '\0' ||
                   (capture->is_stopped && request->packet.nameif[0] != '\0');

    return is_same_place && is_more && request->capture_type == CONTROL_CAPTURE_RAW && request->buffer_size == 0 &&
           request->packet_len == 0 && !request->is_circular;
}

static void add_to_capture(struct client *client, struct capture *capture)
{
    const struct control_request *request = &client->request;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    bool has_list = request->acl[0] != '\0';
    struct capture_list *list = NULL;

    if (!is_addition(capture, request))
        text_add(&why, "there is a capture %s already: no capture %s ends it, and throws away what it has",
                 request->capture, request->capture);
    else if (has_list)
        list = capture_list_of(client->control, request->acl, &why);
    if (why.len > 0 || !add_match(capture, request->rest, &why)) {
        free(list);
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
        return;
    }
    if (has_list) {
        free(capture->list);
        capture->list = list;
        memcpy(capture->acl, request->acl, sizeof capture->acl);
    }
    if (capture->is_stopped && request->packet.nameif[0] != '\0') {
        capture->is_stopped = false;
        capture_go_on(capture);
    }
    client_done(client);
}

/* Which packets it keeps. False: `why` says what cannot be. */
static bool take_limits(struct capture *capture, const char *match, struct text *why)
{
    if (capture->acl[0] != '\0')
        capture->list = capture_list_of(capture->control, capture->acl, why);
    return add_match(capture, match, why) && why->len == 0;
}

/* `device` NULL: no socket is wanted. */
static void start_capture(struct client *client, const char *device)
{
    size_t place = free_place(client->control);
    int fd = -1;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct capture *capture = make_capture(client);

    if (capture == NULL)
        text_add(&why, "no memory for its buffer");
    else if (!take_limits(capture, client->request.rest, &why))
        CHECK(why.len > 0);
    else if (place == CONTROL_CAPTURES_MAX)
        text_add(&why, "there are %u captures already", CONTROL_CAPTURES_MAX);
    else if (device != NULL && (fd = capture_open_socket(device)) < 0)
        text_add(&why, "no packets can be captured on %s: %s", device, strerror(errno));
    if (why.len > 0) {
        if (capture != NULL)
            capture_free(capture);
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
        return;
    }
    if (fd >= 0)
        capture_listen(capture, fd);
    client->control->captures[place] = capture;
    captures_want_clear(client->control);
    client_done(client);
}

void do_capture(struct client *client)
{
    const struct policy_interface *interface = find_interface(client);
    size_t known = capture_find(client->control, client->request.capture);
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (known < CONTROL_CAPTURES_MAX)
        add_to_capture(client, client->control->captures[known]);
    else if (!is_sound(client, &why))
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
    else if (client->request.capture_type == CONTROL_CAPTURE_DROPS)
        start_capture(client, NULL);
    else if (interface == NULL || interface->linux_name[0] == '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_INTERFACE,
                    interface ? "no interface of this machine has the address of that nameif" : NULL);
    else
        start_capture(client, interface->linux_name);
}

static void begin_anew(struct capture *capture)
{
    bytes_wipe(capture->buffer.data, capture->buffer.size);
    capture->buffer = (struct capture_buffer){
        .data = capture->buffer.data, .size = capture->buffer.size, .is_circular = capture->buffer.is_circular};
    capture_go_on(capture);
}

static void clear_all(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CAPTURES_MAX; i++) {
        if (control->captures[i] != NULL)
            begin_anew(control->captures[i]);
    }
}

/* What it has in place of the name that is to be taken from it. */
static const char *named_of(const struct capture *capture, const struct control_request *request)
{
    return request->id == CONTROL_NO_CAPTURE_LIST ? capture->acl : capture->nameif;
}

static void change(struct client *client, size_t index)
{
    struct capture *capture = client->control->captures[index];
    const struct control_request *request = &client->request;

    switch (request->id) {
    case CONTROL_NO_CAPTURE:
        capture_end(client->control, index);
        captures_want_clear(client->control);
        return;
    case CONTROL_NO_CAPTURE_LIST:
        free(capture->list);
        capture->list = NULL;
        capture->acl[0] = '\0';
        return;
    case CONTROL_STOP_CAPTURE: capture_stop(capture); return;
    case CONTROL_RESUME_CAPTURE:
        capture->is_stopped = false;
        capture_go_on(capture);
        return;
    default: begin_anew(capture); return;
    }
}

void do_change_capture(struct client *client)
{
    const struct control_request *request = &client->request;
    size_t i = capture_find(client->control, request->capture);
    const char *named = request->acl[0] != '\0' ? request->acl : request->packet.nameif;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (request->is_all) {
        clear_all(client->control);
    } else if (i == CONTROL_CAPTURES_MAX) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_CAPTURE, NULL);
        return;
    } else if (*named != '\0' && strcmp(named, named_of(client->control->captures[i], request)) != 0) {
        text_add(&why, "capture %s is not of the %s ", request->capture,
                 request->acl[0] != '\0' ? "access-list" : "interface");
        text_add_escaped(&why, bytes_of_text(named));
        client_fail(client, CONTROL_ERROR_CAPTURE_REFUSED, space);
        return;
    } else {
        change(client, i);
    }
    client_done(client);
}
