#include "event/names.h"

#include "base/wide.h"

const uint8_t names_characters[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['.'] = 1, ['-'] = 1, ['_'] = 1, ['@'] = 1,
};

/* `title` is a literal: its length is known to the compiler. */
static inline bool take_title(struct bytes *text, const char *title)
{
    size_t len = strlen(title);

    if (text->len < len || memcmp(text->data, title, len) != 0)
        return false;
    *text = bytes_of(text->data + len, text->len - len);
    return true;
}

/* Which of them may stand in a name: as names_characters. */
static inline uint32_t name_bits(wide w)
{
    return wide_bits(wide_within(w, '0', '9') | wide_within(w | 0x20, 'a', 'z') | (wide)(w == '.') | (wide)(w == '-') |
                     (wide)(w == '_') | (wide)(w == '@'));
}

/* A name, and the comma behind it. */
static inline bool take_name(struct bytes *text, struct bytes *name)
{
    size_t len = 0, run;

    do
        len += run = wide_run(name_bits(wide_of(bytes_after(*text, len))));
    while (run == WIDE_LEN);
    *name = bytes_of(text->data, len);
    *text = bytes_of(text->data + len, text->len - len);
    return len > 0 && take_title(text, ", ");
}

static inline wide times_ten(wide w)
{
    wide two = w + w, four = two + two;

    return four + four + two;
}

/* The number that ends with a digit and has up to three, in the place of that digit. False: one of the digits in
 * `places` makes it more than 255. */
static inline bool numbers_of(wide digits, wide is_digit, uint32_t places, uint8_t numbers[static WIDE_LEN])
{
    wide tens = wide_later(digits), hundreds = wide_later(tens) & wide_later(is_digit);
    wide low = digits + times_ten(tens), all = low + times_ten(times_ten(hundreds));

    memcpy(numbers, &all, WIDE_LEN);
    return (wide_bits((wide)(hundreds > 2) | (wide)(all < low)) & places) == 0;
}

/* Four numbers up to the comma, as ip_parse reads them, all at a time; anything else is left to it. */
static bool take_v4(struct bytes *text, struct names *names)
{
    wide w = wide_of(*text), is_digit = wide_within(w, '0', '9');
    uint32_t points = wide_bits((wide)(w == '.')), digits = wide_bits(is_digit);
    size_t len = wide_run(points | digits);
    uint8_t numbers[WIDE_LEN];

    if (len + 2 > text->len || text->data[len] != ',' || text->data[len + 1] != ' ')
        return false;
    uint32_t end = 1u << len, ends = (points & (end - 1)) | end, second = ends & (ends - 1),
             third = second & (second - 1), fourth = third & (third - 1);
    uint32_t are_four = digits & digits >> 1 & digits >> 2 & digits >> 3 & (end - 1);

    if (fourth != end || (ends & (ends << 1 | 1)) != 0 || are_four != 0 ||
        !numbers_of((w - '0') & is_digit, is_digit, digits & (end - 1), numbers))
        return false;
    names->address = bytes_of(text->data, len);
    names->peer =
        ip_of_v4((uint32_t)numbers[__builtin_ctz(ends) - 1] << 24 | (uint32_t)numbers[__builtin_ctz(second) - 1] << 16 |
                 (uint32_t)numbers[__builtin_ctz(third) - 1] << 8 | numbers[len - 1]);
    *text = bytes_of(text->data + len + 2, text->len - len - 2);
    return true;
}

static bool take_address(struct bytes *text, struct names *names)
{
    return take_v4(text, names) || (take_name(text, &names->address) && ip_parse(&names->peer, names->address));
}

bool names_take(struct bytes *text, struct names *names)
{
    names->group = names->user = (struct bytes){0};
    return (!take_title(text, "Group = ") || take_name(text, &names->group)) &&
           (!take_title(text, "Username = ") || take_name(text, &names->user)) && take_title(text, "IP = ") &&
           take_address(text, names);
}

void names_add(const struct names *names, struct event *e)
{
    if (names->group.len > 0)
        event_add_bytes(e, FIELD_GROUP, names->group);
    if (names->user.len > 0)
        event_add_bytes(e, FIELD_USERNAME, names->user);
    event_add_ip(e, FIELD_PEER, names->peer);
}
