/* What an engine says, as an ASA would, of peers that are not as they should be; of the payloads of sealed messages the
 * tests of the attack list say it (test_hostile_proof, _quick, _users, test_signature). */
#include "asa_words.h"

#include "sim/world.h"

#include <errno.h>

#define OFFER(method, group)                                                                                           \
    SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 8003" method "8004" group         \
            "800b0001 000c0004 00015180"

static void inject(struct sim *sim, uint32_t site, struct bytes datagram)
{
    sim_inject(sim, site, end_of(!site), end_of(site), datagram);
}

static struct bytes first_message(const char *offer)
{
    static struct body body;
    const struct lie part = {PL_SA, hex(&body, offer)};

    return message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1);
}

static void an_offer_that_no_policy_could_take_is_named(void **state)
{
    static const struct {
        const char *offer, *says;
    } cases[] = {
        {OFFER("0001", "0063"), "713118: Detected invalid Diffie-Helmann group_descriptor 99, in IKE area"},
        {OFFER("0003", "0013"), "713165: Client IKE Auth mode differs from the group's configured Auth mode"},
        {OFFER("0001", "0002"), "713048: Error processing payload: Payload ID: 1\n713903: Message dropped: NO_POLICY"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world(1, &west, &east);

        listen_to_asa(sim);
        inject(sim, EAST, first_message(cases[i].offer));
        expect_said(cases[i].says);
        expect_said("713904: All SA proposals found unacceptable");
    }
    expect_not_said("713118");
    expect_not_said("713165");
}

static void a_peer_without_a_user_in_a_group_for_users_is_named(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    e.serves_users = true;
    e.group_name = w.key_id = "staff";
    w.is_aggressive = true;
    struct sim *sim = world(2, &w, &e);
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    expect_said("713127: Xauth required but selected Proposal does not support xauth, Check priorities of ike xauth "
                "proposals in ike proposal list");
}

static void a_peer_that_no_group_is_for_is_named(void **state)
{
    struct sim_site e = east;

    (void)state;
    e.peers[0].key = "";
    struct sim *sim = world(3, &west, &e);
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    expect_said("713022: No Group found matching 192.0.2.1 for Pre-shared key peer 192.0.2.1");
}

static void an_answer_without_a_cookie_is_named(void **state)
{
    struct sim *sim = world(4, &west, &east);

    (void)state;
    sim_acquire(sim, WEST, 0);
    struct bytes ours = sim_datagram(sim, 0)->data;
    listen_to_asa_at(sim, WEST);
    inject(sim, WEST, ours);
    expect_said("713178: IKE Initiator received a packet from its peer without a Responder cookie");
}

static void another_first_message_with_the_cookie_of_one_before_is_named(void **state)
{
    struct sim *sim = world(5, &west, &east);

    (void)state;
    inject(sim, EAST, first_message(OFFER("0001", "0013")));
    listen_to_asa(sim);
    inject(sim, EAST, first_message(OFFER("0001", "0013")));
    expect_said("713201: Duplicate Phase 1 packet detected.  Retransmitting last packet.");
    expect_not_said("713043");
    inject(sim, EAST, first_message(OFFER("0001", "0014")));
    expect_said("713043: Cookie/peer address 192.0.2.1 session already in progress");
}

static void a_first_message_that_comes_again_while_it_is_worked_on_is_ignored(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.is_aggressive = e.is_aggressive_answered = true;
    struct sim *sim = world(6, &w, &e);
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 3000;
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 6000);
    expect_said("713202: Duplicate first packet detected.  Ignoring packet.");
}

static void networks_of_another_peer_are_named(void **state)
{
    static const uint8_t nonce[16] = {7};
    struct sim_site e = east;
    struct body bodies[3];

    (void)state;
    e.peers[1] =
        (struct sim_peer){.address = 0x0b000001, .key = "other", .local_net = EAST_NET, .remote_net = 0x0a030000};
    struct sim *sim = world(7, &west, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    const struct lie parts[] = {
        {PL_SA, hex(&bodies[0], SA_HEAD "00 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 "
                                        "80060080")},
        {PL_NONCE, BYTES_OF(nonce)},
        {PL_ID, hex(&bodies[1], "04 00 0000 0a030000 ffffff00")},
        {PL_ID, hex(&bodies[2], "04 00 0000 0a020000 ffffff00")},
    };
    listen_to_asa(sim);
    inject(sim, EAST, sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, COUNT_OF(parts), HASH_RIGHT));
    expect_said(
        "713187: Tunnel Rejected: IKE peer does not match remote peer as defined in L2L policy IKE peer address: "
        "192.0.2.1, Remote peer address: 11.0.0.1");
}

static void a_notify_about_no_quick_mode_is_named(void **state)
{
    static const uint8_t spi[4] = {1, 2, 3, 4};
    struct sim *sim = world_up(12);
    struct body body;
    const struct lie part = {PL_NOTIFY, notify_of(&body, NOTIFY_NO_PROPOSAL_CHOSEN, BYTES_OF(spi), bytes_of(NULL, 0))};

    (void)state;
    listen_to_asa(sim);
    inject(sim, EAST, sealed_of(sa_at(sim, WEST), XCHG_INFORMATIONAL, 0x1234, &part, 1, HASH_RIGHT));
    expect_said("713010: Notify: failed to find centry for message Id 00001234");
}

/* The policy is the site's own. */
static struct crypto_ace *first_line(struct sim *sim, uint32_t site)
{
    return (struct crypto_ace *)(uintptr_t)&sim_ike(sim, site)->policy->tunnels[0].aces[0];
}

