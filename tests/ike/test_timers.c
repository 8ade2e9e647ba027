/* When the engine is due: the heap is told only of the peers that an input concerned, and must be right all the same.
 */
#include "two_sites.h"

enum { SEEDS = 12, HOURS = 3, LOOK_MS = 700 };

/* What ike_deadline_ms says against what it says after everybody has been looked at. */
static void check_deadline(const struct sim *sim, uint32_t site)
{
    struct ike *ike = (struct ike *)sim_ike(sim, site);
    uint64_t said_ms = ike_deadline_ms(ike);

    timers_note_all(ike);
    CHECK(ike_deadline_ms(ike) == said_ms);
}

/* And what is filed is what is there: each object is in the chains of its owner, once, and nothing else is. */
static void check_chains(const struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);
    uint32_t sas = 0, exchanges = 0, pairs = 0, half_open = 0;

    for (struct handle h = pool_first(&ike->peers); handle_is_set(h); h = pool_next(&ike->peers, h)) {
        CHECK(peer_of_ip(ike, peer_of(ike, h)->remote) == peer_of(ike, h));
        for (EACH_SA_OF(ike, h, sa)) {
            CHECK(sa_of(ike, sa->self) == sa);
            CHECK(sa->state == SA_DEAD || sa_of_cookies(ike, (const uint8_t(*)[COOKIE_LEN])sa->cookies) != NULL);
            half_open += sa->state == SA_NEGOTIATING && sa->side == RESPONDER;
            sas++;
            for (EACH_EXCHANGE_OF(ike, sa->self, exchange)) {
                CHECK(exchange_of(ike, exchange->self) == exchange);
                CHECK(exchange->quick.spi_in == 0 || spi_is_taken(ike, exchange->quick.spi_in));
                exchanges++;
            }
        }
        for (EACH_PAIR_OF(ike, h, pair)) {
            CHECK(pair_of(ike, pair->self) == pair && spi_is_taken(ike, pair->spi_in));
            pairs++;
        }
    }
    struct ike_use use = ike_view_use(ike);
    CHECK(sas == use.sas && exchanges == use.exchanges && pairs == use.pairs && half_open == ike->half_opens.count);
}

static void deadlines_and_chains_are_right_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_site w = west, e = east;

        w.has_dpd = e.has_dpd = seed % 2 == 0;
        w.lifetime_s = 600 + 60 * (uint32_t)seed;
        w.esp_lifetime_s = e.esp_lifetime_s = 240;
        if (seed % 3 == 0)
            w.nat_address = e.peers[0].address = NAT_IP;
        struct sim *sim = world(seed, &w, &e);
        sim_network(sim)->loss_percent = (unsigned)seed * 3;
        sim_network(sim)->repeat_percent = 5;
        sim_network(sim)->answer_fails_percent = sim_network(sim)->install_fails_percent = seed % 4 == 0 ? 10 : 0;
        sim_acquire(sim, WEST, 0);
        for (uint64_t at_ms = 0; at_ms < HOURS * 3600000ull; at_ms += LOOK_MS) {
            sim_run(sim, LOOK_MS);
            if (at_ms % (LOOK_MS * 400) == 0)
                sim_acquire(sim, (uint32_t)(at_ms / LOOK_MS / 400 % 2), 0);
            if (at_ms % (LOOK_MS * 1700) == 0)
                sim_command(sim, EAST, seed % 2 == 0 ? IKE_CLEAR_ISAKMP : IKE_DOWN);
            for (uint32_t site = WEST; site <= EAST; site++) {
                check_deadline(sim, site);
                check_chains(sim, site);
            }
        }
    }
}

/* What a responder sends by itself to somebody who is not proved: nothing, but where the device's ways are asked for.
 */
static void a_responder_repeats_message_2_only_on_a_schedule_that_does(void **state)
{
    static const struct {
        enum schedule_id schedule;
        unsigned count;
    } rows[] = {{SCHEDULE_IKEWISE, 1}, {SCHEDULE_ASA, 4}, {SCHEDULE_IOS, 6}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site e = east;
        unsigned count = 0;

        e.schedule = rows[i].schedule;
        struct sim *sim = world(6, &west, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5);
        sim_crash(sim, WEST, 1000000); /* after message 1 */
        sim_run(sim, 100000);
        for (uint32_t n = 0; sim_datagram(sim, n) != NULL; n++)
            count += sim_datagram(sim, n)->site == EAST;
        if (count != rows[i].count)
            print_error("schedule %d: %u\n", rows[i].schedule, count);
        CHECK(count == rows[i].count);
    }
}

