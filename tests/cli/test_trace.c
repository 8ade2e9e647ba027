/* packet-tracer: each end that a packet may come to, by what brings it there, and the screens that it leads to. Real
 * engines in a simulated world; the machine is made up: it has a route to the far network, and its ports. */
#include "cli/seeds.h"

#include <setjmp.h>

static const char near[] = "hostname west\n"
                           "interface GigabitEthernet0/0\n nameif OUTSIDE\n ip address 198.51.100.1 255.255.255.0\n"
                           "interface GigabitEthernet0/1\n nameif INSIDE\n ip address 10.100.0.1 255.255.0.0\n"
                           "object network OWN\n subnet 10.100.0.0 255.255.0.0\n"
                           "access-list VPN extended deny ip host 10.100.9.9 10.10.15.0 255.255.255.0\n"
                           "access-list VPN extended permit ip 10.100.0.0 255.255.0.0 10.10.15.0 255.255.255.0\n"
                           "access-list VPN extended permit ip 10.91.1.0 255.255.255.0 10.92.1.0 255.255.255.0\n"
                           "crypto ipsec ikev1 transform-set TS esp-aes esp-sha-hmac\n"
                           "crypto map MAP 10 match address VPN\n"
                           "crypto map MAP 10 set peer 203.0.113.1\n"
                           "crypto map MAP 10 set ikev1 transform-set TS\n"
                           "crypto map MAP interface OUTSIDE\n"
                           "crypto ikev1 enable OUTSIDE\n"
                           "crypto ikev1 policy 10\n authentication pre-share\n encryption aes\n hash sha\n group 14\n"
                           "tunnel-group 203.0.113.1 type ipsec-l2l\n"
                           "tunnel-group 203.0.113.1 ipsec-attributes\n ikev1 pre-shared-key a-key-of-both-ends\n";

static const char far_key[] = "a-key-of-both-ends", other_key[] = "another-key-altogether";

static void make_far(const char *key)
{
    char text[2000];

    snprintf(text, sizeof text,
             "hostname east\n"
             "interface GigabitEthernet0/0\n nameif outside\n ip address 203.0.113.1 255.255.255.0\n"
             "access-list VPN extended permit ip 10.10.15.0 255.255.255.0 10.100.0.0 255.255.0.0\n"
             "crypto ipsec ikev1 transform-set TS esp-aes esp-sha-hmac\n"
             "crypto map MAP 10 match address VPN\n"
             "crypto map MAP 10 set peer 198.51.100.1\n"
             "crypto map MAP 10 set ikev1 transform-set TS\n"
             "crypto map MAP interface outside\n"
             "crypto ikev1 enable outside\n"
             "crypto ikev1 policy 10\n authentication pre-share\n encryption aes\n hash sha\n group 14\n"
             "tunnel-group 198.51.100.1 type ipsec-l2l\n"
             "tunnel-group 198.51.100.1 ipsec-attributes\n ikev1 pre-shared-key %s\n",
             key);
    seed_configure(PEER, "203.0.113.1", text);
}

static void make_world(const char *more, const char *key)
{
    char text[4000];

    seed_world();
    seed.dialect = "asa";
    seed.may_be_parked = true;
    snprintf(text, sizeof text, "%s%s", near, more);
    seed_configure(DEVICE, "198.51.100.1", text);
    make_far(key);
}

#define ECHO "packet-tracer input INSIDE icmp 10.100.10.100 8 0 10.10.15.15"
#define NAT_ALL "nat (INSIDE,OUTSIDE) source dynamic any interface\n"

#define LIST "access-list IN extended deny tcp any any eq 22\naccess-list IN extended permit tcp any any range 1 442\n"
#define IN_LIST LIST "access-group IN in interface INSIDE\n"
#define OUTSIDE_LIST LIST "access-group IN in interface OUTSIDE\n"
#define VPN_FILTER                                                                                                     \
    "access-list F extended permit icmp any any echo\naccess-list F extended permit tcp any any eq https\n"            \
    "group-policy GP internal\ngroup-policy GP attributes\n vpn-filter value F\n"                                      \
    "tunnel-group 203.0.113.1 general-attributes\n default-group-policy GP\n"

