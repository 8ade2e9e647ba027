/* Lines of a router that are typed: with short words, one at a time, on top of what is running. */
#include "conf/reading.h"

#include "conf/ios.h"
#include "conf/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char running[] =
    "hostname west\n"
    "interface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
    "access-list 110 extended permit ip 10.1.0.0 255.255.0.0 any\n"
    "nat (any) 3 access-list 110\nglobal (outside) 3 interface\n"
    "crypto map M 10 set peer 203.0.113.2\ncrypto map M interface outside\n"
    "tunnel-group 203.0.113.2 type ipsec-l2l\n"
    "tunnel-group 203.0.113.2 ipsec-attributes\n ikev1 pre-shared-key a-key-of-both-ends\n"
    " isakmp keepalive threshold 20 retry 5 periodic\n";

/* What the lines are in the words of the ASA, and the number of the line that each stands for. */
static void expect_change(const char *lines, const char *expected, const uint32_t *numbers)
{
    struct reading r;
    struct ios ios;
    size_t size = ios_change_space(strlen(lines));
    struct arena arena = arena_of(malloc(size), size);

    reading_of(&r, running);
    CHECK(r.is_ok && arena.data != NULL);
    CHECK(ios_translate_change(&ios, bytes_of_text(lines), &r.conf, &arena));
    if (!bytes_equal(ios.text, bytes_of_text(expected)))
        fail_msg("%s becomes\n%.*snot\n%s", lines, (int)ios.text.len, (const char *)ios.text.data, expected);
    for (uint32_t i = 0; numbers != NULL && i < ios.line_count; i++)
        assert_int_equal(ios.lines[i], numbers[i]);
    free(arena.data);
    reading_end(&r);
}

