/* The CRLs that trustpoints name by URL: fetched when the configuration is read, and anew when they are due: at their
 * next update, and after the trustpoint's `cache-time`. One that is older than the one that there is, or that is signed
 * by nobody whom the trustpoint has a certificate of, is not taken; when none can be had, the one from before stays,
 * until it has expired (crypto/trust.h then says so). So does one that was fetched before a restart (crl_store.h).
 *
 *     crls = crls_create(loop, log, queue, directory)
 *     crls_use(crls, &policy)      from now on; the policy is borrowed until the next one
 *     crls_close(crls)             freed in the next turns of the loop */
#ifndef DAEMON_CRLS_H
#define DAEMON_CRLS_H

#include "crypto/crl.h"
#include "daemon/log.h"
#include "daemon/vault_queue.h"
#include "policy/policy.h"

enum { CRLS_RETRY_MS = 60000, CRLS_SOONEST_MS = 30000 };

struct crls;

/* What one URL has come to. */
struct crls_view {
    const char *trustpoint, *url;
    bool is_under_way;
    const char *why_not;     /* the last try has failed; NULL: it has not, or there was none */
    const struct crl *crl;   /* that is used; NULL: there is none */
    size_t len;              /* of that, bytes */
    uint64_t next_attempt_s; /* from now */
};

/* `directory`: where they are kept over a restart; made when there is something to keep. NULL: nowhere. NULL is
 * returned when there is no memory. */
struct crls *crls_create(uv_loop_t *loop, struct log *log, struct vault_queue *queue, const char *directory);

/* After vault_queue_set_trusts: what is known is given to the queue again. */
void crls_use(struct crls *crls, const struct policy *policy);

/* Those of one trustpoint, or all (NULL), are fetched now. How many that are. */
size_t crls_again(struct crls *crls, const char *trustpoint);

/* The same, and what was fetched before is no longer known. */
size_t crls_forget(struct crls *crls, const char *trustpoint);

/* False: there is no such one. The view is borrowed until the next turn of the loop. */
bool crls_nth(const struct crls *crls, size_t nth, struct crls_view *view);

void crls_close(struct crls *crls);

#endif
