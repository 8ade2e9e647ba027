#include "daemon/login.h"

#include <string.h>

static bool is_of(const struct login *login, const struct conf_credential *credential)
{
    return login->is_wanted && ip_equal(login->gateway, credential->gateway) &&
           bytes_equal(bytes_of(login->user, login->user_len), credential->user);
}

/* There is one `vpnclient`. */
void login_fill(struct login *login, struct conf_credential *credentials, uint32_t count)
{
    struct conf_credential *wanting = NULL;

    for (uint32_t i = 0; i < count; i++)
        if (credentials[i].password.len == 0 && credentials[i].user.len <= sizeof login->user)
            wanting = &credentials[i];
    if (wanting == NULL || !is_of(login, wanting))
        bytes_wipe(login, sizeof *login);
    if (wanting == NULL)
        return;
    login->is_wanted = true;
    login->tunnel_group = wanting->tunnel_group;
    login->gateway = wanting->gateway;
    login->user_len = wanting->user.len;
    memcpy(login->user, wanting->user.data, wanting->user.len);
    wanting->password = bytes_of(login->password, login->password_len);
}

bool login_give(struct login *login, struct bytes password)
{
    if (!login->is_wanted || password.len == 0 || password.len > sizeof login->password)
        return false;
    bytes_wipe(login->password, sizeof login->password);
    memcpy(login->password, password.data, password.len);
    login->password_len = password.len;
    return true;
}

struct conf_credential login_credential(const struct login *login)
{
    return (struct conf_credential){.tunnel_group = login->tunnel_group,
                                    .gateway = login->gateway,
                                    .user = bytes_of(login->user, login->user_len),
                                    .password = bytes_of(login->password, login->password_len)};
}
