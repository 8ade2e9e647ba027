/* Journals: messages of the wire and lines of the log side by side, whole and mangled. */
#include "base/check.h"
#include "event/journal.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEN_MAX = 32 };

static struct seen {
    struct observation all[SEEN_MAX];
    char texts[SEEN_MAX][SOURCE_TEXT_SIZE];
    size_t count;
    struct source_summary sum;
} seen;

/* Piece by piece, as a pipe may give it. */
static void read_all(const char *file, size_t step)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct bytes rest = bytes_of_text(file);

    seen.count = 0;
    for (bool has_ended = false; !has_ended;) {
        struct bytes piece = bytes_of(rest.data, rest.len < step ? rest.len : step);

        has_ended = rest.len == 0;
        rest = bytes_after(rest, piece.len);
        if (has_ended)
            source_end(s);
        else
            source_feed(s, piece);
        for (struct observation o; source_next(s, &o); seen.count++) {
            CHECK(seen.count < SEEN_MAX);
            seen.all[seen.count] = o;
            strcpy(seen.texts[seen.count], source_text(s));
        }
    }
    seen.sum = source_summary(s);
    source_wipe(s);
    free(space);
}

#define HEAD "ikewise-journal/1\n"
#define REFUSAL                                                                                                        \
    "1112131415161718"                                                                                                 \
    "2122232425262728"                                                                                                 \
    "0b10050011223344"                                                                                                 \
    "00000028"                                                                                                         \
    "0000000c000000010100000e"
#define STAMP "2026-11-21T09:30:00.123Z "
#define IN STAMP "in 203.0.113.2 500 198.51.100.2 500 40 "

static void messages_are_of_the_wire_and_lines_of_the_device(void **state)
{
    (void)state;
    for (size_t step = 1; step < 400; step += 37) {
        read_all(HEAD STAMP "input acquire\n" IN "0 " REFUSAL "\n" STAMP
                            "%ASA-7-715064: IP = 203.0.113.2, IKE Peer included IKE fragmentation "
                            "capability flags:  Main Mode:        True  Aggressive Mode:  True\n",
                 step);
        assert_int_equal(seen.sum.kind, SOURCE_JOURNAL);
        assert_int_equal(seen.sum.unread, 0);
        CHECK(seen.count >= 2);
        assert_int_equal(seen.all[0].vantage, VANTAGE_WIRE);
        assert_int_equal(seen.all[0].event.kind, EV_PACKET_SEEN);
        assert_string_equal(event_text(&seen.all[0].event, FIELD_NOTIFY), "NO_PROPOSAL_CHOSEN");
        assert_int_equal(seen.all[0].time_ms % 60000, 123);
        assert_int_equal(seen.all[0].line, 3);
        CHECK(strstr(seen.texts[0], "203.0.113.2:500 > 198.51.100.2:500"));
        CHECK(!strstr(seen.texts[0], "1112131415161718"));
        for (size_t i = 1; i < seen.count; i++) {
            assert_int_equal(seen.all[i].vantage, VANTAGE_DEVICE);
            assert_int_equal(seen.all[i].product, PRODUCT_IKEWISE);
        }
    }
}

static void what_is_mangled_costs_its_line_alone(void **state)
{
    static const struct {
        const char *file;
        size_t packets, cut;
        const char *why;
    } cases[] = {
        {HEAD IN "0 " REFUSAL "\n", 1, 0, "whole"},
        {IN "0 " REFUSAL "\n", 0, 0, "without its head it is no journal"},
        {HEAD IN "0 1112\n" IN "0 " REFUSAL "\n", 1, 0, "cut in the middle, too short for a header"},
        {HEAD IN "0 11121314151617182122232425262728"
                 "0b1005001122334400000028\n",
         1, 1, "cut behind the header"},
        {HEAD IN "7 " REFUSAL "\n" IN "0 " REFUSAL "\n", 1, 0, "a piece whose beginning is missing"},
        {HEAD IN "0 " REFUSAL "zz\n" IN "0 " REFUSAL "\n", 1, 0, "what are no digits"},
        {HEAD STAMP "key nothing\n" IN "0 " REFUSAL "\n", 1, 0, "a key that is none"},
        {HEAD "in\n\n\033[31min " REFUSAL "\n" IN "0 " REFUSAL "\n", 1, 0, "a terminal's escape"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t packets = 0, cut = 0;

        read_all(cases[i].file, 100);
        for (size_t k = 0; k < seen.count; k++) {
            packets += seen.all[k].event.kind == EV_PACKET_SEEN;
            cut += strcmp(event_text(&seen.all[k].event, FIELD_CAUSE), "captured-in-part") == 0;
        }
        if (packets != cases[i].packets || cut != cases[i].cut)
            fail_msg("%s: %zu packets, %zu of them cut", cases[i].why, packets, cut);
    }
}

static void a_key_is_in_no_text(void **state)
{
    (void)state;
    read_all(HEAD STAMP "key 1112131415161718,00112233445566778899aabbccddeeff\n" STAMP "key rubbish\n" IN "0 " REFUSAL
                        "\n",
             1000);
    CHECK(seen.count > 0);
    for (size_t i = 0; i < seen.count; i++)
        CHECK(!strstr(seen.texts[i], "001122") && !strstr(seen.texts[i], "rubbish"));
    assert_int_equal(seen.sum.unread, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_of_the_wire_and_lines_of_the_device),
        cmocka_unit_test(what_is_mangled_costs_its_line_alone),
        cmocka_unit_test(a_key_is_in_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
