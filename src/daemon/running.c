#include "daemon/running.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM_LEAST = 64 * 1024 };

void running_free(struct running *running)
{
    if (running->text != NULL) {
        bytes_wipe(running->text, running->room);
        munmap(running->text, running->room);
    }
    *running = (struct running){0};
}

static bool make_room(struct running *running, size_t wanted)
{
    size_t room = running->room < ROOM_LEAST ? ROOM_LEAST : running->room;
    struct running larger = {.len = running->len};

    if (wanted <= running->room)
        return true;
    while (room < wanted)
        room *= 2;
    larger.text = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (larger.text == MAP_FAILED)
        return false;
    larger.room = room;
    (void)madvise(larger.text, room, MADV_DONTDUMP);
    if (running->len > 0)
        memcpy(larger.text, running->text, running->len);
    running_free(running);
    *running = larger;
    return true;
}

bool running_add(struct running *running, struct bytes text)
{
    bool has_end = text.len == 0 || text.data[text.len - 1] == '\n';

    if (!make_room(running, running->len + text.len + 1))
        return false;
    if (text.len > 0)
        memcpy(running->text + running->len, text.data, text.len);
    running->len += text.len;
    if (!has_end)
        running->text[running->len++] = '\n';
    return true;
}

struct what {
    const struct conf *conf;
    enum conf_keys_shown keys;
    struct conf_part part;
    bool is_all;
};

static void write_part(const struct what *what, struct text *text)
{
    conf_write_part(what->conf, what->keys, what->part, text);
}

static void write_implied(const struct what *what, struct text *text)
{
    conf_write_implied(what->conf, what->is_all, text);
}

/* Again with more room until it fits. */
static bool add_written(struct running *running, void (*write_text)(const struct what *what, struct text *text),
                        struct what what)
{
    size_t before = running->len;

    for (size_t room = ROOM_LEAST;; room *= 2) {
        if (!make_room(running, before + room))
            return false;

        struct text text = text_of(running->text + before, running->room - before);

        write_text(&what, &text);
        running->len = before + text.len;
        if (!text.is_cut)
            return true;
    }
}

bool running_write(struct running *running, const struct conf *conf, enum conf_keys_shown keys, struct conf_part part)
{
    return add_written(running, write_part, (struct what){.conf = conf, .keys = keys, .part = part});
}

bool running_write_implied(struct running *running, const struct conf *conf, bool is_all)
{
    return add_written(running, write_implied, (struct what){.conf = conf, .is_all = is_all});
}

uint32_t running_line_count(const struct running *running)
{
    uint32_t count = 0;

    for (size_t i = 0; i < running->len; i++)
        count += running->text[i] == '\n';
    return count;
}

static int write_all(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes = bytes_after(bytes, (size_t)written);
    }
    return fsync(fd) < 0 ? errno : 0;
}

static int write_beside(const char *beside, const struct running *running, const struct stat *old, bool is_private)
{
    mode_t mode = old->st_mode & 0777;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno;

    int error = fchown(fd, old->st_uid, old->st_gid) < 0 || fchmod(fd, is_private ? mode & 0700 : mode) < 0 ? errno : 0;

    if (error == 0)
        error = write_all(fd, bytes_of(running->text, running->len));
    if (close(fd) < 0 && error == 0)
        error = errno;
    return error;
}

/* The new name is on the disk too. */
static int sync_directory(char *path)
{
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) < 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return error;
}

int running_save(const struct running *running, const char *path, bool is_private)
{
    char real[PATH_MAX], beside[PATH_MAX + 8];
    struct stat old = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};

    if (realpath(path, real) == NULL || stat(real, &old) < 0) {
        if (errno != ENOENT || strlen(path) >= sizeof real)
            return errno;
        memcpy(real, path, strlen(path) + 1);
    }
    snprintf(beside, sizeof beside, "%s.new", real);
    unlink(beside); /* left by a crash */

    int error = write_beside(beside, running, &old, is_private);

    if (error == 0 && rename(beside, real) < 0)
        error = errno;
    if (error != 0)
        unlink(beside);
    return error != 0 ? error : sync_directory(real);
}
