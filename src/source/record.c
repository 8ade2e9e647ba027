#include "source/record.h"

#include "base/text.h"
#include "source/stamp.h"

#include <string.h>

enum { FIELDS_MAX = 48, STAMP_LEN_MIN = 8, STAMP_LEN_MAX = 40, NUMBER_LEN = 6, BARS_MIN = 5, BARS_WITHIN = 64 };

enum part { PART_NONE, PART_MESSAGE, PART_TIME, PART_PROGRAM };

static const struct {
    enum part part;
    const char *name;
} keys[] = {
#define RECORD_KEY(part, name) {PART_##part, name},
#include "source/record.def"
#undef RECORD_KEY
};

static struct bytes pass_blanks(struct bytes rest)
{
    while (rest.len > 0 && rest.data[0] == ' ')
        rest = bytes_after(rest, 1);
    return rest;
}

static bool is_stamp(struct bytes field)
{
    return field.len >= STAMP_LEN_MIN && field.len <= STAMP_LEN_MAX && stamp_read(field, 0).extent != STAMP_NONE;
}

/* ---- JSON ---- */

/* A string from its quote on; `rest` goes behind the closing one. False: it does not end here. */
static bool take_string(struct bytes *rest, struct bytes *inside)
{
    size_t len = 1;

    while (len < rest->len && rest->data[len] != '"')
        len += rest->data[len] == '\\' ? 2 : 1;
    if (len >= rest->len)
        return false;
    *inside = bytes_of(rest->data + 1, len - 1);
    *rest = bytes_after(*rest, len + 1);
    return true;
}

static unsigned hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - (unsigned)'0' : ((c | 0x20u) - 'a' + 10) & 15;
}

/* \" \\ \/ \n \t \u0041; what is not printable becomes a blank. */
static void add_unescaped(struct text *out, struct bytes s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != '\\' || i + 1 >= s.len) {
            text_add(out, "%c", s.data[i]);
            continue;
        }
        uint8_t c = s.data[++i];
        if (c == 'u' && i + 4 < s.len) {
            unsigned code = hex_digit(s.data[i + 1]) << 12 | hex_digit(s.data[i + 2]) << 8 |
                            hex_digit(s.data[i + 3]) << 4 | hex_digit(s.data[i + 4]);

            text_add(out, "%c", code >= ' ' && code < 0x7f ? (int)code : ' ');
            i += 4;
        } else {
            text_add(out, "%c", c == '"' || c == '\\' || c == '/' ? c : ' ');
        }
    }
}

/* Seconds, milli- or microseconds since 1970. */
static void add_epoch(struct text *out, struct bytes digits)
{
    static const unsigned days_before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t n = 0;

    for (size_t i = 0; i < digits.len && i < 13; i++)
        n = n * 10 + (digits.data[i] - (uint64_t)'0');
    uint64_t ms = digits.len <= 10 ? n * 1000 : n, days = ms / 86400000;
    unsigned year = 1970, month = 11;

    for (uint64_t length; days >= (length = year % 4 == 0 ? 366 : 365); year++) /* until 2100 */
        days -= length;
    bool is_leap = year % 4 == 0;
    while (month > 0 && days < days_before[month] + (is_leap && month > 1))
        month--;
    days -= days_before[month] + (is_leap && month > 1);
    text_add(out, "%u-%02u-%02uT%02u:%02u:%02u.%03u ", year, month + 1, (unsigned)days + 1,
             (unsigned)(ms / 3600000 % 24), (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60),
             (unsigned)(ms % 1000));
}

static void add_time(struct text *out, struct bytes time)
{
    if (bytes_are_digits(time) && (time.len == 10 || time.len == 13 || time.len == 16))
        add_epoch(out, time);
    else if (is_stamp(time))
        text_add(out, "%.*s ", (int)time.len, (const char *)time.data);
}

struct parts {
    struct bytes of[PART_PROGRAM + 1];
};

