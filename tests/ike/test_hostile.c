/* What an enemy sends, by the rows of the attack list. Unauthenticated: named, never answered with more than was sent,
 * and nothing changes; authenticated: no more than what a peer may. */
#include "ike/two_sites.h"

#include "crypto/kdf.h"
#include "wire/vendor.h"

static struct snapshot before_at[2];

static uint32_t sent_bytes_since(struct sim *sim, uint32_t first, uint32_t *largest)
{
    uint32_t count = 0;

    *largest = 0;
    for (uint32_t i = first; sim_datagram(sim, i) != NULL; i++, count++)
        if (sim_datagram(sim, i)->data.len > *largest)
            *largest = (uint32_t)sim_datagram(sim, i)->data.len;
    return count;
}

static uint32_t datagram_count(struct sim *sim)
{
    uint32_t count = 0;

    while (sim_datagram(sim, count) != NULL)
        count++;
    return count;
}

static uint32_t told(struct sim *sim, uint32_t site)
{
    return sim_event_count(sim, site, EV_MESSAGE_REFUSED) + sim_event_count(sim, site, EV_AUTHENTICATION_FAILED) +
           sim_event_count(sim, site, EV_NOTIFY_IN_CLEAR) + sim_event_count(sim, site, EV_MESSAGE_REPEATED);
}

/* ---- first messages to a gateway that knows nothing yet */
static const uint8_t stranger_cookies[16] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8};

/* The datagram as it stands: what is refused leaves nothing, is named, and gets no larger answer. */
static void expect_refused_first(struct bytes datagram, const char *reason, const char *why)
{
    struct sim *sim = world(1, &west, &east);
    struct ike_use before = ike_view_use(sim_ike(sim, EAST));
    uint32_t first = datagram_count(sim), largest;

    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    uint32_t count = sent_bytes_since(sim, first, &largest);
    if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), reason) != 0 || count > 1 || largest > datagram.len)
        print_error("%s: %s, %u answers, %u bytes\n", why, last_reason(sim, EAST, EV_MESSAGE_REFUSED), count, largest);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), reason);
    CHECK(count <= 1 && largest <= datagram.len);
    struct ike_use after = ike_view_use(sim_ike(sim, EAST));
    after.peers = before.peers; /* a configured peer's last outcome is kept for the screens */
    CHECK(uses_equal(after, before));
    sim_inject(sim, EAST, (struct endpoint){ip_of_v4(0x0b000001), 500}, end_of(EAST), datagram);
    after.peers = ike_view_use(sim_ike(sim, EAST)).peers; /* a stranger leaves nothing at all */
    CHECK(uses_equal(after, ike_view_use(sim_ike(sim, EAST))) && after.peers <= before.peers + 1);
    struct ike_peer_view peer;
    for (uint32_t i = 0; ike_view_peer(sim_ike(sim, EAST), sim_now_ms(sim), i, &peer); i++)
        CHECK(ip_equal(peer.remote, ip_of_v4(WEST_IP)));
}

static void P01_to_P18_malformed_headers_are_refused_by_name(void **state)
{
    static const struct {
        const char *hex, *reason, *why;
    } rows[] = {
        {"", "MALFORMED", "P01 nothing at all"},
        {"a1", "MALFORMED", "P01 one byte"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 000000", "MALFORMED", "P01 27 bytes"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 0000001c", "MALFORMED",
         "P01 a header without payloads"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000000 0000000800000000", "MALFORMED",
         "P01 length 0"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 ffffffff 0000000800000000", "MALFORMED",
         "P01 length of 4 GB"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 0000ffff", "MALFORMED",
         "P02 a payload of 65535 bytes"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 00000000", "MALFORMED",
         "P03 payload length 0"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 01000003", "MALFORMED",
         "P03 payload length 3"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 02 00 00000000 00000020 00000004", "WRONG_ORDER",
         "P16 an IKEv2 payload"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 04 10 02 00 00000000 00000024 0000000800000000", "WRONG_ORDER",
         "P19 KE first"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 00 02 00 00000000 00000020 00000004", "MALFORMED",
         "P17 major version 0"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 20 22 08 00000000 00000020 00000004", "MALFORMED", "P17 IKEv2"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 f0 02 00 00000000 00000020 00000004", "MALFORMED",
         "P17 major version 15"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 00 00 00000000 00000020 00000004", "MALFORMED", "P18 exchange 0"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 01 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE",
         "P18 base mode"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 03 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE",
         "P18 authentication only"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 04 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE",
         "P18 aggressive mode is not spoken"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 21 00 00000001 00000020 00000004", "UNKNOWN_EXCHANGE",
         "P18 new group mode"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 f0 00 00000000 00000020 00000004", "MALFORMED",
         "P18 a private exchange"},
        {"0000000000000000 0000000000000000 01 10 02 00 00000000 00000020 00000004", "MALFORMED",
         "C16 the initiator's cookie is zero"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000001 00000020 00000004", "MALFORMED",
         "S15 a message id in phase 1"},
        {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 01 10 02 00 00000000 00000020 00000004", "UNKNOWN_COOKIES",
         "C16 a cookie that we never gave"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 01 00000000 00000020 00000004", "UNKNOWN_COOKIES",
         "S07 a first message that is sealed"},
        {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 80 00000000 00000020 00000004", "MALFORMED", "an unknown flag"},
        {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 08 10 05 01 00000007 0000002c 00112233445566778899aabbccddeeff",
         "UNKNOWN_COOKIES", "S06 a sealed informational without any state"},
        {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 08 10 20 01 00000007 0000002c 00112233445566778899aabbccddeeff",
         "UNKNOWN_COOKIES", "S01 quick mode without any state"},
        {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 08 10 20 01 00000000 0000002c 00112233445566778899aabbccddeeff",
         "MALFORMED", "S15 message id 0"},
        {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 0c 10 05 00 00000000 00000030 00000014 00000001 03 04 0002 "
         "0000000100000002",
         "NOT_SEALED", "S08 a delete in clear"},
    };
    struct body b;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_refused_first(hex(&b, rows[i].hex), rows[i].reason, rows[i].why);
}

/* The same for what stands inside the SA payload. */
static void P06_to_P14_malformed_and_unfit_proposals_are_refused_by_name(void **state)
{
    static const struct {
        const char *hex, *reason, *why;
    } rows[] = {
        {"", "MALFORMED", "an empty SA payload"},
        {"00000002 00000001 00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P14 another DOI"},
        {"00000001 ffffffff 00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P14 all situation bits"},
        {SA_HEAD "00 00 0030 01 01 11 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED", "P06 an SPI of 17 bytes"},
        {SA_HEAD "00 00 0030 01 01 ff 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P06 an SPI longer than the proposal"},
        {SA_HEAD "00 00 0030 01 01 00 05 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P07 says 5 transforms, carries 1"},
        {SA_HEAD "00 00 0030 01 01 00 00 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P07 says none, carries 1"},
        {SA_HEAD "00 00 0030 01 01 00 01 05 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
         "P07 an ID after the transform"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
                 "000c0005 00015180",
         "MALFORMED", "P08 a lifetime past the end"},
        {SA_HEAD "00 00 0032 01 01 00 01 00 00 002a 01 01 0000" GOOD_TRANSFORM "8001", "MALFORMED",
         "P08 half an attribute"},
        {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 00010004 00000007 800e0100 80020004 80030001 80040013 "
                 "800b0001 000c0004 00015180",
         "NO_POLICY", "P09 the cipher as a long value"},
        {SA_HEAD
         "00 00 002c 01 01 00 01 00 00 0024 01 01 0000 80010007 80020004 80030001 80040013 800b0001 000c0004 00015180",
         "NO_POLICY", "P10 AES without a key length"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0000 80020004 80030001 80040013 800b0001 "
                 "000c0004 00015180",
         "NO_POLICY", "P10 key length 0"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800effff 80020004 80030001 80040013 800b0001 "
                 "000c0004 00015180",
         "NO_POLICY", "P10 key length 65535"},
        {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007" GOOD_TRANSFORM, "NO_POLICY",
         "P11 the cipher twice"},
        {SA_HEAD "00 00 0028 01 01 00 01 00 00 0020 01 01 0000 80010007 800e0100 80020004 80030001 80040013 000c0004",
         "MALFORMED", "P12 a duration without its value"},
        {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000" GOOD_TRANSFORM "80060007", "NO_POLICY",
         "P13 a prime of the peer's"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80040018 800b0001 "
                 "000c0004 00015180",
         "NO_POLICY", "C13 group 24"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030004 80040013 800b0001 "
                 "000c0004 00015180",
         "NO_POLICY", "C03 RSA encryption"},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 8003fde9 80040013 800b0001 "
                 "000c0004 00015180",
         "NO_POLICY", "C18 XAUTH"},
        {SA_HEAD "02 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM
                 "00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM,
         "NO_POLICY", "Q08 two proposals that both must be taken"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct body b;
        struct lie sa = {PL_SA, hex(&b, rows[i].hex)};

        expect_refused_first(message_of(stranger_cookies, XCHG_MAIN, 0, &sa, 1), rows[i].reason, rows[i].why);
    }
}

/* What is around a good SA payload. */
static void P04_P15_P16_P19_P27_unfit_payloads_of_a_first_message_are_refused_by_name(void **state)
{
    static const struct {
        uint8_t type, count;
        const char *body, *reason, *why;
    } rows[] = {
        {PL_SA, 1, GOOD_SA, "UNEXPECTED_PAYLOAD", "P19 two SA payloads"},
        {PL_KE, 1, "0011", "UNEXPECTED_PAYLOAD", "P19 a KE too early"},
        {PL_VID, 21, "00112233", "UNEXPECTED_PAYLOAD", "P27 one vendor ID too many"},
        {PL_VID, 39, "", "UNEXPECTED_PAYLOAD", "P04 as many payloads as we look at"},
        {PL_VID, 40, "", "MALFORMED", "P04 one more"},
        {PL_VID, 200, "", "MALFORMED", "P05 200 payloads"},
        {PL_NAT_D, 1, "00", "UNEXPECTED_PAYLOAD", "P15 NAT-D in message 1"},
        {PL_NAT_D_DRAFT, 1, "00", "UNEXPECTED_PAYLOAD", "P15 the draft's NAT-D in message 1"},
        {14, 1, "00", "UNEXPECTED_PAYLOAD", "P15 payload 14"},
        {15, 1, "00", "UNEXPECTED_PAYLOAD", "P15 payload 15"},
        {40, 1, "00", "UNEXPECTED_PAYLOAD", "P16 an IKEv2 payload"},
        {255, 1, "00", "UNEXPECTED_PAYLOAD", "a private payload"},
        {PL_T, 1, "00", "MALFORMED", "P07 a transform outside of an SA payload"},
        {PL_DELETE, 1, "00000001 01 10 0001", "UNEXPECTED_PAYLOAD", "S08 a delete beside an SA"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct body sa, b;
        struct lie parts[201] = {{PL_SA, hex(&sa, GOOD_SA)}};

        hex(&b, rows[i].body);
        for (size_t k = 1; k <= rows[i].count; k++)
            parts[k] = (struct lie){rows[i].type, bytes_of(b.bytes, b.len)};
        expect_refused_first(message_of(stranger_cookies, XCHG_MAIN, 0, parts, 1u + rows[i].count), rows[i].reason,
                             rows[i].why);
    }
}

static void P12_P17_odd_but_lawful_first_messages_are_taken(void **state)
{
    static const struct {
        const char *sa, *why;
        uint8_t vid_count, version;
    } rows[] = {
        {GOOD_SA, "the plain one", 0, 0x10},
        {GOOD_SA, "P27 twenty vendor IDs", 20, 0x10},
        {GOOD_SA, "P17 another minor version", 0, 0x1f},
        {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
                 "000c0008 ffffffffffffffff",
         "P12 a lifetime of 8 bytes", 0, 0x10},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
                 "000c0004 00000000",
         "P12 a lifetime of 0", 0, 0x10},
        {SA_HEAD "00 00 0040 01 01 10 01 00112233445566778899aabbccddeeff 00 00 0028 01 01 0000" GOOD_TRANSFORM,
         "P06 an SPI of 16 bytes", 0, 0x10},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world(2, &west, &east);
        struct body sa;
        struct lie parts[32] = {{PL_SA, hex(&sa, rows[i].sa)}};
        static const uint8_t vid[] = {1, 2, 3};
        uint32_t first = datagram_count(sim), largest;

        for (size_t k = 1; k <= rows[i].vid_count; k++)
            parts[k] = (struct lie){PL_VID, BYTES_OF(vid)};
        struct bytes datagram = message_of(stranger_cookies, XCHG_MAIN, 0, parts, 1u + rows[i].vid_count);
        lie_space[17] = rows[i].version;
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
        /* D04: nobody gets more than was sent, who did not ask for vendor IDs. */
        if (sent_bytes_since(sim, first, &largest) != 1 || largest > datagram.len)
            print_error("%s: %s, %u bytes\n", rows[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED), largest);
        CHECK(sent_bytes_since(sim, first, &largest) == 1 && largest <= datagram.len);
        CHECK(sa_at(sim, EAST)->lifetime_s <= 86400 && sa_at(sim, EAST)->lifetime_s > 0);
    }
}

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

static void D01_half_open_SAs_have_a_limit_and_leave_what_stands_alone(void **state)
{
    struct sim *sim = world_up(6);
    const struct ike *ike = sim_ike(sim, EAST);

    (void)state;
    snapshot_take(&before_at[EAST], ike);
    flood(sim, 500, 3, 0x0b000000);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "LIMIT");
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
            struct ike_input in = {
                .kind = IKE_IN_DATAGRAM,
                .datagram = {end_of(EAST), end_of(WEST), message_of(cookies, XCHG_MAIN, 0, &part, 1)}};

            ike_feed(ike, 2000, &in, &out);
            for (size_t k = 0; k < out.count; k++) {
                if (out.items[k].kind == IKE_OUT_EVENT && out.items[k].event->kind == EV_MESSAGE_REFUSED) {
                    assert_string_equal(event_text(out.items[k].event, FIELD_REASON), "LIMIT");
                    refused++;
                }
                sent += out.items[k].kind == IKE_OUT_DATAGRAM;
            }
        }
        CHECK(refused > 0 && refused + sent == 40);
        for (uint64_t now = 3000; now < 200000; now += 1000)
            ike_feed(ike, now, &(struct ike_input){.kind = IKE_IN_TIMER}, &out);
        struct ike_use use = ike_view_use(ike);
        CHECK(use.sas == 0 && use.exchanges == 0 && use.blobs == 0 && use.drafts == 0);
        free(space);
    }
}

