/* A configuration in other words means the same. */
#include "conf/convert.h"
#include "conf/grammar.h"
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

static bool same_entry(const struct policy *p, const struct tunnel *a, const struct policy *q, const struct tunnel *b)
{
    bool is_same = strcmp(a->map_name, b->map_name) == 0 && a->sequence == b->sequence && a->pfs == b->pfs &&
                   a->lifetime_s == b->lifetime_s && a->peer_count == b->peer_count && a->ace_count == b->ace_count &&
                   a->transform_set_count == b->transform_set_count;

    for (uint8_t i = 0; is_same && i < a->peer_count; i++)
        is_same = ip_equal(a->peers[i], b->peers[i]);
    for (uint16_t i = 0; is_same && i < a->ace_count; i++)
        is_same =
            a->aces[i].is_permit == b->aces[i].is_permit && same_selector(&a->aces[i].selector, &b->aces[i].selector);
    for (uint8_t i = 0; is_same && i < a->transform_set_count; i++) {
        const struct transform_set *s = &p->transform_sets[a->transform_sets[i]];
        const struct transform_set *t = &q->transform_sets[b->transform_sets[i]];

        is_same = strcmp(s->name, t->name) == 0 && s->cipher == t->cipher && s->integrity == t->integrity;
    }
    return is_same;
}

static bool same_policy(const struct isakmp_policy *a, const struct isakmp_policy *b)
{
    return (a->priority == b->priority || (a->priority > 10000 && b->priority == 10000)) && a->auth == b->auth &&
           a->cipher == b->cipher && a->hash == b->hash && a->group == b->group && a->lifetime_s == b->lifetime_s;
}

static const struct tunnel *entry_of(const struct policy *p, const struct tunnel *like)
{
    for (uint16_t i = 0; i < p->tunnel_count; i++)
        if (strcmp(p->tunnels[i].map_name, like->map_name) == 0 && p->tunnels[i].sequence == like->sequence)
            return &p->tunnels[i];
    return NULL;
}

static void put_keys(char *text)
{
    for (char *at; (at = strstr(text, "*****")) != NULL;)
        memcpy(at, "12345", 5);
}

/* `text` is made of `conf`, and put into its place. */
static const char weak[] = "crypto ikev1 weak-algorithms\n";

static void convert_and_read(struct reading *r, enum conf_language language, char *text, size_t size)
{
    struct text t = text_of(text, size - strlen(weak));

    conf_convert(&r->conf, language, &t);
    CHECK(!t.is_cut);
    put_keys(text);
    memmove(text + strlen(weak), text, strlen(text) + 1); /* a router does not say it */
    memcpy(text, weak, strlen(weak));
    reading_end(r);
    reading_of(r, text);
    CHECK(r->is_ok);
}

/* To a router, and back to an ASA: what is not said as a remark is as it was. */
static void samples_come_back_from_a_router_as_they_went(void **state)
{
    static const char *const names[] = {"01-asa84-l2l-basic",
                                        "02-asa82-l2l-nat0",
                                        "03-asa84-objectgroups-pfs-filter",
                                        "04-asa84-dynamic-peer-hub",
                                        "06-asa84-backup-peers",
                                        "09-asa84-overlap-policy-nat",
                                        "10-asa84-hub-hairpin-nonconnected",
                                        "11-ios-l2l-basic",
                                        "12-ios-profile-keyring-backup",
                                        "13-ios-dynamic-hub"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        static char text[32768], file[16384];
        char path[400];
        struct reading before, after;

        snprintf(path, sizeof path, "%s/conf/samples/%s.cfg", TESTS_DIR, names[i]);
        FILE *f = fopen(path, "r");
        CHECK(f);
        int len = snprintf(file, sizeof file, "%s", weak);
        file[(size_t)len + fread(file + len, 1, sizeof file - (size_t)len - 1, f)] = '\0';
        fclose(f);
        reading_of(&before, file);
        reading_of(&after, file);
        for (int way = 0; way < 2; way++) {
            const struct policy *p = &before.conf.policy, *q;
            unsigned count = 0;

            convert_and_read(&after, way == 0 ? CONF_TO_IOS : CONF_TO_ASA, text, sizeof text);
            q = &after.conf.policy;
            CHECK(after.conf.is_ios == (way == 0));
            for (uint16_t k = 0; k < p->tunnel_count; k++) {
                const struct tunnel *other = entry_of(q, &p->tunnels[k]);

                if (p->tunnels[k].parked)
                    continue;
                if (other == NULL || !same_entry(p, &p->tunnels[k], q, other))
                    fail_msg("%s: crypto map %s %u of\n%s", names[i], p->tunnels[k].map_name, p->tunnels[k].sequence,
                             text);
                count++;
            }
            if (count == 0 || p->isakmp_policy_count != q->isakmp_policy_count)
                fail_msg("%s: %u tunnels, %u policies of %u in\n%s", names[i], count, q->isakmp_policy_count,
                         p->isakmp_policy_count, text);
            for (uint16_t k = 0; k < p->isakmp_policy_count; k++)
                if (!same_policy(&p->isakmp_policies[k], &q->isakmp_policies[k]))
                    fail_msg("%s: policy %u of\n%s", names[i], p->isakmp_policies[k].priority, text);
            CHECK(p->identity == q->identity && p->is_aggressive_answered == q->is_aggressive_answered &&
                  p->is_nat_t_on == q->is_nat_t_on && p->nat_keepalive_s == q->nat_keepalive_s &&
                  p->replay_window == q->replay_window);
            CHECK(p->route_count == q->route_count);
        }
        reading_end(&before);
        reading_end(&after);
    }
}

