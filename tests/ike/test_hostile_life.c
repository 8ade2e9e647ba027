/* What an enemy, or a clumsy peer, does to the life of SAs, by the rows of the attack list: order, flags, lifetimes,
 * clocks, deletes under other SAs, takeovers. */
#include "hostile.h"

#include "wire/vendor.h"

static void P18_no_kind_of_exchange_changes_anything_at_any_state(void **state)
{
    static const uint8_t kinds[] = {0, 1, 3, 4, 7, 33, 34, 35, 36, 37, 240, 255};
    struct sim *sim = slow_world(false);
    enum state last[2] = {STATE_COUNT, STATE_COUNT};
    uint32_t looks = 0;

    (void)state;
    for (int ms = 0; ms < 400; ms++) {
        sim_run(sim, 1);
        for (uint32_t site = WEST; site <= EAST; site++) {
            if (state_of(sim, site) == last[site] || !handle_is_set(pool_first(&sim_ike(sim, site)->sas)))
                continue;
            last[site] = state_of(sim, site);
            looks++;
            snapshot_take(&before_at[site], sim_ike(sim, site));
            for (size_t i = 0; i < 4 * COUNT_OF(kinds); i++) {
                static const struct lie part = {PL_NONCE, {(const uint8_t *)"0123456789ab", 12}};

                message_of((const uint8_t *)sa_at(sim, site)->cookies, kinds[i / 4], i % 2 * 7, &part, 1);
                lie_space[19] = i % 4 < 2 ? 0 : FLAG_ENCRYPTION;
                expect_nothing(sim, site, bytes_of(lie_space, HEADER_LEN + 16), "exchange type", 0, kinds[i / 4]);
            }
        }
    }
    CHECK(looks >= 7);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
}

/* P05: the same limits for the side that began. */
static void P05_an_answer_of_hundreds_of_payloads_is_refused(void **state)
{
    static const size_t counts[] = {21, 39, 40, 200};
    static const char *const reasons[] = {"UNEXPECTED_PAYLOAD", "UNEXPECTED_PAYLOAD", "MALFORMED", "MALFORMED"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct sim *sim = world(101, &west, &east);
        struct body sa, vid;
        struct lie parts[201] = {{PL_SA, hex(&sa, GOOD_SA)}};
        uint8_t cookies[16];

        sim_acquire(sim, WEST, 0);
        memcpy(cookies, sa_at(sim, WEST)->cookies[INITIATOR], 8);
        memset(cookies + 8, 0x77, 8);
        for (size_t k = 1; k <= counts[i]; k++)
            parts[k] = (struct lie){PL_VID, hex(&vid, "00112233")};
        snapshot_take(&before_at[WEST], sim_ike(sim, WEST));
        expect_nothing(sim, WEST, message_of(cookies, XCHG_MAIN, 0, parts, 1 + counts[i]), "payloads", 1, counts[i]);
        assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), reasons[i]);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

static void S01_another_message_3_while_message_5_is_waited_for_is_refused(void **state)
{
    static const uint8_t share[64] = {4, 5, 6}, nonce[16] = {7};
    const struct lie parts[] = {{PL_KE, BYTES_OF(share)}, {PL_NONCE, BYTES_OF(nonce)}};
    struct sim *sim = world(102, &west, &east);

    (void)state;
    sim_acquire(sim, WEST, 0);
    run_to(sim, EAST, STATE_MM_WAIT_MSG5);
    snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
    expect_nothing(sim, EAST, message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_MAIN, 0, parts, 2),
                   "another message 3", 2, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
}

