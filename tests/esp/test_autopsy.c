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
    {ESP_VARIANT_SHORT_NUMBERS, HASH_SHA256, KEY_IN, 16, 0, "what is hashed is what is sent"},
    {ESP_VARIANT_SWAPPED, HASH_SHA1, KEY_OUT, 12, 0, "keys taken for the wrong direction"},
    {ESP_VARIANT_SWAPPED_96, HASH_SHA256, KEY_OUT, 12, 0, "both"},
    {ESP_VARIANT_OTHER_PAIR, HASH_SHA256, KEY_OTHER, 16, 0, "the pair before the rekey"},
    {ESP_VARIANT_OTHER_PAIR_96, HASH_SHA256, KEY_OTHER, 12, 0, "of such a peer"},
    {ESP_VARIANT_WRAPPING, HASH_SHA256, KEY_IN, 16, 0, "as agreed: then it was the wrapping"},
};

/* By the other tests, and OLD_SPI by the plane's. */
static const enum esp_variant tried_below[] = {ESP_VARIANT_GCM_ICV_64, ESP_VARIANT_GCM_ICV_96, ESP_VARIANT_GCM_ICV_128,
                                               ESP_VARIANT_KEY_128,    ESP_VARIANT_KEY_192,    ESP_VARIANT_OUTBOUND_SPI,
                                               ESP_VARIANT_WRONG_SPI,  ESP_VARIANT_OLD_SPI};

