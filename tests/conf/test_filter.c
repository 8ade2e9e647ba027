/* What filters: which list holds for which tunnel-group and interface, what a fault in a list comes to, and which
 * packets a vpn-filter lets through. */
#include "conf/reading.h"

#include "policy/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char base[] =
    "ASA Version 9.12(4)\n"
    "interface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"
    "object network WEB\n host 10.1.0.80\n"
    "object-group network FAR\n network-object 10.2.0.0 255.255.0.0\n network-object host 10.3.0.1\n"
    "tunnel-group 203.0.113.1 type ipsec-l2l\n"
    "tunnel-group 203.0.113.1 general-attributes\n default-group-policy GP\n"
    "group-policy GP internal\n";
enum { FIRST_LINE = 17 };

static void read_with(struct reading *r, const char *more)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", base, more);
    reading_of(r, text);
    CHECK(r->is_ok);
}

/* ---- packets ---- */

enum { IN, OUT };

struct packet {
    int way;
    const char *source;
    uint16_t source_port; /* of ICMP the type */
    const char *destination;
    uint16_t destination_port; /* of ICMP the code */
    uint8_t protocol;
};

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ICMP6 = 58 };

static struct filter_packet packet_of(const struct packet *p)
{
    bool is_icmp = p->protocol == ICMP || p->protocol == ICMP6;
    struct filter_packet packet = {
        .flow = {.protocol = p->protocol,
                 .has_ports = p->protocol != GRE,
                 .local_port =
                     is_icmp ? filter_icmp_port((uint8_t)p->source_port, (uint8_t)p->destination_port) : p->source_port,
                 .remote_port = is_icmp ? 0 : p->destination_port}};

    CHECK(ip_parse(&packet.flow.local, bytes_of_text(p->source)) &&
          ip_parse(&packet.flow.remote, bytes_of_text(p->destination)));
    return packet;
}

static const char filter[] = "access-list F remark the far end stands first\n"
                             "access-list F extended permit tcp object-group FAR object WEB eq https\n"
                             "access-list F extended permit tcp 10.2.0.0 255.255.0.0 eq ssh 10.1.0.0 255.255.0.0\n"
                             "access-list F extended deny udp any host 10.1.0.53 eq domain inactive\n"
                             "access-list F extended permit udp any range 1000 2000 host 10.1.0.53 eq domain\n"
                             "access-list F extended permit icmp any4 any4 echo\n"
                             "access-list F extended deny icmp 10.2.9.0 255.255.255.0 any4 echo-reply\n"
                             "access-list F extended permit icmp6 any6 any6 129\n"
                             "access-list F extended permit gre any any\n"
                             "group-policy GP attributes\n vpn-filter value F\n";

