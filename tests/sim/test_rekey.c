#include "base/check.h"
#include "esp/sa.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WEST, EAST };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000, NAT_IP = 0xcb007105 };

static void *space;

static struct sim *world_of(uint64_t seed, uint32_t lifetime_s, uint32_t esp_lifetime_s, uint32_t esp_lifetime_kb,
                            uint32_t nat)
{
    struct sim_site west = {
        .address = WEST_IP,
        .nat_address = nat,
        .cipher = CIPHER_AES256_CBC,
        .hash = HASH_SHA256,
        .group = GROUP_ECP256,
        .esp_cipher = CIPHER_AES128_CBC,
        .esp_integrity = HASH_SHA1,
        .lifetime_s = lifetime_s,
        .esp_lifetime_s = esp_lifetime_s,
        .esp_lifetime_kb = esp_lifetime_kb,
        .peers = {{.address = EAST_IP, .key = "k", .local_net = WEST_NET, .remote_net = EAST_NET, .pfs = GROUP_ECP256}},
    };
    struct sim_site east = west;
    struct sim *sim = sim_make(space, 2, seed);

    east.address = EAST_IP;
    east.nat_address = 0;
    east.peers[0] = (struct sim_peer){.address = nat != 0 ? nat : WEST_IP,
                                      .key = "k",
                                      .local_net = EAST_NET,
                                      .remote_net = WEST_NET,
                                      .pfs = GROUP_ECP256};
    sim_site(sim, WEST, &west);
    sim_site(sim, EAST, &east);
    return sim;
}

static struct sim *world(uint64_t seed, uint32_t lifetime_s, uint32_t esp_lifetime_s, uint32_t nat)
{
    return world_of(seed, lifetime_s, esp_lifetime_s, 0, nat);
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

/* Runs the world and asks often whether traffic flows both ways; the count of moments at which it did not. */
static uint32_t gaps_in(struct sim *sim, uint64_t for_ms, uint32_t step_ms)
{
    uint32_t gaps = 0;

    for (uint64_t i = 0; i < for_ms; i += step_ms) {
        sim_run(sim, step_ms);
        gaps += !sim_flows(sim, WEST, EAST) + !sim_flows(sim, EAST, WEST);
    }
    return gaps;
}

static void begin(struct sim *sim)
{
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_flows(sim, WEST, EAST) && sim_flows(sim, EAST, WEST));
}

static void expect_one_of_each(struct sim *sim)
{
    struct ike_use west = ike_view_use(sim_ike(sim, WEST)), east = ike_view_use(sim_ike(sim, EAST));

    if (sim_fault(sim) != NULL)
        print_error("%s\n", sim_fault(sim));
    CHECK(sim_fault(sim) == NULL);
    CHECK(west.pairs <= 2 && east.pairs <= 2 && west.sas <= 4 && east.sas <= 4);
    CHECK(sim_pairs_agree(sim, WEST, EAST));
}

static void pairs_are_rekeyed_before_their_end_without_a_gap(void **state)
{
    struct sim *sim = world(1, 86400, 300, 0);

    (void)state;
    begin(sim);
    CHECK(gaps_in(sim, 3000 * 1000, 7) == 0);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) >= 11);
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) == 1);
    expect_one_of_each(sim);
}

static void an_isakmp_sa_is_rekeyed_and_its_pairs_survive(void **state)
{
    struct sim *sim = world(2, 300, 86400, 0);

    (void)state;
    begin(sim);
    CHECK(gaps_in(sim, 3000 * 1000, 7) == 0);
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) >= 10);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 1 && sim_event_count(sim, WEST, EV_SA_DELETED) == 0);
    expect_one_of_each(sim);
}

static void behind_nat_both_ends_may_rekey(void **state)
{
    struct sim *sim = world(3, 400, 300, NAT_IP);

    (void)state;
    begin(sim);
    CHECK(gaps_in(sim, 3000 * 1000, 7) == 0);
    expect_one_of_each(sim);
}

