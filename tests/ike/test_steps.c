/* The tables of steps, states, reasons and parts held against themselves, and each row taken. */
#include "ike/two_sites.h"

static bool may_be_first(const struct step *step, uint8_t type)
{
    return !step->holds[0].is_first || step->holds[0].type == type;
}

static struct payload_count count_of(const struct step *step, uint8_t type)
{
    for (size_t i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++)
        if (step->holds[i].type == type)
            return step->holds[i];
    return (struct payload_count){.type = type};
}

/* Some type's counts cannot be in both. */
static bool payloads_tell_apart(const struct step *a, const struct step *b)
{
    for (unsigned type = 1; type < 256; type++) {
        struct payload_count x = count_of(a, (uint8_t)type), y = count_of(b, (uint8_t)type);

        if (x.max < y.min || y.max < x.min)
            return true;
    }
    return a->holds[0].is_first && b->holds[0].is_first && !may_be_first(a, b->holds[0].type);
}

static void at_most_one_row_fits_any_input(void **state)
{
    (void)state;
    for (size_t i = 0; step_row(i) != NULL; i++)
        for (size_t k = i + 1; step_row(k) != NULL; k++) {
            const struct step *a = step_row(i), *b = step_row(k);
            bool is_auth_apart = a->auth != 0 && b->auth != 0 && a->auth != b->auth;
            bool is_sealing_apart = a->input == INPUT_MESSAGE && a->sealing != b->sealing;

            if (a->from != b->from || a->side != b->side || a->sa != b->sa || a->input != b->input || is_auth_apart ||
                is_sealing_apart)
                continue;
            if (a->input != INPUT_MESSAGE || !payloads_tell_apart(a, b))
                print_error("rows %zu and %zu both leave %s\n", i, k, state_info(a->from)->name);
            CHECK(a->input == INPUT_MESSAGE && payloads_tell_apart(a, b));
        }
}

static bool is_start(enum state state)
{
    return exchange_info(state_info(state)->kind)->start == state;
}

static void every_state_is_reached_from_a_start(void **state)
{
    bool is_reached[STATE_COUNT] = {false}, is_new = true;

    (void)state;
    for (int s = 0; s < STATE_COUNT; s++)
        is_reached[s] = is_start((enum state)s);
    while (is_new) {
        is_new = false;
        for (size_t i = 0; step_row(i) != NULL; i++)
            if (is_reached[step_row(i)->from] && !is_reached[step_row(i)->to])
                is_reached[step_row(i)->to] = is_new = true;
    }
    for (int s = 0; s < STATE_COUNT; s++) {
        if (!is_reached[s])
            print_error("%s is never reached\n", state_info((enum state)s)->name);
        CHECK(is_reached[s]);
    }
}

static void every_state_has_a_way_out_or_is_the_end(void **state)
{
    (void)state;
    for (int s = 0; s < STATE_COUNT; s++) {
        size_t out = 0;

        for (size_t i = 0; step_row(i) != NULL; i++)
            out += step_row(i)->from == (enum state)s;
        CHECK((out > 0) == (state_info((enum state)s)->waits != WAITS_REST));
    }
}

static void rows_stay_in_their_exchange_and_move_the_sa_only_in_phase_1(void **state)
{
    (void)state;
    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);

        CHECK(state_info(step->from)->kind == state_info(step->to)->kind);
        CHECK(step->act != NULL);
        CHECK(step->sa == step->sa_to || exchange_info(state_info(step->from)->kind)->phase == 1);
        /* What opens with keys needs keys: no sealed message is taken before message 5, or 3 of aggressive mode. */
        if (step->sealing == SEALED && step->input == INPUT_MESSAGE)
            CHECK(step->sa == SA_UP || step->from == STATE_MM_WAIT_MSG5 || step->from == STATE_MM_WAIT_MSG6 ||
                  step->from == STATE_AM_WAIT_MSG3);
        /* Attack list S02: the only ways to an SA that is up are those that check a proof. In main mode it is sealed,
         * and names who proves himself; in aggressive mode that was in message 1. */
        /* With hybrid the responder's proof is a signature; the initiator's is its user's. */
        bool is_signature = step->auth == AUTH_SIGNED || is_signer(step->auth, !step->side);
        if (step->sa_to == SA_UP && step->sa != SA_UP)
            CHECK(count_of(step, is_signature ? PL_SIG : PL_HASH).min == 1 &&
                  (step->from == STATE_AM_WAIT_MSG3 || count_of(step, PL_ID).min == 1) &&
                  (step->sealing == SEALED || state_info(step->from)->kind == EXCHANGE_AM));
        if (step->sa == SA_UP && step->input == INPUT_MESSAGE)
            CHECK(step->sealing == SEALED && step->holds[0].type == PL_HASH && step->holds[0].is_first);
    }
}

