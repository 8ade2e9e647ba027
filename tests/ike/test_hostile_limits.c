/* How much an enemy may cost, by the rows of the attack list. */
#include "event/phrases.h"
#include "hostile.h"

static void D04_nothing_is_repeated_to_an_unproved_address(void **state)
{
    struct sim *sim = world(3, &west, &east);
    struct body sa;
    struct lie part = {PL_SA, hex(&sa, GOOD_SA)};

    (void)state;
    sim_network(sim)->is_cut[EAST] = true; /* the forged sender does not answer */
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1));
    sim_run(sim, 200000);
    CHECK(sim_sent(sim, EAST) == 1);
    CHECK(ike_view_use(sim_ike(sim, EAST)).sas == 0);
}

static void D05_notifies_and_sources_that_cannot_be_peers_are_never_answered(void **state)
{
    static const struct {
        uint32_t ip;
        uint16_t port;
    } sources[] = {{0xe0000001, 500}, {0xffffffff, 500}, {0, 500}, {EAST_IP, 500}, {WEST_IP, 0}};
    struct body b;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct sim *sim = world(4, &west, &east);
        struct lie part = {PL_SA, hex(&b, GOOD_SA)};
        struct endpoint from = {ip_of_v4(sources[i].ip), sources[i].port};

        sim_inject(sim, EAST, from, end_of(EAST), message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1));
        CHECK(sim_sent(sim, EAST) == 0 && ike_view_use(sim_ike(sim, EAST)).sas == 0);
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "BAD_SOURCE");
    }
    struct sim *sim = world(4, &west, &east);
    struct lie notify = {PL_NOTIFY, hex(&b, "00000001 01 00 000e")};
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(stranger_cookies, XCHG_INFORMATIONAL, 0, &notify, 1));
    CHECK(sim_sent(sim, EAST) == 0);
}

static void D05_refusals_in_clear_are_limited_in_rate_and_S03_name_no_state(void **state)
{
    struct sim *sim = world(5, &west, &east);
    struct body b;
    struct lie part = {PL_SA, hex(&b, SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010001 800e0100 80020004 "
                                              "80030001 80040013 800b0001 000c0004 00015180")};
    uint8_t cookies[16] = {1};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        cookies[1] = (uint8_t)i;
        cookies[2] = (uint8_t)(i >> 8);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(cookies, XCHG_MAIN, 0, &part, 1));
    }
    CHECK(sim_sent(sim, EAST) > 0 && sim_sent(sim, EAST) <= 10);
    static const uint8_t zero[8] = {0};
    CHECK(memcmp(sim_datagram(sim, 0)->data.data + 8, zero, 8) == 0);
    struct ike_use use = ike_view_use(sim_ike(sim, EAST));
    CHECK(use.sas == 0 && use.exchanges == 0 && use.blobs == 0);
}

/* ---- limits */
static void flood(struct sim *sim, unsigned count, unsigned addresses, uint32_t network)
{
    struct body b;
    struct lie part = {PL_SA, hex(&b, GOOD_SA)};
    uint8_t cookies[16] = {7};

    for (unsigned i = 0; i < count; i++) {
        cookies[1] = (uint8_t)i;
        cookies[2] = (uint8_t)(i >> 8);
        sim_inject(sim, EAST, (struct endpoint){ip_of_v4(network + i % addresses), 500}, end_of(EAST),
                   message_of(cookies, XCHG_MAIN, 0, &part, 1));
    }
}

