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
    uint64_t word;

    for (; a.len >= sizeof word; a = bytes_after(a, sizeof word)) {
        memcpy(&word, a.data, sizeof word);
        if (word != 0)
            return false;
    }
    for (size_t i = 0; i < a.len; i++)
        if (a.data[i] != 0)
            return false;
    return true;
}

bool bytes_are_digits(struct bytes a)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.data[i] < '0' || a.data[i] > '9')
            return false;
    return a.len > 0;
}

bool bytes_decimal(struct bytes digits, uint32_t most, uint32_t *number)
{
    uint64_t n = 0;

    if (digits.len > 10 || !bytes_are_digits(digits))
        return false;
    for (size_t i = 0; i < digits.len; i++)
        n = n * 10 + (uint64_t)(digits.data[i] - '0');
    if (n > most)
        return false;
    *number = (uint32_t)n;
    return true;
}

/* Eight at a time: a byte below a blank borrows, DEL and all above carry into the high bit. A byte that is at fault may
 * spoil its neighbours' answer; then there is a fault anyway. */
bool bytes_are_printable(struct bytes a)
{
    const uint64_t high = 0x8080808080808080u, one = 0x0101010101010101u;
    uint64_t word, faults = 0;

    for (; a.len >= sizeof word; a = bytes_after(a, sizeof word)) {
        memcpy(&word, a.data, sizeof word);
        faults |= ((word - 0x20 * one) | word | (word + one)) & high;
    }
    for (size_t i = 0; i < a.len; i++)
        faults |= a.data[i] < ' ' || a.data[i] >= 0x7f;
    return faults == 0;
}

void bytes_wipe(void *secret, size_t len)
{
    if (len > 0)
        memset(secret, 0, len);
    __asm__ __volatile__("" : : "r"(secret) : "memory");
}

struct bytes bytes_trim(struct bytes text)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = bytes_after(text, 1);
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}
