#include "base/text.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_of(char *space, size_t size)
{
    CHECK(size > 0);
    space[0] = '\0';
    return (struct text){space, 0, size, false};
}

void text_add_list(struct text *t, const char *format, va_list arguments)
{
    size_t room = t->size - t->len;
    int wanted = vsnprintf(t->data + t->len, room, format, arguments);

    CHECK(wanted >= 0);
    if ((size_t)wanted >= room) {
        t->is_cut = true;
        t->len = t->size - 1;
    } else {
        t->len += (size_t)wanted;
    }
}

uint32_t text_hash(uint32_t begun, const char *text)
{
    for (; *text != '\0'; text++)
        begun = (begun ^ (uint8_t)*text) * 16777619u;
    return begun;
}

void text_add_decimal(struct text *t, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    for (; number > UINT32_MAX; number /= 10)
        digits[--at] = (char)('0' + number % 10);
    for (uint32_t rest = (uint32_t)number, next; at == sizeof digits || rest != 0; rest = next) {
        next = rest / 10;
        digits[--at] = (char)('0' + (rest - 10 * next));
    }
    if (t->size - 1 - t->len < sizeof digits) {
        text_add_plain(t, bytes_of(digits + at, sizeof digits - at));
        return;
    }
    while (at < sizeof digits)
        t->data[t->len++] = digits[at++];
    t->data[t->len] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
    va_list arguments;

    if (!strchr(format, '%')) {
        text_add_plain(t, bytes_of_text(format));
        return;
    }
    va_start(arguments, format);
    text_add_list(t, format, arguments);
    va_end(arguments);
}

void text_add_escaped(struct text *t, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.data[i];

        if (byte == '\\')
            text_add(t, "\\\\");
        else if (byte >= 0x20 && byte < 0x7f)
            text_add(t, "%c", byte);
        else
            text_add(t, "\\x%02x", byte);
    }
}

void text_add_hex(struct text *t, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        char pair[2] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};

        if (t->size - 1 - t->len < sizeof pair) {
            text_add_plain(t, bytes_of(pair, sizeof pair));
            return;
        }
        memcpy(t->data + t->len, pair, sizeof pair);
        t->len += sizeof pair;
    }
    t->data[t->len] = '\0';
}

void text_add_duration(struct text *t, uint64_t seconds)
{
    unsigned long long s = seconds;

    if (s >= 86400)
        text_add(t, "%llud ", s / 86400);
    text_add(t, "%lluh:%02llum:%02llus", s / 3600 % 24, s / 60 % 60, s % 60);
}
