/* HMAC_DRBG with SHA-256 (NIST SP 800-90A section 10.1.2): the engine's source of cookies, nonces, message ids and
 * SPIs. A value without pointers: it may be copied with the struct that holds it, and the same seed gives the same
 * bytes. */
#ifndef CRYPTO_DRBG_H
#define CRYPTO_DRBG_H

#include "crypto/algorithm.h"

struct drbg {
    uint8_t key[32], value[32];
    uint64_t request_count; /* since the last seed */
    uint64_t filled_count;  /* ever */
};

enum { DRBG_SEED_LEN = 48 };

void drbg_seed(struct drbg *drbg, struct bytes entropy); /* at least DRBG_SEED_LEN bytes */
void drbg_reseed(struct drbg *drbg, struct bytes entropy);
void drbg_fill(struct drbg *drbg, uint8_t *out, size_t len);
bool drbg_wants_seed(const struct drbg *drbg); /* after 2^20 requests */

#endif
