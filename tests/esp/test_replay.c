#include "base/check.h"
#include "esp/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void the_window_answers_as_rfc_4303_says_E02(void **state)
{
    static const struct {
        uint32_t sequence;
        enum replay_answer answer;
        const char *why;
    } cases[] = {
        {0, REPLAY_IS_ZERO, "no packet is numbered 0"},
        {1, REPLAY_FRESH, "the first"},
        {1, REPLAY_IS_SEEN, "again"},
        {2, REPLAY_FRESH, "a jump by one"},
        {100, REPLAY_FRESH, "a jump past the whole window"},
        {36, REPLAY_IS_OLD, "exactly the window behind"},
        {37, REPLAY_FRESH, "the left edge"},
        {37, REPLAY_IS_SEEN, "the left edge again"},
        {163, REPLAY_FRESH, "a jump by the window less one"},
        {100, REPLAY_IS_SEEN, "still in the window"},
        {227, REPLAY_FRESH, "a jump by the window"},
        {163, REPLAY_IS_OLD, "out of it by that"},
        {292, REPLAY_FRESH, "a jump by the window and one"},
        {548, REPLAY_FRESH, "a jump by four windows"},
        {485, REPLAY_FRESH, "the left edge after it"},
        {UINT32_MAX, REPLAY_FRESH, "the last number there is"},
        {UINT32_MAX, REPLAY_IS_SEEN, "nothing comes after it"},
        {UINT32_MAX - 63, REPLAY_FRESH, "the left edge of the last window"},
        {1, REPLAY_IS_OLD, "a counter that has wrapped is old (E04)"},
        {0, REPLAY_IS_ZERO, "and so is 0"},
    };
    struct replay r = replay_of(64, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (replay_check(&r, cases[i].sequence) != cases[i].answer)
            fail_msg("%u: %s", cases[i].sequence, cases[i].why);
        if (cases[i].answer == REPLAY_FRESH)
            replay_accept(&r, cases[i].sequence);
    }
}

static void asking_moves_nothing_E03(void **state)
{
    struct replay r = replay_of(64, NULL), before = r;

    (void)state;
    CHECK(replay_check(&r, UINT32_MAX - 1) == REPLAY_FRESH);
    CHECK(memcmp(&r, &before, sizeof r) == 0);
}

/* RFC 4303 appendix A2.2. */
static void the_high_half_of_a_number_is_the_one_nearest_to_the_window(void **state)
{
    static const struct {
        uint64_t top;
        uint32_t low;
        uint64_t number;
        const char *why;
    } cases[] = {
        {0, 1, 1, "the first"},
        {0, UINT32_MAX, 0, "there is no half before the first"},
        {0, UINT32_MAX - 63, UINT32_MAX - 63, "just out of the window's reach back: far ahead"},
        {1000, 937, 937, "the left edge of the window"},
        {1000, 936, ((uint64_t)1 << 32) + 936, "below it: of the next half"},
        {1000, 0, (uint64_t)1 << 32, "0 is a number of every half but the first"},
        {63, 0, 0, "a window that begins with 0 just so: that was no number"},
        {62, UINT32_MAX, 0, "and one that reaches a number further"},
        {UINT32_MAX, UINT32_MAX - 63, UINT32_MAX - 63, "the last window of the first half"},
        {UINT32_MAX, 0, (uint64_t)1 << 32, "the first number of the second"},
        {((uint64_t)1 << 32) + 5, UINT32_MAX, UINT32_MAX, "a late one of the first, for the window reaches back"},
        {((uint64_t)1 << 32) + 5, UINT32_MAX - 57, UINT32_MAX - 57, "as far as that"},
        {((uint64_t)1 << 32) + 5, UINT32_MAX - 58, (uint64_t)2 * UINT32_MAX + 1 - 58, "and no further"},
        {((uint64_t)1 << 32) + 5, 6, ((uint64_t)1 << 32) + 6, "the next"},
        {(uint64_t)7 << 32 | 0x80000000, 0x90000000, (uint64_t)7 << 32 | 0x90000000, "a jump within a half"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct replay r = replay_of(64, NULL);

        r.top = cases[i].top;
        if (replay_number(&r, cases[i].low) != cases[i].number)
            fail_msg("%s: %llx", cases[i].why, (unsigned long long)replay_number(&r, cases[i].low));
    }
}

static void a_window_without_space_is_small(void **state)
{
    uint64_t far[REPLAY_WORDS] = {0};

    (void)state;
    CHECK(replay_of(1000, NULL).size == REPLAY_WINDOW_DEFAULT && replay_of(10, NULL).size == 10);
    CHECK(replay_of(1000, far).size == 1000 && replay_of(5000, far).size == REPLAY_WINDOW_MAX);
}

static void a_window_of_0_takes_everything(void **state)
{
    struct replay r = replay_of(0, NULL);

    (void)state;
    for (int i = 0; i < 3; i++) {
        CHECK(replay_check(&r, 5) == REPLAY_FRESH);
        replay_accept(&r, 5);
    }
    CHECK(replay_check(&r, 0) == REPLAY_FRESH);
    CHECK(replay_bitmap(&r) == 0);
}

static void the_bitmap_shows_the_last_64_numbers(void **state)
{
    struct replay r = replay_of(64, NULL);

    (void)state;
    replay_accept(&r, 1);
    CHECK(replay_bitmap(&r) == 1);
    replay_accept(&r, 3);
    CHECK(replay_bitmap(&r) == 5);
    for (uint32_t n = 4; n < 200; n++)
        replay_accept(&r, n);
    CHECK(replay_bitmap(&r) == UINT64_MAX);
}

/* The naive model: the list of all numbers of the last 4096 that were accepted. */
struct model {
    uint32_t top;
    uint16_t size;
    uint32_t accepted[4096]; /* at n % 4096: n, when it was accepted */
};

static bool model_is_fresh(const struct model *m, uint32_t n)
{
    return n != 0 && (n > m->top || (m->top - n < m->size && m->accepted[n % 4096] != n));
}

static uint32_t state_of_random;

static uint32_t next_random(void)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 17;
    return state_of_random ^= state_of_random << 5;
}

