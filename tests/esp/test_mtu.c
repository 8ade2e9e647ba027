#include "esp/fragment.h"
#include "esp/mtu.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_overhead_is_what_an_asa_shows(void **state)
{
    static const struct {
        enum cipher_id cipher;
        enum hash_id integrity;
        bool is_udp;
        bool is_transport;
        size_t overhead;
        const char *why;
    } cases[] = {
        {CIPHER_AES128_CBC, HASH_SHA1, false, false, 74, "esp-aes esp-sha-hmac: as in a capture of 8.2"},
        {CIPHER_AES256_CBC, HASH_MD5, true, false, 82, "esp-aes-256 esp-md5-hmac with NAT-T: as in a capture of 9.x"},
        {CIPHER_AES128_GCM, HASH_NONE, false, false, 58, "20 + 8 + 8 + 4 + 2 + 16"},
        {CIPHER_AES128_GCM8, HASH_NONE, false, false, 50, "20 + 8 + 8 + 4 + 2 + 8"},
        {CIPHER_NULL, HASH_SHA1, false, false, 46, "20 + 8 + 4 + 2 + 12"},
        {CIPHER_AES128_CBC, HASH_SHA1, false, true, 54, "transport mode: the first, without a second IP header"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_shape shape = esp_shape_of(cases[i].cipher, cases[i].integrity, cases[i].is_udp);
        shape.is_transport = cases[i].is_transport;
        if (esp_overhead(&shape, IP_V4) != cases[i].overhead)
            fail_msg("%s", cases[i].why);
    }
}

static void the_inner_mtu_is_the_longest_that_fits(void **state)
{
    static const enum cipher_id ciphers[] = {CIPHER_3DES_CBC, CIPHER_AES128_CBC, CIPHER_AES128_GCM};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ciphers); i++) {
        bool is_gcm = cipher_info(ciphers[i])->kind == CIPHER_KIND_GCM;
        for (int udp = 0; udp < 2; udp++) {
            struct esp_shape shape = esp_shape_of(ciphers[i], is_gcm ? HASH_NONE : HASH_SHA256, udp == 1);
            shape.is_transport = i == 1;
            for (size_t path = 200; path < 1600; path++) {
                size_t inner = esp_inner_mtu(&shape, IP_V4, path);
                CHECK(esp_outer_len(&shape, IP_V4, inner) <= path && esp_outer_len(&shape, IP_V4, inner + 1) > path);
            }
            CHECK(esp_inner_mtu(&shape, IP_V4, 10) == 0);
        }
    }
}

static void the_outer_length_is_what_is_sealed(void **state)
{
    uint8_t space[2048];
    struct esp_sa out = sample_sa(CIPHER_AES256_CBC, HASH_SHA256, true);
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};

    (void)state;
    for (size_t len = 24; len < 200; len++) {
        struct esp_packet packet = sample_packet(space, sizeof space, len);
        esp_seal(&out, &drbg, &packet, 1, &tally);
        CHECK(packet.len + 20 == esp_outer_len(&out.shape, IP_V4, len));
    }
    burst_key_free(out.key);
}

/* Puts fragments together, checking each: returns the length of the payload. */
struct assembly {
    uint8_t payload[4096];
    size_t len;
    bool has_end;
};

static void assemble(struct assembly *a, struct bytes fragment, size_t mtu)
{
    struct inner inner;
    size_t offset;

    CHECK(fragment.len <= mtu && inner_read(&inner, fragment) && inner.total_len == fragment.len);
    CHECK(checksum_end(checksum_add(0, bytes_of(fragment.data, inner.header_len))) == 0);
    offset = (size_t)((fragment.data[6] << 8 | fragment.data[7]) & 0x1fff) * 8;
    CHECK(offset == a->len); /* in order, without a gap */
    memcpy(a->payload + offset, fragment.data + inner.header_len, fragment.len - inner.header_len);
    a->len = offset + fragment.len - inner.header_len;
    a->has_end = (fragment.data[6] & 0x20) == 0;
    CHECK(!inner.has_df);
}

