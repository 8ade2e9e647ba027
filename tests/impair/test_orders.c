#include "impair/orders.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_impairment_is_ordered_by_its_words(void **state)
{
    (void)state;
    for (int i = IMPAIR_NONE + 1; i < IMPAIR_COUNT; i++) {
        struct order orders[ORDERS_MAX];
        char words[256], space[128] = "";
        struct text why = text_of(space, sizeof space);
        size_t count;

        snprintf(words, sizeof words, "%s 3, always %s 12", impairment_words((enum impairment)i),
                 impairment_words((enum impairment)i));
        if (!orders_read(words, orders, &count, &why))
            fail_msg("%s: %s", words, space);
        CHECK(count == 2 && orders[0].impairment == (enum impairment)i && orders[1].impairment == (enum impairment)i);
        CHECK(orders[0].number == 3 && !orders[0].are_repeats_too);
        CHECK(orders[1].number == 12 && orders[1].are_repeats_too);
    }
}

static void what_is_no_order_is_named(void **state)
{
    static const char *const lines[] = {"bend 3",        "lose",           "lose x",   "lose 0",
                                        "lose 3 4",      "lose 1,,",       "always 3", "lose 1, zero the key share 2",
                                        "lose\x1b[0m 3", "lose 4294967296"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct order orders[ORDERS_MAX];
        char space[128] = "";
        struct text why = text_of(space, sizeof space);
        size_t count;

        if (orders_read(lines[i], orders, &count, &why) || strstr(space, "not understood") == NULL ||
            strchr(space, '\x1b') != NULL)
            fail_msg("%s was taken", lines[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_impairment_is_ordered_by_its_words),
        cmocka_unit_test(what_is_no_order_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
