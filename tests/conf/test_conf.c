/* Configurations as they come: samples, pasted screens, faults in single tunnels. */
#include "conf/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char weak[] = "crypto ikev1 weak-algorithms\n";

/* Two tunnels on one interface; the cases spoil the first. */
static const char two_tunnels[] = "ASA Version 9.12(4)\n"                                                  /* 1 */
                                  "hostname west\n"                                                        /* 2 */
                                  "interface GigabitEthernet0/0\n"                                         /* 3 */
                                  " nameif outside\n"                                                      /* 4 */
                                  " ip address 198.51.100.2 255.255.255.0\n"                               /* 5 */
                                  "object network LAN\n"                                                   /* 6 */
                                  " subnet 10.1.0.0 255.255.0.0\n"                                         /* 7 */
                                  "access-list A extended permit ip object LAN 10.2.0.0 255.255.0.0\n"     /* 8 */
                                  "access-list B extended permit ip object LAN 10.3.0.0 255.255.0.0\n"     /* 9 */
                                  "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"          /* 10 */
                                  "crypto map M 10 match address A\n"                                      /* 11 */
                                  "crypto map M 10 set peer 203.0.113.1\n"                                 /* 12 */
                                  "crypto map M 10 set ikev1 transform-set S\n"                            /* 13 */
                                  "crypto map M 20 match address B\n"                                      /* 14 */
                                  "crypto map M 20 set peer 203.0.113.2\n"                                 /* 15 */
                                  "crypto map M 20 set ikev1 transform-set S\n"                            /* 16 */
                                  "crypto map M interface outside\n"                                       /* 17 */
                                  "crypto ikev1 enable outside\n"                                          /* 18 */
                                  "crypto ikev1 policy 10\n"                                               /* 19 */
                                  " authentication pre-share\n encryption aes-256\n hash sha\n group 14\n" /* 20 */
                                  "tunnel-group 203.0.113.1 type ipsec-l2l\n"                              /* 24 */
                                  "tunnel-group 203.0.113.1 ipsec-attributes\n"                            /* 25 */
                                  " ikev1 pre-shared-key Key-One\n"                                        /* 26 */
                                  "tunnel-group 203.0.113.2 type ipsec-l2l\n"                              /* 27 */
                                  "tunnel-group 203.0.113.2 ipsec-attributes\n"                            /* 28 */
                                  " ikev1 pre-shared-key Key-Two\n";                                       /* 29 */

static void read_with(struct reading *r, const char *more)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", two_tunnels, more);
    reading_of(r, text);
    CHECK(r->is_ok);
}

static void the_samples_load(void **state)
{
    static const struct {
        const char *file, *before;
        uint16_t running, parked;
        const char *why;
    } cases[] = {
        {"01-asa84-l2l-basic.cfg", weak, 1, 0, "group 5 is allowed"},
        {"01-asa84-l2l-basic.cfg", "", 0, 1, "group 5 is weak"},
        {"02-asa82-l2l-nat0.cfg", weak, 1, 0, "the spelling of 8.2, a name as peer"},
        {"02-asa82-l2l-nat0.cfg", "", 0, 1, "group 5 is weak"},
        {"03-asa84-objectgroups-pfs-filter.cfg", weak, 1, 0, "object-groups"},
        {"03-asa84-objectgroups-pfs-filter.cfg", "", 0, 1, "group 2 is weak"},
        {"04-asa84-dynamic-peer-hub.cfg", weak, 2, 0, "a static entry and a dynamic one"},
        {"05-asa84-dynamic-branch-aggressive.cfg", weak, 0, 1, "its address comes from DHCP"},
        {"06-asa84-backup-peers.cfg", weak, 1, 0, "two peers"},
        {"06-asa84-backup-peers.cfg", "", 0, 1, "group 5 is weak"},
        {"07-asa84-l2l-certificates.cfg", weak, 0, 1, "certificates"},
        {"08-asa84-remote-access-xauth.cfg", weak, 0, 1,
         "no key for peers of a dynamic entry but that of a group of users"},
        {"09-asa84-overlap-policy-nat.cfg", weak, 1, 0, "the crypto ACL has the translated addresses"},
        {"10-asa84-hub-hairpin-nonconnected.cfg", weak, 2, 0, "a hub with two spokes"},
        {"10-asa84-hub-hairpin-nonconnected.cfg", "", 0, 2, "group 5 is weak"},
        {"11-ios-l2l-basic.cfg", weak, 1, 0, "IOS"},
        {"11-ios-l2l-basic.cfg", "", 0, 1, "group 5 is weak there too"},
        {"12-ios-profile-keyring-backup.cfg", weak, 2, 0, "keyrings, profiles, a loopback's address"},
        {"13-ios-dynamic-hub.cfg", weak, 1, 0, "a dynamic entry with an ACL, and a wildcard key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *text = sample(cases[i].file, cases[i].before);
        struct reading r;

        reading_of(&r, text);
        CHECK(r.is_ok);
        if (r.conf.running_count != cases[i].running || r.conf.parked_count != cases[i].parked)
            print_findings(&r.conf);
        CHECK(r.conf.running_count == cases[i].running && r.conf.parked_count == cases[i].parked);
        reading_end(&r);
        free(text);
    }
}

static bool is_said(const struct conf *conf, const char *text)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strstr(conf->findings[i].sentence, text) != NULL)
            return true;
    return false;
}

static void dynamic_entries_mean_what_they_say(void **state)
{
#define HUB(lines)                                                                                                     \
    "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"                          \
    "access-list VPN extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.0.0\n"                                 \
    "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha256-hmac\n"                                                 \
    "crypto ikev1 enable outside\ncrypto map M interface outside\n"                                                    \
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha256\n group 14\n" lines
#define ANY_KEY "tunnel-group DefaultL2LGroup ipsec-attributes\n ikev1 pre-shared-key Any-Branch-Key\n"
    static const struct {
        const char *text;
        uint16_t running, parked;
        bool is_open;
        const char *said; /* NULL: nothing wrong */
        const char *why;
    } cases[] = {
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\ncrypto map M 65535 ipsec-isakmp dynamic D\n" ANY_KEY),
         1, 0, true, NULL, "without an ACL any networks are taken"},
        {HUB("crypto dynamic-map D 10 set transform-set S\ncrypto dynamic-map D 10 match address VPN\n"
             "crypto map M 65535 ipsec-isakmp dynamic D\n" ANY_KEY),
         1, 0, false, NULL, "the spelling before 8.4, and an ACL"},
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\ncrypto dynamic-map D 10 set pfs group14\n"
             "crypto dynamic-map D 20 set ikev1 transform-set S\ncrypto map M 65535 ipsec-isakmp dynamic D\n" ANY_KEY),
         2, 0, true, NULL, "each entry of the dynamic map is a tunnel"},
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\ncrypto map M 65535 ipsec-isakmp dynamic D\n"), 0, 1,
         true, "there is no key for peers with unknown addresses", "nobody could prove himself"},
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\ncrypto dynamic-map D 10 set peer 203.0.113.2\n"
             "crypto map M 65535 ipsec-isakmp dynamic D\n" ANY_KEY),
         1, 0, true, NULL, "only that peer may use it"},
        {HUB("crypto dynamic-map D 10 match address VPN\ncrypto map M 65535 ipsec-isakmp dynamic D\n" ANY_KEY), 0, 1,
         false, "crypto dynamic-map D 10 is parked: the entry is incomplete: it has no `set transform-set`",
         "without a transform-set there is nothing to agree on"},
        {HUB("crypto map M 65535 ipsec-isakmp dynamic E\n" ANY_KEY), 0, 0, false, "there is no dynamic-map E",
         "named, and not there"},
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\n" ANY_KEY), 0, 0, false,
         "dynamic-map D is named by no crypto map", "there, and not named"},
        {HUB("crypto dynamic-map D 10 set ikev1 transform-set S\ncrypto map M 65535 ipsec-isakmp dynamic D\n"
             "tunnel-group DefaultRAGroup ipsec-attributes\n ikev1 pre-shared-key Any-User-Key\n"
             " ikev1 user-authentication none\n"),
         1, 0, true, NULL, "the other default group has a key for any peer too, where it asks for no user"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        reading_of(&r, cases[i].text);
        if (r.conf.running_count != cases[i].running || (cases[i].said != NULL && !is_said(&r.conf, cases[i].said)))
            print_findings(&r.conf);
        CHECK(r.conf.running_count == cases[i].running && r.conf.parked_count == cases[i].parked);
        CHECK(cases[i].said == NULL || is_said(&r.conf, cases[i].said));
        for (uint16_t k = 0; k < r.conf.policy.tunnel_count; k++)
            CHECK(r.conf.policy.tunnels[k].is_dynamic && r.conf.policy.tunnels[k].is_open == cases[i].is_open &&
                  r.conf.policy.tunnels[k].connection_type == CONNECTION_ANSWER_ONLY);
        reading_end(&r);
    }
}