static void the_variant_that_fits_is_found(void **state)
{
    bool is_tried[ESP_VARIANT_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_shape shape = esp_shape_of(CIPHER_AES128_CBC, cases[i].hash, false);
        struct esp_sa in = {.shape = shape, .key = key_of(cases[i].hash, KEY_IN, false)};
        in.shape.is_extended = cases[i].found == ESP_VARIANT_SHORT_NUMBERS;
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
    for (size_t i = 0; i < COUNT_OF(tried_below); i++)
        is_tried[tried_below[i]] = true;
    for (size_t v = 0; v < COUNT_OF(is_tried); v++)
        if (!is_tried[v])
            fail_msg("no case for %s", esp_variant_name(v));
}

/* ---- GCM ---- */

/* KEYMAT of a peer: the cipher's key, and behind it the salt. */
static struct burst_key *gcm_key_of(enum cipher_id cipher, uint8_t seed, bool is_for_sealing)
{
    uint8_t keymat[CIPHER_KEY_MAX + GCM_SALT_LEN];

    for (size_t i = 0; i < sizeof keymat; i++)
        keymat[i] = (uint8_t)(seed + i);
    return burst_key_make(cipher, bytes_of(keymat, cipher_info(cipher)->key_len + GCM_SALT_LEN), HASH_NONE,
                          bytes_of(NULL, 0), cipher_info(cipher)->icv_len, is_for_sealing);
}

/* As a peer seals it; the number's high half is covered where `aad` has twelve bytes. */
static struct bytes gcm_packet_of(enum cipher_id cipher, uint8_t seed, size_t icv_len, bool has_more, uint8_t *space)
{
    uint8_t work[4 + LEN + CIPHER_BLOCK_MAX];
    size_t more_len = has_more ? 4 : 0;
    struct burst_key *key = gcm_key_of(cipher, seed, true);
    struct burst_packet packet = {
        .data = work, .aad_len = ESP_HEADER_LEN + more_len, .iv_len = GCM_IV_LEN, .text_len = LEN - 16};

    CHECK(key != NULL);
    for (size_t i = 0; i < LEN; i++)
        work[i < 4 ? i : i + more_len] = (uint8_t)(i * 3);
    memset(work + 4, 0, more_len);
    burst_seal(key, &packet, 1);
    burst_key_free(key);
    memcpy(space, work, 4);
    memcpy(space + 4, work + 4 + more_len, LEN - 4 + icv_len);
    return bytes_of(space, LEN + icv_len);
}

static const struct {
    enum esp_variant found;
    enum cipher_id agreed, sealed_with;
    uint8_t seed, icv_len;
    bool has_more;
    const char *why;
} gcm_cases[] = {
    {ESP_VARIANT_NONE, CIPHER_AES256_GCM, CIPHER_AES256_GCM, 77, 16, false, "a key that nobody has"},
    {ESP_VARIANT_GCM_ICV_64, CIPHER_AES256_GCM, CIPHER_AES256_GCM, KEY_IN, 8, false, "transform 18, not 20"},
    {ESP_VARIANT_GCM_ICV_96, CIPHER_AES128_GCM, CIPHER_AES128_GCM, KEY_IN, 12, false, "transform 19, not 20"},
    {ESP_VARIANT_GCM_ICV_128, CIPHER_AES128_GCM8, CIPHER_AES128_GCM, KEY_IN, 16, false, "transform 20, not 18"},
    {ESP_VARIANT_EXTENDED_NUMBERS, CIPHER_AES128_GCM, CIPHER_AES128_GCM, KEY_IN, 16, true, "covered, and not sent"},
    {ESP_VARIANT_EXTENDED_NUMBERS, CIPHER_AES128_GMAC, CIPHER_AES128_GMAC, KEY_IN, 16, true, "the same of GMAC"},
    {ESP_VARIANT_KEY_128, CIPHER_AES256_GCM, CIPHER_AES128_GCM, KEY_IN, 16, false, "the salt follows the shorter key"},
    {ESP_VARIANT_KEY_192, CIPHER_AES256_GCM12, CIPHER_AES192_GCM12, KEY_IN, 12, false, "the other length"},
    {ESP_VARIANT_SWAPPED, CIPHER_AES192_GCM, CIPHER_AES192_GCM, KEY_OUT, 16, false, "keys for the wrong direction"},
    {ESP_VARIANT_SWAPPED, CIPHER_AES192_GMAC, CIPHER_AES192_GMAC, KEY_OUT, 16, false, "the same of GMAC"},
    {ESP_VARIANT_OTHER_PAIR, CIPHER_AES128_GCM, CIPHER_AES128_GCM, KEY_OTHER, 16, false, "the pair before the rekey"},
    {ESP_VARIANT_WRAPPING, CIPHER_AES128_GCM, CIPHER_AES128_GCM, KEY_IN, 16, false, "then it was the wrapping"},
};

static void the_variant_of_gcm_that_fits_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(gcm_cases); i++) {
        enum cipher_id cipher = gcm_cases[i].agreed;
        struct esp_sa in = {.shape = esp_shape_of(cipher, HASH_NONE, false), .key = gcm_key_of(cipher, KEY_IN, false)};
        struct burst_key *out = gcm_key_of(cipher, KEY_OUT, true);
        struct burst_key *others[] = {NULL, gcm_key_of(cipher, KEY_OTHER, false)};
        uint8_t space[LEN + CIPHER_BLOCK_MAX], before[LEN + CIPHER_BLOCK_MAX];
        struct bytes packet = gcm_packet_of(gcm_cases[i].sealed_with, gcm_cases[i].seed, gcm_cases[i].icv_len,
                                            gcm_cases[i].has_more, space);

        memcpy(before, space, packet.len);
        enum esp_variant found = esp_autopsy(&in, out, others, COUNT_OF(others), packet);
        if (found != gcm_cases[i].found)
            fail_msg("%s: %s", gcm_cases[i].why, esp_variant_name(found));
        CHECK(memcmp(before, space, packet.len) == 0);
        space[40] ^= 1;
        CHECK(esp_autopsy(&in, out, others, COUNT_OF(others), packet) == ESP_VARIANT_NONE);
        for (size_t len = 0; len < packet.len; len++)
            CHECK(esp_autopsy(&in, NULL, NULL, 0, bytes_of(space, len)) == ESP_VARIANT_NONE);
        burst_key_free(in.key);
        burst_key_free(out);
        burst_key_free(others[1]);
    }
}

/* What was looked at with keys of both directions seals and opens as before. */
static void an_autopsy_leaves_the_keys_as_they_are(void **state)
{
    struct esp_sa in = {.shape = esp_shape_of(CIPHER_AES256_GCM, HASH_NONE, false),
                        .key = gcm_key_of(CIPHER_AES256_GCM, KEY_IN, false)};
    struct burst_key *out = gcm_key_of(CIPHER_AES256_GCM, KEY_OUT, true);
    struct burst_key *theirs = gcm_key_of(CIPHER_AES256_GCM, KEY_OUT, false);
    uint8_t space[LEN + CIPHER_BLOCK_MAX];
    struct bytes strange = gcm_packet_of(CIPHER_AES256_GCM, 77, 16, false, space);
    struct burst_packet packet = {.data = space, .aad_len = 8, .iv_len = GCM_IV_LEN, .text_len = LEN - 16};

    (void)state;
    CHECK(esp_autopsy(&in, out, NULL, 0, strange) == ESP_VARIANT_NONE);
    gcm_packet_of(CIPHER_AES256_GCM, KEY_IN, 16, false, space);
    burst_open(in.key, &packet, 1);
    CHECK(packet.is_ok);
    burst_seal(out, &packet, 1);
    burst_open(theirs, &packet, 1);
    CHECK(packet.is_ok);
    burst_key_free(in.key);
    burst_key_free(out);
    burst_key_free(theirs);
}

