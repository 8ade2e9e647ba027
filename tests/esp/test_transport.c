/* Transport mode: the IP header is taken off before sealing, and another is put on after opening. */
#include "sample.h"

#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "esp/mtu.h"
#include "esp/outer.h"
#include "esp/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ICMP = 1, TCP = 6, UDP = 17 };

static struct ip ip_of_text(const char *text)
{
    struct ip ip = {0};

    CHECK(ip_parse(&ip, bytes_of_text(text)));
    return ip;
}

static struct esp_sa transport_sa(enum cipher_id cipher, enum hash_id integrity, bool is_out, struct esp_ends ends)
{
    struct esp_sa sa = sample_sa(cipher, integrity, is_out);

    sa.shape.is_transport = true;
    sa.ends = ends;
    sa.selector = sample_any((enum ip_family)ends.local.family);
    return sa;
}

/* RFC 3602 section 4, case 5, which has no ICV: ours is put behind it. */
static void the_packet_of_rfc_3602_opens(void **state)
{
    static const uint8_t integrity_key[20] = {7, 7, 7};
    uint8_t key_space[16], esp_space[SAMPLE_SPACE], space[SAMPLE_SPACE], wanted_space[128], digest[DIGEST_MAX];
    struct bytes key = sample_hex("90d382b410eeba7ad938c46cec1a82bf", key_space, sizeof key_space);
    struct bytes esp = sample_hex(
        "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc8"
        "56a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",
        esp_space, sizeof esp_space);
    struct bytes wanted = sample_hex("08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                     "202122232425262728292a2b2c2d2e2f3031323334353637",
                                     wanted_space, sizeof wanted_space);
    struct esp_sa in = sample_sa_of(CIPHER_AES128_CBC, HASH_SHA1, key, BYTES_OF(integrity_key), 0, false);
    struct esp_tally tally = {0};

    (void)state;
    in.shape.is_transport = true;
    in.ends = (struct esp_ends){ip_of_text("192.168.123.100"), ip_of_text("192.168.123.3"), false};
    hmac_of(HASH_SHA1, BYTES_OF(integrity_key), &esp, 1, digest);
    memcpy(space + ESP_HEADROOM, esp.data, esp.len);
    memcpy(space + ESP_HEADROOM + esp.len, digest, 12);
    struct esp_packet packet = {.data = space, .size = SAMPLE_SPACE, .at = ESP_HEADROOM, .len = esp.len + 12};
    esp_open(&in, &packet, 1, &tally);
    CHECK(packet.drop == ESP_PASS && packet.len == 20 + wanted.len);
    CHECK(bytes_equal(bytes_of(packet.data + packet.at + 20, wanted.len), wanted));
    CHECK(packet.inner.protocol == ICMP && ip_equal(packet.inner.source, in.ends.remote) &&
          ip_equal(packet.inner.destination, in.ends.local) && packet.inner.total_len == packet.len);
    CHECK(checksum_end(checksum_add(0, bytes_of(packet.data + packet.at, 20))) == 0);
    burst_key_free(in.key);
}

/* A packet of `sender` to `receiver`: a whole IP packet with a right checksum; `payload` bytes behind the header of its
 * protocol. Returns its length. */
static size_t make_packet(uint8_t *at, uint8_t protocol, struct ip sender, struct ip receiver, size_t payload,
                          bool has_checksum)
{
    size_t head = protocol == TCP ? 20 : 8, len = head + payload;
    size_t checksum_at = protocol == TCP ? 16 : protocol == UDP ? 6 : 2;
    struct esp_packet packet = {.data = at, .at = 40, .len = len};
    uint8_t *segment = at + 40;

    for (size_t i = 0; i < len; i++)
        segment[i] = (uint8_t)(i * 3);
    if (protocol == TCP)
        segment[12] = 0x50;
    if (protocol == UDP) {
        segment[4] = (uint8_t)(len >> 8);
        segment[5] = (uint8_t)len;
    }
    segment[checksum_at] = segment[checksum_at + 1] = 0;
    uint32_t sum = protocol == ICMP ? 0 : checksum_add((uint32_t)len + protocol, ip_bytes(&sender));
    sum = protocol == ICMP ? 0 : checksum_add(sum, ip_bytes(&receiver));
    uint16_t checksum = checksum_end(checksum_add(sum, bytes_of(segment, len)));
    if (has_checksum) {
        segment[checksum_at] = (uint8_t)(checksum >> 8);
        segment[checksum_at + 1] = (uint8_t)checksum;
    }
    CHECK(esp_transport_put_on(&packet, protocol, &(struct esp_ends){receiver, sender, false}));
    memmove(at, at + packet.at, packet.len);
    return packet.len;
}

