/* A configuration file as the daemon uses it: read whole, matched to the interfaces of this machine, thrown away whole.
 *
 *     struct config *config = config_load(path, why);           NULL: it cannot be used, and `why` says why
 *     config_match_interfaces(config, log);                     again whenever addresses may have come
 *     ...config->conf.policy, config->conf.keys...
 *     config_free(config);                                      wiped
 *
 * All of it but what logs may run in a thread (daemon/config_queue.h): nothing here is shared.
 *
 * Keys may stand in the file, or in the secrets file beside it (x.conf: x.secrets). A file with keys that others than
 * its owner may read is refused. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "base/arena.h"
#include "conf/conf.h"
#include "daemon/log.h"
#include "daemon/running.h"

enum { CONFIG_PATH_SIZE = 4096, SECRETS_FILE_MAX = 64 * 1024 };

struct config {
    struct conf conf;
    struct arena arena;
    char path[CONFIG_PATH_SIZE], secrets_path[CONFIG_PATH_SIZE];
    bool has_secrets;
    struct running running; /* what is in use: what changes are made from and what is saved */
    bool has_keys;
    const struct conf_finding *faults; /* of config_changed: of its lines, counted from 1 */
    uint32_t fault_count;              /* with any of them it must not be used */
};

struct config *config_load(const char *path, struct text *why);

/* The running configuration with these lines after it, as if they had been typed. NULL: see why. */
struct config *config_changed(const struct config *old, struct bytes lines, bool is_ios, struct text *why);

/* The running configuration without the statements that begin so; no words: empty. NULL: see why. */
struct config *config_without(const struct config *old, const struct bytes *words, size_t word_count, struct text *why);

/* Adds what `show running-config` shows: keys masked, with what an ASA shows although nobody has typed it. */
bool config_show(const struct config *config, bool is_all, struct conf_part part, struct running *text,
                 struct text *why);

/* Peers that are named get these addresses; before anything points into the policy. */
bool config_set_hosts(struct config *config, const struct conf_host *hosts, uint32_t count, struct text *why);

/* The same as it is running, for other addresses of its named peers. NULL: see why. */
struct config *config_again(const struct config *old, struct text *why);

/* Writes what is running to the file that it came from: to another file beside it, which takes its place when all of it
 * is on the disk. False: the old file is as it was. */
bool config_save(const struct config *config, struct text *why);

/* Empties that file in the same way; what is running stays. */
bool config_erase(const struct config *config, struct text *why);

/* Finds for each interface the Linux one with its address, and logs which (NULL: it does not). Returns how many were
 * found that were not before. */
unsigned config_match_interfaces(struct config *config, struct log *log);

/* Which Linux interface each is. */
void config_log_interfaces(const struct config *config, struct log *log);

/* The findings, the parked tunnels, the weak ones, how many statements are not used. */
void config_log(const struct config *config, struct log *log);

void config_free(struct config *config);

#endif
