#include "counted_heap.h"

#include "crypto/burst.h"
#include "crypto/hash.h"
#include "crypto/named.h"
#include "vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SPACE = 512 };

/* What ESP in IKEv1 uses: cipher, integrity, its key and ICV (RFC 2403, RFC 2404, RFC 4868, RFC 4106). */
static const struct suite {
    enum cipher_id cipher;
    enum hash_id integrity;
    size_t integrity_key_len, icv_len;
} suites[] = {
    {CIPHER_DES_CBC, HASH_MD5, 16, 12},       {CIPHER_3DES_CBC, HASH_SHA1, 20, 12},
    {CIPHER_AES128_CBC, HASH_SHA1, 20, 12},   {CIPHER_AES192_CBC, HASH_SHA256, 32, 16},
    {CIPHER_AES256_CBC, HASH_SHA256, 32, 16}, {CIPHER_AES256_CBC, HASH_SHA384, 48, 24},
    {CIPHER_AES256_CBC, HASH_SHA512, 64, 32}, {CIPHER_AES128_GCM, HASH_NONE, 0, 16},
    {CIPHER_AES192_GCM12, HASH_NONE, 0, 12},  {CIPHER_AES256_GCM8, HASH_NONE, 0, 8},
    {CIPHER_AES128_GMAC, HASH_NONE, 0, 16},   {CIPHER_NULL, HASH_SHA1, 20, 12},
};

static uint8_t key_bytes[64 + CIPHER_KEY_MAX];

static bool is_combined(const struct suite *s)
{
    return cipher_is_combined(s->cipher);
}

/* NIST's cases have tags of all lengths. */
static enum cipher_id gcm_with(size_t key_len, size_t icv_len)
{
    for (int id = 1; id < CIPHER_COUNT; id++)
        if (cipher_info(id)->kind == CIPHER_KIND_GCM && cipher_info(id)->key_len == key_len &&
            cipher_info(id)->icv_len == icv_len)
            return id;
    return CIPHER_NONE;
}

static struct burst_key *key_of(const struct suite *s, bool is_for_sealing)
{
    size_t key_len = cipher_info(s->cipher)->key_len + cipher_salt_len(s->cipher);
    struct burst_key *key = burst_key_make(s->cipher, bytes_of(key_bytes, key_len), s->integrity,
                                           bytes_of(key_bytes + 32, s->integrity_key_len), s->icv_len, is_for_sealing);

    CHECK(key != NULL);
    return key;
}

static struct burst_packet packet_of(const struct suite *s, uint8_t *data, size_t text_len, uint8_t number)
{
    struct burst_packet p = {.data = data, .aad_len = 8, .text_len = text_len};

    p.iv_len = cipher_iv_len(s->cipher);
    for (size_t i = 0; i < SPACE; i++)
        data[i] = (uint8_t)(i * 7 + number);
    return p;
}

static void gcm_is_that_of_nists_cases_with_salt_and_iv(void **state)
{
    struct vectors v = vectors_open("gcm.txt");
    unsigned refused_count = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct bytes key = vectors_bytes(&v, "key"), nonce = vectors_bytes(&v, "nonce"), aad = vectors_bytes(&v, "aad");
        struct bytes sealed = vectors_bytes(&v, "sealed"), tag = vectors_bytes(&v, "tag"),
                     plain = vectors_bytes(&v, "plain");
        bool is_ok = vectors_bytes(&v, "ok").data[0] == 1;
        enum cipher_id id = gcm_with(key.len, tag.len);
        uint8_t key_and_salt[CIPHER_KEY_MAX + GCM_SALT_LEN], data[SPACE] = {0};
        struct burst_packet p = {data, NULL, aad.len, GCM_IV_LEN, sealed.len, false};
        size_t text_at = aad.len + GCM_IV_LEN, icv_at = text_at + sealed.len;

        memcpy(key_and_salt, key.data, key.len);
        memcpy(key_and_salt + key.len, nonce.data, GCM_SALT_LEN);
        struct bytes whole_key = bytes_of(key_and_salt, key.len + GCM_SALT_LEN);
        struct burst_key *open = burst_key_make(id, whole_key, HASH_NONE, bytes_of(NULL, 0), tag.len, false);
        struct burst_key *seal = burst_key_make(id, whole_key, HASH_NONE, bytes_of(NULL, 0), tag.len, true);
        CHECK(open != NULL && seal != NULL && icv_at + tag.len <= sizeof data);

        if (aad.len > 0)
            memcpy(data, aad.data, aad.len);
        memcpy(data + aad.len, nonce.data + GCM_SALT_LEN, GCM_IV_LEN);
        if (sealed.len > 0)
            memcpy(data + text_at, sealed.data, sealed.len);
        memcpy(data + icv_at, tag.data, tag.len);
        burst_open(open, &p, 1);
        CHECK(p.is_ok == is_ok);
        CHECK(bytes_equal(bytes_of(data + text_at, sealed.len), plain) || !is_ok);
        if (is_ok) {
            memset(data + icv_at, 0, tag.len);
            burst_seal(seal, &p, 1);
            CHECK(bytes_equal(bytes_of(data + text_at, sealed.len), sealed));
            CHECK(bytes_equal(bytes_of(data + icv_at, tag.len), tag));
        } else {
            CHECK(bytes_are_zero(bytes_of(data + text_at, sealed.len)));
            refused_count++;
        }
        burst_key_free(open);
        burst_key_free(seal);
    }
    CHECK(vectors_close(&v) == 270 && refused_count > 50);
}

