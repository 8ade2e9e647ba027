/* The log to other machines, on the loopback: both forms, both protocols, and a host that is not there. */
#include "conf/reading.h"
#include "daemon/log.h"
#include "daemon/log_remote.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static uv_loop_t loop;

static int listener(bool is_tcp, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 5};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && (!is_tcp || listen(fd, 4) == 0));
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static struct logging to_port(uint16_t port, bool is_tcp)
{
    return (struct logging){.is_enabled = true,
                            .levels = {6, 6, 6},
                            .facility = 20,
                            .has_timestamp = true,
                            .hosts = {{.ip = ip_of_v4(0x7f000001), .port = port, .is_tcp = is_tcp}},
                            .host_count = 1};
}

static void end(struct log_remote *remote)
{
    log_remote_free(remote);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
}

static struct log_remote *begin(void)
{
    CHECK(uv_loop_init(&loop) == 0);
    return log_remote_create(&loop);
}

/* As an ASA: <pri>Mon DD YYYY HH:MM:SS HOST : %ASA-... */
static void a_line_over_UDP_is_as_an_ASA_writes_it(void **state)
{
    struct log_remote *remote = begin();
    uint16_t port;
    int fd = listener(false, &port), year, at = 0;
    struct logging logging = to_port(port, false);
    char space[2048], month[4];

    (void)state;
    logging.device_id = "west";
    log_remote_use(remote, &logging, "west");
    CHECK(log_remote_severity(remote) == 6);
    log_remote_send(remote, 4, 713903, "%ASA-4-713903: a line");
    ssize_t len = recv(fd, space, sizeof space - 1, 0);
    CHECK(len > 0);
    space[len] = '\0';
    if (sscanf(space, "<164>%3s %*d %d %*d:%*d:%*d west : %n", month, &year, &at) != 2 || year < 2020 ||
        strcmp(space + at, "%ASA-4-713903: a line") != 0)
        fail_msg("%s", space);
    CHECK(log_remote_tally(remote, 0).sent == 1);
    close(fd);
    end(remote);
}

static void a_line_of_RFC_5424_has_its_header(void **state)
{
    struct log_remote *remote = begin();
    uint16_t port;
    int fd = listener(false, &port), year, pid, at = 0;
    struct logging logging = to_port(port, false);
    char space[2048];

    (void)state;
    logging.is_rfc5424 = true;
    log_remote_use(remote, &logging, "west");
    log_remote_send(remote, 5, 713041, "%ASA-5-713041: a line");
    ssize_t len = recv(fd, space, sizeof space - 1, 0);
    CHECK(len > 0);
    space[len] = '\0';
    if (sscanf(space, "<165>1 %d-%*d-%*dT%*d:%*d:%*dZ west ikewised %d 713041 - %n", &year, &pid, &at) != 2 ||
        strcmp(space + at, "%ASA-5-713041: a line") != 0)
        fail_msg("%s", space);
    CHECK(pid == getpid());
    close(fd);
    end(remote);
}

static void lines_over_TCP_come_in_order_each_on_a_line(void **state)
{
    struct log_remote *remote = begin();
    uint16_t port;
    int fd = listener(true, &port);
    struct logging logging = to_port(port, true);
    char space[2048] = "";
    size_t len = 0;

    (void)state;
    logging.has_timestamp = false;
    log_remote_use(remote, &logging, "west");
    log_remote_send(remote, 6, 1, "first");
    log_remote_send(remote, 6, 2, "second");
    for (int i = 0; i < 100 && log_remote_tally(remote, 0).sent < 2; i++)
        uv_run(&loop, UV_RUN_ONCE);
    int one = accept(fd, NULL, NULL);
    CHECK(one >= 0);
    while (len < strlen("<166>first\n<166>second\n")) {
        ssize_t got = recv(one, space + len, sizeof space - 1 - len, 0);

        CHECK(got > 0);
        len += (size_t)got;
    }
    assert_string_equal(space, "<166>first\n<166>second\n");
    close(one);
    close(fd);
    end(remote);
}

static void a_host_that_is_not_there_costs_lines_and_no_time(void **state)
{
    struct log_remote *remote = begin();
    uint16_t port;
    struct logging logging;

    (void)state;
    close(listener(true, &port));
    logging = to_port(port, true);
    log_remote_use(remote, &logging, "west");
    for (int i = 0; i < 10000; i++) {
        log_remote_send(remote, 6, 1, "a line of fifty characters, more or less, as they are");
        if (i % 100 == 0)
            uv_run(&loop, UV_RUN_NOWAIT);
    }
    struct log_remote_tally tally = log_remote_tally(remote, 0);
    CHECK(tally.sent == 0 && tally.errors >= 1 && tally.down > 5000 && tally.flaps == 0);
    end(remote);
}

static void what_is_switched_off_is_not_sent(void **state)
{
    struct log_remote *remote = begin();
    struct logging logging = to_port(514, false);

    (void)state;
    CHECK(log_remote_severity(remote) == -1);
    logging.is_enabled = false;
    log_remote_use(remote, &logging, "west");
    CHECK(log_remote_severity(remote) == -1);
    logging.is_enabled = true;
    logging.host_count = 0;
    log_remote_use(remote, &logging, "west");
    CHECK(log_remote_severity(remote) == -1);
    end(remote);
}