static void fragments_make_the_packet_again(void **state)
{
    uint8_t packet[2048], space[2048];

    (void)state;
    for (size_t len = 200; len <= 1500; len += 13) {
        for (size_t mtu = 68; mtu < 1500; mtu += 101) {
            struct assembly a = {.len = 0};
            struct inner inner;
            size_t part;
            sample_inner(packet, len);
            packet[6] = 0x40; /* DF is cleared on the way */
            CHECK(inner_read(&inner, bytes_of(packet, len)));
            struct fragmenter f = fragmenter_of(&inner, bytes_of(packet, len), mtu);
            while ((part = fragment_next(&f, space, sizeof space)) > 0)
                assemble(&a, bytes_of(space, part), mtu);
            CHECK(!f.is_refused && a.has_end && a.len == len - 20);
            CHECK(memcmp(a.payload, packet + 20, a.len) == 0);
        }
    }
}

static void a_fragment_is_split_again_at_its_own_place(void **state)
{
    uint8_t packet[2048], first[2048], second[2048];
    struct assembly a = {.len = 0};
    struct inner inner, piece;
    size_t len, part;

    (void)state;
    CHECK(inner_read(&inner, bytes_of(packet, sample_inner(packet, 1500))));
    struct fragmenter outer = fragmenter_of(&inner, bytes_of(packet, 1500), 1400);
    while ((len = fragment_next(&outer, first, sizeof first)) > 0) {
        CHECK(inner_read(&piece, bytes_of(first, len)));
        struct fragmenter f = fragmenter_of(&piece, bytes_of(first, len), 500);
        while ((part = fragment_next(&f, second, sizeof second)) > 0) {
            CHECK(a.len < 1480 && !a.has_end == (a.len < 1480));
            assemble(&a, bytes_of(second, part), 500);
        }
    }
    CHECK(a.has_end && a.len == 1480 && memcmp(a.payload, packet + 20, 1480) == 0);
}

static void only_options_with_the_copy_bit_are_in_later_fragments(void **state)
{
    /* record route (7), no copy; no-operation; stream identifier (0x88), copy; end */
    static const uint8_t options[] = {7, 7, 4, 0, 0, 0, 0, 1, 0x88, 4, 0xab, 0xcd};
    uint8_t packet[600], space[600];
    struct inner inner;
    size_t len;

    (void)state;
    sample_inner(packet, sizeof packet);
    packet[0] = 0x48;
    memcpy(packet + 20, options, sizeof options);
    CHECK(inner_read(&inner, BYTES_OF(packet)));
    struct fragmenter f = fragmenter_of(&inner, BYTES_OF(packet), 300);
    len = fragment_next(&f, space, sizeof space);
    CHECK(len > 0 && space[0] == 0x48 && memcmp(space + 20, options, sizeof options) == 0);
    len = fragment_next(&f, space, sizeof space);
    CHECK(len > 0 && space[0] == 0x46 && memcmp(space + 20, options + 8, 4) == 0);
    CHECK(checksum_end(checksum_add(0, bytes_of(space, 24))) == 0);
}

static void what_cannot_be_split_is_refused(void **state)
{
    uint8_t packet[600], space[600];
    struct inner inner;

    (void)state;
    CHECK(inner_read(&inner, bytes_of(packet, sample_inner(packet, 600))));
    struct fragmenter f = fragmenter_of(&inner, BYTES_OF(packet), 27);
    CHECK(f.is_refused && fragment_next(&f, space, sizeof space) == 0);
    inner.family = IP_V6;
    CHECK(fragmenter_of(&inner, BYTES_OF(packet), 576).is_refused);
}

