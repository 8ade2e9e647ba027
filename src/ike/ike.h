/* The engine: IKEv1 as a function of what comes in. It has no socket, clock, file, thread, log or malloc.
 *
 *     struct ike *ike = ike_make(space, ike_space(&limits), &limits, seed);
 *     ike_feed(ike, now_ms, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = policy}, &out);
 *     for (;;) {
 *         ...wait until ike_deadline_ms(ike), or for a datagram, an answer, an acquire...
 *         ike_feed(ike, now_ms, &in, &out);
 *         for (size_t i = 0; i < out.count; i++) ...carry out out.items[i], in order...
 *     }
 *
 * `now_ms` never goes back (CLOCK_BOOTTIME). The outputs are the caller's: they are emptied at the start of each feed,
 * hold keys, and are to be wiped (ike_outputs_wipe) when they have been carried out. */
#ifndef IKE_IKE_H
#define IKE_IKE_H

#include "base/handle.h"
#include "event/event.h"
#include "policy/policy.h"
#include "policy/question.h"

struct ike;

struct ike_limits {
    uint32_t peers, sas, exchanges, pairs, blobs;
    uint32_t half_open; /* responder's SAs whose peer is not proved */
};

extern const struct ike_limits ike_limits_default;

size_t ike_space(const struct ike_limits *limits);

/* `seed`: at least DRBG_SEED_LEN (48) bytes of randomness. `space` is aligned for any type, and stays the caller's. */
struct ike *ike_make(void *space, const struct ike_limits *limits, struct bytes seed);

/* All that the engine ever kept, keys among it; what it never used stays untouched. It is gone then. */
void ike_wipe(struct ike *ike);

enum ike_input_kind {
    IKE_IN_DATAGRAM,
    IKE_IN_TIMER, /* ike_deadline_ms has come; harmless at any time */
    IKE_IN_ACQUIRE,
    IKE_IN_ANSWER,
    IKE_IN_COMMAND,
    IKE_IN_POLICY,
    IKE_IN_PLANE,
    IKE_IN_HINT,
};

enum ike_command_kind {
    IKE_UP,           /* bring tunnel `tunnel` up, every permit ACE of it; `peer`: with that one of its peers */
    IKE_DOWN,         /* delete all pairs and ISAKMP SAs of `peer`, telling it */
    IKE_CLEAR_ISAKMP, /* delete ISAKMP SAs of `peer`, of all peers when it is IP_NONE; with the last one of a peer go
                         its pairs */
    IKE_CLEAR_IPSEC,  /* delete pairs of `peer`, or of all */
    IKE_CLEAR_SA,     /* delete the ISAKMP SA whose conn_id is `number`; with the last one of a peer go its pairs */
    IKE_CLEAR_TUNNEL, /* delete pairs of `tunnel` */
    IKE_CLEAR_PAIR,   /* delete the pair whose inbound SPI is `number` */
    IKE_CLOSE,        /* begin no new session; those that stand go on, and are rekeyed */
    IKE_SHUT_DOWN,    /* delete everything, telling the peers */
};

struct ike_command {
    enum ike_command_kind kind;
    uint16_t tunnel;
    uint32_t number;
    struct ip peer;
};

enum ike_plane_kind {
    IKE_PLANE_INSTALLED, /* the directions of an INSTALL stand */
    IKE_PLANE_REFUSED,   /* they do not; `error` is an errno */
    IKE_PLANE_USED, /* an authenticated packet came in on the pair (at most one such input a second and pair is needed)
                     */
    IKE_PLANE_SENT, /* a packet has gone out on the pair, and none has come in since (at most one a second and pair) */
    IKE_PLANE_SOFT, /* the soft limit of kilobytes, or of sequence numbers, is reached */
    IKE_PLANE_HARD, /* the hard one: the plane has stopped using the pair */
    IKE_PLANE_NEW_ENDPOINT, /* an authenticated packet of the pair came from elsewhere (NAT rebinding) */
    IKE_PLANE_UNKNOWN_SPI,  /* ESP from `remote` for an SPI that we do not have */
};

struct ike_plane_input {
    enum ike_plane_kind kind;
    struct handle pair;
    int error;
    uint32_t spi;
    uint32_t sequence; /* IKE_PLANE_UNKNOWN_SPI: of the packet, */
    struct ip local;   /* and where it came */
    struct endpoint remote;
};

struct ike_input {
    enum ike_input_kind kind;
    union {
        struct {
            struct endpoint local, remote;
            struct bytes data; /* without the non-ESP marker */
        } datagram;
        struct {
            uint16_t tunnel, ace; /* of the present policy */
            struct flow flow;     /* what asked */
        } acquire;
        struct {
            struct handle exchange;
            uint32_t ask_number;
            const struct answer *answer;
        } answer;
        struct ike_command command;
        const struct policy *policy; /* stays the caller's, and must live until the feed with the next one is over */
        struct ike_plane_input plane;
        struct {
            struct endpoint local, remote;
            uint8_t icmp_type, icmp_code; /* 0, 0: a local error */
            int error;                    /* errno */
            struct bytes quoted; /* the beginning of our datagram, when the error quotes it; without the marker */
        } hint;
    };
};

/* What the plane is told to do for one pair. Keys are in the order of RFC 2409 5.5: for GCM the cipher's key is
 * followed by the salt. */
