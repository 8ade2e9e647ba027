/* The screens that are put together from several records, beside the examples of real devices (examples.tsv). The
 * records are written as the daemon sends them. */
#include "base/check.h"
#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "expect.h"

#define SHOW(request) ((struct control_request){.id = CONTROL_SHOW_##request})
#define SHOW_DETAIL(request) ((struct control_request){.id = CONTROL_SHOW_##request, .is_detail = true})

static const char session[] =
    "{\"record\":\"isakmp_sa\",\"conn_id\":79,\"local_port\":500,\"peer\":\"169.254.99.1\",\"peer_port\":500,"
    "\"tunnel_group\":\"169.254.99.1\",\"role\":\"initiator\",\"rekey\":false,\"dead\":false,\"state\":\"MM_ACTIVE\","
    "\"encryption\":\"3des\",\"hash\":\"sha\",\"group\":2,\"lifetime_s\":28800,\"remaining_s\":18795,"
    "\"age_s\":1870742,\"begun_at\":1530892863}\n"
    "{\"record\":\"ipsec_pair\",\"peer\":\"169.254.99.1\",\"local_ident\":\"169.254.20.22/255.255.255.255/0/0\","
    "\"remote_ident\":\"192.168.6.74/255.255.255.255/0/0\",\"conn_id\":80,\"encryption\":\"3des\","
    "\"integrity\":\"md5\",\"nat_t\":false,\"transport\":false,\"pfs_group\":5,\"lifetime_s\":28800,"
    "\"lifetime_kb\":4608000,\"remaining_s\":19174,\"remaining_in_kb\":4586873,\"encaps\":4539818,\"decaps\":2958857,"
    "\"bytes_out\":3256642959,\"bytes_in\":268532214}\n";

static void sessions_look_as_on_an_asa_8(void **state)
{
    (void)state;
    setenv("TZ", "MDT+6", 1);
    tzset();
    expect_screen(session, SHOW(SESSIONDB), DIALECT_ASA8,
                  "\n"
                  "Session Type: LAN-to-LAN\n"
                  "\n"
                  "Connection   : 169.254.99.1\n"
                  "Index        : 79                     IP Addr      : 169.254.99.1\n"
                  "Protocol     : IKE IPsec\n"
                  "Encryption   : 3DES                   Hashing      : MD5\n"
                  "Bytes Tx     : 3256642959             Bytes Rx     : 268532214\n"
                  "Login Time   : 10:01:03 MDT Fri Jul 6 2018\n"
                  "Duration     : 21d 15h:39m:02s\n"
                  "\n");
    expect_screen("", SHOW(SESSIONDB), DIALECT_ASA,
                  "INFO: There are presently no active sessions of the type specified\n");
}

static const char up[] =
    "{\"record\":\"isakmp_sa\",\"conn_id\":1042,\"local\":\"11.0.2.2\",\"local_port\":500,\"peer\":\"11.0.2.1\","
    "\"peer_port\":500,\"role\":\"initiator\",\"rekey\":false,\"dead\":false,\"ios_state\":\"QM_IDLE\","
    "\"encryption\":\"aes\",\"hash\":\"sha\",\"remaining_s\":21003,\"age_s\":324000,\"dpd\":true,\"nat_t\":false}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"Tunnel13\",\"place\":1,\"local\":\"11.0.2.2\",\"peer\":\"11.0.2.1\","
    "\"peer_port\":500,\"local_ident\":\"11.0.2.2/255.255.255.255/47/0\",\"remote_ident\":"
    "\"11.0.2.1/255.255.255.255/47/0\",\"encryption\":\"aes\",\"integrity\":\"sha\",\"remaining_s\":3060,"
    "\"encaps\":772730,\"encrypt\":772730,\"decaps\":449282,\"decrypt\":449282,\"recv_errors\":0,\"send_errors\":0}\n";

