#include "sim/seed.h"

#include "crypto/drbg.h"
#include "esp/sa.h"

#include <string.h>

enum { TOLD_IN_DETAIL = 16 }; /* one world of so many */

size_t seed_space(void)
{
    return sim_space(SIM_SITES_MAX);
}

static uint32_t below(struct drbg *drbg, uint32_t bound)
{
    uint8_t bytes[4];

    drbg_fill(drbg, bytes, sizeof bytes);
    return ((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]) % bound;
}

static bool one_in(struct drbg *drbg, uint32_t count)
{
    return below(drbg, count) == 0;
}

static uint32_t address_of(uint32_t site)
{
    return 0xc0000201 + site * 0x100;
}

static uint32_t outer_address_of(uint32_t site, uint32_t nat)
{
    return nat == site ? 0xcb007105 : address_of(site);
}

static uint32_t net_of(uint32_t site)
{
    return 0x0a010000 + site * 0x10000;
}

/* Hub and spokes: site 0 has a tunnel to each other one. The algorithms that are quick to compute: the others have
 * vectors of their own. */
static void make_sites(struct drbg *drbg, struct sim_site *sites, uint32_t count)
{
    static const enum cipher_id ciphers[] = {CIPHER_AES128_CBC, CIPHER_AES256_CBC};
    static const enum hash_id hashes[] = {HASH_SHA1, HASH_SHA256};
    uint32_t nat = one_in(drbg, 4) ? 1 + below(drbg, count - 1) : count;
    struct sim_site common = {
        .cipher = ciphers[below(drbg, 2)],
        .hash = hashes[below(drbg, 2)],
        .group = GROUP_ECP256,
        .schedule = one_in(drbg, 6)   ? SCHEDULE_ASA
                    : one_in(drbg, 6) ? SCHEDULE_IOS
                                      : SCHEDULE_IKEWISE,
        .esp_cipher = CIPHER_AES128_CBC,
        .esp_integrity = HASH_SHA1,
        .lifetime_s = one_in(drbg, 3) ? 200 + below(drbg, 200) : 86400,
        .esp_lifetime_s = one_in(drbg, 3) ? 150 + below(drbg, 100) : 28800,
        .esp_lifetime_kb = one_in(drbg, 4) ? 64 : 0,
        .has_dpd = !one_in(drbg, 3),
    };
    enum group_id pfs = one_in(drbg, 4) ? GROUP_ECP256 : GROUP_NONE;
    common.fragment_len = one_in(drbg, 4) ? (uint16_t)(140 + below(drbg, 200)) : 0;

    common.is_aggressive = common.is_aggressive_answered = one_in(drbg, 4);

    for (uint32_t i = 0; i < count; i++) {
        sites[i] = common;
        sites[i].address = address_of(i);
        sites[i].nat_address = nat == i ? outer_address_of(i, nat) : 0;
        for (uint32_t k = 0; k < (i == 0 ? count - 1 : 1); k++) {
            uint32_t other = i == 0 ? k + 1 : 0;

            sites[i].peers[k] = (struct sim_peer){.address = outer_address_of(other, nat),
                                                  .key = "correct horse",
                                                  .local_net = net_of(i),
                                                  .remote_net = net_of(other),
                                                  .pfs = pfs};
        }
    }
}

static void spoil(struct drbg *drbg, struct sim_network *network)
{
    network->loss_percent = below(drbg, 4) * 10;
    network->repeat_percent = below(drbg, 4) * 10;
    network->damage_percent = one_in(drbg, 3) ? below(drbg, 20) : 0;
    network->forge_percent = one_in(drbg, 2) ? below(drbg, 60) : 0;
    network->delay_max_ms = one_in(drbg, 8) ? 60000 : 10 + below(drbg, 3000);
    network->answer_max_ms = one_in(drbg, 2) ? below(drbg, 3000) : 0;
    network->plane_max_ms = one_in(drbg, 2) ? below(drbg, 2000) : 0;
    network->answer_fails_percent = one_in(drbg, 5) ? 10 : 0;
    network->install_fails_percent = one_in(drbg, 6) ? 20 : 0;
    network->numbers_from = one_in(drbg, 8) ? (one_in(drbg, 2) ? UINT32_MAX : ESP_SOFT_SEQUENCE) - below(drbg, 40) : 0;
}

