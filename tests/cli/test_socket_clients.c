/* Shells that are hostile, slow, many or not allowed: each harms itself only. */
#include "server.h"

#include "daemon/control_client.h"

#include <jansson.h>

static void T11_hostile_lines_are_refused_and_others_served(void **state)
{
    static char endless[3 * CONTROL_LINE_MAX];
    static const struct {
        const char *line, *error, *why;
    } cases[] = {
        {"hello\n", "BAD_REQUEST", "not JSON"},
        {"\n", "BAD_REQUEST", "an empty line"},
        {"{}\n", "BAD_REQUEST", "no words"},
        {"{\"words\":[]}\n", "BAD_REQUEST", "no word"},
        {"{\"words\":\"show version\"}\n", "BAD_REQUEST", "a text for a list"},
        {"{\"words\":[\"show\",7]}\n", "BAD_REQUEST", "a number for a word"},
        {"{\"words\":[[[[[[[[[[[[[[[[[[[[[[[[]\n", "BAD_REQUEST", "deep"},
        {"\xff\xfe\x00\x80\n", "BAD_REQUEST", "binary"},
        {"{\"words\":[\"show\",\"vers\xc3\"]}\n", "BAD_REQUEST", "half a character"},
        {"{\"words\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
         "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
         "\"a\",\"a\",\"a\",\"a\",\"a\"]}\n",
         "BAD_REQUEST", "too many words"},
        {"{\"words\":[\"format\",\"flash\"]}\n", "UNKNOWN_COMMAND", "an unknown verb"},
        {"{\"words\":[\"show\"]}\n", "UNKNOWN_COMMAND", "half a command"},
        {"{\"words\":[\"up\",\"192.0.2.1\\u0000\"]}\n", "BAD_REQUEST", "a zero byte in a word"},
        {endless, "TOO_LONG", "a line without an end"},
    };

    (void)state;
    memset(endless, 'x', sizeof endless - 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd = connect_raw();

        send_raw(fd, cases[i].line, i == 7 ? 5 : strlen(cases[i].line));
        if (!hears(fd, cases[i].error))
            fail_msg("%s", cases[i].why);
        close(fd);
        expect_alive();
    }
}

static void a_line_may_come_in_pieces_and_several_at_once(void **state)
{
    static const char line[] = "{\"words\":[\"show\",\"version\"]}\n";
    int fd = connect_raw();

    (void)state;
    for (size_t i = 0; i < sizeof line - 1; i++)
        send_raw(fd, line + i, 1);
    CHECK(hears(fd, "\"done\""));
    send_raw(fd, line, sizeof line - 1);
    CHECK(hears(fd, "\"done\""));
    close(fd);
}

static void a_second_request_before_the_answer_ends_the_talk(void **state)
{
    static const char lines[] = "{\"words\":[\"debug\",\"crypto\",\"ikev1\"]}\n{\"words\":[\"show\",\"version\"]}\n";
    int fd = connect_raw();

    (void)state;
    send_raw(fd, lines, sizeof lines - 1);
    CHECK(hears(fd, "BAD_REQUEST"));
    CHECK(!hears(fd, "nothing more comes"));
    close(fd);
    expect_alive();
}

/* It asks for more than any buffer holds, and does not read: the others do not notice, and when it reads, all is there.
 */
static void D10_a_shell_that_reads_slowly_delays_nobody(void **state)
{
    static const char line[] = "{\"words\":[\"show\",\"crypto\",\"isakmp\",\"sa\"]}\n";
    char space[BYTE_STEP], last[64] = "";
    int fd = connect_raw();
    ssize_t got;

    (void)state;
    gateway.sa_count = 20000;
    send_raw(fd, line, sizeof line - 1);
    for (int i = 0; i < 20; i++)
        expect_alive();

    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t total = 0;

    while (!strstr(last, "\"done\"") && poll(&wait, 1, PATIENCE_MS) > 0 && (got = read(fd, space, sizeof space)) > 0) {
        size_t tail = (size_t)got < sizeof last - 1 ? (size_t)got : sizeof last - 1, kept = strlen(last);

        total += (size_t)got;
        if (kept > sizeof last - 1 - tail) { /* a read may end anywhere */
            memmove(last, last + kept - (sizeof last - 1 - tail), sizeof last - tail);
            kept = sizeof last - 1 - tail;
        }
        memcpy(last + kept, space + got - tail, tail);
        last[kept + tail] = '\0';
    }
    assert_non_null(strstr(last, "\"done\",\"count\":20000"));
    CHECK(total > 20000 * 100);
    close(fd);
}

