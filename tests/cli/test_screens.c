/* Screens beside the examples of real devices (examples.tsv). The records are written as the daemon sends them. */
#include "base/check.h"
#include "cli/json.h"
#include "cli/screen.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

#define SHOW_ISAKMP ((struct control_request){.id = CONTROL_SHOW_ISAKMP_SA})
#define SHOW_IPSEC ((struct control_request){.id = CONTROL_SHOW_IPSEC_SA})
#define SHOW_IPSEC_DETAIL ((struct control_request){.id = CONTROL_SHOW_IPSEC_SA, .is_detail = true})

static void an_asa_does_not_list_what_is_dead_and_counts_what_is_replaced_apart(void **state)
{
    (void)state;
    expect_screen(
        "{\"record\":\"isakmp_sa\",\"peer\":\"192.0.2.9\",\"type\":\"L2L\",\"role\":\"initiator\","
        "\"rekey\":false,\"dead\":true,\"state\":\"MM_WAIT_MSG6\"}\n"
        "{\"record\":\"isakmp_sa\",\"number\":1,\"peer\":\"192.0.2.1\",\"type\":\"L2L\",\"role\":\"initiator\","
        "\"rekey\":true,\"dead\":false,\"state\":\"MM_ACTIVE\"}\n"
        "{\"record\":\"isakmp_sa\",\"number\":2,\"peer\":\"192.0.2.1\",\"type\":\"L2L\",\"role\":\"responder\","
        "\"rekey\":false,\"dead\":false,\"state\":\"MM_ACTIVE\"}\n",
        SHOW_ISAKMP, DIALECT_ASA8,
        "\n"
        "   Active SA: 1\n"
        "    Rekey SA: 1 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
        "Total IKE SA: 2\n"
        "\n"
        "1   IKE Peer: 192.0.2.1\n"
        "    Type    : L2L             Role    : initiator \n"
        "    Rekey   : yes             State   : MM_ACTIVE \n"
        "2   IKE Peer: 192.0.2.1\n"
        "    Type    : L2L             Role    : responder \n"
        "    Rekey   : no              State   : MM_ACTIVE \n");
}

/* The tunnel of the troubleshooting archive: packets that were split before encryption. */
static const char asa8_pair[] =
    "{\"record\":\"ipsec_pair\",\"interface\":\"OUTSIDE\",\"map\":\"mymap\",\"sequence\":200,\"local\":\"202.2.202.2\","
    "\"peer\":\"66.162.66.162\",\"acl_line\":\"access-list ACL-PPP-VPN extended permit ip 10.100.0.0 255.255.0.0 "
    "10.10.15.0 255.255.255.0\",\"local_ident\":\"10.100.0.0/255.255.0.0/0/0\",\"remote_ident\":"
    "\"10.10.15.0/255.255.255.0/0/0\",\"conn_id\":44,\"spi_in\":\"0xa40d0530\",\"spi_out\":\"0xe5c56c30\","
    "\"encryption\":\"aes\",\"integrity\":\"sha\",\"transport\":false,\"nat_t\":false,\"remaining_s\":2855,"
    "\"remaining_in_kb\":4372199,\"remaining_out_kb\":4299344,\"encaps\":402798,\"encrypt\":403786,\"digest\":403786,"
    "\"decaps\":306215,\"decrypt\":306215,\"verify\":306215,\"pre_frag_successes\":988,\"pre_frag_failures\":0,"
    "\"fragments_created\":1976,\"pmtus_sent\":0,\"pmtus_rcvd\":0,\"fragments_in\":2693,\"send_errors\":0,"
    "\"recv_errors\":0,\"path_mtu\":1500,\"overhead\":74,\"media_mtu\":1500,\"df\":\"copy-df\",\"iv_len\":16,"
    "\"replay_window\":64,\"replay_bitmap\":\"0xFFFFFFFF 0xFFFFFFFF\"}\n";