static void a_vpn_filter_is_asked_in_both_directions_with_the_far_end_as_its_source(void **state)
{
    static const struct {
        struct packet packet;
        bool is_permitted;
        const char *why;
    } cases[] = {
        {{IN, "10.2.0.9", 40000, "10.1.0.80", 443, TCP}, true, "to the web server"},
        {{OUT, "10.1.0.80", 443, "10.2.0.9", 40000, TCP}, true, "and its answer"},
        {{IN, "10.3.0.1", 40000, "10.1.0.80", 443, TCP}, true, "from the other object of the group"},
        {{IN, "10.3.0.2", 40000, "10.1.0.80", 443, TCP}, false, "from none of them"},
        {{OUT, "10.1.0.80", 40000, "10.2.0.9", 443, TCP}, false, "the other way round it is another connection"},
        {{IN, "10.2.0.9", 40000, "10.1.0.80", 80, TCP}, false, "another port"},
        {{IN, "10.2.0.9", 40000, "10.1.0.80", 443, UDP}, false, "another protocol"},
        {{OUT, "10.1.0.7", 50000, "10.2.0.9", 22, TCP}, true, "from here to the far end's port: it is its source"},
        {{IN, "10.2.0.9", 22, "10.1.0.7", 50000, TCP}, true, "and its answer"},
        {{IN, "10.2.0.9", 50000, "10.1.0.7", 22, TCP}, false, "nobody of the far end comes in to that port"},
        {{IN, "10.9.0.9", 1500, "10.1.0.53", 53, UDP}, true, "a line that is inactive denies nothing"},
        {{IN, "10.9.0.9", 999, "10.1.0.53", 53, UDP}, false, "below the range"},
        {{IN, "10.2.0.9", 8, "10.1.0.7", 0, ICMP}, true, "a ping"},
        {{OUT, "10.1.0.7", 0, "10.2.0.9", 0, ICMP}, true, "its answer is of another type"},
        {{OUT, "10.1.0.7", 8, "10.2.0.9", 0, ICMP}, true, "asked of what leaves too"},
        {{OUT, "10.1.0.7", 0, "10.2.9.9", 0, ICMP}, true, "an answer goes with its question, whatever denies it later"},
        {{IN, "10.2.0.9", 3, "10.1.0.7", 1, ICMP}, false, "an error that is about nothing that is known"},
        {{IN, "2001:db8:2::9", 129, "2001:db8:1::7", 0, ICMP6}, true, "a type by its number"},
        {{IN, "2001:db8:2::9", 128, "2001:db8:1::7", 0, ICMP6}, false, "the answer alone is permitted"},
        {{IN, "2001:db8:2::9", 0, "2001:db8:1::7", 0, GRE}, true, "any is of both families"},
        {{IN, "10.2.0.9", 0, "10.1.0.7", 0, GRE}, true, "any is of both families"},
    };
    struct reading r;

    (void)state;
    read_with(&r, filter);
    CHECK(r.conf.error_count == 0);
    const struct filter *f = filter_of(&r.conf.policy, 0, "");
    CHECK(f != NULL && strcmp(f->name, "F") == 0 && filter_hit_count(&r.conf.policy) == f->ace_count + 1u);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filter_packet packet = packet_of(&cases[i].packet);
        uint16_t ace;

        if (filter_permits_in_tunnel(f, &packet, cases[i].packet.way == OUT, &ace) != cases[i].is_permitted)
            fail_msg("%s: %s -> %s", cases[i].why, cases[i].packet.source, cases[i].packet.destination);
    }
    reading_end(&r);
}