static void peers_may_have_names_of_dns(void **state)
{
#define NAMED(peers)                                                                                                   \
    HUB("crypto map M 10 match address VPN\ncrypto map M 10 set peer " peers "\ncrypto map M 10 set ikev1 "            \
        "transform-set S\n" ANY_KEY)
    static const struct {
        const char *text, *address; /* what the first wanted name is found to have; NULL: nothing */
        uint32_t wanted;
        uint16_t running;
        uint8_t before, after; /* peers of the entry */
        const char *why;
    } cases[] = {
        {NAMED("east.example.net"), "203.0.113.2", 1, 1, 0, 1,
         "the tunnel runs, and has a peer when the name is known"},
        {NAMED("east.example.net"), NULL, 1, 1, 0, 0, "a name without an address parks nothing: it may come"},
        {NAMED("203.0.113.7 east.example.net"), "203.0.113.2", 1, 1, 1, 2, "beside an address"},
        {NAMED("east.example.net east.example.net"), "203.0.113.2", 1, 1, 0, 2, "looked up once"},
        {NAMED("203.0.113.300"), NULL, 0, 0, 0, 0, "an address with a slip in it is no name"},
        {NAMED("east"), NULL, 0, 0, 0, 0, "one label is a name of the configuration's own"},
        {"name 203.0.113.9 far.east\n" NAMED("far.east"), NULL, 0, 1, 1, 1,
         "a name that is given in the file is not asked for"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct conf_host host = {0};
        struct reading r;

        reading_of(&r, cases[i].text);
        CHECK(r.conf.wanted_host_count == cases[i].wanted && r.conf.running_count == cases[i].running);
        CHECK(cases[i].running == 0 || r.conf.policy.tunnels[0].peer_count == cases[i].before);
        if (cases[i].wanted > 0) {
            host.name = r.conf.wanted_hosts[0];
            CHECK(cases[i].address == NULL || ip_parse(&host.ip, bytes_of_text(cases[i].address)));
            CHECK(conf_read_hosts(&r.conf, &host, 1, &r.arena));
            CHECK(r.conf.running_count == 1 && r.conf.policy.tunnels[0].peer_count == cases[i].after);
            CHECK((cases[i].address == NULL) == is_said(&r.conf, "has no address yet"));
        }
        reading_end(&r);
    }
}

static void ipv6_stands_beside_ipv4(void **state)
{
#define BOTH(address, lines)                                                                                           \
    "interface GigabitEthernet0/0\n nameif outside\n" address                                                          \
    "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha256-hmac\n"                                                 \
    "crypto ikev1 enable outside\ncrypto map M interface outside\n"                                                    \
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha256\n group 14\n" lines ANY_KEY
#define V4 " ip address 198.51.100.2 255.255.255.0\n"
#define V6 " ipv6 address 2001:db8:1::2/64\n"
#define ENTRY(peers)                                                                                                   \
    "crypto map M 10 match address VPN\ncrypto map M 10 set peer " peers "\ncrypto map M 10 set transform-set S\n"
    static const struct {
        const char *text;
        uint16_t running, parked;
        const char *local;        /* address of the interface of the first tunnel */
        const char *remote_first; /* of its first line */
        const char *why;
    } cases[] = {
        {BOTH(V4 V6, "access-list VPN extended permit ip 2001:db8:a::/64 2001:db8:b::/64\n" ENTRY("2001:db8:2::2")), 1,
         0, "2001:db8:1::2", "2001:db8:b::", "the peer is of IPv6, and so is our address"},
        {BOTH(V4 V6, "access-list VPN extended permit ip 2001:db8:a::/64 2001:db8:b::/64\n" ENTRY("203.0.113.2")), 1, 0,
         "198.51.100.2", "2001:db8:b::", "IPv6 inside, IPv4 outside"},
        {BOTH(V4 V6, "access-list VPN permit ip host 10.1.0.1 host 10.2.0.1\n" ENTRY("203.0.113.2 2001:db8:2::2")), 2,
         0, "198.51.100.2", "10.2.0.1", "peers of both families: a tunnel for each"},
        {BOTH(V6, "ipv6 access-list VPN permit ip 2001:db8:a::/64 any\n" ENTRY("2001:db8:2::2")), 1, 0, "2001:db8:1::2",
         "::", "the list's spelling before 9.0; `any` is of the other side's family"},
        {BOTH(V4, "access-list VPN permit ip any6 2001:db8:b::/48\n" ENTRY("2001:db8:2::2")), 0, 1, "198.51.100.2",
         "2001:db8:b::", "there is no address of the peer's family"},
        {BOTH(V6, "object network FAR\n subnet 2001:db8:b::/64\nobject network NEAR\n host 2001:db8:a::1\n"
                  "access-list VPN permit ip object NEAR object FAR\n" ENTRY("2001:db8:2::2")),
         1, 0, "2001:db8:1::2", "2001:db8:b::", "objects of IPv6"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char local[IP_TEXT_SIZE], remote[IP_TEXT_SIZE];

        reading_of(&r, cases[i].text);
        if (r.conf.running_count != cases[i].running || r.conf.parked_count != cases[i].parked)
            print_findings(&r.conf);
        CHECK(r.conf.running_count == cases[i].running && r.conf.parked_count == cases[i].parked);
        const struct policy *p = &r.conf.policy;
        const struct tunnel *t = &p->tunnels[0];
        assert_string_equal(ip_text(p->interfaces[t->interface].ip, local), cases[i].local);
        assert_string_equal(ip_text(t->aces[0].selector.remote.first, remote), cases[i].remote_first);
        for (uint16_t k = 0; k < p->tunnel_count && cases[i].parked == 0; k++)
            for (uint8_t n = 0; n < p->tunnels[k].peer_count; n++)
                CHECK(p->tunnels[k].peers[n].family == p->interfaces[p->tunnels[k].interface].ip.family);
        reading_end(&r);
    }
}

static void a_sample_means_what_it_says(void **state)
{
    char *text = sample("03-asa84-objectgroups-pfs-filter.cfg", weak);
    struct reading r;

    (void)state;
    reading_of(&r, text);

    const struct policy *p = &r.conf.policy;
    const struct tunnel *t = &p->tunnels[0];

    CHECK(strcmp(p->hostname, "dc-fw") == 0 && p->interface_count == 2 && p->route_count == 2);
    CHECK(p->isakmp_policy_count == 2 && p->isakmp_policies[0].priority == 5 &&
          p->isakmp_policies[0].lifetime_s == 28800);
    CHECK(p->isakmp_policies[1].cipher == CIPHER_3DES_CBC && p->isakmp_policies[1].group == GROUP_MODP1024);
    CHECK(p->replay_window == 128 && p->is_nat_t_on && p->nat_keepalive_s == 20 && p->are_weak_allowed);
    CHECK(t->ace_count == 4 && t->pfs == GROUP_MODP1024 && t->lifetime_s == 3600 && t->lifetime_kb == 1000000);
    CHECK(t->df == DF_CLEAR && t->is_weak && t->transform_set_count == 2);
    CHECK(p->transform_sets[t->transform_sets[0]].cipher == CIPHER_AES128_CBC);
    CHECK(p->transform_sets[t->transform_sets[1]].integrity == HASH_MD5);
    CHECK(p->tunnel_groups[0].dpd_threshold_s == 15 && p->tunnel_groups[0].dpd_retry_s == 3);
    CHECK(r.conf.key_count == 1 && bytes_equal(r.conf.keys[0].key, bytes_of_text("Partner-PSK-03")));
    reading_end(&r);
    free(text);
}

static void a_fault_parks_its_tunnel_and_no_other(void **state)
{
    static const struct {
        const char *more;
        uint16_t running;
        const char *reason;
    } cases[] = {
        {"hostname east\n", 2, NULL},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key *****\n", 1,
         "line 12: the key of tunnel-group 203.0.113.1 is masked (***** on line 31)"},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key *\n", 1, "is masked"},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key 8 abcdef\n", 1, "is encrypted (line 31)"},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n no ikev1 pre-shared-key\n", 1, "has no pre-shared key"},
        {"no tunnel-group 203.0.113.1 type\n", 1, "there is no tunnel-group with a key for peer 203.0.113.1"},
        {"crypto map M 10 match address NONE\n", 1, "access-list NONE cannot be used: there is no such"},
        {"access-list A extended permit ip object NONE any\n", 1, "there is no object network NONE"},
        {"access-list A extended permit ip any 10.0.0.0 0.0.255.255\n", 1,
         "line 30: 0.0.255.255 is not a network mask"},
        {"access-list A extended permit ip any bogus\n", 1, "access-list A cannot be used: line 30 is not understood"},
        {"access-list A extended permit tcp any any object-group WEB\n", 1, "there is no object-group service WEB"},
        {"no access-list A extended permit ip object LAN 10.2.0.0 255.255.0.0\n", 1, "there is no such extended"},
        {"access-list C extended deny ip any any\ncrypto map M 10 match address C\n", 1, "no line of it permits"},
        {"object-group network G\n group-object G\naccess-list A permit ip object-group G any\n", 1, "is in itself"},
        {"crypto map M 10 set transform-set NONE\n", 1, "line 30: there is no transform-set NONE"},
        {"crypto ipsec transform-set T esp-3des esp-sha-hmac\ncrypto map M 10 set transform-set T\n", 1, "it is weak"},
        {"crypto ipsec transform-set T esp-3des esp-sha-hmac\ncrypto map M 10 set transform-set T S\n", 2, NULL},
        {"crypto ipsec transform-set T esp-aes esp-sha-hmac\ncrypto ipsec transform-set T mode transport\n"
         "crypto map M 10 set transform-set T\n",
         1, "is of transport mode, and line 8 of access-list A is not for packets between host"},
        {"crypto ipsec transform-set T esp-aes esp-sha-hmac\ncrypto ipsec transform-set T mode transport\n"
         "access-list H permit udp host 198.51.100.2 eq 1701 host 203.0.113.1\ncrypto map M 10 match address H\n"
         "crypto map M 10 set transform-set T\n",
         2, NULL},
        {"crypto ipsec ikev1 transform-set T esp-aes esp-sha-hmac\ncrypto ipsec ikev1 transform-set T mode transport\n"
         "access-list H permit ip host 198.51.100.2 host 203.0.113.1\ncrypto map M 10 match address H\n"
         "crypto map M 10 set peer 203.0.113.7\ncrypto map M 10 set ikev1 transform-set T\n"
         "tunnel-group 203.0.113.7 type ipsec-l2l\ntunnel-group 203.0.113.7 ipsec-attributes\n ikev1 pre-shared-key "
         "K\n",
         1, "which an entry of several peers cannot have"},
        {"crypto ipsec transform-set T esp-aes esp-sha-hmac\ncrypto ipsec transform-set T mode transport\n"
         "crypto map M 10 set transform-set T S\n",
         2, NULL},
        {"crypto ipsec ikev1 transform-set T esp-aes esp-sha-hmac\ncrypto ipsec ikev1 transform-set T esn\n"
         "crypto map M 10 set ikev1 transform-set T\n",
         2, NULL},
        {"crypto ipsec transform-set T esp-aes esp-sha-hmac\ncrypto ipsec transform-set T esn\n"
         "crypto map M 10 set transform-set T\ncrypto ipsec security-association replay disable\n",
         1, "its extended sequence numbers want a replay window"},
        {"crypto ipsec transform-set T esp-aes\ncrypto map M 10 set transform-set T\n", 1, "it has no hmac"},
        {"crypto ipsec transform-set T esp-gcm-256\ncrypto map M 10 set transform-set T\n", 2, NULL},
        {"crypto ipsec transform-set T esp-gcm esp-sha-hmac\ncrypto map M 10 set transform-set T\n", 1,
         "leave the hmac out"},
        {"crypto ipsec transform-set T esp-null esp-sha-hmac\ncrypto map M 10 set transform-set T\n", 1, "it is weak"},
        {"crypto ipsec transform-set T esp-null esp-sha-hmac\ncrypto map M 10 set transform-set T\n"
         "crypto ikev1 weak-algorithms\n",
         2, NULL},
        {"crypto ipsec transform-set T esp-null esp-none\ncrypto map M 10 set transform-set T\n"
         "crypto ikev1 weak-algorithms\n",
         1, "it does not authenticate"},
        {"crypto ipsec transform-set T esp-gmac-256\ncrypto map M 10 set transform-set T\n", 1, "it is weak"},
        {"crypto ipsec transform-set T esp-gmac esp-sha-hmac\ncrypto map M 10 set transform-set T\n", 1,
         "esp-gmac authenticates by itself"},
        {"crypto ipsec ikev1 transform-set T esp-gcm8-256\ncrypto map M 10 set ikev1 transform-set T\n", 2, NULL},
        {"crypto ipsec transform-set T esp-gcm12\ncrypto map M 10 set transform-set T\n", 2, NULL},
        {"crypto map M 10 set pfs group2\n", 1, "line 30: group 2 of `set pfs` is weak"},
        {"crypto map M 10 set pfs group7\n", 1, "does not compute"},
        {"crypto map M 10 set pfs group99\n", 1, "line 30: this line is not understood"},
        {"crypto map M 10 set pfs group19\n", 2, NULL},
        {"no crypto map M 10 match address\n", 1, "it has no `match address`"},
        {"no crypto map M 10 set peer 203.0.113.1\n", 1, "it has no `set peer`"},
        {"no crypto map M 10 set transform-set\n", 1, "it has no `set transform-set`"},
        {"no crypto map M 10 set peer 203.0.113.1\ncrypto map M 10 set peer 198.51.100.2\n", 1,
         "peer 198.51.100.2 is an address of this system"},
        {"crypto map M 10 set peer 203.0.113.77\n", 2, NULL},
        {"no crypto map M 10 set peer 203.0.113.1\ncrypto map M 10 set peer vpn\n", 1, "neither an address nor"},
        {"no crypto ikev1 enable outside\n", 0, "crypto ikev1 is not enabled on interface outside"},
        {"no crypto map M interface outside\n", 0, "crypto map M is not applied to an interface"},
        {"interface GigabitEthernet0/0\n shutdown\n", 0, "interface outside is shut down"},
        {"interface gi 0/0\n shutdown\n", 0, "interface outside is shut down"},
        {"crypto ikev1 policy 10\n group 5\n", 0, "policy 10 (line 19) is not offered: group 5 is weak"},
        {"crypto ikev1 policy 10\n group 2\ncrypto ikev1 policy 20\n encryption aes\n group 14\n", 2, NULL},
        {"crypto ikev1 policy 10\n authentication crack\n", 0, "pre-shared keys and by signatures only"},
        {"crypto ikev1 policy 10\n hsah sha256\n", 0, "line 31 is not understood"},
        {"no crypto ikev1 policy 10\n", 0, "there is no phase 1 policy"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, cases[i].more);

        const char *parked = r.conf.policy.tunnels[0].parked;
        bool is_as_said =
            cases[i].reason == NULL ? parked == NULL : parked != NULL && strstr(parked, cases[i].reason) != NULL;

        if (!is_as_said || r.conf.running_count != cases[i].running)
            fprintf(stderr, "%s: running %u, parked: %s\n", cases[i].more, r.conf.running_count, parked);
        CHECK(r.conf.policy.tunnel_count == 2);
        if (parked != NULL && strstr(parked, "key") != NULL) /* the shell asks for it by its peer */
            CHECK(r.conf.policy.tunnels[0].peer_count == 1);
        CHECK(is_as_said && r.conf.running_count == cases[i].running);
        CHECK(cases[i].reason == NULL || r.conf.error_count > 0);
        reading_end(&r);
    }
}

