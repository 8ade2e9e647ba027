#include "base/check.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEST, EAST };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000, NAT_IP = 0xcb007105 };

static const struct sim_site west = {
    .address = WEST_IP,
    .cipher = CIPHER_AES256_CBC,
    .hash = HASH_SHA256,
    .group = GROUP_ECP256, /* quick to compute; the groups have vectors of their own */
    .esp_cipher = CIPHER_AES128_CBC,
    .esp_integrity = HASH_SHA1,
    .lifetime_s = 86400,
    .esp_lifetime_s = 28800,
    .peers = {{.address = EAST_IP, .key = "correct horse", .local_net = WEST_NET, .remote_net = EAST_NET}},
};

static const struct sim_site east = {
    .address = EAST_IP,
    .cipher = CIPHER_AES256_CBC,
    .hash = HASH_SHA256,
    .group = GROUP_ECP256,
    .esp_cipher = CIPHER_AES128_CBC,
    .esp_integrity = HASH_SHA1,
    .lifetime_s = 86400,
    .esp_lifetime_s = 28800,
    .peers = {{.address = WEST_IP, .key = "correct horse", .local_net = EAST_NET, .remote_net = WEST_NET}},
};

static void *space;

static struct sim *world(uint64_t seed, const struct sim_site *w, const struct sim_site *e)
{
    struct sim *sim = sim_make(space, 2, seed);

    sim_site(sim, WEST, w);
    sim_site(sim, EAST, e);
    return sim;
}

static int make_space(void **state)
{
    (void)state;
    space = malloc(sim_space(2));
    return space == NULL;
}

