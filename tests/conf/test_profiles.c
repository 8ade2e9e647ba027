/* ISAKMP profiles of a router: in a file or typed line by line, in any order, changed and taken away. */
#include "conf/reading.h"

#include "conf/convert.h"
#include "conf/ios.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char router[] =
    "version 15.2\nhostname west\nip domain-name example.net\n"
    "crypto isakmp policy 10\n encr aes 256\n authentication pre-share\n group 14\n"
    "crypto isakmp key a-key-of-nine address 192.0.2.9\ncrypto isakmp key a-key-of-ten address 192.0.2.10\n"
    "crypto isakmp key A-k3y-0f-p33rs-7Xq2 hostname peers.example.org\n"
    "crypto isakmp keepalive 20 5 periodic\nno crypto isakmp aggressive-mode disable\n"
    "crypto ipsec transform-set S esp-aes 256 esp-sha-hmac\n"
    "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.9\n set transform-set S\n match address 101\n"
    "crypto map M 20 ipsec-isakmp\n set peer 192.0.2.10\n set transform-set S\n match address 102\n"
    "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.9.0.0 0.0.255.255\n"
    "access-list 102 permit ip 10.1.0.0 0.0.255.255 10.10.0.0 0.0.255.255\n"
    "interface Gi0/0\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n";

/* What the tunnel-group of that name says of its peer, and whether its entry begins in aggressive mode. */
static const char *said_of(const struct policy *policy, const char *name)
{
    static const char *const kinds[] = {"auto", "address", "fqdn", "user-fqdn", "key-id"};
    static char space[256];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "no group");
    for (uint16_t i = 0; i < policy->tunnel_group_count; i++) {
        const struct tunnel_group *g = &policy->tunnel_groups[i];

        if (strcmp(g->name, name) != 0)
            continue;
        t = text_of(space, sizeof space);
        text_add(&t, "%s%s%s", kinds[g->identity.kind], g->identity.name == NULL ? "" : " ",
                 g->identity.name == NULL ? "" : g->identity.name);
        text_add(&t, ", %u/%u%s", g->dpd_threshold_s, g->dpd_retry_s, g->dpd_is_on_demand ? " on-demand" : "");
        for (uint16_t k = 0; k < policy->tunnel_count; k++)
            if (policy->tunnels[k].is_aggressive && ip_equal(policy->tunnels[k].peers[0], g->peer))
                text_add(&t, ", aggressive");
        if (g->profile != NULL)
            text_add(&t, ", %s", g->profile);
    }
    return space;
}

static void expect(const struct reading *r, const char *name, const char *expected, const char *why)
{
    if (strcmp(said_of(&r->conf.policy, name), expected) != 0)
        fail_msg("%s: of %s: %s", why, name, said_of(&r->conf.policy, name));
}

