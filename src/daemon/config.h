/* A configuration file as the daemon uses it: read whole, matched to the interfaces of this machine, thrown away whole.
 *
 *     struct config *config = config_load(path, why);           NULL: it cannot be used, and `why` says why
 *     config_match_interfaces(config, log);                     again whenever addresses may have come
 *     ...config->conf.policy, config->conf.keys...
 *     config_free(config);                                      wiped
 *
 * Keys may stand in the file, or in the secrets file beside it (x.conf: x.secrets). A file with keys that others than
 * its owner may read is refused. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "base/arena.h"
#include "conf/conf.h"
#include "daemon/log.h"

enum { CONFIG_PATH_SIZE = 4096, SECRETS_FILE_MAX = 64 * 1024 };

struct config {
    struct conf conf;
    struct arena arena;
    void *space;
    size_t space_len;
    char path[CONFIG_PATH_SIZE], secrets_path[CONFIG_PATH_SIZE];
    bool has_secrets;
};

struct config *config_load(const char *path, struct text *why);

/* Finds for each interface the Linux one with its address, and logs which. Returns how many were found that were not
 * before. */
unsigned config_match_interfaces(struct config *config, struct log *log);

/* The findings, the parked tunnels, the weak ones, how many statements are not used. */
void config_log(const struct config *config, struct log *log);

void config_free(struct config *config);

#endif
