/* Informational messages of a peer that lies, and of who is no peer, by the rows of the attack list. */
#include "hostile.h"

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

static const struct told_lie {
    uint8_t type;
    const char *body, *why;
} told_lies[] = {
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

static void a_malformed_delete_or_notify_of_a_peer_does_nothing(void **state)
{
    const struct told_lie *row = *state;
    struct sim *sim = world_up(43);
    struct body b;
    struct lie part = {row->type, hex(&b, row->body)};
    struct ike_use use = ike_view_use(sim_ike(sim, EAST));
    uint32_t sent = sim_sent(sim, EAST);

    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               sealed_of(sa_at(sim, WEST), XCHG_INFORMATIONAL, 5, &part, 1, HASH_RIGHT));
    CHECK(uses_equal(use, ike_view_use(sim_ike(sim, EAST))) && sim_sent(sim, EAST) == sent);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
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

/* The peer has said something, and lives; but our question is not answered by it. */
static void S04_only_the_sequence_that_was_asked_is_an_answer(void **state)
{
    static const struct {
        uint32_t off;
        bool is_answer;
    } rows[] = {{0, true}, {1, false}, {UINT32_MAX, false}, {0x80000000, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west;
        uint8_t sequence[4];
        struct body b;

        w.has_dpd = true;
        struct sim *sim = world(50, &w, &east);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        sim_network(sim)->is_cut[EAST] = true;
        for (int n = 0; n < 400 && sim_event_count(sim, WEST, EV_DPD_SENT) == 0; n++)
            sim_run(sim, 100);
        CHECK(sim_event_count(sim, WEST, EV_DPD_SENT) == 1);
        const struct isakmp_sa *asking = sa_at(sim, WEST);
        put_u32(sequence, asking->dpd_sequence + rows[i].off);
        struct lie part = {PL_NOTIFY,
                           notify_of(&b, NOTIFY_R_U_THERE_ACK, bytes_of(asking->cookies, 16), BYTES_OF(sequence))};
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST),
                   sealed_of(sa_at(sim, EAST), XCHG_INFORMATIONAL, 50, &part, 1, HASH_RIGHT));
        CHECK((sim_event_count(sim, WEST, EV_DPD_ANSWERED) == 1) == rows[i].is_answer);
    }
}

/* Nor is one under an SA that is not there any more, or whose SPI is another's. To one under an SA that we have deleted
 * the Delete is said again. */
static void S04_liveness_questions_under_an_SA_that_has_gone_are_not_answered(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct sim *sim = world_up(49);
        const struct isakmp_sa *sa = sa_at(sim, WEST);
        uint8_t sequence[4] = {0, 0, 0, 1}, cookies[16];
        struct body b;

        memcpy(cookies, sa->cookies, sizeof cookies);
        cookies[15] ^= what == 0;
        struct lie part = {PL_NOTIFY, notify_of(&b, NOTIFY_R_U_THERE, BYTES_OF(cookies), BYTES_OF(sequence))};
        struct bytes datagram = sealed_of(sa, XCHG_INFORMATIONAL, 50, &part, 1, HASH_RIGHT);
        sim_network(sim)->is_cut[WEST] = sim_network(sim)->is_cut[EAST] = true;
        if (what == 1)
            sim_command(sim, EAST, IKE_DOWN);
        if (what == 2)
            sim_run(sim, 86500000); /* its lifetime has ended */
        uint32_t sent = sim_sent(sim, EAST);
        snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
        CHECK(sim_sent(sim, EAST) == sent + (what == 1) && sim_event_count(sim, EAST, EV_DPD_RECEIVED) == 0);
        CHECK(sim_event_count(sim, EAST, EV_DPD_ACK_SENT) == 0);
        CHECK(what < 2 || snapshot_differs(&before_at[EAST], sim_ike(sim, EAST)) == NULL);
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
static void S11_S12_a_peer_deletes_only_its_own(void **state)
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
    CHECK(sim_pairs_up(sim, EAST) == 2 && sim_event_count(sim, EAST, EV_DELETE_RECEIVED) == 0);
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

int main(void)
{
    struct row_tests list = {.count = 0};

    ADD_ROWS(&list, a_malformed_delete_or_notify_of_a_peer_does_nothing, told_lies);
    ADD_TEST(&list, S08_S09_S17_deletes_without_a_right_hash_delete_nothing);
    ADD_TEST(&list, S10_deletes_of_what_is_gone_already_are_harmless);
    ADD_TEST(&list, P24_the_last_of_many_SPIs_is_deleted_too);
    ADD_TEST(&list, S04_liveness_questions_are_answered_in_order_and_once);
    ADD_TEST(&list, S04_only_the_sequence_that_was_asked_is_an_answer);
    ADD_TEST(&list, S04_liveness_questions_under_an_SA_that_has_gone_are_not_answered);
    ADD_TEST(&list, C15_S04_our_own_informational_sent_back_is_no_sign_of_life);
    ADD_TEST(&list, S11_S12_a_peer_deletes_only_its_own);
    ADD_TEST(&list, S12_initial_contact_is_not_sent_while_pairs_stand);
    ADD_TEST(&list, S22_the_end_of_the_last_isakmp_sa_leaves_no_pair_at_one_end_only);
    return run_listed("informational", &list);
}
