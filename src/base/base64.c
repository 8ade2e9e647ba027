#include "base/base64.h"

#include <string.h>

enum { BYTES_A_LINE = 48 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_read(struct bytes text, uint8_t *out, size_t size, size_t *len)
{
    uint32_t bits = 0;
    size_t count = 0, padding = 0, written = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *digit = memchr(digits, text.data[i], sizeof digits - 1);

        if (is_blank(text.data[i]))
            continue;
        padding += text.data[i] == '=';
        if ((digit == NULL || padding > 0) && text.data[i] != '=')
            return false;
        bits = bits << 6 | (digit == NULL ? 0 : (uint32_t)(digit - digits));
        if (++count % 4 != 0)
            continue;
        for (unsigned k = 0; k < 3 && k + padding < 3; k++) {
            if (written == size)
                return false;
            out[written++] = (uint8_t)(bits >> (16 - 8 * k));
        }
    }
    if (count % 4 != 0 || padding > 2)
        return false;
    *len = written;
    return true;
}

static void add_line(struct text *t, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t bits = 0;
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? bytes.data[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            text_add(t, "%c", k <= have ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
    text_add(t, "\n");
}

void text_add_pem(struct text *t, const char *label, struct bytes der)
{
    text_add(t, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < der.len; i += BYTES_A_LINE)
        add_line(t, bytes_of(der.data + i, der.len - i < BYTES_A_LINE ? der.len - i : BYTES_A_LINE));
    text_add(t, "-----END %s-----\n", label);
}
