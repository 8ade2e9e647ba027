/* Which SAs a command means. */
#include "two_sites.h"

static void one_sa_one_pair_or_one_tunnel_is_taken_down_and_nothing_else(void **state)
{
    enum { RIGHT, WRONG, OUTBOUND };
    static const struct {
        enum ike_command_kind kind;
        int number;
        bool is_sa_gone, is_pair_gone;
        const char *why;
    } rows[] = {
        {IKE_CLEAR_SA, RIGHT, true, true, "the last ISAKMP SA of a peer takes its pairs with it"},
        {IKE_CLEAR_SA, WRONG, false, false, "another number"},
        {IKE_CLEAR_PAIR, RIGHT, false, true, "phase 1 stays"},
        {IKE_CLEAR_PAIR, WRONG, false, false, "another SPI"},
        {IKE_CLEAR_PAIR, OUTBOUND, false, false, "an outbound SPI is the peer's, and may be another pair's too"},
        {IKE_CLEAR_TUNNEL, RIGHT, false, true, "phase 1 stays"},
        {IKE_CLEAR_TUNNEL, WRONG, false, false, "another entry"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_up(15);
        struct ike_pair_view pair;
        struct ike_sa_view sa;

        CHECK(ike_view_sa(sim_ike(sim, WEST), sim_now_ms(sim), 0, &sa));
        CHECK(ike_view_pair(sim_ike(sim, WEST), sim_now_ms(sim), 0, &pair));
        bool is_right = rows[i].number == RIGHT;
        uint32_t right = rows[i].kind == IKE_CLEAR_SA ? sa.conn_id : pair.spi_in;
        uint32_t number = is_right ? right : rows[i].number == OUTBOUND ? pair.spi_out : right + 1;

        sim_command_of(sim, WEST,
                       &(struct ike_command){.kind = rows[i].kind, .number = number, .tunnel = is_right ? 0 : 1});
        sim_run(sim, 1000);
        if ((sa_at(sim, WEST)->state == SA_DEAD) != rows[i].is_sa_gone)
            print_error("%s\n", rows[i].why);
        CHECK((sa_at(sim, WEST)->state == SA_DEAD) == rows[i].is_sa_gone);
        CHECK((sa_at(sim, EAST)->state == SA_DEAD) == rows[i].is_sa_gone);
        CHECK((sim_pairs_up(sim, WEST) == 0) == rows[i].is_pair_gone);
        CHECK((sim_pairs_up(sim, EAST) == 0) == rows[i].is_pair_gone && sim_fault(sim) == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sa_one_pair_or_one_tunnel_is_taken_down_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
