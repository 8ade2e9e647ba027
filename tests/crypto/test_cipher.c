#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/cipher.h"
#include "crypto/named.h"
#include "vectors/vectors.h"

#include <openssl/des.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void cbc_is_that_of_its_vectors(void **state)
{
    struct vectors v = vectors_open("cbc.txt");

    (void)state;
    while (vectors_next(&v)) {
        enum cipher_id id = cipher_named(vectors_text(&v, "cipher"));
        struct bytes key = vectors_bytes(&v, "key"), iv = vectors_bytes(&v, "iv");
        struct bytes plain = vectors_bytes(&v, "plain"), sealed = vectors_bytes(&v, "sealed");
        uint8_t data[160];

        CHECK(plain.len == sealed.len && plain.len > 0 && plain.len <= sizeof data);
        memcpy(data, plain.data, plain.len);
        cbc_encrypt(id, key, iv, data, plain.len);
        CHECK(memcmp(data, sealed.data, sealed.len) == 0);
        cbc_decrypt(id, key, iv, data, plain.len);
        CHECK(memcmp(data, plain.data, plain.len) == 0);
    }
    CHECK(vectors_close(&v) == 104);
}

static void nothing_at_all_can_be_encrypted(void **state)
{
    uint8_t zeros[CIPHER_KEY_MAX] = {0};

    (void)state;
    cbc_encrypt(CIPHER_AES256_CBC, bytes_of(zeros, 32), bytes_of(zeros, 16), zeros, 0);
    CHECK(bytes_are_zero(BYTES_OF(zeros)));
}

/* libcrypto has a list of its own; it wants the parity right, we do not care. */
static void C23_weak_des_keys_are_those_of_libcrypto(void **state)
{
    uint8_t halves[] = {0x01, 0x0e, 0x1f, 0xe0, 0xf1, 0xfe};
    unsigned weak_count = 0;

    (void)state;
    /* Every weak and semi-weak key repeats two bytes in each of its halves. */
    for (unsigned n = 0; n < 6 * 6 * 6 * 6; n++) {
        DES_cblock key;
        uint8_t a = halves[n % 6], b = halves[n / 6 % 6], c = halves[n / 36 % 6], d = halves[n / 216];

        for (size_t i = 0; i < 8; i++)
            key[i] = i < 4 ? (i % 2 == 0 ? a : b) : (i % 2 == 0 ? c : d);
        bool is_weak = DES_is_weak_key(&key) == 1;
        CHECK(cipher_key_is_weak(CIPHER_DES_CBC, BYTES_OF(key)) == is_weak);
        key[3] ^= 0x01;
        CHECK(cipher_key_is_weak(CIPHER_DES_CBC, BYTES_OF(key)) == is_weak);
        key[3] ^= 0x11;
        CHECK(!cipher_key_is_weak(CIPHER_DES_CBC, BYTES_OF(key)) || !is_weak);
        weak_count += is_weak;
    }
    CHECK(weak_count == 16);
}

static void C23_a_3des_key_that_is_one_des_key_is_weak(void **state)
{
    static const struct {
        const char *key; /* three times eight */
        bool is_weak;
        const char *why;
    } cases[] = {
        {"abcdefghABCDEFGH12345678", false, "three different parts"},
        {"abcdefghabcdefgh12345678", true, "first and second equal: the third alone is left"},
        {"abcdefgh1234567812345678", true, "second and third equal: the first alone is left"},
        {"abcdefgh12345678abcdefgh", false, "first and third equal: two-key 3DES"},
        {"abcdefghabcdefgi12345678", true, "first and second differ in parity only"},
        {"abcdefghabcdefgj12345678", false, "first and second differ in a key bit"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (cipher_key_is_weak(CIPHER_3DES_CBC, bytes_of_text(cases[i].key)) != cases[i].is_weak)
            fail_msg("%s", cases[i].why);
}

static void aes_has_no_weak_keys(void **state)
{
    static const uint8_t zeros[CIPHER_KEY_MAX];

    (void)state;
    for (unsigned id = CIPHER_AES128_CBC; id < CIPHER_NULL; id++)
        CHECK(!cipher_key_is_weak(id, bytes_of(zeros, cipher_info(id)->key_len)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbc_is_that_of_its_vectors),
        cmocka_unit_test(nothing_at_all_can_be_encrypted),
        cmocka_unit_test(C23_weak_des_keys_are_those_of_libcrypto),
        cmocka_unit_test(C23_a_3des_key_that_is_one_des_key_is_weak),
        cmocka_unit_test(aes_has_no_weak_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
