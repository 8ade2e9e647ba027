#include "base/ip.h"

#include <string.h>

uint32_t ip_to_v4(struct ip ip)
{
    if (ip.family != IP_V4)
        return 0;
    return (uint32_t)ip.octets[0] << 24 | (uint32_t)ip.octets[1] << 16 | (uint32_t)ip.octets[2] << 8 | ip.octets[3];
}

struct bytes ip_bytes(const struct ip *ip)
{
    return bytes_of(ip->octets, ip_len(*ip));
}

bool endpoint_equal(struct endpoint a, struct endpoint b)
{
    return a.port == b.port && ip_equal(a.ip, b.ip);
}

static int digit_of(uint8_t character, unsigned base)
{
    unsigned value = character >= '0' && character <= '9'   ? character - '0' + 0u
                     : character >= 'a' && character <= 'f' ? character - 'a' + 10u
                     : character >= 'A' && character <= 'F' ? character - 'A' + 10u
                                                            : 99;
    return value < base ? (int)value : -1;
}

/* Takes up to `digits_max` digits off the front of the text; -1 when there is none. */
static int take_number(struct bytes *text, unsigned base, unsigned digits_max)
{
    unsigned number = 0, digits = 0;

    while (digits < digits_max && text->len > 0 && digit_of(text->data[0], base) >= 0) {
        number = number * base + (unsigned)digit_of(text->data[0], base);
        *text = bytes_after(*text, 1);
        digits++;
    }
    return digits == 0 ? -1 : (int)number;
}

static bool take_character(struct bytes *text, char character)
{
    if (text->len == 0 || text->data[0] != (uint8_t)character)
        return false;
    *text = bytes_after(*text, 1);
    return true;
}

static bool parse_v4(uint8_t octets[static 4], struct bytes text)
{
    size_t at = 0;

    for (size_t i = 0; i < 4; i++) {
        unsigned number = 0, digits = 0;

        if (i > 0 && (at == text.len || text.data[at++] != '.'))
            return false;
        for (; digits < 3 && at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; digits++)
            number = number * 10 + (text.data[at++] - (unsigned)'0');
        if (digits == 0 || number > 255)
            return false;
        octets[i] = (uint8_t)number;
    }
    return at == text.len;
}

static bool has_dot(struct bytes text)
{
    return text.len > 0 && memchr(text.data, '.', text.len) != NULL;
}

/* Groups up to the end of the text or to a "::"; returns how many octets were written, or -1. */
static int parse_groups(uint8_t octets[static 16], struct bytes *text)
{
    int written = 0;

    while (text->len > 0 && text->data[0] != ':') {
        struct bytes before = *text;
        int number = take_number(text, 16, 4);

        if (number < 0)
            return -1;
        if (text->len > 0 && text->data[0] == '.') {
            if (written > 12 || !parse_v4(octets + written, before))
                return -1;
            *text = bytes_of(before.data, 0);
            return written + 4;
        }
        if (written > 14)
            return -1;
        octets[written++] = (uint8_t)(number >> 8);
        octets[written++] = (uint8_t)number;
        if (text->len == 0)
            break;
        if (!take_character(text, ':'))
            return -1;
        if (text->len == 0)
            return -1;
    }
    return written;
}

static bool parse_v6(uint8_t octets[static 16], struct bytes text)
{
    uint8_t tail[16] = {0};
    int tail_len = 0;
    bool has_gap = false;

    if (text.len >= 2 && text.data[0] == ':' && text.data[1] == ':') {
        text = bytes_after(text, 1);
    } else if (text.len > 0 && text.data[0] == ':') {
        return false;
    }
    int head_len = parse_groups(octets, &text);
    if (head_len >= 0 && take_character(&text, ':')) {
        has_gap = true;
        tail_len = parse_groups(tail, &text);
    }
    if (head_len < 0 || tail_len < 0 || text.len > 0 || head_len + tail_len > (has_gap ? 14 : 16) ||
        (!has_gap && head_len != 16))
        return false;
    memmove(octets + 16 - tail_len, tail, (size_t)tail_len);
    memset(octets + head_len, 0, (size_t)(16 - tail_len - head_len));
    return true;
}

