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
static bool take_name(struct bytes *text, struct bytes *name)
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
static inline bool take_v4(struct bytes *text, struct names *names)
{
    wide w = wide_of(*text), is_digit = wide_within(w, '0', '9');
    uint32_t points = wide_bits((wide)(w == '.')), digits = wide_bits(is_digit);
    size_t len = wide_run(points | digits);
    uint8_t numbers[WIDE_LEN];

    if (len + 2 > text->len || memcmp(text->data + len, ", ", 2) != 0)
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

/* Up to the address: the group and the user, where there are any. */
static bool take_words(struct bytes *text, struct names *names)
{
    return (!take_title(text, "Group = ") || take_name(text, &names->group)) &&
           (!take_title(text, "Username = ") || take_name(text, &names->user)) && take_title(text, "IP = ");
}

/* The same of no name at all, or of a group that is called as the address behind it begins, as those of other gateways
 * mostly are: where that is an address, the group is a name. Which of the two it is has no branch of its own, for
 * nothing tells it beforehand. */
static inline bool take_group_of_address(struct bytes *text, struct names *names)
{
    enum { GROUP_LEN = 8, COMMA_LEN = 2, IP_LEN = 5, ROOM = GROUP_LEN + WIDE_LEN + COMMA_LEN + IP_LEN + WIDE_LEN };
    const uint8_t *at = text->data;
    struct bytes rest = *text;

    if (text->len < ROOM)
        return false;
    bool has_group = memcmp(at, "Group = ", GROUP_LEN) == 0;
    size_t group_at = has_group ? GROUP_LEN : 0, len = wide_run(~wide_bits((wide)(wide_at(at + group_at) == ',')));
    size_t group_len = has_group ? len : 0, ip_at = has_group ? GROUP_LEN + len + COMMA_LEN : 0;
    bool has_title = memcmp(at + ip_at, "IP = ", IP_LEN) == 0;
    uint32_t same = wide_bits((wide)(wide_at(at + group_at) == wide_at(at + ip_at + IP_LEN)));

    if (!has_title || wide_run(same) < group_len || (has_group && (len == 0 || at[GROUP_LEN + len + 1] != ' ')))
        return false;
    names->group = bytes_of(at + group_at, group_len);
    *text = bytes_of(rest.data + ip_at + IP_LEN, rest.len - ip_at - IP_LEN);
    return true;
}

static __attribute__((noinline)) bool take_any_names(struct bytes *text, struct names *names)
{
    names->group = names->user = (struct bytes){0};
    return take_words(text, names) && take_name(text, &names->address) && ip_parse(&names->peer, names->address);
}

bool names_take(struct bytes *text, struct names *names)
{
    struct bytes rest = *text;

    names->group = names->user = (struct bytes){0};
    if (!take_group_of_address(&rest, names) && !take_words(&rest, names))
        return false;
    if (!take_v4(&rest, names)) {
        rest = *text;
        if (!take_any_names(&rest, names))
            return false;
    }
    *text = rest;
    return true;
}

void names_add(const struct names *names, struct event *e)
{
    if (names->group.len > 0)
        event_add_bytes(e, FIELD_GROUP, names->group);
    if (names->user.len > 0)
        event_add_bytes(e, FIELD_USERNAME, names->user);
    event_add_ip(e, FIELD_PEER, names->peer);
}