static void a_dynamic_map_is_carried_to_a_router_and_to_nobody_else(void **state)
{
    static const char hub[] = "ASA Version 9.1(2)\n"
                              "interface GigabitEthernet0/0\n"
                              " nameif outside\n"
                              " ip address 198.51.100.2 255.255.255.0\n"
                              "access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                              "crypto ipsec ikev1 transform-set A esp-aes-256 esp-sha-hmac\n"
                              "crypto dynamic-map DYN 10 set ikev1 transform-set A\n"
                              "crypto dynamic-map DYN 10 set pfs group14\n"
                              "crypto dynamic-map DYN 20 match address VPN\n"
                              "crypto dynamic-map DYN 20 set ikev1 transform-set A\n"
                              "crypto map OUT 65000 ipsec-isakmp dynamic DYN\n"
                              "crypto map OUT interface outside\n"
                              "crypto ikev1 enable outside\n"
                              "crypto ikev1 policy 10\n"
                              " authentication pre-share\n"
                              " encryption aes-256\n"
                              " hash sha\n"
                              " group 14\n"
                              "tunnel-group DefaultL2LGroup ipsec-attributes\n"
                              " ikev1 pre-shared-key a-key-of-this-test\n";
    static const char *const lines[] = {"crypto dynamic-map DYN 10\n set transform-set A\n set pfs group14\n",
                                        "crypto dynamic-map DYN 20\n set transform-set A\n",
                                        "!\ncrypto map OUT 65000 ipsec-isakmp dynamic DYN\n"};
    static char text[32768];
    struct reading r;

    (void)state;
    for (int language = CONF_TO_IOS; language <= CONF_TO_LIBRESWAN; language++) {
        struct text t = text_of(text, sizeof text);

        reading_of(&r, hub);
        CHECK(r.is_ok && r.conf.parked_count == 0);
        conf_convert(&r.conf, (enum conf_language)language, &t);
        for (size_t i = 0; i < COUNT_OF(lines); i++)
            CHECK((strstr(text, lines[i]) != NULL) == (language == CONF_TO_IOS));
        CHECK((strstr(text, "not carried: crypto dynamic-map DYN 10") == NULL) == (language == CONF_TO_IOS));
        reading_end(&r);
    }
}

static void a_router_signs_with_ecdsa_by_its_own_word(void **state)
{
    static const struct {
        const char *asa, *router;
        bool has_remark;
    } cases[] = {{"rsa-sig", " authentication rsa-sig\n", false},
                 {"ecdsa-256-sig", " authentication ecdsa-sig\n", false},
                 {"ecdsa-521-sig", " authentication ecdsa-sig\n", true}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static char text[16384], file[8192];
        const char *at = strstr(west, "pre-share\n");
        struct reading r;
        struct text t = text_of(text, sizeof text);

        snprintf(file, sizeof file, "%.*s%s%s", (int)(at - west), west, cases[i].asa, at + strlen("pre-share"));
        reading_of(&r, file);
        CHECK(r.is_ok);
        conf_convert(&r.conf, CONF_TO_IOS, &t);
        if (strstr(text, cases[i].router) == NULL || (strstr(text, "which curve") != NULL) != cases[i].has_remark)
            fail_msg("%s", text);
        reading_end(&r);
        reading_of(&r, text);
        CHECK(r.is_ok && r.conf.policy.isakmp_policies[0].auth != 1);
        reading_end(&r);
    }
}

static void transport_mode_and_extended_numbers_are_carried_where_there_is_a_word_for_them(void **state)
{
    static const struct {
        enum conf_language language;
        const char *expected;
    } cases[] = {
        {CONF_TO_IOS, "\n mode transport\n"},       {CONF_TO_STRONGSWAN, " mode = transport\n"},
        {CONF_TO_LIBRESWAN, " type=transport\n"},   {CONF_TO_STRONGSWAN, " esp_proposals = aes256-sha1-modp2048-esn\n"},
        {CONF_TO_IOS, "extended sequence numbers"}, {CONF_TO_LIBRESWAN, "extended sequence numbers"}};
    char between[4096], space[16384];

    (void)state;
    snprintf(between, sizeof between,
             "%saccess-list H extended permit udp host 198.51.100.2 eq 1701 host 203.0.113.2\n"
             "no crypto map OUT 10 set peer 203.0.113.2 203.0.113.3\ncrypto map OUT 10 set peer 203.0.113.2\ncrypto "
             "map OUT 10 match address H\n"
             "crypto ipsec ikev1 transform-set A mode transport\ncrypto ipsec ikev1 transform-set A esn\ncrypto map "
             "OUT 10 set ikev1 transform-set A\n",
             west);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r;

        reading_of(&r, between);
        CHECK(r.is_ok && r.conf.running_count == 1);
        conf_convert(&r.conf, cases[i].language, &t);
        if (!strstr(space, cases[i].expected))
            fail_msg("no %sin\n%s", cases[i].expected, space);
        reading_end(&r);
    }
}

