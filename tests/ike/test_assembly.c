#include "ike/assembly.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct header carrier_with(uint8_t last_of_cookie, uint8_t exchange, uint32_t message_id)
{
    struct header h = {.exchange = exchange, .message_id = message_id};

    memset(h.cookies, 7, sizeof h.cookies);
    h.cookies[1][7] = last_of_cookie;
    return h;
}

/* "1 2 3L": fragments by number, L the last one; "x" after it: with other content; "#2 " before it: of set 2. Returns
 * what the last one gave. */
static enum assembly_result add(struct assembly *a, const char *script)
{
    const struct header carrier = carrier_with(1, XCHG_MAIN, 0);
    enum assembly_result result = ASSEMBLY_WAITS;
    uint16_t id = 1;

    for (const char *at = script; *at != '\0'; at++) {
        char text[] = "one of several parts";
        struct fragment f = {.id = id, .data = bytes_of((const uint8_t *)text, sizeof text)};

        if (*at == ' ')
            continue;
        if (*at == '#') {
            id = (uint16_t)(*++at - '0');
            continue;
        }
        f.number = (uint8_t)(*at - '0');
        text[0] = *at;
        for (; at[1] == 'L' || at[1] == 'x'; at++) {
            f.flags |= at[1] == 'L' ? FRAGMENT_LAST : 0;
            text[1] = at[1] == 'x' ? '!' : text[1];
        }
        result = assembly_add(a, &carrier, &f);
    }
    return result;
}