/* For what parks it, and not for what else is wrong with it. */
static void a_parked_entry_has_the_cause_that_an_asa_has_a_message_for(void **state)
{
    static const struct {
        const char *more, *cause;
    } cases[] = {
        {"no crypto map M 10 set transform-set\n", "no-transform-set"},
        {"no crypto map M 10 set peer 203.0.113.1\ncrypto map M 10 set peer 198.51.100.2\n", "own-address"},
        {"no crypto map M 10 set peer 203.0.113.1\ncrypto map M 10 set peer 198.51.100.2 vpn\n", "own-address"},
        {"no crypto map M 10 set peer 203.0.113.1\ncrypto map M 10 set peer vpn 198.51.100.2\n", NULL},
        {"crypto map M 10 set peer 203.0.113.1 198.51.100.2\nno crypto map M 10 match address\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, cases[i].more);
        const struct tunnel *t = &r.conf.policy.tunnels[0];
        const char *cause = t->parked_for == NULL ? "none" : t->parked_for;
        CHECK(t->parked != NULL);
        if (strcmp(cause, cases[i].cause == NULL ? "none" : cases[i].cause) != 0)
            fail_msg("%s: %s (%s)", cases[i].more, t->parked, cause);
        reading_end(&r);
    }
}

static void a_finding_says_where_and_what_was_expected(void **state)
{
    static const struct {
        const char *more;
        const char *shown;
    } cases[] = {
        {"crypto map M 10 set pfs group99\n",
         "test.conf:30:25: error: \"group99\" is not understood here; expected group1, group2"},
        {"crypto ikev1 policy 70000\n",
         "test.conf:30:21: error: \"70000\" is not understood here; expected <1-65535> (priority of the policy; "
         "the lowest is tried first)"},
        {"crypto ikev1 policy\n", "test.conf:30:20: error: the line ends too early; expected <1-65535>"},
        {"crypto map M 10 set p 1.2.3.4\n",
         "test.conf:30:21: error: \"p\" is short for several words; expected pfs, peer or phase1-mode"},
        {"crypto ikev1 policy 20\n\thash\tsha9\n",
         "test.conf:31:7: error: \"sha9\" is not understood here; expected sha, md5"},
        {"hostname a b\n", "test.conf:30:12: error: \"b\" is not understood here; expected the end of the line"},
        {"crypto isakmp identity key-id \x1b[2J x\n", "test.conf:30:36: error: this word is not understood here"},
        {"crypto ikev1 \x1b[2J\n", "test.conf:30:14: error: \"\\x1b[2J\" is not understood here"},
        {"tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shard-key Key-One\n",
         "test.conf:31:8: error: this word is not understood here; expected pre-shared-key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        bool is_found = false;

        read_with(&r, cases[i].more);
        for (uint32_t j = 0; j < r.conf.finding_count; j++) {
            char space[2000];
            struct text t = text_of(space, sizeof space);

            text_add_finding(&t, &r.conf.findings[j]);
            is_found |= strncmp(space, cases[i].shown, strlen(cases[i].shown)) == 0;
        }
        if (!is_found)
            print_findings(&r.conf);
        CHECK(is_found);
        reading_end(&r);
    }
}

/* What parks a tunnel, and what is weak in one that runs. */
static void each_thing_is_told_once(void **state)
{
    static const struct {
        const char *more, *told;
    } cases[] = {
        {"tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key *****\n", "is masked"},
        {"crypto map M 10 set transform-set NONE\n", "there is no transform-set NONE"},
        {"crypto map M 10 set transform-set NONE S\n", "there is no transform-set NONE"},
        {"crypto map M 10 set peer 203.0.113.77\n", "a peer is left out"},
        {"crypto ipsec transform-set T esp-3des esp-sha-hmac\ncrypto map M 10 set transform-set T\n", "it is weak"},
        {"crypto map M 10 set pfs group2\n", "group 2 of `set pfs` is weak, and there is no"},
        {"crypto ikev1 weak-algorithms\ncrypto map M 10 set pfs group2\n",
         "crypto map M 10: group 2 of `set pfs` is weak"},
        {"crypto ikev1 weak-algorithms\ncrypto ipsec transform-set T esp-aes esp-md5-hmac\n"
         "crypto map M 10 set transform-set T S\n",
         "crypto map M 10: transform-set T (line 31) is weak"},
        {"crypto ikev1 weak-algorithms\ncrypto ikev1 policy 10\n hash md5\n", "policy 10 is weak (md5)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        unsigned count = 0;

        read_with(&r, cases[i].more);
        for (uint32_t j = 0; j < r.conf.finding_count; j++)
            count += strstr(r.conf.findings[j].sentence, cases[i].told) != NULL;
        if (count != 1)
            print_findings(&r.conf);
        CHECK(count == 1);
        reading_end(&r);
    }
}

/* Entries that run, and will not do what was meant. */
static void entries_that_run_are_reviewed(void **state)
{
#define FAR "object network FAR\n subnet 10.2.0.0 255.255.0.0\n"
#define EXEMPT "nat (inside,outside) source static LAN LAN destination static FAR FAR no-proxy-arp\n"
    static const struct {
        const char *why, *more, *told;
        unsigned count;
    } cases[] = {
        {"an earlier entry holds all of it", "access-list A extended permit ip any 10.0.0.0 255.0.0.0\n",
         "never comes here: line 30, of crypto map M 10, takes it first", 1},
        {"a deny line before lets it through to its own",
         "no access-list A extended permit ip object LAN 10.2.0.0 255.255.0.0\n"
         "access-list A extended deny ip any 10.3.0.0 255.255.0.0\n"
         "access-list A extended permit ip any 10.0.0.0 255.0.0.0\n",
         "never comes here", 0},
        {"a part of it is left", "access-list A extended permit ip object LAN 10.3.0.0 255.255.255.0\n",
         "never comes here", 0},
        {"ports have one number in IKE, or none",
         "access-list B extended permit tcp object LAN 10.4.0.0 255.255.0.0 range 20 30\n",
         "a range of ports cannot be negotiated", 1},
        {"one port can be said", "access-list B extended permit tcp object LAN 10.4.0.0 255.255.0.0 eq 22\n",
         "a range of ports", 0},
        {"a range of addresses",
         "object network R\n range 10.4.0.1 10.4.0.9\naccess-list B extended permit ip object LAN object R\n",
         "is a range and no network", 1},
        {"all to all", "access-list B extended permit ip any any\n", "`any` to `any`", 1},
        {"the same network twice", "access-list B extended permit ip object LAN object LAN\n",
         "both ends have the same network", 1},
        {"translated below its object", "object network LAN\n nat (inside,outside) dynamic interface\n",
         "a device translates", 2},
        {"exempted before", FAR "object network LAN\n nat (inside,outside) dynamic interface\n" EXEMPT,
         "a device translates 10.1.0.0/16 -> 10.2.0.0/16", 0},
        {"translated by a rule before the exemption", FAR "nat (inside,outside) source dynamic any interface\n" EXEMPT,
         "a device translates 10.1.0.0/16 -> 10.2.0.0/16", 1},
        {"translated last of all, and exempted",
         FAR "nat (inside,outside) after-auto source dynamic any interface\n" EXEMPT,
         "a device translates 10.1.0.0/16 -> 10.2.0.0/16", 0},
        {"towards another interface", "object network LAN\n nat (inside,dmz) dynamic interface\n",
         "a device translates", 0},
        {"before 8.3", "nat (inside) 1 10.0.0.0 255.0.0.0\nglobal (outside) 1 interface\n", "a device translates", 2},
        {"before 8.3, and exempted",
         "nat (inside) 1 0.0.0.0 0.0.0.0\nglobal (outside) 1 interface\n"
         "access-list N extended permit ip 10.1.0.0 255.255.0.0 10.0.0.0 255.0.0.0\nnat (inside) 0 access-list N\n",
         "a device translates", 0},
    };
#undef FAR
#undef EXEMPT

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        unsigned count = 0;

        read_with(&r, cases[i].more);
        for (uint32_t j = 0; j < r.conf.finding_count; j++)
            count += strstr(r.conf.findings[j].sentence, cases[i].told) != NULL;
        if (count != cases[i].count) {
            print_error("%s: %u times\n", cases[i].why, count);
            print_findings(&r.conf);
        }
        CHECK(count == cases[i].count);
        reading_end(&r);
    }
}

static void all_findings_come_at_once_and_their_number_is_bounded(void **state)
{
    static char text[200 * 1000];
    size_t len = 0;
    struct reading r;

    (void)state;
    for (unsigned i = 0; i < CONF_FINDINGS_MAX + 100; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "crypto ikev1 policy 0\n");
    reading_of(&r, text);
    CHECK(r.is_ok && r.conf.finding_count == CONF_FINDINGS_MAX);
    CHECK(r.conf.findings_left_out > 100 && r.conf.findings_left_out < 110);
    reading_end(&r);
}

static void a_pasted_screen_loads(void **state)
{
    static const char begin[] = "west# show running-config \r\n: Saved\r\n:\r\n";
    static const char end[] = "\r\n<--- More --->\r              \r\r\ncrypto isakmp nat-traversal 30  \r\n"
                              "Cryptochecksum:0123456789abcdef\r\n: end\r\nwest# ";
    char text[8192];
    size_t len = 0;
    struct reading r;

    (void)state;
    len += (size_t)snprintf(text, sizeof text, "%s", begin);
    for (const char *at = two_tunnels; *at != '\0'; at++) {
        if (*at == '\n')
            len += (size_t)snprintf(text + len, sizeof text - len, "  \r\n");
        else if (strncmp(at, " encryption", 11) == 0) /* the pager stopped before this line */
            len += (size_t)snprintf(text + len, sizeof text - len, "<--- More --->\r              \r ");
        else
            text[len++] = *at;
    }
    snprintf(text + len, sizeof text - len, "%s", end);
    reading_of(&r, text);
    CHECK(r.is_ok && r.conf.running_count == 2 && r.conf.error_count == 0);
    CHECK(r.conf.policy.nat_keepalive_s == 30 && r.conf.unused_count == 0);
    CHECK(r.conf.policy.isakmp_policies[0].cipher == CIPHER_AES256_CBC);
    reading_end(&r);
}

static void a_configuration_that_lost_its_indentation_loads(void **state)
{
    char text[8192];
    size_t len = 0;
    struct reading r;

    (void)state;
    for (const char *at = two_tunnels; *at != '\0'; at++)
        if (*at != ' ' || at[-1] != '\n')
            text[len++] = *at;
    text[len] = '\0';
    reading_of(&r, text);
    CHECK(r.conf.running_count == 2 && r.conf.error_count == 0);
    reading_end(&r);
}

static void what_is_no_text_is_refused_whole(void **state)
{
    static char long_line[CONF_LINE_MAX + 2];
    struct reading r;

    (void)state;
    reading_of_bytes(&r, bytes_of("hostname a\nhost\0name", 20));
    CHECK(!r.is_ok && r.conf.finding_count == 1 && r.conf.findings[0].line == 2);
    reading_end(&r);
    memset(long_line, 'a', sizeof long_line - 1);
    reading_of(&r, long_line);
    CHECK(!r.is_ok && r.conf.finding_count == 1);
    reading_end(&r);
    reading_of_bytes(&r, bytes_of(long_line, CONF_LINE_MAX));
    CHECK(r.is_ok);
    reading_end(&r);
    reading_of(&r, "");
    CHECK(r.is_ok && r.conf.policy.tunnel_count == 0);
    reading_end(&r);
}

static void missing_values_are_those_of_the_release(void **state)
{
    static const struct {
        const char *version;
        enum cipher_id cipher;
        enum group_id group;
        bool is_nat_t_on;
    } cases[] = {
        {"PIX Version 7.2(4)\n", CIPHER_3DES_CBC, GROUP_MODP1024, false},
        {"ASA Version 8.2(5)\n", CIPHER_3DES_CBC, GROUP_MODP1024, true},
        {"ASA Version 9.12(4)\n", CIPHER_3DES_CBC, GROUP_MODP1024, true},
        {"ASA Version 9.13(1) <system>\n", CIPHER_AES256_CBC, GROUP_MODP2048, true},
        {"ASA Version 9.9(2)\n", CIPHER_3DES_CBC, GROUP_MODP1024, true},
        {"ASA Version 10.1\n", CIPHER_AES256_CBC, GROUP_MODP2048, true},
        {"", CIPHER_AES256_CBC, GROUP_MODP2048, true},
        {"ASA Version interim\n", CIPHER_AES256_CBC, GROUP_MODP2048, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[200];
        struct reading r;

        snprintf(text, sizeof text, "%s%scrypto ikev1 policy 1\n", cases[i].version, weak);
        reading_of(&r, text);
        CHECK(r.conf.policy.isakmp_policy_count == 1);
        CHECK(r.conf.policy.isakmp_policies[0].cipher == cases[i].cipher);
        CHECK(r.conf.policy.isakmp_policies[0].group == cases[i].group);
        CHECK(r.conf.policy.isakmp_policies[0].hash == HASH_SHA1 &&
              r.conf.policy.isakmp_policies[0].lifetime_s == 86400);
        CHECK(r.conf.policy.is_nat_t_on == cases[i].is_nat_t_on);
        CHECK(has_finding(&r.conf, cases[i].version[0] == '\0' ? 2 : 3, "policy 1 leaves out encryption"));
        reading_end(&r);
    }
}

static void a_line_of_an_acl_becomes_selectors(void **state)
{
    static const struct {
        const char *line;
        uint16_t count;
        const char *first, *last;
    } cases[] = {
        {"permit ip any 10.2.0.0 255.255.0.0", 1, "0.0.0.0/0 -> 10.2.0.0/16", NULL},
        {"permit ip host 10.1.0.1 host FAR", 1, "10.1.0.1 -> 192.0.2.9", NULL},
        {"permit tcp object RANGE any4 eq https", 1, "10.1.0.1-10.1.0.9 -> 0.0.0.0/0 tcp any -> 443", NULL},
        {"permit udp any range 100 200 any lt 10", 1, "0.0.0.0/0 -> 0.0.0.0/0 udp 100-200 -> 0-9", NULL},
        {"permit tcp any any neq 80", 2, "0.0.0.0/0 -> 0.0.0.0/0 tcp any -> 0-79",
         "0.0.0.0/0 -> 0.0.0.0/0 tcp any -> 81-65535"},
        {"permit ip object-group G object-group G", 9, "10.5.0.0/16 -> 10.5.0.0/16", "10.7.0.1 -> 10.7.0.1"},
        {"permit ip interface outside any", 1, "198.51.100.2 -> 0.0.0.0/0", NULL},
        {"permit ip 10.1.2.3 255.255.0.0 any", 1, "10.1.0.0/16 -> 0.0.0.0/0", NULL},
        {"permit 47 any any log", 1, "0.0.0.0/0 -> 0.0.0.0/0 gre", NULL},
        {"permit ip any6 any", 1, "::/0 -> ::/0", NULL},
        {"deny ip any any inactive", 0, NULL, NULL},
    };
    static const char more[] =
        "name 192.0.2.9 FAR\nobject network RANGE\n range 10.1.0.1 10.1.0.9\n"
        "object-group network INNER\n network-object 10.6.0.0 255.255.0.0\n network-object host 10.7.0.1\n"
        "object-group network G\n network-object 10.5.0.0 255.255.0.0\n group-object INNER\n"
        "crypto map M 10 match address T\n";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[2000], space[200] = "";
        struct reading r;

        snprintf(text, sizeof text, "%saccess-list T extended %s\n", more, cases[i].line);
        read_with(&r, text);

        const struct tunnel *t = &r.conf.policy.tunnels[0];
        struct text shown = text_of(space, sizeof space);

        if (t->ace_count != cases[i].count)
            fprintf(stderr, "%s: %u, %s\n", cases[i].line, t->ace_count, t->parked);
        CHECK(t->ace_count == cases[i].count);
        if (cases[i].first != NULL) {
            text_add_selector(&shown, &t->aces[0].selector);
            if (strncmp(space, cases[i].first, strlen(cases[i].first)) != 0)
                fprintf(stderr, "%s: %s\n", cases[i].line, space);
            CHECK(strncmp(space, cases[i].first, strlen(cases[i].first)) == 0);
        }
        if (cases[i].last != NULL) {
            shown = text_of(space, sizeof space);
            text_add_selector(&shown, &t->aces[t->ace_count - 1].selector);
            CHECK(strcmp(space, cases[i].last) == 0);
        }
        reading_end(&r);
    }
}

static void an_acl_line_goes_to_the_place_that_it_names(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, "access-list A extended permit ip host 10.0.0.3 any\n"
                  "access-list A line 1 extended deny ip host 10.0.0.1 any\n"
                  "access-list A line 2 extended deny ip host 10.0.0.2 any\n"
                  "access-list A line 99 extended deny ip host 10.0.0.4 any\n");

    const struct tunnel *t = &r.conf.policy.tunnels[0];
    const uint32_t lines[] = {31, 32, 8, 30, 33};

    CHECK(t->ace_count == COUNT_OF(lines));
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        CHECK(t->aces[i].line == lines[i]);
    CHECK(!t->aces[0].is_permit && t->aces[2].is_permit);
    reading_end(&r);
}

static void no_takes_away_exactly_its_statement(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, "crypto isakmp identity hostname\nno crypto isakmp identity\n"
                  "crypto map M 10 set pfs group14\nno crypto map M 10 set pfs\n"
                  "no crypto isakmp nat-traversal\n"
                  "crypto ikev1 fragmentation mtu 700\nno crypto isakmp fragmentation\n"
                  "crypto ikev1 weak-algorithms\nno crypto ikev1 weak-algorithms\n"
                  "tunnel-group 203.0.113.1 ipsec-attributes\n isakmp keepalive disable\n no isakmp keepalive\n");
    CHECK(r.conf.running_count == 2 && r.conf.error_count == 0);
    CHECK(r.conf.policy.identity == IDENTITY_AUTO && r.conf.policy.tunnels[0].pfs == GROUP_NONE);
    CHECK(r.conf.policy.fragment_len == 0);
    CHECK(!r.conf.policy.is_nat_t_on && !r.conf.policy.are_weak_allowed && r.conf.policy.tunnel_groups[0].has_dpd);
    reading_end(&r);
}

