/* What a device's screens list, held against a tunnel: lists in any order, several of them, and too many. */
#include "diag/listed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct listed *listed;
static struct arena arena;
static void *space;

static int set_up(void **state)
{
    (void)state;
    space = calloc(1, listed_space());
    arena = arena_of(space, listed_space());
    listed = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip = {0};

    assert_true(ip_parse(&ip, bytes_of_text(text)));
    return ip;
}

static void entry(const char *peer, const char *map, const char *list)
{
    struct event e = event_of(EV_CONFIGURED);

    event_add_text(&e, FIELD_STATEMENT, "crypto-map-entry");
    event_add_ip(&e, FIELD_PEER, ip_of(peer));
    event_add_text(&e, FIELD_MAP, map);
    event_add_text(&e, FIELD_GROUP, list);
    listed_take(&listed, &e, &arena);
}

static void bound(const char *map, const char *interface)
{
    struct event e = event_of(EV_CONFIGURED);

    event_add_text(&e, FIELD_STATEMENT, "crypto-map-interface");
    event_add_text(&e, FIELD_MAP, map);
    event_add_text(&e, FIELD_INTERFACE, interface);
    listed_take(&listed, &e, &arena);
}

static void selector(const char *list, const char *remote)
{
    struct event e = event_of(EV_CONFIGURED);

    event_add_text(&e, FIELD_STATEMENT, "selector");
    event_add_text(&e, FIELD_MAP, list);
    event_add_text(&e, FIELD_REMOTE_PROXY, remote);
    listed_take(&listed, &e, &arena);
}

static void line(const char *list, const char *words, unsigned hits)
{
    struct event e = event_of(EV_SCREEN_ACL);

    event_add_text(&e, FIELD_MAP, list);
    event_add_text(&e, FIELD_DETAIL, words);
    event_add_number(&e, FIELD_COUNT, hits);
    listed_take(&listed, &e, &arena);
}

static void route(const char *to, unsigned len, const char *next, const char *interface)
{
    struct event e = event_of(EV_SCREEN_ROUTE);

    event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip_of(to));
    event_add_number(&e, FIELD_REMOTE_PREFIX_LEN, len);
    if (next)
        event_add_ip(&e, FIELD_PEER, ip_of(next));
    if (interface)
        event_add_text(&e, FIELD_INTERFACE, interface);
    listed_take(&listed, &e, &arena);
}

static void no_default(void)
{
    struct event e = event_of(EV_NO_DEFAULT_ROUTE);

    listed_take(&listed, &e, &arena);
}

#define PEER "192.0.2.9"

static void hits_are_those_of_the_list_that_the_entry_of_the_peer_names(void **state)
{
    (void)state;
    assert_int_equal(listed_hits(NULL, ip_of(PEER)), HITS_UNTOLD);
    line("VPN", "line 1 extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0", 0);
    line("OTHER", "line 1 extended permit ip any any", 7);
    assert_int_equal(listed_hits(listed, ip_of(PEER)), HITS_UNTOLD); /* no entry names it yet */
    entry(PEER, "OUT", "VPN");
    entry("192.0.2.10", "OUT", "OTHER");
    entry("192.0.2.11", "OUT", "NOT-SHOWN");
    assert_int_equal(listed_hits(listed, ip_of(PEER)), HITS_NONE);
    assert_int_equal(listed_hits(listed, ip_of("192.0.2.10")), HITS_SOME);
    assert_int_equal(listed_hits(listed, ip_of("192.0.2.11")), HITS_UNTOLD);
    line("VPN", "line 2 extended deny ip any any", 9);
    assert_int_equal(listed_hits(listed, ip_of(PEER)), HITS_NONE);
    line("VPN", "permit ip 10.3.0.0 0.0.255.255 10.2.0.0 0.0.255.255", 1);
    assert_int_equal(listed_hits(listed, ip_of(PEER)), HITS_SOME);
}