/* ---- messages 3 and 4 */
struct share_lie {
    const char *why, *reason;
    size_t share_len, nonce_len;
    uint8_t share_fill;
    uint8_t share_count, nonce_count, extra;
};

static const struct share_lie share_lies[] = {
    {"P20 a share of zeros", "BAD_SHARE", 64, 16, 0, 1, 1, 0},
    {"P20 C12 a share of ones: on no curve", "BAD_SHARE", 64, 16, 0xff, 1, 1, 0},
    {"P20 an empty share", "BAD_SHARE_LENGTH", 0, 16, 0, 1, 1, 0},
    {"P20 one byte short", "BAD_SHARE_LENGTH", 63, 16, 1, 1, 1, 0},
    {"P20 one byte long", "BAD_SHARE_LENGTH", 65, 16, 1, 1, 1, 0},
    {"P20 of another group", "BAD_SHARE_LENGTH", 256, 16, 1, 1, 1, 0},
    {"P20 no share", "MISSING_PAYLOAD", 0, 16, 0, 0, 1, 0},
    {"P19 two shares", "UNEXPECTED_PAYLOAD", 64, 16, 1, 2, 1, 0},
    {"P21 an empty nonce", "BAD_NONCE", 64, 0, 1, 1, 1, 0},
    {"P21 a nonce of 7 bytes", "BAD_NONCE", 64, 7, 1, 1, 1, 0},
    {"P21 a nonce of 257 bytes", "BAD_NONCE", 64, 257, 1, 1, 1, 0},
    {"P21 no nonce", "MISSING_PAYLOAD", 64, 0, 1, 1, 0, 0},
    {"P19 two nonces", "UNEXPECTED_PAYLOAD", 64, 16, 1, 1, 2, 0},
    {"S01 an identity in clear", "UNEXPECTED_PAYLOAD", 64, 16, 1, 1, 1, PL_ID},
    {"S08 a delete in clear", "UNEXPECTED_PAYLOAD", 64, 16, 1, 1, 1, PL_DELETE},
    {"P15 the NAT-D of a draft, which was not agreed", "BAD_SHARE", 64, 16, 0, 1, 1, PL_NAT_D_DRAFT},
};

static enum state state_of(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);
    const struct exchange *exchange = pool_find(&ike->exchanges, pool_first(&ike->exchanges));

    return exchange == NULL ? STATE_COUNT : exchange->state;
}

static void run_to(struct sim *sim, uint32_t site, enum state wanted)
{
    for (int ms = 0; ms < 1000 && state_of(sim, site) != wanted; ms++)
        sim_run(sim, 1);
    CHECK(state_of(sim, site) == wanted);
}

static struct bytes lying_share(const struct isakmp_sa *sa, const struct share_lie *lie)
{
    static uint8_t share[512], nonce[512];
    static const uint8_t extra[12] = {0, 0, 0, 1};
    struct lie parts[8];
    size_t count = 0;

    memset(share, lie->share_fill, sizeof share);
    memset(nonce, 0x5a, sizeof nonce);
    for (int i = 0; i < lie->share_count; i++)
        parts[count++] = (struct lie){PL_KE, bytes_of(share, lie->share_len)};
    for (int i = 0; i < lie->nonce_count; i++)
        parts[count++] = (struct lie){PL_NONCE, bytes_of(nonce, lie->nonce_len)};
    if (lie->extra != 0)
        parts[count++] = (struct lie){lie->extra, BYTES_OF(extra)};
    return message_of((const uint8_t *)sa->cookies, XCHG_MAIN, 0, parts, count);
}