/* While one pair is replaced, both stand in one entry, and are counted together. */
/* Seen on a router (ntc-templates); the counters of drops are those that an ASA counts apart, too. */
static void ipsec_sas_in_detail_look_as_on_ios(void **state)
{
    (void)state;
    expect_screen(
        "{\"record\":\"ipsec_pair\",\"interface\":\"Tunnel1\",\"map\":\"Tunnel1-head-0\",\"acl_line\":\"x\",\"local\":"
        "\"1.2.3.4\",\"local_"
        "port\":4500,"
        "\"peer\":\"2.2.2.2\",\"peer_port\":4500,\"local_ident\":\"1.2.3.4/255.255.255.255/47/0\",\"remote_ident\":"
        "\"2.2.2.2/255.255.255.255/47/"
        "0\",\"place\":62,\"spi_in\":\"0xABCD1234\",\"spi_out\":\"0x1234ABCD\",\"encryption\":"
        "\"aes-256\",\"integrity\":\"sha\",\"transport\":true,\"nat_t\":true,\"pfs_group\":0,\"lifetime_kb\":4608000,"
        "\"remaining_s\":3205,\"remaining_in_kb\":4332650,\"remaining_out_kb\":4332649,\"encaps\":4981028,\"encrypt\":"
        "4981028,"
        "\"digest\":4981028,\"decaps\":4112421,\"decrypt\":4112421,\"verify\":4112421,\"send_errors\":0,\"recv_"
        "errors\":0,"
        "\"path_mtu\":1500,\"inner_mtu\":1442,\"iv_len\":16,\"replay_window\":1024}\n",
        SHOW_IPSEC_DETAIL, DIALECT_IOS,
        "interface: Tunnel1\n"
        "    Crypto map tag: Tunnel1-head-0, local addr 1.2.3.4\n"
        "\n"
        "   protected vrf: (none)\n"
        "   local  ident (addr/mask/prot/port): (1.2.3.4/255.255.255.255/47/0)\n"
        "   remote ident (addr/mask/prot/port): (2.2.2.2/255.255.255.255/47/0)\n"
        "   current_peer 2.2.2.2 port 4500\n"
        "     PERMIT, flags={origin_is_acl,}\n"
        "    #pkts encaps: 4981028, #pkts encrypt: 4981028, #pkts digest: 4981028\n"
        "    #pkts decaps: 4112421, #pkts decrypt: 4112421, #pkts verify: 4112421\n"
        "    #pkts compressed: 0, #pkts decompressed: 0\n"
        "    #pkts not compressed: 0, #pkts compr. failed: 0\n"
        "    #pkts not decompressed: 0, #pkts decompress failed: 0\n"
        "    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0\n"
        "    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0\n"
        "    #pkts invalid prot (recv) 0, #pkts verify failed: 0\n"
        "    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0\n"
        "    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0\n"
        "    ##pkts replay failed (rcv): 0\n"
        "    #pkts tagged (send): 0, #pkts untagged (rcv): 0\n"
        "    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0\n"
        "    #pkts internal err (send): 0, #pkts internal err (recv) 0\n"
        "\n"
        "     local crypto endpt.: 1.2.3.4, remote crypto endpt.: 2.2.2.2\n"
        "     plaintext mtu 1442, path mtu 1500, ip mtu 1500, ip mtu idb Tunnel1\n"
        "     current outbound spi: 0x1234ABCD(305441741)\n"
        "     PFS (Y/N): N, DH group: none\n"
        "\n"
        "     inbound esp sas:\n"
        "      spi: 0xABCD1234(2882343476)\n"
        "        transform: esp-256-aes esp-sha-hmac ,\n"
        "        in use settings ={Transport UDP-Encaps, }\n"
        "        conn id: 2124, flow_id: SW:124, sibling_flags 80000000, crypto map: Tunnel1-head-0\n"
        "        sa timing: remaining key lifetime (k/sec): (4332650/3205)\n"
        "        IV size: 16 bytes\n"
        "        replay detection support: Y  replay window size: 1024\n"
        "        Status: ACTIVE(ACTIVE)\n"
        "\n"
        "     inbound ah sas:\n"
        "\n"
        "     inbound pcp sas:\n"
        "\n"
        "     outbound esp sas:\n"
        "      spi: 0x1234ABCD(305441741)\n"
        "        transform: esp-256-aes esp-sha-hmac ,\n"
        "        in use settings ={Transport UDP-Encaps, }\n"
        "        conn id: 2123, flow_id: SW:123, sibling_flags 80000000, crypto map: Tunnel1-head-0\n"
        "        sa timing: remaining key lifetime (k/sec): (4332649/3205)\n"
        "        IV size: 16 bytes\n"
        "        replay detection support: Y  replay window size: 1024\n"
        "        Status: ACTIVE(ACTIVE)\n"
        "\n"
        "     outbound ah sas:\n"
        "\n"
        "     outbound pcp sas:\n"
        "\n");
}

