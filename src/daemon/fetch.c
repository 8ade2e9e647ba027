#include "daemon/fetch.h"

#include "base/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOBODY = 65534 };

struct fetch {
    uv_loop_t *loop;
    void *context;
    fetch_done *on_done;
    uv_process_t process;
    uv_pipe_t pipe;
    uint8_t *body;
    size_t len, most;
    int64_t status; /* of the process */
    const char *not_begun;
    bool is_busy, is_closing, is_too_long;
    int open_handles;
};

/* curl(1), EXIT CODES: those that tell somebody something. */
static const struct {
    int64_t status;
    const char *why;
} failures[] = {
    {3, "the URL is malformed"},
    {6, "the name of the host has no address"},
    {7, "nobody answers there"},
    {22, "the server has no such file, or refuses it"},
    {28, "the server does not answer in time"},
    {52, "the server answers nothing"},
    {60, "the server's certificate is not trusted"},
    {63, "it is too long"},
};

static const char *why_not(const struct fetch *fetch)
{
    if (fetch->not_begun != NULL)
        return fetch->not_begun;
    if (fetch->is_too_long)
        return "it is too long";
    for (size_t i = 0; i < COUNT_OF(failures); i++)
        if (failures[i].status == fetch->status)
            return failures[i].why;
    return fetch->status != 0 ? "it breaks off" : fetch->len == 0 ? "it is empty" : NULL;
}

static void end(struct fetch *fetch)
{
    uint8_t *body = fetch->body;
    const char *why = why_not(fetch);

    fetch->is_busy = false;
    fetch->body = NULL;
    if (!fetch->is_closing)
        fetch->on_done(fetch->context, bytes_of(body, why == NULL ? fetch->len : 0), why);
    free(body);
    if (fetch->is_closing)
        free(fetch);
}

static void on_closed(uv_handle_t *handle)
{
    struct fetch *fetch = handle->data;

    if (--fetch->open_handles == 0)
        end(fetch);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void on_exit_of_process(uv_process_t *process, int64_t status, int term_signal)
{
    struct fetch *fetch = process->data;

    fetch->status = term_signal != 0 ? -1 : status;
    close_handle((uv_handle_t *)process);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct fetch *fetch = handle->data;

    (void)suggested;
    *room = uv_buf_init((char *)fetch->body + fetch->len, (unsigned)(fetch->most + 1 - fetch->len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct fetch *fetch = stream->data;

    (void)room;
    if (len > 0)
        fetch->len += (size_t)len;
    fetch->is_too_long = fetch->len > fetch->most;
    if (fetch->is_too_long && !uv_is_closing((uv_handle_t *)&fetch->process))
        (void)uv_process_kill(&fetch->process, SIGKILL);
    if (len < 0 || fetch->is_too_long)
        close_handle((uv_handle_t *)stream);
}

struct fetch *fetch_create(uv_loop_t *loop, void *context, fetch_done *on_done)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);

    if (fetch != NULL)
        *fetch = (struct fetch){.loop = loop, .context = context, .on_done = on_done};
    return fetch;
}

bool fetch_is_busy(const struct fetch *fetch)
{
    return fetch->is_busy;
}

/* The question, in a pipe that has room for all of it, so that nobody has to wait until it is read. -1: an error. */
static int question_of(struct bytes body)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    bool is_written = write(ends[1], body.data, body.len) == (ssize_t)body.len;
    close(ends[1]);
    if (is_written)
        return ends[0];
    close(ends[0]);
    return -1;
}

/* Neither a .curlrc, nor a proxy of the environment, nor a redirection, nor a pattern in the URL. */
enum { ARGUMENTS_MAX = 24 };

