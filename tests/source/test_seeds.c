/* What engineers publish when they are stuck: every line of it that is of a VPN is understood, in web pages' typography
 * and with line breaks lost. */
#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEN_MAX = 400 };

static struct observation seen[SEEN_MAX];
static size_t seen_count;

/* Lines that tell nothing of a VPN: what they begin with, and why they are there. */
static const struct {
    const char *begins, *why;
} others[] = {
    {"!", "the author's remarks"},
    {"\xef", "the same, set in type"},
    {"ASA# ", "a command"},
    {"RT2#", "a command, or an empty prompt"},
    {"PC1#", "a prompt"},
    {"Crypto ISAKMP debugging is on", "an answer to a command"},
    {"interface: OUTSIDE", "stands before the entry"},
    {"access-list ACL-PPP-VPN extended permit", "the entry's access-list, before the entry"},
    {"SETUP: new interface", "start of a router"},
    {"*Jan 5 01:35:07.431: %", "start of a router"},
    {"Cisco IOS Software", "start of a router"},
    {"Technical Support", "start of a router"},
    {"Copyright", "start of a router"},
    {"Compiled", "start of a router"},
    {"Root Cause:", "the author's verdict"},
    {"Missing static", "the author's verdict"},
    {"RT2 is unable", "the author's verdict"},
};

static bool is_other(struct bytes line)
{
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (bytes_begin_with(line, bytes_of_text(others[i].begins)))
            return true;
    return line.len == 0 || line.data[0] == '\n';
}

static void take_all(struct source *s)
{
    while (seen_count < SEEN_MAX && source_next(s, &seen[seen_count]))
        seen_count++;
}

/* Line by line, so that the one which is passed over is named. */
static void read_file(const char *name)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    char path[512], line[4096];
    struct source_summary before, after;

    snprintf(path, sizeof path, "%s/source/seeds/%s", TESTS_DIR, name);
    FILE *in = fopen(path, "rb");
    CHECK(in && s);
    seen_count = 0;
    for (unsigned number = 1; fgets(line, sizeof line, in); number++) {
        before = source_summary(s);
        source_feed(s, bytes_of_text(line));
        take_all(s);
        after = source_summary(s);
        if (after.unread != before.unread || (after.ignored != before.ignored && !is_other(bytes_of_text(line))))
            fail_msg("%s, line %u is not understood: %s", name, number, line);
    }
    fclose(in);
    source_end(s);
    take_all(s);
    CHECK(source_summary(s).unread == 0);
    free(space);
}

static size_t count_kind(enum event_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < seen_count; i++)
        count += seen[i].event.kind == kind;
    return count;
}

static const struct {
    const char *file;
    enum event_kind kind;
    size_t count;
    const char *why;
} told[] = {
    {"2-ipsec-sa.txt", EV_SCREEN_IPSEC, 1, "encaps without decaps"},
    {"2-others.txt", EV_FIELD_NOTE, 2, "ESMTP inspection in two messages"},
    {"2-others.txt", EV_IKE_SWITCHED, 1, "ISAKMP is OFF"},
    {"2-asp.txt", EV_SCREEN_TRACE, 1, "packet-tracer's VPN phase"},
    {"2-asp.txt", EV_SCREEN_CONTEXT, 1, "the outbound context"},
    {"2-asp.txt", EV_SCREEN_IPSEC, 1, "the pair of it"},
    {"2-log.txt", EV_MESSAGE_SENT, 2, "messages 1 and 3"},
    {"2-log.txt", EV_MESSAGE_RESENT, 1, "message 3 again"},
    {"2-log.txt", EV_NOTIFY_IN_CLEAR, 1, "INVALID_COOKIE"},
    {"3-log.txt", EV_MESSAGE_SENT, 2, "messages 1 and 3"},
    {"3-log.txt", EV_MESSAGE_RECEIVED, 3, "message 2, and the notify twice"},
    {"3-log.txt", EV_ACQUIRE, 2, "traffic at the beginning and 5 s later"},
    {"3-log.txt", EV_NOTIFY_IN_CLEAR, 1, "INVALID_COOKIE"},
    {"3-log.txt", EV_MESSAGE_REFUSED, 2, "syslog and console say it both"},
    {"5-console.txt", EV_PHASE1_ASKED, 4, "two negotiations, two lines each"},
    {"5-console.txt", EV_PHASE1_DELETED, 2, "death by retransmission, both"},
    {"5-console.txt", EV_SCREEN_NO_SA, 2, "before the first and after the last"},
    {"5-console.txt", EV_NO_DEFAULT_ROUTE, 1, "the cause"},
    {"5-console.txt", EV_SCREEN_ROUTE, 2, "only what is connected"},
};

static void every_line_of_a_vpn_is_understood(void **state)
{
    static const char *const files[] = {"2-ipsec-sa.txt", "2-others.txt", "2-asp.txt",
                                        "2-log.txt",      "3-log.txt",    "5-console.txt"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        read_file(files[i]);
}

static void what_they_tell_is_counted_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        read_file(told[i].file);
        if (count_kind(told[i].kind) != told[i].count)
            fail_msg("%s: %zu of %s, not %zu: %s", told[i].file, count_kind(told[i].kind), event_name(told[i].kind),
                     told[i].count, told[i].why);
    }
}

static void a_tunnel_is_followed_from_the_tracer_to_its_pair(void **state)
{
    const struct event *trace = NULL, *context = NULL, *pair = NULL;

    (void)state;
    read_file("2-asp.txt");
    for (size_t i = 0; i < seen_count; i++) {
        const struct event *e = &seen[i].event;

        trace = e->kind == EV_SCREEN_TRACE ? e : trace;
        context = e->kind == EV_SCREEN_CONTEXT ? e : context;
        pair = e->kind == EV_SCREEN_IPSEC ? e : pair;
    }
    CHECK(trace && context && pair);
    CHECK(event_number(trace, FIELD_HANDLE) == 0x922fac && event_number(context, FIELD_HANDLE) == 0x922fac);
    CHECK(event_number(context, FIELD_SPI) == 0xe5c56c30 && event_number(pair, FIELD_SPI_OUT) == 0xe5c56c30);
    CHECK(event_number(pair, FIELD_SPI_IN) == 0xa40d0530 && event_number(pair, FIELD_ENCAPSULATED) == 402798);
    CHECK(strcmp(event_text(context, FIELD_DIRECTION), "outbound") == 0);
    CHECK(strcmp(event_text(trace, FIELD_ATTRIBUTE), "encrypt") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_a_vpn_is_understood),
        cmocka_unit_test(what_they_tell_is_counted_right),
        cmocka_unit_test(a_tunnel_is_followed_from_the_tracer_to_its_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
