/* What is taken as an address that was struck out of a log, and what is not. */
#include "event/readings.h"
#include "event/withheld.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *text;
    bool is_withheld;
    const char *why;
} rows[] = {
    {"x.x.x.x", true, "the commonest"},
    {"203.0.xxx.xxx", true, "half of it is left"},
    {"a.b.c.d", true, "letters for the parts"},
    {"**.**.**.**", true, "stars"},
    {"<peer>", true, "a name in brackets"},
    {"Our Public IP", true, "words for it"},
    {"203.0.113.5", false, "that is an address"},
    {"203.0.113", false, "a part is missing: a version"},
    {"1.2.3.4.x", false, "five parts"},
    {"gateway.example.org.nz", false, "a name of a host"},
    {"a..b.c", false, "a part is empty"},
    {"peer", false, "a word"},
    {"", false, "nothing"},
};

static void what_stands_for_an_address_is_told_from_other_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (address_is_withheld(bytes_of_text(rows[i].text)) != rows[i].is_withheld)
            fail_msg("%s: %s", rows[i].text, rows[i].why);
}

static void a_line_without_its_address_tells_the_rest(void **state)
{
    struct event e;

    (void)state;
    assert_true(reading_read(PRODUCT_STRONGSWAN, bytes_of_text("initiating Main Mode IKE_SA gw[7] to x.x.x.x"), &e));
    assert_int_equal(e.kind, EV_PHASE1_BEGUN);
    assert_string_equal(event_text(&e, FIELD_CONNECTION), "gw");
    assert_false(event_has(&e, FIELD_PEER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_for_an_address_is_told_from_other_words),
        cmocka_unit_test(a_line_without_its_address_tells_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
