/* The plane on a real kernel, in a network namespace of this process alone: TUN device, sockets, held packets. The test
 * is the peer, at 127.0.0.2, and the inner host behind the plane, 10.1.0.5. Wants root. */
#include "daemon/plane.h"

#include "base/check.h"
#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"
#include "esp/packet.h"

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
    unsigned acquires, used, soft, hard, moved, strangers, events;
    struct endpoint moved_to;
    uint32_t stranger_spi;
    char reason[64];
} told;

static void on_acquire(void *context, uint16_t at_tunnel, uint16_t at_ace, const struct flow *flow)
{
    (void)context;
    CHECK(at_tunnel == 0 && at_ace == 0 && ip_equal(flow->remote, far_host));
    told.acquires++;
}

static void on_input(void *context, enum ike_plane_kind kind, struct handle pair, uint32_t spi,
                     const struct endpoint *local, const struct endpoint *remote)
{
    (void)context;
    (void)pair;
    (void)local;
    told.used += kind == IKE_PLANE_USED;
    told.soft += kind == IKE_PLANE_SOFT;
    told.hard += kind == IKE_PLANE_HARD;
    told.moved += kind == IKE_PLANE_NEW_ENDPOINT;
    told.strangers += kind == IKE_PLANE_UNKNOWN_SPI;
    if (kind == IKE_PLANE_NEW_ENDPOINT)
        told.moved_to = *remote;
    if (kind == IKE_PLANE_UNKNOWN_SPI)
        told.stranger_spi = spi;
}

static void on_event(void *context, const struct event *event)
{
    (void)context;
    CHECK(event->kind == EV_PACKET_REFUSED);
    snprintf(told.reason, sizeof told.reason, "%s", event_text(event, FIELD_REASON));
    told.events++;
}

/* ---- The peer ---- */

static int open_udp(struct ip ip, uint16_t port)
{
    struct sockaddr_in address = plane_sockaddr((struct endpoint){ip, port});
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_to(int fd, struct ip ip, uint16_t port, const void *data, size_t len)
{
    struct sockaddr_in address = plane_sockaddr((struct endpoint){ip, port});

    CHECK(sendto(fd, data, len, 0, (struct sockaddr *)&address, sizeof address) == (ssize_t)len);
}

static void run_for(unsigned ms)
{
    for (unsigned i = 0; i < ms / 2; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(2000);
    }
}

static ssize_t receive(int fd, uint8_t *space)
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

static struct burst_key *make_key(uint8_t seed, bool is_for_sealing)
{
    uint8_t key[16], integrity_key[20];

    memset(key, seed, sizeof key);
    memset(integrity_key, seed + 1, sizeof integrity_key);
    return burst_key_make(CIPHER_AES128_CBC, BYTES_OF(key), HASH_SHA1, BYTES_OF(integrity_key), 12, is_for_sealing);
}

/* The peer's side of a pair whose keys were made from `seed`. */
static struct esp_sa peer_sa(uint32_t spi, uint8_t seed, bool is_out)
{
    return (struct esp_sa){.spi = spi,
                           .shape = esp_shape_of(CIPHER_AES128_CBC, HASH_SHA1, true),
                           .key = make_key(seed, is_out),
                           .selector = selector_mirror(ace.selector),
                           .limits = esp_limits_of(CIPHER_AES128_CBC, 0),
                           .replay = replay_of(is_out ? 0 : 64)};
}

static struct ike_install install_of(uint32_t generation, uint32_t spi_in, uint32_t spi_out, uint8_t seed)
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
static struct bytes seal(struct esp_sa *sa, const char *text, uint8_t *space)
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
static const char *open_text(struct esp_sa *sa, char *text)
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

static void host_sends(const char *text)
{
    send_to(host_fd, far_host, INNER_PORT, text, strlen(text));
}

static const char *host_receives(char *text)
{
    ssize_t len = receive(host_fd, (uint8_t *)text);

    if (len < 0)
        return NULL;
    text[len] = '\0';
    return text;
}

/* ---- Set up ---- */

static void ip_command(const char *words)
{
    char line[160];

    snprintf(line, sizeof line, "ip %s", words);
    CHECK(system(line) == 0);
}

static int set_up_all(void **state)
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

static int set_up(void **state)
{
    struct plane_config config = {
        .loop = &loop, .tun_name = "ikewise0", .pair_limit = 8, .hooks = {NULL, on_acquire, on_input, on_event}};
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

static int tear_down(void **state)
{
    (void)state;
    plane_free(plane);
    close(gate_fd);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    return 0;
}

/* ---- Tests ---- */

static void the_first_packets_wait_for_their_pair_and_leave_in_order(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false);
    struct plane_pair_view view;
    struct plane_totals totals;
    char text[SPACE], wanted[32];

    (void)state;
    for (int i = 0; i < PLANE_HELD_MAX + 4; i++) {
        snprintf(wanted, sizeof wanted, "packet %d", i);
        host_sends(wanted);
        run_for(4);
    }
    plane_view_totals(plane, &totals);
    CHECK(told.acquires == 1 && totals.held_count == PLANE_HELD_MAX);
    CHECK(totals.tally.drops[ESP_DROP_HELD_TOO_MANY] == 4);
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < PLANE_HELD_MAX; i++) {
        snprintf(wanted, sizeof wanted, "packet %d", i);
        assert_string_equal(open_text(&in, text), wanted);
    }
    host_sends("later");
    assert_string_equal(open_text(&in, text), "later");
    CHECK(plane_view_pair(plane, install.pair, &view));
    CHECK(view.tally.counters[ESP_COUNTER_ENCAPS] == PLANE_HELD_MAX + 1 && view.sequence_out == PLANE_HELD_MAX + 1);
    CHECK(told.acquires == 1);
    burst_key_free(in.key);
}

