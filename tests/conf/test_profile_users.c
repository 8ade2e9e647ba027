/* A router's users: client configuration groups, with profiles and without, are the tunnel-groups of an ASA. */
#include "conf/convert.h"
#include "conf/ios.h"
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BEGIN                                                                                                          \
    "version 15.2\nhostname gateway\naaa new-model\n"                                                                  \
    "aaa authentication login USERS local\naaa authorization network GROUPS local\n"                                   \
    "username alice privilege 1 password 0 Wonder-1\nusername bob secret 5 $1$salt$hash\n"                             \
    "crypto isakmp policy 10\n encr aes 256\n authentication pre-share\n group 14\n"                                   \
    "crypto isakmp client configuration group STAFF\n key xK9-2mQ7_vB4-pL8w\n dns 10.2.0.53 10.2.0.54\n"               \
    " wins 10.2.0.55\n domain example.net\n pool RA\n acl 110\n save-password\n split-dns example.net\n"               \
    " split-dns example.org\n max-logins 2\n pfs\n"                                                                    \
    "ip local pool RA 10.60.200.10 10.60.200.20\n"                                                                     \
    "access-list 110 permit ip 10.2.0.0 0.0.255.255 any\n"                                                             \
    "crypto ipsec transform-set S esp-aes 256 esp-sha-hmac\n"                                                          \
    "interface Gi0/0\n ip address 203.0.113.2 255.255.255.0\n crypto map M\n"                                          \
    "crypto map M 65000 ipsec-isakmp dynamic D\n"
#define DYNAMIC "crypto dynamic-map D 10\n set transform-set S\n"
#define PROFILE "crypto isakmp profile P\n match identity group STAFF\n"
#define AUTHENTICATION " client authentication list USERS\n"
#define AUTHORIZATION " isakmp authorization list GROUPS\n"
#define ADDRESSES " client configuration address respond\n"

static const struct tunnel_group *staff_of(const struct policy *policy)
{
    for (uint16_t i = 0; i < policy->tunnel_group_count; i++)
        if (strcmp(policy->tunnel_groups[i].name, "STAFF") == 0)
            return &policy->tunnel_groups[i];
    return NULL;
}

static bool is_found(const struct conf *conf, const char *words)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strstr(conf->findings[i].sentence, words) != NULL)
            return true;
    return false;
}

static void expect_staff(const struct conf *conf, const char *why)
{
    const struct tunnel_group *g = staff_of(&conf->policy);
    const struct group_policy *p = g == NULL ? NULL : &conf->policy.group_policies[g->group_policy - 1];

    if (g == NULL || !g->is_remote_access || !g->is_by_identity || !g->has_key || g->user_auth != USER_AUTH_XAUTH ||
        g->pool_count != 1 || g->user_server != 0 || conf->running_count != 1 || !conf->policy.is_aggressive_answered ||
        conf->user_count != 2)
        fail_msg("%s: %s", why, g == NULL ? "there is no group" : "the group is another");
    CHECK(strcmp(p->name, "STAFF") == 0 && ip_equal(p->dns[1], ip_of_v4(0x0a020036)) && ip_is_set(p->wins[0]));
    CHECK(p->split_tunnel == SPLIT_TUNNEL_SPECIFIED && p->split_network_count == 1 && p->may_store_password);
    CHECK(p->wants_pfs && p->are_logins_limited && p->login_limit == 2);
    assert_string_equal(p->default_domain, "example.net");
    assert_string_equal(p->split_dns, "example.net example.org");
    assert_string_equal(conf->policy.pools[g->pools[0]].name, "RA");
    CHECK(ip_equal(conf->policy.pools[g->pools[0]].range.last, ip_of_v4(0x0a3cc814)));
    assert_memory_equal(conf->users[0].password.data, "Wonder-1", 8);
}

static void a_client_configuration_group_is_a_tunnel_group(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {BEGIN DYNAMIC " set isakmp-profile P\n" PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES, "with a profile"},
        {BEGIN DYNAMIC "crypto map M client authentication list USERS\ncrypto map M isakmp authorization list GROUPS\n"
                       "crypto map M client configuration address respond\n",
         "without one"},
    };
    static char asa[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(asa, sizeof asa);
        struct reading r;

        reading_of(&r, cases[i].text);
        CHECK(r.is_ok && r.conf.is_ios && r.conf.error_count == 0 && r.conf.unused_count == 0);
        expect_staff(&r.conf, cases[i].why);
        conf_write_part(&r.conf, CONF_KEYS_SHOWN, (struct conf_part){0}, &t);
        reading_end(&r);
        reading_of(&r, asa);
        CHECK(!r.conf.is_ios);
        expect_staff(&r.conf, "as it is written");
        reading_end(&r);
    }
}

