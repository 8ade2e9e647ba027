/* A responder (OCSP) of the authority in tests/certificates, that says what a test wants it to say. */
#ifndef TESTS_CRYPTO_RESPONDER_H
#define TESTS_CRYPTO_RESPONDER_H

#include "crypto/certificates.h"
#include "crypto/status.h"

#include <openssl/ocsp.h>

static inline X509 *x509_of_file(const char *name, const char *ending)
{
    char file[64];

    snprintf(file, sizeof file, "%s%s", name, ending);
    struct bytes der = file_der(5, file);
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    CHECK(x != NULL);
    return x;
}

static inline EVP_PKEY *key_of_file(const char *name)
{
    char file[64];

    snprintf(file, sizeof file, "%s.key", name);
    struct bytes der = file_der(6, file);
    const unsigned char *at = der.data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    CHECK(key != NULL);
    return key;
}

enum { REPLY_MAX = 8192 };

enum nonce_kind { NONCE_OURS, NONCE_MISSING, NONCE_OTHER };

struct reply {
    const char *signer;      /* NULL: the authority itself */
    const char *certificate; /* that it is about; NULL: the one that was asked about */
    int status;              /* V_OCSP_CERTSTATUS_* */
    int64_t from_s, to_s;    /* from now; to_s 0: nothing is said of it */
    enum nonce_kind nonce;
    int refusal; /* OCSP_RESPONSE_STATUS_*; 0: an answer */
    bool is_sha1, is_cut, is_followed, is_flipped, is_signer_left_out;
};

static inline OCSP_BASICRESP *basic_of(const struct reply *reply, OCSP_REQUEST *request, int64_t now_s)
{
    const char *signer_name = reply->signer == NULL ? "root" : reply->signer;
    X509 *signer = x509_of_file(signer_name, ".pem"), *root = x509_of_file("root", ".pem");
    EVP_PKEY *key = key_of_file(signer_name);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)), *other = NULL;
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(now_s + reply->from_s)),
              *to = reply->to_s == 0 ? NULL : ASN1_TIME_set(NULL, (time_t)(now_s + reply->to_s));

    if (reply->certificate != NULL) {
        X509 *x = x509_of_file(reply->certificate, ".pem");

        id = other = OCSP_cert_to_id(EVP_sha1(), x, root);
        X509_free(x);
    }
    ASN1_TIME *revoked = ASN1_TIME_set(NULL, (time_t)(now_s - 3600));
    CHECK(OCSP_basic_add1_status(basic, id, reply->status, 0,
                                 reply->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, from, to) != NULL);
    if (reply->nonce == NONCE_OURS)
        OCSP_copy_nonce(basic, request);
    else if (reply->nonce == NONCE_OTHER)
        CHECK(OCSP_basic_add1_nonce(basic, NULL, STATUS_NONCE_LEN) == 1);
    CHECK(OCSP_basic_sign(basic, signer, key, reply->is_sha1 ? EVP_sha1() : EVP_sha256(), NULL,
                          reply->is_signer_left_out ? OCSP_NOCERTS : 0) == 1);
    ASN1_TIME_free(revoked);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(other);
    X509_free(signer);
    X509_free(root);
    EVP_PKEY_free(key);
    return basic;
}

static inline struct bytes reply_to(struct bytes asked, const struct reply *reply, int64_t now_s,
                                    uint8_t space[static REPLY_MAX])
{
    const unsigned char *at = asked.data;
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)asked.len);
    OCSP_BASICRESP *basic = reply->refusal != 0 ? NULL : basic_of(reply, request, now_s);
    OCSP_RESPONSE *response = OCSP_response_create(reply->refusal, basic);
    unsigned char *to = space;
    int len = i2d_OCSP_RESPONSE(response, &to);

    CHECK(request != NULL && len > 0 && len < REPLY_MAX);
    if (reply->is_flipped)
        space[len / 3] ^= 1;
    if (reply->is_followed)
        space[len] = 0;
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_REQUEST_free(request);
    return bytes_of(space, (size_t)len - reply->is_cut + reply->is_followed);
}

#endif
