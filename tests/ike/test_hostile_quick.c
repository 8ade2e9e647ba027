/* Quick mode by a peer that has the keys and lies, by the rows of the attack list. */
#include "asa_words.h"

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
    {"Q05 one protocol of it, which is no more than our line has", "none", QM_GOOD, "04 06 0000 0a010000 ffffff00",
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

static void a_lying_quick_mode_is_refused_by_name_and_what_stands_stays(void **state)
{
    const struct quick_lie *lie = *state;
    struct sim *sim = world_up(50);
    struct lie parts[8];
    struct body bodies[4];
    struct ike_use use = ike_view_use(sim_ike(sim, EAST));
    size_t count = quick_parts(lie, parts, bodies);

    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, count, HASH_RIGHT));
    sim_run(sim, 0);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), lie->reason);
    if (strcmp(lie->reason, "none") != 0)
        CHECK(uses_equal(use, ike_view_use(sim_ike(sim, EAST))));
    sim_run(sim, 100000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
}

/* What an ASA says of it, in its own words. */
static const struct {
    const char *says;
    struct quick_lie lie;
} asa_words[] = {
    {"713017: Identification type not supported, Phase 2, Type 2",
     {"a name", "BAD_PROXY", QM_GOOD, ID_WEST, "02 00 0000 61626364", 16, 0, 0}},
    {"713016: Unknown identification type, Phase 2, Type 12",
     {"a type that nobody has", "BAD_PROXY", QM_GOOD, ID_WEST, "0c 00 0000 61626364", 16, 0, 0}},
    {"713105: Zero length data in ID payload received during phase 1 or 2 processing",
     {"nothing", "BAD_PROXY", QM_GOOD, ID_WEST, "04 00 0000", 16, 0, 0}},
    {"713033: Received invalid remote Proxy Range 10.1.0.9 - 10.1.0.1",
     {"a range of theirs without an order", "BAD_PROXY", QM_GOOD, "07 00 0000 0a010009 0a010001", ID_EAST, 16, 0, 0}},
    {"713032: Received invalid local Proxy Range 10.2.0.9 - 10.2.0.1",
     {"a range of ours without an order", "BAD_PROXY", QM_GOOD, ID_WEST, "07 00 0000 0a020009 0a020001", 16, 0, 0}},
    {"713196: Remote L2L Peer 192.0.2.1 initiated a tunnel with same outer and inner addresses. Peer could be "
     "Originate "
     "Only - Possible misconfiguration!",
     {"the gateways themselves", "NO_PROXY_MATCH", QM_GOOD, NULL, NULL, 16, 0, 0}},
    {"713014: Unknown Domain of Interpretation (DOI): 7",
     {"another DOI", "MALFORMED",
      "00000007 00000001 00 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 80060080", ID_WEST,
      ID_EAST, 16, 0, 0}},
    {"713048: Error processing payload: Payload ID: 1\n713903: Message dropped: MALFORMED: the domain of "
     "interpretation "
     "is not IPsec",
     {"and which payload that was", "MALFORMED", "00000007 00000001", ID_WEST, ID_EAST, 16, 0, 0}},
    {"715069: Invalid ESP SPI size of 3",
     {"an SPI of 3 bytes", "MALFORMED",
      SA_HEAD "00 00 001f 01 03 03 01 112233 00 00 0014 01 0c 0000 80040001 80050002 80060080", ID_WEST, ID_EAST, 16, 0,
      0}},
    {"715070: Invalid IPComp SPI size of 1",
     {"IPComp behind ESP, with an index of one byte", "MALFORMED",
      SA_HEAD "02 00 0020 01 03 04 01 11223344 00 00 0014 01 0c 0000 80040001 80050002 80060080"
              "00 00 0011 01 04 01 01 11 00 00 0008 01 02 0000",
      ID_WEST, ID_EAST, 16, 0, 0}},
    {"713012: Unknown protocol (9). Not adding SA w/spi=287454020",
     {"a protocol that nobody has", "NO_TRANSFORM",
      QM_SA("09", "11223344", "0c", "80040001 80050002 80060080", "0020", "0014"), ID_WEST, ID_EAST, 16, 0, 0}},
    {"715071: AH proposal not supported",
     {"AH alone", "NO_TRANSFORM", QM_SA("02", "11223344", "03", "80040001 80050002", "001c", "0010"), ID_WEST, ID_EAST,
      16, 0, 0}},
};

static void what_is_wrong_with_a_quick_mode_is_said_in_the_words_of_an_ASA(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(asa_words); i++) {
        struct sim *sim = world_up(50);
        struct lie parts[8];
        struct body bodies[4];
        size_t count = quick_parts(&asa_words[i].lie, parts, bodies);

        listen_to_asa(sim);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(sa_at(sim, WEST), XCHG_QUICK, 1000, parts, count, HASH_RIGHT));
        sim_run(sim, 0);
        expect_said(asa_words[i].says);
    }
}

