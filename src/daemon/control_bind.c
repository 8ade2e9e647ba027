/* Where the control socket stands: its directory, its file, who may open it. */
#include "daemon/control_client.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The directory above the socket. */
static int make_directory(const char *path)
{
    char directory[108];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return 0;
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    if (mkdir(directory, 0755) == 0)
        return chmod(directory, 0755) == 0 ? 0 : errno;
    return errno == EEXIST ? 0 : errno;
}

/* A socket file that nobody listens on is left from a crash, and is removed. Anything else at that place is somebody
 * else's. */
static int clear_the_way(const struct sockaddr_un *address)
{
    struct stat status;
    int fd, error;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(status.st_mode))
        return EADDRINUSE;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    error = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? EADDRINUSE : errno;
    close(fd);
    if (error != ECONNREFUSED)
        return error == EAGAIN ? EADDRINUSE : error;
    return unlink(address->sun_path) == 0 ? 0 : errno;
}

/* The file is made 0660 and not a moment wider: libuv would leave that to the umask. */
int control_bind(const char *path, const char *group, gid_t *gid, int *bound_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct group *entry = group ? getgrnam(group) : NULL;
    int error, fd;

    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    if (group && !entry)
        return ENOENT;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if ((error = make_directory(path)) || (error = clear_the_way(&address)))
        return error;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;

    mode_t mask = umask(0117);

    error = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    umask(mask);
    *gid = entry ? entry->gr_gid : getegid();
    if (!error && chown(path, (uid_t)-1, *gid) != 0)
        error = errno;
    if (error)
        close(fd);
    else
        *bound_fd = fd;
    return error;
}
