/* A fault is planted in one of two configurations: the tunnel fails, the cause is named, and the change that is named
 * brings it up. */
#include "trial/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEST, EAST, EITHER };

static const char *const base[2] = {
    "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.255.0\n"
    "access-list VPN extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"
    "crypto ipsec ikev1 transform-set SET esp-aes-256 esp-sha256-hmac\n"
    "crypto map OUT 10 match address VPN\ncrypto map OUT 10 set peer 203.0.113.2\n"
    "crypto map OUT 10 set ikev1 transform-set SET\ncrypto map OUT interface outside\n"
    "crypto ikev1 enable outside\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha256\n group 19\n lifetime 86400\n"
    "tunnel-group 203.0.113.2 type ipsec-l2l\ntunnel-group 203.0.113.2 ipsec-attributes\n"
    " ikev1 pre-shared-key west-and-east-1\n",
    "interface GigabitEthernet0/0\n nameif outside\n ip address 203.0.113.2 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.2.0.1 255.255.255.0\n"
    "access-list VPN extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
    "crypto ipsec ikev1 transform-set SET esp-aes-256 esp-sha256-hmac\n"
    "crypto map OUT 10 match address VPN\ncrypto map OUT 10 set peer 198.51.100.2\n"
    "crypto map OUT 10 set ikev1 transform-set SET\ncrypto map OUT interface outside\n"
    "crypto ikev1 enable outside\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha256\n group 19\n lifetime 86400\n"
    "tunnel-group 198.51.100.2 type ipsec-l2l\ntunnel-group 198.51.100.2 ipsec-attributes\n"
    " ikev1 pre-shared-key west-and-east-1\n",
};

#define OTHER_TUNNEL                                                                                                   \
    "access-list THIRD extended permit ip 10.1.0.0 255.255.255.0 10.3.0.0 255.255.255.0\n"                             \
    "crypto map OUT 30 match address THIRD\ncrypto map OUT 30 set peer 192.0.2.3\n"                                    \
    "crypto map OUT 30 set ikev1 transform-set SET\n"                                                                  \
    "tunnel-group 192.0.2.3 type ipsec-l2l\ntunnel-group 192.0.2.3 ipsec-attributes\n ikev1 pre-shared-key third-1\n"

#define GROUP_POLICY(peer, line)                                                                                       \
    "group-policy GP internal\ngroup-policy GP attributes\n " line "\ntunnel-group " peer                              \
    " general-attributes\n default-group-policy GP\n"

