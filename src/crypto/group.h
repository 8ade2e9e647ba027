/* Diffie-Hellman in the groups of algorithm.def. Private values come from the caller's randomness, are used once and
 * wiped. Lengths are exact on both sides of this interface: leading zeros are kept (RFC 2409 section 5, RFC 5903
 * section 7). */
#ifndef CRYPTO_GROUP_H
#define CRYPTO_GROUP_H

#include "crypto/algorithm.h"

enum group_fault {
    GROUP_OK,
    GROUP_FAULT_LENGTH, /* not public_len bytes */
    GROUP_FAULT_RANGE,  /* MODP: not 1 < y < p-1 (RFC 6989 2.1). ECP: a coordinate not below p */
    GROUP_FAULT_NOT_ON_CURVE,
    GROUP_FAULT_IDENTITY, /* the shared secret is 0 or 1, or the point at infinity */
};

const char *group_fault_name(enum group_fault fault);

/* Makes a private value of group_info(id)->private_len bytes out of as many random bytes: MODP takes a short exponent,
 * its top bit set; ECP reduces into 1 .. n-1 (the caller hands in private_len + 8 bytes so that the bias is nothing).
 */
enum { GROUP_RANDOM_MAX = GROUP_PRIVATE_MAX + 8 };
size_t group_random_len(enum group_id id);
void group_private(enum group_id id, const uint8_t *random, uint8_t private_value[static GROUP_PRIVATE_MAX]);

/* public_len bytes. ECP: x then y, no prefix byte. */
void group_public(enum group_id id, const uint8_t *private_value, uint8_t public_value[static GROUP_PUBLIC_MAX]);

/* The check that a peer's value needs, without the exponentiation (performance.md, trap 1). */
enum group_fault group_check(enum group_id id, struct bytes peer_public);

/* Checks, then computes g^xy: secret_len bytes; ECP gives x only (RFC 5903 section 9). Nothing is written on a fault.
 */
enum group_fault group_shared(enum group_id id, const uint8_t *private_value, struct bytes peer_public,
                              uint8_t shared[static GROUP_SECRET_MAX]);

#endif