/* vpnc answers with what is longer than its own nonce behind its own, and computes keys without. */
static void P21_our_nonce_is_as_long_as_those_of_the_peer_within_bounds(void **state)
{
    static const struct {
        uint16_t theirs;
        size_t ours;
    } cases[] = {{8, 16}, {16, 16}, {20, 20}, {32, 32}, {33, 32}, {256, 32}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world_up(53);
        struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, WEST);
        struct isakmp_sa *sa = pool_find(&ike->sas, pool_first(&ike->sas));

        CHECK(sa->peer_nonce_len == 32);
        sa->peer_nonce_len = cases[i].theirs;
        sim_command(sim, WEST, IKE_CLEAR_IPSEC);
        sim_run(sim, 1000);
        sim_acquire(sim, WEST, 0);
        size_t len = 0;
        for (EACH_EXCHANGE_OF(ike, sa->self, exchange))
            if (exchange->kind == EXCHANGE_QM && state_info(exchange->state)->waits == WAITS_PEER)
                len = blob_bytes(&ike->blobs, exchange->blobs[BLOB_NONCE_I]).len;
        if (len != cases[i].ours)
            fail_msg("%zu bytes for a peer with %u", len, cases[i].theirs);
        sim_run(sim, 1000);
        CHECK(sim_pairs_agree(sim, WEST, EAST));
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

/* Chance makes none: so what looks at them is asked by itself. */
static void C23_the_keys_of_a_pair_are_weak_if_either_is(void **state)
{
    static const struct {
        const char *why;
        enum cipher_id cipher;
        uint8_t in[24], out[24];
        bool is_weak;
    } cases[] = {
        {"DES, both good", CIPHER_DES_CBC, "\x10\x20\x30\x40\x50\x60\x70\x80", "\x11\x20\x30\x40\x50\x60\x70\x80",
         false},
        {"DES, in", CIPHER_DES_CBC, "\x01\x01\x01\x01\x01\x01\x01\x01", "\x11\x20\x30\x40\x50\x60\x70\x80", true},
        {"DES, out", CIPHER_DES_CBC, "\x10\x20\x30\x40\x50\x60\x70\x80", "\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe", true},
        {"DES, half weak", CIPHER_DES_CBC, "\x01\xfe\x01\xfe\x01\xfe\x01\xfe", "\x11\x20\x30\x40\x50\x60\x70\x80",
         true},
        {"3DES, both good", CIPHER_3DES_CBC, "abcdefgh12345678ijklmnop", "abcdefgh12345678qrstuvwx", false},
        {"3DES that is one DES", CIPHER_3DES_CBC, "abcdefgh12345678ijklmnop", "abcdefghabcdefghqrstuvwx", true},
        {"AES has none", CIPHER_AES128_CBC, {0}, {0}, false},
        {"AES-GCM with its salt", CIPHER_AES256_GCM, {0}, {0}, false},
        {"NULL has no key", CIPHER_NULL, {0}, {0}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pair_keys keys = {0};

        memcpy(keys.key_in, cases[i].in, sizeof cases[i].in);
        memcpy(keys.key_out, cases[i].out, sizeof cases[i].out);
        if (keys_of_pair_are_weak(cases[i].cipher, &keys) != cases[i].is_weak)
            fail_msg("%s", cases[i].why);
    }
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
        sim_run(sim, 50);
        sim_packet(sim, EAST, 0, 100); /* the new pair carries, and need not wait any longer */
        sim_run(sim, 50);
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

int main(void)
{
    struct row_tests list = {.count = 0};

    ADD_ROWS(&list, a_lying_quick_mode_is_refused_by_name_and_what_stands_stays, quick_lies);
    ADD_TEST(&list, what_is_wrong_with_a_quick_mode_is_said_in_the_words_of_an_ASA);
    ADD_TEST(&list, P21_our_nonce_is_as_long_as_those_of_the_peer_within_bounds);
    ADD_TEST(&list, Q03_an_SPI_that_is_in_use_is_refused);
    ADD_TEST(&list, C23_the_keys_of_a_pair_are_weak_if_either_is);
    ADD_TEST(&list, S15_a_message_id_is_used_once_however_many_liveness_questions_follow);
    ADD_TEST(&list, S18_quick_modes_under_one_SA_have_a_limit_and_an_honest_one_passes_after_it);
    ADD_TEST(&list, S18_finished_quick_modes_do_not_stand_in_the_way_of_new_ones);
    ADD_TEST(&list, a_refused_quick_mode_ends_alone_among_several);
    ADD_TEST(&list, Q09_a_third_message_that_never_comes_is_remembered_in_its_state);
    return run_listed("quick mode", &list);
}
