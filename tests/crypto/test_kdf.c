#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/named.h"
#include "vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void the_four_keys_are_those_of_nists_cases(void **state)
{
    struct vectors v = vectors_open("ikev1-psk.txt");

    (void)state;
    while (vectors_next(&v)) {
        enum hash_id prf = hash_named(vectors_text(&v, "hash"));
        struct bytes shared = vectors_bytes(&v, "gxy"), cookies = vectors_bytes(&v, "cookies");
        uint8_t space[4][DIGEST_MAX];

        struct bytes skeyid =
            skeyid_psk(prf, vectors_bytes(&v, "psk"), vectors_bytes(&v, "ni"), vectors_bytes(&v, "nr"), space[0]);
        struct bytes d = skeyid_d(prf, skeyid, shared, cookies, space[1]);
        struct bytes a = skeyid_a(prf, skeyid, d, shared, cookies, space[2]);
        struct bytes e = skeyid_e(prf, skeyid, a, shared, cookies, space[3]);

        CHECK(bytes_equal(skeyid, vectors_bytes(&v, "skeyid")));
        CHECK(bytes_equal(d, vectors_bytes(&v, "d")));
        CHECK(bytes_equal(a, vectors_bytes(&v, "a")));
        CHECK(bytes_equal(e, vectors_bytes(&v, "e")));
    }
    CHECK(vectors_close(&v) == 221);
}

/* One record of ikev1-nss.txt; the bytes that the derivation gives. */
static struct bytes nss_step(const struct vectors *v, enum hash_id prf, uint8_t *out, size_t len)
{
    const char *step = vectors_text(v, "step");
    struct bytes key = vectors_bytes(v, "key"), before = vectors_bytes(v, "before");
    struct bytes shared = vectors_bytes(v, "gxy"), cookies = vectors_bytes(v, "cookies");
    struct bytes none = bytes_of(NULL, 0);

    if (strcmp(step, "psk") == 0)
        return skeyid_psk(prf, key, vectors_bytes(v, "ni"), vectors_bytes(v, "nr"), out);
    if (strcmp(step, "chain") == 0)
        switch (vectors_bytes(v, "number").data[0]) {
        case 0: return skeyid_d(prf, key, shared, cookies, out);
        case 1: return skeyid_a(prf, key, before, shared, cookies, out);
        default: return skeyid_e(prf, key, before, shared, cookies, out);
        }
    if (strcmp(step, "appendix_b") == 0)
        isakmp_keymat(prf, key, out, len);
    else
        keymat(prf, key, none, 0, none, none, none, out, len);
    return bytes_of(out, len);
}

static void each_step_is_that_of_nss(void **state)
{
    struct vectors v = vectors_open("ikev1-nss.txt");
    uint8_t out[256];

    (void)state;
    while (vectors_next(&v)) {
        struct bytes expected = vectors_bytes(&v, "out");

        CHECK(expected.len > 0 && expected.len <= sizeof out);
        memset(out, 0xaa, sizeof out);
        CHECK(bytes_equal(nss_step(&v, hash_named(vectors_text(&v, "hash")), out, expected.len), expected));
        CHECK(expected.len < DIGEST_MAX || out[expected.len] == 0xaa);
    }
    CHECK(vectors_close(&v) == 40);
}