static void drops_of_a_pair_are_counted_apart_in_detail(void **state)
{
    static const char pair[] = "{\"record\":\"ipsec_pair\",\"peer\":\"192.0.2.2\",\"send_errors\":4,\"recv_errors\":20,"
                               "\"drops\":\"REPLAY_OLD 5, "
                               "REPLAY_SEEN 6, BAD_ICV 9, SEQUENCE_END 1, HELD_TOO_LONG 3\"}\n";
    static const char *const lines[] = {
        "      #pkts no sa (send): 3, #pkts invalid sa (rcv): 0\n",
        "      #pkts encaps failed (send): 4, #pkts decaps failed (rcv): 20\n",
        "      #pkts invalid prot (rcv): 0, #pkts verify failed: 9\n",
        "      #pkts replay rollover (send): 1, #pkts replay rollover (rcv): 0\n",
        "      #pkts replay failed (rcv): 11\n",
        "      dropped: REPLAY_OLD 5, REPLAY_SEEN 6, BAD_ICV 9, SEQUENCE_END 1, HELD_TOO_LONG 3\n",
    };
    struct reply reply = reply_of(pair);
    struct screen_view view = {.dialect = DIALECT_ASA, .is_detail = true};
    struct control_request request = SHOW_IPSEC_DETAIL;
    char *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    (void)state;
    screen_write(out, &reply, &request, &view);
    CHECK(fclose(out) == 0);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (!strstr(screen, lines[i]))
            fail_msg("no line %sin\n%s", lines[i], screen);
    free(screen);
    reply_free(&reply);
}