static void D01_S14_half_open_SAs_have_a_limit_and_leave_what_stands_alone(void **state)
{
    struct sim *sim = world_up(6);
    const struct ike *ike = sim_ike(sim, EAST);

    (void)state;
    snapshot_take(&before_at[EAST], ike);
    flood(sim, 500, 12, 0x0b000000);
    CHECK(ike->half_opens.count == ike->limits.half_open); /* and not whatever the pools hold */
    CHECK(sim_event_count(sim, EAST, EV_LIMIT_REACHED) == 1);
    CHECK(snapshot_differs(&before_at[EAST], ike) == NULL && sim_fault(sim) == NULL);
    sim_command(sim, EAST, IKE_CLEAR_IPSEC); /* a delete is still sent and heard */
    sim_run(sim, 1000);
    CHECK(sim_pairs_up(sim, WEST) == 0);
    sim_acquire(sim, EAST, 0); /* and under the SA that stands, quick mode runs */
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    sim_run(sim, 200000);
    CHECK(ike_view_use(ike).sas == 1 && sim_fault(sim) == NULL);
}

/* Neither half-open ones nor those that died of silence and are only shown take the place of an SA that we need. */
static void D01_a_flood_that_has_died_leaves_room_for_honest_peers_and_for_us(void **state)
{
    (void)state;
    for (int side = WEST; side <= EAST; side++) {
        struct sim *sim = world(7 + (uint64_t)side, &west, &east);

        for (int wave = 0; wave < 2; wave++) {
            flood(sim, 32, 12, 0x0b000000 + (uint32_t)wave * 256);
            sim_run(sim, 33000); /* half-open ones have died, and are kept for the screens */
            CHECK(sim_fault(sim) == NULL);
        }
        sim_acquire(sim, (uint32_t)side, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

static void D01_used_up_places_are_refused_by_name_and_a_later_attempt_succeeds(void **state)
{
    static const struct ike_limits limits[] = {
        {.peers = 1, .sas = 1, .exchanges = 1, .pairs = 1, .blobs = 1, .half_open = 1},
        {.peers = 2, .sas = 2, .exchanges = 2, .pairs = 1, .blobs = 4, .half_open = 2},
        {.peers = 1, .sas = 4, .exchanges = 1, .pairs = 1, .blobs = 64, .half_open = 4},
    };
    static struct ike_outputs out;
    static uint8_t seed[48];
    struct sim *sim = world(8, &west, &east);
    bool is_used_up = false;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        void *space = malloc(ike_space(&limits[i]));
        struct ike *ike = ike_make(space, &limits[i], BYTES_OF(seed));
        uint32_t refused = 0, sent = 0;

        ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = sim_ike(sim, EAST)->policy}, &out);
        for (unsigned n = 0; n < 40; n++) {
            struct body b;
            struct lie part = {PL_SA, hex(&b, GOOD_SA)};
            uint8_t cookies[16] = {9, (uint8_t)n};
            struct ike_input in = {.kind = IKE_IN_DATAGRAM,
                                   .datagram = {end_of(EAST),
                                                {ip_of_v4(0x0b000000 + n % 3), 500},
                                                message_of(cookies, XCHG_MAIN, 0, &part, 1)}};

            ike_feed(ike, 2000, &in, &out);
            for (size_t k = 0; k < out.count; k++) {
                if (out.items[k].kind == IKE_OUT_EVENT && out.items[k].event->kind == EV_MESSAGE_REFUSED) {
                    assert_string_equal(event_text(out.items[k].event, FIELD_REASON), "LIMIT");
                    refused++;
                }
                sent += out.items[k].kind == IKE_OUT_DATAGRAM;
            }
        }
        CHECK(sent > 0 && refused + sent == 40);
        is_used_up |= refused > 0;
        for (uint64_t now = 3000; now < 200000; now += 1000)
            ike_feed(ike, now, &(struct ike_input){.kind = IKE_IN_TIMER}, &out);
        struct ike_use use = ike_view_use(ike);
        CHECK(use.sas == 0 && use.exchanges == 0 && use.blobs == 0 && use.drafts == 0);
        free(space);
    }
    CHECK(is_used_up);
}

