/* Inside crypto only: libcrypto's certificates. */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include "crypto/certificate.h"

#include <openssl/x509.h>

/* The caller frees it. NULL: it is no certificate, is longer than CERTIFICATE_MAX, or something follows it. */
X509 *x509_of(struct bytes der);

int64_t x509_seconds(const ASN1_TIME *time); /* since 1970; 0: it is none */

/* In DER. False: it is longer than NAME_DER_MAX; nothing is taken then. */
bool x509_take_name(const X509_NAME *name, uint8_t space[static NAME_DER_MAX], uint16_t *len);

/* SIGNATURE_NONE: a key that does not sign here. */
enum signature_kind key_kind_of(const EVP_PKEY *key);

/* Neither too small nor too large, and none that lets signatures be made up. */
bool key_is_sane(const EVP_PKEY *key, bool are_weak_allowed);

#endif
