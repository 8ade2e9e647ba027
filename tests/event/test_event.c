#include "base/check.h"
#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void an_event_gives_back_what_it_was_given(void **state)
{
    struct event e = event_of(EV_MESSAGE_SENT);

    (void)state;
    CHECK(!event_has(&e, FIELD_PEER) && !ip_is_set(event_ip(&e, FIELD_PEER)));
    CHECK(event_number(&e, FIELD_LENGTH) == 0 && strcmp(event_text(&e, FIELD_PAYLOADS), "") == 0);
    event_add_ip(&e, FIELD_PEER, ip_of_v4(0xc0000201));
    event_add_number(&e, FIELD_LENGTH, 148);
    event_add_text(&e, FIELD_PAYLOADS, "HDR + SA (1)");
    event_add_escaped(&e, FIELD_GROUP, bytes_of("a\x1b[1m\\", 6));
    CHECK(event_has(&e, FIELD_PEER) && ip_to_v4(event_ip(&e, FIELD_PEER)) == 0xc0000201);
    CHECK(event_number(&e, FIELD_LENGTH) == 148);
    CHECK(strcmp(event_text(&e, FIELD_PAYLOADS), "HDR + SA (1)") == 0);
    CHECK(strcmp(event_text(&e, FIELD_GROUP), "a\\x1b[1m\\\\") == 0);
    CHECK(!e.is_cut);
}

static void a_field_stands_once_and_the_last_value_counts(void **state)
{
    struct event e = event_of(EV_HINT);

    (void)state;
    event_add_text(&e, FIELD_DETAIL, "first");
    event_add_text(&e, FIELD_DETAIL, "second");
    CHECK(e.field_count == 1 && strcmp(event_text(&e, FIELD_DETAIL), "second") == 0);
}

static void events_are_equal_whatever_the_order_of_their_fields(void **state)
{
    struct event a = event_of(EV_HINT), b = event_of(EV_HINT);

    (void)state;
    event_add_text(&a, FIELD_DETAIL, "x");
    event_add_number(&a, FIELD_ERRNO, 5);
    event_add_number(&b, FIELD_ERRNO, 5);
    CHECK(!event_equal(&a, &b) && !event_equal(&b, &a));
    event_add_text(&b, FIELD_DETAIL, "x");
    CHECK(event_equal(&a, &b));
    event_add_number(&b, FIELD_ERRNO, 6);
    CHECK(!event_equal(&a, &b));
    b = a;
    b.kind = EV_ACQUIRE;
    CHECK(!event_equal(&a, &b));
}

static void a_full_event_is_cut_and_says_so(void **state)
{
    struct event e = event_of(EV_HINT);
    char long_text[2 * EVENT_TEXT_SIZE];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    for (int i = 0; i < 3; i++)
        event_add_text(&e, FIELD_DETAIL, long_text);
    event_add_text(&e, FIELD_GROUP, "late");
    CHECK(e.is_cut && strlen(event_text(&e, FIELD_DETAIL)) < EVENT_TEXT_SIZE);
    CHECK(strcmp(event_text(&e, FIELD_GROUP), "") == 0);

    e = event_of(EV_HINT);
    for (enum event_field_id id = FIELD_NONE + 1; id < FIELD_IDS; id++)
        if (event_field_type(id) == FIELD_TYPE_NUMBER)
            event_add_number(&e, id, id);
    CHECK(e.is_cut && e.field_count == EVENT_FIELDS_MAX);
}

static void every_event_and_field_has_a_name_and_a_meaning(void **state)
{
    (void)state;
    CHECK(strcmp(event_name(EV_PHASE1_BEGUN), "phase1-begun") == 0);
    CHECK(strcmp(event_field_name(FIELD_MESSAGE_ID), "MESSAGE_ID") == 0);
    for (enum event_kind kind = EV_NONE + 1; kind < EV_COUNT; kind++) {
        CHECK(strlen(event_meaning(kind)) > 0);
        CHECK(strspn(event_name(kind), "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(event_name(kind)));
        for (enum event_kind other = EV_NONE; other < kind; other++)
            CHECK(strcmp(event_name(kind), event_name(other)) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_gives_back_what_it_was_given),
        cmocka_unit_test(a_field_stands_once_and_the_last_value_counts),
        cmocka_unit_test(events_are_equal_whatever_the_order_of_their_fields),
        cmocka_unit_test(a_full_event_is_cut_and_says_so),
        cmocka_unit_test(every_event_and_field_has_a_name_and_a_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
