#include "event/journal.h"

#include "base/check.h"

#include <string.h>

static const char *const words[] = {
#define JOURNAL(name, word, meaning) word,
#include "event/journal.def"
#undef JOURNAL
};

void journal_add_time(struct text *t, struct phrase_stamp s, unsigned ms)
{
    text_add(t, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ ", s.year, s.month, s.day, s.hour, s.minute, s.second, ms);
}

void journal_add_message(struct text *t, enum journal_kind kind, struct endpoint from, struct endpoint to,
                         struct bytes message, size_t at)
{
    struct bytes rest = bytes_after(message, at);

    CHECK(kind == JOURNAL_IN || kind == JOURNAL_OUT);
    text_add(t, "%s ", words[kind]);
    text_add_ip(t, from.ip);
    text_add(t, " %u ", from.port);
    text_add_ip(t, to.ip);
    text_add(t, " %u %zu %zu ", to.port, message.len, at);
    text_add_hex(t, bytes_of(rest.data, rest.len < JOURNAL_PIECE_LEN ? rest.len : JOURNAL_PIECE_LEN));
}

void journal_add_words(struct text *t, enum journal_kind kind, const char *text)
{
    text_add(t, "%s %s", words[kind], text);
}

/* The next word; empty when there is none. */
static struct bytes take_word(struct bytes *rest)
{
    const uint8_t *blank = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;
    struct bytes word = bytes_of(rest->data, blank ? (size_t)(blank - rest->data) : rest->len);

    *rest = bytes_after(*rest, word.len + (blank != NULL));
    return word;
}

static bool take_number(struct bytes *rest, uint32_t most, uint32_t *number)
{
    return bytes_decimal(take_word(rest), most, number);
}

static bool take_endpoint(struct bytes *rest, struct endpoint *e)
{
    uint32_t port;

    if (!ip_parse(&e->ip, take_word(rest)) || !take_number(rest, UINT16_MAX, &port))
        return false;
    e->port = (uint16_t)port;
    return true;
}

static bool read_message(struct journal_line *line)
{
    return take_endpoint(&line->rest, &line->from) && take_endpoint(&line->rest, &line->to) &&
           take_number(&line->rest, UINT16_MAX, &line->len) && take_number(&line->rest, UINT16_MAX, &line->at) &&
           line->at < line->len;
}

bool journal_line_read(struct journal_line *line, struct bytes text)
{
    struct journal_line found = {.rest = text};
    struct bytes word = take_word(&found.rest);

    for (found.kind = 0; found.kind < JOURNAL_KINDS; found.kind++)
        if (bytes_equal(word, bytes_of_text(words[found.kind])))
            break;
    if (found.kind == JOURNAL_KINDS)
        return false;
    if ((found.kind == JOURNAL_IN || found.kind == JOURNAL_OUT) && !read_message(&found))
        return false;
    *line = found;
    return true;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t journal_piece(struct bytes digits, uint8_t *to, size_t max)
{
    if (digits.len % 2 != 0 || digits.len / 2 > max)
        return 0;
    for (size_t i = 0; i < digits.len / 2; i++) {
        int high = digit_of(digits.data[2 * i]), low = digit_of(digits.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return 0;
        to[i] = (uint8_t)(high * 16 + low);
    }
    return digits.len / 2;
}
