/* The keys of ISAKMP SAs in the form of Wireshark's ikev1_decryption_table, and those of IPsec SAs in that of its
 * esp_sa, for whoever has to look into what was captured. They are secrets: the file is 0600, is made by us or was so
 * before, and only root may ask. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "ike/view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KEPT_LEN = KEYS_KEPT_MAX * sizeof(struct kept_key), ESP_LINE_SIZE = 512 };

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

/* Neither a core file nor swap gets what is kept. */
static void forget_kept(struct control_keys *keys)
{
    if (keys->kept != NULL) {
        bytes_wipe(keys->kept, KEPT_LEN);
        munmap(keys->kept, KEPT_LEN);
    }
    keys->kept = NULL;
    keys->kept_count = 0;
}

static bool keep_anew(struct control_keys *keys)
{
    void *space = mmap(NULL, KEPT_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (space == MAP_FAILED)
        return false;
    (void)mlock(space, KEPT_LEN);
    CHECK(madvise(space, KEPT_LEN, MADV_DONTDUMP) == 0);
    forget_kept(keys);
    keys->kept = space;
    return true;
}

bool keys_open(struct control *control, const char *path, struct text *why)
{
    int fd = open_named(path, why);

    if (fd < 0)
        return false;
    if (!keep_anew(&control->keys)) {
        text_add(why, "no memory for the keys");
        close(fd);
        return false;
    }
    close_if_open(&control->keys.fd);
    control->keys.fd = fd;
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

static size_t kept_len(const struct control_keys *keys)
{
    return keys->kept_count < KEYS_KEPT_MAX ? keys->kept_count : KEYS_KEPT_MAX;
}

/* Its place; kept_len: it is not kept. */
static size_t kept_at(const struct control_keys *keys, uint64_t cookie)
{
    size_t at = 0;

    while (at < kept_len(keys) && keys->kept[at].cookie != cookie)
        at++;
    return at;
}

static uint64_t cookie_of(const struct ike_sa_view *view)
{
    uint64_t cookie;

    memcpy(&cookie, view->cookies, sizeof cookie);
    return cookie;
}

/* The row of the SA at that index; false: there is no such SA, or it has no keys yet (`row` empty). */
static bool read_row(const struct control *control, uint32_t index, struct ike_sa_view *view, struct text *row)
{
    const struct control_source *source = control->source;
    const struct ike *ike = source->ike(source->context);

    if (!ike_view_sa(ike, source->now_ms(source->context), index, view))
        return false;
    (void)ike_view_wireshark_key(ike, index, row);
    CHECK(!row->is_cut);
    return true;
}

static void write_row(struct control_keys *keys, const struct ike_sa_view *view, const char *row)
{
    struct kept_key *kept = &keys->kept[keys->kept_count % KEYS_KEPT_MAX];
    const struct iovec parts[] = {{(void *)row, strlen(row)}, {"\n", 1}};

    if (writev(keys->fd, parts, COUNT_OF(parts)) != (ssize_t)strlen(row) + 1)
        return;
    *kept = (struct kept_key){.cookie = cookie_of(view), .peer = view->remote.ip};
    memcpy(kept->row, row, strlen(row));
    keys->kept_count++;
}

void keys_write_new(struct control *control)
{
    struct control_keys *keys = &control->keys;
    struct ike_sa_view view;
    char space[KEY_ROW_SIZE];
    struct text row = text_of(space, sizeof space);

    if (keys->fd < 0)
        return;
    for (uint32_t i = 0; read_row(control, i, &view, &row); i++, row = text_of(space, sizeof space))
        if (row.len > 0 && kept_at(keys, cookie_of(&view)) == kept_len(keys))
            write_row(keys, &view, space);
    bytes_wipe(space, sizeof space);
}

/* A dead SA is listed for a while, and has no keys any more. */
void keys_each(const struct control *control, void *context,
               void (*take)(void *context, struct ip peer, const char *row))
{
    const struct control_keys *keys = &control->keys;
    bool is_there[KEYS_KEPT_MAX + 1] = {false};
    struct ike_sa_view view;
    char space[KEY_ROW_SIZE];
    struct text row = text_of(space, sizeof space);

    for (uint32_t i = 0; read_row(control, i, &view, &row); i++, row = text_of(space, sizeof space)) {
        if (row.len == 0)
            continue;
        is_there[kept_at(keys, cookie_of(&view))] = true;
        take(context, view.remote.ip, space);
    }
    for (size_t i = 0; i < kept_len(keys); i++)
        if (!is_there[i])
            take(context, keys->kept[i].peer, keys->kept[i].row);
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
    forget_kept(&control->keys);
}
