/* Objects and groups of services in access-lists: what they stand for, and what is said where they cannot be used. */
#include "conf/reading.h"

#include "policy/ace_words.h"
#include "policy/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

enum { LIST_TEXT = 4096 };

static const char objects[] =
    "object service WEB\n service tcp destination eq https\n"
    "object service FROM-DNS\n service udp source eq domain\n"
    "object service PING\n service icmp echo 0\n"
    "object service NONE\n description nothing yet\n"
    "object-group service PORTS tcp\n port-object eq www\n port-object range 8000 8080\n"
    "object-group service BOTH tcp-udp\n port-object eq domain\n"
    "object-group service MORE tcp\n group-object PORTS\n port-object eq ssh\n"
    "object-group service PARTNER\n description what they may use\n service-object object WEB\n"
    " service-object tcp-udp destination eq domain\n service-object icmp echo\n service-object gre\n"
    "object-group service OLD\n service-object tcp eq ssh\n service-object udp source gt 1023 destination range 5 9\n"
    "object-group service ALL\n group-object OLD\n service-object object PING\n"
    "object-group service EMPTY tcp\n"
    "object-group service LOOP tcp\n group-object LOOP\n"
    "object-group service BROKEN tcp\n port-object eq nothing\n"
    "object-group protocol TCPUDP\n protocol-object udp\n protocol-object tcp\n protocol-object udp\n"
    "object-group protocol GRE\n protocol-object gre\n"
    "object-group protocol IN-IT\n group-object TCPUDP\n"
    "object-group icmp-type PINGS\n icmp-object echo\n group-object ERRORS\n"
    "object-group icmp-type ERRORS\n icmp-object 3\n"
    "object-group network NET\n network-object 10.2.0.0 255.255.0.0\n network-object host 10.3.0.1\n";

/* The lines of list X, one after the other, and why it is not read as a whole. */
static bool read_list(const struct conf *conf, char space[static LIST_TEXT], struct text *why)
{
    size_t size = conf_list_space();
    struct arena arena = arena_of(malloc(size), size);
    struct text t = text_of(space, LIST_TEXT);
    struct filter list;

    CHECK(arena.data != NULL);

    bool is_read = conf_read_list(conf, bytes_of_text("X"), &arena, &list, why);

    for (uint16_t i = 0; is_read && i < list.ace_count; i++) {
        text_add(&t, "%s", i > 0 ? "; " : "");
        text_add_ace(&t, &list.aces[i], false);
    }
    free(arena.data);
    return is_read;
}

