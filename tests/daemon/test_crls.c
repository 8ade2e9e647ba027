/* CRLs from URLs: what is fetched from a server on the loopback, what is taken of it, and when it is asked again. */
#include "daemon/crls.h"

#include "crypto/certificates.h"
#include "daemon/crl_store.h"
#include "daemon/fetch.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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

    CHECK(crls_again(crls, NULL) == 1 && crls_again(crls, "LAB") == 1 && crls_again(crls, "OTHER") == 0);
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
    queue = vault_queue_create(&loop, 16, &(struct vault_queue_hooks){NULL, on_answer, NULL});
    crls = crls_create(&loop, log_of_test, queue, NULL);
    use("root.pem");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        server.served = cases[i].served;
        server.body = cases[i].body;
        struct crls_view view = asked_again();
        const char *why = view.why_not == NULL ? "" : view.why_not;
        if (strcmp(why, cases[i].why_not == NULL ? "" : cases[i].why_not) != 0)
            fail_msg("%zu: %s", i, why);
        CHECK((view.crl != NULL) == cases[i].has_one && (view.len > 0) == cases[i].has_one);
        CHECK(view.crl == NULL || (view.crl->next_update_s > 0 && view.crl->revoked_count == 1));
    }
    /* In PEM, as `openssl ca -gencrl` writes it. */
    snprintf(path, sizeof path, "%s/certificates/root.crl", TESTS_DIR);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    server.served = SERVES_BODY;
    server.body = bytes_of(text, fread(text, 1, sizeof text, file));
    fclose(file);
    CHECK(asked_again().why_not == NULL);
    /* What is forgotten is fetched anew at once. */
    struct crls_view forgotten;
    CHECK(crls_forget(crls, "OTHER") == 0 && crls_nth(crls, 0, &forgotten) && forgotten.crl != NULL);
    CHECK(crls_forget(crls, NULL) == 1 && crls_nth(crls, 0, &forgotten) && forgotten.crl == NULL);
    CHECK(forgotten.next_attempt_s == 0 && asked_again().crl != NULL);
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

/* ---- over a restart */

static char directory[] = "/tmp/ikewise-crls-XXXXXX", kept_path[200];

static void start(const char *where)
{
    CHECK(uv_loop_init(&loop) == 0);
    server_begin();
    queue = vault_queue_create(&loop, 16, &(struct vault_queue_hooks){NULL, on_answer, NULL});
    crls = crls_create(&loop, log_of_test, queue, where);
}

static void stop(void)
{
    crls_close(crls);
    vault_queue_stop(queue);
    server_end();
    uv_run(&loop, UV_RUN_DEFAULT);
    vault_queue_free(queue);
    CHECK(uv_loop_close(&loop) == 0);
}

static void write_kept(struct bytes content)
{
    FILE *file = fopen(kept_path, "wb");

    CHECK(file != NULL && fwrite(content.data, 1, content.len, file) == content.len && fclose(file) == 0);
}

/* The port of the server is another one each time; a file has the name of its URL. */
static void name_kept(void)
{
    char name[CRL_STORE_NAME_SIZE];

    crl_store_name("LAB", url_of("root.crl"), name);
    snprintf(kept_path, sizeof kept_path, "%s/crls/%s", directory, name);
}

static void what_was_fetched_is_there_after_a_restart_if_it_would_be_taken_again(void **state)
{
    static uint8_t large[FETCH_MAX + 1];
    const struct {
        struct bytes content;
        const char *anchor;
        bool is_there;
        const char *why;
    } cases[] = {{file_der(1, "root.crl"), "root.pem", true, "as it was left"},
                 {file_der(2, "root-old.crl"), "root.pem", false, "it has expired meanwhile"},
                 {file_der(1, "root.crl"), "stranger.pem", false, "the trustpoint believes another authority now"},
                 {bytes_of_text("<html>"), "root.pem", false, "it is no CRL"},
                 {bytes_of(file_der(1, "root.crl").data, 100), "root.pem", false, "its end is missing"},
                 {bytes_of_text(""), "root.pem", false, "it is empty"},
                 {BYTES_OF(large), "root.pem", false, "it is larger than what is fetched"}};
    char where[100], stale[200];
    struct crls_view view;

    (void)state;
    CHECK(mkdtemp(directory) != NULL);
    snprintf(where, sizeof where, "%s/crls", directory);
    snprintf(stale, sizeof stale, "%s/of-nobody", where);
    log_of_test = log_open(false, false, false);
    start(where);
    server.served = SERVES_BODY;
    server.body = file_der(1, "root.crl");
    use("root.pem");
    CHECK(asked_again().crl != NULL);
    name_kept();
    CHECK(access(kept_path, R_OK) == 0);
    CHECK(crls_forget(crls, "LAB") == 1 && access(kept_path, R_OK) != 0);
    stop();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start(where);
        name_kept();
        write_kept(cases[i].content);
        CHECK(fclose(fopen(stale, "wb")) == 0);
        use(cases[i].anchor);
        CHECK(crls_nth(crls, 0, &view) && view.next_attempt_s == 0); /* it is fetched anew all the same */
        if ((view.crl != NULL) != cases[i].is_there)
            fail_msg("%s", cases[i].why);
        CHECK(access(stale, R_OK) != 0);
        stop();
    }
    /* Where others may write nothing is believed, nor left. */
    CHECK(chmod(where, 0777) == 0);
    start(where);
    name_kept();
    write_kept(file_der(1, "root.crl"));
    use("root.pem");
    CHECK(crls_nth(crls, 0, &view) && view.crl == NULL);
    stop();
    log_close(log_of_test);
    snprintf(stale, sizeof stale, "rm -rf %s", directory);
    CHECK(system(stale) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_fetched_is_bounded_and_a_failure_has_a_name),
        cmocka_unit_test(what_is_under_way_ends_with_the_one_who_wanted_it),
        cmocka_unit_test(a_CRL_is_taken_when_it_is_of_the_authority_and_not_older_than_the_last),
        cmocka_unit_test(what_was_fetched_is_there_after_a_restart_if_it_would_be_taken_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
