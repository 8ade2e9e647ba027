#include "daemon/log_past.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 20000 };

static struct log_past past;

/* The n-th event of the test: of any length. */
static struct event event_number_of(uint32_t n)
{
    struct event e = event_of((enum event_kind)(1 + n % (EV_COUNT - 1)));
    char text[EVENT_TEXT_SIZE];

    memset(text, 'a' + (int)(n % 26), sizeof text);
    text[n * 7919 % (sizeof text - 1)] = '\0';
    if (n % 5 != 0)
        event_add_number(&e, FIELD_COUNT, n);
    if (n % 3 != 0)
        event_add_text(&e, FIELD_DETAIL, text);
    if (n % 4 == 0)
        event_add_ip(&e, FIELD_PEER, ip_of_v4(n));
    return e;
}

static void the_newest_events_are_there_as_they_were(void **state)
{
    struct event e, expected;
    uint32_t least = PAST_EVENTS_MAX;
    int64_t at_s;

    (void)state;
    CHECK(!log_past_read(&past, 0, &e, &at_s));
    for (uint32_t n = 0; n < EVENTS; n++) {
        uint32_t kept = 0;

        expected = event_number_of(n);
        log_past_keep(&past, &expected, 1000 + n);
        if (n % 997 != 0 && n < EVENTS - 10)
            continue;
        for (; log_past_read(&past, kept, &e, &at_s); kept++) {
            expected = event_number_of(n - kept);
            CHECK(at_s == 1000 + n - kept && e.kind == expected.kind && event_equal(&e, &expected));
        }
        CHECK(kept <= PAST_EVENTS_MAX && kept <= n + 1);
        if (n > EVENTS / 2 && kept < least)
            least = kept;
    }
    /* these are long ones */
    CHECK(least >= PAST_BYTES / (int)sizeof(struct event));
}

static void short_events_are_limited_by_their_number(void **state)
{
    struct event e = event_of(EV_SESSION_ENDED);
    int64_t at_s;

    (void)state;
    for (uint32_t n = 0; n < 3 * PAST_EVENTS_MAX; n++)
        log_past_keep(&past, &e, n);
    CHECK(log_past_read(&past, PAST_EVENTS_MAX - 1, &e, &at_s) && at_s == 2 * PAST_EVENTS_MAX);
    CHECK(!log_past_read(&past, PAST_EVENTS_MAX, &e, &at_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_events_are_there_as_they_were),
        cmocka_unit_test(short_events_are_limited_by_their_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