/* ---- the length of the cipher's key, with HMAC ---- */

static void a_shorter_cipher_key_moves_the_key_of_the_HMAC(void **state)
{
    static const struct {
        size_t peers_len;
        enum esp_variant found;
    } lengths[] = {{16, ESP_VARIANT_KEY_128}, {24, ESP_VARIANT_KEY_192}, {32, ESP_VARIANT_WRAPPING}};
    uint8_t keymat[32 + 20], digest[DIGEST_MAX], space[LEN + 12], text[LEN + 12];

    (void)state;
    for (size_t i = 0; i < sizeof keymat; i++)
        keymat[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct esp_sa in = {.shape = esp_shape_of(CIPHER_AES256_CBC, HASH_SHA1, false),
                            .key = burst_key_make(CIPHER_AES256_CBC, bytes_of(keymat, 32), HASH_SHA1,
                                                  bytes_of(keymat + 32, 20), 12, false)};
        struct bytes part = bytes_of(space, LEN);

        memset(space, 0x5a, LEN);
        memcpy(space + LEN, hmac_of(HASH_SHA1, bytes_of(keymat + lengths[i].peers_len, 20), &part, 1, digest).data, 12);
        CHECK(esp_autopsy(&in, NULL, NULL, 0, bytes_of(space, LEN + 12)) == lengths[i].found);

        /* a packet that opens shows that there is nothing to find, and takes the keys with it */
        memset(text, 1, LEN);
        part = bytes_of(text, LEN);
        memcpy(text + LEN, hmac_of(HASH_SHA1, bytes_of(keymat + 32, 20), &part, 1, digest).data, 12);
        struct burst_packet good = {.data = text, .aad_len = 8, .iv_len = 16, .text_len = LEN - 24};
        burst_open(in.key, &good, 1);
        CHECK(good.is_ok && burst_key_shorter(in.key, 16) == NULL);
        burst_key_free(in.key);
    }
}

/* ---- an SPI that is not ours ---- */

static void a_strange_spi_with_the_right_keys_is_told(void **state)
{
    struct esp_shape shape = esp_shape_of(CIPHER_AES128_CBC, HASH_SHA256, false);
    struct esp_sa in = {.spi = 0x1111, .shape = shape, .key = key_of(HASH_SHA256, KEY_IN, false)},
                  out = {.spi = 0x00030609, .shape = shape, .key = key_of(HASH_SHA256, KEY_OUT, true)};
    uint8_t space[LEN + DIGEST_MAX];
    struct bytes packet = packet_of(HASH_SHA256, KEY_IN, 16, 0, space); /* its SPI is 0x00030609 */

    (void)state;
    CHECK(esp_autopsy_stranger(&in, &out, packet) == ESP_VARIANT_OUTBOUND_SPI);
    CHECK(esp_autopsy_stranger(&in, NULL, packet) == ESP_VARIANT_WRONG_SPI);
    out.spi = 0x2222;
    CHECK(esp_autopsy_stranger(&in, &out, packet) == ESP_VARIANT_WRONG_SPI);
    packet = packet_of(HASH_SHA256, 77, 16, 0, space);
    CHECK(esp_autopsy_stranger(&in, &out, packet) == ESP_VARIANT_NONE);
    for (size_t len = 0; len < packet.len; len++)
        CHECK(esp_autopsy_stranger(&in, &out, bytes_of(space, len)) == ESP_VARIANT_NONE);
    burst_key_free(in.key);
    burst_key_free(out.key);
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
        cmocka_unit_test(the_variant_of_gcm_that_fits_is_found),
        cmocka_unit_test(an_autopsy_leaves_the_keys_as_they_are),
        cmocka_unit_test(a_shorter_cipher_key_moves_the_key_of_the_HMAC),
        cmocka_unit_test(a_strange_spi_with_the_right_keys_is_told),
        cmocka_unit_test(only_what_may_be_sealed_otherwise_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
