/* Every file of tests/scenarios is run, every row of the step tables is taken by one of them, and what their engines
 * tell is held against the messages of the devices (messages.h).
 *
 *     test_sim_scenarios FILE...        these alone */
#include "base/check.h"
#include "ike/steps.h"
#include "sim/credentials.h"
#include "sim/messages.h"
#include "sim/scenario.h"
#include "sim/seed.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SCENARIOS_MAX = 256, FILE_MAX = 8192, ROWS_MAX = 128 };

static void *space;
static uint32_t rows_taken[ROWS_MAX];
static bool is_hung_in[STATE_COUNT];

static bool run_file(const char *path)
{
    static struct scenario s;
    static uint8_t text[FILE_MAX];
    char why[512];
    struct text error = text_of(why, sizeof why);
    struct sim *sim = NULL;
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(text, 1, sizeof text, file);

    if (file != NULL)
        fclose(file);
    bool is_read = scenario_read(&s, bytes_of(text, len), &error);
    s.credentials = credentials(&s.credential_count);
    s.listener = messages_told;
    bool is_good = is_read && scenario_run(&s, space, 1, &sim, &error);
    if (!is_good)
        print_error("%s: %s\n", path, why);
    for (size_t i = 0; i < ROWS_MAX && sim != NULL; i++)
        rows_taken[i] += sim_row_count(sim, i);
    for (uint32_t i = 0; i < s.line_count; i++)
        for (int k = 0; k < STATE_COUNT; k++)
            if (s.lines[i].kind == LINE_IN_STATE && s.lines[i].is_at && s.lines[i].at_ms >= 20000 &&
                strcmp(s.lines[i].text, state_info((enum state)k)->name) == 0)
                is_hung_in[k] = is_good;
    return is_good;
}

static int is_scenario(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

static void every_scenario_comes_out_as_it_says(void **state)
{
    struct dirent **entries;
    int count = scandir(TESTS_DIR "/scenarios", &entries, is_scenario, alphasort), failed = 0;

    (void)state;
    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
        char path[1024];

        snprintf(path, sizeof path, "%s/scenarios/%s", TESTS_DIR, entries[i]->d_name);
        failed += !run_file(path);
        free(entries[i]);
    }
    free(entries);
    print_message("%d scenarios\n", count);
    CHECK(failed == 0);
}

/* After the first test. */
static void every_row_of_the_step_tables_is_taken(void **state)
{
    int missing = 0;

    (void)state;
    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);

        CHECK(i < ROWS_MAX);
        if (rows_taken[i] > 0)
            continue;
        print_error("no scenario takes the row %s, %s, to %s\n", state_info(step->from)->name,
                    step->side == INITIATOR ? "initiator" : "responder", state_info(step->to)->name);
        missing++;
    }
    CHECK(missing == 0);
}

/* After the first test. Each state in which an engineer finds a tunnel stuck (the seeds' MM_WAIT_MSG2 to 6) has a
 * story. */
static void every_state_that_waits_for_a_peer_hangs_in_some_scenario(void **state)
{
    (void)state;
    for (int i = 0; i < STATE_COUNT; i++) {
        const struct state_info *info = state_info((enum state)i);

        if ((info->waits == WAITS_PEER || info->waits == WAITS_SILENT) && !is_hung_in[i])
            fail_msg("no scenario hangs in %s for 20 s", info->name);
    }
}

static void a_line_that_is_not_known_is_named(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"scenario: x\npeers: west east\nat 0s west wants a tunnel\n", "half a sentence"},
        {"scenario: x\npeers: west east\nat 0s north wants a tunnel to west\n", "nobody of that name"},
        {"scenario: x\npeers: west east\nfault: bend west's 1st message\n", "no such fault"},
        {"scenario: x\npeers: west east\nexpect both up within a while\n", "no time"},
        {"scenario: x\npeers: west east\nrepair: west wants PFS\n", "a repair without its time"},
        {"scenario: x\npeers: west east\nrepair: at 5s west wants peace\n", "a repair that is no gift"},
        {"scenario: x\npeers: west\n", "one peer"},
        {"peers: west east\n", "no title"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct scenario s;
        char why[512] = "";
        struct text error = text_of(why, sizeof why);

        if (scenario_read(&s, bytes_of(cases[i].text, strlen(cases[i].text)), &error) || why[0] == '\0')
            fail_msg("%s was read", cases[i].why);
    }
}

static void what_does_not_come_true_fails(void **state)
{
    static const char text[] = "scenario: x\npeers: west east\nat 0s west wants a tunnel to east\n"
                               "expect west sends its 1st message twice\n";
    static struct scenario s;
    char why[512];
    struct text error = text_of(why, sizeof why);
    struct sim *sim;

    (void)state;
    CHECK(scenario_read(&s, bytes_of(text, sizeof text - 1), &error));
    CHECK(!scenario_run(&s, space, 1, &sim, &error) && strstr(why, "line 4") != NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_comes_out_as_it_says),
        cmocka_unit_test(every_row_of_the_step_tables_is_taken),
        cmocka_unit_test(every_state_that_waits_for_a_peer_hangs_in_some_scenario),
        cmocka_unit_test(each_message_of_an_asa_is_said_or_has_a_reason),
        cmocka_unit_test(each_line_of_ios_is_said_or_has_a_reason),
        cmocka_unit_test(each_message_of_an_asa_that_is_written_is_in_the_table),
        cmocka_unit_test(a_line_that_is_not_known_is_named),
        cmocka_unit_test(what_does_not_come_true_fails),
    };
    int failed = 0;

    space = malloc(seed_space());
    CHECK(space != NULL);
    messages_read();
    for (int i = 1; i < argc; i++)
        failed += !run_file(argv[i]);
    if (argc == 1)
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(space);
    return failed;
}