/* What a collector gets of three things that happen, by a configuration: through the log and a socket. */
static const struct {
    const char *lines, *comes, *why;
} wishes[] = {
    {"logging trap debugging\n", "7-715077 5-713119 5-111008", "all"},
    {"logging trap notifications\n", "5-713119 5-111008", "what is severe enough"},
    {"logging trap errors\n", "", "nothing is"},
    {"logging trap errors\nlogging class vpn trap debugging\n", "7-715077 5-713119", "of a class, more than of all"},
    {"logging trap debugging\nlogging class vpn trap errors\n", "5-111008", "of a class, less"},
    {"logging trap debugging\nlogging class vpn buffered errors\n", "7-715077 5-713119 5-111008",
     "a class that is of the buffer alone"},
    {"logging list L level notifications class config\nlogging list L message 715000-715099\nlogging trap L\n",
     "7-715077 5-111008", "a list: its lines are alternatives"},
    {"logging list K level debugging\nlogging list L message 713119\nlogging trap L\n", "5-713119",
     "the second of two lists"},
    {"logging trap debugging\nno logging message 713119\n", "7-715077 5-111008", "a message that nobody wants"},
    {"logging trap debugging\nno logging message 713119\nlogging message 713119\n", "7-715077 5-713119 5-111008",
     "and is wanted again"},
    {"logging trap errors\nlogging message 713119 level critical\n", "2-713119", "one that is more severe"},
    {"logging trap notifications\nlogging message 713119 level debugging\n", "5-111008", "one that is less severe"},
};

static void send_to_remote(void *context, int severity, uint32_t number, const char *line)
{
    log_remote_send(context, severity, number, line);
}

static int severity_of_remote(void *context)
{
    return log_remote_severity(context);
}

static void three_things_happen(struct log *log)
{
    struct event acquire = event_of(EV_ACQUIRE), up = event_of(EV_PHASE1_COMPLETED), given = event_of(EV_COMMAND_GIVEN);

    event_add_ip(&up, FIELD_PEER, ip_of_v4(0xc0000201));
    event_add_text(&given, FIELD_ADMINISTRATOR, "alice");
    event_add_text(&given, FIELD_COMMAND, "write memory");
    log_event(log, &acquire);
    log_event(log, &up);
    log_event(log, &given);
}

/* "5-713119 5-111008": the tags of the datagrams. */
static void add_tags(int fd, size_t count, char *tags, size_t size)
{
    struct text t = text_of(tags, size);

    for (size_t i = 0; i < count; i++) {
        char space[2048];
        ssize_t len = recv(fd, space, sizeof space - 1, 0);

        CHECK(len > 0);
        space[len] = '\0';
        const char *tag = strstr(space, "%ASA-");
        unsigned priority = (unsigned)atoi(space + 1);
        CHECK(tag != NULL && tag[5] - '0' == (int)(priority & 7));
        text_add(&t, "%s%.8s", i ? " " : "", tag + 5);
    }
}

static void a_collector_gets_what_the_configuration_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        struct log_remote *remote = begin();
        struct log *log = log_open(false, false, false);
        uint16_t port;
        int fd = listener(false, &port);
        char text[1024], tags[256] = "";
        struct reading r;

        snprintf(text, sizeof text, "logging enable\nlogging timestamp\n%slogging host inside 127.0.0.1 udp/%u\n",
                 wishes[i].lines, port);
        reading_of(&r, text);
        CHECK(r.is_ok);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            if (r.conf.findings[k].severity == CONF_WARNING)
                fail_msg("%s", r.conf.findings[k].sentence);
        log_use_logging(log, &r.conf.policy.logging);
        log_remote_use(remote, &r.conf.policy.logging, "west");
        log_send_to(log, &(struct log_sink){remote, severity_of_remote, send_to_remote});
        three_things_happen(log);
        add_tags(fd, log_remote_tally(remote, 0).sent, tags, sizeof tags);
        if (strcmp(tags, wishes[i].comes) != 0)
            fail_msg("%s: %s instead of %s", wishes[i].why, tags, wishes[i].comes);
        log_send_to(log, NULL);
        log_close(log);
        reading_end(&r);
        close(fd);
        end(remote);
    }
}

static void lines_begin_with_the_name_that_is_wanted(void **state)
{
    static const struct {
        const char *line, *begins;
    } cases[] = {
        {"logging device-id hostname\n", "<165>west : %ASA-5-"},
        {"logging device-id string branch 7\n", "<165>branch 7 : %ASA-5-"},
        {"logging device-id ipaddress outside\n", "<165>192.0.2.1 : %ASA-5-"},
        {"", "<165>%ASA-5-"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct log_remote *remote = begin();
        uint16_t port;
        int fd = listener(false, &port);
        char text[1024], space[2048];
        struct reading r;

        snprintf(text, sizeof text,
                 "hostname west\ninterface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
                 "logging enable\n%slogging host inside 127.0.0.1 udp/%u\n",
                 cases[i].line, port);
        reading_of(&r, text);
        CHECK(r.is_ok);
        log_remote_use(remote, &r.conf.policy.logging, "west");
        reading_end(&r); /* the configuration may go */
        log_remote_send(remote, 5, 713119, "%ASA-5-713119: a line");
        ssize_t len = recv(fd, space, sizeof space - 1, 0);
        CHECK(len > 0);
        space[len] = '\0';
        if (strncmp(space, cases[i].begins, strlen(cases[i].begins)) != 0)
            fail_msg("%s: %s", cases[i].line, space);
        close(fd);
        end(remote);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_over_UDP_is_as_an_ASA_writes_it),
        cmocka_unit_test(a_line_of_RFC_5424_has_its_header),
        cmocka_unit_test(lines_over_TCP_come_in_order_each_on_a_line),
        cmocka_unit_test(a_host_that_is_not_there_costs_lines_and_no_time),
        cmocka_unit_test(what_is_switched_off_is_not_sent),
        cmocka_unit_test(a_collector_gets_what_the_configuration_says),
        cmocka_unit_test(lines_begin_with_the_name_that_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
