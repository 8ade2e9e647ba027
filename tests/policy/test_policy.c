#include "base/check.h"
#include "policy/policy.h"
#include "wire/numbers.h"
#include "wire/payloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct ip address(const char *text)
{
    struct ip ip = {0};

    CHECK(ip_parse(&ip, bytes_of_text(text)));
    return ip;
}

static struct ip_range network(const char *text, unsigned prefix_len)
{
    return ip_range_of_prefix(address(text), prefix_len);
}

static struct selector between(const char *local, const char *remote)
{
    return (struct selector){network(local, 16), network(remote, 16), 0, {0, 65535}, {0, 65535}};
}

/* west has two peers; 10.1 to 10.2 goes to the first, but for 10.1 to 10.2 that the first line denies there. */
struct fixture {
    struct crypto_ace aces[4];
    struct tunnel tunnels[3];
    struct policy_interface interfaces[2];
    struct tunnel_group groups[3];
    struct transform_set sets[2];
    struct policy policy;
};

static struct fixture *fixture(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->aces[0] = (struct crypto_ace){between("10.1.0.0", "10.9.0.0"), false, 1};
    f->aces[1] = (struct crypto_ace){between("10.1.0.0", "10.2.0.0"), true, 2};
    f->aces[2] = (struct crypto_ace){between("10.1.0.0", "10.9.0.0"), true, 3};
    f->aces[3] = (struct crypto_ace){between("10.1.0.0", "10.2.0.0"), true, 4};
    for (uint16_t i = 0; i < 3; i++)
        f->tunnels[i] =
            (struct tunnel){.map_name = "M", .sequence = (uint16_t)(10 * (i + 1)), .transform_set_count = 1};
    f->tunnels[0].aces = &f->aces[0];
    f->tunnels[0].ace_count = 2;
    f->tunnels[1].aces = &f->aces[2];
    f->tunnels[1].ace_count = 1;
    f->tunnels[2].aces = &f->aces[3];
    f->tunnels[2].ace_count = 1;
    f->tunnels[0].peers[f->tunnels[0].peer_count++] = address("203.0.113.1");
    f->tunnels[1].peers[f->tunnels[1].peer_count++] = address("203.0.113.2");
    f->tunnels[1].peers[f->tunnels[1].peer_count++] = address("203.0.113.3");
    f->tunnels[2].peers[f->tunnels[2].peer_count++] = address("203.0.113.3");
    f->sets[0] = (struct transform_set){"S", CIPHER_AES256_CBC, HASH_SHA256, false, false};
    f->interfaces[0] =
        (struct policy_interface){.name = "outside", .ip = address("198.51.100.2"), .is_ikev1_enabled = true};
    f->interfaces[1] = (struct policy_interface){.name = "inside", .ip = address("10.1.0.1")};
    f->groups[0] = (struct tunnel_group){.name = "DefaultL2LGroup"};
    f->groups[1] = (struct tunnel_group){.name = "203.0.113.1", .peer = address("203.0.113.1")};
    f->groups[2] = (struct tunnel_group){.name = "203.0.113.2", .peer = address("203.0.113.2")};
    f->policy = (struct policy){.tunnels = f->tunnels,
                                .tunnel_count = 3,
                                .interfaces = f->interfaces,
                                .interface_count = 2,
                                .tunnel_groups = f->groups,
                                .tunnel_group_count = 3,
                                .transform_sets = f->sets,
                                .transform_set_count = 2};
    return f;
}

static void C25_a_peer_has_its_own_tunnel_group_or_the_one_for_any(void **state)
{
    struct fixture f;

    (void)state;
    fixture(&f);
    CHECK(policy_tunnel_group_of(&f.policy, address("203.0.113.2")) == 2);
    CHECK(policy_tunnel_group_of(&f.policy, address("203.0.113.99")) == 0);
    f.policy.tunnel_groups++;
    f.policy.tunnel_group_count = 2;
    CHECK(policy_tunnel_group_of(&f.policy, address("203.0.113.99")) == NO_INDEX);
}

