#include "cli/ends.h"

#include "cli/ends_parts.h"
#include "cli/tool_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    EXIT_UP = 0,
    EXIT_NOT_UP = 1,
    EXIT_NOT_DONE = 2,
    FILE_MAX = 64 * 1024 * 1024,
    FOREIGN_TEXT_SIZE = 512 * 1024,
    KEYS_SIZE = 1024 * 1024,
    BOTH = 2
};

struct wishes {
    FILE *out;
    const char *files[2], *config, *keys;
    int file_count;
    bool is_json, is_help;
};

const char *ends_product(enum product product)
{
    static const char *const names[] = {[PRODUCT_UNKNOWN] = "ASA",
                                        [PRODUCT_ASA] = "ASA",
                                        [PRODUCT_IOS] = "IOS",
                                        [PRODUCT_STRONGSWAN] = "strongSwan",
                                        [PRODUCT_LIBRESWAN] = "libreswan",
                                        [PRODUCT_RACOON] = "racoon",
                                        [PRODUCT_VPNC] = "vpnc",
                                        [PRODUCT_VPN3000] = "VPN 3000",
                                        [PRODUCT_VPN_CLIENT] = "VPN Client",
                                        [PRODUCT_IKE_SCAN] = "ike-scan",
                                        [PRODUCT_IKEWISE] = "ikewise"};

    return names[product];
}

/* ---- options ---- */

#define OPTION(...) {__VA_ARGS__},
static const struct tool_option check_rows[] = {
#include "cli/check_options.def"
};
static const struct tool_option replay_rows[] = {
#include "cli/replay_options.def"
};
#undef OPTION

static const struct ends_tool {
    const struct tool_option *rows;
    size_t row_count;
    int files_wanted;
    bool is_replay; /* a configuration is wanted, too */
    const char *usage, *statuses;
} check_tool = {check_rows,
                COUNT_OF(check_rows),
                BOTH,
                false,
                "ikewise check [--json] A B\n\n"
                "  Both configurations (ASA, IOS, swanctl.conf, ipsec.conf) run against each other, each as "
                "initiator.\n",
                "0 the tunnel comes up from both ends; 1 it does not; 2 not done."},
  replay_tool = {replay_rows,
                 COUNT_OF(replay_rows),
                 1,
                 true,
                 "ikewise replay [--json] [--keys FILE] --config FILE CAPTURE|JOURNAL\n\n"
                 "  The negotiation of a capture or of a gateway's journal again, with the configuration FILE in the "
                 "place of its own end.\n",
                 "0 it would have come up; 1 it would have stopped; 2 not done."};

static void print_help(FILE *out, const struct ends_tool *tool)
{
    fputs(tool->usage, out);
    tool_options_help(out, tool->rows, tool->row_count);
    fprintf(out, "\nExit status: %s\n", tool->statuses);
}

static bool read_options(struct wishes *w, const struct ends_tool *tool, int argc, char **argv)
{
    struct option words[TOOL_OPTIONS_MAX + 1];
    char letters[TOOL_LETTERS_SIZE];
    int letter;

    tool_options_prepare(tool->rows, tool->row_count, words, letters);
    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, letters, words, NULL)) != -1)
        switch (letter) {
        case 'j': w->is_json = true; break;
        case 'c': w->config = optarg; break;
        case 'k': w->keys = optarg; break;
        case 'h': w->is_help = true; break;
        default: fputs("this is not an option here, or it lacks its argument\n", stderr); return false;
        }
    for (; optind < argc; optind++) {
        if (w->file_count == BOTH) {
            fputs("two files at most\n", stderr);
            return false;
        }
        w->files[w->file_count++] = argv[optind];
    }
    return true;
}

bool ends_are_meant(int argc, char **argv)
{
    return argc != 2 || argv[1][0] == '-';
}

/* ---- reading ---- */

static bool complain(const char *file, const char *why)
{
    char space[FILE_PATH_SIZE];
    struct text name = text_of(space, sizeof space);

    text_add_escaped(&name, bytes_of_text(file));
    fprintf(stderr, "%s: %s\n", space, why);
    return false;
}

/* zlib passes through what is not compressed. */
static int read_whole(struct file *file, const char *path)
{
    gzFile in = gzopen(path, "rbe");
    size_t size = 64 * 1024;
    int len = 0;

    if (!in)
        return errno;
    *file = (struct file){.data = malloc(size)};
    while (file->data && (len = gzread(in, file->data + file->len, (unsigned)(size - file->len))) > 0) {
        file->len += (size_t)len;
        if (file->len < size)
            continue;
        uint8_t *more = size < FILE_MAX ? malloc(size * 2) : NULL;

        if (!more) {
            gzclose(in);
            file_free(file);
            return EFBIG;
        }
        memcpy(more, file->data, file->len);
        bytes_wipe(file->data, file->len);
        free(file->data);
        file->data = more;
        size *= 2;
    }
    gzclose(in);
    if (len < 0 || !file->data) {
        file_free(file);
        return len < 0 ? EIO : ENOMEM;
    }
    return 0;
}

