/* A deterministic world: several real engines with their vaults, one clock, one seed, a fake data plane, and a network
 * that loses, repeats, reorders, delays and damages.
 *
 *     struct sim *sim = sim_make(space, 2, seed);        space of sim_space(2) bytes
 *     sim_site(sim, 0, &west); sim_site(sim, 1, &east);
 *     sim_network(sim)->loss_percent = 10;
 *     sim_acquire(sim, 0, 0);
 *     sim_run(sim, 60000);                       a minute of the world's time; no wall time
 *     if (!sim_fault(sim)) ...                   NULL: no invariant was violated so far (oracle.c)
 *
 * The same seed and calls give the same sim_hash. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "conf/conf.h"
#include "ike/ike.h"
#include "ike/view.h"
#include "sim/faults.h"
#include "vault/vault.h"

enum { SIM_SITES_MAX = 5, SIM_TUNNELS_MAX = 4, SIM_POLICIES_MAX = 40, SIM_POOL = 0x0a3cc80a, SIM_POOL_SIZE = 2 };

#define SIM_USER "alice"
#define SIM_PASSWORD "wonderland"

/* One gateway as a table: its address, its networks, and what it thinks of each of its peers. */
struct sim_peer {
    uint32_t address;               /* of the peer, host order, as this site sees it */
    const char *key;                /* NULL: a tunnel-group without a key; "": no tunnel-group at all */
    uint32_t local_net, remote_net; /* /24 each; of IPv6, /64: sim_inner_ip */
    enum group_id pfs;
    uint32_t backup; /* the second peer of that tunnel; 0: none. Another tunnel has its key */
};

/* What a site proves itself with by signatures, and whom it believes. */
struct sim_credential {
    char name[32];
    struct trustpoint trustpoint;
    const struct trust *trust;
};

struct sim_site {
    uint32_t address;
    uint32_t nat_address; /* 0: no NAT before this site; else what the others see */
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group;
    bool is_lifetime_strict; /* a first message with another lifetime is refused (strict.c) */
    uint8_t policy_count;    /* so many, of which none but the last is its own; 0: one. At most SIM_POLICIES_MAX */
    enum schedule_id schedule;
    enum cipher_id esp_cipher;
    enum hash_id esp_integrity;
    uint32_t lifetime_s, esp_lifetime_s, esp_lifetime_kb, esp_idle_time_s;
    bool has_esn;
    bool is_per_host;  /* as of a tunnel */
    bool is_transport; /* packets between its own address and its peers' */
    bool is_inner_ipv6;
    bool recovers_spis;
    bool is_replay_off, is_nat_t_off, has_dpd, dpd_is_on_demand, dpd_restarts;
    bool is_aggressive, is_aggressive_answered; /* how it begins phase 1; whether it answers it so */
    const char *key_id;                         /* its identity; NULL: its address */
    struct own_identity identity;               /* of its peers' tunnel-groups */
    const char *group_name;                     /* the name of its peers' tunnel-groups; NULL: their addresses */
    uint16_t fragment_len;                      /* 0: no fragmentation */
    const struct sim_credential *credential;    /* NULL: by pre-shared keys */
    bool has_lost_key;                          /* the private one of the credential */
    const char *peer_identity;                  /* as of a tunnel group */
    enum identity_check identity_check;
    bool takes_any_peer;       /* by a dynamic crypto map without an ACL and DefaultL2LGroup with the first peer's key;
                                * `peers` say only where its own packets go */
    bool serves_users;         /* as takes_any_peer, in aggressive mode, with a tunnel-group for users and SIM_POOL_SIZE
                                * addresses for them, that has `group_name`, or is DefaultRAGroup; the one user is SIM_USER
                                * with SIM_PASSWORD. With a credential by hybrid, as the other end with one */
    bool has_pam;              /* its users are PAM's, which says `pam_verdict` of anybody */
    bool is_local_asked_after; /* and SIM_USER is asked for when that is UNANSWERED */
    enum password_verdict pam_verdict;
    uint32_t pool_size;                     /* 0: SIM_POOL_SIZE */
    bool is_main_mode_of_users;             /* begins so, as a client */
    struct group_policy group_policy;       /* of all its peers and users; without a name: there is none */
    struct group_policy user_policy;        /* of SIM_USER alone; without a name: there is none */
    struct user_rights user_rights;         /* what else is said of him */
    const char *user, *password;            /* its own, as a client of its first peer; NULL: it is a site */
    struct sim_peer peers[SIM_TUNNELS_MAX]; /* ends with address 0 */
};

