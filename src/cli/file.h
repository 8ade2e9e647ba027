/* Files read whole. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/bytes.h"
#include "base/text.h"

#include <stdio.h>
#include <sys/types.h>

enum { FILE_PATH_SIZE = 4096 };

struct file {
    uint8_t *data; /* on the heap */
    size_t len;
};

/* 0, or an errno; EFBIG: longer than `max`. */
int file_read(struct file *file, const char *path, size_t max);

/* To be written: one that there was not, or behind what one has; which others may read as `mode` says. NULL: *error. */
FILE *file_new(const char *path, mode_t mode, int *error);
FILE *file_add(const char *path, mode_t mode, int *error); /* EINVAL: a directory, a device */

/* The name is one of a device's places (flash:/x, tftp://...), or only the place's. */
bool file_is_elsewhere(const char *name);

void file_complain_of_place(const char *name, struct text *why);

/* Wiped, for it may hold keys. */
void file_free(struct file *file);

/* The secrets file beside a configuration: x.conf has x.secrets, anything else has .secrets behind it. False: too long.
 */
bool file_name_secrets(char secrets[static FILE_PATH_SIZE], const char *path);

#endif
