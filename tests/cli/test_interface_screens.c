/* The screens of interfaces and of what is behind them, as an ASA and a router lay them out. */
#include "base/check.h"
#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define SHOW(name) ((struct control_request){.id = CONTROL_SHOW_##name})

#define COUNTED                                                                                                        \
    "\"mac\":\"02fc.0000.0005\",\"mtu\":1500,\"address\":\"192.0.2.1\",\"mask\":\"255.255.255.0\",\"prefix_len\":24,"  \
    "\"packets_in\":7,\"bytes_in\":420,\"dropped_in\":1,\"multicast_in\":2,\"errors_in\":6,\"giants_in\":3,"           \
    "\"crc_in\":4,\"frame_in\":5,\"overruns_in\":6,\"packets_out\":75,\"bytes_out\":5880,\"errors_out\":8,"            \
    "\"underruns_out\":9,\"collisions\":10,\"missed_in\":2,\"carrier_lost\":4"

static const char fast[] = "{\"record\":\"interface\",\"hardware\":\"GigabitEthernet0/0\",\"name\":\"outside\","
                           "\"device\":\"eth0\",\"up\":true,\"speed_mbps\":1000,\"duplex\":\"Full\"," COUNTED "}\n";
static const char silent[] = "{\"record\":\"interface\",\"hardware\":\"GigabitEthernet0/1\",\"name\":\"inside\","
                             "\"device\":\"br0\",\"up\":false," COUNTED "}\n";
/* In the configuration, but Linux has none with its address. */
static const char missing[] = "{\"record\":\"interface\",\"hardware\":\"GigabitEthernet0/2\",\"name\":\"dmz\","
                              "\"up\":false,\"address\":\"10.9.0.1\",\"mask\":\"255.255.0.0\","
                              "\"prefix_len\":16}\n";

static void interfaces_look_as_on_an_asa(void **state)
{
    (void)state;
    expect_screen(fast, SHOW(INTERFACE), DIALECT_ASA,
                  "Interface GigabitEthernet0/0 \"outside\", is up, line protocol is up\n"
                  "  Hardware is eth0, BW 1000 Mbps, DLY 10 usec\n"
                  "\tAuto-Duplex(Full-duplex), Auto-Speed(1000 Mbps)\n"
                  "\tMAC address 02fc.0000.0005, MTU 1500\n"
                  "\tIP address 192.0.2.1, subnet mask 255.255.255.0\n"
                  "\t7 packets input, 420 bytes, 1 no buffer\n"
                  "\tReceived 2 broadcasts, 3 giants\n"
                  "\t6 input errors, 4 CRC, 5 frame, 6 overrun, 2 ignored\n"
                  "\t75 packets output, 5880 bytes, 9 underruns\n"
                  "\t8 output errors, 10 collisions, 4 lost carrier\n"
                  "  Traffic Statistics for \"outside\":\n"
                  "\t7 packets input, 420 bytes\n"
                  "\t75 packets output, 5880 bytes\n"
                  "\t1 packets dropped\n");
    expect_screen(missing, SHOW(INTERFACE), DIALECT_ASA8,
                  "Interface GigabitEthernet0/2 \"dmz\", is down, line protocol is down\n"
                  "  Hardware is not found\n"
                  "\tIP address 10.9.0.1, subnet mask 255.255.0.0\n"
                  "  Traffic Statistics for \"dmz\":\n");
}

static void interfaces_look_as_on_a_router(void **state)
{
    (void)state;
    expect_screen(silent, SHOW(INTERFACE), DIALECT_IOS,
                  "GigabitEthernet0/1 is down, line protocol is down \n"
                  "  Hardware is br0, address is 02fc.0000.0005 (bia 02fc.0000.0005)\n"
                  "  Internet address is 192.0.2.1/24\n"
                  "  MTU 1500 bytes, \n"
                  "  Encapsulation ARPA, loopback not set\n"
                  "     7 packets input, 420 bytes, 1 no buffer\n"
                  "     Received 2 broadcasts (2 multicasts)\n"
                  "     3 giants\n"
                  "     6 input errors, 4 CRC, 5 frame, 6 overrun, 2 ignored\n"
                  "     75 packets output, 5880 bytes, 9 underruns\n"
                  "     8 output errors, 10 collisions, 4 lost carrier\n");
    expect_screen(fast, SHOW(INTERFACE), DIALECT_IOS12,
                  "GigabitEthernet0/0 is up, line protocol is up \n"
                  "  Hardware is eth0, address is 02fc.0000.0005 (bia 02fc.0000.0005)\n"
                  "  Internet address is 192.0.2.1/24\n"
                  "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n"
                  "  Encapsulation ARPA, loopback not set\n"
                  "  Full-duplex, 1000Mb/s\n"
                  "     7 packets input, 420 bytes, 1 no buffer\n"
                  "     Received 2 broadcasts (2 multicasts)\n"
                  "     3 giants\n"
                  "     6 input errors, 4 CRC, 5 frame, 6 overrun, 2 ignored\n"
                  "     75 packets output, 5880 bytes, 9 underruns\n"
                  "     8 output errors, 10 collisions, 4 lost carrier\n");
}

