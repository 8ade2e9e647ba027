#include "crypto/kdf.h"

#include "base/check.h"
#include "crypto/hash.h"

#include <string.h>

enum { COOKIES_LEN = 16, NONCES_MAX = 2 * 256 };

struct bytes skeyid_psk(enum hash_id prf, struct bytes psk, struct bytes nonce_i, struct bytes nonce_r,
                        uint8_t out[static DIGEST_MAX])
{
    struct bytes parts[] = {nonce_i, nonce_r};

    return hmac_of(prf, psk, parts, COUNT_OF(parts), out);
}

struct bytes skeyid_signature(enum hash_id prf, struct bytes nonce_i, struct bytes nonce_r, struct bytes shared,
                              uint8_t out[static DIGEST_MAX])
{
    uint8_t key[NONCES_MAX];

    CHECK(nonce_i.len + nonce_r.len <= sizeof key);
    memcpy(key, nonce_i.data, nonce_i.len);
    memcpy(key + nonce_i.len, nonce_r.data, nonce_r.len);
    return hmac_of(prf, bytes_of(key, nonce_i.len + nonce_r.len), &shared, 1, out);
}

/* What SKEYID_d, _a and _e have in common: `before` is the one before it, `number` says which it is. */
static struct bytes skeyid_next(enum hash_id prf, struct bytes skeyid, struct bytes before, struct bytes shared,
                                struct bytes cookies, uint8_t number, uint8_t *out)
{
    struct bytes parts[] = {before, shared, cookies, bytes_of(&number, 1)};

    CHECK(cookies.len == COOKIES_LEN);
    return hmac_of(prf, skeyid, parts, COUNT_OF(parts), out);
}

struct bytes skeyid_d(enum hash_id prf, struct bytes skeyid, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX])
{
    return skeyid_next(prf, skeyid, bytes_of(NULL, 0), shared, cookies, 0, out);
}

struct bytes skeyid_a(enum hash_id prf, struct bytes skeyid, struct bytes d, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX])
{
    return skeyid_next(prf, skeyid, d, shared, cookies, 1, out);
}

struct bytes skeyid_e(enum hash_id prf, struct bytes skeyid, struct bytes a, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX])
{
    return skeyid_next(prf, skeyid, a, shared, cookies, 2, out);
}

/* Fills `out` with K1 | K2 | ..., K1 = prf(key, first | parts), Kn = prf(key, Kn-1 | parts). */
static void expand(enum hash_id prf, struct bytes key, struct bytes first, const struct bytes *parts, size_t part_count,
                   uint8_t *out, size_t len)
{
    enum { PARTS_MAX = 6 };
    struct bytes all[PARTS_MAX] = {first};
    uint8_t blocks[2][DIGEST_MAX]; /* the last and the one in the making */
    struct hmac_key ready;

    CHECK(part_count < PARTS_MAX);
    for (size_t i = 0; i < part_count; i++)
        all[1 + i] = parts[i];
    hmac_key_set(&ready, prf, key);
    for (size_t turn = 0; len > 0; turn++) {
        struct bytes block = hmac_with(&ready, all, 1 + part_count, blocks[turn % 2]);
        size_t part = len < block.len ? len : block.len;

        memcpy(out, block.data, part);
        out += part;
        len -= part;
        all[0] = block;
    }
    bytes_wipe(blocks, sizeof blocks);
    bytes_wipe(&ready, sizeof ready);
}

void isakmp_keymat(enum hash_id prf, struct bytes skeyid_e, uint8_t *out, size_t len)
{
    static const uint8_t zero[1] = {0};

    if (skeyid_e.len >= len)
        memcpy(out, skeyid_e.data, len);
    else
        expand(prf, skeyid_e, BYTES_OF(zero), NULL, 0, out, len);
}

struct bytes isakmp_key(enum hash_id prf, struct bytes skeyid_e, enum cipher_id cipher,
                        uint8_t out[static CIPHER_KEY_MAX])
{
    size_t len = cipher_info(cipher)->key_len;

    isakmp_keymat(prf, skeyid_e, out, len);
    return bytes_of(out, len);
}

static struct bytes first_block(enum hash_id hash, struct bytes a, struct bytes b, enum cipher_id cipher, uint8_t *out)
{
    struct bytes parts[] = {a, b};
    uint8_t digest[DIGEST_MAX];
    size_t len = cipher_info(cipher)->block_len;

    CHECK(cipher_info(cipher)->kind == CIPHER_KIND_CBC);
    hash_of(hash, parts, COUNT_OF(parts), digest);
    memcpy(out, digest, len);
    return bytes_of(out, len);
}

struct bytes phase1_iv(enum hash_id hash, struct bytes public_i, struct bytes public_r, enum cipher_id cipher,
                       uint8_t out[static CIPHER_BLOCK_MAX])
{
    return first_block(hash, public_i, public_r, cipher, out);
}

struct bytes phase2_iv(enum hash_id hash, struct bytes last_block, uint32_t message_id, enum cipher_id cipher,
                       uint8_t out[static CIPHER_BLOCK_MAX])
{
    const uint8_t id[] = {(uint8_t)(message_id >> 24), (uint8_t)(message_id >> 16), (uint8_t)(message_id >> 8),
                          (uint8_t)message_id};

    return first_block(hash, last_block, BYTES_OF(id), cipher, out);
}

void keymat(enum hash_id prf, struct bytes skeyid_d, struct bytes shared, uint8_t protocol, struct bytes spi,
            struct bytes nonce_i, struct bytes nonce_r, uint8_t *out, size_t len)
{
    struct bytes parts[] = {shared, bytes_of(&protocol, 1), spi, nonce_i, nonce_r};

    expand(prf, skeyid_d, bytes_of(NULL, 0), parts, COUNT_OF(parts), out, len);
}