static void a_profile_holds_for_its_peers(void **state)
{
    static const struct {
        const char *lines, *name, *expected, *why;
    } cases[] = {
        {"", "192.0.2.9", "auto, 20/5", "without one"},
        {"crypto isakmp profile P\n match identity address 192.0.2.9 255.255.255.255\n self-identity fqdn\n",
         "192.0.2.9", "fqdn west.example.net, 20/5, P", "a peer by its address"},
        {"crypto isakmp profile P\n match identity address 192.0.2.9\n self-identity fqdn\n", "192.0.2.10",
         "auto, 20/5", "and no other"},
        {"crypto isakmp profile P\n match identity address 192.0.2.8 255.255.255.252\n self-identity address\n",
         "192.0.2.10", "address west.example.net, 20/5, P", "all of a network"},
        {"crypto isakmp profile P\n match identity address 0.0.0.0\n keepalive 10 retry 3\n", "192.0.2.9",
         "auto, 10/3 on-demand, P", "everybody"},
        {"crypto isakmp profile P\n self-identity user-fqdn w@example.net\n initiate mode aggressive\n"
         "crypto map M 10 ipsec-isakmp\n set isakmp-profile P\n",
         "192.0.2.9", "user-fqdn w@example.net, 20/5, aggressive, P", "of the entry that names it"},
        {"crypto map M 10 ipsec-isakmp profile P\ncrypto isakmp profile P\n keepalive 10 retry 60\n", "192.0.2.9",
         "auto, 10/60 on-demand, P", "named where the entry begins"},
        {"crypto isakmp profile A\n match identity address 0.0.0.0\n keepalive 10 retry 3\n"
         "crypto isakmp profile B\n keepalive 30 retry 3\ncrypto map M 10 ipsec-isakmp\n set isakmp-profile B\n",
         "192.0.2.9", "auto, 30/3 on-demand, B", "what an entry says goes first"},
        {"crypto isakmp profile P\n match identity host peers.example.org\n self-identity fqdn\n", "peers.example.org",
         "fqdn west.example.net, 20/5, P", "one who is chosen by his name"},
        {"crypto isakmp profile P\n match identity host domain example.org\n self-identity fqdn\n", "peers.example.org",
         "fqdn west.example.net, 20/5, P", "or by its end"},
        {"crypto isakmp profile P\n match identity host domain ample.org\n self-identity fqdn\n", "peers.example.org",
         "auto, 20/5", "which is whole words"},
        {"crypto isakmp profile P\n match identity user peers.example.org\n self-identity fqdn\n", "peers.example.org",
         "fqdn west.example.net, 20/5, P", "users are names too"},
        {"crypto isakmp profile P\n match identity address 192.0.2.11\n self-identity fqdn\n", "192.0.2.11", "no group",
         "one without a key is no peer"},
        {"crypto isakmp key a-key-of-all address 0.0.0.0\ncrypto isakmp profile P\n"
         " match identity address 192.0.2.11\n self-identity fqdn\n",
         "192.0.2.11", "fqdn west.example.net, 20/5, P", "with the key of all he is"},
        {"crypto isakmp key a-key-of-all address 0.0.0.0\ncrypto isakmp profile P\n"
         " match identity address 192.0.2.11\n self-identity fqdn\n",
         "DefaultL2LGroup", "auto, 20/5", "and the others stay as they were"},
        {"crypto map M isakmp-profile P\ncrypto isakmp profile P\n keepalive 10 retry 3\n", "192.0.2.10",
         "auto, 10/3 on-demand, P", "of a whole map"},
        {"crypto map OTHER isakmp-profile P\ncrypto isakmp profile P\n keepalive 10 retry 3\n", "192.0.2.9",
         "auto, 20/5", "not of this one"},
        {"crypto map M isakmp-profile P\ncrypto isakmp profile P\n keepalive 10 retry 3\n"
         "crypto isakmp profile B\n keepalive 30 retry 3\ncrypto map M 10 ipsec-isakmp\n set isakmp-profile B\n",
         "192.0.2.9", "auto, 30/3 on-demand, B", "an entry's own goes before the map's"},
        {"crypto map M 10 ipsec-isakmp\n set isakmp-profile NOBODY\n", "192.0.2.9", "auto, 20/5",
         "one that there is not says nothing"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[4096];
        struct reading r;

        snprintf(text, sizeof text, "%s%s", router, cases[i].lines);
        reading_of(&r, text);
        CHECK(r.is_ok && r.conf.is_ios);
        expect(&r, cases[i].name, cases[i].expected, cases[i].why);
        reading_end(&r);
    }
}

#define P "crypto isakmp profile P\n"
#define M10 "crypto map M 10 ipsec-isakmp\n"

static void a_profile_is_typed_line_by_line(void **state)
{
    static const struct {
        const char *lines, *expected, *why;
    } steps[] = {
        {P, "auto, 20/5", "it names nobody yet"},
        {P " self-identity fqdn\n", "auto, 20/5", "its settings wait for somebody"},
        {P " keyring default\n", "auto, 20/5", "where keys are is said of each peer"},
        {P " keepalive 10 retry 3\n", "auto, 20/5", "more of them"},
        {M10 " set isakmp-profile P\n", "fqdn west.example.net, 10/3 on-demand, P", "now they hold"},
        {P " self-identity fqdn other.example.net\n", "fqdn other.example.net, 10/3 on-demand, P", "changed"},
        {P " initiate mode aggressive\n", "fqdn other.example.net, 10/3 on-demand, aggressive, P", "added"},
        {P " no initiate mode aggressive\n", "fqdn other.example.net, 10/3 on-demand, P", "taken away"},
        {P " no keepalive 10 retry 3\n", "fqdn other.example.net, 20/5, P", "what the router says of all holds again"},
        {M10 " no set isakmp-profile P\n", "auto, 20/5", "the entry without it"},
        {P " match identity address 192.0.2.9 255.255.255.255\n", "fqdn other.example.net, 20/5, P", "the other way"},
        {P " no match identity address 192.0.2.9 255.255.255.255\n", "auto, 20/5", "and back"},
        {M10 " set isakmp-profile P\n", "fqdn other.example.net, 20/5, P", "once more"},
        {"no crypto isakmp profile P\n", "auto, 20/5", "all of it"},
        {P " self-identity user-fqdn w@example.net\n", "user-fqdn w@example.net, 20/5, P",
         "typed after the entry that names it"},
    };
    struct reading r;

    (void)state;
    reading_of(&r, router);
    CHECK(r.is_ok && r.conf.is_ios);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct reading was = r;
        const struct policy *before = &was.conf.policy;

        reading_type(&r, &was, steps[i].lines);
        CHECK(!r.conf.is_ios);
        expect(&r, "192.0.2.9", steps[i].expected, steps[i].why);
        expect(&r, "192.0.2.10", "auto, 20/5", "another peer");
        for (uint16_t k = 0; k < before->tunnel_count; k++)
            if (before->tunnels[k].sequence == 20)
                assert_int_not_equal(policy_same_tunnel(before, k, &r.conf.policy), NO_INDEX);
        reading_end(&was);
    }
    reading_end(&r);
}

