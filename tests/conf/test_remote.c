/* Remote access in the configuration: pools, group policies, tunnel-groups of users, the users themselves. */
#include "conf/compile.h"
#include "conf/reading.h"
#include "policy/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char base[] =
    "ASA Version 9.12(4)\n"
    "interface GigabitEthernet0/0\n nameif outside\n ip address 203.0.113.2 255.255.255.0\n"
    "access-list SPLIT standard permit 10.2.0.0 255.255.255.0\n"
    "access-list SPLIT standard permit host 10.3.0.9\n"
    "ip local pool A 10.60.200.10-10.60.200.20 mask 255.255.255.0\n"
    "ip local pool B 10.60.201.1\n"
    "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
    "crypto dynamic-map D 10 set ikev1 transform-set S\n"
    "crypto map M 65535 ipsec-isakmp dynamic D\n"
    "crypto map M interface outside\n"
    "crypto ikev1 enable outside\n"
    "no crypto ikev1 am-disable\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
    "group-policy STAFF internal\n"
    "group-policy STAFF attributes\n"
    " banner value Be kind.\n banner value And quiet.\n"
    " dns-server value 10.2.0.53 10.2.0.54\n default-domain value example.net\n"
    " split-tunnel-policy tunnelspecified\n split-tunnel-network-list value SPLIT\n"
    "username alice password $6$salt$hash\n"
    "username bob password Wonder-1 privilege 0\n";

static const char group[] = "tunnel-group STAFF type remote-access\n"
                            "tunnel-group STAFF general-attributes\n address-pool (outside) A B\n"
                            " default-group-policy STAFF\n authentication-server-group LOCAL\n"
                            "tunnel-group STAFF ipsec-attributes\n ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n";

static void read_with(struct reading *r, const char *a, const char *b)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s%s", base, a, b);
    reading_of(r, text);
    CHECK(r->is_ok);
}

static bool is_found(const struct conf *conf, const char *words)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strstr(conf->findings[i].sentence, words) != NULL)
            return true;
    return false;
}

static const struct tunnel_group *group_named(const struct conf *conf, const char *name)
{
    for (uint16_t i = 0; i < conf->policy.tunnel_group_count; i++)
        if (strcmp(conf->policy.tunnel_groups[i].name, name) == 0)
            return &conf->policy.tunnel_groups[i];
    return NULL;
}

static void a_group_of_users_has_its_pools_and_its_policy(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, group, "");
    const struct tunnel_group *g = group_named(&r.conf, "STAFF");
    CHECK(r.conf.error_count == 0 && r.conf.running_count == 1 && r.conf.unused_count == 0);
    CHECK(g != NULL && g->is_remote_access && g->is_by_identity && g->user_auth == USER_AUTH_XAUTH);
    CHECK(g->pool_count == 2 && g->group_policy == 1 && g->dpd_threshold_s == 300);
    const struct group_policy *p = &r.conf.policy.group_policies[0];
    assert_string_equal(p->banner, "Be kind.\nAnd quiet.");
    assert_string_equal(p->default_domain, "example.net");
    CHECK(ip_equal(p->dns[0], ip_of_v4(0x0a020035)) && ip_equal(p->dns[1], ip_of_v4(0x0a020036)));
    CHECK(p->split_tunnel == SPLIT_TUNNEL_SPECIFIED && p->split_network_count == 2);
    CHECK(ip_range_prefix_len(p->split_networks[0]) == 24 && ip_range_prefix_len(p->split_networks[1]) == 32);
    reading_end(&r);
}

