#include "crypto/trust.h"

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/status_make.h"
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

struct trust {
    X509_STORE *store;
    struct signing_key *key;
    X509_CRL *fetched[TRUST_FETCHED_MAX];
    char *trustpoint, *url; /* of the responder; NULL: there is none */
    bool is_nonce_left_out;
};

struct trust *trust_make(void)
{
    struct trust *trust = OPENSSL_zalloc(sizeof *trust);

    if (trust == NULL || (trust->store = X509_STORE_new()) == NULL) {
        OPENSSL_free(trust);
        return NULL;
    }
    return trust;
}

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    X509_STORE_free(trust->store);
    for (size_t i = 0; i < TRUST_FETCHED_MAX; i++)
        X509_CRL_free(trust->fetched[i]);
    signing_key_free(trust->key);
    OPENSSL_free(trust->trustpoint);
    OPENSSL_free(trust->url);
    OPENSSL_free(trust);
}

bool trust_add_anchor(struct trust *trust, struct bytes der)
{
    X509 *x = x509_of(der);
    bool is_added = x != NULL && X509_check_ca(x) > 0 && X509_STORE_add_cert(trust->store, x) == 1;

    X509_free(x);
    ERR_clear_error();
    return is_added;
}

static X509_CRL *crl_of(struct bytes der)
{
    const unsigned char *at = der.data;

    return der.len == 0 || der.len > INT32_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)der.len);
}

bool trust_set_fetched_crl(struct trust *trust, size_t place, struct bytes der)
{
    X509_CRL *crl = crl_of(der);

    CHECK(place < TRUST_FETCHED_MAX);
    ERR_clear_error();
    if (crl == NULL && der.len > 0)
        return false;
    X509_CRL_free(trust->fetched[place]);
    trust->fetched[place] = crl;
    return true;
}

bool trust_add_crl(struct trust *trust, struct bytes der)
{
    X509_CRL *crl = crl_of(der);
    bool is_added = crl != NULL && X509_STORE_add_crl(trust->store, crl) == 1;

    X509_CRL_free(crl);
    ERR_clear_error();
    return is_added;
}

bool trust_set_responder(struct trust *trust, const char *trustpoint, const char *url, bool is_nonce_left_out)
{
    char *name_copy = OPENSSL_strdup(trustpoint), *url_copy = OPENSSL_strdup(url);

    if (name_copy == NULL || url_copy == NULL) {
        OPENSSL_free(name_copy);
        OPENSSL_free(url_copy);
        return false;
    }
    OPENSSL_free(trust->trustpoint);
    OPENSSL_free(trust->url);
    trust->trustpoint = name_copy;
    trust->url = url_copy;
    trust->is_nonce_left_out = is_nonce_left_out;
    return true;
}

void trust_set_key(struct trust *trust, struct signing_key *key)
{
    signing_key_free(trust->key);
    trust->key = key;
}

const struct signing_key *trust_key(const struct trust *trust)
{
    return trust->key;
}

/* ---- the chain ---- */

static const struct {
    int error;
    enum trust_fault fault;
} chain_faults[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, TRUST_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, TRUST_NOT_YET_VALID},
    {X509_V_ERR_CERT_REVOKED, TRUST_REVOKED},
    {X509_V_ERR_UNABLE_TO_GET_CRL, TRUST_NOT_CHECKED},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, TRUST_NOT_CHECKED},
    {X509_V_ERR_CRL_HAS_EXPIRED, TRUST_NOT_CHECKED},
    {X509_V_ERR_CRL_NOT_YET_VALID, TRUST_NOT_CHECKED},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, TRUST_NOT_CHECKED},
    {X509_V_ERR_EE_KEY_TOO_SMALL, TRUST_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, TRUST_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, TRUST_WEAK},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TRUST_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TRUST_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TRUST_UNTRUSTED},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TRUST_UNTRUSTED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TRUST_UNTRUSTED},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, TRUST_UNTRUSTED},
    {X509_V_ERR_CERT_UNTRUSTED, TRUST_UNTRUSTED},
};

static enum trust_fault fault_of(int error)
{
    for (size_t i = 0; i < COUNT_OF(chain_faults); i++)
        if (chain_faults[i].error == error)
            return chain_faults[i].fault;
    return TRUST_INVALID;
}

/* All that the peer sent but its own certificate: they may stand in the chain, and are trusted by it alone. */
static STACK_OF(X509) * others_of(const struct trust_question *q)
{
    STACK_OF(X509) *others = sk_X509_new_null();

    for (size_t i = 1; others != NULL && i < q->certificate_count; i++) {
        X509 *x = x509_of(q->certificates[i]);

        if (x != NULL && sk_X509_push(others, x) > 0)
            continue;
        X509_free(x);
        sk_X509_pop_free(others, X509_free);
        return NULL;
    }
    return others;
}

