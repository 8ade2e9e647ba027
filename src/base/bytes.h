/* Views of bytes. A view never owns: it lives as long as what it looks at (a datagram, a blob, a buffer of the caller).
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data;
    size_t len;
};

#define BYTES_OF(array) ((struct bytes){(array), sizeof(array)})
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

/* A string's bytes without the closing zero. */
static inline struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b);

/* Takes the same time wherever the difference is. The lengths are not secret. Two empty views are not equal: nothing
 * proves nothing. */
bool bytes_equal_secret(struct bytes a, struct bytes b);

bool bytes_are_zero(struct bytes a);

/* Only bytes from blank to tilde. */
bool bytes_are_printable(struct bytes a);

static inline bool bytes_begin_with(struct bytes a, struct bytes prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* Decimal digits and nothing else; of none false. */
bool bytes_are_digits(struct bytes a);

/* The same, of a value up to `most`; otherwise false, and *number is left alone. */
bool bytes_decimal(struct bytes digits, uint32_t most, uint32_t *number);

/* The view without the blanks at its ends. */
struct bytes bytes_trim(struct bytes text);

/* The view without its first `count` bytes; empty when it has no more. */
static inline struct bytes bytes_after(struct bytes a, size_t count)
{
    if (count >= a.len)
        return a.len ? bytes_of(a.data + a.len, 0) : a; /* nothing may be added to NULL */
    return bytes_of(a.data + count, a.len - count);
}

/* Overwrites a secret; the compiler may not leave it out. */
void bytes_wipe(void *secret, size_t len);

#endif
