/* What each screen shows can be cleared where the devices can clear it: every `show` of requests.def has a row here. */
#include "server.h"

static void each_screen_has_what_clears_it_or_a_reason_why_nothing_does(void **state)
{
    static const struct {
        enum control_request_id show;
        const char *clear; /* NULL: nothing does */
        const char *why;
    } rows[] = {
        {CONTROL_SHOW_ISAKMP_SA, "clear crypto isakmp sa", "and with a peer or a conn-id"},
        {CONTROL_SHOW_ISAKMP_COUNT, "clear crypto isakmp", "as on a router"},
        {CONTROL_SHOW_IKEV1_SA, "clear crypto ikev1 sa", "8.4 and later"},
        {CONTROL_SHOW_IPSEC_SA, "clear crypto ipsec sa", "the SAs"},
        {CONTROL_SHOW_IPSEC_SA, "clear crypto ipsec sa counters", "only what is counted"},
        {CONTROL_SHOW_IPSEC_ENTRY, "clear crypto ipsec sa entry 192.0.2.1 esp 0x5678", "one"},
        {CONTROL_SHOW_IPSEC_IDENTITY, "clear crypto ipsec sa peer 192.0.2.1", "of one peer"},
        {CONTROL_SHOW_IPSEC_MAP, "clear crypto ipsec sa map MAP", "of one crypto map"},
        {CONTROL_SHOW_IPSEC_SPI, "clear crypto ipsec sa spi 0x1234", "one"},
        {CONTROL_SHOW_IPSEC_INTERFACE, "clear crypto ipsec sa inactive", "what carries nothing any more: none"},
        {CONTROL_SHOW_IPSEC_ADDRESS, "clear crypto ipsec sa", "the SAs"},
        {CONTROL_SHOW_TUNNEL, "clear crypto session remote 192.0.2.1", "its SAs; what became of it stays"},
        {CONTROL_SHOW_WHY, NULL, "what has happened is not taken back"},
        {CONTROL_SHOW_STATES, NULL, "what has happened is not taken back"},
        {CONTROL_SHOW_SESSIONDB, "vpn-sessiondb logoff l2l", "an ASA ends sessions, it does not clear them"},
        {CONTROL_SHOW_SESSIONDB_RA, "vpn-sessiondb logoff ra-ikev1-ipsec noconfirm", "the same"},
        {CONTROL_SHOW_SESSIONDB_INDEX, "vpn-sessiondb logoff index 1", "the same"},
        {CONTROL_SHOW_SESSIONDB_SUMMARY, NULL, "what was since the start; an ASA has no word for it either"},
        {CONTROL_SHOW_SESSIONDB_LICENSE, NULL, "the same"},
        {CONTROL_SHOW_RATIO_ENCRYPTION, "vpn-sessiondb logoff all", "sessions that there are"},
        {CONTROL_SHOW_RATIO_PROTOCOL, "vpn-sessiondb logoff all", "the same"},
        {CONTROL_SHOW_PEERS, "clear crypto isakmp", "those that there is an SA with"},
        {CONTROL_SHOW_PROFILES, NULL, "configuration: clear configure tunnel-group"},
        {CONTROL_SHOW_FAILURES, NULL, "what has happened is not taken back"},
        {CONTROL_SHOW_USERS, NULL, "whoever is there leaves by himself"},
        {CONTROL_SHOW_KEYS, NULL, "configuration: clear configure tunnel-group"},
        {CONTROL_SHOW_LIFETIME, NULL, "configuration"},
        {CONTROL_SHOW_TRANSFORMS, NULL, "configuration: clear configure crypto ipsec ikev1 transform-set"},
        {CONTROL_SHOW_ADMISSION, NULL, "what was since the start"},
        {CONTROL_SHOW_DYNAMIC_MAP, NULL, "configuration: clear configure crypto dynamic-map"},
        {CONTROL_SHOW_TRUSTPOINTS, NULL, "configuration: clear configure crypto ca trustpoint"},
        {CONTROL_SHOW_XLATE, "clear conn", "a translation lives with its connection"},
        {CONTROL_SHOW_TRANSLATIONS, "clear conn", "the same"},
        {CONTROL_SHOW_IP_ADDRESS, NULL, "configuration: clear configure interface"},
        {CONTROL_SHOW_NAMEIF, NULL, "configuration: clear configure interface"},
        {CONTROL_SHOW_DF_BIT, NULL, "configuration: clear configure crypto ipsec"},
        {CONTROL_SHOW_FRAGMENTATION, NULL, "the same"},
        {CONTROL_SHOW_IP_INTERFACE, "clear interface outside", "nothing of it is counted"},
        {CONTROL_SHOW_VPN_CONTEXT, "clear crypto ipsec sa counters", "contexts live with their SAs"},
        {CONTROL_SHOW_CLASSIFY, "clear crypto ipsec sa counters", "its hits are those of the pairs"},
        {CONTROL_SHOW_CLASSIFY_DOMAIN, "clear crypto ipsec sa counters", "the same"},
        {CONTROL_SHOW_DROPS, "clear asp drop", "counted"},
        {CONTROL_SHOW_DROPS_FRAME, "clear asp drop", "both sections at once"},
        {CONTROL_SHOW_DROPS_FLOW, "clear asp drop", "both sections at once"},
        {CONTROL_SHOW_KEYPAIRS, NULL, "crypto key zeroize throws them away"},
        {CONTROL_SHOW_NAT, "clear nat counters", "counted"},
        {CONTROL_SHOW_XLATE_COUNT, "clear xlate", "the same"},
        {CONTROL_SHOW_CONN, "clear conn", "and with an address"},
        {CONTROL_SHOW_CONN_COUNT, "clear conn address 10.1.0.5", "the same"},
        {CONTROL_SHOW_ACCESS_LIST, "clear access-list VPN counters", "counted"},
        {CONTROL_SHOW_ACCESS_LIST, "clear access-list counters VPN", "as on a router"},
        {CONTROL_SHOW_ACCESS_LISTS, "clear access-list counters", "as on a router"},
        {CONTROL_SHOW_NAT_STATISTICS, "clear nat counters", "of the rules; connections: clear conn"},
        {CONTROL_SHOW_CAPTURE, "clear capture /all", "and with a name"},
        {CONTROL_SHOW_CAPTURE_DECODE, "clear capture /all", "the same packets"},
        {CONTROL_SHOW_CAPTURE_DUMP, "clear capture /all", "the same packets"},
        {CONTROL_SHOW_IKE_STATS, "clear crypto ikev1 stats", "counted"},
        {CONTROL_SHOW_IPSEC_STATS, "clear crypto ipsec stats", "counted"},
        {CONTROL_SHOW_PROTOCOL_STATS, "clear crypto protocol statistics ikev1", "counted"},
        {CONTROL_SHOW_PROTOCOL_IPSEC, "clear crypto protocol statistics ipsec", "counted"},
        {CONTROL_SHOW_PROTOCOL_ALL, "clear crypto protocol statistics all", "both"},
        {CONTROL_SHOW_LOGGING, "clear logging buffer", "an ASA's"},
        {CONTROL_SHOW_LOGGING, "clear logging", "a router's"},
        {CONTROL_SHOW_JOURNAL, NULL, "evidence; the newest pushes out the oldest"},
        {CONTROL_SHOW_JOURNAL_KEYS, NULL, "the same"},
        {CONTROL_SHOW_SESSION, "clear crypto session", "a router's"},
        {CONTROL_SHOW_CONNECTIONS, "clear crypto sa counters", "a router's"},
        {CONTROL_SHOW_POLICY, NULL, "configuration: clear configure crypto ikev1 policy"},
        {CONTROL_SHOW_MAP, NULL, "configuration: clear configure crypto map"},
        {CONTROL_SHOW_ROUTE, NULL, "an ASA clears what it has learned from other routers; these are the system's"},
        {CONTROL_SHOW_OBJECT, NULL, "configuration: clear configure object"},
        {CONTROL_SHOW_OBJECT_NETWORK, NULL, "configuration: clear configure object network"},
        {CONTROL_SHOW_OBJECT_SERVICE, NULL, "configuration: clear configure object service"},
        {CONTROL_SHOW_OBJECT_ID, NULL, "configuration: clear configure object"},
        {CONTROL_SHOW_OBJECT_GROUP, NULL, "configuration: clear configure object-group"},
        {CONTROL_SHOW_GROUP_NETWORK, NULL, "configuration: clear configure object-group network"},
        {CONTROL_SHOW_GROUP_SERVICE, NULL, "configuration: clear configure object-group service"},
        {CONTROL_SHOW_GROUP_PROTOCOL, NULL, "configuration: clear configure object-group protocol"},
        {CONTROL_SHOW_GROUP_ICMP, NULL, "configuration: clear configure object-group icmp-type"},
        {CONTROL_SHOW_GROUP_ID, NULL, "configuration: clear configure object-group"},
        {CONTROL_SHOW_SLA_CONFIGURATION, NULL, "configuration: clear configure sla monitor"},
        {CONTROL_SHOW_SLA_STATE, NULL, "an entry that begins anew counts anew"},
        {CONTROL_SHOW_TRACK, NULL, "configuration: no track"},
        {CONTROL_SHOW_ARP, "clear arp", "an ASA's"},
        {CONTROL_SHOW_ARP, "clear arp-cache", "a router's"},
        {CONTROL_SHOW_INTERFACE, "clear interface outside", "an ASA's"},
        {CONTROL_SHOW_INTERFACE, "clear counters", "a router's"},
        {CONTROL_SHOW_INTERFACE_BRIEF, "clear interface GigabitEthernet0/0",
         "by the other name; nothing here is counted"},
        {CONTROL_SHOW_CERTIFICATES, NULL, "configuration: clear configure crypto ca trustpoint"},
        {CONTROL_SHOW_CRLS, "clear crypto ca crls", "and with a trustpoint; those of files stay"},
        {CONTROL_SHOW_VERSION, NULL, "there is nothing to clear"},
        {CONTROL_SHOW_RUNNING, NULL, "clear configure"},
        {CONTROL_SHOW_STARTUP, NULL, "a file"},
        {CONTROL_SHOW_DEBUG_LOG, NULL, "evidence; the newest pushes out the oldest"},
        {CONTROL_SHOW_CONDITION, "debug crypto condition reset", "the devices say it so"},
        {CONTROL_SHOW_DEBUG, "undebug all", "the devices say it so"},
    };
    bool has_row[CONTROL_REQUEST_COUNT] = {false};
    enum control_request_id id;

    (void)state;
    gateway.pair_count = gateway.sa_count = 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply reply = {0};

        has_row[rows[i].show] = true;
        if (rows[i].clear != NULL && ask(rows[i].clear, &reply) != CLIENT_DONE)
            fail_msg("%s: %s", rows[i].clear, text_of_first(&reply, RECORD_error, COL_error_sentence));
        reply_free(&reply);
    }
    for (size_t i = 0; control_spelling(i, &id) != NULL; i++) {
        if (strncmp(control_spelling(i, NULL), "show ", 5) == 0 && control_request_info(id)->where == CONTROL_GATEWAY &&
            !has_row[id])
            fail_msg("%s has no row", control_spelling(i, NULL));
    }
}