static void a_session_looks_as_on_ios(void **state)
{
    (void)state;
    expect_screen(up, SHOW(SESSION), DIALECT_IOS,
                  "Crypto session current status\n"
                  "\n"
                  "Interface: Tunnel13\n"
                  "Session status: UP-ACTIVE     \n"
                  "Peer: 11.0.2.1 port 500 \n"
                  "  Session ID: 0  \n"
                  "  IKEv1 SA: local 11.0.2.2/500 remote 11.0.2.1/500 Active \n"
                  "  IPSEC FLOW: permit 47 host 11.0.2.2 host 11.0.2.1 \n"
                  "        Active SAs: 2, origin: crypto map\n"
                  "\n");
}

static void contexts_look_as_on_an_asa(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"ipsec_pair\",\"remote_ident\":\"10.10.15.0/255.255.255.0/0/0\",\"nat_t\":true,"
                  "\"spi_in\":\"0x4f456306\",\"spi_out\":\"0x11774142\",\"encaps\":7,\"decaps\":8092,"
                  "\"recv_errors\":1,\"send_errors\":0}\n",
                  SHOW_DETAIL(VPN_CONTEXT), DIALECT_ASA,
                  "VPN CTX  = 0x00117741\n"
                  "\n"
                  "Peer IP  = 10.10.15.0\n"
                  "Pointer  = 0xC1774142\n"
                  "State    = UP\n"
                  "Flags    = ENCR+ESP+NATT\n"
                  "SA       = 0x00117741\n"
                  "SPI      = 0x11774142\n"
                  "Group    = 0\n"
                  "Pkts     = 7\n"
                  "Bad Pkts = 0\n"
                  "Bad SPI  = 0\n"
                  "Spoof    = 0\n"
                  "Bad Crypto = 0\n"
                  "Rekey Pkt  = 0\n"
                  "Rekey Call = 0\n"
                  "VPN Filter = <none>\n"
                  "\n"
                  "VPN CTX  = 0x004F4563\n"
                  "\n"
                  "Peer IP  = 10.10.15.0\n"
                  "Pointer  = 0xCF456306\n"
                  "State    = UP\n"
                  "Flags    = DECR+ESP+NATT\n"
                  "SA       = 0x004F4563\n"
                  "SPI      = 0x4F456306\n"
                  "Group    = 0\n"
                  "Pkts     = 8092\n"
                  "Bad Pkts = 1\n"
                  "Bad SPI  = 0\n"
                  "Spoof    = 0\n"
                  "Bad Crypto = 0\n"
                  "Rekey Pkt  = 0\n"
                  "Rekey Call = 0\n"
                  "VPN Filter = <none>\n"
                  "\n");
}

static void no_crypto_map_is_told(void **state)
{
    (void)state;
    expect_screen("", SHOW(MAP), DIALECT_IOS, "No crypto maps found.\n");
}

static void connections_have_a_row_for_each_direction(void **state)
{
    (void)state;
    expect_screen(up, SHOW(CONNECTIONS), DIALECT_IOS,
                  "Crypto Engine Connections\n"
                  "\n"
                  "   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address\n"
                  " 1042  IKE     SHA+AES                   0        0        0 11.0.2.2\n"
                  " 2001  IPsec   AES+SHA              772730        0        0 11.0.2.2\n"
                  " 2002  IPsec   AES+SHA                   0   449282        0 11.0.2.2\n");
}

