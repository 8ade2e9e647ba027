/* Statements of address translation and the rules that they become. */
#include "reading.h"

#include "policy/nat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char interfaces[] = "interface GigabitEthernet0/0\n nameif outside\n"
                                 " ip address 198.51.100.91 255.255.255.0\n"
                                 "interface GigabitEthernet0/1\n nameif inside\n"
                                 " ip address 192.168.1.1 255.255.255.0\n"
                                 "object network REAL\n subnet 192.168.1.0 255.255.255.0\n"
                                 "object network MAPPED\n subnet 10.91.1.0 255.255.255.0\n"
                                 "object network FAR\n subnet 10.92.1.0 255.255.255.0\n"
                                 "object network FAR-REAL\n subnet 172.16.5.0 255.255.255.0\n"
                                 "object network WEB\n host 192.168.1.22\n"
                                 "object-group network BOTH\n network-object host 192.168.1.8\n"
                                 " network-object host 192.168.1.9\n"
                                 "object network TWO\n range 10.91.1.8 10.91.1.9\n"
                                 "access-list N extended permit ip 192.168.1.0 255.255.255.0 10.2.0.0 255.255.0.0\n"
                                 "access-list D extended deny ip host 192.168.1.7 any\n"
                                 "access-list D extended permit ip 192.168.1.0 255.255.255.0 any\n";

static const char *name_of(const struct policy *p, uint16_t interface)
{
    return interface == NAT_ANY_INTERFACE  ? "any"
           : interface == NAT_NO_INTERFACE ? "none"
                                           : p->interfaces[interface].name;
}

static bool is_any(struct ip_range range)
{
    return ip_range_prefix_len(range) == 0;
}

static void add_row(struct text *t, const struct nat_row *row)
{
    text_add(t, "%s", row->is_deny ? " not " : " ");
    text_add_ip_range(t, row->real);
    if (row->protocol != 0)
        text_add(t, ":%u/%u", row->protocol, row->real_port.first);
    text_add(t, "=");
    text_add_ip_range(t, row->mapped);
    if (row->protocol != 0)
        text_add(t, ":%u", row->mapped_port.first);
    if (is_any(row->mapped_peer))
        return;
    text_add(t, ">");
    text_add_ip_range(t, row->mapped_peer);
    if (ip_range_equal(row->mapped_peer, row->real_peer))
        return;
    text_add(t, "=");
    text_add_ip_range(t, row->real_peer);
}

/* "1 static inside>outside 192.168.1.0/24=10.91.1.0/24", a rule a line. */
static void add_rules(struct text *t, const struct policy *p)
{
    static const char *const kinds[] = {[NAT_IDENTITY] = "same", [NAT_STATIC] = "static", [NAT_DYNAMIC] = "dynamic"};

    for (uint16_t i = 0; i < p->nat_rule_count; i++) {
        const struct nat_rule *rule = &p->nat_rules[i];

        text_add(t, "%u %s %s>%s%s%s", rule->section, kinds[rule->kind], name_of(p, rule->from), name_of(p, rule->to),
                 rule->has_proxy_arp ? " arp" : "", rule->is_outgoing ? " out" : "");
        for (uint16_t k = 0; k < rule->row_count; k++)
            add_row(t, &rule->rows[k]);
        text_add(t, "\n");
    }
}

#define ALL "0.0.0.0/0"