/* Two ISAKMP SAs with 192.0.2.1, whose pair comes in with 0x1234 and goes out with 0x5678. */
static void a_clear_means_what_it_names(void **state)
{
    static const struct {
        const char *line;
        struct ike_command last;
        unsigned command_count;
        const char *error; /* NULL: none */
    } rows[] = {
        {"clear crypto isakmp sa 2", {.kind = IKE_CLEAR_SA, .number = 2}, 1, NULL},
        {"clear crypto isakmp 1", {.kind = IKE_CLEAR_SA, .number = 1}, 1, NULL},
        {"clear crypto isakmp", {.kind = IKE_CLEAR_ISAKMP}, 1, NULL},
        {"clear crypto isakmp sa 3", {0}, 0, "NO_SUCH_SA"},
        {"clear crypto ipsec sa map MAP", {.kind = IKE_CLEAR_TUNNEL, .tunnel = 1}, 2, NULL},
        {"clear crypto ipsec sa map OTHER", {0}, 0, "NO_SUCH_MAP"},
        {"clear crypto ipsec sa entry 192.0.2.1 esp 0x5678", {.kind = IKE_CLEAR_PAIR, .number = 0x1234}, 1, NULL},
        {"clear crypto sa entry 192.0.2.1 esp 22136", {.kind = IKE_CLEAR_PAIR, .number = 0x1234}, 1, NULL},
        {"clear crypto ipsec sa entry 192.0.2.1 esp 0x1234", {0}, 0, "NO_SUCH_SA"},
        {"clear crypto ipsec sa entry 192.0.2.9 esp 0x5678", {0}, 0, "NO_SUCH_SA"},
        {"clear ipsec sa spi 0x1234", {.kind = IKE_CLEAR_PAIR, .number = 0x1234}, 1, NULL},
        {"clear ipsec sa spi 0x5678", {.kind = IKE_CLEAR_PAIR, .number = 0x1234}, 1, NULL},
        {"clear ipsec sa spi 1", {0}, 0, "NO_SUCH_SA"},
        {"clear interface inside", {0}, 0, "NO_SUCH_INTERFACE"},
        {"clear capture nobody", {0}, 0, "NO_SUCH_CAPTURE"},
        {"show interface inside", {0}, 0, "NO_SUCH_INTERFACE"},
    };

    (void)state;
    gateway.sa_count = 2;
    gateway.pair_count = 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply reply;

        gateway.command = (struct ike_command){0};
        gateway.command_count = 0;
        assert_int_equal(ask(rows[i].line, &reply), rows[i].error == NULL ? CLIENT_DONE : CLIENT_REFUSED);
        if (rows[i].error != NULL)
            assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), rows[i].error);
        assert_int_equal(gateway.command_count, rows[i].command_count);
        assert_int_equal(gateway.command.kind, rows[i].last.kind);
        assert_int_equal(gateway.command.number, rows[i].last.number);
        assert_int_equal(gateway.command.tunnel, rows[i].last.tunnel);
        reply_free(&reply);
    }
    assert_int_equal(gateway.arp_clearings, 0);
}

