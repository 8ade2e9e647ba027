/* Address translation as a function of a policy. Ranges are written as "10.1.0.0/16"; "*" is any. */
#include "base/check.h"
#include "policy/nat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INSIDE, OUTSIDE, DMZ };

static struct ip address(const char *text)
{
    struct ip ip = {0};

    CHECK(ip_parse(&ip, bytes_of_text(text)));
    return ip;
}

static struct ip_range range(const char *text)
{
    const char *slash = strchr(text, '/');

    if (strcmp(text, "*") == 0)
        return ip_range_of_prefix(ip_of_v4(0), 0);
    if (slash == NULL)
        return ip_range_of_prefix(address(text), 32);

    struct ip ip = {0};

    CHECK(ip_parse(&ip, bytes_of(text, (size_t)(slash - text))));
    return ip_range_of_prefix(ip, (unsigned)atoi(slash + 1));
}

static struct nat_row row(const char *real, const char *mapped, const char *mapped_peer, const char *real_peer)
{
    return (struct nat_row){.real = range(real),
                            .mapped = range(mapped),
                            .mapped_peer = range(mapped_peer),
                            .real_peer = range(real_peer),
                            .real_port = {0, UINT16_MAX},
                            .mapped_port = {0, UINT16_MAX}};
}

/* An exemption, both ends translated, one port, and all others behind one address. */
struct world {
    struct nat_row rows[5];
    struct nat_rule rules[4];
    struct policy policy;
};

static void make_world(struct world *w)
{
    *w = (struct world){.rows = {row("10.1.7.0/24", "10.1.7.0/24", "10.2.0.0/16", "10.2.0.0/16"),
                                 row("10.1.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.2.0.0/16"),
                                 row("192.168.1.0/24", "10.91.1.0/24", "10.92.1.0/24", "192.168.1.0/24"),
                                 row("10.1.0.80", "198.51.100.2", "*", "*"), row("*", "198.51.100.2", "*", "*")}};
    w->rows[0].is_deny = true;
    w->rows[3].protocol = 6;
    w->rows[3].real_port = (struct port_range){80, 80};
    w->rows[3].mapped_port = (struct port_range){8080, 8080};
    w->rules[0] = (struct nat_rule){.kind = NAT_IDENTITY, .to = OUTSIDE, .rows = w->rows, .row_count = 2, .text = "a"};
    w->rules[1] =
        (struct nat_rule){.kind = NAT_STATIC, .to = OUTSIDE, .rows = w->rows + 2, .row_count = 1, .text = "b"};
    w->rules[2] =
        (struct nat_rule){.kind = NAT_STATIC, .to = OUTSIDE, .rows = w->rows + 3, .row_count = 1, .text = "c"};
    w->rules[3] =
        (struct nat_rule){.kind = NAT_DYNAMIC, .to = OUTSIDE, .rows = w->rows + 4, .row_count = 1, .text = "d"};
    w->policy.nat_rules = w->rules;
    w->policy.nat_rule_count = COUNT_OF(w->rules);
}

static struct flow flow(const char *local, const char *remote, uint16_t local_port)
{
    return (struct flow){.local = address(local),
                         .remote = address(remote),
                         .protocol = 6,
                         .has_ports = true,
                         .local_port = local_port,
                         .remote_port = 443};
}

