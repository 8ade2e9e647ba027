/* `sla monitor`, `track` and routes that hang on one: what they come to, and what is refused of them. */
#include "conf/reading.h"

#include "policy/sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OUTSIDE "interface E0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
#define TYPE " type echo protocol ipIcmpEcho 10.2.0.1 interface outside\n"
#define MONITOR OUTSIDE "sla monitor 7\n" TYPE
#define SCHEDULED MONITOR "sla monitor schedule 7 life forever start-time now\n"

static void what_nothing_is_said_of_is_as_on_an_ASA(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, SCHEDULED);
    assert_int_equal(r.conf.policy.monitor_count, 1);

    const struct sla_monitor *m = &r.conf.policy.monitors[0];

    assert_int_equal(m->number, 7);
    assert_int_equal(m->interface, 0);
    assert_int_equal(m->packet_count, 1);
    assert_int_equal(m->size, 28);
    assert_int_equal(m->tos, 0);
    assert_int_equal(m->threshold_ms, 5000);
    assert_int_equal(m->timeout_ms, 5000);
    assert_int_equal(m->frequency_s, 60);
    assert_int_equal(m->schedule.start, SLA_NOW);
    assert_int_equal(m->schedule.life_s, 0);
    reading_end(&r);
}

static void each_setting_is_the_measurement_s(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, OUTSIDE "name 10.2.0.1 core\nsla monitor 8\n type echo protocol ipIcmpEcho core interface outside\n"
                           " num-packets 3\n request-data-size 64\n tos 184\n threshold 250\n timeout 1000\n"
                           " frequency 3\ntrack 4 rtr 8 reachability\n"
                           "route outside 10.9.0.0 255.255.0.0 192.0.2.254 5 track 4\n");

    const struct sla_monitor *m = &r.conf.policy.monitors[0];

    assert_int_equal(m->target.octets[0], 10);
    assert_int_equal(m->packet_count, 3);
    assert_int_equal(m->size, 64);
    assert_int_equal(m->tos, 184);
    assert_int_equal(m->threshold_ms, 250);
    assert_int_equal(m->timeout_ms, 1000);
    assert_int_equal(m->frequency_s, 3);
    assert_int_equal(m->schedule.start, SLA_UNSCHEDULED);
    assert_int_equal(r.conf.policy.tracks[0].number, 4);
    assert_int_equal(r.conf.policy.tracks[0].monitor, 8);
    assert_int_equal(r.conf.policy.routes[0].track, 4);
    assert_int_equal(r.conf.error_count, 0);
    reading_end(&r);
}