static int free_space(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static void explain(struct sim *sim)
{
    for (uint32_t i = 0; i < 2; i++)
        for (int k = 0; k < EV_COUNT; k++) {
            const struct event *e = sim_last_event(sim, i, (enum event_kind)k);

            if (e != NULL)
                print_error("%s: %s x%u %s %s\n", i == WEST ? "west" : "east", event_name((enum event_kind)k),
                            sim_event_count(sim, i, (enum event_kind)k), event_text(e, FIELD_REASON),
                            event_text(e, FIELD_DETAIL));
        }
}

static void expect_up(struct sim *sim, uint32_t pairs)
{
    bool is_up =
        sim_pairs_up(sim, WEST) == pairs && sim_pairs_up(sim, EAST) == pairs && sim_pairs_agree(sim, WEST, EAST);

    if (!is_up || sim_fault(sim) != NULL) {
        explain(sim);
        print_error("fault: %s; pairs %u and %u\n", sim_fault(sim) == NULL ? "none" : sim_fault(sim),
                    sim_pairs_up(sim, WEST), sim_pairs_up(sim, EAST));
    }
    CHECK(is_up && sim_fault(sim) == NULL);
}

static void a_tunnel_comes_up_in_nine_messages(void **state)
{
    struct sim *sim = world(1, &west, &east);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    expect_up(sim, 1);
    CHECK(sim_sent(sim, WEST) == 5 && sim_sent(sim, EAST) == 4);
}

static void perfect_forward_secrecy_gives_other_keys_and_agrees(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.peers[0].pfs = e.peers[0].pfs = GROUP_ECP256;
    struct sim *sim = world(2, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    expect_up(sim, 1);
}

static void pfs_at_one_end_only_is_refused_by_name(void **state)
{
    struct sim_site e = east;

    (void)state;
    e.peers[0].pfs = GROUP_ECP256;
    struct sim *sim = world(3, &west, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 0 && sim_event_count(sim, EAST, EV_PHASE1_COMPLETED) == 1);
    assert_string_equal(event_text(sim_last_event(sim, EAST, EV_EXCHANGE_FAILED), FIELD_REASON), "NO_PFS");
    assert_string_equal(event_text(sim_last_event(sim, WEST, EV_EXCHANGE_FAILED), FIELD_REASON), "NOTIFIED");
}

static void a_negotiation_that_has_failed_names_its_cause_in_the_log(void **state)
{
    static const struct {
        const char *fault;
        struct sim_peer to_west; /* what is wrong at the far end */
        enum group_id group;
        enum cipher_id esp_cipher;
        const char *west, *east; /* the verdict; "none": no such event */
    } rows[] = {
        {"another policy: the notify in clear says so, and is taken for what it is",
         {WEST_IP, "correct horse", EAST_NET, WEST_NET, 0, 0},
         GROUP_ECP384,
         0,
         "p1_policy_mismatch",
         "none"},
        {"no tunnel-group", {WEST_IP, "", EAST_NET, WEST_NET, 0, 0}, 0, 0, "psk_not_found", "psk_not_found"},
        {"another key", {WEST_IP, "wrong horse", EAST_NET, WEST_NET, 0, 0}, 0, 0, "psk_mismatch", "psk_mismatch"},
        {"another transform set",
         {WEST_IP, "correct horse", EAST_NET, WEST_NET, 0, 0},
         0,
         CIPHER_AES256_CBC,
         "p2_transform_mismatch",
         "p2_transform_mismatch"},
        {"other networks",
         {WEST_IP, "correct horse", EAST_NET + 0x100, WEST_NET, 0, 0},
         0,
         0,
         "p2_selector_mismatch",
         "p2_selector_mismatch"},
        {"PFS",
         {WEST_IP, "correct horse", EAST_NET, WEST_NET, GROUP_ECP256, 0},
         0,
         0,
         "p2_transform_mismatch",
         "p2_pfs_mismatch"},
    };
    bool is_wrong = false;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site e = east;

        e.peers[0] = rows[i].to_west;
        e.group = rows[i].group ? rows[i].group : e.group;
        e.esp_cipher = rows[i].esp_cipher ? rows[i].esp_cipher : e.esp_cipher;
        struct sim *sim = world(3, &west, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 200000);
        for (uint32_t site = WEST; site <= EAST; site++) {
            const struct event *failed = sim_last_event(sim, site, EV_EXCHANGE_FAILED);
            const char *is = failed == NULL ? "none" : event_text(failed, FIELD_VERDICT);

            if (strcmp(is, site == WEST ? rows[i].west : rows[i].east) != 0) {
                print_error("%s, %s: %s (%s)\n", rows[i].fault, site == WEST ? "west" : "east", is,
                            failed ? event_text(failed, FIELD_REASON) : "");
                is_wrong = true;
            }
        }
    }
    CHECK(!is_wrong);
}

static void behind_nat_the_negotiation_moves_to_4500(void **state)
{
    struct sim_site w = west, e = east;
    struct ike_pair_view pair;

    (void)state;
    w.nat_address = NAT_IP;
    e.peers[0].address = NAT_IP;
    struct sim *sim = world(4, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    expect_up(sim, 1);
    CHECK(ike_view_pair(sim_ike(sim, EAST), sim_now_ms(sim), 0, &pair));
    CHECK(pair.is_udp && pair.local.port == 4500 && pair.remote.port == 24500);
}

static const char *state_of(struct sim *sim, uint32_t site)
{
    struct ike_sa_view view;

    return ike_view_sa(sim_ike(sim, site), sim_now_ms(sim), 0, &view) ? view.asa_state : "none";
}

static const char *outcome_of(struct sim *sim, uint32_t site)
{
    struct ike_peer_view peer;

    return ike_view_peer(sim_ike(sim, site), sim_now_ms(sim), 0, &peer) && peer.outcome_count > 0
               ? peer.outcomes[0].reason
               : "none";
}

/* Where each fault leaves both ends, and the reason that is kept when the deadline has come. */
static void each_fault_hangs_in_its_state_and_ends_by_its_deadline(void **state)
{
    enum fault { WRONG_KEY, NO_GROUP, SILENCE, NO_WAY_BACK, OTHER_POLICY };
    static const struct {
        enum fault fault;
        const char *west_state, *east_state, *west_reason, *east_reason, *why;
    } cases[] = {
        {WRONG_KEY, "MM_WAIT_MSG6", "MM_WAIT_MSG5", "NO_ANSWER", "DOES_NOT_OPEN", "message 5 does not open"},
        {NO_GROUP, "MM_WAIT_MSG4", "MM_WAIT_MSG3", "NO_ANSWER", "NO_TUNNEL_GROUP", "the key is looked up at message 3"},
        {SILENCE, "MM_WAIT_MSG2", "none", "NO_ANSWER", "none", "nothing arrives"},
        {NO_WAY_BACK, "MM_WAIT_MSG2", "MM_WAIT_MSG3", "NO_ANSWER", "PEER_SILENT", "message 2 does not arrive"},
        {OTHER_POLICY, "MM_WAIT_MSG2", "none", "NO_ANSWER", "NO_POLICY", "a notify in clear ends nothing"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_site w = west, e = east;

        if (cases[i].fault == WRONG_KEY)
            e.peers[0].key = "wrong horse";
        if (cases[i].fault == NO_GROUP)
            e.peers[0].key = "";
        if (cases[i].fault == OTHER_POLICY)
            e.hash = HASH_SHA512;
        struct sim *sim = world(10 + i, &w, &e);
        sim_network(sim)->is_cut[WEST] = cases[i].fault == SILENCE;
        sim_network(sim)->is_cut[EAST] = cases[i].fault == NO_WAY_BACK;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        assert_string_equal(state_of(sim, WEST), cases[i].west_state);
        assert_string_equal(state_of(sim, EAST), cases[i].east_state);
        sim_run(sim, 26000);
        CHECK(sim_event_count(sim, WEST, EV_EXCHANGE_FAILED) == 0);
        sim_run(sim, 34000);
        CHECK(sim_event_count(sim, WEST, EV_EXCHANGE_FAILED) == 1);
        assert_string_equal(outcome_of(sim, WEST), cases[i].west_reason);
        assert_string_equal(outcome_of(sim, EAST), cases[i].east_reason);
        sim_run(sim, 120000);
        struct ike_use use[] = {ike_view_use(sim_ike(sim, WEST)), ike_view_use(sim_ike(sim, EAST))};
        for (int k = 0; k < 2; k++)
            CHECK(use[k].sas == 0 && use[k].exchanges == 0 && use[k].blobs == 0 && use[k].drafts == 0);
        CHECK(vault_secret_count(sim_vault(sim, WEST)) == 0 && vault_secret_count(sim_vault(sim, EAST)) == 0);
        CHECK(sim_fault(sim) == NULL);
    }
}

static void any_one_message_may_be_lost(void **state)
{
    (void)state;
    for (uint32_t nth = 1; nth <= 10; nth++) {
        struct sim *sim = world(100 + nth, &west, &east);
        uint32_t site = nth <= 5 ? WEST : EAST;

        sim_network(sim)->lose_nth[site] = nth <= 5 ? nth : nth - 5;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 8000);
        expect_up(sim, 1);
    }
}

static void everything_repeated_gives_one_tunnel(void **state)
{
    struct sim *sim = world(200, &west, &east);

    (void)state;
    sim_network(sim)->repeat_percent = 100;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 60000);
    expect_up(sim, 1);
    CHECK(sim_sent(sim, WEST) + sim_sent(sim, EAST) <= 2 * 9 * 4);
}

static void both_may_begin_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 300; seed < 320; seed++) {
        struct sim *sim = world(seed, &west, &east);

        sim_network(sim)->delay_max_ms = 50;
        sim_acquire(sim, WEST, 0);
        sim_acquire(sim, EAST, 0);
        sim_run(sim, 60000);
        if (sim_fault(sim) != NULL || sim_pairs_up(sim, WEST) == 0 || !sim_pairs_agree(sim, WEST, EAST)) {
            print_error("seed %u: %s, pairs %u and %u\n", (unsigned)seed, sim_fault(sim), sim_pairs_up(sim, WEST),
                        sim_pairs_up(sim, EAST));
            explain(sim);
        }
        CHECK(sim_pairs_up(sim, WEST) >= 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    }
}

