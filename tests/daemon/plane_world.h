/* A plane on a real kernel, in a network namespace of this process alone: TUN device, sockets. The test is the peer, at
 * 192.0.2.2, and the inner host behind the plane, 10.1.0.5. Wants root. */
#ifndef TESTS_DAEMON_PLANE_WORLD_H
#define TESTS_DAEMON_PLANE_WORLD_H

#include "daemon/plane.h"

#include "base/check.h"
#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"
#include "esp/packet.h"
#include "event/phrases.h"

#include <errno.h>
#include <netinet/if_ether.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SPACE = 4096, INNER_PORT = 7000, OUR_SPI = 0x1111, THEIR_SPI = 0x2222 };

static uv_loop_t loop;
static struct plane *plane;
static int gate_fd, peer_fd, other_fd, host_fd;
static struct ip here, there, host, far_host;

static struct crypto_ace ace;
static struct tunnel tunnel;
static struct policy_interface interface;
static struct policy policy;

static struct {
    unsigned keepalives, acquires, used, sent, soft, hard, moved, strangers, events, autopsies, routes;
    struct endpoint moved_to;
    struct ike_plane_input stranger;
    char reason[64], cause[64];
    char asa[512], ios[512]; /* the last event in their words */
    unsigned drops[ESP_DROP_COUNT], drops_outside;
    size_t dropped_len;
} told;

static inline void on_acquire(void *context, uint16_t at_tunnel, uint16_t at_ace, const struct flow *flow)
{
    (void)context;
    CHECK(at_tunnel == 0 && at_ace == 0 && ip_range_holds(ace.selector.remote, flow->remote));
    told.acquires++;
}

static inline void on_input(void *context, const struct ike_plane_input *input)
{
    enum ike_plane_kind kind = input->kind;

    (void)context;
    told.used += kind == IKE_PLANE_USED;
    told.sent += kind == IKE_PLANE_SENT;
    told.soft += kind == IKE_PLANE_SOFT;
    told.hard += kind == IKE_PLANE_HARD;
    told.moved += kind == IKE_PLANE_NEW_ENDPOINT;
    told.strangers += kind == IKE_PLANE_UNKNOWN_SPI;
    if (kind == IKE_PLANE_NEW_ENDPOINT)
        told.moved_to = input->remote;
    if (kind == IKE_PLANE_UNKNOWN_SPI)
        told.stranger = *input;
}

static inline void on_event(void *context, const struct event *event)
{
    (void)context;
    if (event->kind == EV_ESP_AUTOPSY) {
        snprintf(told.cause, sizeof told.cause, "%s", event_text(event, FIELD_CAUSE));
        told.autopsies++;
        return;
    }
    if (event->kind == EV_NAT_KEEPALIVE_RECEIVED) {
        CHECK(event_number(event, FIELD_LOCAL_PORT) == PLANE_PORT && event_number(event, FIELD_PORT) != 0);
        told.keepalives++;
        return;
    }
    CHECK(event->kind == EV_PACKET_REFUSED || event->kind == EV_PACKET_DENIED);
    struct text asa = text_of(told.asa, sizeof told.asa), ios = text_of(told.ios, sizeof told.ios);
    struct phrase_head head;

    phrase_write(DIALECT_ASA_SYSLOG, event, 0, &head, &asa);
    phrase_write(DIALECT_IOS_NEW, event, 0, &head, &ios);
    snprintf(told.reason, sizeof told.reason, "%s", event_text(event, FIELD_REASON));
    told.events++;
}

static inline void on_reverse_route(void *context, const struct plane_route *route, bool stands)
{
    (void)context;
    CHECK(ip_range_equal(route->network, ace.selector.remote) && ip_equal(route->peer, there));
    told.routes += stands ? 1 : -1u;
}

/* ---- The peer ---- */

static inline int open_udp(struct ip ip, uint16_t port)
{
    struct plane_address address;
    socklen_t address_len = plane_sockaddr(&address, (struct endpoint){ip, port});
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, &address.any, address_len) == 0);
    return fd;
}

static inline void send_to(int fd, struct ip ip, uint16_t port, const void *data, size_t len)
{
    struct plane_address address;
    socklen_t address_len = plane_sockaddr(&address, (struct endpoint){ip, port});

    CHECK(sendto(fd, data, len, 0, &address.any, address_len) == (ssize_t)len);
}

