/* Whom a trustpoint trusts: its certificate authorities and CRLs, and our own private key for it. libcrypto's objects,
 * made where a configuration is read. May be used by any one thread at a time.
 *
 *     struct trust *trust = trust_make();
 *     trust_add_anchor(trust, der); trust_add_crl(trust, der); trust_set_key(trust, signing_key_read(der));
 *     fault = trust_check(trust, &question);      fault == TRUST_OK: the peer is who it says it is */
#ifndef CRYPTO_TRUST_H
#define CRYPTO_TRUST_H

#include "base/ip.h"
#include "crypto/signature.h"
#include "crypto/status.h"

struct trust_question {
    struct bytes certificates[CHAIN_MAX]; /* DER, the peer's own first */
    size_t certificate_count;
    int64_t now_s; /* since 1970 */
    enum signature_kind kind;
    struct bytes digest, signature;
    enum subject_kind subject_kind;
    struct bytes subject; /* 4 or 16 bytes, a name as text, a distinguished name in DER */
    enum identity_check identity_check;
    enum revocation revocation;
    bool are_weak_allowed;
};

struct trust;

struct trust *trust_make(void); /* NULL: no memory */
void trust_free(struct trust *trust);

/* False: it is no certificate, none of an authority, or no CRL. */
bool trust_add_anchor(struct trust *trust, struct bytes der);
bool trust_add_crl(struct trust *trust, struct bytes der);

/* CRLs that were fetched, each in a place of its own that the next one takes over; empty: there is none any more.
 * False: it is no CRL; the place is as it was. */
enum { TRUST_FETCHED_MAX = 4 };
bool trust_set_fetched_crl(struct trust *trust, size_t place, struct bytes der);

/* Whom OCSP is asked of: texts that are copied. False: no memory; the one from before stays. */
bool trust_set_responder(struct trust *trust, const char *trustpoint, const char *url, bool is_nonce_left_out);

/* It is the trust's from here on; NULL: none. */
void trust_set_key(struct trust *trust, struct signing_key *key);
const struct signing_key *trust_key(const struct trust *trust);

/* The chain (RFC 5280) up to an anchor, validity, revocation, what the certificate is for (RFC 4945 section 5.1.3), the
 * identity (RFC 4945 section 3.1), the signature. All of it must be good: a certificate alone proves nothing. What a
 * certificate says about where to fetch more is never looked at.
 *
 * `open`: what a responder has to be asked before TRUST_OK is true; NULL: nobody, all is said. The caller frees it.
 * Whoever cannot ask hands in NULL: it is then as if no responder answered. */
enum trust_fault trust_check(const struct trust *trust, const struct trust_question *question, struct status **open);

/* The first address of that family that a certificate has for its own; not set: it has none. */
struct ip trust_address_of(struct bytes certificate, enum ip_family family);

#endif
