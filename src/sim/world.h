/* Inside the simulator: the world's parts. Nothing outside src/sim includes this.
 *
 * sim.c: the clock and what is fed; network.c: datagrams on their way; site.c: a gateway's policy, its crashes;
 * plane.c: the fake plane and its packets; oracle.c: what must always hold. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "crypto/drbg.h"
#include "esp/sa.h"
#include "ike/assembly.h"
#include "sim/inside.h"
#include "sim/sim.h"

enum {
    FLIGHTS_MAX = 512,
    KEPT_MAX = 256,
    SIM_PAIRS_MAX = 64,
    DATAGRAM_MAX = IMPAIRED_MAX,
    HELD_MAX = 16, /* packets that wait for a pair, as in the real plane */
    HELD_MS = 5000,
    LATE_MS = 50000,
    ANSWER_LATE_MS = 1000,
    NOTICE_MS = 1000, /* USED and acquires are told once in that time */
    NUMBERED_MAX = 512,
    USED_MAX = 4096,
    STRANGERS_MAX = 32,
    COOKIES_MAX = 64,
    CAPTURED_MAX = 64,    /* ESP packets that an attacker has kept */
    DELIVERED_MAX = 8192, /* packets, by their serial numbers */
    NUMBERS_MAX = 1024,
    IMPAIRED_MESSAGES_MAX = 8,
};

enum flight_kind {
    FLIGHT_NONE,
    FLIGHT_DATAGRAM,
    FLIGHT_ANSWER,
    FLIGHT_INSTALLED,
    FLIGHT_LIMIT,
    FLIGHT_PACKET,
    FLIGHT_REFUSED
};

/* Something that arrives later; what it carries is in the load of the same index. */
struct flight {
    enum flight_kind kind;
    bool is_forged; /* not what anybody who knows a key has sent */
    uint64_t at_ms, order;
    uint32_t site, life; /* of the receiver: who crashed hears no answers of the life before */
};

/* An inner packet in ESP. */
struct packet {
    struct flow flow; /* seen from the sender */
    uint32_t len, spi;
    uint64_t sequence;
    uint64_t key_sum; /* stands for the ICV */
    uint64_t serial;  /* of the world's packets, from 1: copies have the same; 0: forged */
};

struct load {
    struct endpoint local, remote;
    size_t len;
    uint8_t data[DATAGRAM_MAX];
    struct handle exchange, pair;
    uint32_t ask_number;
    int error;
    struct answer answer;
    struct packet packet;
};

struct kept {
    struct sim_datagram view;
    uint8_t space[DATAGRAM_MAX];
};

/* Numbers, limits and the window are those of the real SAs; only keys and packets are not. */
struct plane_pair {
    bool is_used, is_inbound, is_outbound, is_soft_told, is_spent;
    uint64_t order, used_ms, sent_ms;
    struct esp_sa in, out;
    uint64_t far[REPLAY_WORDS]; /* of the window of `in` */
    struct ike_install install;
};

/* An ESP packet on the wire, as whoever listens there has it. */
struct captured {
    uint32_t to_site;
    struct endpoint local, remote;
    struct packet packet;
};

struct plane_hold {
    uint32_t count;
    struct selector asked_for;
    uint64_t asked_ms, at_ms[HELD_MAX];
    struct packet packets[HELD_MAX];
};

struct site_policy {
    struct policy policy;
    struct group_policy group_policies[2]; /* its own, its user's */
    struct user_rights rights;
    struct user_server user_server;
    struct policy_interface interface;
    struct isakmp_policy isakmp[SIM_POLICIES_MAX];
    struct transform_set set;
    struct tunnel tunnels[SIM_TUNNELS_MAX];
    struct crypto_ace aces[SIM_TUNNELS_MAX];
    struct tunnel_group groups[SIM_TUNNELS_MAX];
    char names[SIM_TUNNELS_MAX][IP_TEXT_SIZE];
    struct address_pool pool;
    struct credential credential;
    struct trustpoint trustpoint; /* of a client */
};

/* An address that has proved nothing, and what went to and fro in exchanges that it began. */
struct stranger {
    struct ip ip;
    bool is_proved;
    uint64_t bytes_in, bytes_out;
};

struct site {
    struct sim_site as;
    struct sim_gateway gateway; /* without a policy: the site is a table */
    struct ike_limits limits;
    struct ike *ike;
    struct vault *vault;
    void *ike_space, *vault_space;
    struct site_policy policies[2]; /* the present one and the one before */
    bool policy_turn;
    uint64_t skew_ms; /* how much its clock is ahead of the world's */
    uint64_t off_until_ms;
    uint32_t life;
    uint16_t nat_shift;
    struct plane_pair pairs[SIM_PAIRS_MAX];
    struct plane_hold holds[SIM_TUNNELS_MAX];
    uint32_t sent;
    uint32_t numbered_count;
    uint64_t numbered[NUMBERED_MAX]; /* sums of its messages, by number */
    uint64_t landed_order;           /* of the latest sent datagram that has come here */
    struct assembly sent_fragments;  /* of the message that is leaving */
    uint32_t event_counts[EV_COUNT];
    struct event last_events[EV_COUNT];
    struct stranger strangers[STRANGERS_MAX];
    struct ike_client given;
    uint32_t cookie_count;
    uint8_t cookies[COOKIES_MAX][8]; /* of exchanges that it began, a ring */
};