/* `in`, `out`: what stands in the lines of the inbound and of the outbound SA. */
static void each_direction_of_a_pair_says_what_is_particular_to_it(void **state)
{
    static const struct {
        const char *columns, *in, *out;
    } cases[] = {
        {"\"replay_window\":64", "replay detection support: Y\n", "replay detection support: Y\n"},
        {"\"replay_window\":0", "replay detection support: N\n", "replay detection support: Y\n"},
        {"\"replay_window\":64,\"peer_replay_off\":true", "replay detection support: Y\n",
         "replay detection support: N\n"},
        {"\"transport\":true", "settings ={L2L, Transport, IKEv1, }\n", "settings ={L2L, Transport, IKEv1, }\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char record[200], *screen = NULL;
        struct screen_view view = {.dialect = DIALECT_ASA};
        size_t len;
        FILE *file = open_memstream(&screen, &len);

        snprintf(record, sizeof record, "{\"record\":\"ipsec_pair\",\"peer\":\"192.0.2.2\",%s}\n", cases[i].columns);
        struct reply reply = reply_of(record);
        screen_write(file, &reply, &SHOW_IPSEC, &view);
        CHECK(fclose(file) == 0);
        char *out = strstr(screen, "outbound esp sas:"), *in = strstr(screen, "inbound esp sas:");
        CHECK(in && out && in < out);
        if (!strstr(out, cases[i].out))
            fail_msg("outbound without %sin\n%s", cases[i].out, screen);
        *out = '\0';
        if (!strstr(in, cases[i].in))
            fail_msg("inbound without %sin\n%s", cases[i].in, screen);
        free(screen);
        reply_free(&reply);
    }
}

static void a_pair_that_is_replaced_stays_in_its_entry(void **state)
{
    char two[2 * sizeof asa8_pair], *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    (void)state;
    snprintf(two, sizeof two, "%s%s", asa8_pair, asa8_pair);

    struct reply reply = reply_of(two);
    const struct screen_view view = {.dialect = DIALECT_ASA8};

    screen_write(out, &reply, &SHOW_IPSEC, &view);
    fclose(out);
    assert_non_null(strstr(screen, "#pkts encaps: 805596,"));
    const char *first = strstr(screen, "spi: 0xA40D0530");

    assert_non_null(first);
    assert_non_null(strstr(first + 1, "spi: 0xA40D0530"));
    assert_null(strstr(strstr(screen, "Crypto map tag") + 1, "Crypto map tag"));
    free(screen);
    reply_free(&reply);
}

/* Whichever of the records comes first: a later pair may have the place of one that has gone. */
static void the_pair_that_was_begun_last_is_current(void **state)
{
    static const char *const pairs[] = {
        "{\"record\":\"ipsec_pair\",\"peer\":\"192.0.2.2\",\"conn_id\":7,\"spi_out\":\"0x77777777\"}\n",
        "{\"record\":\"ipsec_pair\",\"peer\":\"192.0.2.2\",\"conn_id\":4,\"spi_out\":\"0x44444444\"}\n"};

    (void)state;
    for (size_t first = 0; first < COUNT_OF(pairs); first++) {
        struct screen_view view = {.dialect = DIALECT_ASA};
        char both[300], *screen = NULL;
        size_t len;
        FILE *out = open_memstream(&screen, &len);

        snprintf(both, sizeof both, "%s%s", pairs[first], pairs[1 - first]);
        struct reply reply = reply_of(both);
        screen_write(out, &reply, &SHOW_IPSEC, &view);
        CHECK(fclose(out) == 0);
        if (!strstr(screen, "current outbound spi: 77777777\n"))
            fail_msg("with record %zu first\n%s", first, screen);
        free(screen);
        reply_free(&reply);
    }
}

static void tunnels_are_shown_with_their_reason(void **state)
{
    (void)state;
    expect_screen(
        "{\"record\":\"tunnel\",\"peer\":\"198.51.100.2\",\"map\":\"OUTSIDE\",\"sequence\":10,\"interface\":"
        "\"outside\","
        "\"acl\":\"VPN\",\"state\":\"up\",\"weak\":false,\"asa_state\":\"MM_ACTIVE\",\"ios_state\":\"QM_IDLE\","
        "\"role\":"
        "\"initiator\",\"up_s\":3720,\"pairs\":1,\"spi_in\":\"0x0a0b0c0d\",\"spi_out\":\"0x11223344\",\"encaps\":100,"
        "\"decaps\":100,\"bytes_out\":8400,\"bytes_in\":1234567,\"send_errors\":0,\"recv_errors\":0,\"waiting\":0}\n"
        "{\"record\":\"tunnel\",\"peer\":\"198.51.100.3\",\"map\":\"OUTSIDE\",\"sequence\":20,\"interface\":"
        "\"outside\","
        "\"acl\":\"VPN2\",\"state\":\"down\",\"weak\":true,\"asa_state\":\"MM_WAIT_MSG6\",\"ios_state\":\"MM_KEY_"
        "EXCH\","
        "\"role\":\"initiator\",\"story\":\"Sent.\",\"proven\":\"the path\",\"open\":\"the "
        "keys\",\"outcome\":\"failed\","
        "\"outcome_phase\":1,\"outcome_state\":\"MM_WAIT_MSG6\",\"outcome_age_s\":12,\"reason\":\"NO_ANSWER\","
        "\"sentence\":\"the peer did not reply\",\"pairs\":0,\"waiting\":2}\n"
        "{\"record\":\"tunnel\",\"peer\":\"198.51.100.4\",\"map\":\"OUTSIDE\",\"sequence\":30,\"interface\":"
        "\"outside\","
        "\"acl\":\"VPN3\",\"state\":\"parked\",\"parked\":\"line 12: the key is masked\",\"weak\":false,\"pairs\":0}\n",
        (struct control_request){.id = CONTROL_SHOW_TUNNEL}, DIALECT_ASA,
        "198.51.100.2       UP           crypto map OUTSIDE 10, ACL VPN, interface outside\n"
        "    phase 1    MM_ACTIVE, initiator, for 1h02m\n"
        "    phase 2    1 pair, SPI 0x0A0B0C0D in, 0x11223344 out\n"
        "    traffic    out 100 packets, 8400 bytes; in 100 packets, 1.2 MB; errors 0 out, 0 in\n"
        "\n"
        "198.51.100.3       DOWN         crypto map OUTSIDE 20, ACL VPN2, interface outside\n"
        "    phase 1    MM_WAIT_MSG6, initiator\n"
        "               Sent.\n"
        "    proven     the path\n"
        "    open       the keys\n"
        "    waiting    2 wanted as soon as phase 1 is up\n"
        "    last       failed 12s ago in MM_WAIT_MSG6, phase 1: the peer did not reply (NO_ANSWER)\n"
        "    weak       it uses weak algorithms\n"
        "\n"
        "198.51.100.4       PARKED       crypto map OUTSIDE 30, ACL VPN3, interface outside\n"
        "    parked     line 12: the key is masked\n");
}

/* What was up and is gone has not failed, and what has come up needs no reason. */
static void an_end_is_no_failure(void **state)
{
    (void)state;
    expect_screen(
        "{\"record\":\"tunnel\",\"peer\":\"198.51.100.2\",\"map\":\"OUTSIDE\",\"sequence\":10,\"interface\":"
        "\"outside\",\"acl\":\"VPN\",\"state\":\"down\",\"outcome\":\"ended\",\"outcome_phase\":1,"
        "\"outcome_state\":\"MM_ACTIVE\",\"outcome_age_s\":12,\"reason\":\"DELETED_BY_OPERATOR\","
        "\"sentence\":\"it was cleared by hand\",\"pairs\":0}\n"
        "{\"record\":\"tunnel\",\"peer\":\"198.51.100.3\",\"map\":\"OUTSIDE\",\"sequence\":20,\"interface\":"
        "\"outside\",\"acl\":\"VPN\",\"state\":\"up\",\"outcome\":\"up\",\"outcome_phase\":2,"
        "\"outcome_state\":\"QM_ACTIVE\",\"outcome_age_s\":12,\"reason\":\"OK\",\"sentence\":\"it was done\"}\n",
        (struct control_request){.id = CONTROL_SHOW_TUNNEL}, DIALECT_ASA,
        "198.51.100.2       DOWN         crypto map OUTSIDE 10, ACL VPN, interface outside\n"
        "    last       ended 12s ago in MM_ACTIVE, phase 1: it was cleared by hand (DELETED_BY_OPERATOR)\n"
        "\n"
        "198.51.100.3       UP           crypto map OUTSIDE 20, ACL VPN, interface outside\n"
        "    last       came up 12s ago in QM_ACTIVE, phase 2\n");
}

static void attempts_with_a_stranger_say_that_no_tunnel_is_configured(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"outcome\",\"peer\":\"203.0.113.9\",\"age_s\":5,\"role\":\"responder\",\"phase\":1,"
                  "\"success\":false,\"outcome\":\"failed\",\"state\":\"MM_WAIT_MSG3\",\"reason\":\"NO_TUNNEL_GROUP\","
                  "\"sentence\":\"there is no tunnel-group\"}\n",
                  (struct control_request){.id = CONTROL_SHOW_TUNNEL}, DIALECT_ASA,
                  "No tunnel with 203.0.113.9 is configured: no crypto map entry names it.\n"
                  "\n"
                  "Attempts with 203.0.113.9, the newest first:\n"
                  "              5s ago  failed  phase 1  MM_WAIT_MSG3  responder  there is no tunnel-group "
                  "(NO_TUNNEL_GROUP)\n");
}

