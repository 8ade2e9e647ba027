#include "base/bytes.h"

#include <string.h>

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

void bytes_wipe(void *secret, size_t len)
{
    if (len > 0)
        memset(secret, 0, len);
    __asm__ __volatile__("" : : "r"(secret) : "memory");
}