static void P19_P20_P21_C12_a_false_share_ends_nothing(void **state)
{
    (void)state;
    for (uint32_t site = WEST; site <= EAST; site++)
        for (size_t i = 0; i < COUNT_OF(share_lies); i++) {
            struct sim *sim = world(20, &west, &east);

            sim_acquire(sim, WEST, 0);
            run_to(sim, site, site == WEST ? STATE_MM_WAIT_MSG4 : STATE_MM_WAIT_MSG3);
            uint32_t sent = sim_sent(sim, site);
            snapshot_take(&before_at[site], sim_ike(sim, site));
            sim_inject(sim, site, end_of(!site), end_of(site), lying_share(sa_at(sim, site), &share_lies[i]));
            sim_run(sim, 0); /* the vault's answer */
            if (strcmp(last_reason(sim, site, EV_MESSAGE_REFUSED), share_lies[i].reason) != 0)
                print_error("site %u, %s: %s\n", site, share_lies[i].why, last_reason(sim, site, EV_MESSAGE_REFUSED));
            assert_string_equal(last_reason(sim, site, EV_MESSAGE_REFUSED), share_lies[i].reason);
            /* What the vault was asked for is numbered; nothing else is new. */
            for (uint32_t k = 0; k < before_at[site].exchange_count; k++)
                before_at[site].exchanges[k].ask_number =
                    exchange_of(sim_ike(sim, site), before_at[site].exchanges[k].self)->ask_number;
            CHECK(snapshot_differs(&before_at[site], sim_ike(sim, site)) == NULL && sim_sent(sim, site) == sent);
            sim_run(sim, 5000);
            CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
        }
}

static void C15_our_own_values_sent_back_are_refused(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct sim *sim = world(21, &west, &east);
        struct lie parts[2];

        sim_acquire(sim, WEST, 0);
        struct bytes mine = sim_datagram(sim, 0)->data;
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST), mine); /* our own first message */
        assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), "REFLECTED");
        CHECK(ike_view_use(sim_ike(sim, WEST)).sas == 1);
        run_to(sim, WEST, STATE_MM_WAIT_MSG4);
        const struct ike *ike = sim_ike(sim, WEST);
        const struct exchange *exchange = pool_find(&ike->exchanges, pool_first(&ike->exchanges));
        static const uint8_t other[32] = {1, 2, 3}, share[64] = {4, 5, 6};
        parts[0] = (struct lie){PL_KE, what == 0 ? blob_bytes(&ike->blobs, exchange->blobs[BLOB_SHARE_MINE])
                                                 : BYTES_OF(share)};
        parts[1] = (struct lie){PL_NONCE,
                                what == 1 ? blob_bytes(&ike->blobs, exchange->blobs[BLOB_NONCE_I]) : BYTES_OF(other)};
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST),
                   message_of((const uint8_t *)sa_at(sim, WEST)->cookies, XCHG_MAIN, 0, parts, 2));
        assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), "REFLECTED");
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

/* Message 2 is covered by no hash. */
static void C16_C17_an_initiator_takes_only_what_it_has_offered(void **state)
{
    static const struct {
        const char *sa, *reason, *why;
        uint8_t cookie; /* 0: the responder's is ours again, 0xff: zero */
    } rows[] = {
        {SA_HEAD "00 00 0030 02 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "NOT_OUR_OFFER",
         "C17 another proposal number", 1},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0080 80020004 80030001 80040013 800b0001 "
                 "000c0004 00015180",
         "NOT_OUR_OFFER", "C17 a shorter key", 1},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010001 800e0100 80020004 80030001 80040013 800b0001 "
                 "000c0004 00015180",
         "NOT_OUR_OFFER", "C17 DES", 1},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 8003fde9 80040013 800b0001 "
                 "000c0004 00015180",
         "NOT_OUR_OFFER", "C18 XAUTH", 1},
        {SA_HEAD "00 00 0058 01 01 00 02 03 00 0028 01 01 0000" GOOD_TRANSFORM "00 00 0028 02 01 0000" GOOD_TRANSFORM,
         "NOT_OUR_OFFER", "C17 two transforms", 1},
        {SA_HEAD "02 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM
                 "00 00 0030 02 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM,
         "NOT_OUR_OFFER", "C17 two proposals", 1},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "REFLECTED", "C16 both cookies equal",
         0},
        {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "REFLECTED",
         "C16 the responder's cookie zero: as our own message 1", 0xff},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world(22, &west, &east);
        uint8_t cookies[16];
        struct body b;
        struct lie part = {PL_SA, hex(&b, rows[i].sa)};

        sim_acquire(sim, WEST, 0);
        memcpy(cookies, sa_at(sim, WEST)->cookies[INITIATOR], 8);
        memset(cookies + 8, rows[i].cookie == 0xff ? 0 : 0x77, 8);
        if (rows[i].cookie == 0)
            memcpy(cookies + 8, cookies, 8);
        snapshot_take(&before_at[WEST], sim_ike(sim, WEST));
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_MAIN, 0, &part, 1));
        if (strcmp(last_reason(sim, WEST, EV_MESSAGE_REFUSED), rows[i].reason) != 0)
            print_error("%s: %s\n", rows[i].why, last_reason(sim, WEST, EV_MESSAGE_REFUSED));
        assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), rows[i].reason);
        CHECK(snapshot_differs(&before_at[WEST], sim_ike(sim, WEST)) == NULL);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

static void S13_forged_errors_end_nothing(void **state)
{
    static const uint16_t types[] = {NOTIFY_NO_PROPOSAL_CHOSEN,    NOTIFY_INVALID_COOKIE,
                                     NOTIFY_AUTHENTICATION_FAILED, NOTIFY_INVALID_KEY_INFORMATION,
                                     NOTIFY_PAYLOAD_MALFORMED,     NOTIFY_INITIAL_CONTACT};
    static const enum state states[] = {STATE_MM_WAIT_MSG2, STATE_MM_WAIT_MSG4, STATE_MM_WAIT_MSG6};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        struct sim *sim = world(23, &west, &east);

        sim_acquire(sim, WEST, 0);
        run_to(sim, WEST, states[s]);
        snapshot_take(&before_at[WEST], sim_ike(sim, WEST));
        uint32_t sent = sim_sent(sim, WEST);
        for (size_t i = 0; i < COUNT_OF(types); i++) {
            uint8_t body[] = {0, 0, 0, 1, 1, 0, (uint8_t)(types[i] >> 8), (uint8_t)types[i]};
            struct lie part = {PL_NOTIFY, BYTES_OF(body)};
            uint8_t cookies[16];

            memcpy(cookies, sa_at(sim, WEST)->cookies, 16);
            sim_inject(sim, WEST, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_INFORMATIONAL, 0, &part, 1));
            memset(cookies + 8, 0, 8); /* as who knows only message 1 says it */
            sim_inject(sim, WEST, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_INFORMATIONAL, 0, &part, 1));
        }
        CHECK(sim_event_count(sim, WEST, EV_NOTIFY_IN_CLEAR) >= COUNT_OF(types));
        CHECK(snapshot_differs(&before_at[WEST], sim_ike(sim, WEST)) == NULL && sim_sent(sim, WEST) == sent);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

/* ---- every datagram of a negotiation, spoilt in every byte, at every state of both */
enum { RECORDED_MAX = 16 };

static struct {
    uint32_t site; /* that it is for */
    size_t len;
    uint8_t data[2048];
} recorded[RECORDED_MAX];
static uint32_t recorded_count;

static struct sim *slow_world(bool is_pfs)
{
    struct sim_site w = west, e = east;

    w.peers[0].pfs = e.peers[0].pfs = is_pfs ? GROUP_ECP256 : GROUP_NONE;
    struct sim *sim = world(30, &w, &e);
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 3;
    sim_network(sim)->plane_min_ms = sim_network(sim)->plane_max_ms = 3;
    sim_acquire(sim, WEST, 0);
    return sim;
}

static void record(bool is_pfs)
{
    struct sim *sim = slow_world(is_pfs);

    sim_run(sim, 1000);
    for (recorded_count = 0; sim_datagram(sim, recorded_count) != NULL; recorded_count++) {
        const struct sim_datagram *d = sim_datagram(sim, recorded_count);

        CHECK(recorded_count < RECORDED_MAX && d->data.len <= sizeof recorded[0].data);
        recorded[recorded_count].site = ip_to_v4(d->to.ip) == WEST_IP ? WEST : EAST;
        recorded[recorded_count].len = d->data.len;
        memcpy(recorded[recorded_count].data, d->data.data, d->data.len);
    }
    CHECK(recorded_count == 9);
}

static uint32_t injected;