static void a_profile_is_a_tunnel_group_to_an_asa(void **state)
{
    static const struct {
        const char *lines, *expected;
    } cases[] = {
        {P " match identity address 192.0.2.9\n self-identity fqdn\n initiate mode aggressive\n keepalive 10 retry 3\n",
         "tunnel-group 192.0.2.9 ipsec-attributes\n self-identity fqdn west.example.net\n initiate mode aggressive\n"
         " isakmp keepalive threshold 10 retry 3 on-demand\n"},
        {"crypto isakmp key a-key-of-all address 0.0.0.0\n" P
         " match identity address 192.0.2.11\n self-identity user-fqdn w@example.net\n",
         "tunnel-group 192.0.2.11 type ipsec-l2l\ntunnel-group 192.0.2.11 ipsec-attributes\n"
         " ikev1 pre-shared-key *****\n self-identity user-fqdn w@example.net\n"
         " isakmp keepalive threshold 20 retry 5\n"},
        {P " match identity address 192.0.2.9\n self-identity address\n",
         "tunnel-group 192.0.2.9 ipsec-attributes\n self-identity address\n"},
    };
    char text[4096], space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r;

        snprintf(text, sizeof text, "%s%s", router, cases[i].lines);
        reading_of(&r, text);
        conf_convert(&r.conf, CONF_TO_ASA, &t);
        reading_end(&r);
        if (strstr(space, cases[i].expected) == NULL || strstr(space, "isakmp-profile") != NULL ||
            strstr(space, "isakmp profile") != NULL)
            fail_msg("no %sin\n%s", cases[i].expected, space);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_holds_for_its_peers),
        cmocka_unit_test(a_profile_is_typed_line_by_line),
        cmocka_unit_test(a_profile_is_a_tunnel_group_to_an_asa),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
