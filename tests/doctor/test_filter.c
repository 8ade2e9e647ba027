/* The judge of packet filter rules, on rules that this machine need not have. */
#include "doctor/filter.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RULE(handle, statements)                                                                                       \
    "{\"rule\": {\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"INPUT\", \"handle\": " #handle                \
    ", \"expr\": [" statements "]}}"
#define MATCH(op, left, right) "{\"match\": {\"op\": \"" op "\", \"left\": " left ", \"right\": " right "}}"
#define DPORT "{\"payload\": {\"protocol\": \"udp\", \"field\": \"dport\"}}"
#define TCP_DPORT "{\"payload\": {\"protocol\": \"tcp\", \"field\": \"dport\"}}"
#define XT(type) "{\"xt\": {\"type\": \"" type "\", \"name\": \"x\"}}"
#define DROP "{\"drop\": null}"
#define ACCEPT "{\"accept\": null}"

static struct filter_verdict judge(const char *policy, const char *rules, struct filter **filter)
{
    static char json[4096];
    struct filter_packet packet = {.way = FILTER_IN, .age = FILTER_NEW, .port = 500, .device = "eth0"};

    CHECK(ip_parse(&packet.local, bytes_of_text("192.0.2.1")) && ip_parse(&packet.peer, bytes_of_text("198.51.100.2")));
    snprintf(json, sizeof json,
             "{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"INPUT\", \"type\": "
             "\"filter\", \"hook\": \"input\", \"policy\": \"%s\"}}%s%s]}",
             policy, *rules ? ", " : "", rules);
    *filter = filter_read(json);
    CHECK(*filter != NULL);
    return filter_judge(*filter, &packet);
}

static void a_packet_goes_the_way_that_the_kernel_leads_it(void **state)
{
    static const struct {
        const char *policy, *rules;
        enum filter_end end;
        const char *why;
    } cases[] = {
        {"accept", "", FILTER_PASSES, "no rule"},
        {"drop", "", FILTER_DROPPED, "no rule and a policy"},
        {"accept", RULE(1, MATCH("==", DPORT, "500") "," DROP), FILTER_DROPPED, "our port"},
        {"accept", RULE(1, MATCH("!=", DPORT, "500") "," DROP), FILTER_PASSES, "every port but ours"},
        {"accept", RULE(1, MATCH("!=", TCP_DPORT, "500") "," DROP), FILTER_PASSES,
         "another port than 500 of a header that is not there"},
        {"accept", RULE(1, MATCH("<", DPORT, "1024") "," DROP), FILTER_DROPPED, "below"},
        {"accept", RULE(1, MATCH(">=", DPORT, "501") "," DROP), FILTER_PASSES, "above"},
        {"accept", RULE(1, MATCH("==", DPORT, "500") "," ACCEPT) "," RULE(2, DROP), FILTER_PASSES, "accepted before"},
        {"accept", RULE(1, DROP) "," RULE(2, ACCEPT), FILTER_DROPPED, "dropped before"},
        {"drop", RULE(1, XT("match") "," ACCEPT), FILTER_DOUBT, "accepted by a match that is not shown"},
        {"accept", RULE(1, XT("match") "," DROP), FILTER_DOUBT, "dropped by a match that is not shown"},
        {"accept", RULE(1, MATCH("==", DPORT, "4500") "," XT("match") "," DROP), FILTER_PASSES,
         "the same for another port"},
        {"accept", RULE(1, XT("target")), FILTER_DOUBT, "a target that is not shown"},
        {"accept", RULE(1, XT("match")), FILTER_PASSES, "a match that nothing follows"},
        {"accept", RULE(1, "{\"invented\": null}," DROP), FILTER_DOUBT, "a statement that is not known"},
        {"accept", RULE(1, MATCH("==", "{\"invented\": {\"key\": \"x\"}}", "1") "," DROP), FILTER_DOUBT,
         "a value that is not known"},
        {"accept", RULE(1, "{\"goto\": {\"target\": \"INPUT\"}}"), FILTER_PASSES,
         "a chain that asks itself ends, as the kernel has none"},
        {"accept", RULE(1, "{\"goto\": {\"target\": \"EMPTY\"}}") "," RULE(2, DROP), FILTER_PASSES,
         "who goes to another chain does not come back"},
        {"accept", RULE(1, "{\"jump\": {\"target\": \"EMPTY\"}}") "," RULE(2, DROP), FILTER_DROPPED,
         "who is sent to another chain does"},
        {"accept", RULE(1, "{\"vmap\": {\"key\": " DPORT ", \"data\": \"@gone\"}}"), FILTER_DOUBT,
         "a map that is not shown"},
        {"accept", RULE(1, "{\"dnat\": {\"addr\": \"10.0.0.1\"}}"), FILTER_DOUBT, "it goes elsewhere"},
        {"accept", RULE(1, "7, null, {}, [1]"), FILTER_PASSES, "no statements at all"},
    };
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filter *filter;
        if (judge(cases[i].policy, cases[i].rules, &filter).end != cases[i].end) {
            print_error("%s\n", cases[i].why);
            failures++;
        }
        filter_free(filter);
    }
    assert_int_equal(failures, 0);
}

static void what_is_not_the_json_of_nft_is_not_read(void **state)
{
    static const char *const cases[] = {"", "{", "[]", "{}", "{\"nftables\": 1}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (filter_read(cases[i]) != NULL)
            fail_msg("%s", cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_goes_the_way_that_the_kernel_leads_it),
        cmocka_unit_test(what_is_not_the_json_of_nft_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
