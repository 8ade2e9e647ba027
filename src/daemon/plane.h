/* The data plane of the daemon: TUN device, sockets for ESP, SAs, held packets. Runs on the libuv loop that it is
 * given.
 *
 *     struct plane *plane;
 *     int error = plane_create(&plane, &(struct plane_config){.loop = loop, .tun_name = "ikewise0", .pair_limit =
 * limits.pairs, ...}); error = plane_open_local(plane, local_ip, &gate_fd);       both sockets on UDP 4500; the gate's
 * is the caller's plane_set_policy(plane, policy); error = plane_install(plane, install);                     feed
 * IKE_PLANE_INSTALLED or IKE_PLANE_REFUSED with it plane_free(plane);                                         on the
 * loop; its uv handles are closed by the next uv_run
 *
 * The callbacks are called at the end of a turn, never from inside plane_install and its like: they may call back into
 * the plane. Steering (nft marks, ip rule, routes, the fail-closed rule) is not done here; the TUN device is made,
 * configured and brought up here. Outer addresses are IPv4 in this release: plane_open_local and plane_install answer
 * EAFNOSUPPORT for others. */
#ifndef DAEMON_PLANE_H
#define DAEMON_PLANE_H

#include "daemon/usage.h"
#include "esp/autopsy.h"
#include "ike/ike.h"
#include "policy/policy.h"

#include <uv.h>

struct plane;

enum {
    PLANE_MARK = 0x1ce0, /* SO_MARK of our own sockets: never steered */
    PLANE_TUN_MTU = 1500,
    PLANE_HELD_MAX = 64, /* packets held for one ACE */
    PLANE_HELD_MS = 5000,
    PLANE_LOCALS_MAX = 16,
    PLANE_TUN_NAME_SIZE = 16,
};

/* A packet that goes no further. One that is outside is told from its ESP header on: of one that could not be read when
 * it was open, that header alone. An inner one begins with its IP header. */
struct plane_drop {
    enum esp_drop drop;
    bool is_outside, is_udp;
    struct endpoint from, to; /* of one outside */
    struct bytes packet;
    size_t len; /* as it was */
};

/* The network of a pair whose tunnel has a reverse route. */
struct plane_route {
    struct ip_range network;
    struct ip peer;
    uint16_t tunnel, tunnel_group; /* NO_INDEX: the policy has it no more */
};

/* What the plane tells; all may be NULL. `on_input` hands over what the engine takes. */
struct plane_hooks {
    void *context;
    void (*on_acquire)(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow);
    void (*on_input)(void *context, const struct ike_plane_input *input);
    void (*on_event)(void *context, const struct event *event);
    void (*on_guests_gone)(void *context); /* some of them are not wanted any more */
    /* Of tunnels with a reverse route: the first pair with that network of a peer's stands; the last one has gone. */
    void (*on_reverse_route)(void *context, const struct plane_route *route, bool stands);
    /* At once, from inside a burst: it may not call back into the plane, and the packet is gone when it returns. */
    void (*on_drop)(void *context, const struct plane_drop *drop);
};

struct plane_config {
    uv_loop_t *loop;
    const char *tun_name; /* "ikewise0" */
    uint32_t pair_limit;  /* ike_limits.pairs: handle.index stays below it */
    struct plane_hooks hooks;
};

/* 0, or an errno (EPERM without CAP_NET_ADMIN, ENODEV or ENOENT without TUN); `*plane` is untouched then. */
int plane_create(struct plane **plane, const struct plane_config *config);
void plane_free(struct plane *plane);

/* Opens, for one of our outer addresses, the two sockets on UDP 4500 and the raw socket for protocol 50. `*gate_fd`
 * becomes the caller's. Non-blocking, marked. EADDRINUSE: somebody else has the port. */
int plane_open_local(struct plane *plane, struct ip local, int *gate_fd);
void plane_close_local(struct plane *plane, struct ip local);

