/* What is asked when, and what the answers come to: sla monitor and track, on a clock of their own. */
#include "daemon/sla.h"

#include "base/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SENT_MAX = 512 };

/* 1 March 2026, 08:00:00 UTC. */
#define MORNING_MS 1772352000000ull

static struct {
    struct sla_echo sent[SENT_MAX];
    size_t sent_count;
    int error; /* of sending */
    uint32_t random;
    uint64_t now_ms, wall_ms;
    unsigned ups, downs;
} world;

static int take(void *context, const struct sla_monitor *monitor, const struct sla_echo *echo)
{
    (void)context;
    (void)monitor;
    CHECK(world.sent_count < SENT_MAX);
    world.sent[world.sent_count++] = *echo;
    return world.error;
}

static uint32_t random_number(void *context)
{
    (void)context;
    return world.random += 0x10001;
}

static uint64_t wall_ms(void *context)
{
    (void)context;
    return world.wall_ms;
}

static void on_track(void *context, const struct sla_tracked *tracked, const struct sla_entry *entry)
{
    (void)context;
    (void)entry;
    world.ups += tracked->is_up;
    world.downs += !tracked->is_up;
}

static const struct policy_interface interfaces[] = {{.name = "outside"}, {.name = "inside"}};
static const struct track tracks[] = {{.number = 4, .monitor = 7}};
static const struct ip target = {.family = IP_V4, .octets = {10, 2, 0, 1}};

static struct sla_monitor monitor(void)
{
    return (struct sla_monitor){.number = 7,
                                .target = target,
                                .packet_count = 1,
                                .size = 28,
                                .threshold_ms = 200,
                                .timeout_ms = 1000,
                                .frequency_s = 5,
                                .schedule = {.start = SLA_NOW}};
}

static struct policy policy_with(const struct sla_monitor *m)
{
    return (struct policy){.interfaces = interfaces,
                           .interface_count = COUNT_OF(interfaces),
                           .monitors = m,
                           .monitor_count = 1,
                           .tracks = tracks,
                           .track_count = 1};
}

static struct sla *sla_begin(const struct policy *policy)
{
    const struct sla_hooks hooks = {NULL, take, random_number, wall_ms, on_track};
    struct sla *sla = sla_create(&hooks);

    memset(&world, 0, sizeof world);
    world.random = 0xfffefffe; /* identifiers and sequences begin anew soon */
    world.now_ms = 1000;
    world.wall_ms = MORNING_MS;
    setenv("TZ", "UTC", 1);
    sla_use(sla, policy, world.now_ms);
    sla_turn(sla, world.now_ms);
    return sla;
}

/* As the daemon does it: only when something is due. */
static void run(struct sla *sla, uint64_t ms)
{
    uint64_t end_ms = world.now_ms + ms;

    for (;;) {
        uint64_t due_ms = sla_due_ms(sla, world.now_ms);

        due_ms = due_ms < world.now_ms ? world.now_ms : due_ms;
        if (due_ms > end_ms)
            break;
        world.wall_ms += due_ms - world.now_ms;
        world.now_ms = due_ms;
        sla_turn(sla, world.now_ms);
    }
    world.wall_ms += end_ms - world.now_ms;
    world.now_ms = end_ms;
}

static void answer_last(struct sla *sla)
{
    sla_answer(sla, &world.sent[world.sent_count - 1], world.now_ms);
}

static const struct sla_entry *entry(const struct sla *sla)
{
    return sla_nth(sla, 0);
}

static void it_is_asked_as_often_as_that_is_said(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    assert_int_equal(world.sent_count, 1);
    run(sla, 60 * 1000);
    assert_int_equal(world.sent_count, 13);
    assert_int_equal(entry(sla)->attempt_count, 13);
    assert_int_equal(entry(sla)->skipped_count, 0);
    sla_free(sla);
}

static void an_answer_in_time_is_OK_and_takes_up_what_hangs_on_it(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    assert_false(sla_tracked_nth(sla, 0)->is_up);
    run(sla, 30);
    answer_last(sla);
    assert_int_equal(entry(sla)->code, SLA_OK);
    assert_int_equal(entry(sla)->answers.last_ms, 30);
    assert_true(sla_tracked_nth(sla, 0)->is_up);
    assert_int_equal(sla_tracked_nth(sla, 0)->change_count, 1);
    assert_int_equal(world.ups, 1);
    run(sla, 4990);
    assert_int_equal(world.sent_count, 2);
    run(sla, 500);
    assert_int_equal(entry(sla)->code, SLA_OK); /* the next is still under way */
    run(sla, 500);
    assert_int_equal(entry(sla)->code, SLA_TIMEOUT);
    assert_int_equal(world.downs, 1);
    assert_int_equal(sla_tracked_nth(sla, 0)->changed_ms, 1000 + 5000 + 1000);
    sla_free(sla);
}

static void a_late_answer_is_over_the_threshold_and_still_an_answer(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    run(sla, 201);
    answer_last(sla);
    assert_int_equal(entry(sla)->code, SLA_OVER_THRESHOLD);
    assert_true(sla_tracked_nth(sla, 0)->is_up);
    sla_free(sla);
}

