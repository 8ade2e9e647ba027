/* Addresses in front of a message are read many digits at a time (event/names.h): as ip_parse reads them. */
#include "event/names.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t chance = 1;

static unsigned draw(unsigned below)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % below;
}

/* True: it is an address. */
static bool check(const char *address)
{
    char line[96];
    size_t len = (size_t)snprintf(line, sizeof line, "IP = %s, PHASE 1 COMPLETED", address);
    struct bytes text = bytes_of(line, len);
    struct names names;
    struct ip ip = {0};
    bool is_one = ip_parse(&ip, bytes_of_text(address));

    if (names_take(&text, &names) != is_one)
        fail_msg("%s is %s address", address, is_one ? "an" : "no");
    if (is_one && !(ip_equal(names.peer, ip) && bytes_equal(names.address, bytes_of_text(address)) &&
                    bytes_equal(text, bytes_of_text("PHASE 1 COMPLETED"))))
        fail_msg("%s is read as another address", address);
    return is_one;
}

static void what_is_an_address_is_what_it_is_everywhere(void **state)
{
    static const char *const addresses[] = {"0.0.0.0", "255.255.255.255", "1.22.133.4", "192.0.2.010"};
    static const char *const others[] = {"",           "1",        "1.2.3",     "1.2.3.",    ".1.2.3",
                                         "1..2.3",     "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "1.1.1.999",
                                         "1.1.1.1000", "12345",    "1.2.3.-4",  "1.2.3.4 "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        check(addresses[i]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        CHECK(!check(others[i]));
}

static void any_figures_and_points_are_read_as_they_are_elsewhere(void **state)
{
    enum { TIMES = 20000, LEN_MAX = 16 };
    char text[LEN_MAX + 1];
    unsigned are = 0;

    (void)state;
    for (unsigned i = 0; i < TIMES; i++) {
        size_t len = 1 + draw(LEN_MAX);

        for (size_t k = 0; k < len; k++)
            text[k] = "0125699.."[draw(9)];
        text[len] = '\0';
        are += check(text);
        snprintf(text, sizeof text, "%u.%u.%u.%u", draw(260), draw(260), draw(260), draw(260));
        are += check(text);
    }
    CHECK(are > TIMES / 2 && are < 2 * TIMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_an_address_is_what_it_is_everywhere),
        cmocka_unit_test(any_figures_and_points_are_read_as_they_are_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
