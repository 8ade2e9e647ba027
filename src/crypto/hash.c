/* The digests by libcrypto's plain functions, not by EVP: their state is a value on the stack, where EVP of 3.0
 * allocates at each start and at each copy of a state. They are the same assembler. libcrypto calls them deprecated; if
 * they go, only this file cares. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include "base/check.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

union state {
    MD5_CTX md5;
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
};

_Static_assert(sizeof(union state) <= sizeof(((struct hmac_key *)NULL)->inner), "a keyed state must fit");

enum { HASH_BLOCK_MAX = 128 };

/* hash, member of the state, first name of libcrypto's functions */
#define DIGESTS(ROW)                                                                                                   \
    ROW(MD5, md5, MD5)                                                                                                 \
    ROW(SHA1, sha1, SHA1)                                                                                              \
    ROW(SHA256, sha256, SHA256)                                                                                        \
    ROW(SHA384, sha512, SHA384)                                                                                        \
    ROW(SHA512, sha512, SHA512)

static void begin(enum hash_id id, union state *state)
{
    switch (id) {
#define ROW(name, member, function)                                                                                    \
    case HASH_##name: CHECK(function##_Init(&state->member) == 1); return;
        DIGESTS(ROW)
#undef ROW
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    CHECK(!"a hash that can be computed");
}

static void add(enum hash_id id, union state *state, struct bytes part)
{
    if (part.len == 0)
        return;
    switch (id) {
#define ROW(name, member, function)                                                                                    \
    case HASH_##name: CHECK(function##_Update(&state->member, part.data, part.len) == 1); return;
        DIGESTS(ROW)
#undef ROW
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    CHECK(!"a hash that can be computed");
}

static void add_all(enum hash_id id, union state *state, const struct bytes *parts, size_t part_count)
{
    for (size_t i = 0; i < part_count; i++)
        add(id, state, parts[i]);
}

static struct bytes end(enum hash_id id, union state *state, uint8_t *digest)
{
    switch (id) {
#define ROW(name, member, function)                                                                                    \
    case HASH_##name: CHECK(function##_Final(digest, &state->member) == 1); break;
        DIGESTS(ROW)
#undef ROW
    case HASH_NONE:
    case HASH_COUNT: CHECK(!"a hash that can be computed");
    }
    bytes_wipe(state, sizeof *state);
    return bytes_of(digest, hash_info(id)->digest_len);
}

struct bytes hash_of(enum hash_id id, const struct bytes *parts, size_t part_count, uint8_t digest[static DIGEST_MAX])
{
    union state state;

    begin(id, &state);
    add_all(id, &state, parts, part_count);
    return end(id, &state, digest);
}

/* One half of HMAC: the key's block, each byte xored with `pad`, through the hash. */
static void half_set(uint64_t *half, enum hash_id id, const uint8_t key_block[static HASH_BLOCK_MAX], uint8_t pad)
{
    size_t block_len = hash_info(id)->block_len;
    uint8_t block[HASH_BLOCK_MAX];
    union state state;

    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < block_len; i++)
        block[i] = key_block[i] ^ pad;
    begin(id, &state);
    add(id, &state, bytes_of(block, block_len));
    memcpy(half, &state, sizeof state);
    bytes_wipe(block, sizeof block);
    bytes_wipe(&state, sizeof state);
}

void hmac_key_set(struct hmac_key *ready, enum hash_id id, struct bytes key)
{
    uint8_t block[HASH_BLOCK_MAX] = {0};

    /* RFC 2104 section 2: a key longer than a block is hashed first. */
    if (key.len > hash_info(id)->block_len)
        hash_of(id, &key, 1, block);
    else if (key.len > 0)
        memcpy(block, key.data, key.len);

    *ready = (struct hmac_key){.hash = id};
    half_set(ready->inner, id, block, 0x36);
    half_set(ready->outer, id, block, 0x5c);
    bytes_wipe(block, sizeof block);
}

struct bytes hmac_with(const struct hmac_key *ready, const struct bytes *parts, size_t part_count,
                       uint8_t digest[static DIGEST_MAX])
{
    uint8_t inner_space[DIGEST_MAX];
    union state state;

    memcpy(&state, ready->inner, sizeof state);
    add_all(ready->hash, &state, parts, part_count);
    struct bytes inner = end(ready->hash, &state, inner_space);

    memcpy(&state, ready->outer, sizeof state);
    add(ready->hash, &state, inner);
    bytes_wipe(inner_space, sizeof inner_space);
    return end(ready->hash, &state, digest);
}

struct bytes hmac_of(enum hash_id id, struct bytes key, const struct bytes *parts, size_t part_count,
                     uint8_t digest[static DIGEST_MAX])
{
    struct hmac_key ready;

    hmac_key_set(&ready, id, key);
    struct bytes result = hmac_with(&ready, parts, part_count, digest);
    bytes_wipe(&ready, sizeof ready);
    return result;
}