static void an_answer_after_the_timeout_counts_no_more(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    run(sla, 1001);
    answer_last(sla);
    assert_int_equal(entry(sla)->code, SLA_TIMEOUT);
    assert_int_equal(world.ups, 0);
    sla_free(sla);
}

/* Whoever sends replies that nobody has asked for does not keep a route. */
static void only_what_was_asked_is_an_answer(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);
    struct sla_echo wrong[3];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        wrong[i] = world.sent[0];
    wrong[0].identifier ^= 1;
    wrong[1].sequence++;
    wrong[2].target.octets[3] ^= 1;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        sla_answer(sla, &wrong[i], world.now_ms);
    assert_int_equal(entry(sla)->code, SLA_UNKNOWN);
    answer_last(sla);
    assert_int_equal(entry(sla)->code, SLA_OK);
    answer_last(sla);
    assert_int_equal(entry(sla)->answers.count, 1);
    sla_free(sla);
}

static void one_answer_of_several_is_enough(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.packet_count = 100;

    struct sla *sla = sla_begin(&policy);

    run(sla, 99 * SLA_SPACING_MS);
    assert_int_equal(world.sent_count, 100);
    sla_answer(sla, &world.sent[50], world.now_ms);
    run(sla, 999);
    assert_int_equal(entry(sla)->code, SLA_UNKNOWN);
    run(sla, 1);
    assert_int_equal(entry(sla)->code, SLA_OVER_THRESHOLD);
    assert_int_equal(entry(sla)->answers.count, 1);
    assert_int_equal(world.ups, 1);
    sla_free(sla);
}

static void answers_are_summed_up(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.packet_count = 2;

    struct sla *sla = sla_begin(&policy);

    run(sla, SLA_SPACING_MS);
    run(sla, 10);
    sla_answer(sla, &world.sent[0], world.now_ms);
    sla_answer(sla, &world.sent[1], world.now_ms);

    const struct sla_answers *a = &entry(sla)->answers;

    assert_int_equal(a->count, 2);
    assert_int_equal(a->least_ms, 10);
    assert_int_equal(a->most_ms, 30);
    assert_int_equal(a->sum, 40);
    assert_int_equal(a->sum2, 1000);
    sla_free(sla);
}

static void who_cannot_be_reached_is_told_at_once(void **state)
{
    const struct sla_monitor m = monitor();
    const struct policy policy = policy_with(&m);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    run(sla, 10);
    sla_refused(sla, &world.sent[0], world.now_ms);
    assert_int_equal(entry(sla)->code, SLA_NO_CONNECTION);
    world.error = ENODEV;
    run(sla, 5000);
    assert_int_equal(entry(sla)->code, SLA_NO_CONNECTION);
    assert_int_equal(world.sent_count, 2);
    world.error = 0;
    run(sla, 5000);
    answer_last(sla);
    assert_int_equal(world.ups, 1);
    sla_free(sla);
}

/* A hundred echos of one time take longer than the second after which the next is due. */
static void a_time_that_does_not_end_in_time_lets_the_next_go(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.packet_count = 100;
    m.frequency_s = 1;

    struct sla *sla = sla_begin(&policy);

    run(sla, 5900);
    assert_int_equal(entry(sla)->attempt_count, 2);
    assert_int_equal(entry(sla)->skipped_count, 2);
    sla_free(sla);
}

static void a_life_ends_and_takes_down_what_hangs_on_it(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.schedule.life_s = 12;

    struct sla *sla = sla_begin(&policy);

    answer_last(sla);
    run(sla, 5000);
    answer_last(sla);
    run(sla, 5000);
    answer_last(sla);
    assert_true(sla_tracked_nth(sla, 0)->is_up);
    run(sla, 2000);
    assert_int_equal(entry(sla)->state, SLA_ENDED);
    assert_false(sla_tracked_nth(sla, 0)->is_up);
    run(sla, 3600 * 1000);
    assert_int_equal(world.sent_count, 3);
    assert_true(sla_due_ms(sla, world.now_ms) == UINT64_MAX);
    sla_free(sla);
}

static void it_begins_when_that_is_said(void **state)
{
    static const struct {
        struct sla_schedule schedule;
        uint64_t in_s; /* from 1 March 2026, 08:00:00 */
    } cases[] = {
        {{.start = SLA_AFTER, .after_s = 310}, 310},
        {{.start = SLA_AT, .at_s = 8 * 3600 + 5}, 5},
        {{.start = SLA_AT, .at_s = 8 * 3600}, 86400},
        {{.start = SLA_AT, .at_s = 7 * 3600}, 23 * 3600},
        {{.start = SLA_AT, .at_s = 8 * 3600, .day = 3, .month = 3}, 2 * 86400},
        {{.start = SLA_AT, .at_s = 8 * 3600, .day = 28, .month = 2}, 364ull * 86400},
        {{.start = SLA_AT, .at_s = 8 * 3600, .day = 29, .month = 2}, 730ull * 86400},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sla_monitor m = monitor();
        struct policy policy = policy_with(&m);

        m.schedule = cases[i].schedule;

        struct sla *sla = sla_begin(&policy);

        run(sla, cases[i].in_s * 1000 - 1);
        if (world.sent_count != 0)
            fail_msg("%zu begins too early", i);
        run(sla, 1);
        if (world.sent_count != 1)
            fail_msg("%zu does not begin", i);
        sla_free(sla);
    }
}

