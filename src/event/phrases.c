#include "event/phrases.h"

#include "base/check.h"
#include "event/later.h"
#include "event/rows.h"

#include <string.h>

enum { MARK_S = PHRASE_SEEN, MARK_R = PHRASE_RECALLED, MARK_I = PHRASE_INFERRED };

static const struct phrase phrases[] = {
#define ROW(use, family, severity, number, text, kind, mark, source)                                                   \
    {PHRASE_##use, PHRASE_##family, severity, number, text, EV_##kind, (enum phrase_mark)MARK_##mark, source},
#define LINE(...) ROW(LINE, __VA_ARGS__)
#define OR(...) ROW(OR, __VA_ARGS__)
#define READ(...) ROW(READ, __VA_ARGS__)
#define WRITE(...) ROW(WRITE, __VA_ARGS__)
#define OR_WRITE(...) ROW(OR_WRITE, __VA_ARGS__)
#include "event/phrases.def"
#undef LINE
#undef OR
#undef READ
#undef WRITE
#undef OR_WRITE
#undef ROW
};

size_t phrase_count(void)
{
    return COUNT_OF(phrases);
}

const struct phrase *phrase_at(size_t row)
{
    CHECK(row < COUNT_OF(phrases));
    return &phrases[row];
}

bool phrase_is_ios(enum dialect dialect)
{
    return dialect == DIALECT_IOS_OLD || dialect == DIALECT_IOS_MIDDLE || dialect == DIALECT_IOS_NEW;
}

static enum phrase_family family_of(enum dialect dialect)
{
    return phrase_is_ios(dialect) ? PHRASE_IOS : PHRASE_ASA;
}

bool phrase_is_of_ike(uint32_t number)
{
    return number / 1000 >= 713 && number / 1000 <= 715;
}

/* The debug console shows what IKE says, not what the rest of the device does. */
static bool dialect_has(enum dialect dialect, const struct phrase *p)
{
    if (p->family != family_of(dialect))
        return false;
    if (dialect == DIALECT_ASA_CONSOLE_8 || dialect == DIALECT_ASA_CONSOLE_9)
        return phrase_is_of_ike(p->number);
    return true;
}

static struct phrase_head head_of(enum dialect dialect, const struct phrase *p)
{
    return (struct phrase_head){(uint16_t)(p - phrases), (uint8_t)dialect, p->severity, p->number, false};
}

static bool is_later(enum dialect dialect)
{
    return dialect == DIALECT_IOS_MIDDLE || dialect == DIALECT_IOS_NEW;
}

/* The words of the old releases under the tag of a later one. */
static void write_row(struct text *t, enum dialect dialect, const char *text, const struct event *e)
{
    const char *tag = strstr(text, "{I}");

    if (is_later(dialect) && tag) {
        later_add_tag(t, dialect, e);
        text = tag + 3;
    }
    template_write(t, text, e);
}

bool phrase_write(enum dialect dialect, const struct event *e, unsigned index, struct phrase_head *head, struct text *t)
{
    bool is_said = false; /* the present line, by one of the rows so far */

    if (is_later(dialect) && later_has(e)) {
        *head = (struct phrase_head){0, (uint8_t)dialect, 7, 0, false};
        return later_write(dialect, e, index, t);
    }

    for (const struct phrase *p = phrases; p < phrases + COUNT_OF(phrases); p++) {
        if (p->kind != (enum event_kind)e->kind || !dialect_has(dialect, p) || p->use == PHRASE_READ)
            continue;
        if (p->use == PHRASE_LINE || p->use == PHRASE_WRITE)
            is_said = false;
        if (is_said || !template_applies(p->text, e))
            continue;
        is_said = true;
        if (index-- == 0) {
            *head = head_of(dialect, p);
            write_row(t, dialect, p->text, e);
            return true;
        }
    }
    return false;
}

/* From captures of 9.x: 715xxx and 713906 are debug, the decoding of quick mode (714xxx) has a tag of its own. */
static const char *console_tag(uint32_t number)
{
    if (number / 1000 == 715 || number == 713906)
        return "[IKEv1 DEBUG]";
    return number / 1000 == 714 ? "[IKEv1 DECODE]" : "[IKEv1]";
}

void phrase_join_lines(char *line)
{
    for (; *line != '\0'; line++)
        if (*line == '\n')
            *line = ' ';
}

void phrase_add_tag(struct text *t, struct phrase_head head)
{
    switch ((enum dialect)head.dialect) {
    case DIALECT_ASA_SYSLOG: text_add(t, "%%ASA-%u-%06u: ", head.severity, (unsigned)head.number); return;
    case DIALECT_ASA_CONSOLE_8: text_add(t, "%s: ", console_tag(head.number)); return;
    case DIALECT_ASA_CONSOLE_9: text_add(t, "%s", console_tag(head.number)); return;
    case DIALECT_IOS_OLD:
    case DIALECT_IOS_MIDDLE:
    case DIALECT_IOS_NEW:
    case DIALECT_COUNT: return;
    }
}

void phrase_add_own_tag(struct text *t, struct phrase_head head)
{
    text_add(t, "%%IKEWISE-%u-%06u: ", head.severity, (unsigned)head.number);
}

/* What web pages make of a log: their typography is undone. */
static const struct {
    const char *from, *to;
} typography[] = {
    {"\xc2\xa0", " "},      {"\xc3\x97", "x"},      {"\xe2\x80\x93>", "-->"}, {"\xe2\x80\x94>", "-->"},
    {"\xe2\x80\x93", "-"},  {"\xe2\x80\x94", "-"},  {"\xe2\x80\x98", "'"},    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""}, {"\xe2\x80\xa6", "..."},
};