/* What was sent under one message id, in the order in which it was sent first; or who has an ESP key. */
enum { USES_MAX = 6 };
struct used {
    uint64_t name; /* 0: empty */
    uint8_t count;
    struct {
        uint64_t sum;
        uint32_t site;
        bool is_sealed;
    } uses[USES_MAX];
};

/* The last number that left under an ESP key. */
struct numbers {
    uint64_t key_sum;
    uint32_t last;
};

struct impaired_message {
    uint32_t site, number;
    enum impairment impairment;
    bool are_repeats_too;
};

struct sim {
    uint64_t now_ms, hash, last_order, last_serial, fault_ms;
    struct drbg drbg;
    struct sim_network network;
    uint32_t site_count, kept_count, feeds_at_this_time, impaired_count;
    enum sim_plant plant;
    const char *fault;
    sim_told *told; /* NULL: nobody listens */
    void *told_context;
    struct sim_packets packets;
    struct impaired_message impaired[IMPAIRED_MESSAGES_MAX];
    uint32_t row_counts[INSIDE_ROWS_MAX];
    uint64_t happened[SIM_HAPPENINGS];
    struct site sites[SIM_SITES_MAX];
    uint32_t flight_top; /* no flight at or above it */
    struct flight flights[FLIGHTS_MAX], landed;
    struct load loads[FLIGHTS_MAX], landed_load;
    struct kept kept[KEPT_MAX];
    struct used used[USED_MAX];
    uint32_t captured_count;
    struct captured captured[CAPTURED_MAX]; /* a ring */
    struct numbers numbers[NUMBERS_MAX];
    uint64_t delivered[DELIVERED_MAX]; /* serial numbers, each at its remainder */
    struct answer answer;
    struct inside before, after;
    struct impaired work;
    struct ike_outputs out;
};

/* ---- sim.c */
void sim_feed(struct sim *sim, uint32_t site, const struct ike_input *in, bool is_forged);
uint64_t site_now(const struct sim *sim, uint32_t site);
bool site_is_off(const struct sim *sim, uint32_t site);
uint32_t random_below(struct sim *sim, uint32_t bound);
bool happens(struct sim *sim, unsigned percent);
uint64_t after_ms(struct sim *sim, uint32_t min_ms, uint32_t max_ms); /* the world's time then */
struct load *flight_add(struct sim *sim, uint64_t at_ms, enum flight_kind kind, uint32_t site,
                        bool is_forged);              /* NULL: too many */
void sim_violate(struct sim *sim, const char *fault); /* the first one is kept */

/* ---- network.c */
/* strict.c: a first message with a lifetime that the site does not take, and its answer. */
enum { STRICT_REFUSAL_MAX = 64 };
bool strict_refuses(const struct site *site, struct bytes datagram);
struct bytes strict_refusal(struct bytes datagram, uint8_t space[static STRICT_REFUSAL_MAX]);

void network_send(struct sim *sim, uint32_t site, const struct ike_output *item);
void network_answer_old(struct sim *sim, uint32_t site, struct bytes datagram); /* SIM_PLANT_OLD_ANSWERED */
bool network_route(const struct sim *sim, uint32_t from_site, struct endpoint from, struct endpoint to,
                   uint32_t *to_site, struct endpoint *seen_from, struct endpoint *local); /* false: nobody is there */

/* ---- site.c */
void site_policy_make(struct site *site, int turn);
void site_begin(struct sim *sim, uint32_t site); /* an engine and a vault with nothing but the policy */

/* ---- plane.c */
void plane_install(struct sim *sim, uint32_t site, const struct ike_install *install);
void plane_remove(struct sim *sim, uint32_t site, struct handle pair, bool is_outbound_only);
void plane_move(struct sim *sim, uint32_t site, struct handle pair, struct endpoint remote);
void plane_empty(struct sim *sim, uint32_t site);
void plane_land(struct sim *sim, uint32_t site, const struct load *load);
void plane_tell_limit(struct sim *sim, uint32_t site, struct handle pair);

/* ---- oracle.c */
void oracle_before(struct sim *sim, uint32_t site, const struct ike_input *in, bool is_forged);
void oracle_after(struct sim *sim, uint32_t site, bool is_forged);
void oracle_sent(struct sim *sim, uint32_t site, const struct ike_output *item);
void oracle_clear(struct sim *sim);
void oracle_told(struct sim *sim, uint32_t site, const struct event *event);
void oracle_installed(struct sim *sim, uint32_t site, const struct ike_install *install);
void oracle_sealed(struct sim *sim, const struct packet *packet);
void oracle_delivered(struct sim *sim, const struct packet *packet);
const struct used *oracle_used(const struct sim *sim,
                               struct bytes datagram); /* what was sealed under its message id; NULL */
void oracle_forget_site(struct sim *sim, uint32_t site);

#endif
