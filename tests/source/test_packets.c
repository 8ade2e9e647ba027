/* Packets of our own: every link type, fragments, pcapng, and captures that are cut. */
#include "source/captures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void add(struct buffer *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void add_u16(struct buffer *b, unsigned n)
{
    add(b, (uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
}

static void add_u32(struct buffer *b, uint32_t n)
{
    add_u16(b, n >> 16);
    add_u16(b, n & 0xffff);
}

/* An INVALID-COOKIE in clear: header and notify. */
static void add_message(struct buffer *b)
{
    static const uint8_t message[] = {
        1, 2, 3, 4, 5, 6, 7, 8,  9, 9, 9, 9,  9, 9, 9, 9, 11, 0x10, 5, 0,
        0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 12, 0, 0, 0, 1, 1,  0,    0, 4,
    };

    add(b, message, sizeof message);
}

static void add_udp(struct buffer *b, unsigned from, unsigned to)
{
    size_t at = b->len;

    add_u16(b, from);
    add_u16(b, to);
    add_u32(b, 0);
    if (from == 4500)
        add_u32(b, 0);
    add_message(b);
    b->data[at + 5] = (uint8_t)(b->len - at);
}

static void add_ipv4(struct buffer *b, uint8_t protocol, struct bytes body, unsigned fragment)
{
    add_u16(b, 0x4500);
    add_u16(b, (unsigned)(20 + body.len));
    add_u16(b, 77);
    add_u16(b, fragment);
    add(b, (uint8_t[]){64, protocol, 0, 0, 10, 9, 2, 2, 10, 9, 1, 2}, 12);
    add(b, body.data, body.len);
}

static void begin_pcap(struct buffer *b, uint32_t link_type)
{
    b->len = 0;
    add_u32(b, 0xa1b2c3d4); /* big-endian; the lab's are little-endian */
    add_u32(b, 0x00020004);
    add_u32(b, 0);
    add_u32(b, 0);
    add_u32(b, 65535);
    add_u32(b, link_type);
}

static void add_record(struct buffer *b, const struct buffer *frame)
{
    add_u32(b, 1276191373);
    add_u32(b, 500000);
    add_u32(b, (uint32_t)frame->len);
    add_u32(b, (uint32_t)frame->len);
    add(b, frame->data, frame->len);
}

static const struct {
    uint32_t link_type;
    uint8_t head[32];
    size_t head_len;
    bool is_v6;
    const char *why;
} frames[] = {
    {1, {[12] = 8, 0}, 14, false, "Ethernet"},
    {1, {[12] = 0x81, 0, 0, 5, 8, 0}, 18, false, "VLAN"},
    {1, {[12] = 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0}, 22, false, "VLAN in VLAN"},
    {1, {[12] = 0x88, 0x64, 0x11, 0, 0, 1, 0, 80, 0, 0x21}, 22, false, "PPPoE"},
    {1, {[12] = 0x86, 0xdd}, 14, true, "IPv6"},
    {101, {0}, 0, false, "raw IP"},
    {101, {0}, 0, true, "raw IPv6"},
    {113, {[14] = 8, 0}, 16, false, "Linux cooked"},
    {276, {8, 0}, 20, false, "Linux cooked, version 2"},
    {113, {[14] = 0x86, 0xdd}, 16, true, "IPv6, Linux cooked"},
    {276, {0x86, 0xdd}, 20, true, "IPv6, Linux cooked, version 2"},
    {113, {[14] = 0x81, 0, 0, 5, 8, 0}, 20, false, "VLAN, Linux cooked"},
    {228, {0}, 0, false, "raw IPv4"},
    {229, {0}, 0, true, "raw IPv6 by its own number"},
    {12, {0}, 0, false, "raw IP of other systems"},
    {0, {2}, 4, false, "loopback of BSD"},
    {108, {[3] = 2}, 4, false, "loopback of OpenBSD"},
};

/* The fixed header; addresses 2001::2 and 2001::1. */
static void add_ipv6(struct buffer *b, uint8_t next, size_t len)
{
    add_u32(b, 0x60000000);
    add_u16(b, (unsigned)len);
    add(b, (uint8_t[]){next, 64, [2] = 0x20, 1, [17] = 2, 0x20, 1, [33] = 1}, 34);
}

static void make_frame(struct buffer *frame, size_t row, unsigned port)
{
    static struct buffer udp;

    udp.len = frame->len = 0;
    add_udp(&udp, port, port);
    add(frame, frames[row].head, frames[row].head_len);
    if (frames[row].is_v6) {
        add_ipv6(frame, 17, udp.len);
        add(frame, udp.data, udp.len);
    } else {
        add_ipv4(frame, 17, bytes_of(udp.data, udp.len), 0);
    }
}

static bool is_our_message(void)
{
    const struct event *e = &seen.all[0].event;

    return seen.count == 1 && e->kind == EV_PACKET_SEEN && strcmp(event_text(e, FIELD_NOTIFY), "INVALID_COOKIE") == 0 &&
           strcmp(event_text(e, FIELD_EXCHANGE), "INFO") == 0 && event_number(e, FIELD_LENGTH) == 40 &&
           strcmp(event_text(e, FIELD_COOKIES), "01020304050607080909090909090909") == 0 &&
           ip_is_set(event_ip(e, FIELD_SOURCE));
}

static void every_link_type_leads_to_the_message(void **state)
{
    static struct buffer file, frame;

    (void)state;
    for (size_t row = 0; row < COUNT_OF(frames); row++)
        for (unsigned port = 500; port <= 4500; port += 4000) {
            begin_pcap(&file, frames[row].link_type);
            make_frame(&frame, row, port);
            add_record(&file, &frame);
            read_all(bytes_of(file.data, file.len), 13, (struct bytes){0});
            if (!is_our_message() || seen.all[0].time_ms != 1276191373500 ||
                event_number(&seen.all[0].event, FIELD_PORT) != port)
                fail_msg("%s, port %u", frames[row].why, port);
        }
}

static void T06_a_capture_that_is_cut_anywhere_ends_and_says_so(void **state)
{
    static struct buffer file, frame;

    (void)state;
    begin_pcap(&file, 1);
    make_frame(&frame, 0, 500);
    add_record(&file, &frame);
    for (size_t len = 4; len <= file.len; len++) {
        read_all(bytes_of(file.data, len), 7, (struct bytes){0});
        CHECK(seen.count == (len == file.len));
        CHECK(len == 24 || len == file.len || len == 4 || seen.sum.is_cut);
    }
    for (size_t cut = 1; cut < frame.len; cut++) { /* the snap length cuts packets, not the file */
        begin_pcap(&file, 1);
        frame.len--;
        add_record(&file, &frame);
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(!seen.sum.is_cut && seen.count <= 1);
        if (seen.count == 1)
            CHECK(strcmp(event_text(&seen.all[0].event, FIELD_CAUSE), "captured-in-part") == 0);
    }
    begin_pcap(&file, 1);
    make_frame(&frame, 0, 500);
    add_record(&file, &frame);
    file.data[24 + 8] = 0x7f; /* a length that cannot be */
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 0 && seen.sum.is_broken);
}

static void a_capture_without_a_packet_is_a_capture(void **state)
{
    static struct buffer file;

    (void)state;
    begin_pcap(&file, 1);
    read_all(bytes_of(file.data, file.len), 5, (struct bytes){0});
    CHECK(seen.count == 0 && seen.sum.kind == SOURCE_CAPTURE && !seen.sum.is_cut);
}

static void fragments_are_put_together_in_any_order(void **state)
{
    static struct buffer file, frame, udp;
    static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};

    (void)state;
    udp.len = 0;
    add_udp(&udp, 500, 500);
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        begin_pcap(&file, 101);
        for (size_t i = 0; i < 3; i++) {
            size_t at = orders[o][i] * 16, len = orders[o][i] == 2 ? udp.len - at : 16;

            frame.len = 0;
            add_ipv4(&frame, 17, bytes_of(udp.data + at, len), (orders[o][i] == 2 ? 0 : 0x2000) | (unsigned)at / 8);
            add_record(&file, &frame);
        }
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(is_our_message());
    }
}