static void S07_what_is_sealed_before_there_are_keys_is_met_with_silence(void **state)
{
    static const struct {
        uint32_t site;
        enum state at;
    } rows[] = {{WEST, STATE_MM_WAIT_MSG2}, {EAST, STATE_MM_WAIT_MSG3}, {WEST, STATE_MM_WAIT_MSG4}};
    static const uint8_t kinds[] = {XCHG_INFORMATIONAL, XCHG_QUICK, XCHG_MAIN};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(kinds); i++) {
        uint8_t kind = kinds[i % COUNT_OF(kinds)];
        const uint32_t site = rows[i / COUNT_OF(kinds)].site;
        struct sim *sim = world(103, &west, &east);

        sim_acquire(sim, WEST, 0);
        run_to(sim, site, rows[i / COUNT_OF(kinds)].at);
        message_of((const uint8_t *)sa_at(sim, site)->cookies, kind, kind == XCHG_MAIN ? 0 : 9, NULL, 0);
        lie_space[9] |= bytes_are_zero(bytes_of(lie_space + 8, 8)); /* before message 2: whatever cookie */
        lie_space[16] = PL_HASH;
        lie_space[19] = FLAG_ENCRYPTION;
        lie_space[27] = HEADER_LEN + 32;
        memset(lie_space + HEADER_LEN, 0, 32); /* what a key of zeros would open as well as any */
        snapshot_take(&before_at[site], sim_ike(sim, site));
        expect_nothing(sim, site, bytes_of(lie_space, HEADER_LEN + 32), "sealed too early", 0, i);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    }
}

/* After a rekey of phase 1 both ISAKMP SAs stand for a while; a Delete under either counts. */
static void S11_a_peer_deletes_its_pairs_under_any_of_its_isakmp_sas(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        bool is_under_old = what % 2 == 0, is_isakmp = what / 2 == 1;
        struct sim_site w = west;
        const struct isakmp_sa *old = NULL, *new = NULL;
        struct body b;
        uint8_t spi[4];

        w.lifetime_s = 300;
        struct sim *sim = world(104, &w, &east);
        sim_acquire(sim, WEST, 0);
        for (int s = 0; s < 300 && sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) < 2; s++)
            sim_run(sim, 1000);
        const struct pool *pool = &sim_ike(sim, WEST)->sas;
        for (struct handle h = pool_first(pool); handle_is_set(h); h = pool_next(pool, h)) {
            const struct isakmp_sa *sa = pool_find(pool, h);

            CHECK(sa->state == SA_UP);
            *(old == NULL || sa->begun_ms < old->begun_ms ? &old : &new) = sa;
            new = new == NULL &&old != sa ? sa : new;
        }
        CHECK(old != NULL && new != NULL &&old != new &&sim_pairs_up(sim, EAST) == 1);
        put_u32(spi, pair_at(sim, EAST)->spi_out);
        const struct isakmp_sa *under = is_under_old ? old : new, *other = is_under_old ? new : old;
        struct lie part = {PL_DELETE, is_isakmp ? delete_of(&b, PROTO_ISAKMP, bytes_of(other->cookies, 16), 1)
                                                : delete_of(&b, PROTO_ESP, BYTES_OF(spi), 1)};
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   sealed_of(under, XCHG_INFORMATIONAL, 77, &part, 1, HASH_RIGHT));
        CHECK(sim_event_count(sim, EAST, EV_DELETE_RECEIVED) == 1 && sim_fault(sim) == NULL);
        /* One ISAKMP SA is left, and the pair with it. */
        CHECK(sim_pairs_up(sim, EAST) == (is_isakmp ? 1 : 0));
        CHECK(sim_event_count(sim, EAST, EV_PHASE1_DELETED) == (is_isakmp ? 1 : 0));
    }
}

