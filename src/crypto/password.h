/* Passwords and their hashes, as crypt(3) writes them: $y$, $6$, $5$, $2b$ and the like. The only door to libxcrypt. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/bytes.h"

enum { PASSWORD_HASH_MAX = 383 /* characters */, PASSWORD_SALT_LEN = 16 };

/* A hash of a method that is good enough to keep passwords by. */
bool password_hash_is_good(struct bytes hash);

/* A hash of it, by SHA-512, with `salt` as its randomness; empty for a password with a zero byte, or of more than 256
 * bytes. */
struct bytes password_hash_make(struct bytes password, struct bytes salt, uint8_t space[static PASSWORD_HASH_MAX]);

/* Takes as long as the method wants it to, up to some tenths of a second. False also for what is no hash. */
bool password_fits(struct bytes password, struct bytes hash);

#endif
