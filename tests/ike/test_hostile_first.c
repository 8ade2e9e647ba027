/* First messages of an enemy to a gateway that knows nothing yet, by the rows of the attack list: refused by name,
 * never answered with more than was sent, and nothing is kept. */
#include "hostile.h"

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

struct refused {
    const char *hex, *reason, *why;
};

/* A first message that is good but for what follows: its length, its one payload's header. */
#define FIRST "a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000"

/* Whole datagrams. */
static const struct refused headers[] = {
    {FIRST "00000000 0000003c" GOOD_SA, "MALFORMED", "P01 a good message that says it has no length"},
    {FIRST "00000057 0000003c" GOOD_SA, "MALFORMED", "P01 a good message that says it is a byte shorter"},
    {FIRST "00000059 0000003c" GOOD_SA, "MALFORMED", "P01 a good message that says it is a byte longer"},
    {FIRST "ffffffff 0000003c" GOOD_SA, "MALFORMED", "P01 a good message that says it has 4 GB"},
    {FIRST "00000058 0000ffff" GOOD_SA, "MALFORMED", "P02 a good message but for a payload of 65535 bytes"},
    {FIRST "00000058 0000003d" GOOD_SA, "MALFORMED", "P02 a good message but for a payload that is a byte too long"},
    {FIRST "0000005c 0d00003c" GOOD_SA "00000003", "MALFORMED", "P03 a good message and a payload of length 3"},
    {FIRST "0000005c 0d00003c" GOOD_SA "00000000", "MALFORMED", "P03 a good message and a payload of length 0"},
    {"", "MALFORMED", "P01 nothing at all"},
    {"a1", "MALFORMED", "P01 one byte"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 000000", "MALFORMED", "P01 27 bytes"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 0000001c", "MALFORMED", "P01 a header without payloads"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000000 0000000800000000", "MALFORMED", "P01 length 0"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 ffffffff 0000000800000000", "MALFORMED",
     "P01 length of 4 GB"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 0000ffff", "MALFORMED",
     "P02 a payload of 65535 bytes"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 00000000", "MALFORMED", "P03 payload length 0"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 02 00 00000000 00000020 01000003", "MALFORMED", "P03 payload length 3"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 02 00 00000000 00000020 00000004", "WRONG_ORDER", "P16 an IKEv2 payload"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 04 10 02 00 00000000 00000024 0000000800000000", "WRONG_ORDER", "P19 KE first"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 00 02 00 00000000 00000020 00000004", "MALFORMED", "P17 major version 0"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 20 22 08 00000000 00000020 00000004", "MALFORMED", "P17 IKEv2"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 20 02 00 00000000 00000020 00000004", "MALFORMED", "P17 major version 2"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 30 02 00 00000000 00000020 00000004", "MALFORMED", "P17 major version 3"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 22 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE",
     "P17 exchange 34 of IKEv2 in version 1"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 23 00 00000000 00000020 00000004", "MALFORMED",
     "P17 exchange 35 of IKEv2 in version 1"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 24 00 00000000 00000020 00000004", "MALFORMED",
     "P17 exchange 36 of IKEv2 in version 1"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 21 10 25 00 00000000 00000020 00000004", "MALFORMED",
     "P17 exchange 37 of IKEv2 in version 1"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 f0 02 00 00000000 00000020 00000004", "MALFORMED", "P17 major version 15"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 00 00 00000000 00000020 00000004", "MALFORMED", "P18 exchange 0"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 01 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE", "P18 base mode"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 03 00 00000000 00000020 00000004", "UNKNOWN_EXCHANGE",
     "P18 authentication only"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 04 00 00000000 00000020 00000004", "AGGRESSIVE_OFF",
     "P18 aggressive mode is not answered unless it is switched on"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 21 00 00000001 00000020 00000004", "UNKNOWN_EXCHANGE",
     "P18 new group mode"},
    {"a1a2a3a4a5a6a7a8 0000000000000000 01 10 f0 00 00000000 00000020 00000004", "MALFORMED", "P18 a private exchange"},
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
    {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 08 10 20 01 00000000 0000002c 00112233445566778899aabbccddeeff", "MALFORMED",
     "S15 message id 0"},
    {"a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 0c 10 05 00 00000000 00000030 00000014 00000001 03 04 0002 "
     "0000000100000002",
     "NOT_SEALED", "S08 a delete in clear"},
};

static void a_malformed_header_is_refused_by_name(void **state)
{
    const struct refused *row = *state;
    struct body b;

    expect_refused_first(hex(&b, row->hex), row->reason, row->why);
}

