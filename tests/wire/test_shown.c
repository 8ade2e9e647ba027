#include "wire/shown.h"

#include "base/check.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COOKIES "0011223344556677 8899aabbccddeeff"

static void what_is_shown_is_the_message_without_its_passwords(void **state)
{
    static const struct {
        const char *first, *payloads; /* opened; its header says that it is sealed */
        const char *shown;
        const char *why;
    } cases[] = {
        {"05", "0800000c 011101f4 c0000201 00000006 abcd 000000",
         COOKIES "05100200 00000000 0000002e 0800000c 011101f4 c0000201 00000006 abcd",
         "without flag E, without padding, with the length that it has"},
        {"0e", "00000022 02000007 40890004 616c6963 408a000e 73656372657473656372657478 79",
         COOKIES "0e100200 00000000 00000038 0000001c 02000007 40890004 616c6963 408a0008 2a2a2a2a2a2a2a2a",
         "stars for a password, of whatever length"},
        {"0e", "00000010 01000007 40890000 408a0000",
         COOKIES "0e100200 00000000 0000002c 00000010 01000007 40890000 408a0000", "one that is asked for is empty"},
        {"0e", "0000000e 02000007 408a0008 7365", COOKIES "0e100200 00000000 00000020 00000004",
         "what cannot be read may be one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t datagram[200], payloads[200], wanted[200], space[200];
        char header[200];
        struct message m;

        snprintf(header, sizeof header, COOKIES "%s100201 00000000 00000024 0000000000000000", cases[i].first);
        CHECK(wire_header_read(&m, bytes_of_hex(header, datagram, sizeof datagram)) == WIRE_OK);
        CHECK(wire_payloads_read(&m, m.header.first_payload, bytes_of_hex(cases[i].payloads, payloads, sizeof payloads),
                                 (struct allowance){.padding_max = 16}) == WIRE_OK);
        if (!bytes_equal(wire_message_shown(&m, space, sizeof space),
                         bytes_of_hex(cases[i].shown, wanted, sizeof wanted)))
            fail_msg("%s", cases[i].why);
        CHECK(wire_message_shown(&m, space, 30).len == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_shown_is_the_message_without_its_passwords)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
