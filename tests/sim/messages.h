/* The messages of the devices that the reference pages list (messages-asa.tsv, messages-ios.tsv): each is said here in
 * the same words, or has a row that says what is said instead, or why it cannot happen.
 *
 *     engine     an engine says it in one of the scenarios, which are run
 *     elsewhere  what leads there is no scenario: there is a row of phrases.def for an event that the engine or the
 *                daemon tells
 *     shell      the shell prints it, in these words
 *     read       the words of another release, or its number, for what is said: they are only read
 *     instead    what is told by another message: its number, or the words of ours
 *     never      why it cannot happen here */
#ifndef TESTS_SIM_MESSAGES_H
#define TESTS_SIM_MESSAGES_H

#include "base/check.h"
#include "event/later.h"
#include "event/phrases.h"

#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TABLE_SIZE = 1 << 17, MESSAGES_MAX = 512, SEEN_MAX = 1 << 14, PATTERN_SIZE = 1024 };

struct row {
    const char *name, *severity, *format; /* of an ASA: number; of IOS: kind of line and releases */
    const char *status, *why;
    char pattern[PATTERN_SIZE];
    bool is_said; /* by an engine */
};

struct table {
    bool is_asa;
    char text[TABLE_SIZE];
    struct row rows[MESSAGES_MAX];
    size_t count;
};

static struct table asa = {.is_asa = true}, ios;

/* ---- Words ---- */

/* IOS's tag in all its forms: "ISAKMP (0:1): ", "ISAKMP:(1001):", "ISAKMP-PAK: (1001):", "ISAKMP:      ". */
static const char *after_tag(const char *text)
{
    static const char *const tags[] = {"ISAKMP-PAK", "ISAKMP-ERROR", "ISAKMP"};

    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        size_t len = strlen(tags[i]);

        if (strncmp(text, tags[i], len) != 0 || isalpha((unsigned char)text[len]))
            continue;
        text += len + strspn(text + len, " :");
        text = *text == '(' ? text + strcspn(text, ")") : text;
        return text + strspn(text, ") :");
    }
    return text;
}

/* What varies, `<...>`, and what is left out, `...`, becomes `\1`; the prefix of an ASA and the tag of IOS are left
 * out; runs of blanks and line breaks one blank. */
static void make_pattern(struct row *row)
{
    struct text t = text_of(row->pattern, sizeof row->pattern);
    const char *at = row->format;

    if (strncmp(at, "IP = <", 6) == 0 || strncmp(at, "{P}", 3) == 0)
        at = strchr(at, *at == '{' ? '}' : ',') + 1;
    at = after_tag(at);
    while (*at == ' ')
        at++;
    for (; *at; at++) {
        bool is_blank = *at == ' ' || strncmp(at, "<LF>", 4) == 0;

        if (strncmp(at, "...", 3) == 0) {
            text_add(&t, "\1");
            at += 2;
            continue;
        }
        if (is_blank && (t.len == 0 || t.data[t.len - 1] != ' '))
            text_add(&t, " ");
        else if (!is_blank)
            text_add(&t, "%c", *at == '<' ? '\1' : *at);
        if (*at == '<')
            at += strcspn(at, ">");
    }
}

/* `\1` of the pattern is any text. */
static bool is_said_as(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text) {
        if (*pattern == '\1') {
            star = pattern++;
            from = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "\1 ")] == '\0';
}

/* Both may have `\1` for any text. `meets[k]`: what is left of the pattern meets what is left of the text from k on. */
static bool fits(const char *pattern, const char *text)
{
    static bool meets[PATTERN_SIZE + 1];
    size_t len = strlen(text), p = strlen(pattern);

    CHECK(len <= PATTERN_SIZE);
    for (size_t k = len + 1; k-- > 0;)
        meets[k] = k == len || (text[k] == '\1' && meets[k + 1]);
    while (p-- > 0) {
        bool after = false; /* meets[k + 1] of the row before */

        for (size_t k = len + 1; k-- > 0;) {
            bool now = pattern[p] == '\1' && (meets[k] || (k < len && meets[k + 1]));

            now |= k < len && text[k] == '\1' && (meets[k] || meets[k + 1]);
            now |= k < len && text[k] == pattern[p] && after;
            after = meets[k];
            meets[k] = now;
        }
    }
    return meets[0];
}

