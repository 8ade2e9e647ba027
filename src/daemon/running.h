/* A configuration as text, with the keys that stand in it. The memory is left out of core dumps and wiped when it is
 * given back. The gate has no part in it: what it gets is a `conf` that has been wiped of its keys. */
#ifndef DAEMON_RUNNING_H
#define DAEMON_RUNNING_H

#include "conf/conf.h"

struct running {
    char *text; /* not closed by a zero */
    size_t len, room;
};

/* False: no memory; what was there stays. */
bool running_add(struct running *running, struct bytes text);

/* Adds what conf_write_part writes. */
bool running_write(struct running *running, const struct conf *conf, enum conf_keys_shown keys, struct conf_part part);

/* Adds what conf_write_implied writes. */
bool running_write_implied(struct running *running, const struct conf *conf, bool is_all);

uint32_t running_line_count(const struct running *running);

/* A file beside `path` (a link is followed) takes its place when all of it is on the disk. With `is_private` only its
 * owner may read it; else who could read the old one. 0, or an errno; then the old file is as it was. */
int running_save(const struct running *running, const char *path, bool is_private);

void running_free(struct running *running);

#endif