static void the_first_rule_that_fits_holds(void **state)
{
    static const struct {
        const char *from, *to;
        uint16_t port, interface, rule;
        const char *outer_from, *outer_to;
        uint16_t outer_port;
        const char *why;
    } cases[] = {
        {"10.1.1.1", "10.2.3.4", 1000, OUTSIDE, 0, "10.1.1.1", "10.2.3.4", 1000, "exempted"},
        {"10.1.7.1", "10.2.3.4", 1000, OUTSIDE, 3, "198.51.100.2", "10.2.3.4", 1000,
         "a deny goes on with the next rule"},
        {"192.168.1.77", "10.92.1.9", 1000, OUTSIDE, 1, "10.91.1.77", "192.168.1.9", 1000, "both ends"},
        {"192.168.1.77", "10.93.1.9", 1000, OUTSIDE, 3, "198.51.100.2", "10.93.1.9", 1000, "another destination"},
        {"10.1.0.80", "8.8.8.8", 80, OUTSIDE, 2, "198.51.100.2", "8.8.8.8", 8080, "one port"},
        {"10.1.0.80", "8.8.8.8", 81, OUTSIDE, 3, "198.51.100.2", "8.8.8.8", 81, "another port"},
        {"10.1.0.80", "8.8.8.8", 80, DMZ, NO_INDEX, "10.1.0.80", "8.8.8.8", 80, "another interface"},
        {"10.1.0.80", "8.8.8.8", 80, NAT_ANY_INTERFACE, 2, "198.51.100.2", "8.8.8.8", 8080, "nobody knows where to"},
    };
    struct world w;

    (void)state;
    make_world(&w);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flow inner = flow(cases[i].from, cases[i].to, cases[i].port);
        struct nat_match match;
        bool is_found = nat_out(&w.policy, INSIDE, cases[i].interface, &inner, &match);

        if (is_found != (cases[i].rule != NO_INDEX) || match.rule != cases[i].rule ||
            !ip_equal(match.outer.local, address(cases[i].outer_from)) ||
            !ip_equal(match.outer.remote, address(cases[i].outer_to)) || match.outer.local_port != cases[i].outer_port)
            fail_msg("%s: rule %u", cases[i].why, match.rule);
    }
}

static void what_comes_from_outside_is_translated_back(void **state)
{
    struct world w;
    struct nat_match match;
    struct flow to_web = flow("198.51.100.2", "8.8.8.8", 8080), to_host = flow("10.91.1.77", "192.168.1.9", 22),
                to_exempt = flow("10.1.1.1", "10.2.0.1", 22), to_pool = flow("198.51.100.2", "8.8.8.8", 22);

    (void)state;
    make_world(&w);
    CHECK(nat_in(&w.policy, OUTSIDE, &to_web, &match) && match.rule == 2);
    CHECK(ip_equal(match.inner.local, address("10.1.0.80")) && match.inner.local_port == 80);
    CHECK(nat_in(&w.policy, OUTSIDE, &to_host, &match) && match.rule == 1);
    CHECK(ip_equal(match.inner.local, address("192.168.1.77")) && ip_equal(match.inner.remote, address("10.92.1.9")));
    CHECK(nat_in(&w.policy, OUTSIDE, &to_exempt, &match) && match.rule == 0);
    CHECK(!nat_in(&w.policy, OUTSIDE, &to_pool, &match)); /* nobody inside has asked for it */
    w.rules[1].is_outgoing = true;
    CHECK(!nat_in(&w.policy, OUTSIDE, &to_host, &match));
    w.rules[1].is_outgoing = false;
    w.rules[1].to = NAT_NO_INTERFACE;
    CHECK(!nat_in(&w.policy, OUTSIDE, &to_host, &match));
}

static void a_crypto_acl_is_carried_back_through_a_rule(void **state)
{
    static const struct {
        uint16_t rule, row;
        const char *local, *remote, *before_local, *before_remote, *why;
    } cases[] = {
        {1, 0, "10.91.1.0/24", "192.168.0.0/16", "192.168.1.0/24", "192.168.1.0/24", "all of it"},
        {1, 0, "10.91.1.64/26", "*", "192.168.1.64/26", "192.168.1.0/24", "a part keeps its place"},
        {1, 0, "192.168.1.0/24", "192.168.1.0/24", NULL, NULL, "the addresses of the hosts are not on the wire"},
        {0, 1, "10.1.8.0/24", "10.2.8.0/24", "10.1.8.0/24", "10.2.8.0/24", "an exemption changes nothing"},
        {0, 0, "10.1.7.0/24", "10.2.8.0/24", NULL, NULL, "a deny is for nothing"},
        {3, 0, "198.51.100.0/24", "10.2.0.0/16", "*", "10.2.0.0/16", "many behind one: all of them"},
        {3, 0, "10.1.0.0/16", "10.2.0.0/16", NULL, NULL, "translated away"},
    };
    struct world w;

    (void)state;
    make_world(&w);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct nat_rule *rule = &w.rules[cases[i].rule];
        struct selector outer = {range(cases[i].local), range(cases[i].remote), 0, {0, 65535}, {0, 65535}}, inner;
        bool is_there = nat_before(rule, &rule->rows[cases[i].row], &outer, &inner);

        if (is_there != (cases[i].before_local != NULL) ||
            (is_there && (!ip_range_equal(inner.local, range(cases[i].before_local)) ||
                          !ip_range_equal(inner.remote, range(cases[i].before_remote)))))
            fail_msg("%s", cases[i].why);
    }
}

