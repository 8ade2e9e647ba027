#include "cli/explain.h"

#include "cli/explain_messages.h"
#include "cli/redact.h"
#include "cli/tool_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
    EXIT_HEALTHY = 0,
    EXIT_FAULT = 1,
    EXIT_NOTHING = 2,
    NEGOTIATIONS_MAX = 20000,
    READ_SIZE = 64 * 1024,
    KEYS_SIZE = 1024 * 1024,
    WATCHED_SIZE = 64 * 1024 * 1024
};

static const struct tool_option rows[] = {
#define OPTION(letter, word, argument, help) {letter, word, argument, help},
#include "cli/explain_options.def"
#undef OPTION
};

struct wishes {
    struct explain x;
    FILE *out;
    const char *keys, *page;
    bool is_json, is_help, is_redacted;
};

static void print_help(FILE *out)
{
    fputs("ikewise explain [OPTIONS] FILE...      '-' is standard input; what a file is, is recognised by its "
          "content\n\n",
          out);
    tool_options_help(out, rows, COUNT_OF(rows));
    fputs("\nExit status: 0 all negotiations are healthy; 1 a fault was found, or one stopped for no reason that is told; 2 nothing usable in the input.\n", out);
}

static bool add_file(struct explain *x, const char *name)
{
    if (x->file_count == EXPLAIN_FILES_MAX) {
        fprintf(stderr, "more than %d files\n", EXPLAIN_FILES_MAX);
        return false;
    }
    x->files[x->file_count++].name = name;
    return true;
}

static bool take(struct wishes *w, int letter)
{
    switch (letter) {
    case 'j': w->is_json = true; return true;
    case 'w': w->page = optarg; return true;
    case 'r': w->is_redacted = true; return true;
    case 'l': w->x.is_ladder_only = true; return true;
    case 'c': return add_file(&w->x, optarg);
    case 'k': w->keys = optarg; return true;
    case 'v': w->x.is_verbose = true; return true;
    case 'h': w->is_help = true; return true;
    default:
        fputs("this is not an option of ikewise explain, or it lacks its argument; see ikewise explain --help\n",
              stderr);
        return false;
    }
}

static bool read_options(struct wishes *w, int argc, char **argv)
{
    struct option words[TOOL_OPTIONS_MAX + 1];
    char letters[TOOL_LETTERS_SIZE];
    int letter;

    tool_options_prepare(rows, COUNT_OF(rows), words, letters);
    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, letters, words, NULL)) != -1)
        if (!take(w, letter))
            return false;
    for (; optind < argc; optind++)
        if (!add_file(&w->x, argv[optind]))
            return false;
    return true;
}

/* ---- reading ---- */

static struct bytes say_line(void *source)
{
    return source_line(source);
}

static const struct observation *tell_line(void *source)
{
    return source_tell(source);
}

static void drain(struct diag *d, struct source *s)
{
    const struct teller teller = {tell_line, say_line, s};

    for (;;) {
        bool is_first = source_waiting(s) == 0;
        const struct sight *at = source_glance(s);

        if (!at)
            return;
        if (is_first && source_waiting(s) > 0)
            diag_expect(d, at, 1 + source_waiting(s));
        diag_see(d, at, &teller);
    }
}

static void show_progress(const struct explain_file *file, uint64_t done, uint64_t size)
{
    static unsigned shown;
    unsigned percent = (unsigned)(100 * done / size);

    if (percent != shown)
        fprintf(stderr, "\r%s: %u %%  ", file->name, percent);
    shown = percent;
}

static const struct {
    const char *first, *what;
} packed[] = {
#define PACKED(first, what) {first, what},
#include "cli/packed.def"
#undef PACKED
};

/* NULL: it is none of these. */
static const char *packed_as(struct bytes bytes)
{
    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (bytes_begin_with(bytes, bytes_of_text(packed[i].first)))
            return packed[i].what;
    return NULL;
}

/* By the first bytes: a capture that holds nothing is still a capture, and says something. */
static bool begins_as_capture(struct bytes bytes)
{
    static const uint8_t magics[][4] = {{0xd4, 0xc3, 0xb2, 0xa1},
                                        {0xa1, 0xb2, 0xc3, 0xd4},
                                        {0x4d, 0x3c, 0xb2, 0xa1},
                                        {0xa1, 0xb2, 0x3c, 0x4d},
                                        {0x0a, 0x0d, 0x0d, 0x0a}};

    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (bytes_equal((struct bytes){bytes.data, bytes.len < 4 ? bytes.len : 4}, BYTES_OF(magics[i])))
            return true;
    return false;
}