static bool holds(const void *space, size_t size, const char *secret)
{
    return memmem(space, size, secret, strlen(secret)) != NULL;
}

static void an_entry_has_its_own_settings_before_the_global_ones(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, "crypto ipsec security-association lifetime seconds 1000\n"
                  "crypto ipsec security-association lifetime kilobytes unlimited\n"
                  "crypto ipsec df-bit clear-df outside\n"
                  "crypto map M 10 set security-association lifetime seconds 2000 kilobytes 3000\n"
                  "crypto map M 10 set df-bit set-df\ncrypto map M 10 set nat-t-disable\n"
                  "crypto map M 10 set reverse-route\n"
                  "crypto map M 10 set connection-type answer-only\ncrypto map M 10 set pfs\n" /* 9.12: group 2 */
                  "crypto ikev1 weak-algorithms\n");

    const struct tunnel *first = &r.conf.policy.tunnels[0], *second = &r.conf.policy.tunnels[1];

    CHECK(first->lifetime_s == 2000 && first->lifetime_kb == 3000 && first->df == DF_SET && first->is_nat_t_off);
    CHECK(first->connection_type == CONNECTION_ANSWER_ONLY && first->pfs == GROUP_MODP1024 && first->is_weak);
    CHECK(first->has_reverse_route && !second->has_reverse_route);
    CHECK(second->lifetime_s == 1000 && second->lifetime_kb == 0 && second->df == DF_CLEAR && !second->is_nat_t_off);
    CHECK(second->connection_type == CONNECTION_BIDIRECTIONAL && second->pfs == GROUP_NONE && !second->is_weak);
    reading_end(&r);
}

