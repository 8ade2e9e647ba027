/* Bytes from hexadecimal digits; blanks between them are overlooked, and reading ends at the first other character. */
#ifndef TESTS_WIRE_HEX_H
#define TESTS_WIRE_HEX_H

#include "base/bytes.h"
#include "base/check.h"

static inline int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline struct bytes bytes_of_hex(const char *hex, uint8_t *space, size_t size)
{
    size_t count = 0;

    for (; *hex == ' ' || hex_digit(*hex) >= 0; hex++) {
        if (*hex == ' ')
            continue;
        CHECK(hex_digit(hex[1]) >= 0 && count < size);
        space[count++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        hex++;
    }
    return bytes_of(space, count);
}

#endif
