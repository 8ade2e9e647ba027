#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_END, WRITE_END };

/* Feeds and listens in turns, so that neither side waits for the other for ever. Closes `feed`. */
static void talk(int feed, int listen, struct bytes input, struct text *printed)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = listen, .events = POLLIN}, {.fd = feed, .events = POLLOUT}};
        char space[1024];

        if (input.len == 0 && feed >= 0) {
            close(feed);
            feed = -1;
            continue;
        }
        if (poll(fds, COUNT_OF(fds), -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents != 0) {
            ssize_t sent = write(feed, input.data, input.len);
            input = sent < 0 && errno != EAGAIN ? bytes_of(NULL, 0) : bytes_after(input, sent > 0 ? (size_t)sent : 0);
        }
        if (fds[0].revents != 0) {
            ssize_t len = read(listen, space, sizeof space);
            if (len <= 0)
                break;
            text_add_escaped(printed, bytes_of(space, (size_t)len));
        }
    }
    if (feed >= 0)
        close(feed);
}

/* A child that ends without having read everything must not end us: SIGPIPE waits while we write, and is then thrown
 * away. */
static void talk_safely(int feed, int listen, struct bytes input, struct text *printed)
{
    sigset_t broken_pipe, before;

    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    talk(feed, listen, input, printed);
    while (sigtimedwait(&broken_pipe, NULL, &(struct timespec){.tv_sec = 0}) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int spawn(pid_t *pid, const char *path, char *const argv[], int input, int output)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(pid, path, &actions, &attributes, argv, no_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int child_run(const char *path, char *const argv[], struct bytes input, struct text *printed)
{
    int in[2], out[2], status = 0;
    pid_t pid;

    if (pipe2(in, O_CLOEXEC) < 0)
        return -1;
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[READ_END]);
        close(in[WRITE_END]);
        return -1;
    }
    int error = spawn(&pid, path, argv, in[READ_END], out[WRITE_END]);
    close(in[READ_END]);
    close(out[WRITE_END]);
    fcntl(in[WRITE_END], F_SETFL, O_NONBLOCK);
    if (error == 0)
        talk_safely(in[WRITE_END], out[READ_END], input, printed);
    else
        close(in[WRITE_END]);
    close(out[READ_END]);
    if (error != 0) {
        errno = error;
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
