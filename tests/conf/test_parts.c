/* What is written of a configuration: parts of it, and what nobody has typed. */
#include "conf/reading.h"
#include "conf/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char whole[] = "ASA Version 9.1(2)\n"
                            "hostname west\n"
                            "interface GigabitEthernet0/0\n"
                            " nameif outside\n"
                            "access-list A extended permit ip any any\n"
                            "access-list AB extended permit ip any any\n"
                            "crypto ipsec ikev1 transform-set AES esp-aes esp-sha-hmac\n"
                            "crypto map OUT 10 match address A\n"
                            "crypto map OUT 20 match address AB\n"
                            "crypto ikev1 enable outside\n"
                            "crypto ikev1 policy 10\n"
                            " hash sha\n"
                            "tunnel-group 192.0.2.9 type ipsec-l2l\n"
                            "tunnel-group 192.0.2.9 ipsec-attributes\n"
                            " ikev1 pre-shared-key secret-of-this-test\n"
                            "mystery line\n";

static size_t words_of(const char *line, struct bytes words[16])
{
    size_t count = 0;

    for (const char *at = line; *at;) {
        size_t len = strcspn(at, " ");

        words[count++] = bytes_of(at, len);
        at += len + (at[len] == ' ');
    }
    return count;
}

static void a_part_is_what_begins_with_its_words(void **state)
{
    static const struct {
        const char *words;
        uint32_t count;
        const char *written, *why;
    } cases[] = {
        {"hostname", 1, "hostname west\n", "one word"},
        {"host", 1, "hostname west\n", "shortened"},
        {"cry map", 2, "crypto map OUT 10 match address A\ncrypto map OUT 20 match address AB\n", "two words"},
        {"crypto map OUT 20", 1, "crypto map OUT 20 match address AB\n", "with arguments"},
        {"access-list A", 1, "access-list A extended permit ip any any\n", "a name is not shortened"},
        {"crypto ipsec transform-set", 1, "crypto ipsec ikev1 transform-set AES esp-aes esp-sha-hmac\n",
         "the spelling before 8.4"},
        {"crypto isakmp", 2, "crypto ikev1 enable outside\n!\ncrypto ikev1 policy 10\n hash sha\n", "that one too"},
        {"interface", 1, "interface GigabitEthernet0/0\n nameif outside\n", "with what stands below"},
        {"int g0/0", 1, "interface GigabitEthernet0/0\n nameif outside\n", "an interface is shortened, too"},
        {"int gi 0/0", 1, "interface GigabitEthernet0/0\n nameif outside\n", "or has a blank in it"},
        {"int gi0/1", 0, "", "another"},
        {"nameif", 0, "", "what stands below is no part by itself"},
        {"tunnel-group 192.0.2.9 i", 1, "tunnel-group 192.0.2.9 ipsec-attributes\n ikev1 pre-shared-key *****\n",
         "keys are masked"},
        {"mystery", 1, "mystery line\n", "what nobody knows"},
        {"crypto map OUT 30", 0, "", "nothing"},
    };
    struct reading r;

    (void)state;
    reading_of(&r, whole);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes words[16];
        struct conf_part part = {.words = words, .count = words_of(cases[i].words, words)};
        char space[4096], without[4096];
        struct text t = text_of(space, sizeof space), u = text_of(without, sizeof without);
        uint32_t all = conf_write_part(&r.conf, CONF_KEYS_MASKED, (struct conf_part){0}, &u);

        if (conf_write_part(&r.conf, CONF_KEYS_MASKED, part, &t) != cases[i].count ||
            strcmp(space, cases[i].written) != 0)
            fail_msg("%s: %s gives\n%s", cases[i].why, cases[i].words, space);
        part.is_left_out = true;
        u = text_of(without, sizeof without);
        CHECK(conf_write_part(&r.conf, CONF_KEYS_MASKED, part, &u) == all - cases[i].count);
    }
    reading_end(&r);
}