/* A calm stretch fills the window densely and comes round the ring; a wild one tries the edges and jumps far ahead. */
static uint32_t next_number(const struct model *m, bool is_calm)
{
    uint32_t dice = next_random();

    if (is_calm)
        return dice % 4 == 0 ? m->top + 1 + dice / 4 % 3 : m->top - next_random() % (m->size + 8u);
    switch (dice % 16) {
    case 0: return m->top + 1;
    case 1: return m->top - m->size;
    case 2: return m->top - m->size + 1;
    case 3: return m->top + m->size;
    case 4: return m->top + m->size - 1;
    case 5: return next_random() % 64 == 0 ? m->top + dice % 100000 : m->top;
    case 6: return m->top + dice % 70;
    default: return m->top - next_random() % (m->size + 8u);
    }
}

/* Small windows are kept in few words, unless there are many. */
static void walk(uint16_t size, bool has_far, uint32_t seed, uint64_t steps)
{
    static struct model m;
    uint64_t far[REPLAY_WORDS] = {0};
    struct replay r = replay_of(size, has_far ? far : NULL);

    memset(&m, 0, sizeof m);
    m.size = size;
    m.top = 5000; /* so that what lies before it does not wrap to far ahead */
    m.accepted[m.top % 4096] = m.top;
    replay_accept(&r, m.top);
    state_of_random = seed;
    for (uint64_t i = 0; i < steps; i++) {
        uint32_t n = next_number(&m, i / 16384 % 2 == 0);
        bool is_fresh = model_is_fresh(&m, n);
        if ((replay_check(&r, n) == REPLAY_FRESH) != is_fresh)
            fail_msg("window %u, seed %u, step %lu: number %u, top %u", size, seed, (unsigned long)i, n, m.top);
        if (!is_fresh || next_random() % 4 == 0)
            continue; /* refused, or its ICV was wrong */
        replay_accept(&r, n);
        m.top = n > m.top ? n : m.top;
        m.accepted[n % 4096] = n;
    }
    CHECK(m.top > steps / 4 && m.top < UINT32_MAX / 2); /* it has walked, and has not run into the end */
}

static void the_window_is_the_same_as_a_naive_set_E02(void **state)
{
    static const uint16_t sizes[] = {1, 32, 63, 64, 65, 128, 512, 1000, 1024};
    uint64_t steps = 100000000;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int has_far = sizes[i] > REPLAY_WINDOW_DEFAULT; has_far < 2; has_far++)
            walk(sizes[i], has_far, 12345 + (uint32_t)i, steps / (sizeof sizes / sizeof sizes[0]) / 2);
}

static void sweeps_of_a_whole_window_are_taken_once_E02(void **state)
{
    (void)state;
    for (uint16_t size = 64; size <= REPLAY_WINDOW_MAX; size = (uint16_t)(size * 2)) {
        uint64_t space[2][REPLAY_WORDS] = {{0}};
        struct replay up = replay_of(size, space[0]), down = replay_of(size, space[1]);

        for (uint32_t n = 1; n <= size * 3u; n++) {
            CHECK(replay_check(&up, n) == REPLAY_FRESH);
            replay_accept(&up, n);
        }
        replay_accept(&down, size * 3u);
        for (uint32_t n = size * 3u - 1; n > size * 2u; n--) {
            CHECK(replay_check(&down, n) == REPLAY_FRESH);
            replay_accept(&down, n);
        }
        for (uint32_t n = 1; n <= size * 3u; n++) {
            CHECK(replay_check(&up, n) != REPLAY_FRESH);
            CHECK(replay_check(&down, n) != REPLAY_FRESH);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_answers_as_rfc_4303_says_E02),
        cmocka_unit_test(asking_moves_nothing_E03),
        cmocka_unit_test(the_high_half_of_a_number_is_the_one_nearest_to_the_window),
        cmocka_unit_test(a_window_without_space_is_small),
        cmocka_unit_test(a_window_of_0_takes_everything),
        cmocka_unit_test(the_bitmap_shows_the_last_64_numbers),
        cmocka_unit_test(the_window_is_the_same_as_a_naive_set_E02),
        cmocka_unit_test(sweeps_of_a_whole_window_are_taken_once_E02),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