/* A state that waits for a message is entered with a deadline, under every schedule; a repeat comes before it. */
static void every_state_has_a_deadline_under_every_schedule(void **state)
{
    struct sim *sim = world(1, &west, &east);
    struct ike engine = *sim_ike(sim, WEST);
    struct policy policy = *engine.policy;

    (void)state;
    engine.policy = &policy;
    for (int schedule = 0; schedule < SCHEDULE_COUNT; schedule++)
        for (int s = 0; s < STATE_COUNT; s++) {
            struct exchange exchange = {.state = (enum state)s};

            policy.schedule = (enum schedule_id)schedule;
            state_enter(&engine, 5000, &exchange);
            CHECK(exchange.deadline_ms > 5000 && exchange.deadline_ms <= 5000 + 120000);
            CHECK(exchange.resend_ms == 0 || (exchange.resend_ms > 5000 && exchange.resend_ms < exchange.deadline_ms));
            CHECK((exchange.resend_ms != 0) ==
                  (state_info((enum state)s)->waits == WAITS_PEER || state_info((enum state)s)->waits == WAITS_USER ||
                   (state_info((enum state)s)->waits == WAITS_SILENT &&
                    schedule_info((enum schedule_id)schedule)->do_responders_repeat)));
        }
}

static void every_part_is_sent_by_some_row(void **state)
{
    (void)state;
    for (int part = PART_END + 1; part < PART_COUNT; part++) {
        size_t count = 0;

        for (size_t i = 0; step_row(i) != NULL; i++)
            for (size_t k = 0; k < SENDS_MAX && step_row(i)->sends[k] != PART_END; k++)
                count += step_row(i)->sends[k] == (enum part)part;
        CHECK(count > 0);
    }
}

static void names_are_unique_and_every_reason_has_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < STATE_COUNT; i++)
        for (int k = i + 1; k < STATE_COUNT; k++)
            CHECK(strcmp(state_info((enum state)i)->name, state_info((enum state)k)->name) != 0);
    for (int i = 0; i < REASON_COUNT; i++) {
        CHECK(reason_info((enum reason)i)->meaning[0] != '\0');
        for (int k = i + 1; k < REASON_COUNT; k++)
            CHECK(strcmp(reason_info((enum reason)i)->name, reason_info((enum reason)k)->name) != 0);
    }
}

/* The names that the devices know. */
static void states_have_the_names_of_the_devices(void **state)
{
    static const char *const asa[] = {"MM_START",      "MM_WAIT_MSG2", "MM_WAIT_MSG3", "MM_WAIT_MSG4", "MM_WAIT_MSG5",
                                      "MM_WAIT_MSG6",  "MM_ACTIVE",    "QM_START",     "QM_WAIT_MSG2", "QM_BLD_MSG3",
                                      "QM_BLD_MSG2",   "QM_WAIT_MSG3", "QM_SND_MSG3",  "QM_ACTIVE",    "INFO",
                                      "AM_START",      "AM_WAIT_MSG2", "AM_WAIT_MSG3", "AM_ACTIVE",    "TM_START",
                                      "TM_WAIT_REPLY", "TM_DONE"};
    static const char *const ios[] = {"MM_NO_STATE",  "MM_SA_SETUP", "MM_KEY_EXCH", "AG_NO_STATE",
                                      "AG_INIT_EXCH", "QM_IDLE",     "CONF_XAUTH",  "CONF_ADDR"};

    (void)state;
    for (int s = 0; s < STATE_COUNT; s++) {
        bool is_asa = false, is_ios = false;

        for (size_t i = 0; i < COUNT_OF(asa); i++)
            is_asa = is_asa || strcmp(asa[i], state_info((enum state)s)->asa) == 0;
        for (size_t i = 0; i < COUNT_OF(ios); i++)
            is_ios = is_ios || strcmp(ios[i], state_info((enum state)s)->ios) == 0;
        if (!is_asa || !is_ios)
            print_error("%s: %s %s\n", state_info((enum state)s)->name, state_info((enum state)s)->asa,
                        state_info((enum state)s)->ios);
        CHECK(is_asa && is_ios);
    }
}

