#include "cli/client.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A change of a configuration of 100,000 lines takes a while. */
enum { PATIENCE_MS = 60 * 1000, INPUT_SIZE = 2 * RECORD_LINE_SIZE };

static int connect_to(const char *path, struct text *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path)
        errno = ENAMETOOLONG;
    else if (fd >= 0)
        memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd >= 0 && address.sun_path[0] && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (errno == ENOENT || errno == ECONNREFUSED)
        text_add(why, "ikewised is not running: nobody answers at ");
    else if (errno == EACCES)
        text_add(why, "only root and the group of the control socket may ask ikewised at ");
    else
        text_add(why, "ikewised cannot be asked (%s) at ", strerror(errno));
    text_add_escaped(why, bytes_of_text(path));
    if (fd >= 0)
        close(fd);
    return -1;
}

static json_t *list_of(const struct bytes *texts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_stringn((const char *)texts[i].data, texts[i].len));
    return list;
}

/* Whoever does not take it may have said why. */
static bool is_sent_or_refused(int fd, const char *line, size_t len)
{
    return send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len || errno == EPIPE || errno == ECONNRESET;
}

/* {"words": [...]} and a newline. Bytes that are not UTF-8 are no word of any command. */
static bool send_request(int fd, const struct client_question *q)
{
    json_t *root = json_object(), *words = list_of(q->words, q->word_count), *lines = list_of(q->lines, q->line_count);
    bool is_good = json_array_size(words) == q->word_count && json_array_size(lines) == q->line_count;
    bool is_sent = false;

    json_object_set_new(root, "words", words);
    if (q->line_count > 0)
        json_object_set(root, "lines", lines);
    json_decref(lines);

    char *line = is_good ? json_dumps(root, JSON_COMPACT) : NULL;

    if (line) {
        size_t len = strlen(line);

        line[len] = '\n'; /* in place of the closing zero */
        is_sent = is_sent_or_refused(fd, line, len + 1);
        bytes_wipe(line, len + 1);
    }
    free(line);
    json_decref(root);
    return is_sent;
}

struct client_stream {
    int fd, patience_ms;
    char data[INPUT_SIZE];
    size_t len;
    bool is_garbled, is_interrupted;
};

static bool has_line(const struct client_stream *in, size_t *line_len)
{
    const char *end = memchr(in->data, '\n', in->len);

    *line_len = end ? (size_t)(end - in->data) : 0;
    return end != NULL;
}

static void drop_line(struct client_stream *in, size_t line_len)
{
    in->len -= line_len + 1;
    memmove(in->data, in->data + line_len + 1, in->len);
}

enum client_next client_next(struct client_stream *stream, bool may_wait, struct control_record *r)
{
    size_t line_len;

    while (!has_line(stream, &line_len)) {
        struct pollfd wait = {.fd = stream->fd, .events = POLLIN};
        int ready = stream->len == sizeof stream->data ? -1 : poll(&wait, 1, may_wait ? stream->patience_ms : 0);

        if (ready == 0 && !may_wait)
            return CLIENT_NOT_YET;
        stream->is_interrupted = ready < 0 && errno == EINTR;
        if (ready <= 0)
            return CLIENT_OVER;

        ssize_t got = read(stream->fd, stream->data + stream->len, sizeof stream->data - stream->len);

        if (got <= 0)
            return CLIENT_OVER;
        stream->len += (size_t)got;
    }
    stream->is_garbled = !reply_read_line(r, bytes_of(stream->data, line_len));
    drop_line(stream, line_len);
    return stream->is_garbled ? CLIENT_OVER : CLIENT_RECORD;
}

int client_fd(const struct client_stream *stream)
{
    return stream->fd;
}

void client_close(struct client_stream *stream)
{
    if (!stream)
        return;
    close(stream->fd);
    bytes_wipe(stream, sizeof *stream);
    free(stream);
}

struct client_stream *client_open(const char *socket_path, const struct client_question *question, struct text *why)
{
    int fd = connect_to(socket_path, why);
    struct client_stream *stream = fd < 0 ? NULL : calloc(1, sizeof *stream);

    if (!stream) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    stream->fd = fd;
    stream->patience_ms = question->how == CONTROL_STREAM ? -1 : PATIENCE_MS;
    if (send_request(fd, question))
        return stream;
    text_add(why, "the command cannot be sent to ikewised");
    client_close(stream);
    return NULL;
}

enum client_end client_ask_lines(const char *socket_path, const struct client_question *question,
                                 void (*take)(void *context, const struct control_record *r), void *context,
                                 struct text *why)
{
    static struct control_record r;
    struct client_stream *stream = client_open(socket_path, question, why);
    enum client_end end = CLIENT_BROKEN;

    if (!stream)
        return CLIENT_UNREACHABLE;
    while (end == CLIENT_BROKEN && client_next(stream, true, &r) == CLIENT_RECORD) {
        take(context, &r);
        if (r.kind == RECORD_done)
            end = CLIENT_DONE;
        if (r.kind == RECORD_error)
            end = CLIENT_REFUSED;
    }
    if (end == CLIENT_BROKEN && stream->is_interrupted)
        end = CLIENT_INTERRUPTED;
    if (end == CLIENT_BROKEN)
        text_add(why, "%s",
                 stream->is_garbled
                     ? "ikewised said something that this ikewise does not understand: are they of one version?"
                     : "ikewised has not answered to the end");
    client_close(stream);
    return end;
}

enum client_end client_ask(const char *socket_path, const struct bytes *words, size_t word_count, enum control_how how,
                           void (*take)(void *context, const struct control_record *r), void *context, struct text *why)
{
    return client_ask_lines(socket_path,
                            &(struct client_question){.words = words, .word_count = word_count, .how = how}, take,
                            context, why);
}
