/* Each repair-CAUSE.txt of tests/scenarios is a world in which a tunnel fails for that cause until the repair is made.
 * That it comes up then is test_sim_scenarios' to see; here both ends' events up to the repair are diagnosed: the cause
 * is named, so that the repair is printed under it. */
#include "diag/diag.h"
#include "sim/credentials.h"
#include "sim/scenario.h"
#include "sim/seed.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VIEWS = 64, SPACE = 8 * 1024 * 1024, FILE_MAX = 8192, RANKS_MAX = 3 };

/* What both ends' messages alone do not single out: the likelier cause stands first, with the test that splits them; or
 * nothing is seen at all, as IKE itself is well. */
static const struct {
    const char *cause, *first, *why;
    bool is_unseen; /* no message shows it */
} alike[] = {
    {"route_missing", "udp500_blocked_return", "an answer that is lost does not say where", false},
    {"udp500_blocked", "peer_down", "east has not heard a word, as if it were off", false},
    {"one_way_traffic", "none", "what ESP carries stands in the counters of a screen, not in a message", true},
    {"stale_sa", "none", "without DPD nobody asks, and ESP for an SPI that is gone is the plane's to see", true},
    {"lifetime_mismatch", "p1_policy_mismatch", "a refusal does not say which attribute it is for", true},
    {"proposal_too_long", "peer_down", "a peer that hears nothing is as silent as one that is off", false},
    {"daemon_conflict", "peer_down",
     "it is said by the daemon that finds its ports taken, before any message: tests/explain has such logs", true},
};

struct heard {
    struct diag *diag;
    uint64_t begun_ms, until_ms;
    uint32_t records;
};

static void hear(void *context, uint32_t site, uint64_t at_ms, const struct event *e)
{
    struct heard *h = context;
    struct observation seen = {.source = (uint16_t)site,
                               .record = ++h->records,
                               .line = h->records,
                               .has_time = true,
                               .time_ms = at_ms,
                               .vantage = VANTAGE_DEVICE,
                               .product = PRODUCT_IKEWISE};

    if (h->begun_ms == 0)
        h->begun_ms = at_ms;
    if (at_ms - h->begun_ms >= h->until_ms)
        return;
    event_copy(&seen.event, e);
    diag_add(h->diag, &seen, event_meaning((enum event_kind)e->kind));
}

static const char *first_instead_of(const char *cause, bool *is_unseen)
{
    *is_unseen = false;
    for (size_t i = 0; i < COUNT_OF(alike); i++)
        if (strcmp(alike[i].cause, cause) == 0) {
            *is_unseen = alike[i].is_unseen;
            return alike[i].first;
        }
    return cause;
}

static bool is_named(const struct report *report, const char *cause)
{
    bool is_unseen;
    const char *first = first_instead_of(cause, &is_unseen);

    for (size_t i = 0; i < report->negotiation_count; i++) {
        const struct report_negotiation *n = &report->negotiations[i];

        if (n->cause_count == 0 || strcmp(n->causes[0].id, first) != 0)
            continue;
        for (size_t k = 0; !is_unseen && k < n->cause_count && k < RANKS_MAX; k++)
            if (strcmp(n->causes[k].id, cause) == 0)
                return n->causes[k].this_end_count + n->causes[k].that_end_count > 0;
        if (is_unseen)
            return true;
    }
    return false;
}

static void show(const struct report *report)
{
    for (size_t i = 0; i < report->negotiation_count; i++)
        for (size_t k = 0; k < report->negotiations[i].cause_count; k++)
            print_error("  %s %s %.2f\n", k == 0 ? "-" : " ", report->negotiations[i].causes[k].id,
                        report->negotiations[i].causes[k].score);
}

static bool names_its_cause(const char *path, const char *cause)
{
    static struct scenario s;
    static uint8_t text[FILE_MAX];
    char why[512] = "";
    struct text error = text_of(why, sizeof why);
    struct sim *sim;
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(text, 1, sizeof text, file);

    assert_non_null(file);
    fclose(file);
    if (!scenario_read(&s, bytes_of(text, len), &error))
        fail_msg("%s: %s", path, why);
    assert_non_null(scenario_repair(&s));
    size_t size = diag_space(VIEWS) + SPACE;
    void *memory = calloc(1, size), *space = malloc(seed_space());
    struct arena arena = arena_of(memory, size);
    struct heard heard = {.diag = diag_new(&arena, VIEWS), .until_ms = scenario_repair(&s)->at_ms};

    assert_non_null(heard.diag);
    for (uint16_t i = 0; i < s.site_count; i++)
        diag_add_file(heard.diag, i, VANTAGE_DEVICE);
    s.credentials = credentials(&s.credential_count);
    s.listener = hear;
    s.listener_context = &heard;
    if (!scenario_run(&s, space, 1, &sim, &error))
        fail_msg("%s: %s", path, why);
    struct report *report = diag_report(heard.diag, &arena);

    assert_non_null(report);
    bool is_right = is_named(report, cause);
    if (!is_right) {
        print_error("%s is not named\n", cause);
        show(report);
    }
    free(memory);
    free(space);
    return is_right;
}

static void what_fails_until_it_is_repaired_is_named_before(void **state)
{
    static const char begin[] = "repair-", end[] = ".txt";
    DIR *dir = opendir(TESTS_DIR "/scenarios");
    size_t count = 0, wrong = 0;

    (void)state;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        char path[1024], cause[64];

        if (strncmp(entry->d_name, begin, sizeof begin - 1) != 0 || len < sizeof begin + sizeof end ||
            strcmp(entry->d_name + len - (sizeof end - 1), end) != 0)
            continue;
        snprintf(path, sizeof path, "%s/scenarios/%s", TESTS_DIR, entry->d_name);
        snprintf(cause, sizeof cause, "%.*s", (int)(len - (sizeof begin - 1) - (sizeof end - 1)),
                 entry->d_name + sizeof begin - 1);
        count++;
        wrong += !names_its_cause(path, cause);
    }
    closedir(dir);
    assert_true(count > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_fails_until_it_is_repaired_is_named_before)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