/* Takes one character off the line; more than one byte where a page has set it in type. */
static const char *take_character(struct bytes *line, char single[static 2])
{
    for (size_t i = 0; i < COUNT_OF(typography); i++)
        if (bytes_begin_with(*line, bytes_of_text(typography[i].from))) {
            *line = bytes_after(*line, strlen(typography[i].from));
            return typography[i].to;
        }
    single[0] = (char)line->data[0];
    single[1] = '\0';
    *line = bytes_after(*line, 1);
    return single;
}

/* Printable ASCII without blanks, at the beginning. */
static size_t word_len(struct bytes line)
{
    size_t len = 0;

    while (len < line.len && line.data[len] > ' ' && line.data[len] < 0x7f)
        len++;
    return len;
}

/* Printable ASCII whose blanks stand singly, none at either end. A backslash stays as it is: whoever wrote the line may
 * have made it of a byte that cannot be shown. */
static void add_tidied(struct text *t, struct bytes line)
{
    bool is_blank_due = false;

    while (line.len > 0) {
        char single[2];

        size_t len = word_len(line);

        if (len > 0 && t->len + len + 1 < t->size) { /* nearly all of a log */
            if (is_blank_due)
                t->data[t->len++] = ' ';
            is_blank_due = false;
            text_add_plain(t, bytes_of(line.data, len));
            line = bytes_after(line, len);
            continue;
        }
        if (line.data[0] == ' ') {
            is_blank_due = t->len > 0;
            line = bytes_after(line, 1);
            continue;
        }
        const char *c = take_character(&line, single);

        if (*c == ' ' || (*c >= '\t' && *c <= '\r')) {
            is_blank_due = t->len > 0;
            continue;
        }
        text_add(t, is_blank_due ? " " : "");
        is_blank_due = false;
        if (*c == '\\')
            text_add(t, "\\");
        else
            text_add_escaped(t, bytes_of(c, *c == '\0' ? 1 : strlen(c)));
    }
}

static bool take_text(struct bytes *line, const char *what)
{
    struct bytes wanted = bytes_of_text(what);

    if (!bytes_begin_with(*line, wanted))
        return false;
    *line = bytes_after(*line, wanted.len);
    return true;
}

static bool take_past(struct bytes *line, char character, size_t len_max)
{
    for (size_t i = 0; i < line->len && i < len_max; i++)
        if (line->data[i] == (uint8_t)character) {
            *line = bytes_after(*line, i + 1);
            return true;
        }
    return false;
}

/* %ASA-5-713041: or, with the name of a logging class, %ASA-vpn-5-713041: */
static bool read_syslog_tag(struct bytes *line, struct phrase_head *head)
{
    struct bytes rest = *line;
    uint32_t number = 0;

    if (!take_text(&rest, "%ASA-") && !take_text(&rest, "%PIX-") && !take_text(&rest, "%FTD-") &&
        !take_text(&rest, "%IKEWISE-"))
        return false;
    if (rest.len > 0 && (rest.data[0] < '0' || rest.data[0] > '9') && !take_past(&rest, '-', 16))
        return false;
    if (rest.len < 9 || rest.data[0] < '0' || rest.data[0] > '7' || rest.data[1] != '-' || rest.data[8] != ':')
        return false;
    for (size_t i = 2; i < 8; i++) {
        if (rest.data[i] < '0' || rest.data[i] > '9')
            return false;
        number = number * 10 + (rest.data[i] - (uint32_t)'0');
    }
    *head = (struct phrase_head){0, DIALECT_ASA_SYSLOG, (uint8_t)(rest.data[0] - '0'), number, false};
    *line = bytes_after(rest, 9);
    take_text(line, " ");
    return true;
}

static bool read_console_tag(struct bytes *line, struct phrase_head *head)
{
    struct bytes rest = *line;

    if (!take_text(&rest, "[IKEv1") || !take_past(&rest, ']', 16))
        return false;
    *head = (struct phrase_head){0, take_text(&rest, ":") ? DIALECT_ASA_CONSOLE_8 : DIALECT_ASA_CONSOLE_9, 0, 0, false};
    take_text(&rest, " ");
    *line = rest;
    return true;
}