/* RFC 8200 section 4.5: a header of its own, and the offset in its upper bits. */
static void fragments_of_ipv6_are_put_together(void **state)
{
    static struct buffer file, frame, udp;

    (void)state;
    udp.len = 0;
    add_udp(&udp, 500, 500);
    begin_pcap(&file, 101);
    for (size_t at = 0; at < udp.len; at += 16) {
        size_t len = udp.len - at < 16 ? udp.len - at : 16;

        frame.len = 0;
        add_ipv6(&frame, 44, 8 + len);
        add_u16(&frame, 17 << 8), add_u16(&frame, (unsigned)at | (at + len < udp.len)), add_u32(&frame, 77);
        add(&frame, udp.data + at, len);
        add_record(&file, &frame);
    }
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(is_our_message());
}

/* Fragments of IKE's own: the message's bytes in pieces behind a header each. */
static void add_ike_fragment(struct buffer *b, struct bytes piece, uint8_t number, bool is_last)
{
    size_t at = b->len;

    add_u16(b, 500), add_u16(b, 500), add_u32(b, 0);
    add(b, (uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 132, 0x10, 5, 0}, 20);
    add_u32(b, 0), add_u32(b, (uint32_t)(28 + 8 + piece.len));
    add_u16(b, 0), add_u16(b, (unsigned)(8 + piece.len));
    add(b, (uint8_t[]){0, 7, number, is_last}, 4);
    add(b, piece.data, piece.len);
    b->data[at + 5] = (uint8_t)(b->len - at);
}

