/* What the answers to the questions of `ping` come to. */
#include "cli/ping_asked.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void answers_come_to_a_command(void **state)
{
    static const struct {
        bool is_ios;
        const char *answers, *command; /* NULL: there is none */
    } cases[] = {
        {false, "10.2.0.5\n\n\n\n\n\n", "ping 10.2.0.5"},
        {false, "10.2.0.5\n3\n1400\n1\nn\nn\n", "ping 10.2.0.5 repeat 3 size 1400 timeout 1"},
        {true, "ip\n10.2.0.5\n3\n\n\ny\n10.1.0.1\n\ny\nn\n0xBEEF\n\n",
         "ping 10.2.0.5 repeat 3 source 10.1.0.1 df-bit data BEEF"},
        {true, "\n10.2.0.5\n\n\n\nn\n\n", "ping 10.2.0.5"},
        {true, "\r\n10.2.0.5\r\n\r\n\r\n\r\nn\r\n\r\n", "ping 10.2.0.5"},
        {false, "\n", NULL},
        {false, "10.2.0.5\n3\n", NULL},
        {false, "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[PING_ASKED_LINE], *said = NULL;
        size_t len = 0;
        FILE *in = fmemopen((void *)(uintptr_t)cases[i].answers, strlen(cases[i].answers) + !*cases[i].answers, "r");
        FILE *out = open_memstream(&said, &len);

        CHECK(in && out);
        bool is_whole = ping_asked(in, out, cases[i].is_ios, line);

        fclose(in);
        fclose(out);
        CHECK(is_whole == (cases[i].command != NULL));
        if (is_whole)
            assert_string_equal(line, cases[i].command);
        CHECK(cases[i].is_ios == (strstr(said, "Protocol [ip]: ") != NULL));
        free(said);
    }
}

static void questions_are_those_of_the_devices(void **state)
{
    char answers[] = "\n10.2.0.5\n\n\n\ny\n\n\n\n\n\n\n", line[PING_ASKED_LINE], *said = NULL;
    size_t len = 0;
    FILE *in = fmemopen(answers, strlen(answers), "r"), *out = open_memstream(&said, &len);

    (void)state;
    CHECK(in && out && ping_asked(in, out, true, line));
    fclose(in);
    fclose(out);
    assert_string_equal(said, "Protocol [ip]: Target IP address: Repeat count [5]: Datagram size [100]: "
                              "Timeout in seconds [2]: Extended commands [n]: Source address or interface: "
                              "Type of service [0]: Set DF bit in IP header? [no]: Validate reply data? [no]: "
                              "Data pattern [0xABCD]: Sweep range of sizes [n]: ");
    assert_string_equal(line, "ping 10.2.0.5");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_to_a_command),
        cmocka_unit_test(questions_are_those_of_the_devices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