static void a_schedule_says_from_when_on_and_for_how_long(void **state)
{
    static const struct {
        const char *words;
        struct sla_schedule schedule;
    } cases[] = {
        {"start-time now life 60", {.start = SLA_NOW, .life_s = 60}},
        {"life forever start-time pending", {.start = SLA_PENDING}},
        {"life forever", {.start = SLA_PENDING}},
        {"start-time now", {.start = SLA_NOW, .life_s = 3600}},
        {"life forever start-time after 00:05:10", {.start = SLA_AFTER, .after_s = 310}},
        {"life forever start-time 09:30", {.start = SLA_AT, .at_s = 34200}},
        {"life forever start-time 9:30:05 ageout 7", {.start = SLA_AT, .at_s = 34205, .ageout_s = 7}},
        {"start-time 0:00 24 december life 5", {.start = SLA_AT, .day = 24, .month = 12, .life_s = 5}},
        {"start-time 0:00 Feb 29 life 5", {.start = SLA_AT, .day = 29, .month = 2, .life_s = 5}},
        {"life 86400 start-time 08:00 recurring",
         {.start = SLA_AT, .at_s = 28800, .life_s = 86400, .is_recurring = true}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[512];
        struct reading r;

        snprintf(text, sizeof text, MONITOR "sla monitor schedule 7 %s\n", cases[i].words);
        reading_of(&r, text);
        if (r.conf.error_count > 0)
            print_findings(&r.conf);
        assert_int_equal(r.conf.error_count, 0);

        const struct sla_schedule *s = &r.conf.policy.monitors[0].schedule, *wanted = &cases[i].schedule;

        if (s->start != wanted->start || s->after_s != wanted->after_s || s->at_s != wanted->at_s ||
            s->day != wanted->day || s->month != wanted->month || s->life_s != wanted->life_s ||
            s->ageout_s != wanted->ageout_s || s->is_recurring != wanted->is_recurring)
            fail_msg("%s", cases[i].words);
        reading_end(&r);
    }
}

/* The last line is what is refused. */
static void what_an_ASA_does_not_take_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"sla monitor schedule 7 start-time now\n", "sla monitor 7 cannot be scheduled: there is none of that number"},
        {"sla monitor 7\n frequency 5\nsla monitor schedule 7 start-time now\n", "it has no type"},
        {MONITOR "sla monitor schedule 7 life 5 life 6\n", "life is said twice"},
        {MONITOR "sla monitor schedule 7 start-time 25:00\n", "start-time: this is neither now"},
        {MONITOR "sla monitor schedule 7 start-time 10:60\n", "start-time: this is neither now"},
        {MONITOR "sla monitor schedule 7 start-time soon\n", "start-time: this is neither now"},
        {MONITOR "sla monitor schedule 7 start-time 10:00 30 february\n", "no day and month"},
        {MONITOR "sla monitor schedule 7 start-time 10:00 ma 3\n", "no day and month"},
        {MONITOR "sla monitor schedule 7 start-time after 00:05\n", "after: this is no time"},
        {MONITOR "sla monitor schedule 7 start-time now recurring\n", "recurring: there is no time of the day"},
        {MONITOR "sla monitor schedule 7 start-time 10:00 life forever recurring\n", "longer than a day"},
        {MONITOR " frequency 4\nsla monitor schedule 7 start-time now\n",
         "its frequency of 4 s is less than its timeout of 5000 ms"},
        {MONITOR " timeout 100\nsla monitor schedule 7 start-time now\n",
         "its threshold of 5000 ms is more than its timeout of 100 ms"},
        {SCHEDULED "sla monitor 7\n frequency 6\n", "Entry already running and cannot be modified"},
        {SCHEDULED "sla monitor 7\n no type\n", "Entry already running and cannot be modified"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        uint32_t line = 0;

        for (const char *c = cases[i].text; *c; c++)
            line += *c == '\n';
        reading_of(&r, cases[i].text);
        if (r.conf.findings_of_reading_count != 1 || !has_finding(&r.conf, line, cases[i].why))
            fail_msg("%s", cases[i].text);
        reading_end(&r);
    }
}

static void a_schedule_that_was_refused_is_refused_again_when_what_is_written_is_read(void **state)
{
    char written[1024];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    reading_of(&r, OUTSIDE "sla monitor schedule 7 start-time now\nsla monitor 7\n" TYPE);
    assert_int_equal(r.conf.policy.monitors[0].schedule.start, SLA_UNSCHEDULED);
    conf_write(&r.conf, CONF_KEYS_MASKED, &t);
    reading_end(&r);
    reading_of(&r, written);
    assert_int_equal(r.conf.findings_of_reading_count, 1);
    assert_int_equal(r.conf.policy.monitors[0].schedule.start, SLA_UNSCHEDULED);
    reading_end(&r);
}

static void what_is_scheduled_may_be_said_again_word_for_word(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, SCHEDULED "sla monitor 7\n" TYPE "sla monitor schedule 7 life forever start-time now\n");
    assert_int_equal(r.conf.error_count, 0);
    assert_int_equal(r.conf.policy.monitors[0].schedule.start, SLA_NOW);
    reading_end(&r);
}

static void a_measurement_that_goes_takes_its_schedule_along_and_can_be_entered_anew(void **state)
{
    char written[1024];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    reading_of(&r, SCHEDULED "track 1 rtr 7 reachability\nno sla monitor 7\nsla monitor 7\n" TYPE " frequency 6\n");
    assert_int_equal(r.conf.error_count, 0);
    assert_int_equal(r.conf.policy.monitors[0].frequency_s, 6);
    assert_int_equal(r.conf.policy.monitors[0].schedule.start, SLA_UNSCHEDULED);
    conf_write(&r.conf, CONF_KEYS_MASKED, &t);
    assert_null(strstr(written, "schedule"));
    assert_non_null(strstr(written, "sla monitor 7\n" TYPE " frequency 6\n"));
    reading_end(&r);
}

static void a_line_that_is_refused_stays_in_what_is_written(void **state)
{
    char written[1024];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    reading_of(&r, OUTSIDE "sla monitor schedule 7 start-time now\n");
    conf_write(&r.conf, CONF_KEYS_MASKED, &t);
    assert_non_null(strstr(written, "sla monitor schedule 7 start-time now\n"));
    reading_end(&r);
}

