/* CBC for ISAKMP messages: one key, one message. (ESP keeps keyed contexts of its own: crypto/burst.h.) */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H

#include "crypto/algorithm.h"

/* In place; `len` is a multiple of the block length, `key` has exactly key_len bytes, `iv` block_len bytes.
 * Padding is the caller's business. CHECKs on lengths: they are ours to get right. */
void cbc_encrypt(enum cipher_id id, struct bytes key, struct bytes iv, uint8_t *data, size_t len);
void cbc_decrypt(enum cipher_id id, struct bytes key, struct bytes iv, uint8_t *data, size_t len);

/* True for DES's weak and semi-weak keys (RFC 2409 appendix B: such a key is refused), and for 3DES whose first and
 * second, or second and third parts are equal: that is single DES (RFC 2451 section 2.3). Parity bits do not count.
 * False for AES. */
bool cipher_key_is_weak(enum cipher_id id, struct bytes key);

#endif