static void expect_nothing(struct sim *sim, uint32_t site, struct bytes datagram, const char *what, uint32_t n,
                           size_t at)
{
    uint32_t sent = sim_sent(sim, site), was_told = told(sim, site);

    injected++;
    sim_inject(sim, site, end_of(!site), end_of(site), datagram);
    const char *changed = snapshot_differs(&before_at[site], sim_ike(sim, site));
    if (changed != NULL || sim_sent(sim, site) != sent || told(sim, site) == was_told)
        print_error("datagram %u, %s %zu, at site %u in %s: %s changed, %u sent, told %u\n", n + 1, what, at, site,
                    state_info(state_of(sim, site))->name, changed == NULL ? "nothing" : changed,
                    sim_sent(sim, site) - sent, told(sim, site) - was_told);
    CHECK(changed == NULL && sim_sent(sim, site) == sent && told(sim, site) > was_told);
}

/* Only the identity of messages 5 and 6 is covered by their hashes, and no header flags are (RFC 2409 section 5): what
 * is spoilt elsewhere is still message 5 or 6. */
static bool is_covered(uint32_t n, size_t at, bool is_past)
{
    if (is_past)
        return true;
    if (at == 17 || at == 19) /* minor version, flags */
        return false;
    return (n != 4 && n != 5) || at < HEADER_LEN + 32;
}

static void spoil(struct sim *sim, uint32_t n, bool is_past)
{
    uint32_t site = recorded[n].site;
    static uint8_t bytes[2048];
    size_t len = recorded[n].len;
    static const uint8_t flips[] = {0xff, 0x01, 0x80};

    for (size_t at = 0; at < len; at++)
        for (size_t f = 0; f < COUNT_OF(flips); f++) {
            if (!is_covered(n, at, is_past))
                continue;
            memcpy(bytes, recorded[n].data, len);
            bytes[at] ^= flips[f];
            expect_nothing(sim, site, bytes_of(bytes, len), "flipped", n, at);
        }
    for (size_t cut = 0; cut < len; cut++)
        for (int is_honest = 0; is_honest < 2; is_honest++) {
            memcpy(bytes, recorded[n].data, cut);
            if (is_honest && cut >= HEADER_LEN) { /* the header says so, too */
                bytes[26] = (uint8_t)(cut >> 8);
                bytes[27] = (uint8_t)cut;
            }
            if (is_honest && (n == 4 || n == 5) && !is_past && cut >= HEADER_LEN + 32)
                continue;
            expect_nothing(sim, site, bytes_of(bytes, cut), "cut", n, cut);
        }
    for (size_t more = 1; more <= 64; more += 21) {
        memcpy(bytes, recorded[n].data, len);
        memset(bytes + len, 0xa5, more);
        expect_nothing(sim, site, bytes_of(bytes, len + more), "extended", n, more);
    }
    /* Reflected to who sent it. */
    if (is_past)
        expect_nothing(sim, !site, bytes_of(recorded[n].data, len), "reflected", n, 0);
}

static void C20_C21_P28_S01_no_spoilt_datagram_changes_anything_at_any_state(void **state)
{
    (void)state;
    for (int pfs = 0; pfs < 2; pfs++) {
        uint32_t looks = 0;
        enum state last[2] = {STATE_COUNT, STATE_COUNT};
        bool was_parked[2] = {false, false};

        record(pfs == 1);
        struct sim *sim = slow_world(pfs == 1);
        for (int ms = 0; ms < 400; ms++) {
            bool is_new = false;

            sim_run(sim, 1);
            for (uint32_t site = WEST; site <= EAST; site++) {
                enum state now = STATE_COUNT;
                const struct pool *pool = &sim_ike(sim, site)->exchanges;
                bool is_parked = false;

                for (struct handle h = pool_first(pool); handle_is_set(h); h = pool_next(pool, h)) {
                    now = ((struct exchange *)pool_find(pool, h))->state;
                    is_parked = is_parked || handle_is_set(((struct exchange *)pool_find(pool, h))->parked);
                }
                is_new = is_new || now != last[site] || is_parked != was_parked[site];
                last[site] = now;
                was_parked[site] = is_parked;
                snapshot_take(&before_at[site], sim_ike(sim, site));
            }
            if (!is_new)
                continue;
            looks++;
            for (uint32_t n = 1; n < recorded_count; n++) {
                bool is_sealed = (recorded[n].data[19] & FLAG_ENCRYPTION) != 0;
                uint32_t site = recorded[n].site;
                bool is_past = false; /* it has been sent, and its time to arrive is over */

                for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++)
                    is_past =
                        is_past || (sim_datagram(sim, i)->data.len == recorded[n].len &&
                                    memcmp(sim_datagram(sim, i)->data.data, recorded[n].data, recorded[n].len) == 0 &&
                                    sim_datagram(sim, i)->at_ms + 10 < sim_now_ms(sim));
                if (!is_past && !is_sealed)
                    continue;
                if (pool_first(&sim_ike(sim, site)->sas).generation == 0)
                    continue;
                spoil(sim, n, is_past);
            }
        }
        CHECK(looks >= 12 && sim_fault(sim) == NULL);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
    print_message("%u spoilt datagrams\n", injected);
}

static void S05_S21_repeats_are_answered_six_times_byte_for_byte_and_to_the_peer_alone(void **state)
{
    struct endpoint elsewhere = {ip_of_v4(0x0b0b0b0b), 4444};

    (void)state;
    record(false);
    struct sim *sim = slow_world(false);
    sim_run(sim, 1000);
    for (uint32_t n = 0; n < recorded_count; n++) {
        uint32_t site = recorded[n].site, sent = sim_sent(sim, site), first = datagram_count(sim);

        snapshot_take(&before_at[site], sim_ike(sim, site));
        for (int i = 0; i < 1000; i++)
            sim_inject(sim, site, n == 0 ? end_of(!site) : elsewhere, end_of(site),
                       bytes_of(recorded[n].data, recorded[n].len));
        CHECK(snapshot_differs(&before_at[site], sim_ike(sim, site)) == NULL);
        CHECK(sim_sent(sim, site) - sent <= 1 + RESENDS_OF_ANSWER_MAX); /* message 1 is a new one by now */
        for (uint32_t i = first; n > 0 && sim_datagram(sim, i) != NULL; i++) {
            CHECK(endpoint_equal(sim_datagram(sim, i)->to, end_of(!site)));
            CHECK(sim_datagram(sim, i)->data.len == recorded[n + 1].len &&
                  memcmp(sim_datagram(sim, i)->data.data, recorded[n + 1].data, recorded[n + 1].len) == 0);
        }
        sim_run(sim, 1000);
    }
    CHECK(sim_fault(sim) == NULL && sim_sent(sim, WEST) + sim_sent(sim, EAST) <= 9 + 8 * (1 + RESENDS_OF_ANSWER_MAX));
    sim_run(sim, 200000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && ike_view_use(sim_ike(sim, EAST)).exchanges == 0);
}

/* ---- informational */
static struct bytes delete_of(struct body *b, uint8_t protocol, struct bytes spi, unsigned count)
{
    struct writer w = writer_of(b->bytes, sizeof b->bytes);

    write_u32(&w, DOI_IPSEC);
    write_u8(&w, protocol);
    write_u8(&w, (uint8_t)spi.len);
    write_u16(&w, (uint16_t)count);
    for (unsigned i = 0; i < count; i++)
        write_bytes(&w, spi);
    return writer_bytes(&w);
}

static struct bytes notify_of(struct body *b, uint16_t type, struct bytes spi, struct bytes data)
{
    struct writer w = writer_of(b->bytes, sizeof b->bytes);

    notify_write(&w,
                 &(struct notify){.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = type, .spi = spi, .data = data});
    return writer_bytes(&w);
}

static const struct pair *pair_at(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);

    return pool_find(&ike->pairs, pool_first(&ike->pairs));
}

static void put_u32(uint8_t out[4], uint32_t number)
{
    struct writer w = writer_of(out, 4);

    write_u32(&w, number);
}

