/* Sequence numbers and lifetimes: what is a repeat, what is too old, and when an SA is used up. */
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
        cmocka_unit_test(the_lifetime_in_kilobytes_ends_the_sa_E13_E17),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