static void what_has_waited_too_long_is_dropped(void **state)
{
    struct plane_totals totals;

    (void)state;
    host_sends("nobody comes");
    run_for(PLANE_HELD_MS + 1500);
    plane_view_totals(plane, &totals);
    CHECK(told.acquires == 1 && totals.held_count == 0 && totals.tally.drops[ESP_DROP_HELD_TOO_LONG] == 1);
}

static void a_parked_tunnel_sends_nothing_and_asks_for_nothing(void **state)
{
    struct plane_totals totals;

    (void)state;
    tunnel.parked = "line 3: the key is masked";
    host_sends("in clear?");
    run_for(50);
    tunnel.parked = NULL;
    plane_view_totals(plane, &totals);
    CHECK(told.acquires == 0 && totals.tally.drops[ESP_DROP_PARKED] == 1);
}

static void a_packet_from_the_peer_arrives_and_says_that_the_pair_is_used_once(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];
    char text[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 5; i++) {
        struct bytes esp = seal(&out, "hello", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
        assert_string_equal(host_receives(text), "hello");
    }
    run_for(20);
    CHECK(told.used == 1 && told.moved == 0 && told.events == 0);
    burst_key_free(out.key);
}

static void only_a_fresh_authentic_packet_moves_the_endpoint_N02_N03(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t first[SPACE], second[SPACE], forged[SPACE];
    char text[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    struct bytes overtaken = seal(&out, "first", first);
    struct bytes esp = seal(&out, "second", second);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "second");

    memcpy(forged, esp.data, esp.len);
    forged[7] = 99;
    send_to(other_fd, here, PLANE_PORT, forged, esp.len);   /* a forged higher number */
    send_to(other_fd, here, PLANE_PORT, esp.data, esp.len); /* a replay */
    send_to(other_fd, here, PLANE_PORT, "\xff", 1);         /* a keepalive */
    send_to(other_fd, here, PLANE_PORT, overtaken.data, overtaken.len);
    assert_string_equal(host_receives(text), "first"); /* good, but older than one from the known place */
    run_for(20);
    CHECK(told.moved == 0 && told.events == 2);

    esp = seal(&out, "third", second);
    send_to(other_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "third");
    run_for(20);
    CHECK(told.moved == 1 && told.moved_to.port == 4600 && ip_equal(told.moved_to.ip, there));
    plane_move(plane, install.pair, &told.moved_to);
    host_sends("to the new place");
    CHECK(receive(other_fd, second) > 0);
    burst_key_free(out.key);
}