static inline void run_for(unsigned ms)
{
    for (unsigned i = 0; i < ms / 2; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(2000);
    }
}

static inline ssize_t receive(int fd, uint8_t *space)
{
    for (unsigned i = 0; i < 100; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t len = recv(fd, space, SPACE, MSG_DONTWAIT);
        if (len >= 0)
            return len;
        usleep(2000);
    }
    return -1;
}

static inline struct burst_key *make_key(uint8_t seed, bool is_for_sealing)
{
    uint8_t key[16], integrity_key[20];

    memset(key, seed, sizeof key);
    memset(integrity_key, seed + 1, sizeof integrity_key);
    return burst_key_make(CIPHER_AES128_CBC, BYTES_OF(key), HASH_SHA1, BYTES_OF(integrity_key), 12, is_for_sealing);
}

/* The peer's side of a pair whose keys were made from `seed`. */
static inline struct esp_sa peer_sa(uint32_t spi, uint8_t seed, bool is_out)
{
    static struct selector mirror;

    mirror = selector_mirror(ace.selector);
    return (struct esp_sa){.spi = spi,
                           .shape = esp_shape_of(CIPHER_AES128_CBC, HASH_SHA1, true),
                           .key = make_key(seed, is_out),
                           .selector = &mirror,
                           .limits = esp_limits_of(CIPHER_AES128_CBC, 0, false),
                           .replay = replay_of(is_out ? 0 : 64, NULL)};
}

static inline struct ike_install install_of(uint32_t generation, uint32_t spi_in, uint32_t spi_out, uint8_t seed)
{
    struct ike_install install = {.pair = {generation, generation},
                                  .is_inbound = true,
                                  .is_outbound = true,
                                  .selector = ace.selector,
                                  .local = {here, PLANE_PORT},
                                  .remote = {there, PLANE_PORT},
                                  .is_udp = true,
                                  .spi_in = spi_in,
                                  .spi_out = spi_out,
                                  .cipher = CIPHER_AES128_CBC,
                                  .integrity = HASH_SHA1,
                                  .key_len = 16,
                                  .integrity_key_len = 20,
                                  .replay_window = 64};

    memset(install.key_in, seed, 16);
    memset(install.key_out, seed, 16);
    memset(install.integrity_key_in, seed + 1, 20);
    memset(install.integrity_key_out, seed + 1, 20);
    return install;
}

static uint8_t far_tos; /* of the far host's datagrams */

/* A datagram from the far host to ours, sealed. Returns what goes to port 4500. */
static inline struct bytes seal(struct esp_sa *sa, const char *text, uint8_t *space)
{
    uint8_t seed[DRBG_SEED_LEN] = {9};
    struct drbg drbg;
    struct esp_tally tally = {0};
    size_t len = 28 + strlen(text);
    uint8_t *packet = space + ESP_HEADROOM;
    uint8_t head[28] = {0x45, 0, 0, (uint8_t)len, 0, 1, 0, 0, 64, 17, 0, 0, 10, 2, 0, 9, 10, 1, 0, 5};
    struct esp_packet sealed = {.data = space, .size = SPACE, .at = ESP_HEADROOM, .len = len};

    head[1] = far_tos;
    head[20] = head[22] = INNER_PORT >> 8;
    head[21] = head[23] = INNER_PORT & 0xff;
    head[25] = (uint8_t)(len - 20);
    uint16_t checksum = checksum_end(checksum_add(0, bytes_of(head, 20)));
    head[10] = (uint8_t)(checksum >> 8);
    head[11] = (uint8_t)checksum;
    memcpy(packet, head, sizeof head);
    memcpy(packet + 28, text, strlen(text));
    drbg_seed(&drbg, BYTES_OF(seed));
    esp_seal(sa, &drbg, &sealed, 1, &tally);
    CHECK(sealed.drop == ESP_PASS);
    return bytes_of(space + sealed.at, sealed.len);
}

/* What the plane has sent, opened: the text of the inner datagram; NULL: nothing came, or it does not open. */
static inline const char *open_text(struct esp_sa *sa, char *text)
{
    uint8_t space[SPACE];
    struct esp_tally tally = {0};
    ssize_t len = receive(peer_fd, space);

    if (len < 0)
        return NULL;
    struct esp_packet packet = {.data = space, .size = SPACE, .len = (size_t)len};
    esp_open(sa, &packet, 1, &tally);
    if (packet.drop != ESP_PASS)
        return NULL;
    size_t text_len = packet.len - 28;
    memcpy(text, space + packet.at + 28, text_len);
    text[text_len] = '\0';
    return text;
}