static void one_seed_gives_one_trace(void **state)
{
    uint64_t hashes[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct sim *sim = world(i == 2 ? 401 : 400, &west, &east);

        sim_network(sim)->loss_percent = 20;
        sim_network(sim)->delay_max_ms = 500;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 60000);
        hashes[i] = sim_hash(sim);
    }
    CHECK(hashes[0] == hashes[1] && hashes[0] != hashes[2]);
}

/* Loss, repeats, reordering, late and failing answers: the world comes to rest, and what is up agrees. */
static void many_seeds_hold_the_invariants(void **state)
{
    uint64_t seeds = 300; /* test_seeds.c has many, of all kinds */
    uint32_t up = 0;

    (void)state;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct sim *sim = world(1000000 + seed, &west, &east);
        struct sim_network *network = sim_network(sim);

        network->loss_percent = seed % 3 * 10;
        network->repeat_percent = seed % 5 * 10;
        network->delay_max_ms = seed % 7 * 300 + 10;
        network->answer_max_ms = seed % 4 * 700;
        network->plane_max_ms = seed % 2 * 900;
        network->answer_fails_percent = seed % 6 == 5 ? 10 : 0;
        network->install_fails_percent = seed % 9 == 8 ? 20 : 0;
        sim_acquire(sim, WEST, 0);
        if (seed % 8 == 7)
            sim_acquire(sim, EAST, 0);
        sim_run(sim, 120000);
        up += sim_pairs_up(sim, WEST) > 0;
        if (sim_fault(sim) != NULL)
            print_error("seed %llu: %s\n", (unsigned long long)seed, sim_fault(sim));
        CHECK(sim_fault(sim) == NULL);
        network->loss_percent = network->repeat_percent = 0;
        network->answer_fails_percent = network->install_fails_percent = 0;
        sim_command(sim, WEST, IKE_SHUT_DOWN);
        sim_command(sim, EAST, IKE_SHUT_DOWN);
        sim_run(sim, 200000);
        for (uint32_t i = 0; i < 2; i++) {
            struct ike_use use = ike_view_use(sim_ike(sim, i));

            if (use.sas + use.exchanges + use.pairs + use.blobs + use.drafts > 0)
                print_error("seed %llu leaves %u SAs, %u exchanges, %u pairs, %u blobs\n", (unsigned long long)seed,
                            use.sas, use.exchanges, use.pairs, use.blobs);
            CHECK(use.sas + use.exchanges + use.pairs + use.blobs + use.drafts == 0);
            CHECK(vault_secret_count(sim_vault(sim, i)) == 0);
        }
    }
    print_message("%u of %llu up at the first try\n", up, (unsigned long long)seeds);
    CHECK(up > seeds * 8 / 10);
}