/* A gateway with a whole policy of its own. What it points to is borrowed, for as long as the world. */
struct sim_gateway {
    uint32_t address, nat_address; /* as of struct sim_site */
    const struct policy *policy;   /* at most SIM_TUNNELS_MAX tunnel-groups */
    const struct conf_key *keys;
    uint16_t key_count;
    struct users users;                /* whom it serves */
    struct credentials credentials;    /* as whose client it begins */
    const struct trust *const *trusts; /* of its trustpoints, as many as the policy has; NULL: nobody is trusted */
};

struct sim_network {
    unsigned loss_percent, repeat_percent;
    unsigned damage_percent;             /* a datagram arrives with bits flipped, or cut, instead of whole */
    unsigned forge_percent;              /* a damaged copy arrives beside the true one, perhaps from a false address */
    uint32_t delay_min_ms, delay_max_ms; /* of a datagram; a range reorders */
    uint32_t answer_min_ms, answer_max_ms; /* of the vault */
    uint32_t plane_min_ms, plane_max_ms;   /* of the plane's INSTALLED */
    unsigned answer_fails_percent, install_fails_percent;
    /* Loses the n-th datagram (from 1) that a site sends; 0: none. */
    uint32_t lose_nth[SIM_SITES_MAX];
    bool is_esp_spared;    /* loss does not hit inner packets: one that is lost then was lost by us */
    uint32_t numbers_from; /* outbound SAs that are installed from now on have used that sequence number already */
    /* Nothing passes from a site at all; nothing from or for that UDP port; no inner packet. */
    bool is_cut[SIM_SITES_MAX];
    uint16_t cut_port[SIM_SITES_MAX]; /* 0: none */
    bool is_esp_cut[SIM_SITES_MAX];
    bool is_refused[SIM_SITES_MAX]; /* the own packet filter lets nothing out, and says so */
    bool is_taken[SIM_SITES_MAX];   /* another daemon has its ports: nothing comes to it, nor from it */
    uint32_t datagram_max;          /* what is longer is lost; 0: nothing is */
};

/* What has happened in a world: happenings.def. */
enum sim_happening {
#define HAPPENING(name, words) SIM_##name,
#include "sim/happenings.def"
#undef HAPPENING
    SIM_HAPPENINGS
};

struct sim;

size_t sim_space(uint32_t site_count);
struct sim *sim_make(void *space, uint32_t site_count, uint64_t seed);
struct sim_network *sim_network(struct sim *sim);
struct ip sim_inner_ip(const struct sim_site *as, uint32_t ip);           /* 10.1.0.7 and 2001:db8:a01::7 */
void sim_site(struct sim *sim, uint32_t site, const struct sim_site *as); /* also: replaces its policy, like a reload */
void sim_gateway(struct sim *sim, uint32_t site, const struct sim_gateway *as);

/* Every event from now on, as it is told, phase 2 in every detail. Without a listener the details are left out: they
 * are a sixth of a world's time. */
typedef void sim_told(void *context, uint32_t site, uint64_t at_ms, const struct event *event);
void sim_listen(struct sim *sim, sim_told *listener, void *context);

/* One line of a tunnel's crypto ACL wants a pair. */
void sim_acquire_line(struct sim *sim, uint32_t site, uint16_t tunnel, uint16_t ace);
void sim_acquire(struct sim *sim, uint32_t site, uint16_t tunnel);
void sim_command(struct sim *sim, uint32_t site, enum ike_command_kind kind);
void sim_command_of(struct sim *sim, uint32_t site, const struct ike_command *command);
/* The plane says that the soft limit of every pair of the site is reached. */
void sim_soft_limit(struct sim *sim, uint32_t site);
/* Of the oldest: SOFT or HARD. */
void sim_limit_of_oldest(struct sim *sim, uint32_t site, enum ike_plane_kind limit);
/* A datagram from nowhere: what an attacker sends. */
void sim_inject(struct sim *sim, uint32_t site, struct endpoint from, struct endpoint to, struct bytes data);
void sim_run(struct sim *sim, uint64_t for_ms);

/* Misfortunes. A site that is off hears nothing; one that slept goes on where it was, later; one that crashed begins
 * anew, with nothing but its configuration. Its clock never goes back. */
void sim_sleep(struct sim *sim, uint32_t site, uint64_t for_ms);
void sim_crash(struct sim *sim, uint32_t site, uint64_t off_ms);
void sim_jump(struct sim *sim, uint32_t site, uint64_t by_ms); /* its clock alone */
void sim_rebind(struct sim *sim, uint32_t site);               /* the NAT before it gives it other ports */
/* Begins anew with smaller pools; each limit at most that of sim_limits. */
void sim_limit(struct sim *sim, uint32_t site, const struct ike_limits *limits);
extern const struct ike_limits sim_limits;