static void certificates_are_shown_as_an_asa_shows_them(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"certificate\",\"trustpoint\":\"LAB\",\"kind\":\"own\",\"status\":\"Available\","
                  "\"serial\":\"1003\",\"key_type\":\"rsaEncryption\",\"key_bits\":2048,"
                  "\"signature\":\"sha256WithRSAEncryption\",\"issuer\":\"CN = root\",\"subject\":\"CN = west\","
                  "\"valid_from\":1577836800,\"valid_to\":4733510399}\n",
                  (struct control_request){.id = CONTROL_SHOW_CERTIFICATES}, DIALECT_ASA,
                  "Certificate\n"
                  "  Status: Available\n"
                  "  Certificate Serial Number: 1003\n"
                  "  Public Key Type: rsaEncryption (2048 bits)\n"
                  "  Signature Algorithm: sha256WithRSAEncryption\n"
                  "  Issuer Name: \n"
                  "    CN = root\n"
                  "  Subject Name: \n"
                  "    CN = west\n"
                  "  Validity Date: \n"
                  "    start date: 00:00:00 UTC Jan 1 2020\n"
                  "    end   date: 23:59:59 UTC Dec 31 2119\n"
                  "  Associated Trustpoints: LAB \n"
                  "\n");
    expect_screen("", (struct control_request){.id = CONTROL_SHOW_CERTIFICATES}, DIALECT_ASA,
                  "No trustpoint has a certificate.\n");
}