/* Between what is sent and its answer come more first messages, a part of them from the honest peer's own address. */
static void D01_who_answers_before_so_many_others_have_come_is_in_and_then_stays(void **state)
{
    struct sim *sim = world(14, &west, &east);
    const struct ike *ike = sim_ike(sim, EAST);

    (void)state;
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 20;
    sim_acquire(sim, WEST, 0);
    run_to(sim, EAST, STATE_MM_WAIT_MSG3);
    for (int wave = 0; state_of(sim, EAST) != STATE_MM_WAIT_MSG5 && wave < 100; wave++) {
        flood(sim, ike->limits.half_open / 8, 1, WEST_IP);
        flood(sim, ike->limits.half_open / 2, 12, 0x0b000000);
        sim_run(sim, 20);
        CHECK(ike->half_opens.count <= ike->limits.half_open);
    }
    for (int wave = 0; wave < 20; wave++) { /* it has answered: now nobody takes its place */
        flood(sim, 500, 12, 0x0b000000);
        sim_run(sim, 20);
    }
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
}

static void D01_the_oldest_gives_way_and_an_address_only_to_itself(void **state)
{
    struct sim *sim = world(15, &west, &east);
    const struct ike *ike = sim_ike(sim, EAST);
    uint32_t share = ike->limits.half_open / 8 + 1;

    (void)state;
    flood(sim, 3, 3, 0x0b000000);
    flood(sim, 500, 1, 0x0b000100);
    CHECK(ike->half_opens.count == 3 + share);
    flood(sim, ike->limits.half_open - 3 - share, 8, 0x0b000200);
    CHECK(ike->half_opens.count == ike->limits.half_open);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(peer_of_ip(ike, ip_of_v4(0x0b000000 + i)) != NULL);
    flood(sim, 3, 3, 0x0b000400);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(peer_of_ip(ike, ip_of_v4(0x0b000000 + i)) == NULL && peer_of_ip(ike, ip_of_v4(0x0b000400 + i)) != NULL);
    CHECK(half_open_of(ike, peer_of_ip(ike, ip_of_v4(0x0b000100))->self) == share);
}