static void a_way_is_missed_only_in_a_table_without_a_default_route(void **state)
{
    (void)state;
    no_default();
    assert_int_equal(listed_way(listed, ip_of(PEER)), WAY_UNTOLD); /* the table itself was cut off */
    route("198.51.100.0", 24, NULL, "outside");
    assert_int_equal(listed_way(listed, ip_of(PEER)), WAY_NONE);
    assert_int_equal(listed_way(listed, ip_of("198.51.100.77")), WAY_KNOWN);
    assert_int_equal(listed_way(listed, ip_of("2001:db8::1")), WAY_UNTOLD);
    route("0.0.0.0", 0, "198.51.100.1", NULL); /* of another table */
    assert_int_equal(listed_way(listed, ip_of(PEER)), WAY_UNTOLD);
}

static void the_network_behind_a_peer_has_no_way_when_none_of_its_networks_has(void **state)
{
    (void)state;
    no_default();
    route("10.1.0.0", 16, NULL, "inside");
    entry(PEER, "OUT", "VPN");
    assert_int_equal(listed_way_behind(listed, ip_of(PEER)), WAY_UNTOLD);
    selector("VPN", "10.2.0.0/16");
    assert_int_equal(listed_way_behind(listed, ip_of(PEER)), WAY_NONE);
    route("10.2.7.0", 24, "198.51.100.1", "outside"); /* a part of it is not all */
    assert_int_equal(listed_way_behind(listed, ip_of(PEER)), WAY_NONE);
    selector("VPN", "10.1.9.0/24");
    assert_int_equal(listed_way_behind(listed, ip_of(PEER)), WAY_KNOWN);
}

static void a_route_leads_elsewhere_when_its_interface_has_no_crypto_map(void **state)
{
    (void)state;
    entry(PEER, "OUT", "VPN");
    selector("VPN", "10.2.0.0/16");
    route("0.0.0.0", 0, "198.51.100.1", "outside");
    route("10.2.0.0", 16, "10.1.0.9", NULL);
    route("10.1.0.0", 16, NULL, "inside");
    assert_false(listed_leads_elsewhere(listed, ip_of(PEER))); /* nobody tells where the map is */
    bound("OUT", "outside");
    assert_true(listed_leads_elsewhere(listed, ip_of(PEER))); /* by the next hop */
    assert_false(listed_leads_elsewhere(listed, ip_of("192.0.2.10")));
    bound("OUT", "inside");
    assert_false(listed_leads_elsewhere(listed, ip_of(PEER)));
}

/* 10.2.0.0/16 by 10.3.0.1, which is reached by 10.2.0.1, and so on. */
static void routes_that_lead_to_each_other_lead_nowhere(void **state)
{
    (void)state;
    entry(PEER, "OUT", "VPN");
    selector("VPN", "10.2.0.0/16");
    bound("OUT", "outside");
    route("10.2.0.0", 16, "10.3.0.1", NULL);
    route("10.3.0.0", 16, "10.2.0.1", NULL);
    assert_false(listed_leads_elsewhere(listed, ip_of(PEER)));
}

static void of_more_than_there_is_room_for_nothing_is_said(void **state)
{
    char name[16];

    (void)state;
    no_default();
    route("198.51.100.0", 24, NULL, "outside");
    entry(PEER, "OUT", "VPN");
    line("VPN", "permit ip any any", 0);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "LIST-%u", i);
        line(name, "permit ip any any", 1);
    }
    assert_int_equal(listed_hits(listed, ip_of(PEER)), HITS_UNTOLD);
    assert_int_equal(listed_way(listed, ip_of(PEER)), WAY_UNTOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hits_are_those_of_the_list_that_the_entry_of_the_peer_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_way_is_missed_only_in_a_table_without_a_default_route, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_network_behind_a_peer_has_no_way_when_none_of_its_networks_has, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_route_leads_elsewhere_when_its_interface_has_no_crypto_map, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(routes_that_lead_to_each_other_lead_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_more_than_there_is_room_for_nothing_is_said, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