/* The first of the two sessions is anna's. */
static void a_logoff_ends_the_sessions_that_it_names_and_counts_them(void **state)
{
    static const struct {
        const char *line;
        unsigned sessions;
        enum ike_command_kind last;
    } rows[] = {
        {"vpn-sessiondb logoff all", 2, IKE_DOWN},
        {"vpn-sessiondb logoff tunnel-group west-east noconfirm", 2, IKE_DOWN},
        {"vpn-sessiondb logoff tunnel-group west", 0, IKE_UP},
        {"vpn-sessiondb logoff name anna", 1, IKE_CLEAR_SA},
        {"vpn-sessiondb logoff name ann", 0, IKE_UP},
        {"vpn-sessiondb logoff index 1", 1, IKE_CLEAR_SA},
        {"vpn-sessiondb logoff index 2", 1, IKE_DOWN},
        {"vpn-sessiondb logoff index 3", 0, IKE_UP},
        {"vpn-sessiondb logoff l2l", 1, IKE_DOWN},
        {"vpn-sessiondb logoff ra-ikev1-ipsec", 1, IKE_CLEAR_SA},
        {"vpn-sessiondb logoff ipaddress 192.0.2.1", 2, IKE_DOWN},
        {"vpn-sessiondb logoff ipaddress 192.0.2.2", 0, IKE_UP},
        {"vpn-sessiondb logoff ipaddress 10.60.200.11", 1, IKE_CLEAR_SA},
    };

    (void)state;
    gateway.sa_count = 2;
    gateway.user_count = 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply reply;

        gateway.command = (struct ike_command){.kind = IKE_UP};
        gateway.command_count = 0;
        assert_int_equal(ask(rows[i].line, &reply), CLIENT_DONE);
        assert_int_equal(record_number(reply_find(&reply, RECORD_logged_off), COL_logged_off_sessions),
                         rows[i].sessions);
        assert_int_equal(gateway.command_count, rows[i].sessions);
        assert_int_equal(gateway.command.kind, rows[i].last);
        reply_free(&reply);
    }
}

