#include "crypto/keypair.h"

#include "crypto/x509.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { VALUE_SIZE = 256 };

/* ---- made and looked at ---- */

static size_t put_key(const EVP_PKEY *pkey, uint8_t key[static KEYPAIR_MAX])
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    unsigned char *at = key;
    size_t written = len > 0 && len <= KEYPAIR_MAX ? (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &at) : 0;

    PKCS8_PRIV_KEY_INFO_free(info);
    return written;
}

size_t keypair_make(enum signature_kind kind, unsigned bits, uint8_t key[static KEYPAIR_MAX])
{
    EVP_PKEY *pkey = kind == SIGNATURE_RSA ? EVP_RSA_gen(bits) : EVP_EC_gen(signature_info(kind)->openssl_curve);
    size_t len = pkey == NULL ? 0 : put_key(pkey, key);

    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return len;
}

static EVP_PKEY *pkey_of(struct bytes key)
{
    const unsigned char *at = key.data;
    EVP_PKEY *pkey = key.len > LONG_MAX ? NULL : d2i_AutoPrivateKey(NULL, &at, (long)key.len);

    ERR_clear_error();
    return pkey;
}

bool keypair_look(struct bytes key, struct keypair_view *view)
{
    EVP_PKEY *pkey = pkey_of(key);
    int len = pkey == NULL ? 0 : i2d_PUBKEY(pkey, NULL);
    bool is_good = len > 0 && len <= PUBLIC_KEY_MAX && key_kind_of(pkey) != SIGNATURE_NONE;

    if (is_good) {
        unsigned char *at = view->public_key;

        view->kind = key_kind_of(pkey);
        view->bits = (uint16_t)EVP_PKEY_get_bits(pkey);
        view->public_len = (size_t)i2d_PUBKEY(pkey, &at);
    }
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return is_good;
}

/* ---- the name in a request ---- */

static const struct {
    const char *tag;
    int nid;
} tags[] = {
#define TAG(name, nid, meaning) {#name, nid},
#include "crypto/name_tags.def"
#undef TAG
    {"st", NID_stateOrProvinceName}, /* as everybody else calls it */
    {"e", NID_pkcs9_emailAddress},
};

static int nid_of(struct bytes tag)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        size_t at = 0;

        while (at < tag.len && tags[i].tag[at] != '\0' && (tag.data[at] | 0x20) == tags[i].tag[at])
            at++;
        if (at == tag.len && tags[i].tag[at] == '\0')
            return tags[i].nid;
    }
    return NID_undef;
}

/* Up to the comma that stands in no quotes. */
static struct bytes next_part(struct bytes *rest)
{
    bool is_quoted = false;
    size_t len = 0;

    for (; len < rest->len && (is_quoted || rest->data[len] != ','); len++)
        is_quoted ^= rest->data[len] == '"';

    struct bytes part = bytes_trim(bytes_of(rest->data, len));

    *rest = bytes_after(*rest, len < rest->len ? len + 1 : len);
    return part;
}

static bool add_part(X509_NAME *name, struct bytes part, struct text *why)
{
    const uint8_t *equals = part.len == 0 ? NULL : memchr(part.data, '=', part.len);
    size_t tag_len = equals == NULL ? part.len : (size_t)(equals - part.data);
    struct bytes tag = bytes_trim(bytes_of(part.data, tag_len));
    struct bytes value = bytes_trim(bytes_after(part, equals == NULL ? part.len : tag_len + 1));

    if (value.len > 1 && value.data[0] == '"' && value.data[value.len - 1] == '"')
        value = bytes_of(value.data + 1, value.len - 2);
    if (equals != NULL && value.len > 0 && value.len < VALUE_SIZE && nid_of(tag) != NID_undef &&
        X509_NAME_add_entry_by_NID(name, nid_of(tag), MBSTRING_UTF8, value.data, (int)value.len, -1, 0) == 1)
        return true;
    text_add(why, "\"");
    text_add_escaped(why, part);
    text_add(why, "\" of its subject-name is no part of a name that can be asked for");
    return false;
}

static bool add_subject(X509_REQ *request, struct bytes subject, struct bytes fqdn, struct text *why)
{
    X509_NAME *name = X509_NAME_new();
    bool is_good = name != NULL;

    if (is_good && subject.len == 0)
        is_good = X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, fqdn.data, (int)fqdn.len, -1, 0) == 1;
    while (is_good && subject.len > 0)
        is_good = add_part(name, next_part(&subject), why);
    is_good = is_good && X509_REQ_set_subject_name(request, name) == 1;
    X509_NAME_free(name);
    return is_good;
}

/* A request for the extension subjectAltName. */
static bool add_fqdn(X509_REQ *request, struct bytes fqdn)
{
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool is_good = names != NULL && name != NULL && text != NULL &&
                   ASN1_STRING_set(text, fqdn.data, (int)fqdn.len) == 1 && sk_GENERAL_NAME_push(names, name) > 0;

    if (is_good) {
        GENERAL_NAME_set0_value(name, GEN_DNS, text); /* `names` has both now */
        is_good = X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
                  X509_REQ_add_extensions(request, extensions) == 1;
    } else {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        sk_GENERAL_NAME_zero(names);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    GENERAL_NAMES_free(names);
    return is_good;
}

static const EVP_MD *digest_of(const EVP_PKEY *pkey)
{
    switch (key_kind_of(pkey)) {
    case SIGNATURE_ECDSA_384: return EVP_sha384();
    case SIGNATURE_ECDSA_521: return EVP_sha512();
    default: return EVP_sha256();
    }
}

static size_t sign(X509_REQ *request, EVP_PKEY *pkey, uint8_t out[static CERTIFICATE_REQUEST_MAX])
{
    unsigned char *at = out;
    int len = X509_REQ_set_pubkey(request, pkey) == 1 && X509_REQ_sign(request, pkey, digest_of(pkey)) > 0
                  ? i2d_X509_REQ(request, NULL)
                  : 0;

    return len > 0 && len <= CERTIFICATE_REQUEST_MAX ? (size_t)i2d_X509_REQ(request, &at) : 0;
}

size_t certificate_request_make(struct bytes key, struct bytes subject, struct bytes fqdn,
                                uint8_t out[static CERTIFICATE_REQUEST_MAX], struct text *why)
{
    EVP_PKEY *pkey = pkey_of(key);
    X509_REQ *request = X509_REQ_new();
    size_t len = 0;

    if (subject.len == 0 && fqdn.len == 0)
        text_add(why, "it has neither a subject-name nor a name by `fqdn`");
    else if (pkey != NULL && request != NULL && X509_REQ_set_version(request, 0) == 1 &&
             add_subject(request, subject, fqdn, why) && (fqdn.len == 0 || add_fqdn(request, fqdn)))
        len = sign(request, pkey, out);
    if (len == 0 && why->len == 0)
        text_add(why, "libcrypto does not make a request of it");
    EVP_PKEY_free(pkey);
    X509_REQ_free(request);
    ERR_clear_error();
    return len;
}
