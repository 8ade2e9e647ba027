/* Inside the simulator: the world's parts. Nothing outside src/sim includes this. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "crypto/drbg.h"
#include "sim/sim.h"

enum { FLIGHTS_MAX = 256, KEPT_MAX = 256, SIM_PAIRS_MAX = 64, DATAGRAM_MAX = 4096 };

extern const struct ike_limits sim_limits;

enum flight_kind { FLIGHT_NONE, FLIGHT_DATAGRAM, FLIGHT_ANSWER, FLIGHT_INSTALLED };

/* Something that arrives later. */
struct flight {
    enum flight_kind kind;
    uint64_t at_ms, order;
    uint32_t site;
    struct endpoint local, remote;
    size_t len;
    uint8_t data[DATAGRAM_MAX];
    struct handle exchange, pair;
    uint32_t ask_number;
    int error;
    struct answer answer;
};

struct kept {
    struct sim_datagram view;
    uint8_t space[DATAGRAM_MAX];
};

/* The fake plane of a site keeps what it was given. */
struct plane_pair {
    bool is_used, is_inbound, is_outbound;
    struct ike_install install;
};

struct site_policy {
    struct policy policy;
    struct policy_interface interface;
    struct isakmp_policy isakmp;
    struct transform_set set;
    struct tunnel tunnels[SIM_TUNNELS_MAX];
    struct crypto_ace aces[SIM_TUNNELS_MAX];
    struct tunnel_group groups[SIM_TUNNELS_MAX];
    char names[SIM_TUNNELS_MAX][IP_TEXT_SIZE];
};

struct site {
    struct sim_site as;
    struct ike *ike;
    struct vault *vault;
    struct site_policy policies[2]; /* the present one and the one before */
    bool policy_turn;
    struct plane_pair pairs[SIM_PAIRS_MAX];
    uint32_t sent;
    uint32_t event_counts[EV_COUNT];
    struct event last_events[EV_COUNT];
};

struct sim {
    uint64_t now_ms, hash, last_order;
    struct drbg drbg;
    struct sim_network network;
    uint32_t site_count, kept_count, feeds_at_this_time;
    const char *fault;
    struct site sites[SIM_SITES_MAX];
    struct flight flights[FLIGHTS_MAX], landed;
    struct kept kept[KEPT_MAX];
    struct answer answer;
    struct ike_outputs out;
};

void sim_feed(struct sim *sim, uint32_t site, const struct ike_input *in);
void sim_violate(struct sim *sim, const char *fault); /* the first one is kept */
void sim_installed(struct sim *sim, uint32_t site, struct handle pair);

void world_policy(struct site *site, int turn);
void world_check(struct sim *sim, uint32_t site);
void plane_install(struct sim *sim, uint32_t site, const struct ike_install *install);
void plane_remove(struct sim *sim, uint32_t site, struct handle pair);

#endif