static void marked_datagrams_and_nothing_else_go_to_the_gate_N05(void **state)
{
    static const uint8_t isakmp[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t esp[] = {0, 0, 1, 0, 0, 0, 0, 1, 5, 6, 7, 8};
    struct plane_totals totals;
    uint8_t space[SPACE];

    (void)state;
    send_to(peer_fd, here, PLANE_PORT, esp, sizeof esp);
    send_to(peer_fd, here, PLANE_PORT, "\xff", 1);
    send_to(peer_fd, here, PLANE_PORT, isakmp, 3);
    send_to(peer_fd, here, PLANE_PORT, isakmp, sizeof isakmp);
    run_for(20);
    CHECK(recv(gate_fd, space, sizeof space, MSG_DONTWAIT) == sizeof isakmp);
    CHECK(recv(gate_fd, space, sizeof space, MSG_DONTWAIT) < 0);
    plane_view_totals(plane, &totals);
    CHECK(totals.keepalives == 1 && totals.tally.drops[ESP_DROP_TOO_SHORT] == 1);
    CHECK(totals.tally.drops[ESP_DROP_UNKNOWN_SPI] == 1 && told.strangers == 1 && told.stranger_spi == 0x100);
}

static void a_flood_of_unknown_spis_is_told_once_a_second_E08(void **state)
{
    struct plane_totals totals;
    uint8_t esp[64] = {1};

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        esp[3] = (uint8_t)i;
        send_to(peer_fd, here, PLANE_PORT, esp, sizeof esp);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    run_for(20);
    plane_view_totals(plane, &totals);
    CHECK(totals.tally.drops[ESP_DROP_UNKNOWN_SPI] == 2000 && told.strangers <= 2 && told.events == 0);
}

static void our_own_esp_is_not_sealed_again_E14(void **state)
{
    struct crypto_ace everything = {.selector = ace.selector, .is_permit = true};
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct tunnel wide = tunnel;
    struct policy wide_policy = policy;
    struct plane_totals totals;

    (void)state;
    everything.selector.local = ip_range_of_prefix(here, 0);
    wide.aces = &everything;
    wide_policy.tunnels = &wide;
    plane_set_policy(plane, &wide_policy);
    install.selector = everything.selector;
    CHECK(plane_install(plane, &install) == 0);
    send_to(gate_fd, far_host, PLANE_PORT, "sealed", 6); /* the way to the peer leads into the tunnel */
    run_for(20);
    plane_view_totals(plane, &totals);
    CHECK(totals.tun_in_packets == 1 && totals.tally.drops[ESP_DROP_LOOP] == 1);
    plane_set_policy(plane, NULL);
}

static void a_new_pair_sends_and_the_old_one_still_receives_E15(void **state)
{
    struct ike_install old = install_of(1, OUR_SPI, THEIR_SPI, 5), fresh = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 9);
    struct esp_sa old_in = peer_sa(THEIR_SPI, 5, false), old_out = peer_sa(OUR_SPI, 5, true);
    struct esp_sa fresh_in = peer_sa(THEIR_SPI + 1, 9, false);
    struct plane_pair_view view;
    uint8_t space[SPACE];
    char text[SPACE];

    (void)state;
    CHECK(plane_install(plane, &old) == 0);
    host_sends("old");
    assert_string_equal(open_text(&old_in, text), "old");
    fresh.replaces = old.pair;
    fresh.is_outbound = false;
    CHECK(plane_install(plane, &fresh) == 0);
    host_sends("still old");
    assert_string_equal(open_text(&old_in, text), "still old");
    fresh.is_outbound = true;
    fresh.is_inbound = false;
    CHECK(plane_install(plane, &fresh) == 0);
    host_sends("fresh");
    assert_string_equal(open_text(&fresh_in, text), "fresh");
    struct bytes esp = seal(&old_out, "in flight", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "in flight");
    plane_remove(plane, old.pair);
    CHECK(!plane_view_pair(plane, old.pair, &view) && plane_view_pair(plane, fresh.pair, &view));
    CHECK(view.tally.counters[ESP_COUNTER_ENCAPS] == 3 && view.tally.counters[ESP_COUNTER_DECAPS] == 1);
    plane_remove(plane, old.pair); /* a stale name is nothing */
    host_sends("fresh again");
    assert_string_equal(open_text(&fresh_in, text), "fresh again");
    burst_key_free(old_in.key);
    burst_key_free(old_out.key);
    burst_key_free(fresh_in.key);
}

