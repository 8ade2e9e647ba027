/* The plane: packets held, sealed, opened and refused, pairs installed and replaced. */
#include "plane_world.h"

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
        if (i % 16 == 0)
            run_for(4);
    }
    run_for(4);
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

/* What show access-list has: packets that want the tunnel, also of one that does not come up, and behind its pair's end. */
static void what_wants_a_tunnel_is_counted_by_its_line(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct crypto_ace before[2] = {tunnel.aces[0], tunnel.aces[0]};
    struct policy other = policy;
    struct tunnel changed = tunnel;

    (void)state;
    for (int i = 0; i < 3; i++)
        host_sends("nobody answers");
    run_for(4);
    CHECK(plane_line_hits(plane, 0, 0) == 3);
    CHECK(plane_install(plane, &install) == 0);
    host_sends("by the pair");
    run_for(4);
    plane_remove(plane, install.pair);
    CHECK(plane_line_hits(plane, 0, 0) == 4);
    before[0].selector.remote_ports = (struct port_range){80, 80};
    before[0].selector.protocol = 6;
    changed.lifetime_s = 77;
    changed.aces = before;
    changed.ace_count = 2;
    other.tunnels = &changed;
    plane_set_policy(plane, &other);
    CHECK(plane_line_hits(plane, 0, 0) == 0 && plane_line_hits(plane, 0, 1) == 4);
    plane_set_policy(plane, NULL);
}

/* `set inheritance data`. */
static void each_two_hosts_wait_for_a_pair_of_their_own(void **state)
{
    struct ike_install whole = install_of(1, OUR_SPI, THEIR_SPI, 5),
                       install = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 5);
    struct esp_sa in = peer_sa(THEIR_SPI + 1, 5, false);
    struct tunnel per_host = tunnel;
    struct policy of_hosts = policy;
    struct plane_pair_view view;
    struct plane_totals totals;
    struct ip other_host = far_host;
    char text[SPACE];

    (void)state;
    per_host.is_per_host = true;
    of_hosts.tunnels = &per_host;
    plane_set_policy(plane, &of_hosts);
    host_sends("to one");
    far_host.octets[3]++;
    host_sends("to another");
    host_sends("and again");
    run_for(20);
    plane_view_totals(plane, &totals);
    CHECK(told.acquires == 2 && totals.held_count == 3);

    install.selector.local = (struct ip_range){host, host};
    install.selector.remote = (struct ip_range){far_host, far_host};
    CHECK(plane_install(plane, &install) == 0);
    assert_string_equal(open_text(&in, text), "to another");
    assert_string_equal(open_text(&in, text), "and again");
    plane_view_totals(plane, &totals);
    CHECK(totals.held_count == 1);
    host_sends("it has one");
    assert_string_equal(open_text(&in, text), "it has one");
    CHECK(plane_install(plane, &whole) == 0); /* the peer has begun one for all, after it: that is the newest */
    host_sends("to another, in the newest");
    run_for(20);
    CHECK(plane_view_pair(plane, whole.pair, &view) && view.tally.counters[ESP_COUNTER_ENCAPS] == 2);
    plane_remove(plane, whole.pair);
    host_sends("back in its own");
    run_for(20);
    CHECK(plane_view_pair(plane, install.pair, &view) && view.tally.counters[ESP_COUNTER_ENCAPS] == 4);
    burst_key_free(in.key);
    far_host = other_host;
}

/* Who looks for hosts through one tunnel does not take the places of the others. */
static void D08_packets_for_many_hosts_wait_in_so_many_places(void **state)
{
    struct tunnel per_host = tunnel;
    struct policy of_hosts = policy;
    struct ip other_host = far_host;
    struct plane_totals totals;

    (void)state;
    per_host.is_per_host = true;
    of_hosts.tunnels = &per_host;
    plane_set_policy(plane, &of_hosts);
    for (unsigned i = 0; i < 100; i++) {
        far_host.octets[3] = (uint8_t)(100 + i);
        host_sends("anybody there?");
    }
    run_for(20);
    plane_view_totals(plane, &totals);
    CHECK(totals.held_count == 64 && told.acquires == 64 && totals.tally.drops[ESP_DROP_HELD_TOO_MANY] == 36);
    far_host = other_host;
}

