/* show nat, show access-list, show asp drop and their clearing, of a real policy in a simulated world. That they count
 * is shown between real gateways: tests/peers/nat.sh. */
#include "cli/seeds.h"

static const char device[] =
    "hostname west\n"
    "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.1 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 192.168.2.1 255.255.255.0\n"
    "object network L\n subnet 192.168.2.0 255.255.255.0\n"
    "object network R\n subnet 192.168.0.0 255.255.255.0\n"
    "object network WEB\n host 192.168.2.22\n nat (inside,outside) static 22.22.22.22\n"
    "object-group network hub-network\n network-object 192.168.0.0 255.255.255.0\n"
    " network-object host 192.168.9.9\n"
    "access-list asa-router-vpn extended permit ip object L object-group hub-network\n"
    "access-list asa-router-vpn extended deny ip any host 192.168.9.1\n"
    "access-list PARTNER extended permit tcp 192.168.0.0 255.255.255.0 any eq www\n"
    "access-list PARTNER extended permit icmp any any echo\n"
    "access-list PARTNER extended deny ip any any\n"
    "access-list LATER extended permit ip object L host 192.168.9.7\n"
    "access-list LATER extended deny ip any any\n"
    "group-policy DfltGrpPolicy attributes\n vpn-filter value PARTNER\n"
    "nat (inside,outside) source static L L destination static R R no-proxy-arp route-lookup\n"
    "nat (inside,outside) after-auto source dynamic any interface\n"
    "crypto ipsec ikev1 transform-set TS esp-aes esp-sha-hmac\n"
    "crypto map MAP 10 match address asa-router-vpn\n"
    "crypto map MAP 10 set peer 203.0.113.1\n"
    "crypto map MAP 10 set ikev1 transform-set TS\n"
    "crypto map MAP interface outside\n"
    "crypto ikev1 enable outside\n"
    "crypto ikev1 policy 10\n group 14\n encryption aes\n hash sha\n authentication pre-share\n"
    "tunnel-group 203.0.113.1 type ipsec-l2l\n"
    "tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key a-key-of-both-ends\n";

static void make_world(void)
{
    seed_world();
    seed.dialect = "asa";
    seed_configure(DEVICE, "198.51.100.1", device);
}

static void rules_stand_in_their_sections(void **state)
{
    (void)state;
    make_world();
    seed_expect("show nat",
                "Manual NAT Policies (Section 1)\n"
                "1 (inside) to (outside) source static L L   destination static R R no-proxy-arp route-lookup\n"
                "    translate_hits = 0, untranslate_hits = 0\n"
                "Auto NAT Policies (Section 2)\n"
                "1 (inside) to (outside) source static WEB 22.22.22.22\n"
                "    translate_hits = 0, untranslate_hits = 0\n"
                "Manual NAT Policies (Section 3)\n"
                "1 (inside) to (outside) source dynamic any interface\n"
                "    translate_hits = 0, untranslate_hits = 0\n");
}

static const char list[] =
    "access-list asa-router-vpn; 3 elements; name hash: 0xNUMBER\n"
    "access-list asa-router-vpn line 1 extended permit ip object L object-group hub-network (hitcnt=0) 0xNUMBER \n"
    "  access-list asa-router-vpn line 1 extended permit ip 192.168.2.0 255.255.255.0 192.168.0.0 255.255.255.0 "
    "(hitcnt=0) "
    "0xNUMBER \n"
    "  access-list asa-router-vpn line 1 extended permit ip 192.168.2.0 255.255.255.0 host 192.168.9.9 (hitcnt=0) "
    "0xNUMBER \n"
    "access-list asa-router-vpn line 2 extended deny ip any host 192.168.9.1 (hitcnt=0) 0xNUMBER \n";

/* `any` of both families is one line. */
static const char filter[] =
    "access-list PARTNER; 3 elements; name hash: 0xNUMBER\n"
    "access-list PARTNER line 1 extended permit tcp 192.168.0.0 255.255.255.0 any eq www (hitcnt=0) 0xNUMBER \n"
    "access-list PARTNER line 2 extended permit icmp any any echo (hitcnt=0) 0xNUMBER \n"
    "access-list PARTNER line 3 extended deny ip any any (hitcnt=0) 0xNUMBER \n";

/* Nothing uses it. */
static const char unused[] =
    "access-list LATER; 2 elements; name hash: 0xNUMBER\n"
    "access-list LATER line 1 extended permit ip object L host 192.168.9.7 (hitcnt=0) 0xNUMBER \n"
    "access-list LATER line 2 extended deny ip any any (hitcnt=0) 0xNUMBER \n";

static void expect_list(const char *command, const char *wanted)
{
    char *screen = seed_screen(command);

    for (char *at = screen; (at = strstr(at, "0x")) != NULL; at += 2) {
        size_t len = strspn(at + 2, "0123456789abcdef");

        CHECK(len == 8);
        memmove(at + 2 + 6, at + 2 + len, strlen(at + 2 + len) + 1);
        memcpy(at + 2, "NUMBER", 6);
    }
    assert_string_equal(screen, wanted);
    free(screen);
}

static void a_list_is_shown_with_what_its_objects_make(void **state)
{
    (void)state;
    make_world();
    expect_list("show access-list asa-router-vpn", list);
    expect_list("show access-list PARTNER", filter);
    expect_list("show access-list LATER", unused);
    assert_string_equal(seed_refusal("show access-list another"), "no access-list that can be used has this name");
    seed_expect("clear access-list counters", "");
    char *all = seed_screen("show access-list");
    const char *partner = strstr(all, "access-list PARTNER; "), *router = strstr(all, "access-list asa-router-vpn; "),
               *later = strstr(all, "access-list LATER; ");
    CHECK(partner != NULL && router > partner && later > router); /* each once, those that do something first */
    CHECK(strstr(later + 1, "access-list PARTNER; ") == NULL && strstr(later + 1, "access-list LATER; ") == NULL);
    free(all);
}

static void drops_say_when_they_were_cleared(void **state)
{
    char *screen;

    (void)state;
    make_world();
    screen = seed_screen("show asp drop");
    CHECK(strstr(screen, "Last clearing: Never\n") != NULL);
    free(screen);
    seed_expect("clear asp drop", "");
    screen = seed_screen("show asp drop");
    CHECK(strstr(screen, "Last clearing: Never\n") == NULL && strstr(screen, " UTC ") != NULL);
    free(screen);
}

/* The simulated machine has none. */
static void connections_are_counted(void **state)
{
    (void)state;
    make_world();
    seed_expect("show conn", "0 in use\n");
    seed_expect("clear conn address 192.168.2.22", "");
    seed_expect("clear nat counters", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_stand_in_their_sections, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_list_is_shown_with_what_its_objects_make, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(drops_say_when_they_were_cleared, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(connections_are_counted, seed_start, seed_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