static void how_long_a_pair_may_be_idle_is_carried(void **state)
{
    static const struct {
        const char *said;
        enum conf_language language;
        const char *expected;
        uint32_t idle_time_s;
    } cases[] = {
        {"crypto map OUT 10 set security-association idle-time 600\n", CONF_TO_IOS,
         "\n set security-association idle-time 600\n", 600},
        {"crypto ipsec security-association idle-time 900\n", CONF_TO_IOS,
         "\n set security-association idle-time 900\n", 900},
        {"crypto ipsec security-association idle-time 900\n", CONF_TO_ASA,
         "\ncrypto ipsec security-association idle-time 900\n", 900},
        {"crypto map OUT 10 set security-association idle-time 600\n"
         "crypto ipsec security-association idle-time 900\n",
         CONF_TO_STRONGSWAN, "\n                inactivity = 600s\n", 600},
        {"crypto ipsec security-association idle-time 900\n", CONF_TO_LIBRESWAN,
         "# not carried: after how long a pair is idle of crypto map OUT 10\n", 900},
        {"", CONF_TO_STRONGSWAN, "replay_window", 0},
    };
    char before[4096], space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r;

        snprintf(before, sizeof before, "%s%s", west, cases[i].said);
        reading_of(&r, before);
        CHECK(r.is_ok && r.conf.policy.tunnels[0].idle_time_s == cases[i].idle_time_s);
        conf_convert(&r.conf, cases[i].language, &t);
        if (!strstr(space, cases[i].expected))
            fail_msg("no %sin\n%s", cases[i].expected, space);
        CHECK(cases[i].idle_time_s != 0 || strstr(space, "inactivity") == NULL);
        reading_end(&r);
    }
}

/* The one of the first peer is a router's for all. */
static void a_peer_that_is_kept_alive_otherwise_has_a_profile(void **state)
{
    static const struct {
        const char *keepalive, *expected;
    } cases[] = {
        {"threshold 30 retry 4 on-demand", "\ncrypto isakmp profile OUT-20\n keyring default\n match identity address "
                                           "203.0.113.3 255.255.255.255\n keepalive 30 retry 4\n"},
        {"threshold 30 retry 4", "! not carried: the keepalive of tunnel-group 203.0.113.3, which is not that of"},
        {"disable", "! not carried: the keepalive of tunnel-group 203.0.113.3, which is not that of"},
    };
    char before[4096], space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r;

        snprintf(before, sizeof before,
                 "%saccess-list FAR extended permit ip 10.1.0.0 255.255.0.0 10.4.0.0 255.255.0.0\n"
                 "crypto map OUT 20 match address FAR\ncrypto map OUT 20 set peer 203.0.113.3\n"
                 "crypto map OUT 20 set ikev1 transform-set A\n"
                 "tunnel-group 203.0.113.3 ipsec-attributes\n isakmp keepalive %s\n",
                 west, cases[i].keepalive);
        reading_of(&r, before);
        CHECK(r.is_ok && r.conf.running_count == 2);
        conf_convert(&r.conf, CONF_TO_IOS, &t);
        if (!strstr(space, cases[i].expected) || (i == 0) != (strstr(space, "not carried: the keepalive") == NULL))
            fail_msg("%s: no %sin\n%s", cases[i].keepalive, cases[i].expected, space);
        reading_end(&r);
        put_keys(space);
        reading_of(&r, space);
        CHECK(r.conf.policy.tunnel_groups[1].dpd_threshold_s == (i == 0 ? 30 : 20));
        reading_end(&r);
    }
}

