/* Each impairment of faults.def on each message of a negotiation: nothing that must hold is broken, and the next try
 * succeeds. */
#include "base/check.h"
#include "sim/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEST, EAST, MESSAGES = 5 };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000 };

static struct sim *world(void *space, uint64_t seed)
{
    struct sim_site west = {
        .address = WEST_IP,
        .cipher = CIPHER_AES256_CBC,
        .hash = HASH_SHA256,
        .group = GROUP_ECP256,
        .esp_cipher = CIPHER_AES128_CBC,
        .esp_integrity = HASH_SHA1,
        .peers = {{.address = EAST_IP, .key = "correct horse", .local_net = WEST_NET, .remote_net = EAST_NET}},
    };
    struct sim_site east = west;
    struct sim *sim = sim_make(space, 2, seed);

    east.address = EAST_IP;
    east.peers[0] =
        (struct sim_peer){.address = WEST_IP, .key = "correct horse", .local_net = EAST_NET, .remote_net = WEST_NET};
    sim_site(sim, WEST, &west);
    sim_site(sim, EAST, &east);
    return sim;
}

static void whatever_happens_to_one_message_the_next_try_succeeds(void **state)
{
    void *space = malloc(seed_space());
    uint32_t fitting = 0;

    (void)state;
    CHECK(space != NULL);
    for (int i = IMPAIR_NONE + 1; i < IMPAIR_COUNT; i++) {
        uint32_t fits = 0;

        for (uint32_t n = 0; n < 2 * 2 * MESSAGES; n++) {
            struct sim *sim = world(space, n);

            sim_impair(sim, n % 2, 1 + n / 4, (enum impairment)i, n % 4 >= 2);
            sim_acquire(sim, WEST, 0);
            sim_run(sim, 70000);
            if (sim_fault(sim) != NULL && strcmp(sim_fault(sim), "an impairment does not fit its message") == 0)
                continue;
            fits++;
            if (!sim_pairs_agree_for(sim, WEST, 0, EAST)) {
                sim_command(sim, WEST, IKE_DOWN);
                sim_command(sim, EAST, IKE_DOWN);
                sim_run(sim, 70000);
                sim_acquire(sim, WEST, 0);
                sim_run(sim, 40000);
            }
            if (sim_fault(sim) != NULL || !sim_pairs_agree_for(sim, WEST, 0, EAST))
                fail_msg("%s %s's message %u: %s", impairment_words((enum impairment)i), n % 2 == 0 ? "west" : "east",
                         1 + n / 4, sim_fault(sim) != NULL ? sim_fault(sim) : "no tunnel");
        }
        if (fits == 0)
            fail_msg("%s fits no message", impairment_words((enum impairment)i));
        fitting += fits;
    }
    print_message("%u impaired messages\n", fitting);
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens_to_one_message_the_next_try_succeeds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
