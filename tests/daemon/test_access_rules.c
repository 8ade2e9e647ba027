/* The lists of interfaces as nft's JSON. tests/peers/filter.sh shows that the kernel does what they say. */
#include "daemon/access_rules.h"

#include "policies.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ICMP = 1, LINES = 5 };

struct lists {
    struct steered s;
    struct crypto_ace lines[LINES];
    struct filter filters[2];
    struct access_group groups[3];
};

static void make_lists(struct lists *l)
{
    const struct port_range any = ANY_PORT, some = {80, 90};

    *l = (struct lists){
        .lines = {ace(true, TCP, "10.1.0.0/16", "0.0.0.0/0", some), ace(true, ICMP, "0.0.0.0/0", "10.2.0.9/32", any),
                  ace(false, 0, "0.0.0.0/0", "0.0.0.0/0", any), ace(true, ICMP, "0.0.0.0/0", "10.2.0.9/32", any),
                  ace(true, 0, "10.9.0.0/16", "0.0.0.0/0", any)}};
    make_steered(&l->s);
    l->lines[1].selector.local_ports = (struct port_range){filter_icmp_port(8, 0), filter_icmp_port(8, 255)};
    l->lines[3].selector.local_ports = (struct port_range){filter_icmp_port(3, 4), filter_icmp_port(3, 4)};
    l->filters[0] = (struct filter){.name = "A", .aces = l->lines, .ace_count = 4};
    l->filters[1] = (struct filter){.name = "B", .aces = l->lines + 4, .ace_count = 1, .first_hit = 5};
    l->groups[0] = (struct access_group){.filter = 0, .interface = 1, .way = ACCESS_IN};
    l->s.policy.filters = l->filters;
    l->s.policy.filter_count = 2;
    l->s.policy.access_groups = l->groups;
    l->s.policy.access_group_count = 1;
}

static void expect(const struct lists *l, bool has_log, bool is_there, const char *part, const char *why)
{
    char *json = access_rules_json(&l->s.policy, has_log);

    CHECK(json != NULL);
    if ((strstr(json, part) != NULL) != is_there)
        fail_msg("%s:\n%s", why, json);
    free(json);
}

#define MATCH(left, right) "{\"match\":{\"op\":\"==\",\"left\":" left ",\"right\":" right "}}"
#define META(key) "{\"meta\":{\"key\":\"" key "\"}}"
#define PAYLOAD(protocol, field) "{\"payload\":{\"protocol\":\"" protocol "\",\"field\":\"" field "\"}}"
#define OF(key, device, verdict) "\"expr\":[" MATCH(META(key), "\"" device "\"") "," verdict "]"
#define TO_GROUP(n) "{\"goto\":{\"target\":\"group_" n "\"}}"
#define ACCEPT "{\"accept\":null}"

static void a_list_decides_line_by_line_and_denies_the_rest(void **state)
{
    static const struct {
        const char *part, *why;
    } parts[] = {
        {"{\"flush\":{\"table\":{\"name\":\"ikewise_access\",\"family\":\"inet\"}}}", "the counters stay"},
        {"\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},\"right\":[\"established\",\"related\"]}}," ACCEPT,
         "what stands goes on"},
        {MATCH(PAYLOAD("th", "dport"), "{\"range\":[80,90]}") ",{\"counter\":\"line_", "ports"},
        {MATCH(META("l4proto"), "1") "," MATCH(PAYLOAD("icmp", "type"), "8"), "a type of ICMP"},
        {MATCH(PAYLOAD("icmp", "type"), "3") "," MATCH(PAYLOAD("icmp", "code"), "4"), "and one of its codes"},
        {",{\"goto\":{\"target\":\"deny_0\"}}]", "a line that denies"},
        {"{\"counter\":\"rest_", "what no line fits is counted"},
        {OF("iifname", "inside0", TO_GROUP("0")), "its interface"},
        {OF("iifname", "ikewise0", ACCEPT), "what is decrypted is spared"},
        {"{\"counter\":\"dropped\"},{\"drop\":null}]", "the end of it"},
    };
    static struct lists l;

    (void)state;
    make_lists(&l);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        expect(&l, true, true, parts[i].part, parts[i].why);
    expect(&l, true, false, "\"outside0\"", "an interface without a list is not looked at");
    expect(&l, true, true, "\"log\":{\"prefix\":\"0\",\"group\":4501", "what is denied is shown");
    expect(&l, false, false, "\"log\"", "a kernel that cannot");
}

