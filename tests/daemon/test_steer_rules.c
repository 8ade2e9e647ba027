#include "daemon/steer_rules.h"

#include "policies.h"
#include "policy/nat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static char *written_with(const struct policy *policy, struct steer_guests guests)
{
    size_t size = steer_rules_size(policy, guests);
    char *space = malloc(size);
    struct text rules = text_of(space, size);

    CHECK(space != NULL);
    steer_rules_write(&rules, policy, guests, true);
    return space;
}

static char *written(const struct policy *policy)
{
    return written_with(policy, (struct steer_guests){0});
}

#define MARK " meta mark set meta mark & 0xf0ffffff | 0x01000000 return\n"
#define DROP " goto in_clear\n"

static const struct {
    bool is_permit;
    uint8_t protocol;
    const char *local, *remote;
    struct port_range local_ports, remote_ports;
    const char *out, *in;
    const char *why;
} aces[] = {
    {true, 0, "10.1.0.0/16", "10.2.0.0/16", ANY_PORT, ANY_PORT,
     "meta nfproto ipv4 ip saddr 10.1.0.0/16 ip daddr 10.2.0.0/16" MARK,
     "meta nfproto ipv4 ip daddr 10.1.0.0/16 ip saddr 10.2.0.0/16" DROP, "two networks"},
    {false, 0, "10.1.0.0/16", "10.2.0.0/16", ANY_PORT, ANY_PORT, "ip saddr 10.1.0.0/16 ip daddr 10.2.0.0/16 return\n",
     "ip daddr 10.1.0.0/16 ip saddr 10.2.0.0/16 return\n", "a deny goes on with the next entry"},
    {true, 0, "0.0.0.0/0", "10.2.0.5/32", ANY_PORT, ANY_PORT, "meta nfproto ipv4 ip daddr 10.2.0.5/32" MARK,
     "meta nfproto ipv4 ip saddr 10.2.0.5/32" DROP, "any on one side, a host on the other"},
    {true, 0, "0.0.0.0/0", "0.0.0.0/0", ANY_PORT, ANY_PORT, "    meta nfproto ipv4" MARK, "    meta nfproto ipv4" DROP,
     "any to any is still of one family"},
    {true, 1, "10.1.0.0/16", "10.2.0.0/16", ANY_PORT, ANY_PORT, "ip daddr 10.2.0.0/16 meta l4proto 1" MARK,
     "ip saddr 10.2.0.0/16 meta l4proto 1" DROP, "a protocol without ports"},
    {true,
     TCP,
     "10.1.0.0/16",
     "10.2.0.0/16",
     ANY_PORT,
     {80, 80},
     "meta l4proto 6 th dport 80" MARK,
     "meta l4proto 6 th sport 80" DROP,
     "the peer's port is the source on the way in"},
    {true,
     UDP,
     "10.1.0.0/16",
     "10.2.0.0/16",
     {1024, 2047},
     {53, 53},
     "meta l4proto 17 th sport 1024-2047 th dport 53" MARK,
     "meta l4proto 17 th dport 1024-2047 th sport 53" DROP,
     "ports on both sides"},
    {true,
     TCP,
     "10.1.0.0/16",
     "10.2.0.0/16",
     ANY_PORT,
     {80, 80},
     "meta l4proto 6 ip frag-off & 0x1fff != 0" MARK,
     "meta l4proto 6 ip frag-off & 0x1fff != 0" DROP,
     "a later fragment shows no ports, and goes the safe way"},
    {true, 0, "2001:db8:1::/48", "2001:db8:2::/48", ANY_PORT, ANY_PORT,
     "meta nfproto ipv6 ip6 saddr 2001:db8:1::/48 ip6 daddr 2001:db8:2::/48" MARK,
     "meta nfproto ipv6 ip6 daddr 2001:db8:1::/48 ip6 saddr 2001:db8:2::/48" DROP, "IPv6"},
};