static void a_word_that_is_whole_is_not_taken_for_a_longer_one(void **state)
{
    static const char objects[] =
        "ASA Version 9.1(2)\n"
        "names\n"
        "name 192.0.2.9 partner\n"
        "object network LAN\n subnet 10.1.0.0 255.255.0.0\n nat (inside,outside) dynamic interface\n"
        "object service WEB\n service tcp destination eq https\n"
        "object-group network NETS\n network-object object LAN\n"
        "object-group service PORTS tcp\n port-object eq www\n"
        "access-list A extended permit ip any any\n"
        "nat (inside,outside) source static LAN LAN\n"
        "access-group A in interface outside\n"
        "nat-control\n";
    static const struct {
        const char *words, *written, *left;
    } cases[] = {
        {"object",
         "object network LAN\n subnet 10.1.0.0 255.255.0.0\n nat (inside,outside) dynamic interface\n!\n"
         "object service WEB\n service tcp destination eq https\n",
         "object-group network NETS"},
        {"object network",
         "object network LAN\n subnet 10.1.0.0 255.255.0.0\n nat (inside,outside) dynamic interface\n",
         "object service WEB"},
        {"object-group",
         "object-group network NETS\n network-object object LAN\n!\n"
         "object-group service PORTS tcp\n port-object eq www\n",
         "object network LAN"},
        {"object-g s", "object-group service PORTS tcp\n port-object eq www\n", "object-group network NETS"},
        {"object id WEB", "object service WEB\n service tcp destination eq https\n", "object network LAN"},
        {"object-group id NETS", "object-group network NETS\n network-object object LAN\n",
         "object-group service PORTS"},
        {"name", "name 192.0.2.9 partner\n", "names\n"},
        {"nat",
         "object network LAN\n nat (inside,outside) dynamic interface\n!\n"
         "nat (inside,outside) source static LAN LAN\n",
         " subnet 10.1.0.0 255.255.0.0\n"},
        {"access-group", "access-group A in interface outside\n", "access-list A"},
        {"access", "access-list A extended permit ip any any\n!\naccess-group A in interface outside\n", "nat-control"},
    };
    struct reading r;

    (void)state;
    reading_of(&r, objects);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes words[16];
        struct conf_part part = {.words = words, .count = words_of(cases[i].words, words)};
        char space[4096], without[4096];
        struct text t = text_of(space, sizeof space), u = text_of(without, sizeof without);

        conf_write_part(&r.conf, CONF_KEYS_MASKED, part, &t);
        if (strcmp(space, cases[i].written) != 0)
            fail_msg("%s gives\n%s", cases[i].words, space);
        part.is_left_out = true;
        conf_write_part(&r.conf, CONF_KEYS_MASKED, part, &u);
        if (strstr(without, cases[i].left) == NULL || strstr(without, cases[i].written) != NULL)
            fail_msg("without %s:\n%s", cases[i].words, without);
    }
    reading_end(&r);
}

static void what_is_implied_changes_nothing(void **state)
{
    static const char *const releases[] = {"ASA Version 8.2(5)\n", "ASA Version 9.1(2)\n", "ASA Version 9.16(4)\n"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        static char text[8192], implied[8192], again[16384];
        struct text t = text_of(text, sizeof text), m = text_of(implied, sizeof implied),
                    a = text_of(again, sizeof again);
        struct reading before, after;

        text_add(&t, "%s%s", releases[i], strchr(whole, '\n') + 1);
        reading_of(&before, text);
        conf_write_implied(&before.conf, true, &m);
        text_add(&a, "%s!\n%s", implied, text);
        reading_of(&after, again);
        CHECK(m.len > 0 && !a.is_cut);
        CHECK(after.conf.error_count == before.conf.error_count);
        CHECK(after.conf.warning_count == before.conf.warning_count);
        CHECK(after.conf.policy.isakmp_policy_count == before.conf.policy.isakmp_policy_count);
        CHECK(memcmp(after.conf.policy.isakmp_policies, before.conf.policy.isakmp_policies,
                     sizeof *before.conf.policy.isakmp_policies) == 0);
        CHECK(after.conf.running_count == before.conf.running_count);
        reading_end(&before);
        reading_end(&after);
    }
}

