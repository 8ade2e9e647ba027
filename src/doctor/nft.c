#include "doctor/nft.h"

#include "base/names.h"
#include "doctor/child.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *nft_path(void)
{
    static const char *const paths[] = {NFT_PATHS};

    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

bool nft_run(struct bytes rules, bool is_json, const char *what, const char *purpose, struct text *why)
{
    const char *path = nft_path();
    char *const plain[] = {"nft", "-f", "-", NULL}, *const json[] = {"nft", "-j", "-f", "-", NULL};
    char space[400];
    struct text printed = text_of(space, sizeof space);

    if (path == NULL) {
        text_add(why, "there is no nft program (package nftables), which %s", purpose);
        return false;
    }
    int code = child_run(path, is_json ? json : plain, rules, &printed);
    if (code < 0)
        text_add(why, "%s: %s", path, strerror(errno));
    else if (code > 0)
        text_add(why, "%s refused the %s, exit code %d: %s", path, what, code, space);
    return code == 0;
}