static void captures_look_as_on_an_asa(void **state)
{
    static const char capture[] =
        "{\"record\":\"capture\",\"name\":\"c\",\"type\":\"raw-data\",\"interface\":\"inside\",\"full\":false,"
        "\"packets\":1,\"bytes\":44,\"buffer\":524288,\"match\":\"ip any any\"}\n";
    static const char text[] =
        "{\"record\":\"packet\",\"number\":1,\"at\":1530892863,\"at_us\":52762,\"len\":40,\"text\":\"1.1.1.1.12869 > "
        "2.2.2.2.80: S 3624439037:3624439037(0) win 8192\"}\n";
    static const char bytes[] = "{\"record\":\"packet\",\"number\":1,\"at\":1530892863,\"at_us\":52762,\"len\":1600,"
                                "\"bytes\":\"45000028414243444546474849505152ff\"}\n";
    static const char drops[] =
        "{\"record\":\"capture\",\"name\":\"d\",\"type\":\"asp-drop all\",\"circular\":true,\"full\":false,"
        "\"packets\":1,\"bytes\":44,\"buffer\":524288}\n";
    static const char dropped[] = "{\"record\":\"packet\",\"number\":2,\"at\":1530892863,\"at_us\":527957,\"len\":40,"
                                  "\"drop\":\"unexpected-packet\",\"drop_text\":\"Unexpected packet\","
                                  "\"text\":\"10.50.101.6 > 192.168.128.5: icmp: echo request\"}\n";
    char both[1024];

    (void)state;
    setenv("TZ", "MDT+6", 1);
    tzset();
    expect_screen(capture, SHOW(CAPTURE), DIALECT_ASA,
                  "capture c type raw-data interface inside [Capturing - 44 bytes] \n"
                  "  match ip any any\n");
    expect_screen("{\"record\":\"capture\",\"name\":\"c\",\"type\":\"raw-data\",\"interface\":\"inside\","
                  "\"access_list\":\"CAP\",\"full\":true,\"stopped\":true,\"packets\":1,\"bytes\":44,"
                  "\"match\":\"ip any any|icmp any any\"}\n",
                  SHOW(CAPTURE), DIALECT_ASA,
                  "capture c type raw-data access-list CAP interface inside [Stopped - 44 bytes] \n"
                  "  match ip any any\n"
                  "  match icmp any any\n");
    snprintf(both, sizeof both, "%s%s", capture, text);
    expect_screen(both, (struct control_request){.id = CONTROL_SHOW_CAPTURE, .capture = "c"}, DIALECT_ASA,
                  "1 packet captured\n"
                  "\n"
                  "   1: 10:01:03.052762       1.1.1.1.12869 > 2.2.2.2.80: S 3624439037:3624439037(0) win 8192 \n"
                  "1 packet shown\n");
    expect_screen(drops, SHOW(CAPTURE), DIALECT_ASA,
                  "capture d type asp-drop all circular-buffer [Capturing - 44 bytes] \n");
    snprintf(both, sizeof both, "%s%s", drops, dropped);
    expect_screen(both, (struct control_request){.id = CONTROL_SHOW_CAPTURE, .capture = "d"}, DIALECT_ASA,
                  "1 packet captured\n"
                  "\n"
                  "   2: 10:01:03.527957       10.50.101.6 > 192.168.128.5: icmp: echo request Drop-reason: "
                  "(unexpected-packet) Unexpected packet\n"
                  "1 packet shown\n");
    snprintf(both, sizeof both, "%s%s", capture, bytes);
    expect_screen(both, (struct control_request){.id = CONTROL_SHOW_CAPTURE_DUMP, .capture = "c"}, DIALECT_ASA,
                  "1 packet captured\n"
                  "\n"
                  "   1: 10:01:03.052762       1600 bytes \n"
                  "0x0000   4500 0028 4142 4344 4546 4748 4950 5152        E..(ABCDEFGHIPQR\n"
                  "0x0010   ff                                             .\n"
                  "1 packet shown\n");
}