static void profile_or_map_say_what_users_are_asked_and_get(void **state)
{
    static const struct {
        const char *lines;
        enum user_auth user_auth;
        uint8_t pool_count, server;
        const char *said; /* a part of a finding */
    } cases[] = {
        {PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES, USER_AUTH_XAUTH, 1, 0, NULL},
        {PROFILE AUTHORIZATION ADDRESSES, USER_AUTH_NONE, 1, 0, "asks nobody for a password"},
        {PROFILE AUTHENTICATION AUTHORIZATION, USER_AUTH_XAUTH, 0, 0, "has no `client configuration address respond`"},
        {PROFILE AUTHENTICATION ADDRESSES, USER_AUTH_XAUTH, 1, 0, "has no `isakmp authorization list`"},
        {PROFILE ADDRESSES, USER_AUTH_XAUTH, 1, 0, "are asked for their passwords, as on an ASA"},
        {"", USER_AUTH_XAUTH, 1, 0, NULL},
        {"crypto isakmp profile P\n match identity group OTHERS\n" AUTHORIZATION ADDRESSES, USER_AUTH_XAUTH, 1, 0,
         NULL},
        {"crypto map M isakmp authorization list GROUPS\ncrypto map M client configuration address initiate\n",
         USER_AUTH_NONE, 1, 0, "asks nobody for a password"},
        {PROFILE " client authentication list NOBODY\n" AUTHORIZATION ADDRESSES, USER_AUTH_XAUTH, 1, 0,
         "there is no `aaa authentication login NOBODY`"},
        {"aaa-server PAM protocol pam\naaa authentication login USERS group PAM local\n" PROFILE AUTHENTICATION
             AUTHORIZATION ADDRESSES,
         USER_AUTH_XAUTH, 1, 1, NULL},
        {"aaa authentication login USERS group radius local\n" PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES,
         USER_AUTH_XAUTH, 1, 0, "there is no `aaa-server radius protocol pam`"},
        {"aaa authorization network GROUPS group radius\n" PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES,
         USER_AUTH_XAUTH, 1, 0, "only groups of this configuration are known"},
        {PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES " local-address 203.0.113.2\n", USER_AUTH_XAUTH, 1, 0, NULL},
        {PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES " local-address Loopback0\n", USER_AUTH_XAUTH, 1, 0,
         "come in by interface GigabitEthernet0/0, too"},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        snprintf(text, sizeof text, "%s%s", BEGIN DYNAMIC, cases[i].lines);
        reading_of(&r, text);
        const struct tunnel_group *g = staff_of(&r.conf.policy);
        if (g == NULL || g->user_auth != cases[i].user_auth || g->pool_count != cases[i].pool_count ||
            g->user_server != cases[i].server || g->is_local_asked_after != (cases[i].server != 0) ||
            (cases[i].said != NULL && !is_found(&r.conf, cases[i].said)))
            fail_msg("%s", cases[i].lines);
        reading_end(&r);
    }
}