/* zlib passes through what is not compressed. */
static void read_all(struct explain_file *file, gzFile in, uint64_t size, struct diag *d)
{
    static uint8_t buffer[READ_SIZE];
    bool is_watched = size > WATCHED_SIZE && isatty(STDERR_FILENO), is_begun = false;
    int len;

    while ((len = gzread(in, buffer, sizeof buffer)) > 0) {
        if (!is_begun && (file->error = packed_as(bytes_of(buffer, (size_t)len))) != NULL)
            return;
        if (!is_begun)
            file->is_capture = begins_as_capture(bytes_of(buffer, (size_t)len));
        is_begun = true;
        source_feed(file->source, bytes_of(buffer, (size_t)len));
        drain(d, file->source);
        if (is_watched)
            show_progress(file, (uint64_t)gzoffset(in), size);
    }
    if (len < 0) {
        int error;

        gzerror(in, &error);
        file->error = error == Z_ERRNO ? strerror(errno) : "the compressed data is damaged";
    }
    source_end(file->source);
    drain(d, file->source);
    if (is_watched)
        fputs("\r\033[K", stderr);
}

static void add_keys(struct source *s, const char *path)
{
    static uint8_t space[KEYS_SIZE];
    FILE *f = path ? fopen(path, "r") : NULL;

    if (path && !f)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    if (!f)
        return;
    size_t len = fread(space, 1, sizeof space, f);

    if (source_add_keys(s, bytes_of(space, len)) == 0)
        fprintf(stderr, "%s: no key in it\n", path);
    fclose(f);
    bytes_wipe(space, len);
}

static void read_file(struct explain *x, size_t index, const char *keys, struct diag *d)
{
    struct explain_file *file = &x->files[index];
    struct stat about = {0};
    int fd = strcmp(file->name, "-") == 0 ? dup(STDIN_FILENO) : open(file->name, O_RDONLY | O_CLOEXEC);
    gzFile in = NULL;

    if (fd < 0 || fstat(fd, &about) < 0) {
        file->error = strerror(errno);
    } else if (S_ISDIR(about.st_mode)) {
        file->error = "this is a directory";
    } else if ((in = gzdopen(fd, "rb"))) {
        struct arena arena;

        fd = -1; /* closed with `in` */
        gzbuffer(in,
                 READ_SIZE / 4); /* behind the first of these, what is not compressed is read to its place at once */
        file->space = malloc(source_space());
        arena = arena_of(file->space, file->space ? source_space() : 0);
        file->source = source_new(&arena, (uint16_t)index);
        if (file->source) {
            add_keys(file->source, keys);
            read_all(file, in, (uint64_t)about.st_size, d);
            file->sum = source_summary(file->source);
            if (file->error && file->sum.bytes == 0) /* nothing of it was taken */
                file->source = NULL;
        } else {
            file->error = "no memory";
        }
        gzclose(in);
    }
    if (fd >= 0)
        close(fd);
    if (!explain_is_usable(file))
        return;
    diag_add_file(d, (uint16_t)index, file->is_capture ? VANTAGE_WIRE : VANTAGE_DEVICE);
    if (file->sum.has_time)
        diag_end_file(d, (uint16_t)index, file->sum.last_ms);
}

bool explain_is_usable(const struct explain_file *file)
{
    return file->source && (file->sum.records > 0 || (file->is_capture && !file->sum.is_broken));
}

static void add_digits(struct text *t, uint64_t number, unsigned digits)
{
    char figures[8];

    for (unsigned i = digits; i > 0; i--, number /= 10)
        figures[i - 1] = (char)('0' + number % 10);
    text_add_plain(t, bytes_of(figures, digits));
}

const char *explain_clock(uint64_t time_ms, char space[static EXPLAIN_TIME_SIZE])
{
    uint64_t seconds = time_ms / 1000;
    struct text t = text_of(space, EXPLAIN_TIME_SIZE);

    add_digits(&t, seconds / 3600 % 24, 2), text_add_plain(&t, bytes_of(":", 1));
    add_digits(&t, seconds / 60 % 60, 2), text_add_plain(&t, bytes_of(":", 1));
    add_digits(&t, seconds % 60, 2);
    if (time_ms % 1000)
        text_add_plain(&t, bytes_of(".", 1)), add_digits(&t, time_ms % 1000, 3);
    return space;
}

const char *explain_time(const struct explain *x, uint16_t source, uint64_t time_ms,
                         char space[static EXPLAIN_TIME_SIZE])
{
    char clock[EXPLAIN_TIME_SIZE];
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    size_t len = 0;

    if (!gmtime_r(&seconds, &tm))
        tm = (struct tm){0};
    if (x->files[source].sum.has_year)
        len = strftime(space, EXPLAIN_TIME_SIZE, "%Y-%m-%d ", &tm);
    else if (time_ms >= 24 * 3600 * 1000) /* else a clock that tells no day, or one of uptime */
        len = strftime(space, EXPLAIN_TIME_SIZE, "%d %b ", &tm);
    snprintf(space + len, EXPLAIN_TIME_SIZE - len, "%s", explain_clock(time_ms, clock));
    return space;
}

/* ---- all of it ---- */

static int status_of(const struct explain *x)
{
    bool is_any_usable = false;

    for (size_t i = 0; i < x->file_count; i++)
        is_any_usable |= x->files[i].sum.records > 0;
    for (size_t i = 0; i < x->report->negotiation_count; i++)
        if (explain_is_trouble(&x->report->negotiations[i]))
            return EXIT_FAULT;
    return is_any_usable && (x->report->negotiation_count > 0 || x->report->ikev2 > 0 || x->report->note_count > 0)
               ? EXIT_HEALTHY
               : EXIT_NOTHING;
}