static void tunnels_count_as_the_interface_of_their_map(void **state)
{
    static struct lists l;

    (void)state;
    make_lists(&l);
    l.groups[0] = (struct access_group){.filter = 0, .interface = 0, .way = ACCESS_IN};
    l.s.policy.is_decrypted_filtered = true;
    expect(&l, true, true, OF("iifname", "ikewise0", TO_GROUP("0")), "no sysopt connection permit-vpn");
    l.groups[0].way = ACCESS_OUT;
    l.s.policy.is_decrypted_filtered = false;
    expect(&l, true, true, OF("oifname", "ikewise0", TO_GROUP("0")), "what goes into a tunnel");
    expect(&l, true, true, OF("iifname", "ikewise0", ACCEPT),
           "what comes out of one is spared by the list where it leaves");

    /* the inside has a crypto map too, and no list */
    l.s.interfaces[1].map_name = "inside_map";
    l.s.tunnels[1].interface = 1;
    expect(&l, true, false, OF("oifname", "ikewise0", TO_GROUP("0")), "not all tunnels are of one interface");
    expect(&l, true, true,
           MATCH(META("oifname"), "\"ikewise0\"") "," MATCH(META("nfproto"), "\"ipv4\"") "," MATCH(
               PAYLOAD("ip", "daddr"), "{\"prefix\":{\"addr\":\"10.2.0.0\",\"len\":16}}") "," TO_GROUP("0"),
           "the networks of the far ends tell");
    expect(&l, true, true, MATCH(PAYLOAD("ip", "daddr"), "{\"prefix\":{\"addr\":\"10.2.9.0\",\"len\":24}}") "," ACCEPT,
           "those of the other interface pass");
}

static void the_list_for_any_interface_stands_behind_their_own(void **state)
{
    static struct lists l;

    (void)state;
    make_lists(&l);
    l.groups[1] = (struct access_group){.filter = 1, .interface = NO_INDEX, .way = ACCESS_IN};
    l.groups[2] = (struct access_group){.filter = 1, .interface = 0, .way = ACCESS_CONTROL_PLANE};
    l.s.policy.access_group_count = 3;
    expect(&l, true, true, "\"chain\":\"group_0\",\"expr\":[{\"jump\":{\"target\":\"lines_1\"}}]", "its lines");
    expect(&l, true, true, OF("iifname", "inside0", TO_GROUP("0")), "first its own");
    expect(&l, true, true, "\"chain\":\"come_in\"," OF("iifname", "outside0", TO_GROUP("1")), "one without");
    expect(&l, true, true, "\"hook\":\"input\"", "for the gateway itself");
    expect(&l, true, true, "nd-neighbor-solicit", "which keeps its neighbours");
}

static void counters_are_called_by_what_they_count(void **state)
{
    static struct lists l, other;
    char a[ACCESS_COUNTER_SIZE], b[ACCESS_COUNTER_SIZE];

    (void)state;
    make_lists(&l);
    make_lists(&other);
    other.filters[0].aces = other.lines + 1; /* without its first line */
    other.filters[0].ace_count = 2;
    assert_string_equal(access_counter_name(&l.filters[0], 1, a), access_counter_name(&other.filters[0], 0, b));
    assert_string_not_equal(access_counter_name(&l.filters[0], 1, a), access_counter_name(&l.filters[0], 2, b));
    assert_string_equal(access_counter_name(&l.filters[0], 4, a), access_counter_name(&other.filters[0], 2, b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_decides_line_by_line_and_denies_the_rest),
        cmocka_unit_test(tunnels_count_as_the_interface_of_their_map),
        cmocka_unit_test(the_list_for_any_interface_stands_behind_their_own),
        cmocka_unit_test(counters_are_called_by_what_they_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
