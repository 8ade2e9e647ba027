/* What a responder tells of its choice in a quick mode, RFC 2407 sections 4.6.3.1 and 4.6.3.2: RESPONDER-LIFETIME and
 * REPLAY-STATUS. */
#include "two_sites.h"

static struct policy *policy_at(struct sim *sim, uint32_t site)
{
    return (struct policy *)sim_ike(sim, site)->policy;
}

static struct ike_pair_view pair_at(struct sim *sim, uint32_t site)
{
    struct ike_pair_view view;

    CHECK(ike_view_pair(sim_ike(sim, site), sim_now_ms(sim), 0, &view));
    return view;
}

static uint32_t told_of(struct sim *sim, uint32_t site, const char *notify)
{
    const struct event *e = sim_last_event(sim, site, EV_NOTIFY_RECEIVED);

    return e != NULL && strcmp(event_text(e, FIELD_NOTIFY), notify) == 0;
}

/* The window of an initiator is its own affair: it has no way to tell, and nothing asks it. */
static void who_does_not_refuse_replays_says_so_as_responder(void **state)
{
    static const struct {
        uint32_t west_window, east_window;
        bool is_told;
        const char *why;
    } rows[] = {
        {64, 64, false, "what is taken for granted is not said"},
        {64, 0, true, "the responder lets replays through"},
        {0, 64, false, "the initiator does"},
        {0, 0, true, "both do: the responder tells"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world(1, &west, &east);

        policy_at(sim, WEST)->replay_window = rows[i].west_window;
        policy_at(sim, EAST)->replay_window = rows[i].east_window;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1);
        if (pair_at(sim, WEST).is_peer_replay_off != rows[i].is_told ||
            told_of(sim, WEST, "REPLAY_STATUS") != rows[i].is_told)
            fail_msg("%s", rows[i].why);
        CHECK(!pair_at(sim, EAST).is_peer_replay_off && sim_event_count(sim, EAST, EV_NOTIFY_RECEIVED) == 0);
    }
}

/* Two gateways cannot tell such things of each other; a peer that has the keys can. What comes outside of the quick
 * mode is of no pair, and changes none. */
static void a_status_that_comes_by_itself_changes_no_pair(void **state)
{
    static const struct {
        const char *type, *data, *why;
    } rows[] = {
        {"6001", "00000000", "REPLAY-STATUS"},
        {"6000", "8001 0001 8002 0078", "RESPONDER-LIFETIME"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_up(2);
        struct ike_pair_view before = pair_at(sim, WEST), after;
        char text[80];
        struct body body;
        struct lie part;

        snprintf(text, sizeof text, "00000001 03 04 %s %08x %s", rows[i].type, (unsigned)before.spi_out, rows[i].data);
        part = (struct lie){PL_NOTIFY, hex(&body, text)};
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST),
                   sealed_of(sa_at(sim, EAST), XCHG_INFORMATIONAL, 77, &part, 1, HASH_RIGHT));
        sim_run(sim, 100);
        after = pair_at(sim, WEST);
        CHECK(sim_event_count(sim, WEST, EV_MESSAGE_REFUSED) == 0);
        if (after.is_peer_replay_off != before.is_peer_replay_off || after.lifetime_s != before.lifetime_s)
            fail_msg("%s", rows[i].why);
    }
}

static void the_shorter_lifetime_is_told_and_held_by_both(void **state)
{
    static const struct {
        uint32_t west_s, east_s, west_kb, east_kb, seconds, kilobytes;
        unsigned told;
        const char *why;
    } rows[] = {
        {28800, 28800, 0, 0, 28800, 0, 0, "equal: nothing to say"},
        {28800, 3600, 0, 0, 3600, 0, 1, "the responder's is shorter, it tells"},
        {3600, 28800, 0, 0, 3600, 0, 0, "the initiator's is shorter: the offer says it"},
        {28800, 28800, 100000, 5000, 28800, 5000, 1, "kilobytes alone"},
        {28800, 3600, 100000, 5000, 3600, 5000, 2, "both"},
        {28800, 28800, 0, 5000, 28800, 5000, 1, "the offer has no kilobytes, and the responder limits them"},
        {28800, 3600, 5000, 100000, 3600, 5000, 1, "each end is shorter in one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_site w = west, e = east;

        w.esp_lifetime_s = rows[i].west_s;
        e.esp_lifetime_s = rows[i].east_s;
        w.esp_lifetime_kb = rows[i].west_kb;
        e.esp_lifetime_kb = rows[i].east_kb;
        struct sim *sim = world(3, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1);
        struct ike_pair_view at_west = pair_at(sim, WEST), at_east = pair_at(sim, EAST);
        if (at_west.lifetime_s != rows[i].seconds || at_east.lifetime_s != rows[i].seconds ||
            at_west.lifetime_kb != rows[i].kilobytes || at_east.lifetime_kb != rows[i].kilobytes ||
            sim_event_count(sim, WEST, EV_LIFETIME_SHORTENED) != rows[i].told)
            fail_msg("%s: %u s and %u s, %u kB and %u kB, told %u times", rows[i].why, (unsigned)at_west.lifetime_s,
                     (unsigned)at_east.lifetime_s, (unsigned)at_west.lifetime_kb, (unsigned)at_east.lifetime_kb,
                     (unsigned)sim_event_count(sim, WEST, EV_LIFETIME_SHORTENED));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_refuse_replays_says_so_as_responder),
        cmocka_unit_test(a_status_that_comes_by_itself_changes_no_pair),
        cmocka_unit_test(the_shorter_lifetime_is_told_and_held_by_both),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