/* Borrowed CRLs. NULL: there is none, or no memory, which comes to the same. */
static STACK_OF(X509_CRL) * fetched_of(const struct trust *trust)
{
    STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();

    for (size_t i = 0; crls != NULL && i < TRUST_FETCHED_MAX; i++)
        if (trust->fetched[i] != NULL)
            (void)sk_X509_CRL_push(crls, trust->fetched[i]);
    return crls;
}

/* `chain`: the one that was found; NULL: it is not wanted. */
static enum trust_fault verify(const struct trust *trust, const struct trust_question *q, X509 *own,
                               STACK_OF(X509) * others, unsigned long flags, STACK_OF(X509) * *chain)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509_CRL) *fetched = fetched_of(trust);
    int error = X509_V_ERR_OUT_OF_MEM;

    if (context != NULL && X509_STORE_CTX_init(context, trust->store, own, others) == 1) {
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);

        X509_STORE_CTX_set0_crls(context, fetched);
        X509_VERIFY_PARAM_set_time(parameters, (time_t)q->now_s);
        X509_VERIFY_PARAM_set_depth(parameters, CHAIN_MAX);
        /* 2: keys and hashes as strong as RSA with 2048 bits; a chain signed with SHA-1 is weak. */
        X509_VERIFY_PARAM_set_auth_level(parameters, q->are_weak_allowed ? 0 : 2);
        /* A trustpoint may hold an intermediate authority only: whom the configuration names is trusted. */
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | flags);
        error = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    }
    if (error == X509_V_OK && chain != NULL)
        *chain = X509_STORE_CTX_get1_chain(context);
    X509_STORE_CTX_free(context);
    sk_X509_CRL_free(fetched);
    return error == X509_V_OK ? TRUST_OK : fault_of(error);
}

/* One after the other until one of them knows. A responder is asked later, by whoever can: what is found here is then
 * what holds if it says nothing. */
static enum trust_fault check_revocation(const struct trust *trust, const struct trust_question *q, X509 *own,
                                         STACK_OF(X509) * others, bool *is_asked)
{
    const struct revocation_info *info = revocation_info(q->revocation);
    enum trust_fault fault = TRUST_OK;

    for (size_t i = 0; i < COUNT_OF(info->ways) && info->ways[i] != REVOCATION_BY_NONE; i++) {
        if (info->ways[i] == REVOCATION_BY_OCSP) {
            *is_asked = true;
            fault = TRUST_NO_STATUS;
            continue;
        }
        fault = verify(trust, q, own, others, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL, NULL);
        if (fault != TRUST_NOT_CHECKED)
            return fault;
    }
    return info->is_unknown_taken ? TRUST_OK : fault;
}

static enum trust_fault check_chain(const struct trust *trust, const struct trust_question *q, X509 *own,
                                    struct status **open)
{
    STACK_OF(X509) *others = others_of(q), *chain = NULL;
    bool is_asked = false;

    if (others == NULL)
        return TRUST_MALFORMED;
    enum trust_fault fault = verify(trust, q, own, others, 0, &chain);
    if (fault == TRUST_OK)
        fault = check_revocation(trust, q, own, others, &is_asked);
    if (is_asked && open != NULL && trust->url != NULL && chain != NULL) {
        const struct responder responder = {trust->trustpoint, trust->url, trust->is_nonce_left_out};

        *open = status_make(chain, &responder, q->are_weak_allowed, fault);
        chain = NULL;
        if (*open != NULL)
            fault = TRUST_OK;
    }
    sk_X509_pop_free(chain, X509_free);
    sk_X509_pop_free(others, X509_free);
    return fault;
}

/* ---- what it is for ---- */

/* id-kp-ipsecIKE, iKEIntermediate, the three older ones of IPsec, any, and what certificates of servers and clients
 * have: RFC 4945 section 5.1.3.12 leaves it to the configuration; code signing and the like are not for this. */
static const char *const uses[] = {
    "1.3.6.1.5.5.7.3.17", "1.3.6.1.5.5.8.2.2", "1.3.6.1.5.5.7.3.5", "1.3.6.1.5.5.7.3.6",
    "1.3.6.1.5.5.7.3.7",  "2.5.29.37.0",       "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2",
};

static bool is_use(const ASN1_OBJECT *object)
{
    char oid[64];

    if (OBJ_obj2txt(oid, sizeof oid, object, 1) >= (int)sizeof oid)
        return false;
    for (size_t i = 0; i < COUNT_OF(uses); i++)
        if (strcmp(oid, uses[i]) == 0)
            return true;
    return false;
}