/* A router has a profile for it, the others a line. */
static void who_we_are_to_a_peer_is_carried(void **state)
{
    static const struct {
        enum conf_language language;
        const char *said, *expected;
    } cases[] = {
        {CONF_TO_IOS, "fqdn",
         "crypto isakmp profile OUT-10\n keyring default\n match identity address 203.0.113.2 255.255.255.255\n"
         " match identity address 203.0.113.3 255.255.255.255\n self-identity fqdn west\n initiate mode aggressive\n"},
        {CONF_TO_IOS, "fqdn", " set isakmp-profile OUT-10\n"},
        {CONF_TO_IOS, "user-fqdn w@example.net", "\n self-identity user-fqdn w@example.net\n"},
        {CONF_TO_IOS, "address", "\n self-identity address\n"},
        {CONF_TO_IOS, "key-id branch7", "! not carried: our identity of crypto map OUT 10\n"},
        {CONF_TO_IOS, "address 198.51.100.9", "! not carried: our identity of crypto map OUT 10\n"},
        {CONF_TO_IOS, "fqdn", "! not carried: what its other peers are told otherwise than the first of crypto map "},
        {CONF_TO_STRONGSWAN, "fqdn", "            auth = psk\n            id = west\n"},
        {CONF_TO_STRONGSWAN, "user-fqdn w@example.net", "\n            id = w@example.net\n"},
        {CONF_TO_STRONGSWAN, "address 198.51.100.9", "\n            id = 198.51.100.9\n"},
        {CONF_TO_STRONGSWAN, "key-id branch7", "\n            id = keyid:branch7\n"},
        {CONF_TO_LIBRESWAN, "fqdn", "\n    leftid=@west\n"},
        {CONF_TO_LIBRESWAN, "user-fqdn w@example.net", "\n    leftid=w@example.net\n"},
        {CONF_TO_LIBRESWAN, "key-id branch7", "\n    leftid=@[branch7]\n"},
    };
    char before[4096], space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r, again;

        snprintf(before, sizeof before,
                 "%stunnel-group 203.0.113.2 ipsec-attributes\n self-identity %s\n initiate mode aggressive\n", west,
                 cases[i].said);
        reading_of(&r, before);
        CHECK(r.is_ok && r.conf.running_count == 1);
        conf_convert(&r.conf, cases[i].language, &t);
        if (!strstr(space, cases[i].expected))
            fail_msg("%s: no %sin\n%s", cases[i].said, cases[i].expected, space);
        if (cases[i].language == CONF_TO_IOS) {
            struct own_identity was = policy_identity_to(&r.conf.policy, 0), is;

            put_keys(space);
            reading_of(&again, space);
            is = policy_identity_to(&again.conf.policy, 0);
            if (strstr(cases[i].expected, "not carried: our") == NULL)
                CHECK(is.kind == was.kind && (is.name == NULL || strcmp(is.name, was.name) == 0));
            CHECK(again.conf.policy.tunnels[0].is_aggressive);
            reading_end(&again);
        }
        reading_end(&r);
    }
}

static void what_a_router_has_no_line_for_is_said_by_its_line(void **state)
{
    static const char more[] = "ip local pool P 10.9.0.1-10.9.0.9\n"
                               "username alice password Top-Secret-1\n"
                               "tunnel-group STAFF type remote-access\n"
                               "tunnel-group STAFF ipsec-attributes\n"
                               " ikev1 pre-shared-key Group-Key-99\n"
                               "tunnel-group 203.0.113.3 ipsec-attributes\n"
                               " isakmp keepalive threshold 20 retry 3\n";
    static const char *const remarks[] = {
        "! not carried: line 31: ip local pool P 10.9.0.1-10.9.0.9\n",
        "! not carried: line 32: username alice password *****\n",
        "! not carried: line 33: tunnel-group STAFF type remote-access\n",
        "! not carried: the keepalive of tunnel-group 203.0.113.3, which is not that of 203.0.113.2\n"};
    static char text[16384], file[8192];
    struct reading r;
    struct text t = text_of(text, sizeof text);

    (void)state;
    snprintf(file, sizeof file, "%s%s", west, more);
    reading_of(&r, file);
    CHECK(r.is_ok);
    conf_convert(&r.conf, CONF_TO_IOS, &t);
    for (size_t i = 0; i < COUNT_OF(remarks); i++)
        if (strstr(text, remarks[i]) == NULL)
            fail_msg("%s is not in\n%s", remarks[i], text);
    CHECK(strstr(text, "Secret") == NULL && strstr(text, "Group-Key") == NULL);
    reading_end(&r);
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
          "# not carried: line 30: logging buffer-size 4096 (not used here: the buffer has one size)\n"}},
        {CONF_TO_LIBRESWAN,
         {"conn OUT-10-1\n", "conn OUT-10-3\n", "ikev2=no\n", "ike=aes256-sha1;modp2048\n",
          "esp=aes256-sha1;modp2048,aes128-sha2_256;modp2048\n",
          "rightprotoport=17/%any # not carried: a range of ports\n",
          "# not carried: backup peer 203.0.113.3 of crypto map OUT 10\n",
          "# not carried: line 30: logging buffer-size 4096 (not used here: the buffer has one size)\n"}},
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