static void S08_S09_S17_deletes_without_a_right_hash_delete_nothing(void **state)
{
    static const enum hash_lie lies[] = {HASH_WRONG, HASH_EMPTY, HASH_SHORT, HASH_LONG, HASH_MISSING};
    struct sim *sim = world_up(40);
    const struct isakmp_sa *sa = sa_at(sim, WEST);
    uint8_t spi[4];
    struct body b;

    (void)state;
    put_u32(spi, pair_at(sim, EAST)->spi_out);
    const struct bytes spis[] = {BYTES_OF(spi), bytes_of(sa->cookies, 16)};
    snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
    for (size_t what = 0; what < 2; what++) {
        struct lie part = {PL_DELETE, delete_of(&b, what == 0 ? PROTO_ESP : PROTO_ISAKMP, spis[what], 1)};

        for (size_t i = 0; i < COUNT_OF(lies); i++)
            expect_nothing(sim, EAST, sealed_of(sa, XCHG_INFORMATIONAL, 77 + (uint32_t)i, &part, 1, lies[i]),
                           "hash lie", 0, i);
        struct bytes clear = message_of((const uint8_t *)sa->cookies, XCHG_INFORMATIONAL, 99, &part, 1);
        expect_nothing(sim, EAST, clear, "in clear", 0, 0);
        lie_space[19] = FLAG_AUTHENTICATION_ONLY;
        expect_nothing(sim, EAST, clear, "authentication only", 0, 0);
    }
    sim_run(sim, 1000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

static void S10_deletes_of_what_is_gone_already_are_harmless(void **state)
{
    (void)state;
    for (int order = 0; order < 4; order++) {
        struct sim *sim = world_up(41);
        const struct isakmp_sa *sa = sa_at(sim, WEST);
        uint8_t spi[4], sequence[4] = {0, 0, 0, 1};
        struct body a, b, c;

        put_u32(spi, pair_at(sim, EAST)->spi_out);
        struct lie esp = {PL_DELETE, delete_of(&a, PROTO_ESP, BYTES_OF(spi), 3)};
        struct lie isakmp = {PL_DELETE, delete_of(&b, PROTO_ISAKMP, bytes_of(sa->cookies, 16), 2)};
        struct lie dpd = {PL_NOTIFY, notify_of(&c, NOTIFY_R_U_THERE, bytes_of(sa->cookies, 16), BYTES_OF(sequence))};
        const struct lie orders[4][3] = {
            {esp, esp, dpd}, {isakmp, isakmp, esp}, {isakmp, dpd, isakmp}, {esp, isakmp, dpd}};
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa, XCHG_INFORMATIONAL, 5, orders[order], 3, HASH_RIGHT));
        CHECK(sim_pairs_up(sim, EAST) == 0 && sim_fault(sim) == NULL);
        sim_run(sim, 100000);
        CHECK(ike_view_use(sim_ike(sim, EAST)).pairs == 0 && sim_fault(sim) == NULL);
    }
}

/* P24: as many as a payload may name; none is overlooked behind the others. */
static void P24_the_last_of_many_SPIs_is_deleted_too(void **state)
{
    struct sim *sim = world_up(42);
    const struct isakmp_sa *sa = sa_at(sim, WEST);
    static uint8_t spis[DELETE_SPIS_MAX * 4];
    struct body b;

    (void)state;
    for (unsigned i = 0; i < DELETE_SPIS_MAX; i++)
        put_u32(spis + 4 * i, i + 1 == DELETE_SPIS_MAX ? pair_at(sim, EAST)->spi_out : 4096 + i);
    struct bytes body = delete_of(&b, PROTO_ESP, bytes_of(spis, 4), 1);
    memcpy(b.bytes + 8, spis, sizeof spis);
    b.bytes[6] = DELETE_SPIS_MAX >> 8;
    b.bytes[7] = DELETE_SPIS_MAX & 0xff;
    body.len = 8 + sizeof spis;
    struct lie part = {PL_DELETE, body};
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), sealed_of(sa, XCHG_INFORMATIONAL, 5, &part, 1, HASH_RIGHT));
    CHECK(sim_pairs_up(sim, EAST) == 0);
}

static void P24_P25_malformed_deletes_and_notifies_of_a_peer_do_nothing(void **state)
{
    static const struct {
        uint8_t type;
        const char *body, *why;
    } rows[] = {
        {PL_DELETE, "00000001 03 04 ffff", "P24 65535 SPIs"},
        {PL_DELETE, "00000001 03 00 ffff", "P24 SPIs of no size"},
        {PL_DELETE, "00000001 ff 04 0001 00000000", "P24 protocol 255"},
        {PL_DELETE, "00000001 03 10 0001 00112233445566778899aabbccddeeff", "P24 cookies for ESP"},
        {PL_DELETE, "00000001 01 04 0001 00112233", "P24 an SPI for ISAKMP"},
        {PL_DELETE, "0000", "P24 half a delete"},
        {PL_NOTIFY, "00000001 03 ff 000e 00", "P25 an SPI past the payload"},
        {PL_NOTIFY, "", "P25 an empty notify"},
        {PL_NOTIFY, "00000001 01 00 8d28", "S04 an R-U-THERE without SPI and sequence"},
        {PL_NOTIFY, "00000001 01 00 8d29", "S04 an answer to nothing"},
        {PL_NOTIFY, "00000001 03 00 000e", "a refusal of nothing"},
        {PL_NOTIFY, "00000001 03 00 fffe", "an unknown status"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_up(43);
        struct body b;
        struct lie part = {rows[i].type, hex(&b, rows[i].body)};
        struct ike_use use = ike_view_use(sim_ike(sim, EAST));
        uint32_t sent = sim_sent(sim, EAST);

        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa_at(sim, WEST), XCHG_INFORMATIONAL, 5, &part, 1, HASH_RIGHT));
        CHECK(uses_equal(use, ike_view_use(sim_ike(sim, EAST))) && sim_sent(sim, EAST) == sent);
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    }
}

static void S04_liveness_questions_are_answered_in_order_and_once(void **state)
{
    static const struct {
        uint32_t sequence;
        bool is_answered;
        const char *why;
    } rows[] = {{100, true, "the first"},
                {101, true, "the next"},
                {101, true, "again, with an id of its own: the answer was lost"},
                {99, false, "older"},
                {0, false, "much older"},
                {102, true, "on"}};
    struct sim *sim = world_up(44);
    const struct isakmp_sa *sa = sa_at(sim, WEST);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t sequence[4];
        struct body b;
        uint32_t sent = sim_sent(sim, EAST);

        put_u32(sequence, rows[i].sequence);
        struct lie part = {PL_NOTIFY, notify_of(&b, NOTIFY_R_U_THERE, bytes_of(sa->cookies, 16), BYTES_OF(sequence))};
        struct bytes datagram = sealed_of(sa, XCHG_INFORMATIONAL, 50 + (uint32_t)i, &part, 1, HASH_RIGHT);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
        CHECK(sim_sent(sim, EAST) - sent == rows[i].is_answered);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram); /* replayed */
        CHECK(sim_sent(sim, EAST) - sent == rows[i].is_answered);
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "REUSED_MESSAGE_ID");
    }
}

/* HASH(1) is the same for both: what we sent must not come back as the peer's. */
static void C15_S04_our_own_informational_sent_back_is_no_sign_of_life(void **state)
{
    struct sim_site w = west;

    (void)state;
    w.has_dpd = true;
    struct sim *sim = world(45, &w, &east);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    sim_network(sim)->is_cut[WEST] = true; /* the peer hears nothing more; somebody throws everything back */
    for (int s = 0; s < 40; s++) {
        uint32_t first = datagram_count(sim);

        sim_run(sim, 1000);
        for (uint32_t i = first; sim_datagram(sim, i) != NULL; i++)
            if (endpoint_equal(sim_datagram(sim, i)->from, end_of(WEST)))
                sim_inject(sim, WEST, end_of(EAST), end_of(WEST), sim_datagram(sim, i)->data);
    }
    CHECK(sim_event_count(sim, WEST, EV_DPD_LOST) == 1 && sim_event_count(sim, WEST, EV_DPD_RECEIVED) == 0);
    CHECK(sim_pairs_up(sim, WEST) == 0);
}

/* A third gateway has a tunnel of its own with east: it may not delete west's. */
static void S11_a_peer_deletes_only_its_own(void **state)
{
    enum { NORTH = 2, NORTH_IP = 0xcb007111, NORTH_NET = 0x0a030000 };
    struct sim_site e = east, n = west;
    uint8_t spi[4];
    struct body a, b;

    (void)state;
    n.address = NORTH_IP;
    n.peers[0].local_net = NORTH_NET;
    n.peers[0].key = "another horse";
    e.peers[1] =
        (struct sim_peer){.address = NORTH_IP, .key = "another horse", .local_net = EAST_NET, .remote_net = NORTH_NET};
    struct sim *sim = world(46, &west, &e);
    sim = sim_make(world_space, 3, 46);
    sim_site(sim, WEST, &west);
    sim_site(sim, EAST, &e);
    sim_site(sim, NORTH, &n);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    sim_acquire(sim, NORTH, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 2 && sim_pairs_up(sim, NORTH) == 1);
    put_u32(spi, pair_at(sim, WEST)->spi_in);
    const struct lie parts[] = {
        {PL_DELETE, delete_of(&a, PROTO_ESP, BYTES_OF(spi), 1)},
        {PL_DELETE, delete_of(&b, PROTO_ISAKMP, bytes_of(sa_at(sim, WEST)->cookies, 16), 1)},
    };
    struct endpoint from = {ip_of_v4(NORTH_IP), 500};
    sim_inject(sim, EAST, from, end_of(EAST),
               sealed_of(sa_at(sim, NORTH), XCHG_INFORMATIONAL, 5, parts, 2, HASH_RIGHT));
    CHECK(sim_pairs_up(sim, EAST) == 2 && ike_view_use(sim_ike(sim, EAST)).sas == 2);
    /* INITIAL-CONTACT counts for its own sender only (S12). */
    struct lie contact = {
        PL_NOTIFY, notify_of(&a, NOTIFY_INITIAL_CONTACT, bytes_of(sa_at(sim, NORTH)->cookies, 16), bytes_of(NULL, 0))};
    sim_inject(sim, EAST, from, end_of(EAST),
               sealed_of(sa_at(sim, NORTH), XCHG_INFORMATIONAL, 6, &contact, 1, HASH_RIGHT));
    CHECK(sim_pairs_up(sim, EAST) == 2 && sim_pairs_agree(sim, WEST, WEST) == false);
}

