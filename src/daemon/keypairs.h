/* The key pairs that were made or imported here: a file each, where conf_keypair_path says, which only their owner can
 * read. Nothing is kept in memory; what is read is
 * wiped by its reader. */
#ifndef DAEMON_KEYPAIRS_H
#define DAEMON_KEYPAIRS_H

#include "conf/conf.h"
#include "crypto/keypair.h"

/* 0, or an errno: EEXIST, and it may not be replaced; EINVAL, the label is none. The old one is there until the new one
 * is on the disk. */
int keypair_store(const char *config_path, struct bytes label, struct bytes key, bool may_replace);
/* Its length; 0: it cannot be read, see errno, or is none (EBADMSG). */
size_t keypair_load(const char *config_path, struct bytes label, uint8_t key[static KEYPAIR_MAX]);
int keypair_remove(const char *config_path, struct bytes label);

/* One of them as it is shown. */
struct keypair_shown {
    char label[CONF_KEYPAIR_LABEL_SIZE];
    struct keypair_view view;
    int64_t made_s; /* since 1970 */
};

/* The nth by label, from 0. False: there are not so many. */
bool keypair_nth(const char *config_path, size_t nth, struct keypair_shown *shown);

#endif
