/* Digests of bytes tell texts, lists and messages apart by which they are remembered (event/look.h). */
#include "event/look.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEN_MAX = 5 * LOOK_BLOCK };

static void each_byte_of_any_length_makes_a_difference(void **state)
{
    uint8_t bytes[LEN_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        uint64_t whole = look_mix_bytes(1, bytes, len);

        for (size_t i = 0; i < len; i++) {
            bytes[i] ^= 1;
            if (look_mix_bytes(1, bytes, len) == whole)
                fail_msg("of %zu bytes number %zu makes none", len, i);
            bytes[i] ^= 1;
        }
        CHECK(look_mix_bytes(1, bytes, len) == whole && look_mix_bytes(2, bytes, len) != whole);
    }
}

static void what_is_as_far_as_it_goes_the_same_and_longer_is_another(void **state)
{
    static const uint8_t zeros[LEN_MAX];
    uint64_t seen[LEN_MAX];

    (void)state;
    for (size_t len = 0; len < LEN_MAX; len++) {
        seen[len] = look_mix_bytes(1, zeros, len);
        for (size_t i = 0; i < len; i++)
            if (seen[i] == seen[len])
                fail_msg("%zu zeros are %zu zeros", i, len);
    }
}

static void blocks_that_change_places_make_a_difference(void **state)
{
    uint8_t bytes[3 * LOOK_BLOCK] = {0}, turned[3 * LOOK_BLOCK];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i * 7 + i / 8);
    for (size_t width = 8; width <= LOOK_BLOCK; width *= 2)
        for (size_t at = 0; at + 2 * width <= sizeof bytes; at += width) {
            memcpy(turned, bytes, sizeof turned);
            memcpy(turned + at, bytes + at + width, width);
            memcpy(turned + at + width, bytes + at, width);
            if (look_mix_bytes(1, turned, sizeof turned) == look_mix_bytes(1, bytes, sizeof bytes))
                fail_msg("%zu bytes from %zu on may change places with those behind them", width, at);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_of_any_length_makes_a_difference),
        cmocka_unit_test(what_is_as_far_as_it_goes_the_same_and_longer_is_another),
        cmocka_unit_test(blocks_that_change_places_make_a_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
