/* A configuration read from its file, with the secrets file beside it, for the commands that need no gateway. */
#ifndef CLI_LOADED_H
#define CLI_LOADED_H

#include "cli/file.h"
#include "conf/conf.h"

struct loaded {
    struct conf conf;
    bool is_split; /* into statements; else conf has nothing but the finding that says why not */
    char secrets[FILE_PATH_SIZE];
    struct arena arena;
};

/* NULL, and `error` is an errno: the file cannot be read. `path` must live as long as what is loaded. */
struct loaded *loaded_open(const char *path, int *error);

/* Wiped. */
void loaded_close(struct loaded *loaded);

#endif