static void a_group_policy_says_what_is_allowed_and_inherits_the_rest(void **state)
{
    static const char none[] = "";
    static const struct {
        const char *defaults, *own;
        bool is_refused;
        uint32_t session_s, idle_s;
        int logins; /* -1: any number */
        const char *domain, *why;
    } cases[] = {
        {none, none, false, 0, 0, -1, "example.net", "nothing is said"},
        {none, " vpn-tunnel-protocol ikev1 ssl-clientless\n", false, 0, 0, -1, "example.net", "IKEv1 among others"},
        {none, " vpn-tunnel-protocol IPSec l2tp-ipsec\n", false, 0, 0, -1, "example.net", "as up to 8.3"},
        {none, " vpn-tunnel-protocol ikev2 ssl-client\n", true, 0, 0, -1, "example.net", "only others"},
        {none, " vpn-session-timeout 60\n vpn-idle-timeout 30\n", false, 3600, 1800, -1, "example.net", "minutes"},
        {none, " vpn-simultaneous-logins 0\n", false, 0, 0, 0, "example.net", "nobody"},
        {" vpn-idle-timeout 10\n vpn-session-timeout 20\n vpn-simultaneous-logins 2\n", none, false, 1200, 600, 2,
         "example.net", "all of it from DfltGrpPolicy"},
        {" vpn-idle-timeout 10\n", " vpn-idle-timeout none\n", false, 0, 0, -1, "example.net",
         "none is no value of others"},
        {" vpn-tunnel-protocol ikev2\n", " vpn-tunnel-protocol ikev1\n", false, 0, 0, -1, "example.net", "its own"},
        {" vpn-idle-timeout 10\n default-domain value other.example\n", " no vpn-idle-timeout\n", false, 0, 600, -1,
         "example.net", "no: what DfltGrpPolicy has"},
        {none, " default-domain none\n", false, 0, 0, -1, "", "none takes away"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text, "group-policy DfltGrpPolicy attributes\n%sgroup-policy STAFF attributes\n%s",
                 cases[i].defaults, cases[i].own);
        read_with(&r, group, text);
        const struct policy *policy = &r.conf.policy;
        const struct group_policy *p = &policy->group_policies[group_named(&r.conf, "STAFF")->group_policy - 1];
        if (p->is_ikev1_refused != cases[i].is_refused || p->session_timeout_s != cases[i].session_s ||
            p->idle_timeout_s != cases[i].idle_s || (p->are_logins_limited ? p->login_limit : -1) != cases[i].logins)
            fail_msg("%s", cases[i].why);
        assert_string_equal(p->default_domain, cases[i].domain);
        CHECK(is_found(&r.conf, "has no ikev1 in it: its peers are refused") == cases[i].is_refused);
        CHECK(r.conf.unused_count == 0);
        reading_end(&r);
    }
}

static void what_a_user_may_is_said_by_his_attributes_first(void **state)
{
    static const char other[] = "group-policy OTHER internal\ngroup-policy OTHER attributes\n"
                                " vpn-session-timeout 5\n address-pools value B\n";
    static const struct {
        const char *attributes;
        const char *policy; /* whose name the one that holds has */
        bool is_own;        /* it is his alone */
        uint32_t session_s, idle_s;
        const char *lock, *filter; /* "": none */
        uint8_t pool_count;
        bool is_refused;
        const char *why;
    } cases[] = {
        {"", "STAFF", false, 600, 0, "", "", 0, false, "a block without a line"},
        {" service-type remote-access\n", "STAFF", false, 600, 0, "", "", 0, false, "what he is for"},
        {" service-type admin\n", "STAFF", false, 600, 0, "", "", 0, true, "he is not for this"},
        {" vpn-idle-timeout 3\n", "STAFF", true, 600, 180, "", "", 0, false, "the rest is his group's"},
        {" vpn-session-timeout none\n", "STAFF", true, 0, 0, "", "", 0, false, "none is no value of others"},
        {" vpn-group-policy OTHER\n", "OTHER", false, 300, 0, "", "", 1, false, "another policy as it is"},
        {" vpn-group-policy OTHER\n vpn-filter value FILTER\n", "OTHER", true, 300, 0, "", "FILTER", 1, false,
         "another one, and a list of his own"},
        {" group-lock value STAFF\n", "STAFF", true, 600, 0, "STAFF", "", 0, false, "the way that he may come by"},
        {" vpn-group-policy NOBODY\n", "STAFF", false, 600, 0, "", "", 0, false, "a policy that there is not"},
        {" vpn-group-policy none\n no vpn-idle-timeout\n", "STAFF", false, 600, 0, "", "", 0, false, "nothing said"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text,
                 "%saccess-list FILTER extended permit ip any any\ngroup-policy STAFF attributes\n"
                 " vpn-session-timeout 10\nusername bob attributes\n%s",
                 other, cases[i].attributes);
        read_with(&r, group, text);
        const struct policy *p = &r.conf.policy;
        uint16_t staff = (uint16_t)(group_named(&r.conf, "STAFF") - p->tunnel_groups);
        const struct group_policy *g = &p->group_policies[policy_group_policy_of(p, staff, "bob") - 1];
        const struct filter *f = filter_of(p, staff, "bob");
        if (strcmp(g->name, cases[i].policy) != 0 || (g->user != NULL) != cases[i].is_own ||
            g->session_timeout_s != cases[i].session_s || g->idle_timeout_s != cases[i].idle_s ||
            strcmp(g->group_lock == NULL ? "" : g->group_lock, cases[i].lock) != 0 ||
            strcmp(f == NULL ? "" : f->name, cases[i].filter) != 0 || g->pool_count != cases[i].pool_count ||
            policy_user(p, "bob")->is_refused != cases[i].is_refused)
            fail_msg("%s", cases[i].why);
        CHECK(policy_group_policy_of(p, staff, "alice") == p->tunnel_groups[staff].group_policy);
        CHECK(policy_user(p, "alice") == NULL && filter_of(p, staff, "") == NULL);
        CHECK(is_found(&r.conf, "no attributes of a group-policy NOBODY") ==
              (strstr(cases[i].attributes, "NOBODY") != NULL));
        reading_end(&r);
    }
}

