/* Key pairs of our own, and the requests by which an authority makes a certificate of one (PKCS #10, RFC 2986). Private
 * keys are bytes of the caller's, who wipes them. */
#ifndef CRYPTO_KEYPAIR_H
#define CRYPTO_KEYPAIR_H

#include "base/text.h"
#include "crypto/algorithm.h"

enum { KEYPAIR_MAX = 8192, PUBLIC_KEY_MAX = 2048, CERTIFICATE_REQUEST_MAX = 8192 };

/* A new one in PKCS #8 (DER): of RSA with that many bits, or of ECDSA on the curve of `kind`. Takes seconds with many
 * bits. Bytes written; 0: it could not be made. libcrypto takes its own randomness. */
size_t keypair_make(enum signature_kind kind, unsigned bits, uint8_t key[static KEYPAIR_MAX]);

struct keypair_view {
    enum signature_kind kind;
    uint16_t bits;
    uint8_t public_key[PUBLIC_KEY_MAX]; /* SubjectPublicKeyInfo, DER */
    size_t public_len;
};

/* False: these bytes are no key that signs here. */
bool keypair_look(struct bytes key, struct keypair_view *view);

/* Signed with that key, by SHA-256 or as strong as the curve. `subject` is written as on an ASA: CN=west,O="Example,
 * Inc"; empty: the common name is `fqdn`. `fqdn` empty: no subjectAltName. Bytes written; 0: see `why`, part of a
 * sentence. */
size_t certificate_request_make(struct bytes key, struct bytes subject, struct bytes fqdn,
                                uint8_t request[static CERTIFICATE_REQUEST_MAX], struct text *why);

#endif
