/* The screens of real devices, example by example: examples.tsv lists those of the reference pages that are marked as
 * seen, examples/NAME.txt has one of them with what our gateway knows in the same situation. What we print is the
 * screen of the example, byte for byte but for what `differs` names; and explain reads each line of it.
 *
 * An example is a text of sections, each after a line `--- NAME`; before the first, the command and the dialect:
 *
 *     records        what the daemon sends, JSON; `@450 {...}`: so many of them
 *     configuration  in place of records: what the command shows is a part of it
 *     screen         as the device printed it
 *     excerpt        in place of screen: parts of one, in their order, with a line `...` between them
 *     differs        lines `theirs => ours`, each after a line that says why; | stands for a line break
 *     also           how many, and another form of the screen, as other releases print it, for that template
 *     values         what a template of textfsm/ reads of our screen (templates.py)
 *     read           what source/ reads of our screen, an event a line; empty: it tells nothing of a tunnel */
#include "base/check.h"
#include "cli/screen.h"
#include "conf/conf.h"
#include "conf/line.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "expect.h"
#include "source/told.h"

enum { FILE_SIZE = 1 << 16, LINE_SIZE = 1024, ROWS_MAX = 128 };

struct example {
    char text[FILE_SIZE];
    struct control_request request;
    enum dialect dialect;
};

/* Commands of the shell itself are among them. */
static const struct control_scope whole_session = {.is_session = true, .is_admin = true};

static struct example example;
static char dir[512] = TESTS_DIR "/cli/examples";

static char *read_file(const char *path, char *space)
{
    FILE *in = fopen(path, "r");
    size_t len = in ? fread(space, 1, FILE_SIZE - 1, in) : 0;

    if (!in || len == FILE_SIZE - 1)
        fail_msg("%s cannot be read", path);
    fclose(in);
    space[len] = '\0';
    return space;
}

/* A copy on the heap; "" when the example does not have that section. */
static char *section_of(const char *text, const char *name)
{
    char head[64];
    const char *at, *end;

    snprintf(head, sizeof head, "\n--- %s\n", name);
    at = strstr(text, head);
    at = at ? at + strlen(head) : text + strlen(text);
    end = strncmp(at, "--- ", 4) == 0 ? at : strstr(at, "\n--- ");
    return strndup(at, end == at ? 0 : end ? (size_t)(end + 1 - at) : strlen(at));
}

/* The value of a line `name: value` before the sections. */
static const char *head_value(const char *text, const char *name, char *space)
{
    const char *at = strstr(text, name);
    size_t len = at ? strcspn(at, "\n") - strlen(name) : 0;

    CHECK(at && len < LINE_SIZE);
    memcpy(space, at + strlen(name), len);
    space[len] = '\0';
    return space;
}

static void read_example(const char *name)
{
    struct bytes words[CONTROL_WORDS_MAX];
    struct control_parse parse;
    size_t count = 0;
    char path[800], space[LINE_SIZE];

    snprintf(path, sizeof path, "%s/%s.txt", dir, name);
    read_file(path, example.text);
    if (!dialect_of_name(head_value(example.text, "dialect: ", space), &example.dialect))
        fail_msg("%s: %s is no dialect", name, space);
    if (strstr(example.text, "\nzone: "))
        setenv("TZ", head_value(example.text, "zone: ", space), 1);
    tzset();
    head_value(example.text, "command: ", space);
    if (!control_split(bytes_of_text(space), words, &count) ||
        !control_request_parse_in(whole_session, &example.request, words, count, &parse))
        fail_msg("%s: %s is no command", name, space);
}

/* "@450 {...}" as 450 records. */
static struct reply reply_of_section(char *records)
{
    struct reply reply = {0};

    for (char *line = strtok(records, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long times = *line == '@' ? strtoul(line + 1, &line, 10) : 1;
        struct reply one = reply_of(line + (*line == ' '));

        for (; times > 0; times--)
            reply_add(&reply, &one.records[0]);
        reply_free(&one);
    }
    return reply;
}

/* The lines that `show running-config WORDS` takes from a configuration. */
static struct reply reply_of_configuration(const char *configuration, const char *rest)
{
    static char written[FILE_SIZE];
    struct reply reply = {0};
    struct text t = text_of(written, sizeof written);
    size_t size = conf_space(strlen(configuration));
    struct arena arena = arena_of(malloc(size), size);
    struct bytes words[CONTROL_WORDS_MAX];
    struct conf_part part = {.words = words};
    struct conf conf;

