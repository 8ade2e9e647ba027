#include "base/writer.h"

#include "base/check.h"

#include <string.h>

static uint8_t *take(struct writer *w, size_t len)
{
    if (w->is_full || len > w->size - w->len) {
        w->is_full = true;
        return NULL;
    }
    w->len += len;
    return w->data + w->len - len;
}

static void put(uint8_t *at, uint64_t number, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(number >> 8 * (len - 1 - i));
}

static void write_number(struct writer *w, uint64_t number, size_t len)
{
    uint8_t *at = take(w, len);

    if (at != NULL)
        put(at, number, len);
}

void write_u8(struct writer *w, uint8_t number)
{
    write_number(w, number, 1);
}

void write_u16(struct writer *w, uint16_t number)
{
    write_number(w, number, 2);
}

void write_u32(struct writer *w, uint32_t number)
{
    write_number(w, number, 4);
}

void write_u64(struct writer *w, uint64_t number)
{
    write_number(w, number, 8);
}

void write_bytes(struct writer *w, struct bytes bytes)
{
    uint8_t *at = take(w, bytes.len);

    if (at != NULL && bytes.len > 0)
        memcpy(at, bytes.data, bytes.len);
}

size_t write_gap(struct writer *w, size_t len)
{
    uint8_t *at = take(w, len);

    if (at == NULL)
        return w->len;
    memset(at, 0, len);
    return w->len - len;
}

static void patch_number(struct writer *w, size_t at, uint64_t number, size_t len)
{
    if (w->is_full)
        return;
    CHECK(at + len <= w->len);
    put(w->data + at, number, len);
}

void patch_u8(struct writer *w, size_t at, uint8_t number)
{
    patch_number(w, at, number, 1);
}

void patch_u16(struct writer *w, size_t at, uint16_t number)
{
    patch_number(w, at, number, 2);
}

void patch_u32(struct writer *w, size_t at, uint32_t number)
{
    patch_number(w, at, number, 4);
}
