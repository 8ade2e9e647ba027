#include "event/withheld.h"

#include <string.h>

/* Four parts, not all of them numbers. */
static bool is_struck_out(struct bytes text)
{
    enum { PART_MAX = 4 };
    size_t dots = 0, part = 0, others = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z', is_digit = c >= '0' && c <= '9';

        if (c == '.') {
            if (part == 0 || ++dots > 3)
                return false;
            part = 0;
            continue;
        }
        if ((!is_letter && !is_digit && c != '*' && c != '#') || ++part > PART_MAX)
            return false;
        others += !is_digit;
    }
    return dots == 3 && part > 0 && others > 0;
}

bool address_is_withheld(struct bytes text)
{
    enum { WITHHELD_MAX = 48 };

    if (text.len < 2 || text.len > WITHHELD_MAX)
        return false;
    if (text.data[0] == '<' && text.data[text.len - 1] == '>' && !memchr(text.data + 1, '<', text.len - 1))
        return true;
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.data[i] == 'I' && text.data[i + 1] == 'P')
            return true;
    return is_struck_out(text);
}
