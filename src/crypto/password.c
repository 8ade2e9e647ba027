#include "crypto/password.h"

#include <crypt.h>
#include <string.h>

enum { PASSWORD_MAX = 256 };

_Static_assert((int)PASSWORD_HASH_MAX < CRYPT_OUTPUT_SIZE, "every hash fits");

/* Those of crypt(5) that its manual calls fit for new hashes, and bcrypt and SHA-2 before them. */
static const char *const methods[] = {"$y$", "$gy$", "$7$", "$2b$", "$2y$", "$6$", "$5$"};

bool password_hash_is_good(struct bytes hash)
{
    if (hash.len > PASSWORD_HASH_MAX || memchr(hash.data, '\0', hash.len) != NULL)
        return false;
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (hash.len > strlen(methods[i]) && memcmp(hash.data, methods[i], strlen(methods[i])) == 0)
            return true;
    return false;
}

static struct bytes hash_of_password(struct bytes password, struct bytes setting,
                                     uint8_t space[static PASSWORD_HASH_MAX])
{
    char phrase[PASSWORD_MAX + 1] = {0}, text[PASSWORD_HASH_MAX + 1] = {0};
    struct crypt_data data = {0};
    const char *made = NULL;

    if (password.len <= PASSWORD_MAX && (password.len == 0 || memchr(password.data, '\0', password.len) == NULL)) {
        if (password.len > 0)
            memcpy(phrase, password.data, password.len);
        memcpy(text, setting.data, setting.len);
        made = crypt_rn(phrase, text, &data, sizeof data);
    }
    struct bytes hash = bytes_of(space, made == NULL ? 0 : strlen(made));
    if (hash.len > PASSWORD_HASH_MAX)
        hash.len = 0;
    if (hash.len > 0)
        memcpy(space, made, hash.len);
    bytes_wipe(phrase, sizeof phrase);
    bytes_wipe(&data, sizeof data);
    return hash;
}

struct bytes password_hash_make(struct bytes password, struct bytes salt, uint8_t space[static PASSWORD_HASH_MAX])
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (crypt_gensalt_rn("$6$", 0, (const char *)salt.data, (int)salt.len, setting, sizeof setting) == NULL)
        return bytes_of(space, 0);
    return hash_of_password(password, bytes_of_text(setting), space);
}

bool password_fits(struct bytes password, struct bytes hash)
{
    uint8_t space[PASSWORD_HASH_MAX];

    if (!password_hash_is_good(hash))
        return false;
    struct bytes made = hash_of_password(password, hash, space);
    return made.len > 0 && bytes_equal_secret(made, hash);
}