static void users_are_found_by_their_names_in_any_order(void **state)
{
    static const char text[] = "username zoe attributes\n vpn-framed-ip-address 10.60.200.77 255.255.255.0\n"
                               "username adam attributes\n vpn-framed-ip-address 10.60.200.78\n"
                               "username mia attributes\n vpn-simultaneous-logins 1\n";
    struct reading r;

    (void)state;
    read_with(&r, group, text);
    const struct policy *p = &r.conf.policy;
    CHECK(p->user_count == 3 && policy_user(p, "eve") == NULL);
    CHECK(ip_equal(policy_user(p, "zoe")->address, ip_of_v4(0x0a3cc84d)) &&
          ip_equal(policy_user(p, "zoe")->mask, ip_of_v4(0xffffff00)));
    CHECK(ip_equal(policy_user(p, "adam")->mask, ip_of_v4(0xffffffff)));
    CHECK(policy_user(p, "mia")->group_policies != NULL && !ip_is_set(policy_user(p, "mia")->address));
    reading_end(&r);
}

static void which_group_policy_holds_for_a_group_of_sites(void **state)
{
    static const struct {
        const char *lines, *policy, *why;
    } cases[] = {
        {"", "", "none is said, and there is no DfltGrpPolicy"},
        {"tunnel-group 192.0.2.9 general-attributes\n default-group-policy SITES\n", "SITES", "its own"},
        {"tunnel-group DefaultL2LGroup general-attributes\n default-group-policy SITES\n", "SITES",
         "that of all sites"},
        {"group-policy DfltGrpPolicy attributes\n vpn-idle-timeout 9\n", "DfltGrpPolicy", "that of all"},
        {"group-policy DfltGrpPolicy attributes\n vpn-idle-timeout 9\ngroup-policy BARE internal\n"
         "tunnel-group 192.0.2.9 general-attributes\n default-group-policy BARE\n",
         "DfltGrpPolicy", "one that says nothing itself"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r,
                  "group-policy SITES internal\ngroup-policy SITES attributes\n vpn-session-timeout 5\n"
                  "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n"
                  " ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n",
                  cases[i].lines);
        uint16_t number = group_named(&r.conf, "192.0.2.9")->group_policy;
        const char *name = number == 0 ? "" : r.conf.policy.group_policies[number - 1].name;
        if (strcmp(name, cases[i].policy) != 0)
            fail_msg("%s: %s", cases[i].why, name);
        CHECK(!is_found(&r.conf, "there is no group-policy"));
        reading_end(&r);
    }
    struct reading r;
    read_with(&r, group, "tunnel-group STAFF general-attributes\n default-group-policy NOBODY\n");
    CHECK(is_found(&r.conf, "tunnel-group STAFF: there is no group-policy NOBODY, so DfltGrpPolicy holds"));
    reading_end(&r);
}

