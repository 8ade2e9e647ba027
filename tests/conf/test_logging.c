/* Where the log goes. */
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void logging_says_where_the_log_goes(void **state)
{
    struct reading r;

    (void)state;
    reading_of(
        &r, "logging enable\nlogging timestamp rfc5424\nlogging buffered deb\nlogging monitor 4\nlogging trap errors\n"
            "logging facility 17\nlogging device-id hostname\nlogging host inside 10.1.0.9\n"
            "logging host outside 192.0.2.9 tcp/1470\nlogging host outside 192.0.2.10 17/5143\n");
    const struct logging *l = &r.conf.policy.logging;

    CHECK(r.is_ok && l->is_enabled && l->has_timestamp && l->is_rfc5424 && strcmp(l->device_id, "ciscoasa") == 0);
    CHECK(l->levels[LOGGING_BUFFERED] == 7 && l->levels[LOGGING_MONITOR] == 4 &&
          l->levels[LOGGING_TRAP] == 3 && l->facility == 17 && l->host_count == 3);
    CHECK(l->hosts[0].port == 514 && !l->hosts[0].is_tcp && strcmp(l->hosts[0].interface, "inside") == 0);
    CHECK(l->hosts[1].port == 1470 && l->hosts[1].is_tcp && ip_to_v4(l->hosts[1].ip) == 0xc0000209);
    CHECK(l->hosts[2].port == 5143 && !l->hosts[2].is_tcp);
    reading_end(&r);
}

static void without_a_word_nothing_leaves_the_machine(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, "hostname west\n");
    CHECK(!r.conf.policy.logging.is_enabled && r.conf.policy.logging.host_count == 0);
    CHECK(r.conf.policy.logging.levels[LOGGING_BUFFERED] == 6 && r.conf.policy.logging.facility == 20);
    reading_end(&r);
}

static void what_is_wrong_is_named_and_the_rest_holds(void **state)
{
    static const struct {
        const char *line, *sentence;
    } cases[] = {
        {"logging host inside 10.1.0.9 tcp/0\n", "the port is not as udp/514"},
        {"logging host inside 10.1.0.9 tls/6514\n", "the port is not as udp/514"},
        {"logging host inside 10.1.0.9 tcp/99999\n", "the port is not as udp/514"},
        {"logging host inside collector\n", "this is no address"},
        {"logging trap loud\n", "no such level of logging"},
        {"logging trap 9\n", "no such level of logging"},
        {"logging list L level loud\n", "a line is a level, or the numbers of messages"},
        {"logging list L message 713999-713000\n", "a line is a level, or the numbers of messages"},
        {"logging list L message 7139xx\n", "a line is a level, or the numbers of messages"},
        {"logging list L level errors class weather\n", "no such class of messages"},
        {"logging class weather trap errors\n", "no such class of messages"},
        {"logging class vpn trap loud\n", "no such level of logging"},
        {"logging message 713119 level loud\n", "no such level of logging"},
        {"logging device-id ipaddress nowhere\n", "there is no such interface"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct reading r;
        bool is_said = false;

        snprintf(text, sizeof text, "logging enable\n%slogging host inside 10.1.0.8\n", cases[i].line);
        reading_of(&r, text);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            is_said |= r.conf.findings[k].line == 2 && strstr(r.conf.findings[k].sentence, cases[i].sentence);
        if (!is_said || r.conf.policy.logging.host_count != 1)
            fail_msg("%s", cases[i].line);
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logging_says_where_the_log_goes),
        cmocka_unit_test(without_a_word_nothing_leaves_the_machine),
        cmocka_unit_test(what_is_wrong_is_named_and_the_rest_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
