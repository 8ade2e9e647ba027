/* Signatures of phase 1: over HASH_I or HASH_R as they are, of the kinds of signature.def.
 *
 * The keys are libcrypto's own objects: they are made where a configuration is read, and freed when it goes. Signing
 * asks libcrypto for randomness of its own (blinding; the k of ECDSA). There is no way to decrypt with a signing key.
 */
#ifndef CRYPTO_SIGNATURE_H
#define CRYPTO_SIGNATURE_H

#include "crypto/algorithm.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_WEAK_MIN = 1024, RSA_BITS_MAX = 8192, RSA_EXPONENT_MIN = 65537 };

struct signing_key;

/* A private key in DER, PKCS #8 or the older form of its algorithm. NULL: it is none, or of no kind that signs here. */
struct signing_key *signing_key_read(struct bytes der);

/* What a private key that cannot be read so is, in libcrypto's words, as "ED25519"; false: it is no private key. */
enum { KEY_KIND_SIZE = 32 };
bool private_key_kind(struct bytes der, char space[static KEY_KIND_SIZE]);
void signing_key_free(struct signing_key *key); /* wipes it; NULL is fine */
enum signature_kind signing_key_kind(const struct signing_key *key);

/* The key belongs to that certificate (DER). */
bool signing_key_fits(const struct signing_key *key, struct bytes certificate);

/* Bytes written; 0: the key is not of that kind, or it could not be done. */
size_t signature_make(const struct signing_key *key, enum signature_kind kind, struct bytes digest,
                      uint8_t signature[static SIGNATURE_MAX]);

/* Is `signature` that of the key in `certificate` (DER) over `digest`? TRUST_OK, or _MALFORMED, _WRONG_KEY, _WEAK or
 * _BAD_SIGNATURE. RSA keys have RSA_BITS_MIN (or, with weak ones allowed, RSA_BITS_WEAK_MIN) to RSA_BITS_MAX bits, an
 * odd modulus and an odd exponent of RSA_EXPONENT_MIN or more; the whole block under the signature is compared. */
enum trust_fault signature_check(struct bytes certificate, enum signature_kind kind, bool are_weak_allowed,
                                 struct bytes digest, struct bytes signature);

#endif
