#include "wire/layout.h"

#include "base/reader.h"
#include "wire/fragment.h"
#include "wire/payloads.h"

#include <string.h>

/* A number has a space of names, bytes have a way to be shown; reserved bytes have neither, and no member. */
#define MEMBER(object, member, space, shown) offsetof(struct object, member), space, shown
#define U8(object, member, named) MEMBER(object, member, SPACE_##named, SHOWN_NOT)
#define U16 U8
#define U32 U8
#define LENGTH8 U8
#define BYTES(object, member, shown) MEMBER(object, member, SPACE_NONE, SHOWN_##shown)
#define REST BYTES
#define ZERO8(object, member, named) 0, SPACE_NONE, SHOWN_NOT
#define ZERO24 ZERO8

static const struct layout_field fields[] = {
#define LAYOUT(...)
#define FIELD(layout, object, member, how, named) {LAYOUT_##layout, #member, LAYOUT_##how, how(object, member, named)},
#include "wire/layouts.def"
#undef LAYOUT
#undef FIELD
};

const struct layout_field *layout_next(enum layout layout, const struct layout_field *field)
{
    size_t i = field == NULL ? 0 : (size_t)(field - fields) + 1;

    for (; i < COUNT_OF(fields); i++)
        if (fields[i].layout == layout)
            return &fields[i];
    return NULL;
}

uint32_t layout_number(const struct layout_field *field, const void *object)
{
    const char *at = (const char *)object + field->at;
    uint16_t half;
    uint32_t word;

    switch (field->how) {
    case LAYOUT_U8: return *(const uint8_t *)at;
    case LAYOUT_U16: memcpy(&half, at, sizeof half); return half;
    case LAYOUT_U32: memcpy(&word, at, sizeof word); return word;
    case LAYOUT_LENGTH8: return (uint32_t)layout_bytes(field, object)->len;
    case LAYOUT_ZERO8:
    case LAYOUT_ZERO24:
    case LAYOUT_BYTES:
    case LAYOUT_REST: break;
    }
    return 0;
}

const struct bytes *layout_bytes(const struct layout_field *field, const void *object)
{
    return (const struct bytes *)(const void *)((const char *)object + field->at);
}

static void bytes_set(void *at, struct bytes bytes)
{
    memcpy(at, &bytes, sizeof bytes);
}

enum wire_fault layout_read(enum layout layout, void *object, struct bytes body)
{
    struct reader r = reader_of(body);
    uint8_t counted_len = 0;
    bool is_zero = true;

    for (const struct layout_field *f = layout_next(layout, NULL); f != NULL; f = layout_next(layout, f)) {
        char *at = (char *)object + f->at;
        switch (f->how) {
        case LAYOUT_U8: *(uint8_t *)at = read_u8(&r); break;
        case LAYOUT_U16: memcpy(at, &(uint16_t){read_u16(&r)}, 2); break;
        case LAYOUT_U32: memcpy(at, &(uint32_t){read_u32(&r)}, 4); break;
        case LAYOUT_ZERO8: is_zero = bytes_are_zero(read_bytes(&r, 1)) && is_zero; break;
        case LAYOUT_ZERO24: is_zero = bytes_are_zero(read_bytes(&r, 3)) && is_zero; break;
        case LAYOUT_LENGTH8: counted_len = read_u8(&r); break;
        case LAYOUT_BYTES: bytes_set(at, read_bytes(&r, counted_len)); break;
        case LAYOUT_REST: bytes_set(at, read_rest(&r)); break;
        }
    }
    if (!reader_is_ok(&r))
        return WIRE_BODY_SHORT;
    return is_zero ? WIRE_OK : WIRE_RESERVED;
}

void layout_write(struct writer *w, enum layout layout, const void *object)
{
    for (const struct layout_field *f = layout_next(layout, NULL); f != NULL; f = layout_next(layout, f)) {
        switch (f->how) {
        case LAYOUT_U8:
        case LAYOUT_LENGTH8: write_u8(w, (uint8_t)layout_number(f, object)); break;
        case LAYOUT_U16: write_u16(w, (uint16_t)layout_number(f, object)); break;
        case LAYOUT_U32: write_u32(w, layout_number(f, object)); break;
        case LAYOUT_ZERO8: write_gap(w, 1); break;
        case LAYOUT_ZERO24: write_gap(w, 3); break;
        case LAYOUT_BYTES:
        case LAYOUT_REST: write_bytes(w, *layout_bytes(f, object)); break;
        }
    }
}