static void a_pair_at_its_hard_limit_is_told_once_and_sends_no_more_E13(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct plane_pair_view view;
    char text[1001];

    (void)state;
    memset(text, 'x', 1000);
    text[1000] = '\0';
    install.lifetime_kb = 8;
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 10; i++) {
        host_sends(text);
        run_for(6);
    }
    CHECK(told.soft == 1 && told.hard == 1 && told.acquires >= 1);
    CHECK(plane_view_pair(plane, install.pair, &view) && view.is_stopped && view.kb_left_out == 0);
    CHECK(view.sequence_out == 8); /* 1028 bytes each; the soft limit is reached one before */
}

static void the_last_sequence_number_ends_the_pair_E04(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct plane_pair_view view;
    uint8_t space[SPACE];
    unsigned sent = 0;

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    plane_pair_find(plane, install.pair)->out.sequence = UINT32_MAX - 2;
    for (int i = 0; i < 5; i++) {
        host_sends("one of the last");
        run_for(6);
    }
    while (recv(peer_fd, space, sizeof space, MSG_DONTWAIT) >= 0)
        sent++;
    CHECK(sent == 2 && told.soft == 1 && told.hard == 1);
    CHECK(plane_view_pair(plane, install.pair, &view) && view.is_stopped && view.sequence_out == UINT32_MAX);
}

static int sniff(void)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));

    CHECK(fd >= 0);
    return fd;
}

/* The next UDP datagram to the peer's port 4500, with its IP header; its length. */
static size_t sniffed(int fd, uint8_t *space)
{
    for (unsigned i = 0; i < 100; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t len = recv(fd, space, SPACE, MSG_DONTWAIT);
        if (len > 28 && space[9] == 17 && memcmp(space + 16, ip_bytes(&there).data, 4) == 0)
            return (size_t)len;
        if (len < 0)
            usleep(2000);
    }
    return 0;
}

/* RFC 4301 section 5.1.2: on the wire, and inside. */
static void the_outer_header_has_the_inner_DSCP_ECN_and_DF_and_a_TTL_of_its_own(void **state)
{
    static const struct {
        uint8_t tos;
        bool inner_df;
        enum df_policy policy;
        bool outer_df;
        const char *why;
    } rows[] = {
        {0xb8, false, DF_COPY, false, "EF, no ECN"},        {0xba, true, DF_COPY, true, "EF, ECN capable, DF copied"},
        {0x01, true, DF_CLEAR, false, "DF cleared"},        {0x00, false, DF_SET, true, "DF set"},
        {0x2b, false, DF_COPY, false, "congestion so far"},
    };
    enum { INNER_TTL = 33, SYSTEM_TTL = 64 };
    int fd = sniff(), ttl = INNER_TTL;

    (void)state;
    CHECK(setsockopt(host_fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl) == 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ike_install install = install_of((uint32_t)i + 1, OUR_SPI, THEIR_SPI + (uint32_t)i, 5);
        struct esp_sa in = peer_sa(THEIR_SPI + (uint32_t)i, 5, false);
        struct esp_tally tally = {0};
        uint8_t space[SPACE];
        int tos = rows[i].tos, discover = rows[i].inner_df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;

        install.df = rows[i].policy;
        CHECK(plane_install(plane, &install) == 0);
        CHECK(setsockopt(host_fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos) == 0);
        CHECK(setsockopt(host_fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover) == 0);
        host_sends("look at my header");
        size_t len = sniffed(fd, space);
        if (len == 0 || space[1] != rows[i].tos || (space[6] & 0x40) != rows[i].outer_df * 0x40)
            print_error("%s: %zu bytes, TOS %02x, flags %02x\n", rows[i].why, len, space[1], space[6]);
        CHECK(len > 0 && space[1] == rows[i].tos && space[8] == SYSTEM_TTL);
        CHECK((space[6] & 0x40) == rows[i].outer_df * 0x40);
        struct esp_packet packet = {.data = space, .size = SPACE, .at = 28, .len = len - 28};
        esp_open(&in, &packet, 1, &tally);
        CHECK(packet.drop == ESP_PASS);
        const uint8_t *inner = packet.data + packet.at;
        CHECK(inner[1] == rows[i].tos && inner[8] == INNER_TTL && (inner[6] & 0x40) == rows[i].inner_df * 0x40);
        plane_remove(plane, install.pair);
        burst_key_free(in.key);
    }
    int none = 0, want = IP_PMTUDISC_WANT, usual = -1;
    CHECK(setsockopt(host_fd, IPPROTO_IP, IP_TOS, &none, sizeof none) == 0);
    CHECK(setsockopt(host_fd, IPPROTO_IP, IP_MTU_DISCOVER, &want, sizeof want) == 0);
    CHECK(setsockopt(host_fd, IPPROTO_IP, IP_TTL, &usual, sizeof usual) == 0);
    close(fd);
}