static void CRLs_are_shown_as_an_asa_shows_them_and_with_what_is_not_there(void **state)
{
    (void)state;
    expect_screen("{\"record\":\"crl\",\"trustpoint\":\"LAB\",\"status\":\"Available\",\"issuer\":\"CN = root\","
                  "\"last_update\":1577836800,\"next_update\":4733510399,\"revoked\":2,\"bytes\":474,"
                  "\"url\":\"http://a.example.net/root.crl\",\"next_attempt_s\":60}\n"
                  "{\"record\":\"crl\",\"trustpoint\":\"FILES\",\"status\":\"Expired\",\"issuer\":\"CN = other\","
                  "\"last_update\":1577836800,\"revoked\":0,\"bytes\":300}\n"
                  "{\"record\":\"crl\",\"trustpoint\":\"LAB\",\"status\":\"None\","
                  "\"url\":\"http://b.example.net/root.crl\",\"attempt\":\"nobody answers there\","
                  "\"next_attempt_s\":7}\n",
                  (struct control_request){.id = CONTROL_SHOW_CRLS}, DIALECT_ASA,
                  "CRL Issuer Name: \n"
                  "    CN = root\n"
                  "    LastUpdate: 00:00:00 UTC Jan 1 2020\n"
                  "    NextUpdate: 23:59:59 UTC Dec 31 2119\n"
                  "    Retrieved from CRL Distribution Point: \n"
                  "      http://a.example.net/root.crl\n"
                  "    Size (bytes): 474\n"
                  "    Revoked certificates: 2\n"
                  "    Status: Available\n"
                  "    Fetched again in: 60 s\n"
                  "    Associated Trustpoints: LAB \n"
                  "\n"
                  "CRL Issuer Name: \n"
                  "    CN = other\n"
                  "    LastUpdate: 00:00:00 UTC Jan 1 2020\n"
                  "    Size (bytes): 300\n"
                  "    Revoked certificates: 0\n"
                  "    Status: Expired\n"
                  "    Associated Trustpoints: FILES \n"
                  "\n"
                  "CRL Issuer Name: \n"
                  "    Retrieved from CRL Distribution Point: \n"
                  "      http://b.example.net/root.crl\n"
                  "    Status: None\n"
                  "    Last attempt: nobody answers there\n"
                  "    Fetched again in: 7 s\n"
                  "    Associated Trustpoints: LAB \n"
                  "\n");
    expect_screen("", (struct control_request){.id = CONTROL_SHOW_CRLS}, DIALECT_ASA, "No trustpoint has a CRL.\n");
}