static void global_settings_are_taken(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, "crypto isakmp identity key-id branch7\ncrypto ikev1 retransmit ios\n"
                  "crypto ipsec security-association replay disable\nroute outside 0 0 198.51.100.1\n"
                  "tunnel-group 203.0.113.1 ipsec-attributes\n isakmp keepalive disable\n"
                  "tunnel-group DefaultL2LGroup ipsec-attributes\n ikev1 pre-shared-key Any\n"
                  " isakmp keepalive threshold 30 on-demand action restart\n");

    const struct policy *p = &r.conf.policy;

    CHECK(p->identity == IDENTITY_KEY_ID && strcmp(p->key_id, "branch7") == 0 && p->schedule == SCHEDULE_IOS);
    CHECK(p->replay_window == 0 && p->route_count == 1 && p->routes[0].prefix_len == 0 && p->routes[0].metric == 1);
    CHECK(p->tunnel_group_count == 3 && !p->tunnel_groups[0].has_dpd && p->tunnel_groups[1].has_dpd);
    CHECK(!ip_is_set(p->tunnel_groups[2].peer) && p->tunnel_groups[2].dpd_threshold_s == 30);
    CHECK(p->tunnel_groups[2].dpd_is_on_demand && p->tunnel_groups[2].dpd_restarts);
    CHECK(!p->tunnel_groups[1].dpd_is_on_demand && !p->tunnel_groups[1].dpd_restarts);
    CHECK(p->tunnel_groups[2].dpd_retry_s == 2 && p->tunnel_groups[2].has_key && r.conf.key_count == 3);
    reading_end(&r);
}