/* Whoever configures a limit wants it held: nobody gives way, and the log has the device's words. */
static void D01_a_configured_limit_refuses_and_says_which(void **state)
{
    static const struct {
        struct policy limits; /* these fields of it */
        uint32_t begun;       /* of ten that ask */
        const char *says;
    } cases[] = {
        {{.half_open_max = 4}, 4, "Dropping new negotiation - IKEv1 in-negotiation context limit of 4 reached"},
        {{.half_open_percent = 1}, 0, "Dropping new negotiation - IKEv1 in-negotiation context limit of "},
        {{.half_open_percent = 100}, 10, NULL},
        {{.sa_max = 3}, 3, "VPN peer limit (3) exceeded"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world(15, &west, &east);
        const struct ike *ike = sim_ike(sim, EAST);
        static struct policy policy;
        uint32_t asked = 10, begun = cases[i].begun;

        policy = *ike->policy;
        policy.half_open_max = cases[i].limits.half_open_max;
        policy.half_open_percent = cases[i].limits.half_open_percent;
        policy.sa_max = cases[i].limits.sa_max;
        ((struct ike *)(uintptr_t)ike)->policy = &policy;
        if (policy.half_open_percent == 1) {
            begun = ike->limits.half_open / 100 > 0 ? ike->limits.half_open / 100 : 1;
            asked = begun + 5;
        }
        flood(sim, asked, 12, 0x0b000000);
        CHECK(ike->half_opens.count == begun);
        CHECK((cases[i].says != NULL) == (sim_last_event(sim, EAST, EV_LIMIT_REACHED) != NULL));
        if (cases[i].says != NULL) {
            char space[PHRASE_LINE_SIZE];
            struct text line = text_of(space, sizeof space);
            struct phrase_head head;

            CHECK(phrase_write(DIALECT_ASA_SYSLOG, sim_last_event(sim, EAST, EV_LIMIT_REACHED), 0, &head, &line));
            if (strstr(space, cases[i].says) == NULL)
                fail_msg("%s", space);
        }
    }
}

/* More pairs, and more lines of an access list, than the outputs of one feed can speak of: ended and begun in pieces,
 * never a stop. */
static void D08_a_peer_with_hundreds_of_pairs_is_ended_and_begun_in_pieces(void **state)
{
    enum { MANY = 600 };
    static const struct ike_limits limits = {
        .peers = 4, .sas = 4, .exchanges = 700, .pairs = 700, .blobs = 4000, .half_open = 2};
    static const uint8_t seed[48] = {4};
    static struct ike_outputs out;
    static struct crypto_ace aces[MANY];
    struct sim *sim = world(56, &west, &east);
    struct policy policy = *sim_ike(sim, EAST)->policy;
    struct tunnel tunnel = policy.tunnels[0];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        aces[i] = tunnel.aces[0];
        aces[i].selector.remote = ip_range_of_prefix(ip_of_v4((uint32_t)(0x0a020000 + i)), 32);
    }
    tunnel.aces = aces;
    tunnel.ace_count = MANY;
    policy.tunnels = &tunnel;
    for (int what = 0; what < 3; what++) {
        void *space = malloc(ike_space(&limits));
        struct ike *ike = ike_make(space, &limits, BYTES_OF(seed));

        ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &policy}, &out);
        struct peer *peer = peer_make(ike, ip_of_v4(WEST_IP));
        struct isakmp_sa *sa = sa_make(ike, 1000, EXCHANGE_MM, RESPONDER, peer, end_of(EAST), end_of(WEST));
        sa->state = SA_UP;
        sa->cipher = CIPHER_AES256_CBC;
        sa->hash = HASH_SHA256;
        sa->skeyid_len = 32;
        sa->has_keys = true;
        sa->cookies[INITIATOR][0] = sa->cookies[RESPONDER][0] = 9;
        sa_file(ike, sa);
        for (uint32_t i = 0; what < 2 && i < MANY; i++) {
            struct handle h = pool_take(&ike->pairs);

            *pair_of(ike, h) = (struct pair){.self = h,
                                             .peer = peer->self,
                                             .is_up = true,
                                             .spi_in = 1000 + i,
                                             .spi_out = 5000 + i,
                                             .remote = end_of(WEST),
                                             .local = end_of(EAST)};
            pair_file(ike, pair_of(ike, h));
        }
        struct body b;
        struct lie part = {PL_DELETE, delete_of(&b, PROTO_ISAKMP, bytes_of(sa->cookies, 16), 1)};
        const struct ike_input inputs[] = {
            {.kind = IKE_IN_DATAGRAM,
             .datagram = {end_of(EAST), end_of(WEST), sealed_of(sa, XCHG_INFORMATIONAL, 5, &part, 1, HASH_RIGHT)}},
            {.kind = IKE_IN_COMMAND, .command = {.kind = IKE_CLEAR_ISAKMP}},
            {.kind = IKE_IN_COMMAND, .command = {.kind = IKE_UP, .tunnel = 0}},
        };
        ike_feed(ike, 2000, &inputs[what], &out);
        CHECK(out.lost_event_count == 0);
        for (int i = 0; i < 200 && what < 2 && ike_deadline_ms(ike) <= 2000; i++)
            ike_feed(ike, 2000, &(struct ike_input){.kind = IKE_IN_TIMER}, &out);
        CHECK(what == 2 ? ike_view_use(ike).exchanges > 8 : ike_view_use(ike).pairs == 0);
        free(space);
    }
}

/* P30: the same seed gives the same bytes, whatever stood in the memory before. */
static void P30_what_is_sent_depends_on_nothing_left_in_memory(void **state)
{
    uint64_t hashes[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sim *sim = world(90, &west, &east);

        memset(world_space, i == 0 ? 0x00 : 0xff, sim_space(2));
        sim = world(90, &west, &east);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        hashes[i] = sim_hash(sim);
    }
    CHECK(hashes[0] == hashes[1]);
}

/* ---- pairs of two hosts each */
static void send_of_host(struct sim *sim, unsigned host)
{
    const struct flow flow = {.local = ip_of_v4(west.peers[0].local_net + host),
                              .remote = ip_of_v4(west.peers[0].remote_net + 1),
                              .protocol = 17,
                              .has_ports = true,
                              .local_port = 7,
                              .remote_port = 7};

    sim_packet_of(sim, WEST, &flow, 100);
}