bool ip_parse(struct ip *ip, struct bytes text)
{
    struct ip parsed = {0};
    bool has_colon = text.len > 0 && memchr(text.data, ':', text.len) != NULL;

    parsed.family = has_colon ? IP_V6 : IP_V4;
    if (!has_colon && !has_dot(text))
        return false;
    if (!(has_colon ? parse_v6(parsed.octets, text) : parse_v4(parsed.octets, text)))
        return false;
    *ip = parsed;
    return true;
}

static unsigned group_of(struct ip ip, int group)
{
    return (unsigned)ip.octets[group * 2] << 8 | ip.octets[group * 2 + 1];
}

/* RFC 5952: the longest run of at least two zero groups becomes "::"; the first of equals. */
static void text_add_v6(struct text *t, struct ip ip)
{
    int gap_at = -1, gap_len = 1;

    for (int i = 0; i < 8; i++) {
        int len = 0;
        while (i + len < 8 && group_of(ip, i + len) == 0)
            len++;
        if (len > gap_len) {
            gap_at = i;
            gap_len = len;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == gap_at) {
            text_add(t, "::");
            i += gap_len - 1;
            continue;
        }
        text_add(t, i == 0 || i == gap_at + gap_len ? "%x" : ":%x", group_of(ip, i));
    }
}

void text_add_ip(struct text *t, struct ip ip)
{
    if (ip.family == IP_V4)
        for (size_t i = 0; i < 4; i++) {
            text_add_plain(t, bytes_of(".", i > 0));
            text_add_decimal(t, ip.octets[i]);
        }
    else if (ip.family == IP_V6)
        text_add_v6(t, ip);
    else
        text_add(t, "none");
}

void text_add_endpoint(struct text *t, struct endpoint e)
{
    text_add_words(t, e.ip.family == IP_V6 ? "[" : "");
    text_add_ip(t, e.ip);
    text_add_words(t, e.ip.family == IP_V6 ? "]:" : ":");
    text_add_decimal(t, e.port);
}

const char *ip_text(struct ip ip, char space[static IP_TEXT_SIZE])
{
    struct text t = text_of(space, IP_TEXT_SIZE);

    text_add_ip(&t, ip);
    return space;
}

const char *endpoint_text(struct endpoint e, char space[static ENDPOINT_TEXT_SIZE])
{
    struct text t = text_of(space, ENDPOINT_TEXT_SIZE);

    text_add_endpoint(&t, e);
    return space;
}

struct ip ip_mask(enum ip_family family, unsigned prefix_len)
{
    struct ip mask = {.family = (uint8_t)family};

    for (unsigned i = 0; i < prefix_len && i < ip_len(mask) * 8; i++)
        mask.octets[i / 8] |= (uint8_t)(0x80u >> i % 8);
    return mask;
}

int ip_mask_len(struct ip mask)
{
    for (unsigned len = 0; len <= ip_len(mask) * 8; len++)
        if (ip_equal(mask, ip_mask(mask.family, len)))
            return (int)len;
    return -1;
}

struct ip ip_first(struct ip ip, unsigned prefix_len)
{
    struct ip mask = ip_mask(ip.family, prefix_len);

    for (size_t i = 0; i < ip_len(ip); i++)
        ip.octets[i] &= mask.octets[i];
    return ip;
}

struct ip ip_last(struct ip ip, unsigned prefix_len)
{
    struct ip mask = ip_mask(ip.family, prefix_len);

    for (size_t i = 0; i < ip_len(ip); i++)
        ip.octets[i] |= (uint8_t)~mask.octets[i];
    return ip;
}
