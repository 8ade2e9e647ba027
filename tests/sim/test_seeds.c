/* Worlds out of numbers. A failing one prints the command that runs it again:
 *
 *     test_sim_seeds --seed N [--plant P]        one world, its hash and what it violates
 *     test_sim_seeds --rates N                   how often N negotiations succeed under loss; fails below what is promised
 *     IKEWISE_SEEDS=20000 test_sim_seeds         many */
#include "base/check.h"
#include "sim/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *space;
static const char *program = "test_sim_seeds";

static int make_space(void **state)
{
    (void)state;
    space = malloc(seed_space());
    return space == NULL;
}

static int free_space(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static void command_of(char *command, size_t size, uint64_t seed, enum sim_plant plant)
{
    if (plant == SIM_PLANT_NONE)
        snprintf(command, size, "%s --seed %llu", program, (unsigned long long)seed);
    else
        snprintf(command, size, "%s --seed %llu --plant %d", program, (unsigned long long)seed, (int)plant);
}

static void print_replay(uint64_t seed, const struct seed_result *r)
{
    char command[1200];

    command_of(command, sizeof command, seed, SIM_PLANT_NONE);
    print_error("seed %llu, after %llu ms: %s; hash %016llx; again: %s\n", (unsigned long long)seed,
                (unsigned long long)r->at_ms, r->fault, (unsigned long long)r->hash, command);
}

static uint64_t wanted(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* What all worlds of a campaign have met. */
struct met {
    uint64_t happened[SIM_HAPPENINGS], worlds_of[SIM_SITES_MAX + 1];
};

static void met_add(struct met *met, const struct seed_result *r)
{
    met->worlds_of[r->site_count]++;
    for (int i = 0; i < SIM_HAPPENINGS; i++)
        met->happened[i] += r->happened[i];
}

/* So that a campaign that has grown harmless is no campaign. */
static void check_met(const struct met *met)
{
    for (int i = 0; i < SIM_HAPPENINGS; i++) {
        print_message("%10llu %s\n", (unsigned long long)met->happened[i], sim_happening_words((enum sim_happening)i));
        if (met->happened[i] == 0)
            fail_msg("no world has met %s", sim_happening_words((enum sim_happening)i));
    }
    for (int sites = 2; sites <= SIM_SITES_MAX; sites++) {
        print_message("%10llu worlds of %d gateways\n", (unsigned long long)met->worlds_of[sites], sites);
        if (met->worlds_of[sites] == 0)
            fail_msg("no world has %d gateways", sites);
    }
}

enum { CAMPAIGN = 500 }; /* so many seeds and more meet everything */

static void many_worlds_hold_the_invariants(void **state)
{
    struct met met = {0};
    uint64_t seeds = wanted("IKEWISE_SEEDS", CAMPAIGN);
    uint64_t failed = 0, packets = 0, delivered = 0;

    (void)state;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct seed_result r = seed_run(space, seed, SIM_PLANT_NONE);

        met_add(&met, &r);
        packets += r.packets.sent;
        delivered += r.packets.delivered;
        if (r.fault != NULL && ++failed <= 20)
            print_replay(seed, &r);
    }
    print_message("%llu worlds, %llu of %llu packets delivered, %llu worlds violate\n", (unsigned long long)seeds,
                  (unsigned long long)delivered, (unsigned long long)packets, (unsigned long long)failed);
    CHECK(failed == 0);
    if (seeds >= CAMPAIGN)
        check_met(&met);
}

/* Runs the very command that a failure prints. */
static bool command_says_the_same(uint64_t seed, enum sim_plant plant, const struct seed_result *r)
{
    char command[1200], line[512] = "", hash[32];

    command_of(command, sizeof command, seed, plant);
    FILE *pipe = popen(command, "r");
    CHECK(pipe != NULL);
    bool is_read = fgets(line, sizeof line, pipe) != NULL;
    snprintf(hash, sizeof hash, "hash %016llx", (unsigned long long)r->hash);
    return pclose(pipe) != 0 && is_read && strstr(line, hash) != NULL && strstr(line, r->fault) != NULL;
}

/* The number that a failing world prints is enough to see it fail again, the same way. */
static void a_broken_rule_is_found_and_replays_to_the_same_hash(void **state)
{
    static const struct {
        enum sim_plant plant;
        const char *fault;
    } cases[] = {
        {SIM_PLANT_REUSED_IV, "an IV or a message id is used twice"},
        {SIM_PLANT_OLD_ANSWERED, "a message is sent again after its successor"},
        {SIM_PLANT_COMMIT_WHILE_PARKED, "something changed an exchange that waits for the vault"},
        {SIM_PLANT_FORGERY_TAKEN, "a forged message changed an established SA"},
        {SIM_PLANT_NUMBERS_RESTARTED, "an ESP sequence number is used twice under one key"},
        {SIM_PLANT_NO_WINDOW, "a packet is delivered twice"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t seed = 0;
        struct seed_result first, again;

        for (;; seed++) {
            CHECK(seed < 200);
            first = seed_run(space, seed, cases[i].plant);
            if (first.fault != NULL && strcmp(first.fault, cases[i].fault) == 0)
                break;
        }
        again = seed_run(space, seed, cases[i].plant);
        CHECK(again.fault == first.fault && again.hash == first.hash && again.at_ms == first.at_ms);
        CHECK(command_says_the_same(seed, cases[i].plant, &first));
        print_message("planted %d: seed %llu finds it after %llu ms\n", (int)cases[i].plant, (unsigned long long)seed,
                      (unsigned long long)first.at_ms);
    }
}

/* What is promised, in ten thousandths. With fragments of 160 bytes four messages of nine go in three each. */
static const struct {
    struct seed_way way;
    unsigned tries, promised;
} rates[] = {
    {{10, 0, false}, 1, 9999}, {{30, 0, false}, 3, 9990}, {{20, 160, false}, 2, 9990},
    {{10, 0, true}, 2, 9990},  {{20, 0, true}, 3, 9990},  {{20, 160, true}, 3, 9990},
};

static int print_rates(uint64_t count)
{
    int missed = 0;

    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        uint64_t up = 0;

        for (uint64_t seed = 0; seed < count; seed++)
            up += seed_tries(space, seed, &rates[i].way, rates[i].tries) != 0;
        printf("%u %% loss, %s, %s: %llu of %llu up within %u tries\n", rates[i].way.loss_percent,
               rates[i].way.fragment_len == 0 ? "whole messages" : "fragments",
               rates[i].way.is_of_user ? "a user" : "a site", (unsigned long long)up, (unsigned long long)count,
               rates[i].tries);
        missed += up * 10000 < count * rates[i].promised;
    }
    return missed;
}

/* So few that not one may fail; --rates measures the promise. */
static void a_tunnel_comes_up_under_loss(void **state)
{
    (void)state;
    CHECK(print_rates(500) == 0);
}

static int run_one(uint64_t seed, enum sim_plant plant)
{
    struct seed_result r = seed_run(space, seed, plant);

    printf("seed %llu: %u sites, hash %016llx, %llu of %llu packets delivered: %s\n", (unsigned long long)seed,
           r.site_count, (unsigned long long)r.hash, (unsigned long long)r.packets.delivered,
           (unsigned long long)r.packets.sent, r.fault == NULL ? "all is well" : r.fault);
    return r.fault != NULL;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_rule_is_found_and_replays_to_the_same_hash),
        cmocka_unit_test(many_worlds_hold_the_invariants),
        cmocka_unit_test(a_tunnel_comes_up_under_loss),
    };
    int result = 0;

    program = argv[0];
    if (argc < 3)
        return cmocka_run_group_tests(tests, make_space, free_space);
    make_space(NULL);
    uint64_t number = strtoull(argv[2], NULL, 10);
    if (strcmp(argv[1], "--rates") == 0)
        result = print_rates(number);
    else
        result = run_one(number, argc == 5 ? (enum sim_plant)atoi(argv[4]) : SIM_PLANT_NONE);
    free_space(NULL);
    return result;
}
