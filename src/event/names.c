#include "event/names.h"

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

/* A name, and the comma behind it. */
static inline bool take_name(struct bytes *text, struct bytes *name)
{
    size_t len = 0;

    while (len < text->len && names_characters[text->data[len]])
        len++;
    *name = bytes_of(text->data, len);
    *text = bytes_of(text->data + len, text->len - len);
    return len > 0 && take_title(text, ", ");
}

/* Four numbers up to the comma, as ip_parse reads them; anything else is left to it. */
static bool take_v4(struct bytes *text, struct names *names)
{
    const uint8_t *at = text->data, *end = at + text->len;
    uint8_t octets[4];

    for (size_t i = 0; i < 4; i++) {
        const uint8_t *from = at;
        unsigned number = 0;

        while (at < end && at - from < 3 && (unsigned)(*at - '0') < 10)
            number = 10 * number + (unsigned)(*at++ - '0');
        if (at == from || number > 255 || at == end || *at++ != (i < 3 ? '.' : ','))
            return false;
        octets[i] = (uint8_t)number;
    }
    if (at == end || *at++ != ' ')
        return false;
    names->address = bytes_of(text->data, (size_t)(at - text->data) - 2);
    names->peer = ip_of_bytes(BYTES_OF(octets));
    *text = bytes_of(at, (size_t)(end - at));
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