/* RFC 1858: what a first fragment may not do, the others may not help it to. */
static void later_fragments_go_by_their_addresses_where_ports_are_permitted(void **state)
{
    static const struct {
        const char *lines;
        bool is_later, is_permitted;
        const char *why;
    } cases[] = {
        {"access-list F permit tcp 10.2.0.0 255.255.0.0 host 10.1.0.7 eq 80\n", true, true,
         "its first fragment decides"},
        {"access-list F permit tcp 10.2.0.0 255.255.0.0 host 10.1.0.7 eq 80\n", false, false,
         "a first one without ports"},
        {"access-list F permit tcp 10.2.0.0 255.255.0.0 host 10.1.0.8 eq 80\n", true, false, "for another host"},
        {"access-list F deny tcp any any eq 22\naccess-list F permit ip any any\n", true, true, "it shows no port 22"},
        {"access-list F deny tcp any any\naccess-list F permit ip any any\n", true, false, "denied with any port"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filter_packet packet = packet_of(&(struct packet){IN, "10.2.0.9", 0, "10.1.0.7", 0, TCP});
        struct reading r;
        char text[1024];
        uint16_t ace;

        snprintf(text, sizeof text, "%sgroup-policy GP attributes\n vpn-filter value F\n", cases[i].lines);
        read_with(&r, text);
        packet.flow.has_ports = false;
        packet.is_later_fragment = cases[i].is_later;
        if (filter_permits_in_tunnel(filter_of(&r.conf.policy, 0, ""), &packet, false, &ace) != cases[i].is_permitted)
            fail_msg("%s", cases[i].why);
        reading_end(&r);
    }
}

/* ---- which list ---- */

static void the_policy_of_the_group_says_which_filter_and_the_default_one_where_it_does_not(void **state)
{
    static const struct {
        const char *lines, *filter, *why;
    } cases[] = {
        {"", NULL, "none"},
        {"group-policy GP attributes\n vpn-filter value F\n", "F", "its own"},
        {"group-policy DfltGrpPolicy attributes\n vpn-filter value D\ngroup-policy GP attributes\n vpn-idle-timeout "
         "30\n",
         "D", "that of the default policy"},
        {"group-policy DfltGrpPolicy attributes\n vpn-filter value D\ngroup-policy GP attributes\n vpn-filter value "
         "F\n",
         "F", "its own before that"},
        {"group-policy DfltGrpPolicy attributes\n vpn-filter value D\ngroup-policy GP attributes\n vpn-filter none\n",
         NULL, "none, also where the default policy has one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text, "access-list F permit ip any any\naccess-list D permit ip any any\n%s",
                 cases[i].lines);
        read_with(&r, text);
        const struct filter *f = filter_of(&r.conf.policy, 0, "");
        if ((f == NULL) != (cases[i].filter == NULL) || (f != NULL && strcmp(f->name, cases[i].filter) != 0))
            fail_msg("%s: %s", cases[i].why, f == NULL ? "none" : f->name);
        reading_end(&r);
    }
}

static void a_fault_in_a_list_lets_nothing_through_that_the_list_would_not(void **state)
{
    static const struct {
        const char *lines;
        uint32_t line; /* of the finding, from the first of `lines` */
        const char *finding;
        bool to_80, to_81; /* permitted */
        const char *why;
    } cases[] = {
        {"", 2, "there is no extended access-list F", false, false, "no list: nothing is let through"},
        {"access-list F standard permit host 10.2.0.9\n", 3, "there is no extended access-list F", false, false,
         "a standard list does not filter"},
        {"access-list F permit object-group SVC any any\naccess-list F permit tcp any any eq 81\n", 1,
         "filters without this line: there is no object-group service or protocol SVC", false, true,
         "a permit is left out"},
        {"access-list F permit tcp any any eq 81\naccess-list F deny object-group SVC any any\n"
         "access-list F permit tcp any any eq 80\n",
         2, "and nothing behind it is let through", false, true, "a deny that nobody knows ends the list"},
        {"access-list F permit tcp any any eq 81\naccess-list F deny tcp any 10.1.0.0 255.0.255.0\n"
         "access-list F permit tcp any any eq 80\n",
         2, "and nothing behind it is let through", false, true, "a mask that is none, in a deny"},
        {"access-list F permit tcp any any eq 81\naccess-list F deni tcp any any\n"
         "access-list F permit tcp any any eq 80\n",
         2, "is not understood, and nothing behind it", false, true, "a word that is none"},
        {"access-list F permit tcp any any eq 80 time-range WORK\n", 1, "does not look at time-ranges", false, false,
         "it would hold at all times"},
        {"access-list F permit icmp any any gibberish\naccess-list F permit tcp any any eq 81\n", 1,
         "gibberish is no type of ICMP", false, true, "no such type"},
        {"access-list F permit tcp any any echo-reply\n", 1, "echo-reply is no type of ICMP", false, false,
         "a type of a protocol that has none"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filter_packet to_80 = packet_of(&(struct packet){IN, "10.2.0.9", 4000, "10.1.0.7", 80, TCP});
        struct filter_packet to_81 = packet_of(&(struct packet){IN, "10.2.0.9", 4000, "10.1.0.7", 81, TCP});
        struct reading r;
        char text[1024];
        uint16_t ace;

        snprintf(text, sizeof text, "%sgroup-policy GP attributes\n vpn-filter value F\n", cases[i].lines);
        read_with(&r, text);
        const struct filter *f = filter_of(&r.conf.policy, 0, "");
        CHECK(f != NULL);
        if (!has_finding(&r.conf, FIRST_LINE - 1 + cases[i].line, cases[i].finding)) {
            print_findings(&r.conf);
            fail_msg("%s: nothing is said", cases[i].why);
        }
        if (filter_permits_in_tunnel(f, &to_80, false, &ace) != cases[i].to_80 ||
            filter_permits_in_tunnel(f, &to_81, false, &ace) != cases[i].to_81)
            fail_msg("%s: the other way round", cases[i].why);
        reading_end(&r);
    }
}

static void one_list_is_read_for_whoever_asks_and_a_fault_in_it_is_told(void **state)
{
    static const struct {
        const char *more, *why; /* NULL: it is read, */
        uint16_t ace_count;     /* into so many lines */
    } cases[] = {
        {"access-list X extended permit icmp any object WEB echo\naccess-list X extended deny ip any any\n", NULL, 3},
        {"access-list X extended permit ip object-group FAR any\naccess-list Y extended permit ip any any\n", NULL, 2},
        {"access-list Y extended permit ip any any\n", "there is no extended access-list X", 0},
        {"access-list X extended permit ip any object NOBODY\n",
         "line 17: access-list X filters without this line: there is no object network NOBODY", 0},
        {"access-list X extended foo\naccess-list X extended permit ip any any\n",
         "line 17: access-list X filters, this line of it is not understood, and nothing behind it is let through", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        size_t size = conf_list_space();
        struct arena arena = arena_of(malloc(size), size);
        struct filter list;
        char said[512];
        struct text why = text_of(said, sizeof said);

        read_with(&r, cases[i].more);

        uint32_t findings = r.conf.finding_count;
        bool is_read = conf_read_list(&r.conf, bytes_of_text("X"), &arena, &list, &why);

        assert_string_equal(said, cases[i].why == NULL ? "" : cases[i].why);
        CHECK(is_read == (cases[i].why == NULL) && (!is_read || list.ace_count == cases[i].ace_count));
        CHECK(r.conf.finding_count == findings);
        free(arena.data);
        reading_end(&r);
    }
}

static void a_filter_that_lets_nothing_of_a_tunnel_through_is_told(void **state)
{
    static const struct {
        const char *line, *finding; /* NULL: none */
    } cases[] = {
        {"permit tcp 10.2.0.0 255.255.0.0 10.1.0.0 255.255.0.0 eq 80", NULL},
        {"permit ip any any", NULL},
        {"permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0", "the far end has to stand there"},
        {"permit ip 10.7.0.0 255.255.0.0 10.1.0.0 255.255.0.0", "lets nothing of 10.1.0.0/16 -> 10.2.0.0/16 through"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[2048];

        snprintf(text, sizeof text,
                 "access-list VPN permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\naccess-list F %s\n"
                 "group-policy GP attributes\n vpn-filter value F\n"
                 "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
                 "crypto map M 10 match address VPN\ncrypto map M 10 set peer 203.0.113.1\n"
                 "crypto map M 10 set ikev1 transform-set S\ncrypto map M interface outside\n",
                 cases[i].line);
        read_with(&r, text);
        if (cases[i].finding == NULL ? has_finding(&r.conf, FIRST_LINE, "vpn-filter")
                                     : !has_finding(&r.conf, FIRST_LINE, cases[i].finding)) {
            print_findings(&r.conf);
            fail_msg("%s", cases[i].line);
        }
        reading_end(&r);
    }
}

/* ---- access-group ---- */

static void an_interface_has_one_list_for_each_way(void **state)
{
    static const struct {
        const char *lines;
        uint16_t count;
        const char *filter;
        uint16_t interface;
        enum access_way way;
        const char *finding;
    } cases[] = {
        {"access-group A in interface outside\n", 1, "A", 0, ACCESS_IN, NULL},
        {"access-group A out interface inside\n", 1, "A", 1, ACCESS_OUT, NULL},
        {"access-group A in interface outside control-plane\n", 1, "A", 0, ACCESS_CONTROL_PLANE, NULL},
        {"access-group A in interface outside per-user-override\n", 1, "A", 0, ACCESS_IN, NULL},
        {"access-group A global\n", 1, "A", NO_INDEX, ACCESS_IN, NULL},
        {"access-group A in interface outside\naccess-group B in interface outside\n", 1, "B", 0, ACCESS_IN,
         "replaces this one"},
        {"access-group A in interface dmz\n", 0, NULL, 0, ACCESS_IN, "no interface with the nameif dmz"},
        {"access-group A out interface outside control-plane\n", 0, NULL, 0, ACCESS_OUT, "control-plane goes with"},
        {"access-group C in interface outside\n", 1, "C", 0, ACCESS_IN, "there is no extended access-list C"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        char text[1024];

        snprintf(text, sizeof text, "access-list A permit ip any any\naccess-list B permit ip any any\n%s",
                 cases[i].lines);
        read_with(&r, text);
        const struct policy *p = &r.conf.policy;
        CHECK(p->access_group_count == cases[i].count);
        if (cases[i].count > 0) {
            assert_string_equal(p->filters[p->access_groups[0].filter].name, cases[i].filter);
            CHECK(p->access_groups[0].interface == cases[i].interface && p->access_groups[0].way == cases[i].way);
        }
        if (cases[i].finding != NULL && !has_finding(&r.conf, FIRST_LINE + 2, cases[i].finding)) {
            print_findings(&r.conf);
            fail_msg("%s", cases[i].lines);
        }
        reading_end(&r);
    }
}

static void decrypted_traffic_is_spared_unless_it_is_said_not_to_be(void **state)
{
    static const struct {
        const char *lines;
        bool is_filtered;
    } cases[] = {{"", false},
                 {"sysopt connection permit-vpn\n", false},
                 {"no sysopt connection permit-vpn\n", true},
                 {"no sysopt connection permit-vpn\nsysopt connection permit-vpn\n", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_with(&r, cases[i].lines);
        CHECK(r.conf.policy.is_decrypted_filtered == cases[i].is_filtered);
        reading_end(&r);
    }
}

/* ---- counters ---- */

static void what_a_line_has_counted_follows_it_into_a_new_policy(void **state)
{
    static const char attributes[] = "group-policy GP attributes\n vpn-filter value F\n";
    struct reading before, after;
    char text[1024];
    uint32_t hit;

    (void)state;
    snprintf(text, sizeof text,
             "access-list F permit tcp any4 any4 eq 80\naccess-list F permit tcp any4 any4 eq 81\n%s", attributes);
    read_with(&before, text);
    snprintf(text, sizeof text,
             "access-list F deny tcp any4 any4 eq 22\naccess-list F permit tcp any4 any4 eq 80\n"
             "access-list G permit ip any4 any4\naccess-group G in interface outside\n%s",
             attributes);
    read_with(&after, text);
    uint32_t first = filter_of(&after.conf.policy, 0, "")->first_hit;
    CHECK(filter_same_line(&before.conf.policy, 0, 0, &after.conf.policy, &hit) && hit == first + 1);
    CHECK(!filter_same_line(&before.conf.policy, 0, 1, &after.conf.policy, &hit));
    CHECK(filter_same_line(&before.conf.policy, 0, 2, &after.conf.policy, &hit) && hit == first + 2);
    reading_end(&before);
    reading_end(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vpn_filter_is_asked_in_both_directions_with_the_far_end_as_its_source),
        cmocka_unit_test(later_fragments_go_by_their_addresses_where_ports_are_permitted),
        cmocka_unit_test(the_policy_of_the_group_says_which_filter_and_the_default_one_where_it_does_not),
        cmocka_unit_test(a_fault_in_a_list_lets_nothing_through_that_the_list_would_not),
        cmocka_unit_test(one_list_is_read_for_whoever_asks_and_a_fault_in_it_is_told),
        cmocka_unit_test(a_filter_that_lets_nothing_of_a_tunnel_through_is_told),
        cmocka_unit_test(an_interface_has_one_list_for_each_way),
        cmocka_unit_test(decrypted_traffic_is_spared_unless_it_is_said_not_to_be),
        cmocka_unit_test(what_a_line_has_counted_follows_it_into_a_new_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
