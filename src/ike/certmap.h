/* Which tunnel-group a certificate is of: `tunnel-group-map`. */
#ifndef IKE_CERTMAP_H
#define IKE_CERTMAP_H

#include "crypto/certificate.h"
#include "policy/policy.h"

struct id;

/* One of the rules is for it. */
bool certmap_has_rule(const struct policy *policy, const struct certificate *certificate);

/* Asked in the order of an ASA: the rules, an organizational unit, the identity that the peer shows, its address, the
 * group for all others. A peer at an address that has a group of its own gets another one by a rule alone: for rules
 * are ours, and names are the peer's. NO_INDEX: it is of none. */
uint16_t certmap_group(const struct policy *policy, const struct certificate *certificate, const struct id *id,
                       struct ip remote, enum user_auth user_auth);

/* The first organizational unit of the certificate, where the group is asked for by it; false: it is not, or there is
 * none. */
enum { UNIT_SIZE = 256 };
bool certmap_unit(const struct policy *policy, const struct certificate *certificate, char unit[static UNIT_SIZE]);

#endif
