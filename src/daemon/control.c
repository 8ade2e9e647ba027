/* The control socket: who connects, lines in, lines out. What the lines mean is in control_show.c and control_do.c. */
#include "daemon/control.h"

#include "base/check.h"
#include "daemon/control_client.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LISTEN_BACKLOG = 8,
    QUEUE_LOW = 64 * 1024, /* an answer goes on when less than this waits to be written */
    TICK_MS = 250,
    IDLE_MS = 30 * 1000,  /* a shell that asks nothing */
    STUCK_MS = 10 * 1000, /* a shell that takes nothing of what waits for it */
    GROUPS_MAX = 256,
    LINE_ROOM = 4096,
};

struct sending {
    uv_write_t write;
    char line[];
};

static uint64_t now_ms(const struct control *control)
{
    return control->source->now_ms(control->source->context);
}

static void free_when_closed(struct control *control)
{
    CHECK(control->handle_count > 0);
    if (--control->handle_count == 0 && control->is_closing)
        free(control);
}

static void client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct control *control = client->control;

    running_free(&client->lines);
    running_free(&client->text);
    if (client->line)
        bytes_wipe(client->line, client->line_room);
    free(client->line);
    bytes_wipe(client, sizeof *client);
    free_when_closed(control);
}

static void client_close(struct client *client)
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
    client->active_ms = now_ms(client->control);
    if (status < 0)
        client_close(client);
    else if (client->is_last_line && uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) == 0)
        client_close(client);
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
        client_close(client);
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
        client->active_ms = now_ms(client->control);
    client->record_count++;
    if (uv_write(&s->write, (uv_stream_t *)&client->pipe, &buffer, 1, written) < 0) {
        free(s);
        client_close(client);
    }
}

static void answered(struct client *client)
{
    running_free(&client->text);
    client->producer = NULL;
    client->is_answering = client->watch.is_on = client->debug.is_on = false;
    client->active_ms = now_ms(client->control);
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

/* "lines": ["...", ...], of `configure`. False: they are no list of texts, or do not fit. The strings are wiped: there
 * may be keys among them. */
static bool lines_of(const json_t *root, struct running *lines)
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
    size_t count;

    client->record_count = 0;
    client->stage = client->index = client->number = 0;
    running_free(&client->lines);
    bytes_wipe(client->line, client->line_len);
    if (!root || !words_of(root, words, &count) || !lines_of(root, &client->lines)) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, NULL);
    } else if (!control_request_parse(&client->request, words, count, &parse) ||
               control_request_info(client->request.id)->where != CONTROL_GATEWAY) {
        client_fail(client, CONTROL_ERROR_UNKNOWN_COMMAND, NULL);
    } else if (!is_allowed(client, control_request_info(client->request.id)->who)) {
        enum control_who who = control_request_info(client->request.id)->who;

        client_fail(client, who == CONTROL_ROOT ? CONTROL_ERROR_ROOT_ONLY : CONTROL_ERROR_NOT_ALLOWED, NULL);
    } else {
        client->is_answering = true;
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
        client_close(client);
    } else if (len > 0) {
        client->active_ms = now_ms(client->control);
        take_bytes(client, buffer->base, (size_t)len);
        bytes_wipe(buffer->base, (size_t)len);
    }
}

/* The group of the socket may be one of the peer's supplementary groups. */
static bool is_in_group(int fd, gid_t group, const struct ucred *peer)
{
    gid_t groups[GROUPS_MAX];
    socklen_t len = sizeof groups;

    if (peer->gid == group)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
        return false;
    for (size_t i = 0; i < len / sizeof groups[0]; i++) {
        if (groups[i] == group)
            return true;
    }
    return false;
}

static void take_credentials(struct client *client)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&client->pipe, &fd) != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return;
    client->is_root = peer.uid == 0 || peer.uid == geteuid();
    client->is_admin = client->is_root || is_in_group(fd, client->control->group, &peer);
    name_user(client->who, peer.uid, peer.pid);
}

static struct client *free_client(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (!control->clients[i].is_used)
            return &control->clients[i];
    }
    return NULL;
}

static void extra_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    free(handle);
    free_when_closed(control);
}