static void scan(struct sim *sim, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        send_of_host(sim, first + i);
        sim_run(sim, 500);
    }
}

/* sim_limits has room for 64 pairs, of which a tunnel may have a fourth for single hosts. */
static void D08_a_scan_through_a_tunnel_opens_so_many_pairs_and_an_idle_one_gives_way(void **state)
{
    struct sim_site scanned = west;
    struct sim *sim;

    (void)state;
    scanned.is_per_host = true;
    sim = world(31, &scanned, &east);
    scan(sim, 1, 40);
    CHECK(sim_pairs_up(sim, WEST) == 16 && sim_pairs_up(sim, EAST) == 16 && sim_pairs_agree(sim, WEST, EAST));
    CHECK(sim_event_count(sim, WEST, EV_LIMIT_REACHED) >= 20);
    struct ike_peer_view peer;
    CHECK(ike_view_peer(sim_ike(sim, WEST), 0, 0, &peer) && peer.outcome_count > 0);
    assert_string_equal(peer.outcomes[0].reason, "TOO_MANY_PAIRS");
    for (int i = 0; i < 3; i++) { /* one of them is in use */
        send_of_host(sim, 3);
        sim_run(sim, 25000);
    }
    scan(sim, 100, 12);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 16 && sim_pairs_up(sim, EAST) == 16 && sim_pairs_agree(sim, WEST, EAST));
    uint64_t delivered = sim_packets(sim).delivered;
    uint32_t negotiated = sim_event_count(sim, WEST, EV_PAIR_NEGOTIATED);
    send_of_host(sim, 3);
    sim_run(sim, 1000);
    CHECK(sim_packets(sim).delivered == delivered + 1);
    CHECK(sim_event_count(sim, WEST, EV_PAIR_NEGOTIATED) == negotiated && sim_fault(sim) == NULL);
}

static void D08_a_peer_that_asks_for_pairs_without_end_gets_so_many(void **state)
{
    struct sim_site scanned = west;
    struct ike_limits few = sim_limits;
    struct sim *sim;

    (void)state;
    scanned.is_per_host = true;
    few.pairs = 32;
    sim = world(32, &scanned, &east);
    sim_limit(sim, EAST, &few);
    scan(sim, 1, 12);
    CHECK(sim_pairs_up(sim, EAST) == 8 && sim_pairs_up(sim, WEST) == 8);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "TOO_MANY_PAIRS");
    CHECK(sim_fault(sim) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D04_nothing_is_repeated_to_an_unproved_address),
        cmocka_unit_test(D05_notifies_and_sources_that_cannot_be_peers_are_never_answered),
        cmocka_unit_test(D05_refusals_in_clear_are_limited_in_rate_and_S03_name_no_state),
        cmocka_unit_test(D01_S14_half_open_SAs_have_a_limit_and_leave_what_stands_alone),
        cmocka_unit_test(D01_a_flood_that_has_died_leaves_room_for_honest_peers_and_for_us),
        cmocka_unit_test(D01_used_up_places_are_refused_by_name_and_a_later_attempt_succeeds),
        cmocka_unit_test(D01_who_answers_before_so_many_others_have_come_is_in_and_then_stays),
        cmocka_unit_test(D01_the_oldest_gives_way_and_an_address_only_to_itself),
        cmocka_unit_test(D01_a_configured_limit_refuses_and_says_which),
        cmocka_unit_test(D08_a_peer_with_hundreds_of_pairs_is_ended_and_begun_in_pieces),
        cmocka_unit_test(D08_a_scan_through_a_tunnel_opens_so_many_pairs_and_an_idle_one_gives_way),
        cmocka_unit_test(D08_a_peer_that_asks_for_pairs_without_end_gets_so_many),
        cmocka_unit_test(P30_what_is_sent_depends_on_nothing_left_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