static void what_cannot_be_run_says_so_and_the_rest_runs(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, SCHEDULED "sla monitor 8\n type echo protocol ipIcmpEcho 10.2.0.1 interface nowhere\n"
                             "sla monitor 9\n type echo protocol ipIcmpEcho 2001:db8::1 interface outside\n"
                             "sla monitor 10\n type echo protocol ipIcmpEcho somebody interface outside\n"
                             "track 1 rtr 11 reachability\n"
                             "route outside 10.9.0.0 255.255.0.0 192.0.2.254 1 track 2\n");
    assert_int_equal(r.conf.policy.monitor_count, 4);
    assert_true(ip_is_set(r.conf.policy.monitors[0].target));
    for (uint16_t i = 1; i < 4; i++)
        assert_false(ip_is_set(r.conf.policy.monitors[i].target));
    assert_true(has_finding(&r.conf, 8, "sla monitor 8 does not run: there is no interface with the nameif nowhere"));
    assert_true(has_finding(&r.conf, 10, "its target is no address of IPv4"));
    assert_true(has_finding(&r.conf, 12, "its target is neither an address nor a name given to one"));
    assert_true(has_finding(&r.conf, 13, "there is no sla monitor 11: track 1 stays down"));
    assert_true(has_finding(&r.conf, 14, "there is no track 2: this route is taken as one without it"));
    reading_end(&r);
}

static bool is_told(const struct conf *conf, const char *part)
{
    bool is_there = false;

    for (uint32_t line = 1; line < 20 && !is_there; line++)
        is_there = has_finding(conf, line, part);
    return is_there;
}

/* The gateway asks in vain what it asks in clear. */
static void a_measurement_of_the_far_end_that_no_tunnel_takes_is_told(void **state)
{
    static const char *const tunnel =
        OUTSIDE "interface E1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"
                "access-list V extended permit %s 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                "crypto map M 10 match address V\ncrypto map M interface outside\n"
                "sla monitor 7\n type echo protocol ipIcmpEcho %s interface %s\n";
    static const struct {
        const char *protocol, *target, *interface;
        bool is_told;
    } cases[] = {
        {"ip", "10.2.0.1", "inside", false},
        {"ip", "10.2.0.1", "outside", true},
        {"icmp", "10.2.0.1", "inside", false},
        {"tcp", "10.2.0.1", "inside", true},
        {"ip", "192.0.2.254", "outside", false},
        {"ip 10.1.0.0 255.255.0.0 any\naccess-list W extended permit ip", "8.8.8.8", "outside", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[1024];
        struct reading r;

        snprintf(text, sizeof text, tunnel, cases[i].protocol, cases[i].target, cases[i].interface);
        reading_of(&r, text);
        if (is_told(&r.conf, "which no line of a crypto ACL has") != cases[i].is_told)
            fail_msg("%s", text);
        reading_end(&r);
    }
}

static void more_than_there_may_be_are_left_out(void **state)
{
    static char text[64 * 1024];
    struct text t = text_of(text, sizeof text);
    struct reading r;

    (void)state;
    for (unsigned i = 1; i <= SLA_MONITORS_MAX + 1; i++)
        text_add(&t, "sla monitor %u\n", i);
    reading_of(&r, text);
    assert_int_equal(r.conf.policy.monitor_count, SLA_MONITORS_MAX);
    assert_true(has_finding(&r.conf, SLA_MONITORS_MAX + 1, "do not run"));
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nothing_is_said_of_is_as_on_an_ASA),
        cmocka_unit_test(each_setting_is_the_measurement_s),
        cmocka_unit_test(a_schedule_says_from_when_on_and_for_how_long),
        cmocka_unit_test(what_an_ASA_does_not_take_is_refused_with_its_reason),
        cmocka_unit_test(a_schedule_that_was_refused_is_refused_again_when_what_is_written_is_read),
        cmocka_unit_test(what_is_scheduled_may_be_said_again_word_for_word),
        cmocka_unit_test(a_measurement_that_goes_takes_its_schedule_along_and_can_be_entered_anew),
        cmocka_unit_test(a_line_that_is_refused_stays_in_what_is_written),
        cmocka_unit_test(what_cannot_be_run_says_so_and_the_rest_runs),
        cmocka_unit_test(a_measurement_of_the_far_end_that_no_tunnel_takes_is_told),
        cmocka_unit_test(more_than_there_may_be_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
