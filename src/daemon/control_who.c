/* The user behind a connection. /etc/passwd only: a directory service may make us wait. */
#include "daemon/control_client.h"

#include <pwd.h>
#include <stdio.h>

/* Who logged in, whatever he has become since: the kernel's audit knows. */
static uid_t login_of(uid_t uid, pid_t pid)
{
    char path[64];
    unsigned login = (unsigned)-1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return uid;
    if (fscanf(file, "%u", &login) != 1)
        login = (unsigned)-1;
    fclose(file);
    return login == (unsigned)-1 ? uid : login;
}

void name_user(char who[static CONTROL_WHO_SIZE], uid_t uid, pid_t pid)
{
    struct text t = text_of(who, CONTROL_WHO_SIZE);
    uid_t login = login_of(uid, pid);
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *row = NULL;

    while (file && (row = fgetpwent(file)) && row->pw_uid != login)
        ;
    if (row)
        text_add_escaped(&t, bytes_of_text(row->pw_name));
    else
        text_add(&t, "uid %u", (unsigned)login);
    if (file)
        fclose(file);
}