/* Which tunnel and ACE traffic belongs to. `policy` must live until the next call has returned. Pairs of tunnels that
 * are the same in the new policy (policy_same_tunnel) go on; the others stop sending and wait to be removed. Held
 * packets are dropped. NULL: no traffic leaves. */
void plane_set_policy(struct plane *plane, const struct policy *policy);

/* Installs the directions that are named; a second call adds the other one. 0, or an errno: EAFNOSUPPORT, ENOSPC (index
 * past pair_limit), EEXIST (the place has another pair, or the SPI is taken), EINVAL (libcrypto refused the keys),
 * ENOMEM, EADDRNOTAVAIL (no socket for that local address). Nothing is changed on failure. */
int plane_install(struct plane *plane, const struct ike_install *install);

/* A pair of an open tunnel whose traffic nobody steers yet; and now it is: it gets its route. */
bool plane_guest_waits(const struct plane *plane, struct handle pair);
void plane_guest_is_steered(struct plane *plane, struct handle pair);

/* The traffic of all pairs of open tunnels; `*guests` is the caller's to free. Returns how many. */
size_t plane_guests(const struct plane *plane, struct selector **guests);

/* A stale handle is nothing. The counters go to the pair that replaces this one. */
void plane_remove(struct plane *plane, struct handle pair);
/* The outbound half goes; what comes is still opened. */
void plane_stop_sending(struct plane *plane, struct handle pair);

/* What has gone through pairs of that session that are no more, since this was asked last. */
struct usage_bytes plane_take_usage(struct plane *plane, const struct usage_session *session);

/* The peer is elsewhere now (IKE_OUT_MOVE). */
void plane_move(struct plane *plane, struct handle pair, const struct endpoint *remote);

/* What the screens show of a pair. */
struct plane_pair_view {
    struct handle pair;
    bool is_inbound, is_outbound, is_stopped; /* which directions stand; stopped: at a hard limit */
    struct esp_tally tally;                   /* with those of the pairs that it has replaced */
    uint32_t path_mtu, media_mtu;
    uint32_t overhead, inner_mtu;       /* bytes */
    uint64_t bytes_in, bytes_out;       /* of this pair alone: what counts towards the lifetime in kilobytes */
    uint64_t kb_left_in, kb_left_out;   /* UINT64_MAX: no limit */
    uint64_t sequence_in, sequence_out; /* highest seen, last used */
    uint16_t replay_window;
    enum esp_variant variant; /* how the peer seals, when that is known not to be as agreed */
    uint64_t replay_bitmap;   /* bit 0 is the highest number */
    uint8_t iv_len;
    struct endpoint local, remote;
    enum df_policy df;
    const char *filter; /* its vpn-filter, of the present policy; NULL: none */
};

/* False: the plane has no such pair. */
bool plane_view_pair(const struct plane *plane, struct handle pair, struct plane_pair_view *view);

struct plane_totals {
    struct esp_tally tally; /* of packets that belong to no pair: held too long, unknown SPI, not steered ... */
    struct esp_tally ended; /* of pairs that have gone without another in their place */
    uint32_t pair_count, held_count;
    uint64_t ended_pair_count;
    uint64_t tun_in_packets, tun_out_packets, keepalives; /* from TUN, to TUN, NAT keepalives seen */
};

void plane_view_totals(const struct plane *plane, struct plane_totals *totals);

/* Packets that have matched that line of a crypto ACL since it is there, with or without a pair to go by. */
uint64_t plane_line_hits(const struct plane *plane, uint16_t tunnel, uint16_t ace);

/* Packets that the line `ace` of a filter of the policy has decided about since it stands; filter->ace_count: what no
 * line fits. */
uint64_t plane_filter_hits(const struct plane *plane, uint16_t filter, uint16_t ace);

/* Each pair counts from 0 again; what it has counted goes to `ended`. */
void plane_clear_counters(struct plane *plane);

const char *plane_tun_name(const struct plane *plane);

#endif