/* What is told at the end; what the world has done before. */
static void each_end_says_what_it_is_and_what_repairs_it(void **state)
{
    static const struct {
        const char *why, *more, *key, *command;
        uint64_t run_ms; /* 0: nobody has asked for the tunnel */
        const char *told, *repair;
    } cases[] = {
        {"nobody has tried", "", far_key, ECHO, 0, "there is no SA with 203.0.113.1, and nobody has tried",
         "trace it again"},
        {"up", "", far_key, ECHO, 5000, "it goes into the tunnel with 203.0.113.1", NULL},
        {"it is under way", "", far_key, ECHO, 1, "phase 1 with 203.0.113.1 is in MM_WAIT_MSG2",
         "show tunnel 203.0.113.1 why"},
        {"the keys differ", "", other_key, ECHO, 60000, "the last attempt with 203.0.113.1 ended in MM_WAIT_MSG6",
         "show tunnel 203.0.113.1 why"},
        {"this line has no pair", "nat (INSIDE,OUTSIDE) source static OWN OWN\n", far_key,
         "packet-tracer input INSIDE tcp 10.91.1.5 1000 10.92.1.5 80", 5000,
         "phase 1 with 203.0.113.1 is up, and there is no SA for this line", "show tunnel 203.0.113.1 why"},
        {"we only answer", "crypto map MAP 10 set connection-type answer-only\n", far_key, ECHO, 0,
         "only answers: 203.0.113.1 has to begin", "set connection-type bidirectional"},
        {"translated away", NAT_ALL, far_key, ECHO, 0,
         "source dynamic any interface makes 10.100.10.100 to 198.51.100.1", "nat (any,OUTSIDE) 1 source static"},
        {"exempted",
         "nat (INSIDE,OUTSIDE) source static OWN OWN\nnat (INSIDE,OUTSIDE) after-auto source dynamic any interface\n",
         far_key, ECHO, 5000, "it goes into the tunnel", NULL},
        {"denied", "", far_key, "packet-tracer input INSIDE icmp 10.100.9.9 8 0 10.10.15.15", 0,
         "line 10 of access-list VPN denies it", "a permit line for it before line 10"},
        {"another source", "", far_key, "packet-tracer input INSIDE icmp 192.168.7.7 8 0 10.10.15.15", 0,
         "crypto map MAP 10 (line 11 of access-list VPN) is for what goes to 10.10.15.15, but not from 192.168.7.7",
         "a permit line for 192.168.7.7"},
        {"the other way round", "", far_key, "packet-tracer input INSIDE icmp 10.10.15.15 8 0 10.100.10.100", 0,
         "crypto map MAP 10 is for 10.100.10.100 -> 10.10.15.15, the other way round",
         "trace it from the other address"},
        {"for nobody", "", far_key, "packet-tracer input INSIDE udp 10.100.10.100 1000 192.0.2.9 53", 0,
         "it leaves in clear by OUTSIDE: no line of a crypto ACL is for 10.100.10.100 -> 192.0.2.9",
         "access-list VPN extended permit ip host 10.100.10.100 host 192.0.2.9"},
        {"no route", "", far_key, "packet-tracer input INSIDE rawip 10.100.10.100 47 10.77.0.1", 0,
         "there is no route to 10.77.0.1", "ip route add default"},
        {"from outside in clear", "", far_key, "packet-tracer input OUTSIDE icmp 10.10.15.15 8 0 10.100.10.100", 0,
         "says that it has to come encrypted", "why the peer does not encrypt it"},
        {"from outside to a translated host",
         "object network OWN9\n host 10.100.0.9\n nat (INSIDE,OUTSIDE) static 198.51.100.9\n", far_key,
         "packet-tracer input OUTSIDE tcp 192.0.2.9 1000 198.51.100.9 80", 0,
         "it came in clear, and no crypto ACL says", NULL},
        {"a list of its interface denies it", IN_LIST, far_key,
         "packet-tracer input INSIDE tcp 10.100.10.100 1000 10.10.15.15 22", 5000,
         "access-list IN, by which access-group filters what comes in by INSIDE, denies it: access-list IN extended "
         "deny tcp any any eq 22",
         "access-list IN line 1 extended permit tcp host 10.100.10.100 host 10.10.15.15 eq 22"},
        {"no line of it is for that", IN_LIST, far_key,
         "packet-tracer input INSIDE udp 10.100.10.100 1000 10.10.15.15 53", 5000,
         "denies it: no line of it is for that", "line 1 extended permit udp host 10.100.10.100"},
        {"it permits it", IN_LIST, far_key, "packet-tracer input INSIDE tcp 10.100.10.100 1000 10.10.15.15 80", 5000,
         "it goes into the tunnel with 203.0.113.1", NULL},
        {"a vpn-filter denies it", VPN_FILTER, far_key,
         "packet-tracer input INSIDE tcp 10.100.10.100 1000 10.10.15.15 80", 5000,
         "access-list F, the vpn-filter of the group-policy for 203.0.113.1, denies it: no line of it is for that",
         "access-list F line 1 extended permit tcp host 10.10.15.15 eq 80 host 10.100.10.100"},
        {"it lets a ping out", VPN_FILTER, far_key, ECHO, 5000, "it goes into the tunnel with 203.0.113.1", NULL},
        {"and what comes for port 443 in", VPN_FILTER, far_key,
         "packet-tracer input OUTSIDE tcp 10.10.15.15 1000 10.100.10.100 443 decrypted", 5000,
         "it came out of the tunnel with 203.0.113.1 and goes on to 10.100.10.100", NULL},
        {"and nothing else", VPN_FILTER, far_key,
         "packet-tracer input OUTSIDE tcp 10.10.15.15 1000 10.100.10.100 444 decrypted", 5000,
         "access-list F, the vpn-filter of the group-policy for 203.0.113.1, denies it",
         "access-list F line 1 extended permit tcp host 10.10.15.15 host 10.100.10.100 eq 444"},
        {"a list spares what is decrypted", OUTSIDE_LIST, far_key,
         "packet-tracer input OUTSIDE tcp 10.10.15.15 1000 10.100.10.100 444 decrypted", 5000,
         "it came out of the tunnel", NULL},
        {"or does not", OUTSIDE_LIST "no sysopt connection permit-vpn\n", far_key,
         "packet-tracer input OUTSIDE tcp 10.10.15.15 1000 10.100.10.100 444 decrypted", 5000,
         "filters what comes in by OUTSIDE, denies it", "access-list IN line 1"},
        {"nothing has a pair", "", far_key,
         "packet-tracer input OUTSIDE tcp 10.10.15.15 1000 10.100.10.100 444 decrypted", 0,
         "there is no SA for 10.10.15.15 -> 10.100.10.100", "show tunnel"},
        {"no key", "tunnel-group 203.0.113.1 ipsec-attributes\n no ikev1 pre-shared-key\n", far_key, ECHO, 0,
         "is not run: ", "ikewise check"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *screen, *why, *repair;

        make_world(cases[i].more, cases[i].key);
        if (cases[i].run_ms > 0) {
            sim_acquire_line(seed.sim, DEVICE, 0, 1);
            seed_run_to(cases[i].run_ms);
        }
        screen = seed_screen(cases[i].command);
        why = strstr(screen, "\nWhy: ");
        repair = why == NULL ? NULL : strstr(why, "  repair: ");
        if (why == NULL || strstr(why, cases[i].told) == NULL || (repair != NULL) != (cases[i].repair != NULL) ||
            (repair != NULL && strstr(repair, cases[i].repair) == NULL))
            fail_msg("%s:\n%s", cases[i].why, screen);
        free(screen);
    }
}

static const char seed_2[] = "Phase: 1\n"
                             "Type: ROUTE-LOOKUP\n"
                             "Subtype: Resolve Egress Interface\n"
                             "Result: ALLOW\n"
                             "Config:\n"
                             "Additional Information:\n"
                             "found next-hop 198.51.100.254 using egress ifc  OUTSIDE\n"
                             "\n"
                             "Phase: 2\n"
                             "Type: ACCESS-LIST\n"
                             "Subtype: \n"
                             "Result: ALLOW\n"
                             "Config:\n"
                             "Implicit Rule\n"
                             "Additional Information:\n"
                             "\n"
                             "Phase: 3\n"
                             "Type: VPN\n"
                             "Subtype: encrypt\n"
                             "Result: ALLOW\n"
                             "Config:\n"
                             "Additional Information:\n"
                             " Forward Flow based lookup yields rule:\n"
                             " out id=0xID, priority=70, domain=encrypt, deny=false\n"
                             "        hits=0, user_data=0xDATA, cs_id=0xID, reverse, flags=0x0, protocol=0\n"
                             "        src ip=10.100.0.0, mask=255.255.0.0, port=0\n"
                             "        dst ip=10.10.15.0, mask=255.255.255.0, port=0, dscp=0x0\n"
                             "\n";

/* Numbers that no two devices share. */
static void hide(char *screen, const char *before, const char *name)
{
    for (char *at = screen; (at = strstr(at, before)) != NULL;) {
        char *number = at + strlen(before);
        size_t len = strspn(number, "0123456789abcdef");

        memmove(number + strlen(name), number + len, strlen(number + len) + 1);
        memcpy(number, name, strlen(name));
        at = number;
    }
}

/* Seed 2: the number in the trace leads to the context, and the SPI there is the one of the pair. */
static void the_trace_leads_to_the_context_and_to_the_pair(void **state)
{
    unsigned data = 0, spi = 0;
    char context_line[64], spi_line[64];
    char *screen, *contexts, *pairs, *found;

    (void)state;
    make_world("", far_key);
    sim_acquire_line(seed.sim, DEVICE, 0, 1);
    seed_run_to(5000);
    screen = seed_screen(ECHO " detailed");
    found = strstr(screen, "user_data=0x");
    CHECK(found != NULL && sscanf(found, "user_data=0x%x", &data) == 1 && data != 0);

    contexts = seed_screen("show asp table vpn-context detail");
    snprintf(context_line, sizeof context_line, "VPN CTX  = 0x%08X\n", data);
    found = strstr(contexts, context_line);
    CHECK(found != NULL && strstr(found, "Flags    = ENCR+ESP") != NULL);
    CHECK(sscanf(strstr(found, "SPI      = 0x"), "SPI      = 0x%x", &spi) == 1);

    pairs = seed_screen("show crypto ipsec sa peer 203.0.113.1");
    snprintf(spi_line, sizeof spi_line, "current outbound spi: %08X\n", spi);
    CHECK(strstr(pairs, spi_line) != NULL);

    hide(screen, " id=0x", "ID");
    hide(screen, "cs_id=0x", "ID");
    hide(screen, "user_data=0x", "DATA");
    screen[sizeof seed_2 - 1] = '\0';
    assert_string_equal(screen, seed_2);
    free(screen);
    free(contexts);
    free(pairs);
}

/* What keeps others from their tunnels is not told to whom asks of this one. */
static void what_of_the_machine_stops_this_packet_is_told(void **state)
{
    static const struct {
        const char *command;
        uint64_t run_ms;
        const char *told; /* NULL: nothing */
        bool is_of_tunnel;
    } cases[] = {
        {ECHO, 0, "\nAlso: the machine does not forward\n", true},
        {"packet-tracer input INSIDE udp 10.100.10.100 1000 192.0.2.9 53", 0, "\nAlso: the machine does not forward\n",
         false},
        {ECHO, 5000, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_world("", far_key);
        if (cases[i].run_ms > 0) {
            sim_acquire_line(seed.sim, DEVICE, 0, 1);
            seed_run_to(cases[i].run_ms);
        }
        char *screen = seed_screen(cases[i].command);
        if ((strstr(screen, "\nAlso: ") != NULL) != (cases[i].told != NULL) ||
            (cases[i].told != NULL && strstr(screen, cases[i].told) == NULL) || strstr(screen, "MTU") != NULL ||
            (strstr(screen, "\nAlso: no route of crypto map MAP 10\n") != NULL) != cases[i].is_of_tunnel)
            fail_msg("%s", screen);
        free(screen);
    }
    make_world("", far_key);
    seed_expect_beside(ECHO);
}

static void an_interface_that_is_nowhere_is_refused(void **state)
{
    (void)state;
    make_world("", far_key);
    CHECK(strcmp(seed_refusal("packet-tracer input DMZ icmp 10.100.10.100 8 0 10.10.15.15"),
                 "no interface has this nameif") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_end_says_what_it_is_and_what_repairs_it, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(the_trace_leads_to_the_context_and_to_the_pair, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(what_of_the_machine_stops_this_packet_is_told, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(an_interface_that_is_nowhere_is_refused, seed_start, seed_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
