#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"
#include "esp/fragment.h"
#include "esp/mtu.h"
#include "esp/transport.h"

#include "base/check.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { V6_MTU_MIN = 1280 };

/* Packets of one pair on their way through one call of esp_seal. */
struct out_burst {
    struct plane_pair *pair;
    size_t count;
    struct esp_packet packets[ESP_BURST_MAX];
    struct esp_outer outers[ESP_BURST_MAX];
};

/* One datagram for sendmmsg, with its traffic class. */
struct out_message {
    struct iovec vec;
    union {
        struct cmsghdr header;
        uint8_t space[CMSG_SPACE(sizeof(int))];
    } control;
};

static enum esp_df df_of(const struct plane_pair *pair)
{
    switch (pair->df) {
    case DF_COPY: return ESP_DF_COPY;
    case DF_SET: return ESP_DF_SET;
    case DF_CLEAR: return ESP_DF_CLEAR;
    }
    CHECK(!"a DF policy");
}

static void fill_message(struct mmsghdr *message, struct out_message *parts, struct plane_address *to, socklen_t to_len,
                         const struct esp_packet *packet, struct esp_outer outer)
{
    int traffic_class = outer.traffic_class;
    bool is_v6 = to->any.sa_family == AF_INET6;

    parts->vec = (struct iovec){packet->data + packet->at, packet->len};
    parts->control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof traffic_class),
                                             .cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                             .cmsg_type = is_v6 ? IPV6_TCLASS : IP_TOS};
    memcpy(CMSG_DATA(&parts->control.header), &traffic_class, sizeof traffic_class);
    *message = (struct mmsghdr){.msg_hdr = {.msg_name = to,
                                            .msg_namelen = to_len,
                                            .msg_iov = &parts->vec,
                                            .msg_iovlen = 1,
                                            .msg_control = &parts->control,
                                            .msg_controllen = sizeof parts->control.space}};
}

static void set_df(int fd, enum ip_family family, int8_t *is_set, bool has_df)
{
    if (*is_set == has_df)
        return;
    *is_set = plane_socket_set_df(fd, family, has_df) == 0 ? (int8_t)has_df : -1;
}

/* What the kernel does not take. A packet that turns out to be too big for the path, which has become narrower, goes in
 * outer fragments this once; those after it are split or refused before they are sealed. */
static void on_send_error(struct plane *plane, struct plane_pair *pair, int fd, int8_t *df_is_set,
                          struct msghdr *message)
{
    if (errno == EMSGSIZE) {
        plane_pair_ask_path(plane, pair);
        set_df(fd, (enum ip_family)pair->local.ip.family, df_is_set, false);
        if (sendmsg(fd, message, MSG_DONTWAIT) >= 0) {
            pair->tally.counters[ESP_COUNTER_POST_FRAG_SUCCESSES]++;
            return;
        }
    }
    plane_drop_sealed(plane, pair, ESP_DROP_SEND_FAILED,
                      bytes_of(message->msg_iov->iov_base, message->msg_iov->iov_len));
}

/* Messages with the same DF. */
static void send_messages(struct plane *plane, struct plane_pair *pair, struct plane_local *local,
                          struct mmsghdr *messages, size_t count, bool has_df)
{
    int fd = pair->is_udp ? local->udp_fd : local->esp_fd;
    int8_t *df_is_set = pair->is_udp ? &local->udp_df : &local->esp_df;

