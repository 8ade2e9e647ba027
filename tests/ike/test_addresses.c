/* To whom is answered, and what is told of roles and of ends, when several SAs or addresses are in play. */
#include "base/check.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEST, EAST };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000 };
enum { DELAY_MS = 100 };

static void *space;

static struct sim *world(uint32_t lifetime_s)
{
    struct sim_site west = {
        .address = WEST_IP,
        .cipher = CIPHER_AES256_CBC,
        .hash = HASH_SHA256,
        .group = GROUP_ECP256,
        .esp_cipher = CIPHER_AES128_CBC,
        .esp_integrity = HASH_SHA1,
        .lifetime_s = lifetime_s,
        .esp_lifetime_s = 86400,
        .peers = {{.address = EAST_IP, .key = "k", .local_net = WEST_NET, .remote_net = EAST_NET}},
    };
    struct sim_site east = west;
    struct sim *sim = sim_make(space, 2, 1);

    east.address = EAST_IP;
    east.peers[0] = (struct sim_peer){.address = WEST_IP, .key = "k", .local_net = EAST_NET, .remote_net = WEST_NET};
    sim_site(sim, WEST, &west);
    sim_site(sim, EAST, &east);
    return sim;
}

static int make_space(void **state)
{
    (void)state;
    space = malloc(sim_space(2));
    return space == NULL;
}

static int free_space(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static void D04_while_phase_1_runs_only_the_peers_own_address_is_answered(void **state)
{
    struct endpoint elsewhere = {ip_of_v4(0x0b0b0b0b), 500}, other_port = {ip_of_v4(WEST_IP), 1500};
    struct sim *sim = world(86400);

    (void)state;
    sim_network(sim)->delay_min_ms = sim_network(sim)->delay_max_ms = DELAY_MS;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 2 * DELAY_MS + DELAY_MS / 2); /* message 3 is under way */
    const struct sim_datagram *third = sim_datagram(sim, 2);
    CHECK(third != NULL && third->site == WEST && sim_sent(sim, EAST) == 1);

    sim_inject(sim, EAST, elsewhere, third->to, third->data);
    sim_run(sim, 1);
    CHECK(sim_sent(sim, EAST) == 1);
    const struct event *refused = sim_last_event(sim, EAST, EV_MESSAGE_REFUSED);
    CHECK(refused != NULL && strcmp(event_text(refused, FIELD_REASON), "BAD_SOURCE") == 0);

    /* A NAT may change the port. */
    sim_inject(sim, EAST, other_port, third->to, third->data);
    sim_run(sim, 1);
    CHECK(sim_sent(sim, EAST) == 2);
    sim_run(sim, 5000);
    CHECK(sim_fault(sim) == NULL);
}

static void what_is_told_of_a_quick_mode_names_our_role_in_it_and_not_in_phase_1(void **state)
{
    struct sim *sim = world(86400);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    sim_command(sim, WEST, IKE_CLEAR_IPSEC);
    sim_run(sim, 5000);
    sim_acquire(sim, EAST, 0);
    sim_run(sim, 5000);
    const struct event *negotiated = sim_last_event(sim, EAST, EV_PAIR_NEGOTIATED);
    CHECK(sim_event_count(sim, EAST, EV_PHASE1_COMPLETED) == 1 && sim_event_count(sim, EAST, EV_PAIR_NEGOTIATED) == 2);
    CHECK(strcmp(event_text(negotiated, FIELD_ROLE), "initiator") == 0);
    CHECK(strcmp(event_text(sim_last_event(sim, WEST, EV_PAIR_NEGOTIATED), FIELD_ROLE), "responder") == 0);
}

/* Where the peer counts longer, it would go on using the old one. */
static void an_isakmp_sa_that_expires_beside_its_successor_is_told_to_the_peer(void **state)
{
    struct sim *sim = world(120);

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_event_count(sim, WEST, EV_PHASE1_COMPLETED) == 1);
    sim_run(sim, 4000 * 1000);
    uint32_t ended = sim_event_count(sim, WEST, EV_PHASE1_DELETED);
    CHECK(ended > 10);
    CHECK(ended <= sim_event_count(sim, WEST, EV_DELETE_SENT) + sim_event_count(sim, WEST, EV_DELETE_RECEIVED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D04_while_phase_1_runs_only_the_peers_own_address_is_answered),
        cmocka_unit_test(what_is_told_of_a_quick_mode_names_our_role_in_it_and_not_in_phase_1),
        cmocka_unit_test(an_isakmp_sa_that_expires_beside_its_successor_is_told_to_the_peer),
    };

    return cmocka_run_group_tests(tests, make_space, free_space);
}