/* clang-format off */
static const struct {
    const char *why;
    const char *planted[3]; /* at west, at east; the identity that east wants */
    const char *cause;   /* of the first attempt that fails */
    int repaired_at;     /* an end where a change is possible */
} rows[] = {
    {"another cipher in phase 1", {"crypto ikev1 policy 10\n encryption 3des\ncrypto ikev1 weak-algorithms\n"}, "p1_encr_mismatch", WEST},
    {"another key length in phase 1", {"", "crypto ikev1 policy 10\n encryption aes\n"}, "p1_keylen_mismatch", WEST},
    {"another hash in phase 1", {"crypto ikev1 policy 10\n hash sha\n"}, "p1_hash_mismatch", WEST},
    {"another group in phase 1", {"", "crypto ikev1 policy 10\n group 20\n"}, "p1_dh_mismatch", EAST},
    {"two attributes of phase 1 differ", {"crypto ikev1 policy 10\n group 20\n hash sha\n"}, "p1_policy_mismatch", WEST},
    {"a policy that other tunnels use too is not touched: one is added", {OTHER_TUNNEL "crypto ikev1 policy 10\n hash sha\n"}, "p1_hash_mismatch", WEST},
    {"certificates at one end", {"crypto ikev1 policy 10\n authentication rsa-sig\n"}, "p1_auth_method_mismatch", WEST},
    {"only weak algorithms, and they are not allowed", {"crypto ikev1 policy 10\n group 2\n", "crypto ikev1 weak-algorithms\ncrypto ikev1 policy 10\n group 2\n"}, "weak_alg_disabled", WEST},
    {"the keys differ", {"", "tunnel-group 198.51.100.2 ipsec-attributes\n ikev1 pre-shared-key west-and-east-2\n"}, "psk_mismatch", WEST},
    {"no tunnel-group for the initiator", {"", "no tunnel-group 198.51.100.2 type ipsec-l2l\nno tunnel-group 198.51.100.2 ipsec-attributes\n"}, "psk_not_found", EAST},
    {"a tunnel-group without a key", {"", "tunnel-group 198.51.100.2 ipsec-attributes\n no ikev1 pre-shared-key west-and-east-1\n"}, "psk_not_found", EAST},
    {"another cipher in phase 2", {"crypto ipsec ikev1 transform-set SET esp-aes esp-sha256-hmac\n"}, "p2_encr_mismatch", EAST},
    {"another hash in phase 2", {"", "crypto ipsec ikev1 transform-set SET esp-aes-256 esp-sha-hmac\n"}, "p2_hash_mismatch", WEST},
    {"cipher and hash of phase 2 differ", {"", "crypto ipsec ikev1 transform-set SET esp-aes esp-sha-hmac\n"}, "p2_transform_mismatch", EAST},
    {"PFS at the responder alone", {"", "crypto map OUT 10 set pfs group19\n"}, "p2_pfs_mismatch", EAST},
    {"the PFS groups differ", {"crypto map OUT 10 set pfs group19\n", "crypto map OUT 10 set pfs group20\n"}, "p2_pfs_mismatch", WEST},
    {"the crypto ACLs do not mirror each other", {"access-list VPN extended permit ip 10.1.9.0 255.255.255.0 10.2.0.0 255.255.255.0\n"}, "p2_selector_mismatch", EAST},
    {"the mask of one network differs", {"", "no access-list VPN extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\naccess-list VPN extended permit ip 10.2.0.0 255.255.0.0 10.1.0.0 255.255.255.0\n"}, "p2_selector_mismatch", WEST},
    {"the crypto map is on no interface", {"", "no crypto map OUT interface outside\n"}, "crypto_map_missing", EAST},
    {"the crypto map entry has no transform set", {"no crypto map OUT 10 set ikev1 transform-set SET\n"}, "crypto_map_missing", WEST},
    {"the crypto map entry has no access-list", {"", "no crypto map OUT 10 match address VPN\n"}, "crypto_map_missing", EAST},
    {"another entry takes the traffic", {"access-list ALL extended permit ip 10.1.0.0 255.255.0.0 any\ncrypto map OUT 5 match address ALL\ncrypto map OUT 5 set peer 192.0.2.3\ncrypto map OUT 5 set ikev1 transform-set SET\ntunnel-group 192.0.2.3 type ipsec-l2l\ntunnel-group 192.0.2.3 ipsec-attributes\n ikev1 pre-shared-key third-1\n"}, "crypto_map_order", WEST},
    {"IKEv1 is not enabled", {"", "no crypto ikev1 enable outside\n"}, "ike_version_mismatch", EAST},
    {"the peer's address is wrong", {"crypto map OUT 10 set peer 203.0.113.9\nno crypto map OUT 10 set peer 203.0.113.2\ntunnel-group 203.0.113.9 type ipsec-l2l\ntunnel-group 203.0.113.9 ipsec-attributes\n ikev1 pre-shared-key west-and-east-1\n"}, "peer_address_wrong", WEST},
    {"the responder knows somebody else", {"", "no crypto map OUT 10 set peer 198.51.100.2\ncrypto map OUT 10 set peer 198.51.100.9\ncrypto map OUT 20 set peer 198.51.100.10\n"}, "peer_not_configured", EAST},
    {"NAT between them, and NAT traversal is off", {"interface GigabitEthernet0/0\n ip address 192.168.7.2 255.255.255.0\nno crypto isakmp nat-traversal\n"}, "nat_t_problem", WEST},
    {"transport mode at one end", {"", "crypto ipsec ikev1 transform-set SET mode transport\n"}, "p2_mode_mismatch", EAST},
    {"extended sequence numbers at one end", {"", "crypto ipsec ikev1 transform-set SET esn\n"}, "p2_esn_mismatch", EAST},
    {"extended sequence numbers at the other end", {"crypto ipsec ikev1 transform-set SET esn\n"}, "p2_esn_mismatch", WEST},
    {"NAT before the crypto ACL", {"ASA Version 9.1(2)\nobject network LAN\n subnet 10.1.0.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"}, "nat_breaks_traffic", WEST},
    {"NAT before the crypto ACL, as it was written before 8.3", {"nat (inside) 1 10.1.0.0 255.255.255.0\nglobal (outside) 1 interface\n"}, "nat_breaks_traffic", WEST},
    {"the group-policy allows no IKEv1: at the one who answers", {"", GROUP_POLICY("198.51.100.2", "vpn-tunnel-protocol ikev2")}, "group_policy_protocol", EAST},
    {"the group-policy allows no IKEv1: at the one who begins", {GROUP_POLICY("203.0.113.2", "vpn-tunnel-protocol ssl-client ikev2")}, "group_policy_protocol", WEST},
    {"the vpn-filter lets nothing through", {"access-list FILTER extended permit ip 10.9.0.0 255.255.255.0 any\n" GROUP_POLICY("203.0.113.2", "vpn-filter value FILTER")}, "vpn_filter", WEST},
    {"the vpn-filter stands the wrong way round", {"", "access-list FILTER extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n" GROUP_POLICY("198.51.100.2", "vpn-filter value FILTER")}, "vpn_filter", EAST},
    {"the interface has no address", {"interface GigabitEthernet0/0\n no ip address\n"}, "local_address_wrong", WEST},
    {"aggressive mode meets who answers main mode alone: at the one who begins", {"crypto map OUT 10 set ikev1 phase1-mode aggressive\n"}, "mode_mismatch", WEST},
    {"aggressive mode meets who answers main mode alone: at the one who answers", {"crypto map OUT 10 set ikev1 phase1-mode aggressive\n"}, "mode_mismatch", EAST},
};