/* The pairing of the two devices' states in phase 1, as the reference has it. */
static void phase_1_has_the_same_pairs_of_names_as_the_devices(void **state)
{
    static const struct {
        enum state state;
        const char *asa, *ios;
    } rows[] = {
        {STATE_MM_WAIT_MSG2, "MM_WAIT_MSG2", "MM_NO_STATE"}, {STATE_MM_WAIT_MSG3, "MM_WAIT_MSG3", "MM_SA_SETUP"},
        {STATE_MM_WAIT_MSG4, "MM_WAIT_MSG4", "MM_SA_SETUP"}, {STATE_MM_WAIT_MSG5, "MM_WAIT_MSG5", "MM_KEY_EXCH"},
        {STATE_MM_WAIT_MSG6, "MM_WAIT_MSG6", "MM_KEY_EXCH"}, {STATE_MM_ACTIVE, "MM_ACTIVE", "QM_IDLE"},
        {STATE_AM_WAIT_MSG2, "AM_WAIT_MSG2", "AG_NO_STATE"}, {STATE_AM_WAIT_MSG3, "AM_WAIT_MSG3", "AG_INIT_EXCH"},
        {STATE_AM_ACTIVE, "AM_ACTIVE", "QM_IDLE"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_string_equal(state_info(rows[i].state)->asa, rows[i].asa);
        assert_string_equal(state_info(rows[i].state)->ios, rows[i].ios);
    }
}

/* ---- every row is taken by some scenario */
enum { SEEN_MAX = 128 };

struct watch {
    struct handle h[2][SEEN_MAX];
    enum state last[2][SEEN_MAX];
    bool is_taken[STATE_COUNT][2][STATE_COUNT];
};

static void look(struct watch *w, struct sim *sim)
{
    for (uint32_t site = WEST; site <= EAST; site++) {
        const struct pool *pool = &sim_ike(sim, site)->exchanges;

        for (struct handle h = pool_first(pool); handle_is_set(h); h = pool_next(pool, h)) {
            const struct exchange *exchange = pool_find(pool, h);
            bool is_known = handle_equal(w->h[site][h.index], h);
            enum state before = is_known ? w->last[site][h.index] : exchange_info(exchange->kind)->start;

            if (before != exchange->state)
                w->is_taken[before][exchange->side][exchange->state] = true;
            w->h[site][h.index] = h;
            w->last[site][h.index] = exchange->state;
        }
    }
}

static void watch_users(struct watch *watch)
{
    struct sim_site w = west, e = east;

    w.user = SIM_USER;
    w.password = SIM_PASSWORD;
    w.key_id = e.group_name = "staff";
    e.serves_users = true;
    memset(watch->h, 0, sizeof watch->h);
    struct sim *sim = world(4, &w, &e);
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 3;
    sim_acquire(sim, WEST, 0);
    for (int ms = 0; ms < 5000; ms++) {
        sim_run(sim, 1);
        look(watch, sim);
    }
    CHECK(sim_fault(sim) == NULL && sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, WEST) == 1);
}

static void every_row_is_taken_by_some_scenario(void **state)
{
    static struct watch watch;

    (void)state;
    for (int pfs = 0; pfs < 2; pfs++) {
        struct sim_site w = west, e = east;

        w.is_aggressive = e.is_aggressive_answered = pfs == 1;
        w.peers[0].pfs = e.peers[0].pfs = pfs ? GROUP_ECP256 : GROUP_NONE;
        w.has_dpd = true;
        memset(watch.h, 0, sizeof watch.h);
        struct sim *sim = world(2 + (uint64_t)pfs, &w, &e);
        sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 3;
        sim_network(sim)->plane_min_ms = sim_network(sim)->plane_max_ms = 3;
        sim_acquire(sim, WEST, 0);
        for (int ms = 0; ms < 20000; ms++) {
            sim_run(sim, 1);
            look(&watch, sim);
        }
        CHECK(sim_fault(sim) == NULL && sim_pairs_agree(sim, WEST, EAST));
        if (sim_event_count(sim, EAST, EV_DPD_RECEIVED) > 0)
            watch.is_taken[STATE_INFO_START][RESPONDER][STATE_INFO_START] = true;
    }
    watch_users(&watch);
    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);

        if (!watch.is_taken[step->from][step->side][step->to])
            print_error("row %zu, from %s to %s, was never taken\n", i, state_info(step->from)->name,
                        state_info(step->to)->name);
        CHECK(watch.is_taken[step->from][step->side][step->to]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_row_fits_any_input),
        cmocka_unit_test(every_state_is_reached_from_a_start),
        cmocka_unit_test(every_state_has_a_way_out_or_is_the_end),
        cmocka_unit_test(rows_stay_in_their_exchange_and_move_the_sa_only_in_phase_1),
        cmocka_unit_test(every_state_has_a_deadline_under_every_schedule),
        cmocka_unit_test(every_part_is_sent_by_some_row),
        cmocka_unit_test(names_are_unique_and_every_reason_has_a_sentence),
        cmocka_unit_test(states_have_the_names_of_the_devices),
        cmocka_unit_test(phase_1_has_the_same_pairs_of_names_as_the_devices),
        cmocka_unit_test(every_row_is_taken_by_some_scenario),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
