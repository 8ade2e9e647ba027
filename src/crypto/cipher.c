#include "crypto/cipher.h"

#include "base/check.h"
#include "crypto/evp.h"

#include <limits.h>
#include <string.h>

static void cbc(enum cipher_id id, struct bytes key, struct bytes iv, uint8_t *data, size_t len, int is_encrypting)
{
    const struct cipher_info *info = cipher_info(id);
    uint8_t space[CIPHER_KEY_MAX];
    struct bytes whole_key = evp_key(id, key, space);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;

    CHECK(context != NULL);
    CHECK(info->kind == CIPHER_KIND_CBC && iv.len == info->block_len && len % info->block_len == 0 && len <= INT_MAX);
    CHECK(EVP_CipherInit_ex2(context, evp_cipher(id), whole_key.data, iv.data, is_encrypting, NULL) == 1);
    CHECK(EVP_CIPHER_CTX_set_padding(context, 0) == 1);
    if (len > 0)
        CHECK(EVP_CipherUpdate(context, data, &done, data, (int)len) == 1 && (size_t)done == len);
    EVP_CIPHER_CTX_free(context);
    bytes_wipe(space, sizeof space);
}

void cbc_encrypt(enum cipher_id id, struct bytes key, struct bytes iv, uint8_t *data, size_t len)
{
    cbc(id, key, iv, data, len, 1);
}

void cbc_decrypt(enum cipher_id id, struct bytes key, struct bytes iv, uint8_t *data, size_t len)
{
    cbc(id, key, iv, data, len, 0);
}

enum { DES_LEN = 8 };

/* NIST SP 800-67 section 3.3.2 (and FIPS 74): four weak keys, then six pairs of semi-weak ones, with odd parity. */
/* clang-format off */
static const uint8_t weak_keys[][DES_LEN] = {
    {0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01}, {0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe},
    {0xe0, 0xe0, 0xe0, 0xe0, 0xf1, 0xf1, 0xf1, 0xf1}, {0x1f, 0x1f, 0x1f, 0x1f, 0x0e, 0x0e, 0x0e, 0x0e},
    {0x01, 0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e}, {0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e, 0x01},
    {0x01, 0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1}, {0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1, 0x01},
    {0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe}, {0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01},
    {0x1f, 0xe0, 0x1f, 0xe0, 0x0e, 0xf1, 0x0e, 0xf1}, {0xe0, 0x1f, 0xe0, 0x1f, 0xf1, 0x0e, 0xf1, 0x0e},
    {0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e, 0xfe}, {0xfe, 0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e},
    {0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1, 0xfe}, {0xfe, 0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1},
};
/* clang-format on */

/* DES leaves the lowest bit of each byte out. */
static bool des_keys_equal(const uint8_t *a, const uint8_t *b)
{
    uint8_t difference = 0;

    for (size_t i = 0; i < DES_LEN; i++)
        difference |= (a[i] ^ b[i]) & 0xfe;
    return difference == 0;
}

static bool des_key_is_weak(const uint8_t *key)
{
    bool is_weak = false;

    for (size_t i = 0; i < COUNT_OF(weak_keys); i++)
        is_weak |= des_keys_equal(key, weak_keys[i]);
    return is_weak;
}

bool cipher_key_is_weak(enum cipher_id id, struct bytes key)
{
    CHECK(key.len == cipher_info(id)->key_len);
    if (id == CIPHER_DES_CBC)
        return des_key_is_weak(key.data);
    if (id == CIPHER_3DES_CBC)
        return des_keys_equal(key.data, key.data + DES_LEN) ||
               des_keys_equal(key.data + DES_LEN, key.data + 2 * DES_LEN);
    return false;
}
