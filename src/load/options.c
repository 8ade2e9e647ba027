#include "load/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_id {
#define OPTION(name, ...) OPTION_##name,
#include "load/options.def"
#undef OPTION
    OPTION_COUNT
};

static const struct option_row {
    const char *word, *argument, *value, *meaning;
} rows[] = {
#define OPTION(name, word, argument, value, meaning) {word, argument, value, meaning},
#include "load/options.def"
#undef OPTION
};

static bool take_number(uint32_t *number, const char *value, uint32_t max)
{
    char *end;
    unsigned long read = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || read > max)
        return false;
    *number = (uint32_t)read;
    return true;
}

static bool take_prefix(struct load_options *options, const char *value)
{
    const char *slash = strchr(value, '/');
    uint32_t len = 32;

    if (!ip_parse(&options->net, bytes_of(value, slash == NULL ? strlen(value) : (size_t)(slash - value))))
        return false;
    if (slash != NULL && !take_number(&len, slash + 1, 32))
        return false;
    options->net_prefix_len = len;
    return options->net.family == IP_V4;
}

static bool take_key(struct load_options *options, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, options->key, sizeof options->key);
    const uint8_t *end = len <= 0 ? NULL : memchr(options->key, '\n', (size_t)len);

    if (fd >= 0)
        close(fd);
    options->key_len = len <= 0 ? 0 : end != NULL ? (size_t)(end - options->key) : (size_t)len;
    return options->key_len > 0;
}

static bool take_cipher(enum cipher_id *cipher, const char *value)
{
    for (*cipher = 1; *cipher < CIPHER_COUNT; (*cipher)++)
        if (strcmp(cipher_info(*cipher)->asa_name, value) == 0 && cipher_info(*cipher)->block_len >= 8)
            return true;
    return false;
}

static bool take_hash(enum hash_id *hash, const char *value)
{
    for (*hash = 1; *hash < HASH_COUNT; (*hash)++)
        if (strcmp(hash_info(*hash)->asa_name, value) == 0)
            return true;
    return false;
}

static bool take_group(enum group_id *group, const char *value)
{
    uint32_t number;

    if (!take_number(&number, value, 0xffff))
        return false;
    for (*group = 1; *group < GROUP_COUNT; (*group)++)
        if (group_info(*group)->number == number)
            return true;
    return false;
}

static bool take_v4(struct ip *ip, const char *value)
{
    return ip_parse(ip, bytes_of_text(value)) && ip->family == IP_V4;
}

static bool take(struct load_options *options, enum option_id id, const char *value)
{
    switch (id) {
    case OPTION_TARGET: return take_v4(&options->target, value);
    case OPTION_FIRST: return take_v4(&options->first, value);
    case OPTION_INNER: return take_v4(&options->inner, value);
    case OPTION_NET: return take_prefix(options, value);
    case OPTION_PEERS: return take_number(&options->peers, value, LOAD_PEERS_MAX) && options->peers > 0;
    case OPTION_RATE: return take_number(&options->rate, value, 1000000);
    case OPTION_WINDOW: return take_number(&options->window, value, LOAD_PEERS_MAX) && options->window > 0;
    case OPTION_TIME: return take_number(&options->time_s, value, LOAD_SECONDS_MAX) && options->time_s > 0;
    case OPTION_HOLD: return take_number(&options->hold_s, value, LOAD_SECONDS_MAX);
    case OPTION_KEY_FILE: return take_key(options, value);
    case OPTION_CIPHER: return take_cipher(&options->cipher, value);
    case OPTION_HASH: return take_hash(&options->hash, value);
    case OPTION_GROUP: return take_group(&options->group, value);
    case OPTION_COUNT: break;
    }
    return false;
}

bool load_options_read(struct load_options *options, int argc, char **argv, struct text *why)
{
    struct load_options read = {0};

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].value[0] != '\0')
            (void)take(&read, (enum option_id)i, rows[i].value);
    for (int i = 1; i < argc; i++) {
        size_t row = 0;

        if (strcmp(argv[i], "--help") == 0) {
            options->is_help = true;
            return true;
        }
        while (row < COUNT_OF(rows) && (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, rows[row].word) != 0))
            row++;
        if (row == COUNT_OF(rows)) {
            text_add(why, "there is no option ");
            text_add_escaped(why, bytes_of_text(argv[i]));
            return false;
        }
        if (i + 1 == argc || !take(&read, (enum option_id)row, argv[++i])) {
            text_add(why, "--%s wants a %s: %s", rows[row].word, rows[row].argument, rows[row].meaning);
            return false;
        }
    }
    if (!ip_is_set(read.target) || read.key_len == 0) {
        text_add(why, "--target and --key-file are needed; see --help");
        return false;
    }
    *options = read;
    return true;
}

void load_options_help(struct text *t)
{
    text_add(t, "ikewise-load: many IKEv1 peers, one address each, against one gateway.\n"
                "All addresses must be local where it runs; it sends to the target only.\n\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char names[40];
        struct text left = text_of(names, sizeof names);

        text_add(&left, "--%s %s", rows[i].word, rows[i].argument);
        text_add(t, "  %-20s %s%s%s%s\n", names, rows[i].meaning, rows[i].value[0] == '\0' ? "" : " (", rows[i].value,
                 rows[i].value[0] == '\0' ? "" : ")");
    }
}
