#include "cli/secret.h"

#include "base/check.h"
#include "base/writer.h"
#include "cli/ask.h"
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MAX = 128, SECRETS_MAX = 64 * 1024, ENTRY_SIZE = 32 + IP_TEXT_SIZE };

static bool is_storable(struct bytes key, struct text *why)
{
    if (key.len == 0 || key.len > KEY_MAX)
        text_add(why, "a key has 1 to %d characters", KEY_MAX);
    else if (key.data[0] == ' ' || key.data[key.len - 1] == ' ')
        text_add(why, "the key begins or ends with a blank: an ASA would not have it so");
    for (size_t i = 0; i < key.len && why->len == 0; i++) {
        if (key.data[i] < 0x20 || key.data[i] > 0x7e)
            text_add(why, "the key holds something that is not printable ASCII");
    }
    return why->len == 0;
}

/* The lines of the old file but those of this peer, then this peer's. */
static void write_entries(struct writer *w, struct bytes old, const char *entry, struct bytes key)
{
    struct bytes begin = bytes_of_text(entry);

    while (old.len > 0) {
        const uint8_t *end = memchr(old.data, '\n', old.len);
        struct bytes line = bytes_of(old.data, end ? (size_t)(end - old.data) : old.len);

        if (!bytes_begin_with(line, begin) && line.len > 0) {
            write_bytes(w, line);
            write_u8(w, '\n');
        }
        old = bytes_after(old, line.len + 1);
    }
    write_bytes(w, begin);
    write_bytes(w, key);
    write_u8(w, '\n');
}

/* The new file takes the old one's place in one step: a crash leaves the one or the other. */
static int exchange(const char *path, struct bytes contents)
{
    char new_path[FILE_PATH_SIZE];
    struct text t = text_of(new_path, sizeof new_path);
    int fd, error = 0;

    text_add(&t, "%s.new", path);
    if (t.is_cut)
        return ENAMETOOLONG;
    unlink(new_path); /* left by a crash */
    fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    if (fchmod(fd, 0600) != 0 || write(fd, contents.data, contents.len) != (ssize_t)contents.len || fsync(fd) != 0)
        error = errno ? errno : EIO;
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && rename(new_path, path) != 0)
        error = errno;
    if (error)
        unlink(new_path);
    return error;
}

bool secret_store(struct ip peer, const char *secrets_path, struct bytes key, struct text *why)
{
    static uint8_t space[SECRETS_MAX + ENTRY_SIZE + ASK_LINE_SIZE];
    struct writer w = writer_of(space, sizeof space);
    char entry[ENTRY_SIZE], peer_text[IP_TEXT_SIZE];
    struct text t = text_of(entry, sizeof entry);
    struct file old = {0};
    int error;

    if (!is_storable(key, why))
        return false;
    text_add(&t, "pre-shared-key %s ", ip_text(peer, peer_text));
    error = file_read(&old, secrets_path, SECRETS_MAX);
    if (!error || error == ENOENT) {
        write_entries(&w, bytes_of(old.data, old.len), entry, key);
        error = writer_is_ok(&w) && w.len <= SECRETS_MAX ? exchange(secrets_path, writer_bytes(&w)) : EFBIG;
    }
    bytes_wipe(space, sizeof space);
    file_free(&old);
    if (error) {
        text_add_escaped(why, bytes_of_text(secrets_path));
        text_add(why, ": %s", strerror(error));
    }
    return error == 0;
}

bool secret_ask_and_store(struct ip peer, const char *conf_path, struct text *why)
{
    char first[ASK_LINE_SIZE], second[ASK_LINE_SIZE], secrets[FILE_PATH_SIZE];
    size_t first_len = 0, second_len = 0;
    bool is_stored = false;

    if (!file_name_secrets(secrets, conf_path))
        text_add(why, "the file name is too long");
    else if (!ask_silently("Pre-shared key: ", first, &first_len))
        text_add(why, "no key was given, or one of more than %d characters", KEY_MAX);
    else if (isatty(STDIN_FILENO) && !ask_silently("Again: ", second, &second_len))
        text_add(why, "the key was not given again");
    else if (isatty(STDIN_FILENO) && !(first_len == second_len && memcmp(first, second, first_len) == 0))
        text_add(why, "the two are not the same");
    else
        is_stored = secret_store(peer, secrets, bytes_of(first, first_len), why);
    bytes_wipe(first, sizeof first);
    bytes_wipe(second, sizeof second);
    return is_stored;
}
