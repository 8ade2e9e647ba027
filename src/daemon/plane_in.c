#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAT_KEEPALIVE = 0xff, IPV4_HEADER_LEN = 20 };

/* What one call of recvmmsg brings. */
struct in_batch {
    struct mmsghdr messages[ESP_BURST_MAX];
    struct iovec vecs[ESP_BURST_MAX];
    struct plane_address from[ESP_BURST_MAX];
    union {
        struct cmsghdr header;
        uint8_t space[CMSG_SPACE(sizeof(int))];
    } control[ESP_BURST_MAX];
};

/* Packets of one pair on their way through one call of esp_open, with what their outer headers said. */
struct in_burst {
    struct plane_pair *pair;
    size_t count;
    struct esp_packet packets[ESP_BURST_MAX];
    struct endpoint from[ESP_BURST_MAX];
    uint8_t traffic_class[ESP_BURST_MAX];
};

bool plane_tun_write(struct plane *plane, const uint8_t *packet, size_t len)
{
    if (write(plane->tun_fd, packet, len) != (ssize_t)len)
        return false;
    plane->totals.tun_out_packets++;
    return true;
}

/* The peer's endpoint moves only on a packet that is authentic and newer than all before it, so that neither a forged
 * nor a replayed one, nor one that was overtaken, moves it (attack list N02, N03). */
static void note_authentic(struct plane *plane, struct plane_pair *pair, const struct esp_packet *packet,
                           struct endpoint from)
{
    uint64_t now_ms = plane_now_ms(plane);
    bool is_newest = packet->sequence > pair->newest_in;

    pair->is_unanswered = false;
    if (is_newest)
        pair->newest_in = packet->sequence;
    if (is_newest && pair->is_udp && !endpoint_equal(from, pair->remote)) {
        pair->new_remote = from;
        plane_notice_pair(plane, pair, NOTICE_NEW_ENDPOINT);
    }
    if (pair->used_ms == 0 || now_ms - pair->used_ms >= PLANE_NOTICE_MS) {
        pair->used_ms = now_ms;
        plane_notice_pair(plane, pair, NOTICE_USED);
    }
}

static void tell_refused(struct plane *plane, struct plane_pair *pair, enum esp_drop drop,
                         const struct esp_packet *packet, struct endpoint from)
{
    plane_notice_drop(plane, pair, drop, packet);
    plane_notice_dropped_in(plane, pair, drop, packet, from);
}

static void refuse(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, const struct esp_packet *packet,
                   struct endpoint from)
{
    esp_tally_drop(&pair->tally, drop);
    tell_refused(plane, pair, drop, packet, from);
}

static void deliver(struct plane *plane, struct in_burst *burst, size_t i)
{
    struct plane_pair *pair = burst->pair;
    struct esp_packet *packet = &burst->packets[i];
    uint8_t *inner_packet = packet->data + packet->at;

    if (pair->is_transport) {
        esp_traffic_class_in(inner_packet, &packet->inner, burst->traffic_class[i]);
    } else if (!esp_ecn_in(inner_packet, &packet->inner, burst->traffic_class[i])) {
        refuse(plane, pair, ESP_DROP_ECN, packet, burst->from[i]);
        return;
    }
    if (!plane_filter_in(plane, pair, packet, burst->from[i]))
        return;
    plane_clamp_mss(plane, pair, inner_packet, &packet->inner);
    if (!plane_tun_write(plane, inner_packet, packet->len))
        refuse(plane, pair, ESP_DROP_TUN_WRITE, packet, burst->from[i]);
}

static void flush(struct plane *plane, struct in_burst *burst)
{
    struct plane_pair *pair = burst->pair;

    if (burst->count == 0)
        return;
    plane_autopsy_keep(plane, pair, &burst->packets[0]);
    esp_open(&pair->in, burst->packets, burst->count, &pair->tally);
    for (size_t i = 0; i < burst->count; i++) {
        struct esp_packet *packet = &burst->packets[i];
        if (packet->drop == ESP_PASS || packet->drop == ESP_DROP_DUMMY)
            note_authentic(plane, pair, packet, burst->from[i]);
        pair->tally.counters[ESP_COUNTER_REKEY_PACKETS_IN] += packet->drop == ESP_PASS && handle_is_set(pair->heir);
        if (packet->drop == ESP_PASS)
            deliver(plane, burst, i);
        else
            tell_refused(plane, pair, packet->drop, packet, burst->from[i]);
    }
    plane_notice_limits(plane, pair);
    burst->count = 0;
}

/* Of no pair. */
static void refuse_stranger(struct plane_local *local, enum esp_drop drop, const struct esp_packet *packet, bool is_udp,
                            struct endpoint from)
{
    esp_tally_drop(&local->plane->totals.tally, drop);
    plane_notice_dropped(local->plane, &(struct plane_drop){.drop = drop,
                                                            .is_outside = true,
                                                            .is_udp = is_udp,
                                                            .from = from,
                                                            .to = {local->ip, PLANE_PORT},
                                                            .packet = bytes_of(packet->data + packet->at, packet->len),
                                                            .len = packet->len});
}

