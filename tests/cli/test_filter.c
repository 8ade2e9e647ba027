/* show nat, show access-list, show asp drop and their clearing, of a real policy in a simulated world. That they count
 * is shown between real gateways: tests/peers/nat.sh. */
#include "cli/seeds.h"
#include "daemon/conntrack.h"

#include <linux/netfilter/nf_conntrack_tcp.h>

static const char device[] =
    "hostname west\n"
    "interface GigabitEthernet0/0\n nameif outside\n linux-interface outside0\n ip address 198.51.100.1 "
    "255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n linux-interface inside0\n ip address 192.168.2.1 "
    "255.255.255.0\n"
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
    "object-group service PORTS tcp\n port-object eq https\n port-object range 8000 8080\n"
    "access-list LATER extended permit tcp object L any4 object-group PORTS\n"
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
    "access-list LATER; 4 elements; name hash: 0xNUMBER\n"
    "access-list LATER line 1 extended permit ip object L host 192.168.9.7 (hitcnt=0) 0xNUMBER \n"
    "access-list LATER line 2 extended deny ip any any (hitcnt=0) 0xNUMBER \n"
    "access-list LATER line 3 extended permit tcp object L any4 object-group PORTS (hitcnt=0) 0xNUMBER \n"
    "  access-list LATER line 3 extended permit tcp 192.168.2.0 255.255.255.0 any eq 443 (hitcnt=0) 0xNUMBER \n"
    "  access-list LATER line 3 extended permit tcp 192.168.2.0 255.255.255.0 any range 8000 8080 (hitcnt=0) "
    "0xNUMBER \n";

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

/* It is sent in several turns: a used one, and one that nothing uses. */
static void a_list_of_any_length_is_shown_line_by_line(void **state)
{
    enum { LINES = 600, SIZE = 128 * 1024 };
    static const char *const names[] = {"PARTNER", "NOBODY"};
    static char text[SIZE];
    struct text t = text_of(text, sizeof text);

    (void)state;
    seed_world();
    seed.dialect = "asa";
    text_add(&t, "%s", device);
    for (size_t n = 0; n < COUNT_OF(names); n++)
        for (unsigned i = 4; i <= LINES; i++)
            text_add(&t, "access-list %s extended permit tcp host 10.9.%u.%u any eq %u\n", names[n], i / 250,
                     i % 250 + 1, i);
    CHECK(!t.is_cut);
    seed_configure(DEVICE, "198.51.100.1", text);
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        char command[64], expected[128];
        snprintf(command, sizeof command, "show access-list %s", names[n]);
        char *screen = seed_screen(command), *at = screen;
        unsigned first = n == 0 ? 4 : 1;

        for (unsigned i = 4; i <= LINES; i++) {
            snprintf(expected, sizeof expected, "\naccess-list %s line %u extended permit tcp host 10.9.%u.%u any eq ",
                     names[n], i - 4 + first, i / 250, i % 250 + 1);
            at = strstr(at, expected);
            if (at == NULL)
                fail_msg("%s: line %u", names[n], i);
        }
        CHECK(strchr(at + 1, '\n')[1] == '\0');
        free(screen);
    }
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
    seed_expect("show conn", "0 in use, 0 most used\n");
    seed_expect("clear conn address 192.168.2.22", "");
    seed_expect("clear nat counters", "");
}

static struct connection connection(uint8_t protocol, uint8_t tcp_state, const char *source, const char *destination,
                                    const char *back_source, const char *back_destination)
{
    struct connection c = {.protocol = protocol,
                           .tcp_state = tcp_state,
                           .source_port = 40000,
                           .destination_port = 443,
                           .back_source_port = 443,
                           .back_destination_port = 1024,
                           .is_counted = true,
                           .timeout_s = 60,
                           .left_s = 49};

    CHECK(ip_parse(&c.source, bytes_of_text(source)) && ip_parse(&c.destination, bytes_of_text(destination)) &&
          ip_parse(&c.back_source, bytes_of_text(back_source)) &&
          ip_parse(&c.back_destination, bytes_of_text(back_destination)));
    return c;
}

