#include "daemon/config.h"

#include "conf/ios.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room in the arena for the names of interfaces, for as long as the configuration lives. */
enum { NAMES_SIZE = 64 * 1024, PATH_SIZE = CONFIG_PATH_SIZE + 80 };

struct file {
    struct bytes text; /* NULL when it is empty */
    bool is_private;   /* nobody but its owner may read or write it */
};

static void free_file(struct file *file)
{
    if (file->text.data == NULL)
        return;
    bytes_wipe((void *)file->text.data, file->text.len);
    free((void *)file->text.data);
}

static int read_whole(int fd, size_t size, struct file *file)
{
    uint8_t *data = malloc(size + 1);
    size_t len = 0;
    ssize_t got = 1;

    if (data == NULL)
        return ENOMEM;
    while (len < size && (got = read(fd, data + len, size - len)) > 0)
        len += (size_t)got;
    if (got < 0) {
        int error = errno;
        bytes_wipe(data, len);
        free(data);
        return error;
    }
    file->text = bytes_of(data, len);
    return 0;
}

/* 0, or an errno; EFBIG: longer than `limit`. O_NONBLOCK: a pipe must not stop the daemon; it is no regular file
 * anyway. */
static int read_file(const char *path, size_t limit, struct file *file)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return errno;
    int error = fstat(fd, &info) < 0             ? errno
                : !S_ISREG(info.st_mode)         ? EINVAL
                : (uint64_t)info.st_size > limit ? EFBIG
                                                 : 0;
    if (error == 0) {
        file->is_private = (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
        error = read_whole(fd, (size_t)info.st_size, file);
    }
    close(fd);
    return error;
}

static bool refused(struct text *why, const char *path, int error)
{
    text_add_escaped(why, bytes_of_text(path));
    if (error == EINVAL)
        text_add(why, " is not a regular file");
    else
        text_add(why, ": %s", strerror(error));
    return false;
}

static bool refused_as_long(struct text *why, const char *path)
{
    text_add_escaped(why, bytes_of_text(path));
    text_add(why, ": a configuration may have %d MB at most", CONF_FILE_MAX / (1024 * 1024));
    return false;
}

static bool refused_as_readable(struct text *why, const char *path)
{
    text_add_escaped(why, bytes_of_text(path));
    text_add(why, " has keys in it and others than its owner may read or write it: chmod 600 ");
    text_add_escaped(why, bytes_of_text(path));
    return false;
}

static bool refused_by_conf(struct text *why, const struct conf *conf)
{
    if (conf->finding_count > 0)
        text_add_finding(why, &conf->findings[conf->finding_count - 1]);
    else
        text_add(why, "the configuration does not fit into its memory");
    return false;
}

static bool make_room(struct config *config, size_t text_len, struct text *why)
{
    size_t size = conf_space(text_len) + NAMES_SIZE;
    void *space = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (space == MAP_FAILED)
        return refused(why, config->path, ENOMEM);
    (void)madvise(space, size, MADV_DONTDUMP);
    config->arena = arena_of_zeros(space, size);
    return true;
}

static bool read_text(struct config *config, struct bytes text, struct text *why)
{
    return make_room(config, text.len, why) &&
           (conf_read(&config->conf, text, config->path, &config->arena) || refused_by_conf(why, &config->conf));
}

static bool read_configuration(struct config *config, struct text *why)
{
    struct file file = {0};
    int error = read_file(config->path, CONF_FILE_MAX, &file);

    if (error != 0)
        return error == EFBIG ? refused_as_long(why, config->path) : refused(why, config->path, error);
    bool ok = read_text(config, file.text, why);
    free_file(&file);
    return ok && ((config->conf.key_count == 0 && !config->conf.has_passphrase) || file.is_private ||
                  refused_as_readable(why, config->path));
}

/* Beside the file, with the ending .secrets. */
static bool name_secrets(struct config *config)
{
    size_t len = strlen(config->path);

    if (len > 5 && strcmp(config->path + len - 5, ".conf") == 0)
        len -= 5;
    int written = snprintf(config->secrets_path, sizeof config->secrets_path, "%.*s.secrets", (int)len, config->path);
    return written > 0 && (size_t)written < sizeof config->secrets_path;
}

