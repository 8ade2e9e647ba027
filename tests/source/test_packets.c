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

/* What printers of packets have read beyond: CVE-2004-0183 and -0184, CVE-2017-12896, -12990, -13039, -13689,
 * CVE-2018-14469. `body` follows a good header, whose length is right; without one `body` is all there is. */
static const struct {
    const char *why;
    unsigned port;
    uint8_t first_payload;
    bool has_header;
    const char *body;
} ill_formed[] = {
    {"a Delete that counts 65535 SPIs", 500, 12, true, "0000001c 00000001 0110ffff 0102030405060708 0102030405060708"},
    {"a Delete of SPIs of no length", 500, 12, true, "0000000c 00000001 0300ffff"},
    {"a Delete that ends in its fixed part", 500, 12, true, "00000007 000000"},
    {"an identity without an address", 500, 5, true, "00000008 01000000"},
    {"an identity of one byte", 500, 5, true, "00000005 01"},
    {"an IPv6 subnet of 31 bytes", 500, 5, true,
     "00000027 06000000 20010db8000000000000000000000001 ffffffffffffffff0000000000000000"},
    {"an address range of one address", 500, 5, true, "0000000c 07000000 0a010001"},
    {"a payload of no length, again and again", 500, 1, true, "01000000 01000000"},
    {"a payload of three bytes", 500, 4, true, "00000003"},
    {"a payload that goes beyond the message", 500, 10, true, "0000ffff 01"},
    {"a notify whose SPI is all that there is, and more", 500, 11, true, "0000000c 00000001 01ff0000"},
    {"a notify without its type", 500, 11, true, "0000000a 00000001 0100"},
    {"an attribute that is longer than its transform", 500, 1, true,
     "00000024 00000001 00000001 00000018 01010001 00000010 01010000 800100ff 000cffff"},
    {"half an attribute", 500, 1, true, "00000022 00000001 00000001 00000016 01010001 0000000e 01010000 8001 0007 80"},
    {"a proposal of no length", 500, 1, true, "00000010 00000001 00000001 00000000"},
    {"a proposal whose SPI goes beyond it", 500, 1, true, "00000014 00000001 00000001 00000008 0103ff01"},
    {"transforms without end", 500, 1, true, "0000001c 00000001 00000001 00000010 010100ff 03000008 01010000"},
    {"a nonce without a header", 500, 10, true, "00"},
    {"nothing, where a payload is announced", 500, 1, true, ""},
    {"bytes, where no payload is announced", 500, 0, true, "00000004 deadbeef"},
    {"a certificate without its encoding", 500, 6, true, "00000004"},
    {"half a header", 500, 0, false, "0102030405060708 0000"},
    {"one byte on port 4500 that is no keepalive", 4500, 0, false, "00"},
    {"half a marker", 4500, 0, false, "0000"},
    {"a marker alone", 4500, 0, false, "00000000"},
    {"a marker and half a header", 4500, 0, false, "00000000 0102030405060708 00000000000000000110"},
    {"ESP without a sequence number", 4500, 0, false, "01020304 0000"},
    {"nothing at all", 500, 0, false, ""},
};

static void add_hex(struct buffer *b, const char *text)
{
    for (unsigned byte; *text != '\0'; text += *text == ' ' ? 1 : 2)
        if (*text != ' ') {
            CHECK(sscanf(text, "%2x", &byte) == 1);
            add(b, (uint8_t[]){(uint8_t)byte}, 1);
        }
}

static void add_ill_formed(struct buffer *udp, size_t row)
{
    size_t at = udp->len, header;

    add_u16(udp, ill_formed[row].port);
    add_u16(udp, ill_formed[row].port);
    add_u32(udp, 0);
    header = udp->len;
    if (ill_formed[row].has_header) {
        add_hex(udp, "0102030405060708 0000000000000000 00100200 00000000 00000000");
        udp->data[header + 16] = ill_formed[row].first_payload;
    }
    add_hex(udp, ill_formed[row].body);
    udp->data[at + 5] = (uint8_t)(udp->len - at);
    if (ill_formed[row].has_header)
        udp->data[header + 27] = (uint8_t)(udp->len - header);
}

/* Whole, and as a capture that has kept less of the packet at every place. */
static void T07_what_has_crashed_printers_of_packets_is_read_and_so_is_what_follows(void **state)
{
    static struct buffer file, frame, udp, good;

    (void)state;
    make_frame(&good, 5, 500);
    for (size_t row = 0; row < COUNT_OF(ill_formed); row++) {
        udp.len = frame.len = 0;
        add_ill_formed(&udp, row);
        add_ipv4(&frame, 17, bytes_of(udp.data, udp.len), 0);
        for (size_t kept = frame.len + 1; kept-- > 0;) {
            struct buffer cut = frame;

            cut.len = kept;
            begin_pcap(&file, 101);
            add_record(&file, &cut);
            add_record(&file, &good);
            read_all(bytes_of(file.data, file.len), 4096, (struct bytes){0});
            const struct event *last = &seen.all[seen.count - 1].event;
            if (seen.count == 0 || strcmp(event_text(last, FIELD_NOTIFY), "INVALID_COOKIE") != 0)
                fail_msg("%s, %zu of %zu bytes", ill_formed[row].why, kept, frame.len);
        }
    }
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
        cmocka_unit_test(T07_what_has_crashed_printers_of_packets_is_read_and_so_is_what_follows),
        cmocka_unit_test(a_pcapng_file_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