static void the_sender_is_told_what_fits(void **state)
{
    uint8_t packet[1500], out[ESP_TOO_BIG_MAX];
    struct inner inner, told;

    (void)state;
    CHECK(inner_read(&inner, bytes_of(packet, sample_inner(packet, 1500))));
    size_t len = esp_too_big(&inner, BYTES_OF(packet), 1438, (struct ip){0}, out);
    CHECK(len == 576 && inner_read(&told, bytes_of(out, len)));
    CHECK(ip_equal(told.source, inner.destination) && ip_equal(told.destination, inner.source) && told.protocol == 1);
    CHECK(out[20] == 3 && out[21] == 4 && (out[26] << 8 | out[27]) == 1438);
    CHECK(checksum_end(checksum_add(0, bytes_of(out, 20))) == 0);
    CHECK(checksum_end(checksum_add(0, bytes_of(out + 20, len - 20))) == 0);
    CHECK(memcmp(out + 28, packet, len - 28) == 0);
    len = esp_too_big(&inner, BYTES_OF(packet), 1438, ip_of_v4(0x0a020001), out);
    CHECK(inner_read(&told, bytes_of(out, len)) && ip_to_v4(told.source) == 0x0a020001);
}

static void an_ipv6_sender_is_told_what_fits(void **state)
{
    uint8_t packet[1500] = {0x60, 0, 0, 0, 0x05, 0xb4, 17, 64}, out[ESP_TOO_BIG_MAX];
    struct inner inner, told;

    (void)state;
    packet[8] = packet[24] = 0x20;
    packet[23] = 5;
    packet[39] = 9;
    CHECK(inner_read(&inner, BYTES_OF(packet)));
    size_t len = esp_too_big(&inner, BYTES_OF(packet), 1400, (struct ip){0}, out);
    CHECK(len == 1280 && inner_read(&told, bytes_of(out, len)) && told.protocol == 58);
    CHECK(ip_equal(told.source, inner.destination) && ip_equal(told.destination, inner.source));
    CHECK(out[40] == 2 && (out[46] << 8 | out[47]) == 1400);
    uint32_t pseudo = checksum_add((uint32_t)(len - 40) + 58, bytes_of(out + 8, 32));
    CHECK(checksum_end(checksum_add(pseudo, bytes_of(out + 40, len - 40))) == 0);
}

static void nobody_is_told_who_must_not_be(void **state)
{
    static const struct {
        uint8_t at, byte;
        const char *why;
    } cases[] = {
        {7, 1, "a later fragment"},
        {12, 224, "a multicast source"},
        {12, 127, "loopback"},
        {16, 230, "to a multicast group"},
    };
    uint8_t packet[600], out[ESP_TOO_BIG_MAX];
    struct inner inner;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sample_inner(packet, sizeof packet);
        packet[cases[i].at] = cases[i].byte;
        CHECK(inner_read(&inner, BYTES_OF(packet)));
        if (esp_too_big(&inner, BYTES_OF(packet), 576, (struct ip){0}, out) != 0)
            fail_msg("%s", cases[i].why);
    }
    sample_inner(packet, sizeof packet);
    packet[9] = 1;
    for (unsigned type = 0; type < 20; type++) {
        packet[20] = (uint8_t)type;
        CHECK(inner_read(&inner, BYTES_OF(packet)));
        bool is_told = esp_too_big(&inner, BYTES_OF(packet), 576, (struct ip){0}, out) != 0;
        CHECK(is_told == (type == 0 || type == 8 || type >= 13)); /* the others are errors, or redirects */
    }
}

/* A TCP packet 10.2.0.9 -> 10.1.0.5 with these flags and options, its checksum right. */
static size_t make_tcp(uint8_t *packet, uint8_t flags, const uint8_t *options, size_t options_len)
{
    size_t tcp_len = 20 + options_len;

    sample_inner(packet, 20 + tcp_len);
    packet[9] = 6;
    memset(packet + 20, 0, 20);
    packet[20 + 12] = (uint8_t)(tcp_len / 4 << 4);
    packet[20 + 13] = flags;
    memcpy(packet + 40, options, options_len);
    uint32_t pseudo = checksum_add((uint32_t)tcp_len + 6, bytes_of(packet + 12, 8));
    uint16_t checksum = checksum_end(checksum_add(pseudo, bytes_of(packet + 20, tcp_len)));
    packet[36] = (uint8_t)(checksum >> 8);
    packet[37] = (uint8_t)checksum;
    return 20 + tcp_len;
}