/* Crossing: whatever the delays, one successor stays, and nothing is lost on the way. */
static void both_may_rekey_at_once_without_a_gap(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 400; seed++) {
        struct sim *sim = world(seed, 86400, 28800, 0);

        begin(sim);
        sim_network(sim)->delay_max_ms = seed % 7 * 20 + 10;
        sim_soft_limit(sim, WEST);
        sim_run(sim, seed % 50);
        sim_soft_limit(sim, EAST);
        uint32_t gaps = gaps_in(sim, 5000, 1) + gaps_in(sim, 120000, 20);
        if (gaps > 0)
            print_error("seed %u: %u gaps\n", (unsigned)seed, gaps);
        CHECK(gaps == 0);
        CHECK(ike_view_use(sim_ike(sim, WEST)).pairs == 1 && ike_view_use(sim_ike(sim, EAST)).pairs == 1);
        expect_one_of_each(sim);
    }
}

/* What the peer still sends in a pair that has been replaced may bring that to a limit. */
static void a_pair_that_has_a_successor_is_not_rekeyed(void **state)
{
    struct sim *sim = world(10, 86400, 28800, 0);

    (void)state;
    begin(sim);
    sim_soft_limit(sim, WEST);
    sim_run(sim, 2000);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 2);
    sim_limit_of_oldest(sim, WEST, IKE_PLANE_SOFT);
    sim_run(sim, 60000);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 2);
    expect_one_of_each(sim);
}

/* A peer that fills a replaced pair to its end may not know the one that replaced it: unless it sends in that, it gets
 * another. */
static void a_peer_that_fills_a_replaced_pair_gets_a_newest_one(void **state)
{
    static const struct {
        bool fills, sends_in_successor;
        unsigned pairs;
    } cases[] = {{true, false, 3}, {true, true, 2}, {false, false, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world(13, 86400, 28800, 0);

        begin(sim);
        sim_run(sim, 2000);
        if (cases[i].fills)
            sim_packet(sim, EAST, 0, 100);
        sim_soft_limit(sim, WEST);
        sim_run(sim, 1500);
        CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 2);
        sim_limit_of_oldest(sim, WEST, IKE_PLANE_HARD);
        sim_run(sim, 500);
        if (cases[i].sends_in_successor)
            sim_packet(sim, EAST, 0, 100);
        CHECK(gaps_in(sim, 20000, 20) == 0);
        CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == cases[i].pairs);
        sim_run(sim, 60000);
        CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == cases[i].pairs);
        expect_one_of_each(sim);
    }
}

/* The peer may take its time to put its half in place: until it has sent in the new pair, or the old one may not be
 * used any more, we send in the old one. */
static void we_send_in_a_successor_when_the_peer_has_it(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct sim *sim = world(11, 86400, 28800, 0);

        begin(sim);
        sim_soft_limit(sim, WEST);
        sim_run(sim, 500);
        CHECK(sim_event_count(sim, EAST, EV_PHASE2_COMPLETED) == 2 &&
              sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 1);
        switch (what) {
        case 0: sim_packet(sim, EAST, 0, 100); break;
        case 1: sim_limit_of_oldest(sim, WEST, IKE_PLANE_HARD); break;
        case 2: sim_run(sim, 1000); break;
        }
        sim_run(sim, 200);
        CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 2);
        CHECK(gaps_in(sim, 120000, 20) == 0);
        expect_one_of_each(sim);
    }
}

static uint32_t ms_until_phase2(struct sim *sim, uint32_t site)
{
    uint32_t ms = 0;

    for (; sim_event_count(sim, site, EV_PHASE2_COMPLETED) == 0 && ms < 20000; ms += 10)
        sim_run(sim, 10);
    return ms;
}

/* The first packets have waited so long that they can wait for that, too. */
static void a_first_pair_waits_longer_for_a_peer_that_was_slow(void **state)
{
    enum { QUICK_MODE_MESSAGE_2 = 4 };

    (void)state;
    static const struct {
        bool is_lost;
        uint32_t delay_ms, least_ms, most_ms;
    } rows[] = {{false, 1, 20, 40}, {false, 100, 80, 130}, {true, 1, 280, 310}};

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world(11, 86400, 28800, 0);

        sim_network(sim)->lose_nth[EAST] = rows[i].is_lost ? QUICK_MODE_MESSAGE_2 : 0;
        sim_network(sim)->delay_min_ms = sim_network(sim)->delay_max_ms = rows[i].delay_ms;
        sim_packet(sim, WEST, 0, 100);
        CHECK(ms_until_phase2(sim, EAST) < 20000);

        uint32_t waited_ms = ms_until_phase2(sim, WEST);

        if (waited_ms < rows[i].least_ms || waited_ms > rows[i].most_ms)
            fail_msg("row %zu: %u ms", i, (unsigned)waited_ms);
        sim_run(sim, 1000);
        CHECK(sim_packets(sim).delivered == 1);
    }
}

