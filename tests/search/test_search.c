/* Two engines and a bad network, every interleaving within bounds. IKEWISE_SEARCH=deep in the environment raises the
 * bounds. */
#include "scenarios.h"

#include <time.h>

/* How long one side may be up alone. With DPD and all that the schedule repeats: what a responder that waits, or an SA
 * that hears nothing, takes. A Delete is not acknowledged in IKEv1, but it is said three times (ike/farewell.c). */
enum { DAY_S = 86400, PATIENCE_S = 45, LIFETIME_S = 600, ESP_LIFETIME_S = 300, WALKS = 50, WALK_S = 140 };

/* clang-format off */
static const struct search_scenario scenarios[] = {
    {.name = "one side begins, two messages are lost and one repeated",
     .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(2, LOSSES), UP_TO(1, REPEATS)},
     .commands = {WANTS(WEST)}},
    {.name = "one side begins, three messages are lost: a responder answers three repeats",
     .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(3, LOSSES)},
     .commands = {WANTS(WEST)}},
    {.name = "with PFS, messages come late and twice",
     .has_pfs = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, REPEATS), UP_TO(1, HOLDS)},
     .commands = {WANTS(WEST)}},
    {.name = "with PFS, the vault or the plane fails, and something is late",
     .has_pfs = true, .lifetime_s = LIFETIME_S, .esp_lifetime_s = ESP_LIFETIME_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, HOLDS), UP_TO(1, FAILURES)},
     .commands = {WANTS(WEST)}},
    {.name = "with PFS, the vault or the plane fails, and a message is lost",
     .has_pfs = true, .has_dpd = true, .lifetime_s = LIFETIME_S, .esp_lifetime_s = ESP_LIFETIME_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES), UP_TO(1, FAILURES)},
     .commands = {WANTS(WEST)}},
    {.name = "S02 the pre-shared keys differ: nothing is ever up",
     .do_keys_differ = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES), UP_TO(1, REPEATS)},
     .commands = {WANTS(WEST)}},
    {.name = "S19 both begin at once",
     .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .commands = {WANTS(WEST), WANTS(EAST)}},
    {.name = "aggressive mode: two messages are lost and one repeated",
     .is_aggressive = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(2, LOSSES), UP_TO(1, REPEATS)},
     .commands = {WANTS(WEST)}},
    {.name = "aggressive mode: messages come late and twice",
     .is_aggressive = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, REPEATS), UP_TO(1, HOLDS)},
     .commands = {WANTS(WEST)}},
    {.name = "aggressive mode: the vault or the plane fails, and a message is lost",
     .is_aggressive = true, .has_dpd = true, .lifetime_s = LIFETIME_S, .esp_lifetime_s = ESP_LIFETIME_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES), UP_TO(1, FAILURES)},
     .commands = {WANTS(WEST)}},
    {.name = "aggressive mode: both begin at once",
     .is_aggressive = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .commands = {WANTS(WEST), WANTS(EAST)}},
    {.name = "the line is cut at any moment, with DPD",
     .has_dpd = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, CUTS)},
     .commands = {WANTS(WEST)}},
    {.name = "S19 both sides take the tunnel down at once",
     .begins_up = true, .has_dpd = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(2, LOSSES), UP_TO(1, REPEATS)},
     .commands = {IS_TOLD(WEST, DOWN), IS_TOLD(EAST, DOWN)}},
    {.name = "S19 one side takes the tunnel down while the other clears its ISAKMP SAs",
     .begins_up = true, .has_dpd = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES), UP_TO(1, REPEATS)},
     .commands = {IS_TOLD(WEST, DOWN), IS_TOLD(EAST, CLEAR_ISAKMP)}},
    {.name = "S19 both sides clear their pairs at once",
     .begins_up = true, .has_dpd = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(2, REPEATS)},
     .commands = {IS_TOLD(WEST, CLEAR_IPSEC), IS_TOLD(EAST, CLEAR_IPSEC)}},
    {.name = "one side clears its pairs, and the Delete is lost",
     .begins_up = true, .has_dpd = true, .lifetime_s = LIFETIME_S, .esp_lifetime_s = ESP_LIFETIME_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES), UP_TO(1, HOLDS)},
     .commands = {IS_TOLD(WEST, CLEAR_IPSEC)}},
    {.name = "the tunnel is taken down while it comes up",
     .has_dpd = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES)},
     .commands = {WANTS(WEST), IS_TOLD(EAST, DOWN)}},
    {.name = "S19 both sides rekey the pair at once",
     .begins_up = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .commands = {PLANE_SAYS(WEST, SOFT), PLANE_SAYS(EAST, SOFT)}},
};