static inline void host_sends(const char *text)
{
    send_to(host_fd, far_host, INNER_PORT, text, strlen(text));
}

static inline const char *host_receives(char *text)
{
    ssize_t len = receive(host_fd, (uint8_t *)text);

    if (len < 0)
        return NULL;
    text[len] = '\0';
    return text;
}

static inline void on_drop(void *context, const struct plane_drop *dropped)
{
    (void)context;
    CHECK(dropped->packet.len <= dropped->len && dropped->packet.data != NULL);
    CHECK(!dropped->is_outside || (ip_is_set(dropped->from.ip) && ip_is_set(dropped->to.ip)));
    told.drops[dropped->drop]++;
    told.drops_outside += dropped->is_outside;
    told.dropped_len = dropped->len;
}

/* ---- Set up ---- */

static inline void ip_command(const char *words)
{
    char line[160];

    snprintf(line, sizeof line, "ip %s", words);
    CHECK(system(line) == 0);
}

static inline int set_up_all(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test wants root: it makes a network namespace\n");
        return -1;
    }
    ip_command("link set lo up");
    ip_command("addr add 192.0.2.1/32 dev lo");
    ip_command("addr add 192.0.2.2/32 dev lo");
    ip_command("addr add 10.1.0.5/32 dev lo");
    here = ip_of_v4(0xc0000201);
    there = ip_of_v4(0xc0000202);
    host = ip_of_v4(0x0a010005);
    far_host = ip_of_v4(0x0a020009);
    ace = (struct crypto_ace){.selector = {.local = ip_range_of_prefix(host, 16),
                                           .remote = ip_range_of_prefix(far_host, 16),
                                           .local_ports = {0, 65535},
                                           .remote_ports = {0, 65535}},
                              .is_permit = true};
    interface = (struct policy_interface){.name = "outside", .ip = here};
    tunnel = (struct tunnel){.map_name = "m",
                             .sequence = 1,
                             .acl_name = "a",
                             .aces = &ace,
                             .ace_count = 1,
                             .peers = {there},
                             .peer_count = 1};
    policy = (struct policy){.interfaces = &interface, .interface_count = 1, .tunnels = &tunnel, .tunnel_count = 1};
    peer_fd = open_udp(there, PLANE_PORT);
    other_fd = open_udp(there, 4600);
    host_fd = open_udp(host, INNER_PORT);
    return 0;
}

static inline int set_up(void **state)
{
    struct plane_config config = {
        .loop = &loop,
        .tun_name = "ikewise0",
        .pair_limit = 8,
        .hooks = {NULL, on_acquire, on_input, on_event, .on_reverse_route = on_reverse_route, .on_drop = on_drop}};
    uint8_t space[SPACE];

    (void)state;
    memset(&told, 0, sizeof told);
    while (recv(peer_fd, space, sizeof space, MSG_DONTWAIT) >= 0 ||
           recv(host_fd, space, sizeof space, MSG_DONTWAIT) >= 0)
        ;
    CHECK(uv_loop_init(&loop) == 0);
    CHECK(plane_create(&plane, &config) == 0);
    ip_command("route add 10.2.0.0/16 dev ikewise0 src 10.1.0.5");
    CHECK(plane_open_local(plane, here, &gate_fd) == 0);
    plane_set_policy(plane, &policy);
    return 0;
}

/* Whatever is counted as dropped has been shown to whoever looks. */
static inline void check_drops_are_told(void)
{
    struct plane_totals totals;

    plane_view_totals(plane, &totals);
    esp_tally_add(&totals.tally, &totals.ended);
    for (uint32_t i = 0; i < plane->pair_limit; i++)
        if (handle_is_set(plane->pairs[i].handle))
            esp_tally_add(&totals.tally, &plane->pairs[i].tally);
    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        if (totals.tally.drops[i] != told.drops[i])
            fail_msg("%s: %u of %u told", esp_drop_name((enum esp_drop)i), told.drops[i],
                     (unsigned)totals.tally.drops[i]);
}

static inline int tear_down(void **state)
{
    (void)state;
    check_drops_are_told();
    plane_free(plane);
    close(gate_fd);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    return 0;
}

#define PLANE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
