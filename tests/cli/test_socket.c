/* The control socket from outside: the server in one thread, shells in the other. The engine's and the plane's views
 * are made up here. */
#include "base/check.h"
#include "cli/client.h"
#include "daemon/control.h"
#include "ike/view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTE_STEP = 4096 };

/* What the gateway is made to look like. */
static struct {
    uint32_t sa_count, pair_count;
    bool does_up_fail, has_up_ended;
    const struct event *heard; /* while it comes up; NULL: nothing */
    int log_lines;             /* on `clear crypto ipsec sa`: so many lines of the log */
    enum ike_command_kind command;
    struct ip command_peer;
    uint64_t begun_ms;
} gateway;

static struct ip peer_ip, other_ip;
static struct policy policy;
static struct conf conf;
static char directory[64], path[128];
static uv_loop_t loop;
static uv_async_t stop;
static struct control *control;
static pthread_t thread;

static uint64_t source_now_ms(void *context)
{
    struct timespec t;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool ike_view_sa(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_sa_view *view)
{
    (void)ike, (void)now_ms;
    if (index >= gateway.sa_count)
        return false;
    *view = (struct ike_sa_view){.remote = {peer_ip, 500}, .conn_id = index + 1, .is_initiator = true};
    view->asa_state = "MM_ACTIVE";
    view->ios_state = "QM_IDLE";
    view->tunnel_group = "";
    memcpy(view->cookies, &index, sizeof index);
    return true;
}

bool ike_view_pair(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_pair_view *view)
{
    (void)ike, (void)now_ms;
    if (index >= gateway.pair_count)
        return false;
    *view = (struct ike_pair_view){.remote = {peer_ip, 500}, .spi_in = 0x1234, .spi_out = 0x5678};
    view->cipher = CIPHER_AES128_CBC;
    view->integrity = HASH_SHA1;
    view->selector.local = view->selector.remote = (struct ip_range){peer_ip, peer_ip};
    return true;
}

bool ike_view_peer(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_peer_view *view)
{
    (void)ike, (void)now_ms;
    if (index > 0)
        return false;
    *view = (struct ike_peer_view){.remote = peer_ip, .outcome_count = gateway.has_up_ended};
    view->outcomes[0] = (struct ike_outcome){.at_ms = gateway.begun_ms + 1,
                                             .phase = 1,
                                             .asa_state = "MM_WAIT_MSG6",
                                             .ios_state = "MM_KEY_EXCH",
                                             .reason = "NO_ANSWER",
                                             .meaning = "the peer did not reply"};
    return true;
}

bool ike_view_wireshark_key(const struct ike *ike, uint32_t index, struct text *line)
{
    (void)ike;
    text_add(line, "%016x,00112233", index);
    return true;
}

bool plane_view_pair(const struct plane *plane, struct handle pair, struct plane_pair_view *view)
{
    (void)plane, (void)pair, (void)view;
    return false;
}

void plane_view_totals(const struct plane *plane, struct plane_totals *totals)
{
    (void)plane;
    *totals = (struct plane_totals){0};
}

static bool source_past(void *context, uint32_t index, struct event *event, int64_t *at_s)
{
    (void)context;
    *event = event_of(EV_COMMAND_GIVEN);
    event_add_text(event, FIELD_ADMINISTRATOR, "anna");
    event_add_text(event, FIELD_COMMAND, index ? "first" : "second");
    *at_s = 0;
    return index < 2;
}

static const struct ike *source_ike(void *context)
{
    return context;
}

static const struct policy *source_policy(void *context)
{
    (void)context;
    return &policy;
}

static const struct conf *source_conf(void *context)
{
    (void)context;
    return &conf;
}

static const struct plane *source_plane(void *context)
{
    (void)context;
    return NULL;
}

static void tell(enum event_kind kind, uint64_t message_number)
{
    struct event e = event_of(kind);

    event_add_ip(&e, FIELD_PEER, peer_ip);
    event_add_text(&e, FIELD_EXCHANGE, "MM");
    event_add_number(&e, FIELD_MESSAGE_NUMBER, message_number);
    control_on_event(control, &e);
}

static void source_command(void *context, enum ike_command_kind kind, uint16_t tunnel, struct ip peer)
{
    struct event e = event_of(EV_MESSAGE_SENT), p = event_of(EV_SA_CREATED);

    (void)context, (void)tunnel;
    gateway.command = kind;
    gateway.command_peer = peer;
    if (kind == IKE_UP) {
        gateway.begun_ms = source_now_ms(context);
        tell(EV_MESSAGE_SENT, 1);
        tell(EV_MESSAGE_RECEIVED, 2);
        if (gateway.heard != NULL)
            control_on_event(control, gateway.heard);
        gateway.has_up_ended = gateway.does_up_fail;
        gateway.pair_count = !gateway.does_up_fail;
        gateway.sa_count = !gateway.does_up_fail;
    }
    for (int i = 0; i < gateway.log_lines; i++) {
        control_on_log(control, &e, 7, "a debug line of phase 1: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        control_on_log(control, &e, 5, "a line of phase 1");
        control_on_log(control, &p, 5, "a line of phase 2");
    }
}

static bool source_reload(void *context, struct text *why)
{
    (void)context;
    text_add(why, "line 7 is too long");
    return false;
}

static struct {
    char lines[256], taken_away[64], told[256];
    bool is_refused;
    unsigned saved;
} changed;

static bool source_change(void *context, const struct control_change *change, struct text *why)
{
    struct text lines = text_of(changed.lines, sizeof changed.lines);
    struct text words = text_of(changed.taken_away, sizeof changed.taken_away);

    (void)context;
    text_add(&lines, "%.*s", (int)change->lines.len, (const char *)change->lines.data);
    for (size_t i = 0; i < change->taken_away_count; i++)
        text_add(&words, "%.*s ", (int)change->taken_away[i].len, (const char *)change->taken_away[i].data);
    if (changed.is_refused) {
        change->tell(change->context, &(struct conf_finding){CONF_ERROR, 2, 1, "line", "it is wrong", ""});
        text_add(why, "%s", "");
    }
    return !changed.is_refused;
}

static bool source_save(void *context, struct text *why)
{
    (void)context;
    text_add(why, "No space left on device");
    return changed.saved++ > 0;
}

static struct bytes source_running(void *context)
{
    (void)context;
    return bytes_of_text("hostname west\nkey secret-of-this-test\n");
}

static bool source_add_running(void *context, bool is_all, struct conf_part part, struct running *text,
                               struct text *why)
{
    (void)context, (void)why;
    return running_add(text, bytes_of_text(is_all ? "all of it" : "hostname west")) && part.count == 0;
}

static bool source_add_startup(void *context, struct running *text, struct text *why)
{
    (void)context, (void)why;
    return running_add(text, bytes_of_text("hostname west"));
}

static void source_tell(void *context, const struct event *event)
{
    struct text told = {changed.told, strlen(changed.told), sizeof changed.told, false};

    (void)context;
    text_add(&told, "%s;", event_text(event, FIELD_COMMAND));
}

static void on_stop(uv_async_t *async)
{
    control_close(control);
    uv_close((uv_handle_t *)async, NULL);
}

static void *run(void *context)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    return context;
}

static const struct control_source source = {.now_ms = source_now_ms,
                                             .ike = source_ike,
                                             .policy = source_policy,
                                             .conf = source_conf,
                                             .plane = source_plane,
                                             .command = source_command,
                                             .reload = source_reload,
                                             .change = source_change,
                                             .save = source_save,
                                             .running = source_running,
                                             .add_running = source_add_running,
                                             .add_startup = source_add_startup,
                                             .past = source_past,
                                             .tell = source_tell};

static int start(void **state)
{
    static struct tunnel tunnels[2];
    static const struct policy_interface interface = {.name = "outside"};

    (void)state;
    memset(&gateway, 0, sizeof gateway);
    memset(&changed, 0, sizeof changed);
    ip_parse(&peer_ip, bytes_of_text("192.0.2.1"));
    ip_parse(&other_ip, bytes_of_text("192.0.2.2"));
    tunnels[0] =
        (struct tunnel){.map_name = "MAP", .sequence = 10, .acl_name = "VPN", .peers = {peer_ip}, .peer_count = 1};
    tunnels[1] = (struct tunnel){.map_name = "MAP",
                                 .sequence = 20,
                                 .acl_name = "VPN",
                                 .peers = {other_ip},
                                 .peer_count = 1,
                                 .parked = "line 9: the key is masked"};
    policy = (struct policy){
        .hostname = "west", .tunnels = tunnels, .tunnel_count = 2, .interfaces = &interface, .interface_count = 1};
    conf.file_name = "test.conf";
    strcpy(directory, "/tmp/ikewise-test-XXXXXX");
    CHECK(mkdtemp(directory) && chmod(directory, 0755) == 0);
    snprintf(path, sizeof path, "%s/run/ikewise.sock", directory);
    CHECK(uv_loop_init(&loop) == 0 && uv_async_init(&loop, &stop, on_stop) == 0);
    CHECK(control_open(&control, &loop, &source, path, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, run, NULL) == 0);
    return 0;
}

static int end(void **state)
{
    char run_directory[128];

    (void)state;
    snprintf(run_directory, sizeof run_directory, "%s/run", directory);
    CHECK(uv_async_send(&stop) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(uv_loop_close(&loop) == 0);
    CHECK(access(path, F_OK) != 0);
    return rmdir(run_directory) || rmdir(directory);
}

static void keep(void *reply, const struct control_record *r)
{
    reply_add(reply, r);
}

static enum client_end ask(const char *line, struct reply *reply)
{
    struct bytes words[CONTROL_WORDS_MAX];
    char space[512];
    struct text why = text_of(space, sizeof space);
    size_t count;

    *reply = (struct reply){0};
    CHECK(control_split(bytes_of_text(line), words, &count));
    return client_ask(path, words, count, CONTROL_ONCE, keep, reply, &why);
}

static const char *text_of_first(const struct reply *reply, enum control_record_kind kind, enum control_column column)
{
    const struct control_record *r = reply_find(reply, kind);

    return r ? record_text(r, column) : "no such record";
}

static void expect_refused(const char *line, const char *error_name)
{
    struct reply reply;

    assert_int_equal(ask(line, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), error_name);
    reply_free(&reply);
}

static void expect_alive(void)
{
    struct reply reply;

    assert_int_equal(ask("show version", &reply), CLIENT_DONE);
    assert_string_equal(text_of_first(&reply, RECORD_gateway, COL_gateway_hostname), "west");
    reply_free(&reply);
}

static void a_short_and_a_long_answer_arrive_whole(void **state)
{
    static const uint32_t counts[] = {0, 1, 20000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct reply reply;

        gateway.sa_count = counts[i];
        assert_int_equal(ask("sh cry isa sa", &reply), CLIENT_DONE);
        assert_int_equal(reply.count, counts[i] + 2);
        assert_int_equal(record_number(reply_find(&reply, RECORD_done), COL_done_count), counts[i]);
        reply_free(&reply);
    }
}

static void the_socket_is_for_root_and_its_group(void **state)
{
    struct stat status;
    struct control *other;

    (void)state;
    CHECK(stat(path, &status) == 0 && S_ISSOCK(status.st_mode) && (status.st_mode & 07777) == 0660);
    assert_int_equal(control_open(&other, &loop, &source, path, NULL), EADDRINUSE);
    assert_int_equal(control_open(&other, &loop, &source, path, "no-such-group"), ENOENT);
    expect_alive();
}

static void commands_reach_the_engine(void **state)
{
    static const struct {
        const char *line;
        enum ike_command_kind kind;
        bool has_peer;
    } cases[] = {
        {"clear crypto isakmp sa", IKE_CLEAR_ISAKMP, false},
        {"clear crypto ikev1 sa 192.0.2.1", IKE_CLEAR_ISAKMP, true},
        {"clear ipsec sa", IKE_CLEAR_IPSEC, false},
        {"clear crypto ipsec sa peer 192.0.2.1", IKE_CLEAR_IPSEC, true},
        {"down 192.0.2.1", IKE_DOWN, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply reply;

        gateway.command = IKE_SHUT_DOWN;
        assert_int_equal(ask(cases[i].line, &reply), CLIENT_DONE);
        assert_int_equal(gateway.command, cases[i].kind);
        CHECK(ip_is_set(gateway.command_peer) == cases[i].has_peer);
        reply_free(&reply);
    }
}

static void what_cannot_be_done_is_refused_with_its_reason(void **state)
{
    struct reply reply;

    (void)state;
    expect_refused("up 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("down 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("show tunnel 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("check /etc/passwd", "UNKNOWN_COMMAND");
    assert_int_equal(ask("up 192.0.2.2", &reply), CLIENT_REFUSED);
    assert_non_null(strstr(text_of_first(&reply, RECORD_error, COL_error_sentence), "line 9: the key is masked"));
    reply_free(&reply);
    assert_int_equal(ask("reload", &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_sentence), "line 7 is too long");
    reply_free(&reply);
}

static enum client_end configure(const char *const *lines, size_t count, struct reply *reply)
{
    struct bytes list[8], word = bytes_of_text("configure");
    char space[512];
    struct text why = text_of(space, sizeof space);

    *reply = (struct reply){0};
    for (size_t i = 0; i < count; i++)
        list[i] = bytes_of_text(lines[i]);
    return client_ask_lines(
        path, &(struct client_question){.words = &word, .word_count = 1, .lines = list, .line_count = count}, keep,
        reply, &why);
}

static void statements_reach_the_configuration_and_are_told_without_keys(void **state)
{
    static const char *const lines[] = {"hostname west", "tunnel-group 192.0.2.9 ipsec-attributes",
                                        " ikev1 pre-shared-key secret-of-this-test"};
    struct reply reply;

    (void)state;
    assert_int_equal(configure(lines, COUNT_OF(lines), &reply), CLIENT_DONE);
    assert_string_equal(changed.lines, "hostname west\ntunnel-group 192.0.2.9 ipsec-attributes\n"
                                       " ikev1 pre-shared-key secret-of-this-test\n");
    /* The line that only says where the next one belongs is no command. */
    assert_string_equal(changed.told, "hostname west;ikev1 pre-shared-key *****;");
    reply_free(&reply);
    assert_int_equal(ask("clear configure tunnel-group 192.0.2.9", &reply), CLIENT_DONE);
    assert_string_equal(changed.taken_away, "tunnel-group 192.0.2.9 ");
    reply_free(&reply);
    assert_int_equal(ask("clear configure all", &reply), CLIENT_DONE);
    assert_string_equal(changed.taken_away, "");
    reply_free(&reply);
}

static void a_change_that_is_refused_names_the_line(void **state)
{
    static const char *const lines[] = {"hostname west", "hostnam east", "two\nlines"};
    struct reply reply;

    (void)state;
    changed.is_refused = true;
    assert_int_equal(configure(lines, 2, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_finding, COL_finding_sentence), "it is wrong");
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), "CHANGE_REFUSED");
    reply_free(&reply);
    changed.lines[0] = '\0';
    assert_int_equal(configure(lines, 3, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), "BAD_REQUEST");
    assert_string_equal(changed.lines, "");
    reply_free(&reply);
    expect_refused("configure", "BAD_REQUEST");
    expect_refused("write memory", "FILE_REFUSED");
    expect_refused("configure terminal", "UNKNOWN_COMMAND");
}

static void a_configuration_comes_line_by_line(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("more system:running-config", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 4);
    assert_string_equal(record_text(&reply.records[2], COL_config_line_text), "key secret-of-this-test");
    reply_free(&reply);
    assert_int_equal(ask("show startup-config", &reply), CLIENT_DONE);
    assert_string_equal(text_of_first(&reply, RECORD_config_line, COL_config_line_text), "hostname west");
    reply_free(&reply);
    assert_string_equal(changed.told, "more system:running-config;show startup-config;");
}

static void the_log_comes_the_oldest_line_first(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("show logging", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 1 + 1 + 2 + 1);
    assert_int_equal(record_number(&reply.records[1], COL_logging_messages), 2);
    assert_non_null(strstr(record_text(&reply.records[2], COL_log_line_text), "executed the 'first' command"));
    assert_non_null(strstr(record_text(&reply.records[3], COL_log_line_text), "executed the 'second' command"));
    reply_free(&reply);
}

static void what_happens_is_counted(void **state)
{
    struct reply reply;
    const struct control_record *stats;

    (void)state;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    reply_free(&reply);
    assert_int_equal(ask("show isakmp stats", &reply), CLIENT_DONE);
    stats = reply_find(&reply, RECORD_ike_stats);
    CHECK(stats && record_number(stats, COL_ike_stats_out_packets) == 1);
    CHECK(record_number(stats, COL_ike_stats_in_packets) == 1);
    CHECK(record_number(stats, COL_ike_stats_in_p2_exchanges) == 0);
    reply_free(&reply);
}

static void up_shows_each_message_and_ends_with_both_spis(void **state)
{
    struct reply reply;
    const struct control_record *result;

    (void)state;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    assert_int_equal(gateway.command, IKE_UP);
    assert_string_equal(text_of_first(&reply, RECORD_step, COL_step_direction), "sent");
    result = reply_find(&reply, RECORD_result);
    CHECK(result && record_flag(result, COL_result_up));
    assert_string_equal(record_text(result, COL_result_state), "MM_ACTIVE");
    CHECK(record_number(result, COL_result_spi_in) == 0x1234 && record_number(result, COL_result_spi_out) == 0x5678);
    assert_int_equal(reply.count, 1 + 2 + 1 + 1);
    reply_free(&reply);
}

static void up_that_fails_says_where_and_why(void **state)
{
    struct reply reply;
    const struct control_record *result;

    (void)state;
    gateway.does_up_fail = true;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    result = reply_find(&reply, RECORD_result);
    CHECK(result && !record_flag(result, COL_result_up));
    assert_string_equal(record_text(result, COL_result_state), "MM_WAIT_MSG6");
    assert_string_equal(record_text(result, COL_result_reason), "NO_ANSWER");
    CHECK(record_has(result, COL_result_open));
    reply_free(&reply);
}

/* The one who waits sees what a peer, a router or a forger says meanwhile, and how far to trust it. */
static void up_names_the_notify_or_icmp_error_that_came_meanwhile(void **state)
{
    static const struct {
        enum event_kind kind;
        const char *notify;
        uint64_t number, errnum, icmp;
        const char *heard, *step;
    } rows[] = {
        {EV_NOTIFY_IN_CLEAR, "NO_PROPOSAL_CHOSEN", 14, 0, 0, "NO_PROPOSAL_CHOSEN (14), in clear",
         "a notify in clear is here: evidence, nothing more: NO_PROPOSAL_CHOSEN (14), in clear"},
        {EV_NOTIFY_RECEIVED, "INVALID_ID_INFORMATION", 18, 0, 0, "INVALID_ID_INFORMATION (18), encrypted",
         "an authenticated notify is here: INVALID_ID_INFORMATION (18), encrypted"},
        {EV_HINT, NULL, 0, ECONNREFUSED, 3 << 8 | 3, "Connection refused (ICMP type 3 code 3)",
         "an ICMP error or a local error that concerns an exchange: evidence: Connection refused (ICMP type 3 code 3)"},
        {EV_HINT, NULL, 0, ENETUNREACH, 0, "Network is unreachable",
         "an ICMP error or a local error that concerns an exchange: evidence: Network is unreachable"},
    };

    (void)state;
    gateway.does_up_fail = true;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct event e = event_of(rows[i].kind);
        struct reply reply;
        bool is_step = false;

        gateway.has_up_ended = false;
        event_add_ip(&e, FIELD_PEER, peer_ip);
        if (rows[i].notify != NULL) {
            event_add_text(&e, FIELD_NOTIFY, rows[i].notify);
            event_add_number(&e, FIELD_NOTIFY_NUMBER, rows[i].number);
        } else {
            event_add_number(&e, FIELD_ERRNO, rows[i].errnum);
            event_add_number(&e, FIELD_COUNT, rows[i].icmp);
        }
        gateway.heard = &e;
        assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
        assert_string_equal(text_of_first(&reply, RECORD_result, COL_result_heard), rows[i].heard);
        for (size_t k = 0; k < reply.count; k++)
            is_step |= reply.records[k].kind == RECORD_step &&
                       strcmp(record_text(&reply.records[k], COL_step_sentence), rows[i].step) == 0;
        CHECK(is_step);
        reply_free(&reply);
    }
}

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_raw(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

        if (sent < 0)
            return; /* hung up on us: that is what some of these lines deserve */
        data += sent;
        len -= (size_t)sent;
    }
}

/* Reads until the text comes, or the end, or 5 s of silence. */
static bool hears(int fd, const char *expected)
{
    static char space[64 * BYTE_STEP];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t len = 0;

    while (len + 1 < sizeof space && poll(&wait, 1, 5000) > 0) {
        ssize_t got = read(fd, space + len, sizeof space - 1 - len);

        if (got <= 0)
            return false;
        len += (size_t)got;
        space[len] = '\0';
        if (strstr(space, expected))
            return true;
    }
    return false;
}

static void hostile_lines_are_refused_and_others_served(void **state)
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
        {"{\"words\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
         "\"a\"]}\n",
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
static void a_shell_that_reads_slowly_delays_nobody(void **state)
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

    while (!strstr(last, "\"done\"") && poll(&wait, 1, 5000) > 0 && (got = read(fd, space, sizeof space)) > 0) {
        size_t tail = (size_t)got < sizeof last - 1 ? (size_t)got : sizeof last - 1;

        total += (size_t)got;
        memcpy(last, space + got - tail, tail);
        last[tail] = '\0';
    }
    assert_non_null(strstr(last, "\"done\",\"count\":20000"));
    CHECK(total > 20000 * 100);
    close(fd);
}

/* Debug lines cannot wait for their reader: what would need more than the backlog hangs up. */
static void a_shell_that_does_not_read_its_debug_lines_is_dropped(void **state)
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
        if (poll(&wait, 1, 5000) <= 0)
            fail_msg("it is still connected, after %zu bytes", total);
        got = read(fd, space, sizeof space);
        total += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    CHECK(total < 2 * CONTROL_BACKLOG_MAX);
    close(fd);
    gateway.log_lines = 0;
    expect_alive();
}