static void heal(struct sim_network *network)
{
    *network = (struct sim_network){.delay_min_ms = 10, .delay_max_ms = 10};
}

/* Whoever is behind the NAT says something then: by that the others learn of it. */
static void rebind(struct sim *sim, uint32_t site_count)
{
    for (uint32_t i = 1; i < site_count; i++) {
        sim_rebind(sim, i);
        sim_packet(sim, i, 0, 100);
    }
}

/* What may happen to a site; traffic is twice as likely as all else. */
static void happen(struct sim *sim, struct drbg *drbg, uint32_t site, uint32_t site_count)
{
    static const enum ike_command_kind commands[] = {IKE_DOWN, IKE_CLEAR_ISAKMP, IKE_CLEAR_IPSEC};
    uint16_t tunnel = (uint16_t)(site == 0 ? below(drbg, site_count - 1) : 0);

    switch (below(drbg, 24)) {
    case 0: sim_crash(sim, site, below(drbg, 30000)); return;
    case 1: sim_sleep(sim, site, below(drbg, 90000)); return;
    case 2: sim_jump(sim, site, below(drbg, 120000)); return;
    case 3: rebind(sim, site_count); return;
    case 4: sim_command(sim, site, commands[below(drbg, 3)]); return;
    case 5:
    case 6:
    case 7: sim_acquire(sim, site, tunnel); return;
    default:
        for (uint32_t i = 0; i <= below(drbg, 12); i++)
            sim_packet(sim, site, tunnel, 1400);
        return;
    }
}

static uint32_t tunnels_of(uint32_t site, uint32_t site_count)
{
    return site == 0 ? site_count - 1 : 1;
}

/* All is well from now on. What the misfortunes left may take its time to be found out; then a negotiation that is
 * begun succeeds, and packets arrive. */
static const char *check_honest(struct sim *sim, const struct sim_site *sites, uint32_t site_count)
{
    uint64_t delivered;

    heal(sim_network(sim));
    sim_run(sim, 130000);
    for (uint32_t i = 0; i < site_count; i++)
        sim_command(sim, i, IKE_DOWN);
    sim_run(sim, 130000);
    for (uint32_t i = 1; i < site_count; i++) {
        bool from_hub = i % 2 == 1 && sites[i].nat_address == 0; /* nobody gets in through a NAT unasked */

        sim_acquire(sim, from_hub ? 0 : i, (uint16_t)(from_hub ? i - 1 : 0));
    }
    sim_run(sim, 10000);
    for (uint32_t i = 1; i < site_count; i++)
        if (!sim_pairs_agree_for(sim, 0, (uint16_t)(i - 1), i))
            return "an honest negotiation did not succeed";
    delivered = sim_packets(sim).delivered;
    for (uint32_t i = 0; i < site_count; i++)
        for (uint16_t k = 0; k < tunnels_of(i, site_count); k++)
            sim_packet(sim, i, k, 100);
    sim_run(sim, 1000);
    if (sim_packets(sim).delivered != delivered + 2 * (site_count - 1))
        return "an honest packet was not delivered";
    return NULL;
}

static const char *check_leaks(struct sim *sim, uint32_t site_count)
{
    for (uint32_t i = 0; i < site_count; i++)
        sim_command(sim, i, IKE_SHUT_DOWN);
    sim_run(sim, 200000);
    sim_end(sim);
    return sim_fault(sim);
}

static const struct ike_limits small_limits = {
    .peers = 4, .sas = 6, .exchanges = 8, .pairs = 4, .blobs = 64, .half_open = 3};

/* Whom a world tells phase 2 in every detail: it must find room. */
static void hear_nothing(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    (void)context, (void)site, (void)at_ms, (void)event;
}

