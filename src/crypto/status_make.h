/* Inside crypto only: a chain whose status is to be asked. */
#ifndef CRYPTO_STATUS_MAKE_H
#define CRYPTO_STATUS_MAKE_H

#include "crypto/status.h"

#include <openssl/x509.h>

/* Where, and how; the texts are copied. */
struct responder {
    const char *trustpoint, *url;
    bool is_nonce_left_out;
};

/* The chain, the peer's own certificate first, is the status's from here on, also on failure. NULL: no memory, or the
 * chain has no issuer of its first certificate. */
struct status *status_make(STACK_OF(X509) * chain, const struct responder *responder, bool are_weak_allowed,
                           enum trust_fault fault_without);

#endif