static void fragments_make_a_message(void **state)
{
    static const struct {
        const char *script;
        enum assembly_result result;
        const char *why;
    } cases[] = {
        {"1 2 3L", ASSEMBLY_WHOLE, "in order"},
        {"3L 2 1", ASSEMBLY_WHOLE, "backwards"},
        {"2 3L 1", ASSEMBLY_WHOLE, "out of order"},
        {"1L", ASSEMBLY_WHOLE, "the only one"},
        {"1 2", ASSEMBLY_WAITS, "the last one has not come"},
        {"1 3L", ASSEMBLY_WAITS, "one between is missing"},
        {"2 3L 3L 3L", ASSEMBLY_WAITS, "F04 the last one, repeated, while another is missing"},
        {"2 3L 3L 3L 1", ASSEMBLY_WHOLE, "F04 a repeated last fragment is no attack"},
        {"1 1 2 2 3L", ASSEMBLY_WHOLE, "F04 every one twice"},
        {"1 3L 1 2", ASSEMBLY_WHOLE, "F04 what a repeat brings counts for what came before"},
        {"1 2L 1 2L", ASSEMBLY_WHOLE, "F04 the message again, because our answer was lost"},
        {"1 2L 2L 1", ASSEMBLY_WHOLE, "F04 the message again, backwards"},
        {"1 2L 2L 2L", ASSEMBLY_WHOLE, "F04 the message again and again, and its first fragment is lost each time"},
        {"1 2L 2L", ASSEMBLY_WAITS, "F04 a late copy of a message that was whole"},
        {"1 2L 1 2L 1", ASSEMBLY_WAITS, "each repeat is whole once"},
        {"1 2L 2L 1x 2xL", ASSEMBLY_WHOLE,
         "F04 the next message under the same id, after a late copy of the one before"},
        {"1 2L 1x 2x 3L", ASSEMBLY_WHOLE, "the next message under the same id has more"},
        {"1 2 3L 2xL 1x", ASSEMBLY_WHOLE, "the next message under the same id has fewer, and comes backwards"},
        {"#1 1 #2 1", ASSEMBLY_ANOTHER, "F06 another id: what was there goes"},
        {"#1 1 #2 1 2L", ASSEMBLY_WHOLE, "F06 the other id's message is whole all the same"},
        {"#1 1 2L #2 1", ASSEMBLY_WAITS, "the next message, with an id of its own"},
        {"1 2 2x", ASSEMBLY_MIXED, "F06 one number with two contents"},
        {"1 2 2x 1 3L", ASSEMBLY_WHOLE, "F06 the newest content is kept, and the set begins anew"},
        {"1 2L 3", ASSEMBLY_WAITS, "the next message, after one that was whole"},
        {"2L 3", ASSEMBLY_MIXED, "F06 a number behind the last one"},
        {"3 2L", ASSEMBLY_MIXED, "F06 a last one before another"},
        {"2L 4L", ASSEMBLY_MIXED, "F06 two last ones"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct assembly a = {0};
        enum assembly_result result = add(&a, cases[i].script);

        if (result != cases[i].result)
            print_error("%s: %s: %d\n", cases[i].script, cases[i].why, result);
        CHECK(result == cases[i].result);
    }
}

static void the_message_is_in_the_order_of_the_numbers(void **state)
{
    static struct assembly a;
    const struct header carrier = carrier_with(1, XCHG_MAIN, 0);
    uint8_t space[ASSEMBLY_LEN_MAX];

    (void)state;
    a = (struct assembly){0};
    CHECK(assembly_add(&a, &carrier, &(struct fragment){5, 3, FRAGMENT_LAST, bytes_of_text("last")}) == ASSEMBLY_WAITS);
    CHECK(assembly_is_open(&a));
    CHECK(assembly_add(&a, &carrier, &(struct fragment){5, 1, 0, bytes_of_text("the first, ")}) == ASSEMBLY_WAITS);
    CHECK(assembly_add(&a, &carrier, &(struct fragment){5, 2, 0, bytes_of_text("the ")}) == ASSEMBLY_WHOLE);
    CHECK(!assembly_is_open(&a) && bytes_equal(assembly_write(&a, space), bytes_of_text("the first, the last")));
}

static void carriers_of_one_message_are_alike(void **state)
{
    static const struct {
        uint8_t cookie, exchange;
        uint32_t message_id;
        const char *why;
    } others[] = {
        {2, XCHG_MAIN, 0, "F07 another responder's cookie"},
        {1, XCHG_QUICK, 9, "F07 another exchange"},
        {1, XCHG_INFORMATIONAL, 9, "F07 another message id"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct assembly a = {0};
        const struct header one = carrier_with(1, XCHG_MAIN, 0),
                            other = carrier_with(others[i].cookie, others[i].exchange, others[i].message_id);

        CHECK(assembly_add(&a, &one, &(struct fragment){1, 1, 0, bytes_of_text("a")}) == ASSEMBLY_WAITS);
        CHECK(assembly_add(&a, &other, &(struct fragment){1, 2, FRAGMENT_LAST, bytes_of_text("b")}) ==
              ASSEMBLY_ANOTHER);
    }
}

static void F02_F05_a_set_has_limits(void **state)
{
    static uint8_t big[ASSEMBLY_LEN_MAX + 1];
    static struct assembly a;
    const struct header carrier = carrier_with(1, XCHG_MAIN, 0);
    uint8_t space[ASSEMBLY_LEN_MAX];

    (void)state;
    a = (struct assembly){0};
    for (unsigned n = ASSEMBLY_FRAGMENTS_MAX; n > 1; n--)
        CHECK(assembly_add(&a, &carrier, &(struct fragment){1, (uint8_t)n, 0, bytes_of_text("worst")}) ==
              ASSEMBLY_WAITS);
    for (unsigned n = ASSEMBLY_FRAGMENTS_MAX + 1; n <= UINT8_MAX; n++)
        CHECK(assembly_add(&a, &carrier, &(struct fragment){1, (uint8_t)n, FRAGMENT_LAST, bytes_of_text("x")}) ==
              ASSEMBLY_TOO_MANY);
    CHECK(assembly_is_open(&a));

    a = (struct assembly){0};
    CHECK(assembly_add(&a, &carrier, &(struct fragment){1, 1, 0, bytes_of(big, ASSEMBLY_LEN_MAX - 1)}) ==
          ASSEMBLY_WAITS);
    CHECK(assembly_add(&a, &carrier, &(struct fragment){1, 2, FRAGMENT_LAST, bytes_of(big, 1)}) == ASSEMBLY_WHOLE);
    CHECK(assembly_write(&a, space).len == ASSEMBLY_LEN_MAX);

    a = (struct assembly){0};
    CHECK(assembly_add(&a, &carrier, &(struct fragment){1, 1, 0, bytes_of(big, ASSEMBLY_LEN_MAX)}) == ASSEMBLY_WAITS);
    CHECK(assembly_add(&a, &carrier, &(struct fragment){1, 2, FRAGMENT_LAST, bytes_of(big, 1)}) == ASSEMBLY_TOO_LONG);
    CHECK(!assembly_is_open(&a));
    CHECK(assembly_add(&a, &carrier, &(struct fragment){1, 1, FRAGMENT_LAST, bytes_of(big, sizeof big)}) ==
          ASSEMBLY_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_make_a_message),
        cmocka_unit_test(the_message_is_in_the_order_of_the_numbers),
        cmocka_unit_test(carriers_of_one_message_are_alike),
        cmocka_unit_test(F02_F05_a_set_has_limits),
    };

    return cmocka_run_group_tests_name("fragments put together", tests, NULL, NULL);
}
