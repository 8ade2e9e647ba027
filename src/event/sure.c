#include "event/sure.h"

#include "base/wide.h"

/* Of a text: whether there is such a character. */
struct suspects {
    bool is_unsure, has_colon, has_k;
};

static struct suspects suspects_in(struct bytes text)
{
    uint32_t unsure = 0, colons = 0, ks = 0, blank_before = 0;

    for (; text.len > 0; text = bytes_after(text, WIDE_LEN)) {
        wide w = wide_of(text);
        uint32_t there = text.len < WIDE_LEN ? (1u << text.len) - 1 : WIDE_ALL, blanks = wide_bits((wide)(w == ' '));

        unsure |= (blanks & (blanks << 1 | blank_before)) |
                  (there & wide_bits((wide)(w < ' ') | (wide)(w >= 0x7f) | (wide)(w == '%') | (wide)(w == '[') |
                                     (wide)(w == '\\')));
        colons |= wide_bits((wide)(w == ':'));
        ks |= wide_bits((wide)(w == 'K'));
        blank_before = blanks >> (WIDE_LEN - 1);
    }
    return (struct suspects){unsure != 0, colons != 0, ks != 0};
}

bool text_is_sure(struct bytes text, struct bytes words_behind)
{
    if (text.len == 0 || text.data[0] == ' ' || text.data[text.len - 1] == ' ')
        return false;
    struct suspects s = suspects_in(text);

    if (s.is_unsure)
        return false;
    return !s.has_colon || (!s.has_k && /* ISAKMP: */
                            (words_behind.len == 0 || !memchr(text.data, words_behind.data[0], text.len)));
}
