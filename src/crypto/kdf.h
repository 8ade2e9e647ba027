/* The key derivations of IKEv1 as functions of their inputs: RFC 2409 section 5, section 5.5 and appendix B.
 *
 *     SKEYID   = prf(pre-shared key, Ni_b | Nr_b)          with signatures: prf(Ni_b | Nr_b, g^xy)
 *     SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)
 *     SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)
 *     SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)
 *
 * `prf` is HMAC of the negotiated hash. Ni_b and Nr_b are the bodies of the nonce payloads, g^xy has its leading zeros.
 * The result is written to `out` and returned as a view of it. `cookies` are both cookies, the initiator's first: 16
 * bytes. Outputs are secret; the caller wipes them. */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include "crypto/algorithm.h"

struct bytes skeyid_psk(enum hash_id prf, struct bytes psk, struct bytes nonce_i, struct bytes nonce_r,
                        uint8_t out[static DIGEST_MAX]);
struct bytes skeyid_signature(enum hash_id prf, struct bytes nonce_i, struct bytes nonce_r, struct bytes shared,
                              uint8_t out[static DIGEST_MAX]);
struct bytes skeyid_d(enum hash_id prf, struct bytes skeyid, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX]);
struct bytes skeyid_a(enum hash_id prf, struct bytes skeyid, struct bytes d, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX]);
struct bytes skeyid_e(enum hash_id prf, struct bytes skeyid, struct bytes a, struct bytes shared, struct bytes cookies,
                      uint8_t out[static DIGEST_MAX]);

/* Key for the ISAKMP SA's cipher out of SKEYID_e (appendix B): its first `len` bytes, or, when it has fewer, those of
 * Ka = K1 | K2 | ... with K1 = prf(SKEYID_e, 0) and Kn = prf(SKEYID_e, Kn-1). Whether a DES key is weak is the caller's
 * to check. */
void isakmp_keymat(enum hash_id prf, struct bytes skeyid_e, uint8_t *out, size_t len);

/* The same, of the length that the cipher wants. */
struct bytes isakmp_key(enum hash_id prf, struct bytes skeyid_e, enum cipher_id cipher,
                        uint8_t out[static CIPHER_KEY_MAX]);

/* The first IV of phase 1: the first block of hash(g^xi | g^xr), public values as on the wire (appendix B). */
struct bytes phase1_iv(enum hash_id hash, struct bytes public_i, struct bytes public_r, enum cipher_id cipher,
                       uint8_t out[static CIPHER_BLOCK_MAX]);

/* The first IV of an exchange under an ISAKMP SA: the first block of hash(last CBC block of phase 1 | message id)
 * (appendix B). */
struct bytes phase2_iv(enum hash_id hash, struct bytes last_block, uint32_t message_id, enum cipher_id cipher,
                       uint8_t out[static CIPHER_BLOCK_MAX]);

/* KEYMAT of one IPsec SA (section 5.5): exactly `len` bytes of K1 | K2 | ..., where
 *
 *     K1 = prf(SKEYID_d,      [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b)
 *     Kn = prf(SKEYID_d, Kn-1 | [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b)
 *
 * `shared`: g(qm)^xy, empty without PFS. The SPI is that of the side that receives; the nonces are quick mode's. */
void keymat(enum hash_id prf, struct bytes skeyid_d, struct bytes shared, uint8_t protocol, struct bytes spi,
            struct bytes nonce_i, struct bytes nonce_r, uint8_t *out, size_t len);

#endif
