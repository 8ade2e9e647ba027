/* One shell: lines in, lines out. Who answers them is in answers.def. */
#include "daemon/control_client.h"

#include "base/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_LOW = 64 * 1024, /* an answer goes on when less than this waits to be written */
    LINE_ROOM = 4096,
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
    uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void go_on(struct client *client)
{
    while (client->producer && !client->is_closing &&
           uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) < QUEUE_LOW) {
        if (!client->producer(client) && client->producer)
            client_done(client);
    }
}

static void written(uv_write_t *write, int status)
{
    struct client *client = write->data;

    free(write);
    if (client->is_closing)
        return;
    client->active_ms = control_now_ms(client->control);
    if (status < 0)
        client_drop(client);
    else if (client->is_last_line && uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) == 0)
        client_drop(client);
    else
        go_on(client);
}

void client_send(struct client *client, const struct control_record *r)
{
    struct sending *s;
    struct text line;
    size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe);

    if (client->is_closing)
        return;
    if (queued > CONTROL_BACKLOG_MAX || !(s = malloc(sizeof *s + RECORD_LINE_SIZE + 1))) {
        client_drop(client);
        return;
    }
    line = text_of(s->line, RECORD_LINE_SIZE);
    text_add_record(&line, r);
    CHECK(!line.is_cut);
    line.data[line.len++] = '\n';
    s->write.data = client;

    struct sending *shorter = realloc(s, sizeof *s + line.len);

    s = shorter ? shorter : s;
    uv_buf_t buffer = uv_buf_init(s->line, (unsigned)line.len);

    /* The time that a shell may take begins when something waits for it. */
    if (queued == 0)
        client->active_ms = control_now_ms(client->control);
    client->record_count++;
    if (uv_write(&s->write, (uv_stream_t *)&client->pipe, &buffer, 1, written) < 0) {
        free(s);
        client_drop(client);
    }
}

static void answered(struct client *client)
{
    running_free(&client->text);
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

/* {"words": ["show", "crypto", "isakmp", "sa"]}. The words are views into `root`. */
static bool words_of(const json_t *root, struct bytes words[static CONTROL_WORDS_MAX], size_t *count)
{
    const json_t *list = json_object_get(root, "words");
    const json_t *word;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > CONTROL_WORDS_MAX)
        return false;
    json_array_foreach(list, i, word)
    {
        if (!json_is_string(word) || json_string_length(word) >= CONTROL_WORD_SIZE)
            return false;
        words[i] = bytes_of(json_string_value(word), json_string_length(word));
    }
    *count = json_array_size(list);
    return true;
}

/* "lines": ["...", ...], of `configure`. False: they are no list of texts, or do not fit; `why` says which line. The
 * strings are wiped: there may be keys among them. */
static bool lines_of(const json_t *root, struct running *lines, struct text *why)
{
    const json_t *list = json_object_get(root, "lines");
    const json_t *line;
    bool is_good = !list || json_is_array(list);
    size_t i;

    if (!is_good || !list)
        return is_good;
    json_array_foreach(list, i, line)
    {
        is_good = is_good && json_is_string(line);
        if (!is_good)
            continue;

        struct bytes text = bytes_of(json_string_value(line), json_string_length(line));

        if (text.len > CONF_LINE_MAX)
            text_add(why, "line:%zu: error: it has %zu characters, and none may have more than %d", i + 1, text.len,
                     (int)CONF_LINE_MAX);
        is_good = text.len <= CONF_LINE_MAX && !memchr(text.data, '\n', text.len) &&
                  running_add(lines, text.len ? text : bytes_of_text("!"));
        bytes_wipe((void *)text.data, text.len);
    }
    return is_good;
}

/* The statements of `configure` are told one by one, elsewhere. */
static void tell_request(struct client *client, const struct bytes *words, size_t count)
{
    char space[CONTROL_REST_SIZE];
    struct text t = text_of(space, sizeof space);
    bool is_shown = bytes_equal(words[0], bytes_of_text("show")) || bytes_equal(words[0], bytes_of_text("more"));

    for (size_t i = 0; i < count; i++)
        text_add(&t, "%s%.*s", i ? " " : "", (int)words[i].len, (const char *)words[i].data);
    if (client->request.id != CONTROL_CONFIGURE)
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

static void take_line(struct client *client)
{
    json_error_t error;
    json_t *root = json_loadb(client->line, client->line_len, 0, &error);
    struct bytes words[CONTROL_WORDS_MAX];
    struct control_parse parse;
    char space[128] = "";
    struct text why = text_of(space, sizeof space);
    size_t count;

    client->record_count = 0;
    client->stage = client->index = client->number = 0;
    running_free(&client->lines);
    bytes_wipe(client->line, client->line_len);
    if (!root || !words_of(root, words, &count) || !lines_of(root, &client->lines, &why)) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, why.len > 0 ? space : NULL);
    } else if (!control_request_parse(&client->request, words, count, &parse) ||
               control_request_info(client->request.id)->where != CONTROL_GATEWAY) {
        client_fail(client, CONTROL_ERROR_UNKNOWN_COMMAND, NULL);
    } else if (!is_allowed(client, control_request_info(client->request.id)->who)) {
        enum control_who who = control_request_info(client->request.id)->who;

        client_fail(client, who == CONTROL_ROOT ? CONTROL_ERROR_ROOT_ONLY : CONTROL_ERROR_NOT_ALLOWED, NULL);
    } else {
        client->is_answering = true;
        note_shell(client);
        tell_request(client, parse.spelled, count);
        client_send_gateway(client);
        handle_request(client);
        go_on(client);
    }
    json_decref(root);
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
