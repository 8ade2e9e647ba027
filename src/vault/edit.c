#include "vault/edit.h"

#include "base/check.h"
#include "base/writer.h"

#include <string.h>

/* What an edit reads, and where it writes. */
struct editing {
    struct bytes text, key;
    struct writer *to;
};

static void put(const struct editing *e, struct bytes bytes)
{
    write_bytes(e->to, bytes);
}

static bool has(struct bytes set, uint8_t byte)
{
    return set.len > 0 && memchr(set.data, byte, set.len) != NULL;
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static struct bytes part(struct bytes all, size_t from, size_t to)
{
    return bytes_of(all.data + from, to - from);
}

static void edit_APPEND(const struct editing *e)
{
    put(e, e->key);
    put(e, e->text);
}

static void edit_PREPEND(const struct editing *e)
{
    put(e, e->text);
    put(e, e->key);
}

static void edit_SURROUND(const struct editing *e)
{
    put(e, part(e->text, 0, 1));
    put(e, e->key);
    put(e, part(e->text, 1, 2));
}

static void edit_BE(const struct editing *e)
{
    put(e, e->text);
}

static void edit_TRIM(const struct editing *e)
{
    size_t from = 0, to = e->key.len;

    while (from < to && has(e->text, e->key.data[from]))
        from++;
    while (to > from && has(e->text, e->key.data[to - 1]))
        to--;
    put(e, part(e->key, from, to));
}

static void edit_WITHOUT(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++)
        if (!has(e->text, e->key.data[i]))
            write_u8(e->to, e->key.data[i]);
}

static void edit_WITHOUT_TEXT(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len;) {
        if (e->key.len - i >= e->text.len && memcmp(e->key.data + i, e->text.data, e->text.len) == 0)
            i += e->text.len;
        else
            write_u8(e->to, e->key.data[i++]);
    }
}

static void edit_UNQUOTE(const struct editing *e)
{
    size_t len = e->key.len;
    bool is_quoted = len >= 2 && has(e->text, e->key.data[0]) && e->key.data[0] == e->key.data[len - 1];

    put(e, is_quoted ? part(e->key, 1, len - 1) : e->key);
}

static void edit_CUT(const struct editing *e)
{
    size_t to = 0;

    while (to < e->key.len && !has(e->text, e->key.data[to]))
        to++;
    put(e, part(e->key, 0, to));
}

static void edit_REPLACE(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++)
        put(e, e->key.data[i] == e->text.data[0] ? part(e->text, 1, e->text.len) : part(e->key, i, i + 1));
}

static void edit_UPPER(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++)
        write_u8(e->to, upper(e->key.data[i]));
}

static void edit_LOWER(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++)
        write_u8(e->to, lower(e->key.data[i]));
}

static void edit_SWAP_CASE(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++) {
        uint8_t c = e->key.data[i];

        write_u8(e->to, upper(c) == c ? lower(c) : upper(c));
    }
}

static void edit_CAPITAL(const struct editing *e)
{
    write_u8(e->to, upper(e->key.data[0]));
    put(e, bytes_after(e->key, 1));
}

static void edit_SMALL(const struct editing *e)
{
    write_u8(e->to, lower(e->key.data[0]));
    put(e, bytes_after(e->key, 1));
}

static void edit_WITHOUT_LAST(const struct editing *e)
{
    put(e, part(e->key, 0, e->key.len - 1));
}

static void edit_WITHOUT_FIRST(const struct editing *e)
{
    put(e, bytes_after(e->key, 1));
}

static void edit_DOUBLE(const struct editing *e)
{
    put(e, e->key);
    put(e, e->key);
}

static int digit(uint8_t c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void edit_HEX_TO_BYTES(const struct editing *e)
{
    bool has_mark = e->key.len > 2 && e->key.data[0] == '0' && lower(e->key.data[1]) == 'x';
    struct bytes hex = bytes_after(e->key, has_mark ? 2 : 0);
    bool is_hex = hex.len % 2 == 0;

    for (size_t i = 0; i < hex.len; i++)
        is_hex = is_hex && digit(hex.data[i]) >= 0;
    for (size_t i = 0; is_hex && i < hex.len; i += 2)
        write_u8(e->to, (uint8_t)(digit(hex.data[i]) << 4 | digit(hex.data[i + 1])));
    if (!is_hex)
        put(e, e->key);
}

static void edit_BYTES_TO_HEX(const struct editing *e)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < e->key.len; i++) {
        write_u8(e->to, (uint8_t)digits[e->key.data[i] >> 4]);
        write_u8(e->to, (uint8_t)digits[e->key.data[i] & 15]);
    }
}

/* Latin-1 is the first 256 code points: two bytes each in UTF-8 from 0x80 on. */
static void edit_TO_LATIN_1(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++) {
        uint8_t c = e->key.data[i];

        if ((c & 0xfc) == 0xc0 && i + 1 < e->key.len)
            write_u8(e->to, (uint8_t)(c << 6 | (e->key.data[++i] & 0x3f)));
        else
            write_u8(e->to, c);
    }
}

static void edit_TO_UTF_8(const struct editing *e)
{
    for (size_t i = 0; i < e->key.len; i++) {
        uint8_t c = e->key.data[i];

        if (c >= 0x80)
            write_u8(e->to, (uint8_t)(0xc0 | c >> 6));
        write_u8(e->to, c >= 0x80 ? (uint8_t)(0x80 | (c & 0x3f)) : c);
    }
}

static void (*const edits[])(const struct editing *) = {
#define EDIT(name) [EDIT_##name] = edit_##name,
#include "vault/edits.def"
#undef EDIT
};

bool key_edit(enum edit edit, struct bytes text, struct bytes key, uint8_t space[static EDIT_SPACE],
              struct bytes *result)
{
    struct writer w = writer_of(space, EDIT_SPACE);

    CHECK((unsigned)edit < EDIT_COUNT && key.len <= EDIT_KEY_MAX);
    if (edit == EDIT_NONE || key.len == 0)
        return false;
    edits[edit](&(struct editing){text, key, &w});
    if (!writer_is_ok(&w) || (writer_bytes(&w).len == 0 && edit != EDIT_BE) || bytes_equal(writer_bytes(&w), key))
        return false;
    *result = writer_bytes(&w);
    return true;
}
