#include "crypto/pkcs12.h"

#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

/* How often a guess at the passphrase has to be hashed. */
enum { ROUNDS = 100000 };

static bool add_others(STACK_OF(X509) * stack, const struct pkcs12 *parts)
{
    for (size_t i = 0; i < parts->other_count; i++) {
        X509 *x = x509_of(parts->others[i]);

        if (x == NULL || sk_X509_push(stack, x) == 0) {
            X509_free(x);
            return false;
        }
    }
    return true;
}

static size_t write_to(uint8_t space[static PKCS12_MAX], const PKCS12 *p12)
{
    unsigned char *der = NULL;
    int len = p12 == NULL ? 0 : i2d_PKCS12(p12, &der);
    size_t written = len > 0 && len <= PKCS12_MAX ? (size_t)len : 0;

    if (written > 0)
        memcpy(space, der, written);
    OPENSSL_free(der);
    return written;
}

size_t pkcs12_make(const struct pkcs12 *parts, uint8_t space[static PKCS12_MAX])
{
    const unsigned char *at = parts->key.data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)parts->key.len);
    X509 *own = x509_of(parts->own);
    STACK_OF(X509) *others = sk_X509_new_null();
    PKCS12 *p12 = NULL;
    size_t len;

    if (key != NULL && own != NULL && others != NULL && add_others(others, parts))
        p12 = PKCS12_create(parts->passphrase, parts->name, key, own, others, 0, 0, ROUNDS, ROUNDS, 0);
    len = write_to(space, p12);
    PKCS12_free(p12);
    sk_X509_pop_free(others, X509_free);
    X509_free(own);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return len;
}