static void a_peer_at_an_interface_without_a_crypto_map_is_named(void **state)
{
    struct sim *sim = world(13, &west, &east);

    (void)state;
    ((struct tunnel *)(uintptr_t)&sim_ike(sim, EAST)->policy->tunnels[0])->interface = NO_INDEX;
    first_line(sim, EAST)->is_permit = false;
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    expect_said("713061: Rejecting IPSec tunnel: no matching crypto map entry");
    expect_said("713903: No crypto map bound to interface... dropping pkt");
}

static void a_range_of_addresses_that_is_proposed_is_named(void **state)
{
    struct sim *sim = world(8, &west, &east);

    (void)state;
    first_line(sim, WEST)->selector.local.last = ip_of_v4(WEST_NET + 9);
    listen_to_asa_at(sim, WEST);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    expect_said("715018: IP Range type id was loaded: Direction local,  From: 10.1.0.0, Through: 10.1.0.9");
}

static void what_waits_for_phase_1_and_comes_again_is_named(void **state)
{
    struct sim *sim = world(9, &west, &east);

    (void)state;
    sim_network(sim)->is_cut[EAST] = true;
    sim_acquire(sim, WEST, 0);
    listen_to_asa_at(sim, WEST);
    sim_acquire(sim, WEST, 0);
    expect_said("713219: Queuing KEY-ACQUIRE messages to be processed when P1 SA is complete.");
    expect_said("752008: Duplicate entry already in Tunnel Manager");
    expect_not_said("752007");
}

static void a_pair_that_there_is_no_room_for_is_named(void **state)
{
    struct sim *sim = world(10, &west, &east);
    struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, EAST);

    (void)state;
    while (handle_is_set(pool_take(&ike->pairs)))
        ;
    listen_to_asa(sim);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 1000);
    expect_said("713239: 192.0.2.1: Tunnel Rejected: The maximum tunnel count allowed has been reached");
}

static void a_way_to_the_peer_that_there_is_not_is_named(void **state)
{
    static const struct {
        int error;
        uint16_t port;
        const char *says;
    } cases[] = {
        {ENETUNREACH, 500,
         "110002: Failed to locate egress interface for UDP from NP Identity Ifc:192.0.2.1/500 to 198.51.100.2/500"},
        {EHOSTUNREACH, 4500,
         "110003: Routing failed to locate next hop for UDP from NP Identity Ifc:192.0.2.1/4500 to "
         "outside:198.51.100.2/4500"},
        {EPERM, 500, "713039: Send failure:  Bytes (4), Peer: 198.51.100.2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world(11, &west, &east);
        const struct ike_input in = {
            .kind = IKE_IN_HINT,
            .hint = {.local = {end_of(WEST).ip, cases[i].port},
                     .remote = {end_of(EAST).ip, cases[i].port},
                     .error = cases[i].error,
                     .quoted = bytes_of("\1\2\3\4", 4)},
        };

        listen_to_asa_at(sim, WEST);
        sim_feed(sim, WEST, &in, false);
        expect_said(cases[i].says);
    }
    expect_not_said("11000");
}

/* Whoever answers has certificates. */
static void a_policy_with_certificates_and_no_trustpoint_is_named(void **state)
{
    static const uint8_t share[64] = {1}, nonce[16] = {1};
    struct sim *sim = world(14, &west, &east);
    struct body body;
    const struct lie choice = {PL_SA, hex(&body, OFFER("0003", "0013"))},
                     parts[] = {{PL_KE, BYTES_OF(share)}, {PL_NONCE, BYTES_OF(nonce)}};
    uint8_t cookies[16];

    (void)state;
    ((struct isakmp_policy *)(uintptr_t)&sim_ike(sim, WEST)->policy->isakmp_policies[0])->auth = OAKLEY_AUTH_RSA_SIG;
    sim_network(sim)->is_cut[EAST] = true;
    sim_acquire(sim, WEST, 0);
    memcpy(cookies, sa_at(sim, WEST)->cookies[INITIATOR], 8);
    memset(cookies + 8, 0x77, 8);
    inject(sim, WEST, message_of(cookies, XCHG_MAIN, 0, &choice, 1));
    run_to(sim, WEST, STATE_MM_WAIT_MSG4);
    listen_to_asa_at(sim, WEST);
    inject(sim, WEST, message_of(cookies, XCHG_MAIN, 0, parts, COUNT_OF(parts)));
    expect_said(
        "713226: Connection failed with peer 198.51.100.2, no trust-point defined in tunnel-group 198.51.100.2\n"
        "713098: Aborting: No identity cert specified in IPSec SA (outside_map)!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_that_no_policy_could_take_is_named),
        cmocka_unit_test(a_peer_without_a_user_in_a_group_for_users_is_named),
        cmocka_unit_test(a_peer_that_no_group_is_for_is_named),
        cmocka_unit_test(an_answer_without_a_cookie_is_named),
        cmocka_unit_test(another_first_message_with_the_cookie_of_one_before_is_named),
        cmocka_unit_test(a_first_message_that_comes_again_while_it_is_worked_on_is_ignored),
        cmocka_unit_test(networks_of_another_peer_are_named),
        cmocka_unit_test(a_notify_about_no_quick_mode_is_named),
        cmocka_unit_test(a_peer_at_an_interface_without_a_crypto_map_is_named),
        cmocka_unit_test(a_range_of_addresses_that_is_proposed_is_named),
        cmocka_unit_test(what_waits_for_phase_1_and_comes_again_is_named),
        cmocka_unit_test(a_pair_that_there_is_no_room_for_is_named),
        cmocka_unit_test(a_policy_with_certificates_and_no_trustpoint_is_named),
        cmocka_unit_test(a_way_to_the_peer_that_there_is_not_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
