/* A day of two gateways under load, with what a day brings. */
#include "base/check.h"
#include "sim/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WEST, EAST };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000 };
enum { DAY_S = 86400, PACKET_EVERY_MS = 2500 };

static const struct sim_site both = {
    .cipher = CIPHER_AES256_CBC,
    .hash = HASH_SHA256,
    .group = GROUP_ECP256,
    .esp_cipher = CIPHER_AES128_CBC,
    .esp_integrity = HASH_SHA1,
    .lifetime_s = 900,
    .esp_lifetime_s = 300,
    .has_dpd = true,
};

/* What happens to whom, in seconds since the beginning. Packets are not counted for so long: whoever begins anew has
 * lost the keys, and its peer finds that out by DPD; who sleeps hears nothing. A clock that jumps costs nothing, but
 * for what is under way when it jumps past the end of a pair. */
enum {
    RESTART_S = 180,
    PAST_THE_END_S = 40 /* a negotiation, a tenth of it lost, may take longer than packets are held */
};

static const struct {
    uint32_t at_s, site;
    enum { CRASH, SLEEP, JUMP } what;
    uint32_t for_s, excused_s;
} misfortunes[] = {
    {3600, EAST, CRASH, 5, 5 + RESTART_S},      {10000, WEST, CRASH, 60, 60 + RESTART_S},
    {20000, EAST, SLEEP, 30, 30 + RESTART_S},   {30000, WEST, JUMP, 20, PAST_THE_END_S},
    {33000, EAST, JUMP, 30, PAST_THE_END_S},    {36000, EAST, JUMP, 3600, PAST_THE_END_S},
    {45000, WEST, SLEEP, 900, 900 + RESTART_S}, {50000, WEST, CRASH, 0, RESTART_S},
    {50001, EAST, CRASH, 0, RESTART_S},         {60000, EAST, CRASH, 1, 1 + RESTART_S},
    {70000, EAST, JUMP, 299, PAST_THE_END_S},   {80000, WEST, SLEEP, 1200, 1200 + RESTART_S},
};

static bool is_excused(uint32_t now_s)
{
    if (now_s < PAST_THE_END_S)
        return true; /* the tunnel comes up */
    for (size_t i = 0; i < COUNT_OF(misfortunes); i++)
        if (now_s + PACKET_EVERY_MS / 1000 >= misfortunes[i].at_s &&
            now_s < misfortunes[i].at_s + misfortunes[i].excused_s)
            return true;
    return false;
}

static void strike(struct sim *sim, uint32_t from_s, uint32_t to_s)
{
    for (size_t i = 0; i < COUNT_OF(misfortunes); i++) {
        uint64_t ms = (uint64_t)misfortunes[i].for_s * 1000;

        if (misfortunes[i].at_s < from_s || misfortunes[i].at_s >= to_s)
            continue;
        switch (misfortunes[i].what) {
        case CRASH: sim_crash(sim, misfortunes[i].site, ms); break;
        case SLEEP: sim_sleep(sim, misfortunes[i].site, ms); break;
        case JUMP: sim_jump(sim, misfortunes[i].site, ms); break;
        }
    }
}

static uint64_t missing(const struct sim *sim)
{
    struct sim_packets p = sim_packets(sim);

    return p.lost + p.unwanted + p.dropped;
}

static void live_a_day(void *space, uint64_t seed)
{
    struct sim_site west = both, east = both;
    uint64_t lost_quietly = 0, lost_before = 0;

    west.address = WEST_IP;
    west.peers[0] =
        (struct sim_peer){.address = EAST_IP, .key = "correct horse", .local_net = WEST_NET, .remote_net = EAST_NET};
    east.address = EAST_IP;
    east.peers[0] =
        (struct sim_peer){.address = WEST_IP, .key = "correct horse", .local_net = EAST_NET, .remote_net = WEST_NET};
    struct sim *sim = sim_make(space, 2, seed);
    sim_site(sim, WEST, &west);
    sim_site(sim, EAST, &east);
    sim_network(sim)->loss_percent = 10;
    sim_network(sim)->repeat_percent = 10;
    sim_network(sim)->forge_percent = 10;
    sim_network(sim)->is_esp_spared = true;
    sim_network(sim)->delay_max_ms = 80;
    for (uint64_t ms = 0; ms < DAY_S * 1000ull; ms += PACKET_EVERY_MS) {
        strike(sim, (uint32_t)(ms / 1000), (uint32_t)((ms + PACKET_EVERY_MS) / 1000));
        sim_packet(sim, WEST, 0, 200);
        sim_run(sim, PACKET_EVERY_MS / 2);
        sim_packet(sim, EAST, 0, 200);
        sim_run(sim, PACKET_EVERY_MS / 2);
        if (!is_excused((uint32_t)(ms / 1000)))
            lost_quietly += missing(sim) - lost_before;
        lost_before = missing(sim);
        if (sim_fault(sim) != NULL)
            fail_msg("seed %llu, after %llu s: %s", (unsigned long long)seed, (unsigned long long)(ms / 1000),
                     sim_fault(sim));
    }
    struct sim_packets p = sim_packets(sim);
    print_message("%llu packets, %llu delivered, %llu lost outside the restarts; %u ISAKMP SAs, %u pairs\n",
                  (unsigned long long)p.sent, (unsigned long long)p.delivered, (unsigned long long)lost_quietly,
                  sim_event_count(sim, WEST, EV_PHASE1_COMPLETED), sim_event_count(sim, WEST, EV_PHASE2_COMPLETED));
    CHECK(lost_quietly == 0 && p.sent > 60000);
    /* every few minutes */
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) > DAY_S / both.lifetime_s);
    CHECK(sim_event_count(sim, WEST, EV_PHASE2_COMPLETED) > DAY_S / both.esp_lifetime_s);
    sim_network(sim)->loss_percent = 0;
    sim_command(sim, WEST, IKE_SHUT_DOWN);
    sim_command(sim, EAST, IKE_SHUT_DOWN);
    sim_run(sim, 200000);
    sim_end(sim);
    if (sim_fault(sim) != NULL)
        fail_msg("seed %llu, at the end: %s", (unsigned long long)seed, sim_fault(sim));
}

/* Days on which something was once found. 63: Deletes were lost, and each end held another ISAKMP SA. */
static const uint64_t known_days[] = {63};

/* IKEWISE_DAYS=50 test_sim_day: more of them. */
static void a_day_with_restarts_and_clock_jumps_under_loss(void **state)
{
    void *space = malloc(seed_space());
    const char *days = getenv("IKEWISE_DAYS");

    (void)state;
    CHECK(space != NULL);
    for (uint64_t day = 0; day < (days == NULL ? 3 : strtoull(days, NULL, 10)); day++)
        live_a_day(space, 24 + day);
    for (size_t i = 0; i < COUNT_OF(known_days); i++)
        live_a_day(space, known_days[i]);
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_day_with_restarts_and_clock_jumps_under_loss)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