/* Of identities both ends have a change, each in the words of its product. */
static const struct {
    const char *why;
    const char *planted[3];
    const char *cause;
    int repaired_at;
    enum product products[2]; /* PRODUCT_UNKNOWN: an ASA */
    const char *line;         /* the last of the change */
} identities[] = {
    {"the address is wanted of who says his name", {"crypto isakmp identity hostname\n", "", "198.51.100.2"}, "id_mismatch", WEST, {0}, "crypto isakmp identity address"},
    {"a router, too", {"crypto isakmp identity hostname\n", "", "198.51.100.2"}, "id_mismatch", WEST, {PRODUCT_IOS}, "crypto isakmp identity address"},
    {"a name with dots is wanted of who says his address", {"", "", "west.example.net"}, "id_mismatch", WEST, {0}, "crypto isakmp identity hostname"},
    {"a router has a name with dots, too", {"", "", "west.example.net"}, "id_mismatch", WEST, {PRODUCT_IOS}, "crypto isakmp identity hostname"},
    {"the domain differs", {"hostname west\ndomain-name example.org\ncrypto isakmp identity hostname\n", "", "west.example.net"}, "id_mismatch", WEST, {0}, "crypto isakmp identity hostname"},
    {"a name without dots is wanted", {"", "", "branch7"}, "id_mismatch", WEST, {0}, "crypto isakmp identity key-id branch7"},
    {"a name is wanted of strongSwan", {"", "", "west.example.net"}, "id_mismatch", WEST, {PRODUCT_STRONGSWAN}, "local-1 { id = west.example.net }"},
    {"a name is wanted of libreswan", {"", "", "west.example.net"}, "id_mismatch", WEST, {PRODUCT_LIBRESWAN}, "leftid=@west.example.net"},
    {"who wants a name takes the address that is said", {"", "", "west.example.net"}, "id_mismatch", EAST, {PRODUCT_STRONGSWAN, PRODUCT_STRONGSWAN}, "remote-1 { id = 198.51.100.2 }"},
    {"who wants the address takes the name that is said", {"hostname west\ndomain-name example.net\ncrypto isakmp identity hostname\n", "", "198.51.100.2"}, "id_mismatch", EAST, {PRODUCT_ASA, PRODUCT_STRONGSWAN}, "remote-1 { id = west.example.net }"},
    {"behind NAT the private address is said, and strongSwan may say the public one", {"interface GigabitEthernet0/0\n ip address 192.168.7.2 255.255.255.0\n", "", "198.51.100.2"}, "id_nat_mismatch", WEST, {PRODUCT_STRONGSWAN}, "local-1 { id = 198.51.100.2 }"},
    {"an ASA can say no address but its own: who wants the public one takes the private one", {"interface GigabitEthernet0/0\n ip address 192.168.7.2 255.255.255.0\n", "", "198.51.100.2"}, "id_nat_mismatch", EAST, {PRODUCT_ASA, PRODUCT_STRONGSWAN}, "remote-1 { id = 192.168.7.2 }"},
};
/* clang-format on */

