#include "crypto/evp.h"

#include "base/check.h"

#include <openssl/crypto.h>
#include <string.h>

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static EVP_CIPHER *fetched[CIPHER_COUNT]; /* written under `once`, never after */

static void fetch(void)
{
    for (unsigned id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++) {
        fetched[id] = EVP_CIPHER_fetch(NULL, cipher_info(id)->openssl_name, NULL);
        CHECK(fetched[id] != NULL);
    }
}

const EVP_CIPHER *evp_cipher(enum cipher_id id)
{
    CHECK(id != CIPHER_NONE && (unsigned)id < CIPHER_COUNT);
    CHECK(CRYPTO_THREAD_run_once(&once, fetch));
    return fetched[id];
}

struct bytes evp_key(enum cipher_id id, struct bytes key, uint8_t space[static CIPHER_KEY_MAX])
{
    size_t len = 0;
    size_t wanted = id == CIPHER_DES_CBC ? 3 * key.len : key.len;

    CHECK(key.len == cipher_info(id)->key_len && wanted == (size_t)EVP_CIPHER_get_key_length(evp_cipher(id)));
    for (; len < wanted; len += key.len)
        memcpy(space + len, key.data, key.len);
    return bytes_of(space, len);
}
