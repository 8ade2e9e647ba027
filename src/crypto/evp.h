/* Inside crypto only: libcrypto's ciphers, fetched once (a fetch costs more than a packet). */
#ifndef CRYPTO_EVP_H
#define CRYPTO_EVP_H

#include "crypto/algorithm.h"

#include <openssl/evp.h>

/* Fetched at the first call, by whichever thread comes first; kept for the life of the process. */
const EVP_CIPHER *evp_cipher(enum cipher_id id);

/* The key as EVP wants it: DES three times (EDE with three equal keys is DES), others as they are. The caller wipes
 * `space`. */
struct bytes evp_key(enum cipher_id id, struct bytes key, uint8_t space[static CIPHER_KEY_MAX]);

#endif