/* RFC 2408 section 3.1: CONNECTED need not be waited for. Nobody who sets the flag makes us wait. */
static void S16_the_commit_flag_holds_nothing_up(void **state)
{
    struct sim *sim = world(105, &west, &east);
    struct body b;
    uint8_t spi[4];

    (void)state;
    record(false);
    for (uint32_t n = 0; n < recorded_count; n++)
        recorded[n].data[19] |= FLAG_COMMIT; /* covered by no hash */
    sim = slow_world(false);
    sim_network(sim)->is_cut[WEST] = sim_network(sim)->is_cut[EAST] = true;
    for (uint32_t n = 0; n < recorded_count; n++) {
        sim_inject(sim, recorded[n].site, end_of(!recorded[n].site), end_of(recorded[n].site),
                   bytes_of(recorded[n].data, recorded[n].len));
        sim_run(sim, 50);
    }
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    /* And CONNECTED in clear is only evidence. */
    put_u32(spi, pair_at(sim, EAST)->spi_in);
    struct lie connected = {PL_NOTIFY, hex(&b, "00000001 03 04 4000 00000000")};
    memcpy(b.bytes + 8, spi, sizeof spi);
    snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
    expect_nothing(sim, EAST,
                   message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_INFORMATIONAL, 33, &connected, 1),
                   "connected", 0, 0);
}

/* A pre-shared key belongs to an address: from another one nobody gets at the SAs of the first, with its key or
 * without. */
static void S20_C11_an_identity_from_another_address_takes_nothing_over(void **state)
{
    enum { NORTH = 2, NORTH_IP = 0xcb007111, NORTH_NET = 0x0a030000 };

    (void)state;
    for (int has_group = 0; has_group < 2; has_group++) {
        struct sim_site e = east, n = west;

        n.address = NORTH_IP; /* with west's own key and network */
        if (has_group == 1) {
            e.peers[1] = (struct sim_peer){
                .address = NORTH_IP, .key = "correct horse", .local_net = EAST_NET, .remote_net = NORTH_NET};
        }
        struct sim *sim = world(106, &west, &e);
        sim = sim_make(world_space, 3, 106);
        sim_site(sim, WEST, &west);
        sim_site(sim, EAST, &e);
        sim_site(sim, NORTH, &n);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
        sim_acquire(sim, NORTH, 0);
        sim_run(sim, 200000);
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, NORTH) == 0);
        CHECK(sim_event_count(sim, EAST, EV_PHASE1_COMPLETED) == 1u + (uint32_t)has_group);
        CHECK(pair_of(sim_ike(sim, EAST), before_at[EAST].pairs[0].self) != NULL);
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED),
                            has_group == 1 ? "NO_PROXY_MATCH" : "NO_TUNNEL_GROUP");
    }
}

/* A lifetime of 0 is none; one of a second costs a negotiation of each phase a second, and no more. */
static void P12_S22_no_lifetime_of_a_peer_makes_a_storm_of_rekeys(void **state)
{
    enum { SECONDS = 100, PHASE1_MESSAGES = 4, PHASE2_MESSAGES = 2 };
    static const struct {
        uint32_t isakmp_s, ipsec_s, most;
    } rows[] = {
        {0, 0, PHASE1_MESSAGES + 1},
        {1, 28800, (SECONDS + 10) * (PHASE1_MESSAGES + 1)}, /* and a Delete each */
        {86400, 1, (SECONDS + 10) * (PHASE2_MESSAGES + 1)},
        {1, 1, (SECONDS + 10) * (PHASE1_MESSAGES + PHASE2_MESSAGES + 2)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west;

        w.lifetime_s = rows[i].isakmp_s;
        w.esp_lifetime_s = rows[i].ipsec_s;
        struct sim *sim = world(107, &w, &east);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, SECONDS * 1000);
        if (sim_sent(sim, EAST) > rows[i].most || sim_fault(sim) != NULL)
            fail_msg("row %zu: %u messages of the responder, %s", i, sim_sent(sim, EAST), sim_fault(sim));
    }
}

/* However busy the traffic: who sleeps past a lifetime has no SA left; who sleeps less asks first whether the peer
 * still lives. */