static void a_delete_from_either_side_is_seen_by_the_other(void **state)
{
    (void)state;
    for (uint32_t side = WEST; side <= EAST; side++)
        for (int what = 0; what < 2; what++) {
            struct sim *sim = world(500 + side, &west, &east);

            sim_acquire(sim, WEST, 0);
            sim_run(sim, 5000);
            expect_up(sim, 1);
            sim_command(sim, side, what == 0 ? IKE_CLEAR_IPSEC : IKE_DOWN);
            sim_run(sim, 1000);
            CHECK(sim_pairs_up(sim, WEST) == 0 && sim_pairs_up(sim, EAST) == 0);
            sim_acquire(sim, !side, 0);
            sim_run(sim, 5000);
            expect_up(sim, 1);
        }
}

static void a_silent_peer_is_found_dead(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.has_dpd = true;
    struct sim *sim = world(600, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 60000);
    expect_up(sim, 1);
    CHECK(sim_event_count(sim, WEST, EV_DPD_ANSWERED) >= 4 && sim_event_count(sim, WEST, EV_DPD_LOST) == 0);
    sim_network(sim)->is_cut[EAST] = true;
    sim_run(sim, 30000);
    CHECK(sim_event_count(sim, WEST, EV_DPD_LOST) == 1 && sim_pairs_up(sim, WEST) == 0);
}