/* What is part of what is written, and why it needs no line of its own. */
static const struct {
    enum statement_kind kind;
    const char *why;
} carried[] = {
    /* clang-format off */
    {STATEMENT_version, "the form of the file itself"},
    {STATEMENT_hostname, "the form of the file itself"},
    {STATEMENT_domain_name, "the form of the file itself"},
    {STATEMENT_name, "the form of the file itself"},
    {STATEMENT_interface, "part of what uses it"},
    {STATEMENT_object_network, "part of what uses it"},
    {STATEMENT_object_group_network, "part of what uses it"},
    {STATEMENT_object_host, "part of what uses it"},
    {STATEMENT_object_subnet, "part of what uses it"},
    {STATEMENT_object_range, "part of what uses it"},
    {STATEMENT_object_fqdn, "part of what uses it"},
    {STATEMENT_network_object, "part of what uses it"},
    {STATEMENT_group_object, "part of what uses it"},
    {STATEMENT_object_service, "part of what uses it"},
    {STATEMENT_object_group_service, "part of what uses it"},
    {STATEMENT_object_group_protocol, "part of what uses it"},
    {STATEMENT_object_group_icmp, "part of what uses it"},
    {STATEMENT_service_of_object, "part of what uses it"},
    {STATEMENT_service_object, "part of what uses it"},
    {STATEMENT_port_object, "part of what uses it"},
    {STATEMENT_service_group_object, "part of what uses it"},
    {STATEMENT_protocol_object, "part of what uses it"},
    {STATEMENT_protocol_group_object, "part of what uses it"},
    {STATEMENT_icmp_object, "part of what uses it"},
    {STATEMENT_icmp_group_object, "part of what uses it"},
    {STATEMENT_acl_extended, "part of what uses it"},
    {STATEMENT_acl_standard, "part of what uses it"},
    {STATEMENT_nameif, "part of what uses it"},
    {STATEMENT_ip_address, "part of what uses it"},
    {STATEMENT_linux_interface, "part of what uses it"},
    {STATEMENT_shutdown, "part of what uses it"},
    {STATEMENT_nat_old, "a translation is said by its line"},
    {STATEMENT_nat_twice, "a translation is said by its line"},
    {STATEMENT_static, "a translation is said by its line"},
    {STATEMENT_static_port, "a translation is said by its line"},
    {STATEMENT_global, "a translation is said by its line"},
    {STATEMENT_object_nat, "a translation is said by its line"},
    {STATEMENT_transform_set, "of each tunnel that runs"},
    {STATEMENT_transform_mode, "of each tunnel that runs"},
    {STATEMENT_transform_esn, "of each tunnel that runs"},
    {STATEMENT_ipsec_lifetime_s, "of each tunnel that runs"},
    {STATEMENT_ipsec_lifetime_kb, "of each tunnel that runs"},
    {STATEMENT_ipsec_idle_time, "of each tunnel that runs"},
    {STATEMENT_dynamic_idle_time, "of each tunnel that runs"},
    {STATEMENT_map_idle_time, "of each tunnel that runs"},
    {STATEMENT_map_inheritance, "of each tunnel that runs"},
    {STATEMENT_replay_window, "of each tunnel that runs"},
    {STATEMENT_replay_disable, "of each tunnel that runs"},
    {STATEMENT_ipsec_df_bit, "of each tunnel that runs"},
    {STATEMENT_ipsec_df_bit_all, "of each tunnel that runs"},
    {STATEMENT_dynamic_match, "of each tunnel that runs"},
    {STATEMENT_dynamic_pfs, "of each tunnel that runs"},
    {STATEMENT_dynamic_peer, "of each tunnel that runs"},
    {STATEMENT_dynamic_transform, "of each tunnel that runs"},
    {STATEMENT_dynamic_lifetime, "of each tunnel that runs"},
    {STATEMENT_dynamic_df_bit, "of each tunnel that runs"},
    {STATEMENT_dynamic_nat_t_disable, "of each tunnel that runs"},
    {STATEMENT_dynamic_reverse_route, "of each tunnel that runs"},
    {STATEMENT_map_match, "of each tunnel that runs"},
    {STATEMENT_map_pfs, "of each tunnel that runs"},
    {STATEMENT_map_connection, "of each tunnel that runs"},
    {STATEMENT_map_peer, "of each tunnel that runs"},
    {STATEMENT_map_phase1_mode, "of each tunnel that runs"},
    {STATEMENT_map_transform, "of each tunnel that runs"},
    {STATEMENT_map_lifetime, "of each tunnel that runs"},
    {STATEMENT_map_df_bit, "of each tunnel that runs"},
    {STATEMENT_map_nat_t_disable, "of each tunnel that runs"},
    {STATEMENT_map_reverse_route, "of each tunnel that runs"},
    {STATEMENT_map_trustpoint, "of each tunnel that runs"},
    {STATEMENT_map_dynamic, "of each tunnel that runs"},
    {STATEMENT_map_interface, "of each tunnel that runs"},
    {STATEMENT_ikev1_enable, "of each tunnel that runs"},
    {STATEMENT_identity, "of each tunnel that runs"},
    {STATEMENT_am_disable, "of each tunnel that runs"},
    {STATEMENT_policy, "of each tunnel that runs"},
    {STATEMENT_authentication, "of each tunnel that runs"},
    {STATEMENT_encryption, "of each tunnel that runs"},
    {STATEMENT_hash, "of each tunnel that runs"},
    {STATEMENT_group, "of each tunnel that runs"},
    {STATEMENT_lifetime, "of each tunnel that runs"},
    {STATEMENT_tunnel_group, "of each tunnel that runs"},
    {STATEMENT_tunnel_general, "of each tunnel that runs"},
    {STATEMENT_tunnel_ipsec, "of each tunnel that runs"},
    {STATEMENT_pre_shared_key, "of each tunnel that runs"},
    {STATEMENT_keepalive, "of each tunnel that runs"},
    {STATEMENT_self_identity, "of each tunnel that runs"},
    {STATEMENT_initiate_mode, "of each tunnel that runs"},
    {STATEMENT_isakmp_profile, "of each tunnel that runs"},
    {STATEMENT_map_profile, "of each tunnel that runs"},
    {STATEMENT_dynamic_profile, "of each tunnel that runs"},
    {STATEMENT_profile_match, "of each tunnel that runs"},
    {STATEMENT_profile_self, "of each tunnel that runs"},
    {STATEMENT_profile_users, "of each tunnel-group"},
    {STATEMENT_profile_groups, "of each tunnel-group"},
    {STATEMENT_profile_addresses, "of each tunnel-group"},
    {STATEMENT_profile_local, "of each tunnel that runs"},
    {STATEMENT_map_profile_all, "of each tunnel that runs"},
    {STATEMENT_map_users, "of each tunnel-group"},
    {STATEMENT_map_groups, "of each tunnel-group"},
    {STATEMENT_map_addresses, "of each tunnel-group"},
    {STATEMENT_aaa_login, "of each tunnel-group"},
    {STATEMENT_aaa_network, "of each tunnel-group"},
    {STATEMENT_profile_keepalive, "of each tunnel that runs"},
    {STATEMENT_profile_mode, "of each tunnel that runs"},
    {STATEMENT_chain, "of each tunnel that runs"},
    {STATEMENT_trust_point, "of each tunnel that runs"},
    {STATEMENT_route, "of each tunnel that runs"},
    {STATEMENT_sla_type, "part of a measurement"},
    {STATEMENT_sla_size, "part of a measurement"},
    {STATEMENT_sla_tos, "part of a measurement"},
    {STATEMENT_sla_threshold, "part of a measurement"},
    {STATEMENT_sla_timeout, "part of a measurement"},
    {STATEMENT_sla_frequency, "part of a measurement"},
    {STATEMENT_ipv6_address, "of each tunnel that runs"},
    {STATEMENT_nat_traversal, "of each tunnel that runs"},
    {STATEMENT_ikev1_begun, "of each tunnel that runs"},
    {STATEMENT_ikev1_max, "of each tunnel that runs"},
    {STATEMENT_trustpoint, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_certificate_chain, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_revocation_check, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_ocsp_url, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_ocsp_nonce, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_ocsp_match, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_crl_policy, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_crl_url, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_crl_cache_time, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_trust_fqdn, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_trust_subject, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_trust_keypair, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_trust_file, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_passphrase, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_certificate, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_name_condition, "what a trustpoint holds is said of its tunnel"},
    {STATEMENT_vpn_filter, "part of a group-policy or a user, which are said"},
    {STATEMENT_vpn_idle, "part of a group-policy or a user, which are said"},
    {STATEMENT_vpn_session, "part of a group-policy or a user, which are said"},
    {STATEMENT_vpn_protocol, "part of a group-policy or a user, which are said"},
    {STATEMENT_banner_text, "part of a group-policy or a user, which are said"},
    {STATEMENT_dns_server, "part of a group-policy or a user, which are said"},
    {STATEMENT_wins_server, "part of a group-policy or a user, which are said"},
    {STATEMENT_default_domain, "part of a group-policy or a user, which are said"},
    {STATEMENT_split_dns, "part of a group-policy or a user, which are said"},
    {STATEMENT_split_policy, "part of a group-policy or a user, which are said"},
    {STATEMENT_split_list, "part of a group-policy or a user, which are said"},
    {STATEMENT_address_pools, "part of a group-policy or a user, which are said"},
    {STATEMENT_group_nem, "part of a group-policy or a user, which are said"},
    {STATEMENT_group_pfs, "part of a group-policy or a user, which are said"},
    {STATEMENT_password_storage, "part of a group-policy or a user, which are said"},
    {STATEMENT_vpn_logins, "part of a group-policy or a user, which are said"},
    {STATEMENT_group_lock, "part of a group-policy or a user, which are said"},
    {STATEMENT_username_attributes, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_policy, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_filter, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_address, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_idle, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_session, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_logins, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_protocol, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_lock, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_storage, "part of a group-policy or a user, which are said"},
    {STATEMENT_user_service, "part of a group-policy or a user, which are said"},
    {STATEMENT_pam_service, "part of a group-policy or a user, which are said"},
    {STATEMENT_aaa_timeout, "part of a group-policy or a user, which are said"},
    {STATEMENT_weak_algorithms, "ours: others do not ask"},
    /* clang-format on */
};