/* What stands inside the SA payload. */
static const struct refused proposals[] = {
    {"", "MALFORMED", "an empty SA payload"},
    {"00000002 00000001 00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED", "P14 another DOI"},
    {"00000001 ffffffff 00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
     "P14 all situation bits"},
    {SA_HEAD "00 00 0030 01 01 11 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED", "P06 an SPI of 17 bytes"},
    {SA_HEAD "00 00 0031 01 01 01 01 aa 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED", "P06 an SPI of 1 byte"},
    {SA_HEAD "00 00 0030 01 01 ff 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
     "P06 an SPI longer than the proposal"},
    {SA_HEAD "00 00 0030 01 01 00 05 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED",
     "P07 says 5 transforms, carries 1"},
    {SA_HEAD "00 00 0030 01 01 00 00 00 00 0028 01 01 0000" GOOD_TRANSFORM, "MALFORMED", "P07 says none, carries 1"},
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
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0001 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180",
     "NO_POLICY", "P10 key length 1"},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0007 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180",
     "NO_POLICY", "P10 key length 7"},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e007f 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180",
     "NO_POLICY", "P10 key length 127"},
    {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007 800e0100 80020004 80030001 80040013 80040013 "
             "800b0001 000c0004 00015180",
     "NO_POLICY", "P11 the group twice"},
    {SA_HEAD "00 00 0048 01 01 00 01 00 00 0040 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180 800b0001 000c0004 00015180 800b0001 000c0004 00015180",
     "NO_POLICY", "P11 three lifetimes"},
    {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180 80050001",
     "NO_POLICY", "P13 a kind of group"},
    {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180 80070002",
     "NO_POLICY", "P13 a generator of the peer's"},
    {SA_HEAD "00 00 0034 01 01 00 01 00 00 002c 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0001 "
             "000c0004 00015180 80090003",
     "NO_POLICY", "P13 a curve of the peer's"},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80048001 800b0001 "
             "000c0004 00015180",
     "NO_POLICY", "P13 a private group"},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80040013 800b0003 "
             "000c0004 00015180",
     "NO_POLICY", "P12 a lifetime of an unknown kind"},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010007 800e0100 80020004 80030001 80040013 000c0004 "
             "00015180 800b0001",
     "NO_POLICY", "P12 a duration before its kind"},
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

static void an_unfit_proposal_is_refused_by_name(void **state)
{
    const struct refused *row = *state;
    struct body b;
    struct lie sa = {PL_SA, hex(&b, row->hex)};

    expect_refused_first(message_of(stranger_cookies, XCHG_MAIN, 0, &sa, 1), row->reason, row->why);
}