/* Traffic both ways, ten packets a second each. */
static void exchange_packets(struct sim *sim, uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds * 10; i++) {
        sim_packet(sim, WEST, 0, 100);
        sim_packet(sim, EAST, 0, 100);
        sim_run(sim, 100);
    }
}

/* Sequence numbers near their end: SAs are renewed before (ESP_SOFT_SEQUENCE), and where there is no before, they stop.
 * The oracle sees to it that no number is used twice. */
static void pairs_are_rekeyed_before_their_numbers_end(void **state)
{
    static const struct {
        uint32_t from;
        bool is_ended;
        uint32_t unwanted_max;
        const char *why;
    } cases[] = {
        {ESP_SOFT_SEQUENCE - 100, false, 0, "a new pair is there long before the last number"},
        {UINT32_MAX - 100, false, 0, "a hundred numbers are enough for the new pair to come up"},
        {UINT32_MAX - 1, true, 2,
         "one number: the rest waits for the next pair, but for what is under way when this one ends"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world(20 + i, 86400, 28800, 0);

        sim_network(sim)->numbers_from = cases[i].from;
        begin(sim);
        sim_network(sim)->numbers_from = 0;
        exchange_packets(sim, 30);
        sim_run(sim, 1000);
        struct sim_packets p = sim_packets(sim);
        if (p.delivered + p.unwanted != p.sent || p.unwanted > cases[i].unwanted_max || sim_fault(sim) != NULL)
            fail_msg("%s: %llu of %llu; %s", cases[i].why, (unsigned long long)p.delivered, (unsigned long long)p.sent,
                     sim_fault(sim) == NULL ? "" : sim_fault(sim));
        CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) >= 2);
        CHECK((sim_happened(sim, SIM_NUMBERS_ENDED) > 0) == cases[i].is_ended);
    }
}

/* Each packet has an answer of its size: both ends come near the limit at the same moment. */
static void a_pair_that_both_ends_fill_has_one_successor(void **state)
{
    struct sim *sim = world_of(12, 86400, 28800, 64, 0);

    (void)state;
    begin(sim);
    exchange_packets(sim, 64);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) == 2 && sim_event_count(sim, EAST, EV_PHASE2_COMPLETED) == 2);
    struct sim_packets p = sim_packets(sim);
    CHECK(p.delivered == p.sent);
    expect_one_of_each(sim);
}

static void rekeys_under_loss_go_on_for_a_day(void **state)
{
    uint32_t gaps = 0;

    (void)state;
    struct sim *sim = world(9, 600, 300, 0);
    begin(sim);
    sim_network(sim)->loss_percent = 10;
    sim_network(sim)->delay_max_ms = 100;
    gaps = gaps_in(sim, 24 * 3600 * 1000, 1000);
    CHECK(gaps == 0);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) > 300);
    expect_one_of_each(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_rekeyed_before_their_end_without_a_gap),
        cmocka_unit_test(an_isakmp_sa_is_rekeyed_and_its_pairs_survive),
        cmocka_unit_test(behind_nat_both_ends_may_rekey),
        cmocka_unit_test(both_may_rekey_at_once_without_a_gap),
        cmocka_unit_test(a_pair_that_has_a_successor_is_not_rekeyed),
        cmocka_unit_test(a_peer_that_fills_a_replaced_pair_gets_a_newest_one),
        cmocka_unit_test(we_send_in_a_successor_when_the_peer_has_it),
        cmocka_unit_test(a_first_pair_waits_longer_for_a_peer_that_was_slow),
        cmocka_unit_test(pairs_are_rekeyed_before_their_numbers_end),
        cmocka_unit_test(a_pair_that_both_ends_fill_has_one_successor),
        cmocka_unit_test(rekeys_under_loss_go_on_for_a_day),
    };

    return cmocka_run_group_tests(tests, make_space, free_space);
}