static void routes_look_as_in_seed_5(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"route\",\"network\":\"172.16.2.0\",\"mask\":\"255.255.255.0\",\"prefix_len\":24,"
                  "\"interface\":\"FastEthernet0/0\"}\n"
                  "{\"record\":\"route\",\"network\":\"11.11.11.0\",\"mask\":\"255.255.255.0\",\"prefix_len\":24,"
                  "\"interface\":\"FastEthernet1/0\"}\n",
                  SHOW(ROUTE), DIALECT_IOS,
                  "\n"
                  "Gateway of last resort is not set\n"
                  "\n"
                  "     172.16.0.0/24 is subnetted, 1 subnets\n"
                  "C       172.16.2.0 is directly connected, FastEthernet0/0\n"
                  "     11.0.0.0/24 is subnetted, 1 subnets\n"
                  "C       11.11.11.0 is directly connected, FastEthernet1/0\n");
    expect_screen("{\"record\":\"route\",\"network\":\"0.0.0.0\",\"mask\":\"0.0.0.0\",\"prefix_len\":0,"
                  "\"gateway\":\"192.0.2.2\",\"interface\":\"outside\"}\n"
                  "{\"record\":\"route\",\"network\":\"10.1.0.0\",\"mask\":\"255.255.0.0\",\"prefix_len\":16,"
                  "\"interface\":\"inside\"}\n",
                  SHOW(ROUTE), DIALECT_ASA,
                  "\n"
                  "Gateway of last resort is 192.0.2.2 to network 0.0.0.0\n"
                  "\n"
                  "S*       0.0.0.0 0.0.0.0 [1/0] via 192.0.2.2, outside\n"
                  "C        10.1.0.0 255.255.0.0 is directly connected, inside\n");
}

static void a_configuration_is_put_together_from_its_pieces(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"config_line\",\"text\":\"hostname \",\"goes_on\":true}\n"
                  "{\"record\":\"config_line\",\"text\":\"west\"}\n"
                  "{\"record\":\"config_line\",\"text\":\"!\"}\n",
                  SHOW(RUNNING), DIALECT_ASA, "hostname west\n!\n");
}

static void users_are_a_list_of_their_own(void **state)
{
    static const char user[] =
        "{\"record\":\"isakmp_sa\",\"conn_id\":12,\"type\":\"user\",\"username\":\"alice\",\"assigned\":\"10.60.200."
        "10\","
        "\"local_port\":4500,\"peer\":\"192.0.2.9\",\"peer_port\":4500,\"tunnel_group\":\"STAFF\",\"group_policy\":"
        "\"STAFF-POLICY\",\"role\":"
        "\"responder\","
        "\"mode\":\"aggressive\",\"rekey\":false,\"dead\":false,\"state\":\"AM_ACTIVE\",\"encryption\":\"aes-256\","
        "\"hash\":\"sha\",\"group\":2,\"lifetime_s\":86400,\"remaining_s\":86000,\"age_s\":400,\"begun_at\":1530892863,"
        "\"nat_t\":true}\n";

    (void)state;
    setenv("TZ", "MDT+6", 1);
    tzset();
    expect_screen(user, SHOW(SESSIONDB), DIALECT_ASA,
                  "INFO: There are presently no active sessions of the type specified\n");
    expect_screen(user, SHOW(SESSIONDB_RA), DIALECT_ASA,
                  "\n"
                  "Session Type: IKEv1 IPsec\n"
                  "\n"
                  "Username     : alice                  Index        : 12\n"
                  "Assigned IP  : 10.60.200.10           Public IP    : 192.0.2.9\n"
                  "Protocol     : IKEv1 IPsecOverNatT\n"
                  "Encryption   : IKEv1: (1)AES256  IPsecOverNatT: (0)none\n"
                  "Hashing      : IKEv1: (1)SHA1  IPsecOverNatT: (0)none\n"
                  "Bytes Tx     : 0                      Bytes Rx     : 0\n"
                  "Group Policy : STAFF-POLICY           Tunnel Group : STAFF\n"
                  "Login Time   : 10:01:03 MDT Fri Jul 6 2018\n"
                  "Duration     : 0h:06m:40s\n"
                  "\n");
    expect_screen(session, SHOW(SESSIONDB_RA), DIALECT_ASA,
                  "INFO: There are presently no active sessions of the type specified\n");
}

static void ISAKMP_SAs_are_counted_as_on_ios(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"isakmp_sa\",\"dead\":false,\"ios_state\":\"QM_IDLE\"}\n"
                  "{\"record\":\"isakmp_sa\",\"dead\":false,\"ios_state\":\"MM_KEY_EXCH\"}\n"
                  "{\"record\":\"isakmp_sa\",\"dead\":true,\"ios_state\":\"MM_NO_STATE\"}\n",
                  SHOW(ISAKMP_COUNT), DIALECT_IOS,
                  "Active ISAKMP SA's: 1\n"
                  "\n"
                  "Standby ISAKMP SA's: 0\n"
                  "\n"
                  "Currently being negotiated ISAKMP SA's: 1\n"
                  "\n"
                  "Dead ISAKMP SA's: 1\n");
}