static bool read_secrets(struct config *config, struct text *why)
{
    struct file file = {0};
    int error = name_secrets(config) ? read_file(config->secrets_path, SECRETS_FILE_MAX, &file) : ENAMETOOLONG;
    bool ok;

    if (error == ENOENT)
        return true;
    if (error != 0)
        return refused(why, config->secrets_path, error);
    if (!file.is_private)
        ok = refused_as_readable(why, config->secrets_path);
    else
        ok = conf_read_secrets(&config->conf, file.text, config->secrets_path, &config->arena) ||
             refused_by_conf(why, &config->conf);
    config->has_secrets = ok;
    free_file(&file);
    return ok;
}

static bool path_of(const struct config *config, const struct conf_file *wanted, struct text *path)
{
    if (wanted->is_keypair)
        return conf_keypair_path(config->path, wanted->path, path);
    text_add(path, "%.*s", (int)wanted->path.len, (const char *)wanted->path.data);
    return !path->is_cut;
}

static void take_file(struct config *config, struct conf_file *wanted)
{
    char path[PATH_SIZE];
    struct text t = text_of(path, sizeof path);
    struct file file = {0};
    int error = path_of(config, wanted, &t) ? read_file(path, CONF_TRUST_FILE_MAX, &file) : ENAMETOOLONG;

    char *copy = error == 0 ? arena_copy_text(&config->arena, file.text) : NULL;
    if (error != 0)
        wanted->why = error == ENOENT && wanted->is_keypair ? "`crypto key generate` has made none of this label"
                      : error == EINVAL                     ? "it is not a regular file"
                                                            : strerror(error);
    else if (wanted->is_secret && !file.is_private)
        wanted->why = "it has a private key in it and others than its owner may read or write it: chmod 600";
    else
        wanted->content = bytes_of(copy, copy == NULL ? 0 : file.text.len);
    if (wanted->why != NULL && copy != NULL)
        bytes_wipe(copy, file.text.len);
    free_file(&file);
}

/* What trustpoints name. */
static bool read_files(struct config *config, struct text *why)
{
    struct conf_file *files = arena_take(&config->arena, CONF_FILES_MAX * sizeof *files);
    uint32_t count = 0;

    if (files == NULL)
        return refused(why, config->path, ENOMEM);
    while (count < CONF_FILES_MAX && conf_file_wanted(&config->conf, count, &files[count]))
        take_file(config, &files[count++]);
    bool ok = count == 0 || conf_read_files(&config->conf, files, count, &config->arena) ||
              refused(why, config->path, ENOMEM);
    for (uint32_t i = 0; i < count; i++)
        if (files[i].is_secret && files[i].content.len > 0)
            bytes_wipe((void *)files[i].content.data, files[i].content.len);
    return ok;
}

static struct config *begin(const char *path, struct text *why)
{
    struct config *config = calloc(1, sizeof *config);

    if (config == NULL || strlen(path) >= sizeof config->path) {
        free(config);
        refused(why, path, config == NULL ? ENOMEM : ENAMETOOLONG);
        return NULL;
    }
    memcpy(config->path, path, strlen(path) + 1);
    return config;
}

/* Before the keys leave `conf`. */
static bool keep_running(struct config *config, struct text *why)
{
    config->has_keys = config->conf.key_count > 0 || config->conf.has_passphrase;
    return running_write(&config->running, &config->conf, CONF_KEYS_SHOWN, (struct conf_part){0}) ||
           refused(why, config->path, ENOMEM);
}

struct config *config_load(const char *path, struct text *why)
{
    struct config *config = begin(path, why);

    if (config == NULL)
        return NULL;
    if (read_configuration(config, why) && read_secrets(config, why) && read_files(config, why) &&
        keep_running(config, why))
        return config;
    config_free(config);
    return NULL;
}

/* ---- changes ---- */

