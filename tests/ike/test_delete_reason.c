/* Deletes with their reason: who gives one, who takes it, and what is made of words that are none. */
#include "two_sites.h"

static struct sim *world_in(bool is_aggressive)
{
    struct sim_site w = west, e = east;

    w.is_aggressive = e.is_aggressive_answered = is_aggressive;
    struct sim *sim = world(4, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1);
    return sim;
}

static struct ike_outcome last_outcome(struct sim *sim, uint32_t site)
{
    struct ike_peer_view view;

    CHECK(ike_view_peer(sim_ike(sim, site), sim_now_ms(sim), 0, &view) && view.outcome_count > 0);
    return view.outcomes[0];
}

/* "" for a Delete without, "none" without a Delete. */
static const char *told_at(struct sim *sim, uint32_t site)
{
    const struct event *e = sim_last_event(sim, site, EV_DELETE_RECEIVED);

    return e == NULL ? "none" : event_has(e, FIELD_TOLD) ? event_text(e, FIELD_TOLD) : "";
}

static void who_deletes_says_why_to_who_takes_it(void **state)
{
    static const struct {
        bool is_aggressive;
        uint32_t by;
        enum ike_command_kind command;
        bool is_taken;
        const char *told, *meaning, *why;
    } rows[] = {
        {false, WEST, IKE_CLEAR_ISAKMP, true, "DELETED_BY_OPERATOR",
         "the peer deleted it, and says why: it was cleared by hand", "main mode, by the initiator"},
        {false, EAST, IKE_CLEAR_ISAKMP, true, "DELETED_BY_OPERATOR",
         "the peer deleted it, and says why: it was cleared by hand", "main mode, by the responder"},
        {true, WEST, IKE_CLEAR_ISAKMP, true, "DELETED_BY_OPERATOR",
         "the peer deleted it, and says why: it was cleared by hand", "aggressive mode, by the initiator"},
        {true, EAST, IKE_SHUT_DOWN, true, "SHUT_DOWN", "the peer deleted it, and says why: the gateway is shut down",
         "aggressive mode, by the responder"},
        {false, EAST, IKE_CLEAR_ISAKMP, false, "", "the peer deleted it", "a peer that has not announced it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_in(rows[i].is_aggressive);
        uint32_t by = rows[i].by;

        if (!rows[i].is_taken)
            ((struct isakmp_sa *)sa_at(sim, by))->peer_takes_reasons = false;
        sim_command(sim, by, rows[i].command);
        sim_run(sim, 1000);
        struct ike_outcome outcome = last_outcome(sim, !by);
        bool is_notify_sent = strstr(event_text(sim_last_event(sim, by, EV_MESSAGE_SENT), FIELD_PAYLOADS), "NOTIFY");
        if (strcmp(told_at(sim, !by), rows[i].told) != 0 || strcmp(outcome.reason, "DELETED_BY_PEER") != 0 ||
            strcmp(outcome.meaning, rows[i].meaning) != 0 || is_notify_sent != rows[i].is_taken)
            fail_msg("%s: told %s, kept %s", rows[i].why, told_at(sim, !by), outcome.meaning);
        CHECK(sim_event_count(sim, !by, EV_NOTIFY_RECEIVED) == 0);
    }
}

static void a_pair_that_ends_alone_is_deleted_with_its_reason(void **state)
{
    struct sim *sim = world_in(false);

    (void)state;
    sim_limit_of_oldest(sim, EAST, IKE_PLANE_HARD);
    sim_run(sim, 100);
    assert_string_equal(told_at(sim, WEST), "VOLUME");
    CHECK(last_outcome(sim, WEST).phase == 2 && last_outcome(sim, EAST).phase == 2);
}

/* `reason`: the data of the notify, in hex; NULL: there is no notify. */
static void words_that_name_no_reason_change_nothing_and_are_not_shown(void **state)
{
    static const struct {
        const char *reason;
        bool is_announced;
        const char *told, *meaning, *why;
    } rows[] = {
        {NULL, true, "", "the peer deleted it", "no reason at all"},
        {"49444c45", true, "IDLE",
         "the peer deleted it, and says why: nothing went through for the vpn-idle-timeout of the group-policy",
         "IDLE"},
        {"49444c45", false, "", "the peer deleted it", "who has not announced it may mean something else by that type"},
        {"414e4f54484552", true, "ANOTHER", "the peer deleted it", "of a newer version: its name is all that is known"},
        {"", true, "", "the peer deleted it", "empty"},
        {"1b5b324a", true, "", "the peer deleted it", "a terminal's escape"},
        {"49444c4500", true, "", "the peer deleted it", "an end mark"},
        {"69646c65", true, "", "the peer deleted it", "small letters"},
        {"41414141414141414141414141414141 41414141414141414141414141414141", true, "", "the peer deleted it",
         "32 letters, one more than a name has"},
        {"4f4b", true, "OK", "the peer deleted it", "a row that is no reason"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_in(false);
        char text[200];
        struct body delete_body, notify_body;
        struct lie parts[2];

        ((struct isakmp_sa *)sa_at(sim, WEST))->peer_takes_reasons = rows[i].is_announced;
        snprintf(text, sizeof text, "00000001 01 10 0001");
        parts[0] = (struct lie){PL_DELETE, hex(&delete_body, text)};
        memcpy(delete_body.bytes + delete_body.len, sa_at(sim, WEST)->cookies, 16);
        parts[0].body = bytes_of(delete_body.bytes, delete_body.len + 16);
        snprintf(text, sizeof text, "00000001 01 00 9977 %s", rows[i].reason == NULL ? "" : rows[i].reason);
        parts[1] = (struct lie){PL_NOTIFY, hex(&notify_body, text)};
        sim_inject(
            sim, WEST, end_of(EAST), end_of(WEST),
            sealed_of(sa_at(sim, EAST), XCHG_INFORMATIONAL, 77, parts, rows[i].reason == NULL ? 1 : 2, HASH_RIGHT));
        struct ike_outcome outcome = last_outcome(sim, WEST);
        if (sim_pairs_up(sim, WEST) != 0 || strcmp(told_at(sim, WEST), rows[i].told) != 0 ||
            strcmp(outcome.meaning, rows[i].meaning) != 0)
            fail_msg("%s: told \"%s\", kept \"%s\"", rows[i].why, told_at(sim, WEST), outcome.meaning);
    }
}

static void a_reason_without_a_delete_is_of_nothing(void **state)
{
    struct sim *sim = world_in(false);
    struct body body;
    struct lie part = {PL_NOTIFY, hex(&body, "00000001 01 00 9977 49444c45")};

    (void)state;
    sim_inject(sim, WEST, end_of(EAST), end_of(WEST),
               sealed_of(sa_at(sim, EAST), XCHG_INFORMATIONAL, 77, &part, 1, HASH_RIGHT));
    CHECK(sim_pairs_up(sim, WEST) == 1 && last_outcome(sim, WEST).is_success);
    assert_string_equal(told_at(sim, WEST), "none");
}

/* What is said again is what was said, byte for byte: with the longest name there is room for it. */
static void a_delete_that_is_said_again_has_its_reason(void **state)
{
    struct sim *sim = world_in(false);
    size_t longest = 0;

    (void)state;
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        size_t len = strlen(reason_info((enum reason)reason)->name);

        longest = len > longest ? len : longest;
    }
    CHECK(longest < REASON_NAME_SIZE);
    struct isakmp_sa keys = *sa_at(sim, WEST);
    struct body body;
    struct lie part = {PL_NOTIFY, hex(&body, "00000001 01 00 9977 49444c45")};
    sim_network(sim)->loss_percent = 100;
    sim_command(sim, EAST, IKE_CLEAR_ISAKMP);
    sim_run(sim, 1000);
    sim_network(sim)->loss_percent = 0;
    CHECK(sa_at(sim, EAST)->state == SA_DEAD && sim_pairs_up(sim, WEST) == 1);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), sealed_of(&keys, XCHG_INFORMATIONAL, 78, &part, 1, HASH_RIGHT));
    sim_run(sim, 100);
    assert_string_equal(told_at(sim, WEST), "DELETED_BY_OPERATOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_deletes_says_why_to_who_takes_it),
        cmocka_unit_test(a_pair_that_ends_alone_is_deleted_with_its_reason),
        cmocka_unit_test(words_that_name_no_reason_change_nothing_and_are_not_shown),
        cmocka_unit_test(a_reason_without_a_delete_is_of_nothing),
        cmocka_unit_test(a_delete_that_is_said_again_has_its_reason),
    };

    return cmocka_run_group_tests_name("a Delete with its reason", tests, NULL, world_end);
}