static void debug_shows_what_was_asked_for(void **state)
{
    static const struct {
        const char *line, *heard, *not_heard;
    } cases[] = {
        {"{\"words\":[\"debug\",\"crypto\",\"ikev1\"]}\n", "a line of phase 1", "a debug line of phase 1"},
        {"{\"words\":[\"debug\",\"crypto\",\"ikev1\",\"127\"]}\n", "a debug line of phase 1", "a line of phase 2"},
        {"{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1"},
    };

    (void)state;
    gateway.log_lines = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[BYTE_STEP] = "";
        size_t len = 0;
        struct reply reply;
        int fd = connect_raw();
        ssize_t got;

        send_raw(fd, cases[i].line, strlen(cases[i].line));
        CHECK(hears(fd, "gateway"));
        assert_int_equal(ask("clear ipsec sa", &reply), CLIENT_DONE);
        reply_free(&reply);
        assert_int_equal(ask("undebug all", &reply), CLIENT_DONE);
        reply_free(&reply);
        while (!strstr(space, "\"done\"") && (got = read(fd, space + len, sizeof space - 1 - len)) > 0)
            space[len += (size_t)got] = '\0';
        assert_non_null(strstr(space, cases[i].heard));
        assert_null(strstr(space, cases[i].not_heard));
        close(fd);
    }
}