static void add_keys(struct source *s, const char *path)
{
    struct file keys;

    if (!path)
        return;
    if (file_read(&keys, path, KEYS_SIZE) != 0) {
        complain(path, strerror(errno));
        return;
    }
    if (source_add_keys(s, bytes_of(keys.data, keys.len)) == 0)
        complain(path, "no key in it");
    file_free(&keys);
}

static void drain(struct ends_file *f, struct source *s)
{
    struct observation seen;
    struct bytes file = bytes_of(f->file.data, f->file.len);

    while (source_next(s, &seen))
        if (seen.vantage != VANTAGE_DEVICE) /* what a journal says beside its messages */
            foreign_take(f->foreign, &seen, file);
}

/* Of a capture and of a journal. */
static bool shows_messages(enum source_kind kind)
{
    return kind == SOURCE_CAPTURE || kind == SOURCE_JOURNAL;
}

static bool look_at(struct ends_file *f, const char *keys)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, space ? source_space() : 0);
    struct source *s = source_new(&arena, 0);

    f->foreign = calloc(1, sizeof *f->foreign);
    if (s && f->foreign) {
        foreign_begin(f->foreign);
        add_keys(s, keys);
        source_feed(s, bytes_of(f->file.data, f->file.len));
        drain(f, s);
        source_end(s);
        drain(f, s);
        f->kind = source_summary(s).kind;
        f->product = f->foreign->product;
        f->is_own_language = !shows_messages(f->kind) && (f->product == PRODUCT_UNKNOWN || f->product == PRODUCT_ASA);
        source_wipe(s);
    }
    free(space);
    return s && f->foreign;
}

static bool open_file(struct ends_file *f, const char *name, const char *keys)
{
    struct text title = text_of(f->title, sizeof f->title);
    int error = read_whole(&f->file, name);

    f->name = name;
    text_add_escaped(&title, bytes_of_text(name));
    if (error)
        return complain(name, strerror(error));
    return look_at(f, keys) || complain(name, "no memory");
}

static void close_file(struct ends_file *f)
{
    file_free(&f->file);
    if (f->foreign) {
        foreign_wipe(f->foreign);
        free(f->foreign);
    }
    if (f->text) {
        bytes_wipe(f->text, FOREIGN_TEXT_SIZE);
        free(f->text);
    }
}

/* ---- what the other end calls it ---- */

struct meaning {
    struct conf conf;
    struct arena arena;
};

static bool understand(struct meaning *m, const struct ends_file *f)
{
    size_t size = conf_space(f->file.len);

    m->arena = arena_of(malloc(size), size);
    return m->arena.data && conf_read(&m->conf, bytes_of(f->file.data, f->file.len), f->title, &m->arena);
}

static void forget(struct meaning *m)
{
    if (m->arena.data) {
        conf_wipe(&m->conf);
        arena_wipe(&m->arena);
        free(m->arena.data);
    }
}

static struct ip called_by(const struct ends_file *other, const struct meaning *m)
{
    if (!other->is_own_language)
        return other->foreign->entry_count && other->foreign->entries[0].peer_count
                   ? other->foreign->entries[0].peers[0]
                   : (struct ip){0};
    for (uint16_t i = 0; i < m->conf.policy.tunnel_count; i++)
        if (m->conf.policy.tunnels[i].peer_count)
            return m->conf.policy.tunnels[i].peers[0];
    return (struct ip){0};
}

/* Which of its connections is with that end. */
static void meet(struct ends_file *f, const struct ends_file *other, const struct meaning *m)
{
    struct ip addresses[FOREIGN_ENTRIES_MAX];
    size_t count = 0;

    if (!other->is_own_language)
        count = foreign_addresses(other->foreign, addresses);
    for (uint16_t i = 0; other->is_own_language && i < m->conf.policy.interface_count && i < COUNT_OF(addresses); i++)
        addresses[count++] = m->conf.policy.interfaces[i].ip;
    foreign_meet(f->foreign, addresses, count);
}

static bool says_nothing(const struct conf *conf)
{
    const struct policy *p = &conf->policy;

    return p->tunnel_count + p->tunnel_group_count + p->isakmp_policy_count + p->interface_count == 0;
}

