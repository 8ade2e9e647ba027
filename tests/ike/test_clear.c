/* What is sealed on the wire, told in clear to whoever captures. That it can be read and has no password in it is held
 * against every message of every world (sim/oracle.c). */
#include "ike/two_sites.h"

static void each_sealed_message_is_told_by_whoever_seals_and_by_whoever_opens_it(void **state)
{
    struct sim *sim = world_up(1);

    (void)state;
    CHECK(sim_fault(sim) == NULL);
    /* Messages 5 and 6 of main mode, and quick mode. */
    assert_int_equal(sim_happened(sim, SIM_TOLD_IN_CLEAR), 2 * (2 + 3));
}

static void a_repeat_is_not_told_again(void **state)
{
    struct sim *sim = world(1, &west, &east);

    (void)state;
    sim_network(sim)->repeat_percent = 100;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    assert_int_equal(sim_happened(sim, SIM_TOLD_IN_CLEAR), 2 * (2 + 3));
}

static void what_a_user_is_asked_is_told_and_his_password_is_not(void **state)
{
    struct sim_site w = west, e = east;

    (void)state;
    w.user = SIM_USER;
    w.password = SIM_PASSWORD;
    w.key_id = "staff";
    e.serves_users = true;
    e.group_name = "staff";

    struct sim *sim = world(1, &w, &e);

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    CHECK(sim_happened(sim, SIM_TOLD_IN_CLEAR) > 2 * (2 + 3)); /* and the transactions */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sealed_message_is_told_by_whoever_seals_and_by_whoever_opens_it),
        cmocka_unit_test(a_repeat_is_not_told_again),
        cmocka_unit_test(what_a_user_is_asked_is_told_and_his_password_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