static void conditions_of_debugging_are_listed(void **state)
{
    (void)state;
    expect_screen("", SHOW(CONDITION), DIALECT_ASA, "Crypto conditional debug is turned OFF\n");
    expect_screen("{\"record\":\"condition_flags\",\"ike_unmatched\":false,\"ipsec_unmatched\":true,"
                  "\"ike_errors\":true,\"ipsec_errors\":false}\n"
                  "{\"record\":\"condition\",\"spi\":\"0x0000abcd\"}\n"
                  "{\"record\":\"condition\",\"group\":\"branch\"}\n"
                  "{\"record\":\"condition\",\"user\":\"anna\"}\n",
                  SHOW(CONDITION), DIALECT_ASA,
                  "Crypto conditional debug is turned ON\n"
                  "IKE debug context unmatched flag:  OFF\n"
                  "IPSec debug context unmatched flag:  ON\n"
                  "IKE debug context error flag:  ON\n"
                  "IPSec debug context error flag:  OFF\n"
                  "\n"
                  "IKE group name filters:\n"
                  "branch\n"
                  "\n"
                  "IKE user name filters:\n"
                  "anna\n"
                  "\n"
                  "IPSec SPI filters:\n"
                  "0x0000ABCD\n");
    expect_screen("{\"record\":\"condition_flags\",\"ike_unmatched\":false,\"ipsec_unmatched\":false,"
                  "\"ike_errors\":false,\"ipsec_errors\":false}\n"
                  "{\"record\":\"condition\",\"peer\":\"192.0.2.1\",\"mask\":\"255.255.255.255\"}\n",
                  SHOW(CONDITION), DIALECT_ASA,
                  "Crypto conditional debug is turned ON\n"
                  "IKE debug context unmatched flag:  OFF\n"
                  "IPSec debug context unmatched flag:  OFF\n"
                  "\n"
                  "IKE peer IP address filters:\n"
                  "192.0.2.1/255.255.255.255\n");
}

/* The values of a device that sends its log (ntc-templates). */
static void lines_that_were_lost_by_tcp_are_counted(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"logging\",\"messages\":0,\"enabled\":true,\"timestamp\":false,\"buffered\":\"errors\","
                  "\"monitor\":\"informational\",\"trap\":\"errors\",\"facility\":23,\"hostdown\":true,\"sent\":7,"
                  "\"device_id\":\"west\"}\n"
                  "{\"record\":\"log_host\",\"interface\":\"inside\",\"address\":\"10.1.0.2\",\"protocol\":\"UDP\","
                  "\"port\":514,\"sent\":3,\"errors\":0,\"dropped\":5}\n"
                  "{\"record\":\"log_host\",\"interface\":\"inside\",\"address\":\"10.1.0.3\",\"protocol\":\"TCP\","
                  "\"port\":1470,\"sent\":4,\"errors\":1,\"dropped\":7}\n"
                  "{\"record\":\"log_channels\",\"not_putable\":2,\"all_down\":5,\"flaps\":3,\"lost\":7}\n",
                  SHOW(LOGGING), DIALECT_ASA,
                  "Syslog logging: enabled\n"
                  "    Facility: 23\n"
                  "    Timestamp logging: disabled\n"
                  "    Hide Username logging: disabled\n"
                  "    Standby logging: disabled\n"
                  "    Debug-trace logging: disabled\n"
                  "    Console logging: disabled\n"
                  "    Monitor logging: level informational\n"
                  "    Buffer logging: level errors, 0 messages logged\n"
                  "    Trap logging: level errors, facility 23, 7 messages logged\n"
                  "        Logging to inside 10.1.0.2, UDP TX:3 errors: 0  dropped: 5\n"
                  "        Logging to inside 10.1.0.3, TCP TX:4 errors: 1  dropped: 7\n"
                  "    Global TCP syslog stats::\n"
                  "        NOT_PUTABLE: 2, ALL_CHANNEL_DOWN: 5\n"
                  "        CHANNEL_FLAP_CNT: 3, SYSLOG_PKT_LOSS: 7\n"
                  "        PARTIAL_REWRITE_CNT: 0\n"
                  "    Permit-hostdown logging: enabled\n"
                  "    History logging: disabled\n"
                  "    Device ID: hostname \"west\"\n"
                  "    Mail logging: disabled\n"
                  "    ASDM logging: disabled\n");
}