static void interfaces_fit_a_line_each(void **state)
{
    char two[sizeof fast + sizeof missing];

    (void)state;
    snprintf(two, sizeof two, "%s%s", fast, missing);
    expect_screen(two, SHOW(INTERFACE_BRIEF), DIALECT_ASA,
                  "Interface                  IP-Address      OK? Method Status                Protocol\n"
                  "GigabitEthernet0/0         192.0.2.1       YES manual up                    up  \n"
                  "GigabitEthernet0/2         10.9.0.1        YES manual down                  down\n");
}

static void neighbours_look_as_on_each_device(void **state)
{
    static const char neighbour[] = "{\"record\":\"arp\",\"address\":\"192.0.2.2\",\"mac\":\"02fc.0000.0006\","
                                    "\"interface\":\"outside\"}\n";

    (void)state;
    expect_screen(neighbour, SHOW(ARP), DIALECT_ASA, "\toutside 192.0.2.2 02fc.0000.0006 -\n");
    expect_screen(neighbour, SHOW(ARP), DIALECT_IOS,
                  "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
                  "Internet  192.0.2.2                -   02fc.0000.0006  ARPA   outside\n");
}

static void what_ip_does_on_an_interface_is_said_as_on_a_router(void **state)
{
    static const char with_lists[] = "{\"record\":\"interface\",\"hardware\":\"Gi0/0\",\"up\":true,\"mtu\":1500,"
                                     "\"address\":\"192.0.2.1\",\"prefix_len\":24,\"list_in\":\"OUTSIDE_IN\","
                                     "\"map\":\"OUT\"}\n"
                                     "{\"record\":\"interface\",\"hardware\":\"Gi0/1\",\"up\":false}\n";

    (void)state;
    expect_screen(with_lists, SHOW(IP_INTERFACE), DIALECT_IOS,
                  "Gi0/0 is up, line protocol is up\n"
                  "  Internet address is 192.0.2.1/24\n"
                  "  MTU is 1500 bytes\n"
                  "  Outgoing access list is not set\n"
                  "  Inbound  access list is OUTSIDE_IN\n"
                  "  Crypto map is OUT\n"
                  "Gi0/1 is down, line protocol is down\n"
                  "  Internet protocol processing disabled\n"
                  "  Outgoing access list is not set\n"
                  "  Inbound  access list is not set\n");
}

static void addresses_and_names_are_listed_as_on_an_asa(void **state)
{
    static const char two[] = "{\"record\":\"interface\",\"hardware\":\"GigabitEthernet0/0\",\"name\":\"outside\","
                              "\"address\":\"192.0.2.1\",\"mask\":\"255.255.255.0\",\"security\":0}\n"
                              "{\"record\":\"interface\",\"hardware\":\"GigabitEthernet0/1\",\"name\":\"inside\","
                              "\"address\":\"10.1.0.1\",\"mask\":\"255.255.0.0\",\"security\":100}\n";
#define TWO_ADDRESSES                                                                                                  \
    "Interface                Name                   IP address      Subnet mask     Method \n"                        \
    "GigabitEthernet0/0       outside                192.0.2.1       255.255.255.0   manual\n"                         \
    "GigabitEthernet0/1       inside                 10.1.0.1        255.255.0.0     manual\n"

    (void)state;
    expect_screen(two, SHOW(IP_ADDRESS), DIALECT_ASA,
                  "System IP Addresses:\n" TWO_ADDRESSES "Current IP Addresses:\n" TWO_ADDRESSES);
    expect_screen(two, SHOW(NAMEIF), DIALECT_ASA,
                  "Interface                Name                     Security\n"
                  "GigabitEthernet0/0       outside                    0\n"
                  "GigabitEthernet0/1       inside                   100\n");
}