struct seed_result seed_run(void *space, uint64_t seed, enum sim_plant plant)
{
    struct drbg drbg;
    uint8_t entropy[DRBG_SEED_LEN] = {'w', 'o', 'r', 'l', 'd'};
    struct sim_site sites[SIM_SITES_MAX];

    for (int i = 0; i < 8; i++)
        entropy[8 + i] = (uint8_t)(seed >> 8 * i);
    drbg_seed(&drbg, BYTES_OF(entropy));
    uint32_t count = one_in(&drbg, 3) ? 2 + below(&drbg, SIM_SITES_MAX - 1) : 2;
    struct sim *sim = sim_make(space, count, seed);
    sim_plant(sim, plant);
    if (seed % TOLD_IN_DETAIL == 0)
        sim_listen(sim, hear_nothing, NULL);
    make_sites(&drbg, sites, count);
    for (uint32_t i = 0; i < count; i++)
        sim_site(sim, i, &sites[i]);
    bool is_small = one_in(&drbg, 5);
    if (is_small)
        sim_limit(sim, 0, &small_limits);
    spoil(&drbg, sim_network(sim));
    sim_acquire(sim, 0, 0);
    for (uint32_t k = 12 + below(&drbg, 12); k > 0 && sim_fault(sim) == NULL; k--) {
        sim_run(sim, below(&drbg, 20000));
        happen(sim, &drbg, below(&drbg, count), count);
    }
    const char *fault = sim_fault(sim);
    if (is_small && fault == NULL) { /* what was exhausted may stay so; what was established must not */
        heal(sim_network(sim));
        sim_limit(sim, 0, &sim_limits);
    }
    if (fault == NULL)
        fault = check_honest(sim, sites, count);
    if (fault == NULL)
        fault = check_leaks(sim, count);
    fault = sim_fault(sim) != NULL ? sim_fault(sim) : fault;
    struct seed_result result = {
        .hash = sim_hash(sim),
        .fault = fault,
        .at_ms = sim_fault(sim) != NULL ? sim_fault_ms(sim) : sim_now_ms(sim),
        .site_count = count,
        .packets = sim_packets(sim),
    };
    for (int i = 0; i < SIM_HAPPENINGS; i++)
        result.happened[i] = sim_happened(sim, (enum sim_happening)i);
    return result;
}

static void make_user(struct sim_site *user, struct sim_site *gateway)
{
    user->key_id = gateway->group_name = "staff";
    user->user = SIM_USER;
    user->password = SIM_PASSWORD;
    gateway->serves_users = true;
}

unsigned seed_tries(void *space, uint64_t seed, const struct seed_way *way, unsigned tries_max)
{
    struct drbg drbg;
    uint8_t entropy[DRBG_SEED_LEN] = {'t', 'r', 'i', 'e', 's'};
    struct sim_site sites[SIM_SITES_MAX];

    drbg_seed(&drbg, BYTES_OF(entropy));
    struct sim *sim = sim_make(space, 2, seed);
    make_sites(&drbg, sites, 2);
    if (way->is_of_user)
        make_user(&sites[0], &sites[1]);
    for (uint32_t i = 0; i < 2; i++) {
        sites[i].schedule = SCHEDULE_IKEWISE;
        sites[i].lifetime_s = sites[i].esp_lifetime_s = 0;
        sites[i].has_dpd = false;
        sites[i].fragment_len = way->fragment_len;
        sim_site(sim, i, &sites[i]);
    }
    sim_network(sim)->loss_percent = way->loss_percent;
    for (unsigned tries = 1; tries <= tries_max; tries++) {
        sim_acquire(sim, 0, 0);
        /* Until it is up, or nothing of it is left to wait for. */
        for (unsigned s = 0; s < 200; s++) {
            sim_run(sim, 1000);
            if (sim_pairs_agree_for(sim, 0, 0, 1))
                return tries;
            if (sim_event_count(sim, 0, EV_EXCHANGE_FAILED) >= tries)
                break;
        }
    }
    return 0;
}
