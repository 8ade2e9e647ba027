#include "base/wide.h"
#include "source/parts.h"

#include <string.h>

/* Looked for by its first and last characters, which stand together only now and then. */
bool bytes_has(struct bytes line, const char *what, size_t *at)
{
    size_t len = strlen(what);
    struct bytes first = line, last = bytes_after(line, len > 0 ? len - 1 : 0);

    for (; last.len > 0 && len > 0; first = bytes_after(first, WIDE_LEN), last = bytes_after(last, WIDE_LEN)) {
        uint32_t places =
            wide_bits((wide)(wide_of(first) == (uint8_t)what[0]) & (wide)(wide_of(last) == (uint8_t)what[len - 1]));

        for (; places != 0; places &= places - 1) {
            const uint8_t *place = first.data + __builtin_ctz(places);

            if (wide_equal(place, (const uint8_t *)what, len)) {
                *at = (size_t)(place - line.data);
                return true;
            }
        }
    }
    if (len == 0)
        *at = 0;
    return len == 0;
}

bool bytes_take(struct bytes *line, const char *what)
{
    if (!bytes_begin_with(*line, bytes_of_text(what)))
        return false;
    *line = bytes_after(*line, strlen(what));
    return true;
}

struct bytes bytes_to(struct bytes line, const char *stop)
{
    size_t at;

    return bytes_has(line, stop, &at) ? bytes_of(line.data, at) : line;
}

struct bytes bytes_word(struct bytes *line)
{
    struct bytes rest = bytes_trim(*line);
    size_t len = 0;

    while (len < rest.len && rest.data[len] != ' ')
        len++;
    *line = bytes_after(rest, len);
    return bytes_of(rest.data, len);
}

bool bytes_number(struct bytes text, unsigned base, uint64_t *number)
{
    uint64_t n = 0;

    if (text.len == 0 || text.len > 16)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
                         : c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10
                         : c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10
                                                : 99;
        if (digit >= base)
            return false;
        n = n * base + digit;
    }
    *number = n;
    return true;
}