/* Its address and its routes are there before its first pair is. */
static void what_a_user_sends_before_his_pair_stands_waits_for_it(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false);
    struct tunnel client = tunnel;
    struct policy of_client = policy;
    struct plane_totals totals;
    char text[SPACE];

    (void)state;
    client.is_open = client.is_client = true;
    of_client.tunnels = &client;
    plane_set_policy(plane, &of_client);
    host_sends("too early");
    run_for(20);
    CHECK(told.acquires == 1 && plane_install(plane, &install) == 0);
    assert_string_equal(open_text(&in, text), "too early");

    client.is_client = false;
    plane_set_policy(plane, NULL);
    plane_remove(plane, install.pair);
    plane_set_policy(plane, &of_client);
    host_sends("an open entry of a gateway");
    run_for(20);
    plane_view_totals(plane, &totals);
    CHECK(totals.held_count == 0 && totals.tally.drops[ESP_DROP_NOT_STEERED] == 1);
    plane_set_policy(plane, NULL);
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
    CHECK(told.events == 1 && strcmp(told.reason, "PARKED") == 0);
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

static void what_is_sent_into_silence_is_told_by_the_second(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false), out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];
    char text[SPACE];

    (void)state;
    uv_timer_stop(&plane->second_timer); /* the seconds are ours */
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 3; i++) {
        host_sends("is anybody there?");
        assert_string_equal(open_text(&in, text), "is anybody there?");
    }
    plane_pairs_second(plane);
    plane_pairs_second(plane);
    run_for(20);
    CHECK(told.sent == 1 && told.used == 0);

    host_sends("anybody at all?");
    assert_string_equal(open_text(&in, text), "anybody at all?");
    struct bytes esp = seal(&out, "yes", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "yes");
    plane_pairs_second(plane);
    run_for(20);
    CHECK(told.sent == 1 && told.used == 1);
    burst_key_free(in.key);
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
    CHECK(totals.keepalives == 1 && told.keepalives == 1 && totals.tally.drops[ESP_DROP_TOO_SHORT] == 1);
    CHECK(totals.tally.drops[ESP_DROP_UNKNOWN_SPI] == 1 && told.strangers == 1 && told.stranger.spi == 0x100 &&
          told.stranger.sequence == 1);
    CHECK(told.drops_outside == 2);
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

/* What an ASA tells at the end of a session is its own, though both users have the address of one NAT. */
static void what_went_through_is_counted_by_session(void **state)
{
    struct ike_install alice = install_of(1, OUR_SPI, THEIR_SPI, 5), bob = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 9);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    struct usage_session of_alice = {there, 1}, of_bob = {there, 2};
    uint8_t space[SPACE];
    char text[SPACE];

    (void)state;
    alice.session = 1;
    bob.session = 2;
    CHECK(plane_install(plane, &alice) == 0 && plane_install(plane, &bob) == 0);
    struct bytes esp = seal(&out, "of alice", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "of alice");
    plane_remove(plane, bob.pair);
    CHECK(plane_take_usage(plane, &of_bob).received == 0);
    plane_remove(plane, alice.pair);
    CHECK(plane_take_usage(plane, &of_alice).received > 0 && plane_take_usage(plane, &of_alice).received == 0);
    burst_key_free(out.key);
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
    CHECK(view.tally.counters[ESP_COUNTER_REKEY_CALLS] == 1);
    CHECK(view.tally.counters[ESP_COUNTER_REKEY_PACKETS_OUT] == 1); /* "still old" */
    CHECK(view.tally.counters[ESP_COUNTER_REKEY_PACKETS_IN] == 1);  /* "in flight" */
    plane_clear_counters(plane);
    CHECK(plane_view_pair(plane, fresh.pair, &view) && view.tally.counters[ESP_COUNTER_REKEY_CALLS] == 0);
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
        run_for(20);
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
        run_for(20);
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