static void a_line_stands_for_each_service_between_each_pair_of_addresses(void **state)
{
    static const struct {
        const char *line, *lines;
    } cases[] = {
        {"permit object WEB any host 10.1.0.1", "permit tcp any host 10.1.0.1 eq 443"},
        {"permit object FROM-DNS any host 10.1.0.1", "permit udp any eq 53 host 10.1.0.1"},
        {"deny object PING any host 10.1.0.1", "deny icmp any host 10.1.0.1 8 0"},
        {"permit tcp any host 10.1.0.1 object-group PORTS",
         "permit tcp any host 10.1.0.1 eq 80; permit tcp any host 10.1.0.1 range 8000 8080"},
        {"permit tcp any object-group PORTS host 10.1.0.1",
         "permit tcp any eq 80 host 10.1.0.1; permit tcp any range 8000 8080 host 10.1.0.1"},
        {"permit tcp any object-group BOTH object-group NET object-group BOTH log",
         "permit tcp any eq 53 10.2.0.0 255.255.0.0 eq 53; permit tcp any eq 53 host 10.3.0.1 eq 53"},
        {"permit tcp any object-group NET object-group BOTH inactive", ""},
        {"permit udp any host 10.1.0.1 object-group BOTH", "permit udp any host 10.1.0.1 eq 53"},
        {"permit tcp host 10.1.0.1 any object-group MORE",
         "permit tcp host 10.1.0.1 any eq 22; permit tcp host 10.1.0.1 any eq 80; permit tcp host 10.1.0.1 any range "
         "8000 8080"},
        {"permit object-group PARTNER host 10.2.0.1 host 10.1.0.1",
         "permit tcp host 10.2.0.1 host 10.1.0.1 eq 443; permit tcp host 10.2.0.1 host 10.1.0.1 eq 53; permit udp host "
         "10.2.0.1 host 10.1.0.1 eq 53; permit icmp host 10.2.0.1 host 10.1.0.1 8; permit gre host 10.2.0.1 host "
         "10.1.0.1"},
        {"permit object-group ALL host 10.2.0.1 host 10.1.0.1",
         "permit icmp host 10.2.0.1 host 10.1.0.1 8 0; permit tcp host 10.2.0.1 host 10.1.0.1 eq 22; permit udp host "
         "10.2.0.1 range 1024 65535 host 10.1.0.1 range 5 9"},
        {"permit object-group TCPUDP any host 10.1.0.1 object-group BOTH",
         "permit udp any host 10.1.0.1 eq 53; permit tcp any host 10.1.0.1 eq 53"},
        {"permit object-group IN-IT any host 10.1.0.1 eq 53",
         "permit udp any host 10.1.0.1 eq 53; permit tcp any host 10.1.0.1 eq 53"},
        {"permit object-group GRE any host 10.1.0.1", "permit gre any host 10.1.0.1"},
        {"permit icmp any host 10.1.0.1 object-group PINGS",
         "permit icmp any host 10.1.0.1 8; permit icmp any host 10.1.0.1 3"},
        {"permit tcp any neq 22 host 10.1.0.1 neq 23",
         "permit tcp any range 0 21 host 10.1.0.1 range 0 22; permit tcp any range 0 21 host 10.1.0.1 range 24 "
         "65535; "
         "permit tcp any range 23 65535 host 10.1.0.1 range 0 22; permit tcp any range 23 65535 host 10.1.0.1 range "
         "24 65535"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[8192], lines[LIST_TEXT], said[512];
        struct text why = text_of(said, sizeof said);
        struct reading r;

        snprintf(text, sizeof text, "%saccess-list X extended %s\n", objects, cases[i].line);
        reading_of(&r, text);
        if (!read_list(&r.conf, lines, &why))
            fail_msg("%s: %s", cases[i].line, said);
        assert_string_equal(lines, cases[i].lines);
        reading_end(&r);
    }
}

static void a_group_that_cannot_be_used_there_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"permit object NOBODY any any", "there is no object service NOBODY"},
        {"permit object NONE any any", "object service NONE has no service"},
        {"permit object-group NOBODY any any", "there is no object-group service or protocol NOBODY"},
        {"permit tcp any any object-group NOBODY", "there is no object-group service NOBODY"},
        {"permit icmp any any object-group NOBODY", "there is no object-group icmp-type NOBODY"},
        {"permit object-group PORTS any any", "object-group service PORTS has ports and no protocol"},
        {"permit tcp any any object-group PARTNER", "object-group service PARTNER has protocols of its own"},
        {"permit udp any any object-group PORTS", "object-group service PORTS is not for udp"},
        {"permit object-group TCPUDP any any object-group PORTS", "object-group service PORTS is not for udp"},
        {"permit gre any any object-group PORTS", "only tcp, udp and sctp have ports"},
        {"permit 200 any any object-group PORTS", "only tcp, udp and sctp have ports"},
        {"permit object-group GRE any any eq 80", "only tcp, udp and sctp have ports"},
        {"permit object WEB any any eq 80", "its object says the ports already"},
        {"permit object-group PARTNER any any eq 80", "its object says the ports already"},
        {"permit tcp any any object-group EMPTY", "object-group EMPTY is empty"},
        {"permit tcp any any object-group LOOP", "LOOP is in itself"},
        {"permit tcp any any object-group BROKEN", "(of object-group service BROKEN) is not understood"},
        {"permit tcp any object-group NET any", "an object-group network stands where ports belong"},
        {"permit tcp any any object-group PINGS", "there is no object-group service PINGS"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[8192], lines[LIST_TEXT], said[512];
        struct text why = text_of(said, sizeof said);
        struct reading r;

        snprintf(text, sizeof text, "%saccess-list X extended %s\n", objects, cases[i].line);
        reading_of(&r, text);
        if (read_list(&r.conf, lines, &why) || strstr(said, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].line, said);
        reading_end(&r);
    }
}

