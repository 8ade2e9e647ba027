#include "cli/output.h"

#include "base/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum takes { TAKES_LINE, TAKES_FILE };

static const struct output_filter_help filters[] = {
#define FILTER(name, word, takes, meaning) {word, meaning, TAKES_##takes == TAKES_FILE},
#include "cli/filters.def"
#undef FILTER
};

enum { ROWS_DEFAULT = 24, ROWS_LEAST = 3, TAB_WIDTH = 8 };

struct output {
    struct output_filter *filter;
    struct output_pages pages;
    unsigned rows_left; /* of this page */
    bool is_begun;      /* there is something on it */
    bool is_over;       /* no more is wanted */
    char *line;
    size_t len, room;
};

const struct output_filter_help *output_filter_help(size_t index)
{
    return index < COUNT_OF(filters) ? &filters[index] : NULL;
}

/* ---- reading a filter ---- */

static struct bytes word_at(struct bytes text, size_t *at)
{
    size_t begin;

    while (*at < text.len && text.data[*at] == ' ')
        (*at)++;
    begin = *at;
    while (*at < text.len && text.data[*at] != ' ')
        (*at)++;
    return bytes_of(text.data + begin, *at - begin);
}

static bool compile(struct output_filter *filter, struct bytes expression, struct text *why)
{
    char space[512];
    struct text t = text_of(space, sizeof space);
    int error;

    text_add(&t, "%.*s", (int)expression.len, (const char *)expression.data);
    if (t.is_cut) {
        text_add(why, "the expression is too long");
        return false;
    }
    error = regcomp(&filter->regex, space, REG_EXTENDED | REG_NOSUB);
    filter->has_regex = error == 0;
    if (error) {
        char reason[128];

        regerror(error, &filter->regex, reason, sizeof reason);
        text_add(why, "the expression cannot be used: %s", reason);
    }
    return error == 0;
}

static bool choose(struct output_filter *filter, struct bytes word, bool is_admin)
{
    unsigned count = 0;

    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        if (word.len > 0 && (is_admin || !filters[i].takes_file) &&
            bytes_begin_with(bytes_of_text(filters[i].word), word)) {
            filter->kind = (enum output_filter_kind)i;
            count++;
        }
    }
    return count == 1;
}