typedef void writer(FILE *out, const struct explain *x);

static bool learn_lines(struct redacted *r, const char *const *lines, size_t count)
{
    bool is_good = true;

    for (size_t i = 0; i < count; i++)
        is_good &= redact_learn(r, lines[i]);
    return is_good;
}

static bool learn_evidence(struct redacted *r, const struct report_evidence *list, size_t count)
{
    bool is_good = true;

    for (size_t i = 0; i < count; i++)
        is_good &= redact_learn(r, report_text(list[i].text));
    return is_good;
}

/* The names in all that is shown: of lines, of repairs, of files. */
static bool learn_names(struct redacted *r, const struct explain *x)
{
    bool is_good = true;

    for (size_t i = 0; i < x->file_count; i++)
        is_good &= redact_learn_file(r, x->files[i].name);
    for (size_t i = 0; i < x->report->negotiation_count; i++) {
        const struct report_negotiation *n = &x->report->negotiations[i];

        for (size_t k = 0; k < n->cause_count; k++) {
            const struct report_cause *c = &n->causes[k];

            is_good &= learn_evidence(r, c->evidence, c->evidence_count);
            is_good &= learn_evidence(r, c->against, c->against_count);
            is_good &= learn_lines(r, c->this_end, c->this_end_count) && learn_lines(r, c->that_end, c->that_end_count);
        }
        for (size_t k = 0; k < n->step_count; k++)
            is_good &= redact_learn(r, report_text(n->steps[k].text));
    }
    return is_good;
}

static bool write_redacted(FILE *out, writer *write, const struct explain *x)
{
    char *text = NULL;
    size_t len;
    FILE *memory = open_memstream(&text, &len);
    struct redacted *r = redact_begin();
    bool is_written = memory && r && learn_names(r, x);

    if (memory) {
        write(memory, x);
        is_written &= fclose(memory) == 0;
    }
    if (is_written)
        redact_write(r, out, text, write == explain_write_html);
    else
        fputs("no memory\n", stderr);
    redact_end(r);
    free(text);
    return is_written;
}

static bool write_to(FILE *out, writer *write, const struct wishes *w)
{
    if (w->is_redacted)
        return write_redacted(out, write, &w->x);
    write(out, &w->x);
    return true;
}

/* As a screen, and as a page where that is wished. */
static bool write_report(struct wishes *w)
{
    FILE *page = w->page ? fopen(w->page, "we") : NULL;
    bool is_written = write_to(w->out, w->is_json ? explain_write_json : explain_write_text, w);
    struct explain_messages *messages = page ? explain_messages_read(&w->x, w->keys) : NULL;

    if (!w->page)
        return is_written;
    w->x.messages = messages;
    if (!page || !write_to(page, explain_write_html, w) || ferror(page)) {
        fprintf(stderr, "%s: %s\n", w->page, strerror(errno));
        is_written = false;
    }
    w->x.messages = NULL;
    explain_messages_free(messages);
    if (page && fclose(page) != 0) {
        fprintf(stderr, "%s: %s\n", w->page, strerror(errno));
        is_written = false;
    }
    return is_written;
}

/* Zeros, in large pages where the kernel has them: lines of thousands of tunnels come in any order. NULL: there is not
 * that much. */
static void *take_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

static int explain(struct wishes *w)
{
    size_t space = diag_space(NEGOTIATIONS_MAX), report_space = 0;
    void *memory = take_memory(space), *report_memory = NULL; /* touched only as it is used */
    struct arena arena = arena_of_zeros(memory, memory ? space : 0), report_arena;
    struct diag *d = diag_new(&arena, NEGOTIATIONS_MAX);
    int status = EXIT_NOTHING;

    if (d) {
        if (w->x.file_count > 1)
            diag_expect_several(d);
        for (size_t i = 0; i < w->x.file_count; i++)
            read_file(&w->x, i, w->keys, d);
        report_space = diag_report_space(d);
        report_memory = take_memory(report_space);
        report_arena = arena_of_zeros(report_memory, report_memory ? report_space : 0);
        w->x.report = diag_report(d, &report_arena);
    }
    if (w->x.report) {
        status = status_of(&w->x);
        if (!write_report(w))
            status = EXIT_NOTHING;
    } else {
        fputs("no memory\n", stderr);
    }
    for (size_t i = 0; i < w->x.file_count; i++) {
        if (w->x.files[i].source)
            source_wipe(w->x.files[i].source);
        free(w->x.files[i].space);
    }
    if (report_memory)
        munmap(report_memory, report_space);
    if (memory)
        munmap(memory, space);
    return status;
}

int explain_main(FILE *out, int argc, char **argv, bool is_json)
{
    static struct wishes w;

    w = (struct wishes){.out = out, .is_json = is_json};
    if (!read_options(&w, argc, argv))
        return EXIT_NOTHING;
    if (w.is_help || w.x.file_count == 0) {
        print_help(w.is_help ? out : stderr);
        return w.is_help ? EXIT_HEALTHY : EXIT_NOTHING;
    }
    return explain(&w);
}