/* Runs of blanks and line breaks are one blank; the prefix `Group = g, IP = p, ` is left out. */
static const char *plain_words(const char *line, char *space, size_t size)
{
    static const char *const prefixes[] = {"Group = ", "Username = ", "IP = "};
    struct text t = text_of(space, size);

    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        const char *end = strncmp(line, prefixes[i], strlen(prefixes[i])) == 0 ? strstr(line, ", ") : NULL;

        line = end ? end + 2 : line;
    }
    line = after_tag(line);
    for (; *line; line++) {
        bool is_blank = isspace((unsigned char)*line);

        if (!is_blank || (t.len > 0 && t.data[t.len - 1] != ' '))
            text_add(&t, "%c", is_blank ? ' ' : *line);
    }
    while (t.len > 0 && t.data[t.len - 1] == ' ')
        t.data[--t.len] = '\0';
    return space;
}

static bool is_number_of(const struct row *row, uint32_t number)
{
    return strtoul(row->name, NULL, 10) == number;
}

/* ---- Tables ---- */

static void read_table(struct table *table, const char *path)
{
    FILE *in = fopen(path, "r");
    char *rest = table->text, *line;

    CHECK(in);
    size_t len = fread(table->text, 1, TABLE_SIZE - 1, in);
    CHECK(len < TABLE_SIZE - 1);
    fclose(in);
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line == '#' || *line == '\0')
            continue;
        CHECK(table->count < MESSAGES_MAX);
        struct row *row = &table->rows[table->count++];

        *row =
            (struct row){.name = strsep(&line, "\t"), .severity = strsep(&line, "\t"), .format = strsep(&line, "\t")};
        row->status = line ? strsep(&line, "\t") : "";
        row->why = line ? line : "";
        CHECK(row->format);
        make_pattern(row);
    }
}

/* ---- What engines say ---- */

static const char *const releases[] = {NULL, "old", "mid", "new"};

/* `dialect`: 0 is an ASA, else a place in `releases`. */
static void hear(const char *line, uint32_t number, size_t dialect)
{
    static char space[PHRASE_LINE_SIZE];
    bool is_asa = dialect == 0;
    struct table *table = is_asa ? &asa : &ios;
    const char *words = plain_words(line, space, sizeof space);

    for (size_t i = 0; i < table->count; i++) {
        struct row *row = &table->rows[i];
        bool is_of = is_asa ? is_number_of(row, number)
                            : strcmp(row->severity, "all") == 0 || strstr(row->severity, releases[dialect]) != NULL;

        row->is_said |= is_of && is_said_as(row->pattern, words);
    }
}

/* ---- What has been heard before, but for numbers ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)(isxdigit((unsigned char)*text) ? '0' : *text)) * 1099511628211u;
    return hash;
}

static bool is_heard(uint64_t hash)
{
    static uint64_t seen[SEEN_MAX];

    for (size_t i = hash % SEEN_MAX;; i = (i + 1) % SEEN_MAX) {
        if (seen[i] == hash)
            return true;
        if (seen[i] == 0) {
            seen[i] = hash;
            return false;
        }
    }
}

/* Small numbers are kinds of things: phases, messages, groups. */
static uint64_t hash_event(const struct event *event)
{
    uint64_t hash = 14695981039346656037u + event->kind;

    for (size_t i = 0; i < event->field_count; i++) {
        enum event_field_id id = event->fields[i].id;
        uint64_t number = event_field_type(id) == FIELD_TYPE_NUMBER ? event_number(event, id) : 0;

        hash = (hash ^ (id << 8) ^ (number < 8 ? number : 8)) * 1099511628211u;
        hash = event_field_type(id) == FIELD_TYPE_TEXT ? hash_text(hash, event_text(event, id)) : hash;
    }
    return hash;
}

