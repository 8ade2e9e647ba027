/* Aggressive mode in the configuration: both spellings, who is answered, and what is said about it. */
#include "conf/compile.h"
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char base[] =
    "ASA Version 9.12(4)\n"
    "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
    "access-list A extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
    "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
    "crypto map M 10 match address A\n"
    "crypto map M 10 set peer 203.0.113.1\n"
    "crypto map M 10 set ikev1 transform-set S\n"
    "crypto map M interface outside\n"
    "crypto ikev1 enable outside\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
    "crypto ikev1 policy 20\n authentication pre-share\n encryption aes-256\n hash sha\n group 19\n";

static const char by_address[] = "tunnel-group 203.0.113.1 type ipsec-l2l\n"
                                 "tunnel-group 203.0.113.1 ipsec-attributes\n"
                                 " ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n";

static void read_all(struct reading *r, const char *a, const char *b)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s%s", base, a, b);
    reading_of(r, text);
    CHECK(r->is_ok);
}

static bool is_found(const struct conf *conf, enum conf_severity severity, const char *words)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (conf->findings[i].severity == severity && strstr(conf->findings[i].sentence, words) != NULL)
            return true;
    return false;
}

static void how_phase_1_begins_is_said_in_both_spellings(void **state)
{
    static const struct {
        const char *line;
        bool is_aggressive;
        enum group_id group;
        const char *parked;
    } cases[] = {
        {"", false, GROUP_NONE, NULL},
        {"crypto map M 10 set ikev1 phase1-mode main\n", false, GROUP_NONE, NULL},
        {"crypto map M 10 set ikev1 phase1-mode aggressive\n", true, GROUP_NONE, NULL},
        {"crypto map M 10 set phase1-mode aggressive\n", true, GROUP_NONE, NULL},
        {"crypto map M 10 set ikev1 phase1-mode aggressive group19\n", true, GROUP_ECP256, NULL},
        {"crypto map M 10 set phase1-mode aggressive group14\n", true, GROUP_MODP2048, NULL},
        {"crypto map M 10 set phase1-mode aggressive group5\n", true, GROUP_MODP1536, "no phase 1 policy"},
        {"crypto map M 10 set phase1-mode aggressive group7\n", true, GROUP_NONE, "does not compute"},
        {"crypto map M 10 set phase1-mode aggressive\nno crypto map M 10 set phase1-mode aggressive\n", false,
         GROUP_NONE, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_all(&r, by_address, cases[i].line);
        const struct tunnel *t = &r.conf.policy.tunnels[0];
        if (t->is_aggressive != cases[i].is_aggressive || t->aggressive_group != cases[i].group ||
            (t->parked == NULL) != (cases[i].parked == NULL) ||
            (t->parked != NULL && strstr(t->parked, cases[i].parked) == NULL))
            fail_msg("%s: %s", cases[i].line, t->parked == NULL ? "runs" : t->parked);
        CHECK(is_found(&r.conf, CONF_WARNING, "begins in aggressive mode with a pre-shared key") ==
              cases[i].is_aggressive);
        reading_end(&r);
    }
}

static void it_is_answered_only_where_the_configuration_says_so(void **state)
{
    static const struct {
        const char *line;
        bool is_answered;
    } cases[] = {
        {"", false},
        {"crypto ikev1 am-disable\n", false},
        {"crypto isakmp am-disable\n", false},
        {"no crypto ikev1 am-disable\n", true},
        {"no crypto isakmp am-disable\n", true},
        {"no crypto ikev1 am-disable\ncrypto ikev1 am-disable\n", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_all(&r, by_address, cases[i].line);
        if (r.conf.policy.is_aggressive_answered != cases[i].is_answered)
            fail_msg("%s", cases[i].line);
        CHECK(is_found(&r.conf, CONF_WARNING, "aggressive mode is answered") == cases[i].is_answered);
        reading_end(&r);
    }
}

static const char by_name[] = "tunnel-group branch7 type ipsec-l2l\n"
                              "tunnel-group branch7 ipsec-attributes\n"
                              " ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n";

static void a_tunnel_group_by_identity_is_used_where_it_can_be_chosen(void **state)
{
    struct reading r;

    (void)state;
    read_all(&r, by_name, "");
    CHECK(r.conf.policy.tunnel_group_count == 0 && r.conf.policy.tunnels[0].parked != NULL);
    CHECK(is_found(&r.conf, CONF_NOTE, "branch7 is not named by a peer's address"));
    reading_end(&r);

    read_all(&r, by_name, "no crypto ikev1 am-disable\n");
    CHECK(r.conf.policy.tunnel_group_count == 1 && r.conf.policy.tunnel_groups[0].is_by_identity &&
          r.conf.policy.tunnel_groups[0].has_key && !ip_is_set(r.conf.policy.tunnel_groups[0].peer));
    CHECK(r.conf.policy.tunnels[0].parked == NULL); /* the peer may begin, and say who it is */
    CHECK(!is_found(&r.conf, CONF_NOTE, "branch7 is not named"));
    reading_end(&r);
}

/* Attack list C02. What is said is an upper bound: words are worth less. */
static void C02_a_key_that_can_be_guessed_is_not_answered_with(void **state)
{
    static const struct {
        const char *key;
        bool is_weak, is_warned;
    } cases[] = {
        {"cisco123", true, false},
        {"aaaaaaaaaaaaaaaaaaaaaaaa", true, false},
        {"12345678901234567890", true, false},
        {"abcdefghijklmnopqrstuvwxyz", true, false},
        {"Branch7-Only", false, true},
        {"xK9-2mQ7_vB4-pL8w", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char lines[512];
        struct reading r;

        snprintf(
            lines, sizeof lines,
            "no crypto ikev1 am-disable\ntunnel-group branch7 type ipsec-l2l\ntunnel-group branch7 ipsec-attributes\n"
            " ikev1 pre-shared-key %s\n",
            cases[i].key);
        read_all(&r, by_address, lines);
        bool is_weak = r.conf.policy.tunnel_groups[1].is_key_weak;
        if (is_weak != cases[i].is_weak ||
            is_found(&r.conf, CONF_ERROR, "branch7 is not answered in aggressive mode") != cases[i].is_weak ||
            is_found(&r.conf, CONF_WARNING, "branch7 is worth") != cases[i].is_warned)
            fail_msg("%s: %u bits", cases[i].key, key_bits_at_most(bytes_of_text(cases[i].key)));
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            CHECK(strstr(r.conf.findings[k].sentence, cases[i].key) == NULL);
        reading_end(&r);
    }
}

/* A branch with an address of its provider's, and who it says it is. */
static void who_we_say_we_are(void **state)
{
    static const struct {
        const char *line;
        enum identity_kind kind;
        const char *key_id;
    } cases[] = {
        {"crypto isakmp identity key-id branch7\n", IDENTITY_KEY_ID, "branch7"},
        {"crypto isakmp identity hostname\n", IDENTITY_HOSTNAME, ""},
        {"crypto isakmp identity address\n", IDENTITY_ADDRESS, ""},
        {"crypto isakmp identity auto\n", IDENTITY_AUTO, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_all(&r, by_address, cases[i].line);
        CHECK(r.conf.policy.identity == cases[i].kind && strcmp(r.conf.policy.key_id, cases[i].key_id) == 0);
        reading_end(&r);
    }
}

/* To one peer, whatever is said to the others. */
static void who_we_say_to_one_peer_that_we_are(void **state)
{
    static const struct {
        const char *line;
        enum identity_kind kind;
        const char *name;
    } cases[] = {
        {"", IDENTITY_KEY_ID, "all"},
        {" self-identity address\n", IDENTITY_ADDRESS, NULL},
        {" self-identity address 192.0.2.7\n", IDENTITY_ADDRESS, NULL},
        {" self-identity fqdn\n", IDENTITY_HOSTNAME, "west.example.net"},
        {" self-identity fqdn other.example.net\n", IDENTITY_HOSTNAME, "other.example.net"},
        {" self-identity user-fqdn west@example.net\n", IDENTITY_USER_FQDN, "west@example.net"},
        {" self-identity key-id branch7\n", IDENTITY_KEY_ID, "branch7"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char lines[1024];
        struct reading r;

        snprintf(lines, sizeof lines,
                 "hostname west\ndomain-name example.net\ncrypto isakmp identity key-id all\n"
                 "tunnel-group 203.0.113.1 ipsec-attributes\n%s",
                 cases[i].line);
        read_all(&r, by_address, lines);
        struct own_identity own = policy_identity_to(&r.conf.policy, 0);
        if (own.kind != cases[i].kind || (cases[i].name != NULL && strcmp(own.name, cases[i].name) != 0))
            fail_msg("%s: %d %s", cases[i].line, own.kind, own.name);
        CHECK(ip_is_set(own.ip) == (i == 2));
        reading_end(&r);
    }

    struct reading r;

    read_all(&r, by_address, "tunnel-group 203.0.113.1 ipsec-attributes\n self-identity address nowhere.example\n");
    CHECK(is_found(&r.conf, CONF_ERROR, "the address of nowhere.example is not known"));
    reading_end(&r);
}

/* Where the crypto map entry says nothing. */
static void a_peer_may_be_begun_with_in_aggressive_mode(void **state)
{
    static const struct {
        const char *lines;
        bool is_aggressive;
    } cases[] = {
        {"", false},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n initiate mode aggressive\n", true},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n initiate mode aggressive\n"
         "crypto map M 10 set ikev1 phase1-mode main\n",
         false},
        {"tunnel-group 203.0.113.9 type ipsec-l2l\ntunnel-group 203.0.113.9 ipsec-attributes\n initiate mode "
         "aggressive\n",
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_all(&r, by_address, cases[i].lines);
        CHECK(r.conf.running_count == 1 && r.conf.policy.tunnels[0].is_aggressive == cases[i].is_aggressive);
        CHECK(is_found(&r.conf, CONF_WARNING, "begins in aggressive mode") == cases[i].is_aggressive);
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_phase_1_begins_is_said_in_both_spellings),
        cmocka_unit_test(it_is_answered_only_where_the_configuration_says_so),
        cmocka_unit_test(a_tunnel_group_by_identity_is_used_where_it_can_be_chosen),
        cmocka_unit_test(C02_a_key_that_can_be_guessed_is_not_answered_with),
        cmocka_unit_test(who_we_say_we_are),
        cmocka_unit_test(who_we_say_to_one_peer_that_we_are),
        cmocka_unit_test(a_peer_may_be_begun_with_in_aggressive_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
