/* The control socket: who connects, and what each is told of what happens. Their lines are in control_client.c. */
#include "daemon/control.h"

#include "base/check.h"
#include "daemon/control_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LISTEN_BACKLOG = 8,
    TICK_MS = 250,
    IDLE_MS = 30 * 1000,  /* a shell that asks nothing */
    STUCK_MS = 10 * 1000, /* a shell that takes nothing of what waits for it */
    GROUPS_MAX = 256,
};

uint64_t control_now_ms(const struct control *control)
{
    return control->source->now_ms(control->source->context);
}

void control_free_when_closed(struct control *control)
{
    CHECK(control->handle_count > 0);
    if (--control->handle_count > 0 || !control->is_closing)
        return;
    hits_free(&control->hits);
    hits_free(&control->rule_hits);
    free(control);
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
    client->pid = peer.pid;
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
    control_free_when_closed(control);
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
    *client = (struct client){.control = control, .is_used = true, .active_ms = control_now_ms(control)};
    CHECK(uv_pipe_init(control->loop, &client->pipe, 0) == 0);
    client->pipe.data = client;
    control->handle_count++;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0 || !client_listen(client)) {
        client_drop(client);
        return;
    }
    take_credentials(client);
}

static void on_tick(uv_timer_t *timer)
{
    struct control *control = timer->data;
    uint64_t now = control_now_ms(control);

    sessions_look(control);
    connections_look(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &control->clients[i];

        if (!client->is_used || client->is_closing)
            continue;
        if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > 0) {
            if (now - client->active_ms > STUCK_MS)
                client_drop(client);
        } else if (!client->is_answering && now - client->active_ms > IDLE_MS) {
            client_drop(client);
        }
        if (client->watch.is_on)
            watch_look(client);
    }
}

void control_on_event(struct control *control, const struct event *event)
{
    stats_count(control, event);
    sessions_count(control, event);
    control->logged_count++;
    if (event->kind == EV_KEYS_MADE || event->kind == EV_PHASE1_COMPLETED)
        keys_write_new(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used && control->clients[i].watch.is_on)
            watch_event(&control->clients[i], event);
    }
}

bool control_on_log(void *context, const struct event *event, struct logging_weight weight,
                    const struct logging_words *line)
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
            watch_log(&control->clients[i], event, weight, line);
    }
    return is_anybody_there;
}

void control_on_policy(struct control *control)
{
    control->generation++;
    captures_take_lists(control);
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
    control->logged_count = UINT32_MAX;
    control->keys.fd = control->keys.esp_fd = -1;
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
    control_free_when_closed(handle->data);
}

void control_close(struct control *control)
{
    if (!control)
        return;
    control->is_closing = true;
    unlink(control->path);
    keys_close(control);
    captures_close(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used)
            client_drop(&control->clients[i]);
    }
    uv_close((uv_handle_t *)&control->listener, handle_closed);
    uv_close((uv_handle_t *)&control->tick, handle_closed);
}