/* Is it about one of the lines that were given, after those of before? */
static bool is_of_change(const struct config *config, const struct conf_finding *finding, uint32_t lines_before)
{
    return finding->file_name == config->conf.file_name && finding->line > lines_before;
}

/* `ios` NULL: the lines are as they were given. False: no memory. */
static bool take_faults(struct config *config, const struct ios *ios, uint32_t lines_before)
{
    struct conf_finding *faults =
        arena_take(&config->arena, (config->conf.findings_of_reading_count + 1) * sizeof *faults);

    for (uint32_t i = 0; faults != NULL && i < config->conf.findings_of_reading_count; i++) {
        struct conf_finding finding = config->conf.findings_of_reading[i];

        if (!is_of_change(config, &finding, lines_before))
            continue;
        finding.line -= lines_before;
        if (ios != NULL && finding.line <= ios->line_count)
            finding.line = ios->lines[finding.line - 1];
        finding.file_name = "line";
        faults[config->fault_count++] = finding;
    }
    config->faults = faults;
    return faults != NULL;
}

static struct config *read_again(const char *path, struct running *running, struct text *why)
{
    struct config *config = begin(path, why);

    if (config == NULL)
        return NULL;
    if (running->len <= CONF_FILE_MAX ? read_text(config, bytes_of(running->text, running->len), why)
                                      : refused_as_long(why, path))
        return config;
    config_free(config);
    return NULL;
}

static struct config *finish(struct config *config, struct text *why)
{
    if (config != NULL && read_secrets(config, why) && read_files(config, why) && keep_running(config, why))
        return config;
    if (config != NULL)
        config_free(config);
    return NULL;
}

static struct config *add_lines(const struct config *old, struct bytes lines, const struct ios *ios, struct text *why)
{
    struct running changed = {0};
    struct config *new = NULL;
    uint32_t lines_before = 0;

    if (!running_add(&changed, bytes_of(old->running.text, old->running.len)) ||
        !running_add(&changed, bytes_of_text("!\n")))
        refused(why, old->path, ENOMEM);
    else {
        lines_before = running_line_count(&changed);
        if (!running_add(&changed, lines))
            refused(why, old->path, ENOMEM);
        else
            new = read_again(old->path, &changed, why);
    }
    running_free(&changed);
    if (new == NULL)
        return NULL;
    new->conf.policy.is_ios = old->conf.policy.is_ios; /* the words of the screens stay */
    new->conf.policy.ios_release = old->conf.policy.ios_release;
    if (!take_faults(new, ios, lines_before)) {
        refused(why, old->path, ENOMEM);
        config_free(new);
        return NULL;
    }
    return new->fault_count > 0 ? new : finish(new, why);
}

struct config *config_changed(const struct config *old, struct bytes lines, bool is_ios, struct text *why)
{
    size_t size = ios_change_space(lines.len);
    struct arena arena = is_ios ? arena_of(malloc(size), size) : (struct arena){0};
    struct config *new = NULL;
    struct ios ios;

    if (!is_ios)
        return add_lines(old, lines, NULL, why);
    if (arena.data == NULL || !ios_translate_change(&ios, lines, &old->conf, &arena))
        refused(why, old->path, ENOMEM);
    else
        new = add_lines(old, ios.text, &ios, why);
    arena_wipe(&arena); /* there may be keys */
    free(arena.data);
    return new;
}

struct config *config_without(const struct config *old, const struct bytes *words, size_t word_count, struct text *why)
{
    struct running kept = {.text = old->running.text, .len = old->running.len}, changed = {0};
    struct config *again = read_again(old->path, &kept, why), *new = NULL;
    struct conf_part part = {.words = words, .count = word_count, .is_left_out = true};

    if (again == NULL)
        return NULL;
    if (word_count > 0 && !running_write(&changed, &again->conf, CONF_KEYS_SHOWN, part))
        refused(why, old->path, ENOMEM);
    else
        new = read_again(old->path, &changed, why);
    config_free(again);
    running_free(&changed);
    return finish(new, why);
}

struct config *config_again(const struct config *old, struct text *why)
{
    struct running same = {.text = old->running.text, .len = old->running.len};
    struct config *new = read_again(old->path, &same, why);