static void aggressive_mode_chooses_the_tunnel_group_by_the_identity(void **state)
{
    static const struct {
        uint8_t type;
        const char *id, *peer;
        uint16_t group;
        const char *why;
    } cases[] = {
        {ID_KEY_ID, "branch7", "203.0.113.99", 3, "its name"},
        {ID_FQDN, "branch7", "203.0.113.99", 3, "a host name is a name, too"},
        {ID_KEY_ID, "branch", "203.0.113.99", NO_INDEX, "the whole name"},
        {ID_KEY_ID, "Branch7", "203.0.113.99", NO_INDEX, "as it is spelled"},
        {ID_KEY_ID, "DefaultL2LGroup", "203.0.113.99", NO_INDEX, "the one for any peer is no name"},
        {ID_KEY_ID, "203.0.113.2", "203.0.113.99", NO_INDEX, "nor is an address"},
        {ID_KEY_ID, "branch7", "203.0.113.2", NO_INDEX, "an address with a group of its own gets no other"},
        {ID_IPV4_ADDR, "\xcb\x00\x71\x02", "203.0.113.2", 2, "its own address"},
        {ID_IPV4_ADDR, "\xcb\x00\x71\x02", "203.0.113.99", 2, "behind a NAT: the address that it names"},
        {ID_IPV4_ADDR, "\x0a\x00\x00\x09", "203.0.113.2", 2, "behind a NAT: the address that we see"},
        {ID_IPV4_ADDR, "\xcb\x00\x71\x02", "203.0.113.1", 1, "another's address: still its own group"},
        {ID_IPV4_ADDR, "\x0a\x00\x00\x09", "203.0.113.99", 0, "nobody that is known: the one for any peer"},
    };
    struct tunnel_group groups[4];
    struct fixture f;

    (void)state;
    fixture(&f);
    memcpy(groups, f.groups, sizeof f.groups);
    groups[3] = (struct tunnel_group){.name = "branch7", .is_by_identity = true};
    f.policy.tunnel_groups = groups;
    f.policy.tunnel_group_count = 4;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = cases[i].type == ID_IPV4_ADDR ? 4 : strlen(cases[i].id);
        struct id id = {.type = cases[i].type, .data = bytes_of(cases[i].id, len)};

        if (policy_tunnel_group_of_identity(&f.policy, &id, address(cases[i].peer)) != cases[i].group)
            fail_msg("%s", cases[i].why);
    }
    CHECK(policy_tunnel_group_of(&f.policy, address("203.0.113.99")) == 0);
    CHECK(policy_same_tunnel_group(&f.policy, 3, address("203.0.113.99"), &f.policy) == 3);
    groups[0].is_by_identity = true; /* one that is by identity is never the one for any peer */
    CHECK(policy_tunnel_group_of(&f.policy, address("203.0.113.99")) == NO_INDEX);
}

static void a_peer_is_found_in_the_first_running_tunnel(void **state)
{
    struct fixture f;

    (void)state;
    fixture(&f);
    CHECK(policy_tunnel_of_peer(&f.policy, address("203.0.113.3")) == 1);
    f.tunnels[1].parked = "for a test";
    CHECK(policy_tunnel_of_peer(&f.policy, address("203.0.113.3")) == 2);
    CHECK(policy_tunnel_of_peer(&f.policy, address("203.0.113.2")) == NO_INDEX);
}

static void only_interfaces_with_isakmp_are_found(void **state)
{
    struct fixture f;

    (void)state;
    fixture(&f);
    CHECK(policy_interface_of(&f.policy, address("198.51.100.2")) == 0);
    CHECK(policy_interface_of(&f.policy, address("10.1.0.1")) == NO_INDEX);
    CHECK(policy_interface_of(&f.policy, (struct ip){0}) == NO_INDEX);
    CHECK(policy_is_own(&f.policy, address("198.51.100.2")) && policy_is_own(&f.policy, address("10.1.0.1")));
    CHECK(!policy_is_own(&f.policy, address("10.1.0.2")) && !policy_is_own(&f.policy, (struct ip){0}));
}