static void fragments_of_ike_are_put_together_in_any_order(void **state)
{
    static struct buffer file, frame, message, udp;
    static const uint8_t orders[][3] = {{1, 2, 3}, {3, 1, 2}, {3, 2, 1}};

    (void)state;
    message.len = 0;
    add_message(&message);
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        begin_pcap(&file, 101);
        for (size_t i = 0; i < 3; i++) {
            uint8_t number = orders[o][i];

            udp.len = frame.len = 0;
            add_ike_fragment(&udp, bytes_of(message.data + (number - 1) * 16, number == 3 ? 8 : 16), number,
                             number == 3);
            add_ipv4(&frame, 17, bytes_of(udp.data, udp.len), 0);
            add_record(&file, &frame);
        }
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
        CHECK(seen.count == 4);
        const struct event *whole = &seen.all[3].event;
        CHECK(event_number(whole, FIELD_FRAGMENTS) == 3 && seen.all[3].line == 3);
        CHECK(strcmp(event_text(whole, FIELD_NOTIFY), "INVALID_COOKIE") == 0);
        CHECK(strstr(event_text(&seen.all[0].event, FIELD_PAYLOADS), "(132)"));
    }
}

static void an_icmp_error_names_the_packet_that_it_is_about(void **state)
{
    static struct buffer file, frame, udp, icmp;

    (void)state;
    udp.len = icmp.len = frame.len = 0;
    add_udp(&udp, 500, 500);
    add_u32(&icmp, 0x03030000);
    add_u32(&icmp, 0);
    add_ipv4(&icmp, 17, bytes_of(udp.data, udp.len), 0);
    add_ipv4(&frame, 1, bytes_of(icmp.data, 8 + 20 + 8), 0);
    begin_pcap(&file, 101);
    add_record(&file, &frame);
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 1 && seen.all[0].event.kind == EV_ICMP_SEEN);
    const struct event *e = &seen.all[0].event;
    CHECK(event_number(e, FIELD_ICMP_TYPE) == 3 && event_number(e, FIELD_ICMP_CODE) == 3 &&
          event_number(e, FIELD_LOCAL_PORT) == 500);
    CHECK(ip_to_v4(event_ip(e, FIELD_DESTINATION)) == 0x0a090102);
}