static uint32_t sa_up_count(struct sim *sim, uint32_t site)
{
    struct ike_sa_view view;
    uint32_t count = 0;

    for (uint32_t i = 0; ike_view_sa(sim_ike(sim, site), sim_now_ms(sim), i, &view); i++)
        count += !view.is_dead && strcmp(view.asa_state, "MM_ACTIVE") == 0;
    return count;
}

static void lifetimes_end_pairs_and_isakmp_sas(void **state)
{
    struct sim_site w = west;

    (void)state;
    w.esp_lifetime_s = 300;
    w.lifetime_s = 600;
    struct sim *sim = world(700, &w, &east);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 200000);
    expect_up(sim, 1);
    sim_network(sim)->is_cut[WEST] = sim_network(sim)->is_cut[EAST] = true; /* no successor comes up */
    sim_run(sim, 90000);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1);
    sim_run(sim, 20000);
    CHECK(sim_pairs_up(sim, WEST) == 0 && sim_pairs_up(sim, EAST) == 0);
    assert_string_equal(outcome_of(sim, EAST), "LIFETIME"); /* its clock began when message 3 came: first */
    sim_run(sim, 300000);
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_DELETED) >= 1 && sim_event_count(sim, EAST, EV_PHASE1_DELETED) >= 1);
    CHECK(sa_up_count(sim, WEST) == 0 && sa_up_count(sim, EAST) == 0);
}

static void the_schedules_repeat_as_the_devices_do(void **state)
{
    static const struct {
        enum schedule_id schedule;
        uint32_t seconds[8]; /* of each sending after the first; ends with 0 */
        uint32_t gives_up_s;
    } cases[] = {
        {SCHEDULE_IKEWISE, {1, 3, 7, 15, 23, 31}, 32},
        {SCHEDULE_ASA, {8, 16, 24}, 32},
        {SCHEDULE_IOS, {10, 20, 30, 40, 50}, 60},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_site w = west;

        w.schedule = cases[i].schedule;
        struct sim *sim = world(800 + i, &w, &east);
        uint64_t begin_ms = sim_now_ms(sim);
        sim_network(sim)->is_cut[WEST] = true;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, (cases[i].gives_up_s - 1) * 1000 + 500);
        CHECK(sim_event_count(sim, WEST, EV_EXCHANGE_FAILED) == 0);
        sim_run(sim, 1000);
        CHECK(sim_event_count(sim, WEST, EV_EXCHANGE_FAILED) == 1);
        for (uint32_t n = 0; n < 8 && cases[i].seconds[n] != 0; n++)
            CHECK(sim_datagram(sim, n + 1)->at_ms - begin_ms == cases[i].seconds[n] * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tunnel_comes_up_in_nine_messages),
        cmocka_unit_test(perfect_forward_secrecy_gives_other_keys_and_agrees),
        cmocka_unit_test(pfs_at_one_end_only_is_refused_by_name),
        cmocka_unit_test(a_negotiation_that_has_failed_names_its_cause_in_the_log),
        cmocka_unit_test(behind_nat_the_negotiation_moves_to_4500),
        cmocka_unit_test(each_fault_hangs_in_its_state_and_ends_by_its_deadline),
        cmocka_unit_test(any_one_message_may_be_lost),
        cmocka_unit_test(everything_repeated_gives_one_tunnel),
        cmocka_unit_test(both_may_begin_at_once),
        cmocka_unit_test(one_seed_gives_one_trace),
        cmocka_unit_test(a_delete_from_either_side_is_seen_by_the_other),
        cmocka_unit_test(a_silent_peer_is_found_dead),
        cmocka_unit_test(lifetimes_end_pairs_and_isakmp_sas),
        cmocka_unit_test(the_schedules_repeat_as_the_devices_do),
        cmocka_unit_test(many_seeds_hold_the_invariants),
    };

    return cmocka_run_group_tests(tests, make_space, free_space);
}
