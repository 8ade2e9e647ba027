/* What a vpn-filter drops, counts and tells, and that a new list holds at once. */
#include "plane_world.h"

/* A policy with one filter. The one before it stands until the plane has left it. */
static struct filtering {
    struct crypto_ace lines[2];
    struct filter filter;
    struct group_policy group_policy;
    struct user_rights user;
    struct tunnel_group group;
    struct policy policy;
} policies[2];
static unsigned turn;

/* `far` to `near`, on INNER_PORT. */
static struct crypto_ace line_of(bool is_permit, struct ip far, struct ip near, uint16_t port)
{
    return (struct crypto_ace){.selector = {.local = ip_range_of_prefix(far, 32),
                                            .remote = ip_range_of_prefix(near, 32),
                                            .protocol = IPPROTO_UDP,
                                            .local_ports = {0, 65535},
                                            .remote_ports = {port, port}},
                               .is_permit = is_permit};
}

static void use_filter(const struct crypto_ace *lines, uint16_t count)
{
    struct filtering *f = &policies[turn++ % 2];

    memcpy(f->lines, lines, count * sizeof *lines);
    f->filter = (struct filter){.name = "PARTNER", .aces = f->lines, .ace_count = count};
    f->group_policy = (struct group_policy){.name = "GP", .filter = 1};
    f->group = (struct tunnel_group){.name = "192.0.2.2", .peer = there, .group_policy = 1};
    f->policy = policy;
    f->policy.filters = &f->filter;
    f->policy.group_policies = &f->group_policy;
    f->policy.tunnel_groups = &f->group;
    f->policy.filter_count = f->policy.group_policy_count = f->policy.tunnel_group_count = 1;
    plane_set_policy(plane, &f->policy);
}

static void permit_port(uint16_t port)
{
    struct crypto_ace line = line_of(true, far_host, host, port);

    use_filter(&line, 1);
}

static bool peer_reaches_host(struct esp_sa *out, const char *text)
{
    uint8_t space[SPACE];
    char got[SPACE];
    struct bytes esp = seal(out, text, space);

    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    const char *received = host_receives(got);
    CHECK(received == NULL || strcmp(received, text) == 0);
    return received != NULL;
}

static bool host_reaches_peer(struct esp_sa *in, const char *text)
{
    char got[SPACE];

    host_sends(text);
    const char *received = open_text(in, got);
    CHECK(received == NULL || strcmp(received, text) == 0);
    return received != NULL;
}

static uint64_t drops_of(const struct ike_install *install, enum esp_drop drop)
{
    struct plane_pair_view view;

    CHECK(plane_view_pair(plane, install->pair, &view));
    return view.tally.drops[drop];
}

static void what_the_filter_denies_is_dropped_counted_and_told_in_each_direction(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa in = peer_sa(THEIR_SPI, 5, false), out = peer_sa(OUR_SPI, 5, true);
    struct plane_pair_view view;

    (void)state;
    permit_port(INNER_PORT);
    CHECK(plane_install(plane, &install) == 0);
    CHECK(peer_reaches_host(&out, "permitted") && host_reaches_peer(&in, "and its answer"));
    CHECK(plane_filter_hits(plane, 0, 0) == 2 && plane_filter_hits(plane, 0, 1) == 0 && told.events == 0);

    permit_port(INNER_PORT + 1);
    CHECK(!peer_reaches_host(&out, "denied") && !host_reaches_peer(&in, "denied too"));
    CHECK(drops_of(&install, ESP_DROP_FILTERED_IN) == 1 && drops_of(&install, ESP_DROP_FILTERED_OUT) == 1);
    CHECK(plane_filter_hits(plane, 0, 0) == 0 && plane_filter_hits(plane, 0, 1) == 2);
    run_for(20);
    CHECK(told.events == 2);
    assert_string_equal(told.reason, "VPN_FILTER");
    CHECK(plane_view_pair(plane, install.pair, &view));
    /* what was to go in is not sealed, what came out was opened */
    CHECK(view.tally.counters[ESP_COUNTER_ENCAPS] == 1 && view.tally.counters[ESP_COUNTER_DECAPS] == 2);
    assert_string_equal(view.filter, "PARTNER");

    /* the pair stands; it is the list that has changed */
    permit_port(INNER_PORT);
    CHECK(peer_reaches_host(&out, "again") && host_reaches_peer(&in, "and again"));
    plane_set_policy(plane, &policy);
    burst_key_free(in.key);
    burst_key_free(out.key);
}

