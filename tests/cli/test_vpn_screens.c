/* Screens of sessions as a whole, and of what they are made from: how many, of which kind, the brief ones of IOS, sets,
 * keys and trustpoints. Beside the examples of real devices (examples.tsv); and what filters leave of a reply. */
#include "base/check.h"
#include "cli/screen.h"
#include "cli/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define SHOW(request) ((struct control_request){.id = CONTROL_SHOW_##request})

/* Two peers, one through a NAT, and two users behind one address, the second of whom has no pair. */
static const char sessions[] =
    "{\"record\":\"isakmp_sa\",\"conn_id\":1,\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.9\",\"peer_port\":500,"
    "\"tunnel_group\":\"beta\",\"type\":\"L2L\",\"role\":\"initiator\",\"state\":\"MM_ACTIVE\",\"ios_state\":\"QM_"
    "IDLE\","
    "\"encryption\":\"aes-256\",\"hash\":\"sha\",\"age_s\":3725}\n"
    "{\"record\":\"isakmp_sa\",\"conn_id\":2,\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.2\",\"peer_port\":4500,"
    "\"tunnel_group\":\"alpha\",\"type\":\"L2L\",\"role\":\"responder\",\"state\":\"MM_ACTIVE\",\"ios_state\":\"QM_"
    "IDLE\","
    "\"encryption\":\"3des\",\"hash\":\"sha\",\"nat_t\":true,\"age_s\":7}\n"
    "{\"record\":\"isakmp_sa\",\"conn_id\":3,\"local\":\"192.0.2.2\",\"peer\":\"203.0.113.5\",\"peer_port\":4500,"
    "\"tunnel_group\":\"STAFF\",\"type\":\"user\",\"role\":\"responder\",\"username\":\"anna\",\"assigned\":\"10.9.0."
    "1\","
    "\"state\":\"MM_ACTIVE\",\"ios_state\":\"QM_IDLE\",\"encryption\":\"aes\",\"hash\":\"sha\",\"nat_t\":true}\n"
    "{\"record\":\"isakmp_sa\",\"conn_id\":4,\"local\":\"192.0.2.2\",\"peer\":\"203.0.113.5\",\"peer_port\":4501,"
    "\"tunnel_group\":\"STAFF\",\"type\":\"user\",\"role\":\"responder\",\"username\":\"bert\",\"assigned\":\"10.9.0."
    "2\","
    "\"state\":\"MM_ACTIVE\",\"ios_state\":\"QM_IDLE\",\"encryption\":\"aes\",\"hash\":\"sha\",\"nat_t\":true}\n"
    "{\"record\":\"isakmp_sa\",\"conn_id\":5,\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.7\",\"peer_port\":500,"
    "\"type\":\"L2L\",\"role\":\"initiator\",\"state\":\"MM_WAIT_MSG4\",\"ios_state\":\"MM_SA_SETUP\"}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"outside\",\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.9\",\"peer_"
    "port\":500,"
    "\"remote_ident\":\"10.2.0.0/255.255.0.0/0/"
    "0\",\"spi_in\":\"0x00000001\",\"encryption\":\"aes-256\",\"integrity\":\"sha\"}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"outside\",\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.2\",\"peer_"
    "port\":4500,"
    "\"remote_ident\":\"10.3.0.0/255.255.0.0/0/"
    "0\",\"spi_in\":\"0x00000002\",\"encryption\":\"aes-gcm\",\"integrity\":\"none\","
    "\"nat_t\":true}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"backup\",\"local\":\"192.0.2.2\",\"peer\":\"203.0.113.5\",\"peer_"
    "port\":4500,"
    "\"remote_ident\":\"10.9.0.1/255.255.255.255/0/0\",\"spi_in\":\"0x00000003\",\"username\":\"anna\","
    "\"encryption\":\"aes\",\"integrity\":\"sha\",\"nat_t\":true}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"outside\",\"local\":\"192.0.2.1\",\"peer\":\"203.0.113.8\",\"peer_"
    "port\":500,"
    "\"remote_ident\":\"10.8.0.0/255.255.0.0/0/"
    "0\",\"spi_in\":\"0x00000004\",\"encryption\":\"aes\",\"integrity\":\"sha\"}\n";

