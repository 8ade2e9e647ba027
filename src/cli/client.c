#include "cli/client.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000, INPUT_SIZE = 2 * RECORD_LINE_SIZE };

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

/* {"words": [...]} and a newline. Bytes that are not UTF-8 are no word of any command. */
static bool send_request(int fd, const struct bytes *words, size_t word_count)
{
    json_t *root = json_object(), *list = json_array();
    bool is_sent = false;

    for (size_t i = 0; i < word_count; i++)
        json_array_append_new(list, json_stringn((const char *)words[i].data, words[i].len));
    json_object_set_new(root, "words", list);

    char *line = json_array_size(list) == word_count ? json_dumps(root, JSON_COMPACT) : NULL;

    if (line) {
        size_t len = strlen(line);

        line[len] = '\n'; /* in place of the closing zero */
        is_sent = send(fd, line, len + 1, MSG_NOSIGNAL) == (ssize_t)(len + 1);
    }
    free(line);
    json_decref(root);
    return is_sent;
}

struct reading {
    int fd, patience_ms;
    char data[INPUT_SIZE];
    size_t len;
};

/* False: no whole line will come. The line stays in `data` and is dropped by the next call. */
static bool read_line(struct reading *in, size_t *line_len)
{
    for (;;) {
        const char *end = memchr(in->data, '\n', in->len);
        struct pollfd wait = {.fd = in->fd, .events = POLLIN};

        if (end) {
            *line_len = (size_t)(end - in->data);
            return true;
        }
        if (in->len == sizeof in->data || poll(&wait, 1, in->patience_ms) <= 0)
            return false;

        ssize_t got = read(in->fd, in->data + in->len, sizeof in->data - in->len);

        if (got <= 0)
            return false;
        in->len += (size_t)got;
    }
}

static void drop_line(struct reading *in, size_t line_len)
{
    in->len -= line_len + 1;
    memmove(in->data, in->data + line_len + 1, in->len);
}

static enum client_end read_reply(int fd, enum control_how how,
                                  void (*take)(void *context, const struct control_record *r), void *context,
                                  struct text *why)
{
    static struct reading in;
    static struct control_record r;
    size_t line_len;

    in = (struct reading){.fd = fd, .patience_ms = how == CONTROL_STREAM ? -1 : PATIENCE_MS};
    while (read_line(&in, &line_len)) {
        if (!reply_read_line(&r, bytes_of(in.data, line_len))) {
            text_add(why, "ikewised said something that this ikewise does not understand: are they of one version?");
            return CLIENT_BROKEN;
        }
        drop_line(&in, line_len);
        take(context, &r);
        if (r.kind == RECORD_done)
            return CLIENT_DONE;
        if (r.kind == RECORD_error)
            return CLIENT_REFUSED;
    }
    text_add(why, "ikewised has not answered to the end");
    return CLIENT_BROKEN;
}

enum client_end client_ask(const char *socket_path, const struct bytes *words, size_t word_count, enum control_how how,
                           void (*take)(void *context, const struct control_record *r), void *context, struct text *why)
{
    int fd = connect_to(socket_path, why);
    enum client_end end = CLIENT_BROKEN;

    if (fd < 0)
        return CLIENT_UNREACHABLE;
    if (send_request(fd, words, word_count))
        end = read_reply(fd, how, take, context, why);
    else
        text_add(why, "the command cannot be sent to ikewised");
    close(fd);
    return end;
}
