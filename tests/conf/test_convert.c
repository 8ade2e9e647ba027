/* A configuration in other words means the same. */
#include "conf/convert.h"
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char west[] = "ASA Version 9.1(2)\n"
                           "hostname west\n"
                           "interface GigabitEthernet0/0\n"
                           " nameif outside\n"
                           " ip address 198.51.100.2 255.255.255.0\n"
                           "access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                           "access-list VPN extended deny tcp host 10.1.0.1 eq 443 any\n"
                           "access-list VPN extended permit udp 10.1.0.0 255.255.0.0 host 10.3.0.1 range 10 20\n"
                           "crypto ipsec ikev1 transform-set A esp-aes-256 esp-sha-hmac\n"
                           "crypto ipsec ikev1 transform-set B esp-aes esp-sha256-hmac\n"
                           "crypto map OUT 10 match address VPN\n"
                           "crypto map OUT 10 set peer 203.0.113.2 203.0.113.3\n"
                           "crypto map OUT 10 set pfs group14\n"
                           "crypto map OUT 10 set ikev1 transform-set A B\n"
                           "crypto map OUT interface outside\n"
                           "crypto ikev1 enable outside\n"
                           "crypto ikev1 policy 10\n"
                           " authentication pre-share\n"
                           " encryption aes-256\n"
                           " hash sha\n"
                           " group 14\n"
                           " lifetime 86400\n"
                           "tunnel-group 203.0.113.2 type ipsec-l2l\n"
                           "tunnel-group 203.0.113.2 ipsec-attributes\n"
                           " ikev1 pre-shared-key secret-of-this-test\n"
                           " isakmp keepalive threshold 20 retry 3 on-demand action restart\n"
                           "tunnel-group 203.0.113.3 type ipsec-l2l\n"
                           "tunnel-group 203.0.113.3 ipsec-attributes\n"
                           " ikev1 pre-shared-key secret-of-this-test\n"
                           "logging buffer-size 4096\n";

static char *converted(enum conf_language language)
{
    static char space[16384];
    struct text t = text_of(space, sizeof space);
    struct reading r;

    reading_of(&r, west);
    CHECK(r.is_ok && r.conf.running_count == 1);
    conf_convert(&r.conf, language, &t);
    CHECK(!t.is_cut && !strstr(space, "secret-of-this-test"));
    reading_end(&r);
    return space;
}

static bool same_selector(const struct selector *a, const struct selector *b)
{
    return ip_range_equal(a->local, b->local) && ip_range_equal(a->remote, b->remote) && a->protocol == b->protocol &&
           a->local_ports.first == b->local_ports.first && a->local_ports.last == b->local_ports.last &&
           a->remote_ports.first == b->remote_ports.first && a->remote_ports.last == b->remote_ports.last;
}

static void what_a_router_gets_is_read_back_as_the_same_policy(void **state)
{
    char *text = converted(CONF_TO_IOS);
    struct reading before, after;

    (void)state;
    /* The keys have to be put in place, as the remark says. */
    for (char *at; (at = strstr(text, "key ***** address")) != NULL;)
        memcpy(at + 4, "12345", 5);
    reading_of(&before, west);
    reading_of(&after, text);
    CHECK(after.is_ok && after.conf.is_ios && after.conf.running_count == 1 && after.conf.parked_count == 0);

    const struct tunnel *a = &before.conf.policy.tunnels[0], *b = &after.conf.policy.tunnels[0];

    CHECK(a->ace_count == b->ace_count && a->pfs == b->pfs && a->lifetime_s == b->lifetime_s);
    for (uint16_t i = 0; i < a->ace_count; i++)
        CHECK(a->aces[i].is_permit == b->aces[i].is_permit &&
              same_selector(&a->aces[i].selector, &b->aces[i].selector));
    CHECK(after.conf.policy.tunnel_groups[0].dpd_threshold_s == 20 &&
          after.conf.policy.tunnel_groups[0].dpd_retry_s == 3 && after.conf.policy.tunnel_groups[0].dpd_is_on_demand);
    CHECK(a->peer_count == b->peer_count && ip_equal(a->peers[1], b->peers[1]));
    CHECK(a->transform_set_count == b->transform_set_count);
    CHECK(before.conf.policy.isakmp_policy_count == after.conf.policy.isakmp_policy_count);
    CHECK(memcmp(before.conf.policy.isakmp_policies, after.conf.policy.isakmp_policies,
                 sizeof *before.conf.policy.isakmp_policies) == 0);
    CHECK(ip_equal(before.conf.policy.interfaces[a->interface].ip, after.conf.policy.interfaces[b->interface].ip));
    reading_end(&before);
    reading_end(&after);
}

static void others_get_each_line_of_the_acl_and_are_told_what_is_missing(void **state)
{
    static const struct {
        enum conf_language language;
        const char *parts[8];
    } cases[] = {
        {CONF_TO_STRONGSWAN,
         {"version = 1\n", "local_addrs = 198.51.100.2\n", "proposals = aes256-sha1-modp2048\n",
          "local_ts = 10.1.0.0/16\n", "remote_ts = 10.3.0.1/32[17/10-20]\n",
          "esp_proposals = aes256-sha1-modp2048, aes128-sha256-modp2048\n", "dpd_action = restart\n",
          "# not carried: line 30: logging buffer-size 4096\n"}},
        {CONF_TO_LIBRESWAN,
         {"conn OUT-10-1\n", "conn OUT-10-3\n", "ikev2=no\n", "ike=aes256-sha1;modp2048\n",
          "esp=aes256-sha1;modp2048,aes128-sha2_256;modp2048\n",
          "rightprotoport=17/%any # not carried: a range of ports\n",
          "# not carried: backup peer 203.0.113.3 of crypto map OUT 10\n",
          "# not carried: line 30: logging buffer-size 4096\n"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = converted(cases[i].language);

        for (size_t part = 0; part < 8; part++) {
            if (!strstr(text, cases[i].parts[part]))
                fail_msg("%s is not in\n%s", cases[i].parts[part], text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_router_gets_is_read_back_as_the_same_policy),
        cmocka_unit_test(others_get_each_line_of_the_acl_and_are_told_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