static void the_route_of_an_address_is_told_whole(void **state)
{
    static const char route[] = "{\"record\":\"route\",\"network\":\"10.2.0.0\",\"mask\":\"255.255.0.0\","
                                "\"prefix_len\":16,\"gateway\":\"192.0.2.2\",\"interface\":\"outside\"}\n";
    static const char connected[] = "{\"record\":\"route\",\"network\":\"10.1.0.0\",\"mask\":\"255.255.0.0\","
                                    "\"prefix_len\":16,\"interface\":\"inside\"}\n";
    struct control_request request = SHOW(ROUTE);

    (void)state;
    CHECK(ip_parse(&request.peer, bytes_of_text("10.2.0.5")));
    expect_screen(route, request, DIALECT_IOS,
                  "\n"
                  "Routing entry for 10.2.0.0/16\n"
                  "  Known via \"static\", distance 1, metric 0\n"
                  "  Routing Descriptor Blocks:\n"
                  "  * 192.0.2.2, via outside\n"
                  "      Route metric is 0, traffic share count is 1\n"
                  "\n");
    expect_screen(connected, request, DIALECT_ASA,
                  "\n"
                  "Routing entry for 10.1.0.0 255.255.0.0\n"
                  "  Known via \"connected\", distance 0, metric 0 (connected, via interface)\n"
                  "  Routing Descriptor Blocks:\n"
                  "  * directly connected, via inside\n"
                  "      Route metric is 0, traffic share count is 1\n"
                  "\n");
    expect_screen("", request, DIALECT_IOS, "% Network not in table\n");
}

static void translations_are_shown_in_the_words_of_both(void **state)
{
    static const char two[] =
        "{\"record\":\"connection_count\",\"count\":2}\n"
        "{\"record\":\"connection\",\"protocol\":\"TCP\",\"source\":\"10.1.0.5\",\"source_port\":40000,"
        "\"destination\":\"198.51.100.9\",\"destination_port\":443,\"source_as\":\"192.0.2.1\","
        "\"source_port_as\":1024,\"source_interface\":\"inside\",\"destination_interface\":\"outside\","
        "\"timeout_s\":30,\"idle_s\":3}\n"
        "{\"record\":\"connection\",\"protocol\":\"UDP\",\"source\":\"198.51.100.9\",\"source_port\":53,"
        "\"destination\":\"192.0.2.8\",\"destination_port\":53,\"destination_as\":\"10.1.0.8\","
        "\"source_interface\":\"outside\",\"destination_interface\":\"inside\",\"static\":true,\"idle_s\":61}\n";

    (void)state;
    expect_screen(two, SHOW(XLATE), DIALECT_ASA,
                  "2 in use\n"
                  "Flags: D - DNS, e - extended, I - identity, i - dynamic, r - portmap,\n"
                  "       s - static, T - twice, N - net-to-net\n"
                  "TCP PAT from inside:10.1.0.5/40000 to outside:192.0.2.1/1024 flags ri idle 0:00:03 timeout 0:00:30\n"
                  "NAT from inside:10.1.0.8 to outside:192.0.2.8\n"
                  "    flags s idle 0:01:01 timeout 0:00:00\n");
    expect_screen(two, SHOW(TRANSLATIONS), DIALECT_IOS,
                  "Pro Inside global         Inside local          Outside local         Outside global\n"
                  "tcp 192.0.2.1:40000       10.1.0.5:40000        198.51.100.9:443      198.51.100.9:443\n"
                  "udp 198.51.100.9:53       198.51.100.9:53       192.0.2.8:53          10.1.0.8:53\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_look_as_on_an_asa),
        cmocka_unit_test(interfaces_look_as_on_a_router),
        cmocka_unit_test(interfaces_fit_a_line_each),
        cmocka_unit_test(neighbours_look_as_on_each_device),
        cmocka_unit_test(what_ip_does_on_an_interface_is_said_as_on_a_router),
        cmocka_unit_test(addresses_and_names_are_listed_as_on_an_asa),
        cmocka_unit_test(the_route_of_an_address_is_told_whole),
        cmocka_unit_test(translations_are_shown_in_the_words_of_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