static void S12_initial_contact_is_not_sent_while_pairs_stand(void **state)
{
    struct sim *sim = world_up(47);

    (void)state;
    /* The peer loses the ISAKMP SA, not the pair. */
    struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, WEST);
    struct isakmp_sa *sa = pool_find(&ike->sas, pool_first(&ike->sas));
    sa->state = SA_DEAD;
    sa->died_ms = sim_now_ms(sim);
    uint32_t contacts = sim_event_count(sim, EAST, EV_INITIAL_CONTACT);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) == 2);
    CHECK(sim_event_count(sim, EAST, EV_INITIAL_CONTACT) == contacts && sim_pairs_up(sim, EAST) == 2);
}

/* Peers drop their pairs with the last ISAKMP SA: a pair that only one end has is a black hole. */
static void S22_the_end_of_the_last_isakmp_sa_leaves_no_pair_at_one_end_only(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct sim_site w = west;

        w.lifetime_s = 300;
        struct sim *sim = world(48, &w, &east);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1);
        if (what == 0)
            sim_run(sim, 300000);
        else
            sim_command(sim, WEST, IKE_CLEAR_ISAKMP);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == sim_pairs_up(sim, EAST) && sim_pairs_agree(sim, WEST, EAST));
    }
}

/* ---- quick mode by a peer that has the keys and lies */
#define QM_SA(protocol, spi, id, attributes, proposal_len, transform_len)                                              \
    SA_HEAD "00 00 " proposal_len " 01 " protocol " 04 01" spi "00 00 " transform_len " 01 " id " 0000" attributes
#define QM_GOOD QM_SA("03", "11223344", "0c", "80040001 80050002 80060080", "0020", "0014")
#define ID_WEST "04 00 0000 0a010000 ffffff00"
#define ID_EAST "04 00 0000 0a020000 ffffff00"

struct quick_lie {
    const char *why, *reason, *sa, *id_i, *id_r;
    size_t nonce_len, share_len;
    uint8_t extra;
};

static const struct quick_lie quick_lies[] = {
    {"the honest one", "none", QM_GOOD, ID_WEST, ID_EAST, 16, 0, 0},
    {"Q01 the responder's identity is a name", "BAD_PROXY", QM_GOOD, ID_WEST, "02 00 0000 61626364", 16, 0, 0},
    {"Q01 a key id", "BAD_PROXY", QM_GOOD, "0b 00 0000 61626364", ID_EAST, 16, 0, 0},
    {"Q01 a list of types that nobody has", "BAD_PROXY", QM_GOOD, ID_WEST, "0c 00 0000 61626364", 16, 0, 0},
    {"Q01 only one identity", "BAD_PROXY", QM_GOOD, ID_WEST, NULL, 16, 0, 0},
    {"Q01 none at all: the gateways themselves", "NO_PROXY_MATCH", QM_GOOD, NULL, NULL, 16, 0, 0},
    {"P22 an address of 3 bytes", "BAD_PROXY", QM_GOOD, "01 00 0000 0a0100", ID_EAST, 16, 0, 0},
    {"P22 a subnet of 7 bytes", "BAD_PROXY", QM_GOOD, "04 00 0000 0a010000 ffffff", ID_EAST, 16, 0, 0},
    {"P22 a mask with a hole", "BAD_PROXY", QM_GOOD, "04 00 0000 0a010000 ff00ff00", ID_EAST, 16, 0, 0},
    {"P22 a range that ends before it begins", "BAD_PROXY", QM_GOOD, "07 00 0000 0a010009 0a010001", ID_EAST, 16, 0, 0},
    {"P22 an IPv6 subnet of 17 bytes", "BAD_PROXY", QM_GOOD, "06 00 0000 00112233445566778899aabbccddeeff40", ID_EAST,
     16, 0, 0},
    {"Q02 NULL encryption without integrity", "NO_TRANSFORM", QM_SA("03", "11223344", "0b", "80040001", "0018", "000c"),
     ID_WEST, ID_EAST, 16, 0, 0},
    {"Q02 AES-GMAC", "NO_TRANSFORM", QM_SA("03", "11223344", "17", "80040001 80060080", "001c", "0010"), ID_WEST,
     ID_EAST, 16, 0, 0},
    {"Q02 an unknown cipher", "NO_TRANSFORM",
     QM_SA("03", "11223344", "fe", "80040001 80050002 80060080", "0020", "0014"), ID_WEST, ID_EAST, 16, 0, 0},
    {"Q03 SPI 0", "MALFORMED", QM_SA("03", "00000000", "0c", "80040001 80050002 80060080", "0020", "0014"), ID_WEST,
     ID_EAST, 16, 0, 0},
    {"Q03 SPI 255", "MALFORMED", QM_SA("03", "000000ff", "0c", "80040001 80050002 80060080", "0020", "0014"), ID_WEST,
     ID_EAST, 16, 0, 0},
    {"Q03 an SPI of 3 bytes", "MALFORMED",
     SA_HEAD "00 00 001f 01 03 03 01 112233 00 00 0014 01 0c 0000 80040001 80050002 80060080", ID_WEST, ID_EAST, 16, 0,
     0},
    {"Q04 a group without a share", "UNWANTED_PFS",
     QM_SA("03", "11223344", "0c", "80040001 80050002 80060080 80030013", "0024", "0018"), ID_WEST, ID_EAST, 16, 0, 0},
    {"Q04 a share without a group", "NO_PFS", QM_GOOD, ID_WEST, ID_EAST, 16, 64, 0},
    {"Q04 a share of another length", "BAD_SHARE_LENGTH",
     QM_SA("03", "11223344", "0c", "80040001 80050002 80060080 80030013", "0024", "0018"), ID_WEST, ID_EAST, 16, 63, 0},
    {"Q04 a weak group", "UNWANTED_PFS",
     QM_SA("03", "11223344", "0c", "80040001 80050002 80060080 80030001", "0024", "0018"), ID_WEST, ID_EAST, 16, 96, 0},
    {"Q04 a share that is no point", "BAD_SHARE",
     QM_SA("03", "11223344", "0c", "80040001 80050002 80060080 80030013", "0024", "0018"), ID_WEST, ID_EAST, 16, 64, 0},
    {"Q05 wider than our access list", "NO_PROXY_MATCH", QM_GOOD, "04 00 0000 00000000 00000000",
     "04 00 0000 00000000 00000000", 16, 0, 0},
    {"Q05 somebody else's network", "NO_PROXY_MATCH", QM_GOOD, "04 00 0000 0a030000 ffffff00", ID_EAST, 16, 0, 0},
    {"Q05 one protocol of it", "NO_PROXY_MATCH", QM_GOOD, "04 06 0000 0a010000 ffffff00",
     "04 06 0000 0a020000 ffffff00", 16, 0, 0},
    {"Q05 different protocols", "BAD_PROXY", QM_GOOD, "04 06 0000 0a010000 ffffff00", "04 11 0000 0a020000 ffffff00",
     16, 0, 0},
    {"Q06 transport mode", "WRONG_MODE", QM_SA("03", "11223344", "0c", "80040002 80050002 80060080", "0020", "0014"),
     ID_WEST, ID_EAST, 16, 0, 0},
    {"Q06 UDP encapsulation without NAT", "WRONG_MODE",
     QM_SA("03", "11223344", "0c", "80040003 80050002 80060080", "0020", "0014"), ID_WEST, ID_EAST, 16, 0, 0},
    {"Q06 the draft's number", "WRONG_MODE",
     QM_SA("03", "11223344", "0c", "8004f003 80050002 80060080", "0020", "0014"), ID_WEST, ID_EAST, 16, 0, 0},
    {"Q06 no mode", "WRONG_MODE", QM_SA("03", "11223344", "0c", "80050002 80060080", "001c", "0010"), ID_WEST, ID_EAST,
     16, 0, 0},
    {"Q07 encryption without integrity", "NO_TRANSFORM",
     QM_SA("03", "11223344", "0c", "80040001 80060080", "001c", "0010"), ID_WEST, ID_EAST, 16, 0, 0},
    {"Q07 AH alone", "NO_TRANSFORM", QM_SA("02", "11223344", "03", "80040001 80050002", "001c", "0010"), ID_WEST,
     ID_EAST, 16, 0, 0},
    {"Q08 ESP and AH together", "NO_TRANSFORM",
     SA_HEAD "02 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 80060080 00 00 001c 01 02 04 01 "
             "11223345 00 00 0010 01 03 0000 80040001 80050002",
     ID_WEST, ID_EAST, 16, 0, 0},
    {"Q10 NAT-D where it does not belong", "UNEXPECTED_PAYLOAD", QM_GOOD, ID_WEST, ID_EAST, 16, 0, PL_NAT_D},
    {"Q10 NAT-OA is overlooked", "none", QM_GOOD, ID_WEST, ID_EAST, 16, 0, PL_NAT_OA},
    {"Q11 two SA payloads", "UNEXPECTED_PAYLOAD", QM_GOOD, ID_WEST, ID_EAST, 16, 0, PL_SA},
    {"P21 a nonce of 7 bytes", "BAD_NONCE", QM_GOOD, ID_WEST, ID_EAST, 7, 0, 0},
    {"P21 a nonce of 257 bytes", "BAD_NONCE", QM_GOOD, ID_WEST, ID_EAST, 257, 0, 0},
};

