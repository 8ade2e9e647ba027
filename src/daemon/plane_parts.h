/* Inside the plane only: what its files share.
 *
 *     plane.c         making, ending, the turn of each descriptor, views
 *     plane_pairs.c   SA pairs: installed, found, removed
 *     plane_held.c    packets that wait for a pair
 *     plane_filter.c  what a vpn-filter lets through
 *     plane_out.c     from TUN to the peer
 *     plane_in.c      from the peer to TUN
 *     plane_notice.c  what is to be told to the engine and the log
 *     plane_autopsy.c how the peer has sealed what does not verify
 */
#ifndef DAEMON_PLANE_PARTS_H
#define DAEMON_PLANE_PARTS_H

#include "crypto/drbg.h"
#include "daemon/plane.h"
#include "esp/autopsy.h"
#include "esp/outer.h"
#include "esp/packet.h"
#include "policy/filter.h"

#include <netinet/in.h>

enum {
    PLANE_BUFFER_SIZE = 65536 + ESP_HEADROOM + ESP_TAILROOM,
    PLANE_BURSTS_PER_TURN = 8, /* then the other descriptors, timers and the engine have their turn */
    PLANE_HOLDS_MAX = 256,     /* ACEs, or pairs of hosts of one, that wait at the same time */
    PLANE_HOLDS_OF_LINE = 64, /* of those pairs of hosts: who looks for hosts through one line leaves room for others */
    PLANE_EVENTS_MAX = 16,    /* waiting to be told; more are counted */
    PLANE_STRANGERS_MAX = 8,  /* unknown SPIs waiting to be told */
    PLANE_NOTICE_MS = 1000,   /* USED, SENT, acquires and unknown SPIs are told once in that time */
    PLANE_EVENT_MS = 5000,    /* a dropped packet, for one pair and reason: as an ASA limits 402116 */
    PLANE_PATH_MS = 30000,    /* how often the path MTU of a pair in use is asked for */
    PLANE_TOO_BIG_PER_S = 100, /* ICMP errors (RFC 1812 4.3.2.8) */
    PLANE_AUTOPSIES_PER_S = 20,
    PLANE_ASIDES_PER_S = 10, /* events that packets of no pair cause */
    PLANE_AUTOPSY_MS = 1000, /* for one pair */
    PLANE_AUTOPSY_KEYS = 8,  /* of the peer's other pairs */
    PLANE_GONE_MAX = 32,     /* SPIs of pairs that have ended */
    PLANE_GONE_MS = 5000,    /* what was under way when a pair ended has come by then */
};

/* Waiting to be told of a pair, as bits. */
enum { NOTICE_USED = 1, NOTICE_SOFT = 2, NOTICE_HARD = 4, NOTICE_NEW_ENDPOINT = 8, NOTICE_SENT = 16 };

/* What was told of the drops of one pair. */
struct told_drops {
    uint64_t event_ms[ESP_DROP_COUNT]; /* when one was told last; 0: never */
    uint32_t untold[ESP_DROP_COUNT];
};

struct plane_pair {
    struct handle handle; /* not set: the place is free */
    struct handle heir;   /* the pair that replaces this one */
    bool has_in, has_out, is_stopped, is_udp, is_transport, is_guest, is_steered, has_reverse_route;
    uint16_t tunnel, ace;         /* tunnel NO_INDEX: not of the present policy */
    uint16_t tunnel_group;        /* NO_INDEX: the present policy has it no more */
    char user[USER_NAME_MAX + 1]; /* "": of no user */
    uint32_t session;             /* number of his session; 0: of no user */
    uint32_t conn_id;             /* for events */
    const struct filter *filter;  /* of the present policy; NULL: none */
    bool is_closed;               /* it had one, and nobody knows which it would have now: nothing passes */
    struct selector selector;
    struct endpoint local, remote;
    enum df_policy df;
    bool is_split_sealed; /* as of its tunnel */
    struct esp_sa in, out;
    struct esp_tally tally;
    uint32_t path_mtu, inner_mtu;
    uint64_t path_ms;      /* when that was asked for */
    uint32_t next_of_spi;  /* index + 1, of the chain of that hash; 0: the end */
    uint32_t next_of_ace;  /* the same, newest first; only with has_out */
    bool is_of_hosts;      /* it is in the chain of its two hosts, and not in that of its whole ACE */
    uint64_t birth;        /* of the outbound SA: the higher, the newer */
    bool is_listed;        /* in plane.noticed; belongs to the place, not to the pair */
    uint64_t newest_in;    /* highest authenticated number */
    uint8_t notices, told; /* NOTICE_*: waiting; told once and for all (SOFT, HARD) */
    uint64_t used_ms;      /* when USED was told; 0: never */
    bool is_unanswered;    /* something has gone out, nothing has come in since, and SENT was not told */
    struct endpoint new_remote;
    enum esp_variant variant; /* how the peer seals, when that is known not to be as agreed */
    uint64_t autopsy_ms;      /* when a packet was looked at last; 0: never */
    struct told_drops *drops; /* NULL: it has dropped nothing yet */
};