    CHECK(conf_read(&conf, bytes_of_text(configuration), "example.conf", &arena));
    CHECK(control_split(bytes_of_text(rest), words, &part.count));
    conf_write_part(&conf, CONF_KEYS_MASKED, part, &t);
    for (char *line = strtok(written, "\n"); line; line = strtok(NULL, "\n")) {
        struct control_record r = control_record_of(RECORD_config_line);

        record_set_text(&r, COL_config_line_text, line);
        reply_add(&reply, &r);
    }
    free(arena.data);
    return reply;
}

/* What we print; on the heap. */
static char *our_screen(void)
{
    struct screen_view view = {example.dialect, example.request.is_detail, example.request.is_full};
    char *configuration = section_of(example.text, "configuration"), *records = section_of(example.text, "records");
    struct reply reply =
        *configuration ? reply_of_configuration(configuration, example.request.rest) : reply_of_section(records);
    char *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    CHECK(out);
    screen_write(out, &reply, &example.request, &view);
    CHECK(fclose(out) == 0);
    reply_free(&reply);
    free(configuration);
    free(records);
    return screen;
}

static void break_lines(char *text)
{
    for (; *text; text++)
        *text = *text == '|' ? '\n' : *text;
}

/* Every place where `text` has `theirs` gets `ours`; false: there is none. */
static bool replace(char *text, size_t size, const char *theirs, const char *ours)
{
    char *at = text;
    bool is_there = false;

    while ((at = strstr(at, theirs))) {
        CHECK(strlen(text) + strlen(ours) < size);
        memmove(at + strlen(ours), at + strlen(theirs), strlen(at + strlen(theirs)) + 1);
        memcpy(at, ours, strlen(ours));
        at += strlen(ours);
        is_there = true;
    }
    return is_there;
}

/* The device's screen, or the excerpt of one, with what differs here put in; on the heap. */
static char *expected_screen(const char *name, const char *section)
{
    char *screen = realloc(section_of(example.text, section), FILE_SIZE),
         *differs = section_of(example.text, "differs");

    CHECK(screen);
    for (char *line = strtok(differs, "\n"); line; line = strtok(NULL, "\n")) {
        char *arrow = strstr(line, " => ");

        if (!arrow)
            continue;
        *arrow = '\0';
        break_lines(line);
        break_lines(arrow + 4);
        if (!replace(screen, FILE_SIZE, line, arrow + 4))
            fail_msg("%s: what is said to differ is not there: %s", name, line);
    }
    free(differs);
    return screen;
}

static bool has_parts(const char *screen, const char *parts)
{
    static const char between[] = "...\n";

    while (screen && *parts) {
        const char *end = strstr(parts, between);
        size_t len = end ? (size_t)(end - parts) : strlen(parts);

        screen = memmem(screen, strlen(screen), parts, len);
        screen = screen ? screen + len : NULL;
        parts += len + (end ? strlen(between) : 0);
    }
    return screen != NULL;
}

/* ---- Read back ---- */

static uint32_t known_lines(const struct source *s)
{
    struct source_summary sum = source_summary(s);
    uint32_t known = 0;

    for (size_t kind = 0; kind < SOURCE_KINDS; kind++)
        known += sum.kind_lines[kind];
    return known;
}

static void tell_all(struct source *s, struct text *told)
{
    char line[EVENT_TEXT_SIZE * 4];
    struct observation seen;

    while (source_next(s, &seen)) {
        struct text t = text_of(line, sizeof line);

        told_add(&t, &seen.event);
        text_add(told, "%s\n", line);
    }
}

/* Whatever has a word in it is a line that the reader knows. */
static void expect_each_line_is_known(const char *name, const char *screen, struct text *told)
{
    static const char before[] = "!!!!!!!!\n"; /* what a file is, is told by its first bytes */
    size_t space = source_space();
    struct arena arena = arena_of(malloc(space), space);
    struct source *s = source_new(&arena, 0);

    CHECK(s);
    source_feed(s, bytes_of_text(before));
    tell_all(s, told);
    for (const char *at = screen; *at;) {
        size_t len = strcspn(at, "\n"), words = strcspn(at, "\n"
                                                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        uint32_t known = known_lines(s);

        source_feed(s, bytes_of(at, len + 1));
        tell_all(s, told);
        if (words < len && known_lines(s) == known)
            fail_msg("%s: is not read: %.*s", name, (int)len, at);
        at += len + 1;
    }
    source_end(s);
    tell_all(s, told);
    assert_int_equal(source_summary(s).unread, 0);
    free(arena.data);
}

static void expect_read(const char *name, const char *screen)
{
    char *expected = section_of(example.text, "read"), *space = malloc(FILE_SIZE);
    struct text told = text_of(space, FILE_SIZE);

    expect_each_line_is_known(name, screen, &told);
    if (!strstr(example.text, "\n--- read\n"))
        fail_msg("%s: has no section read", name);
    assert_string_equal(space, expected);
    free(expected);
    free(space);
}

static void expect_example(const char *name)
{
    read_example(name);

    bool is_excerpt = strstr(example.text, "\n--- excerpt\n") != NULL;
    char *screen = our_screen(), *expected = expected_screen(name, is_excerpt ? "excerpt" : "screen");

    CHECK(*expected);
    if (is_excerpt ? !has_parts(screen, expected) : strcmp(screen, expected) != 0) {
        print_error("%s\n-- the device --\n%s-- we --\n%s", name, expected, screen);
        fail();
    }
    expect_read(name, screen);
    free(screen);
    free(expected);
    unsetenv("TZ");
}

/* The rows of examples.tsv: section of the reference, what it shows, the example's name or -, why there is none. */
struct row {
    char *section, *what, *name, *why;
};

static size_t read_rows(struct row *rows)
{
    static char text[FILE_SIZE];
    size_t count = 0;
    char *rest = read_file(TESTS_DIR "/cli/examples.tsv", text), *line;

    while ((line = strsep(&rest, "\n"))) {
        if (*line == '#' || *line == '\0')
            continue;
        CHECK(count < ROWS_MAX);
        struct row *row = &rows[count++];

        *row = (struct row){strsep(&line, "\t"), strsep(&line, "\t"), strsep(&line, "\t"), line};
        if (!row->name)
            fail_msg("a row of examples.tsv has too few columns: %s", row->section);
    }
    return count;
}

/* One test a row. */
static void test_row(void **state)
{
    const struct row *row = *state;

    if (strcmp(row->name, "-") != 0)
        expect_example(row->name);
    else if (!row->why || strlen(row->why) < 10)
        fail_msg("%s %s: no screen, and no reason", row->section, row->what);
}

static void each_file_is_an_example_of_the_list(void **state)
{
    static struct row rows[ROWS_MAX];
    size_t count = read_rows(rows), listed;
    DIR *files = opendir(dir);

    (void)state;
    CHECK(files);
    for (const struct dirent *entry; (entry = readdir(files));) {
        size_t len = strcspn(entry->d_name, ".");

        for (listed = 0; listed < count &&
                         (strlen(rows[listed].name) != len || strncmp(rows[listed].name, entry->d_name, len) != 0);)
            listed++;
        if (len > 0 && listed == count)
            fail_msg("%s is in no row of examples.tsv", entry->d_name);
    }
    closedir(files);
}

/* For templates.py: `test_examples NAME` prints our screen. */
static int print(const char *name)
{
    read_example(name);

    char *screen = our_screen();

    fputs(screen, stdout);
    free(screen);
    return 0;
}

int main(int argc, char **argv)
{
    static struct row rows[ROWS_MAX];
    static struct CMUnitTest tests[ROWS_MAX + 1];
    static char names[ROWS_MAX][LINE_SIZE];
    size_t count = read_rows(rows);

    if (argc > 1)
        return print(argv[1]);
    for (size_t i = 0; i < count; i++) {
        bool is_printed = strcmp(rows[i].name, "-") != 0;

        snprintf(names[i], sizeof names[i], "section %s: %s %s", rows[i].section, rows[i].what,
                 is_printed ? "(as the device prints it)" : "(not printed, with a reason)");
        tests[i] = (struct CMUnitTest){names[i], test_row, NULL, NULL, &rows[i]};
    }
    tests[count] = (struct CMUnitTest)cmocka_unit_test(each_file_is_an_example_of_the_list);
    return _cmocka_run_group_tests("examples", tests, count + 1, NULL, NULL);
}