/* Of the pairs those that are asked for, and no others. */
static void a_screen_of_pairs_shows_those_that_it_names(void **state)
{
    static const struct {
        const char *line;
        unsigned pairs;
    } rows[] = {
        {"show crypto ipsec sa", 1},
        {"show crypto ipsec sa map MAP", 1},
        {"show crypto ipsec sa map OTHER", 0},
        {"show crypto ipsec sa spi 0x1234", 1},
        {"show ipsec sa spi 0x5678 detail", 1},
        {"show ipsec sa spi 0x9", 0},
        {"show ipsec sa entry", 1},
        {"show ipsec sa identity detail", 1},
        {"show ipsec sa peer 192.0.2.1", 1},
        {"show ipsec sa peer 192.0.2.2", 0},
    };

    (void)state;
    gateway.pair_count = 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply reply;

        assert_int_equal(ask(rows[i].line, &reply), CLIENT_DONE);
        assert_int_equal(record_number(reply_find(&reply, RECORD_done), COL_done_count), rows[i].pairs);
        reply_free(&reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_screen_has_what_clears_it_or_a_reason_why_nothing_does, start, end),
        cmocka_unit_test_setup_teardown(a_clear_means_what_it_names, start, end),
        cmocka_unit_test_setup_teardown(a_logoff_ends_the_sessions_that_it_names_and_counts_them, start, end),
        cmocka_unit_test_setup_teardown(a_screen_of_pairs_shows_those_that_it_names, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