static void only_so_many_shells_are_served(void **state)
{
    int fds[CONTROL_CLIENTS_MAX], extra;

    (void)state;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        fds[i] = connect_raw();
    extra = connect_raw();
    CHECK(hears(extra, "TOO_MANY_CLIENTS"));
    close(extra);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
    usleep(100 * 1000); /* the server has to see that they have gone */
    expect_alive();
}

static void keys_are_written_to_a_private_file_only(void **state)
{
    char file[128], line[256], space[BYTE_STEP];
    struct stat status;
    struct reply reply;
    FILE *in;

    (void)state;
    gateway.sa_count = 1;
    snprintf(file, sizeof file, "%s/keys", directory);
    snprintf(line, sizeof line, "debug crypto ikev1 keys %s", file);
    assert_int_equal(ask(line, &reply), CLIENT_DONE);
    CHECK(*text_of_first(&reply, RECORD_warning, COL_warning_sentence));
    reply_free(&reply);
    CHECK(stat(file, &status) == 0 && (status.st_mode & 07777) == 0600);

    gateway.sa_count = 2;
    gateway.does_up_fail = true;
    assert_int_equal(ask("undebug all", &reply), CLIENT_DONE);
    reply_free(&reply);
    in = fopen(file, "r");
    CHECK(in && fread(space, 1, sizeof space, in) == strlen("0000000000000000,00112233\n"));
    fclose(in);

    CHECK(chmod(file, 0644) == 0);
    expect_refused(line, "FILE_REFUSED");
    unlink(file);
    CHECK(symlink("/dev/null", file) == 0);
    expect_refused(line, "FILE_REFUSED");
    unlink(file);
    expect_refused("debug crypto ikev1 keys keys", "FILE_REFUSED");
}