static void a_statement_becomes_its_rules(void **state)
{
    static const struct {
        const char *why, *lines, *rules, *told;
    } cases[] = {
        {"overlapping networks",
         "nat (inside,outside) source static REAL MAPPED destination static FAR FAR no-proxy-arp\n",
         "1 static inside>outside 192.168.1.0/24=10.91.1.0/24>10.92.1.0/24\n", NULL},
        {"both ends of a packet", "nat (inside,outside) source static REAL MAPPED destination static FAR FAR-REAL\n",
         "1 static inside>outside arp 192.168.1.0/24=10.91.1.0/24>10.92.1.0/24=172.16.5.0/24\n", NULL},
        {"an exemption answers no ARP, whatever it says",
         "nat (inside,outside) source static REAL REAL destination static FAR FAR\n",
         "1 same inside>outside 192.168.1.0/24=192.168.1.0/24>10.92.1.0/24\n", NULL},
        {"without interfaces, words in any order",
         "nat source static any any route-lookup no-proxy-arp unidirectional\n",
         "1 same any>any out 0.0.0.0/0=0.0.0.0/0\n", NULL},
        {"group and range, address by address", "nat (inside,outside) source static BOTH TWO\n",
         "1 static inside>outside arp 192.168.1.8=10.91.1.8 192.168.1.9=10.91.1.9\n", NULL},
        {"many behind one", "nat (inside,outside) source dynamic any interface\n",
         "1 dynamic inside>outside arp 0.0.0.0/0=198.51.100.91\n", NULL},
        {"a pool", "nat (inside,outside) source dynamic REAL pat-pool TWO\n",
         "1 dynamic inside>outside arp 192.168.1.0/24=10.91.1.8/31\n", NULL},
        {"an address in the place of an object", "object network WEB\n nat (inside,outside) static 22.22.22.22\n",
         "2 static inside>outside arp 192.168.1.22=22.22.22.22\n", NULL},
        {"a network of addresses", "object network REAL\n nat (inside,outside) static 10.91.1.0\n",
         "2 static inside>outside arp 192.168.1.0/24=10.91.1.0/24\n", NULL},
        {"one port", "object network WEB\n nat (inside,outside) static interface service tcp www 8080\n",
         "2 static inside>outside arp 192.168.1.22:6/80=198.51.100.91:8080\n", NULL},
        {"sections, and in the second the static, the smaller and the lower first",
         "nat (inside,outside) after-auto source dynamic any interface\n"
         "object network FAR\n nat (inside,outside) dynamic interface\n"
         "object network REAL\n nat (inside,outside) static 10.91.1.0\n"
         "object network WEB\n nat (inside,outside) static 22.22.22.22\n"
         "nat (inside,outside) source static REAL REAL\n",
         "1 same inside>outside 192.168.1.0/24=192.168.1.0/24\n"
         "2 static inside>outside arp 192.168.1.22=22.22.22.22\n"
         "2 static inside>outside arp 192.168.1.0/24=10.91.1.0/24\n"
         "2 dynamic inside>outside arp 10.92.1.0/24=198.51.100.91\n"
         "3 dynamic inside>outside arp 0.0.0.0/0=198.51.100.91\n",
         NULL},
        {"a place in its section",
         "nat (inside,outside) source static REAL MAPPED\nnat (inside,outside) 1 source static WEB WEB\n",
         "1 same inside>outside 192.168.1.22=192.168.1.22\n1 static inside>outside arp 192.168.1.0/24=10.91.1.0/24\n",
         NULL},
        {"before 8.3: exempted, static, by access-list, then the longest prefix",
         "global (outside) 1 interface\nglobal (outside) 2 198.51.100.50-198.51.100.60\n"
         "nat (inside) 1 0 0\nnat (inside) 2 192.168.1.0 255.255.255.0\nnat (inside) 1 access-list D\n"
         "static (inside,outside) 198.51.100.22 192.168.1.22 netmask 255.255.255.255\nnat (inside) 0 access-list N\n",
         "0 same inside>any 192.168.1.0/24=192.168.1.0/24>10.2.0.0/16\n"
         "0 static inside>outside arp 192.168.1.22=198.51.100.22\n"
         "0 dynamic inside>outside arp not 192.168.1.7=198.51.100.91 192.168.1.0/24=198.51.100.91\n"
         "0 dynamic inside>outside arp 192.168.1.0/24=198.51.100.50-198.51.100.60\n"
         "0 dynamic inside>outside arp 0.0.0.0/0=198.51.100.91\n",
         NULL},
        {"before 8.3: policy, network, port",
         "static (inside,outside) 10.91.1.0 access-list N\n"
         "static (inside,outside) 10.93.1.0 192.168.1.0 netmask 255.255.255.0 dns\n"
         "static (inside,outside) tcp interface 8080 192.168.1.22 www netmask 255.255.255.255\n",
         "0 static inside>outside arp 192.168.1.0/24=10.91.1.0/24>10.2.0.0/16\n"
         "0 static inside>outside arp 192.168.1.0/24=10.93.1.0/24\n"
         "0 static inside>outside arp 192.168.1.22:6/80=198.51.100.91:8080\n",
         NULL},
        {"an exemption of hosts", "nat (inside) 0 192.168.1.0 255.255.255.0\n",
         "0 same inside>any 192.168.1.0/24=192.168.1.0/24\n", NULL},
        {"a line that does not hold", "nat (inside,outside) source static REAL MAPPED inactive\n", "", NULL},
        {"an interface that is nowhere", "nat (dmz,outside) source static REAL MAPPED\n",
         "1 static none>outside arp 192.168.1.0/24=10.91.1.0/24\n", "no interface with the nameif dmz"},
        {"more than one address for one", "nat (inside,outside) source static REAL WEB\n", "", "must be as many"},
        {"an object that is nowhere", "nat (inside,outside) source static REAL NOTHING\n", "",
         "there is no object-group network NOTHING"},
        {"services", "nat (inside,outside) source static REAL MAPPED service S S\n", "", "by service objects"},
        {"a port of several ranges",
         "object network PIECES\n range 10.91.1.1 10.91.1.2\nobject network WEB2\n range 192.168.1.1 192.168.1.2\n"
         " nat (inside,outside) static interface service tcp www 8080\n",
         "", "must be as many"},
        {"IPv6",
         "object network SIX\n subnet 2001:db8::/64\nobject network S6\n host 2001:db8::1\nnat (inside,outside) source "
         "static S6 S6\n",
         "", "IPv4 only"},
        {"a list that is nowhere", "nat (inside) 0 access-list NOTHING\n", "", "there is no such extended access-list"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char config[4000], space[2000];
        struct text t = text_of(space, sizeof space);
        struct reading r;
        bool is_told = cases[i].told == NULL;

        snprintf(config, sizeof config, "%s%s", interfaces, cases[i].lines);
        reading_of(&r, config);
        CHECK(r.is_ok);
        add_rules(&t, &r.conf.policy);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            is_told |= cases[i].told != NULL && strstr(r.conf.findings[k].sentence, cases[i].told) != NULL;
        if (strcmp(space, cases[i].rules) != 0 || !is_told) {
            print_findings(&r.conf);
            fail_msg("%s:\n%sin place of\n%s", cases[i].why, space, cases[i].rules);
        }
        reading_end(&r);
    }
}

static void a_port_by_access_list_is_said_to_be_left_out(void **state)
{
    struct reading r;
    char config[4000];

    (void)state;
    snprintf(config, sizeof config, "%sstatic (inside,outside) tcp interface 8080 access-list N\n", interfaces);
    reading_of(&r, config);
    CHECK(r.conf.policy.nat_rule_count == 0 && has_finding(&r.conf, 25, "this translation is left out"));
    reading_end(&r);
}

/* Names that are the beginning of a word. */
static void an_object_may_be_called_what_shortens_a_word(void **state)
{
    struct reading r;
    char config[4000];

    (void)state;
    snprintf(config, sizeof config,
             "%sobject network I\n host 10.91.1.1\nobject network A\n host 192.168.1.5\n"
             "nat (inside,outside) source static A I\n",
             interfaces);
    reading_of(&r, config);
    CHECK(r.conf.policy.nat_rule_count == 1 && r.conf.policy.nat_rules[0].kind == NAT_STATIC);
    CHECK(strcmp(r.conf.policy.nat_rules[0].text, "source static A I") == 0);
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_becomes_its_rules),
        cmocka_unit_test(a_port_by_access_list_is_said_to_be_left_out),
        cmocka_unit_test(an_object_may_be_called_what_shortens_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
