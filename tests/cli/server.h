/* The control socket with a thread of its own; the engine's and the plane's views are made up here. */
#ifndef TESTS_CLI_SERVER_H
#define TESTS_CLI_SERVER_H

#include "base/check.h"
#include "cli/client.h"
#include "daemon/control.h"
#include "ike/view.h"
#include "work.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
    uint32_t sa_count, pair_count, user_count; /* the first SAs are users' */
    bool does_up_fail, has_up_ended;
    const enum event_kind *told; /* with any command, `told_count` of them */
    size_t told_count;
    const struct event *heard;  /* while it comes up; NULL: nothing */
    int log_lines;              /* on `clear crypto ipsec sa`: so many lines of the log */
    struct ike_command command; /* the last */
    unsigned command_count, arp_clearings;
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
    *view = (struct ike_sa_view){.remote = {peer_ip, 500}, .conn_id = index + 1, .is_initiator = true, .is_up = true};
    view->user = "";
    if (index < gateway.user_count) {
        view->is_user = true;
        view->user = "anna";
        view->assigned = ip_of_v4(0x0a3cc80b);
    }
    view->asa_state = "MM_ACTIVE";
    view->ios_state = "QM_IDLE";
    view->tunnel_group = "west-east";
    memcpy(view->cookies, &index, sizeof index);
    return true;
}

struct ike_use ike_view_use(const struct ike *ike)
{
    (void)ike;
    return (struct ike_use){.randoms = 7};
}

struct ike_counts ike_view_counts(const struct ike *ike)
{
    (void)ike;
    return (struct ike_counts){.up = gateway.sa_count,
                               .users = gateway.user_count,
                               .others = gateway.sa_count - gateway.user_count,
                               .pairs = gateway.pair_count};
}

