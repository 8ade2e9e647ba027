/* What the engine knows, for screens: values, no keys. Times are of the engine's clock; the screens turn them into
 * ages. */
#ifndef IKE_VIEW_H
#define IKE_VIEW_H

#include "ike/ike.h"

/* One ISAKMP SA; also a dead one (IOS lists those as deleted for 60 s). */
struct ike_sa_view {
    struct handle sa;
    struct endpoint local, remote;
    bool is_initiator, is_rekeying, is_dead, is_up, is_nat_t;
    const char *asa_state, *ios_state; /* of states.def */
    uint32_t conn_id;                  /* from 1 */
    uint8_t cookies[16];
    enum cipher_id cipher; /* NONE until agreed */
    enum hash_id hash;
    enum group_id group;
    uint32_t lifetime_s, remaining_s;
    uint16_t auth;            /* how the ends prove themselves: RFC 2409 appendix A; 0 until agreed */
    bool is_aggressive;       /* phase 1 */
    const char *tunnel_group; /* "" until known */
    uint64_t begun_ms;
    bool has_dpd;
    bool has_fragmentation;   /* large messages to the peer go in fragments */
    bool is_user;             /* of remote access, at either end */
    const char *user;         /* as he wrote it; "" until he is proved. It is the engine's, until the next input */
    struct ip assigned;       /* not set: he has no inner address yet */
    struct ip_range network;  /* of his, the first that has come; not set: he has none */
    const char *group_policy; /* "": none */
    const char *filter;       /* its vpn-filter; "": none */
};

struct ike_pair_view {
    struct handle pair;
    struct endpoint local, remote;
    bool is_udp, is_transport, has_esn, is_initiator;
    bool is_peer_replay_off; /* the peer does not check for replays */
    uint16_t tunnel, ace;
    struct selector selector;
    uint32_t spi_in, spi_out;
    enum cipher_id cipher;
    enum hash_id integrity;
    enum group_id pfs;
    uint32_t lifetime_s, lifetime_kb, remaining_s;
    uint32_t idle_timeout_s, idle_left_s; /* how long no packet may come or go; 0: for ever */
    uint64_t begun_ms;
    uint32_t conn_id;
    bool is_up;         /* both halves stand */
    const char *user;   /* of remote access: who it is, as he wrote it; "": nobody */
    struct ip assigned; /* and the inner address that he was given */
};

/* How an attempt ended; the last ones of each peer are kept after its SAs have died. */
struct ike_outcome {
    uint64_t at_ms;
    bool is_initiator, is_success;
    bool is_end;   /* no failure: it was up until then, or we ended it on purpose */
    uint8_t phase; /* 1 or 2 */
    const char *asa_state, *ios_state;
    const char *reason;     /* name of a row of reasons.def */
    const char *hypothesis; /* name of a row of hypothesis.def: what the peer's key is; "NONE": not known, or ours */
    const char *meaning;    /* its sentence; or what the autopsy found out about the peer's key */
};

enum { IKE_OUTCOMES_MAX = 20 };

struct ike_peer_view {
    struct ip remote;
    uint32_t sa_count, pair_count;
    uint32_t waiting_count; /* acquires that wait for phase 1 */
    uint8_t outcome_count;
    struct ike_outcome outcomes[IKE_OUTCOMES_MAX]; /* newest first */
};

/* Index 0, 1, ... in the order in which they were made; false: no more. */
bool ike_view_sa(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_sa_view *view);
bool ike_view_pair(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_pair_view *view);
bool ike_view_peer(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_peer_view *view);

/* Wireshark's ikev1_decryption_table row of one ISAKMP SA: cookie of the initiator and the cipher's key, both hex, with
 * a comma between them. False while there is no key. A debug option that warns: these are secrets. */
bool ike_view_wireshark_key(const struct ike *ike, uint32_t index, struct text *line);

/* How many places of the pools are taken; for the screens of limits and the leak tests. */
struct ike_use {
    uint32_t peers, sas, exchanges, pairs, drafts, blobs, assemblies;
    uint64_t randoms; /* how often randomness was drawn */
};

struct ike_use ike_view_use(const struct ike *ike);

/* How many there are, told in one walk: the views by index take a walk each. */
struct ike_counts {
    uint32_t up, negotiating; /* ISAKMP SAs */
    uint32_t users,
        others; /* sessions: those that are up and are not being replaced; users as their gateway sees them */
    uint32_t pairs;
};

struct ike_counts ike_view_counts(const struct ike *ike);

#endif