/* Foreign ends get their statements; both own ends are understood once, for their findings. */
static bool prepare(struct ends *x)
{
    struct meaning meanings[2] = {0};
    bool is_good = true;
    const char *why;

    for (unsigned i = 0; i < 2 && is_good; i++) {
        struct ends_file *f = &x->files[i];

        if (!f->is_own_language)
            continue;
        is_good = understand(&meanings[i], f) || complain(f->name, "it cannot be split into statements");
        if (is_good && says_nothing(&meanings[i].conf))
            is_good = complain(f->name, "it says nothing of a tunnel");
        f->errors = meanings[i].conf.error_count;
        f->warnings = meanings[i].conf.warning_count;
    }
    for (unsigned i = 0; i < 2 && is_good; i++) {
        struct ends_file *f = &x->files[i];

        if (f->is_own_language)
            continue;
        meet(f, &x->files[!i], &meanings[!i]);
        f->text = calloc(1, FOREIGN_TEXT_SIZE);
        struct text out = text_of(f->text, f->text ? FOREIGN_TEXT_SIZE : 0);

        is_good = f->text &&
                  foreign_write(f->foreign, &meanings[!i].conf, called_by(&x->files[!i], &meanings[!i]), &out, &why);
        f->text_len = out.len;
        if (!is_good)
            complain(f->name, why);
        if (is_good && x->is_replay)
            foreign_role(f->foreign, &meanings[!i].conf, &x->is_initiator);
    }
    for (unsigned i = 0; i < 2; i++)
        forget(&meanings[i]);
    return is_good;
}

/* ---- the trial ---- */

static struct bytes statements_of(const struct ends_file *f)
{
    return f->is_own_language ? bytes_of(f->file.data, f->file.len) : bytes_of(f->text, f->text_len);
}

static const char *expected_by(const struct ends_file *f)
{
    return f->is_own_language || shows_messages(f->kind) ? "" : foreign_expects(f->foreign);
}

static int run(struct ends *x, const struct wishes *w)
{
    struct bytes texts[2] = {statements_of(&x->files[0]), statements_of(&x->files[1])};
    size_t longest = texts[0].len > texts[1].len ? texts[0].len : texts[1].len, size = trial_space(longest);
    void *space = calloc(1, size); /* touched only as it is used */
    struct arena arena = arena_of(space, space ? size : 0);
    struct trial *trial = trial_new(&arena, longest);
    int status = EXIT_NOT_DONE;
    const char *why = "no memory";
    bool is_good = trial != NULL;

    for (unsigned i = 0; i < 2 && is_good; i++)
        is_good = trial_add_end(trial, i,
                                &(struct trial_end){.name = x->files[i].title,
                                                    .product = x->files[i].product,
                                                    .text = texts[i],
                                                    .expects = expected_by(&x->files[i])},
                                &why);
    x->result = is_good ? trial_run(trial, !x->is_replay ? BOTH : !x->is_initiator, true) : NULL;
    if (x->result) {
        if (w->is_json)
            ends_write_json(w->out, x);
        else
            ends_write_text(w->out, x);
        status = x->result->is_up ? EXIT_UP : EXIT_NOT_UP;
    } else {
        fprintf(stderr, "%s\n", why);
    }
    if (trial)
        trial_wipe(trial);
    free(space);
    return status;
}

static int run_files(const struct wishes *w, bool is_replay)
{
    static struct ends x;
    int status = EXIT_NOT_DONE;
    bool are_good = true;

    x = (struct ends){.is_replay = is_replay};
    for (unsigned i = 0; i < 2 && are_good; i++)
        are_good = open_file(&x.files[i], is_replay && i == 0 ? w->config : w->files[is_replay ? 0 : i], w->keys);
    if (are_good && is_replay && !shows_messages(x.files[1].kind))
        are_good = complain(x.files[1].name,
                            "this is no capture of packets and no journal: only these show what a peer proposes");
    if (are_good && !is_replay)
        for (unsigned i = 0; i < 2; i++)
            if (shows_messages(x.files[i].kind))
                are_good = complain(x.files[i].name,
                                    "this is a capture or a journal: ikewise replay runs it against a configuration");
    if (are_good && is_replay) {
        struct text title = text_of(x.files[1].title, sizeof x.files[1].title);

        text_add(&title, "the peer");
    }
    if (are_good && prepare(&x))
        status = run(&x, w);
    for (unsigned i = 0; i < 2; i++)
        close_file(&x.files[i]);
    return status;
}

static int ends_main(const struct ends_tool *tool, FILE *out, int argc, char **argv, bool is_json)
{
    struct wishes w = {.out = out, .is_json = is_json};

    if (!read_options(&w, tool, argc, argv))
        return EXIT_NOT_DONE;
    if (w.is_help || w.file_count != tool->files_wanted || (tool->is_replay && !w.config)) {
        print_help(w.is_help ? out : stderr, tool);
        return w.is_help ? EXIT_UP : EXIT_NOT_DONE;
    }
    return run_files(&w, tool->is_replay);
}

int ends_check_main(FILE *out, int argc, char **argv, bool is_json)
{
    return ends_main(&check_tool, out, argc, argv, is_json);
}

int ends_replay_main(FILE *out, int argc, char **argv, bool is_json)
{
    return ends_main(&replay_tool, out, argc, argv, is_json);
}