/* "1 2 p3": the numbers of SAs, then SPIs of pairs, in their order. */
static void expect_left(const char *line, const char *expected)
{
    struct reply reply = reply_of(sessions);
    struct bytes words[CONTROL_WORDS_MAX];
    struct control_request request;
    struct control_parse parse;
    char space[256];
    struct text left = text_of(space, sizeof space);
    size_t count;

    CHECK(control_split(bytes_of_text(line), words, &count));
    if (!control_request_parse(&request, words, count, &parse))
        fail_msg("%s is no command", line);
    sessions_select(&reply, &request);
    for (size_t i = 0; i < reply.count; i++) {
        const struct control_record *r = &reply.records[i];
        bool is_sa = r->kind == RECORD_isakmp_sa;

        text_add(&left, "%s%s%llu", i ? " " : "", is_sa ? "" : "p",
                 (unsigned long long)record_number(r, is_sa ? COL_isakmp_sa_conn_id : COL_ipsec_pair_spi_in));
    }
    reply_free(&reply);
    if (strcmp(space, expected) != 0)
        fail_msg("%s leaves %s, not %s", line, space, expected);
}

static void a_filter_leaves_the_sessions_that_it_is_for_and_their_pairs(void **state)
{
    static const char *const cases[][2] = {
        {"show vpn-sessiondb l2l", "1 2 3 4 5 p1 p2 p3 p4"},
        {"show vpn-sessiondb l2l filter name alpha", "2 p2"},
        {"show vpn-sessiondb l2l filter tunnel-group beta", "1 p1"},
        {"show vpn-sessiondb l2l filter ipaddress 203.0.113.9", "1 p1"},
        {"show vpn-sessiondb l2l filter ipaddress 203.0.113.99", ""},
        {"show vpn-sessiondb l2l filter protocol IPsecOverNatT", "2 3 p2 p3"},
        {"show vpn-sessiondb l2l filter protocol ipsec", "1 p1"},
        {"show vpn-sessiondb l2l filter protocol ikev1 filter name beta", "1 p1"},
        {"show vpn-sessiondb l2l filter encryption aes256", "1 p1"},
        {"show vpn-sessiondb l2l filter encryption AESGCM", "2 p2"},
        {"show vpn-sessiondb ra-ikev1-ipsec filter name anna", "3 p3"},
        {"show vpn-sessiondb ra-ikev1-ipsec filter a-ipaddress 10.9.0.2", "4"},
        {"show vpn-sessiondb ra-ikev1-ipsec filter p-ipaddress 203.0.113.5", "3 4 p3"},
        {"show vpn-sessiondb remote filter name bert", "4"},
        {"show vpn-sessiondb index 2", "2 p2"},
        {"show vpn-sessiondb l2l sort name", "5 3 4 2 1 p1 p2 p3 p4"},
        {"show vpn-sessiondb l2l sort ipaddress", "2 3 4 5 1 p1 p2 p3 p4"},
        {"show vpn-sessiondb l2l sort encryption", "5 2 3 4 1 p1 p2 p3 p4"},
        {"show vpn-sessiondb l2l filter name alpha sort name", "2 p2"},
        {"show crypto session", "1 2 3 4 5 p1 p2 p3 p4"},
        {"show crypto session remote 203.0.113.2", "2 p2"},
        {"show crypto session remote 203.0.113.8", "p4"},
        {"show crypto session local 192.0.2.2", "3 4 p3"},
        {"show crypto session interface backup", "3 p3"},
        {"show crypto session username anna detail", "3 p3"},
        {"show crypto session active", "1 2 3 4 p1 p2 p3"},
        {"show crypto isakmp sa active", "1 2 3 4 p1 p2 p3"},
        {"show crypto isakmp sa nat", "2 3 4 p2 p3"},
        {"show crypto isakmp peers 203.0.113.9", "1 p1"},
        {"show crypto ipsec sa peer 203.0.113.9", "1 2 3 4 5 p1 p2 p3 p4"}, /* the gateway's own work */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_left(cases[i][0], cases[i][1]);
}

static void one_session_is_shown_by_its_number_whatever_its_kind(void **state)
{
    struct reply reply = reply_of(sessions);
    struct control_request request = {.id = CONTROL_SHOW_SESSIONDB_INDEX, .conn_id = 3};
    struct screen_view view = {.dialect = DIALECT_ASA};
    char *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    (void)state;
    CHECK(out);
    sessions_select(&reply, &request);
    screen_write(out, &reply, &request, &view);
    CHECK(fclose(out) == 0);
    CHECK(strstr(screen, "Session Type: IKEv1 IPsec\n") && strstr(screen, "Username     : anna"));
    CHECK(!strstr(screen, "LAN-to-LAN") && !strstr(screen, "bert"));
    expect_read_back(screen);
    free(screen);
    reply_free(&reply);
}

static void the_brief_screen_of_ios_has_a_line_for_each_peer(void **state)
{
    struct control_request request = {.id = CONTROL_SHOW_SESSION, .is_brief = true};

    (void)state;
    expect_screen(sessions, request, DIALECT_IOS,
                  "Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating\n"
                  "        K - No IKE\n"
                  "ivrf = (none)\n"
                  "           Peer     I/F          Username     Group/Phase1_id        Uptime   Status\n"
                  "    203.0.113.9 outside                   beta                   01:02:05     UA\n"
                  "    203.0.113.2 outside                   alpha                  00:00:07     UA\n"
                  "    203.0.113.5 backup       bert         STAFF                  00:00:00     UA\n"
                  "    203.0.113.7 unknown                   203.0.113.7            00:00:00     DN\n"
                  "    203.0.113.8 outside                   203.0.113.8            00:00:00     UK\n");
}

static void peers_are_those_with_an_isakmp_sa(void **state)
{
    (void)state;
    expect_screen(sessions, SHOW(PEERS), DIALECT_IOS,
                  "Peer: 203.0.113.9 Port: 500 Local: 192.0.2.1\n"
                  " Phase1 id: 203.0.113.9\n"
                  "Peer: 203.0.113.2 Port: 4500 Local: 192.0.2.1\n"
                  " Phase1 id: 203.0.113.2\n"
                  "Peer: 203.0.113.5 Port: 4500 Local: 192.0.2.2\n"
                  " Phase1 id: 203.0.113.5\n"
                  "Peer: 203.0.113.7 Port: 500 Local: 192.0.2.1\n"
                  " Phase1 id: 203.0.113.7\n");
}

static const char summary[] = "{\"record\":\"session_summary\",\"l2l_active\":2,\"l2l_cumulative\":5,\"l2l_peak\":3,"
                              "\"ra_active\":2,\"ra_cumulative\":4,\"ra_peak\":2,\"ikev1_active\":4,"
                              "\"ikev1_cumulative\":11,\"ikev1_peak\":5,\"ipsec_active\":3,\"ipsec_cumulative\":20,"
                              "\"ipsec_peak\":4,\"capacity\":400}\n";

static void the_summary_counts_sessions_and_tunnels(void **state)
{
    (void)state;
    expect_screen(summary, SHOW(SESSIONDB_SUMMARY), DIALECT_ASA,
                  "---------------------------------------------------------------------------\n"
                  "VPN Session Summary\n"
                  "---------------------------------------------------------------------------\n"
                  "                               Active : Cumulative : Peak Concur : Inactive\n"
                  "                             ----------------------------------------------\n"
                  "IKEv1 IPsec/L2TP IPsec       :      2 :          4 :           2\n"
                  "Site-to-Site VPN             :      2 :          5 :           3\n"
                  "  IKEv1 IPsec                :      2 :          5 :           3\n"
                  "---------------------------------------------------------------------------\n"
                  "Total Active and Inactive    :      4             Total Cumulative :      9\n"
                  "Device Total VPN Capacity    :    400\n"
                  "Device Load                  :     1%\n"
                  "---------------------------------------------------------------------------\n"
                  "\n"
                  "---------------------------------------------------------------------------\n"
                  "Tunnels Summary\n"
                  "---------------------------------------------------------------------------\n"
                  "                               Active : Cumulative : Peak Concurrent\n"
                  "                             ----------------------------------------------\n"
                  "IKEv1                        :      4 :         11 :               5\n"
                  "IPsec                        :      3 :         20 :               4\n"
                  "---------------------------------------------------------------------------\n"
                  "Totals                       :      7 :         31\n"
                  "---------------------------------------------------------------------------\n");
}

static void ratios_are_of_sessions_by_cipher_and_of_tunnels_by_protocol(void **state)
{
    char both[8192];

    (void)state;
    snprintf(both, sizeof both, "%s%s", summary, sessions);
    expect_screen(both, SHOW(RATIO_ENCRYPTION), DIALECT_ASA,
                  "Filter Group         : All\n"
                  "Total Active Sessions: 4\n"
                  "Cumulative Sessions  : 9\n"
                  "\n"
                  "Encryption               Sessions       Percent\n"
                  "none                     1                  25%\n"
                  "DES                      0                   0%\n"
                  "3DES                     0                   0%\n"
                  "AES128                   1                  25%\n"
                  "AES192                   0                   0%\n"
                  "AES256                   1                  25%\n"
                  "AESGCM                   1                  25%\n");
    expect_screen(both, SHOW(RATIO_PROTOCOL), DIALECT_ASA,
                  "Filter Group         : All\n"
                  "Total Active Sessions: 4\n"
                  "Cumulative Sessions  : 9\n"
                  "\n"
                  "Protocol                 Sessions       Percent\n"
                  "IKEv1                    4                  50%\n"
                  "IPsec                    2                  25%\n"
                  "IPsecOverNatT            2                  25%\n");
}

static void what_ios_shows_of_the_policy_is_shown_as_there(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"isakmp_key\",\"name\":\"203.0.113.9\",\"usable\":true}\n"
                  "{\"record\":\"isakmp_key\",\"name\":\"DefaultL2LGroup\",\"usable\":false}\n",
                  SHOW(KEYS), DIALECT_IOS,
                  "Keyring      Hostname/Address                            Preshared Key\n"
                  "\n"
                  "default      203.0.113.9                                 *****\n"
                  "default      DefaultL2LGroup                             *****\n");
    expect_screen("{\"record\":\"sa_lifetime\",\"seconds\":3600,\"kilobytes\":4608000}\n", SHOW(LIFETIME), DIALECT_IOS,
                  "Security association lifetime: 4608000 kilobytes/3600 seconds\n");
    expect_screen(
        "{\"record\":\"transform_set\",\"name\":\"STRONG\",\"encryption\":\"aes-256\",\"integrity\":\"sha\"}\n"
        "{\"record\":\"transform_set\",\"name\":\"GRE\",\"encryption\":\"3des\",\"integrity\":\"md5\","
        "\"transport\":true}\n",
        SHOW(TRANSFORMS), DIALECT_IOS,
        "Transform set STRONG: { esp-256-aes esp-sha-hmac  } \n"
        "   will negotiate = { Tunnel,  }, \n"
        "\n"
        "Transform set GRE: { esp-3des esp-md5-hmac  } \n"
        "   will negotiate = { Transport,  }, \n"
        "\n");
    expect_screen("{\"record\":\"admission\",\"limit\":20000,\"negotiating_limit\":5000,\"active\":4,\"negotiating\":1,"
                  "\"incoming\":7,\"outgoing\":3,\"rejected\":2}\n",
                  SHOW(ADMISSION), DIALECT_IOS,
                  "---------------------------------------------------------------------\n"
                  "            Crypto Call Admission Control Statistics\n"
                  "---------------------------------------------------------------------\n"
                  "System Resource Limit:      0 Max IKE SAs:  20000 Max in nego:   5000\n"
                  "Total IKE SA Count:         5 active:           4 negotiating:      1\n"
                  "Incoming IKE Requests:      7 accepted:         5 rejected:         2\n"
                  "Outgoing IKE Requests:      3 accepted:         3 rejected:         0\n");
    expect_screen("{\"record\":\"map_entry\",\"map\":\"DYN\",\"sequence\":10,\"lines\":\"\",\"dynamic\":true,"
                  "\"lifetime_s\":3600,\"lifetime_kb\":4608000,\"transform_sets\":\"ts\",\"transforms\":\"aes sha\"}\n",
                  SHOW(DYNAMIC_MAP), DIALECT_IOS,
                  "Crypto Map Template\"DYN\" 10\n"
                  "        No matching address list set.\n"
                  "        Security association lifetime: 4608000 kilobytes/3600 seconds\n"
                  "        PFS (Y/N): N\n"
                  "        Transform sets={\n"
                  "                ts:  { esp-aes esp-sha-hmac  } ,\n"
                  "        }\n"
                  "\n");
}