static void messages_told(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    static const enum dialect dialects[] = {DIALECT_ASA_SYSLOG, DIALECT_IOS_OLD, DIALECT_IOS_MIDDLE, DIALECT_IOS_NEW};
    char space[PHRASE_LINE_SIZE];
    struct phrase_head head = {0};

    (void)context, (void)site, (void)at_ms;
    if (is_heard(hash_event(event)))
        return;
    for (size_t d = 0; d < COUNT_OF(dialects); d++) {
        for (unsigned i = 0;; i++) {
            struct text t = text_of(space, sizeof space);

            if (!phrase_write(dialects[d], event, i, &head, &t))
                break;
            if (!is_heard(hash_text(d == 0 ? head.number : d, space)))
                hear(space, head.number, d);
        }
    }
}

/* ---- What is said where no scenario leads ---- */

static void add_folder(char *source, size_t size, size_t *len, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);

    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
        char path[1024];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        FILE *in = entries[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
        *len += in ? fread(source + *len, 1, size - *len - 1, in) : 0;
        if (in)
            fclose(in);
        free(entries[i]);
    }
    free(entries);
    CHECK(*len < size - 1);
}

/* Of the engine and the daemon, to see which events they have. */
static const char *our_source(void)
{
    static char source[4 << 20];
    static size_t len;

    if (len == 0) {
        add_folder(source, sizeof source, &len, SOURCE_DIR "/ike");
        add_folder(source, sizeof source, &len, SOURCE_DIR "/daemon");
    }
    return source;
}

/* A text of a screen, up to its closing quote: a field in it stands for any words. */
static bool is_line_of(const char *text, const char *words)
{
    for (; *text != '\0' && *text != '"'; text++, words++) {
        if (*text == '{') {
            text = strchr(text, '}') + 1;
            for (; *words != '\0'; words++)
                if (is_line_of(text, words))
                    return true;
            return false;
        }
        if (*text != *words)
            return false;
    }
    return *text == '"' && *words == '\0';
}

static bool is_in_shell(const char *words);

/* Line by line: each is a text of its own there. A % of it stands twice in a format. */
static bool are_in_shell(const char *lines)
{
    char space[PATTERN_SIZE], *rest = space, *line;

    snprintf(space, sizeof space, "%s", lines);
    while ((line = rest) != NULL) {
        if ((rest = strstr(line, "<LF>")) != NULL) {
            *rest = '\0';
            rest += 4;
        }
        if (!is_in_shell(line + strspn(line, "%")))
            return false;
    }
    return true;
}

static bool is_in_shell(const char *words)
{
    static char source[4 << 20];
    static size_t len;

    if (len == 0)
        add_folder(source, sizeof source, &len, SOURCE_DIR "/cli");
    if (strstr(source, words) != NULL)
        return true;
    for (const char *line = source; (line = strstr(line, "\nLINE(")) != NULL; line++) {
        const char *text = strchr(line, '"');

        if (text != NULL && text[1] != '{' && is_line_of(text + 1, words))
            return true;
    }
    return false;
}

static bool is_told(enum event_kind kind)
{
    char name[128];
    size_t len = (size_t)snprintf(name, sizeof name, "EV_%s", event_name(kind));

    for (size_t i = 0; i < len; i++)
        name[i] = (char)(name[i] == '-' ? '_' : toupper((unsigned char)name[i]));
    for (const char *at = our_source(); (at = strstr(at, name)) != NULL; at += len)
        if (!isalnum((unsigned char)at[len]) && at[len] != '_')
            return true;
    return false;
}

/* A row of phrases.def as it would be written: each field is any text. */
static const char *sample_of(const char *phrase, char *space, size_t size)
{
    struct text t = text_of(space, size);

    for (const char *at = phrase; *at; at++) {
        if (*at == '{') {
            size_t len = strcspn(at, "}");
            bool is_field = memchr(at, '=', len) == NULL && at[1] != '!' && at[1] != '?' && strncmp(at, "{P}", 3) != 0;

            is_field = is_field && strncmp(at, "{I}", 3) != 0;
            text_add(&t, "%s", is_field ? "\1" : "");
            at += len;
        } else {
            text_add(&t, "%c", *at);
        }
    }
    return space;
}

