/* The tunnel-group that a certificate leads to: by rules, an organizational unit, the identity, the address, or as all
 * others. Attack list C11, X01. */
#include "ike/two_sites.h"
#include "sim/credentials.h"

#include "ike/certmap.h"

static const struct certificate_condition is_west_of_tests[] = {
    {.tag = "cn", .match = NAME_EQUAL, .value = "west"},
    {.tag = "o", .match = NAME_CONTAINS, .value = "ikewise"},
};
static const struct certificate_condition is_of_lab[] = {{.tag = "o", .match = NAME_EQUAL, .value = "Lab"}};
static const struct certificate_condition is_of_root[] = {
    {.is_of_issuer = true, .tag = "cn", .match = NAME_EQUAL, .value = "Test Root"}};

enum { OF_ADDRESS, FIRST, SECOND, USERS, GROUPS };

/* East, with the group of west's address (OF_ADDRESS; for any when it is not set) and others by name. */
static struct policy policy;
static struct tunnel_group groups[GROUPS];

static void policy_begin(struct ip address)
{
    static const char *const names[GROUPS] = {"192.0.2.1", "first", "second", "users"};

    memset(groups, 0, sizeof groups);
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (struct tunnel_group){.name = names[i],
                                          .is_by_identity = i != OF_ADDRESS,
                                          .trustpoint = 1,
                                          .identity_check = IDENTITY_REQUIRED,
                                          .dpd_threshold_s = 10,
                                          .dpd_retry_s = 2};
    groups[OF_ADDRESS].peer = address;
    groups[USERS].is_remote_access = true;
    groups[USERS].user_auth = USER_AUTH_XAUTH;
    policy = (struct policy){.tunnel_groups = groups, .tunnel_group_count = GROUPS};
}

static void the_group_is_found_in_the_order_of_an_ASA(void **state)
{
    static const struct certificate_rule of_lab = {is_of_lab, 1, FIRST}, of_tests = {is_west_of_tests, 2, SECOND},
                                         of_root = {is_of_root, 1, FIRST}, empty = {NULL, 0, FIRST};
    const struct {
        struct certificate_rule rules[2];
        bool has_own, is_of_identity;
        const char *identity;
        uint16_t others, group;
        const char *why;
    } cases[] = {
        {{of_lab, of_tests}, false, false, "x", 0, SECOND, "the first rule that fits whole"},
        {{of_root, of_tests}, false, false, "x", 0, FIRST, "the first of two that fit"},
        {{of_lab, of_lab}, false, false, "x", 0, OF_ADDRESS, "none fits: the address"},
        {{of_lab, of_lab}, false, false, "x", FIRST + 1, FIRST, "none fits: as all others"},
        {{of_lab, of_lab}, true, false, "x", FIRST + 1, OF_ADDRESS, "but for who has a group of its own"},
        {{of_lab, of_tests}, true, false, "x", 0, SECOND, "whom a rule takes to another"},
        {{of_lab, of_lab}, false, true, "second", 0, SECOND, "the identity names it"},
        {{of_lab, of_lab}, true, true, "second", 0, OF_ADDRESS, "not to who has one of its own"},
        {{of_lab, of_lab}, false, false, "second", 0, OF_ADDRESS, "not when it is not asked"},
        {{empty, empty}, false, false, "x", 0, OF_ADDRESS, "a rule without a condition fits nobody"},
    };
    struct certificate certificate;

    (void)state;
    CHECK(certificate_read(&certificate, credential("west-rsa")->trustpoint.certificates[0]));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct id id = {.type = ID_FQDN, .data = bytes_of_text(cases[i].identity)};

        policy_begin(cases[i].has_own ? ip_of_v4(WEST_IP) : (struct ip){0});
        policy.certificate_rules = cases[i].rules;
        policy.certificate_rule_count = 2;
        policy.is_group_of_identity = cases[i].is_of_identity;
        policy.certificate_group = cases[i].others;
        uint16_t group = certmap_group(&policy, &certificate, &id, ip_of_v4(WEST_IP), USER_AUTH_NONE);
        if (group != cases[i].group)
            fail_msg("%s: %u", cases[i].why, group);
    }
}

