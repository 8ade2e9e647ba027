#include "crypto/signature.h"

#include "base/check.h"
#include "crypto/x509.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

enum { ECDSA_DER_MAX = 160, CURVE_NAME_SIZE = 32 };

struct signing_key {
    EVP_PKEY *key;
    enum signature_kind kind;
};

enum signature_kind key_kind_of(const EVP_PKEY *key)
{
    char curve[CURVE_NAME_SIZE] = "";

    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return SIGNATURE_RSA;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL) != 1)
        return SIGNATURE_NONE;
    for (unsigned kind = SIGNATURE_NONE + 1; kind < SIGNATURE_COUNT; kind++)
        if (strcmp(signature_info(kind)->openssl_curve, curve) == 0)
            return kind;
    return SIGNATURE_NONE;
}

bool private_key_kind(struct bytes der, char space[static KEY_KIND_SIZE])
{
    const unsigned char *at = der.data;
    EVP_PKEY *pkey = der.len > LONG_MAX ? NULL : d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    const char *name = pkey == NULL ? NULL : EVP_PKEY_get0_type_name(pkey);
    struct text text = text_of(space, KEY_KIND_SIZE);

    if (name != NULL)
        text_add(&text, "%s", name);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return text.len > 0;
}

struct signing_key *signing_key_read(struct bytes der)
{
    const unsigned char *at = der.data;
    EVP_PKEY *pkey = der.len > LONG_MAX ? NULL : d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    enum signature_kind kind = pkey == NULL ? SIGNATURE_NONE : key_kind_of(pkey);
    struct signing_key *key = kind == SIGNATURE_NONE ? NULL : OPENSSL_zalloc(sizeof *key);

    ERR_clear_error();
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    *key = (struct signing_key){pkey, kind};
    return key;
}

void signing_key_free(struct signing_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key);
    OPENSSL_free(key);
}

enum signature_kind signing_key_kind(const struct signing_key *key)
{
    return key->kind;
}

bool signing_key_fits(const struct signing_key *key, struct bytes certificate)
{
    X509 *x = x509_of(certificate);
    bool fits = x != NULL && EVP_PKEY_eq(X509_get0_pubkey(x), key->key) == 1;

    X509_free(x);
    ERR_clear_error();
    return fits;
}

/* DER to r | s, both with their leading zeros. RFC 4754 section 7. */
static size_t parts_of(const uint8_t *der, size_t len, size_t part_len, uint8_t *signature)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool is_done = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, (int)part_len) == (int)part_len &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + part_len, (int)part_len) == (int)part_len;

    ECDSA_SIG_free(sig);
    return is_done ? 2 * part_len : 0;
}

size_t signature_make(const struct signing_key *key, enum signature_kind kind, struct bytes digest,
                      uint8_t signature[static SIGNATURE_MAX])
{
    size_t part_len = signature_info(kind)->part_len, len = SIGNATURE_MAX;
    uint8_t der[ECDSA_DER_MAX];
    EVP_PKEY_CTX *context = key->kind == kind ? EVP_PKEY_CTX_new(key->key, NULL) : NULL;
    bool is_ready = context != NULL && EVP_PKEY_sign_init(context) == 1;

    if (part_len > 0) {
        len = sizeof der;
        is_ready = is_ready && EVP_PKEY_sign(context, der, &len, digest.data, digest.len) == 1;
        len = is_ready ? parts_of(der, len, part_len, signature) : 0;
    } else {
        /* Without a digest being set, PKCS #1 type 1 is put around the bytes as they are. */
        is_ready = is_ready && EVP_PKEY_get_size(key->key) <= SIGNATURE_MAX &&
                   EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                   EVP_PKEY_sign(context, signature, &len, digest.data, digest.len) == 1;
        len = is_ready ? len : 0;
    }
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return len;
}

