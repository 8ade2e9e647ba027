/* A trustpoint of the policy as the vault wants it. */
#ifndef VAULT_TRUST_H
#define VAULT_TRUST_H

#include "crypto/trust.h"
#include "policy/policy.h"

/* `private_key`: DER; empty: none. The caller wipes its own copy. NULL: no memory. What of it cannot be read is left
 * out. */
struct trust *trust_of_trustpoint(const struct trustpoint *trustpoint, struct bytes private_key);

#endif