static void how_users_prove_themselves_is_said_in_both_spellings(void **state)
{
    static const struct {
        const char *line;
        enum user_auth user_auth;
    } cases[] = {
        {" ikev1 user-authentication xauth\n", USER_AUTH_XAUTH},
        {" ikev1 user-authentication none\n", USER_AUTH_NONE},
        {" isakmp ikev1-user-authentication hybrid\n", USER_AUTH_HYBRID},
        {" isakmp ikev1-user-authentication xauth\n", USER_AUTH_XAUTH},
        {"", USER_AUTH_XAUTH},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, group, cases[i].line);
        CHECK(group_named(&r.conf, "STAFF")->user_auth == cases[i].user_auth);
        CHECK(is_found(&r.conf, "hybrid authentication needs a trust-point") ==
              (cases[i].user_auth == USER_AUTH_HYBRID));
        CHECK(group_named(&r.conf, "STAFF")->has_key == (cases[i].user_auth != USER_AUTH_HYBRID));
        reading_end(&r);
    }
}

static void X02_whoever_has_the_key_of_a_group_of_users_could_collect_passwords(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, group, "");
    CHECK(is_found(&r.conf, "tunnel-group STAFF has its key, and could stand in for this gateway"));
    reading_end(&r);
    read_with(&r, "", "");
    CHECK(!is_found(&r.conf, "could stand in"));
    reading_end(&r);
}

static void what_cannot_be_used_is_named(void **state)
{
    static const struct {
        const char *lines, *said;
    } cases[] = {
        {"ip local pool C 10.60.200.20-10.60.200.10\n", "pool C is not used: its range is empty"},
        {"ip local pool C 10.0.0.0-10.255.255.255\n", "pool C is not used: its range is empty, or has more than 65536"},
        {"ip local pool C 10.60.200.300\n", "pool C is not used: its range is not of the form"},
        {"ip local pool C 2001:db8::1-2001:db8::9\n", "only pools of IPv4 addresses"},
        {"ip local pool C 10.60.202.1-10.60.202.9 mask 255.0.255.0\n", "its mask is none"},
        {"tunnel-group STAFF general-attributes\n address-pool NONE\n", "there is none of that name"},
        {"tunnel-group STAFF general-attributes\n authentication-server-group RADIUS LOCAL\n",
         "there is no `aaa-server RADIUS protocol pam`, so it is not asked"},
        {"aaa-server RADIUS protocol radius\n"
         "tunnel-group STAFF general-attributes\n authentication-server-group RADIUS LOCAL\n",
         "there is no `aaa-server RADIUS protocol pam`, so it is not asked"},
        {"aaa-server P protocol pam\n timeout 61\n", "a user's end does not wait for longer than 60 seconds"},
        {"aaa-server P protocol pam\n pam-service ../shadow\n", "../shadow is no name of a file in /etc/pam.d"},
        {"aaa-server P protocol pam\n"
         "tunnel-group STAFF general-attributes\n authentication-server-group LOCAL P\n",
         "aaa-server P stands behind another and is not asked"},
        {"username carol nopassword\n", "user carol has no password and is let in nowhere"},
        {"username carol password *****\n", "the password of user carol is masked"},
        {"username carol password 0123456789abcdef encrypted\n", "stored as only that device can check it"},
        {"username carol password abcdefgh== pbkdf2 privilege 2\n", "stored as only that device can check it"},
        {"group-policy G attributes\n split-tunnel-network-list value NONE\n",
         "access-list NONE of group-policy G has no"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, group, cases[i].lines);
        if (!is_found(&r.conf, cases[i].said))
            print_findings(&r.conf);
        CHECK(is_found(&r.conf, cases[i].said));
        CHECK(r.conf.user_count == 2);
        reading_end(&r);
    }
}