/* SHA-1 is agreed with 96 bits of ICV; the peer sends all 160. */
static void how_the_peer_seals_otherwise_is_told_once(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    struct plane_pair_view view;
    uint8_t space[SPACE], key[16], integrity_key[20];

    (void)state;
    memset(key, 5, sizeof key);
    memset(integrity_key, 6, sizeof integrity_key);
    burst_key_free(out.key);
    out.key = burst_key_make(CIPHER_AES128_CBC, BYTES_OF(key), HASH_SHA1, BYTES_OF(integrity_key), 20, true);
    out.shape.icv_len = 20;
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 3; i++) {
        struct bytes esp = seal(&out, "the whole digest", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    }
    run_for(20);
    CHECK(told.autopsies == 1 && strcmp(told.cause, "ICV_160") == 0);
    CHECK(plane_view_pair(plane, install.pair, &view) && view.variant == ESP_VARIANT_ICV_160);
    CHECK(view.tally.counters[ESP_COUNTER_DECAPS] == 0);
    burst_key_free(out.key);
}

/* GCM leaves nothing of a packet that does not verify: the first makes the plane keep the next. */
static void with_gcm_the_second_packet_that_does_not_verify_is_looked_at(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE], keymat[32 + GCM_SALT_LEN];

    (void)state;
    memset(keymat, 5, sizeof keymat);
    keymat[20] = 9; /* of the longer key alone */
    burst_key_free(out.key);
    out.key =
        burst_key_make(CIPHER_AES128_GCM, bytes_of(keymat, 16 + GCM_SALT_LEN), HASH_NONE, bytes_of(NULL, 0), 16, true);
    out.shape = esp_shape_of(CIPHER_AES128_GCM, HASH_NONE, true);
    install.cipher = CIPHER_AES256_GCM;
    install.integrity = HASH_NONE;
    install.key_len = sizeof keymat;
    install.integrity_key_len = 0;
    memcpy(install.key_in, keymat, sizeof keymat);
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 3; i++) {
        struct bytes esp = seal(&out, "with half of the key", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
        run_for(20);
        CHECK(told.autopsies == (i == 0 ? 0 : 1));
    }
    CHECK(strcmp(told.cause, "KEY_128") == 0);
    burst_key_free(out.key);
}