/* Minutes each. */
static const struct search_scenario deep_scenarios[] = {
    {.name = "deep: one side begins, three messages are lost and one repeated",
     .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(3, LOSSES), UP_TO(1, REPEATS)},
     .commands = {WANTS(WEST)}},
    {.name = "deep: both begin at once, and a message is lost",
     .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES)},
     .commands = {WANTS(WEST), WANTS(EAST)}},
    {.name = "deep: both sides rekey the pair at once, and a message is lost",
     .begins_up = true, .lifetime_s = DAY_S, .esp_lifetime_s = DAY_S, .comes_up = true, .alone_max_s = PATIENCE_S,
     .bounds = {UP_TO(1, LOSSES)},
     .commands = {PLANE_SAYS(WEST, SOFT), PLANE_SAYS(EAST, SOFT)}},
};
/* clang-format on */

/* States that are merged must have the same futures: then a run that is not searched, but goes as chance has it, meets
 * no state that is new to the search. */
static void walks_at_random_meet_no_state_that_the_search_has_not_seen(const struct search_scenario *scenario)
{
    uint32_t steps = 0;

    for (uint32_t seed = 1; seed <= WALKS; seed++) {
        uint32_t unseen = search_walk(search, seed, WALK_S, &steps);

        if (unseen > 0)
            fail_msg("%s: walk %u meets %u states that the search has not seen", scenario->name, seed, unseen);
    }
}

static void holds_in_every_state(void **state)
{
    const struct search_scenario *scenario = *state;
    clock_t begun = clock();
    const char *fault = search_run(search, scenario);

    print_message("%u states, %u choices tried, ways of up to %u choices, %.1f s: %s\n", search_states(search),
                  search_steps(search), search_depth(search), (double)(clock() - begun) / CLOCKS_PER_SEC,
                  scenario->name);
    if (fault != NULL) {
        fprintf(stderr, "%s", explain()); /* longer than cmocka's messages may be */
        fail_msg("%s", fault);
    }
    walks_at_random_meet_no_state_that_the_search_has_not_seen(scenario);
}

/* Whatever row is added to mm.def, am.def, qm.def or info.def has to be met by a scenario above. The two sites here
 * have no users: the rows of tm.def are not searched, only met by tests/scenarios/users-*, which sim.scenarios sees to.
 */
static void every_row_of_the_step_tables_is_taken(void **state)
{
    size_t missing = 0, not_searched = 0, count = 0;

    (void)state;
    for (; step_row(count) != NULL; count++) {
        const struct step *row = step_row(count);

        if (search_row_was_taken(search, count))
            continue;
        if (exchange_info(state_info(row->from)->kind)->wire == XCHG_TRANSACTION) {
            not_searched++;
            continue;
        }
        print_error("not taken: %s to %s, %s\n", state_info(row->from)->name, state_info(row->to)->name,
                    row->side == INITIATOR ? "initiator" : "responder");
        missing++;
    }
    print_message("%zu of %zu rows taken, %zu of transactions not searched\n", count - missing - not_searched, count,
                  not_searched);
    if (missing > 0)
        fail_msg("%zu rows are not taken by any scenario", missing);
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(scenarios) + 1] = {{0}};
    struct CMUnitTest deep_tests[COUNT_OF(deep_scenarios)] = {{0}};
    const char *how = getenv("IKEWISE_SEARCH");
    size_t i;

    for (i = 0; i < COUNT_OF(scenarios); i++)
        tests[i] = (struct CMUnitTest){scenarios[i].name, holds_in_every_state, NULL, NULL, (void *)&scenarios[i]};
    tests[i] = (struct CMUnitTest)cmocka_unit_test(every_row_of_the_step_tables_is_taken);
    for (i = 0; i < COUNT_OF(deep_scenarios); i++)
        deep_tests[i] =
            (struct CMUnitTest){deep_scenarios[i].name, holds_in_every_state, NULL, NULL, (void *)&deep_scenarios[i]};
    int failed = cmocka_run_group_tests(tests, begin_search, end_search);
    if (how != NULL && strcmp(how, "deep") == 0)
        failed += cmocka_run_group_tests(deep_tests, begin_search, end_search);
    return failed;
}
