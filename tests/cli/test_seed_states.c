/* Seeds 1 and 4: each state, by the fault that they name for it. */
#include "cli/seeds.h"
#include "event/phrases.h"

static const struct sim_site near_end = {
    .address = 0xc0000201,
    SEED_ALGORITHMS,
    .peers = {{.address = 0xc6336402,
               .key = "the same key at both ends, long enough",
               .local_net = 0x0a010000,
               .remote_net = 0x0a020000}},
};

static const struct sim_site far_end = {
    .address = 0xc6336402,
    SEED_ALGORITHMS,
    .peers = {{.address = 0xc0000201,
               .key = "the same key at both ends, long enough",
               .local_net = 0x0a020000,
               .remote_net = 0x0a010000}},
};

static void nothing_is_wrong(struct sim_site *w, struct sim_site *e)
{
    (void)w, (void)e;
}

static void no_tunnel_group(struct sim_site *w, struct sim_site *e)
{
    (void)w;
    e->peers[0].key = "";
}

static void other_key(struct sim_site *w, struct sim_site *e)
{
    (void)w;
    e->peers[0].key = "another key than the one over there";
}

static void aggressive(struct sim_site *w, struct sim_site *e)
{
    w->is_aggressive = e->is_aggressive = true;
    w->is_aggressive_answered = e->is_aggressive_answered = true;
    w->group_name = e->group_name = NULL;
}

static void aggressive_with_other_key(struct sim_site *w, struct sim_site *e)
{
    aggressive(w, e);
    other_key(w, e);
}

/* Device and peer are side by side: what is cut is a word of the seeds, an interface that is shut down, a way back that
 * is missing. */
static const struct {
    const char *asa, *ios, *fault, *why;
    void (*set)(struct sim_site *device, struct sim_site *peer);
    bool is_responder, is_device_mute, is_peer_mute;
} states[] = {
    {"MM_WAIT_MSG2", "MM_NO_STATE", "seed 4: the interface at the other end is shut down", "nothing comes back",
     nothing_is_wrong, false, false, true},
    {"MM_WAIT_MSG3", "MM_SA_SETUP", "seed 1: connectivity, a firewall in the way", "our answers do not arrive",
     nothing_is_wrong, true, true, false},
    {"MM_WAIT_MSG4", "MM_SA_SETUP", "seed 4: the tunnel-group is removed at the other end",
     "it goes silent at message 3", no_tunnel_group, false, false, false},
    {"MM_WAIT_MSG5", "MM_KEY_EXCH", "seed 4: another key at the initiator", "message 5 does not open", other_key, true,
     false, false},
    {"MM_WAIT_MSG6", "MM_KEY_EXCH", "seed 4: another key at the responder", "it cannot open message 5", other_key,
     false, false, false},
    {"MM_ACTIVE", "QM_IDLE", "none", "phase 1 is complete", nothing_is_wrong, false, false, false},
    {"AM_WAIT_MSG2", "AG_NO_STATE", "aggressive mode, and nothing comes back", "created, nothing else", aggressive,
     false, false, true},
    {"AM_WAIT_MSG3", "AG_INIT_EXCH", "aggressive mode with another key", "the first exchange is done, not proved",
     aggressive_with_other_key, true, false, false},
    {"AM_ACTIVE", "QM_IDLE", "none, in aggressive mode", "phase 1 is complete", aggressive, false, false, false},
};

enum { LOOK_MS = 20000 };

static void make_state(size_t i)
{
    struct sim_site device = near_end, peer = far_end;

    states[i].set(&device, &peer);
    seed_world();
    sim_site(seed.sim, DEVICE, &device);
    sim_site(seed.sim, PEER, &peer);
    sim_network(seed.sim)->is_cut[DEVICE] = states[i].is_device_mute;
    sim_network(seed.sim)->is_cut[PEER] = states[i].is_peer_mute;
    sim_acquire(seed.sim, states[i].is_responder ? PEER : DEVICE, 0);
    seed_run_to(LOOK_MS);
}