/* RFC 4443 section 3.2, and ESP instead of IKE in the quotation. */
static void an_icmp_error_tells_the_mtu_of_the_way(void **state)
{
    static const uint8_t first[8] = {1, 0xf4, 1, 0xf4, [7] = 7}; /* ports, or SPI and sequence number */
    static struct buffer file, frame, quoted;
    static const struct {
        bool is_v6, is_esp;
        const char *why;
    } rows[] = {
        {false, false, "IPv4, IKE"}, {false, true, "IPv4, ESP"}, {true, false, "IPv6, IKE"}, {true, true, "IPv6, ESP"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        quoted.len = frame.len = 0;
        add_u32(&quoted, rows[i].is_v6 ? 0x02000000 : 0x03040000);
        add_u32(&quoted, 1400);
        if (rows[i].is_v6)
            add_ipv6(&quoted, rows[i].is_esp ? 50 : 17, 8), add(&quoted, first, sizeof first);
        else
            add_ipv4(&quoted, rows[i].is_esp ? 50 : 17, BYTES_OF(first), 0);
        if (rows[i].is_v6)
            add_ipv6(&frame, 58, quoted.len), add(&frame, quoted.data, quoted.len);
        else
            add_ipv4(&frame, 1, bytes_of(quoted.data, quoted.len), 0);
        begin_pcap(&file, 101);
        add_record(&file, &frame);
        read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});

        const struct event *e = &seen.all[0].event;

        if (seen.count != 1 || e->kind != EV_ICMP_SEEN || event_number(e, FIELD_MTU) != 1400 ||
            event_number(e, FIELD_PROTOCOL) != (rows[i].is_esp ? 50 : 17))
            fail_msg("%s", rows[i].why);
    }
}

static void repeats_are_counted_and_a_message_of_ikev2_is_named(void **state)
{
    static struct buffer file, frame;

    (void)state;
    begin_pcap(&file, 101);
    make_frame(&frame, 5, 500);
    add_record(&file, &frame);
    add_record(&file, &frame);
    frame.data[20 + 8 + 17] = 0x20;
    add_record(&file, &frame);
    read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
    CHECK(seen.count == 3 && !event_has(&seen.all[0].event, FIELD_COUNT));
    CHECK(event_number(&seen.all[1].event, FIELD_COUNT) == 2 && seen.all[1].line == 2);
    CHECK(seen.all[2].event.kind == EV_IKEV2_SEEN && seen.sum.ikev2 == 1);
}

static void add_le32(struct buffer *b, uint32_t n)
{
    add(b, (uint8_t[]){(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)}, 4);
}

static void a_pcapng_file_says_the_same(void **state)
{
    static struct buffer file, frame;
    uint64_t ns = 1276191373500000000ull;

    (void)state;
    make_frame(&frame, 0, 4500);
    file.len = 0;
    add_le32(&file, 0x0a0d0d0a), add_le32(&file, 28), add_le32(&file, 0x1a2b3c4d), add_le32(&file, 1);
    add_le32(&file, UINT32_MAX), add_le32(&file, UINT32_MAX), add_le32(&file, 28);
    add_le32(&file, 1), add_le32(&file, 28), add_le32(&file, 1), add_le32(&file, 0); /* Ethernet */
    add_le32(&file, 0x00010009), add_le32(&file, 9), add_le32(&file, 28);            /* nanoseconds */
    add_le32(&file, 4), add_le32(&file, 16), add_le32(&file, 0),
        add_le32(&file, 16); /* a block that says nothing to us */
    size_t padded = (frame.len + 3) & ~(size_t)3;
    add_le32(&file, 6), add_le32(&file, (uint32_t)(32 + padded)), add_le32(&file, 0);
    add_le32(&file, (uint32_t)(ns >> 32)), add_le32(&file, (uint32_t)ns);
    add_le32(&file, (uint32_t)frame.len), add_le32(&file, (uint32_t)frame.len);
    add(&file, frame.data, frame.len);
    add(&file, (uint8_t[4]){0}, padded - frame.len);
    add_le32(&file, (uint32_t)(32 + padded));
    for (size_t step = 1; step < 40; step += 3) {
        read_all(bytes_of(file.data, file.len), step, (struct bytes){0});
        CHECK(is_our_message() && seen.all[0].time_ms == 1276191373500 && !seen.sum.is_cut && !seen.sum.is_broken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_of_ike_are_put_together_in_any_order),
        cmocka_unit_test(every_link_type_leads_to_the_message),
        cmocka_unit_test(T06_a_capture_that_is_cut_anywhere_ends_and_says_so),
        cmocka_unit_test(a_capture_without_a_packet_is_a_capture),
        cmocka_unit_test(fragments_are_put_together_in_any_order),
        cmocka_unit_test(fragments_of_ipv6_are_put_together),
        cmocka_unit_test(an_icmp_error_names_the_packet_that_it_is_about),
        cmocka_unit_test(an_icmp_error_tells_the_mtu_of_the_way),
        cmocka_unit_test(repeats_are_counted_and_a_message_of_ikev2_is_named),
        cmocka_unit_test(a_pcapng_file_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