static void what_is_watched_goes_to_a_router_and_back(void **state)
{
    static const char watched[] =
        "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
        "interface Ethernet0\n nameif Ethernet0\n ip address 198.51.100.2 255.255.255.0\n"
        "sla monitor 1\n type echo protocol ipIcmpEcho 10.2.0.1 interface Ethernet0\n num-packets 3\n "
        "request-data-size 64\n"
        " tos 184\n threshold 200\n timeout 1000\n frequency 5\n"
        "sla monitor schedule 1 life 3600 start-time 09:30:05 24 december recurring\n"
        "track 7 rtr 1 reachability\nroute Ethernet0 10.9.0.0 255.255.0.0 198.51.100.1 5 track 7\n";
    static char ios[8192], asa[8192];
    struct text there = text_of(ios, sizeof ios), back = text_of(asa, sizeof asa);
    struct reading r;

    (void)state;
    reading_of(&r, watched);
    assert_int_equal(r.conf.error_count, 0);
    conf_convert(&r.conf, CONF_TO_IOS, &there);
    reading_end(&r);
    assert_non_null(strstr(ios, "num-packets"));
    reading_of(&r, ios);
    conf_write(&r.conf, CONF_KEYS_MASKED, &back);
    reading_end(&r);
    assert_non_null(strstr(asa, "sla monitor 1\n type echo protocol ipIcmpEcho 10.2.0.1 interface Ethernet0\n"
                                " request-data-size 64\n tos 184\n threshold 200\n timeout 1000\n frequency 5\n"));
    assert_non_null(strstr(asa, "sla monitor schedule 1 life 3600 start-time 09:30:05 Dec 24 recurring\n"));
    assert_non_null(strstr(asa, "track 7 rtr 1 reachability\n"));
    assert_non_null(strstr(asa, "route Ethernet0 10.9.0.0 255.255.0.0 198.51.100.1 5 track 7\n"));
}

