/* Every datagram of a negotiation, spoilt in every byte, at every state of both; and repeated. */
#include "hostile.h"

static uint32_t injected;

static void inject(struct sim *sim, uint32_t site, struct bytes datagram, const char *what, uint32_t n, size_t at)
{
    injected++;
    expect_nothing(sim, site, datagram, what, n, at);
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
            inject(sim, site, bytes_of(bytes, len), "flipped", n, at);
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
            inject(sim, site, bytes_of(bytes, cut), "cut", n, cut);
        }
    for (size_t more = 1; more <= 64; more += 21) {
        memcpy(bytes, recorded[n].data, len);
        memset(bytes + len, 0xa5, more);
        inject(sim, site, bytes_of(bytes, len + more), "extended", n, more);
    }
    /* Reflected to who sent it. */
    if (is_past)
        inject(sim, !site, bytes_of(recorded[n].data, len), "reflected", n, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C20_C21_P28_S01_no_spoilt_datagram_changes_anything_at_any_state),
        cmocka_unit_test(S05_S21_repeats_are_answered_six_times_byte_for_byte_and_to_the_peer_alone),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