/* RFC 6040 section 4.2, with packets: what a router on the way has marked reaches the transport inside. */
static void congestion_on_the_way_reaches_the_inner_packet(void **state)
{
    static const struct {
        uint8_t inner, outer;
        int received; /* -1: dropped */
    } rows[] = {{0x4a, 0x03, 0x4b}, {0x4a, 0x02, 0x4a}, {0x48, 0x00, 0x48}, {0x48, 0x03, -1}};
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    int on = 1;

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    CHECK(setsockopt(host_fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on) == 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t space[SPACE], control[64];
        char text[SPACE];
        struct iovec part = {text, sizeof text};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        int tos = rows[i].outer, received = -1;

        far_tos = rows[i].inner;
        struct bytes esp = seal(&out, "marked", space);
        CHECK(setsockopt(peer_fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos) == 0);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
        run_for(20);
        if (recvmsg(host_fd, &message, MSG_DONTWAIT) >= 0)
            for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c))
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
                    received = *CMSG_DATA(c);
        CHECK(received == rows[i].received);
    }
    int none = 0;
    CHECK(setsockopt(peer_fd, IPPROTO_IP, IP_TOS, &none, sizeof none) == 0);
    far_tos = 0;
    burst_key_free(out.key);
}

static void a_packet_with_a_wrong_icv_is_told_with_its_reason(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 6, true);
    struct plane_pair_view view;
    uint8_t space[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 3; i++) {
        struct bytes esp = seal(&out, "other key", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    }
    run_for(20);
    CHECK(plane_view_pair(plane, install.pair, &view) && view.tally.drops[ESP_DROP_BAD_ICV] == 3);
    CHECK(told.events == 1 && told.used == 0 && view.sequence_in == 0);
    assert_string_equal(told.reason, "AUTHENTICATION");
    burst_key_free(out.key);
}

static void an_install_that_cannot_be_done_changes_nothing(void **state)
{
    struct ike_install good = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct ike_install bad;
    struct plane_totals totals;

    (void)state;
    bad = good;
    bad.is_transport = true;
    CHECK(plane_install(plane, &bad) == EOPNOTSUPP);
    bad = good;
    bad.remote.ip.family = IP_V6;
    CHECK(plane_install(plane, &bad) == EAFNOSUPPORT);
    bad = good;
    bad.local.ip = ip_of_v4(0x7f000009);
    CHECK(plane_install(plane, &bad) == EADDRNOTAVAIL);
    bad = good;
    bad.pair.index = 8;
    CHECK(plane_install(plane, &bad) == ENOSPC);
    bad = good;
    bad.key_len = 15;
    CHECK(plane_install(plane, &bad) == EINVAL);
    plane_view_totals(plane, &totals);
    CHECK(totals.pair_count == 0);
    CHECK(plane_install(plane, &good) == 0 && plane_install(plane, &good) == EEXIST);
    bad = good;
    bad.pair.generation = 3;
    CHECK(plane_install(plane, &bad) == EEXIST);
    bad.pair.index = 2;
    CHECK(plane_install(plane, &bad) == EEXIST); /* the SPI is taken */
}

