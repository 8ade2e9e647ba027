#include "crypto/certificate.h"

#include "crypto/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <string.h>

X509 *x509_of(struct bytes der)
{
    const unsigned char *at = der.data;
    X509 *x = der.len == 0 || der.len > CERTIFICATE_MAX ? NULL : d2i_X509(NULL, &at, (long)der.len);

    ERR_clear_error();
    if (x != NULL && at != der.data + der.len) {
        X509_free(x);
        return NULL;
    }
    return x;
}

int64_t x509_seconds(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool is_known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

    ASN1_TIME_free(epoch);
    return is_known ? (int64_t)days * 86400 + seconds : 0;
}

bool x509_take_name(const X509_NAME *name, uint8_t space[static NAME_DER_MAX], uint16_t *taken)
{
    int len = i2d_X509_NAME(name, NULL);
    unsigned char *at = space;

    if (len <= 0 || len > NAME_DER_MAX || i2d_X509_NAME(name, &at) != len)
        return false;
    *taken = (uint16_t)len;
    return true;
}

static void take_serial(const ASN1_INTEGER *serial, struct certificate *to)
{
    const uint8_t *bytes = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial), surplus = len > SERIAL_MAX ? len - SERIAL_MAX : 0;

    to->serial_len = (uint8_t)(len - surplus);
    memcpy(to->serial, bytes + surplus, to->serial_len);
}

static void take_algorithm(int number, char *name, size_t size)
{
    const char *known = number == NID_undef ? NULL : OBJ_nid2ln(number);
    struct text t = text_of(name, size);

    text_add(&t, "%s", known == NULL ? "unknown" : known);
}

bool certificate_read(struct certificate *certificate, struct bytes der)
{
    struct certificate draft = {0};
    X509 *x = x509_of(der);
    bool is_read = x != NULL && x509_take_name(X509_get_subject_name(x), draft.subject, &draft.subject_len) &&
                   x509_take_name(X509_get_issuer_name(x), draft.issuer, &draft.issuer_len);

    if (is_read) {
        const EVP_PKEY *key = X509_get0_pubkey(x);

        draft.key = key == NULL ? SIGNATURE_NONE : key_kind_of(key);
        draft.is_ca = X509_check_ca(x) == 1;
        draft.key_bits = key == NULL ? 0 : (uint16_t)EVP_PKEY_get_bits(key);
        take_serial(X509_get0_serialNumber(x), &draft);
        take_algorithm(key == NULL ? NID_undef : EVP_PKEY_get_base_id(key), draft.key_name, sizeof draft.key_name);
        take_algorithm(X509_get_signature_nid(x), draft.signature_name, sizeof draft.signature_name);
        draft.not_before_s = x509_seconds(X509_get0_notBefore(x));
        draft.not_after_s = x509_seconds(X509_get0_notAfter(x));
        *certificate = draft;
    }
    X509_free(x);
    ERR_clear_error();
    return is_read;
}

bool certificate_is_issued_by(struct bytes certificate, struct bytes issuer)
{
    X509 *x = x509_of(certificate), *by = x509_of(issuer);
    bool is_issued =
        x != NULL && by != NULL && X509_check_issued(by, x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(by)) == 1;

    X509_free(x);
    X509_free(by);
    ERR_clear_error();
    return is_issued;
}

static X509_NAME *name_of(struct bytes der)
{
    const unsigned char *at = der.data;
    X509_NAME *name = der.len == 0 || der.len > NAME_DER_MAX ? NULL : d2i_X509_NAME(NULL, &at, (long)der.len);

    ERR_clear_error();
    if (name != NULL && at != der.data + der.len) {
        X509_NAME_free(name);
        return NULL;
    }
    return name;
}

void text_add_name(struct text *t, struct bytes der)
{
    X509_NAME *name = name_of(der);
    BIO *bio = name == NULL ? NULL : BIO_new(BIO_s_mem());
    char *printed = NULL;

    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE) >= 0) {
        long len = BIO_get_mem_data(bio, &printed);

        text_add_escaped(t, bytes_of(printed, len > 0 ? (size_t)len : 0));
    } else {
        text_add_hex(t, der);
    }
    BIO_free(bio);
    X509_NAME_free(name);
    ERR_clear_error();
}

bool name_equal(struct bytes a, struct bytes b)
{
    X509_NAME *x = name_of(a), *y = name_of(b);
    bool is_equal = x != NULL && y != NULL && X509_NAME_entry_count(x) > 0 && X509_NAME_cmp(x, y) == 0;

    X509_NAME_free(x);
    X509_NAME_free(y);
    ERR_clear_error();
    return is_equal;
}

/* ---- files ---- */