/* RFC 3602 section 4, case 5: a ping in transport mode, AES-128-CBC, without an ICV. Ours is HMAC-SHA-1-96 under a zero
 * key, made here of hmac_of. */
static void an_esp_packet_of_rfc_3602_is_sealed_as_there(void **state)
{
    static const uint8_t key[] = {0x90, 0xd3, 0x82, 0xb4, 0x10, 0xee, 0xba, 0x7a,
                                  0xd9, 0x38, 0xc4, 0x6c, 0xec, 0x1a, 0x82, 0xbf};
    static const uint8_t head[] = {0x00, 0x00, 0x43, 0x21, 0x00, 0x00, 0x00, 0x01, 0xe9, 0x6e, 0x8c, 0x08,
                                   0xab, 0x46, 0x57, 0x63, 0xfd, 0x09, 0x8d, 0x45, 0xdd, 0x3f, 0xf8, 0x93};
    static const uint8_t plain[80] = {
        0x08, 0x00, 0x0e, 0xbd, 0xa7, 0x0a, 0x00, 0x00, 0x8e, 0x9c, 0x08, 0x3d, 0xb9, 0x5b, 0x07, 0x00,
        0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
        0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
        0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0e, 0x01};
    static const uint8_t sealed[80] = {
        0xf6, 0x63, 0xc2, 0x5d, 0x32, 0x5c, 0x18, 0xc6, 0xa9, 0x45, 0x3e, 0x19, 0x4e, 0x12, 0x08, 0x49,
        0xa4, 0x87, 0x0b, 0x66, 0xcc, 0x6b, 0x99, 0x65, 0x33, 0x00, 0x13, 0xb4, 0x89, 0x8d, 0xc8, 0x56,
        0xa4, 0x69, 0x9e, 0x52, 0x3a, 0x55, 0xdb, 0x08, 0x0b, 0x59, 0xec, 0x3a, 0x8e, 0x4b, 0x7e, 0x52,
        0x77, 0x5b, 0x07, 0xd1, 0xdb, 0x34, 0xed, 0x9c, 0x53, 0x8a, 0xb5, 0x0c, 0x55, 0x1b, 0x87, 0x4a,
        0xa2, 0x69, 0xad, 0xd0, 0x47, 0xad, 0x2d, 0x59, 0x13, 0xac, 0x19, 0xb7, 0xcf, 0xba, 0xd4, 0xa6};
    static const uint8_t integrity_key[20];
    uint8_t data[sizeof head + sizeof plain + 12], digest[DIGEST_MAX];
    struct burst_packet p = {data, NULL, 8, 16, sizeof plain, false};
    struct bytes covered = bytes_of(data, sizeof head + sizeof plain);

    (void)state;
    memcpy(data, head, sizeof head);
    memcpy(data + sizeof head, plain, sizeof plain);
    struct burst_key *seal =
        burst_key_make(CIPHER_AES128_CBC, BYTES_OF(key), HASH_SHA1, BYTES_OF(integrity_key), 12, true);
    burst_seal(seal, &p, 1);
    burst_key_free(seal);
    CHECK(memcmp(data, head, sizeof head) == 0 && memcmp(data + sizeof head, sealed, sizeof sealed) == 0);
    hmac_of(HASH_SHA1, BYTES_OF(integrity_key), &covered, 1, digest);
    CHECK(memcmp(data + covered.len, digest, 12) == 0);
}

static void what_is_sealed_opens_in_bursts_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        const struct suite *s = &suites[i];
        struct burst_key *seal = key_of(s, true), *open = key_of(s, false);
        uint8_t data[5][SPACE], before[5][SPACE];
        struct burst_packet packets[5];

        for (uint8_t n = 0; n < 5; n++)
            packets[n] = packet_of(s, data[n], (size_t)48 * n, n);
        memcpy(before, data, sizeof data);
        burst_seal(seal, packets, 5);
        burst_open(open, packets, 5);
        for (uint8_t n = 0; n < 5; n++) {
            size_t len = 8 + packets[n].iv_len + packets[n].text_len, whole = len + s->icv_len;

            CHECK(packets[n].is_ok && memcmp(data[n], before[n], len) == 0);
            CHECK(memcmp(data[n] + len, before[n] + len, s->icv_len) != 0);
            CHECK(memcmp(data[n] + whole, before[n] + whole, SPACE - whole) == 0);
        }
        burst_key_free(seal);
        burst_key_free(open);
    }
}

