#include "base/bytes.h"

#include <string.h>

struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    volatile uint8_t difference = 0;

    if (a.len != b.len || a.len == 0)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference |= a.data[i] ^ b.data[i];
    return difference == 0;
}

bool bytes_are_zero(struct bytes a)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.data[i] != 0)
            return false;
    return true;
}

bool bytes_begin_with(struct bytes a, struct bytes prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

struct bytes bytes_after(struct bytes a, size_t count)
{
    if (count >= a.len)
        return bytes_of(a.data + a.len, 0);
    return bytes_of(a.data + count, a.len - count);
}

void bytes_wipe(void *secret, size_t len)
{
    if (len > 0)
        memset(secret, 0, len);
    __asm__ __volatile__("" : : "r"(secret) : "memory");
}
