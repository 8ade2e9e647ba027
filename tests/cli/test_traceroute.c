/* Lines of the system's traceroute in the words of the devices. */
#include "cli/traceroute.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_hop_is_shown_as_on_the_devices(void **state)
{
    static const char *const cases[][2] = {
        {" 1  10.1.0.1  0.034 ms  0.010 ms  0.008 ms\n", " 1  10.1.0.1 0 msec 0 msec 0 msec"},
        {" 2  * * *\n", " 2  * * *"},
        {" 3  192.0.2.9  1.6 ms 192.0.2.10  12.4 ms *\n", " 3  192.0.2.9 2 msec 192.0.2.10 12 msec *"},
        {"12  2001:db8::1  3.2 ms !H  3.2 ms !X  3 ms\n", "12  2001:db8::1 3 msec !H 3 msec !X 3 msec"},
        {"traceroute to 10.2.0.5 (10.2.0.5), 30 hops max, 60 byte packets\n", NULL},
        {"Cannot handle \"-s\" cmdline arg\n", NULL},
        {"\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[256] = "";
        struct text t = text_of(space, sizeof space);

        CHECK(traceroute_line(&t, cases[i][0]) == (cases[i][1] != NULL));
        assert_string_equal(space, cases[i][1] == NULL ? "" : cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hop_is_shown_as_on_the_devices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