static void an_unused_line_in_a_block_stays_in_it(void **state)
{
    static char written[20000];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    read_with(&r, "interface GigabitEthernet0/0\n nat whatever this is\n");
    conf_write(&r.conf, CONF_KEYS_MASKED, &t);
    CHECK(strstr(written, "255.255.255.0\n nat whatever this is\n") != NULL);
    reading_end(&r);
}

static void keys_are_shown_to_nobody(void **state)
{
    static const char more[] = "username bob password Secret-A privilege 0\nenable password Secret-B encrypted\n"
                               "tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key Secret-C \n"
                               " pre-shred Secret-D\n Secret-E\n ikev2 remote-authentication pre-shared-key Secret-F\n"
                               "crypto isakmp key Secret-G address 192.0.2.1\ncrypto keyring K\n"
                               "  pre-shared-key address 192.0.2.1 key Secret-H\n"
                               "aaa-server X host 192.0.2.3\n key Secret-I\nsnmp-server community Secret-J\n"
                               "crypto ca import TP pkcs12 passphrase Secret-K\n";
    static char written[20000];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    read_with(&r, more);
    conf_write(&r.conf, CONF_KEYS_MASKED, &t);
    CHECK(!holds(written, t.len, "Secret") && !holds(written, t.len, "Key-"));
    CHECK(strstr(written, " ikev1 pre-shared-key *****\n") != NULL);
    for (uint32_t i = 0; i < r.conf.finding_count; i++)
        CHECK(strstr(r.conf.findings[i].sentence, "Secret") == NULL &&
              strstr(r.conf.findings[i].sentence, "Key-") == NULL);
    for (uint32_t i = 0; i < r.conf.unused_count; i++)
        CHECK(strstr(r.conf.unused[i].begins, "Secret") == NULL);
    CHECK(has_finding(&r.conf, 33, "ends in a blank") && bytes_equal(r.conf.keys[0].key, bytes_of_text("Secret-C ")));
    reading_end(&r);
}