static void a_connection_tells_how_far_it_is(void **state)
{
    static const struct {
        uint8_t tcp_state;
        bool is_from_outside;
        uint64_t packets[2], bytes[2];
        const char *flags, *why;
    } cases[] = {
        {TCP_CONNTRACK_SYN_SENT, false, {1, 0}, {60, 0}, "saA", "nobody has answered"},
        {TCP_CONNTRACK_SYN_SENT, true, {1, 0}, {60, 0}, "SaAB", "nor here"},
        {TCP_CONNTRACK_SYN_RECV, true, {1, 1}, {60, 60}, "aB", "whoever began does not go on"},
        {TCP_CONNTRACK_ESTABLISHED, false, {2, 1}, {112, 60}, "U", "without data"},
        {TCP_CONNTRACK_ESTABLISHED, false, {3, 2}, {264, 112}, "UO", "data on its way out"},
        {TCP_CONNTRACK_ESTABLISHED, false, {3, 2}, {164, 1112}, "UI", "and in"},
        {TCP_CONNTRACK_ESTABLISHED, true, {3, 2}, {264, 1112}, "UIOB", "both, begun outside"},
        {TCP_CONNTRACK_TIME_WAIT, false, {9, 9}, {900, 900}, "UfFrRIO", "both have ended it"},
        {TCP_CONNTRACK_CLOSE, false, {9, 9}, {900, 900}, "-", "it is reset"},
        {0, false, {0, 0}, {0, 0}, "U", "nothing is counted"},
    };

    (void)state;
    make_world();
    seed.has_inside = true;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct connection c =
            cases[i].is_from_outside
                ? connection(6, cases[i].tcp_state, "203.0.113.9", "192.168.2.7", "192.168.2.7", "203.0.113.9")
                : connection(6, cases[i].tcp_state, "192.168.2.7", "203.0.113.9", "203.0.113.9", "192.168.2.7");
        char wanted[200];

        memcpy(c.packets, cases[i].packets, sizeof c.packets);
        memcpy(c.bytes, cases[i].bytes, sizeof c.bytes);
        c.back_destination_port = c.source_port;
        seed.connections = &c;
        seed.connection_count = 1;
        snprintf(wanted, sizeof wanted,
                 "1 in use, 1 most used\nTCP outside 203.0.113.9:%u inside 192.168.2.7:%u, idle 0:00:11, bytes %u, "
                 "flags %s\n",
                 cases[i].is_from_outside ? 40000 : 443, cases[i].is_from_outside ? 443 : 40000,
                 (unsigned)(c.bytes[0] + c.bytes[1]), cases[i].flags);
        char *screen = seed_screen("show conn");

        if (strcmp(screen, wanted) != 0)
            fail_msg("%s: %snot %s", cases[i].why, screen, wanted);
        free(screen);
    }
    seed.connection_count = 0;
    seed_expect("show conn count", "0 in use, 1 most used\n");
}

static void a_filter_leaves_some_of_the_connections(void **state)
{
    static const struct {
        const char *command;
        unsigned count;
    } cases[] = {
        {"show conn", 4},
        {"show conn all", 5},
        {"show conn all port 500", 1},
        {"show conn address 22.22.22.22", 1},
        {"show conn address 192.168.2.9", 2},
        {"show conn protocol udp", 1},
        {"show conn protocol tcp port 1024", 2},
        {"show conn port 443 address 192.168.2.22", 1},
        {"show conn port 80", 0},
        {"show xlate", 3},
        {"show xlate global 22.22.22.22", 1},
        {"show xlate local 192.168.2.9", 1},
    };
    struct connection connections[5];

    (void)state;
    make_world();
    seed.has_inside = true;
    connections[0] =
        connection(6, TCP_CONNTRACK_ESTABLISHED, "192.168.2.9", "203.0.113.9", "203.0.113.9", "198.51.100.1");
    connections[1] = connection(17, 0, "203.0.113.9", "22.22.22.22", "192.168.2.22", "203.0.113.9");
    connections[2] =
        connection(6, TCP_CONNTRACK_ESTABLISHED, "192.168.2.8", "203.0.113.9", "203.0.113.9", "198.51.100.1");
    connections[3] = connection(1, 0, "192.168.2.9", "203.0.113.9", "203.0.113.9", "192.168.2.9");
    connections[4] = connection(17, 0, "203.0.113.9", "198.51.100.1", "198.51.100.1", "203.0.113.9"); /* ours */
    connections[4].destination_port = connections[4].back_source_port = 500;
    connections[4].back_destination_port = 40000;
    connections[1].back_destination_port = 40000;
    connections[3].source_port = connections[3].destination_port = connections[3].back_source_port =
        connections[3].back_destination_port = 0;
    seed.connections = connections;
    seed.connection_count = COUNT_OF(connections);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *screen = seed_screen(cases[i].command);

        if (strtoul(screen, NULL, 10) != cases[i].count)
            fail_msg("%s, not %u: %s", cases[i].command, cases[i].count, screen);
        free(screen);
    }
    seed_expect("show conn all port 500", "1 in use, 5 most used\n"
                                          "UDP outside 203.0.113.9:40000 NP Identity Ifc 198.51.100.1:500, idle "
                                          "0:00:11, bytes 0, flags -\n");
    seed_expect("show xlate count", "3 in use\n");
    seed_expect("show xlate local 192.168.2.22",
                "1 in use\nFlags: D - DNS, e - extended, I - identity, i - dynamic, r - portmap,\n"
                "       s - static, T - twice, N - net-to-net\n"
                "NAT from inside:192.168.2.22 to outside:22.22.22.22\n    flags s idle 0:00:11 timeout 0:00:00\n");
}

