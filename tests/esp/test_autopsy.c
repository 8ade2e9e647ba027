#include "esp/autopsy.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "esp/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEN = 24 + 64 }; /* header, IV, text */

enum { KEY_IN = 1, KEY_OUT = 2, KEY_OTHER = 3 };

static struct burst_key *key_of(enum hash_id hash, uint8_t seed, bool is_for_sealing)
{
    uint8_t key[16], integrity_key[DIGEST_MAX];

    memset(key, seed, sizeof key);
    memset(integrity_key, seed + 100, sizeof integrity_key);
    return burst_key_make(CIPHER_AES128_CBC, BYTES_OF(key), hash, bytes_of(integrity_key, hash_info(hash)->digest_len),
                          esp_shape_of(CIPHER_AES128_CBC, hash, false).icv_len, is_for_sealing);
}

/* A packet as the peer makes it. */
static struct bytes packet_of(enum hash_id hash, uint8_t seed, size_t icv_len, size_t more_len, uint8_t *space)
{
    uint8_t integrity_key[DIGEST_MAX], more[4] = {0}, digest[DIGEST_MAX];

    for (size_t i = 0; i < LEN; i++)
        space[i] = (uint8_t)(i * 3);
    memset(integrity_key, seed + 100, sizeof integrity_key);
    const struct bytes parts[] = {bytes_of(space, LEN), bytes_of(more, more_len)};
    struct bytes whole =
        hmac_of(hash, bytes_of(integrity_key, hash_info(hash)->digest_len), parts, COUNT_OF(parts), digest);
    CHECK(icv_len <= whole.len);
    memcpy(space + LEN, whole.data, icv_len);
    return bytes_of(space, LEN + icv_len);
}

static const struct {
    enum esp_variant found;
    enum hash_id hash;
    uint8_t seed, icv_len, more_len;
    const char *why;
} cases[] = {
    {ESP_VARIANT_NONE, HASH_SHA256, 77, 16, 0, "a key that nobody has"},
    {ESP_VARIANT_ICV_96, HASH_SHA256, KEY_IN, 12, 0, "Linux before 2.6.33, and sha256_96"},
    {ESP_VARIANT_ICV_128, HASH_SHA512, KEY_IN, 16, 0, "SHA-512 has 256 bits of ICV"},
    {ESP_VARIANT_ICV_160, HASH_SHA1, KEY_IN, 20, 0, "the whole of SHA-1"},
    {ESP_VARIANT_ICV_256, HASH_SHA256, KEY_IN, 32, 0, "the whole of SHA-256"},
    {ESP_VARIANT_EXTENDED_NUMBERS, HASH_SHA256, KEY_IN, 16, 4, "the high half is hashed, and not sent"},
    {ESP_VARIANT_SWAPPED, HASH_SHA1, KEY_OUT, 12, 0, "keys taken for the wrong direction"},
    {ESP_VARIANT_SWAPPED_96, HASH_SHA256, KEY_OUT, 12, 0, "both"},
    {ESP_VARIANT_OTHER_PAIR, HASH_SHA256, KEY_OTHER, 16, 0, "the pair before the rekey"},
    {ESP_VARIANT_OTHER_PAIR_96, HASH_SHA256, KEY_OTHER, 12, 0, "of such a peer"},
    {ESP_VARIANT_WRAPPING, HASH_SHA256, KEY_IN, 16, 0, "as agreed: then it was the wrapping"},
};

static void the_variant_that_fits_is_found(void **state)
{
    bool is_tried[ESP_VARIANT_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_shape shape = esp_shape_of(CIPHER_AES128_CBC, cases[i].hash, false);
        struct esp_sa in = {.shape = shape, .key = key_of(cases[i].hash, KEY_IN, false)};
        struct burst_key *out = key_of(cases[i].hash, KEY_OUT, true);
        struct burst_key *others[] = {NULL, key_of(cases[i].hash, KEY_OTHER, false)};
        uint8_t space[LEN + DIGEST_MAX];
        struct bytes packet = packet_of(cases[i].hash, cases[i].seed, cases[i].icv_len, cases[i].more_len, space);

        enum esp_variant found = esp_autopsy(&in, out, others, COUNT_OF(others), packet);
        if (found != cases[i].found)
            fail_msg("%s: %s", cases[i].why, esp_variant_name(found));
        is_tried[found] = true;
        space[40] ^= 1;
        CHECK(esp_autopsy(&in, out, others, COUNT_OF(others), packet) == ESP_VARIANT_NONE);
        for (size_t len = 0; len < packet.len; len++)
            CHECK(esp_autopsy(&in, NULL, NULL, 0, bytes_of(space, len)) == ESP_VARIANT_NONE);
        burst_key_free(in.key);
        burst_key_free(out);
        burst_key_free(others[1]);
    }
    for (size_t v = 0; v < COUNT_OF(is_tried); v++)
        if (!is_tried[v])
            fail_msg("no case for %s", esp_variant_name(v));
}

static void with_gcm_there_is_nothing_to_look_at(void **state)
{
    uint8_t key[16 + GCM_SALT_LEN] = {1}, space[100] = {0};
    struct esp_sa in = {.shape = esp_shape_of(CIPHER_AES128_GCM, HASH_NONE, false),
                        .key =
                            burst_key_make(CIPHER_AES128_GCM, BYTES_OF(key), HASH_NONE, bytes_of(NULL, 0), 16, false)};

    (void)state;
    CHECK(esp_autopsy(&in, NULL, NULL, 0, BYTES_OF(space)) == ESP_VARIANT_NONE);
    burst_key_free(in.key);
}

static void only_what_may_be_sealed_otherwise_is_looked_at(void **state)
{
    unsigned count = 0;

    (void)state;
    for (unsigned drop = 0; drop < ESP_DROP_COUNT; drop++)
        count += esp_autopsy_helps(drop);
    CHECK(count == 4 && esp_autopsy_helps(ESP_DROP_BAD_ICV) && !esp_autopsy_helps(ESP_DROP_REPLAY_OLD));
    for (unsigned v = 0; v < ESP_VARIANT_COUNT; v++)
        CHECK(strlen(esp_variant_meaning(v)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variant_that_fits_is_found),
        cmocka_unit_test(with_gcm_there_is_nothing_to_look_at),
        cmocka_unit_test(only_what_may_be_sealed_otherwise_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