static void wiping_leaves_no_key_in_memory(void **state)
{
    static const char secrets[] = "pre-shared-key 203.0.113.1 Secret-A\n";
    static char written[20000];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    read_with(&r, "tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key *****\n");
    CHECK(conf_read_secrets(&r.conf, bytes_of_text(secrets), "test.secrets", &r.arena));
    CHECK(holds(r.arena.data, r.arena.len, "Secret-A") && holds(r.arena.data, r.arena.len, "Key-Two"));
    conf_wipe(&r.conf);
    CHECK(!holds(r.arena.data, r.arena.len, "Secret-A") && !holds(r.arena.data, r.arena.len, "Key-"));
    conf_write(&r.conf, CONF_KEYS_SHOWN, &t);
    CHECK(strstr(written, "pre-shared-key *****") != NULL);
    reading_end(&r);
}

static void a_secrets_file_fills_masked_and_missing_keys(void **state)
{
    static const struct {
        const char *more, *secrets;
        uint16_t running;
        const char *key, *why;
    } cases[] = {
        {" ikev1 pre-shared-key *****\n", "pre-shared-key 203.0.113.1 New-Key\n", 2, "New-Key", "masked"},
        {" no ikev1 pre-shared-key\n", "! a comment\r\npre-shared-key 203.0.113.1 New Key \r\n", 2, "New Key ",
         "missing; blanks are the key's"},
        {" ikev1 pre-shared-key 8 abc\n", "\npre-shared-key 203.0.113.1 New-Key", 2, "New-Key", "encrypted"},
        {" ikev1 pre-shared-key Other\n", "pre-shared-key 203.0.113.1 New-Key\n", 2, "Other",
         "the configuration's own wins"},
        {" ikev1 pre-shared-key *****\n", "pre-shared-key 203.0.113.9 New-Key\n", 1, "Key-Two", "of another peer"},
        {" ikev1 pre-shared-key *****\n", "pre-shared-key 203.0.113.1\n", 1, "Key-Two", "without a key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[400];
        struct reading r;

        snprintf(text, sizeof text, "tunnel-group 203.0.113.1 ipsec-attributes\n%s", cases[i].more);
        read_with(&r, text);
        CHECK(conf_read_secrets(&r.conf, bytes_of_text(cases[i].secrets), "test.secrets", &r.arena));
        CHECK(r.conf.running_count == cases[i].running);
        CHECK(bytes_equal(r.conf.keys[0].key, bytes_of_text(cases[i].key)));
        CHECK(r.conf.key_count == cases[i].running);
        reading_end(&r);
    }
}

static void interfaces_are_matched_by_address_or_by_statement(void **state)
{
    struct reading r;
    struct ip ip = ip_of_v4(0xc6336402), other = ip_of_v4(0xc6336403);
    uint16_t index;

    (void)state;
    read_with(&r, "");
    CHECK(!conf_match_interface(&r.conf, other, "eth7", &r.arena, &index) && index == NO_INDEX);
    CHECK(conf_match_interface(&r.conf, ip, "eth7", &r.arena, &index) && index == 0);
    CHECK(strcmp(r.conf.policy.interfaces[0].linux_name, "eth7") == 0);
    reading_end(&r);
    read_with(&r, "interface GigabitEthernet0/0\n linux-interface eth1\n");
    CHECK(strcmp(r.conf.policy.interfaces[0].linux_name, "eth1") == 0);
    CHECK(!conf_match_interface(&r.conf, ip, "eth7", &r.arena, &index));
    reading_end(&r);
}

/* Of an interface a later one takes the place, of another it stands beside it. */
static void each_interface_has_its_own_DF_bit(void **state)
{
    static char written[8192];
    struct text t = text_of(written, sizeof written);
    struct reading r;

    (void)state;
    reading_of(&r, "crypto ipsec df-bit clear-df outside\ncrypto ipsec df-bit set-df inside\n"
                   "crypto ipsec df-bit clear-df dmz\ncrypto ipsec df-bit copy-df outside\n"
                   "no crypto ipsec df-bit clear-df dmz\n");
    CHECK(r.is_ok && r.conf.error_count == 0);
    conf_write(&r.conf, CONF_KEYS_SHOWN, &t);
    CHECK(strstr(written, "df-bit copy-df outside\n") != NULL && strstr(written, "df-bit set-df inside\n") != NULL);
    CHECK(strstr(written, "clear-df") == NULL);
    reading_end(&r);
}

static void packets_are_fragmented_before_or_after_encryption(void **state)
{
    static const struct {
        const char *lines;
        bool is_split_sealed;
    } cases[] = {
        {"", false},
        {"crypto ipsec fragmentation after-encryption outside\n", true},
        {"crypto ipsec fragmentation after-encryption inside\n", false},
        {"crypto ipsec fragmentation after-encryption outside\ncrypto ipsec fragmentation before-encryption outside\n",
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, cases[i].lines);
        CHECK(r.conf.policy.tunnels[0].is_split_sealed == cases[i].is_split_sealed && r.conf.unused_count == 0);
        reading_end(&r);
    }
}

static void what_is_not_used_is_listed_with_its_lines(void **state)
{
    struct reading r;

    (void)state;
    read_with(&r, "threat-detection basic-threat\nfoo bar baz quux\n one\n two\nip verify reverse-path "
                  "interface outside\n");
    CHECK(r.conf.error_count == 0 && r.conf.unused_count == 3);
    CHECK(r.conf.unused[0].line == 30 && r.conf.unused[1].line == 31 && r.conf.unused[1].line_count == 3);
    CHECK(strcmp(r.conf.unused[1].begins, "foo bar baz") == 0 && r.conf.unused[2].line == 34);
    reading_end(&r);
}

static void the_samples_are_written_as_they_were_read(void **state)
{
    static const char *const files[] = {"01-asa84-l2l-basic.cfg",
                                        "02-asa82-l2l-nat0.cfg",
                                        "03-asa84-objectgroups-pfs-filter.cfg",
                                        "07-asa84-l2l-certificates.cfg",
                                        "10-asa84-hub-hairpin-nonconnected.cfg",
                                        "12-ios-profile-keyring-backup.cfg"};
    static char first[65536], second[65536];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char *text = sample(files[i], weak);
        struct reading r;
        struct text a = text_of(first, sizeof first), b = text_of(second, sizeof second);

        reading_of(&r, text);
        conf_write(&r.conf, CONF_KEYS_SHOWN, &a);
        reading_end(&r);
        reading_of(&r, first);
        conf_write(&r.conf, CONF_KEYS_SHOWN, &b);
        CHECK(!a.is_cut && strcmp(first, second) == 0);
        CHECK(strstr(first, i == 1 ? "crypto isakmp policy 10" : "crypto ikev1 policy 10") != NULL || i == 2 || i == 5);
        reading_end(&r);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_load),
        cmocka_unit_test(dynamic_entries_mean_what_they_say),
        cmocka_unit_test(peers_may_have_names_of_dns),
        cmocka_unit_test(ipv6_stands_beside_ipv4),
        cmocka_unit_test(a_sample_means_what_it_says),
        cmocka_unit_test(a_fault_parks_its_tunnel_and_no_other),
        cmocka_unit_test(a_parked_entry_has_the_cause_that_an_asa_has_a_message_for),
        cmocka_unit_test(a_finding_says_where_and_what_was_expected),
        cmocka_unit_test(each_thing_is_told_once),
        cmocka_unit_test(entries_that_run_are_reviewed),
        cmocka_unit_test(all_findings_come_at_once_and_their_number_is_bounded),
        cmocka_unit_test(a_pasted_screen_loads),
        cmocka_unit_test(a_configuration_that_lost_its_indentation_loads),
        cmocka_unit_test(what_is_no_text_is_refused_whole),
        cmocka_unit_test(missing_values_are_those_of_the_release),
        cmocka_unit_test(a_line_of_an_acl_becomes_selectors),
        cmocka_unit_test(an_acl_line_goes_to_the_place_that_it_names),
        cmocka_unit_test(no_takes_away_exactly_its_statement),
        cmocka_unit_test(an_entry_has_its_own_settings_before_the_global_ones),
        cmocka_unit_test(global_settings_are_taken),
        cmocka_unit_test(an_unused_line_in_a_block_stays_in_it),
        cmocka_unit_test(keys_are_shown_to_nobody),
        cmocka_unit_test(wiping_leaves_no_key_in_memory),
        cmocka_unit_test(a_secrets_file_fills_masked_and_missing_keys),
        cmocka_unit_test(interfaces_are_matched_by_address_or_by_statement),
        cmocka_unit_test(each_interface_has_its_own_DF_bit),
        cmocka_unit_test(packets_are_fragmented_before_or_after_encryption),
        cmocka_unit_test(what_is_not_used_is_listed_with_its_lines),
        cmocka_unit_test(the_samples_are_written_as_they_were_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