bool ike_view_pair(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_pair_view *view)
{
    (void)ike, (void)now_ms;
    if (index >= gateway.pair_count)
        return false;
    *view = (struct ike_pair_view){.remote = {peer_ip, 500}, .spi_in = 0x1234, .spi_out = 0x5678, .is_up = true};
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

uint64_t plane_line_hits(const struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    (void)plane, (void)tunnel, (void)ace;
    return 0;
}

uint64_t plane_filter_hits(const struct plane *plane, uint16_t filter, uint16_t ace)
{
    (void)plane;
    return 1000u * filter + 10u * ace + 1;
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

/* The newest first: a message that long that it takes two lines, an acquire before it, two commands. */
static bool source_past(void *context, uint32_t index, struct journal_record *record)
{
    static const uint8_t message[1500] = {0x1f, [1023] = 0x2f, [1499] = 0x3f};

    (void)context;
    *record = (struct journal_record){.kind = JOURNAL_IS_EVENT};
    if (index == 0) {
        record->kind = JOURNAL_IS_MESSAGE;
        record->message.is_sent = true;
        record->message.local = (struct endpoint){ip_of_v4(0xc6336402), 500};
        record->message.remote = (struct endpoint){peer_ip, 500};
        record->message.data = BYTES_OF(message);
    } else if (index == 1) {
        record->kind = JOURNAL_IS_INPUT;
        strcpy(record->input, "acquire");
    } else {
        record->event = event_of(EV_COMMAND_GIVEN);
        event_add_text(&record->event, FIELD_ADMINISTRATOR, "anna");
        event_add_text(&record->event, FIELD_COMMAND, index == 3 ? "first" : "second");
    }
    return index < 4;
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

static void log_line(const struct event *event, uint8_t severity, const char *line)
{
    control_on_log(control, event, (struct logging_weight){severity, 0},
                   &(struct logging_words){.debug = line, .log = line});
}

static void source_command(void *context, const struct ike_command *command)
{
    struct event e = event_of(EV_MESSAGE_SENT), p = event_of(EV_SA_CREATED);
    const struct event c = event_of(EV_COMMAND_GIVEN);

    event_add_ip(&p, FIELD_PEER, peer_ip);
    gateway.command = *command;
    gateway.command_count++;
    for (size_t i = 0; i < gateway.told_count; i++)
        tell(gateway.told[i], 0);
    if (command->kind == IKE_UP) {
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
        log_line(&e, 7, "a debug line of phase 1: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        log_line(&e, 5, "a line of phase 1");
        log_line(&c, 5, "a line of a command");
        log_line(&p, 5, "a line of phase 2");
    }
}

static struct {
    char lines[256], taken_away[64], told[256];
    bool is_refused;
    unsigned saved, cleared;
} changed;

static struct bytes source_running(void *context)
{
    (void)context;
    return bytes_of_text("hostname west\nkey secret-of-this-test\n");
}

static const char *add_text(struct control_task *task, const char *text)
{
    return running_add(&task->text, bytes_of_text(text)) ? NULL : "no memory";
}

static const char *change_of(struct control_task *task)
{
    struct text lines = text_of(changed.lines, sizeof changed.lines);
    struct text words = text_of(changed.taken_away, sizeof changed.taken_away);

    text_add(&lines, "%.*s", (int)task->lines.len, task->lines.text);
    if (task->kind == CONTROL_TASK_TAKE_AWAY)
        text_add(&words, "%s", task->words);
    if (changed.is_refused)
        task->tell(task, &(struct conf_finding){CONF_ERROR, 2, 1, "line", "it is wrong", ""});
    return changed.is_refused ? "" : NULL;
}

static const char *answer_of(struct control_task *task)
{
    switch (task->kind) {
    case CONTROL_TASK_ADD:
    case CONTROL_TASK_TAKE_AWAY: return change_of(task);
    case CONTROL_TASK_RELOAD: return "line 7 is too long";
    case CONTROL_TASK_RUNNING:
        return *task->words ? NULL : add_text(task, task->is_all ? "all of it" : "hostname west");
    case CONTROL_TASK_STARTUP: return add_text(task, "hostname west");
    case CONTROL_TASK_SAVED: return add_text(task, "hostname saved");
    case CONTROL_TASK_SAVE: return changed.saved++ > 0 ? NULL : "No space left on device";
    case CONTROL_TASK_ERASE:
    case CONTROL_TASK_WORK:
    case CONTROL_TASK_MAKE_KEY:
    case CONTROL_TASK_REMOVE_KEYS:
    case CONTROL_TASK_REQUEST:
    case CONTROL_TASK_EXPORT:
    case CONTROL_TASK_EXPORT_PKCS12:
    case CONTROL_TASK_AUTHORITY:
    case CONTROL_TASK_CERTIFICATE:
    case CONTROL_TASK_PKCS12: break;
    }
    return "not here";
}

/* As if it took long: `write memory` while the test holds it, until `clear arp`, or until the gateway ends. */
static struct control_task *held; /* in the thread of the loop */
static atomic_bool is_holding;
static sem_t has_begun;

static void source_begin(void *context, struct control_task *task)
{
    (void)context;
    if (task->kind == CONTROL_TASK_WORK) {
        conf.policy = policy;
        work_begin(&loop, task, &conf);
        return;
    }
    if (!is_holding || task->kind != CONTROL_TASK_SAVE) {
        task->done(task, answer_of(task));
        return;
    }
    held = task;
    CHECK(sem_post(&has_begun) == 0);
}

static void let_go(void)
{
    struct control_task *task = held;

    held = NULL;
    if (task != NULL)
        task->done(task, NULL);
}

static void source_log_tally(void *context, uint8_t host, struct log_remote_tally *tally)
{
    (void)context, (void)host;
    *tally = (struct log_remote_tally){0};
}

static void source_clear_counters(void *context)
{
    (void)context;
    changed.cleared++;
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
    let_go();
    uv_close((uv_handle_t *)async, NULL);
}

static void *run(void *context)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    return context;
}

static const struct ike_limits source_limits = {.sas = 100, .half_open = 20};

static void source_clear_arp(void *context)
{
    (void)context;
    gateway.arp_clearings++;
    let_go();
}

static const struct control_source source = {.now_ms = source_now_ms,
                                             .ike = source_ike,
                                             .policy = source_policy,
                                             .conf = source_conf,
                                             .limits = &source_limits,
                                             .plane = source_plane,
                                             .command = source_command,
                                             .begin = source_begin,
                                             .running = source_running,
                                             .past = source_past,
                                             .tell = source_tell,
                                             .log_tally = source_log_tally,
                                             .clear_counters = source_clear_counters,
                                             .clear_arp = source_clear_arp};

static int start(void **state)
{
    static struct tunnel tunnels[2];
    static const struct policy_interface interface = {
        .name = "outside", .hardware = "GigabitEthernet0/0", .linux_name = ""};

    (void)state;
    memset(&gateway, 0, sizeof gateway);
    memset(&changed, 0, sizeof changed);
    is_holding = false;
    CHECK(sem_init(&has_begun, 0, 0) == 0);
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
    policy = (struct policy){.logging = {.levels = {6, 6, 6}},
                             .hostname = "west",
                             .tunnels = tunnels,
                             .tunnel_count = 2,
                             .interfaces = &interface,
                             .interface_count = 1};
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

static inline enum client_end ask(const char *line, struct reply *reply)
{
    struct bytes words[CONTROL_WORDS_MAX];
    char space[512];
    struct text why = text_of(space, sizeof space);
    size_t count;

    *reply = (struct reply){0};
    CHECK(control_split(bytes_of_text(line), words, &count));
    return client_ask(path, words, count, CONTROL_ONCE, keep, reply, &why);
}

static inline const char *text_of_first(const struct reply *reply, enum control_record_kind kind,
                                        enum control_column column)
{
    const struct control_record *r = reply_find(reply, kind);

    return r ? record_text(r, column) : "no such record";
}

static inline void expect_refused(const char *line, const char *error_name)
{
    struct reply reply;

    assert_int_equal(ask(line, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), error_name);
    reply_free(&reply);
}

static inline void expect_alive(void)
{
    struct reply reply;

    assert_int_equal(ask("show version", &reply), CLIENT_DONE);
    assert_string_equal(text_of_first(&reply, RECORD_gateway, COL_gateway_hostname), "west");
    reply_free(&reply);
}

static inline int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static inline void send_raw(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

        if (sent < 0)
            return; /* hung up on us: that is what some of these lines deserve */
        data += sent;
        len -= (size_t)sent;
    }
}

enum { PATIENCE_MS = 30000 }; /* with a server that has the processor to share */

/* Reads until the text comes, or the end, or nothing for so long. */
static inline bool hears(int fd, const char *expected)
{
    static char space[64 * BYTE_STEP];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t len = 0;

    while (len + 1 < sizeof space && poll(&wait, 1, PATIENCE_MS) > 0) {
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

#endif
