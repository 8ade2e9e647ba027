/* Lines of exports: what a store of logs put around the line of a device is taken off. */
#include "base/check.h"
#include "source/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *line, *told[3]; /* told: all records of it; none: it is no record */
    const char *why;
} rows[] = {
    {"{\"message\":\"%ASA-5-713904: text\"}", {"%ASA-5-713904: text"}, "one member"},
    {"{\"@timestamp\":\"2026-11-21T10:00:01.000Z\",\"host\":\"fw\",\"message\":\"%ASA-5-713904: text\"}", {"2026-11-21T10:00:01.000Z %ASA-5-713904: text"}, "the store's time stands in front"},
    {"{\"_source\":{\"message\":\"%ASA-5-713904: text\",\"@timestamp\":\"2026-11-21T10:00:01.000Z\"}}", {"2026-11-21T10:00:01.000Z %ASA-5-713904: text"}, "within another object, and the time behind it"},
    {"[{\"message\":\"one\"},{\"message\":\"two\"},{\"message\":\"three\"}]", {"one", "two", "three"}, "an array in one line"},
    {"{\"hits\":{\"hits\":[{\"_source\":{\"message\":\"one\"}},{\"_source\":{\"message\":\"two\"}}]}}", {"one", "two"}, "what a search answers"},
    {"  \"message\": \"%ASA-5-713904: text\",", {"%ASA-5-713904: text"}, "a line of an object that is laid out"},
    {"{\"log\":\"09[IKE] say \\\"hello\\\"\\n\",\"stream\":\"stdout\"}", {"09[IKE] say \"hello\""}, "escapes are undone, and the end of the line goes"},
    {"{\"MESSAGE\":\"\\u0041\\u00e9\\\\b\"}", {"A \\b"}, "characters by number; what is not printable is a blank"},
    {"{\"SYSLOG_IDENTIFIER\":\"pluto\",\"MESSAGE\":\"text\",\"__REALTIME_TIMESTAMP\":\"1795255201000000\"}", {"2026-11-21T10:00:01.000 pluto: text"}, "the journal counts microseconds"},
    {"{\"time\":1709208000,\"message\":\"text\"}", {"2024-02-29T12:00:00.000 text"}, "seconds, on the last day of a February"},
    {"{\"time\":1735689599999,\"message\":\"text\"}", {"2024-12-31T23:59:59.999 text"}, "milliseconds, at the end of a year with 366 days"},
    {"{\"program\":\"%ASA-7-713236\",\"message\":\"IP = 192.0.2.1, text\"}", {"%ASA-7-713236: IP = 192.0.2.1, text"}, "a relay took the tag for a program"},
    {"{\"message\":\"never closed", {0}, "the line is cut"},
    {"{\"other\":\"text\"}", {0}, "no member that could be a line"},
    {"{ children { net { local_ts = 10.1.0.0/16 } } }", {0}, "a configuration of strongSwan"},
    {"2026-11-21T10:00:01,fw,\"%ASA-5-713904: text, more of it\"", {"2026-11-21T10:00:01: %ASA-5-713904: text, more of it"}, "CSV: only what has a comma is quoted"},
    {"\"Nov 21 2026 10:00:01: %ASA-5-713904: a \"\"quoted\"\" word\",\"fw\",\"2026-11-21\"", {"Nov 21 2026 10:00:01: %ASA-5-713904: a \"quoted\" word"}, "CSV: the line first"},
    {"2026-11-21 10:00:01,7,713236,\"IP = 192.0.2.1, IKE_DECODE SENDING\"", {"2026-11-21 10:00:01: %ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING"}, "CSV: severity and number have columns of their own"},
    {"\"2026-11-21 10:00:01\";\"fw\";\"Group = G, IP = 192.0.2.1, text\"", {"2026-11-21 10:00:01: [IKEv1]: Group = G, IP = 192.0.2.1, text"}, "CSV with semicolons, and without a number"},
    {"7|Nov 21 2026|10:00:01|713236|||||IP = 192.0.2.1, IKE_DECODE SENDING", {"Nov 21 2026 10:00:01: %ASA-7-713236: IP = 192.0.2.1, IKE_DECODE SENDING"}, "what ASDM copies"},
    {"    MESSAGE=09[IKE] initiating", {"09[IKE] initiating"}, "a field of the journal"},
    {"\"net\" #5: STATE_MAIN_I1: initiate", {0}, "pluto's own quotes"},
    {"\"timestamp\",\"source\",\"message\"", {0}, "the head of a table"},
    {"Jun 10 2010 17:36:05: %ASA-7-713906: IP = 192.0.2.1, text", {0}, "a line as a device writes it"},
    {"", {0}, "nothing"},
};
/* clang-format on */

static void a_record_is_told_as_the_line_that_is_in_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes rest = bytes_of_text(rows[i].line);
        char line[256];
        size_t len, count = 0;

        while (record_is(bytes_of_text(rows[i].line)) && record_next(&rest, line, sizeof line, &len)) {
            CHECK(len < sizeof line && line[len] == '\0');
            if (count == COUNT_OF(rows[i].told) || !rows[i].told[count])
                fail_msg("%s: one more: %s", rows[i].why, line);
            if (strcmp(line, rows[i].told[count]) != 0)
                fail_msg("%s: %s", rows[i].why, line);
            count++;
        }
        if (count < COUNT_OF(rows[i].told) && rows[i].told[count])
            fail_msg("%s: %s is missing", rows[i].why, rows[i].told[count]);
    }
}

static void a_record_that_is_longer_than_its_place_is_cut(void **state)
{
    struct bytes rest = bytes_of_text("{\"message\":\"a text that is too long\"}");
    char line[8];
    size_t len;

    (void)state;
    assert_true(record_next(&rest, line, sizeof line, &len));
    assert_true(len < sizeof line && memcmp(line, "a tex", 5) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_told_as_the_line_that_is_in_it),
        cmocka_unit_test(a_record_that_is_longer_than_its_place_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