static void arguments_of(const struct fetch_post *post, char *patience, char *most, char *type, char **argv)
{
    static const char *const always[] = {"curl",      "-q", "--silent", "--fail",      "--globoff",
                                         "--noproxy", "*",  "--proto",  "=http,https", "--max-time"};
    size_t count = COUNT_OF(always);

    memcpy(argv, always, sizeof always);
    argv[count++] = patience;
    argv[count++] = (char *)"--max-filesize";
    argv[count++] = most;
    if (post->body.len > 0) {
        argv[count++] = (char *)"--header";
        argv[count++] = type;
        argv[count++] = (char *)"--data-binary";
        argv[count++] = (char *)"@-";
    }
    argv[count++] = (char *)"--";
    argv[count++] = (char *)(uintptr_t)post->url;
    argv[count++] = NULL;
    CHECK(count <= ARGUMENTS_MAX);
}

static int spawn(struct fetch *fetch, const struct fetch_post *post)
{
    char patience[24], most[24], type[100], *argv[ARGUMENTS_MAX], *environment[] = {"PATH=/usr/bin", NULL};
    int question = post->body.len > 0 ? question_of(post->body) : -1;
    uv_stdio_container_t stdio[] = {
        {.flags = question >= 0 ? UV_INHERIT_FD : UV_IGNORE, .data.fd = question},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&fetch->pipe},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_process,
        .file = "/usr/bin/curl",
        .args = argv,
        .env = environment,
        .stdio_count = COUNT_OF(stdio),
        .stdio = stdio,
        .flags = geteuid() == 0 ? UV_PROCESS_SETUID | UV_PROCESS_SETGID : 0, /* only root can be somebody else */
        .uid = NOBODY,
        .gid = NOBODY,
    };

    snprintf(patience, sizeof patience, "%u.%03u", (unsigned)(post->patience_ms / 1000),
             (unsigned)(post->patience_ms % 1000));
    snprintf(most, sizeof most, "%zu", post->most);
    snprintf(type, sizeof type, "Content-Type: %s", post->content_type == NULL ? "" : post->content_type);
    arguments_of(post, patience, most, type, argv);
    int error = uv_spawn(fetch->loop, &fetch->process, &options);
    if (question >= 0)
        close(question);
    return error;
}

bool fetch_begin_post(struct fetch *fetch, const struct fetch_post *post)
{
    CHECK(!fetch->is_busy && !fetch->is_closing);
    CHECK(post->most <= FETCH_MAX && post->body.len <= FETCH_POST_MAX && post->patience_ms > 0);
    fetch->body = malloc(post->most + 1);
    if (fetch->body == NULL)
        return false;
    fetch->is_busy = true;
    fetch->len = 0;
    fetch->most = post->most;
    fetch->status = 0;
    fetch->is_too_long = false;
    CHECK(uv_pipe_init(fetch->loop, &fetch->pipe, 0) == 0);
    fetch->pipe.data = fetch->process.data = fetch;
    int error = spawn(fetch, post);
    fetch->not_begun = error == 0 ? NULL : "/usr/bin/curl, which fetches it, cannot be run";
    fetch->open_handles = 2; /* a process that was not begun has a handle all the same */
    if (error != 0)
        close_handle((uv_handle_t *)&fetch->process);
    if (error != 0 || uv_read_start((uv_stream_t *)&fetch->pipe, give_room, on_read) != 0)
        close_handle((uv_handle_t *)&fetch->pipe);
    return true;
}

bool fetch_begin(struct fetch *fetch, const char *url)
{
    return fetch_begin_post(fetch,
                            &(struct fetch_post){.url = url, .most = FETCH_MAX, .patience_ms = FETCH_PATIENCE_MS});
}

void fetch_close(struct fetch *fetch)
{
    fetch->is_closing = true;
    if (!fetch->is_busy) {
        free(fetch);
        return;
    }
    if (!uv_is_closing((uv_handle_t *)&fetch->process))
        (void)uv_process_kill(&fetch->process, SIGKILL);
    close_handle((uv_handle_t *)&fetch->process);
    close_handle((uv_handle_t *)&fetch->pipe);
}