static void traffic_is_steered_by_the_first_permit(void **state)
{
    static const struct {
        const char *local, *remote;
        bool is_steered;
        uint16_t tunnel, ace;
        const char *why;
    } cases[] = {
        {"10.1.0.5", "10.2.0.5", true, 0, 1, "the second line of the first entry"},
        {"10.1.0.5", "10.9.0.5", true, 1, 0, "a deny goes on with the next entry"},
        {"10.1.0.5", "10.3.0.5", false, 0, 0, "nothing matches"},
        {"10.2.0.5", "10.1.0.5", false, 0, 0, "the other direction"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct flow flow = {.local = address(cases[i].local), .remote = address(cases[i].remote), .protocol = 1};
        uint16_t tunnel = 0, ace = 0;

        fixture(&f);
        CHECK(policy_steer(&f.policy, &flow, &tunnel, &ace) == cases[i].is_steered);
        CHECK(tunnel == cases[i].tunnel && ace == cases[i].ace);
        f.tunnels[0].parked = f.tunnels[1].parked = "for a test";
        CHECK(policy_steer(&f.policy, &flow, &tunnel, &ace) == cases[i].is_steered);
        CHECK(tunnel == cases[i].tunnel);
        f.tunnels[0].interface = f.tunnels[1].interface = f.tunnels[2].interface = NO_INDEX;
        CHECK(!policy_steer(&f.policy, &flow, &tunnel, &ace));
    }
}

static void Q05_a_proxy_matches_a_line_or_is_held_by_one(void **state)
{
    struct fixture f;
    struct selector wanted = between("10.1.0.0", "10.2.0.0"), narrower = wanted, wider = wanted, beside = wanted,
                    denied = between("10.1.0.0", "10.9.0.0");
    uint16_t tunnel = 7, ace = 7;

    (void)state;
    fixture(&f);
    CHECK(policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &wanted, &tunnel, &ace) && tunnel == 0 &&
          ace == 1);
    CHECK(policy_match_proxy(&f.policy, address("203.0.113.3"), NO_INDEX, &wanted, &tunnel, &ace) && tunnel == 2 &&
          ace == 0);
    narrower.remote = network("10.2.5.0", 24);
    CHECK(policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &narrower, &tunnel, &ace) && tunnel == 0 &&
          ace == 1);
    narrower.remote = network("10.2.5.7", 32);
    narrower.protocol = 6;
    CHECK(policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &narrower, &tunnel, &ace) && tunnel == 0 &&
          ace == 1);
    wider.remote = network("10.0.0.0", 8);
    CHECK(!policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &wider, &tunnel, &ace));
    beside.remote = network("10.3.5.0", 24);
    CHECK(!policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &beside, &tunnel, &ace));
    CHECK(!policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &denied, &tunnel, &ace));
    CHECK(!policy_match_proxy(&f.policy, address("203.0.113.9"), NO_INDEX, &wanted, &tunnel, &ace));
    f.tunnels[0].parked = "for a test";
    CHECK(!policy_match_proxy(&f.policy, address("203.0.113.1"), NO_INDEX, &wanted, &tunnel, &ace));
}

