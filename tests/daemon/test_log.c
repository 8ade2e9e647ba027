/* The log to syslog, as a syslog daemon gets it. In a mount namespace of this process alone, where /dev/log is ours.
 * Wants root. */
#include "daemon/log.h"

#include "base/check.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

static int syslog_fd;

static int set_up(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev", "tmpfs", 0, NULL) != 0) {
        fprintf(stderr, "this test wants root: it makes a mount namespace\n");
        return -1;
    }
    syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return bind(syslog_fd, (struct sockaddr *)&address, sizeof address);
}

/* What syslog(3) puts before the text: <PRIORITY>, time, name and pid. */
static const char *received(char *space, size_t size, int *priority)
{
    ssize_t len = recv(syslog_fd, space, size - 1, 0);

    if (len < 0)
        return NULL;
    space[len] = '\0';
    CHECK(sscanf(space, "<%d>", priority) == 1 && strstr(space, " ikewised[") != NULL);
    return strstr(space, "]: ") + 3;
}

static void lines_reach_syslog_with_their_severity_and_debug_lines_do_not(void **state)
{
    struct log *log = log_open(true, false, false);
    struct event e = event_of(EV_PHASE1_BEGUN), debug = event_of(EV_ACQUIRE);
    char space[2000];
    int priority;

    (void)state;
    event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc6336402));
    event_add_text(&e, FIELD_MAP, "M");
    event_add_ip(&debug, FIELD_PEER, ip_of_v4(0xc6336402));
    log_event(log, &e);
    log_event(log, &debug);
    log_note(log, LOG_WARNING, "a note");
    assert_string_equal(
        received(space, sizeof space, &priority),
        "%ASA-5-713041: IP = 198.51.100.2, IKE Initiator: New Phase 1, Intf N/A, IKE Peer 198.51.100.2  "
        "local Proxy Address N/A, remote Proxy Address N/A,  Crypto map (M)");
    CHECK(priority == (LOG_DAEMON | LOG_NOTICE));
    assert_string_equal(received(space, sizeof space, &priority), "a note");
    CHECK(priority == (LOG_DAEMON | LOG_WARNING) && received(space, sizeof space, &priority) == NULL);
    CHECK(!log_is_on_terminal(log));
    log_close(log);
}

/* What a peer calls itself cannot begin a line of its own. */
static void T03_an_event_is_one_line_of_syslog(void **state)
{
    struct log *log = log_open(true, false, false);
    struct event e = event_of(EV_SESSION_ENDED);
    char space[2000];
    int priority;

    (void)state;
    event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc6336402));
    event_add_text(&e, FIELD_GROUP, "x\n%ASA-5-713119: PHASE 1 COMPLETED");
    event_add_text(&e, FIELD_REASON, "DELETED_BY_PEER");
    log_event(log, &e);
    for (const char *line; (line = received(space, sizeof space, &priority)) != NULL;)
        CHECK(strchr(line, '\n') == NULL && strncmp(line, "%ASA-", 5) == 0);
    log_close(log);
}

static char debugged[2000], logged[2000];

static bool on_line(void *context, const struct event *event, struct logging_weight weight,
                    const struct logging_words *line)
{
    (void)context, (void)event, (void)weight;
    if (line == NULL)
        return true;
    if (line->debug != NULL)
        snprintf(debugged + strlen(debugged), sizeof debugged - strlen(debugged), "%s|", line->debug);
    snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s|", line->log);
    return true;
}

/* Debug shows a message as the device's console does, the log has it in one line under its number. A break that
 * somebody has in his name is none of the device's. */
