#include "doctor/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_END, WRITE_END, GROW = 64 * 1024 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool start(pid_t *pid, const char *path, char *const argv[], int output)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(pid, path, &actions, &attributes, argv, no_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0;
}

/* NULL: more than `max`, no memory, or not at its end in time. */
static char *read_all(int fd, size_t max, int64_t deadline_ms)
{
    char *data = NULL;
    size_t len = 0, size = 0;

    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - now_ms();
        if (len + 1 >= size) {
            char *more = size < max ? realloc(data, size + GROW) : NULL;
            if (more == NULL)
                break;
            data = more;
            size += GROW;
        }
        int ready = left_ms <= 0 ? 0 : poll(&wait, 1, (int)left_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        ssize_t got = read(fd, data + len, size - len - 1);
        if (got < 0)
            break;
        len += (size_t)got;
        data[len] = '\0';
        if (got == 0)
            return data;
    }
    free(data);
    return NULL;
}

char *child_read(const char *path, char *const argv[], size_t max, unsigned limit_ms)
{
    int ends[2], status = 0;
    pid_t pid;
    char *data = NULL;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    bool is_started = start(&pid, path, argv, ends[WRITE_END]);
    close(ends[WRITE_END]);
    if (is_started) {
        data = read_all(ends[READ_END], max, now_ms() + limit_ms);
        if (data == NULL)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    close(ends[READ_END]);
    if (data != NULL && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        free(data);
        data = NULL;
    }
    return data;
}
