/* The keys of ISAKMP SAs in the form of Wireshark's ikev1_decryption_table, for whoever has to look into captured
 * messages. They are secrets: the file is 0600, is made by us or was so before, and only root may ask. */
#include "daemon/control_client.h"
#include "ike/view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_LINE_SIZE = 256 };

/* Also a file that exists, if it is a regular one of ours with nobody else reading it: rows are added to it. */
static int open_private(const char *path)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

bool keys_open(struct control *control, const char *path, struct text *why)
{
    int fd;

    if (path[0] != '/') {
        text_add(why, "the file name must begin with /");
        return false;
    }
    fd = open_private(path);
    if (fd < 0) {
        text_add(why, "%s: %s", path,
                 errno == EPERM ? "not a file that only its owner, who runs ikewised, can read" : strerror(errno));
        return false;
    }
    keys_close(control);
    control->keys.fd = fd;
    keys_write_new(control);
    return true;
}

static bool is_written(const struct control_keys *keys, uint64_t cookie)
{
    for (size_t i = 0; i < COUNT_OF(keys->written) && i < keys->written_count; i++) {
        if (keys->written[i] == cookie)
            return true;
    }
    return false;
}

void keys_write_new(struct control *control)
{
    struct control_keys *keys = &control->keys;
    const struct ike *ike = control->source->ike(control->source->context);
    struct ike_sa_view view;
    char space[KEY_LINE_SIZE];

    if (keys->fd < 0)
        return;
    for (uint32_t i = 0; ike_view_sa(ike, control->source->now_ms(control->source->context), i, &view); i++) {
        struct text line = text_of(space, sizeof space);
        uint64_t cookie;

        memcpy(&cookie, view.cookies, sizeof cookie);
        if (is_written(keys, cookie) || !ike_view_wireshark_key(ike, i, &line))
            continue;
        text_add(&line, "\n");
        if (write(keys->fd, line.data, line.len) == (ssize_t)line.len)
            keys->written[keys->written_count++ % COUNT_OF(keys->written)] = cookie;
    }
    bytes_wipe(space, sizeof space);
}

void keys_close(struct control *control)
{
    if (control->keys.fd >= 0)
        close(control->keys.fd);
    control->keys = (struct control_keys){.fd = -1};
}