static void the_version_counts_crypto_map_entries(void **state)
{
    static const struct {
        unsigned run, parked;
        const char *line;
    } cases[] = {{1, 0, "1 crypto map entry is run, 0 are parked"},
                 {2, 1, "2 crypto map entries are run, 1 is parked"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char record[256], screen[256];

        snprintf(record, sizeof record,
                 "{\"record\":\"gateway\",\"hostname\":\"west\",\"version\":\"1\",\"file\":\"a.conf\",\"uptime_s\":5,"
                 "\"tunnels\":%u,\"parked\":%u}",
                 cases[i].run, cases[i].parked);
        snprintf(screen, sizeof screen, "ikewise 1 on west, up 5s\nconfiguration a.conf: %s\n", cases[i].line);
        expect_screen(record, (struct control_request){.id = CONTROL_SHOW_VERSION}, DIALECT_ASA, screen);
    }
}

static void steps_show_their_payloads_in_few_words(void **state)
{
    static const struct {
        const char *record, *line;
    } cases[] = {
        {"{\"record\":\"step\",\"elapsed_ms\":1000,\"direction\":\"sent\",\"again\":true,\"payloads\":\"HDR + SA (1) + "
         "VENDOR "
         "(13) + VENDOR (13) + NONE (0)\",\"length\":188,\"state\":\"MM_WAIT_MSG2\"}",
         "   1.000  --> SA, 2 VENDOR  188 bytes, again  [MM_WAIT_MSG2]\n"},
        {"{\"record\":\"step\",\"elapsed_ms\":7,\"direction\":\"received\",\"exchange\":\"QM\",\"message\":2,"
         "\"payloads\":\"HDR "
         "+ HASH (8) + ID (5) + ID (5) + NONE (0)\",\"length\":52}",
         "   0.007  <-- QM   2  HASH, 2 ID  52 bytes\n"},
        {"{\"record\":\"step\",\"elapsed_ms\":7,\"direction\":\"none\",\"sentence\":\"the ISAKMP SA is up\"}",
         "   0.007   .  the ISAKMP SA is up\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_screen(cases[i].record, (struct control_request){.id = CONTROL_UP}, DIALECT_ASA, cases[i].line);
}

/* A record of that kind with every column set. */
static struct control_record full_record(enum control_record_kind kind)
{
    struct control_record r = control_record_of(kind);
    enum control_column first;
    size_t count;

    control_record_columns(kind, &first, &count);
    for (size_t i = 0; i < count; i++) {
        enum control_column column = (enum control_column)((size_t)first + i);

        switch (control_column_info(column)->type) {
        case COLUMN_NUMBER:
        case COLUMN_SPI: record_set_number(&r, column, 1000 + i); break;
        case COLUMN_FLAG: record_set_flag(&r, column, true); break;
        case COLUMN_TEXT: record_set_text(&r, column, "text"); break;
        }
    }
    return r;
}

static struct reply full_reply(void)
{
    struct reply reply = {0};

    for (size_t kind = 0; kind < RECORD_COUNT; kind++) {
        struct control_record r = full_record((enum control_record_kind)kind);

        reply_add(&reply, &r);
    }
    return reply;
}

/* A field of screens.def that no table has stops the program (CHECK). */
static void every_line_of_every_screen_can_be_printed(void **state)
{
    static const enum dialect dialects[] = {DIALECT_ASA, DIALECT_ASA8, DIALECT_IOS, DIALECT_IOS12, DIALECT_IOS124};
    struct reply reply = full_reply();
    FILE *out = fopen("/dev/null", "w");

    (void)state;
    CHECK(out);
    for (size_t id = 0; id < CONTROL_REQUEST_COUNT; id++) {
        for (size_t d = 0; d < COUNT_OF(dialects); d++) {
            for (int form = 0; form < 4; form++) {
                struct control_request request = {.id = (enum control_request_id)id, .is_detail = form & 1};
                struct screen_view view = {.dialect = dialects[d], .is_detail = form & 1, .is_full = form & 2};

                screen_write(out, &reply, &request, &view);
                screen_write(out, &(struct reply){0}, &request, &view);
            }
        }
    }
    fclose(out);
    reply_free(&reply);
}

static void json_has_the_names_of_the_table(void **state)
{
    struct reply reply = full_reply();
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    json_error_t error;

    (void)state;
    json_write(out, &reply, "SHOW_ISAKMP_SA");
    fclose(out);

    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "ikewise-show/1");
    assert_string_equal(json_string_value(json_object_get(root, "command")), "show_isakmp_sa");
    for (size_t kind = 0; kind < RECORD_COUNT; kind++) {
        const char *list = control_record_list((enum control_record_kind)kind);
        const json_t *value = json_object_get(root, *list ? list : control_record_name((enum control_record_kind)kind));
        enum control_column first;
        size_t count;

        value = *list ? json_array_get(value, 0) : value;
        control_record_columns((enum control_record_kind)kind, &first, &count);
        for (size_t i = 0; i < count; i++)
            assert_non_null(json_object_get(value, control_column_info(first + i)->name));
    }
    const json_t *tunnel = json_array_get(json_object_get(root, "tunnels"), 0);

    assert_string_equal(json_string_value(json_object_get(tunnel, "spi_in")), "0x00000401");
    json_decref(root);
    free(text);
    reply_free(&reply);
}

static void every_record_is_read_as_it_is_written(void **state)
{
    static char space[RECORD_LINE_SIZE];

    (void)state;
    for (size_t kind = 0; kind < RECORD_COUNT; kind++) {
        struct control_record written = full_record((enum control_record_kind)kind), read;
        struct text t = text_of(space, sizeof space);

        text_add_record(&t, &written);
        CHECK(reply_read_line(&read, bytes_of(t.data, t.len)));
        CHECK(memcmp(&written, &read, sizeof read) == 0);
    }
}

static void what_is_not_a_record_is_refused(void **state)
{
    static const struct {
        const char *line;
        bool is_good;
        const char *why;
    } cases[] = {
        {"{\"record\":\"done\",\"count\":1}", true, "a record"},
        {"{\"record\":\"done\",\"later\":[1]}", true, "a newer gateway may say more"},
        {"", false, "nothing"},
        {"[]", false, "not an object"},
        {"{\"record\":\"other\"}", false, "an unknown kind"},
        {"{\"record\":7}", false, "a kind that is no text"},
        {"{\"record\":\"done\",\"count\":-1}", false, "a negative number"},
        {"{\"record\":\"done\",\"count\":\"1\"}", false, "a text for a number"},
        {"{\"record\":\"tunnel\",\"spi_in\":\"0x12z\"}", false, "an SPI that is none"},
        {"{\"record\":\"tunnel\",\"weak\":1}", false, "a number for a flag"},
        {"{\"record\":\"tunnel\",\"peer\":\"\\u0000\"}", false, "a zero byte"},
    };
    static struct control_record r;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (reply_read_line(&r, bytes_of_text(cases[i].line)) != cases[i].is_good)
            fail_msg("%s", cases[i].why);
    }
    CHECK(reply_read_line(&r, bytes_of_text("{\"record\":\"tunnel\",\"peer\":\"\\u001b[2J\"}")));
    assert_string_equal(record_text(&r, COL_tunnel_peer), "\\x1b[2J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_asa_does_not_list_what_is_dead_and_counts_what_is_replaced_apart),
        cmocka_unit_test(ipsec_sas_in_detail_look_as_on_ios),
        cmocka_unit_test(drops_of_a_pair_are_counted_apart_in_detail),
        cmocka_unit_test(a_pair_that_is_replaced_stays_in_its_entry),
        cmocka_unit_test(the_pair_that_was_begun_last_is_current),
        cmocka_unit_test(each_direction_of_a_pair_says_what_is_particular_to_it),
        cmocka_unit_test(tunnels_are_shown_with_their_reason),
        cmocka_unit_test(an_end_is_no_failure),
        cmocka_unit_test(attempts_with_a_stranger_say_that_no_tunnel_is_configured),
        cmocka_unit_test(certificates_are_shown_as_an_asa_shows_them),
        cmocka_unit_test(CRLs_are_shown_as_an_asa_shows_them_and_with_what_is_not_there),
        cmocka_unit_test(the_version_counts_crypto_map_entries),
        cmocka_unit_test(steps_show_their_payloads_in_few_words),
        cmocka_unit_test(every_line_of_every_screen_can_be_printed),
        cmocka_unit_test(json_has_the_names_of_the_table),
        cmocka_unit_test(every_record_is_read_as_it_is_written),
        cmocka_unit_test(what_is_not_a_record_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