static void an_entry_with_a_profile_is_for_its_peers(void **state)
{
    static const struct {
        const char *lines;
        bool is_staff, is_anybody;
        const char *parked;
    } cases[] = {
        {DYNAMIC PROFILE AUTHORIZATION, true, true, NULL},
        {DYNAMIC " set isakmp-profile P\n" PROFILE AUTHORIZATION, true, false, NULL},
        {DYNAMIC PROFILE AUTHORIZATION "crypto map M isakmp-profile P\n", true, false, NULL},
        {DYNAMIC PROFILE AUTHORIZATION "crypto map OTHER isakmp-profile P\n", true, true, NULL},
        {DYNAMIC " set isakmp-profile Q\n" PROFILE AUTHORIZATION
                 "crypto isakmp profile Q\n match identity group OTHERS\n",
         false, false, NULL},
        {DYNAMIC " set isakmp-profile NONE\n", true, true, NULL},
        {DYNAMIC " set isakmp-profile P\n" PROFILE AUTHORIZATION " local-address Gi0/0\n", true, false, NULL},
        {DYNAMIC " set isakmp-profile P\n" PROFILE AUTHORIZATION " local-address 10.9.9.9\n", false, false,
         "isakmp profile P is for another address of ours than that of interface GigabitEthernet0/0"},
    };
    static const struct ip user = {IP_V4, {10, 60, 200, 10}};
    const struct selector wanted = {.local = ip_range_of_prefix(ip_of_v4(0), 0),
                                    .remote = {user, user},
                                    .local_ports = {0, 65535},
                                    .remote_ports = {0, 65535}};
    char text[4096];
    uint16_t tunnel, ace;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        snprintf(text, sizeof text, "%s%s", BEGIN, cases[i].lines);
        reading_of(&r, text);
        const struct policy *p = &r.conf.policy;
        uint16_t staff = (uint16_t)(staff_of(p) - p->tunnel_groups);
        if ((policy_tunnel_of_user(p, staff, &wanted, &ace) != NO_INDEX) != cases[i].is_staff ||
            policy_match_proxy(p, ip_of_v4(0xc0000209), NO_INDEX, &wanted, &tunnel, &ace) != cases[i].is_anybody)
            fail_msg("%s", cases[i].lines);
        CHECK(p->tunnel_count == 1 && (p->tunnels[0].parked != NULL) == (cases[i].parked != NULL));
        CHECK(cases[i].parked == NULL || strstr(p->tunnels[0].parked, cases[i].parked) != NULL);
        reading_end(&r);
    }
}

static void type(struct reading *r, const char *lines)
{
    struct reading was = *r;

    reading_type(r, &was, lines);
    reading_end(&was);
}

#define GROUP "crypto isakmp client configuration group STAFF\n"

static void users_are_typed_line_by_line(void **state)
{
    static const char *const lines[] = {
        GROUP,
        GROUP " key xK9-2mQ7_vB4-pL8w\n",
        GROUP " dns 10.2.0.53 10.2.0.54\n",
        GROUP " wins 10.2.0.55\n",
        GROUP " domain example.net\n",
        GROUP " acl 110\n",
        GROUP " pool RA\n",
        GROUP " save-password\n",
        GROUP " split-dns example.com\n",
        GROUP " split-dns example.net\n",
        GROUP " split-dns example.org\n",
        GROUP " no split-dns example.com\n",
        GROUP " max-logins 2\n",
        GROUP " pfs\n",
        PROFILE,
        "crypto isakmp profile P\n isakmp authorization list GROUPS\n",
        "crypto isakmp profile P\n client configuration address respond\n",
        "crypto isakmp profile P\n client authentication list USERS\n",
        "aaa new-model\n",
        "aaa authentication login USERS local\n",
        "aaa authorization network GROUPS local\n",
        "username alice password 0 Wonder-1\n",
        "username bob secret 5 $1$salt$hash\n",
        "ip local pool RA 10.60.200.10 10.60.200.20\n",
        "access-list 110 permit ip 10.2.0.0 0.0.255.255 any\n",
        "crypto dynamic-map D 10\n set isakmp-profile P\n",
    };
    struct reading r;

    (void)state;
    reading_of(&r, "ASA Version 9.12(4)\ninterface Gi0/0\n nameif outside\n ip address 203.0.113.2 255.255.255.0\n"
                   "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
                   "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
                   "crypto dynamic-map D 10 set ikev1 transform-set S\n"
                   "crypto map M 65000 ipsec-isakmp dynamic D\ncrypto map M interface outside\n"
                   "crypto ikev1 enable outside\n");
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        type(&r, lines[i]);
    CHECK(r.conf.error_count == 0);
    expect_staff(&r.conf, "line by line");
    type(&r, GROUP " no key xK9-2mQ7_vB4-pL8w\n");
    CHECK(!staff_of(&r.conf.policy)->has_key && staff_of(&r.conf.policy)->pool_count == 1);
    type(&r, GROUP " no acl 110\n");
    CHECK(r.conf.policy.group_policies[0].split_tunnel == SPLIT_TUNNEL_ALL);
    type(&r, "crypto isakmp profile P\n no client configuration address respond\n");
    CHECK(staff_of(&r.conf.policy)->pool_count == 0);
    type(&r, "no crypto isakmp client configuration group STAFF\n");
    CHECK(staff_of(&r.conf.policy) == NULL && r.conf.policy.group_policy_count == 0);
    reading_end(&r);
}

