#include "crypto/algorithm.h"

#include "base/check.h"

static const struct hash_info hashes[] = {
    [HASH_NONE] = {.name = "none", .asa_name = "none"},
#define HASH(name, digest_len, block_len, strength, openssl_name, asa_name)                                            \
    [HASH_##name] = {#name, asa_name, openssl_name, digest_len, block_len, STRENGTH_##strength},
#define CIPHER(...)
#define GROUP(...)
#include "crypto/algorithm.def"
#undef HASH
#undef CIPHER
#undef GROUP
};

static const struct cipher_info ciphers[] = {
    [CIPHER_NONE] = {.name = "none", .asa_name = "none"},
#define HASH(...)
#define CIPHER(name, key_len, block_len, kind, strength, openssl_name, asa_name)                                       \
    [CIPHER_##name] = {#name, asa_name, openssl_name, key_len, block_len, CIPHER_KIND_##kind, STRENGTH_##strength},
#define GROUP(...)
#include "crypto/algorithm.def"
#undef HASH
#undef CIPHER
#undef GROUP
};

static const struct group_info groups[] = {
    [GROUP_NONE] = {.name = "none"},
#define HASH(...)
#define CIPHER(...)
#define GROUP(name, number, kind, public_len, secret_len, private_bits, strength)                                      \
    [GROUP_##name] = {                                                                                                 \
        #name, number, GROUP_KIND_##kind, public_len, secret_len, (private_bits + 7) / 8, STRENGTH_##strength},
#include "crypto/algorithm.def"
#undef HASH
#undef CIPHER
#undef GROUP
};

const struct hash_info *hash_info(enum hash_id id)
{
    CHECK((unsigned)id < HASH_COUNT);
    return &hashes[id];
}

const struct cipher_info *cipher_info(enum cipher_id id)
{
    CHECK((unsigned)id < CIPHER_COUNT);
    return &ciphers[id];
}

const struct group_info *group_info(enum group_id id)
{
    CHECK((unsigned)id < GROUP_COUNT);
    return &groups[id];
}

enum group_id group_of_number(uint16_t number)
{
    for (unsigned id = GROUP_NONE + 1; id < GROUP_COUNT; id++)
        if (groups[id].number == number)
            return id;
    return GROUP_NONE;
}
