/* Lines of access-lists as a configuration has them: an ASA writes masks, a router the bits that do not matter. */
#ifndef POLICY_ACE_WORDS_H
#define POLICY_ACE_WORDS_H

#include "policy/policy.h"

/* any, host 10.1.0.5, 10.1.0.0 255.255.0.0 (of a router 0.0.255.255), or first-last where no mask fits. */
void text_add_ace_network(struct text *t, struct ip_range range, bool is_ios);

/* " eq 80", " range 1024 2047"; nothing for any. */
void text_add_ace_ports(struct text *t, struct port_range ports);

/* permit tcp 10.1.0.0 255.255.0.0 host 10.2.0.5 eq 80; also of a list that filters (policy/filter.h) */
void text_add_ace(struct text *t, const struct crypto_ace *ace, bool is_ios);

/* access-list VPN extended permit ip 10.100.0.0 255.255.0.0 host 10.10.15.1 */
void text_add_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace);

/* access-list VPN permit ip 10.100.0.0 0.0.255.255 host 10.10.15.1 */
void text_add_ios_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace);

#endif
