/* A router's configuration: read into the same policy, written as an ASA's. */
#include "conf/reading.h"

#include "conf/convert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char *written(const char *text)
{
    static char space[16384];
    struct text t = text_of(space, sizeof space);
    struct reading r;

    reading_of(&r, text);
    CHECK(r.is_ok && r.conf.is_ios && r.conf.policy.is_ios);
    conf_write_part(&r.conf, CONF_KEYS_SHOWN, (struct conf_part){0}, &t);
    CHECK(!t.is_cut);
    reading_end(&r);
    return space;
}

/* What makes a text IOS. */
#define MARK "service timestamps log\n"

static void lines_of_ios_become_lines_of_the_asa(void **state)
{
    static const struct {
        const char *ios, *asa, *why;
    } cases[] = {
        {"crypto isakmp policy 10\n encr aes 256\n hash md5\n group 2\n",
         "crypto ikev1 policy 10\n authentication rsa-sig\n encryption aes-256\n hash md5\n group 2\n lifetime 86400\n",
         "what is left out is what IOS takes"},
        {"crypto isakmp policy 10\n encryption aes 128\n", " encryption aes\n", "128 bits have no number on an ASA"},
        {"crypto isakmp policy 10\n encryption aes\n", " encryption aes\n", "nor have they here"},
        {"crypto call admission limit ike sa 500\ncrypto call admission limit ike in-negotiation-sa 50\n",
         "crypto ikev1 limit in-negotiation-sa 50\ncrypto ikev1 limit max-sa 500\n", "how many peers may come"},
        {"crypto isakmp key secret address 192.0.2.9\n",
         "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n"
         " ikev1 pre-shared-key secret\n isakmp keepalive disable\n",
         "a key, and no keepalive when nobody asks for it"},
        {"crypto isakmp key 0 secret address 192.0.2.9 255.255.255.255 no-xauth\n", " ikev1 pre-shared-key secret\n",
         "with all that may stand around it"},
        {"crypto isakmp key secret address 0.0.0.0 0.0.0.0\n", "tunnel-group DefaultL2LGroup ipsec-attributes\n",
         "for everybody"},
        {"crypto isakmp key secret hostname east.example.net\n",
         "tunnel-group east.example.net ipsec-attributes\n ikev1 pre-shared-key secret\n", "for one that is named"},
        {"interface FastEthernet0/0\n ip address 198.51.100.2 255.255.255.0\n ip access-group 101 in\n"
         " ip access-group LEAVES out\n",
         "access-group 101 in interface FastEthernet0/0\naccess-group LEAVES out interface FastEthernet0/0\n",
         "the lists of an interface"},
        {"crypto ipsec df-bit clear\n", "crypto ipsec df-bit clear-df\n", "of all interfaces"},
        {"interface FastEthernet0/0\n ip address 198.51.100.2 255.255.255.0\n crypto ipsec df-bit set\n",
         "crypto ipsec df-bit set-df FastEthernet0/0\n", "or of one"},
        {"crypto isakmp keepalive 20 3\ncrypto isakmp key secret address 192.0.2.9\n",
         " isakmp keepalive threshold 20 retry 3 on-demand\n", "one statement for all peers; a router asks on demand"},
        {"crypto isakmp keepalive 20 3 periodic\ncrypto isakmp key secret address 192.0.2.9\n",
         " isakmp keepalive threshold 20 retry 3 periodic\n", "unless it is told to ask always"},
        {"crypto isakmp keepalive 20 periodic\ncrypto isakmp key secret address 192.0.2.9\n",
         " isakmp keepalive threshold 20 retry 2 periodic\n", "with the router's two seconds"},
        {"crypto isakmp keepalive 20 on-demand\ncrypto isakmp key secret address 192.0.2.9\n",
         " isakmp keepalive threshold 20 retry 2 on-demand\n", "on demand, in as many words"},
        {"crypto isakmp peer address 192.0.2.9\n set aggressive-mode password secret\n"
         " set aggressive-mode client-endpoint user-fqdn west@example.net\n",
         "tunnel-group 192.0.2.9 ipsec-attributes\n ikev1 pre-shared-key secret\n self-identity user-fqdn "
         "west@example.net\n initiate mode aggressive\n",
         "aggressive mode with one peer, its key and our name"},
        {"crypto isakmp peer hostname east.example.net\n set aggressive-mode client-endpoint ipv4-address 10.9.9.9\n",
         "tunnel-group east.example.net ipsec-attributes\n self-identity address 10.9.9.9\n initiate mode aggressive\n",
         "a peer by its name"},
        {"interface FastEthernet0/0\n ip address 198.51.100.2 255.255.255.0\nip sla 1\n"
         " icmp-echo 10.2.0.1 source-interface FastEthernet0/0\n request-data-size 64\n tos 184\n threshold 200\n"
         " timeout 1000\n frequency 5\nip sla schedule 1 life forever start-time now\n",
         "sla monitor 1\n type echo protocol ipIcmpEcho 10.2.0.1 interface FastEthernet0/0\n request-data-size 64\n"
         " tos 184\n threshold 200\n timeout 1000\n frequency 5\n"
         "!\nsla monitor schedule 1 life forever start-time now\n",
         "an address that is watched"},
        {"interface FastEthernet0/0\n ip address 198.51.100.2 255.255.255.0\nip sla monitor 1\n"
         " type echo protocol ipIcmpEcho 10.2.0.1 source-interface FastEthernet0/0\n"
         "ip sla monitor schedule 1 start-time now life forever\n",
         "sla monitor 1\n type echo protocol ipIcmpEcho 10.2.0.1 interface FastEthernet0/0\n"
         "!\nsla monitor schedule 1 start-time now life forever\n",
         "the same in older words"},
        {"track 1 ip sla 1 reachability\ntrack 2 rtr 1 reachability\n",
         "track 1 rtr 1 reachability\ntrack 2 rtr 1 reachability\n", "what hangs on it"},
        {"interface FastEthernet0/0\n ip address 198.51.100.2 255.255.255.0\n"
         "ip route 0.0.0.0 0.0.0.0 198.51.100.1 track 1\nip route 0.0.0.0 0.0.0.0 198.51.100.9 5 track 2\n",
         "route FastEthernet0/0 0.0.0.0 0.0.0.0 198.51.100.1 track 1\n"
         "route FastEthernet0/0 0.0.0.0 0.0.0.0 198.51.100.9 5 track 2\n",
         "and a route"},
        {"crypto isakmp profile P\n match identity address 192.0.2.9 255.255.255.255\n self-identity fqdn west.net\n",
         "crypto isakmp profile P\n self-identity fqdn west.net\n match identity address 192.0.2.9 255.255.255.255\n",
         "a profile stays one"},
        {"crypto map M 10 ipsec-isakmp profile P\n set peer 192.0.2.9\n",
         "crypto map M 10 set peer 192.0.2.9\ncrypto map M 10 set isakmp-profile P\n", "and the entry that names it"},
        {"crypto ipsec transform-set S esp-aes 256 esp-sha-hmac\n mode transport\n",
         "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\ncrypto ipsec ikev1 transform-set S mode "
         "transport\n",
         "a block becomes two lines"},
        {"crypto ipsec transform-set S esp-gcm 128\n esn\n", "crypto ipsec ikev1 transform-set S esn\n", "or more"},
        {"crypto map M 10 ipsec-isakmp\n set peer 192.0.2.9 default\n set peer 192.0.2.10\n set pfs\n",
         "crypto map M 10 set pfs group1\ncrypto map M 10 set peer 192.0.2.9\ncrypto map M 10 set peer 192.0.2.10\n",
         "entries are blocks"},
        {"interface Gi0/0\n ip address 198.51.100.1 255.255.255.0\n crypto map M\n",
         "interface GigabitEthernet0/0\n nameif GigabitEthernet0/0\n ip address 198.51.100.1 255.255.255.0\n",
         "the interface is its own name, in full"},
        {"interface GigabitEthernet0/0\n crypto map M\n", "crypto map M interface GigabitEthernet0/0\n",
         "the map is applied from the interface"},
        {"interface GigabitEthernet0/0\n crypto map M\ncrypto map M local-address Loopback0\n",
         "crypto map M interface Loopback0\n", "our end is the address that is named"},
        {"logging host 198.51.100.7\ninterface GigabitEthernet0/0\n ip address 198.51.100.1 255.255.255.0\n",
         "logging enable\n", "a router logs when it has a host"},
        {"logging host 198.51.100.7\ninterface GigabitEthernet0/0\n ip address 198.51.100.1 255.255.255.0\n",
         "logging host GigabitEthernet0/0 198.51.100.7\n", "the host is behind the interface with its network"},
        {"logging host 198.51.100.7 transport tcp port 1470\n", "logging host any 198.51.100.7 tcp/1470\n", "by TCP"},
        {"logging host 198.51.100.7 transport tcp\n", "logging host any 198.51.100.7 tcp/601\n", "at its usual port"},
        {"logging 198.51.100.7\n", "logging host any 198.51.100.7\n", "as it was said before 12.3"},
        {"logging buffered 64000\n", "logging buffered debugging\n", "a size alone is all levels"},
        {"logging buffered 64000 warnings\n", "logging buffered warnings\n", "a size and a level"},
        {"logging buffered errors\n", "logging buffered errors\n", "a level"},
        {"logging trap debugging\n", "logging trap debugging\n", "what goes to hosts"},
        {"logging monitor\n", "logging monitor debugging\n", "and to whoever monitors"},
        {"logging facility local6\n", "logging facility 22\n", "by its number"},
        {"logging facility kern\n", "ios: logging facility kern\n", "which an ASA has of eight alone"},
        {"logging source-interface Loopback0\n", "ios: logging source-interface", "kept, and not used"},
        {"service timestamps log datetime msec localtime\n", "logging timestamp\n", "lines have the time"},
        {"service timestamps log uptime\n", "ios: service timestamps log uptime", "not the time since the start"},
        {"logging origin-id hostname\n", "logging device-id hostname\n", "and a name"},
        {"interface GigabitEthernet0/0\n ip address 198.51.100.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 "
         "198.51.100.9\n",
         "route GigabitEthernet0/0 0.0.0.0 0.0.0.0 198.51.100.9\n", "the interface of a route is that of its gateway"},
        {"access-list 110 permit ip 10.0.0.0 0.15.255.255 any\n",
         "access-list 110 extended permit ip 10.0.0.0 255.240.0.0 any\n", "wildcards are masks the other way round"},
        {"ip access-list extended V\n permit tcp host 10.1.0.1 eq 443 10.2.0.0 0.0.0.255 range 1 9\n",
         "access-list V extended permit tcp host 10.1.0.1 eq 443 10.2.0.0 255.255.255.0 range 1 9\n", "with ports"},
        {"ip nat inside source list N interface GigabitEthernet0/0 overload\nip nat inside source list M interface "
         "GigabitEthernet0/1 overload\n"
         "interface GigabitEthernet0/0\n ip nat outside\n",
         "nat (any) 1 access-list N\nnat (any) 2 access-list M\n", "what the list permits gets another address"},
        {"ip nat inside source list N interface GigabitEthernet0/0 overload\ninterface GigabitEthernet0/0\n",
         "global (GigabitEthernet0/0) 1 interface\n", "that of the interface"},
        {"ip nat inside source route-map R interface GigabitEthernet0/0 overload\nroute-map R permit 10\n match ip "
         "address 120\n",
         "nat (any) 1 access-list 120\n", "a route-map names the list"},
        {"ip access-list extended N\n 10 permit ip 10.1.0.0 0.0.255.255 any\n",
         "access-list N extended permit ip 10.1.0.0 255.255.0.0 any\n", "a line with its number"},
        {"ip access-list extended N\n permit ip any any\n 1 deny ip any 10.2.0.0 0.0.255.255\n",
         "access-list N extended deny ip any 10.2.0.0 255.255.0.0\naccess-list N extended permit ip any any\n",
         "before all others"},
        {"access-list 7 permit 10.1.0.0 0.0.255.255\n", "access-list 7 extended permit ip 10.1.0.0 255.255.0.0 any\n",
         "a standard list has the source alone"},
        {"access-list 7 deny 10.1.0.9 log\n", "access-list 7 extended deny ip host 10.1.0.9 any\n", "a host of it"},
        {"ip nat pool P 198.51.100.7 198.51.100.9 netmask 255.255.255.0\n", "ios: ip nat pool", "kept, and not used"},
    };
    static char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, MARK "%s", cases[i].ios);
        if (!strstr(written(text), cases[i].asa))
            fail_msg("%s:\n%sgives\n%s", cases[i].why, cases[i].ios, written(text));
    }
}

