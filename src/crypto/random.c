#include "crypto/random.h"

#include "base/check.h"

#include <limits.h>
#include <openssl/rand.h>

bool random_fill(uint8_t *out, size_t len)
{
    CHECK(len <= INT_MAX);
    return RAND_bytes(out, (int)len) == 1;
}