static const struct tunnel_group *group_named(const struct policy *policy, const char *name)
{
    for (uint16_t i = 0; i < policy->tunnel_group_count; i++)
        if (strcmp(policy->tunnel_groups[i].name, name) == 0)
            return &policy->tunnel_groups[i];
    return NULL;
}

/* What an ASA says of them comes back from a router; what that has no words for is said. */
static void users_come_back_from_a_router_as_they_went(void **state)
{
    static const char users[] =
        "ASA Version 9.12(4)\ninterface GigabitEthernet0/0\n nameif outside\n ip address 203.0.113.2 255.255.255.0\n"
        "access-list SPLIT standard permit 10.2.0.0 255.255.0.0\naccess-list SPLIT standard permit host 10.3.0.9\n"
        "ip local pool A 10.60.200.10-10.60.200.20\nip local pool B 10.60.201.1 mask 255.255.255.0\n"
        "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\ncrypto dynamic-map D 10 set ikev1 transform-set "
        "S\n"
        "crypto map M 65000 ipsec-isakmp dynamic D\ncrypto map M interface outside\ncrypto ikev1 enable outside\n"
        "no crypto ikev1 am-disable\ncrypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n group "
        "14\n"
        "group-policy GP internal\ngroup-policy GP attributes\n dns-server value 10.2.0.53 10.2.0.54\n"
        " wins-server value 10.2.0.55\n default-domain value example.net\n split-dns value example.net example.org\n"
        " split-tunnel-policy tunnelspecified\n split-tunnel-network-list value SPLIT\n password-storage enable\n"
        " pfs enable\n vpn-simultaneous-logins 2\n vpn-idle-timeout 30\n"
        "username alice password Wonder-1\nusername alice attributes\n vpn-framed-ip-address 10.60.200.77\n"
        "tunnel-group STAFF type remote-access\ntunnel-group STAFF general-attributes\n address-pool A B\n"
        " default-group-policy GP\ntunnel-group STAFF ipsec-attributes\n ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n"
        "tunnel-group DefaultRAGroup general-attributes\n address-pool A\n"
        "tunnel-group DefaultRAGroup ipsec-attributes\n ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n"
        "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n ikev1 pre-shared-key "
        "zP4-8nR6_wC3-hT5x\n";
    static const char *const said[] = {
        "! not carried: pool B of tunnel-group STAFF",
        "! not carried: the mask of pool B",
        "vpn-idle-timeout 30",
        "username alice attributes",
        "\ncrypto isakmp key ***** address 192.0.2.9 no-xauth\n",
    };
    static char text[32768];
    struct text t = text_of(text, sizeof text);
    struct reading r;

    (void)state;
    reading_of(&r, users);
    CHECK(r.conf.error_count == 0 && r.conf.running_count == 1);
    conf_convert(&r.conf, CONF_TO_IOS, &t);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        if (strstr(text, said[i]) == NULL)
            fail_msg("no %s in\n%s", said[i], text);
    CHECK(strstr(text, "Wonder") == NULL && strstr(text, "xK9") == NULL && strstr(text, "STAFF type") == NULL);
    convert_and_read(&r, CONF_TO_IOS, text, sizeof text);
    const struct tunnel_group *g = group_named(&r.conf.policy, "STAFF");
    CHECK(r.conf.is_ios && r.conf.running_count == 1 && r.conf.unused_count == 0 && r.conf.user_count == 1);
    CHECK(g != NULL && g->is_remote_access && g->user_auth == USER_AUTH_XAUTH && g->pool_count == 1 && g->has_key);
    CHECK(group_named(&r.conf.policy, "DefaultRAGroup")->pool_count == 1);
    const struct group_policy *p = &r.conf.policy.group_policies[g->group_policy - 1];
    CHECK(ip_equal(p->dns[1], ip_of_v4(0x0a020036)) && ip_is_set(p->wins[0]) && p->may_store_password && p->wants_pfs);
    CHECK(p->login_limit == 2 && p->split_tunnel == SPLIT_TUNNEL_SPECIFIED && p->split_network_count == 2);
    CHECK(ip_range_prefix_len(p->split_networks[0]) == 16 && ip_range_prefix_len(p->split_networks[1]) == 32);
    CHECK(strcmp(p->default_domain, "example.net") == 0 && strcmp(p->split_dns, "example.net example.org") == 0);
    reading_end(&r);
}