static void a_packet_wants_a_pair_of_its_line_or_of_its_hosts(void **state)
{
    struct fixture f;
    const struct flow flow = {.local = address("10.1.7.9"),
                              .remote = address("10.2.3.4"),
                              .protocol = 6,
                              .has_ports = true,
                              .local_port = 7,
                              .remote_port = 80},
                      none = {.protocol = 6};
    struct selector wanted;

    (void)state;
    fixture(&f);
    f.aces[1].selector.protocol = 6;
    f.aces[1].selector.remote_ports = (struct port_range){80, 80};
    wanted = policy_selector_for(&f.tunnels[0], 1, &flow);
    CHECK(selector_equal(&wanted, &f.aces[1].selector));
    f.tunnels[0].is_per_host = true;
    wanted = policy_selector_for(&f.tunnels[0], 1, &flow);
    CHECK(ip_range_equal(wanted.local, (struct ip_range){flow.local, flow.local}) &&
          ip_range_equal(wanted.remote, (struct ip_range){flow.remote, flow.remote}));
    CHECK(wanted.protocol == 6 && wanted.local_ports.last == 65535 && wanted.remote_ports.first == 80 &&
          wanted.remote_ports.last == 80); /* as the line has them */
    wanted = policy_selector_for(&f.tunnels[0], 1, &none);
    CHECK(selector_equal(&wanted, &f.aces[1].selector));
}

/* The second entry becomes a dynamic one, with a line that denies 10.9 and one that permits the rest of 10.0/8. */
static void make_dynamic(struct fixture *f)
{
    f->tunnels[2].is_dynamic = true;
    f->tunnels[2].peer_count = 0;
    f->aces[2] = (struct crypto_ace){between("10.1.0.0", "10.9.0.0"), false, 3};
    f->aces[3].selector.remote = network("10.0.0.0", 8);
    f->tunnels[1].ace_count = 0;
    f->tunnels[2].aces = &f->aces[2];
    f->tunnels[2].ace_count = 2;
}

