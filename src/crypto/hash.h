/* Hashes, HMAC and the PRF, over several parts at once. Nothing here allocates, and nothing is left on the stack. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "crypto/algorithm.h"

/* Writes digest_len bytes and returns a view of them. `digest` must not be one of the parts. */
struct bytes hash_of(enum hash_id id, const struct bytes *parts, size_t part_count, uint8_t digest[static DIGEST_MAX]);

/* HMAC (RFC 2104); IKEv1's prf is HMAC of the negotiated hash (RFC 2409 section 4). Any key length, empty too.
 * `digest` may be the key, but none of the parts. */
struct bytes hmac_of(enum hash_id id, struct bytes key, const struct bytes *parts, size_t part_count,
                     uint8_t digest[static DIGEST_MAX]);

/* A key made ready for many messages: both halves of HMAC after their first block. A value without pointers, as secret
 * as the key: who made it wipes it. */
struct hmac_key {
    enum hash_id hash;
    uint64_t inner[27], outer[27];
};

void hmac_key_set(struct hmac_key *ready, enum hash_id id, struct bytes key);
struct bytes hmac_with(const struct hmac_key *ready, const struct bytes *parts, size_t part_count,
                       uint8_t digest[static DIGEST_MAX]);

#endif
