/* Users on the screens, as reference/cisco/show.md has them (1.1: an SA of type user), of real engines in a simulated
 * world: who it is, which address he has, of which group he is. */
#include "cli/seeds.h"

#include "cli/screen.h"

static const struct sim_site gateway = {.address = 0xc6336401, /* 198.51.100.1 */
                                        SEED_ALGORITHMS,
                                        .serves_users = true,
                                        .group_name = "STAFF",
                                        .peers = {{.address = 0xc6336402,
                                                   .key = "the same key at both ends, long enough",
                                                   .local_net = 0x0a010000,
                                                   .remote_net = 0x0a020000}}};
static struct sim_site client;

static void make_world(const char *password)
{
    client = gateway;
    client.address = 0xc6336402; /* 198.51.100.2 */
    client.serves_users = false;
    client.key_id = "STAFF";
    client.group_name = NULL;
    client.user = SIM_USER;
    client.password = password;
    client.peers[0].address = gateway.address;
    seed_world();
    seed.dialect = "asa";
}

/* Without what tells the time, and what stands below the first part of the details. */
static void expect_session(const char *command, const char *expected)
{
    char *screen = seed_screen(command), *time = strstr(screen, "Login Time");

    if (time != NULL)
        strcpy(time, "\n");
    assert_string_equal(screen, expected);
    free(screen);
}

/* He has come, or was refused: as the device that the screens are of sees him, or as he sees it. */
static void bring_user(const char *password, bool is_device_gateway)
{
    make_world(password);
    sim_site(seed.sim, DEVICE, is_device_gateway ? &gateway : &client);
    sim_site(seed.sim, PEER, is_device_gateway ? &client : &gateway);
    sim_acquire(seed.sim, is_device_gateway ? PEER : DEVICE, 0);
    seed_run_to(5000);
}

static void expect_line(const char *command, const char *line)
{
    char *screen = seed_screen(command);

    if (!strstr(screen, line))
        fail_msg("%s%s", screen, line);
    free(screen);
}

static void a_user_is_one_on_the_screens_of_his_gateway(void **state)
{
    (void)state;
    bring_user(SIM_PASSWORD, true);
    seed_expect("show crypto ikev1 sa", "\n"
                                        "IKEv1 SAs:\n"
                                        "\n"
                                        "   Active SA: 1\n"
                                        "    Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
                                        "Total IKE SA: 1\n"
                                        "\n"
                                        "1   IKE Peer: 198.51.100.2\n"
                                        "    Type    : user            Role    : responder \n"
                                        "    Rekey   : no              State   : AM_ACTIVE \n");
    expect_session("show vpn-sessiondb ra-ikev1-ipsec",
                   "\n"
                   "Session Type: IKEv1 IPsec\n"
                   "\n"
                   "Username     : alice                  Index        : 1\n"
                   "Assigned IP  : 10.60.200.11           Public IP    : 198.51.100.2\n"
                   "Protocol     : IKEv1 IPsec\n"
                   "Encryption   : IKEv1: (1)AES256  IPsec: (1)AES256\n"
                   "Hashing      : IKEv1: (1)SHA1  IPsec: (1)SHA1\n"
                   "Bytes Tx     : 0                      Bytes Rx     : 0\n"
                   "Group Policy : DfltGrpPolicy          Tunnel Group : STAFF\n"
                   "\n");
    expect_session("show vpn-sessiondb detail ra-ikev1-ipsec",
                   "\n"
                   "Session Type: IKEv1 IPsec Detailed\n"
                   "\n"
                   "Username     : alice                  Index        : 1\n"
                   "Assigned IP  : 10.60.200.11           Public IP    : 198.51.100.2\n"
                   "Protocol     : IKEv1 IPsec\n"
                   "Encryption   : IKEv1: (1)AES256  IPsec: (1)AES256\n"
                   "Hashing      : IKEv1: (1)SHA1  IPsec: (1)SHA1\n"
                   "Bytes Tx     : 0                      Bytes Rx     : 0\n"
                   "Group Policy : DfltGrpPolicy          Tunnel Group : STAFF\n"
                   "\n");
    expect_session("show vpn-sessiondb l2l", "INFO: There are presently no active sessions of the type specified\n");
    expect_line("show vpn-sessiondb", "IKEv1 IPsec/L2TP IPsec       :      1 :          1 :           1\n");
    expect_line("show vpn-sessiondb", "IKEv1                        :      1 :          1 :               1\n");
    expect_line("show vpn-sessiondb", "IPsec                        :      1 :          1 :               1\n");
}