static void a_new_policy_keeps_the_pairs_of_tunnels_that_are_the_same(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false);
    struct policy same = policy, other = policy;
    struct tunnel changed = tunnel;
    char text[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    plane_set_policy(plane, &same);
    host_sends("the same");
    assert_string_equal(open_text(&in, text), "the same");
    struct ike_install fresh = install_of(0, OUR_SPI + 1, THEIR_SPI + 1, 9);
    struct esp_sa fresh_in = peer_sa(THEIR_SPI + 1, 9, false);
    fresh.pair.generation = 1;
    fresh.replaces = install.pair;
    CHECK(plane_install(plane, &fresh) == 0);
    plane_set_policy(plane, &policy);
    host_sends("the newest");
    assert_string_equal(open_text(&fresh_in, text), "the newest");
    burst_key_free(fresh_in.key);
    changed.lifetime_s = 77;
    other.tunnels = &changed;
    plane_set_policy(plane, &other);
    host_sends("not with the old pair");
    run_for(30);
    CHECK(recv(peer_fd, text, sizeof text, MSG_DONTWAIT) < 0 && told.acquires == 1);
    plane_set_policy(plane, NULL);
    burst_key_free(in.key);
}

static void a_new_policy_keeps_what_waits_for_tunnels_that_are_the_same(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false);
    struct policy same = policy, other = policy;
    struct tunnel changed = *policy.tunnels;
    struct plane_totals totals;
    char text[SPACE];

    (void)state;
    host_sends("it waits");
    run_for(20);
    plane_set_policy(plane, &same);
    CHECK(plane_install(plane, &install) == 0);
    assert_string_equal(open_text(&in, text), "it waits");
    plane_set_policy(plane, NULL);
    plane_set_policy(plane, &policy);
    host_sends("in vain");
    run_for(20);
    changed.lifetime_s = 77;
    other.tunnels = &changed;
    plane_set_policy(plane, &other);
    plane_view_totals(plane, &totals);
    CHECK(totals.held_count == 0 && totals.tally.drops[ESP_DROP_HELD_TOO_LONG] == 1);
    plane_set_policy(plane, NULL);
    burst_key_free(in.key);
}

int main(void)
{
#define PLANE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        PLANE_TEST(the_first_packets_wait_for_their_pair_and_leave_in_order),
        PLANE_TEST(what_has_waited_too_long_is_dropped),
        PLANE_TEST(a_parked_tunnel_sends_nothing_and_asks_for_nothing),
        PLANE_TEST(a_packet_from_the_peer_arrives_and_says_that_the_pair_is_used_once),
        PLANE_TEST(only_a_fresh_authentic_packet_moves_the_endpoint_N02_N03),
        PLANE_TEST(marked_datagrams_and_nothing_else_go_to_the_gate_N05),
        PLANE_TEST(a_flood_of_unknown_spis_is_told_once_a_second_E08),
        PLANE_TEST(our_own_esp_is_not_sealed_again_E14),
        PLANE_TEST(a_new_pair_sends_and_the_old_one_still_receives_E15),
        PLANE_TEST(a_pair_at_its_hard_limit_is_told_once_and_sends_no_more_E13),
        PLANE_TEST(the_last_sequence_number_ends_the_pair_E04),
        PLANE_TEST(the_outer_header_has_the_inner_DSCP_ECN_and_DF_and_a_TTL_of_its_own),
        PLANE_TEST(congestion_on_the_way_reaches_the_inner_packet),
        PLANE_TEST(a_packet_with_a_wrong_icv_is_told_with_its_reason),
        PLANE_TEST(an_install_that_cannot_be_done_changes_nothing),
        PLANE_TEST(a_new_policy_keeps_the_pairs_of_tunnels_that_are_the_same),
        PLANE_TEST(a_new_policy_keeps_what_waits_for_tunnels_that_are_the_same),
    };
    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