/* To which pair. `packet` begins at the ESP header. */
static void take(struct plane_local *local, struct in_burst *burst, const struct esp_packet *packet, bool is_udp,
                 struct endpoint from, uint8_t traffic_class)
{
    struct plane *plane = local->plane;
    uint32_t spi = esp_spi_of(bytes_of(packet->data + packet->at, packet->len));
    struct plane_pair *pair = spi == 0 ? NULL : plane_pair_of_spi(plane, spi);

    if (packet->len < ESP_HEADER_LEN) {
        refuse_stranger(local, ESP_DROP_TOO_SHORT, packet, is_udp, from);
        return;
    }
    if (pair == NULL) {
        refuse_stranger(local, ESP_DROP_UNKNOWN_SPI, packet, is_udp, from);
        plane_notice_stranger(plane, bytes_of(packet->data + packet->at, packet->len), local->ip, &from);
        plane_autopsy_stranger(plane, from, bytes_of(packet->data + packet->at, packet->len));
        return;
    }
    if (pair->is_udp != is_udp) {
        refuse(plane, pair, ESP_DROP_WRONG_WRAPPING, packet, from);
        return;
    }
    if (burst->pair != pair)
        flush(plane, burst);
    burst->pair = pair;
    burst->packets[burst->count] = *packet;
    burst->from[burst->count] = from;
    burst->traffic_class[burst->count] = traffic_class;
    burst->count++;
}

static uint8_t traffic_class_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)) /* an int in the order of the machine */
            return CMSG_DATA(c)[c->cmsg_level == IPPROTO_IPV6 && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 3 : 0];
    return 0;
}

static void keepalive(struct plane_local *local, struct endpoint from)
{
    local->plane->totals.keepalives++;
    plane_notice_keepalive(local->plane, local->ip, from);
}

static void take_udp(struct plane_local *local, struct in_burst *burst, struct in_batch *batch, size_t i)
{
    struct esp_packet packet = {.data = local->plane->in_space[i],
                                .size = PLANE_BUFFER_SIZE,
                                .at = ESP_HEADROOM,
                                .len = batch->messages[i].msg_len};

    if (packet.len == 1 && packet.data[packet.at] == NAT_KEEPALIVE) /* RFC 3948 2.3 */
        keepalive(local, plane_endpoint(&batch->from[i]));
    else
        take(local, burst, &packet, true, plane_endpoint(&batch->from[i]),
             traffic_class_of(&batch->messages[i].msg_hdr));
}

/* A raw socket hands over the IPv4 header too, and of IPv6 what comes behind the headers; the kernel has checked them,
 * and has put fragments together. */
static void take_esp(struct plane_local *local, struct in_burst *burst, struct in_batch *batch, size_t i)
{
    const uint8_t *header = local->plane->in_space[i] + ESP_HEADROOM;
    size_t len = batch->messages[i].msg_len;
    bool is_v6 = local->ip.family == IP_V6;
    size_t header_len = is_v6 ? 0 : len < IPV4_HEADER_LEN ? len : (size_t)(header[0] & 0x0f) * 4;
    struct endpoint from = {plane_endpoint(&batch->from[i]).ip, 0};

    if (header_len > len)
        header_len = len;
    struct esp_packet packet = {.data = local->plane->in_space[i],
                                .size = PLANE_BUFFER_SIZE,
                                .at = ESP_HEADROOM + header_len,
                                .len = len - header_len};
    uint8_t traffic_class = is_v6                          ? traffic_class_of(&batch->messages[i].msg_hdr)
                            : header_len < IPV4_HEADER_LEN ? 0
                                                           : header[1];
    take(local, burst, &packet, false, from, traffic_class);
}

static int receive(struct plane *plane, int fd, struct in_batch *batch)
{
    for (size_t i = 0; i < ESP_BURST_MAX; i++) {
        batch->vecs[i] = (struct iovec){plane->in_space[i] + ESP_HEADROOM, PLANE_BUFFER_SIZE - ESP_HEADROOM};
        batch->messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &batch->from[i],
                                                          .msg_namelen = sizeof batch->from[i],
                                                          .msg_iov = &batch->vecs[i],
                                                          .msg_iovlen = 1,
                                                          .msg_control = &batch->control[i],
                                                          .msg_controllen = sizeof batch->control[i].space}};
    }
    return recvmmsg(fd, batch->messages, ESP_BURST_MAX, MSG_DONTWAIT, NULL);
}

void plane_in_turn(struct plane_local *local, bool is_udp)
{
    struct in_batch batch;
    struct in_burst burst = {.pair = NULL};

    for (int turn = 0; turn < PLANE_BURSTS_PER_TURN; turn++) {
        int count = receive(local->plane, is_udp ? local->udp_fd : local->esp_fd, &batch);
        for (int i = 0; i < count; i++) {
            if (is_udp)
                take_udp(local, &burst, &batch, (size_t)i);
            else
                take_esp(local, &burst, &batch, (size_t)i);
        }
        flush(local->plane, &burst);
        if (count < ESP_BURST_MAX)
            return;
    }
}
