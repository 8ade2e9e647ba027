/* Sixteen bytes at a time say what they say one by one (base/wide.h), and no byte behind the last is looked at. */
#include "base/wide.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LEN_MAX = 5 * WIDE_LEN };

/* Memory of that length and no more, for the sanitizer to see what is read behind it. */
static uint8_t *some_bytes(size_t len)
{
    uint8_t *bytes = malloc(len > 0 ? len : 1);

    CHECK(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 37 + 1);
    return bytes;
}

static void fewer_than_sixteen_stand_in_front_of_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 2 * WIDE_LEN; len++) {
        uint8_t *bytes = some_bytes(len);
        wide w = wide_of(bytes_of(bytes, len));

        for (size_t i = 0; i < WIDE_LEN; i++)
            if (w[i] != (i < len ? bytes[i] : 0))
                fail_msg("of %zu bytes number %zu is %u", len, i, w[i]);
        free(bytes);
    }
}

static void a_bit_is_set_where_the_comparison_is_true(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= UINT8_MAX; first += 3)
        for (unsigned last = first; last <= UINT8_MAX; last += 5) {
            wide w = wide_of(bytes_of("\0\x01 /09:@AZaz~\x7f\x80\xff", WIDE_LEN)),
                 is = wide_within(w, (uint8_t)first, (uint8_t)last);
            uint32_t bits = wide_bits(is);

            CHECK(bits == wide_bits_one_by_one(is));
            for (size_t i = 0; i < WIDE_LEN; i++)
                if ((bits >> i & 1) != (w[i] >= first && w[i] <= last))
                    fail_msg("%u is said to be %s %u and %u", w[i], bits >> i & 1 ? "within" : "outside", first, last);
        }
}

static void a_run_ends_at_the_first_bit_that_is_clear(void **state)
{
    (void)state;
    for (size_t len = 0; len <= WIDE_LEN; len++) {
        uint32_t run = ((uint32_t)1 << len) - 1, others = WIDE_ALL & ~run & ~((uint32_t)1 << len);

        CHECK(wide_run(run) == len && wide_run(run | others) == len);
    }
}

static void a_byte_that_stands_one_place_later_is_the_same(void **state)
{
    wide w = wide_of(bytes_of("0123456789abcdef", WIDE_LEN)), later = wide_later(w);

    (void)state;
    for (size_t i = 0; i < WIDE_LEN; i++)
        assert_int_equal(later[i], i > 0 ? w[i - 1] : 0);
}

static void each_byte_makes_a_difference_and_none_behind_the_last(void **state)
{
    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        uint8_t *one = some_bytes(len), *other = some_bytes(len);

        CHECK(wide_equal(one, other, len));
        for (size_t i = 0; i < len; i++) {
            other[i] ^= 0x20;
            if (wide_equal(one, other, len))
                fail_msg("of %zu bytes number %zu makes none", len, i);
            other[i] ^= 0x20;
        }
        free(one);
        free(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_than_sixteen_stand_in_front_of_zeros),
        cmocka_unit_test(a_bit_is_set_where_the_comparison_is_true),
        cmocka_unit_test(a_run_ends_at_the_first_bit_that_is_clear),
        cmocka_unit_test(a_byte_that_stands_one_place_later_is_the_same),
        cmocka_unit_test(each_byte_makes_a_difference_and_none_behind_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