/* All places are taken: the new one is told so, as far as it can be told without waiting. */
static void refuse(struct control *control)
{
    struct control_record r = control_record_of(RECORD_error);
    static char space[RECORD_LINE_SIZE];
    struct text line = text_of(space, sizeof space);
    uv_pipe_t *extra = malloc(sizeof *extra);

    if (!extra)
        return;
    CHECK(uv_pipe_init(control->loop, extra, 0) == 0);
    extra->data = control;
    control->handle_count++;
    record_set_text(&r, COL_error_name, control_error_name(CONTROL_ERROR_TOO_MANY_CLIENTS));
    record_set_text(&r, COL_error_sentence, control_error_sentence(CONTROL_ERROR_TOO_MANY_CLIENTS));
    text_add_record(&line, &r);
    text_add(&line, "\n");
    if (uv_accept((uv_stream_t *)&control->listener, (uv_stream_t *)extra) == 0) {
        uv_buf_t buffer = uv_buf_init(line.data, (unsigned)line.len);

        uv_try_write((uv_stream_t *)extra, &buffer, 1);
    }
    uv_close((uv_handle_t *)extra, extra_closed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    struct client *client = free_client(control);

    if (status < 0 || control->is_closing)
        return;
    if (!client) {
        refuse(control);
        return;
    }
    *client = (struct client){.control = control, .is_used = true, .active_ms = now_ms(control)};
    CHECK(uv_pipe_init(control->loop, &client->pipe, 0) == 0);
    client->pipe.data = client;
    control->handle_count++;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0 ||
        uv_read_start((uv_stream_t *)&client->pipe, give_buffer, on_read) != 0) {
        client_close(client);
        return;
    }
    take_credentials(client);
}

static void on_tick(uv_timer_t *timer)
{
    struct control *control = timer->data;
    uint64_t now = now_ms(control);

    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &control->clients[i];

        if (!client->is_used || client->is_closing)
            continue;
        if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > 0) {
            if (now - client->active_ms > STUCK_MS)
                client_close(client);
        } else if (!client->is_answering && now - client->active_ms > IDLE_MS) {
            client_close(client);
        }
        if (client->watch.is_on)
            watch_look(client);
    }
}

void control_on_event(struct control *control, const struct event *event)
{
    stats_count(control, event);
    if (event->kind == EV_KEYS_MADE || event->kind == EV_PHASE1_COMPLETED)
        keys_write_new(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used && control->clients[i].watch.is_on)
            watch_event(&control->clients[i], event);
    }
}

bool control_on_log(void *context, const struct event *event, uint8_t severity, const char *line)
{
    struct control *control = context;
    bool is_anybody_there = false;

    if (!line)
        control_on_event(control, event);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (!control->clients[i].is_used || !control->clients[i].debug.is_on)
            continue;
        is_anybody_there = true;
        if (line)
            watch_log(&control->clients[i], event, severity, line);
    }
    return is_anybody_there;
}

void control_on_policy(struct control *control)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_watch *watch = &control->clients[i].watch;

        if (control->clients[i].is_used && watch->is_on)
            watch->tunnel = policy_tunnel_of_peer(control->source->policy(control->source->context), watch->peer);
    }
}

int control_open(struct control **opened, uv_loop_t *loop, const struct control_source *source, const char *path,
                 const char *group)
{
    gid_t gid = 0;
    int fd = -1, error = control_bind(path, group, &gid, &fd);
    struct control *control;

    if (error)
        return error;
    control = calloc(1, sizeof *control);
    if (!control) {
        close(fd);
        return ENOMEM;
    }
    control->loop = loop;
    control->kept_source = *source;
    control->source = &control->kept_source;
    control->group = gid;
    control->keys.fd = -1;
    memcpy(control->path, path, strlen(path) + 1);
    CHECK(uv_pipe_init(loop, &control->listener, 0) == 0 && uv_timer_init(loop, &control->tick) == 0);
    control->listener.data = control->tick.data = control;
    control->handle_count = 2;
    error = uv_pipe_open(&control->listener, fd);
    if (error) {
        close(fd);
    } else {
        error = uv_listen((uv_stream_t *)&control->listener, LISTEN_BACKLOG, on_connection);
    }
    if (error) {
        control_close(control);
        return -error;
    }
    CHECK(uv_timer_start(&control->tick, on_tick, TICK_MS, TICK_MS) == 0);
    uv_unref((uv_handle_t *)&control->tick);
    *opened = control;
    return 0;
}

static void handle_closed(uv_handle_t *handle)
{
    free_when_closed(handle->data);
}

void control_close(struct control *control)
{
    if (!control)
        return;
    control->is_closing = true;
    unlink(control->path);
    keys_close(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used)
            client_close(&control->clients[i]);
    }
    uv_close((uv_handle_t *)&control->listener, handle_closed);
    uv_close((uv_handle_t *)&control->tick, handle_closed);
}