/* The formulas of RFC 2409 section 5.5, written out with hmac_of alone. */
static void keymat_takes_its_parts_in_the_order_of_the_rfc(void **state)
{
    static const uint8_t spi[] = {0x01, 0x02, 0x03, 0x04}, protocol = 3;
    struct bytes d = bytes_of_text("twenty bytes of key."), shared = bytes_of_text("g(qm)^xy");
    struct bytes ni = bytes_of_text("nonce of i"), nr = bytes_of_text("nonce of r");
    struct bytes seed[] = {shared, bytes_of(&protocol, 1), BYTES_OF(spi), ni, nr};
    struct bytes next[] = {{NULL, 20}, seed[0], seed[1], seed[2], seed[3], seed[4]};
    uint8_t expected[60 + DIGEST_MAX], out[61] = {0};

    (void)state;
    for (int with_shared = 0; with_shared <= 1; with_shared++) {
        size_t left_out = with_shared ? 0 : 1;

        hmac_of(HASH_SHA1, d, seed + left_out, 5 - left_out, expected);
        next[1] = with_shared ? shared : bytes_of(NULL, 0);
        for (size_t i = 1; i < 3; i++) {
            next[0].data = expected + 20 * (i - 1);
            hmac_of(HASH_SHA1, d, next, 6, expected + 20 * i);
        }
        for (size_t len = 0; len <= 60; len++) {
            memset(out, 0, sizeof out);
            keymat(HASH_SHA1, d, next[1], protocol, BYTES_OF(spi), ni, nr, out, len);
            CHECK(memcmp(out, expected, len) == 0 && out[len] == 0);
        }
    }
}

static void C22_a_cipher_key_is_expanded_only_when_the_prf_is_too_short(void **state)
{
    static const struct {
        enum hash_id prf;
        enum cipher_id cipher;
        bool is_expanded;
    } cases[] = {
        {HASH_MD5, CIPHER_DES_CBC, false},       {HASH_MD5, CIPHER_AES128_CBC, false},
        {HASH_MD5, CIPHER_3DES_CBC, true},       {HASH_SHA1, CIPHER_AES128_CBC, false},
        {HASH_SHA1, CIPHER_3DES_CBC, true},      {HASH_SHA1, CIPHER_AES256_CBC, true},
        {HASH_SHA256, CIPHER_AES256_CBC, false}, {HASH_SHA512, CIPHER_AES256_CBC, false},
    };
    static const uint8_t zero[1] = {0};
    struct bytes parts[] = {BYTES_OF(zero)};
    uint8_t skeyid_e[DIGEST_MAX], k1[DIGEST_MAX], out[CIPHER_KEY_MAX];

    (void)state;
    memset(skeyid_e, 0x77, sizeof skeyid_e);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes e = bytes_of(skeyid_e, hash_info(cases[i].prf)->digest_len);
        struct bytes key = isakmp_key(cases[i].prf, e, cases[i].cipher, out);
        struct bytes first = cases[i].is_expanded ? hmac_of(cases[i].prf, e, parts, 1, k1) : e;

        CHECK(key.len == cipher_info(cases[i].cipher)->key_len);
        CHECK(memcmp(key.data, first.data, key.len < first.len ? key.len : first.len) == 0);
    }
}

static void ivs_are_first_blocks_of_hashes(void **state)
{
    static const uint8_t block[16] = {9, 8, 7}, id[] = {0x12, 0x34, 0x56, 0x78};
    struct bytes phase1[] = {bytes_of_text("public of i"), bytes_of_text("public of r")};
    struct bytes phase2[] = {BYTES_OF(block), BYTES_OF(id)};
    uint8_t digest[DIGEST_MAX], out[CIPHER_BLOCK_MAX];

    (void)state;
    for (unsigned cipher = CIPHER_DES_CBC; cipher <= CIPHER_AES256_CBC; cipher++) {
        struct bytes whole = hash_of(HASH_MD5, phase1, 2, digest);
        struct bytes iv = phase1_iv(HASH_MD5, phase1[0], phase1[1], cipher, out);

        CHECK(iv.len == cipher_info(cipher)->block_len && bytes_begin_with(whole, iv));
        whole = hash_of(HASH_SHA256, phase2, 2, digest);
        iv = phase2_iv(HASH_SHA256, phase2[0], 0x12345678, cipher, out);
        CHECK(iv.len == cipher_info(cipher)->block_len && bytes_begin_with(whole, iv));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_keys_are_those_of_nists_cases),
        cmocka_unit_test(each_step_is_that_of_nss),
        cmocka_unit_test(keymat_takes_its_parts_in_the_order_of_the_rfc),
        cmocka_unit_test(C22_a_cipher_key_is_expanded_only_when_the_prf_is_too_short),
        cmocka_unit_test(ivs_are_first_blocks_of_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
