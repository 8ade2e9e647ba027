/* The keys of ISAKMP SAs in the form of Wireshark's ikev1_decryption_table, and those of IPsec SAs in that of its
 * esp_sa, for whoever has to look into what was captured. They are secrets: the file is 0600, is made by us or was so
 * before, and only root may ask. */
#include "daemon/control_client.h"
#include "ike/view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_LINE_SIZE = 256, ESP_LINE_SIZE = 512 };

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

/* -1: `why` says why. */
static int open_named(const char *path, struct text *why)
{
    if (path[0] != '/') {
        text_add(why, "the file name must begin with /");
        return -1;
    }
    int fd = open_private(path);
    if (fd < 0)
        text_add(why, "%s: %s", path,
                 errno == EPERM ? "not a file that only its owner, who runs ikewised, can read" : strerror(errno));
    return fd;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool keys_open(struct control *control, const char *path, struct text *why)
{
    int fd = open_named(path, why);

    if (fd < 0)
        return false;
    close_if_open(&control->keys.fd);
    control->keys.fd = fd;
    control->keys.written_count = 0;
    keys_write_new(control);
    return true;
}

bool keys_open_esp(struct control *control, const char *path, struct text *why)
{
    int fd = open_named(path, why);

    if (fd < 0)
        return false;
    close_if_open(&control->keys.esp_fd);
    control->keys.esp_fd = fd;
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

static const char *const ciphers[CIPHER_COUNT] = {
#define WIRESHARK_CIPHER(ours, name) [CIPHER_##ours] = name,
#define WIRESHARK_HASH(...)
#include "daemon/wireshark.def"
#undef WIRESHARK_CIPHER
#undef WIRESHARK_HASH
};

static const char *const hashes[HASH_COUNT] = {
#define WIRESHARK_CIPHER(...)
#define WIRESHARK_HASH(ours, name) [HASH_##ours] = name,
#include "daemon/wireshark.def"
#undef WIRESHARK_CIPHER
#undef WIRESHARK_HASH
};

static void add_hex(struct text *row, const uint8_t *bytes, size_t len)
{
    text_add(row, len > 0 ? ",\"0x" : ",\"");
    for (size_t i = 0; i < len; i++)
        text_add(row, "%02x", bytes[i]);
    text_add(row, "\"");
}

static void write_esp(int fd, const struct ike_install *install, bool is_in)
{
    char space[ESP_LINE_SIZE];
    struct text row = text_of(space, sizeof space);

    if (ciphers[install->cipher] == NULL || hashes[install->integrity] == NULL)
        return;
    text_add(&row, "\"%s\",\"*\",\"*\",\"0x%08x\",\"%s\"", install->local.ip.family == IP_V4 ? "IPv4" : "IPv6",
             is_in ? install->spi_in : install->spi_out, ciphers[install->cipher]);
    add_hex(&row, is_in ? install->key_in : install->key_out, install->key_len);
    text_add(&row, ",\"%s\"", hashes[install->integrity]);
    add_hex(&row, is_in ? install->integrity_key_in : install->integrity_key_out, install->integrity_key_len);
    text_add(&row, "\n");
    ssize_t written = write(fd, row.data, row.len); /* what does not fit on the disk is not exported */
    (void)written;
    bytes_wipe(space, sizeof space);
}

void control_on_install(struct control *control, const struct ike_install *install)
{
    if (control->keys.esp_fd < 0)
        return;
    if (install->is_inbound)
        write_esp(control->keys.esp_fd, install, true);
    if (install->is_outbound)
        write_esp(control->keys.esp_fd, install, false);
}

void keys_close(struct control *control)
{
    close_if_open(&control->keys.fd);
    close_if_open(&control->keys.esp_fd);
    control->keys.written_count = 0;
}
