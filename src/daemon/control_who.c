/* Who is behind a connection, and who is there. /etc/passwd only: a directory service may make us wait. */
#include "daemon/control_client.h"
#include "daemon/control_words.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

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

/* ---- who is there ---- */

struct process {
    int terminal; /* as the kernel numbers it; 0: none */
    uint64_t begun;
};

/* Of /proc/PID/stat, behind the name, which may have anything in it. */
static bool process_of(pid_t pid, struct process *process)
{
    char path[64], line[512];
    unsigned long long begun = 0;
    const char *rest = NULL;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (fgets(line, sizeof line, file))
        rest = strrchr(line, ')');
    fclose(file);
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                        &process->terminal, &begun) != 2)
        return false;
    process->begun = begun;
    return true;
}

static bool is_there(const struct control_shell *shell, struct process *process)
{
    return shell->pid != 0 && process_of(shell->pid, process) && process->begun == shell->begun;
}

static void forget_gone(struct control *control)
{
    struct process process;

    for (size_t i = 0; i < CONTROL_SHELLS_MAX; i++)
        if (control->shells[i].pid != 0 && !is_there(&control->shells[i], &process))
            control->shells[i] = (struct control_shell){0};
}

/* The place of that shell, else a free one, else that of the one that has been silent longest. */
static struct control_shell *place_of(struct control *control, pid_t pid)
{
    struct control_shell *found = &control->shells[0];

    for (size_t i = 0; i < CONTROL_SHELLS_MAX; i++) {
        struct control_shell *shell = &control->shells[i];

        if (shell->pid == pid)
            return shell;
        if (found->pid != 0 && (shell->pid == 0 || shell->active_ms < found->active_ms))
            found = shell;
    }
    return found;
}

void note_shell(struct client *client)
{
    struct control_shell *shell;
    struct process process;

    if (client->pid == 0 || !process_of(client->pid, &process) || process.terminal == 0)
        return;
    forget_gone(client->control);
    shell = place_of(client->control, client->pid);
    *shell = (struct control_shell){
        .pid = client->pid, .begun = process.begun, .active_ms = control_now_ms(client->control)};
    memcpy(shell->who, client->who, sizeof shell->who);
}

/* pts/3, tty1; Unix98 terminals have eight majors from 136 on. */
static void set_terminal(struct control_record *r, int number)
{
    unsigned at = major((dev_t)number), place = minor((dev_t)number);
    char space[32];
    struct text t = text_of(space, sizeof space);

    if (at >= 136 && at < 144)
        text_add(&t, "pts/%u", place + (at - 136) * 256);
    else
        text_add(&t, "tty%u", place);
    record_set_text(r, COL_shell_terminal, space);
}

bool show_shells(struct client *client)
{
    struct control_record r = control_record_of(RECORD_shell);
    struct process process;

    if (client->index >= CONTROL_SHELLS_MAX)
        return false;
    const struct control_shell *shell = &client->control->shells[client->index++];

    if (!is_there(shell, &process))
        return true;
    record_set_number(&r, COL_shell_number, client->number++);
    record_set_text(&r, COL_shell_user, shell->who);
    set_terminal(&r, process.terminal);
    record_set_number(&r, COL_shell_idle_s, age_s(control_now_ms(client->control), shell->active_ms));
    record_set_flag(&r, COL_shell_self, shell->pid == client->pid);
    client_send(client, &r);
    return true;
}