static void a_policy_is_shown_with_all_its_lines(void **state)
{
    static const struct {
        const char *text, *implied;
    } cases[] = {
        {"ASA Version 8.2(5)\ncrypto isakmp policy 5\n",
         "crypto isakmp policy 5\n authentication pre-share\n encryption 3des\n hash sha\n group 2\n lifetime 86400\n"},
        {"ASA Version 9.16(4)\ncrypto ikev1 policy 5\n", "crypto ikev1 policy 5\n authentication pre-share\n "
                                                         "encryption aes-256\n hash sha\n group 14\n lifetime 86400\n"},
        {"hostname west\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char space[1024];
        struct text t = text_of(space, sizeof space);
        struct reading r;

        reading_of(&r, cases[i].text);
        conf_write_implied(&r.conf, false, &t);
        assert_string_equal(space, cases[i].implied);
        reading_end(&r);
    }
}

#define DEFAULTS(protocol)                                                                                             \
    "group-policy DfltGrpPolicy internal\ngroup-policy DfltGrpPolicy attributes\n wins-server none\n"                  \
    " dns-server none\n vpn-simultaneous-logins 2147483647\n vpn-idle-timeout none\n vpn-session-timeout none\n"       \
    " vpn-filter none\n vpn-tunnel-protocol " protocol "\n password-storage disable\n re-xauth disable\n"              \
    " group-lock none\n pfs disable\n split-tunnel-policy tunnelall\n split-tunnel-network-list none\n"                \
    " default-domain none\n split-dns none\n nem disable\n address-pools none\n"
#define USERS                                                                                                          \
    "no crypto ikev1 am-disable\nusername ann password a-long-one-of-ann\nip local pool RA 10.9.0.1-10.9.0.9\n"        \
    "tunnel-group STAFF type remote-access\ntunnel-group STAFF general-attributes\n address-pool RA\n"                 \
    "tunnel-group STAFF ipsec-attributes\n ikev1 pre-shared-key a-key-of-this-test\n"

/* As show running-config all: a part of what is implied and of what is said together. */
static void what_nobody_has_said_is_shown_as_it_holds(void **state)
{
    static const struct {
        const char *text, *words, *written;
    } cases[] = {
        {"ASA Version 9.1(2)\n", "group-policy", DEFAULTS("ikev1")},
        {"ASA Version 8.2(5)\ncrypto isakmp enable outside\n", "group-policy", DEFAULTS("IPSec")},
        {"ASA Version 9.1(2)\ngroup-policy DfltGrpPolicy attributes\n vpn-idle-timeout 30\n nem enable\n",
         "group-policy DfltGrpPolicy attributes",
         "group-policy DfltGrpPolicy attributes\n wins-server none\n dns-server none\n"
         " vpn-simultaneous-logins 2147483647\n vpn-idle-timeout 30\n vpn-session-timeout none\n vpn-filter none\n"
         " vpn-tunnel-protocol ikev1\n password-storage disable\n re-xauth disable\n group-lock none\n pfs disable\n"
         " split-tunnel-policy tunnelall\n split-tunnel-network-list none\n default-domain none\n split-dns none\n"
         " nem enable\n address-pools none\n"},
        {"ASA Version 9.1(2)\ngroup-policy P internal\ngroup-policy P attributes\n pfs enable\n", "group-policy P",
         "group-policy P internal\ngroup-policy P attributes\n pfs enable\n"},
        {"ASA Version 9.1(2)\n" USERS, "tunnel-group",
         "tunnel-group STAFF type remote-access\ntunnel-group STAFF general-attributes\n address-pool RA\n"
         " authentication-server-group LOCAL\n default-group-policy DfltGrpPolicy\n"
         "tunnel-group STAFF ipsec-attributes\n ikev1 pre-shared-key *****\n peer-id-validate req\n"
         " isakmp keepalive threshold 300 retry 2\n ikev1 user-authentication xauth\n"},
        {"ASA Version 8.2(5)\ncrypto isakmp enable outside\ntunnel-group 192.0.2.9 type ipsec-l2l\n"
         "tunnel-group 192.0.2.9 ipsec-attributes\n pre-shared-key a-key-of-this-test\n"
         "group-policy ALL internal\ngroup-policy ALL attributes\n pfs enable\n"
         "tunnel-group DefaultL2LGroup general-attributes\n default-group-policy ALL\n",
         "tunnel-group 192.0.2.9",
         "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 general-attributes\n default-group-policy ALL\n"
         "tunnel-group 192.0.2.9 ipsec-attributes\n pre-shared-key *****\n peer-id-validate req\n"
         " isakmp keepalive threshold 10 retry 2\n"},
        {"ASA Version 9.1(2)\n", "crypto isakmp nat-traversal", "crypto isakmp nat-traversal 20\n"},
        {"ASA Version 7.2(4)\n", "crypto isakmp nat-traversal", "no crypto isakmp nat-traversal\n"},
        {"ASA Version 9.1(2)\nno crypto isakmp nat-traversal\n", "crypto isakmp nat-traversal",
         "no crypto isakmp nat-traversal\n"},
        {"ASA Version 9.1(2)\ninterface GigabitEthernet0/0\n nameif outside\n", "crypto ipsec fragmentation",
         "crypto ipsec fragmentation before-encryption outside\n"},
        {"ASA Version 9.1(2)\ncrypto ipsec df-bit clear-df\ninterface GigabitEthernet0/0\n nameif outside\n",
         "crypto ipsec df-bit", "crypto ipsec df-bit clear-df outside\ncrypto ipsec df-bit clear-df\n"},
        {"ASA Version 9.1(2)\ncrypto ca trustpoint T\n enrollment terminal\n", "crypto ca trustpoint",
         "crypto ca trustpoint T\n enrollment terminal\n revocation-check none\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static char implied[16384], again[32768], written[16384];
        struct text m = text_of(implied, sizeof implied), a = text_of(again, sizeof again),
                    t = text_of(written, sizeof written);
        struct bytes words[16];
        struct reading before, after;

        reading_of(&before, cases[i].text);
        conf_write_implied(&before.conf, true, &m);
        text_add(&a, "%s!\n%s", implied, cases[i].text);
        reading_of(&after, again);
        conf_write_part(&after.conf, CONF_KEYS_MASKED,
                        (struct conf_part){.words = words, .count = words_of(cases[i].words, words)}, &t);
        assert_string_equal(written, cases[i].written);
        CHECK(!m.is_cut && !a.is_cut && after.conf.error_count == before.conf.error_count);
        CHECK(after.conf.warning_count == before.conf.warning_count);
        CHECK(after.conf.unused_count == before.conf.unused_count);
        reading_end(&before);
        reading_end(&after);
    }
}

/* Those of other names, of other kinds and of what was taken away are between them. */
static void statements_of_a_name_come_in_the_order_of_writing(void **state)
{
    static const char text[] = "access-list B extended permit ip any host 10.1.0.9\n"
                               "access-list A extended permit ip any host 10.1.0.1\n"
                               "access-list A standard permit host 10.1.0.8\n"
                               "access-list B extended permit ip any host 10.1.0.10\n"
                               "access-list A extended permit ip any host 10.1.0.3\n"
                               "access-list A extended permit ip any host 10.1.0.4\n"
                               "access-list A line 2 extended permit ip any host 10.1.0.2\n"
                               "no access-list A extended permit ip any host 10.1.0.3\n"
                               "tunnel-group A type ipsec-l2l\n";
    static const char *const hosts[] = {"10.1.0.1", "10.1.0.2", "10.1.0.4"};
    const struct statement *s = NULL;
    struct reading r;

    (void)state;
    reading_of(&r, text);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        s = statements_next_named(r.conf.statements, s, STATEMENT_acl_extended, bytes_of_text("A"));
        CHECK(s && bytes_equal(statement_argument(s, "host", 0), bytes_of_text(hosts[i])));
    }
    CHECK(!statements_next_named(r.conf.statements, s, STATEMENT_acl_extended, bytes_of_text("A")));
    CHECK(!statements_next_named(r.conf.statements, NULL, STATEMENT_acl_extended, bytes_of_text("a")));
    CHECK(!statements_next_named(r.conf.statements, NULL, STATEMENT_group_policy, bytes_of_text("A")));
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_what_begins_with_its_words),
        cmocka_unit_test(a_word_that_is_whole_is_not_taken_for_a_longer_one),
        cmocka_unit_test(what_is_implied_changes_nothing),
        cmocka_unit_test(a_policy_is_shown_with_all_its_lines),
        cmocka_unit_test(what_nobody_has_said_is_shown_as_it_holds),
        cmocka_unit_test(statements_of_a_name_come_in_the_order_of_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
