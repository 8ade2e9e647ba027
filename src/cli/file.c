#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 64 * 1024 };

int file_read(struct file *file, const char *path, size_t max)
{
    FILE *in = fopen(path, "re");
    struct file f = {0};
    int error = 0;
    size_t room = 0, got;

    if (!in)
        return errno;
    setvbuf(in, NULL, _IONBF, 0); /* no second copy of a key */
    do {
        if (f.len == room) {
            uint8_t *larger = malloc(room + READ_STEP);

            if (!larger) {
                error = ENOMEM;
                break;
            }
            if (f.len)
                memcpy(larger, f.data, f.len);
            room += READ_STEP;
            file_free(&(struct file){f.data, f.len});
            f.data = larger;
        }
        got = fread(f.data + f.len, 1, room - f.len, in);
        f.len += got;
        if (f.len > max)
            error = EFBIG;
    } while (got > 0 && !error);
    if (ferror(in) && !error)
        error = errno ? errno : EIO;
    fclose(in);
    if (error)
        file_free(&f);
    else
        *file = f;
    return error;
}

static FILE *open_file(const char *path, int flags, mode_t mode, int *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, mode);
    struct stat status;
    FILE *file = NULL;

    *error = fd < 0 || fstat(fd, &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (*error == 0 && (file = fdopen(fd, flags & O_APPEND ? "a" : "w")) == NULL)
        *error = errno;
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

FILE *file_new(const char *path, mode_t mode, int *error)
{
    return open_file(path, O_EXCL, mode, error);
}

FILE *file_add(const char *path, mode_t mode, int *error)
{
    return open_file(path, O_APPEND | O_NONBLOCK, mode, error); /* a pipe is not waited for */
}

bool file_is_elsewhere(const char *name)
{
    static const char *const places[] = {"tftp", "ftp",   "http",      "https", "scp",   "sftp",  "smb",
                                         "rcp",  "flash", "bootflash", "disk0", "disk1", "nvram", "usbflash0"};

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        size_t len = strlen(places[i]);

        if (strncmp(name, places[i], len) == 0 && (name[len] == ':' || name[len] == '\0'))
            return true;
    }
    return false;
}

void file_complain_of_place(const char *name, struct text *why)
{
    text_add_escaped(why, bytes_of_text(name));
    text_add(why, ": files are of this machine only, by their path; bring it here or there by other means");
}

void file_free(struct file *file)
{
    if (file->data)
        bytes_wipe(file->data, file->len);
    free(file->data);
    *file = (struct file){0};
}

bool file_name_secrets(char secrets[static FILE_PATH_SIZE], const char *path)
{
    size_t len = strlen(path);

    if (len > 5 && strcmp(path + len - 5, ".conf") == 0)
        len -= 5;

    int written = snprintf(secrets, FILE_PATH_SIZE, "%.*s.secrets", (int)len, path);

    return written > 0 && written < FILE_PATH_SIZE;
}