static void what_is_translated_away_from_a_crypto_acl_is_told(void **state)
{
    struct world w;
    struct selector own = {range("10.1.8.0/24"), range("10.3.0.0/16"), 0, {0, 65535}, {0, 65535}}, exempt = own,
                    mapped = own;

    (void)state;
    make_world(&w);
    exempt.remote = range("10.2.8.0/24");
    mapped.local = range("10.91.1.0/24");
    mapped.remote = range("192.168.1.0/24");
    CHECK(nat_takes_away(&w.policy, OUTSIDE, &own) == 3);
    CHECK(nat_takes_away(&w.policy, DMZ, &own) == NO_INDEX);
    CHECK(nat_takes_away(&w.policy, OUTSIDE, &exempt) == NO_INDEX);
    CHECK(nat_takes_away(&w.policy, OUTSIDE, &mapped) == NO_INDEX);
}

static void ranges_are_cut_where_both_have_networks(void **state)
{
    static const struct {
        const char *real_first, *real_last, *mapped_first;
        uint16_t count;
        const char *why;
    } cases[] = {
        {"10.1.0.0", "10.1.255.255", "10.9.0.0", 1, "a network"},
        {"10.1.0.5", "10.1.0.5", "10.9.0.8", 1, "a host"},
        {"10.1.0.4", "10.1.0.11", "10.9.0.4", 2, "half and half"},
        {"10.1.0.0", "10.1.0.3", "10.9.0.1", 4, "networks at different places: host by host"},
        {"0.0.0.0", "255.255.255.255", "0.0.0.0", 1, "all there is"},
    };
    struct nat_block blocks[NAT_BLOCKS_MAX];
    uint16_t count;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip_range real = {address(cases[i].real_first), address(cases[i].real_last)}, mapped = real;

        mapped.first = address(cases[i].mapped_first);
        CHECK(nat_blocks(real, mapped, blocks, &count));
        if (count != cases[i].count)
            fail_msg("%s: %u", cases[i].why, count);
    }
    struct ip_range odd = {address("10.1.0.0"), address("10.1.1.0")},
                    shifted = {address("10.9.0.1"), address("10.9.1.1")};
    CHECK(!nat_blocks(odd, shifted, blocks, &count));
}

static void any_difference_is_a_change(void **state)
{
    struct world a, b;

    (void)state;
    make_world(&a);
    make_world(&b);
    CHECK(nat_is_same(&a.policy, &b.policy));
    b.rows[2].mapped.last = ip_of_v4(0x0a5b01fe);
    CHECK(!nat_is_same(&a.policy, &b.policy));
    make_world(&b);
    b.rules[1].is_outgoing = true;
    CHECK(!nat_is_same(&a.policy, &b.policy));
    make_world(&b);
    b.policy.is_arp_permitted = true;
    CHECK(!nat_is_same(&a.policy, &b.policy));
    make_world(&b);
    b.policy.nat_rule_count--;
    CHECK(!nat_is_same(&a.policy, &b.policy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_holds),
        cmocka_unit_test(what_comes_from_outside_is_translated_back),
        cmocka_unit_test(a_crypto_acl_is_carried_back_through_a_rule),
        cmocka_unit_test(what_is_translated_away_from_a_crypto_acl_is_told),
        cmocka_unit_test(ranges_are_cut_where_both_have_networks),
        cmocka_unit_test(any_difference_is_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
