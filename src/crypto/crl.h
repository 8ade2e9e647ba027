/* A list of revoked certificates, as far as whoever fetches one needs it; whether a certificate is on it,
 * crypto/trust.h says. RFC 5280 section 5. */
#ifndef CRYPTO_CRL_H
#define CRYPTO_CRL_H

#include "crypto/certificate.h"

struct crl {
    uint8_t issuer[NAME_DER_MAX]; /* DER */
    uint16_t issuer_len;
    int64_t this_update_s, next_update_s; /* since 1970; the second is 0 when nothing is said */
    uint32_t revoked_count;
};

/* False: these bytes, DER or PEM, are no CRL. `der`: the same in DER, a part of `bytes` or of `space`, which is as
 * large as `bytes`. */
bool crl_read(struct crl *crl, struct bytes bytes, uint8_t *space, struct bytes *der);

/* It is signed with the key of one of these certificates (DER) that bears its issuer's name and may sign CRLs. */
bool crl_is_of(struct bytes der, const struct bytes *certificates, size_t count);

#endif
