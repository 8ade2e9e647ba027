#include "daemon/keypairs.h"

#include "base/base64.h"
#include "crypto/certificate.h"
#include "daemon/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE = 2 * KEYPAIR_MAX, KEYPAIR_PATH_SIZE = 4096 + 80 };

static const char ending[] = CONF_KEYPAIR_ENDING;

static bool keypair_path(const char *config_path, struct bytes label, char path[static KEYPAIR_PATH_SIZE])
{
    struct text t = text_of(path, KEYPAIR_PATH_SIZE);

    return conf_keypair_path(config_path, label, &t);
}

static bool directory_of(const char *config_path, char path[static KEYPAIR_PATH_SIZE])
{
    struct text t = text_of(path, KEYPAIR_PATH_SIZE);

    conf_keypairs_directory(config_path, &t);
    return !t.is_cut;
}

int keypair_store(const char *config_path, struct bytes label, struct bytes key, bool may_replace)
{
    char path[KEYPAIR_PATH_SIZE], directory[KEYPAIR_PATH_SIZE], pem[FILE_SIZE];
    struct text t = text_of(pem, sizeof pem);
    struct running file = {0};

    if (!keypair_path(config_path, label, path))
        return EINVAL;
    if (!may_replace && access(path, F_OK) == 0)
        return EEXIST;
    if (directory_of(config_path, directory) && mkdir(directory, 0700) != 0 && errno != EEXIST)
        return errno;
    text_add_pem(&t, "PRIVATE KEY", key);

    int error = !running_add(&file, bytes_of(pem, t.len)) ? ENOMEM : running_save(&file, path, true);

    running_free(&file);
    bytes_wipe(pem, sizeof pem);
    return error;
}

/* Nobody else may read it. Its length; 0: see errno. */
static size_t read_file(const char *path, char space[static FILE_SIZE], struct stat *info)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    ssize_t len = -1;

    if (fd < 0)
        return 0;
    if (fstat(fd, info) == 0 && S_ISREG(info->st_mode) && (info->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        len = read(fd, space, FILE_SIZE);
    else
        errno = EPERM;
    close(fd);
    if (len == 0)
        errno = EBADMSG;
    return len > 0 ? (size_t)len : 0;
}

static size_t load(const char *path, uint8_t key[static KEYPAIR_MAX], struct stat *info)
{
    static const struct bytes no_passphrase;
    struct pieces *pieces = malloc(sizeof *pieces);
    char space[FILE_SIZE];
    const char *why;
    size_t len = pieces == NULL ? 0 : read_file(path, space, info), found = 0;

    if (len > 0 && pieces_read(pieces, bytes_of(space, len), no_passphrase, &why) &&
        pieces->list[0].kind == PIECE_PRIVATE_KEY && pieces->list[0].der.len <= KEYPAIR_MAX) {
        found = pieces->list[0].der.len;
        memcpy(key, pieces->list[0].der.data, found);
    } else if (len > 0) {
        errno = EBADMSG;
    }
    bytes_wipe(space, sizeof space);
    if (pieces != NULL)
        bytes_wipe(pieces, sizeof *pieces);
    free(pieces);
    return found;
}

size_t keypair_load(const char *config_path, struct bytes label, uint8_t key[static KEYPAIR_MAX])
{
    char path[KEYPAIR_PATH_SIZE];
    struct stat info;

    if (keypair_path(config_path, label, path))
        return load(path, key, &info);
    errno = EINVAL;
    return 0;
}

int keypair_remove(const char *config_path, struct bytes label)
{
    char path[KEYPAIR_PATH_SIZE];

    if (!keypair_path(config_path, label, path))
        return EINVAL;
    return unlink(path) == 0 ? 0 : errno;
}

/* ---- shown ---- */

static int is_pem(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), end = strlen(ending);

    return len > end && strcmp(entry->d_name + len - end, ending) == 0 &&
           conf_is_keypair_label(bytes_of(entry->d_name, len - end));
}

static bool look(const char *config_path, const char *name, struct keypair_shown *shown)
{
    uint8_t key[KEYPAIR_MAX];
    char path[KEYPAIR_PATH_SIZE];
    struct stat info;
    struct text label = text_of(shown->label, sizeof shown->label);

    text_add(&label, "%.*s", (int)(strlen(name) - strlen(ending)), name);
    if (!keypair_path(config_path, bytes_of_text(shown->label), path))
        return false;

    size_t len = load(path, key, &info);
    bool is_key = len > 0 && keypair_look(bytes_of(key, len), &shown->view);

    bytes_wipe(key, sizeof key);
    shown->made_s = is_key ? info.st_mtim.tv_sec : 0;
    return is_key;
}

bool keypair_nth(const char *config_path, size_t nth, struct keypair_shown *shown)
{
    char directory[KEYPAIR_PATH_SIZE];
    struct dirent **names = NULL;
    int count = directory_of(config_path, directory) ? scandir(directory, &names, is_pem, alphasort) : 0;
    bool is_found = false;

    for (int i = 0; i < count; i++) {
        if (!is_found && look(config_path, names[i]->d_name, shown))
            is_found = nth-- == 0;
        free(names[i]);
    }
    free(names);
    return is_found;
}
