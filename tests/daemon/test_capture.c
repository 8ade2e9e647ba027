#include "daemon/capture.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A packet of IPv4 without checksums. */
static struct bytes packet_of(uint8_t space[static 60], uint8_t protocol, const char *from, uint16_t port,
                              const char *to, uint16_t to_port, uint16_t fragment)
{
    struct ip source, destination;

    CHECK(ip_parse(&source, bytes_of_text(from)) && ip_parse(&destination, bytes_of_text(to)));
    memset(space, 0, 60);
    space[0] = 0x45;
    space[3] = 60;
    space[6] = (uint8_t)(fragment >> 8);
    space[7] = (uint8_t)fragment;
    space[9] = protocol;
    memcpy(space + 12, ip_bytes(&source).data, 4);
    memcpy(space + 16, ip_bytes(&destination).data, 4);
    space[20] = (uint8_t)(port >> 8);
    space[21] = (uint8_t)port;
    space[22] = (uint8_t)(to_port >> 8);
    space[23] = (uint8_t)to_port;
    return bytes_of(space, 60);
}

static void a_match_takes_both_directions_of_what_it_says_and_nothing_else(void **state)
{
    static const struct {
        const char *match;
        uint8_t protocol;
        const char *from;
        uint16_t port;
        const char *to;
        uint16_t to_port, fragment;
        bool holds;
        const char *why;
    } cases[] = {
        {"ip any any", 50, "1.1.1.1", 0, "2.2.2.2", 0, 0, true, "any protocol"},
        {"ip host 1.1.1.1 host 2.2.2.2", 6, "1.1.1.1", 9, "2.2.2.2", 80, 0, true, "as it is written"},
        {"ip host 1.1.1.1 host 2.2.2.2", 6, "2.2.2.2", 80, "1.1.1.1", 9, 0, true, "and back"},
        {"ip host 1.1.1.1 host 2.2.2.2", 6, "1.1.1.1", 9, "2.2.2.3", 80, 0, false, "another host"},
        {"ip host 1.1.1.1 any", 6, "9.9.9.9", 9, "1.1.1.1", 80, 0, true, "any is the other end"},
        {"esp host 1.1.1.1 any", 50, "1.1.1.1", 0, "2.2.2.2", 0, 0, true, "by its name"},
        {"50 host 1.1.1.1 any", 50, "1.1.1.1", 0, "2.2.2.2", 0, 0, true, "by its number"},
        {"udp any any", 6, "1.1.1.1", 9, "2.2.2.2", 80, 0, false, "another protocol"},
        {"ip 10.1.0.0 255.255.0.0 10.2.0.0/16", 1, "10.2.9.9", 0, "10.1.7.7", 0, 0, true,
         "networks, in both spellings"},
        {"ip 10.1.0.0 255.255.0.0 10.2.0.0/16", 1, "10.3.9.9", 0, "10.1.7.7", 0, 0, false, "outside of them"},
        {"tcp any host 2.2.2.2 eq 80", 6, "1.1.1.1", 9, "2.2.2.2", 80, 0, true, "its port"},
        {"tcp any host 2.2.2.2 eq 80", 6, "2.2.2.2", 80, "1.1.1.1", 9, 0, true, "of the answer"},
        {"tcp any host 2.2.2.2 eq 80", 6, "1.1.1.1", 80, "2.2.2.2", 9, 0, false, "of the other end"},
        {"tcp any host 2.2.2.2 eq 80", 6, "1.1.1.1", 9, "2.2.2.2", 80, 0x10, false, "a later fragment has no ports"},
        {"ip any host 2.2.2.2", 6, "1.1.1.1", 9, "2.2.2.2", 80, 0x10, true, "but addresses"},
        {"host 1.1.1.1", 6, "2.2.2.2", 9, "1.1.1.1", 80, 0, true, "tcpdump: either end"},
        {"host 1.1.1.1 and port 80", 6, "2.2.2.2", 9, "1.1.1.1", 80, 0, true, "its port"},
        {"host 1.1.1.1 and port 80", 6, "2.2.2.2", 80, "1.1.1.1", 9, 0, true, "or that of the other end"},
        {"host 1.1.1.1 and port 80", 6, "2.2.2.2", 81, "1.1.1.1", 9, 0, false, "another port"},
        {"host 1.1.1.1 and host 2.2.2.2", 6, "2.2.2.2", 81, "1.1.1.1", 9, 0, true, "both hosts"},
        {"host 1.1.1.1 and host 2.2.2.2", 6, "2.2.2.3", 81, "1.1.1.1", 9, 0, false, "one of them"},
        {"udp and port 500", 17, "2.2.2.3", 81, "1.1.1.1", 500, 0, true, "without an address"},
        {"udp port 500", 17, "2.2.2.3", 500, "1.1.1.1", 81, 0, true, "an `and` that is not said"},
        {"udp port 500", 6, "2.2.2.3", 500, "1.1.1.1", 81, 0, false, "the other protocol"},
        {"net 10.1.0.0/16 and icmp", 1, "2.2.2.3", 0, "10.1.1.1", 0, 0, true, "a network"},
        {"icmp", 1, "2.2.2.3", 0, "10.1.1.1", 0, 0, true, "a protocol alone"},
        {"ip host 2001:db8::1 any", 1, "2.2.2.3", 0, "10.1.1.1", 0, 0, false, "the other family"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct capture_match match = {0};
        char said[256];
        struct text why = text_of(said, sizeof said);
        uint8_t space[60];

        if (!capture_match_read(&match, bytes_of_text(cases[i].match), &why))
            fail_msg("%s: %s", cases[i].match, said);
        if (capture_match_holds(&match, packet_of(space, cases[i].protocol, cases[i].from, cases[i].port, cases[i].to,
                                                  cases[i].to_port, cases[i].fragment)) != cases[i].holds)
            fail_msg("%s: %s", cases[i].match, cases[i].why);
    }
}

static void another_match_is_added_until_there_is_no_room(void **state)
{
    struct capture_match match = {0};
    char said[256];
    struct text why = text_of(said, sizeof said);
    uint8_t space[60];
    size_t count = 0;

    (void)state;
    CHECK(capture_match_read(&match, bytes_of_text("tcp any host 2.2.2.2 eq 80"), &why));
    CHECK(capture_match_read(&match, bytes_of_text("ip host 3.3.3.3 host 4.4.4.4"), &why));
    CHECK(capture_match_holds(&match, packet_of(space, 6, "1.1.1.1", 9, "2.2.2.2", 80, 0)));
    CHECK(capture_match_holds(&match, packet_of(space, 50, "4.4.4.4", 0, "3.3.3.3", 0, 0)));
    CHECK(!capture_match_holds(&match, packet_of(space, 50, "4.4.4.4", 0, "2.2.2.2", 0, 0)));
    for (count = 2; capture_match_read(&match, bytes_of_text("ip host 3.3.3.3 host 4.4.4.4"), &why); count++)
        CHECK(count < CAPTURE_MATCH_MAX);
    CHECK(count == CAPTURE_MATCH_MAX && match.count == CAPTURE_MATCH_MAX);
    assert_string_equal(said, "match: there are as many as one capture can have");
}

/* permit icmp host 10.1.0.5 any echo; deny ip host 10.1.0.5 host 10.2.0.9; permit ip host 10.1.0.5 any */
static void a_list_is_asked_in_its_own_direction_and_the_first_line_that_fits_decides(void **state)
{
    struct ip host, other;

    CHECK(ip_parse(&host, bytes_of_text("10.1.0.5")) && ip_parse(&other, bytes_of_text("10.2.0.9")));

    const struct port_range all = {0, UINT16_MAX}, echo = {filter_icmp_port(8, 0), filter_icmp_port(8, UINT8_MAX)};
    const struct ip_range any = ip_range_of_prefix(ip_of_v4(0), 0);
    const struct crypto_ace aces[] = {{{{host, host}, any, 1, echo, all}, true, 1},
                                      {{{host, host}, {other, other}, 0, all, all}, false, 2},
                                      {{{host, host}, any, 6, all, {80, 80}}, true, 3}};
    const struct filter list = {.aces = aces, .ace_count = COUNT_OF(aces)};
    static const struct {
        uint8_t protocol;
        const char *from;
        uint16_t port;
        const char *to;
        uint16_t to_port, fragment;
        bool is_permitted;
        const char *why;
    } cases[] = {
        {6, "10.1.0.5", 9, "10.2.0.5", 80, 0, true, "as it is written"},
        {6, "10.2.0.5", 80, "10.1.0.5", 9, 0, false, "not back: an ASA's list has a line for that"},
        {6, "10.1.0.5", 9, "10.2.0.5", 81, 0, false, "another port"},
        {6, "10.1.0.5", 9, "10.2.0.5", 81, 0x10, true, "a later fragment has no ports"},
        {6, "10.1.0.5", 9, "10.2.0.9", 80, 0, false, "an earlier line denies it"},
        {1, "10.1.0.5", 0x0800, "10.2.0.9", 0, 0, true, "a still earlier one permits it"},
        {1, "10.1.0.5", 0x0000, "10.2.0.5", 0, 0, false, "another type of ICMP"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[60];

        if (capture_list_permits(&list, packet_of(space, cases[i].protocol, cases[i].from, cases[i].port, cases[i].to,
                                                  cases[i].to_port, cases[i].fragment)) != cases[i].is_permitted)
            fail_msg("%s", cases[i].why);
    }
    CHECK(!capture_list_permits(&list, bytes_of_text("no packet")));
}

static void what_is_no_match_is_refused_by_its_word(void **state)
{
    static const char *const cases[][2] = {
        {"ip host 1.1.1.1", "match: an address is missing"},
        {"ip host 1.1.1.1 any any", "match: 'any' where there should be nothing more"},
        {"ip host x any", "match: 'x' where there should be an address"},
        {"ip 10.0.0.0 255.0.255.0 any", "match: '255.0.255.0' where there should be a netmask"},
        {"ip 10.0.0.0/33 any", "match: '10.0.0.0/33' where there should be a network"},
        {"tcp any eq http any", "match: 'http' where there should be the number of a port"},
        {"tcp any eq 65536 any", "match: '65536' where there should be the number of a port"},
        {"host 1.1.1.1 or host 2.2.2.2",
         "match: 'or' where there should be and, or the end: or, not and brackets are not known here"},
        {"host 1.1.1.1 and", "match: host, net, port or one protocol is missing"},
        {"host 1.1.1.1 and host 2001:db8::1", "match: one end is IPv4, and the other IPv6"},
        {"not host 1.1.1.1", "match: 'not' where there should be host, net, port or one protocol"},
        {"\x1b[2J", "match: '\\x1b[2J' where there should be host, net, port or one protocol"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct capture_match match = {.count = 77};
        char said[256];
        struct text why = text_of(said, sizeof said);

        CHECK(!capture_match_read(&match, bytes_of_text(cases[i][0]), &why) && match.count == 77);
        assert_string_equal(said, cases[i][1]);
    }
}

static void on_port_4500_only_what_has_the_marker_is_isakmp(void **state)
{
    uint8_t space[60];
    struct bytes packet = packet_of(space, 17, "1.1.1.1", 4500, "2.2.2.2", 4500, 0);

    (void)state;
    CHECK(capture_is_isakmp(packet));
    space[31] = 1; /* an SPI */
    CHECK(!capture_is_isakmp(packet));
    CHECK(!capture_is_isakmp(bytes_of(space, 29))); /* a keepalive */
    CHECK(capture_is_isakmp(packet_of(space, 17, "1.1.1.1", 500, "2.2.2.2", 9, 0)));
    CHECK(!capture_is_isakmp(packet_of(space, 6, "1.1.1.1", 500, "2.2.2.2", 500, 0)));
}

static void a_packet_of_any_length_is_looked_at_within_its_bytes(void **state)
{
    static const uint8_t protocols[] = {1, 6, 17, 44, 50};
    struct capture_match match = {0};
    char said[256];
    struct text why = text_of(said, sizeof said);

    (void)state;
    CHECK(capture_match_read(&match, bytes_of_text("udp port 500"), &why));
    for (size_t p = 0; p < COUNT_OF(protocols); p++) {
        for (unsigned first = 0; first < 256; first++) {
            for (size_t len = 0; len <= 60; len++) {
                uint8_t space[60], *exact = malloc(len + 1);
                struct text t = text_of(said, sizeof said);

                packet_of(space, protocols[p], "1.1.1.1", 4500, "2.2.2.2", 4500, 0);
                space[0] = (uint8_t)first;
                space[6] = protocols[p]; /* of IPv6 */
                CHECK(exact != NULL);
                memcpy(exact + 1, space, len);
                capture_match_holds(&match, bytes_of(exact + 1, len));
                capture_is_isakmp(bytes_of(exact + 1, len));
                text_add_captured(&t, bytes_of(exact + 1, len));
                CHECK(t.len > 0 && !t.is_cut);
                free(exact);
            }
        }
    }
}

static void fill(struct capture_buffer *buffer, uint8_t from, uint8_t to, size_t len)
{
    uint8_t packet[100];

    for (uint8_t i = from; i < to; i++) {
        memset(packet, i, sizeof packet);
        capture_keep(buffer, &(struct captured){i, 1000u + i, ESP_DROP_BAD_ICV, i % 2, bytes_of(packet, len)});
    }
}

static void a_full_buffer_stays_as_it_is(void **state)
{
    uint8_t space[500];
    struct capture_buffer buffer = {.data = space, .size = sizeof space};
    struct captured kept;
    size_t at = 0;

    (void)state;
    fill(&buffer, 0, 10, 100);
    CHECK(buffer.is_full && buffer.len <= sizeof space);
    assert_int_equal(buffer.count, 4);
    fill(&buffer, 99, 100, 1); /* it would fit */
    for (uint8_t i = 0; i < 4; i++) {
        CHECK(capture_next(&buffer, &at, &kept));
        CHECK(kept.at_us == i && kept.len == 1000u + i && kept.packet.len == 100 && kept.packet.data[99] == i);
        CHECK(kept.drop == ESP_DROP_BAD_ICV && kept.is_opened == i % 2);
    }
    CHECK(!capture_next(&buffer, &at, &kept));
}

static void a_circular_buffer_has_the_newest(void **state)
{
    uint8_t space[2000];
    struct capture_buffer buffer = {.data = space, .size = sizeof space, .is_circular = true};
    struct captured kept;

    (void)state;
    for (uint8_t i = 0; i < 200; i++) {
        size_t at = 0;
        uint32_t count = 0;

        fill(&buffer, i, i + 1, 1 + i % 100u);
        while (capture_next(&buffer, &at, &kept))
            count++;
        CHECK(kept.at_us == i && kept.packet.len == 1 + i % 100u && kept.packet.data[0] == i); /* the last one */
        CHECK(count == buffer.count && buffer.len <= sizeof space);
        CHECK(i < 150 || (buffer.is_full && buffer.len > sizeof space * 3 / 4));
    }
}

static void an_envelope_carries_what_was_told_without_one(void **state)
{
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const struct {
        const char *from, *to;
        bool is_udp, has_marker, is_isakmp;
        uint32_t len;
        const char *told;
    } cases[] = {
        {"192.0.2.1", "192.0.2.2", true, false, true, 40, "192.0.2.1.500 > 192.0.2.2.500:  udp 12"},
        {"192.0.2.1", "192.0.2.2", true, true, true, 44, "192.0.2.1.4500 > 192.0.2.2.4500:  udp 16"},
        {"192.0.2.1", "192.0.2.2", false, false, false, 32, "192.0.2.1 > 192.0.2.2:  ip-proto-50, length 12"},
        {"2001:db8::1", "2001:db8::2", true, true, true, 64, "2001:db8::1.4500 > 2001:db8::2.4500:  udp 16"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[CAPTURE_ENVELOPE_MAX + sizeof data];
        uint16_t port = cases[i].has_marker ? 4500 : 500;
        struct endpoint from = {.port = port}, to = {.port = port};
        char line[256];
        struct text t = text_of(line, sizeof line);
        uint32_t len;

        CHECK(ip_parse(&from.ip, bytes_of_text(cases[i].from)) && ip_parse(&to.ip, bytes_of_text(cases[i].to)));
        struct bytes packet =
            capture_envelop(space, sizeof space, from, to, cases[i].is_udp, cases[i].has_marker, BYTES_OF(data), &len);
        text_add_captured(&t, packet);
        assert_string_equal(line, cases[i].told);
        assert_int_equal(len, cases[i].len);
        CHECK(packet.len == len && capture_is_isakmp(packet) == cases[i].is_isakmp);
        packet = capture_envelop(space, CAPTURE_ENVELOPE_MAX, from, to, cases[i].is_udp, cases[i].has_marker,
                                 BYTES_OF(data), &len);
        CHECK(len == cases[i].len && packet.len <= CAPTURE_ENVELOPE_MAX); /* cut, and the length is told */
    }
}

/* Over IPv6 a datagram may be longer than one of IPv4, and than any header says that is put before it again. */
static void an_envelope_holds_the_longest_packet_that_can_come(void **state)
{
    static const uint8_t longest[65535];
    static const char *const ends[] = {"192.0.2.1", "2001:db8::1"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        for (int is_udp = 0; is_udp < 2; is_udp++) {
            uint8_t space[CAPTURE_PACKET_MAX];
            struct endpoint end = {.port = 4500};
            char line[256];
            struct text t = text_of(line, sizeof line);
            uint32_t len;

            CHECK(ip_parse(&end.ip, bytes_of_text(ends[i])));
            struct bytes packet =
                capture_envelop(space, sizeof space, end, end, is_udp, false, BYTES_OF(longest), &len);
            CHECK(packet.len == sizeof space && len > sizeof longest);
            text_add_captured(&t, packet);
            CHECK(t.len > 0 && !t.is_cut);
        }
    }
}

static void packets_are_told_as_on_an_asa(void **state)
{
    uint8_t space[60];
    char line[256];
    struct text t = text_of(line, sizeof line);

    (void)state;
    packet_of(space, 6, "1.1.1.1", 12869, "2.2.2.2", 80, 0);
    memcpy(space + 24, "\xd8\x07\xff\x3d", 4);
    space[32] = 0xa0;
    space[33] = 2;
    space[34] = 0x20;
    text_add_captured(&t, bytes_of(space, 60));
    assert_string_equal(line, "1.1.1.1.12869 > 2.2.2.2.80: S 3624402749:3624402749(0) win 8192");

    t = text_of(line, sizeof line);
    packet_of(space, 17, "10.2.11.50", 49955, "192.168.128.5", 161, 0);
    space[25] = 83;
    text_add_captured(&t, bytes_of(space, 60));
    assert_string_equal(line, "10.2.11.50.49955 > 192.168.128.5.161:  udp 75");

    t = text_of(line, sizeof line);
    text_add_captured(&t, packet_of(space, 1, "10.50.101.6", 0x800, "192.168.128.5", 0, 0));
    assert_string_equal(line, "10.50.101.6 > 192.168.128.5: icmp: echo request");

    t = text_of(line, sizeof line);
    text_add_captured(&t, packet_of(space, 50, "10.50.101.6", 0, "192.168.128.5", 0, 0));
    assert_string_equal(line, "10.50.101.6 > 192.168.128.5:  ip-proto-50, length 40");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_match_takes_both_directions_of_what_it_says_and_nothing_else),
        cmocka_unit_test(another_match_is_added_until_there_is_no_room),
        cmocka_unit_test(a_list_is_asked_in_its_own_direction_and_the_first_line_that_fits_decides),
        cmocka_unit_test(what_is_no_match_is_refused_by_its_word),
        cmocka_unit_test(on_port_4500_only_what_has_the_marker_is_isakmp),
        cmocka_unit_test(a_packet_of_any_length_is_looked_at_within_its_bytes),
        cmocka_unit_test(a_full_buffer_stays_as_it_is),
        cmocka_unit_test(a_circular_buffer_has_the_newest),
        cmocka_unit_test(an_envelope_carries_what_was_told_without_one),
        cmocka_unit_test(an_envelope_holds_the_longest_packet_that_can_come),
        cmocka_unit_test(packets_are_told_as_on_an_asa),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