struct plane_local {
    struct plane *plane;
    struct ip ip;
    int udp_fd, esp_fd;
    uint32_t media_mtu;
    int8_t udp_df, esp_df; /* what is set on the socket: 0, 1, -1 not known */
    uv_poll_t udp_poll, esp_poll;
    int open_handles;
};

struct held_packet {
    uint8_t *data; /* malloc */
    size_t len;
    uint64_t since_ms;
};

/* The packets that wait for one pair, oldest first. */
struct plane_hold {
    uint16_t tunnel, ace;
    struct selector wanted; /* of that ACE all, or two hosts */
    uint8_t count;          /* 0: the place is free */
    bool wants_acquire;
    uint64_t acquire_ms;
    struct flow flow; /* of the packet that asked last */
    struct held_packet packets[PLANE_HELD_MAX];
};

/* An SPI that was ours. */
struct gone_spi {
    uint32_t spi; /* 0: none */
    struct ip local, remote;
    uint64_t at_ms;
    bool is_told;
};

/* Packets that have wanted the tunnel of each line of the crypto ACLs. */
struct plane_lines {
    uint32_t *first; /* place of the first line of each tunnel; NULL: there is none, or no memory */
    uint64_t *hits;
};

struct plane {
    uv_loop_t *loop;
    struct plane_hooks hooks;
    char tun_name[PLANE_TUN_NAME_SIZE];
    int tun_fd;
    uv_poll_t tun_poll;
    uv_timer_t notice_timer, second_timer;
    int open_handles; /* the plane is freed with the last one */
    bool is_ending;
    const struct policy *policy;
    struct drbg drbg;

    struct plane_local *locals[PLANE_LOCALS_MAX];
    struct plane_pair *pairs;
    uint32_t pair_limit, pair_count, chain_mask;
    uint64_t last_birth;
    uint32_t *noticed; /* indexes of pairs with notices */
    size_t noticed_count;
    uint32_t *spi_chains, *ace_chains; /* index + 1 of the first pair; 0: none */
    uint32_t host_pair_count;          /* with is_of_hosts */

    struct plane_hold holds[PLANE_HOLDS_MAX];
    struct ike_plane_input strangers[PLANE_STRANGERS_MAX];
    size_t stranger_count;
    struct usage *usage;
    uint32_t guest_count, reverse_route_count;
    bool are_guests_gone;
    uint64_t stranger_ms;
    struct event events[PLANE_EVENTS_MAX];
    size_t event_count;
    uint32_t too_big_left, autopsies_left, asides_left; /* in this second */
    struct gone_spi gone[PLANE_GONE_MAX];               /* a ring */
    size_t gone_count;                                  /* ever */
    const uint8_t *kept_of;                             /* whose bytes kept_space has; NULL: nobody's */
    size_t kept_len;

    struct plane_lines lines;
    uint64_t *filter_hits; /* packets, by filter.h's places; NULL: there are no filters */
    struct plane_totals totals;
    uint8_t out_space[ESP_BURST_MAX][PLANE_BUFFER_SIZE];
    uint8_t fragment_space[ESP_BURST_MAX][PLANE_BUFFER_SIZE];
    uint8_t in_space[ESP_BURST_MAX][PLANE_BUFFER_SIZE];
    uint8_t kept_space[PLANE_BUFFER_SIZE];
};

/* plane.c */
uint64_t plane_now_ms(const struct plane *plane);
struct plane_local *plane_local_of(const struct plane *plane, struct ip ip);
/* Lowers the MSS of a SYN to what the pair can carry, at most what the policy says. */
void plane_clamp_mss(const struct plane *plane, const struct plane_pair *pair, uint8_t *packet,
                     const struct inner *inner);
/* Counts an inner packet that leaves no further, for the pair, or in the totals when it is NULL. */
void plane_drop_out(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, struct bytes packet);
/* The same of one that is sealed. */
void plane_drop_sealed(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, struct bytes packet);

/* plane_pairs.c */
struct plane_pair *plane_pair_find(const struct plane *plane, struct handle h);
struct plane_pair *plane_pair_of_spi(const struct plane *plane, uint32_t spi);
/* The newest pair that may send this flow. NULL: none. */
struct plane_pair *plane_pair_for(const struct plane *plane, uint16_t tunnel, uint16_t ace, const struct flow *flow);
/* The newest pair of an open tunnel for it; NULL. */
struct plane_pair *plane_guest_for(const struct plane *plane, const struct flow *flow);
/* The tunnel and line in which we are the user, for a flow that has been led here before its pair stands. */
bool plane_client_waits(const struct plane *plane, const struct flow *flow, uint16_t *tunnel, uint16_t *ace);
void plane_pairs_repolicy(struct plane *plane, const struct policy *from, const struct policy *to);
void plane_pairs_free(struct plane *plane);
/* Asks the kernel; true when the path has become narrower. */
bool plane_pair_ask_path(struct plane *plane, struct plane_pair *pair);
void plane_pairs_second(struct plane *plane);