static void an_ace_is_asked_in_both_directions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(aces); i++) {
        struct steered s;
        make_steered(&s);
        s.aces[1][0] = ace(aces[i].is_permit, aces[i].protocol, aces[i].local, aces[i].remote, aces[i].remote_ports);
        s.aces[1][0].selector.local_ports = aces[i].local_ports;

        char *rules = written(&s.policy);
        const char *out = strstr(rules, "chain out_1_20 {"), *in = strstr(rules, "chain in_1_20 {");
        const char *out_line = strstr(out, aces[i].out), *in_line = strstr(in, aces[i].in);
        if (out_line == NULL || in_line == NULL || out_line > strchr(out, '}') || in_line > strchr(in, '}'))
            fail_msg("%s:\n%s", aces[i].why, rules);
        free(rules);
    }
}

static void a_range_that_is_no_prefix_is_written_as_a_range(void **state)
{
    struct steered s;
    char *rules;

    (void)state;
    make_steered(&s);
    s.aces[0][1].selector.remote.last = ip_of_v4(0x0a020006);
    rules = written(&s.policy);
    CHECK(strstr(rules, "ip daddr 10.2.0.0-10.2.0.6") != NULL);
    free(rules);
}

static void entries_are_asked_in_order_until_one_has_marked(void **state)
{
    struct steered s;
    char *rules;

    (void)state;
    make_steered(&s);
    rules = written(&s.policy);
    CHECK(strstr(rules, "  chain out {\n"
                        "    jump out_0_10\n    meta mark & 0x0f000000 == 0x01000000 return\n"
                        "    jump out_1_20\n    meta mark & 0x0f000000 == 0x01000000 return\n") != NULL);
    CHECK(
        strstr(rules, "  chain in {\n    iifname \"outside0\" jump in_0_10\n    iifname \"outside0\" jump in_1_20\n") !=
        NULL);
    free(rules);
}

static void an_interface_that_is_not_known_is_not_named(void **state)
{
    static const char *const names[] = {"", "a\"b", "a b", "a;b", "a\nb", "{"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct steered s;
        make_steered(&s);
        s.interfaces[0].linux_name = names[i];
        char *rules = written(&s.policy);
        CHECK(strstr(rules, "  chain in {\n  }\n") != NULL);
        CHECK(strstr(rules, "jump out_0_10") != NULL);
        free(rules);
    }
    CHECK(steer_rules_can_name("eth0.100") && steer_rules_can_name("br-1:2") && steer_rules_can_name("veth1@if2"));
}

/* What is written of the ACLs then has the addresses that the packet comes with; what is refused in clear keeps those
 * of the wire. */
static void what_is_translated_is_asked_for_by_its_own_addresses(void **state)
{
    const struct nat_row rows[] = {{.real = range("192.168.1.0/24"),
                                    .mapped = range("10.1.0.0/24"),
                                    .mapped_peer = range("0.0.0.0/0"),
                                    .real_peer = range("0.0.0.0/0"),
                                    .real_port = ANY_PORT,
                                    .mapped_port = ANY_PORT},
                                   {.real = range("10.1.0.0/16"),
                                    .mapped = range("10.1.0.0/16"),
                                    .mapped_peer = range("0.0.0.0/0"),
                                    .real_peer = range("0.0.0.0/0"),
                                    .real_port = ANY_PORT,
                                    .mapped_port = ANY_PORT}};
    const struct nat_rule rules[] = {
        {.kind = NAT_STATIC, .from = 1, .to = 0, .rows = &rows[0], .row_count = 1, .text = "", .config = ""},
        {.kind = NAT_IDENTITY, .from = 1, .to = 0, .rows = &rows[1], .row_count = 1, .text = "", .config = ""}};
    static const char *const parts[] = {
        "  chain nat_0_0_0 {\n    meta nfproto ipv4 ip saddr 192.168.1.0/24 ip daddr 10.2.0.0/16" MARK,
        "    meta nfproto ipv4 ip saddr 192.168.1.0/24 jump nat_0_0\n    meta nfproto ipv4 ip saddr 192.168.1.0/24 "
        "accept",
        "    meta nfproto ipv4 ip saddr 10.1.0.0/16 jump out\n    meta nfproto ipv4 ip saddr 10.1.0.0/16 accept",
        "  chain ask_0 {\n    iifname \"inside0\" jump nat_0\n    iifname \"inside0\" jump nat_1\n    jump out\n",
        "  chain in_0_10 {\n    meta nfproto ipv4 ip daddr 10.1.9.0/24 ip saddr 10.2.0.0/16 return\n",
        "hook prerouting priority -90;",
    };
    struct steered s;
    char *written_rules;

    (void)state;
    make_steered(&s);
    s.policy.nat_rules = rules;
    s.policy.nat_rule_count = COUNT_OF(rules);
    written_rules = written(&s.policy);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strstr(written_rules, parts[i]) == NULL)
            fail_msg("no\n%sin\n%s", parts[i], written_rules);
    /* 10.1.9.0/24 is denied in the first entry; nothing of 192.168.1.0/24 becomes that. */
    CHECK(strstr(written_rules, "ip saddr 192.168.1.0/24 ip daddr 10.2.9.0/24") == NULL);
    free(written_rules);
}