static bool is_written(const struct row *row, bool is_asa)
{
    char sample[PHRASE_LINE_SIZE], words[PHRASE_LINE_SIZE];
    enum event_kind kind;
    const char *later;

    for (size_t i = 0; i < phrase_count(); i++) {
        const struct phrase *phrase = phrase_at(i);

        if (phrase->use != PHRASE_READ && phrase->family == (is_asa ? PHRASE_ASA : PHRASE_IOS) &&
            is_told(phrase->kind) && (!is_asa || is_number_of(row, phrase->number)) &&
            fits(row->pattern, plain_words(sample_of(phrase->text, sample, sizeof sample), words, sizeof words)))
            return true;
    }
    for (size_t i = 0; !is_asa && (later = later_text(i, &kind)) != NULL; i++)
        if (is_told(kind) &&
            fits(row->pattern, plain_words(sample_of(later, sample, sizeof sample), words, sizeof words)))
            return true;
    return false;
}

/* A row that is only read knows it. */
static bool is_read(const struct row *row)
{
    char sample[PHRASE_LINE_SIZE], words[PHRASE_LINE_SIZE];

    for (size_t i = 0; i < phrase_count(); i++) {
        const struct phrase *phrase = phrase_at(i);

        if (phrase->use == PHRASE_READ && phrase->family == PHRASE_ASA && is_number_of(row, phrase->number) &&
            fits(row->pattern, plain_words(sample_of(phrase->text, sample, sizeof sample), words, sizeof words)))
            return true;
    }
    return false;
}

static bool is_told_at_all(const struct table *table, const char *by)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        bool is_said = strcmp(row->status, "engine") == 0 || strcmp(row->status, "elsewhere") == 0;

        if (is_said && strncmp(row->name, by, strlen(row->name)) == 0)
            return true;
    }
    return false;
}

static const char *fault_of(const struct table *table, const struct row *row)
{
    if (strcmp(row->status, "engine") == 0)
        return row->is_said ? NULL : "no engine says it in any scenario";
    if (strlen(row->why) < 10)
        return "there is no reason";
    if (strcmp(row->status, "elsewhere") == 0)
        return row->is_said || is_written(row, table->is_asa)
                   ? NULL
                   : "no row of phrases.def for an event of the engine or the daemon says it";
    if (strcmp(row->status, "shell") == 0)
        return are_in_shell(row->format) ? NULL : "its words are not among those of the shell";
    if (row->is_said)
        return "an engine says it";
    if (strcmp(row->status, "never") == 0)
        return NULL;
    bool is_of_others = strcmp(row->status, "read") == 0;
    if (!is_of_others && strcmp(row->status, "instead") != 0)
        return "its status is none";
    if (is_of_others && !is_read(row))
        return "no row of phrases.def reads it";
    return !table->is_asa || !isdigit((unsigned char)row->why[0]) || is_told_at_all(table, row->why)
               ? NULL
               : "what is named instead is not said either";
}

static void expect_table(const struct table *table)
{
    unsigned faults = 0;

    for (size_t i = 0; i < table->count; i++) {
        const char *fault = fault_of(table, &table->rows[i]);

        if (fault)
            print_error("%s %s: %s\n", table->rows[i].name, table->rows[i].format, fault);
        faults += fault != NULL;
    }
    assert_int_equal(faults, 0);
}

static void each_message_of_an_asa_is_said_or_has_a_reason(void **state)
{
    (void)state;
    expect_table(&asa);
}

static void each_line_of_ios_is_said_or_has_a_reason(void **state)
{
    (void)state;
    expect_table(&ios);
}

/* What is not ours, and written. */
static void each_message_of_an_asa_that_is_written_is_in_the_table(void **state)
{
    char sample[PHRASE_LINE_SIZE], words[PHRASE_LINE_SIZE];

    (void)state;
    for (size_t i = 0; i < phrase_count(); i++) {
        const struct phrase *phrase = phrase_at(i);
        size_t row;

        if (phrase->family != PHRASE_ASA || phrase->use == PHRASE_READ || phrase->mark == PHRASE_INFERRED)
            continue;
        for (row = 0; row < asa.count && !is_number_of(&asa.rows[row], phrase->number);)
            row++;
        if (row == asa.count)
            fail_msg("%u is not in the table: %s", (unsigned)phrase->number,
                     plain_words(sample_of(phrase->text, sample, sizeof sample), words, sizeof words));
    }
}

static inline void messages_read(void)
{
    read_table(&asa, TESTS_DIR "/sim/messages-asa.tsv");
    read_table(&ios, TESTS_DIR "/sim/messages-ios.tsv");
}

#endif