static void the_counters_of_a_line_that_stays_go_on(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);

    (void)state;
    permit_port(INNER_PORT);
    CHECK(plane_install(plane, &install) == 0 && peer_reaches_host(&out, "one"));
    use_filter((struct crypto_ace[]){line_of(false, far_host, host, 1), line_of(true, far_host, host, INNER_PORT)}, 2);
    CHECK(peer_reaches_host(&out, "two"));
    CHECK(plane_filter_hits(plane, 0, 0) == 0 && plane_filter_hits(plane, 0, 1) == 2);
    plane_set_policy(plane, &policy);
    burst_key_free(out.key);
}

/* The group has none, and alice one: her group-policy is the only one that there is. */
static void a_users_own_filter_holds_for_him_and_for_nobody_else(void **state)
{
    static const uint16_t own[] = {1};
    struct ike_install hers = install_of(1, OUR_SPI, THEIR_SPI, 5), his = install_of(2, OUR_SPI + 1, THEIR_SPI + 1, 5);
    struct plane_pair_view view;

    (void)state;
    hers.user = "alice";
    his.user = "bob";
    permit_port(INNER_PORT);
    struct filtering *f = &policies[(turn - 1) % 2];
    plane_set_policy(plane, &policy);
    f->group.group_policy = 0;
    f->user = (struct user_rights){.name = "alice", .group_policies = own};
    f->policy.users = &f->user;
    f->policy.user_count = 1;
    plane_set_policy(plane, &f->policy);
    CHECK(plane_install(plane, &hers) == 0 && plane_install(plane, &his) == 0);
    CHECK(plane_view_pair(plane, hers.pair, &view));
    assert_string_equal(view.filter, "PARTNER");
    CHECK(plane_view_pair(plane, his.pair, &view) && view.filter == NULL);

    f = &policies[turn++ % 2]; /* alice has none any more, and nothing else changes */
    *f = policies[turn % 2];
    f->policy.tunnel_groups = &f->group;
    f->policy.users = NULL;
    f->policy.user_count = 0;
    plane_set_policy(plane, &f->policy);
    CHECK(plane_view_pair(plane, hers.pair, &view) && view.filter == NULL);
    plane_set_policy(plane, &policy);
}

/* Its group has gone with its filter; the pair will go too, but what comes until then is not let through. */
static void a_pair_whose_group_has_gone_is_not_let_past_its_filter(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);

    (void)state;
    permit_port(INNER_PORT);
    CHECK(plane_install(plane, &install) == 0 && peer_reaches_host(&out, "one"));
    plane_set_policy(plane, &policy);
    CHECK(!peer_reaches_host(&out, "two"));
    CHECK(drops_of(&install, ESP_DROP_FILTERED_IN) == 1);
    burst_key_free(out.key);
}

/* RFC 792: its type, its code, and the packet that it is about. */
static void an_error_is_let_through_with_what_it_is_about(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct plane_pair *pair;
    uint8_t packet[56] = {0x45, 0,  0, 56, 0,  1, 0, 0, 64, 1, 0,    0, 10,   2,    0, 9, 10, 1,
                          0,    5,  3, 1,  0,  0, 0, 0, 0,  0, 0x45, 0, 4,    0,    0, 1, 0,  0,
                          63,   17, 0, 0,  10, 1, 0, 5, 10, 2, 0,    9, 0x1b, 0x58, 0, 53};
    struct esp_packet came = {.data = packet, .size = sizeof packet, .len = sizeof packet};

    (void)state;
    permit_port(INNER_PORT); /* 7000, 0x1b58: what we send from there may get errors */
    CHECK(plane_install(plane, &install) == 0);
    pair = plane_pair_find(plane, install.pair);
    CHECK(inner_read(&came.inner, BYTES_OF(packet)));
    CHECK(plane_filter_in(plane, pair, &came, (struct endpoint){there, PLANE_PORT}));
    packet[49] = 0x59; /* from 7001 */
    CHECK(!plane_filter_in(plane, pair, &came, (struct endpoint){there, PLANE_PORT}));
    packet[49] = 0x58;
    packet[20] = 5; /* a redirect */
    CHECK(!plane_filter_in(plane, pair, &came, (struct endpoint){there, PLANE_PORT}));
    packet[20] = 3;
    packet[3] = 48; /* cut where its quote has no ports */
    came.len = 48;
    CHECK(inner_read(&came.inner, bytes_of(packet, 48)));
    CHECK(!plane_filter_in(plane, pair, &came, (struct endpoint){there, PLANE_PORT}));
    plane_set_policy(plane, &policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLANE_TEST(a_users_own_filter_holds_for_him_and_for_nobody_else),
        PLANE_TEST(what_the_filter_denies_is_dropped_counted_and_told_in_each_direction),
        PLANE_TEST(the_counters_of_a_line_that_stays_go_on),
        PLANE_TEST(a_pair_whose_group_has_gone_is_not_let_past_its_filter),
        PLANE_TEST(an_error_is_let_through_with_what_it_is_about),
    };

    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