struct ike_install {
    struct handle pair;
    bool is_inbound, is_outbound; /* which directions to install now */
    uint16_t tunnel, ace;
    uint16_t tunnel_group;         /* whose group-policy holds for it, */
    uint32_t session;              /* number of a user's session; 0: of no user */
    uint32_t conn_id;              /* the pair's number on IOS */
    const char *user;              /* of that user; "": of no user. As long as the outputs are */
    struct selector selector;      /* as negotiated, seen from our side */
    struct endpoint local, remote; /* outer; the ports count only when is_udp */
    bool is_udp;                   /* RFC 3948 encapsulation */
    bool is_transport;
    bool is_begun_here; /* its quick mode: the one that begins its successor too, before the peer's limits come */
    bool has_esn;       /* sequence numbers of 64 bits; then there is a replay window */
    uint32_t spi_in, spi_out;
    enum cipher_id cipher;
    enum hash_id integrity; /* HASH_NONE with GCM and GMAC */
    uint8_t key_in[CIPHER_KEY_MAX + GCM_SALT_LEN], key_out[CIPHER_KEY_MAX + GCM_SALT_LEN];
    uint8_t key_len;
    uint8_t integrity_key_in[DIGEST_MAX], integrity_key_out[DIGEST_MAX];
    uint8_t integrity_key_len;
    uint32_t lifetime_kb; /* 0: none */
    uint16_t replay_window;
    enum df_policy df;
    bool is_split_sealed;   /* as of a tunnel */
    struct handle replaces; /* the pair that this one follows, not set for a first one */
};

/* What a gateway has given us as its client, or that it is over (`is_up` false: only `address` counts). Texts are
 * printable. */
struct ike_client {
    bool is_up;
    uint16_t tunnel;
    struct ip address;
    struct ip dns[SERVERS_MAX];                   /* the first that is not set ends them */
    struct ip_range networks[SPLIT_NETWORKS_MAX]; /* prefixes; none: everything goes to the gateway */
    uint16_t network_count;
    char banner[512], domain[256];
};

enum ike_output_kind {
    IKE_OUT_DATAGRAM,
    IKE_OUT_ASK,
    IKE_OUT_INSTALL,
    IKE_OUT_REMOVE,
    IKE_OUT_EVENT,
    IKE_OUT_MOVE,
    IKE_OUT_CLIENT,
};

struct ike_output {
    enum ike_output_kind kind;
    union {
        struct {
            struct endpoint local, remote;
            bool has_marker;   /* to and from port 4500: put the non-ESP marker before it. A NAT keepalive has none */
            struct bytes data; /* in ike_outputs.space */
        } datagram;
        struct {
            struct handle exchange;
            uint32_t ask_number;
            const struct question *question; /* in ike_outputs.questions; FORGET wants no answer */
        } ask;
        const struct ike_install *install; /* in ike_outputs.installs */
        struct {
            struct handle pair;
            uint32_t spi_in, spi_out;
            bool is_outbound_only; /* a newer pair sends from now on; this one still opens what comes */
        } remove;
        struct {
            struct handle pair;
            struct endpoint remote;
        } move;                          /* the pair's peer is elsewhere now */
        const struct event *event;       /* in ike_outputs.events */
        const struct ike_client *client; /* in ike_outputs.clients */
    };
};

/* A sealed message in clear: one that was opened, or that is sent with this feed. Passwords are hidden in it
 * (wire/shown.h). */
struct ike_clear {
    bool is_sent;
    struct endpoint local, remote;
    struct bytes data; /* in ike_outputs.clear_space */
};

enum {
    IKE_OUTPUTS_MAX = 512,
    IKE_EVENTS_MAX = 256,
    IKE_QUESTIONS_MAX = 32,
    IKE_INSTALLS_MAX = 16,
    IKE_CLIENTS_MAX = 4,
    IKE_OUTPUT_SPACE = 256 * 1024,
    IKE_CLEARS_MAX = 64,
    IKE_CLEAR_SPACE = 64 * 1024
};

/* About 700 kB: keep it static or on the heap. */
struct ike_outputs {
    size_t count;
    struct ike_output items[IKE_OUTPUTS_MAX];
    size_t event_count, question_count, install_count, client_count, space_len;
    size_t lost_event_count; /* events that did not fit; nothing else is ever lost: the engine leaves work for the next
                                feed instead */
    struct event events[IKE_EVENTS_MAX];
    struct question questions[IKE_QUESTIONS_MAX];
    struct ike_install installs[IKE_INSTALLS_MAX];
    struct ike_client clients[IKE_CLIENTS_MAX];
    uint8_t space[IKE_OUTPUT_SPACE];

    bool wants_esp; /* the caller's wish: what phase 2 is about is told in every detail, as a router's debug shows it */
    bool wants_clear;                                /* sealed messages are told in clear too */
    size_t clear_count, clear_len, lost_clear_count; /* those that did not fit */
    struct ike_clear clears[IKE_CLEARS_MAX];
    uint8_t clear_space[IKE_CLEAR_SPACE];
};

void ike_feed(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);

/* When the next TIMER is due; UINT64_MAX: never. */
uint64_t ike_deadline_ms(const struct ike *ike);

/* The tunnel of a client has nothing with its gateway, and nothing is under way; and the gateway has not refused its
 * user the last time. */
bool ike_client_wants_up(const struct ike *ike, uint16_t tunnel);

void ike_outputs_wipe(struct ike_outputs *out);

#endif
