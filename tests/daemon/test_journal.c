#include "daemon/journal.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS = 40000 };

static struct journal journal;
static uint8_t message[JOURNAL_MESSAGE_MAX + 1000];

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

static struct bytes message_number_of(uint32_t n)
{
    return bytes_of(message, n * 131 % sizeof message);
}

static struct endpoint endpoint_of(uint32_t n)
{
    return (struct endpoint){ip_of_v4(n), (uint16_t)n};
}

static void keep(uint32_t n)
{
    struct endpoint local = endpoint_of(n), remote = endpoint_of(n + 1);
    struct event event = event_number_of(n);

    if (n % 7 == 3)
        journal_keep_message(&journal, n % 2 == 0, &local, &remote, message_number_of(n), 1000 + n);
    else if (n % 7 == 5)
        journal_keep_input(&journal, n % 2 == 0 ? "timer" : "acquire", 1000 + n);
    else
        journal_keep_event(&journal, &event, 1000 + n);
}

static void check_message(const struct journal_record *r, uint32_t n)
{
    struct bytes sent = message_number_of(n);

    CHECK(r->kind == JOURNAL_IS_MESSAGE && r->message.is_sent == (n % 2 == 0));
    CHECK(r->message.is_cut == (sent.len > JOURNAL_MESSAGE_MAX));
    CHECK(endpoint_equal(r->message.local, endpoint_of(n)) && endpoint_equal(r->message.remote, endpoint_of(n + 1)));
    CHECK(ip_equal(journal_peer(r), endpoint_of(n + 1).ip));
    sent.len = sent.len < JOURNAL_MESSAGE_MAX ? sent.len : JOURNAL_MESSAGE_MAX;
    CHECK(r->message.data.len == sent.len && memcmp(r->message.data.data, message, sent.len) == 0);
}

static void check_record(const struct journal_record *r, uint32_t n)
{
    struct event expected = event_number_of(n);

    CHECK(r->at_ms == 1000 + n);
    if (n % 7 == 3) {
        check_message(r, n);
    } else if (n % 7 == 5) {
        CHECK(r->kind == JOURNAL_IS_INPUT && strcmp(r->input, n % 2 == 0 ? "timer" : "acquire") == 0);
    } else {
        CHECK(r->kind == JOURNAL_IS_EVENT && r->event.kind == expected.kind && event_equal(&r->event, &expected));
        CHECK(ip_equal(journal_peer(r), event_ip(&expected, FIELD_PEER)));
    }
}

static void the_newest_records_are_there_as_they_were(void **state)
{
    static struct journal_record r;
    uint32_t least = JOURNAL_RECORDS_MAX;

    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7 + i / 256);
    CHECK(!journal_read(&journal, 0, &r));
    for (uint32_t n = 0; n < RECORDS; n++) {
        uint32_t kept = 0;

        keep(n);
        if (n % 997 != 0 && n < RECORDS - 10)
            continue;
        for (; journal_read(&journal, kept, &r); kept++)
            check_record(&r, n - kept);
        CHECK(kept <= JOURNAL_RECORDS_MAX && kept <= n + 1);
        if (n > RECORDS / 2 && kept < least)
            least = kept;
    }
    /* one in seven is a message of 4 kB in the mean */
    CHECK(least >= JOURNAL_BYTES / 1500);
}

static void short_records_are_limited_by_their_number(void **state)
{
    struct event e = event_of(EV_SESSION_ENDED);
    static struct journal_record r;

    (void)state;
    for (uint32_t n = 0; n < 3 * JOURNAL_RECORDS_MAX; n++)
        journal_keep_event(&journal, &e, n);
    CHECK(journal_read(&journal, JOURNAL_RECORDS_MAX - 1, &r) && r.at_ms == 2 * JOURNAL_RECORDS_MAX);
    CHECK(!journal_read(&journal, JOURNAL_RECORDS_MAX, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_records_are_there_as_they_were),
        cmocka_unit_test(short_records_are_limited_by_their_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
