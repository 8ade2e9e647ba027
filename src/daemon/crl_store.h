/* CRLs that were fetched, kept in files beside the control socket, so that a restart has them when their server is
 * away. A file proves nothing: what is read is held against the trustpoint's authorities and the clock as if it had
 * just come.
 *
 *     store = crl_store_open(directory, why)                 made when it is not there, 0700
 *     crl_store_put(store, trustpoint, url, der)
 *     der = crl_store_get(store, trustpoint, url)            to be freed
 *     crl_store_sweep(store, context, is_wanted)             files of what nobody names any more go */
#ifndef DAEMON_CRL_STORE_H
#define DAEMON_CRL_STORE_H

#include "base/text.h"

struct crl_store;

enum { CRL_STORE_NAME_SIZE = 64 + 1 };

/* NULL: the sentence stands in `why`. A directory that others may write to is not used. */
struct crl_store *crl_store_open(const char *directory, struct text *why);

/* False: errno says why not; what was there before is still there. */
bool crl_store_put(struct crl_store *store, const char *trustpoint, const char *url, struct bytes der);

/* At most FETCH_MAX bytes. Empty: there is none. */
struct bytes crl_store_get(const struct crl_store *store, const char *trustpoint, const char *url);

void crl_store_drop(struct crl_store *store, const char *trustpoint, const char *url);

/* The name that a file of it has. */
void crl_store_name(const char *trustpoint, const char *url, char name[static CRL_STORE_NAME_SIZE]);
void crl_store_sweep(struct crl_store *store, void *context, bool (*is_wanted)(void *context, const char *name));

void crl_store_close(struct crl_store *store);

#endif
