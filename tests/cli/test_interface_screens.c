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
    "\"underruns_out\":9,\"collisions\":10"

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
                  "\tReceived 2 broadcasts, 0 runts, 3 giants\n"
                  "\t6 input errors, 4 CRC, 5 frame, 6 overrun, 0 ignored, 0 abort\n"
                  "\t75 packets output, 5880 bytes, 9 underruns\n"
                  "\t8 output errors, 10 collisions, 0 interface resets\n"
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
                  "     0 runts, 3 giants, 0 throttles\n"
                  "     6 input errors, 4 CRC, 5 frame, 6 overrun, 0 ignored\n"
                  "     75 packets output, 5880 bytes, 9 underruns\n"
                  "     8 output errors, 10 collisions, 0 interface resets\n");
    expect_screen(fast, SHOW(INTERFACE), DIALECT_IOS12,
                  "GigabitEthernet0/0 is up, line protocol is up \n"
                  "  Hardware is eth0, address is 02fc.0000.0005 (bia 02fc.0000.0005)\n"
                  "  Internet address is 192.0.2.1/24\n"
                  "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n"
                  "  Encapsulation ARPA, loopback not set\n"
                  "  Full-duplex, 1000Mb/s\n"
                  "     7 packets input, 420 bytes, 1 no buffer\n"
                  "     Received 2 broadcasts (2 multicasts)\n"
                  "     0 runts, 3 giants, 0 throttles\n"
                  "     6 input errors, 4 CRC, 5 frame, 6 overrun, 0 ignored\n"
                  "     75 packets output, 5880 bytes, 9 underruns\n"
                  "     8 output errors, 10 collisions, 0 interface resets\n");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_look_as_on_an_asa),
        cmocka_unit_test(interfaces_look_as_on_a_router),
        cmocka_unit_test(interfaces_fit_a_line_each),
        cmocka_unit_test(neighbours_look_as_on_each_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