/* And comes back from an ASA and from a router as it was. */
static void what_a_router_says_of_all_interfaces_acts_on_each(void **state)
{
    static const char begin[] =
        "version 15.2\ncrypto isakmp policy 10\n authentication pre-share\n encr aes 256\n group 14\n"
        "crypto isakmp key a-key-of-nine address 192.0.2.9\n"
        "crypto ipsec transform-set S esp-aes 256 esp-sha-hmac\n"
        "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.9\n set transform-set S\n match address 101\n"
        "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n";
    static const struct {
        const char *lines;
        enum df_policy df;
        bool is_split_sealed;
        const char *of_interface;
    } cases[] = {
        {"", DF_COPY, false, ""},
        {"crypto ipsec df-bit clear\n", DF_CLEAR, false, ""},
        {"crypto ipsec df-bit clear\n", DF_SET, false, " crypto ipsec df-bit set\n"},
        {"", DF_SET, false, " crypto ipsec df-bit set\n"},
        {"crypto ipsec fragmentation after-encryption\n", DF_COPY, true, ""},
        {"crypto ipsec fragmentation after-encryption\n", DF_COPY, false,
         " crypto ipsec fragmentation before-encryption\n"},
        {"crypto ipsec fragmentation before-encryption\n", DF_COPY, false, ""},
    };
    char text[4096], space[8192];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int pass = 0; pass < 3; pass++) {
            struct text t = text_of(space, sizeof space);
            struct reading r;

            snprintf(text, sizeof text, "%sinterface Gi0/0\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n%s%s",
                     begin, cases[i].of_interface, cases[i].lines);
            if (pass > 0) {
                reading_of(&r, text);
                conf_convert(&r.conf, pass == 1 ? CONF_TO_ASA : CONF_TO_IOS, &t);
                reading_end(&r);
                if (strstr(space, "not carried") != NULL)
                    fail_msg("%s%s:\n%s", cases[i].lines, cases[i].of_interface, space);
            }
            reading_of(&r, pass > 0 ? space : text);
            if (r.conf.policy.tunnel_count != 1 || r.conf.policy.tunnels[0].df != cases[i].df ||
                r.conf.policy.tunnels[0].is_split_sealed != cases[i].is_split_sealed)
                fail_msg("pass %d: %s%s", pass, cases[i].lines, cases[i].of_interface);
            reading_end(&r);
        }
}