/* What is around a good SA payload. */
static const struct surplus {
    uint8_t type, count;
    const char *body, *reason, *why;
} surpluses[] = {
    {PL_SA, 1, GOOD_SA, "UNEXPECTED_PAYLOAD", "P19 two SA payloads"},
    {PL_KE, 1, "0011", "UNEXPECTED_PAYLOAD", "P19 a KE too early"},
    {PL_VID, 21, "00112233", "UNEXPECTED_PAYLOAD", "P27 one vendor ID too many"},
    {PL_VID, 39, "", "UNEXPECTED_PAYLOAD", "P04 as many payloads as we look at"},
    {PL_VID, 40, "", "MALFORMED", "P04 one more"},
    {PL_VID, 200, "", "MALFORMED", "P05 200 payloads"},
    {PL_NAT_D, 1, "00", "UNEXPECTED_PAYLOAD", "P15 NAT-D in message 1"},
    {PL_NAT_D_DRAFT, 1, "00", "UNEXPECTED_PAYLOAD", "P15 the draft's NAT-D in message 1"},
    {PL_NAT_OA_DRAFT, 1, "00", "UNEXPECTED_PAYLOAD", "P15 the draft's NAT-OA in message 1"},
    {14, 1, "00", "UNEXPECTED_PAYLOAD", "P15 payload 14"},
    {15, 1, "00", "UNEXPECTED_PAYLOAD", "P15 payload 15"},
    {33, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 33 of IKEv2"},
    {34, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 34 of IKEv2"},
    {35, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 35 of IKEv2"},
    {36, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 36 of IKEv2"},
    {37, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 37 of IKEv2"},
    {38, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 38 of IKEv2"},
    {39, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 39 of IKEv2"},
    {41, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 41 of IKEv2"},
    {42, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 42 of IKEv2"},
    {43, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 43 of IKEv2"},
    {44, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 44 of IKEv2"},
    {45, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 45 of IKEv2"},
    {46, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 46 of IKEv2"},
    {47, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 47 of IKEv2"},
    {48, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 48 of IKEv2"},
    {40, 1, "00", "UNEXPECTED_PAYLOAD", "P16 payload 40 of IKEv2"},
    {255, 1, "00", "UNEXPECTED_PAYLOAD", "a private payload"},
    {PL_T, 1, "00", "MALFORMED", "P07 a transform outside of an SA payload"},
    {PL_DELETE, 1, "00000001 01 10 0001", "UNEXPECTED_PAYLOAD", "S08 a delete beside an SA"},
};

static void a_surplus_payload_is_refused_by_name(void **state)
{
    const struct surplus *row = *state;
    struct body sa, b;
    struct lie parts[201] = {{PL_SA, hex(&sa, GOOD_SA)}};

    hex(&b, row->body);
    for (size_t k = 1; k <= row->count; k++)
        parts[k] = (struct lie){row->type, bytes_of(b.bytes, b.len)};
    expect_refused_first(message_of(stranger_cookies, XCHG_MAIN, 0, parts, 1u + row->count), row->reason, row->why);
}

static const struct lawful {
    const char *sa, *why;
    uint8_t vid_count, version;
} lawful[] = {
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
    {SA_HEAD "00 00 0038 01 01 08 01 0011223344556677 00 00 0028 01 01 0000" GOOD_TRANSFORM, "P06 an SPI of 8 bytes", 0,
     0x10},
};

static void an_odd_but_lawful_first_message_is_taken(void **state)
{
    const struct lawful *row = *state;
    struct sim *sim = world(2, &west, &east);
    struct body sa;
    struct lie parts[32] = {{PL_SA, hex(&sa, row->sa)}};
    static const uint8_t vid[] = {1, 2, 3};
    uint32_t first = datagram_count(sim), largest;

    for (size_t k = 1; k <= row->vid_count; k++)
        parts[k] = (struct lie){PL_VID, BYTES_OF(vid)};
    struct bytes datagram = message_of(stranger_cookies, XCHG_MAIN, 0, parts, 1u + row->vid_count);
    lie_space[17] = row->version;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    /* D04: nobody gets more than was sent, who did not ask for vendor IDs. */
    CHECK(sent_bytes_since(sim, first, &largest) == 1 && largest <= datagram.len);
    CHECK(sa_at(sim, EAST)->lifetime_s <= 86400 && sa_at(sim, EAST)->lifetime_s > 0);
}

/* At most ten a second, whoever asks, and never more than was asked with. */
static void P17_who_begins_with_another_version_is_told_ours(void **state)
{
    struct sim *sim = world(2, &west, &east);
    struct body sa;
    struct lie part = {PL_SA, hex(&sa, GOOD_SA)};
    uint32_t first = datagram_count(sim), largest;

    (void)state;
    struct bytes datagram = message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1);
    lie_space[17] = 0x20;
    for (int i = 0; i < 100; i++)
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    CHECK(sent_bytes_since(sim, first, &largest) == 10 && largest <= datagram.len);
    CHECK(sim_ike(sim, EAST)->sas.taken_count == 0);
    const struct event *e = sim_last_event(sim, EAST, EV_NOTIFY_SENT);
    CHECK(e != NULL && strcmp(event_text(e, FIELD_NOTIFY), "INVALID_MAJOR_VERSION") == 0);
    memset(lie_space + 8, 0x11, 8); /* it is under way with somebody */
    sim_run(sim, 5000);
    first = datagram_count(sim);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    CHECK(sent_bytes_since(sim, first, &largest) == 0);
}

/* What is never asked for is not overlooked, either. */
static void P10_a_key_length_for_a_cipher_that_has_only_one_is_no_match(void **state)
{
    struct sim_site w = west, e = east;
    struct body b;
    struct lie sa = {PL_SA, hex(&b, SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000 80010005 800e00c0 80020004 "
                                            "80030001 80040013 800b0001 000c0004 00015180")};

    (void)state;
    w.cipher = e.cipher = CIPHER_3DES_CBC;
    struct sim *sim = world(1, &w, &e);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(stranger_cookies, XCHG_MAIN, 0, &sa, 1));
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_POLICY");
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

int main(void)
{
    struct row_tests list = {.count = 0};

    ADD_ROWS(&list, a_malformed_header_is_refused_by_name, headers);
    ADD_ROWS(&list, an_unfit_proposal_is_refused_by_name, proposals);
    ADD_ROWS(&list, a_surplus_payload_is_refused_by_name, surpluses);
    ADD_ROWS(&list, an_odd_but_lawful_first_message_is_taken, lawful);
    ADD_TEST(&list, P17_who_begins_with_another_version_is_told_ours);
    ADD_TEST(&list, P10_a_key_length_for_a_cipher_that_has_only_one_is_no_match);
    return run_listed("first messages", &list);
}
