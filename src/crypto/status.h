/* Whether the certificates of a chain are revoked, as a responder says it: OCSP, RFC 6960. A chain of which the
 * trustpoint wants to know that comes out of trust_check (crypto/trust.h); who can fetch then asks about one
 * certificate after the other, until one of them is not good.
 *
 *     struct bytes request = status_request(status, nonce, space);          POST it to status_url(status)
 *     enum status_answer answer = status_read(status, response, now_s);
 *     if (answer == STATUS_GOOD && !status_next(status)) ...                 all of them are good
 *     status_free(status); */
#ifndef CRYPTO_STATUS_H
#define CRYPTO_STATUS_H

#include "base/text.h"
#include "crypto/algorithm.h"

enum status_answer {
#define STATUS(name, ...) STATUS_##name,
#include "crypto/status.def"
#undef STATUS
    STATUS_COUNT
};

/* RFC 9654 section 2.1. A response without a next update, and without a nonce, is taken for so long. Clocks differ. */
enum { STATUS_NONCE_LEN = 32, STATUS_REQUEST_MAX = 2048, STATUS_AGE_MAX_S = 3600, STATUS_CLOCK_S = 300 };

struct status;

const char *status_meaning(enum status_answer answer); /* after "the responder" */

/* As the configuration has it; "": it names none. */
const char *status_url(const struct status *status);
const char *status_trustpoint(const struct status *status);

/* The subject of the certificate that is asked about, for a log: escaped. */
void status_add_subject(struct text *text, const struct status *status);

/* What the peer is refused for when no responder says anything; TRUST_OK: it is taken. */
enum trust_fault status_fault_without(const struct status *status);

/* In `space`. The nonce (STATUS_NONCE_LEN bytes, a fresh one each time) is left out where the configuration says so.
 * Empty: no memory. */
struct bytes status_request(struct status *status, struct bytes nonce, uint8_t space[static STATUS_REQUEST_MAX]);

/* What the response to the last request says. It is signed by the authority, or by whom it has charged with that (RFC
 * 6960 section 4.2.2.2); ours by its nonce; of this certificate; current at `now_s`, seconds since 1970. */
enum status_answer status_read(const struct status *status, struct bytes response, int64_t now_s);

/* After GOOD: on to the next certificate. False: that was the last. */
bool status_next(struct status *status);

void status_free(struct status *status);

#endif
