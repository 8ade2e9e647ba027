#include "crypto/drbg.h"

#include "base/check.h"
#include "crypto/hash.h"

#include <string.h>

enum { VALUE_LEN = 32, FILL_MAX = 1 << 16, REQUESTS_PER_SEED = 1 << 20 };

static void set_key(struct drbg *drbg, uint8_t separator, struct bytes entropy)
{
    struct bytes parts[] = {BYTES_OF(drbg->value), bytes_of(&separator, 1), entropy};
    uint8_t digest[DIGEST_MAX];

    hmac_of(HASH_SHA256, BYTES_OF(drbg->key), parts, COUNT_OF(parts), digest);
    memcpy(drbg->key, digest, sizeof drbg->key);
    bytes_wipe(digest, sizeof digest);
}

static void step_value(struct drbg *drbg)
{
    struct bytes value = BYTES_OF(drbg->value);
    uint8_t digest[DIGEST_MAX];

    hmac_of(HASH_SHA256, BYTES_OF(drbg->key), &value, 1, digest);
    memcpy(drbg->value, digest, sizeof drbg->value);
    bytes_wipe(digest, sizeof digest);
}

/* HMAC_DRBG_Update, SP 800-90A section 10.1.2.2. */
static void update(struct drbg *drbg, struct bytes entropy)
{
    set_key(drbg, 0x00, entropy);
    step_value(drbg);
    if (entropy.len == 0)
        return;
    set_key(drbg, 0x01, entropy);
    step_value(drbg);
}

void drbg_seed(struct drbg *drbg, struct bytes entropy)
{
    CHECK(entropy.len >= DRBG_SEED_LEN);
    *drbg = (struct drbg){0};
    memset(drbg->value, 0x01, sizeof drbg->value);
    update(drbg, entropy);
}

void drbg_reseed(struct drbg *drbg, struct bytes entropy)
{
    CHECK(entropy.len > 0);
    update(drbg, entropy);
    drbg->request_count = 0;
}

void drbg_fill(struct drbg *drbg, uint8_t *out, size_t len)
{
    CHECK(len <= FILL_MAX);
    drbg->filled_count++;
    CHECK(!bytes_are_zero(BYTES_OF(drbg->value))); /* it was never seeded */
    while (len > 0) {
        size_t part = len < VALUE_LEN ? len : VALUE_LEN;

        step_value(drbg);
        memcpy(out, drbg->value, part);
        out += part;
        len -= part;
    }
    update(drbg, bytes_of(NULL, 0));
    drbg->request_count++;
}

bool drbg_wants_seed(const struct drbg *drbg)
{
    return drbg->request_count >= REQUESTS_PER_SEED;
}