static void a_log_is_kept_as_on_a_router(void **state)
{
    static const char head[] =
        "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns, "
        "xml disabled, filtering disabled)\n\n"
        "No Active Message Discriminator.\n\n\n\n"
        "No Inactive Message Discriminator.\n\n\n"
        "    Console logging: disabled\n"
        "    Monitor logging: level informational, xml disabled,\n"
        "                     filtering disabled\n"
        "    Buffer logging:  level debugging, 12 messages logged, xml disabled,\n"
        "                    filtering disabled\n"
        "    Count and timestamp logging messages: disabled\n"
        "    Persistent logging: disabled\n\n"
        "No active filter modules.\n\n";
    static const char end[] = "\nLog Buffer (2097152 bytes):\n\n";
    char screen[4096];

    (void)state;
    snprintf(screen, sizeof screen, "%s    Trap logging: disabled\n%s", head, end);
    expect_screen("{\"record\":\"logging\",\"messages\":12,\"bytes\":2097152,\"enabled\":false,\"timestamp\":false,"
                  "\"buffered\":\"debugging\",\"monitor\":\"informational\",\"trap\":\"errors\",\"facility\":23,"
                  "\"hostdown\":true,\"sent\":0}\n",
                  SHOW(LOGGING), DIALECT_IOS, screen);
    snprintf(screen, sizeof screen,
             "%s    Trap logging: level errors, 4 message lines logged\n"
             "        Logging to 10.1.0.3  (tcp port 1470, audit disabled),\n"
             "              4 message lines logged,\n"
             "              7 message lines dropped,\n"
             "              xml disabled, sequence number disabled\n"
             "              filtering disabled\n%s",
             head, end);
    expect_screen("{\"record\":\"logging\",\"messages\":12,\"bytes\":2097152,\"enabled\":true,\"timestamp\":false,"
                  "\"buffered\":\"debugging\",\"monitor\":\"informational\",\"trap\":\"errors\",\"facility\":23,"
                  "\"hostdown\":true,\"sent\":4}\n"
                  "{\"record\":\"log_host\",\"interface\":\"inside\",\"address\":\"10.1.0.3\",\"protocol\":\"TCP\","
                  "\"port\":1470,\"sent\":4,\"errors\":1,\"dropped\":7}\n"
                  "{\"record\":\"log_channels\",\"not_putable\":2,\"all_down\":5,\"flaps\":3,\"lost\":7}\n",
                  SHOW(LOGGING), DIALECT_IOS, screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_look_as_on_an_asa_8),
        cmocka_unit_test(a_session_looks_as_on_ios),
        cmocka_unit_test(users_are_a_list_of_their_own),
        cmocka_unit_test(captures_look_as_on_an_asa),
        cmocka_unit_test(ISAKMP_SAs_are_counted_as_on_ios),
        cmocka_unit_test(conditions_of_debugging_are_listed),
        cmocka_unit_test(lines_that_were_lost_by_tcp_are_counted),
        cmocka_unit_test(a_log_is_kept_as_on_a_router),
        cmocka_unit_test(contexts_look_as_on_an_asa),
        cmocka_unit_test(no_crypto_map_is_told),
        cmocka_unit_test(connections_have_a_row_for_each_direction),
        cmocka_unit_test(routes_look_as_in_seed_5),
        cmocka_unit_test(a_configuration_is_put_together_from_its_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
