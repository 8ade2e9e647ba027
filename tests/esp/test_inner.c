#include "esp/outer.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Shorthands for IPv6 headers: version, class, flow label, payload length, next header, hop limit, addresses ::5 ->
 * ::9. */
#define V6(len, next)                                                                                                  \
    "60000000" len next "40"                                                                                           \
    "00000000000000000000000000000005"                                                                                 \
    "00000000000000000000000000000009"

static void a_flow_is_read_from_a_packet(void **state)
{
    static const struct {
        const char *packet;
        bool is_sane;
        uint8_t protocol;
        bool has_ports, is_fragment, is_later, has_df;
        const char *why;
    } cases[] = {
        {"4500001c000040004006000001020304050607080050c3500000000000", true, 6, true, false, false, true, "TCP"},
        {"4500001c00000000401100000102030405060708005000350000000000", true, 17, true, false, false, false, "UDP"},
        {"4500001c000020004011000001020304050607080050003500000000", true, 17, true, true, false, false,
         "a first fragment"},
        {"4500001c000000b94011000001020304050607080050003500000000", true, 17, false, true, true, false,
         "a later fragment"},
        {"4500001c0000000040010000010203040506070808000000000000ff", true, 1, false, false, false, false, "ICMP"},
        {"45000016000000004006000001020304050607080050", true, 6, false, false, false, false, "ports cut off"},
        {"4600001c00000000401100000102030405060708010101000050003500", true, 17, true, false, false, false,
         "with options"},
        {"45000014000000004006000001020304050607", false, 0, false, false, false, false, "cut off"},
        {"4500001c0000400040060000010203040506070800500050000000", false, 0, false, false, false, false,
         "one byte short"},
        {"4500001c00003fff4006000001020304050607080000000000000000", false, 0, false, false, false, false,
         "a fragment past 65535"},
        {"4400001400000000400600000102030405060708", false, 0, false, false, false, false, "header too short"},
        {"", false, 0, false, false, false, false, "nothing"},
        {"40", false, 0, false, false, false, false, "one byte"},
        {V6("0008", "11") "0050003500080000", true, 17, true, false, false, true, "UDP in IPv6"},
        {V6("0010", "00") "1100000000000000"
                          "0050003500080000",
         true, 17, true, false, false, true, "behind hop-by-hop options"},
        {V6("0010", "2c") "1100000100000001"
                          "0050003500080000",
         true, 17, true, true, false, true, "a first IPv6 fragment"},
        {V6("0010", "2c") "1100010100000001"
                          "0050003500080000",
         true, 17, false, true, true, true, "a later IPv6 fragment"},
        {V6("0008", "00") "1105000000000000", true, 0, false, false, false, true, "options longer than the packet"},
        {V6("0009", "11") "0050003500080000", false, 0, false, false, false, false, "IPv6, one byte short"},
    };
    uint8_t space[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct inner inner = {0};
        bool is_sane = inner_read(&inner, sample_hex(cases[i].packet, space, sizeof space));
        if (is_sane != cases[i].is_sane || inner.protocol != cases[i].protocol ||
            inner.has_ports != cases[i].has_ports || inner.is_fragment != cases[i].is_fragment ||
            inner.is_later_fragment != cases[i].is_later || inner.has_df != cases[i].has_df)
            fail_msg("%s", cases[i].why);
    }
}

static void a_flow_is_turned_round_on_the_way_in(void **state)
{
    uint8_t packet[64];
    struct inner inner;

    (void)state;
    CHECK(inner_read(&inner, bytes_of(packet, sample_inner(packet, 40))));
    struct flow in = inner_flow_in(&inner), out = inner_flow_out(&inner);
    CHECK(ip_to_v4(in.local) == 0x0a010005 && in.local_port == 4000 && in.remote_port == 53);
    CHECK(ip_to_v4(out.local) == 0x0a020009 && out.local_port == 53 && out.remote_port == 4000);
}

