/* A server on the loopback, in the loop of the test: one answer for whatever is asked, until it is told another. */
#ifndef TESTS_DAEMON_WEB_H
#define TESTS_DAEMON_WEB_H

#include "base/bytes.h"
#include "base/check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static uv_loop_t loop;

enum served { SERVES_BODY, SERVES_NOT_FOUND, SERVES_REDIRECT, SERVES_WITHOUT_END, SERVES_NOTHING };

static struct {
    uv_tcp_t listener;
    uint16_t port;
    enum served served;
    struct bytes body;
    struct bytes (*make)(struct bytes posted); /* in place of `body`; NULL: that stands */
    unsigned asked;
} server;

struct visitor {
    uv_tcp_t tcp;
    uv_write_t write;
    char asked[4096], head[200];
    uint8_t *more;
    size_t len, head_len;
};

enum { PIECE_LEN = 256 * 1024 };

static void on_gone(uv_handle_t *handle)
{
    struct visitor *v = handle->data;

    free(v->more);
    free(v);
}

static void send_off(struct visitor *v)
{
    if (!uv_is_closing((uv_handle_t *)&v->tcp))
        uv_close((uv_handle_t *)&v->tcp, on_gone);
}

static void on_written(uv_write_t *write, int status)
{
    struct visitor *v = write->data;
    uv_buf_t again = uv_buf_init((char *)v->more, PIECE_LEN);

    if (status != 0 || server.served != SERVES_WITHOUT_END ||
        uv_write(write, (uv_stream_t *)&v->tcp, &again, 1, on_written))
        send_off(v);
}

static void answer(struct visitor *v)
{
    static const char *const heads[] = {
        [SERVES_BODY] = "HTTP/1.0 200 OK\r\nContent-Type: application/pkix-crl\r\n\r\n",
        [SERVES_NOT_FOUND] = "HTTP/1.0 404 Not Found\r\n\r\n",
        [SERVES_REDIRECT] = "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%u/elsewhere\r\n\r\n",
        [SERVES_WITHOUT_END] = "HTTP/1.0 200 OK\r\n\r\n",
    };
    bool has_body = server.served == SERVES_BODY || server.served == SERVES_WITHOUT_END;

    if (server.served == SERVES_NOTHING)
        return;
    v->more = calloc(1, server.body.len > PIECE_LEN ? server.body.len : PIECE_LEN);
    CHECK(v->more != NULL);
    if (server.body.len > 0)
        memcpy(v->more, server.body.data, server.body.len);
    size_t more_len = server.served == SERVES_BODY ? server.body.len : PIECE_LEN;
    const char *head = heads[server.served];
    if (server.served == SERVES_REDIRECT) {
        snprintf(v->head, sizeof v->head, "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%u/elsewhere\r\n\r\n",
                 server.port);
        head = v->head;
    }
    uv_buf_t parts[] = {uv_buf_init((char *)(uintptr_t)head, (unsigned)strlen(head)),
                        uv_buf_init((char *)v->more, (unsigned)more_len)};
    v->write.data = v;
    CHECK(uv_write(&v->write, (uv_stream_t *)&v->tcp, parts, has_body ? 2 : 1, on_written) == 0);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct visitor *v = handle->data;

    (void)suggested;
    *room = uv_buf_init(v->asked + v->len, (unsigned)(sizeof v->asked - 1 - v->len));
}

/* The end of the head, and what is posted after it. False: it is not whole yet. */
static bool is_whole(const struct visitor *v, struct bytes *posted)
{
    const char *end = strstr(v->asked, "\r\n\r\n"), *length = strcasestr(v->asked, "\r\nContent-Length:");

    if (end == NULL)
        return false;
    size_t at = (size_t)(end - v->asked) + 4, wanted = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
    *posted = bytes_of(v->asked + at, v->len - at);
    return v->len - at >= wanted;
}

static void on_asked(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct visitor *v = stream->data;

    (void)room;
    if (len < 0) {
        send_off(v);
        return;
    }
    v->len += (size_t)len;
    struct bytes posted;
    if (!is_whole(v, &posted))
        return;
    if (server.make != NULL)
        server.body = server.make(posted);
    server.asked++;
    CHECK(uv_read_stop(stream) == 0);
    if (server.served == SERVES_NOTHING)
        CHECK(uv_read_start(stream, give_room, on_asked) == 0); /* until it goes */
    v->len = 0;
    answer(v);
}

static void on_visitor(uv_stream_t *listener, int status)
{
    struct visitor *v = calloc(1, sizeof *v);

    CHECK(status == 0 && v != NULL && uv_tcp_init(&loop, &v->tcp) == 0);
    v->tcp.data = v;
    CHECK(uv_accept(listener, (uv_stream_t *)&v->tcp) == 0);
    CHECK(uv_read_start((uv_stream_t *)&v->tcp, give_room, on_asked) == 0);
}

static void server_begin(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int len = sizeof address;

    memset(&server, 0, sizeof server);
    CHECK(uv_tcp_init(&loop, &server.listener) == 0);
    CHECK(uv_tcp_bind(&server.listener, (struct sockaddr *)&address, 0) == 0);
    CHECK(uv_listen((uv_stream_t *)&server.listener, 8, on_visitor) == 0);
    CHECK(uv_tcp_getsockname(&server.listener, (struct sockaddr *)&address, &len) == 0);
    server.port = ntohs(address.sin_port);
}

static void server_end(void)
{
    if (!uv_is_closing((uv_handle_t *)&server.listener))
        uv_close((uv_handle_t *)&server.listener, NULL);
}

static const char *url_of(const char *path)
{
    static char url[100];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", server.port, path);
    return url;
}

#endif
