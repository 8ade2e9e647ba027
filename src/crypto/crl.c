#include "crypto/crl.h"

#include "crypto/x509.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static X509_CRL *crl_of(struct bytes der)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = der.len == 0 || der.len > INT_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)der.len);

    if (crl != NULL && at != der.data + der.len) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    ERR_clear_error();
    return crl;
}

static bool is_pem(struct bytes bytes)
{
    static const char head[] = "-----BEGIN X509 CRL-----";

    return bytes.len >= sizeof head - 1 && memcmp(bytes.data, head, sizeof head - 1) == 0;
}

/* DER is shorter than its PEM. */
static struct bytes der_of_pem(struct bytes pem, uint8_t *space)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    X509_CRL *crl = bio == NULL ? NULL : PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    int len = crl == NULL ? 0 : i2d_X509_CRL(crl, NULL);
    unsigned char *at = space;

    if (len > 0 && (size_t)len <= pem.len)
        len = i2d_X509_CRL(crl, &at);
    X509_CRL_free(crl);
    BIO_free(bio);
    ERR_clear_error();
    return bytes_of(space, len > 0 && (size_t)len <= pem.len ? (size_t)len : 0);
}

bool crl_read(struct crl *crl, struct bytes bytes, uint8_t *space, struct bytes *der)
{
    struct bytes found = is_pem(bytes) ? der_of_pem(bytes, space) : bytes;
    X509_CRL *read = crl_of(found);
    struct crl draft = {0};

    if (read == NULL || !x509_take_name(X509_CRL_get_issuer(read), draft.issuer, &draft.issuer_len)) {
        X509_CRL_free(read);
        return false;
    }
    draft.this_update_s = x509_seconds(X509_CRL_get0_lastUpdate(read));
    if (X509_CRL_get0_nextUpdate(read) != NULL)
        draft.next_update_s = x509_seconds(X509_CRL_get0_nextUpdate(read));
    int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(read));
    draft.revoked_count = count < 0 ? 0 : (uint32_t)count;
    X509_CRL_free(read);
    *crl = draft;
    *der = found;
    return true;
}

static bool is_signed_by(X509_CRL *crl, X509 *x)
{
    return X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(crl)) == 0 &&
           (X509_get_key_usage(x) & KU_CRL_SIGN) != 0 && X509_CRL_verify(crl, X509_get0_pubkey(x)) == 1;
}

bool crl_is_of(struct bytes der, const struct bytes *certificates, size_t count)
{
    X509_CRL *crl = crl_of(der);
    bool is_found = false;

    for (size_t i = 0; crl != NULL && !is_found && i < count; i++) {
        X509 *x = x509_of(certificates[i]);

        is_found = x != NULL && is_signed_by(crl, x);
        X509_free(x);
    }
    X509_CRL_free(crl);
    ERR_clear_error();
    return is_found;
}
