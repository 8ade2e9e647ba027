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
#define CIPHER(name, key_len, block_len, icv_len, kind, strength, openssl_name, asa_name)                              \
    [CIPHER_##                                                                                                         \
        name] = {#name, asa_name, openssl_name, key_len, block_len, icv_len, CIPHER_KIND_##kind, STRENGTH_##strength},
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

static const struct signature_info signatures[] = {
    [SIGNATURE_NONE] = {.name = "none", .asa_name = "none", .openssl_curve = ""},
#define SIGNATURE(name, key, openssl_curve, part_len, hash, asa_name)                                                  \
    [SIGNATURE_##name] = {#name, asa_name, openssl_curve, KEY_KIND_##key, part_len, HASH_##hash},
#include "crypto/signature.def"
#undef SIGNATURE
};

static const struct {
    const char *name, *meaning;
} trust_faults[] = {
    [TRUST_OK] = {"OK", "the certificate is good and the signature its own"},
#define TRUST(name, reason, meaning) [TRUST_##name] = {#name, meaning},
#include "crypto/trust.def"
#undef TRUST
};

const struct signature_info *signature_info(enum signature_kind kind)
{
    CHECK((unsigned)kind < SIGNATURE_COUNT);
    return &signatures[kind];
}

enum { REVOCATION_UNKNOWN_REFUSED, REVOCATION_UNKNOWN_TAKEN };

static const struct revocation_info revocations[] = {
#define REVOCATION(name, words, first, second, unknown)                                                                \
    {words, {REVOCATION_BY_##first, REVOCATION_BY_##second}, REVOCATION_UNKNOWN_##unknown},
#include "crypto/revocation.def"
#undef REVOCATION
};

enum hash_id signature_hash(enum signature_kind kind, enum hash_id negotiated)
{
    return signature_info(kind)->hash == HASH_NONE ? negotiated : signature_info(kind)->hash;
}

const struct revocation_info *revocation_info(enum revocation revocation)
{
    CHECK((unsigned)revocation < REVOCATION_COUNT);
    return &revocations[revocation];
}

bool revocation_asks(enum revocation revocation, enum revocation_way way)
{
    const struct revocation_info *info = revocation_info(revocation);

    return info->ways[0] == way || info->ways[1] == way;
}

const char *trust_fault_name(enum trust_fault fault)
{
    CHECK((unsigned)fault < TRUST_COUNT);
    return trust_faults[fault].name;
}

const char *trust_fault_meaning(enum trust_fault fault)
{
    CHECK((unsigned)fault < TRUST_COUNT);
    return trust_faults[fault].meaning;
}

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

bool cipher_is_combined(enum cipher_id id)
{
    return cipher_info(id)->icv_len > 0;
}

size_t cipher_salt_len(enum cipher_id id)
{
    return cipher_is_combined(id) ? GCM_SALT_LEN : 0;
}

size_t cipher_iv_len(enum cipher_id id)
{
    if (cipher_is_combined(id))
        return GCM_IV_LEN;
    return cipher_info(id)->kind == CIPHER_KIND_CBC ? cipher_info(id)->block_len : 0;
}