static void S23_after_a_sleep_the_peer_is_asked_first(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.has_dpd = e.has_dpd = true;
    for (int is_long = 0; is_long < 2; is_long++) {
        struct sim *sim = world(108, &w, &e);
        uint32_t first;

        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        first = datagram_count(sim);
        uint32_t asked = sim_event_count(sim, WEST, EV_DPD_SENT);
        sim_sleep(sim, WEST, is_long == 1 ? 86500000 : 15000);
        sim_sleep(sim, EAST, is_long == 1 ? 86500000 : 15000);
        sim_run(sim, is_long == 1 ? 86500500 : 15500);
        if (is_long == 1) {
            CHECK(sim_pairs_up(sim, WEST) == 0 && sim_pairs_up(sim, EAST) == 0);
            continue;
        }
        CHECK(sim_event_count(sim, WEST, EV_DPD_SENT) == asked + 1 && sim_datagram(sim, first) != NULL);
        CHECK(sim_datagram(sim, first)->data.data[18] == XCHG_INFORMATIONAL);
        CHECK(sim_event_count(sim, WEST, EV_DPD_LOST) == 0 && sim_pairs_up(sim, WEST) == 1);
    }
}

/* The wall clock is no input: its jumps cannot be made here. A monotonic one that jumps is a sleep of one side. */
static void S23_a_clock_that_jumps_past_every_deadline_ends_in_a_new_tunnel(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.has_dpd = e.has_dpd = true;
    for (uint32_t site = WEST; site <= EAST; site++) {
        struct sim *sim = world(109, &w, &e);

        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        sim_jump(sim, site, 10ull * 365 * 86400 * 1000);
        sim_run(sim, 100000);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 10000);
        CHECK(sim_pairs_agree_for(sim, WEST, 0, EAST) && sim_fault(sim) == NULL);
    }
}

/* A scanner learns what a negotiation needs, and of a stranger that asks for nothing, nothing. */
static void S25_no_vendor_id_but_those_of_NAT_T_and_DPD_is_sent(void **state)
{
    struct sim *sim = world_up(110);
    uint32_t count[3] = {0};

    (void)state;
    for (uint32_t n = 0; n < 3; n++) {
        struct message m;

        CHECK(wire_message_read(&m, sim_datagram(sim, n)->data) == WIRE_OK);
        for (size_t i = 0; i < message_count(&m, PL_VID); i++, count[n]++) {
            enum vendor_id id = vendor_of(message_nth(&m, PL_VID, i)->body).id;

            CHECK(id == VENDOR_DPD || id == VENDOR_RFC3947 || id == VENDOR_NATT_03 || id == VENDOR_NATT_02N ||
                  id == VENDOR_NATT_02);
        }
    }
    CHECK(count[0] == 5 && count[1] == 2 && count[2] == 0);
    struct body b;
    struct lie part = {PL_SA, hex(&b, GOOD_SA)};
    uint32_t first = datagram_count(sim);
    struct message m;
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_of(stranger_cookies, XCHG_MAIN, 0, &part, 1));
    CHECK(wire_message_read(&m, sim_datagram(sim, first)->data) == WIRE_OK && message_count(&m, PL_VID) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P18_no_kind_of_exchange_changes_anything_at_any_state),
        cmocka_unit_test(P05_an_answer_of_hundreds_of_payloads_is_refused),
        cmocka_unit_test(S01_another_message_3_while_message_5_is_waited_for_is_refused),
        cmocka_unit_test(S07_what_is_sealed_before_there_are_keys_is_met_with_silence),
        cmocka_unit_test(S11_a_peer_deletes_its_pairs_under_any_of_its_isakmp_sas),
        cmocka_unit_test(S16_the_commit_flag_holds_nothing_up),
        cmocka_unit_test(S20_C11_an_identity_from_another_address_takes_nothing_over),
        cmocka_unit_test(P12_S22_no_lifetime_of_a_peer_makes_a_storm_of_rekeys),
        cmocka_unit_test(S23_after_a_sleep_the_peer_is_asked_first),
        cmocka_unit_test(S23_a_clock_that_jumps_past_every_deadline_ends_in_a_new_tunnel),
        cmocka_unit_test(S25_no_vendor_id_but_those_of_NAT_T_and_DPD_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