static void lines_are_added_to_what_is_running(void **state)
{
    static const struct {
        const char *lines, *becomes, *why;
    } cases[] = {
        {"crypto isakmp policy 20\n",
         "crypto ikev1 policy 20\n encryption des\n hash sha\n authentication rsa-sig\n group 1\n lifetime 86400\n",
         "a new policy begins with the defaults of IOS"},
        {"crypto isakmp policy 10\n group 5\n", "crypto ikev1 policy 10\n group 5\n",
         "one that there is keeps its settings"},
        {"crypto isakmp policy 20\ncrypto isakmp policy 20\n encr aes 256\n",
         "crypto ikev1 policy 20\n encryption des\n hash sha\n authentication rsa-sig\n group 1\n lifetime 86400\n"
         "crypto ikev1 policy 20\n encryption aes-256\n",
         "and so does one of the same lines"},
        {"crypto isakmp key secret-of-nine address 203.0.113.9\n",
         "tunnel-group 203.0.113.9 type ipsec-l2l\ntunnel-group 203.0.113.9 ipsec-attributes\n"
         " ikev1 pre-shared-key secret-of-nine\ntunnel-group 203.0.113.9 ipsec-attributes\n"
         " isakmp keepalive threshold 20 retry 5 periodic\n",
         "a new peer is kept alive as the others"},
        {"crypto isakmp keepalive 30 3\n",
         "tunnel-group 203.0.113.2 ipsec-attributes\n isakmp keepalive threshold 30 retry 3 on-demand\n",
         "keepalives are for all peers"},
        {"crypto map M 10 ipsec-isakmp\n set peer 203.0.113.9\n match address 101\n",
         "crypto map M 10 set peer 203.0.113.9\ncrypto map M 10 match address 101\n", "an entry"},
        {"access-list 101 permit ip 10.1.0.0 0.0.255.255 host 10.9.0.1\n",
         "access-list 101 extended permit ip 10.1.0.0 255.255.0.0 host 10.9.0.1\n", "wildcards, not masks"},
        {"interface GigabitEthernet0/0\n crypto map M\n",
         "crypto map M interface outside\ncrypto ikev1 enable outside\n", "an interface keeps its nameif"},
        {"interface GigabitEthernet0/2\n ip address 10.3.0.1 255.255.0.0\n",
         "interface GigabitEthernet0/2\n nameif GigabitEthernet0/2\ninterface GigabitEthernet0/2\n"
         " ip address 10.3.0.1 255.255.0.0\n",
         "a new one is called as it is"},
        {"ip route 10.9.0.0 255.255.0.0 192.0.2.9\n", "route outside 10.9.0.0 255.255.0.0 192.0.2.9\n",
         "by the interface that the gateway is behind"},
        {"ip route 10.9.0.0 255.255.0.0 198.51.100.9\n", "route 198.51.100.9\n",
         "without one it is refused, and not passed over"},
        {"ip nat inside source list 110 interface GigabitEthernet0/0 overload\n",
         "nat (any) 4 access-list 110\nglobal (outside) 4 interface\n", "the next pool that is free"},
        {"crypto map M 10 set pfs group14\n", "crypto map M 10 set pfs group14\n", "an ASA's stays as it is"},
        {"no ip route 10.9.0.0 255.255.0.0 192.0.2.9\n", "no route outside 10.9.0.0 255.255.0.0 192.0.2.9\n",
         "taken back"},
        {"no crypto isakmp policy 20\n", "no crypto ikev1 policy 20\n", "of a block its name"},
        {"crypto map M 10 ipsec-isakmp\n no set peer 203.0.113.9\n", "no crypto map M 10 set peer 203.0.113.9\n",
         "of an entry one setting"},
        {"crypto isakmp policy 10\n no group 14\n", "crypto ikev1 policy 10\n no group 14\n", "of a block too"},
        {"no crypto isakmp key k address 203.0.113.2\n",
         "tunnel-group 203.0.113.2 ipsec-attributes\n no ikev1 pre-shared-key k\n", "the key alone"},
        {"crypto isakmp peer address 203.0.113.2\n set aggressive-mode client-endpoint fqdn west.example.net\n",
         "tunnel-group 203.0.113.2 type ipsec-l2l\ntunnel-group 203.0.113.2 ipsec-attributes\n initiate mode "
         "aggressive\n self-identity fqdn west.example.net\ntunnel-group 203.0.113.2 ipsec-attributes\n isakmp "
         "keepalive threshold 20 retry 5 periodic\n",
         "aggressive mode with a peer, and in what name"},
        {"crypto isakmp peer address 203.0.113.2\n no set aggressive-mode client-endpoint fqdn west.example.net\n",
         "tunnel-group 203.0.113.2 ipsec-attributes\n no initiate mode aggressive\n no self-identity fqdn "
         "west.example.net\n",
         "both taken back"},
        {"no crypto isakmp peer address 203.0.113.2\n",
         "tunnel-group 203.0.113.2 ipsec-attributes\n no ikev1 pre-shared-key\n no initiate mode aggressive\n no "
         "self-identity\n",
         "and all that its block has said"},
        {"no crypto isakmp peer address 203.0.113.7\n", "no crypto isakmp peer address 203.0.113.7\n",
         "of one that there is not it is refused"},
        {"crypto isakmp profile P\n self-identity fqdn\n",
         "crypto isakmp profile P\ncrypto isakmp profile P\n self-identity fqdn \n", "a profile stays one"},
        {"crypto isakmp profile P\n no keepalive 10 retry 3\n",
         "crypto isakmp profile P\ncrypto isakmp profile P\n no keepalive 10 retry 3\n",
         "one setting of it taken back"},
        {"no crypto isakmp profile P\n", "no crypto isakmp profile P\n", "and all of it"},
        {"interface GigabitEthernet0/0\n no crypto map M\n", "no crypto map M interface outside\n", "off an interface"},
        {"logging host 10.1.0.9\n", "logging enable\nlogging host inside 10.1.0.9\n",
         "a host of the log, and that there is one"},
        {"no logging host 10.1.0.9\n", "no logging host inside 10.1.0.9\n", "and away"},
        {"no logging on\n", "no logging enable\n", "nothing to anybody"},
        {"no logging buffered\n", "no logging buffered debugging\n", "a level taken back"},
        {"no service timestamps log\n", "no logging timestamp\n", "lines without the time"},
        {"logging host collector.example\n", "logging host collector.example\n", "without an address it is refused"},
        {"crypto map M local-address GigabitEthernet0/1\n",
         "no crypto map M interface outside\ncrypto map M interface inside\ncrypto ikev1 enable inside\n",
         "a map moves to the interface whose address is named"},
        {"crypto map M local-address GigabitEthernet0/0\n",
         "crypto map M interface outside\ncrypto ikev1 enable outside\n", "and stays where it has that address"},
        {"interface GigabitEthernet0/0\n crypto map M\ncrypto map M local-address GigabitEthernet0/1\n",
         "crypto map M interface inside\ncrypto ikev1 enable inside\n", "both at once"},
        {"crypto map N local-address GigabitEthernet0/1\n", "crypto map N local-address GigabitEthernet0/1\n",
         "of one that stands on no interface it is refused: nothing would remember it"},
        {"interface GigabitEthernet0/0\n no shutdown\n", "", "a row of its own"},
        {"interface GigabitEthernet0/0\n ip access-group 101 in\n", "access-group 101 in interface outside\n",
         "a list is asked at the nameif"},
        {"interface GigabitEthernet0/0\n no ip access-group 101 in\n", "no access-group 101 in interface outside\n",
         "and taken back there"},
        {"interface GigabitEthernet0/0\n crypto ipsec df-bit clear\n", "crypto ipsec df-bit clear-df outside\n",
         "the DF bit too"},
        {"crypto ipsec df-bit set\n", "crypto ipsec df-bit set-df\n", "of all interfaces"},
        {"no crypto ipsec df-bit set\n", "no crypto ipsec df-bit set-df\n", "and taken back of all"},
        {"crypto ipsec fragmentation after-encryption\n", "crypto ipsec fragmentation after-encryption\n",
         "what is split, too"},
        {"no ip nat inside source list 110 interface GigabitEthernet0/0 overload\n",
         "no nat (any) 3 access-list 110\nno global (outside) 3 interface\n",
         "a translation goes with both of its statements"},
        {"no ip nat inside source route-map R interface GigabitEthernet0/0 overload\n",
         "no nat (any) 3 access-list 110\nno global (outside) 3 interface\n",
         "of a route-map those of the interface: it has become lists"},
        {"ip nat inside source list 111 interface GigabitEthernet0/0\n"
         "no ip nat inside source list 111 interface GigabitEthernet0/0\n",
         "", "what is added and taken back at once"},
        {"no ip nat inside source list 111 interface GigabitEthernet0/0 overload\n", "no nat access-list 111\n",
         "one that there is not is refused, and not passed over"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_change(cases[i].lines, cases[i].becomes, NULL);
}

static void a_fault_is_told_of_the_line_that_was_typed(void **state)
{
    (void)state;
    expect_change("!\ncrypto isakmp policy 10\n group 5\nfoo\n", "crypto ikev1 policy 10\n group 5\nfoo\n",
                  (const uint32_t[]){3, 3, 4});
    expect_change("!\naccess-list 101 permit ip any any\nfoo bar\n",
                  "access-list 101 extended permit ip any any\nfoo bar\n", (const uint32_t[]){2, 3});
}

enum { OUTSIDE = 0 };

static unsigned block_of(const char *line)
{
    struct ios_typed typed;
    struct token tokens[TOKENS_MAX];
    struct lines lines = lines_of(bytes_of_text(line));
    struct line one;
    bool is_cut = false;

    CHECK(line_next(&lines, &one));
    ios_typed_read(&typed, OUTSIDE, tokens, line_tokens(&one, tokens, TOKENS_MAX, &is_cut));
    return typed.enters;
}

static void words_may_be_left_short(void **state)
{
    static const struct {
        const char *block; /* the line that opened it; NULL: none */
        const char *typed, *full, *prompt;
        uint16_t bad;
    } cases[] = {
        {NULL, "cry isa pol 10", "crypto isakmp policy 10", "config-isakmp", 4},
        {NULL, "crypto isakmp key cry address 203.0.113.9", "crypto isakmp key cry address 203.0.113.9", "config", 6},
        {NULL, "cry ips transf TS esp-aes 256 esp-sha-hmac", "crypto ipsec transform-set TS esp-aes 256 esp-sha-hmac",
         "cfg-crypto-trans", 7},
        {NULL, "cry map M 10 ipsec-i", "crypto map M 10 ipsec-isakmp", "config-crypto-map", 5},
        {NULL, "int GigabitEthernet0/0", "interface GigabitEthernet0/0", "config-if", 2},
        {NULL, "int g0/0", "interface GigabitEthernet0/0", "config-if", 2},
        {NULL, "int fa 0/1", "interface FastEthernet0/1", "config-if", 3},
        {NULL, "int eth0", "interface eth0", "config-if", 2},
        {NULL, "int fa 0/1 2", NULL, NULL, 3},
        {NULL, "ip nat in so li 1 int gi 0/0 over", "ip nat inside source list 1 interface GigabitEthernet0/0 overload",
         "config", 10},
        {NULL, "access-list 101 permit ip any host 10.1.0.5", "access-list 101 permit ip any host 10.1.0.5", "config",
         7},
        {NULL, "ip access-l ext VPN", "ip access-list extended VPN", "config-ext-nacl", 4},
        {"crypto isakmp policy 10", "enc aes 256", "encryption aes 256", "config-isakmp", 3},
        {"crypto isakmp policy 10", "encr aes 256", "encr aes 256", "config-isakmp", 3},
        {"crypto map M 10 ipsec-isakmp", "match addr 101", "match address 101", "config-crypto-map", 3},
        {"interface GigabitEthernet0/0", "no shut", "no shutdown", "config-if", 2},
        {NULL, "crypto isakmp foo", NULL, NULL, 2},
        {NULL, "crypto isakmp", NULL, NULL, 2},
        {NULL, "crypto i", NULL, NULL, 1},
        {NULL, "tunnel-group 1.2.3.4 type ipsec-l2l", NULL, NULL, 0},
        {"crypto isakmp policy 10", "set peer 1.2.3.4", NULL, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ios_typed typed;
        struct token tokens[TOKENS_MAX];
        struct lines lines = lines_of(bytes_of_text(cases[i].typed));
        struct line line;
        bool is_cut = false;

        CHECK(line_next(&lines, &line));
        ios_typed_read(&typed, cases[i].block == NULL ? OUTSIDE : block_of(cases[i].block), tokens,
                       line_tokens(&line, tokens, TOKENS_MAX, &is_cut));
        if (typed.fits != (cases[i].full != NULL) || typed.bad != cases[i].bad)
            fail_msg("%s: fits %d, bad %u", cases[i].typed, typed.fits, typed.bad);
        if (cases[i].full == NULL)
            continue;
        assert_string_equal(typed.line, cases[i].full);
        assert_string_equal(ios_prompt(typed.enters, false), cases[i].prompt);
    }
}

static void an_echo_of_sla_has_a_prompt_of_its_own(void **state)
{
    unsigned sla = block_of("ip sla 1"), policy = block_of("crypto isakmp policy 1");

    (void)state;
    assert_string_equal(ios_prompt(sla, false), "config-ip-sla");
    assert_string_equal(ios_prompt(sla, true), "config-ip-sla-echo");
    assert_string_equal(ios_prompt(policy, true), ios_prompt(policy, false));
    assert_string_equal(grammar_prompt(MODE_SLA, false), "config-sla-monitor");
    assert_string_equal(grammar_prompt(MODE_SLA, true), "config-sla-monitor-echo");
    assert_string_equal(grammar_prompt(MODE_POLICY, true), "config-ikev1-policy");
}

static void add_word(void *context, struct bytes word, bool is_argument)
{
    struct text *t = context;

    (void)is_argument;
    text_add(t, "%.*s ", (int)word.len, (const char *)word.data);
}

static void help_says_what_can_follow(void **state)
{
    static const struct {
        const char *typed, *expected;
        bool may_end;
    } cases[] = {
        {"cry isa pol", "WORD ", false},
        {"crypto isakmp key K address", "WORD ", false},
        {"crypto map M 10 ipsec-isakmp", "dynamic profile ", true},
        {"ip route 10.0.0.0 255.0.0.0 192.0.2.1", "track WORD WORD ", true},
        {"crypto foo", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct token tokens[TOKENS_MAX];
        struct lines lines = lines_of(bytes_of_text(cases[i].typed));
        struct line line;
        char space[512];
        struct text said = text_of(space, sizeof space);
        bool is_cut = false, may_end;

        CHECK(line_next(&lines, &line));
        may_end = ios_next(OUTSIDE, tokens, line_tokens(&line, tokens, TOKENS_MAX, &is_cut), &said, add_word);
        if (may_end != cases[i].may_end || strcmp(space, cases[i].expected) != 0)
            fail_msg("%s: %s%s", cases[i].typed, space, may_end ? "<cr>" : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_added_to_what_is_running),
        cmocka_unit_test(a_fault_is_told_of_the_line_that_was_typed),
        cmocka_unit_test(words_may_be_left_short),
        cmocka_unit_test(an_echo_of_sla_has_a_prompt_of_its_own),
        cmocka_unit_test(help_says_what_can_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