/* To where its text ends, in a file. What is behind that is read. */
static void a_group_shows_its_banner(void **state)
{
    static const struct {
        const char *lines, *banner;
        bool is_ended; /* what is behind it is a line of the group again */
        const char *why;
    } cases[] = {
        {" banner ^CBe kind.^C\n", "Be kind.", true, "in a line"},
        {" banner # Be kind. #\n", "Be kind.", true, "another mark"},
        {" banner \003Be kind.\003\n", "Be kind.", true, "the character itself"},
        {" banner ^C\nBe kind.\n\n  And quiet.\n^C\n", "Be kind.\nAnd quiet.", true, "several lines"},
        {" banner ^CBe kind.\n no pool RA\n!\nexit^C\n", "Be kind.\nno pool RA\n!\nexit", true, "no statements in it"},
        {" banner Be kind.\n", "Be kind.", true, "without a mark"},
        {" banner ^CBe kind.\n", "Be kind.", true, "without an end"},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int pass = 0; pass < 2; pass++) { /* the second as it is written for a router */
            static char space[16384];
            struct text t = text_of(space, sizeof space);
            struct reading r;

            snprintf(text, sizeof text, "%s%s%s%s pool RA\n", BEGIN, DYNAMIC,
                     "crypto isakmp client configuration group STAFF\n key xK9-2mQ7_vB4-pL8w\n", cases[i].lines);
            reading_of(&r, text);
            if (pass > 0) {
                conf_convert(&r.conf, CONF_TO_IOS, &t);
                reading_end(&r);
                reading_of(&r, space);
            }
            CHECK(staff_of(&r.conf.policy) != NULL && staff_of(&r.conf.policy)->pool_count == 1);
            const struct group_policy *p = &r.conf.policy.group_policies[staff_of(&r.conf.policy)->group_policy - 1];
            if (strcmp(p->banner, cases[i].banner) != 0)
                fail_msg("%s, pass %d: %s", cases[i].why, pass, p->banner);
            reading_end(&r);
        }
}

/* Nothing that stands in it is taken for a line of the router. */
static void the_banner_of_a_router_is_no_configuration(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, BEGIN DYNAMIC "banner motd ^C\n*** keep out ***\nno crypto isakmp client configuration group STAFF\n"
                                 "hostname wrong\n^C\nhostname right\n");
    assert_string_equal(r.conf.policy.hostname, "right");
    CHECK(staff_of(&r.conf.policy) != NULL && r.conf.unused_count == 0);
    reading_end(&r);
}

static void a_banner_is_typed_in_a_line(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, BEGIN DYNAMIC);
    type(&r, GROUP " banner #Be kind.#\n");
    CHECK(r.conf.error_count == 0);
    assert_string_equal(r.conf.policy.group_policies[staff_of(&r.conf.policy)->group_policy - 1].banner, "Be kind.");
    type(&r, GROUP " banner #Be quiet.\n");
    CHECK(r.conf.error_count > 0);
    reading_end(&r);
}

static void an_asa_is_told_what_profile_or_map_say(void **state)
{
    static const char *const cases[] = {
        BEGIN DYNAMIC " set isakmp-profile P\n" PROFILE AUTHENTICATION AUTHORIZATION ADDRESSES,
        BEGIN DYNAMIC "crypto map M client authentication list USERS\ncrypto map M isakmp authorization list GROUPS\n"
                      "crypto map M client configuration address respond\n",
    };
    static const char *const not_of_asa[] = {"isakmp profile", "isakmp-profile", "authentication list",
                                             "authorization",  "aaa ",           "client configuration"};
    static char space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r;

        reading_of(&r, cases[i]);
        conf_convert(&r.conf, CONF_TO_ASA, &t);
        reading_end(&r);
        for (size_t k = 0; k < COUNT_OF(not_of_asa); k++)
            if (strstr(space, not_of_asa[k]) != NULL)
                fail_msg("%s in\n%s", not_of_asa[k], space);
        CHECK(strstr(space, "tunnel-group STAFF ipsec-attributes\n ikev1 user-authentication xauth\n") != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_configuration_group_is_a_tunnel_group),
        cmocka_unit_test(profile_or_map_say_what_users_are_asked_and_get),
        cmocka_unit_test(an_entry_with_a_profile_is_for_its_peers),
        cmocka_unit_test(users_are_typed_line_by_line),
        cmocka_unit_test(a_group_shows_its_banner),
        cmocka_unit_test(the_banner_of_a_router_is_no_configuration),
        cmocka_unit_test(a_banner_is_typed_in_a_line),
        cmocka_unit_test(an_asa_is_told_what_profile_or_map_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
