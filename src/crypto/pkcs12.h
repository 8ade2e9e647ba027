/* A private key with its certificates, sealed by a passphrase (RFC 7292). */
#ifndef CRYPTO_PKCS12_H
#define CRYPTO_PKCS12_H

#include "base/bytes.h"

enum { PKCS12_MAX = 64 * 1024, PKCS12_OTHERS_MAX = 16, PKCS12_PASSPHRASE_MAX = 127 };

struct pkcs12 {
    struct bytes key, own; /* DER; the certificate is of that key */
    struct bytes others[PKCS12_OTHERS_MAX];
    size_t other_count;
    const char *name, *passphrase;
};

/* Bytes; 0: it cannot be made of these. With AES-256 and keys by PBKDF2: an old device may not open it. */
size_t pkcs12_make(const struct pkcs12 *parts, uint8_t space[static PKCS12_MAX]);

#endif
