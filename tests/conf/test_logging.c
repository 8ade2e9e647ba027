/* Where the log goes. */
#include "conf/convert.h"
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
    CHECK(l->levels[LOGGING_BUFFERED] == 7 && l->levels[LOGGING_MONITOR] == 4 && l->levels[LOGGING_TRAP] == 3 &&
          l->facility == 17 && l->host_count == 3);
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
        {"logging class vpn trap 4 mail 2\n", "nothing is logged to mail here"},
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

/* An ASA takes several at once, and writes them so. */
static void a_class_goes_to_several_places_in_one_line(void **state)
{
    static const struct {
        const char *lines, *written, *why;
        uint8_t levels[LOGGING_TARGETS]; /* buffered, monitor, trap */
    } cases[] = {
        {"logging class vpn buffered debugging trap 4\n",
         "logging class vpn buffered debugging trap 4\n",
         "as typed",
         {7, LOGGING_OFF, 4}},
        {"logging class vpn buffered debugging\nlogging class vpn trap 4\n",
         "logging class vpn buffered debugging trap 4\n",
         "one after the other",
         {7, LOGGING_OFF, 4}},
        {"logging class vpn buffered 7 trap 4\nlogging class vpn trap 5 monitor 2\n",
         "logging class vpn buffered 7 trap 5 monitor 2\n",
         "a later level replaces",
         {7, 2, 5}},
        {"logging class vpn buffered 7 trap 4\nno logging class vpn trap 4\n",
         "logging class vpn buffered 7\n",
         "one of two taken away",
         {7, LOGGING_OFF, LOGGING_OFF}},
        {"logging class vpn buffered 7\nno logging class vpn buffered 7\n", NULL, "the last one", {0}},
        {"logging class vpn buffered 7 trap 4\nno logging class vpn\n", NULL, "all", {0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[4096];
        struct text written = text_of(space, sizeof space);
        struct reading r;

        reading_of(&r, cases[i].lines);
        const struct logging *l = &r.conf.policy.logging;
        conf_write(&r.conf, CONF_KEYS_MASKED, &written);
        if ((cases[i].written == NULL) != (strstr(space, "logging class") == NULL) ||
            (cases[i].written != NULL && strstr(space, cases[i].written) == NULL))
            fail_msg("%s: %s", cases[i].why, space);
        CHECK(l->class_count == (cases[i].written != NULL));
        for (int k = 0; cases[i].written != NULL && k < LOGGING_TARGETS; k++)
            if (l->classes[0].levels[k] != cases[i].levels[k])
                fail_msg("%s: %d is %u", cases[i].why, k, l->classes[0].levels[k]);
        reading_end(&r);
    }
}

static void a_router_is_told_the_same(void **state)
{
    static const char asa[] = "logging enable\nlogging timestamp rfc5424\nlogging buffered debugging\n"
                              "logging list IKE level errors class vpn\nlogging trap IKE\nlogging monitor 4\n"
                              "logging facility 22\nlogging device-id hostname\nlogging class vpn trap 5\n"
                              "logging host inside 10.1.0.9\nlogging host inside 10.1.0.8 tcp/1470\n";
    static const char ios[] = "logging buffered 7\nlogging monitor 4\n"
                              "! not carried: that the list IKE says what is logged (trap)\n"
                              "service timestamps log datetime\n! not carried: the form of RFC 5424\n"
                              "logging facility local6\nlogging origin-id hostname\nlogging host 10.1.0.9\n"
                              "logging host 10.1.0.8 transport tcp port 1470\n"
                              "! not carried: line 4: logging list IKE level errors class vpn\n"
                              "! not carried: line 9: logging class vpn trap 5\n";
    char space[8192];
    struct text written = text_of(space, sizeof space);
    struct reading r;

    (void)state;
    reading_of(&r, asa);
    conf_convert(&r.conf, CONF_TO_IOS, &written);
    if (strstr(space, ios) == NULL)
        fail_msg("%s", space);
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logging_says_where_the_log_goes),
        cmocka_unit_test(without_a_word_nothing_leaves_the_machine),
        cmocka_unit_test(what_is_wrong_is_named_and_the_rest_holds),
        cmocka_unit_test(a_class_goes_to_several_places_in_one_line),
        cmocka_unit_test(a_router_is_told_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
