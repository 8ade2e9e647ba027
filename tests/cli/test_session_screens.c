/* The screens that are put together from several records, against those of real devices (marked as seen in the
 * project's reference pages). The records are written as the daemon sends them. */
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

static void sessions_look_as_on_an_asa_9(void **state)
{
    (void)state;
    setenv("TZ", "MDT+6", 1);
    tzset();
    expect_screen(session, SHOW_DETAIL(SESSIONDB), DIALECT_ASA,
                  "\n"
                  "Session Type: LAN-to-LAN Detailed\n"
                  "\n"
                  "Connection   : 169.254.99.1\n"
                  "Index        : 79                     IP Addr      : 169.254.99.1\n"
                  "Protocol     : IKEv1 IPsec\n"
                  "Encryption   : IKEv1: (1)3DES  IPsec: (1)3DES\n"
                  "Hashing      : IKEv1: (1)SHA1  IPsec: (1)MD5\n"
                  "Bytes Tx     : 3256642959             Bytes Rx     : 268532214\n"
                  "Login Time   : 10:01:03 MDT Fri Jul 6 2018\n"
                  "Duration     : 21d 15h:39m:02s\n"
                  "\n"
                  "IKEv1 Tunnels: 1\n"
                  "IPsec Tunnels: 1\n"
                  "\n"
                  "IKEv1:\n"
                  "  Tunnel ID    : 79.1\n"
                  "  UDP Src Port : 500                    UDP Dst Port : 500\n"
                  "  IKE Neg Mode : Main                   Auth Mode    : preSharedKeys\n"
                  "  Encryption   : 3DES                   Hashing      : SHA1\n"
                  "  Rekey Int (T): 28800 Seconds          Rekey Left(T): 18795 Seconds\n"
                  "  D/H Group    : 2\n"
                  "\n"
                  "IPsec:\n"
                  "  Tunnel ID    : 79.2\n"
                  "  Local Addr   : 169.254.20.22/255.255.255.255/0/0\n"
                  "  Remote Addr  : 192.168.6.74/255.255.255.255/0/0\n"
                  "  Encryption   : 3DES                   Hashing      : MD5\n"
                  "  Encapsulation: Tunnel                 PFS Group    : 5\n"
                  "  Rekey Int (T): 28800 Seconds          Rekey Left(T): 19174 Seconds\n"
                  "  Rekey Int (D): 4608000 K-Bytes        Rekey Left(D): 4586873 K-Bytes\n"
                  "  Idle Time Out: 0 Minutes              Idle TO Left : 0 Minutes\n"
                  "  Bytes Tx     : 3256642959             Bytes Rx     : 268532214\n"
                  "  Pkts Tx      : 4539818                Pkts Rx      : 2958857\n"
                  "\n");
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
    "{\"record\":\"ipsec_pair\",\"interface\":\"Tunnel13\",\"local\":\"11.0.2.2\",\"peer\":\"11.0.2.1\","
    "\"peer_port\":500,\"local_ident\":\"11.0.2.2/255.255.255.255/47/0\",\"remote_ident\":"
    "\"11.0.2.1/255.255.255.255/47/0\",\"encryption\":\"aes\",\"integrity\":\"sha\",\"remaining_s\":3060,"
    "\"encaps\":772730,\"encrypt\":772730,\"decaps\":449282,\"decrypt\":449282,\"recv_errors\":0,\"send_errors\":0}\n";

static void a_session_looks_as_on_ios(void **state)
{
    (void)state;
    expect_screen(up, SHOW_DETAIL(SESSION), DIALECT_IOS,
                  "Crypto session current status\n"
                  "\n"
                  "Code: C - IKE Configuration mode, D - Dead Peer Detection     \n"
                  "K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     \n"
                  "X - IKE Extended Authentication, F - IKE Fragmentation\n"
                  "R - IKE Auto Reconnect, U - IKE Dynamic Route Update\n"
                  "S - SIP VPN\n"
                  "\n"
                  "Interface: Tunnel13\n"
                  "Uptime: 3d18h\n"
                  "Session status: UP-ACTIVE     \n"
                  "Peer: 11.0.2.1 port 500 fvrf: (none) ivrf: (none)\n"
                  "      Phase1_id: 11.0.2.1\n"
                  "      Desc: (none)\n"
                  "  Session ID: 0  \n"
                  "  IKEv1 SA: local 11.0.2.2/500 remote 11.0.2.1/500 Active \n"
                  "          Capabilities:D connid:1042 lifetime:05:50:03\n"
                  "  IPSEC FLOW: permit 47 host 11.0.2.2 host 11.0.2.1 \n"
                  "        Active SAs: 2, origin: crypto map\n"
                  "        Inbound:  #pkts dec'ed 449282 drop 0 life (KB/Sec) KB Vol Rekey Disabled/3060\n"
                  "        Outbound: #pkts enc'ed 772730 drop 0 life (KB/Sec) KB Vol Rekey Disabled/3060\n"
                  "\n");
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

static void drops_look_as_on_an_asa(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"drop\",\"is_flow\":false,\"text\":\"Bad IPSEC NATT packet\",\"name\":"
                  "\"bad-ipsec-natt\",\"count\":46}\n"
                  "{\"record\":\"drop\",\"is_flow\":true,\"text\":\"IPSec inner policy mismatch failure\",\"name\":"
                  "\"ipsec-selector-failure\",\"count\":2}\n"
                  "{\"record\":\"drop\",\"is_flow\":false,\"text\":\"NAT-T keepalive message\",\"name\":"
                  "\"natt-keepalive\",\"count\":140080931}\n",
                  SHOW(DROPS), DIALECT_ASA,
                  "\n"
                  "Frame drop:\n"
                  "  Bad IPSEC NATT packet (bad-ipsec-natt)                                      46\n"
                  "  NAT-T keepalive message (natt-keepalive)                             140080931\n"
                  "\n"
                  "Last clearing: Never\n"
                  "\n"
                  "Flow drop:\n"
                  "  IPSec inner policy mismatch failure (ipsec-selector-failure)                 2\n"
                  "\n"
                  "Last clearing: Never\n"
                  "\n");
}

static void policies_and_maps_look_as_on_ios(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"isakmp_policy\",\"priority\":10,\"encryption\":\"aes\",\"key_bits\":128,\"hash\":"
                  "\"sha\",\"group\":5,\"group_bits\":1536,\"lifetime_s\":86400}\n",
                  SHOW(POLICY), DIALECT_IOS,
                  "\n"
                  "Global IKE policy\n"
                  "Protection suite of priority 10\n"
                  "        encryption algorithm:   AES - Advanced Encryption Standard (128 bit keys).\n"
                  "        hash algorithm:         Secure Hash Standard\n"
                  "        authentication method:  Pre-Shared Key\n"
                  "        Diffie-Hellman group:   #5 (1536 bit)\n"
                  "        lifetime:               86400 seconds, no volume limit\n");
    expect_screen("{\"record\":\"map_entry\",\"map\":\"huawei\",\"sequence\":10,\"peers\":\"13.1.1.3 13.1.1.4\","
                  "\"acl\":\"VPN\",\"lines\":\"access-list VPN permit ip 2.2.2.0 0.0.0.255 3.3.3.0 0.0.0.255\","
                  "\"lifetime_s\":3600,\"lifetime_kb\":4608000,\"pfs_group\":1,\"transform_sets\":\"cisco\","
                  "\"interface\":\"Ethernet0/0\"}\n",
                  SHOW(MAP), DIALECT_IOS12,
                  "Crypto Map \"huawei\" 10 ipsec-isakmp\n"
                  "        Peer = 13.1.1.3\n"
                  "        Extended IP access list VPN\n"
                  "            access-list VPN permit ip 2.2.2.0 0.0.0.255 3.3.3.0 0.0.0.255\n"
                  "        Current peer: 13.1.1.3\n"
                  "        Security association lifetime: 4608000 kilobytes/3600 seconds\n"
                  "        PFS (Y/N): Y\n"
                  "        DH group:  group1\n"
                  "        Transform sets={\n"
                  "                cisco,\n"
                  "        }\n"
                  "        Interfaces using crypto map huawei:\n"
                  "                Ethernet0/0\n"
                  "\n");
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
                  "    1  IPsec   AES+SHA                   0   449282        0 11.0.2.2\n"
                  "    2  IPsec   AES+SHA              772730        0        0 11.0.2.2\n");
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
    char both[1024];

    (void)state;
    setenv("TZ", "MDT+6", 1);
    tzset();
    expect_screen(capture, SHOW(CAPTURE), DIALECT_ASA,
                  "capture c type raw-data interface inside [Capturing - 44 bytes] \n"
                  "  match ip any any\n");
    snprintf(both, sizeof both, "%s%s", capture, text);
    expect_screen(both, (struct control_request){.id = CONTROL_SHOW_CAPTURE, .capture = "c"}, DIALECT_ASA,
                  "1 packets captured\n"
                  "\n"
                  "   1: 10:01:03.052762       1.1.1.1.12869 > 2.2.2.2.80: S 3624439037:3624439037(0) win 8192 \n"
                  "1 packets shown\n");
    snprintf(both, sizeof both, "%s%s", capture, bytes);
    expect_screen(both, (struct control_request){.id = CONTROL_SHOW_CAPTURE_DUMP, .capture = "c"}, DIALECT_ASA,
                  "1 packets captured\n"
                  "\n"
                  "   1: 10:01:03.052762       1600 bytes\n"
                  "0x0000   4500 0028 4142 4344 4546 4748 4950 5152        E..(ABCDEFGHIPQR\n"
                  "0x0010   ff                                             .\n"
                  "1 packets shown\n");
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
        "\"local_port\":4500,\"peer\":\"192.0.2.9\",\"peer_port\":4500,\"tunnel_group\":\"STAFF\",\"role\":"
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
                  "Tunnel Group : STAFF\n"
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
    expect_screen("{\"record\":\"condition\",\"peer\":\"192.0.2.1\"}\n", SHOW(CONDITION), DIALECT_ASA,
                  "Crypto conditional debug is turned ON\n"
                  "IKE debug context unmatched flag:  OFF\n"
                  "IPSec debug context unmatched flag:  OFF\n"
                  "\n"
                  "IKE peer IP address filters:\n"
                  "192.0.2.1/255.255.255.255\n");
}