static void the_right_keys_under_a_strange_spi_are_told_once(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(THEIR_SPI, 5, true);
    uint8_t space[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    for (int i = 0; i < 3; i++) {
        struct bytes esp = seal(&out, "under the wrong SPI", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    }
    run_for(20);
    CHECK(told.autopsies == 1 && strcmp(told.cause, "OUTBOUND_SPI") == 0);
    burst_key_free(out.key);
}

/* What is under way when a pair ends is nobody's fault; who goes on is told of, once. */
static void a_pair_that_has_ended_and_is_used_all_the_same_is_told_once(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    plane_remove(plane, install.pair);
    for (int i = 0; i < 3; i++) {
        struct bytes esp = seal(&out, "into nothing", space);
        send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
        run_for(20);
        CHECK(told.autopsies == (i == 0 ? 0 : 1));
        if (i == 0)
            plane->gone[0].at_ms -= PLANE_GONE_MS;
    }
    CHECK(strcmp(told.cause, "OLD_SPI") == 0);
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

static void what_comes_again_is_told_in_the_words_of_the_devices(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];
    char text[SPACE];

    (void)state;
    install.conn_id = 2001;
    CHECK(plane_install(plane, &install) == 0);
    struct bytes esp = seal(&out, "once", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "once");
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    run_for(20);
    assert_string_equal(told.reason, "REPLAY");
    assert_string_equal(told.ios, "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed\n  connection id=2001");
    assert_string_equal(told.asa, "IPSEC: Received an ESP packet (SPI= 0x1111, sequence number= 0x1) from 192.0.2.2 "
                                  "(user= 192.0.2.2) to 192.0.2.1 that failed anti-replay checking.");
    burst_key_free(out.key);
}

static void what_is_wrapped_otherwise_is_told_in_the_words_of_an_asa(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];

    (void)state;
    install.is_udp = false;
    CHECK(plane_install(plane, &install) == 0);
    struct bytes esp = seal(&out, "in UDP", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    run_for(20);
    assert_string_equal(told.reason, "WRONG_WRAPPING");
    assert_string_equal(told.asa,
                        "IPSEC: Received a packet from 192.0.2.2 to 192.0.2.1 containing UDP-encapsulated ESP "
                        "data instead of ESP data.");
    burst_key_free(out.key);
}

static void an_install_that_cannot_be_done_changes_nothing(void **state)
{
    struct ike_install good = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct ike_install bad;
    struct plane_totals totals;

    (void)state;
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

/* `sysopt connection tcpmss`: a SYN says 1460. */
static void segments_of_TCP_are_no_larger_than_the_policy_says(void **state)
{
    static const struct {
        uint16_t wanted, becomes;
        const char *why;
    } cases[] = {
        {MSS_AS_AN_ASA, 1380, "as an ASA without a word"},
        {1000, 1000, "smaller"},
        {1400, 1400, "larger than an ASA's, and it fits"},
        {MSS_ANY, 0, "only as much as the path carries"},
    };
    static const uint8_t syn[44] = {0x45, 0,  0,    44, 0,    1,    0,    0, 64, 6, 0, 0, 10,   1,   0,
                                    5,    10, 2,    0,  5,    0x9c, 0x40, 0, 80, 0, 0, 0, 1,    0,   0,
                                    0,    0,  0x60, 2,  0xff, 0xff, 0,    0, 0,  0, 2, 4, 0x05, 0xb4};
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct policy with = policy;

    (void)state;
    CHECK(plane_install(plane, &install) == 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct plane_pair *pair = plane_pair_find(plane, install.pair);
        uint8_t packet[sizeof syn];
        struct inner inner;

        memcpy(packet, syn, sizeof syn);
        CHECK(inner_read(&inner, BYTES_OF(packet)));
        with.tcp_mss = cases[i].wanted;
        plane_set_policy(plane, &with);
        plane_clamp_mss(plane, pair, packet, &inner);
        unsigned mss = (unsigned)packet[42] << 8 | packet[43], fits = pair->inner_mtu - 40;
        if (mss != (cases[i].becomes == 0 ? (fits < 1460 ? fits : 1460) : cases[i].becomes))
            fail_msg("%s: %u", cases[i].why, mss);
    }
    plane_set_policy(plane, &policy);
}

static void a_reverse_route_stands_while_there_is_a_pair_for_it(void **state)
{
    struct ike_install old = install_of(1, OUR_SPI, THEIR_SPI, 5), fresh = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 9);
    struct tunnel with_route = tunnel;
    struct policy with = policy, without = policy;

    (void)state;
    with_route.has_reverse_route = true;
    with.tunnels = &with_route;
    CHECK(plane_install(plane, &old) == 0 && told.routes == 0);
    plane_set_policy(plane, &with); /* it is the same tunnel, and gets its route now */
    CHECK(told.routes == 1);
    CHECK(plane_install(plane, &fresh) == 0 && told.routes == 1);
    plane_remove(plane, old.pair);
    CHECK(told.routes == 1);
    plane_remove(plane, fresh.pair);
    CHECK(told.routes == 0);
    CHECK(plane_install(plane, &old) == 0 && told.routes == 1);
    plane_set_policy(plane, &without);
    CHECK(told.routes == 0);
    plane_set_policy(plane, NULL);
}

/* A route before the marks would lead traffic astray, in clear; of a second pair with those networks nobody waits. */
static void the_route_of_an_open_tunnel_comes_after_its_marks(void **state)
{
    struct ike_install old = install_of(1, OUR_SPI, THEIR_SPI, 5), fresh = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 9);
    struct tunnel open = tunnel;
    struct policy of_open = policy, same = policy;

    (void)state;
    open.is_open = open.has_reverse_route = true;
    of_open.tunnels = same.tunnels = &open;
    plane_set_policy(plane, &of_open);
    CHECK(plane_install(plane, &old) == 0 && plane_guest_waits(plane, old.pair) && told.routes == 0);
    plane_set_policy(plane, &same);
    CHECK(told.routes == 0);
    plane_guest_is_steered(plane, old.pair);
    CHECK(!plane_guest_waits(plane, old.pair) && told.routes == 1);
    CHECK(plane_install(plane, &fresh) == 0 && !plane_guest_waits(plane, fresh.pair) && told.routes == 1);
    plane_remove(plane, old.pair);
    plane_guest_is_steered(plane, old.pair); /* who has gone meanwhile */
    CHECK(told.routes == 1);
    plane_remove(plane, fresh.pair);
    CHECK(told.routes == 0);
    plane_set_policy(plane, NULL);
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
    const struct CMUnitTest tests[] = {
        PLANE_TEST(the_first_packets_wait_for_their_pair_and_leave_in_order),
        PLANE_TEST(what_wants_a_tunnel_is_counted_by_its_line),
        PLANE_TEST(each_two_hosts_wait_for_a_pair_of_their_own),
        PLANE_TEST(D08_packets_for_many_hosts_wait_in_so_many_places),
        PLANE_TEST(what_a_user_sends_before_his_pair_stands_waits_for_it),
        PLANE_TEST(what_has_waited_too_long_is_dropped),
        PLANE_TEST(a_parked_tunnel_sends_nothing_and_asks_for_nothing),
        PLANE_TEST(a_packet_from_the_peer_arrives_and_says_that_the_pair_is_used_once),
        PLANE_TEST(what_is_sent_into_silence_is_told_by_the_second),
        PLANE_TEST(only_a_fresh_authentic_packet_moves_the_endpoint_N02_N03),
        PLANE_TEST(marked_datagrams_and_nothing_else_go_to_the_gate_N05),
        PLANE_TEST(a_flood_of_unknown_spis_is_told_once_a_second_E08),
        PLANE_TEST(our_own_esp_is_not_sealed_again_E14),
        PLANE_TEST(what_went_through_is_counted_by_session),
        PLANE_TEST(a_new_pair_sends_and_the_old_one_still_receives_E15),
        PLANE_TEST(a_pair_at_its_hard_limit_is_told_once_and_sends_no_more_E13),
        PLANE_TEST(the_last_sequence_number_ends_the_pair_E04),
        PLANE_TEST(the_outer_header_has_the_inner_DSCP_ECN_and_DF_and_a_TTL_of_its_own),
        PLANE_TEST(congestion_on_the_way_reaches_the_inner_packet),
        PLANE_TEST(how_the_peer_seals_otherwise_is_told_once),
        PLANE_TEST(with_gcm_the_second_packet_that_does_not_verify_is_looked_at),
        PLANE_TEST(the_right_keys_under_a_strange_spi_are_told_once),
        PLANE_TEST(a_pair_that_has_ended_and_is_used_all_the_same_is_told_once),
        PLANE_TEST(a_packet_with_a_wrong_icv_is_told_with_its_reason),
        PLANE_TEST(what_comes_again_is_told_in_the_words_of_the_devices),
        PLANE_TEST(what_is_wrapped_otherwise_is_told_in_the_words_of_an_asa),
        PLANE_TEST(an_install_that_cannot_be_done_changes_nothing),
        PLANE_TEST(a_new_policy_keeps_the_pairs_of_tunnels_that_are_the_same),
        PLANE_TEST(segments_of_TCP_are_no_larger_than_the_policy_says),
        PLANE_TEST(a_reverse_route_stands_while_there_is_a_pair_for_it),
        PLANE_TEST(the_route_of_an_open_tunnel_comes_after_its_marks),
        PLANE_TEST(a_new_policy_keeps_what_waits_for_tunnels_that_are_the_same),
    };
    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
