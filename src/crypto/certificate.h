/* Certificates and names, as far as a configuration and a log need them; whether one is good, crypto/trust.h says.
 * Everything comes from a peer or a file: nothing here trusts it. */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include "base/text.h"
#include "crypto/algorithm.h"

enum { SERIAL_MAX = 20 }; /* RFC 5280 section 4.1.2.2 */
enum { CERTIFICATE_MAX = 16384, NAME_DER_MAX = 2048, PIECES_MAX = 32, PIECES_SPACE = 65536 };

struct certificate {
    uint8_t subject[NAME_DER_MAX], issuer[NAME_DER_MAX]; /* DER: what an identity of type DER_ASN1_DN is */
    uint16_t subject_len, issuer_len;
    enum signature_kind key; /* SIGNATURE_NONE: of a kind that does not sign here */
    bool is_ca;
    int64_t not_before_s, not_after_s; /* since 1970 */
    uint8_t serial[SERIAL_MAX];        /* the last bytes of a longer one */
    uint8_t serial_len;
    uint16_t key_bits;
    char key_name[32], signature_name[48]; /* as libcrypto calls them: "rsaEncryption", "sha256WithRSAEncryption" */
};

/* False: these bytes are no certificate. */
bool certificate_read(struct certificate *certificate, struct bytes der);

/* That certificate names the other as its issuer, and is signed by its key. DER both; whether either is good otherwise,
 * crypto/trust.h says. */
bool certificate_is_issued_by(struct bytes certificate, struct bytes issuer);

/* A distinguished name in DER as text, the way OpenSSL and the devices print it: "CN = east, O = Example"; only
 * printable ASCII. Hexadecimal when it is none. */
void text_add_name(struct text *t, struct bytes der);

/* The same names, compared as RFC 5280 section 7.1 says: capitals and runs of blanks do not count, the order does. */
bool name_equal(struct bytes a, struct bytes b);

/* What a file holds, taken apart: DER each, in its order. */
enum piece_kind { PIECE_CERTIFICATE, PIECE_CRL, PIECE_PRIVATE_KEY };

struct pieces {
    struct {
        enum piece_kind kind;
        struct bytes der;
    } list[PIECES_MAX];
    size_t count, space_len;
    uint8_t space[PIECES_SPACE]; /* may hold a private key: the caller wipes it */
};

/* PEM with any of them one after the other, a single certificate or CRL in DER, or PKCS #12 (the own certificate
 * first). False, and why, as a part of a sentence. */
bool pieces_read(struct pieces *pieces, struct bytes file, struct bytes passphrase, const char **why);

#endif
