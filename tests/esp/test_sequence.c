/* Sequence numbers and lifetimes: what is a repeat, what is too old, and when an SA is used up. */
#include "crypto/hash.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_replay_is_refused_also_within_one_burst_E02(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], spaces[3][SAMPLE_SPACE];
    struct esp_sa out = sample_sa(CIPHER_AES128_GCM, HASH_NONE, true);
    struct esp_sa in = sample_sa(CIPHER_AES128_GCM, HASH_NONE, false);
    struct esp_packet packets[3];
    struct esp_tally tally = {0};
    struct bytes esp = sample_seal(&out, 60, sealed);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        packets[i] = (struct esp_packet){.data = spaces[i], .size = SAMPLE_SPACE, .len = esp.len};
        memcpy(spaces[i], esp.data, esp.len);
    }
    esp_open(&in, packets, 3, &tally);
    CHECK(packets[0].drop == ESP_PASS);
    CHECK(packets[1].drop == ESP_DROP_REPLAY_SEEN && packets[2].drop == ESP_DROP_REPLAY_SEEN);
    CHECK(sample_open(&in, esp, spaces[0], &tally).drop == ESP_DROP_REPLAY_SEEN);
    CHECK(tally.counters[ESP_COUNTER_DECAPS] == 1 && tally.drops[ESP_DROP_REPLAY_SEEN] == 3);
    burst_key_free(out.key);
    burst_key_free(in.key);
}

/* Packets, not numbers: sealed in order, opened newest first. */
static void each_size_of_window_opens_just_what_is_within_it_E02(void **state)
{
    static const uint16_t sizes[] = {64, 128, 256, 512, 1024};
    enum { MANY = 1100, LEN = 256 };
    static uint8_t sealed[MANY + 1][LEN];
    static size_t lens[MANY + 1];
    struct esp_sa out = sample_sa(CIPHER_AES128_GCM, HASH_NONE, true);

    (void)state;
    for (uint32_t n = 1; n <= MANY; n++) {
        uint8_t space[SAMPLE_SPACE];
        struct bytes esp = sample_seal(&out, 60, space);

        CHECK(esp.len <= LEN && out.sequence == n);
        memcpy(sealed[n], esp.data, esp.len);
        lens[n] = esp.len;
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct esp_sa in = sample_sa(CIPHER_AES128_GCM, HASH_NONE, false);
        struct esp_tally tally = {0};
        uint8_t space[SAMPLE_SPACE];

        uint64_t far[REPLAY_WORDS] = {0};

        in.replay = replay_of(sizes[i], far);
        for (uint32_t n = MANY; n > 0; n--) {
            enum esp_drop drop = sample_open(&in, bytes_of(sealed[n], lens[n]), space, &tally).drop;

            CHECK(drop == (n > (uint32_t)MANY - sizes[i] ? ESP_PASS : ESP_DROP_REPLAY_OLD));
        }
        CHECK(tally.counters[ESP_COUNTER_DECAPS] == sizes[i]);
        burst_key_free(in.key);
    }
    burst_key_free(out.key);
}

static void a_forged_high_number_does_not_move_the_window_E03(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], forged[SAMPLE_SPACE], space[SAMPLE_SPACE];
    struct esp_sa out = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, true);
    struct esp_sa in = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, false);
    struct esp_tally tally = {0};
    struct bytes esp = sample_seal(&out, 60, sealed);

    (void)state;
    memcpy(forged, esp.data, esp.len);
    memset(forged + 4, 0xff, 3);
    forged[7] = 0xfe; /* 2^32-2 */
    CHECK(sample_open(&in, bytes_of(forged, esp.len), space, &tally).drop == ESP_DROP_BAD_ICV);
    CHECK(in.replay.top == 0);
    CHECK(sample_open(&in, esp, space, &tally).drop == ESP_PASS);
    burst_key_free(out.key);
    burst_key_free(in.key);
}

static void the_last_number_is_used_once_and_none_again_E04(void **state)
{
    uint8_t space[SAMPLE_SPACE];
    struct esp_sa out = sample_sa(CIPHER_AES128_GCM, HASH_NONE, true);
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};

    (void)state;
    out.sequence = ESP_SOFT_SEQUENCE - 1;
    CHECK(!esp_sa_is_soft(&out));
    sample_seal(&out, 60, space);
    CHECK(esp_sa_is_soft(&out) && !esp_sa_is_hard(&out));
    out.sequence = UINT32_MAX - 1;
    sample_seal(&out, 60, space);
    CHECK(out.sequence == UINT32_MAX && esp_sa_is_hard(&out));
    for (int i = 0; i < 2; i++) {
        struct esp_packet packet = sample_packet(space, SAMPLE_SPACE, 60);
        esp_seal(&out, &drbg, &packet, 1, &tally);
        CHECK(packet.drop == ESP_DROP_SEQUENCE_END && out.sequence == UINT32_MAX);
    }
    CHECK(tally.counters[ESP_COUNTER_SEND_ERRORS] == 2 && tally.counters[ESP_COUNTER_ENCRYPT] == 0);
    burst_key_free(out.key);
}