static void the_mss_of_a_syn_is_lowered_and_nothing_else(void **state)
{
    static const struct {
        uint8_t flags, options[12];
        bool is_clamped;
        uint8_t at;
        const char *why;
    } cases[] = {
        {0x02, {2, 4, 5, 0xb4}, true, 42, "a SYN with 1460"},
        {0x12, {2, 4, 5, 0xb4}, true, 42, "a SYN ACK with 1460"},
        {0x02, {1, 2, 4, 0xff, 0xff, 0}, true, 43, "at an odd place"},
        {0x02, {4, 2, 2, 4, 5, 0xb4}, true, 44, "behind another option"},
        {0x02, {2, 4, 5, 0x64}, false, 0, "1380 already"},
        {0x02, {2, 4, 2, 0}, false, 0, "512"},
        {0x10, {2, 4, 5, 0xb4}, false, 0, "no SYN"},
        {0x02, {1, 1, 1, 1}, false, 0, "no such option: an ASA adds none either"},
        {0x02, {2, 3, 5, 0xb4}, false, 0, "of a wrong length"},
        {0x02, {8, 0, 2, 4, 5, 0xb4}, false, 0, "behind an option without end"},
        {0x02, {8, 40, 2, 4, 5, 0xb4}, false, 0, "behind an option that is too long"},
        {0x02, {0, 2, 4, 5, 0xb4}, false, 0, "behind the end of the options"},
    };
    uint8_t packet[64], before[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct inner inner;
        size_t len = make_tcp(packet, cases[i].flags, cases[i].options, 12);
        memcpy(before, packet, len);
        CHECK(inner_read(&inner, bytes_of(packet, len)));
        if (esp_clamp_mss(packet, &inner, ESP_TCP_MSS) != cases[i].is_clamped)
            fail_msg("%s", cases[i].why);
        if (!cases[i].is_clamped) {
            CHECK(memcmp(packet, before, len) == 0);
            continue;
        }
        CHECK((packet[cases[i].at] << 8 | packet[cases[i].at + 1]) == 1380);
        uint32_t pseudo = checksum_add((uint32_t)(len - 20) + 6, bytes_of(packet + 12, 8));
        CHECK(checksum_end(checksum_add(pseudo, bytes_of(packet + 20, len - 20))) == 0);
    }
}

static void a_broken_tcp_header_is_left_alone(void **state)
{
    static const uint8_t options[12] = {2, 4, 5, 0xb4};
    uint8_t packet[64];
    struct inner inner;

    (void)state;
    for (unsigned offset = 0; offset < 256; offset += 16) {
        size_t len = make_tcp(packet, 2, options, 12);
        packet[32] = (uint8_t)offset;
        CHECK(inner_read(&inner, bytes_of(packet, len)));
        bool has_option = offset >> 4 == 6 || offset >> 4 == 7 || offset >> 4 == 8;
        CHECK(esp_clamp_mss(packet, &inner, 1380) == has_option);
    }
    size_t len = make_tcp(packet, 2, options, 12);
    CHECK(inner_read(&inner, bytes_of(packet, len)));
    inner.is_fragment = true;
    CHECK(!esp_clamp_mss(packet, &inner, 1380));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overhead_is_what_an_asa_shows),
        cmocka_unit_test(the_inner_mtu_is_the_longest_that_fits),
        cmocka_unit_test(the_outer_length_is_what_is_sealed),
        cmocka_unit_test(fragments_make_the_packet_again),
        cmocka_unit_test(a_fragment_is_split_again_at_its_own_place),
        cmocka_unit_test(only_options_with_the_copy_bit_are_in_later_fragments),
        cmocka_unit_test(what_cannot_be_split_is_refused),
        cmocka_unit_test(the_sender_is_told_what_fits),
        cmocka_unit_test(an_ipv6_sender_is_told_what_fits),
        cmocka_unit_test(nobody_is_told_who_must_not_be),
        cmocka_unit_test(the_mss_of_a_syn_is_lowered_and_nothing_else),
        cmocka_unit_test(a_broken_tcp_header_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