/* The kernel is asked once for each address, not twice for each connection. */
static void ways_are_asked_for_once(void **state)
{
    enum { CONNECTIONS = 2000, CLIENTS = 10, SERVERS = 5 };
    static struct connection connections[CONNECTIONS];
    char text[2][32];

    (void)state;
    make_world();
    seed.has_inside = true;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        snprintf(text[0], sizeof text[0], "192.168.2.%u", 100 + i % CLIENTS);
        snprintf(text[1], sizeof text[1], "203.0.113.%u", 100 + i % SERVERS);
        connections[i] = connection(6, TCP_CONNTRACK_ESTABLISHED, text[0], text[1], text[1], "198.51.100.1");
    }
    seed.connections = connections;
    seed.connection_count = CONNECTIONS;
    char *screen = seed_screen("show conn"), *at = screen;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        CHECK((at = strstr(at, "\nTCP outside 203.0.113.")) != NULL && at++ != NULL);
    free(screen);
    assert_int_equal(seed.route_count, CLIENTS + SERVERS);
}

/* What asks the packet filter or the kernel, or takes long for other reasons, holds up nobody. */
static void nobody_waits_for_who_asks_for_much(void **state)
{
    static const char *const commands[] = {"show access-list",
                                           "show access-list PARTNER",
                                           "clear access-list counters",
                                           "show conn",
                                           "show conn count",
                                           "show xlate",
                                           "clear conn",
                                           "show nat",
                                           "show ip nat statistics",
                                           "clear nat counters",
                                           "show asp drop",
                                           "clear asp drop"};

    (void)state;
    make_world();
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        seed_expect_beside(commands[i]);
}

static unsigned count_of(const char *screen, const char *text)
{
    unsigned count = 0;

    for (const char *at = screen; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void every_line_counts_from_0_again(void **state)
{
    enum { LINES = 3000, SIZE = 256 * 1024 };
    static char text[SIZE];
    struct text t = text_of(text, sizeof text);
    char *screen;

    (void)state;
    seed_world();
    seed.dialect = "asa";
    text_add(&t, "%s", device);
    for (unsigned i = 4; i <= LINES; i++)
        text_add(&t, "access-list PARTNER extended permit tcp host 10.9.%u.%u any eq %u\n", i / 250, i % 250 + 1, i);
    CHECK(!t.is_cut);
    seed_configure(DEVICE, "198.51.100.1", text);

    seed.access_hits = 5;
    screen = seed_screen("show access-list PARTNER");
    CHECK(count_of(screen, "(hitcnt=5)") == LINES - 1 && count_of(screen, "(hitcnt=10)") == 1); /* of both families */
    free(screen);
    seed_expect("clear access-list PARTNER counters", "");
    screen = seed_screen("show access-list PARTNER");
    assert_int_equal(count_of(screen, "(hitcnt=0)"), LINES);
    free(screen);
    seed.access_hits = 7;
    screen = seed_screen("show access-list PARTNER");
    CHECK(count_of(screen, "(hitcnt=2)") == LINES - 1 && count_of(screen, "(hitcnt=4)") == 1);
    free(screen);
    seed.access_hits = 1; /* the packet filter has begun anew */
    screen = seed_screen("show access-list PARTNER");
    CHECK(count_of(screen, "(hitcnt=1)") == LINES - 1);
    free(screen);
    assert_string_equal(seed_refusal("clear access-list another counters"),
                        "no access-list that can be used has this name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_stand_in_their_sections, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_list_is_shown_with_what_its_objects_make, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_list_of_any_length_is_shown_line_by_line, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(drops_say_when_they_were_cleared, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(connections_are_counted, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_connection_tells_how_far_it_is, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(ways_are_asked_for_once, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(nobody_waits_for_who_asks_for_much, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(every_line_counts_from_0_again, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_filter_leaves_some_of_the_connections, seed_start, seed_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
