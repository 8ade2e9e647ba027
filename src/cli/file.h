/* Files read whole. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/bytes.h"

enum { FILE_PATH_SIZE = 4096 };

struct file {
    uint8_t *data; /* on the heap */
    size_t len;
};

/* 0, or an errno; EFBIG: longer than `max`. */
int file_read(struct file *file, const char *path, size_t max);

/* Wiped, for it may hold keys. */
/* The name is one of a device's places (flash:/x, tftp://...), or only the place's. */
bool file_is_elsewhere(const char *name);

void file_free(struct file *file);

/* The secrets file beside a configuration: x.conf has x.secrets, anything else has .secrets behind it. False: too long.
 */
bool file_name_secrets(char secrets[static FILE_PATH_SIZE], const char *path);

#endif