    if (new != NULL)
        new->conf.policy.is_ios = old->conf.policy.is_ios;
    return finish(new, why);
}

bool config_set_hosts(struct config *config, const struct conf_host *hosts, uint32_t count, struct text *why)
{
    bool is_ios = config->conf.policy.is_ios;
    struct conf_host *list = arena_take(&config->arena, (count + 1) * sizeof *list);

    if (count == 0)
        return true;
    for (uint32_t i = 0; list != NULL && i < count; i++) {
        const char *name = arena_copy_text(&config->arena, hosts[i].name);
        list[i] = (struct conf_host){bytes_of(name, name == NULL ? 0 : hosts[i].name.len), hosts[i].ip};
    }
    if (list == NULL || config->arena.is_full || !conf_read_hosts(&config->conf, list, count, &config->arena))
        return refused(why, config->path, ENOMEM);
    config->conf.policy.is_ios = is_ios;
    return true;
}

bool config_show(const struct config *config, bool is_all, struct conf_part part, struct running *text,
                 struct text *why)
{
    struct running whole = {0};
    struct config *again = NULL;
    bool ok = running_write_implied(&whole, &config->conf, is_all) && running_add(&whole, bytes_of_text("!")) &&
              running_add(&whole, bytes_of(config->running.text, config->running.len));

    if (!ok)
        refused(why, config->path, ENOMEM);
    else
        again = read_again(config->path, &whole, why);
    ok = again != NULL && running_write(text, &again->conf, CONF_KEYS_MASKED, part);
    if (again != NULL)
        config_free(again);
    running_free(&whole);
    return ok;
}

bool config_save(const struct config *config, struct text *why)
{
    int error = running_save(&config->running, config->path, config->has_keys);

    return error == 0 || refused(why, config->path, error);
}

bool config_erase(const struct config *config, struct text *why)
{
    char nothing[] = "!\n";
    const struct running empty = {.text = nothing, .len = strlen(nothing)};
    int error = running_save(&empty, config->path, config->has_keys);

    return error == 0 || refused(why, config->path, error);
}

static struct ip ip_of_address(const struct sockaddr *address)
{
    if (address == NULL)
        return (struct ip){0};
    if (address->sa_family == AF_INET)
        return ip_of_bytes(bytes_of(&((const struct sockaddr_in *)(const void *)address)->sin_addr, 4));
    if (address->sa_family == AF_INET6)
        return ip_of_bytes(bytes_of(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16));
    return (struct ip){0};
}

static void log_match(const struct config *config, struct log *log, uint16_t index)
{
    const struct policy_interface *interface = &config->conf.policy.interfaces[index];
    char ip[IP_TEXT_SIZE];

    log_note(log, LOG_INFO, "interface %s (%s), %s, is %s of this machine", interface->name, interface->hardware,
             ip_text(interface->ip, ip), interface->linux_name);
}

unsigned config_match_interfaces(struct config *config, struct log *log)
{
    struct ifaddrs *all = NULL;
    unsigned count = 0;
    uint16_t index;

    if (getifaddrs(&all) < 0) {
        if (log != NULL)
            log_note(log, LOG_ERR, "the addresses of this machine cannot be listed: %s", strerror(errno));
        return 0;
    }
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        struct ip ip = ip_of_address(one->ifa_addr);
        if (ip_is_set(ip) && conf_match_interface(&config->conf, ip, one->ifa_name, &config->arena, &index)) {
            if (log != NULL)
                log_match(config, log, index);
            count++;
        }
    }
    freeifaddrs(all);
    return count;
}

void config_log_interfaces(const struct config *config, struct log *log)
{
    for (uint16_t i = 0; i < config->conf.policy.interface_count; i++)
        if (config->conf.policy.interfaces[i].linux_name[0] != '\0')
            log_match(config, log, i);
}

void config_free(struct config *config)
{
    running_free(&config->running);
    if (config->arena.data != NULL) {
        arena_wipe(&config->arena);
        munmap(config->arena.data, config->arena.size);
    }
    free(config);
}