static void write_line(struct text *out, const struct parts *p)
{
    struct bytes program = p->of[PART_PROGRAM];

    add_time(out, p->of[PART_TIME]);
    if (program.len > 0) {
        add_unescaped(out, program);
        text_add(out, "%s", program.data[program.len - 1] == ':' ? " " : ": ");
    }
    add_unescaped(out, p->of[PART_MESSAGE]);
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

static enum part part_of(struct bytes key)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (bytes_equal(key, bytes_of_text(keys[i].name)))
            return keys[i].part;
    return PART_NONE;
}

/* The value behind a colon: a string without its quotes, or a bare word. False: it is neither, or does not end. */
static bool take_value(struct bytes *rest, struct bytes *value)
{
    size_t len = 0;

    *rest = pass_blanks(*rest);
    if (rest->len > 0 && rest->data[0] == '"')
        return take_string(rest, value);
    while (len < rest->len && ((rest->data[len] >= '0' && rest->data[len] <= '9') || rest->data[len] == '.'))
        len++;
    *value = bytes_of(rest->data, len);
    for (size_t i = 0; i < value->len; i++) /* 1795255200.123 */
        if (value->data[i] == '.')
            value->len = i;
    *rest = bytes_after(*rest, len);
    return len > 0;
}

/* An object is told when it closes, or where the line ends. Of two names for one part the first one counts. */
static bool next_object(struct bytes *rest, struct text *out)
{
    struct parts p = {0};
    struct bytes string, value;

    while (rest->len > 0) {
        if (rest->data[0] == '}' && p.of[PART_MESSAGE].len > 0)
            break;
        if (rest->data[0] != '"') {
            *rest = bytes_after(*rest, 1);
            continue;
        }
        if (!take_string(rest, &string)) {
            *rest = (struct bytes){0};
            break;
        }
        *rest = pass_blanks(*rest);
        if (rest->len == 0 || rest->data[0] != ':')
            continue;
        *rest = bytes_after(*rest, 1);
        enum part part = part_of(string);
        if (part != PART_NONE && take_value(rest, &value) && p.of[part].len == 0)
            p.of[part] = value;
    }
    if (p.of[PART_MESSAGE].len == 0)
        return false;
    write_line(out, &p);
    return true;
}

/* ---- CSV ---- */

/* "a ""quoted"" field" or one without quotes, up to the separator. False: a quote does not close, or text follows it.
 */
static bool take_field(struct bytes *rest, char separator, struct bytes *field)
{
    bool is_quoted = rest->data[0] == '"';
    size_t len = is_quoted;

    for (; len < rest->len && (is_quoted || rest->data[len] != (uint8_t)separator); len++)
        if (is_quoted && rest->data[len] == '"') {
            if (len + 1 >= rest->len || rest->data[len + 1] != '"')
                break;
            len++;
        }
    *field = bytes_of(rest->data + is_quoted, len - is_quoted);
    if (!is_quoted) {
        *rest = bytes_after(*rest, len < rest->len ? len + 1 : len);
        return true;
    }
    if (len >= rest->len || (len + 1 < rest->len && rest->data[len + 1] != (uint8_t)separator))
        return false;
    *rest = bytes_after(*rest, len + 2 < rest->len ? len + 2 : rest->len);
    return true;
}

static size_t split(struct bytes line, char separator, struct bytes fields[static FIELDS_MAX])
{
    size_t count = 0;

    while (line.len > 0 && count < FIELDS_MAX)
        if (!take_field(&line, separator, &fields[count++]))
            return 0;
    return count;
}

/* 7|Nov 21 2026|10:00:00|713236|||||IP = ...: what ASDM copies. */
static bool is_barred(struct bytes line)
{
    size_t bars = 0;

    for (size_t i = 0; i < line.len && i < BARS_WITHIN; i++)
        bars += line.data[i] == '|';
    return bars >= BARS_MIN && line.data[0] >= '0' && line.data[0] <= '7' && line.data[1] == '|';
}