/* A crypto ACL is parked with what is wrong; its other lines are steered, so that they do not go in clear. */
static void services_select_what_goes_through_a_tunnel(void **state)
{
    static const char tunnel[] =
        "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
        "crypto ipsec ikev1 transform-set S esp-aes-256 esp-sha-hmac\n"
        "crypto map M 10 match address X\ncrypto map M 10 set peer 203.0.113.2\n"
        "crypto map M 10 set ikev1 transform-set S\ncrypto map M interface outside\n"
        "crypto ikev1 enable outside\ncrypto ikev1 policy 10\n authentication pre-share\n"
        " encryption aes-256\n hash sha\n group 14\n lifetime 86400\n"
        "tunnel-group 203.0.113.2 type ipsec-l2l\ntunnel-group 203.0.113.2 ipsec-attributes\n"
        " ikev1 pre-shared-key of-both-ends-1\n";
    static const struct {
        const char *lines, *parked; /* NULL: it runs */
        uint16_t ace_count;
    } cases[] = {
        {"access-list X extended permit tcp host 10.1.0.1 object-group NET object-group PORTS\n", NULL, 4},
        {"access-list X extended permit object WEB host 10.1.0.1 host 10.2.0.1\n", NULL, 1},
        {"access-list X extended permit object-group ALL host 10.1.0.1 host 10.2.0.1\n"
         "access-list X extended permit ip host 10.1.0.1 host 10.9.0.1\n",
         "does not tell ICMP types apart in a crypto ACL", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[8192];
        struct reading r;

        snprintf(text, sizeof text, "%s%s%s", objects, tunnel, cases[i].lines);
        reading_of(&r, text);

        const struct tunnel *t = &r.conf.policy.tunnels[0];

        if (t->ace_count != cases[i].ace_count || (t->parked == NULL) != (cases[i].parked == NULL) ||
            (t->parked != NULL && strstr(t->parked, cases[i].parked) == NULL))
            fail_msg("%s: %u lines, %s", cases[i].lines, t->ace_count, t->parked == NULL ? "it runs" : t->parked);
        reading_end(&r);
    }
}

static void what_others_name_is_not_removed(void **state)
{
    static const struct {
        const char *removed, *user; /* NULL: it is removed */
    } cases[] = {
        {"no object service WEB", "\"service-object object WEB\" below \"object-group service PARTNER\""},
        {"no object-group service PORTS tcp", "\"group-object PORTS\" below \"object-group service MORE tcp\""},
        {"no object-group service PORTS", "\"group-object PORTS\" below \"object-group service MORE tcp\""},
        {"no object-group service MORE", "\"access-list X extended permit tcp any any object-group MORE\""},
        {"no object-group protocol TCPUDP", "\"group-object TCPUDP\" below \"object-group protocol IN-IT\""},
        {"no object-group icmp-type ERRORS", "\"group-object ERRORS\" below \"object-group icmp-type PINGS\""},
        {"no object-group network NET", "\"nat (inside,outside) source static NET NET\""},
        {"no object network OWN", NULL}, /* its translation is its own */
        {"no object-group service ALL", NULL},
        {"no object-group service NOBODY", NULL},
        {"no access-list X extended permit tcp any any object-group MORE\nno object-group service MORE", NULL},
        {"no access-list X extended permit tcp any any object-group MORE\nno object-group service MORE\n"
         "no object-group service PORTS",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[8192], line[128];
        struct reading r;
        bool is_said = false, is_there;

        snprintf(text, sizeof text,
                 "%sobject network OWN\n host 10.1.0.1\n nat (inside,outside) static 192.0.2.7\n"
                 "nat (inside,outside) source static NET NET\n"
                 "access-list X extended permit tcp any any object-group MORE\n%s\n",
                 objects, cases[i].removed);
        reading_of(&r, text);
        for (uint32_t k = 0; k < r.conf.findings_of_reading_count; k++)
            is_said |= cases[i].user != NULL && strstr(r.conf.findings_of_reading[k].sentence, cases[i].user) != NULL;

        char *written = malloc(65536);
        struct text t = text_of(written, 65536);

        conf_write(&r.conf, CONF_KEYS_SHOWN, &t);
        snprintf(line, sizeof line, "%s",
                 strrchr(cases[i].removed, '\n') == NULL ? cases[i].removed : strrchr(cases[i].removed, '\n') + 1);
        is_there = strstr(written, line + strlen("no ")) != NULL;
        if (is_there != (cases[i].user != NULL) || is_said != (cases[i].user != NULL))
            fail_msg("%s: %s, %s", cases[i].removed, is_there ? "still there" : "gone", is_said ? "said" : "not said");
        free(written);
        reading_end(&r);
    }
}

/* Of `groups` groups of `members` each, and `lines` lines that name the outermost. */
static void groups_that_are_too_large_are_said_to_be_and_take_no_long_time(void **state)
{
    enum { ROOM = 32 * 1024 * 1024 };
    static const struct {
        unsigned groups, members, lines;
        const char *why;
    } cases[] = {
        {1, 600, 1, "stands for more than 512 ranges of ports"},
        {16, 64, 1, "stands for more than 512 ranges of ports"},
        {8, 0, 1, "is empty"},
        {1, 60000, 3000, "stands for more than 512 ranges of ports"},
    };
    char *text = malloc(ROOM);

    (void)state;
    CHECK(text != NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text t = text_of(text, ROOM);
        struct timespec begun, ended;
        struct reading r;
        bool is_said = false;

        for (unsigned g = 0; g < cases[i].groups; g++) {
            text_add(&t, "object-group service G%u tcp\n", g);
            if (g + 1 < cases[i].groups) /* each names the next, again and again by names of its own */
                for (unsigned k = 0; k < 2; k++)
                    text_add(&t, " group-object G%u\n", g + 1 + k < cases[i].groups ? g + 1 + k : g + 1);
            for (unsigned k = 0; k < cases[i].members; k++)
                text_add(&t, " port-object eq %u\n", k + 1);
        }
        for (unsigned k = 0; k < cases[i].lines; k++)
            text_add(&t, "access-list X extended permit tcp any host 10.%u.%u.1 object-group G0\n", k / 250, k % 250);
        text_add(&t, "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
                     "access-group X in interface outside\n");
        CHECK(!t.is_cut);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
        reading_of(&r, text);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            is_said |= strstr(r.conf.findings[k].sentence, cases[i].why) != NULL;
        if (!is_said)
            fail_msg("%s: %s", cases[i].why, r.conf.finding_count > 0 ? r.conf.findings[0].sentence : "");
        CHECK(ended.tv_sec - begun.tv_sec < 20); /* with sanitizers, on a busy machine */
        reading_end(&r);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_stands_for_each_service_between_each_pair_of_addresses),
        cmocka_unit_test(a_group_that_cannot_be_used_there_is_refused_with_its_reason),
        cmocka_unit_test(services_select_what_goes_through_a_tunnel),
        cmocka_unit_test(what_others_name_is_not_removed),
        cmocka_unit_test(groups_that_are_too_large_are_said_to_be_and_take_no_long_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