/* Each statement that does something is carried, or said by its line. */
static void no_statement_is_lost_without_a_word(void **state)
{
    static const enum statement_kind said[] = {
#define IOS 1
#define SWAN 2
#define LIBRESWAN 4
#define NO_USERS 8
#define LEFT_OUT(...)
#define LEFT_LINE(languages, kind) STATEMENT_##kind,
#include "conf/convert_left_out.def"
#undef LEFT_OUT
#undef LEFT_LINE
    };
    static const struct {
        enum statement_kind kind;
        const char *name;
        bool acts;
    } all[] = {
#define USED true
#define QUIET false
#define UNUSED false
#define STATEMENT(mode, name, enters, family, effect, ...) {STATEMENT_##name, #name, effect},
#include "conf/grammar_rows.h"
#undef USED
#undef QUIET
#undef UNUSED
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        bool is_known = !all[i].acts;

        for (size_t k = 0; k < COUNT_OF(said) && !is_known; k++)
            is_known = said[k] == all[i].kind;
        for (size_t k = 0; k < COUNT_OF(carried) && !is_known; k++)
            is_known = carried[k].kind == all[i].kind;
        if (!is_known)
            fail_msg("%s is neither carried nor said", all[i].name);
    }
}

/* `set inheritance data` is a router's `level per-host`, and back. */
static void pairs_of_two_hosts_are_carried_to_a_router_and_said_to_others(void **state)
{
    static const struct {
        enum conf_language language;
        const char *expected;
    } cases[] = {
        {CONF_TO_ASA, "\ncrypto map OUT 10 set inheritance data\n"},
        {CONF_TO_IOS, "\n set security-association level per-host\n"},
        {CONF_TO_STRONGSWAN, "# not carried: that each two hosts have a pair of their own of crypto map OUT 10\n"},
        {CONF_TO_LIBRESWAN, "# not carried: that each two hosts have a pair of their own of crypto map OUT 10\n"},
    };
    char before[4096], space[16384];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(space, sizeof space);
        struct reading r, back;

        snprintf(before, sizeof before, "%scrypto map OUT 10 set inheritance data\n", west);
        reading_of(&r, before);
        CHECK(r.is_ok && r.conf.policy.tunnels[0].is_per_host);
        conf_convert(&r.conf, cases[i].language, &t);
        if (!strstr(space, cases[i].expected))
            fail_msg("no %sin\n%s", cases[i].expected, space);
        if (cases[i].language == CONF_TO_IOS || cases[i].language == CONF_TO_ASA) {
            reading_of(&back, space);
            CHECK(back.is_ok && back.conf.policy.tunnels[0].is_per_host);
            reading_end(&back);
        }
        reading_end(&r);
        snprintf(before, sizeof before, "%scrypto map OUT 10 set inheritance rule\n", west);
        reading_of(&r, before);
        CHECK(r.is_ok && !r.conf.policy.tunnels[0].is_per_host);
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_two_hosts_are_carried_to_a_router_and_said_to_others),
        cmocka_unit_test(what_a_router_gets_is_read_back_as_the_same_policy),
        cmocka_unit_test(what_is_watched_goes_to_a_router_and_back),
        cmocka_unit_test(no_statement_is_lost_without_a_word),
        cmocka_unit_test(users_come_back_from_a_router_as_they_went),
        cmocka_unit_test(samples_come_back_from_a_router_as_they_went),
        cmocka_unit_test(a_dynamic_map_is_carried_to_a_router_and_to_nobody_else),
        cmocka_unit_test(a_router_signs_with_ecdsa_by_its_own_word),
        cmocka_unit_test(how_long_a_pair_may_be_idle_is_carried),
        cmocka_unit_test(a_peer_that_is_kept_alive_otherwise_has_a_profile),
        cmocka_unit_test(who_we_are_to_a_peer_is_carried),
        cmocka_unit_test(what_a_router_has_no_line_for_is_said_by_its_line),
        cmocka_unit_test(transport_mode_and_extended_numbers_are_carried_where_there_is_a_word_for_them),
        cmocka_unit_test(others_get_each_line_of_the_acl_and_are_told_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