static bool add_piece(struct pieces *pieces, enum piece_kind kind, const void *data, size_t len)
{
    if (pieces->count == PIECES_MAX || len > sizeof pieces->space - pieces->space_len)
        return false;
    uint8_t *copy = pieces->space + pieces->space_len;

    memcpy(copy, data, len);
    pieces->space_len += len;
    pieces->list[pieces->count].kind = kind;
    pieces->list[pieces->count++].der = bytes_of(copy, len);
    return true;
}

static const struct {
    const char *pem;
    enum piece_kind kind;
} pem_names[] = {
    {PEM_STRING_X509, PIECE_CERTIFICATE},         {PEM_STRING_X509_TRUSTED, PIECE_CERTIFICATE},
    {PEM_STRING_X509_OLD, PIECE_CERTIFICATE},     {PEM_STRING_X509_CRL, PIECE_CRL},
    {PEM_STRING_PKCS8INF, PIECE_PRIVATE_KEY},     {PEM_STRING_RSA, PIECE_PRIVATE_KEY},
    {PEM_STRING_ECPRIVATEKEY, PIECE_PRIVATE_KEY},
};

/* What is of another kind (parameters, comments) is passed over; false: no room, or a locked key. */
static bool add_pem(struct pieces *pieces, const char *name, const char *header, const void *data, long len,
                    const char **why)
{
    if (strcmp(name, PEM_STRING_PKCS8) == 0 || strstr(header, "ENCRYPTED") != NULL) {
        *why = "its private key is encrypted: decrypt it, or use PKCS #12";
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(pem_names); i++)
        if (strcmp(name, pem_names[i].pem) == 0) {
            *why = "it holds more than a trustpoint can";
            return len > 0 && add_piece(pieces, pem_names[i].kind, data, (size_t)len);
        }
    return true;
}

static bool read_pem(struct pieces *pieces, struct bytes file, const char **why)
{
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    bool is_good = bio != NULL;

    while (is_good && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        is_good = add_pem(pieces, name, header, data, len, why);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    BIO_free(bio);
    return is_good;
}

static bool add_x509(struct pieces *pieces, const X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    bool is_added = len > 0 && add_piece(pieces, PIECE_CERTIFICATE, der, (size_t)len);

    OPENSSL_free(der);
    return is_added;
}

static bool add_key(struct pieces *pieces, const EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    bool is_added = len > 0 && add_piece(pieces, PIECE_PRIVATE_KEY, der, (size_t)len);

    if (len > 0)
        OPENSSL_clear_free(der, (size_t)len);
    return is_added;
}

static bool read_pkcs12(struct pieces *pieces, PKCS12 *p12, struct bytes passphrase, const char **why)
{
    char pass[256] = "";
    EVP_PKEY *key = NULL;
    X509 *own = NULL;
    STACK_OF(X509) *others = NULL;
    bool is_good = passphrase.len < sizeof pass;

    if (is_good && passphrase.len > 0)
        memcpy(pass, passphrase.data, passphrase.len);
    is_good = is_good && PKCS12_parse(p12, pass, &key, &own, &others) == 1;
    *why = "it does not open: the passphrase is wrong, or it is encrypted with RC2 or DES (write it again with AES)";
    if (is_good) {
        *why = "it holds more than a trustpoint can";
        is_good = (own == NULL || add_x509(pieces, own)) && (key == NULL || add_key(pieces, key));
        for (int i = 0; is_good && i < sk_X509_num(others); i++)
            is_good = add_x509(pieces, sk_X509_value(others, i));
    }
    bytes_wipe(pass, sizeof pass);
    EVP_PKEY_free(key);
    X509_free(own);
    sk_X509_pop_free(others, X509_free);
    return is_good;
}

static bool read_der(struct pieces *pieces, struct bytes file)
{
    const unsigned char *at = file.data;
    X509 *x = x509_of(file);
    X509_CRL *crl = x != NULL ? NULL : d2i_X509_CRL(NULL, &at, (long)file.len);
    bool is_good = x != NULL     ? add_piece(pieces, PIECE_CERTIFICATE, file.data, file.len)
                   : crl != NULL ? add_piece(pieces, PIECE_CRL, file.data, file.len)
                                 : false;

    X509_free(x);
    X509_CRL_free(crl);
    return is_good;
}

bool pieces_read(struct pieces *pieces, struct bytes file, struct bytes passphrase, const char **why)
{
    const unsigned char *at = file.data;
    PKCS12 *p12 = NULL;
    bool is_good = true;

    pieces->count = pieces->space_len = 0;
    *why = "it holds no certificate, CRL or private key";
    if (file.len == 0 || file.len > INT32_MAX)
        return false;
    if (file.data[0] != 0x30)
        is_good = read_pem(pieces, file, why);
    else if ((p12 = d2i_PKCS12(NULL, &at, (long)file.len)) != NULL)
        is_good = read_pkcs12(pieces, p12, passphrase, why);
    else
        is_good = read_der(pieces, file);
    PKCS12_free(p12);
    ERR_clear_error();
    return is_good && pieces->count > 0;
}