/* The form of a user's pair: whose it is, what he was given, and RA in place of L2L. */
static void his_pair_says_whose_it_is(void **state)
{
    char *screen;

    (void)state;
    bring_user(SIM_PASSWORD, true);
    screen = seed_screen("show crypto ipsec sa");
    assert_non_null(strstr(screen, "      remote ident (addr/mask/prot/port): (10.60.200.11/255.255.255.255/0/0)\n"
                                   "      current_peer: 198.51.100.2, username: alice\n"
                                   "      dynamic allocated peer ip: 10.60.200.11\n"));
    assert_non_null(strstr(screen, "in use settings ={RA, Tunnel, "));
    assert_null(strstr(screen, "L2L"));
    free(screen);
}

static void who_is_refused_has_no_session(void **state)
{
    (void)state;
    bring_user("looking-glass", true);
    expect_session("show vpn-sessiondb ra-ikev1-ipsec",
                   "INFO: There are presently no active sessions of the type specified\n");
}

/* For the client his gateway is no user of his. */
static void a_client_has_an_sa_of_type_user_and_serves_nobody(void **state)
{
    char *screen;

    (void)state;
    bring_user(SIM_PASSWORD, false);
    screen = seed_screen("show crypto ikev1 sa");
    assert_non_null(strstr(screen, "1   IKE Peer: 198.51.100.1\n"
                                   "    Type    : user            Role    : initiator \n"));
    free(screen);
    expect_session("show vpn-sessiondb ra-ikev1-ipsec",
                   "INFO: There are presently no active sessions of the type specified\n");
}

/* ---- two users behind one NAT ---- */

static void add_user(struct reply *reply, const char *name, const char *assigned, uint64_t bytes)
{
    struct control_record sa = control_record_of(RECORD_isakmp_sa), pair = control_record_of(RECORD_ipsec_pair);
    char ident[64];

    snprintf(ident, sizeof ident, "%s/255.255.255.255/0/0", assigned);
    record_set_text(&sa, COL_isakmp_sa_peer, "198.51.100.2");
    record_set_text(&sa, COL_isakmp_sa_type, "user");
    record_set_text(&sa, COL_isakmp_sa_role, "responder");
    record_set_text(&sa, COL_isakmp_sa_username, name);
    record_set_text(&sa, COL_isakmp_sa_assigned, assigned);
    record_set_text(&sa, COL_isakmp_sa_encryption, "aes-256");
    record_set_text(&pair, COL_ipsec_pair_peer, "198.51.100.2");
    record_set_text(&pair, COL_ipsec_pair_remote_ident, ident);
    record_set_number(&pair, COL_ipsec_pair_bytes_out, bytes);
    reply_add(reply, &sa);
    reply_add(reply, &pair);
}

static void users_behind_one_address_have_each_their_own_traffic(void **state)
{
    struct reply reply = {0};
    struct screen_view view = {.dialect = DIALECT_ASA};
    char *screen;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    (void)state;
    add_user(&reply, "alice", "10.60.200.1", 111);
    add_user(&reply, "bob", "10.60.200.10", 222);
    screen_sessiondb(out, &reply, CONTROL_SESSION_USER, &view);
    CHECK(fclose(out) == 0);
    const char *alice = strstr(screen, "Username     : alice"), *bob = strstr(screen, "Username     : bob");

    CHECK(alice != NULL && bob != NULL);
    CHECK(strstr(alice, "Bytes Tx     : 111 ") < bob && strstr(alice, "Bytes Tx     : 111 ") != NULL);
    CHECK(strstr(bob, "Bytes Tx     : 222 ") != NULL);
    free(screen);
    reply_free(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_is_one_on_the_screens_of_his_gateway, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(his_pair_says_whose_it_is, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(who_is_refused_has_no_session, seed_start, seed_end),
        cmocka_unit_test_setup_teardown(a_client_has_an_sa_of_type_user_and_serves_nobody, seed_start, seed_end),
        cmocka_unit_test(users_behind_one_address_have_each_their_own_traffic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