/* So that the log can name it when no group has that name. */
static void the_unit_that_is_asked_for_is_the_first_of_the_certificate(void **state)
{
    static const uint8_t name[] = {0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03,
                                   0x55, 0x04, 0x0b, 0x0c, 0x03, 'l',  'a',  'b'};
    struct certificate certificate = {.subject_len = sizeof name};
    char unit[UNIT_SIZE];

    (void)state;
    memcpy(certificate.subject, name, sizeof name);
    policy_begin((struct ip){0});
    CHECK(!certmap_unit(&policy, &certificate, unit));
    policy.is_group_of_ou = true;
    CHECK(certmap_unit(&policy, &certificate, unit));
    assert_string_equal(unit, "lab");
    CHECK(certificate_read(&certificate, credential("west-rsa")->trustpoint.certificates[0]));
    CHECK(!certmap_unit(&policy, &certificate, unit)); /* it has none */
}

/* A whole phase 1 with east, whose groups are these. */
static struct sim *world_with(bool is_aggressive, const struct certificate_rule *rules, uint16_t count)
{
    struct sim_site w = west, e = east;

    w.credential = credential("west-rsa");
    w.is_aggressive = is_aggressive;
    e.credential = credential("east-rsa");
    e.is_aggressive_answered = is_aggressive;
    struct sim *sim = world(1, &w, &e);
    struct policy *p = (struct policy *)(uintptr_t)sim_ike(sim, EAST)->policy;
    policy_begin((struct ip){0});
    groups[OF_ADDRESS].peer = ip_of_v4(0x0a090909); /* nobody's: west has none of its own */
    p->tunnel_groups = groups;
    p->tunnel_group_count = GROUPS;
    p->certificate_rules = rules;
    p->certificate_rule_count = count;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    return sim;
}

static void a_peer_without_a_group_of_its_address_gets_that_of_its_certificate(void **state)
{
    static const struct certificate_rule rules[] = {{is_of_lab, 1, FIRST}, {is_west_of_tests, 2, SECOND}};

    (void)state;
    for (int is_aggressive = 0; is_aggressive < 2; is_aggressive++) {
        struct sim *sim = world_with(is_aggressive != 0, rules, COUNT_OF(rules));

        CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_pairs_up(sim, EAST) == 1 && sim_fault(sim) == NULL);
        CHECK(sa_at(sim, EAST)->tunnel_group == SECOND);
        assert_string_equal(event_text(sim_last_event(sim, EAST, EV_GROUP_FOUND), FIELD_GROUP), "second");
    }
}

static void a_certificate_that_no_rule_knows_is_refused(void **state)
{
    static const struct certificate_rule rules[] = {{is_of_lab, 1, FIRST}};

    (void)state;
    for (int is_aggressive = 0; is_aggressive < 2; is_aggressive++) {
        struct sim *sim = world_with(is_aggressive != 0, rules, COUNT_OF(rules));

        CHECK(sim_pairs_up(sim, EAST) == 0 && sim_fault(sim) == NULL);
        assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_TUNNEL_GROUP");
    }
}

static void what_the_group_of_the_certificate_wants_is_wanted(void **state)
{
    static const struct certificate_rule rules[] = {{is_west_of_tests, 2, SECOND}};

    (void)state;
    struct sim *sim = world_with(false, rules, COUNT_OF(rules));
    CHECK(sim_pairs_up(sim, EAST) == 1);
    /* Again, and now it names somebody else. */
    groups[SECOND].peer_identity = "O = ikewise tests, CN = north";
    sim_command(sim, EAST, IKE_CLEAR_ISAKMP);
    sim_run(sim, 1000);
    sim_crash(sim, WEST, 100);
    sim_run(sim, 200);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "CERT_ID_DIFFERS");
}

static void X01_a_rule_leads_nobody_without_a_user_into_a_group_for_users(void **state)
{
    static const struct certificate_rule rules[] = {{is_west_of_tests, 2, USERS}};

    (void)state;
    struct sim *sim = world_with(false, rules, COUNT_OF(rules));
    CHECK(sim_pairs_up(sim, EAST) == 0 && sim_fault(sim) == NULL);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_TUNNEL_GROUP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_group_is_found_in_the_order_of_an_ASA),
        cmocka_unit_test(the_unit_that_is_asked_for_is_the_first_of_the_certificate),
        cmocka_unit_test(a_peer_without_a_group_of_its_address_gets_that_of_its_certificate),
        cmocka_unit_test(a_certificate_that_no_rule_knows_is_refused),
        cmocka_unit_test(what_the_group_of_the_certificate_wants_is_wanted),
        cmocka_unit_test(X01_a_rule_leads_nobody_without_a_user_into_a_group_for_users),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