static void *memory;
static size_t memory_size;

static int make_memory(void **state)
{
    (void)state;
    memory_size = trial_space(8192);
    memory = malloc(memory_size);
    return memory == NULL;
}

static int free_memory(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* `expects`: what east wants of west's identity; NULL: whatever comes. */
static const struct trial_result *run_as(const char *const *planted, const char *expects, const enum product *products)
{
    static char texts[2][8192];
    static const char *const names[] = {"west.conf", "east.conf"};
    struct arena arena = arena_of(memory, memory_size);
    struct trial *trial = trial_new(&arena, 8192);
    const char *why;

    assert_non_null(trial);
    for (unsigned i = 0; i < 2; i++) {
        struct text t = text_of(texts[i], sizeof texts[i]);

        text_add(&t, "%s%s", base[i], planted[i] ? planted[i] : "");
        assert_false(t.is_cut);
        assert_true(trial_add_end(trial, i,
                                  &(struct trial_end){.name = names[i],
                                                      .product = products && products[i] ? products[i] : PRODUCT_ASA,
                                                      .text = bytes_of(texts[i], t.len),
                                                      .expects = i == EAST ? expects : NULL},
                                  &why));
    }
    return trial_run(trial, EITHER, true);
}

static const struct trial_result *run(const char *const *planted)
{
    return run_as(planted, NULL, NULL);
}

static const struct trial_attempt *first_failure(const struct trial_result *r)
{
    for (unsigned end = 0; end < 2; end++)
        for (size_t i = 0; i < r->attempt_counts[end]; i++)
            if (!r->attempts[end][i].is_up)
                return &r->attempts[end][i];
    return NULL;
}

static void show(const struct trial_result *r)
{
    const struct trial_attempt *a = first_failure(r);

    if (a)
        print_error("%s (%s): %s %s / %s %s\n", a->cause, a->why, a->stops[0].asa, a->stops[0].reason, a->stops[1].asa,
                    a->stops[1].reason);
    for (size_t i = 0; i < r->note_count; i++)
        print_error("note: %s\n", r->notes[i]);
    for (size_t i = 0; i < r->step_count; i++)
        for (unsigned end = 0; end < 2; end++)
            for (size_t k = 0; k < r->steps[i].changes[end].own_count; k++)
                print_error("%s at %u%s%s: %s\n", r->steps[i].cause, end, r->steps[i].chosen == end ? " (chosen)" : "",
                            r->steps[i].changes[end].is_possible ? "" : " (does not help)",
                            r->steps[i].changes[end].own[k]);
}

static void two_ends_that_fit_come_up(void **state)
{
    static const char *const nothing[2];
    const struct trial_result *r = run(nothing);

    (void)state;
    if (!r->is_up)
        show(r);
    assert_true(r->is_up);
    assert_int_equal(r->attempt_counts[WEST], 1);
    assert_int_equal(r->attempt_counts[EAST], 1);
    assert_int_equal(r->step_count, 0);
}

static void each_planted_fault_is_named_and_its_repair_brings_the_tunnel_up(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct trial_result *r = run(rows[i].planted);
        const struct trial_attempt *a = first_failure(r);
        bool is_right = a && strcmp(a->cause, rows[i].cause) == 0 && r->is_repaired && r->step_count == 1 &&
                        r->steps[0].changes[rows[i].repaired_at].is_possible;

        if (is_right)
            continue;
        wrong++;
        print_error("row %zu, %s: expected %s\n", i, rows[i].why, rows[i].cause);
        show(r);
    }
    assert_int_equal(wrong, 0);
}