static size_t quick_parts(const struct quick_lie *lie, struct lie parts[static 8], struct body bodies[static 4])
{
    static uint8_t nonce[300], share[300];
    size_t count = 0;

    memset(nonce, 0x6b, sizeof nonce);
    parts[count++] = (struct lie){PL_SA, hex(&bodies[0], lie->sa)};
    parts[count++] = (struct lie){PL_NONCE, bytes_of(nonce, lie->nonce_len)};
    if (lie->share_len > 0)
        parts[count++] = (struct lie){PL_KE, bytes_of(share, lie->share_len)};
    if (lie->id_i != NULL)
        parts[count++] = (struct lie){PL_ID, hex(&bodies[1], lie->id_i)};
    if (lie->id_r != NULL)
        parts[count++] = (struct lie){PL_ID, hex(&bodies[2], lie->id_r)};
    if (lie->extra != 0)
        parts[count++] = (struct lie){lie->extra, hex(&bodies[3], "01000000 0a010001")};
    return count;
}

static void Q01_to_Q11_a_lying_quick_mode_is_refused_by_name_and_what_stands_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(quick_lies); i++) {
        struct sim *sim = world_up(50);
        struct lie parts[8];
        struct body bodies[4];
        struct ike_use use = ike_view_use(sim_ike(sim, EAST));
        size_t count = quick_parts(&quick_lies[i], parts, bodies);

        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, count, HASH_RIGHT));
        sim_run(sim, 0);
        if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), quick_lies[i].reason) != 0)
            print_error("%s: %s\n", quick_lies[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), quick_lies[i].reason);
        if (strcmp(quick_lies[i].reason, "none") != 0)
            CHECK(uses_equal(use, ike_view_use(sim_ike(sim, EAST))));
        sim_run(sim, 100000);
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    }
}

static void Q03_an_SPI_that_is_in_use_is_refused(void **state)
{
    struct sim *sim = world_up(51);
    char sa[256];
    struct quick_lie lie = quick_lies[0];
    struct lie parts[8];
    struct body bodies[4];

    (void)state;
    snprintf(sa, sizeof sa, SA_HEAD "00 00 0020 01 03 04 01 %08x 00 00 0014 01 0c 0000 80040001 80050002 80060080",
             pair_at(sim, EAST)->spi_out);
    lie.sa = sa;
    size_t count = quick_parts(&lie, parts, bodies);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, count, HASH_RIGHT));
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "BAD_SPI");
}

static void S15_a_message_id_is_used_once_however_many_liveness_questions_follow(void **state)
{
    (void)state;
    record(false);
    struct sim *sim = slow_world(false);
    sim_run(sim, 100000); /* the exchange has been forgotten */
    const struct isakmp_sa *sa = sa_at(sim, WEST);
    for (uint32_t i = 0; i < 300; i++) {
        uint8_t sequence[4];
        struct body b;

        put_u32(sequence, i + 1);
        struct lie part = {PL_NOTIFY, notify_of(&b, NOTIFY_R_U_THERE, bytes_of(sa->cookies, 16), BYTES_OF(sequence))};
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa, XCHG_INFORMATIONAL, 5000 + i, &part, 1, HASH_RIGHT));
        sim_run(sim, 100);
    }
    uint32_t sent = sim_sent(sim, EAST);
    struct ike_use use = ike_view_use(sim_ike(sim, EAST));
    for (uint32_t n = 6; n < 9; n += 2) {
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), bytes_of(recorded[n].data, recorded[n].len));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "REUSED_MESSAGE_ID");
    }
    CHECK(sim_sent(sim, EAST) == sent && uses_equal(use, ike_view_use(sim_ike(sim, EAST))));
}

static void S18_quick_modes_under_one_SA_have_a_limit_and_an_honest_one_passes_after_it(void **state)
{
    struct sim *sim = world_up(52);
    struct lie parts[8];
    struct body bodies[4];
    uint32_t pairs = ike_view_use(sim_ike(sim, EAST)).pairs;

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        char sa[256];
        struct quick_lie lie = quick_lies[0];

        snprintf(sa, sizeof sa, SA_HEAD "00 00 0020 01 03 04 01 %08x 00 00 0014 01 0c 0000 80040001 80050002 80060080",
                 0x10000 + i);
        lie.sa = sa;
        size_t count = quick_parts(&lie, parts, bodies);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000 + i, parts, count, HASH_RIGHT));
    }
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "LIMIT");
    CHECK(ike_view_use(sim_ike(sim, EAST)).pairs <= pairs + EXCHANGES_PER_SA_MAX);
    CHECK(sim_pairs_up(sim, EAST) == 1);
    sim_run(sim, 100000);
    sim_command(sim, WEST, IKE_CLEAR_IPSEC);
    sim_run(sim, 1000);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
}

/* Those that are done and only wait for a repeat do not count: a peer may bring up many networks one after the other.
 */
static void S18_finished_quick_modes_do_not_stand_in_the_way_of_new_ones(void **state)
{
    struct sim *sim = world_up(53);

    (void)state;
    for (int i = 0; i < 3 * EXCHANGES_PER_SA_MAX; i++) {
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 100);
        CHECK(sim_pairs_up(sim, WEST) == (uint32_t)i + 2 && sim_pairs_up(sim, EAST) == (uint32_t)i + 2);
    }
    CHECK(sim_event_count(sim, EAST, EV_MESSAGE_REFUSED) == 0);
}

/* RFC 2408 section 3.14: a refusal names the receiver's SPI, so that one of several quick modes ends, and at once. */
static void a_refused_quick_mode_ends_alone_among_several(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.peers[1] =
        (struct sim_peer){.address = EAST_IP, .key = "correct horse", .local_net = WEST_NET, .remote_net = 0x0a090000};
    struct sim *sim = world(54, &w, &e);
    sim_network(sim)->plane_min_ms = sim_network(sim)->plane_max_ms = 900; /* the good one is still under way */
    sim_acquire(sim, WEST, 0);
    sim_acquire(sim, WEST, 1);
    sim_run(sim, 3500);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    CHECK(sim_event_count(sim, WEST, EV_EXCHANGE_FAILED) == 1);
    assert_string_equal(last_reason(sim, WEST, EV_EXCHANGE_FAILED), "NOTIFIED");
}

static void S24_a_step_that_fails_at_home_leaves_nothing(void **state)
{
    (void)state;
    for (uint32_t site = WEST; site <= EAST; site++) {
        struct sim_site w = west, e = east;

        *(site == WEST ? &w : &e) = site == WEST ? west : east;
        (site == WEST ? &w : &e)->peers[0].key = NULL;
        struct sim *sim = world(60, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 300000);
        for (uint32_t i = WEST; i <= EAST; i++) {
            struct ike_use use = ike_view_use(sim_ike(sim, i));

            CHECK(use.sas == 0 && use.exchanges == 0 && use.blobs == 0 && use.drafts == 0);
            CHECK(vault_secret_count(sim_vault(sim, i)) == 0);
        }
        assert_string_equal(last_reason(sim, site, EV_MESSAGE_REFUSED), "NO_KEY");
    }
}

