/* Configurations as nobody writes them: very long, very wide, and with bytes that are not for a terminal. */
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { LINES = 100000, WIDE = 1024 * 1024 };

static const char tunnel[] = "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
                             "access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                             "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
                             "crypto map M 10 match address VPN\ncrypto map M 10 set peer 203.0.113.2\n"
                             "crypto map M 10 set ikev1 transform-set S\ncrypto map M interface outside\n"
                             "crypto ikev1 enable outside\ncrypto ikev1 policy 10\n authentication pre-share\n"
                             " encryption aes-256\n hash sha\n group 14\n lifetime 86400\n"
                             "tunnel-group 203.0.113.2 type ipsec-l2l\ntunnel-group 203.0.113.2 ipsec-attributes\n"
                             " ikev1 pre-shared-key of-both-ends-1\n";

static void a_hundred_thousand_lines_are_read_and_the_tunnel_among_them_runs(void **state)
{
    size_t room = sizeof tunnel + LINES * 96ul, len = 0;
    char *text = malloc(room);
    struct timespec begun, ended;
    struct reading r;

    (void)state;
    CHECK(text);
    for (unsigned i = 0; i < LINES; i++) {
        if (i == LINES / 2)
            len += (size_t)snprintf(text + len, room - len, "%s", tunnel);
        len += (size_t)snprintf(text + len, room - len, "object network N%u\n", i);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
    reading_of(&r, text);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
    CHECK(r.is_ok && r.conf.running_count == 1 && r.conf.error_count == 0);
    CHECK(ended.tv_sec - begun.tv_sec < 20); /* with sanitizers, on a busy machine */
    reading_end(&r);
    free(text);
}

static void a_line_of_a_megabyte_is_refused_by_its_number(void **state)
{
    char *text = malloc(sizeof tunnel + WIDE + 64);
    struct reading r;

    (void)state;
    CHECK(text);
    strcpy(text, "hostname west\naccess-list VPN remark ");
    size_t len = strlen(text);
    memset(text + len, 'x', WIDE);
    strcpy(text + len + WIDE, "\n");
    strcat(text + len + WIDE, tunnel);
    reading_of(&r, text);
    CHECK(!r.is_ok && r.conf.finding_count == 1 && r.conf.findings[0].line == 2);
    CHECK(strstr(r.conf.findings[0].sentence, "far too long"));
    reading_end(&r);
    free(text);
}

/* A title of the terminal, a colour, a backspace, and what is no UTF-8. */
static void T01_escapes_in_names_come_to_no_screen_as_they_are(void **state)
{
    static const char *const names[] = {"A\033]0;owned\007B", "A\033[31mB", "A\bB", "A\xff\xfe\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[8192];
        struct reading r;

        snprintf(text, sizeof text, "crypto map %s 10 match address %s\ncrypto map %s 10 set peer %s\n%s", names[i],
                 names[i], names[i], names[i], tunnel);
        reading_of(&r, text);
        CHECK(r.is_ok && r.conf.running_count == 1);
        for (uint32_t k = 0; k < r.conf.finding_count; k++) {
            char shown[4096];
            struct text line = text_of(shown, sizeof shown);

            text_add_finding(&line, &r.conf.findings[k]);
            CHECK(bytes_are_printable(bytes_of(shown, line.len)));
        }
        for (uint16_t k = 0; k < r.conf.policy.tunnel_count; k++)
            if (r.conf.policy.tunnels[k].parked)
                CHECK(bytes_are_printable(bytes_of_text(r.conf.policy.tunnels[k].parked)));
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_lines_are_read_and_the_tunnel_among_them_runs),
        cmocka_unit_test(a_line_of_a_megabyte_is_refused_by_its_number),
        cmocka_unit_test(T01_escapes_in_names_come_to_no_screen_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