static void add_words(struct text *t, bool is_admin)
{
    size_t count = 0;

    while (count < COUNT_OF(filters) && (is_admin || !filters[count].takes_file))
        count++;
    for (size_t i = 0; i < count; i++)
        text_add(t, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", filters[i].word);
}

/* One word, behind /append where it may stand. */
static bool take_file(struct output_filter *filter, struct bytes text, size_t end, size_t *at, struct text *why)
{
    struct text path = text_of(filter->path, sizeof filter->path);
    size_t behind = end;

    filter->is_added = filter->kind == OUTPUT_APPEND;
    if (filter->kind == OUTPUT_TEE && bytes_equal(word_at(text, &behind), bytes_of_text("/append"))) {
        filter->is_added = true;
        end = behind;
    }

    struct bytes word = word_at(text, &end), more = bytes_trim(bytes_after(text, end));

    *at = more.len ? (size_t)(more.data - text.data) : end - word.len;
    text_add_plain(&path, word);
    if (word.len == 0 || path.is_cut || memchr(word.data, '\0', word.len) != NULL)
        text_add(why, "the name of a file");
    else if (more.len > 0)
        text_add(why, "nothing behind the name of the file");
    return why->len == 0;
}

bool output_filter_read(struct output_filter *filter, struct bytes text, bool is_admin, size_t *at, struct text *why)
{
    size_t end = 0, behind;
    struct bytes word = word_at(text, &end), rest;

    *filter = (struct output_filter){.kind = OUTPUT_ALL};
    *at = end - word.len;
    if (!choose(filter, word, is_admin)) {
        add_words(why, is_admin);
        return false;
    }
    if (filters[filter->kind].takes_file)
        return take_file(filter, text, end, at, why);
    behind = end;
    if (filter->kind == OUTPUT_GREP && bytes_equal(word_at(text, &behind), bytes_of_text("-v"))) {
        filter->kind = OUTPUT_EXCLUDE;
        end = behind;
    } else if (filter->kind == OUTPUT_GREP) {
        filter->kind = OUTPUT_INCLUDE;
    }
    rest = bytes_trim(bytes_after(text, end));
    *at = rest.len ? (size_t)(rest.data - text.data) : text.len;
    if (rest.len == 0 && filter->kind != OUTPUT_COUNT)
        text_add(why, "an expression");
    return rest.len == 0 ? filter->kind == OUTPUT_COUNT : compile(filter, rest, why);
}

static bool complain_of_file(const struct output_filter *filter, int error, struct text *why)
{
    text_add_escaped(why, bytes_of_text(filter->path));
    text_add(why, ": %s", error == EINVAL ? "this is no file" : strerror(error));
    return false;
}

bool output_filter_begin(struct output_filter *filter, struct text *why)
{
    const mode_t mode = 0600;
    int error = 0;

    if (filter->path[0] == '\0')
        return true;
    if (file_is_elsewhere(filter->path)) {
        file_complain_of_place(filter->path, why);
        return false;
    }
    filter->file = filter->is_added ? file_add(filter->path, mode, &error) : file_new(filter->path, mode, &error);
    return filter->file != NULL || complain_of_file(filter, error, why);
}

bool output_filter_end(struct output_filter *filter, struct text *why)
{
    FILE *file = filter->file;

    if (file == NULL)
        return true;
    filter->file = NULL;

    int error = ferror(file) ? EIO : 0;

    if (fclose(file) != 0)
        error = errno;
    return error == 0 || complain_of_file(filter, error, why);
}

void output_filter_free(struct output_filter *filter)
{
    if (filter->file != NULL)
        fclose(filter->file);
    filter->file = NULL;
    if (filter->has_regex)
        regfree(&filter->regex);
    filter->has_regex = false;
}

/* ---- pages ---- */

static struct winsize terminal_size(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size : (struct winsize){0};
}

unsigned output_rows(void)
{
    struct winsize size = terminal_size();

    return size.ws_row >= ROWS_LEAST ? size.ws_row : ROWS_DEFAULT;
}

/* One row is for the question. */
static unsigned page_room(const struct output *out)
{
    unsigned lines = out->pages.lines > 0 ? out->pages.lines : output_rows();

    return lines > 1 ? lines - 1 : 1;
}

/* As many as the terminal folds the line into. */
static unsigned rows_of(const char *line, size_t len)
{
    unsigned columns = terminal_size().ws_col;
    size_t width = 0;

    for (size_t i = 0; i < len; i++)
        width += line[i] == '\t' ? TAB_WIDTH - width % TAB_WIDTH : 1;
    return columns > 0 && width > columns ? (unsigned)((width + columns - 1) / columns) : 1;
}

/* Ctrl-C is a key, also where it is kept back while a line is typed. */
static bool wait_for_key(unsigned char *key)
{
    struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t outside;

    sigprocmask(SIG_SETMASK, NULL, &outside);
    sigdelset(&outside, SIGINT);
    return ppoll(&terminal, 1, NULL, &outside) > 0 && read(STDIN_FILENO, key, 1) == 1;
}

/* -1: there is no terminal to ask. */
static int read_key(void)
{
    struct termios before, raw;
    unsigned char key;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return -1;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    if (!wait_for_key(&key))
        key = 'q';
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return key;
}

static void turn_page(struct output *out)
{
    fputs(out->pages.more, stdout);
    fflush(stdout);

    int key = read_key();

    printf("\r%*s\r", (int)strlen(out->pages.more), "");
    out->is_over = key == 'q' || key == 'Q' || key == 3;
    out->rows_left = key == '\r' || key == '\n' ? 1 : page_room(out);
    out->is_begun = false;
}

static void show_line(struct output *out)
{
    if (out->filter->file != NULL) {
        fwrite(out->line, 1, out->len, out->filter->file);
        fputc('\n', out->filter->file);
    }
    if (out->filter->kind == OUTPUT_REDIRECT || out->filter->kind == OUTPUT_APPEND)
        return;

    unsigned rows = out->pages.is_on ? rows_of(out->line, out->len) : 0;

    if (rows > out->rows_left && (out->is_begun || out->rows_left == 0))
        turn_page(out);
    if (out->is_over)
        return;
    fwrite(out->line, 1, out->len, stdout);
    fputc('\n', stdout);
    out->rows_left -= rows < out->rows_left ? rows : out->rows_left;
    out->is_begun = true;
}

/* ---- lines ---- */

/* What is indented more than the line that matched belongs to it. */
static bool is_in_section(struct output_filter *filter, const char *line, bool is_match)
{
    size_t indent = strspn(line, " ");

    if (filter->is_in_section && indent > filter->indent && line[indent] != '\0')
        return true;
    filter->is_in_section = is_match;
    filter->indent = indent;
    return is_match;
}

static bool is_shown(struct output_filter *filter, const char *line)
{
    bool is_match = !filter->has_regex || regexec(&filter->regex, line, 0, NULL, 0) == 0;

    switch (filter->kind) {
    case OUTPUT_BEGIN: filter->has_begun |= is_match; return filter->has_begun;
    case OUTPUT_GREP:
    case OUTPUT_INCLUDE: return is_match;
    case OUTPUT_EXCLUDE: return !is_match;
    case OUTPUT_SECTION: return is_in_section(filter, line, is_match);
    case OUTPUT_COUNT: filter->count += is_match; return false;
    case OUTPUT_REDIRECT:
    case OUTPUT_TEE:
    case OUTPUT_APPEND:
    case OUTPUT_ALL: return true;
    }
    return true;
}

static void end_line(struct output *out)
{
    out->line[out->len] = '\0';
    if (is_shown(out->filter, out->line))
        show_line(out);
    out->len = 0;
}

static ssize_t take(void *context, const char *data, size_t len)
{
    struct output *out = context;

    for (size_t i = 0; i < len && !out->is_over; i++) {
        if (out->len + 1 >= out->room) {
            out->room = out->room ? 2 * out->room : 1024;
            out->line = realloc(out->line, out->room);
            CHECK(out->line);
        }
        if (data[i] == '\n')
            end_line(out);
        else
            out->line[out->len++] = data[i];
    }
    fflush(stdout);
    return (ssize_t)len;
}

static int finish(void *context)
{
    struct output *out = context;

    if (out->len > 0)
        end_line(out);
    if (out->filter->kind == OUTPUT_COUNT)
        printf("Number of lines which match regexp = %lu\n", out->filter->count);
    fflush(stdout);
    free(out->line);
    free(out);
    return 0;
}

FILE *output_open(struct output_filter *filter, struct output_pages pages)
{
    struct output *out = calloc(1, sizeof *out);
    FILE *file;

    CHECK(out);
    *out = (struct output){.filter = filter, .pages = pages};
    out->rows_left = page_room(out);
    file = fopencookie(out, "w", (cookie_io_functions_t){.write = take, .close = finish});
    CHECK(file);
    return file;
}