/* A message that is parked may be a forgery: our own repeats go on. */
static void S01_a_forged_share_at_the_vault_does_not_stop_our_repeats(void **state)
{
    struct sim *sim = world(61, &west, &east);

    (void)state;
    sim_acquire(sim, WEST, 0);
    run_to(sim, WEST, STATE_MM_WAIT_MSG4);
    uint64_t begun_ms = sim_now_ms(sim);
    sim_network(sim)->is_cut[WEST] = false;
    sim_network(sim)->is_cut[EAST] = true; /* message 4 is lost */
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 300;
    sim_run(sim, 850);
    sim_inject(sim, WEST, end_of(EAST), end_of(WEST), lying_share(sa_at(sim, WEST), &share_lies[0]));
    sim_run(sim, 400); /* the repeat was due meanwhile */
    sim_network(sim)->is_cut[EAST] = false;
    sim_run(sim, 5000);
    CHECK(sim_now_ms(sim) > begun_ms && sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

/* What is no whole number of blocks says nothing about the key. */
static void P28_a_body_that_is_no_whole_number_of_blocks_is_named_as_such(void **state)
{
    static const size_t lens[] = {HEADER_LEN, HEADER_LEN + 1, HEADER_LEN + 15, HEADER_LEN + 17};

    (void)state;
    record(false);
    struct sim *sim = slow_world(false);
    run_to(sim, EAST, STATE_MM_WAIT_MSG5);
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        uint8_t bytes[64];

        memcpy(bytes, recorded[4].data, lens[i]);
        bytes[26] = 0;
        bytes[27] = (uint8_t)lens[i];
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), bytes_of(bytes, lens[i]));
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "BAD_BLOCKS");
    }
    CHECK(sim_event_count(sim, EAST, EV_AUTHENTICATION_FAILED) == 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

/* The screens show where an attempt stopped. */
static void Q09_a_third_message_that_never_comes_is_remembered_in_its_state(void **state)
{
    struct sim *sim = world_up(55);
    struct lie parts[8];
    struct body bodies[4];
    struct ike_peer_view peer;
    size_t count = quick_parts(&quick_lies[0], parts, bodies);

    (void)state;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, count, HASH_RIGHT));
    sim_run(sim, 100000);
    CHECK(ike_view_peer(sim_ike(sim, EAST), sim_now_ms(sim), 0, &peer));
    assert_string_equal(peer.outcomes[0].asa_state, "QM_WAIT_MSG3");
    assert_string_equal(peer.outcomes[0].reason, "NO_ANSWER");
    CHECK(peer.outcomes[1].is_success && sim_pairs_up(sim, EAST) == 1);
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
    for (size_t i = 0; i < MANY; i++)
        aces[i] = tunnel.aces[0];
    tunnel.aces = aces;
    tunnel.ace_count = MANY;
    policy.tunnels = &tunnel;
    for (int what = 0; what < 3; what++) {
        void *space = malloc(ike_space(&limits));
        struct ike *ike = ike_make(space, &limits, BYTES_OF(seed));

        ike_feed(ike, 1000, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &policy}, &out);
        struct peer *peer = peer_make(ike, ip_of_v4(WEST_IP));
        struct isakmp_sa *sa = sa_make(ike, 1000, RESPONDER, peer, end_of(EAST), end_of(WEST));
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

/* ---- NAT */
static void N01_every_place_of_a_NAT_gives_a_tunnel_on_4500(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct sim_site w = west, e = east;
        struct ike_sa_view view;

        w.nat_address = NAT_IP;
        e.peers[0].address = NAT_IP;
        if (who == 1)
            w.is_nat_t_off = true; /* then nobody floats, and what comes is not encapsulated */
        struct sim *sim = world(70, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        CHECK(ike_view_sa(sim_ike(sim, EAST), sim_now_ms(sim), 0, &view));
        CHECK(view.remote.port == (who == 0 ? 24500 : 20500) && view.local.port == (who == 0 ? 4500 : 500));
    }
}

static void N02_a_mapping_follows_only_what_is_authenticated(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.nat_address = NAT_IP;
    e.peers[0].address = NAT_IP;
    struct sim *sim = world(71, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
    for (uint32_t n = 0; n < 9; n++) {
        const struct sim_datagram *d = sim_datagram(sim, n);
        struct endpoint moved = {ip_of_v4(NAT_IP), 33333}, here = {ip_of_v4(EAST_IP), 4500};

        if (d->from.ip.octets[0] != 192 || d->data.len < HEADER_LEN || n == 0)
            continue;
        sim_inject(sim, EAST, moved, here, d->data);
        CHECK(snapshot_differs(&before_at[EAST], sim_ike(sim, EAST)) == NULL);
    }
}

/* An ASA says that it does DPD in messages 5 and 6 only. */
static void DPD_is_heard_in_whatever_message_it_is_announced(void **state)
{
    struct sim *sim = world(80, &west, &east);
    struct body b;
    struct lie part = {PL_SA, hex(&b, GOOD_SA)};

    (void)state;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1));
    CHECK(!sa_at(sim, EAST)->peer_does_dpd);
    static uint8_t share[64], nonce[16] = {1}, vid[32];
    struct writer w = writer_of(vid, sizeof vid);
    vendor_write(&w, VENDOR_DPD);
    struct answer answer;
    static uint8_t randomness[VAULT_RANDOM_LEN];
    void *space = malloc(vault_space(1, 4));
    struct vault *vault = vault_make(space, 1, 4);
    vault_answer(vault, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256}, BYTES_OF(randomness),
                 &answer);
    CHECK(answer.fault == QUESTION_FAULT_NONE && answer.public_len == sizeof share);
    memcpy(share, answer.public_value, sizeof share);
    const struct lie parts[] = {{PL_KE, BYTES_OF(share)}, {PL_NONCE, BYTES_OF(nonce)}, {PL_VID, writer_bytes(&w)}};
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_MAIN, 0, parts, 3));
    sim_run(sim, 0);
    CHECK(state_of(sim, EAST) == STATE_MM_WAIT_MSG5 && sa_at(sim, EAST)->peer_does_dpd);
    free(space);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P01_to_P18_malformed_headers_are_refused_by_name),
        cmocka_unit_test(P06_to_P14_malformed_and_unfit_proposals_are_refused_by_name),
        cmocka_unit_test(P04_P15_P16_P19_P27_unfit_payloads_of_a_first_message_are_refused_by_name),
        cmocka_unit_test(P12_P17_odd_but_lawful_first_messages_are_taken),
        cmocka_unit_test(D04_nothing_is_repeated_to_an_unproved_address),
        cmocka_unit_test(D05_notifies_and_sources_that_cannot_be_peers_are_never_answered),
        cmocka_unit_test(D05_refusals_in_clear_are_limited_in_rate_and_S03_name_no_state),
        cmocka_unit_test(D01_half_open_SAs_have_a_limit_and_leave_what_stands_alone),
        cmocka_unit_test(D01_a_flood_that_has_died_leaves_room_for_honest_peers_and_for_us),
        cmocka_unit_test(D01_used_up_places_are_refused_by_name_and_a_later_attempt_succeeds),
        cmocka_unit_test(P19_P20_P21_C12_a_false_share_ends_nothing),
        cmocka_unit_test(C15_our_own_values_sent_back_are_refused),
        cmocka_unit_test(C16_C17_an_initiator_takes_only_what_it_has_offered),
        cmocka_unit_test(S13_forged_errors_end_nothing),
        cmocka_unit_test(C20_C21_P28_S01_no_spoilt_datagram_changes_anything_at_any_state),
        cmocka_unit_test(S05_S21_repeats_are_answered_six_times_byte_for_byte_and_to_the_peer_alone),
        cmocka_unit_test(S08_S09_S17_deletes_without_a_right_hash_delete_nothing),
        cmocka_unit_test(S10_deletes_of_what_is_gone_already_are_harmless),
        cmocka_unit_test(P24_the_last_of_many_SPIs_is_deleted_too),
        cmocka_unit_test(P24_P25_malformed_deletes_and_notifies_of_a_peer_do_nothing),
        cmocka_unit_test(S04_liveness_questions_are_answered_in_order_and_once),
        cmocka_unit_test(C15_S04_our_own_informational_sent_back_is_no_sign_of_life),
        cmocka_unit_test(S11_a_peer_deletes_only_its_own),
        cmocka_unit_test(S12_initial_contact_is_not_sent_while_pairs_stand),
        cmocka_unit_test(S22_the_end_of_the_last_isakmp_sa_leaves_no_pair_at_one_end_only),
        cmocka_unit_test(Q01_to_Q11_a_lying_quick_mode_is_refused_by_name_and_what_stands_stays),
        cmocka_unit_test(Q03_an_SPI_that_is_in_use_is_refused),
        cmocka_unit_test(S15_a_message_id_is_used_once_however_many_liveness_questions_follow),
        cmocka_unit_test(S18_quick_modes_under_one_SA_have_a_limit_and_an_honest_one_passes_after_it),
        cmocka_unit_test(S18_finished_quick_modes_do_not_stand_in_the_way_of_new_ones),
        cmocka_unit_test(a_refused_quick_mode_ends_alone_among_several),
        cmocka_unit_test(S24_a_step_that_fails_at_home_leaves_nothing),
        cmocka_unit_test(S01_a_forged_share_at_the_vault_does_not_stop_our_repeats),
        cmocka_unit_test(P28_a_body_that_is_no_whole_number_of_blocks_is_named_as_such),
        cmocka_unit_test(Q09_a_third_message_that_never_comes_is_remembered_in_its_state),
        cmocka_unit_test(D08_a_peer_with_hundreds_of_pairs_is_ended_and_begun_in_pieces),
        cmocka_unit_test(N01_every_place_of_a_NAT_gives_a_tunnel_on_4500),
        cmocka_unit_test(N02_a_mapping_follows_only_what_is_authenticated),
        cmocka_unit_test(DPD_is_heard_in_whatever_message_it_is_announced),
        cmocka_unit_test(P30_what_is_sent_depends_on_nothing_left_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
