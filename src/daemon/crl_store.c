#include "daemon/crl_store.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "daemon/fetch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct crl_store {
    int directory;
};

static const char unfinished[] = "new";

struct crl_store *crl_store_open(const char *directory, struct text *why)
{
    struct stat seen;
    bool is_made = mkdir(directory, 0700) == 0 || errno == EEXIST;
    int fd = is_made ? open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (fd < 0 || fstat(fd, &seen) != 0) {
        text_add(why, "%s: %s", directory, strerror(errno));
    } else if (seen.st_uid != geteuid() || (seen.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        text_add(why, "%s: others may write there", directory);
    } else {
        struct crl_store *store = malloc(sizeof *store);

        CHECK(store != NULL);
        store->directory = fd;
        return store;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

void crl_store_close(struct crl_store *store)
{
    if (store == NULL)
        return;
    close(store->directory);
    free(store);
}

void crl_store_name(const char *trustpoint, const char *url, char name[static CRL_STORE_NAME_SIZE])
{
    uint8_t digest[DIGEST_MAX];
    struct text text = text_of(name, CRL_STORE_NAME_SIZE);
    const struct bytes parts[] = {bytes_of_text(trustpoint), bytes_of_text("\n"), bytes_of_text(url)};

    text_add_hex(&text, hash_of(HASH_SHA256, parts, COUNT_OF(parts), digest));
}

bool crl_store_put(struct crl_store *store, const char *trustpoint, const char *url, struct bytes der)
{
    char name[CRL_STORE_NAME_SIZE];
    int fd = openat(store->directory, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return false;
    crl_store_name(trustpoint, url, name);
    bool is_written = write(fd, der.data, der.len) == (ssize_t)der.len;
    is_written &= close(fd) == 0;
    return is_written && renameat(store->directory, unfinished, store->directory, name) == 0;
}

struct bytes crl_store_get(const struct crl_store *store, const char *trustpoint, const char *url)
{
    char name[CRL_STORE_NAME_SIZE];
    struct stat seen;
    uint8_t *space = NULL;
    ssize_t len = 0;

    crl_store_name(trustpoint, url, name);
    int fd = openat(store->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return bytes_of(NULL, 0);
    if (fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode) && seen.st_size > 0 && seen.st_size <= FETCH_MAX &&
        (space = malloc((size_t)seen.st_size)) != NULL)
        len = read(fd, space, (size_t)seen.st_size);
    close(fd);
    if (len > 0)
        return bytes_of(space, (size_t)len);
    free(space);
    return bytes_of(NULL, 0);
}

void crl_store_drop(struct crl_store *store, const char *trustpoint, const char *url)
{
    char name[CRL_STORE_NAME_SIZE];

    crl_store_name(trustpoint, url, name);
    (void)unlinkat(store->directory, name, 0);
}

void crl_store_sweep(struct crl_store *store, void *context, bool (*is_wanted)(void *context, const char *name))
{
    int fd = openat(store->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.' && !is_wanted(context, entry->d_name))
            (void)unlinkat(store->directory, entry->d_name, 0);
    closedir(list);
}
