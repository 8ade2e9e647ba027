/* Bounded text. A text that has run out of space stays cut, is always closed by a zero, and says so.
 *
 *     char space[80];
 *     struct text t = text_of(space, sizeof space);
 *     text_add(&t, "%s:%u", name, port);
 *     text_add_escaped(&t, peer_id);              whatever the peer sent: only printable ASCII comes out
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

#include <stdarg.h>

struct text {
    char *data;
    size_t len; /* without the closing zero */
    size_t size;
    bool is_cut;
};

struct text text_of(char *space, size_t size);

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for functions that take such arguments themselves. */
void text_add_list(struct text *t, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* As it is, without a format. */
static inline void text_add_plain(struct text *t, struct bytes bytes)
{
    size_t room = t->size - 1 - t->len, len = bytes.len < room ? bytes.len : room;

    if (len > 0)
        memcpy(t->data + t->len, bytes.data, len);
    t->len += len;
    t->data[t->len] = '\0';
    t->is_cut |= len < bytes.len;
}

static inline void text_add_words(struct text *t, const char *words)
{
    text_add_plain(t, bytes_of_text(words));
}

/* FNV-1a, begun with TEXT_HASH_BEGIN or what came before: the same in every run, and not against an enemy. */
#define TEXT_HASH_BEGIN 2166136261u
uint32_t text_hash(uint32_t begun, const char *text);

void text_add_decimal(struct text *t, uint64_t number);

/* As an ASA tells how long something was: "0h:05m:12s", from a day on "1d 0h:00m:01s". */
void text_add_duration(struct text *t, uint64_t seconds);

/* Printable ASCII as it is, backslash doubled, every other byte as \xNN: no terminal escape and no line break passes.
 */
void text_add_escaped(struct text *t, struct bytes bytes);

/* Lower-case hexadecimal digits, without separators. */
void text_add_hex(struct text *t, struct bytes bytes);

#endif
