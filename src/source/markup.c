/* The source of a web page: what it has for characters and lines is undone. */
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
