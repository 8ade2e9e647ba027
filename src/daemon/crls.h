/* The CRLs that trustpoints name by URL: fetched when the configuration is read, and anew when they are due: at their
 * next update, and after the trustpoint's `cache-time`. One that is older than the one that there is, or that is signed
 * by nobody whom the trustpoint has a certificate of, is not taken; when none can be had, the one from before stays,
 * until it has expired (crypto/trust.h then says so).
 *
 *     crls = crls_create(loop, log, queue)
 *     crls_use(crls, &policy)      from now on; the policy is borrowed until the next one
 *     crls_close(crls)             freed in the next turns of the loop */
#ifndef DAEMON_CRLS_H
#define DAEMON_CRLS_H

#include "daemon/log.h"
#include "daemon/vault_queue.h"
#include "policy/policy.h"

enum { CRLS_RETRY_MS = 60000, CRLS_SOONEST_MS = 30000 };

struct crls;

/* What one URL has come to. */
struct crls_view {
    const char *trustpoint, *url;
    bool is_under_way;
    const char *why_not;                  /* the last try has failed; NULL: it has not, or there was none */
    int64_t this_update_s, next_update_s; /* of the CRL that is used; 0: there is none */
    uint32_t revoked_count;
};

/* NULL: no memory. */
struct crls *crls_create(uv_loop_t *loop, struct log *log, struct vault_queue *queue);

/* After vault_queue_set_trusts: what is known is given to the queue again. */
void crls_use(struct crls *crls, const struct policy *policy);

/* All of them, now. */
void crls_again(struct crls *crls);

/* False: there is no such one. */
bool crls_nth(const struct crls *crls, size_t nth, struct crls_view *view);

void crls_close(struct crls *crls);

#endif
