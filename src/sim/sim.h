/* A deterministic world: several real engines with their vaults, one clock, one seed, and a network that loses, repeats
 * and delays.
 *
 *     struct sim *sim = sim_make(space, sim_space(2), 2, seed);
 *     sim_site(sim, 0, &west); sim_site(sim, 1, &east);
 *     sim_network(sim)->loss_percent = 10;
 *     sim_acquire(sim, 0, 0);
 *     sim_run(sim, 60000);                       a minute of the world's time; no wall time
 *     if (!sim_fault(sim)) ...                   NULL: no invariant was violated so far
 *
 * The same seed and calls give the same sim_hash. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "ike/ike.h"
#include "ike/view.h"
#include "vault/vault.h"

enum { SIM_SITES_MAX = 5, SIM_TUNNELS_MAX = 4, SIM_KEY_MAX = 64 };

/* One gateway as a table: its address, its networks, and what it thinks of each of its peers. */
struct sim_peer {
    uint32_t address;               /* of the peer, host order, as this site sees it */
    const char *key;                /* NULL: a tunnel-group without a key; "": no tunnel-group at all */
    uint32_t local_net, remote_net; /* /24 each */
    enum group_id pfs;
};

struct sim_site {
    uint32_t address;
    uint32_t nat_address; /* 0: no NAT before this site; else what the others see */
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group;
    enum schedule_id schedule;
    enum cipher_id esp_cipher;
    enum hash_id esp_integrity;
    uint32_t lifetime_s, esp_lifetime_s;
    bool is_nat_t_off, has_dpd;
    struct sim_peer peers[SIM_TUNNELS_MAX]; /* ends with address 0 */
};

struct sim_network {
    unsigned loss_percent, repeat_percent;
    uint32_t delay_min_ms, delay_max_ms;   /* of a datagram; a range reorders */
    uint32_t answer_min_ms, answer_max_ms; /* of the vault */
    uint32_t plane_min_ms, plane_max_ms;   /* of the plane's INSTALLED */
    unsigned answer_fails_percent, install_fails_percent;
    /* Loses the n-th datagram (from 1) that a site sends; 0: none. */
    uint32_t lose_nth[SIM_SITES_MAX];
    /* Nothing passes from a site at all. */
    bool is_cut[SIM_SITES_MAX];
};

struct sim;

size_t sim_space(uint32_t site_count);
struct sim *sim_make(void *space, uint32_t site_count, uint64_t seed);
struct sim_network *sim_network(struct sim *sim);
void sim_site(struct sim *sim, uint32_t site, const struct sim_site *as); /* also: replaces its policy, like a reload */

void sim_acquire(struct sim *sim, uint32_t site, uint16_t tunnel);
void sim_command(struct sim *sim, uint32_t site, enum ike_command_kind kind);
/* A datagram from nowhere: what an attacker sends. */
void sim_inject(struct sim *sim, uint32_t site, struct endpoint from, struct endpoint to, struct bytes data);
void sim_run(struct sim *sim, uint64_t for_ms);

uint64_t sim_now_ms(const struct sim *sim);
const struct ike *sim_ike(const struct sim *sim, uint32_t site);
const struct vault *sim_vault(const struct sim *sim, uint32_t site);
uint64_t sim_hash(const struct sim *sim);
const char *sim_fault(const struct sim *sim);
uint32_t sim_sent(const struct sim *sim, uint32_t site); /* datagrams */

/* What the fake plane of a site has: pairs with both halves, and whether each has its mirror, with equal keys, at the
 * other site. */
uint32_t sim_pairs_up(const struct sim *sim, uint32_t site);
bool sim_pairs_agree(const struct sim *sim, uint32_t one, uint32_t other);

/* How often a row of the step tables was taken by any engine of this world is not known to the engine; events are: how
 * often one of a kind was told. */
uint32_t sim_event_count(const struct sim *sim, uint32_t site, enum event_kind kind);
const struct event *sim_last_event(const struct sim *sim, uint32_t site, enum event_kind kind); /* NULL: none */

/* The datagrams of the world in the order in which they were sent, as many as are kept; NULL: no more. */
struct sim_datagram {
    uint64_t at_ms;
    struct endpoint from, to; /* as sent, before any NAT */
    struct bytes data;
    bool is_lost;
};
const struct sim_datagram *sim_datagram(const struct sim *sim, uint32_t index);

#endif
