/* Inside enrollment only: what its files share. */
#ifndef DAEMON_ENROLL_PARTS_H
#define DAEMON_ENROLL_PARTS_H

#include "conf/statement.h"
#include "crypto/keypair.h"
#include "daemon/enroll.h"

/* NULL: there is none of that name, and `why` says so. */
const struct statement *enroll_trustpoint(const struct config *config, const char *name, struct text *why);
const struct trustpoint *enroll_policy_trustpoint(const struct config *config, const char *name); /* NULL: the same */

/* The private key of its `keypair`, which the caller wipes. Bytes; 0: see `why`. */
size_t enroll_load_key(const struct config *config, const struct statement *trustpoint, uint8_t key[static KEYPAIR_MAX],
                       struct text *why);

#endif