/* plane_held.c */
void plane_hold_packet(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct flow *flow,
                       struct bytes packet);
/* Sends what waits for such a pair of that ACE, in order; what still has none goes on waiting for the rest of its time.
 */
void plane_hold_release(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct selector *selector);
void plane_hold_second(struct plane *plane);
void plane_hold_drop_all(struct plane *plane);
/* What waits for a tunnel that is the same in the new policy goes on waiting; the rest is dropped. */
void plane_hold_repolicy(struct plane *plane, const struct policy *from, const struct policy *to);

/* plane_lines.c: the counters go on in a new policy, in lines that are the same. */
void plane_lines_repolicy(struct plane *plane, const struct policy *from, const struct policy *to);
void plane_count_line(struct plane *plane, uint16_t tunnel, uint16_t ace);
void plane_lines_free(struct plane_lines *lines);

/* plane_filter.c */
/* The filter of a pair that begins, or that the policy has changed for. */
void plane_filter_set(struct plane_pair *pair, const struct policy *policy);
/* The counters go on in a new policy; all pairs get its filters. */
void plane_filter_repolicy(struct plane *plane, const struct policy *from, const struct policy *to);
/* Counts the line that decides. False: it is dropped, which is counted and told. */
bool plane_filter_in(struct plane *plane, struct plane_pair *pair, const struct esp_packet *packet,
                     struct endpoint from);
bool plane_filter_out(struct plane *plane, struct plane_pair *pair, const struct inner *inner, struct bytes packet);

/* plane_out.c */
void plane_out_turn(struct plane *plane);
/* One packet that waited; false: it still has no pair. `packet` must not lie in the plane's buffers. */
bool plane_out_one(struct plane *plane, uint16_t tunnel, uint16_t ace, struct bytes packet);

/* plane_in.c */
void plane_in_turn(struct plane_local *local, bool is_udp);
/* To the kernel; false: it did not take it. */
bool plane_tun_write(struct plane *plane, const uint8_t *packet, size_t len);

/* plane_notice.c */
void plane_notice_soon(struct plane *plane);
void plane_notice_pair(struct plane *plane, struct plane_pair *pair, uint8_t notice);
/* SOFT and HARD, each once. */
void plane_notice_limits(struct plane *plane, struct plane_pair *pair);
void plane_notice_stranger(struct plane *plane, struct bytes packet, struct ip local, const struct endpoint *remote);
/* An event for a dropped packet that has been counted, at most one in PLANE_EVENT_MS for one pair and reason. `packet`
 * is NULL for one on its way out. */
void plane_notice_drop(struct plane *plane, struct plane_pair *pair, enum esp_drop drop,
                       const struct esp_packet *packet);
/* Traffic for an entry that is not run; at most PLANE_ASIDES_PER_S of these and of keepalives are told. */
void plane_notice_parked(struct plane *plane, const struct tunnel *tunnel, const struct flow *flow);
void plane_notice_keepalive(struct plane *plane, struct ip local, struct endpoint from);
/* The same of what a filter denies. */
void plane_notice_filtered(struct plane *plane, struct plane_pair *pair, const struct inner *inner, bool is_out);
void plane_notice_all(struct plane *plane);
/* To whoever looks at what is dropped. */
void plane_notice_dropped(struct plane *plane, const struct plane_drop *dropped);
/* The same of what came in, also when it has been opened. */
void plane_notice_dropped_in(struct plane *plane, const struct plane_pair *pair, enum esp_drop drop,
                             const struct esp_packet *packet, struct endpoint from);
/* A place for an event that is told when the loop comes round; NULL: there is none. */
struct event *plane_notice_event(struct plane *plane, struct ip local, struct ip remote, enum event_kind kind);

void plane_add_protocol(struct event *event, const struct inner *inner);

/* plane_autopsy.c */
/* `packet` came in on the pair, was dropped for `drop`, and is as it came, or was kept. A finding is an event, once for
 * a pair. */
void plane_autopsy(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, const struct esp_packet *packet);
/* Before `packet` is opened: opening with GCM leaves nothing of what does not verify, so a pair that has met such a
 * packet has the next one copied, for as long as plane_autopsy may look at it. */
void plane_autopsy_keep(struct plane *plane, const struct plane_pair *pair, const struct esp_packet *packet);
/* `packet` came for an SPI that is not ours. */
void plane_autopsy_stranger(struct plane *plane, struct endpoint from, struct bytes packet);
/* The pair's SPI is ours no more. */
void plane_autopsy_gone(struct plane *plane, const struct plane_pair *pair);

#endif
