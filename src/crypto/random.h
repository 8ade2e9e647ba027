/* The system's randomness, through libcrypto. For the processes around the engine; never called from inside it. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "crypto/algorithm.h"

/* False: there is no randomness; start nothing (attack list C24). */
bool random_fill(uint8_t *out, size_t len);

#endif