/* The pool of peers is full: who has nothing but old outcomes and dead SAs gives way, and takes those with it. */
static void a_peer_without_SAs_gives_way_to_a_new_one(void **state)
{
    static const struct ike_limits limits = {
        .peers = 4, .sas = 16, .exchanges = 16, .pairs = 4, .blobs = 40, .half_open = 8};
    static const uint8_t seed[48] = {7};
    static struct ike_outputs out;
    void *space = malloc(ike_space(&limits));
    struct ike *ike = ike_make(space, &limits, BYTES_OF(seed));

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct peer *peer = peer_make(ike, ip_of_v4(WEST_IP + i));
        struct isakmp_sa *sa = sa_make(ike, 1000, EXCHANGE_MM, RESPONDER, peer, end_of(EAST), end_of(WEST));

        CHECK(sa != NULL);
        if (i != 2)
            continue;
        sa_end(ike, 1000, sa, REASON_NO_ANSWER, false, &out);
        CHECK(sa->state == SA_DEAD);
    }
    CHECK(peer_make(ike, ip_of_v4(EAST_IP)) != NULL);
    CHECK(peer_of_ip(ike, ip_of_v4(WEST_IP + 2)) == NULL && ike_view_use(ike).sas == 3);
    CHECK(peer_of_ip(ike, ip_of_v4(WEST_IP)) != NULL && peer_of_ip(ike, ip_of_v4(EAST_IP)) != NULL);
    struct peer *newest = peer_of_ip(ike, ip_of_v4(EAST_IP));
    CHECK(sa_make(ike, 1000, EXCHANGE_MM, RESPONDER, newest, end_of(EAST), end_of(WEST)) != NULL);
    CHECK(peer_make(ike, ip_of_v4(EAST_IP + 1)) == NULL); /* all are in use */
    free(space);
}

/* Thousands of strangers begin and fall silent; of a peer that the configuration names, and of one that we have begun
 * with, what became of them is there as long as there are strangers to give way. */
static void strangers_do_not_push_out_what_became_of_others(void **state)
{
    static const struct ike_limits limits = {
        .peers = 8, .sas = 16, .exchanges = 16, .pairs = 4, .blobs = 40, .half_open = 8};
    static const uint8_t seed[48] = {7};
    static const struct tunnel tunnel = {.peers = {{.family = IP_V4, .octets = {10, 0, 0, 1}}}, .peer_count = 1};
    static const struct policy policy = {.tunnels = &tunnel, .tunnel_count = 1};
    static const uint32_t named = 0x0a000001, begun = 0x0a000002, stranger = 0x64000000;
    void *space = malloc(ike_space(&limits));
    struct ike *ike = ike_make(space, &limits, BYTES_OF(seed));

    (void)state;
    ike->policy = &policy;
    outcome_keep(ike, 1000, peer_make(ike, ip_of_v4(named))->self, RESPONDER, 1, false, STATE_MM_WAIT_MSG3,
                 REASON_PEER_SILENT);
    outcome_keep(ike, 1000, peer_make(ike, ip_of_v4(begun))->self, INITIATOR, 1, false, STATE_MM_WAIT_MSG6,
                 REASON_NO_ANSWER);
    for (uint32_t i = 0; i < 1000; i++)
        outcome_keep(ike, 2000 + i, peer_make(ike, ip_of_v4(stranger + i))->self, RESPONDER, 1, false,
                     STATE_MM_WAIT_MSG3, REASON_PEER_SILENT);
    const struct peer *first = peer_of_ip(ike, ip_of_v4(named)), *second = peer_of_ip(ike, ip_of_v4(begun));

    CHECK(first != NULL && first->outcome_count == 1 && first->outcomes[0].at_ms == 1000);
    CHECK(second != NULL && second->outcome_count == 1 && second->outcomes[0].at_ms == 1000);
    CHECK(peer_of_ip(ike, ip_of_v4(stranger)) == NULL && peer_of_ip(ike, ip_of_v4(stranger + 999)) != NULL);
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_and_chains_are_right_whatever_happens),
        cmocka_unit_test(a_responder_repeats_message_2_only_on_a_schedule_that_does),
        cmocka_unit_test(a_peer_without_SAs_gives_way_to_a_new_one),
        cmocka_unit_test(strangers_do_not_push_out_what_became_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