static bool is_for_ike(X509 *x)
{
    uint32_t key_usage = X509_get_key_usage(x); /* all ones without the extension */
    EXTENDED_KEY_USAGE *extended = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    bool fits = extended == NULL;

    for (int i = 0; i < sk_ASN1_OBJECT_num(extended) && !fits; i++)
        fits = is_use(sk_ASN1_OBJECT_value(extended, i));
    EXTENDED_KEY_USAGE_free(extended);
    return fits && (key_usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

/* ---- whose it is ---- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool text_equal(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

/* Exactly: a `*` is a character, and a zero byte fits nothing (attack list C11). */
static bool names_equal(struct bytes a, struct bytes b)
{
    return a.len > 0 && memchr(a.data, 0, a.len) == NULL && text_equal(a, b);
}

static const struct {
    enum subject_kind kind;
    int general_name;
} general_names[] = {{SUBJECT_ADDRESS, GEN_IPADD}, {SUBJECT_FQDN, GEN_DNS}, {SUBJECT_USER_FQDN, GEN_EMAIL}};

static int general_name_of(enum subject_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(general_names); i++)
        if (general_names[i].kind == kind)
            return general_names[i].general_name;
    return -1;
}

static bool is_in_alternatives(X509 *x, const struct trust_question *q, bool *has_any)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int wanted = general_name_of(q->subject_kind);
    bool is_found = false;

    *has_any = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != wanted)
            continue;
        const ASN1_STRING *string = wanted == GEN_IPADD ? name->d.iPAddress : name->d.ia5;
        struct bytes data = bytes_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
        *has_any = true;
        is_found |= wanted == GEN_IPADD ? bytes_equal(data, q->subject) : names_equal(data, q->subject);
    }
    GENERAL_NAMES_free(names);
    return is_found;
}

struct ip trust_address_of(struct bytes certificate, enum ip_family family)
{
    X509 *x = x509_of(certificate);
    GENERAL_NAMES *names = x == NULL ? NULL : X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    struct ip found = {0};

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !ip_is_set(found); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != GEN_IPADD)
            continue;
        found = ip_of_bytes(bytes_of(ASN1_STRING_get0_data(name->d.iPAddress),
                                     (size_t)ASN1_STRING_length(name->d.iPAddress)));
        if (found.family != family)
            found = (struct ip){0};
    }
    GENERAL_NAMES_free(names);
    X509_free(x);
    ERR_clear_error();
    return found;
}

static bool is_subject(X509 *x, struct bytes name)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(X509_get_subject_name(x), &der);
    bool is_equal = len > 0 && name_equal(bytes_of(der, (size_t)len), name);

    OPENSSL_free(der);
    return is_equal;
}

static bool is_whose(X509 *x, const struct trust_question *q)
{
    bool has_any = true, is_found = false;

    if (q->identity_check == IDENTITY_UNCHECKED)
        return true;
    if (q->subject_kind == SUBJECT_NAME)
        is_found = is_subject(x, q->subject);
    else
        is_found = is_in_alternatives(x, q, &has_any);
    return is_found || (!has_any && q->identity_check == IDENTITY_IF_ANY);
}

/* ---- all of it ---- */

static enum trust_fault check_sizes(const struct trust_question *q)
{
    size_t total = 0;

    if (q->certificate_count == 0)
        return TRUST_NO_CERTIFICATE;
    if (q->certificate_count > CHAIN_MAX)
        return TRUST_TOO_MANY;
    for (size_t i = 0; i < q->certificate_count; i++)
        total += q->certificates[i].len;
    return total > CHAIN_BYTES_MAX ? TRUST_TOO_MANY : TRUST_OK;
}

/* The signature first: only whoever holds the key makes us walk a chain. */
enum trust_fault trust_check(const struct trust *trust, const struct trust_question *q, struct status **open)
{
    struct status *found = NULL;
    enum trust_fault fault = check_sizes(q);
    X509 *own = fault == TRUST_OK ? x509_of(q->certificates[0]) : NULL;

    if (fault == TRUST_OK && own == NULL)
        fault = TRUST_MALFORMED;
    if (fault == TRUST_OK)
        fault = signature_check(q->certificates[0], q->kind, q->are_weak_allowed, q->digest, q->signature);
    if (fault == TRUST_OK)
        fault = check_chain(trust, q, own, open == NULL ? NULL : &found);
    if (fault == TRUST_OK && !is_for_ike(own))
        fault = TRUST_WRONG_USE;
    if (fault == TRUST_OK && !is_whose(own, q))
        fault = TRUST_OTHER_IDENTITY;
    if (fault != TRUST_OK) {
        status_free(found);
        found = NULL;
    }
    if (open != NULL)
        *open = found;
    X509_free(own);
    ERR_clear_error();
    return fault;
}
