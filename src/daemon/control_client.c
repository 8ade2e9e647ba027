/* One shell: lines in, lines out. Who answers them is in answers.def. */
#include "daemon/control_client.h"

#include "base/check.h"
#include "base/device.h"

#include <stdlib.h>
#include <string.h>

enum {
    TURN_RECORDS = 64, /* of an answer, before the loop gets its turn again; and it does after */
    TURN_NS = 2000000,
    LINE_ROOM = 4096,
    LINE_AT_ONCE = 64 * 1024, /* what is longer is read beside the loop */
};

struct sending {
    uv_write_t write;
    char line[];
};

static void client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct control *control = client->control;

    running_free(&client->lines);
    running_free(&client->text);
    free(client->list);
    client_forget_made(client);
    if (client->line)
        bytes_wipe(client->line, client->line_room);
    free(client->line);
    bytes_wipe(client, sizeof *client);
    control_free_when_closed(control);
}

void client_drop(struct client *client)
{
    if (client->is_closing)
        return;
    client->is_closing = true;
    client->producer = NULL;
    client->watch.is_on = client->debug.is_on = false;
    client_forget_task(client);
    client_forget_line(client);
    uv_close((uv_handle_t *)&client->pipe, client_closed);
}

/* Until there is something to wait for: all that is sent is written, by the next turn of the loop or later, before more
 * is made. */
void client_go_on(struct client *client)
{
    uint64_t begun_ns = uv_hrtime();

    while (client->producer && !client->is_closing && client->sending_count < TURN_RECORDS &&
           (client->sending_count == 0 || uv_hrtime() - begun_ns < TURN_NS)) {
        if (!client->producer(client) && client->producer)
            client_done(client);
    }
}

static void written(uv_write_t *write, int status)
{
    struct client *client = write->data;

    free(write);
    client->sending_count--;
    if (client->is_closing)
        return;
    client->active_ms = control_now_ms(client->control);
    if (status < 0)
        client_drop(client);
    else if (client->is_last_line && uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) == 0)
        client_drop(client);
    else if (client->sending_count == 0)
        client_go_on(client);
}

void client_send_line(struct client *client, struct bytes line)
{
    size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe);
    struct sending *s;

    if (client->is_closing)
        return;
    if (queued > CONTROL_BACKLOG_MAX || !(s = malloc(sizeof *s + line.len))) {
        client_drop(client);
        return;
    }
    memcpy(s->line, line.data, line.len);
    s->write.data = client;

    uv_buf_t buffer = uv_buf_init(s->line, (unsigned)line.len);

    /* The time that a shell may take begins when something waits for it. */
    if (queued == 0)
        client->active_ms = control_now_ms(client->control);
    client->record_count++;
    client->sending_count++;
    if (uv_write(&s->write, (uv_stream_t *)&client->pipe, &buffer, 1, written) < 0) {
        client->sending_count--;
        free(s);
        client_drop(client);
    }
}

void client_send(struct client *client, const struct control_record *r)
{
    char space[RECORD_LINE_SIZE + 1];
    struct text line = text_of(space, RECORD_LINE_SIZE);

    if (client->is_closing)
        return;
    text_add_record(&line, r);
    CHECK(!line.is_cut);
    line.data[line.len++] = '\n';
    client_send_line(client, bytes_of(line.data, line.len));
}

static void answered(struct client *client)
{
    running_free(&client->text);
    client_forget_made(client);
    free(client->list);
    client->list = NULL;
    client->producer = NULL;
    client->is_answering = client->watch.is_on = client->debug.is_on = false;
    client->active_ms = control_now_ms(client->control);
}

void client_done(struct client *client)
{
    struct control_record r = control_record_of(RECORD_done);

    record_set_number(&r, COL_done_count, client->record_count > 0 ? client->record_count - 1 : 0);
    client_send(client, &r);
    answered(client);
}

void client_fail(struct client *client, enum control_error error, const char *sentence)
{
    struct control_record r = control_record_of(RECORD_error);

    record_set_text(&r, COL_error_name, control_error_name(error));
    record_set_text(&r, COL_error_sentence, sentence ? sentence : control_error_sentence(error));
    client_send(client, &r);
    answered(client);
}

/* The last thing that this shell hears. */
static void hang_up(struct client *client, enum control_error error, const char *sentence)
{
    client_fail(client, error, sentence);
    if (client->is_closing)
        return;
    client->is_last_line = true;
    uv_read_stop((uv_stream_t *)&client->pipe);
}

static bool is_passphrase(const struct client *client, struct bytes word)
{
    return client->request.passphrase[0] != '\0' && bytes_equal(word, bytes_of_text(client->request.passphrase));
}

/* It came as a word, and is in the request now. */
static void wipe_passphrase(const struct client *client, const struct bytes *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_passphrase(client, words[i]))
            bytes_wipe((void *)words[i].data, words[i].len);
}

