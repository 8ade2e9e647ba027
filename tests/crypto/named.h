/* Algorithms by the names of algorithm.def, for vector files. */
#ifndef CRYPTO_NAMED_H
#define CRYPTO_NAMED_H

#include "base/check.h"
#include "crypto/algorithm.h"

#include <string.h>

static inline enum hash_id hash_named(const char *name)
{
    for (unsigned id = HASH_NONE + 1; id < HASH_COUNT; id++)
        if (strcmp(hash_info(id)->name, name) == 0)
            return id;
    CHECK(!"a hash of algorithm.def");
    return HASH_NONE;
}

static inline enum cipher_id cipher_named(const char *name)
{
    for (unsigned id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++)
        if (strcmp(cipher_info(id)->name, name) == 0)
            return id;
    CHECK(!"a cipher of algorithm.def");
    return CIPHER_NONE;
}

static inline enum group_id group_named(const char *name)
{
    for (unsigned id = GROUP_NONE + 1; id < GROUP_COUNT; id++)
        if (strcmp(group_info(id)->name, name) == 0)
            return id;
    CHECK(!"a group of algorithm.def");
    return GROUP_NONE;
}

#endif