static void findings_name_the_routers_lines(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, MARK "!\ncrypto isakmp policy 10\n encr rot13\n");
    CHECK(r.conf.error_count == 1);
    for (uint32_t i = 0; i < r.conf.finding_count; i++)
        if (r.conf.findings[i].severity == CONF_ERROR)
            CHECK(r.conf.findings[i].line == 4);
    reading_end(&r);
}

static void the_version_says_whose_words_are_used(void **state)
{
    static const struct {
        const char *line;
        enum ios_release release;
    } cases[] = {
        {"version 12.2\n", IOS_RELEASE_OLD},
        {"version 12.4\n", IOS_RELEASE_MIDDLE},
        {"version 15.1\n", IOS_RELEASE_MIDDLE},
        {"version 17.3\n", IOS_RELEASE_NEW},
        {"", IOS_RELEASE_UNKNOWN},
        {"version 99999999999999.1\n", IOS_RELEASE_NEW},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct reading r;

        snprintf(text, sizeof text, "%s" MARK "hostname r\n", cases[i].line);
        reading_of(&r, text);
        CHECK(r.is_ok && r.conf.policy.is_ios);
        if (r.conf.policy.ios_release != cases[i].release)
            fail_msg("%s gives %d", cases[i].line, (int)r.conf.policy.ios_release);
        reading_end(&r);
    }
}