    for (size_t done = 0; done < count;) {
        set_df(fd, (enum ip_family)local->ip.family, df_is_set, has_df);
        int sent = sendmmsg(fd, messages + done, (unsigned)(count - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += (size_t)sent;
        } else {
            on_send_error(plane, pair, fd, df_is_set, &messages[done].msg_hdr);
            done++;
        }
    }
}

/* The kernel makes fragments of what is too big for the path and may be split there. */
static bool is_split_outside(const struct plane_pair *pair, const struct esp_packet *packet, struct esp_outer outer)
{
    enum { IPV4_HEADER_LEN = 20, IPV6_HEADER_LEN = 40, UDP_HEADER_LEN = 8 };
    size_t header_len = pair->local.ip.family == IP_V6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN;

    return !outer.has_df && packet->len + header_len + (pair->is_udp ? UDP_HEADER_LEN : 0) > pair->path_mtu;
}

static void send_burst(struct plane *plane, struct out_burst *burst)
{
    struct mmsghdr messages[ESP_BURST_MAX];
    struct out_message parts[ESP_BURST_MAX];
    struct plane_pair *pair = burst->pair;
    struct plane_local *local = plane_local_of(plane, pair->local.ip);
    struct plane_address to;
    socklen_t to_len = plane_sockaddr(&to, (struct endpoint){pair->remote.ip, pair->is_udp ? pair->remote.port : 0});
    size_t count = 0;
    bool has_df = false;

    for (size_t i = 0; i < burst->count; i++) {
        const struct esp_packet *packet = &burst->packets[i];
        struct bytes bytes = bytes_of(packet->data + packet->at, packet->len);

        if (packet->drop != ESP_PASS) {
            plane_notice_drop(plane, pair, packet->drop, NULL);
            plane_notice_dropped(plane,
                                 &(struct plane_drop){.drop = packet->drop, .packet = bytes, .len = packet->len});
            continue;
        }
        if (local == NULL) {
            plane_drop_sealed(plane, pair, ESP_DROP_SEND_FAILED, bytes);
            continue;
        }
        if (count > 0 && burst->outers[i].has_df != has_df) {
            send_messages(plane, pair, local, messages, count, has_df);
            count = 0;
        }
        has_df = burst->outers[i].has_df;
        pair->tally.counters[ESP_COUNTER_POST_FRAG_SUCCESSES] += is_split_outside(pair, packet, burst->outers[i]);
        fill_message(&messages[count], &parts[count], &to, to_len, &burst->packets[i], burst->outers[i]);
        count++;
    }
    if (count > 0)
        send_messages(plane, pair, local, messages, count, has_df);
}

static void flush(struct plane *plane, struct out_burst *burst)
{
    if (burst->count == 0)
        return;
    esp_seal(&burst->pair->out, &plane->drbg, burst->packets, burst->count, &burst->pair->tally);
    send_burst(plane, burst);
    burst->pair->is_unanswered = true;
    plane_notice_limits(plane, burst->pair);
    burst->count = 0;
}

static void add(struct out_burst *burst, uint8_t *space, size_t len, struct esp_outer outer)
{
    burst->packets[burst->count] =
        (struct esp_packet){.data = space, .size = PLANE_BUFFER_SIZE, .at = ESP_HEADROOM, .len = len};
    burst->outers[burst->count] = outer;
    burst->count++;
}

/* Fragmentation before encryption: the peer opens whole ESP packets and forwards the fragments. */
static void split(struct plane *plane, struct plane_pair *pair, const struct inner *inner, struct bytes packet)
{
    struct fragmenter f = fragmenter_of(inner, packet, pair->inner_mtu);
    struct out_burst burst = {.pair = pair};
    struct esp_outer outer = esp_outer_of(inner, df_of(pair));
    size_t len;

    if (f.is_refused) {
        pair->tally.counters[ESP_COUNTER_PRE_FRAG_FAILURES]++;
        plane_drop_out(plane, pair, ESP_DROP_NOT_SPLIT, packet);
        return;
    }
    pair->tally.counters[ESP_COUNTER_PRE_FRAG_SUCCESSES]++;
    while ((len = fragment_next(&f, plane->fragment_space[burst.count] + ESP_HEADROOM, 65536)) > 0) {
        pair->tally.counters[ESP_COUNTER_FRAGMENTS_CREATED]++;
        add(&burst, plane->fragment_space[burst.count], len, outer);
        if (burst.count == ESP_BURST_MAX)
            flush(plane, &burst);
    }
    flush(plane, &burst);
}

static void tell_too_long(struct plane *plane, const struct plane_pair *pair, const struct inner *inner, size_t mtu)
{
    struct event *event = plane_notice_event(plane, pair->local.ip, pair->remote.ip, EV_PACKET_TOO_LONG);

    if (event == NULL)
        return;
    event_add_number(event, FIELD_LENGTH, inner->total_len);
    event_add_number(event, FIELD_MTU, mtu);
    event_add_ip(event, FIELD_INNER_SOURCE, inner->source);
    event_add_ip(event, FIELD_INNER_DESTINATION, inner->destination);
    plane_add_protocol(event, inner);
}

/* RFC 1191, RFC 8201: the sender is told, and sends smaller ones. */
static void tell_too_big(struct plane *plane, struct plane_pair *pair, const struct inner *inner, struct bytes packet)
{
    uint8_t space[ESP_TOO_BIG_MAX];
    size_t mtu = inner->family == IP_V6 && pair->inner_mtu < V6_MTU_MIN ? V6_MTU_MIN : pair->inner_mtu;
    size_t len = plane->too_big_left == 0 ? 0 : esp_too_big(inner, packet, mtu, (struct ip){0}, space);

    pair->tally.counters[ESP_COUNTER_PRE_FRAG_FAILURES]++;
    plane_drop_out(plane, pair, ESP_DROP_TOO_BIG, packet);
    if (len == 0 || !plane_tun_write(plane, space, len))
        return;
    plane->too_big_left--;
    tell_too_long(plane, pair, inner, mtu);
    pair->tally.counters[ESP_COUNTER_PMTUS_SENT]++;
}

/* Of transport mode ESP is what is split on the way, not the packet in it (RFC 4303 section 3.3.4). */
static void submit_transport(struct plane *plane, struct out_burst *burst, uint8_t *space, const struct inner *inner,
                             struct esp_outer outer)
{
    if (!esp_transport_carries(inner)) {
        plane_drop_out(plane, burst->pair, ESP_DROP_NOT_WHOLE, bytes_of(space + ESP_HEADROOM, inner->total_len));
        return;
    }
    outer.has_df = outer.has_df && inner->total_len <= burst->pair->inner_mtu;
    add(burst, space, inner->total_len, outer);
    esp_transport_take_off(&burst->packets[burst->count - 1], inner);
}

/* A packet whose pair is known joins the burst, which is flushed first when it is of another pair. `space` holds the
 * packet behind the headroom. */
static void submit(struct plane *plane, struct out_burst *burst, struct plane_pair *pair, uint8_t *space,
                   const struct inner *inner)
{
    struct bytes packet = bytes_of(space + ESP_HEADROOM, inner->total_len);
    struct esp_outer outer = esp_outer_of(inner, df_of(pair));

    if (!plane_filter_out(plane, pair, inner, packet))
        return;
    if (burst->pair != pair)
        flush(plane, burst);
    burst->pair = pair;
    pair->tally.counters[ESP_COUNTER_ENCAPS]++;
    pair->tally.counters[ESP_COUNTER_NOT_COMPRESSED]++;
    pair->tally.counters[ESP_COUNTER_REKEY_PACKETS_OUT] += handle_is_set(pair->heir);
    plane_clamp_mss(plane, pair, space + ESP_HEADROOM, inner);
    if (pair->is_transport) {
        submit_transport(plane, burst, space, inner, outer);
        return;
    }
    if (inner->total_len <= pair->inner_mtu) {
        add(burst, space, inner->total_len, outer);
        return;
    }
    bool may_split = esp_may_split(inner, df_of(pair));
    if (may_split && pair->is_split_sealed) {
        outer.has_df = false;
        add(burst, space, inner->total_len, outer);
        return;
    }
    flush(plane, burst); /* what came before it leaves before it */
    if (may_split) {
        split(plane, pair, inner, packet);
    } else if (inner->family == IP_V6 && inner->total_len <= V6_MTU_MIN) {
        outer.has_df = false; /* RFC 2473 7.1: such a sender cannot be told; the outer packet is split */
        add(burst, space, inner->total_len, outer);
    } else {
        tell_too_big(plane, pair, inner, packet);
    }
}

/* Attack list E14. */
static bool is_our_own(const struct plane *plane, const struct inner *inner)
{
    bool is_esp = inner->protocol == IPPROTO_ESP ||
                  (inner->protocol == IPPROTO_UDP && inner->has_ports && inner->source_port == PLANE_PORT);

    return is_esp && plane_local_of(plane, inner->source) != NULL;
}

/* To which pair, or where it waits. */
static void steer(struct plane *plane, struct out_burst *burst, uint8_t *space, size_t len)
{
    struct inner inner;
    struct bytes packet = bytes_of(space + ESP_HEADROOM, len);
    uint16_t tunnel = 0, ace = 0;

    if (!inner_read(&inner, packet)) {
        plane_drop_out(plane, NULL, ESP_DROP_OUT_MALFORMED, packet);
        return;
    }
    if (is_our_own(plane, &inner)) {
        plane_drop_out(plane, NULL, ESP_DROP_LOOP, packet);
        return;
    }
    struct flow flow = inner_flow_out(&inner);
    bool is_of_line = plane->policy != NULL && policy_steer(plane->policy, &flow, &tunnel, &ace);
    struct plane_pair *pair = is_of_line ? plane_pair_for(plane, tunnel, ace, &flow) : plane_guest_for(plane, &flow);
    if (pair == NULL && !is_of_line && !plane_client_waits(plane, &flow, &tunnel, &ace)) {
        plane_drop_out(plane, NULL, ESP_DROP_NOT_STEERED, packet);
        return;
    }
    plane_count_line(plane, pair == NULL ? tunnel : pair->tunnel, pair == NULL ? ace : pair->ace);
    if (pair != NULL)
        submit(plane, burst, pair, space, &inner);
    else
        plane_hold_packet(plane, tunnel, ace, &flow, bytes_of(space + ESP_HEADROOM, inner.total_len));
}

/* False: the device has nothing more for now. */
static bool read_burst(struct plane *plane)
{
    struct out_burst burst = {.pair = NULL};
    bool has_more = true;

    for (size_t i = 0; i < ESP_BURST_MAX && has_more; i++) {
        ssize_t len = read(plane->tun_fd, plane->out_space[i] + ESP_HEADROOM, 65536);
        has_more = len > 0;
        if (!has_more)
            break;
        plane->totals.tun_in_packets++;
        steer(plane, &burst, plane->out_space[i], (size_t)len);
    }
    flush(plane, &burst);
    return has_more;
}

void plane_out_turn(struct plane *plane)
{
    for (int i = 0; i < PLANE_BURSTS_PER_TURN; i++)
        if (!read_burst(plane))
            return;
}

bool plane_out_one(struct plane *plane, uint16_t tunnel, uint16_t ace, struct bytes packet)
{
    struct out_burst burst = {.pair = NULL};
    struct inner inner;

    CHECK(packet.len <= 65536 && inner_read(&inner, packet));
    struct flow flow = inner_flow_out(&inner);
    struct plane_pair *pair = plane_pair_for(plane, tunnel, ace, &flow);
    if (pair == NULL)
        return false;
    memcpy(plane->out_space[0] + ESP_HEADROOM, packet.data, packet.len);
    submit(plane, &burst, pair, plane->out_space[0], &inner);
    flush(plane, &burst);
    return true;
}