static void who_knows_the_users_of_a_group(void **state)
{
    static const struct {
        const char *lines, *service;
        unsigned timeout_s;
        bool is_local_asked_after;
        const char *why;
    } cases[] = {
        {"", NULL, 0, false, "LOCAL, as the group says"},
        {"tunnel-group STAFF general-attributes\n authentication-server-group P\n", "ikewise", 10, false, "PAM alone"},
        {"tunnel-group STAFF general-attributes\n authentication-server-group P LOCAL\n", "ikewise", 10, true,
         "those of the configuration when PAM cannot be asked"},
        {"tunnel-group STAFF general-attributes\n authentication-server-group (outside) P\n"
         "aaa-server P protocol pam\n pam-service vpn\n timeout 25\n",
         "vpn", 25, false, "its own service and time"},
        {"tunnel-group STAFF general-attributes\n authentication-server-group P\n authentication-server-group LOCAL\n",
         NULL, 0, false, "the last one holds"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text, "aaa-server P protocol pam\n%s", cases[i].lines);
        read_with(&r, group, text);
        const struct tunnel_group *g = group_named(&r.conf, "STAFF");
        const struct user_server *server = g->user_server == 0 ? NULL : &r.conf.policy.user_servers[g->user_server - 1];
        CHECK(r.conf.error_count == 0 && r.conf.unused_count == 0);
        if ((server == NULL) != (cases[i].service == NULL) || g->is_local_asked_after != cases[i].is_local_asked_after)
            fail_msg("%s", cases[i].why);
        if (server != NULL) {
            assert_string_equal(server->service, cases[i].service);
            assert_int_equal(server->timeout_s, cases[i].timeout_s);
        }
        reading_end(&r);
    }
}

static void a_password_is_never_shown_and_does_not_stay(void **state)
{
    static const char *const lines[] = {"username carol password Top-Secret-1\n",
                                        "username carol password Top-Secret-1 privilege 15\n",
                                        "username carol passwort Top-Secret-1\n"};
    static char space[65536];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct reading r;
        struct text text = text_of(space, sizeof space);

        read_with(&r, group, lines[i]);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            CHECK(strstr(r.conf.findings[k].sentence, "Top-Secret") == NULL);
        conf_write(&r.conf, CONF_KEYS_MASKED, &text);
        CHECK(strstr(space, "Top-Secret") == NULL && strstr(space, "Wonder-1") == NULL &&
              strstr(space, "salt") == NULL);
        conf_wipe(&r.conf);
        CHECK(r.conf.user_count == 0);
        CHECK(memmem(r.arena.data, r.arena.size, "Top-Secret-1", 12) == NULL);
        reading_end(&r);
    }
}

#define OUTER                                                                                                          \
    "ASA Version 9.12(4)\ninterface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"     \
    "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\ncrypto ikev1 enable outside\n"                       \
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
#define SERVER "vpnclient server 203.0.113.2\n"
#define VPNGROUP "vpnclient vpngroup STAFF password Group-Key-1\n"
#define CLIENT_USER "vpnclient username alice password Top-Secret-1\n"
#define ENABLE "vpnclient enable\n"