static void what_is_pending_or_not_scheduled_is_not_asked(void **state)
{
    static const enum sla_start starts[] = {SLA_PENDING, SLA_UNSCHEDULED};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        struct sla_monitor m = monitor();
        struct policy policy = policy_with(&m);

        m.schedule.start = starts[i];

        struct sla *sla = sla_begin(&policy);

        assert_false(sla_wants_to_ask(sla));
        assert_true(sla_due_ms(sla, world.now_ms) == UINT64_MAX);
        sla_free(sla);
    }
}

static void what_recurs_begins_again_the_next_day(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.schedule = (struct sla_schedule){.start = SLA_AT, .at_s = 9 * 3600, .life_s = 10, .is_recurring = true};

    struct sla *sla = sla_begin(&policy);

    run(sla, 3600 * 1000 + 60 * 1000);
    assert_int_equal(world.sent_count, 2);
    run(sla, 86400ull * 1000 - 61 * 1000);
    assert_int_equal(world.sent_count, 2);
    run(sla, 1000);
    assert_int_equal(world.sent_count, 3);
    sla_free(sla);
}

/* Nobody knows the time yet when a machine without a battery starts. */
static void the_clock_on_the_wall_may_be_set_meanwhile(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.schedule = (struct sla_schedule){.start = SLA_AT, .at_s = 9 * 3600};

    struct sla *sla = sla_begin(&policy);

    assert_int_equal(sla_due_ms(sla, world.now_ms), world.now_ms + 10 * 1000);
    world.wall_ms += 3600ull * 1000;
    world.now_ms += 10 * 1000;
    sla_turn(sla, world.now_ms);
    assert_int_equal(world.sent_count, 1);
    sla_free(sla);
}

static void a_change_elsewhere_leaves_it_alone_and_one_of_its_own_begins_anew(void **state)
{
    const struct policy_interface others[] = {{.name = "inside"}, {.name = "outside"}};
    struct sla_monitor m = monitor(), same = m, other = m;
    struct policy policy = policy_with(&m), moved = policy_with(&same), changed = policy_with(&other);
    struct sla *sla = sla_begin(&policy);

    (void)state;
    moved.interfaces = changed.interfaces = others;
    same.interface = other.interface = 1;
    other.frequency_s = 6;
    answer_last(sla);
    run(sla, 1000);
    sla_use(sla, &moved, world.now_ms);
    assert_int_equal(world.sent_count, 1);
    assert_int_equal(entry(sla)->attempt_count, 1);
    assert_int_equal(entry(sla)->monitor.interface, 1);
    assert_int_equal(world.downs, 0);
    sla_use(sla, &changed, world.now_ms);
    assert_int_equal(world.downs, 1);
    sla_turn(sla, world.now_ms);
    assert_int_equal(entry(sla)->attempt_count, 1);
    assert_int_equal(world.sent_count, 2);
    answer_last(sla);
    assert_int_equal(world.ups, 2);
    sla_free(sla);
}

static void one_that_cannot_be_run_is_never_asked(void **state)
{
    struct sla_monitor m = monitor();
    struct policy policy = policy_with(&m);

    (void)state;
    m.target = (struct ip){0};

    struct sla *sla = sla_begin(&policy);

    run(sla, 60 * 1000);
    assert_int_equal(world.sent_count, 0);
    sla_free(sla);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_asked_as_often_as_that_is_said),
        cmocka_unit_test(an_answer_in_time_is_OK_and_takes_up_what_hangs_on_it),
        cmocka_unit_test(a_late_answer_is_over_the_threshold_and_still_an_answer),
        cmocka_unit_test(an_answer_after_the_timeout_counts_no_more),
        cmocka_unit_test(only_what_was_asked_is_an_answer),
        cmocka_unit_test(one_answer_of_several_is_enough),
        cmocka_unit_test(answers_are_summed_up),
        cmocka_unit_test(who_cannot_be_reached_is_told_at_once),
        cmocka_unit_test(a_time_that_does_not_end_in_time_lets_the_next_go),
        cmocka_unit_test(a_life_ends_and_takes_down_what_hangs_on_it),
        cmocka_unit_test(it_begins_when_that_is_said),
        cmocka_unit_test(what_is_pending_or_not_scheduled_is_not_asked),
        cmocka_unit_test(what_recurs_begins_again_the_next_day),
        cmocka_unit_test(the_clock_on_the_wall_may_be_set_meanwhile),
        cmocka_unit_test(a_change_elsewhere_leaves_it_alone_and_one_of_its_own_begins_anew),
        cmocka_unit_test(one_that_cannot_be_run_is_never_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