/* RFC 4303 section 2.2.1: across the edge of two halves, one packet late by some and one again. */
static void extended_numbers_go_on_where_the_others_end_E04(void **state)
{
    static const struct {
        enum cipher_id cipher;
        enum hash_id integrity;
    } cases[] = {{CIPHER_AES256_CBC, HASH_SHA256},
                 {CIPHER_AES128_GCM, HASH_NONE},
                 {CIPHER_AES128_GMAC, HASH_NONE},
                 {CIPHER_NULL, HASH_SHA1}};
    enum { BEFORE = 3, MANY = 8, LEN = 256 };
    const uint64_t edge = (uint64_t)1 << 32;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_sa out = sample_sa(cases[i].cipher, cases[i].integrity, true);
        struct esp_sa in = sample_sa(cases[i].cipher, cases[i].integrity, false), other = in;
        uint8_t sealed[MANY][LEN], space[SAMPLE_SPACE];
        size_t lens[MANY];
        struct esp_tally tally = {0};

        out.shape.is_extended = in.shape.is_extended = true;
        out.sequence = edge - BEFORE - 1;
        replay_accept(&in.replay, edge - 50);
        other.replay = in.replay;
        for (size_t n = 0; n < MANY; n++) {
            struct bytes esp = sample_seal(&out, 60, space);

            CHECK(esp.len <= LEN && out.sequence == edge - BEFORE + n && !esp_sa_is_soft(&out) &&
                  !esp_sa_is_hard(&out));
            memcpy(sealed[n], esp.data, lens[n] = esp.len);
        }
        static const uint8_t order[] = {1, 4, 2, 7, 0, 3, 5, 6};
        for (size_t k = 0; k < MANY; k++) {
            struct bytes esp = bytes_of(sealed[order[k]], lens[order[k]]);
            struct esp_packet packet = sample_open(&in, esp, space, &tally);

            CHECK(packet.drop == ESP_PASS && packet.sequence == edge - BEFORE + order[k]);
            CHECK(sample_open(&in, esp, space, &tally).drop == ESP_DROP_REPLAY_SEEN);
        }
        CHECK(in.replay.top == edge - BEFORE + MANY - 1);
        /* whoever has not agreed to them takes none: the high half is covered also where it is 0 */
        CHECK(sample_open(&other, bytes_of(sealed[1], lens[1]), space, &tally).drop == ESP_DROP_BAD_ICV);
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

/* The ICV by other means than ours: an HMAC over the packet and then the high half. */
static void the_icv_of_an_hmac_covers_the_high_half_last(void **state)
{
    uint8_t key[64], integrity_key[DIGEST_MAX], space[SAMPLE_SPACE], digest[DIGEST_MAX];
    static const uint8_t high[4] = {0x12, 0x34, 0x56, 0x78};

    (void)state;
    memset(key, 9, sizeof key);
    memset(integrity_key, 8, sizeof integrity_key);
    struct esp_sa out =
        sample_sa_of(CIPHER_AES128_CBC, HASH_SHA256, bytes_of(key, 16), bytes_of(integrity_key, 32), 7, true);
    out.shape.is_extended = true;
    out.sequence = (uint64_t)0x12345678 << 32;
    struct bytes esp = sample_seal(&out, 60, space);
    const struct bytes covered[] = {bytes_of(esp.data, esp.len - 16), BYTES_OF(high)};
    struct bytes whole = hmac_of(HASH_SHA256, bytes_of(integrity_key, 32), covered, 2, digest);
    CHECK(esp.data[7] == 1 && bytes_equal(bytes_after(esp, esp.len - 16), bytes_of(whole.data, 16)));
    burst_key_free(out.key);
}

static void the_lifetime_in_kilobytes_ends_the_sa_E13_E17(void **state)
{
    uint8_t space[SAMPLE_SPACE];
    struct esp_sa out = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, true);
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};

    (void)state;
    out.limits = esp_limits_of(CIPHER_AES128_CBC, 1, false);
    sample_seal(&out, 895, space);
    CHECK(!esp_sa_is_soft(&out));
    sample_seal(&out, 100, space);
    CHECK(esp_sa_is_soft(&out) && !esp_sa_is_hard(&out));
    sample_seal(&out, 100, space);
    CHECK(esp_sa_is_hard(&out));
    struct esp_packet packet = sample_packet(space, SAMPLE_SPACE, 60);
    esp_seal(&out, &drbg, &packet, 1, &tally);
    CHECK(packet.drop == ESP_DROP_LIFETIME_END);
    burst_key_free(out.key);

    CHECK(esp_limits_of(CIPHER_AES128_CBC, 16, false).soft_bytes == 14 * 1024);
    CHECK(esp_limits_of(CIPHER_AES128_CBC, 16, true).soft_bytes == 13 * 1024);
    CHECK(esp_limits_of(CIPHER_AES256_CBC, 0, false).hard_bytes == UINT64_MAX);
    CHECK(esp_limits_of(CIPHER_3DES_CBC, 0, false).hard_bytes == (uint64_t)8 << 30);
    CHECK(esp_limits_of(CIPHER_DES_CBC, 4608000, false).hard_bytes == (uint64_t)4608000 * 1024);
    CHECK(esp_limits_of(CIPHER_AES128_CBC, UINT32_MAX, false).hard_bytes == (uint64_t)UINT32_MAX * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_is_refused_also_within_one_burst_E02),
        cmocka_unit_test(each_size_of_window_opens_just_what_is_within_it_E02),
        cmocka_unit_test(a_forged_high_number_does_not_move_the_window_E03),
        cmocka_unit_test(the_last_number_is_used_once_and_none_again_E04),
        cmocka_unit_test(extended_numbers_go_on_where_the_others_end_E04),
        cmocka_unit_test(the_icv_of_an_hmac_covers_the_high_half_last),
        cmocka_unit_test(the_lifetime_in_kilobytes_ends_the_sa_E13_E17),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