static void trustpoints_say_whom_they_trust_and_what_they_lack(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"trustpoint\",\"name\":\"LAB\",\"authority\":\"cn=Lab CA\",\"authority_serial\":\"01\","
                  "\"authorities\":1,\"subject\":\"cn=west\",\"key\":\"RSA\",\"revocation\":\"crl none\"}\n"
                  "{\"record\":\"trustpoint\",\"name\":\"EMPTY\",\"authorities\":0,\"revocation\":\"none\"}\n",
                  SHOW(TRUSTPOINTS), DIALECT_ASA,
                  "Trustpoint LAB:\n"
                  "    Subject Name: \n"
                  "    cn=Lab CA\n"
                  "          Serial Number: 01\n"
                  "    Certificate configured.\n"
                  "    Certificate of cn=west\n"
                  "    Revocation check: crl none\n"
                  "\n"
                  "Trustpoint EMPTY:\n"
                  "    Not authenticated.\n"
                  "    No certificate with a private key.\n"
                  "    Revocation check: none\n"
                  "\n");
    expect_screen("", SHOW(TRUSTPOINTS), DIALECT_ASA, "There is no trustpoint.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_leaves_the_sessions_that_it_is_for_and_their_pairs),
        cmocka_unit_test(one_session_is_shown_by_its_number_whatever_its_kind),
        cmocka_unit_test(the_brief_screen_of_ios_has_a_line_for_each_peer),
        cmocka_unit_test(peers_are_those_with_an_isakmp_sa),
        cmocka_unit_test(the_summary_counts_sessions_and_tunnels),
        cmocka_unit_test(ratios_are_of_sessions_by_cipher_and_of_tunnels_by_protocol),
        cmocka_unit_test(what_ios_shows_of_the_policy_is_shown_as_there),
        cmocka_unit_test(trustpoints_say_whom_they_trust_and_what_they_lack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