static void Q05_a_dynamic_entry_takes_what_one_of_its_lines_holds_whole(void **state)
{
    static const struct {
        const char *peer, *remote;
        unsigned prefix_len;
        bool is_taken;
        const char *why;
    } cases[] = {
        {"203.0.113.77", "10.7.3.0", 24, true, "narrower than the line"},
        {"203.0.113.77", "10.0.0.0", 8, false, "all of the line, but a deny before it has a part of it"},
        {"203.0.113.77", "10.9.1.0", 24, false, "denied before"},
        {"203.0.113.77", "0.0.0.0", 0, false, "wider than the line"},
        {"203.0.113.77", "192.168.1.0", 24, false, "beside the line"},
        {"203.0.113.1", "10.7.3.0", 24, false, "a peer that a static entry names gets nothing else"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct selector wanted = between("10.1.0.0", "10.7.0.0");
        uint16_t tunnel = 7, ace = 7;

        make_dynamic(fixture(&f));
        wanted.remote = network(cases[i].remote, cases[i].prefix_len);
        CHECK(policy_match_proxy(&f.policy, address(cases[i].peer), NO_INDEX, &wanted, &tunnel, &ace) ==
              cases[i].is_taken);
        CHECK(!cases[i].is_taken || (tunnel == 2 && ace == 1));
        f.tunnels[2].peers[0] = address("203.0.113.78");
        f.tunnels[2].peer_count = 1;
        CHECK(!policy_match_proxy(&f.policy, address(cases[i].peer), NO_INDEX, &wanted, &tunnel, &ace));
        f.tunnels[2].peers[0] = address("203.0.113.77");
        CHECK(policy_match_proxy(&f.policy, address(cases[i].peer), NO_INDEX, &wanted, &tunnel, &ace) ==
              cases[i].is_taken);
        f.tunnels[2].parked = "for a test";
        CHECK(!policy_match_proxy(&f.policy, address(cases[i].peer), NO_INDEX, &wanted, &tunnel, &ace));
    }
}

static void Q05_what_static_entries_and_our_interfaces_have_is_nobodys(void **state)
{
    static const struct {
        const char *local, *remote;
        unsigned prefix_len;
        bool is_reserved;
        const char *why;
    } cases[] = {
        {"10.1.0.0", "10.2.0.0", 16, true, "a static entry's own"},
        {"10.1.0.0", "10.2.5.0", 24, true, "a part of it"},
        {"10.1.0.0", "0.0.0.0", 0, true, "everything"},
        {"10.1.0.0", "198.51.100.0", 24, true, "a network with an address of ours"},
        {"10.3.0.0", "10.2.0.0", 16, false, "the same far network for another one here"},
        {"10.1.0.0", "10.77.0.0", 16, false, "nobody's yet"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct selector wanted = between(cases[i].local, "10.7.0.0");

        make_dynamic(fixture(&f));
        wanted.remote = network(cases[i].remote, cases[i].prefix_len);
        CHECK(policy_is_reserved(&f.policy, &wanted) == cases[i].is_reserved);
    }
}

static void an_open_entry_steers_nothing_by_itself(void **state)
{
    struct fixture f;
    struct flow flow = {.local = address("10.1.0.1"), .remote = address("10.77.0.1"), .protocol = 1};
    uint16_t tunnel, ace;

    (void)state;
    make_dynamic(fixture(&f));
    CHECK(policy_steer(&f.policy, &flow, &tunnel, &ace) && tunnel == 2);
    f.tunnels[2].is_open = true;
    CHECK(!policy_steer(&f.policy, &flow, &tunnel, &ace));
}

static void the_group_for_any_peer_is_the_first_that_can_prove_something(void **state)
{
    struct tunnel_group groups[] = {{.name = "10.9.9.9", .peer = address("10.9.9.9")},
                                    {.name = "ann", .is_by_identity = true, .has_key = true},
                                    {.name = "DefaultL2LGroup"},
                                    {.name = "DefaultRAGroup", .has_key = true}};
    struct policy policy = {.tunnel_groups = groups, .tunnel_group_count = COUNT_OF(groups)};

    (void)state;
    CHECK(policy_tunnel_group_of(&policy, address("203.0.113.9")) == 3);
    groups[2].trustpoint = 1;
    CHECK(policy_tunnel_group_of(&policy, address("203.0.113.9")) == 2);
    groups[2].trustpoint = 0;
    groups[3].has_key = false;
    CHECK(policy_tunnel_group_of(&policy, address("203.0.113.9")) == 2);
    CHECK(policy_tunnel_group_of(&policy, address("10.9.9.9")) == 0);
}

static void spoil_pfs(struct fixture *f)
{
    f->tunnels[1].pfs = GROUP_MODP2048;
}

static void spoil_peers(struct fixture *f)
{
    f->tunnels[1].peer_count = 1;
}

static void spoil_set(struct fixture *f)
{
    f->sets[0].integrity = HASH_SHA1;
}

static void spoil_ace(struct fixture *f)
{
    f->aces[2].selector.remote = network("10.8.0.0", 16);
}

static void spoil_interface(struct fixture *f)
{
    f->interfaces[0].ip = address("198.51.100.3");
}

static void park_it(struct fixture *f)
{
    f->tunnels[1].parked = "for a test";
}

static void spoil_nothing(struct fixture *f)
{
    f->groups[0].has_dpd = !f->groups[0].has_dpd;
}

static void move_it(struct fixture *f)
{
    struct tunnel moved = f->tunnels[0];

    f->tunnels[0] = f->tunnels[1];
    f->tunnels[1] = moved;
    f->sets[1] = f->sets[0];
    f->tunnels[0].transform_sets[0] = 1;
}

static void a_tunnel_is_the_same_while_its_sas_would_be(void **state)
{
    static const struct {
        void (*change)(struct fixture *);
        uint16_t found;
    } cases[] = {
        {spoil_nothing, 1},    {move_it, 0},          {spoil_pfs, NO_INDEX},       {spoil_peers, NO_INDEX},
        {spoil_set, NO_INDEX}, {spoil_ace, NO_INDEX}, {spoil_interface, NO_INDEX}, {park_it, NO_INDEX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture from, to;

        fixture(&from);
        cases[i].change(fixture(&to));
        CHECK(policy_same_tunnel(&from.policy, 1, &to.policy) == cases[i].found);
    }
}

static void a_schedule_ends_and_gives_up_in_time(void **state)
{
    static const struct {
        enum schedule_id id;
        const char *word;
        unsigned total_s;
    } cases[] = {{SCHEDULE_IKEWISE, "default", 32}, {SCHEDULE_ASA, "asa", 32}, {SCHEDULE_IOS, "ios", 60}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct schedule_info *info = schedule_info(cases[i].id);
        unsigned total_s = 0;

        for (unsigned wait = 0; wait < WAITS_MAX; wait++)
            total_s += info->waits_s[wait];
        CHECK(strcmp(info->word, cases[i].word) == 0 && total_s == cases[i].total_s);
        CHECK(info->waits_s[0] > 0 && info->waits_s[WAITS_MAX - 1] == 0);
    }
}

/* What a user's end in network extension mode gets nothing of. */
static void Q05_networks_of_interfaces_pools_and_routes_inwards_are_inside(void **state)
{
    static const struct {
        const char *network;
        unsigned prefix_len;
        bool is_inside;
    } cases[] = {
        {"10.50.0.128", 25, true}, {"10.0.0.0", 8, true},     {"10.51.0.0", 24, false},  {"172.16.9.0", 24, true},
        {"172.17.0.0", 16, false}, {"10.60.200.0", 24, true}, {"198.18.0.0", 24, false},
    };
    const struct policy_interface interfaces[] = {{.name = "outside", .ip = address("192.0.2.1"), .prefix_len = 24},
                                                  {.name = "inside", .ip = address("10.50.0.1"), .prefix_len = 24},
                                                  {.name = "dmz"}};
    const struct policy_route routes[] = {{.interface = 0, .destination = network("0.0.0.0", 0)},
                                          {.interface = 0, .destination = network("198.18.0.0", 15), .prefix_len = 15},
                                          {.interface = 1, .destination = network("172.16.0.0", 16), .prefix_len = 16}};
    const struct address_pool pools[] = {{"RA", {address("10.60.200.10"), address("10.60.200.20")}, {0}}};
    const struct policy policy = {.interfaces = interfaces,
                                  .interface_count = 3,
                                  .routes = routes,
                                  .route_count = 3,
                                  .pools = pools,
                                  .pool_count = 1};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(policy_is_inside(&policy, network(cases[i].network, cases[i].prefix_len), 0) == cases[i].is_inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(Q05_networks_of_interfaces_pools_and_routes_inwards_are_inside),
        cmocka_unit_test(C25_a_peer_has_its_own_tunnel_group_or_the_one_for_any),
        cmocka_unit_test(aggressive_mode_chooses_the_tunnel_group_by_the_identity),
        cmocka_unit_test(a_peer_is_found_in_the_first_running_tunnel),
        cmocka_unit_test(only_interfaces_with_isakmp_are_found),
        cmocka_unit_test(traffic_is_steered_by_the_first_permit),
        cmocka_unit_test(Q05_a_proxy_matches_a_line_or_is_held_by_one),
        cmocka_unit_test(a_packet_wants_a_pair_of_its_line_or_of_its_hosts),
        cmocka_unit_test(Q05_a_dynamic_entry_takes_what_one_of_its_lines_holds_whole),
        cmocka_unit_test(Q05_what_static_entries_and_our_interfaces_have_is_nobodys),
        cmocka_unit_test(an_open_entry_steers_nothing_by_itself),
        cmocka_unit_test(the_group_for_any_peer_is_the_first_that_can_prove_something),
        cmocka_unit_test(a_tunnel_is_the_same_while_its_sas_would_be),
        cmocka_unit_test(a_schedule_ends_and_gives_up_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