/* Debug lines cannot wait for their reader: what would need more than the backlog hangs up. */
static void D10_a_shell_that_does_not_read_its_debug_lines_is_dropped(void **state)
{
    static const char line[] = "{\"words\":[\"debug\",\"crypto\",\"ikev1\",\"255\"]}\n";
    static char space[BYTE_STEP];
    int fd = connect_raw();
    struct reply reply;
    size_t total = 0;
    ssize_t got;

    (void)state;
    send_raw(fd, line, sizeof line - 1);
    CHECK(hears(fd, "gateway"));
    gateway.log_lines = 60000;
    assert_int_equal(ask("clear ipsec sa", &reply), CLIENT_DONE);
    reply_free(&reply);
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    do {
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            fail_msg("it is still connected, after %zu bytes", total);
        got = read(fd, space, sizeof space);
        total += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    CHECK(total < 2 * CONTROL_BACKLOG_MAX);
    close(fd);
    gateway.log_lines = 0;
    expect_alive();
}

static bool is_served(void)
{
    struct reply reply;
    bool is_done = ask("show version", &reply) == CLIENT_DONE;

    reply_free(&reply);
    return is_done;
}

static void T11_only_so_many_shells_are_served(void **state)
{
    int fds[CONTROL_CLIENTS_MAX], extra;
    struct reply reply;

    (void)state;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        fds[i] = connect_raw();
    extra = connect_raw();
    CHECK(hears(extra, "TOO_MANY_CLIENTS"));
    close(extra);
    assert_int_equal(ask("show version", &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), "TOO_MANY_CLIENTS");
    reply_free(&reply);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
    for (int waited_ms = 0; !is_served() && waited_ms < PATIENCE_MS; waited_ms += 10)
        usleep(10 * 1000); /* the server has to see that they have gone */
    expect_alive();
}

/* A configuration line of a megabyte: which one, and how long it may be. */
static void T11_a_line_that_is_too_long_is_named(void **state)
{
    static char line[1024 * 1024 + 1];
    const struct bytes word = bytes_of_text("configure");
    struct bytes lines[] = {bytes_of_text("hostname west"), bytes_of(line, sizeof line - 1)};
    const struct client_question question = {.words = &word, .word_count = 1, .lines = lines, .line_count = 2};
    struct reply reply = {0};
    char space[256];
    struct text why = text_of(space, sizeof space);

    (void)state;
    memset(line, 'x', sizeof line - 1);
    assert_int_equal(client_ask_lines(path, &question, keep, &reply, &why), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_sentence),
                        "line:2: error: it has 1048576 characters, and none may have more than 65535");
    reply_free(&reply);
    expect_alive();
}

