/* The command line of ikewised: options.def. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include "base/text.h"
#include "conf/conf.h"
#include "control/request.h"

struct options {
    const char *file, *socket; /* never NULL */
    bool is_debug, is_test, is_cleanup, is_version, is_help;
};

/* False: what is wrong stands in `why`, one sentence. The texts stay argv's. */
bool options_read(struct options *options, int argc, char **argv, struct text *why);

void options_help(struct text *t);

#endif
