#include "conf/line.h"

#include <string.h>

/* What a pager leaves in front of a line, and what else a terminal adds to a configuration. */
static const char *const pager_marks[] = {"<--- More --->", "--More--"};
static const char *const noise_beginnings[] = {"Cryptochecksum:", "Building configuration", "[OK]"};
static const char *const secret_marks[] = {"password",  "passwd", "key",  "secret",
                                           "community", "shared", "pass", "credential"};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_blank_or_return(uint8_t c)
{
    return is_blank(c) || c == '\r';
}

struct lines lines_of(struct bytes text)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};

    if (bytes_begin_with(text, BYTES_OF(byte_order_mark)))
        text = bytes_after(text, sizeof byte_order_mark);
    return (struct lines){text, 0};
}

static struct bytes without_end(struct bytes text, bool (*is_end)(uint8_t))
{
    while (text.len > 0 && is_end(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool is_return(uint8_t c)
{
    return c == '\r';
}

/* The pager wipes its mark by a carriage return, blanks and another one; some terminals use backspaces. */
static struct bytes after_pager(struct bytes line)
{
    for (size_t i = 0; i < COUNT_OF(pager_marks); i++) {
        struct bytes lead = line;

        while (lead.len > 0 && is_blank(lead.data[0]))
            lead = bytes_after(lead, 1);
        if (!bytes_begin_with(lead, bytes_of_text(pager_marks[i])))
            continue;

        struct bytes rest = bytes_after(lead, strlen(pager_marks[i]));
        struct bytes best = rest;

        while (rest.len > 0 && (is_blank_or_return(rest.data[0]) || rest.data[0] == '\b')) {
            bool is_wiped = !is_blank(rest.data[0]);

            rest = bytes_after(rest, 1);
            best = is_wiped ? rest : best;
        }
        return best;
    }
    return line;
}

bool line_next(struct lines *lines, struct line *line)
{
    if (lines->rest.len == 0)
        return false;

    const uint8_t *end = memchr(lines->rest.data, '\n', lines->rest.len);
    size_t len = end == NULL ? lines->rest.len : (size_t)(end - lines->rest.data);
    struct bytes whole = without_end(bytes_of(lines->rest.data, len), is_return), text = whole;

    for (struct bytes before = bytes_of(NULL, 0); text.data != before.data;) {
        before = text;
        text = after_pager(text);
    }
    lines->rest = bytes_after(lines->rest, end == NULL ? len : len + 1);
    lines->number++;
    line->number = lines->number;
    line->indent = 0;
    while (text.len > 0 && is_blank(text.data[0])) {
        text = bytes_after(text, 1);
        line->indent++;
    }
    line->column = (uint32_t)(text.data - whole.data) + 1;
    line->text_with_blanks = text;
    line->text = without_end(text, is_blank_or_return);
    return true;
}

/* "hq-fw# show running-config", "hq-fw/pri/act(config)#": no statement has such a first word. */
static bool is_prompt(struct bytes text)
{
    for (size_t i = 0; i < text.len && !is_blank(text.data[i]); i++)
        if (text.data[i] == '#' || (text.data[i] == '>' && i > 0))
            return true;
    return false;
}

bool line_is_noise(const struct line *line)
{
    struct bytes text = line->text;

    if (text.len == 0 || text.data[0] == '!' || text.data[0] == ':')
        return true;
    for (size_t i = 0; i < COUNT_OF(noise_beginnings); i++)
        if (bytes_begin_with(text, bytes_of_text(noise_beginnings[i])))
            return true;
    return is_prompt(text);
}

uint16_t line_tokens(const struct line *line, struct token *tokens, uint16_t max, bool *is_cut)
{
    const uint8_t *begin = line->text.data;
    size_t len = line->text.len, at = 0;
    uint16_t count = 0;

    *is_cut = false;
    while (at < len) {
        size_t end = at;

        while (end < len && !is_blank(begin[end]))
            end++;
        if (count == max) {
            *is_cut = true;
            break;
        }
        tokens[count++] = (struct token){
            .text = bytes_of(begin + at, end - at),
            .rest = bytes_of(begin + at, len - at),
            .rest_with_blanks = bytes_after(line->text_with_blanks, at),
            .column = line->column + (uint32_t)at,
        };
        while (end < len && is_blank(begin[end]))
            end++;
        at = end;
    }
    return count;
}

bool lines_are_text(struct bytes text, size_t line_max, uint32_t *number, uint32_t *line_count)
{
    size_t len = 0;

    *number = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\n') {
            (*number)++;
            len = 0;
        } else if (text.data[i] == '\0' || ++len > line_max) {
            return false;
        }
    }
    *line_count = *number;
    return true;
}

static bool holds_secret_mark(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(secret_marks); i++) {
        size_t len = strlen(secret_marks[i]);

        for (size_t at = 0; at + len <= word.len; at++)
            if (memcmp(word.data + at, secret_marks[i], len) == 0)
                return true;
    }
    return false;
}

size_t text_public_len(struct bytes text)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = at;

        while (end < text.len && !is_blank(text.data[end]))
            end++;
        if (holds_secret_mark(bytes_of(text.data + at, end - at)))
            return end;
        while (end < text.len && is_blank(text.data[end]))
            end++;
        at = end;
    }
    return text.len;
}