/* The values of a device that sends its log (ntc-templates). */
static void logging_looks_as_on_an_asa(void **state)
{
    (void)state;
    expect_screen(
        "{\"record\":\"logging\",\"messages\":4908890,\"enabled\":true,\"timestamp\":true,\"buffered\":\"debugging\","
        "\"monitor\":\"informational\",\"trap\":\"informational\",\"facility\":20,\"sent\":568235255}\n"
        "{\"record\":\"log_host\",\"interface\":\"inside\",\"address\":\"10.168.1.21\",\"protocol\":\"UDP\",\"port\":"
        "514,"
        "\"sent\":393859,\"errors\":24,\"dropped\":45}\n"
        "{\"record\":\"log_line\",\"text\":\"Aug 15 2019 13:44:38: %ASA-5-713119: IP = 192.0.2.1, PHASE 1 "
        "COMPLETED\"}\n",
        SHOW(LOGGING), DIALECT_ASA,
        "Syslog logging: enabled\n"
        "    Facility: 20\n"
        "    Timestamp logging: enabled\n"
        "    Hide Username logging: disabled\n"
        "    Standby logging: disabled\n"
        "    Debug-trace logging: disabled\n"
        "    Console logging: disabled\n"
        "    Monitor logging: level informational\n"
        "    Buffer logging: level debugging, 4908890 messages logged\n"
        "    Trap logging: level informational, facility 20, 568235255 messages logged\n"
        "        Logging to inside 10.168.1.21, UDP TX:393859 errors: 24  dropped: 45\n"
        "    Permit-hostdown logging: disabled\n"
        "    History logging: disabled\n"
        "    Device ID: disabled\n"
        "    Mail logging: disabled\n"
        "    ASDM logging: disabled\n"
        "Aug 15 2019 13:44:38: %ASA-5-713119: IP = 192.0.2.1, PHASE 1 COMPLETED\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_look_as_on_an_asa_9),
        cmocka_unit_test(a_session_looks_as_on_ios),
        cmocka_unit_test(users_are_a_list_of_their_own),
        cmocka_unit_test(captures_look_as_on_an_asa),
        cmocka_unit_test(ISAKMP_SAs_are_counted_as_on_ios),
        cmocka_unit_test(conditions_of_debugging_are_listed),
        cmocka_unit_test(logging_looks_as_on_an_asa),
        cmocka_unit_test(contexts_look_as_on_an_asa),
        cmocka_unit_test(drops_look_as_on_an_asa),
        cmocka_unit_test(policies_and_maps_look_as_on_ios),
        cmocka_unit_test(connections_have_a_row_for_each_direction),
        cmocka_unit_test(routes_look_as_in_seed_5),
        cmocka_unit_test(a_configuration_is_put_together_from_its_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