static void the_space_is_enough_for_the_longest_lines(void **state)
{
    enum { MANY = 2000 };
    static struct crypto_ace many[MANY];
    struct steered s;

    (void)state;
    make_steered(&s);
    for (size_t i = 0; i < MANY; i++) {
        many[i] = ace(true, UDP, "2001:db8:1111:2222:3333:4444:5555:6666/128",
                      "2001:db8:1111:2222:3333:4444:5555:7777/128", (struct port_range){10000, 20000});
        many[i].selector.local_ports = (struct port_range){10000, 20000};
        many[i].selector.local.last.octets[15] = 0xff;
        many[i].selector.remote.last.octets[15] = 0xff;
    }
    s.tunnels[0].aces = many;
    s.tunnels[0].ace_count = MANY;
    free(written(&s.policy)); /* checks that it was not cut */
}

static void an_open_entry_steers_its_guests_alone(void **state)
{
    struct selector guests[] = {
        {.local = {{.family = IP_V4, .octets = {10, 1, 0, 0}}, {.family = IP_V4, .octets = {10, 1, 255, 255}}},
         .remote = {{.family = IP_V4, .octets = {10, 7, 0, 0}}, {.family = IP_V4, .octets = {10, 7, 0, 255}}},
         .local_ports = ANY_PORT,
         .remote_ports = ANY_PORT}};
    static const struct crypto_ace any = {.selector = {.local = {{.family = IP_V4}, {.family = IP_V4}}},
                                          .is_permit = true};
    const struct policy_interface outside = {.linux_name = "eth0", .map_name = "M", .is_ikev1_enabled = true};
    const struct tunnel tunnel = {
        .map_name = "D", .sequence = 10, .is_dynamic = true, .is_open = true, .aces = &any, .ace_count = 1};
    const struct policy policy = {.interfaces = &outside, .interface_count = 1, .tunnels = &tunnel, .tunnel_count = 1};
    char *text = written_with(&policy, (struct steer_guests){guests, 1});
    char space[8192];
    struct text added = text_of(space, sizeof space);

    (void)state;
    CHECK(
        strstr(text, "chain guests_out {\n    meta nfproto ipv4 ip saddr 10.1.0.0/16 ip daddr 10.7.0.0/24" MARK "  }"));
    CHECK(
        strstr(text, "chain guests_in {\n    meta nfproto ipv4 ip daddr 10.1.0.0/16 ip saddr 10.7.0.0/24" DROP "  }"));
    CHECK(strstr(text, "    jump guests_out\n") && strstr(text, "iifname \"eth0\" jump guests_in\n"));
    CHECK(!strstr(text, "chain out_0_10"));
    free(text);
    text = written(&policy);
    CHECK(strstr(text, "chain guests_out {\n  }"));
    free(text);
    steer_rules_write_guest(&added, &policy, &guests[0]);
    CHECK(strcmp(space,
                 "add rule inet ikewise guests_out meta nfproto ipv4 ip saddr 10.1.0.0/16 ip daddr 10.7.0.0/24" MARK
                 "add rule inet ikewise guests_in meta nfproto ipv4 ip daddr 10.1.0.0/16 ip saddr 10.7.0.0/24" DROP) ==
          0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_entry_steers_its_guests_alone),
        cmocka_unit_test(an_ace_is_asked_in_both_directions),
        cmocka_unit_test(a_range_that_is_no_prefix_is_written_as_a_range),
        cmocka_unit_test(entries_are_asked_in_order_until_one_has_marked),
        cmocka_unit_test(an_interface_that_is_not_known_is_not_named),
        cmocka_unit_test(what_is_translated_is_asked_for_by_its_own_addresses),
        cmocka_unit_test(the_space_is_enough_for_the_longest_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