/* Attack list C05, C06. */
static bool rsa_key_is_sane(const EVP_PKEY *key, bool are_weak_allowed)
{
    BIGNUM *modulus = NULL, *exponent = NULL, *least = BN_new();
    int bits = EVP_PKEY_get_bits(key);
    bool is_sane = bits >= (are_weak_allowed ? RSA_BITS_WEAK_MIN : RSA_BITS_MIN) && bits <= RSA_BITS_MAX &&
                   least != NULL && BN_set_word(least, RSA_EXPONENT_MIN) == 1 &&
                   EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
                   EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 && BN_is_odd(modulus) &&
                   BN_is_odd(exponent) && BN_cmp(exponent, least) >= 0 && BN_num_bits(exponent) <= 64;

    BN_free(modulus);
    BN_free(exponent);
    BN_free(least);
    return is_sane;
}

bool key_is_sane(const EVP_PKEY *key, bool are_weak_allowed)
{
    enum signature_kind kind = key_kind_of(key);

    return kind != SIGNATURE_NONE && (kind != SIGNATURE_RSA || rsa_key_is_sane(key, are_weak_allowed));
}

/* 00 01 FF..FF 00 digest: made anew and compared whole, so that nothing of the block is left unlooked at. */
static bool rsa_block_is(const uint8_t *block, size_t len, struct bytes digest)
{
    uint8_t expected[SIGNATURE_MAX];

    if (len > sizeof expected || len < digest.len + 11)
        return false;
    memset(expected, 0xff, len);
    expected[0] = 0;
    expected[1] = 1;
    expected[len - digest.len - 1] = 0;
    memcpy(expected + len - digest.len, digest.data, digest.len);
    return bytes_equal_secret(bytes_of(block, len), bytes_of(expected, len));
}

static bool rsa_is_good(EVP_PKEY *key, struct bytes digest, struct bytes signature)
{
    uint8_t block[SIGNATURE_MAX];
    size_t len = sizeof block;

    if (signature.len != (size_t)EVP_PKEY_get_size(key) || digest.len == 0)
        return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool is_good = context != NULL && EVP_PKEY_verify_recover_init(context) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
                   EVP_PKEY_verify_recover(context, block, &len, signature.data, signature.len) == 1 &&
                   rsa_block_is(block, len, digest);
    EVP_PKEY_CTX_free(context);
    return is_good;
}

static bool ecdsa_is_good(EVP_PKEY *key, size_t part_len, struct bytes digest, struct bytes signature)
{
    uint8_t space[ECDSA_DER_MAX], *der = space;
    ECDSA_SIG *sig = signature.len == 2 * part_len && digest.len > 0 ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = sig == NULL ? NULL : BN_bin2bn(signature.data, (int)part_len, NULL);
    BIGNUM *s = sig == NULL ? NULL : BN_bin2bn(signature.data + part_len, (int)part_len, NULL);
    EVP_PKEY_CTX *context = NULL;

    if (r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return false;
    }
    int len = i2d_ECDSA_SIG(sig, NULL);
    bool is_good = len > 0 && len <= (int)sizeof space && i2d_ECDSA_SIG(sig, &der) == len &&
                   (context = EVP_PKEY_CTX_new(key, NULL)) != NULL && EVP_PKEY_verify_init(context) == 1 &&
                   EVP_PKEY_verify(context, space, (size_t)len, digest.data, digest.len) == 1;
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG_free(sig);
    return is_good;
}

enum trust_fault signature_check(struct bytes certificate, enum signature_kind kind, bool are_weak_allowed,
                                 struct bytes digest, struct bytes signature)
{
    X509 *x = x509_of(certificate);
    EVP_PKEY *key = x == NULL ? NULL : X509_get0_pubkey(x);
    size_t part_len = signature_info(kind)->part_len;
    enum trust_fault fault = TRUST_OK;

    if (key == NULL)
        fault = TRUST_MALFORMED;
    else if (key_kind_of(key) != kind)
        fault = TRUST_WRONG_KEY;
    else if (!key_is_sane(key, are_weak_allowed))
        fault = TRUST_WEAK;
    else if (!(part_len > 0 ? ecdsa_is_good(key, part_len, digest, signature) : rsa_is_good(key, digest, signature)))
        fault = TRUST_BAD_SIGNATURE;
    X509_free(x);
    ERR_clear_error();
    return fault;
}