static void each_state_of_seeds_1_and_4_is_shown_where_its_fault_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        char expected[512];

        make_state(i);
        snprintf(expected, sizeof expected,
                 "\n"
                 "IKEv1 SAs:\n"
                 "\n"
                 "   Active SA: 1\n"
                 "    Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
                 "Total IKE SA: 1\n"
                 "\n"
                 "1   IKE Peer: 198.51.100.2\n"
                 "    Type    : L2L             Role    : %s \n"
                 "    Rekey   : no              State   : %s \n",
                 states[i].is_responder ? "responder" : "initiator", states[i].asa);
        seed.dialect = "asa";
        seed_expect("show crypto ikev1 sa", expected);
        seed.dialect = "ios12";
        snprintf(expected, sizeof expected,
                 "dst             src             state           conn-id    slot\n"
                 "%-15s %-15s %-15s       1       0\n"
                 "\n",
                 states[i].is_responder ? "192.0.2.1" : "198.51.100.2",
                 states[i].is_responder ? "198.51.100.2" : "192.0.2.1", states[i].ios);
        seed_expect("show crypto isakmp sa", expected);
    }
}

/* Those that last no time are in the history and in a router's debug, with the moment at which they were passed. */
static void states_that_last_no_time_are_in_the_history_and_the_debug(void **state)
{
    static const struct {
        size_t state;
        const char *line, *debug;
    } cases[] = {
        {5, "    12:00:00  SA 1    initiator  MM_ACTIVE     MM_KEY_AUTH, QM_IDLE\n",
         "ISAKMP (0:1): SA is authenticated: state (I) MM_KEY_AUTH, then QM_IDLE"},
        {8, "    12:00:00  SA 1    initiator  AM_ACTIVE     AG_AUTH, QM_IDLE\n",
         "ISAKMP (0:1): SA is authenticated: state (I) AG_AUTH, then QM_IDLE"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[PHRASE_LINE_SIZE];
        struct phrase_head head;
        bool is_told = false;

        make_state(cases[i].state);
        seed.dialect = "asa";
        char *screen = seed_screen("show tunnel 198.51.100.2 history");
        if (!strstr(screen, cases[i].line))
            fail_msg("no line%sin\n%s", cases[i].line, screen);
        free(screen);
        for (unsigned k = 0; k < seed.past_count; k++) {
            struct text t = text_of(line, sizeof line);

            if (phrase_write(DIALECT_IOS_OLD, &seed.past[k], 0, &head, &t))
                is_told |= strcmp(line, cases[i].debug) == 0;
        }
        assert_true(is_told);
    }
}

static void the_history_of_a_tunnel_that_does_not_form_ends_with_its_reason(void **state)
{
    (void)state;
    make_state(4);
    seed_run_to(40000);
    seed.dialect = "asa";
    seed_expect("show tunnel 198.51.100.2 history",
                "States with 198.51.100.2, the oldest first:\n"
                "    12:00:00  SA 1    initiator  MM_WAIT_MSG2  MM_NO_STATE\n"
                "    12:00:00  SA 1    initiator  MM_WAIT_MSG4  MM_SA_SETUP\n"
                "    12:00:00  SA 1    initiator  MM_WAIT_MSG6  MM_KEY_EXCH\n"
                "    12:00:32  SA 1    initiator  deleted       NO_ANSWER in MM_WAIT_MSG6\n");
    seed_expect("show tunnel 198.51.100.9 history", "Nothing has happened with that peer lately.\n");
}

int main(void)
{
#define WITH_SOCKET(test) cmocka_unit_test_setup_teardown(test, seed_start, seed_end)
    const struct CMUnitTest tests[] = {
        WITH_SOCKET(each_state_of_seeds_1_and_4_is_shown_where_its_fault_is),
        WITH_SOCKET(states_that_last_no_time_are_in_the_history_and_the_debug),
        WITH_SOCKET(the_history_of_a_tunnel_that_does_not_form_ends_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
