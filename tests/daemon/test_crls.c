/* CRLs from URLs: what is fetched from a server on the loopback, what is taken of it, and when it is asked again. */
#include "daemon/crls.h"

#include "base/check.h"
#include "crypto/certificates.h"
#include "daemon/fetch.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uv_loop_t loop;

/* ---- a server: one answer for whatever is asked, until it is told another */

enum served { SERVES_BODY, SERVES_NOT_FOUND, SERVES_REDIRECT, SERVES_WITHOUT_END, SERVES_NOTHING };

static struct {
    uv_tcp_t listener;
    uint16_t port;
    enum served served;
    struct bytes body;
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

static void on_asked(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct visitor *v = stream->data;

    (void)room;
    if (len < 0) {
        send_off(v);
        return;
    }
    v->len += (size_t)len;
    if (strstr(v->asked, "\r\n\r\n") == NULL)
        return;
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

/* ---- fetching */

static struct {
    bool is_done;
    size_t len;
    char why[100];
} fetched;

static void on_fetched(void *context, struct bytes body, const char *why)
{
    (void)context;
    fetched.is_done = true;
    fetched.len = body.len;
    snprintf(fetched.why, sizeof fetched.why, "%s", why == NULL ? "" : why);
}

static const char *url_of(const char *path)
{
    static char url[100];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", server.port, path);
    return url;
}

static void fetch_one(struct fetch *fetch, const char *url)
{
    fetched.is_done = false;
    CHECK(fetch_begin(fetch, url) && fetch_is_busy(fetch));
    while (!fetched.is_done)
        uv_run(&loop, UV_RUN_ONCE);
    CHECK(!fetch_is_busy(fetch));
}

static void what_is_fetched_is_bounded_and_a_failure_has_a_name(void **state)
{
    static const uint8_t most[FETCH_MAX + 1];
    static const struct {
        enum served served;
        size_t len;
        const char *why_not;
    } cases[] = {
        {SERVES_BODY, 5, ""},
        {SERVES_BODY, FETCH_MAX, ""},
        {SERVES_BODY, 0, "it is empty"},
        {SERVES_BODY, FETCH_MAX + 1, "it is too long"},
        {SERVES_WITHOUT_END, 0, "it is too long"},
        {SERVES_NOT_FOUND, 0, "the server has no such file, or refuses it"},
        {SERVES_REDIRECT, 0, "it is empty"},
    };

    (void)state;
    CHECK(uv_loop_init(&loop) == 0);
    server_begin();
    struct fetch *fetch = fetch_create(&loop, NULL, on_fetched);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        server.served = cases[i].served;
        server.body = bytes_of(most, cases[i].len);
        server.asked = 0;
        fetch_one(fetch, url_of("file"));
        if (strcmp(fetched.why, cases[i].why_not) != 0)
            fail_msg("%zu: %s", i, fetched.why);
        CHECK(fetched.len == (cases[i].why_not[0] == '\0' ? cases[i].len : 0) && server.asked == 1);
    }
    uint16_t port = server.port;
    server_end();
    uv_run(&loop, UV_RUN_NOWAIT);
    server.port = port;
    fetch_one(fetch, url_of("file"));
    assert_string_equal(fetched.why, "nobody answers there");
    fetch_one(fetch, "ftp://127.0.0.1/file");
    CHECK(fetched.len == 0 && fetched.why[0] != '\0');
    fetch_close(fetch);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
}

static void what_is_under_way_ends_with_the_one_who_wanted_it(void **state)
{
    (void)state;
    CHECK(uv_loop_init(&loop) == 0);
    server_begin();
    server.served = SERVES_NOTHING;
    struct fetch *fetch = fetch_create(&loop, NULL, on_fetched);
    fetched.is_done = false;
    CHECK(fetch_begin(fetch, url_of("file")));
    while (server.asked == 0)
        uv_run(&loop, UV_RUN_ONCE);
    fetch_close(fetch);
    server_end();
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(!fetched.is_done && uv_loop_close(&loop) == 0);
}

/* ---- what is taken */

static void on_answer(void *context, struct handle exchange, uint32_t ask_number, const struct answer *a)
{
    (void)context, (void)exchange, (void)ask_number, (void)a;
}

static struct bytes anchors[1];
static struct trustpoint trustpoint;
static struct policy policy;
static struct vault_queue *queue;
static struct crls *crls;
static struct log *log_of_test;

static void use(const char *anchor)
{
    anchors[0] = file_der(0, anchor);
    trustpoint = (struct trustpoint){.name = "LAB",
                                     .anchors = anchors,
                                     .anchor_count = 1,
                                     .revocation = REVOCATION_CRL,
                                     .crl_urls = {url_of("root.crl")},
                                     .crl_minutes = 60};
    policy = (struct policy){.trustpoints = &trustpoint, .trustpoint_count = 1};
    crls_use(crls, &policy);
}

static struct crls_view asked_again(void)
{
    struct crls_view view;
    unsigned before = server.asked;

