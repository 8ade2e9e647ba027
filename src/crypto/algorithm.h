/* The algorithms as a table: algorithm.def. Every enum has 0 for "none". */
#ifndef CRYPTO_ALGORITHM_H
#define CRYPTO_ALGORITHM_H

#include "base/bytes.h"

enum fitness { STRENGTH_WEAK, STRENGTH_FIT };

enum hash_id {
    HASH_NONE,
#define HASH(name, ...) HASH_##name,
#define CIPHER(...)
#define GROUP(...)
#include "crypto/algorithm.def"
#undef HASH
    HASH_COUNT
};

enum cipher_id {
    CIPHER_NONE,
#define HASH(...)
#undef CIPHER
#define CIPHER(name, ...) CIPHER_##name,
#include "crypto/algorithm.def"
#undef CIPHER
    CIPHER_COUNT
};

enum group_id {
    GROUP_NONE,
#define CIPHER(...)
#undef GROUP
#define GROUP(name, ...) GROUP_##name,
#include "crypto/algorithm.def"
#undef GROUP
#undef CIPHER
#undef HASH
    GROUP_COUNT
};

enum signature_kind {
    SIGNATURE_NONE,
#define SIGNATURE(name, ...) SIGNATURE_##name,
#include "crypto/signature.def"
#undef SIGNATURE
    SIGNATURE_COUNT
};

/* Why a peer is not believed; TRUST_OK: it is. */
enum trust_fault {
    TRUST_OK,
#define TRUST(name, ...) TRUST_##name,
#include "crypto/trust.def"
#undef TRUST
    TRUST_COUNT
};

/* How a part of a name is held against a text: eq, ne, co, nc. */
enum name_match { NAME_EQUAL, NAME_DIFFERS, NAME_CONTAINS, NAME_LACKS };

/* Whether it must be known that a certificate is not revoked, and who is asked. */
enum revocation {
#define REVOCATION(name, ...) REVOCATION_##name,
#include "crypto/revocation.def"
#undef REVOCATION
    REVOCATION_COUNT
};

enum revocation_way { REVOCATION_BY_NONE, REVOCATION_BY_CRL, REVOCATION_BY_OCSP };

struct revocation_info {
    const char *words; /* of the statement */
    enum revocation_way ways[2];
    bool is_unknown_taken;
};

const struct revocation_info *revocation_info(enum revocation revocation);
bool revocation_asks(enum revocation revocation, enum revocation_way way);

/* REQUIRED: the identity is in the certificate. IF_ANY: only where the certificate has a name of that kind at all. */
enum identity_check { IDENTITY_REQUIRED, IDENTITY_IF_ANY, IDENTITY_UNCHECKED };

/* What an identity is, seen from a certificate: an address, names of its subjectAltName, its distinguished name. */
enum subject_kind { SUBJECT_OTHER, SUBJECT_ADDRESS, SUBJECT_FQDN, SUBJECT_USER_FQDN, SUBJECT_NAME };

enum { CHAIN_MAX = 8, CHAIN_BYTES_MAX = 65536 }; /* attack list C10 */

enum cipher_kind { CIPHER_KIND_NONE, CIPHER_KIND_CBC, CIPHER_KIND_GCM, CIPHER_KIND_GMAC, CIPHER_KIND_NULL };
enum group_kind { GROUP_KIND_NONE, GROUP_KIND_MODP, GROUP_KIND_ECP };

enum {
    DIGEST_MAX = 64,
    CIPHER_KEY_MAX = 32,
    CIPHER_BLOCK_MAX = 16,
    GROUP_PUBLIC_MAX = 1024,
    GROUP_SECRET_MAX = 1024,
    GROUP_PRIVATE_MAX = 66,
    GCM_SALT_LEN = 4, /* RFC 4106 */
    GCM_IV_LEN = 8,
    GCM_ICV_LEN = 16,
    SIGNATURE_MAX = 1024, /* RSA with 8192 bits */
};

struct hash_info {
    const char *name, *asa_name, *openssl_name;
    size_t digest_len, block_len; /* bytes */
    enum fitness strength;
};

struct cipher_info {
    const char *name, *asa_name, *openssl_name;
    size_t key_len, block_len, icv_len; /* bytes; the key without GCM's salt; 0: the ICV is of an HMAC */
    enum cipher_kind kind;
    enum fitness strength;
};

struct group_info {
    const char *name;
    uint16_t number; /* as on the wire */
    enum group_kind kind;
    size_t public_len, secret_len; /* bytes, leading zeros kept */
    size_t private_len;            /* bytes of private value */
    enum fitness strength;
};

enum key_kind { KEY_KIND_NONE, KEY_KIND_RSA, KEY_KIND_EC };

struct signature_info {
    const char *name, *asa_name, *openssl_curve;
    enum key_kind key;
    size_t part_len;   /* bytes of r, and of s; 0 with RSA: as long as the modulus */
    enum hash_id hash; /* that it is tied to; HASH_NONE: the negotiated one */
};

const struct signature_info *signature_info(enum signature_kind kind);

/* Whose HMAC makes HASH_I and HASH_R where `negotiated` is agreed (RFC 2409 section 5.1). */
enum hash_id signature_hash(enum signature_kind kind, enum hash_id negotiated);
const char *trust_fault_name(enum trust_fault fault);
const char *trust_fault_meaning(enum trust_fault fault);

/* `id` is in range; the row of NONE is all zero with the name "none". */
const struct hash_info *hash_info(enum hash_id id);
const struct cipher_info *cipher_info(enum cipher_id id);
const struct group_info *group_info(enum group_id id);

/* It makes the ICV itself: no integrity algorithm beside it, and a salt behind its key. */
bool cipher_is_combined(enum cipher_id id);
size_t cipher_salt_len(enum cipher_id id); /* bytes */
size_t cipher_iv_len(enum cipher_id id);   /* bytes in each packet */

/* GROUP_NONE when ikewise does not compute in that group. */
enum group_id group_of_number(uint16_t number);

#endif