static bool is_written(const char *text, const char *line)
{
    return strstr(written(text), line) != NULL;
}

/* All of them are "cisco". They are read, and shown as any password. */
static void passwords_of_type_7_are_what_they_stand_for(void **state)
{
    static const char *const typed[] = {"02050D480809", "060506324F41", "094F471A1A0A", "121a0c041104", "1511021F0725"};
    static const struct {
        const char *line, *asa;
    } lines[] = {
        {"username ann password 7 %s\n", "username ann password cisco\n"},
        {"username ann privilege 15 password 7 %s\n", "username ann password cisco\n"},
        {"crypto isakmp key 7 %s address 192.0.2.9\n", " ikev1 pre-shared-key cisco\n"},
        {"crypto keyring K\n pre-shared-key address 192.0.2.9 key 7 %s\n", " ikev1 pre-shared-key cisco\n"},
        {"crypto isakmp client configuration group G\n key 7 %s\n", " ikev1 pre-shared-key cisco\n"},
        {"crypto isakmp peer address 192.0.2.9\n set aggressive-mode password 7 %s\n", " ikev1 pre-shared-key cisco\n"},
    };
    static const struct {
        const char *typed, *why;
    } wrong[] = {{"0", "too short"},
                 {"02", "nothing in it"},
                 {"02050D48080", "half a character"},
                 {"0G050D480809", "no number"},
                 {"A2050D480809", "no decimal one"},
                 {"02050D48080G", "no digit"},
                 {"0200000000FF", "no text"}};
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(typed); i++)
        for (size_t k = 0; k < COUNT_OF(lines); k++) {
            struct text t = text_of(text, sizeof text);
            size_t before = strcspn(lines[k].line, "%");

            text_add(&t, MARK "%.*s%s%s", (int)before, lines[k].line, typed[i], lines[k].line + before + 2);
            if (!is_written(text, lines[k].asa))
                fail_msg("%s\n%s", text, written(text));
        }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        snprintf(text, sizeof text, MARK "username ann password 7 %s\n", wrong[i].typed);
        if (!is_written(text, "username ann password *****\n"))
            fail_msg("%s: %s", wrong[i].why, written(text));
    }
}

