/* Our own user for a gateway, where the configuration has no password of his: somebody gives it with `ikewise up`. It
 * is kept here, for each ISAKMP SA is asked for it again, until the daemon ends or the configuration names another user
 * or gateway; it is in no file and no log.
 *
 *     login_fill(&login, credentials, count);          of each configuration, before the vault has them
 *     login_give(&login, password) &&
 *         vault_queue_set_credentials(queue, &credential, 1);          with login_credential(&login) */
#ifndef DAEMON_LOGIN_H
#define DAEMON_LOGIN_H

#include "conf/conf.h"

struct login {
    bool is_wanted;
    uint16_t tunnel_group;
    struct ip gateway;
    uint8_t user[USER_NAME_MAX], password[USER_PASSWORD_MAX];
    size_t user_len, password_len; /* no password: none was given */
};

/* Who has no password gets the one that was given, if he is still the same: borrowed. If not, it is forgotten. */
void login_fill(struct login *login, struct conf_credential *credentials, uint32_t count);

/* False: nobody wants it, or it is empty, or longer than USER_PASSWORD_MAX. */
bool login_give(struct login *login, struct bytes password);
struct conf_credential login_credential(const struct login *login); /* borrowed */

#endif