static void who_watches_is_shown_a_console_or_the_log(void **state)
{
    static const char *const wanted_debug =
        "[IKEv1 DEBUG]: Group = x y, IP = 198.51.100.2, Transmitting Proxy Id:\n  Local subnet:  10.1.0.0  "
        "mask 255.255.0.0 Protocol 0  Port 0\n  Remote subnet: 10.2.0.0  Mask 255.255.0.0 Protocol 0  Port 0|";
    static const char *const wanted_log =
        "%ASA-7-713906: Group = x y, IP = 198.51.100.2, Transmitting Proxy Id:   Local subnet:  10.1.0.0  "
        "mask 255.255.0.0 Protocol 0  Port 0   Remote subnet: 10.2.0.0  Mask 255.255.0.0 Protocol 0  Port 0|";
    struct log *log = log_open(true, false, false);
    struct event e = event_of(EV_PROXIES_SENT);

    (void)state;
    event_add_text(&e, FIELD_GROUP, "x\ny");
    event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc6336402));
    event_add_ip(&e, FIELD_LOCAL_ADDRESS, ip_of_v4(0x0a010000));
    event_add_ip(&e, FIELD_LOCAL_MASK, ip_of_v4(0xffff0000));
    event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip_of_v4(0x0a020000));
    event_add_ip(&e, FIELD_REMOTE_MASK, ip_of_v4(0xffff0000));
    event_add_number(&e, FIELD_PROTOCOL, 0);
    event_add_number(&e, FIELD_LOCAL_PROXY_PORT, 0);
    event_add_number(&e, FIELD_REMOTE_PROXY_PORT, 0);
    log_watch(log, on_line, NULL);
    log_event(log, &e);
    CHECK(strlen(debugged) > strlen(wanted_debug) && strlen(logged) > strlen(wanted_log));
    assert_string_equal(debugged + strlen(debugged) - strlen(wanted_debug), wanted_debug);
    assert_string_equal(logged + strlen(logged) - strlen(wanted_log), wanted_log);
    log_close(log);
}

static void a_router_debugs_in_its_own_words(void **state)
{
    static const struct {
        enum event_kind kind;
        const char *debug, *why;
    } cases[] = {
        {EV_MESSAGE_RESENT, "ISAKMP", "it has words for it"},
        {EV_REKEY_TIMER, NULL, "it has none, and it is only a step"},
        {EV_TUNNEL_PARKED, "%IKEWISE-4-752011: ", "it has none, and it is a warning"},
    };
    struct log *log = log_open(false, false, false);

    (void)state;
    log_use_dialect(log, DIALECT_IOS_MIDDLE);
    log_watch(log, on_line, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event e = event_of(cases[i].kind);

        debugged[0] = logged[0] = '\0';
        event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc6336402));
        event_add_number(&e, FIELD_CONN_ID, 1);
        event_add_text(&e, FIELD_IOS_STATE, "MM_NO_STATE");
        event_add_number(&e, FIELD_SECONDS, 3060);
        event_add_number(&e, FIELD_MESSAGE_ID, 1);
        event_add_text(&e, FIELD_CAUSE, "no-transform-set");
        log_event(log, &e);
        if (logged[0] == '\0')
            fail_msg("%s: nothing is logged", cases[i].why);
        if (cases[i].debug != NULL ? strstr(debugged, cases[i].debug) == NULL : debugged[0] != '\0')
            fail_msg("%s: %s", cases[i].why, debugged);
    }
    log_close(log);
}

/* What a peer calls itself is never a format. That formats are constants, the compiler checks: -Wformat=2 -Werror. */
static void T04_what_a_peer_is_called_is_no_format(void **state)
{
    static const char *const names[] = {"%n%n%n%n", "%s%s%s%s%s", "%1000000000d", "%99999999$x", "%*.*s", "100%"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct log *log = log_open(true, false, false);
        struct event e = event_of(EV_SESSION_ENDED);
        char space[2000], wanted[100];
        int priority, count = 0;

        snprintf(wanted, sizeof wanted, "Group = %s,", names[i]);
        event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc6336402));
        event_add_text(&e, FIELD_GROUP, names[i]);
        event_add_text(&e, FIELD_REASON, "DELETED_BY_PEER");
        log_event(log, &e);
        log_note(log, LOG_WARNING, "of %s", names[i]);
        for (const char *line; (line = received(space, sizeof space, &priority)) != NULL; count++)
            if (strstr(line, wanted) == NULL && strcmp(line + strlen("of "), names[i]) != 0)
                fail_msg("%s", line);
        CHECK(count >= 2);
        log_close(log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_reach_syslog_with_their_severity_and_debug_lines_do_not),
        cmocka_unit_test(T03_an_event_is_one_line_of_syslog),
        cmocka_unit_test(who_watches_is_shown_a_console_or_the_log),
        cmocka_unit_test(a_router_debugs_in_its_own_words),
        cmocka_unit_test(T04_what_a_peer_is_called_is_no_format),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