static void a_client_is_a_tunnel_and_a_group_and_a_user(void **state)
{
    static const struct {
        const char *text, *said; /* NULL: it runs */
    } cases[] = {
        {OUTER SERVER VPNGROUP CLIENT_USER ENABLE, NULL},
        {OUTER SERVER VPNGROUP CLIENT_USER "vpnclient mode client-mode\n" ENABLE, NULL},
        {OUTER SERVER VPNGROUP "vpnclient username alice\n" ENABLE, NULL},
        {OUTER VPNGROUP CLIENT_USER ENABLE, "there is no `vpnclient server` with an address"},
        {OUTER SERVER CLIENT_USER ENABLE, "there is no `vpnclient vpngroup`"},
        {OUTER SERVER VPNGROUP ENABLE, "there is no `vpnclient username`"},
        {OUTER SERVER VPNGROUP CLIENT_USER "vpnclient mode network-extension-mode\n" ENABLE, "network extension mode"},
        {OUTER SERVER VPNGROUP "vpnclient username alice password *****\n" ENABLE, "is masked"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        static char space[65536];
        struct text text = text_of(space, sizeof space);

        reading_of(&r, cases[i].text);
        if (cases[i].said == NULL ? r.conf.running_count != 1 : !is_found(&r.conf, cases[i].said))
            print_findings(&r.conf);
        if (cases[i].said == NULL) {
            const struct tunnel *t = &r.conf.policy.tunnels[0];

            CHECK(r.conf.running_count == 1 && t->is_client && t->is_aggressive && t->peer_count == 1);
            CHECK(r.conf.credential_count == 1 && r.conf.key_count == 1);
            CHECK(r.conf.policy.tunnel_groups[0].wants_password == (strstr(cases[i].text, CLIENT_USER) == NULL));
            assert_string_equal(group_named(&r.conf, "STAFF")->identity.name, "STAFF");
        } else {
            CHECK(is_found(&r.conf, cases[i].said) && r.conf.running_count == 0 && r.conf.credential_count == 0);
        }
        conf_write(&r.conf, CONF_KEYS_MASKED, &text);
        CHECK(strstr(space, "Top-Secret") == NULL && strstr(space, "Group-Key") == NULL);
        conf_wipe(&r.conf);
        CHECK(memmem(r.arena.data, r.arena.size, "Top-Secret-1", 12) == NULL);
        CHECK(memmem(r.arena.data, r.arena.size, "Group-Key-1", 11) == NULL);
        reading_end(&r);
    }
}

static void a_client_has_the_pfs_that_is_said(void **state)
{
    static const struct {
        const char *line;
        enum group_id pfs;
        const char *said; /* NULL: it runs */
    } cases[] = {
        {"", GROUP_NONE, NULL},
        {"vpnclient pfs group14\n", GROUP_MODP2048, NULL},
        {"vpnclient pfs group19\n", GROUP_ECP256, NULL},
        {"vpnclient pfs group1\n", GROUP_NONE, "group 1 is weak, and there is no `crypto ikev1 weak-algorithms`"},
        {"vpnclient pfs group7\n", GROUP_NONE, "ikewise does not compute in the group of `vpnclient pfs`"},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        snprintf(text, sizeof text, "%s%s%s", OUTER SERVER VPNGROUP CLIENT_USER, cases[i].line, ENABLE);
        reading_of(&r, text);
        CHECK(r.conf.running_count == (cases[i].said == NULL));
        CHECK(cases[i].said != NULL || r.conf.policy.tunnels[0].pfs == cases[i].pfs);
        CHECK(cases[i].said == NULL || is_found(&r.conf, cases[i].said));
        reading_end(&r);
    }
}

static void the_SAs_of_a_client_live_as_long_as_those_of_sites(void **state)
{
    static const struct {
        const char *text;
        uint32_t seconds, kilobytes;
    } cases[] = {
        {"", 28800, 4608000},
        {"crypto ipsec security-association lifetime seconds 3600\n", 3600, 4608000},
        {"crypto ipsec security-association lifetime kilobytes 2560\n", 28800, 2560},
        {"crypto ipsec security-association lifetime kilobytes unlimited\n", 28800, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text, "%s%s", OUTER SERVER VPNGROUP CLIENT_USER ENABLE, cases[i].text);
        reading_of(&r, text);
        const struct tunnel *t = &r.conf.policy.tunnels[0];
        if (!t->is_client || t->lifetime_s != cases[i].seconds || t->lifetime_kb != cases[i].kilobytes)
            fail_msg("%s: %u s, %u kB", cases[i].text, t->lifetime_s, t->lifetime_kb);
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_of_users_has_its_pools_and_its_policy),
        cmocka_unit_test(a_group_policy_says_what_is_allowed_and_inherits_the_rest),
        cmocka_unit_test(what_a_user_may_is_said_by_his_attributes_first),
        cmocka_unit_test(users_are_found_by_their_names_in_any_order),
        cmocka_unit_test(which_group_policy_holds_for_a_group_of_sites),
        cmocka_unit_test(how_users_prove_themselves_is_said_in_both_spellings),
        cmocka_unit_test(X02_whoever_has_the_key_of_a_group_of_users_could_collect_passwords),
        cmocka_unit_test(what_cannot_be_used_is_named),
        cmocka_unit_test(who_knows_the_users_of_a_group),
        cmocka_unit_test(a_password_is_never_shown_and_does_not_stay),
        cmocka_unit_test(a_client_is_a_tunnel_and_a_group_and_a_user),
        cmocka_unit_test(a_client_has_the_pfs_that_is_said),
        cmocka_unit_test(the_SAs_of_a_client_live_as_long_as_those_of_sites),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