static void a_changed_checksum_is_the_sum_anew(void **state)
{
    uint8_t packet[64];

    (void)state;
    sample_inner(packet, 40);
    for (uint32_t tos = 0; tos < 256; tos++) {
        uint16_t old = (uint16_t)(packet[10] << 8 | packet[11]);
        uint16_t changed = checksum_change(old, (uint16_t)(0x4500 | packet[1]), (uint16_t)(0x4500 | tos));
        packet[1] = (uint8_t)tos;
        packet[10] = packet[11] = 0;
        CHECK(checksum_end(checksum_add(0, bytes_of(packet, 20))) == changed);
        packet[10] = (uint8_t)(changed >> 8);
        packet[11] = (uint8_t)changed;
    }
}

static void congestion_goes_in_as_rfc_6040_says(void **state)
{
    static const struct {
        uint8_t inner, outer;
        int after; /* -1: dropped */
    } cases[] = {
        {0, 0, 0}, {0, 2, 0}, {0, 1, 0}, {0, 3, -1}, {2, 0, 2}, {2, 2, 2}, {2, 1, 1}, {2, 3, 3},
        {1, 0, 1}, {1, 2, 1}, {1, 1, 1}, {1, 3, 3},  {3, 0, 3}, {3, 2, 3}, {3, 1, 3}, {3, 3, 3},
    };
    uint8_t v4[64], v6[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct inner inner;
        sample_inner(v4, 40);
        v4[1] = (uint8_t)(0xb8 | cases[i].inner);
        uint16_t checksum = checksum_change((uint16_t)(v4[10] << 8 | v4[11]), 0x4500, (uint16_t)(0x4500 | v4[1]));
        v4[10] = (uint8_t)(checksum >> 8);
        v4[11] = (uint8_t)checksum;
        CHECK(inner_read(&inner, bytes_of(v4, 40)));
        bool is_kept = esp_ecn_in(v4, &inner, (uint8_t)(0x50 | cases[i].outer));
        CHECK(is_kept == (cases[i].after >= 0));
        CHECK(!is_kept || v4[1] == (0xb8 | cases[i].after)); /* the DSCP is the inner one */
        CHECK(checksum_end(checksum_add(0, bytes_of(v4, 20))) == 0);

        sample_hex(V6("0008", "11") "0050003500080000", v6, sizeof v6);
        v6[0] = 0x6b;
        v6[1] = (uint8_t)(0x80 | cases[i].inner << 4);
        CHECK(inner_read(&inner, bytes_of(v6, 48)) && inner.traffic_class == (0xb8 | cases[i].inner));
        CHECK(esp_ecn_in(v6, &inner, cases[i].outer) == is_kept);
        CHECK(inner_read(&inner, bytes_of(v6, 48)));
        CHECK(!is_kept || inner.traffic_class == (0xb8 | cases[i].after));
    }
}

static void the_outer_header_takes_dscp_ecn_and_df(void **state)
{
    static const struct {
        bool inner_df;
        enum esp_df policy;
        bool outer_df, may_split;
    } cases[] = {
        {false, ESP_DF_COPY, false, true}, {true, ESP_DF_COPY, true, false},   {false, ESP_DF_SET, true, true},
        {true, ESP_DF_SET, true, false},   {false, ESP_DF_CLEAR, false, true}, {true, ESP_DF_CLEAR, false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct inner inner = {.family = IP_V4, .traffic_class = 0xba, .has_df = cases[i].inner_df};
        struct esp_outer outer = esp_outer_of(&inner, cases[i].policy);
        CHECK(outer.traffic_class == 0xba && outer.has_df == cases[i].outer_df);
        CHECK(esp_may_split(&inner, cases[i].policy) == cases[i].may_split);
        inner.family = IP_V6;
        CHECK(!esp_may_split(&inner, cases[i].policy));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_read_from_a_packet),
        cmocka_unit_test(a_flow_is_turned_round_on_the_way_in),
        cmocka_unit_test(a_changed_checksum_is_the_sum_anew),
        cmocka_unit_test(congestion_goes_in_as_rfc_6040_says),
        cmocka_unit_test(the_outer_header_takes_dscp_ecn_and_df),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
