/* The rules of address translation as nft's JSON. tests/peers/nat.sh shows that the kernel does what they say. */
#include "daemon/nat_rules.h"

#include "policies.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct nats {
    struct steered s;
    struct nat_row rows[4];
    struct nat_rule rules[3];
};

static struct nat_row row(const char *real, const char *mapped, const char *mapped_peer, const char *real_peer)
{
    return (struct nat_row){.real = range(real),
                            .mapped = range(mapped),
                            .mapped_peer = range(mapped_peer),
                            .real_peer = range(real_peer),
                            .real_port = ANY_PORT,
                            .mapped_port = ANY_PORT};
}

/* An exemption but for one network, a translation of both ends, and all others behind the interface. */
static void make_nats(struct nats *n)
{
    *n = (struct nats){.rows = {row("10.1.7.0/24", "10.1.7.0/24", "10.2.0.0/16", "10.2.0.0/16"),
                                row("10.1.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.2.0.0/16"),
                                row("10.1.9.0/24", "192.0.2.0/24", "10.92.1.0/24", "10.1.9.0/24"),
                                row("0.0.0.0/0", "192.0.2.1/32", "0.0.0.0/0", "0.0.0.0/0")}};
    make_steered(&n->s);
    n->rows[0].is_deny = true;
    n->rules[0] =
        (struct nat_rule){.kind = NAT_IDENTITY, .from = 1, .rows = n->rows, .row_count = 2, .config = "a", .text = ""};
    n->rules[1] = (struct nat_rule){
        .kind = NAT_STATIC, .from = 1, .rows = n->rows + 2, .row_count = 1, .config = "b", .text = "", .section = 1};
    n->rules[2] = (struct nat_rule){
        .kind = NAT_DYNAMIC, .from = 1, .rows = n->rows + 3, .row_count = 1, .config = "c", .text = ""};
    n->s.policy.nat_rules = n->rules;
    n->s.policy.nat_rule_count = COUNT_OF(n->rules);
}

#define MATCH(left, right) "{\"match\":{\"op\":\"==\",\"left\":" left ",\"right\":" right "}}"
#define V4 MATCH("{\"meta\":{\"key\":\"nfproto\"}}", "\"ipv4\"")
#define FROM_INSIDE MATCH("{\"meta\":{\"key\":\"iifname\"}}", "\"inside0\"")
#define TO_OUTSIDE MATCH("{\"meta\":{\"key\":\"oifname\"}}", "{\"set\":[\"outside0\",\"ikewise0\"]}")
#define SOURCE "{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}"
#define DESTINATION "{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}}"
#define NET(address, len) "{\"prefix\":{\"addr\":\"" address "\",\"len\":" len "}}"

static void a_document_says_each_rule_in_its_order(void **state)
{
    static const struct {
        const char *part, *why;
    } parts[] = {
        {"{\"flush\":{\"table\":{\"name\":\"ikewise_nat\",\"family\":\"inet\"}}}", "the counters stay"},
        {"\"hook\":\"prerouting\",\"prio\":-110", "before the ACLs are asked"},
        {"\"right\":{\"set\":[500,4500]}}},{\"accept\":null}]", "IKE for our address stays ours"},
        {"\"right\":50}},{\"accept\":null}]", "and ESP"},
        {"\"fib\":{\"result\":\"type\",\"flags\":[\"saddr\"]}},\"right\":\"local\"}},{\"accept\":null}]",
         "what we send"},
        {"\"chain\":\"rule_0\",\"expr\":[" V4
         "," MATCH(SOURCE, NET("10.1.7.0", "24")) "," MATCH(DESTINATION, NET("10.2.0.0", "16")) ",{\"return\":null}]",
         "a deny ends its rule"},
        {MATCH(SOURCE, NET("10.1.0.0", "16")) "," MATCH(DESTINATION,
                                                        NET("10.2.0.0", "16")) ",{\"counter\":\"translate_",
         "an exemption"},
        {"\"chain\":\"untranslate\",\"expr\":[" V4 "," FROM_INSIDE "," MATCH(SOURCE, NET("10.1.9.0", "24")) "," MATCH(
             DESTINATION,
             NET("10.92.1.0", "24")) ",{\"dnat\":{\"family\":\"ip\",\"addr\":" NET("10.1.9.0",
                                                                                   "24") ",\"flags\":\"netmap\"}}]",
         "the far end by another name"},
        {TO_OUTSIDE "," MATCH(SOURCE, NET("10.1.9.0", "24")), "what leaves for a tunnel leaves by its interface"},
        {"{\"snat\":{\"family\":\"ip\",\"addr\":" NET("192.0.2.0", "24") ",\"flags\":\"netmap\"}}",
         "network to network"},
        {"\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"status\"}},\"right\":[\"snat\",\"dnat\"]",
         "what is translated already"},
        {"\"right\":[\"established\",\"related\"]}},{\"counter\":\"hits\"}]", "is counted, but for its first packet"},
        {"{\"snat\":{\"family\":\"ip\",\"addr\":\"192.0.2.1\",\"flags\":\"persistent\"}}", "many behind one"},
    };
    struct nats n;
    char *json, *at;
    json_t *root;

    (void)state;
    make_nats(&n);
    json = at = nat_rules_json(&n.s.policy);
    root = json_loads(json, 0, NULL);
    CHECK(root != NULL);
    json_decref(root);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strstr(json, parts[i].part) == NULL)
            fail_msg("%s: no\n%s\nin\n%s", parts[i].why, parts[i].part, json);
    CHECK(strstr(at, "\"target\":\"rule_0\"") < strstr(at, "{\"snat\":")); /* the first rule first */
    free(json);
}

static void an_interface_that_is_not_known_has_no_rules(void **state)
{
    struct nats n;
    char *json;

    (void)state;
    make_nats(&n);
    n.s.interfaces[1].linux_name = "";
    json = nat_rules_json(&n.s.policy);
    CHECK(strstr(json, "{\"snat\":") == NULL && strstr(json, "{\"dnat\":") == NULL && strstr(json, "jump") == NULL);
    free(json);
}

static void only_some_addresses_are_answered_for(void **state)
{
    static struct nat_proxy proxies[NAT_PROXIES_MAX];
    struct nats n;

    (void)state;
    make_nats(&n);
    CHECK(nat_proxies(&n.s.policy, proxies) == 0);
    n.rules[1].has_proxy_arp = true;
    CHECK(nat_proxies(&n.s.policy, proxies) == 255); /* the network of the interface, but for its own address */
    n.rows[2].mapped = range("203.0.113.0/24");
    CHECK(nat_proxies(&n.s.policy, proxies) == 0);
    n.s.policy.is_arp_permitted = true;
    CHECK(nat_proxies(&n.s.policy, proxies) == 256);
    n.s.policy.is_arp_permitted = false;
    n.rules[1].section = 0; /* before 8.3 */
    CHECK(nat_proxies(&n.s.policy, proxies) == 256);
    n.rows[2].mapped = range("0.0.0.0/0");
    CHECK(nat_proxies(&n.s.policy, proxies) == NAT_PROXIES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_says_each_rule_in_its_order),
        cmocka_unit_test(an_interface_that_is_not_known_has_no_rules),
        cmocka_unit_test(only_some_addresses_are_answered_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