/* The statements of `configure` are told one by one, elsewhere. */
static void tell_request(struct client *client, const struct bytes *words, size_t count)
{
    char space[CONTROL_REST_SIZE];
    struct text t = text_of(space, sizeof space);
    bool is_shown = bytes_equal(words[0], bytes_of_text("show")) || bytes_equal(words[0], bytes_of_text("more"));

    for (size_t i = 0; i < count; i++)
        if (is_passphrase(client, words[i]))
            text_add(&t, "%s*****", i ? " " : "");
        else
            text_add(&t, "%s%.*s", i ? " " : "", (int)words[i].len, (const char *)words[i].data);
    if (client->request.id == CONTROL_KEY_GENERATE || client->request.id == CONTROL_KEY_ZEROIZE ||
        client->request.id == CONTROL_SHOW_KEYPAIRS) /* their `key` announces no secret */
        tell_words(client, bytes_of(t.data, t.len), !is_shown);
    else if (client->request.id != CONTROL_CONFIGURE)
        tell_command(client, bytes_of(t.data, t.len), !is_shown);
}

static bool is_allowed(const struct client *client, enum control_who who)
{
    switch (who) {
    case CONTROL_READER: return true;
    case CONTROL_ADMIN: return client->is_admin;
    case CONTROL_ROOT: return client->is_root;
    }
    return false;
}

/* An interface that is left short, as `show interface gi0/1`: by the name that it has here. */
static void spell_interface(struct client *client)
{
    const struct control_source *source = client->control->source;
    const struct policy *policy = source->policy(source->context);
    char space[sizeof client->request.packet.nameif], *typed = client->request.packet.nameif;
    struct text name = text_of(space, sizeof space);

    bool is_nameif = false, is_known = false;

    text_add_device(&name, bytes_of_text(typed));
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        is_nameif |= strcmp(policy->interfaces[i].name, typed) == 0;
        is_known |= strcmp(policy->interfaces[i].hardware, space) == 0;
    }
    if (is_known && !is_nameif && !name.is_cut)
        memcpy(typed, space, name.len + 1);
}

void client_take_line(struct client *client, struct control_line *line)
{
    struct control_parse parse;

    client->is_answering = true;
    client->lines = line->lines;
    line->lines = (struct running){0};
    if (!line->is_good) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, line->why[0] != '\0' ? line->why : NULL);
    } else if (!control_request_parse(&client->request, line->words, line->count, &parse) ||
               control_request_info(client->request.id)->where != CONTROL_GATEWAY) {
        client_fail(client, CONTROL_ERROR_UNKNOWN_COMMAND, NULL);
    } else if (!is_allowed(client, control_request_info(client->request.id)->who)) {
        enum control_who who = control_request_info(client->request.id)->who;

        bytes_wipe(client->request.passphrase, sizeof client->request.passphrase);
        client_fail(client, who == CONTROL_ROOT ? CONTROL_ERROR_ROOT_ONLY : CONTROL_ERROR_NOT_ALLOWED, NULL);
    } else {
        note_shell(client);
        tell_request(client, parse.spelled, line->count);
        wipe_passphrase(client, line->words, line->count);
        client_send_gateway(client);
        spell_interface(client);
        handle_request(client);
        client_go_on(client);
    }
}

static void take_line(struct client *client)
{
    client->record_count = 0;
    client->stage = client->index = client->number = 0;
    running_free(&client->lines);
    if (client->line_len > LINE_AT_ONCE) {
        client_read_beside(client);
    } else {
        struct control_line line;

        control_line_read(&line, client->line, client->line_len);
        client_take_line(client, &line);
        control_line_free(&line);
    }
}

static bool make_room(struct client *client)
{
    size_t room = client->line_room ? 2 * client->line_room : LINE_ROOM;
    char *line;

    if (client->line_len < client->line_room)
        return true;
    line = malloc(room);
    if (!line)
        return false;
    if (client->line) {
        memcpy(line, client->line, client->line_len);
        bytes_wipe(client->line, client->line_room);
    }
    free(client->line);
    client->line = line;
    client->line_room = room;
    return true;
}

static size_t line_max(const struct client *client)
{
    return client->is_admin ? CONTROL_LINE_MAX : CONTROL_READER_LINE_MAX;
}

/* A request that comes before the one before it has been answered is our shell's mistake, or somebody else's game. */
static void take_bytes(struct client *client, const char *data, size_t len)
{
    for (size_t i = 0; i < len && !client->is_closing && !client->is_last_line; i++) {
        if (client->is_answering) {
            hang_up(client, CONTROL_ERROR_BAD_REQUEST, "one request at a time");
        } else if (data[i] == '\n') {
            take_line(client);
            client->line_len = 0;
        } else if (client->line_len == line_max(client) || !make_room(client)) {
            hang_up(client, CONTROL_ERROR_TOO_LONG, NULL);
        } else {
            client->line[client->line_len++] = data[i];
        }
    }
}

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    static char space[4096];

    (void)handle, (void)wanted;
    *buffer = uv_buf_init(space, sizeof space);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct client *client = stream->data;

    if (len < 0) {
        client_drop(client);
    } else if (len > 0) {
        client->active_ms = control_now_ms(client->control);
        take_bytes(client, buffer->base, (size_t)len);
        bytes_wipe(buffer->base, (size_t)len);
    }
}

bool client_listen(struct client *client)
{
    return uv_read_start((uv_stream_t *)&client->pipe, give_buffer, on_read) == 0;
}