/* One inner packet of `len` bytes from a host behind `site` to one behind its peer. Without a pair it is held and asks
 * for one, as the real plane does. */
void sim_packet(struct sim *sim, uint32_t site, uint16_t tunnel, uint32_t len);

/* The same of a packet that some line of a crypto ACL must permit. */
void sim_packet_of(struct sim *sim, uint32_t site, const struct flow *flow, uint32_t len);

struct sim_packets {
    uint64_t sent, delivered;
    uint64_t lost;     /* by the network, or because the receiver was off */
    uint64_t unwanted; /* they came for an SPI that the receiver has not */
    uint64_t dropped;  /* held too long, or too many, or past a hard limit */
    uint64_t refused;  /* by the anti-replay window: repeats, and what was overtaken by more than the window holds */
};
struct sim_packets sim_packets(const struct sim *sim);

/* An impairment (faults.def) of the n-th message, from 1, that a site sends; repeats of a message have its number. */
void sim_impair(struct sim *sim, uint32_t site, uint32_t nth, enum impairment impairment, bool are_repeats_too);

/* A rule broken on purpose, to see that the oracle finds it. */
enum sim_plant {
    SIM_PLANT_NONE,
    SIM_PLANT_REUSED_IV,           /* a repeat is another plaintext under the IV of the first */
    SIM_PLANT_OLD_ANSWERED,        /* any message that was answered once is answered again */
    SIM_PLANT_COMMIT_WHILE_PARKED, /* a message moves an exchange that waits for the vault */
    SIM_PLANT_FORGERY_TAKEN,       /* a message that does not open ends an SA */
    SIM_PLANT_NUMBERS_RESTARTED,   /* the numbers of an outbound SA begin anew when its peer moves */
    SIM_PLANT_NO_WINDOW,           /* ESP packets are opened as often as they come */
    SIM_PLANT_COUNT
};
void sim_plant(struct sim *sim, enum sim_plant plant);

uint64_t sim_now_ms(const struct sim *sim);
const struct ike *sim_ike(const struct sim *sim, uint32_t site);
const struct ike_client *sim_given(const struct sim *sim, uint32_t site); /* what a client has last been given */
const struct vault *sim_vault(const struct sim *sim, uint32_t site);
uint64_t sim_hash(const struct sim *sim);
const char *sim_fault(const struct sim *sim);
uint64_t sim_fault_ms(const struct sim *sim);            /* when it was found */
uint32_t sim_sent(const struct sim *sim, uint32_t site); /* datagrams */
bool sim_is_in(const struct sim *sim, uint32_t site,
               const char *state); /* an exchange of this site is, by its name in states.def */

/* To be called at the end, after IKE_SHUT_DOWN at all sites and time for it to pass: violates when a pool entry or a
 * secret is left. */
void sim_end(struct sim *sim);

/* What the fake plane of a site has: pairs with both halves, and whether each has its mirror, with equal keys, at the
 * other site. */
uint32_t sim_pairs_up(const struct sim *sim, uint32_t site);
/* What the newest outbound half of one site sends is opened at the other. */
bool sim_flows(const struct sim *sim, uint32_t from, uint32_t to);
bool sim_pairs_agree(const struct sim *sim, uint32_t one, uint32_t other);
/* The newest pair of that tunnel of `one` is up at both. */
bool sim_pairs_agree_for(const struct sim *sim, uint32_t one, uint16_t tunnel, uint32_t other);

/* How often a row of the step tables (step_row) was taken by any engine of this world, seen from outside: what its
 * exchanges were before and after each input. */
uint32_t sim_row_count(const struct sim *sim, size_t row);

uint64_t sim_happened(const struct sim *sim, enum sim_happening happening);
const char *sim_happening_words(enum sim_happening happening);

/* How often an event of a kind was told. */
uint32_t sim_event_count(const struct sim *sim, uint32_t site, enum event_kind kind);
const struct event *sim_last_event(const struct sim *sim, uint32_t site, enum event_kind kind); /* NULL: none */

/* The datagrams of the world in the order in which they were sent, as many as are kept; NULL: no more. */
struct sim_datagram {
    uint64_t at_ms;
    struct endpoint from, to; /* as sent, before any NAT */
    struct bytes data;
    bool is_lost;
    uint32_t site,
        number; /* the sender's n-th message, from 1; a repeat has the number of the first. NAT keepalives: 0 */
};
const struct sim_datagram *sim_datagram(const struct sim *sim, uint32_t index);

#endif
