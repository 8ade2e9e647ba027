/* What a peer shows of itself: a certificate of tests/certificates, and a signature by its key. */
#ifndef TESTS_CRYPTO_SHOWN_H
#define TESTS_CRYPTO_SHOWN_H

#include "certificates.h"
#include "crypto/signature.h"
#include "crypto/trust.h"

enum { NOW_S = 1800000000 }; /* 2027 */

/* Takes place 2 of certificates.h. */
static inline size_t sign_with(const char *name, enum signature_kind kind, struct bytes what, uint8_t *signature)
{
    char file[64];

    snprintf(file, sizeof file, "%s.key", name);
    /* EC keys come with their parameters before them: the last piece is the key. */
    const struct pieces *pieces = file_pieces(2, file, "");
    struct signing_key *key = signing_key_read(pieces->list[pieces->count - 1].der);
    CHECK(key != NULL);
    size_t len = signature_make(key, kind, what, signature);
    signing_key_free(key);
    return len;
}

/* One certificate, by RSA, with any identity; takes places 2 and 3. */
static inline struct trust_question question_of(const char *name, struct bytes digest,
                                                uint8_t signature[static SIGNATURE_MAX])
{
    char file[64];

    snprintf(file, sizeof file, "%s.pem", name);
    return (struct trust_question){.certificates = {file_der(3, file)},
                                   .certificate_count = 1,
                                   .now_s = NOW_S,
                                   .kind = SIGNATURE_RSA,
                                   .digest = digest,
                                   .signature = bytes_of(signature, sign_with(name, SIGNATURE_RSA, digest, signature)),
                                   .identity_check = IDENTITY_UNCHECKED};
}

#endif
