#include "event/journal.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct endpoint west = {{IP_V4, {198, 51, 100, 2}}, 500}, east = {{IP_V6, {0x20, 1, [15] = 1}}, 4500};

static void a_message_is_read_back_piece_by_piece(void **state)
{
    static uint8_t message[2 * JOURNAL_PIECE_LEN + 7], got[sizeof message];
    size_t have = 0, lines = 0;

    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 31 + 1);
    for (size_t at = 0; at < sizeof message; at += JOURNAL_PIECE_LEN, lines++) {
        char space[JOURNAL_LINE_SIZE];
        struct text t = text_of(space, sizeof space);
        struct journal_line line;

        journal_add_message(&t, JOURNAL_OUT, west, east, BYTES_OF(message), at);
        CHECK(!t.is_cut);
        CHECK(journal_line_read(&line, bytes_of_text(space)));
        CHECK(line.kind == JOURNAL_OUT && line.len == sizeof message && line.at == at);
        CHECK(endpoint_equal(line.from, west) && endpoint_equal(line.to, east));
        have += journal_piece(line.rest, got + have, sizeof got - have);
    }
    CHECK(lines == 3 && have == sizeof message && memcmp(got, message, have) == 0);
}

static void the_time_stands_in_front_with_its_milliseconds(void **state)
{
    char space[64];
    struct text t = text_of(space, sizeof space);

    (void)state;
    journal_add_time(&t, (struct phrase_stamp){.year = 2026, .month = 1, .day = 2, .hour = 3, .minute = 4, .second = 5},
                     6);
    journal_add_words(&t, JOURNAL_INPUT, "timer");
    assert_string_equal(space, "2026-01-02T03:04:05.006Z input timer");
}

static void what_is_no_line_of_a_journal_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "nothing"},
        {"inn 192.0.2.1 500 192.0.2.2 500 4 0 00", "another word"},
        {"in", "nothing behind it"},
        {"in 192.0.2.1 500 192.0.2.2 500 4 4 00", "begins behind the end"},
        {"in 192.0.2.1 500 192.0.2.2 500 0 0 ", "an empty message"},
        {"in 192.0.2.1 65536 192.0.2.2 500 4 0 00", "no port"},
        {"in 192.0.2.1 500 192.0.2.2 500 99999 0 00", "longer than a datagram"},
        {"in 192.0.2.1 500 192.0.2.2 500 99999999999999999999 0 00", "a number without end"},
        {"in 192.0.2.256 500 192.0.2.2 500 4 0 00", "no address"},
        {"in  192.0.2.1 500 192.0.2.2 500 4 0 00", "a word that is empty"},
        {"in 192.0.2.1 -1 192.0.2.2 500 4 0 00", "a sign"},
    };
    static const char *const digits[] = {"0", "0g", "AA", "00 0"};
    struct journal_line line = {.len = 77};
    uint8_t piece[2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (journal_line_read(&line, bytes_of_text(cases[i].text)) || line.len != 77)
            fail_msg("%s", cases[i].why);
    for (size_t i = 0; i < COUNT_OF(digits); i++)
        assert_int_equal(journal_piece(bytes_of_text(digits[i]), piece, sizeof piece), 0);
    assert_int_equal(journal_piece(bytes_of_text("000102"), piece, sizeof piece), 0);
    assert_int_equal(journal_piece(bytes_of_text("0a0b"), piece, sizeof piece), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_back_piece_by_piece),
        cmocka_unit_test(the_time_stands_in_front_with_its_milliseconds),
        cmocka_unit_test(what_is_no_line_of_a_journal_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