static void who_says_another_identity_says_the_one_that_is_wanted_or_the_other_end_takes_it(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(identities); i++) {
        const struct trial_result *r = run_as(identities[i].planted, identities[i].planted[2], identities[i].products);
        const struct trial_attempt *a = first_failure(r);
        const struct trial_change *change = &r->steps[0].changes[identities[i].repaired_at];

        if (a && strcmp(a->cause, identities[i].cause) == 0 && r->is_repaired && r->step_count == 1 &&
            change->is_possible && strcmp(change->own[change->own_count - 1], identities[i].line) == 0)
            continue;
        wrong++;
        print_error("row %zu, %s: expected %s\n", i, identities[i].why, identities[i].cause);
        show(r);
    }
    assert_int_equal(wrong, 0);
}

static void several_faults_are_repaired_one_after_the_other(void **state)
{
    static const char *const planted[2] = {
        "crypto ikev1 policy 10\n hash sha\ncrypto map OUT 10 set pfs group19\n",
        "crypto map OUT 10 set pfs group20\n"
        "tunnel-group 198.51.100.2 ipsec-attributes\n ikev1 pre-shared-key other-1\n"};
    static const char *const causes[] = {"p1_hash_mismatch", "psk_mismatch", "p2_pfs_mismatch"};
    const struct trial_result *r = run(planted);

    (void)state;
    if (!r->is_repaired)
        show(r);
    assert_true(r->is_repaired);
    assert_int_equal(r->step_count, COUNT_OF(causes));
    for (size_t i = 0; i < r->step_count; i++)
        assert_string_equal(r->steps[i].cause, causes[i]);
}

#define ONE_NETWORK                                                                                                    \
    "interface GigabitEthernet0/1\n ip address 10.9.0.1 255.255.255.0\n"                                               \
    "access-list ONE extended permit ip 10.9.0.0 255.255.255.0 10.9.0.0 255.255.255.0\n"                               \
    "crypto map OUT 10 match address ONE\n"

/* One end translates both networks, and the other one's line of the crypto ACL follows it. */
static void the_same_network_at_both_ends_is_repaired_in_two_steps(void **state)
{
    static const char *const planted[2] = {ONE_NETWORK, ONE_NETWORK};
    static const char *const causes[] = {"overlapping_network", "p2_selector_mismatch"};
    const struct trial_result *r = run(planted);
    const struct trial_attempt *a = first_failure(r);

    (void)state;
    if (!r->is_repaired || r->step_count != COUNT_OF(causes))
        show(r);
    assert_non_null(a);
    assert_true(a->is_agreed && !a->is_up); /* it comes up, and carries nothing */
    assert_true(r->is_repaired);
    assert_int_equal(r->step_count, COUNT_OF(causes));
    for (size_t i = 0; i < r->step_count; i++)
        assert_string_equal(r->steps[i].cause, causes[i]);
    assert_true(r->steps[0].changes[WEST].is_possible && r->steps[1].changes[EAST].is_possible);
    assert_false(r->steps[1].changes[WEST].is_possible); /* it would undo the first step */
}