/* The socket's mode keeps others out; here it is opened to them, to see that the second lock holds too. */
static void who_is_neither_root_nor_of_the_group_may_only_look(void **state)
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

static void nobody_there_is_said_in_one_sentence(void **state)
{
    struct bytes words[] = {bytes_of_text("show"), bytes_of_text("version")};
    char space[512];
    struct text why = text_of(space, sizeof space);
    struct reply reply = {0};

    (void)state;
    assert_int_equal(client_ask("/tmp/no/such.sock", words, 2, CONTROL_ONCE, keep, &reply, &why), CLIENT_UNREACHABLE);
    assert_string_equal(space, "ikewised is not running: nobody answers at /tmp/no/such.sock");
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_short_and_a_long_answer_arrive_whole),
        WITH_SERVER(the_socket_is_for_root_and_its_group),
        WITH_SERVER(commands_reach_the_engine),
        WITH_SERVER(statements_reach_the_configuration_and_are_told_without_keys),
        WITH_SERVER(a_change_that_is_refused_names_the_line),
        WITH_SERVER(a_configuration_comes_line_by_line),
        WITH_SERVER(the_log_comes_the_oldest_line_first),
        WITH_SERVER(what_happens_is_counted),
        WITH_SERVER(what_cannot_be_done_is_refused_with_its_reason),
        WITH_SERVER(up_shows_each_message_and_ends_with_both_spis),
        WITH_SERVER(up_that_fails_says_where_and_why),
        WITH_SERVER(up_names_the_notify_or_icmp_error_that_came_meanwhile),
        WITH_SERVER(hostile_lines_are_refused_and_others_served),
        WITH_SERVER(a_line_may_come_in_pieces_and_several_at_once),
        WITH_SERVER(a_second_request_before_the_answer_ends_the_talk),
        WITH_SERVER(a_shell_that_reads_slowly_delays_nobody),
        WITH_SERVER(a_shell_that_does_not_read_its_debug_lines_is_dropped),
        WITH_SERVER(debug_shows_what_was_asked_for),
        WITH_SERVER(only_so_many_shells_are_served),
        WITH_SERVER(keys_are_written_to_a_private_file_only),
        WITH_SERVER(who_is_neither_root_nor_of_the_group_may_only_look),
        WITH_SERVER(a_socket_left_by_a_crash_is_taken_over),
        cmocka_unit_test(nobody_there_is_said_in_one_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
