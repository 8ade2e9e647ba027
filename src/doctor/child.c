#include "doctor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_END, WRITE_END, PIECE = 16 * 1024 };

/* One talk with a child: what it is told, and who hears what it says. */
struct talk {
    struct bytes input;
    int64_t deadline_ms; /* INT64_MAX: it may take its time */
    bool are_errors_heard;
    bool (*heard)(struct talk *talk, struct bytes said); /* false: that is too much */
    struct text *printed;
    char *data; /* on the heap */
    size_t len, max;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_ms(const struct talk *talk)
{
    int64_t left_ms = talk->deadline_ms - now_ms();

    return talk->deadline_ms == INT64_MAX ? -1 : left_ms < 0 ? 0 : (int)left_ms;
}

/* Feeds and listens in turns, so that neither side waits for the other for ever. Closes `feed`. False: it says too
 * much, or takes too long. */
static bool talk_with(struct talk *talk, int feed, int listen)
{
    bool is_done = false;

    for (;;) {
        struct pollfd fds[] = {{.fd = listen, .events = POLLIN}, {.fd = feed, .events = POLLOUT}};
        char space[PIECE];

        if (talk->input.len == 0 && feed >= 0) {
            close(feed);
            feed = -1;
            continue;
        }
        int ready = poll(fds, COUNT_OF(fds), wait_ms(talk));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        if (fds[1].revents != 0) {
            ssize_t sent = write(feed, talk->input.data, talk->input.len);
            talk->input =
                sent < 0 && errno != EAGAIN ? bytes_of(NULL, 0) : bytes_after(talk->input, sent > 0 ? (size_t)sent : 0);
        }
        if (fds[0].revents == 0)
            continue;
        ssize_t len = read(listen, space, sizeof space);
        is_done = len == 0;
        if (len <= 0 || !talk->heard(talk, bytes_of(space, (size_t)len)))
            break;
    }
    if (feed >= 0)
        close(feed);
    return is_done;
}

/* A child that ends without having read everything must not end us: SIGPIPE waits while we write, and is then thrown
 * away. */
static bool talk_safely(struct talk *talk, int feed, int listen)
{
    sigset_t broken_pipe, before;

    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    bool is_done = talk_with(talk, feed, listen);
    while (sigtimedwait(&broken_pipe, NULL, &(struct timespec){.tv_sec = 0}) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_done;
}

static int spawn(pid_t *pid, const char *path, char *const argv[], int input, int output, bool are_errors_heard)
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
    if (are_errors_heard)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(pid, path, &actions, &attributes, argv, no_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int end_of(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(const char *path, char *const argv[], struct talk *talk)
{
    int in[2], out[2];
    pid_t pid;

    if (pipe2(in, O_CLOEXEC) < 0)
        return -1;
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[READ_END]);
        close(in[WRITE_END]);
        return -1;
    }
    int error = spawn(&pid, path, argv, in[READ_END], out[WRITE_END], talk->are_errors_heard);
    close(in[READ_END]);
    close(out[WRITE_END]);
    fcntl(in[WRITE_END], F_SETFL, O_NONBLOCK);
    if (error != 0) {
        close(in[WRITE_END]);
        close(out[READ_END]);
        errno = error;
        return -1;
    }
    bool is_done = talk_safely(talk, in[WRITE_END], out[READ_END]);
    close(out[READ_END]);
    if (!is_done)
        kill(pid, SIGKILL);
    int code = end_of(pid);
    return is_done ? code : 128 + SIGKILL; /* it may have ended by itself meanwhile */
}

static bool print(struct talk *talk, struct bytes said)
{
    text_add_escaped(talk->printed, said);
    return true;
}

int child_run(const char *path, char *const argv[], struct bytes input, struct text *printed)
{
    struct talk talk = {
        .input = input, .deadline_ms = INT64_MAX, .are_errors_heard = true, .heard = print, .printed = printed};

    return run(path, argv, &talk);
}

static bool keep(struct talk *talk, struct bytes said)
{
    char *more = said.len > talk->max - talk->len ? NULL : realloc(talk->data, talk->len + said.len + 1);

    if (more == NULL)
        return false;
    talk->data = more;
    memcpy(talk->data + talk->len, said.data, said.len);
    talk->len += said.len;
    talk->data[talk->len] = '\0';
    return true;
}

char *child_read(const char *path, char *const argv[], size_t max, unsigned limit_ms)
{
    struct talk talk = {.deadline_ms = now_ms() + limit_ms, .heard = keep, .data = calloc(1, 1), .max = max};

    if (talk.data != NULL && run(path, argv, &talk) == 0)
        return talk.data;
    free(talk.data);
    return NULL;
}