    crls_again(crls);
    while (server.asked == before)
        uv_run(&loop, UV_RUN_ONCE);
    /* The answer is judged when the process has gone. */
    do {
        CHECK(uv_run(&loop, UV_RUN_ONCE) != 0 && crls_nth(crls, 0, &view));
    } while (view.is_under_way);
    return view;
}

static void a_CRL_is_taken_when_it_is_of_the_authority_and_not_older_than_the_last(void **state)
{
    static uint8_t text[65536];
    const struct {
        enum served served;
        struct bytes body;
        const char *why_not; /* NULL: it is taken */
        bool has_one;
    } cases[] = {
        {SERVES_NOT_FOUND, {0}, "the server has no such file, or refuses it", false},
        {SERVES_BODY, bytes_of_text("<html>Welcome to the hotel</html>"), "it is no CRL", false},
        {SERVES_BODY, file_der(2, "root-old.crl"), "it has expired", false},
        {SERVES_BODY, file_der(1, "root.crl"), NULL, true},
        {SERVES_BODY, file_der(2, "root-old.crl"), "it has expired", true},
        {SERVES_NOT_FOUND, {0}, "the server has no such file, or refuses it", true},
        {SERVES_BODY, file_der(1, "root.crl"), NULL, true},
    };
    char path[512];

    (void)state;
    CHECK(uv_loop_init(&loop) == 0);
    server_begin();
    log_of_test = log_open(false, false, false);
    queue = vault_queue_create(&loop, 16, &(struct vault_queue_hooks){NULL, on_answer});
    crls = crls_create(&loop, log_of_test, queue);
    use("root.pem");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        server.served = cases[i].served;
        server.body = cases[i].body;
        struct crls_view view = asked_again();
        const char *why = view.why_not == NULL ? "" : view.why_not;
        if (strcmp(why, cases[i].why_not == NULL ? "" : cases[i].why_not) != 0)
            fail_msg("%zu: %s", i, why);
        CHECK((view.next_update_s != 0) == cases[i].has_one && (view.revoked_count == 1) == cases[i].has_one);
    }
    /* In PEM, as `openssl ca -gencrl` writes it. */
    snprintf(path, sizeof path, "%s/certificates/root.crl", TESTS_DIR);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    server.served = SERVES_BODY;
    server.body = bytes_of(text, fread(text, 1, sizeof text, file));
    fclose(file);
    CHECK(asked_again().why_not == NULL);
    /* With another authority of the same name it is nobody's, and what was known of it stays known to the trustpoint
     * of that name: the chain decides. */
    use("stranger.pem");
    assert_string_equal(asked_again().why_not, "it is signed by no authority that the trustpoint knows");
    trustpoint.revocation = REVOCATION_NONE;
    crls_use(crls, &policy);
    struct crls_view view;
    CHECK(!crls_nth(crls, 0, &view));
    crls_close(crls);
    vault_queue_stop(queue);
    server_end();
    uv_run(&loop, UV_RUN_DEFAULT);
    vault_queue_free(queue);
    log_close(log_of_test);
    CHECK(uv_loop_close(&loop) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_fetched_is_bounded_and_a_failure_has_a_name),
        cmocka_unit_test(what_is_under_way_ends_with_the_one_who_wanted_it),
        cmocka_unit_test(a_CRL_is_taken_when_it_is_of_the_authority_and_not_older_than_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
