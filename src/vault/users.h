/* Users and the hashes of their passwords: `username` of the configuration. */
#ifndef VAULT_USERS_H
#define VAULT_USERS_H

#include "policy/question.h"

struct user {
    struct bytes name, hash; /* crypto/password.h */
};

struct users {
    const struct user *list; /* borrowed */
    uint32_t count;
};

/* Our own user for a gateway; without a password he is nobody. */
struct credential {
    uint32_t key_index; /* of the tunnel group */
    struct bytes user, password;
};

struct credentials {
    const struct credential *list; /* borrowed */
    uint32_t count;
};

/* Takes as long for a user who does not exist, and for a decoy, as for the first who does; a decoy never fits. Attack
 * list X03. */
enum password_verdict users_password_verdict(const struct users *users, struct bytes name, struct bytes password,
                                             bool is_decoy);

#endif