/* The tag of IOS is a part of the text. */
static bool read_ios_tag(struct bytes *line, struct phrase_head *head)
{
    struct bytes rest = *line;

    if (!take_text(&rest, "ISAKMP") && !take_text(&rest, "%CRYPTO-") && !take_text(&rest, "%PARSER-") &&
        !take_text(&rest, "%TRACKING-"))
        return false;
    *head = (struct phrase_head){0, DIALECT_IOS_OLD, 0, 0, false};
    return true;
}

/* The first tag of the line, at its beginning or behind a blank: what stands before it is a time stamp, the name of a
 * host and the like. */
static bool take_tag(enum dialect dialect, struct bytes *line, struct phrase_head *head)
{
    for (size_t at = 0; at < line->len; at++) {
        struct bytes rest = bytes_after(*line, at);

        if (at > 0 && line->data[at - 1] != ' ' && rest.data[0] != '%' && rest.data[0] != '[')
            continue;
        if (read_syslog_tag(&rest, head) || read_console_tag(&rest, head) || read_ios_tag(&rest, head)) {
            *line = rest;
            return dialect == DIALECT_ANY || dialect == (enum dialect)head->dialect;
        }
    }
    return false;
}

static bool may_be(const struct phrase *p, const struct phrase_head *head)
{
    return (head->number == 0 || head->number == p->number) && p->use != PHRASE_WRITE && p->use != PHRASE_OR_WRITE &&
           dialect_has((enum dialect)head->dialect, p);
}

static bool has_double_blank(struct bytes line)
{
    const uint8_t *at = line.data, *end = line.data + line.len;

    while (at + 1 < end && (at = memchr(at, ' ', (size_t)(end - at - 1))) != NULL)
        if (*++at == ' ')
            return true;
    return false;
}

/* Nothing to be tidied: nearly every line of a device. */
static bool is_tidy(struct bytes line)
{
    return line.len > 0 && line.data[0] != ' ' && line.data[line.len - 1] != ' ' && bytes_are_printable(line) &&
           !has_double_blank(line);
}

bool phrase_read_by(const struct phrase_index *index, enum dialect dialect, struct bytes line, struct phrase_head *head,
                    struct event *e)
{
    char space[PHRASE_LINE_SIZE];
    struct text tidied = text_of(space, sizeof space);
    const struct template_slot *slots;
    struct phrase_head found;
    struct bytes rest = line;
    uint16_t row;

    if (line.len > 4 * sizeof space)
        return false;
    if (line.len >= sizeof space || !is_tidy(line)) {
        add_tidied(&tidied, line);
        rest = bytes_of(tidied.data, tidied.len);
    }
    if (tidied.is_cut || !take_tag(dialect, &rest, &found))
        return false;
    for (struct rows rows = rows_for(index, GROUP_PHRASES + family_of((enum dialect)found.dialect), found.number, rest,
                                     COUNT_OF(phrases));
         rows_next(&rows, &row, &slots);) {
        const struct phrase *p = &phrases[row];

        if (!may_be(p, &found))
            continue;
        struct event read = event_of(p->kind);

        if (!template_read(p->text, slots, rest, &read))
            continue;
        uint8_t severity = found.severity; /* releases differ in it: the line's own counts */
        *head = head_of((enum dialect)found.dialect, p);
        head->severity = found.number ? severity : p->severity;
        head->is_apart = rows.is_apart && found.number != 0 && tidied.len == 0;
        event_copy(e, &read);
        return true;
    }
    return false;
}

bool phrase_read(enum dialect dialect, struct bytes line, struct phrase_head *head, struct event *e)
{
    return phrase_read_by(NULL, dialect, line, head, e);
}

unsigned phrase_debug_severity(unsigned level)
{
    static const struct {
        unsigned level, severity;
    } levels[] = {{7, 7}, {2, 6}, {1, 5}};

    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (level >= levels[i].level)
            return levels[i].severity;
    return 0;
}

void phrase_add_stamp(struct text *t, enum dialect dialect, struct phrase_stamp stamp)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    CHECK(stamp.month >= 1 && stamp.month <= 12);
    text_add(t, "%s %02u ", months[stamp.month - 1], stamp.day);
    if (dialect == DIALECT_ASA_SYSLOG)
        text_add(t, "%u ", stamp.year);
    text_add(t, "%02u:%02u:%02u%s ", stamp.hour, stamp.minute, stamp.second, dialect == DIALECT_ASA_SYSLOG ? ":" : "");
}

void phrase_add_uptime(struct text *t, uint64_t seconds)
{
    unsigned days = (unsigned)(seconds / 86400), hours = (unsigned)(seconds / 3600 % 24);

    if (days >= 7)
        text_add(t, "%uw%ud: ", days / 7, days % 7);
    else if (days >= 1)
        text_add(t, "%ud%02uh: ", days, hours);
    else
        text_add(t, "%02u:%02u:%02u: ", hours, (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}