static bool is_checksum_right(const struct esp_packet *packet)
{
    const struct inner *inner = &packet->inner;
    struct bytes segment = bytes_of(packet->data + packet->at + inner->header_len, packet->len - inner->header_len);
    uint32_t sum = checksum_add((uint32_t)segment.len + inner->protocol, ip_bytes(&inner->source));

    if (inner->protocol == ICMP)
        sum = 0;
    else
        sum = checksum_add(sum, ip_bytes(&inner->destination));
    return checksum_end(checksum_add(sum, segment)) == 0;
}

static void what_is_sealed_opens_between_the_ends_as_each_sees_them_N07(void **state)
{
    static const struct {
        enum cipher_id cipher;
        enum hash_id integrity;
        uint8_t protocol;
        const char *sender, *receiver;   /* as the sender sees them */
        const char *seen_as, *seen_here; /* as the receiver does */
        bool is_natted, has_checksum, is_right;
        const char *why;
    } cases[] = {
        {CIPHER_AES256_CBC, HASH_SHA256, ICMP, "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", false, true, true,
         "a ping"},
        {CIPHER_AES256_CBC, HASH_SHA256, TCP, "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", false, true, true,
         "TCP, with the addresses as they are"},
        {CIPHER_AES128_GCM, HASH_NONE, TCP, "10.0.0.1", "192.0.2.2", "203.0.113.9", "192.0.2.2", true, true, true,
         "TCP from behind a NAT"},
        {CIPHER_NULL, HASH_SHA1, TCP, "192.0.2.2", "203.0.113.9", "192.0.2.2", "10.0.0.1", true, true, true,
         "TCP to behind a NAT; the least that stands before a header"},
        {CIPHER_AES128_GCM, HASH_NONE, UDP, "10.0.0.1", "192.0.2.2", "203.0.113.9", "192.0.2.2", true, true, true,
         "UDP from behind a NAT"},
        {CIPHER_AES128_GCM, HASH_NONE, UDP, "10.0.0.1", "192.0.2.2", "203.0.113.9", "192.0.2.2", true, false, false,
         "UDP without a checksum gets none"},
        {CIPHER_AES128_GCM, HASH_NONE, UDP, "10.0.0.1", "192.0.2.2", "203.0.113.9", "192.0.2.2", false, true, false,
         "nothing is mended where no NAT was found"},
        {CIPHER_AES128_GCM, HASH_NONE, ICMP, "10.0.0.1", "192.0.2.2", "203.0.113.9", "192.0.2.2", true, true, true,
         "ICMP has no addresses in its checksum"},
        {CIPHER_AES128_GCM, HASH_NONE, TCP, "2001:db8::1", "2001:db8::2", "2001:db8::1", "2001:db8::2", false, true,
         true, "IPv6"},
        {CIPHER_NULL, HASH_SHA1, UDP, "2001:db8::1", "2001:db8::2", "2001:db8::1", "2001:db8::2", false, true, true,
         "IPv6 with the longest header and the shortest frame"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip sender = ip_of_text(cases[i].sender), receiver = ip_of_text(cases[i].receiver);
        struct esp_ends ends = {ip_of_text(cases[i].seen_here), ip_of_text(cases[i].seen_as), cases[i].is_natted};
        struct esp_sa out = transport_sa(cases[i].cipher, cases[i].integrity, true, ends);
        struct esp_sa in = transport_sa(cases[i].cipher, cases[i].integrity, false, ends);
        struct drbg drbg = sample_drbg();
        struct esp_tally tally = {0};
        uint8_t space[SAMPLE_SPACE], opened[SAMPLE_SPACE];
        struct inner inner;
        size_t len = make_packet(space + ESP_HEADROOM, cases[i].protocol, sender, receiver, 100, cases[i].has_checksum);
        struct esp_packet packet = {.data = space, .size = SAMPLE_SPACE, .at = ESP_HEADROOM, .len = len};

        CHECK(inner_read(&inner, bytes_of(space + ESP_HEADROOM, len)) && esp_transport_carries(&inner));
        esp_transport_take_off(&packet, &inner);
        esp_seal(&out, &drbg, &packet, 1, &tally);
        CHECK(packet.drop == ESP_PASS);
        /* what the MTU is worked out with */
        CHECK(packet.len + inner.header_len == esp_outer_len(&out.shape, (enum ip_family)inner.family, len));
        memcpy(opened + ESP_HEADROOM, packet.data + packet.at, packet.len);
        struct esp_packet back = {.data = opened, .size = SAMPLE_SPACE, .at = ESP_HEADROOM, .len = packet.len};
        esp_open(&in, &back, 1, &tally);
        if (back.drop != ESP_PASS || is_checksum_right(&back) != cases[i].is_right)
            fail_msg("%s: %s", cases[i].why, esp_drop_name(back.drop));
        CHECK(back.len == len && ip_equal(back.inner.source, ends.remote) &&
              ip_equal(back.inner.destination, ends.local) && back.inner.protocol == cases[i].protocol);
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

static void only_whole_and_plain_packets_are_carried(void **state)
{
    static const struct {
        struct inner inner;
        bool is_carried;
        const char *why;
    } cases[] = {
        {{.family = IP_V4, .header_len = 20}, true, "IPv4"},
        {{.family = IP_V6, .header_len = 40}, true, "IPv6"},
        {{.family = IP_V4, .header_len = 24}, false, "IPv4 with an option"},
        {{.family = IP_V6, .header_len = 48}, false, "IPv6 with an extension header"},
        {{.family = IP_V4, .header_len = 20, .is_fragment = true}, false, "the first fragment"},
        {{.family = IP_V4, .header_len = 20, .is_fragment = true, .is_later_fragment = true}, false, "a later one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (esp_transport_carries(&cases[i].inner) != cases[i].is_carried)
            fail_msg("%s", cases[i].why);
}

static void what_the_peer_makes_of_it_is_judged_as_in_tunnel_mode_E07(void **state)
{
    static const struct {
        uint8_t next_header;
        const char *sender;
        size_t len;
        enum esp_drop drop;
        const char *why;
    } cases[] = {
        {UDP, "192.0.2.1", 28, ESP_PASS, "a datagram"},
        {4, "192.0.2.1", 28, ESP_PASS, "IP in IP is a protocol like others here"},
        {59, "192.0.2.1", 28, ESP_DROP_DUMMY, "a dummy packet"},
        {UDP, "127.0.0.1", 28, ESP_DROP_INNER_MARTIAN, "from nobody"},
        {UDP, "192.0.2.7", 28, ESP_DROP_INNER_NOT_SELECTED, "not for this pair"},
        {UDP, "192.0.2.1", 65516, ESP_DROP_INNER_MALFORMED, "longer than a packet can be"},
    };
    static uint8_t space[66000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_ends ends = {ip_of_text("192.0.2.2"), ip_of_text(cases[i].sender), false};
        struct esp_sa out = transport_sa(CIPHER_AES128_GCM, HASH_NONE, true, ends);
        struct esp_sa in = transport_sa(CIPHER_AES128_GCM, HASH_NONE, false, ends);
        struct selector one = *sample_any(IP_V4);
        struct drbg drbg = sample_drbg();
        struct esp_tally tally = {0};
        struct esp_packet packet = {.data = space,
                                    .size = sizeof space,
                                    .at = ESP_HEADROOM * 2,
                                    .len = cases[i].len,
                                    .next_header = cases[i].next_header};

        memset(space, 0, sizeof space);
        if (strcmp(cases[i].sender, "192.0.2.7") == 0)
            one.remote = (struct ip_range){ip_of_text("192.0.2.1"), ip_of_text("192.0.2.1")};
        in.selector = &one;
        esp_seal(&out, &drbg, &packet, 1, &tally);
        esp_open(&in, &packet, 1, &tally);
        if (packet.drop != cases[i].drop)
            fail_msg("%s: %s", cases[i].why, esp_drop_name(packet.drop));
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

static void the_traffic_class_is_the_outer_one(void **state)
{
    uint8_t packet[20] = {0x45, 0, 0, 20, 0, 0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};
    struct inner inner;

    (void)state;
    uint16_t checksum = checksum_end(checksum_add(0, BYTES_OF(packet)));
    packet[10] = (uint8_t)(checksum >> 8);
    packet[11] = (uint8_t)checksum;
    CHECK(inner_read(&inner, BYTES_OF(packet)));
    esp_traffic_class_in(packet, &inner, 0xbb);
    CHECK(packet[1] == 0xbb && checksum_end(checksum_add(0, BYTES_OF(packet))) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_packet_of_rfc_3602_opens),
        cmocka_unit_test(what_is_sealed_opens_between_the_ends_as_each_sees_them_N07),
        cmocka_unit_test(only_whole_and_plain_packets_are_carried),
        cmocka_unit_test(what_the_peer_makes_of_it_is_judged_as_in_tunnel_mode_E07),
        cmocka_unit_test(the_traffic_class_is_the_outer_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
