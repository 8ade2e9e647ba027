/* Values in the words of the ASA's screens. */
#ifndef DAEMON_CONTROL_WORDS_H
#define DAEMON_CONTROL_WORDS_H

#include "policy/policy.h"

/* copy-df, set-df, clear-df */
const char *df_name(enum df_policy df);

/* preshared, rsa or ecdsa; `auth` as in RFC 2409 appendix A */
const char *auth_name(uint16_t auth);

const char *role_name(bool is_initiator); /* initiator or responder */

uint64_t age_s(uint64_t now_ms, uint64_t then_ms); /* 0 for what is yet to come */

/* 10.100.0.0/255.255.0.0/0/0: address, mask, protocol, port; first-last where no mask fits. Port 0: any, or a range. */
void text_add_ident(struct text *t, struct ip_range range, uint8_t protocol, struct port_range ports);

#endif