static void one_wrong_bit_anywhere_is_refused_and_its_neighbours_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        const struct suite *s = &suites[i];
        struct burst_key *seal = key_of(s, true), *open = key_of(s, false);
        uint8_t sealed[3][SPACE], data[3][SPACE];
        struct burst_packet packets[3];

        for (uint8_t n = 0; n < 3; n++)
            packets[n] = packet_of(s, sealed[n], 48, n);
        burst_seal(seal, packets, 3);
        size_t whole = 8 + packets[1].iv_len + 48 + s->icv_len;
        for (size_t at = 0; at < whole; at++) {
            memcpy(data, sealed, sizeof data);
            data[1][at] ^= (uint8_t)(1 << at % 8);
            for (uint8_t n = 0; n < 3; n++) {
                packets[n].data = data[n];
                packets[n].is_ok = n == 1;
            }
            burst_open(open, packets, 3);
            CHECK(packets[0].is_ok && !packets[1].is_ok && packets[2].is_ok);
            if (!is_combined(s)) {
                data[1][at] ^= (uint8_t)(1 << at % 8);
                CHECK(memcmp(data[1], sealed[1], whole) == 0);
            }
        }
        burst_key_free(seal);
        burst_key_free(open);
    }
}

static void a_text_that_is_no_whole_number_of_blocks_is_refused(void **state)
{
    struct burst_key *open = key_of(&suites[2], false);
    uint8_t data[SPACE], digest[DIGEST_MAX];
    struct burst_packet p = packet_of(&suites[2], data, 47, 0);
    struct bytes covered = bytes_of(data, 8 + 16 + 47);

    (void)state;
    hmac_of(HASH_SHA1, bytes_of(key_bytes + 32, 20), &covered, 1, digest);
    memcpy(data + covered.len, digest, 12);
    burst_open(open, &p, 1);
    CHECK(!p.is_ok);
    burst_key_free(open);
}

static void keys_of_wrong_length_are_refused(void **state)
{
    struct bytes key = bytes_of(key_bytes, 16), none = bytes_of(NULL, 0);

    (void)state;
    CHECK(burst_key_make(CIPHER_AES128_GCM, key, HASH_NONE, none, 16, true) == NULL); /* without a salt */
    CHECK(burst_key_make(CIPHER_AES128_CBC, key, HASH_NONE, none, 12, true) == NULL); /* never without integrity */
    CHECK(burst_key_make(CIPHER_AES128_CBC, key, HASH_SHA1, key, 21, true) == NULL);
    CHECK(burst_key_make(CIPHER_AES128_CBC, key, HASH_SHA1, key, 0, true) == NULL);
    CHECK(burst_key_make(CIPHER_AES256_CBC, key, HASH_SHA1, key, 12, true) == NULL);
    CHECK(burst_key_make(CIPHER_AES128_GCM, bytes_of(key_bytes, 20), HASH_NONE, none, 4, true) == NULL);
    CHECK(burst_key_make(CIPHER_AES128_GCM8, bytes_of(key_bytes, 20), HASH_NONE, none, 16, true) == NULL);
    CHECK(burst_key_make(CIPHER_NULL, none, HASH_NONE, none, 12, true) == NULL);
    burst_key_free(NULL);
}

static void only_the_first_packet_of_a_key_allocates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        struct burst_key *seal = key_of(&suites[i], true), *open = key_of(&suites[i], false);
        uint8_t data[SPACE];
        struct burst_packet p = packet_of(&suites[i], data, 48, 1);

        size_t before = 0;
        for (unsigned n = 0; n < 3; n++) {
            burst_seal(seal, &p, 1);
            burst_open(open, &p, 1);
            CHECK(p.is_ok);
            CHECK(n == 0 || allocation_count == before);
            before = allocation_count;
        }
        burst_key_free(seal);
        burst_key_free(open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_is_that_of_nists_cases_with_salt_and_iv),
        cmocka_unit_test(an_esp_packet_of_rfc_3602_is_sealed_as_there),
        cmocka_unit_test(what_is_sealed_opens_in_bursts_of_any_size),
        cmocka_unit_test(one_wrong_bit_anywhere_is_refused_and_its_neighbours_are_not),
        cmocka_unit_test(a_text_that_is_no_whole_number_of_blocks_is_refused),
        cmocka_unit_test(keys_of_wrong_length_are_refused),
        cmocka_unit_test(only_the_first_packet_of_a_key_allocates),
    };

    count_allocations();
    for (size_t i = 0; i < sizeof key_bytes; i++)
        key_bytes[i] = (uint8_t)(i * 11 + 3);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
