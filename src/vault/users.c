#include "vault/users.h"

#include "crypto/password.h"

enum password_verdict users_password_verdict(const struct users *users, struct bytes name, struct bytes password,
                                             bool is_decoy)
{
    /* Of a password that nobody has: for when there is no user at all. */
    struct bytes hash = bytes_of_text("$6$ikewise$");
    bool is_known = false;

    if (users->count > 0)
        hash = users->list[0].hash;
    for (uint32_t i = 0; i < users->count; i++)
        if (bytes_equal(users->list[i].name, name)) {
            hash = users->list[i].hash;
            is_known = true;
        }
    return password_fits(password, hash) && is_known && !is_decoy ? PASSWORD_RIGHT : PASSWORD_WRONG;
}
