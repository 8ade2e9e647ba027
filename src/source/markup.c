/* What web pages make of a log is undone: their typography, and what their source has for characters and lines. */
#include "source/parts.h"

#include <string.h>

static const struct {
    const char *from, *to;
} rows[] = {
#define MARKUP(from, to) {from, to},
#include "source/markup.def"
#undef MARKUP
};

static size_t row_of(struct bytes text)
{
    size_t i = 0;

    while (i < COUNT_OF(rows) && !bytes_begin_with(text, bytes_of_text(rows[i].from)))
        i++;
    return i;
}

bool markup_is_in(struct bytes line)
{
    for (size_t i = 0; i < 2; i++)
        for (const uint8_t *at = line.data, *end = line.data + line.len; at < end; at++) {
            if (!(at = memchr(at, "&<"[i], (size_t)(end - at))))
                break;
            if (row_of(bytes_of(at, (size_t)(end - at))) < COUNT_OF(rows))
                return true;
        }
    return false;
}

bool markup_take(struct bytes *line, struct text *to)
{
    size_t i = row_of(*line);

    if (i == COUNT_OF(rows))
        return false;
    text_add(to, "%s", rows[i].to);
    *line = bytes_after(*line, strlen(rows[i].from));
    return true;
}

/* What web pages make of a log: their typography is undone. */
static const struct {
    const char *from, *to;
} typography[] = {
    {"\xc2\xa0", " "},      {"\xc3\x97", "x"},       {"\xe2\x80\x93>", "-->"}, {"\xe2\x80\x94>", "-->"},
    {"\xe2\x80\x93", "-"},  {"\xe2\x80\x94", "---"}, {"\xe2\x80\x98", "'"},    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""},  {"\xe2\x80\xa6", "..."},  {"\xef\xbb\xbf", ""},
};

struct bytes markup_take_wide(struct bytes line, struct text *t)
{
    for (size_t i = 0; i < COUNT_OF(typography); i++)
        if (bytes_begin_with(line, bytes_of_text(typography[i].from))) {
            text_add(t, "%s", typography[i].to);
            return bytes_after(line, strlen(typography[i].from));
        }
    text_add(t, "\\x%02x", line.data[0]);
    return bytes_after(line, 1);
}