static void no_change_shows_a_key(void **state)
{
    static const char *const planted[2] = {
        "", "tunnel-group 198.51.100.2 ipsec-attributes\n ikev1 pre-shared-key west-and-east-2\n"};
    const struct trial_result *r = run(planted);

    (void)state;
    assert_int_equal(r->step_count, 1);
    for (unsigned end = 0; end < 2; end++) {
        assert_true(r->steps[0].changes[end].asa_count > 0);
        for (size_t i = 0; i < r->steps[0].changes[end].asa_count; i++)
            assert_null(strstr(r->steps[0].changes[end].asa[i], "west-and-east"));
    }
}

static void a_masked_key_is_taken_as_right_and_said(void **state)
{
    static const char *const planted[2] = {"tunnel-group 203.0.113.2 ipsec-attributes\n ikev1 pre-shared-key *****\n"};
    const struct trial_result *r = run(planted);

    (void)state;
    assert_true(r->is_up);
    assert_int_equal(r->note_count, 1);
    assert_non_null(strstr(r->notes[0], "west.conf"));
}

static void an_end_that_may_only_answer_does_not_begin(void **state)
{
    static const char *const planted[2] = {"crypto map OUT 10 set connection-type originate-only\n",
                                           "crypto map OUT 10 set connection-type answer-only\n"};
    const struct trial_result *r = run(planted);

    (void)state;
    assert_true(r->is_up);
    assert_int_equal(r->attempt_counts[WEST], 1);
    assert_int_equal(r->attempt_counts[EAST], 0);
}

static void nat_with_nat_traversal_is_no_fault(void **state)
{
    static const char *const planted[2] = {"interface GigabitEthernet0/0\n ip address 192.168.7.2 255.255.255.0\n"};
    const struct trial_result *r = run(planted);

    (void)state;
    assert_true(r->is_up);
    assert_int_equal(r->attempt_counts[EAST], 0);
}

static const char *const repairable[] = {
#define REPAIR(cause, ...) #cause,
#define IDENTITY(cause, ...) #cause,
#define WHERE(...)
#include "diag/repairs.def"
#undef WHERE
#undef IDENTITY
#undef REPAIR
#define REPAIRS(cause, ...) #cause,
#define CHANGE(...)
#include "trial/changes.def"
#undef REPAIRS
#undef CHANGE
};

/* Two steps: the_same_network_at_both_ends_is_repaired_in_two_steps. */
static const char *const told_above[] = {"overlapping_network"};

static bool is_planted(const char *cause)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].cause, cause) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(identities); i++)
        if (strcmp(identities[i].cause, cause) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(told_above); i++)
        if (strcmp(told_above[i], cause) == 0)
            return true;
    return false;
}

/* Which test_sim_scenarios brings up, and test_trial_worlds diagnoses. */
static bool has_world(const char *cause)
{
    char path[1024];
    struct text t = text_of(path, sizeof path);

    text_add(&t, TESTS_DIR "/scenarios/repair-%s.txt", cause);
    FILE *file = fopen(path, "r");
    if (file)
        fclose(file);
    return file != NULL;
}

static void every_cause_with_a_repair_is_planted_and_repaired(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(repairable); i++)
        if (!is_planted(repairable[i]) && !has_world(repairable[i])) {
            wrong++;
            print_error("%s has a repair that nothing proves: a row above, or tests/scenarios/repair-CAUSE.txt\n",
                        repairable[i]);
        }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_ends_that_fit_come_up),
        cmocka_unit_test(who_says_another_identity_says_the_one_that_is_wanted_or_the_other_end_takes_it),
        cmocka_unit_test(several_faults_are_repaired_one_after_the_other),
        cmocka_unit_test(the_same_network_at_both_ends_is_repaired_in_two_steps),
        cmocka_unit_test(every_cause_with_a_repair_is_planted_and_repaired),
        cmocka_unit_test(no_change_shows_a_key),
        cmocka_unit_test(a_masked_key_is_taken_as_right_and_said),
        cmocka_unit_test(an_end_that_may_only_answer_does_not_begin),
        cmocka_unit_test(nat_with_nat_traversal_is_no_fault),
        cmocka_unit_test(each_planted_fault_is_named_and_its_repair_brings_the_tunnel_up),
    };
    return cmocka_run_group_tests(tests, make_memory, free_memory);
}
