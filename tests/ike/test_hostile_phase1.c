/* Messages 2 to 4 of main mode by an enemy, by the rows of the attack list: whatever he says, the honest peer's message
 * is still waited for. */
#include "hostile.h"

#include "sim/world.h"
#include "wire/vendor.h"

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

static void a_false_share_ends_nothing(void **state)
{
    const struct share_lie *lie = *state;

    for (uint32_t site = WEST; site <= EAST; site++) {
        struct sim *sim = world(20, &west, &east);

        sim_acquire(sim, WEST, 0);
        run_to(sim, site, site == WEST ? STATE_MM_WAIT_MSG4 : STATE_MM_WAIT_MSG3);
        uint32_t sent = sim_sent(sim, site);
        snapshot_take(&before_at[site], sim_ike(sim, site));
        sim_inject(sim, site, end_of(!site), end_of(site), lying_share(sa_at(sim, site), lie));
        sim_run(sim, 0); /* the vault's answer */
        assert_string_equal(last_reason(sim, site, EV_MESSAGE_REFUSED), lie->reason);
        if (strcmp(lie->reason, "MISSING_PAYLOAD") == 0) /* which one */
            assert_int_equal(event_number(sim_last_event(sim, site, EV_MESSAGE_REFUSED), FIELD_PAYLOAD_NUMBER),
                             lie->share_count == 0 ? PL_KE : PL_NONCE);
        /* What the vault was asked for is numbered; nothing else is new. */
        for (uint32_t k = 0; k < before_at[site].exchange_count; k++)
            before_at[site].exchanges[k].ask_number =
                exchange_of(sim_ike(sim, site), before_at[site].exchanges[k].self)->ask_number;
        CHECK(snapshot_differs(&before_at[site], sim_ike(sim, site)) == NULL && sim_sent(sim, site) == sent);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    }
}

/* Message 2 is covered by no hash. */
static const struct choice_lie {
    const char *sa, *reason, *why;
    uint8_t cookie; /* 0: the responder's is ours again, 0xff: zero */
} choice_lies[] = {
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
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "REFLECTED", "C16 both cookies equal", 0},
    {SA_HEAD "00 00 0030 01 01 00 01 00 00 0028 01 01 0000" GOOD_TRANSFORM, "REFLECTED",
     "C16 the responder's cookie zero: as our own message 1", 0xff},
};

static void a_choice_that_was_not_offered_ends_nothing(void **state)
{
    const struct choice_lie *row = *state;
    struct sim *sim = world(22, &west, &east);
    uint8_t cookies[16];
    struct body b;
    struct lie part = {PL_SA, hex(&b, row->sa)};

    sim_acquire(sim, WEST, 0);
    memcpy(cookies, sa_at(sim, WEST)->cookies[INITIATOR], 8);
    memset(cookies + 8, row->cookie == 0xff ? 0 : 0x77, 8);
    if (row->cookie == 0)
        memcpy(cookies + 8, cookies, 8);
    snapshot_take(&before_at[WEST], sim_ike(sim, WEST));
    sim_inject(sim, WEST, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_MAIN, 0, &part, 1));
    assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), row->reason);
    const struct event *fault = sim_last_event(sim, WEST, EV_PAYLOAD_FAULT); /* as IOS names it */
    CHECK((fault != NULL) == (strcmp(row->reason, "NOT_OUR_OFFER") == 0));
    if (strstr(row->why, "DES") != NULL)
        assert_string_equal(event_text(fault, FIELD_ATTRIBUTE), "encryption");
    if (strstr(row->why, "XAUTH") != NULL)
        assert_string_equal(event_text(fault, FIELD_ATTRIBUTE), "authentication");
    CHECK(snapshot_differs(&before_at[WEST], sim_ike(sim, WEST)) == NULL);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
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

/* Chance does not make a weak key: here the answer of the vault is changed while it is under way. */
static void C23_a_weak_key_is_refused_by_name_and_the_peers_repeat_makes_another(void **state)
{
    struct sim_site w = west, e = east;
    struct load *answer = NULL;

    (void)state;
    w.cipher = e.cipher = CIPHER_DES_CBC;
    struct sim *sim = world(62, &w, &e);
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 5;
    sim_acquire(sim, WEST, 0);
    for (uint32_t ms = 0; answer == NULL && ms < 1000; ms++) {
        sim_run(sim, 1);
        for (uint32_t i = 0; answer == NULL && i < sim->flight_top; i++)
            if (sim->flights[i].kind == FLIGHT_ANSWER && sim->loads[i].answer.skeyid_len > 0)
                answer = &sim->loads[i];
    }
    CHECK(answer != NULL);
    memset(answer->answer.skeyid_e, 1, sizeof answer->answer.skeyid_e);
    sim_run(sim, 20000);
    CHECK(sim_event_count(sim, EAST, EV_MESSAGE_REFUSED) == 1);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "WEAK_KEY");
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1);
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

int main(void)
{
    struct row_tests list = {.count = 0};

    ADD_ROWS(&list, a_false_share_ends_nothing, share_lies);
    ADD_ROWS(&list, a_choice_that_was_not_offered_ends_nothing, choice_lies);
    ADD_TEST(&list, C15_our_own_values_sent_back_are_refused);
    ADD_TEST(&list, S13_forged_errors_end_nothing);
    ADD_TEST(&list, S24_a_step_that_fails_at_home_leaves_nothing);
    ADD_TEST(&list, C23_a_weak_key_is_refused_by_name_and_the_peers_repeat_makes_another);
    ADD_TEST(&list, S01_a_forged_share_at_the_vault_does_not_stop_our_repeats);
    ADD_TEST(&list, P28_a_body_that_is_no_whole_number_of_blocks_is_named_as_such);
    ADD_TEST(&list, N01_every_place_of_a_NAT_gives_a_tunnel_on_4500);
    ADD_TEST(&list, N02_a_mapping_follows_only_what_is_authenticated);
    ADD_TEST(&list, DPD_is_heard_in_whatever_message_it_is_announced);
    return run_listed("phase 1", &list);
}