static void T11_who_is_neither_root_nor_of_the_group_may_only_look(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    if (geteuid() != 0)
        skip();
    CHECK(chmod(path, 0666) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);

        int fd = connect_raw();
        static const char clear[] = "{\"words\":[\"clear\",\"ipsec\",\"sa\"]}\n";
        static const char keys[] = "{\"words\":[\"debug\",\"crypto\",\"ikev1\",\"keys\",\"/tmp/k\"]}\n";
        static const char look[] = "{\"words\":[\"show\",\"version\"]}\n";

        send_raw(fd, clear, sizeof clear - 1);
        bool is_good = hears(fd, "NOT_ALLOWED");

        send_raw(fd, keys, sizeof keys - 1);
        is_good = is_good && hears(fd, "ROOT_ONLY");
        send_raw(fd, look, sizeof look - 1);
        is_good = is_good && hears(fd, "\"done\"");
        _exit(is_good ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_socket_left_by_a_crash_is_taken_over(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char left[128];
    uv_loop_t own;
    struct control *other;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(left, sizeof left, "%s/left.sock", directory);
    memcpy(address.sun_path, left, strlen(left) + 1);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    close(fd);
    CHECK(uv_loop_init(&own) == 0 && control_open(&other, &own, &source, left, NULL) == 0);
    control_close(other);
    uv_run(&own, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&own) == 0);
    assert_int_equal(access(left, F_OK), -1);
}

static int begin_to_write(void)
{
    static const char line[] = "{\"words\":[\"write\",\"memory\"]}\n";
    int fd = connect_raw();

    is_holding = true;
    send_raw(fd, line, sizeof line - 1);
    CHECK(sem_wait(&has_begun) == 0);
    return fd;
}

static void what_takes_long_delays_nobody_and_is_answered_when_it_is_done(void **state)
{
    struct reply reply;
    int fd = begin_to_write();
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char said[BYTE_STEP];

    (void)state;
    expect_alive();
    ssize_t len = recv(fd, said, sizeof said - 1, MSG_DONTWAIT);
    CHECK(len > 0); /* the record of the gateway, which begins every answer */
    said[len] = '\0';
    CHECK(strstr(said, "\"done\"") == NULL && poll(&wait, 1, 0) == 0);
    assert_int_equal(ask("clear arp", &reply), CLIENT_DONE);
    reply_free(&reply);
    CHECK(hears(fd, "\"done\""));
    close(fd);
}

static void a_second_request_while_one_takes_long_ends_the_talk(void **state)
{
    static const char line[] = "{\"words\":[\"show\",\"version\"]}\n";
    struct reply reply;
    int fd = begin_to_write();

    (void)state;
    send_raw(fd, line, sizeof line - 1);
    CHECK(hears(fd, "one request at a time"));
    assert_int_equal(ask("clear arp", &reply), CLIENT_DONE);
    reply_free(&reply);
    close(fd);
    expect_alive();
}

/* Its place is another's by then. */
static void who_goes_away_while_it_takes_long_is_not_told(void **state)
{
    struct reply reply;
    int other;

    (void)state;
    close(begin_to_write());
    expect_alive(); /* the loop has seen that it went */
    other = connect_raw();
    assert_int_equal(ask("clear arp", &reply), CLIENT_DONE);
    reply_free(&reply);
    expect_alive();

    char said;
    CHECK(recv(other, &said, 1, MSG_DONTWAIT) < 0);
    close(other);
}

static void a_gateway_may_end_while_something_takes_long(void **state)
{
    (void)state;
    (void)begin_to_write(); /* and so it is when the test ends, and its gateway with it */
}

/* More than is read at once. */
static void a_long_line_is_read_beside_the_others(void **state)
{
    enum { LINES = 20000 };
    static char line[LINES * 24 + 64];
    struct text t = text_of(line, sizeof line);
    int fd = connect_raw(), gone = connect_raw();

    (void)state;
    text_add(&t, "{\"words\":[\"configure\"],\"lines\":[\"hostname x\"");
    for (int i = 0; i < LINES; i++)
        text_add(&t, ",\"object network N%d\"", i % 1000);
    text_add(&t, "]}\n");
    CHECK(!t.is_cut);
    send_raw(gone, line, t.len);
    close(gone);
    send_raw(fd, line, t.len);
    CHECK(hears(fd, "\"done\""));
    assert_memory_equal(changed.lines, "hostname x\nobject network N0\nobject", 35);
    line[t.len - 3] = 'x'; /* no JSON any more */
    send_raw(fd, line, t.len);
    CHECK(hears(fd, "BAD_REQUEST"));
    close(fd);
    expect_alive();
}

/* There may be keys in them, also behind one that is refused. */
static void no_line_of_a_request_stays_in_memory(void **state)
{
    static const struct {
        const char *request;
        bool is_good;
        const char *why;
    } rows[] = {
        {"{\"words\": [\"configure\"], \"lines\": [\"ikev1 pre-shared-key One\", \"hostname x\"]}", true,
         "all are taken"},
        {"{\"words\": [\"configure\"], \"lines\": [7, \"ikev1 pre-shared-key One\"]}", false, "one is no text"},
        {"{\"words\": [\"configure\"], \"lines\": [\"a\\nb\", \"ikev1 pre-shared-key One\"]}", false, "two in one"},
        {"{\"words\": [], \"lines\": [\"ikev1 pre-shared-key One\"]}", false, "there are no words"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[200];
        struct control_line line;
        const json_t *each;
        size_t n;

        snprintf(text, sizeof text, "%s", rows[i].request);
        control_line_read(&line, text, strlen(text));
        if (line.is_good != rows[i].is_good || text[0] != '\0')
            fail_msg("%s", rows[i].why);
        json_array_foreach(json_object_get(line.root, "lines"), n,
                           each) for (size_t k = 0; k < json_string_length(each);
                                      k++) if (json_string_value(each)[k] != '\0')
            fail_msg("%s: line %zu is there", rows[i].why, n);
        control_line_free(&line);
    }
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(T11_hostile_lines_are_refused_and_others_served),
        WITH_SERVER(a_line_may_come_in_pieces_and_several_at_once),
        WITH_SERVER(a_second_request_before_the_answer_ends_the_talk),
        WITH_SERVER(D10_a_shell_that_reads_slowly_delays_nobody),
        WITH_SERVER(D10_a_shell_that_does_not_read_its_debug_lines_is_dropped),
        WITH_SERVER(what_takes_long_delays_nobody_and_is_answered_when_it_is_done),
        WITH_SERVER(a_second_request_while_one_takes_long_ends_the_talk),
        WITH_SERVER(who_goes_away_while_it_takes_long_is_not_told),
        WITH_SERVER(a_gateway_may_end_while_something_takes_long),
        WITH_SERVER(a_long_line_is_read_beside_the_others),
        WITH_SERVER(T11_only_so_many_shells_are_served),
        WITH_SERVER(T11_a_line_that_is_too_long_is_named),
        WITH_SERVER(T11_who_is_neither_root_nor_of_the_group_may_only_look),
        WITH_SERVER(a_socket_left_by_a_crash_is_taken_over),
        cmocka_unit_test(no_line_of_a_request_stays_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