/* The longest field is what the device said; the first that is a time, when; a number of six digits is an ASA's. */
static bool write_fields(struct text *out, const struct bytes *fields, size_t count)
{
    struct bytes message = {0}, number = {0}, severity = bytes_of_text("7"), time = {0}, day = {0};

    for (size_t i = 0; i < count; i++) {
        struct bytes f = fields[i];

        if (f.len > message.len)
            message = f;
        if (f.len == NUMBER_LEN && bytes_are_digits(f) && number.len == 0)
            number = f;
        else if (f.len == 1 && f.data[0] >= '0' && f.data[0] <= '7')
            severity = f;
        else if (time.len == 0 && is_stamp(f))
            time = f;
        else if (time.len == 0 && f.len >= 11 && f.len <= 12) /* Nov 21 2026, and the time in the next */
            day = f;
    }
    if (count < 3 || message.len <= STAMP_LEN_MAX / 2)
        return false;
    if (time.len > 0 && time.len <= 12 && day.len > 0)
        text_add(out, "%.*s ", (int)day.len, (const char *)day.data);
    if (time.len > 0)
        text_add(out, "%.*s: ", (int)time.len, (const char *)time.data);
    bool is_tagged = memchr(message.data, '%', message.len) != NULL;
    if (!is_tagged && number.len > 0)
        text_add(out, "%%ASA-%c-%.*s: ", severity.data[0], (int)number.len, (const char *)number.data);
    else if (!is_tagged && (bytes_begin_with(message, bytes_of_text("IP = ")) ||
                            bytes_begin_with(message, bytes_of_text("Group = "))))
        text_add(out, "[IKEv1]: ");
    for (size_t i = 0; i < message.len; i++) {
        text_add(out, "%c", message.data[i]);
        i += message.data[i] == '"' && i + 1 < message.len && message.data[i + 1] == '"';
    }
    return true;
}

/* ---- both ---- */

static bool is_json(struct bytes line)
{
    struct bytes rest = pass_blanks(line), name;

    if (rest.len == 0)
        return false;
    if (rest.data[0] == '{' || rest.data[0] == '[') {
        struct bytes inside = pass_blanks(bytes_after(rest, 1));

        return inside.len > 0 && (inside.data[0] == '"' || inside.data[0] == '{');
    }
    /* of an array that is laid out: "message": "..." */
    return rest.data[0] == '"' && take_string(&rest, &name) && rest.len > 0 && rest.data[0] == ':' &&
           part_of(name) == PART_MESSAGE;
}

static char separator_of(struct bytes line)
{
    struct bytes rest = line, field;
    const uint8_t *quoted = line.len > 3 ? memchr(line.data, '"', line.len - 1) : NULL;

    if (line.len > 3 && is_barred(line))
        return '|';
    if (!quoted || (quoted > line.data && quoted[-1] != ',' && quoted[-1] != ';'))
        return '\0';
    if (quoted > line.data)
        return (char)quoted[-1];
    for (size_t i = 0; i < 2; i++) {
        char separator = ",;"[i];

        rest = line;
        if (take_field(&rest, separator, &field) && rest.len > 0)
            return separator;
    }
    return '\0';
}

/* journalctl --output verbose */
static bool take_field_of_journal(struct bytes *line)
{
    *line = pass_blanks(*line);
    if (!bytes_begin_with(*line, bytes_of_text("MESSAGE=")))
        return false;
    *line = bytes_after(*line, 8);
    return line->len > 0;
}

bool record_is(struct bytes line)
{
    return is_json(line) || separator_of(line) != '\0' || take_field_of_journal(&line);
}

bool record_next(struct bytes *rest, char *line, size_t size, size_t *len)
{
    struct text out = text_of(line, size);
    struct bytes fields[FIELDS_MAX];
    bool is_any;

    if (rest->len == 0)
        return false;
    if (is_json(*rest) || rest->data[0] == ',' || rest->data[0] == '}') {
        is_any = next_object(rest, &out);
    } else if (take_field_of_journal(rest)) {
        text_add(&out, "%.*s", (int)rest->len, (const char *)rest->data);
        *rest = (struct bytes){0};
        is_any = true;
    } else {
        size_t count = split(*rest, separator_of(*rest), fields);

        *rest = (struct bytes){0};
        is_any = write_fields(&out, fields, count);
    }
    *len = out.len;
    return is_any;
}
