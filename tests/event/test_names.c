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

/* A group and an address, with what stands between them and behind: as they stand, or not at all. */
static bool check_group(const char *group, const char *between, const char *address)
{
    char line[160];
    struct bytes text = bytes_of(
        line, (size_t)snprintf(line, sizeof line, "Group = %s%s%s, PHASE 1 COMPLETED", group, between, address));
    struct names names;
    struct ip ip;
    bool is_name = *group != '\0', are_two = strcmp(between, ", IP = ") == 0 && ip_parse(&ip, bytes_of_text(address));

    for (const char *at = group; *at; at++)
        is_name &= names_characters[(uint8_t)*at];
    if (names_take(&text, &names) != (is_name && are_two))
        fail_msg("%s is %sread", line, is_name && are_two ? "not " : "");
    if (is_name && are_two &&
        !(bytes_equal(names.group, bytes_of_text(group)) && ip_equal(names.peer, ip) &&
          bytes_equal(text, bytes_of_text("PHASE 1 COMPLETED"))))
        fail_msg("%s is read as something else", line);
    return is_name && are_two;
}

/* Mostly it is called as the address; nothing may be taken for that which only begins like it. */
static void a_group_is_read_as_it_stands_whatever_the_address_is(void **state)
{
    static const char *const betweens[] = {
        ", IP = ", ", IP = ", ", IP = ", ",  IP = ", ",IP = ", ", IP =", ";, IP =", ", ip = ", " IP = ", ", , IP = "};
    enum { TIMES = 60000 };
    char address[24], group[48];
    unsigned are = 0;

    (void)state;
    for (unsigned i = 0; i < TIMES; i++) {
        int len = snprintf(address, sizeof address, "%u.%u.%u.%u", draw(260), draw(256), draw(256), draw(256));
        int kept = draw(3) == 0 ? (int)draw((unsigned)len + 1) : len;

        snprintf(group, sizeof group, "%.*s%s", kept, address,
                 draw(3) == 0 ? (const char *[]){"0", ".", "-a", " ", ";", "longer-than-it"}[draw(6)] : "");
        are += check_group(group, betweens[draw(COUNT_OF(betweens))], address);
    }
    CHECK(are > TIMES / 8 && are < TIMES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_an_address_is_what_it_is_everywhere),
        cmocka_unit_test(any_figures_and_points_are_read_as_they_are_elsewhere),
        cmocka_unit_test(a_group_is_read_as_it_stands_whatever_the_address_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
