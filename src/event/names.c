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

/* Up to three digits in front of `end`; more than 255 where it is another number of them. Two bytes in front of the
 * first can be read. */
static inline unsigned octet_before(const uint8_t *end, size_t len)
{
    static const uint8_t tens[] = {0, 0, 10, 10}, hundreds[] = {0, 0, 0, 100};

    if (len == 0 || len > 3)
        return UINT8_MAX + 1;
    return (unsigned)(end[-1] - '0') + (unsigned)(end[-2] - '0') * tens[len] +
           (unsigned)(end[-3] - '0') * hundreds[len];
}

/* Four numbers up to the comma, as ip_parse reads them; anything else is left to it. `IP = ` stands in front. */
static bool take_v4(struct bytes *text, struct names *names)
{
    wide w = wide_of(*text);
    uint32_t points = wide_bits((wide)(w == '.'));
    size_t len = wide_run(points | wide_bits(wide_within(w, '0', '9')));
    uint32_t octet, address = 0, all = 0;
    size_t from = 0, count = 0;

    if (len + 2 > text->len || text->data[len] != ',' || text->data[len + 1] != ' ')
        return false;
    points = (points & ((1u << len) - 1)) | 1u << len;
    for (; count < 4 && points != 0; count++, points &= points - 1) {
        size_t to = (size_t)__builtin_ctz(points);

        all |= octet = octet_before(text->data + to, to - from);
        address = address << 8 | octet;
        from = to + 1;
    }
    if (count < 4 || points != 0 || all > UINT8_MAX)
        return false;
    names->address = bytes_of(text->data, len);
    names->peer = ip_of_v4(address);
    *text = bytes_after(*text, len + 2);
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