/* A keyring is no scope here. */
static void of_two_keyrings_with_a_key_for_a_peer_the_first_is_used(void **state)
{
    static const char begin[] = "crypto keyring A\n pre-shared-key address 192.0.2.9 key Key-A\n"
                                " pre-shared-key address 192.0.2.10 key Key-C\n";
    static const struct {
        const char *lines, *key;
        uint32_t unused_count;
        const char *why;
    } cases[] = {
        {"crypto keyring B\n pre-shared-key address 192.0.2.9 key Key-B\n", "Key-A", 1, "another key"},
        {"crypto keyring B\n pre-shared-key address 192.0.2.9 key Key-A\n", "Key-A", 0, "the same"},
        {"crypto keyring B\n pre-shared-key address 192.0.2.11 key Key-B\n", "Key-A", 0, "another peer"},
        {"crypto keyring A\n pre-shared-key address 192.0.2.9 key Key-B\n", "Key-B", 0, "the same keyring again"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[64];
        struct text key = text_of(space, sizeof space);
        struct reading r;

        snprintf(text, sizeof text, "%s%s", begin, cases[i].lines);
        text_add(&key, " ikev1 pre-shared-key %s\n", cases[i].key);
        if (!is_written(text, space))
            fail_msg("%s: %s", cases[i].why, written(text));
        reading_of(&r, text);
        if (r.conf.unused_count != cases[i].unused_count ||
            (r.conf.unused_count > 0 && strstr(r.conf.unused[0].why, "the first") == NULL))
            fail_msg("%s: %u lines are not used", cases[i].why, r.conf.unused_count);
        for (uint32_t k = 0; k < r.conf.unused_count; k++)
            CHECK(strstr(r.conf.unused[k].begins, "Key-") == NULL);
        reading_end(&r);
    }
}

static void what_is_an_asas_is_left_alone(void **state)
{
    struct reading r;

    (void)state;
    reading_of(&r, "ASA Version 8.2(5)\ncrypto isakmp policy 10\n encryption aes\n");
    CHECK(!r.conf.is_ios && !r.conf.policy.is_ios);
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_ios_become_lines_of_the_asa),
        cmocka_unit_test(what_a_router_says_of_all_interfaces_acts_on_each),
        cmocka_unit_test(findings_name_the_routers_lines),
        cmocka_unit_test(the_version_says_whose_words_are_used),
        cmocka_unit_test(passwords_of_type_7_are_what_they_stand_for),
        cmocka_unit_test(of_two_keyrings_with_a_key_for_a_peer_the_first_is_used),
        cmocka_unit_test(what_is_an_asas_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
