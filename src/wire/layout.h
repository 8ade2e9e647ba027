/* Reading and writing by the rows of layouts.def: for the files of wire that know what the fields mean. */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include "base/writer.h"
#include "wire/fault.h"
#include "wire/numbers.h"

/* The sets of fields. A payload type (PL_*) names one by layout_of. */
enum layout {
    LAYOUT_NONE,
    LAYOUT_OPAQUE,
    LAYOUT_VID,
    LAYOUT_NAT_D,
    LAYOUT_ID,
    LAYOUT_CERT,
    LAYOUT_CR,
    LAYOUT_NOTIFY,
    LAYOUT_DELETE,
    LAYOUT_ATTR,
    LAYOUT_NAT_OA,
    LAYOUT_FRAGMENT,
};

enum layout_how {
    LAYOUT_U8,
    LAYOUT_U16,
    LAYOUT_U32,
    LAYOUT_ZERO8,
    LAYOUT_ZERO24,
    LAYOUT_LENGTH8,
    LAYOUT_BYTES,
    LAYOUT_REST,
};

enum layout_shown {
    SHOWN_NOT,
    SHOWN_HEX,
    SHOWN_LENGTH,
    SHOWN_NOTICE,
    SHOWN_VENDOR,
    SHOWN_IDENTITY,
    SHOWN_ATTRIBUTES,
    SHOWN_ADDRESS
};

struct layout_field {
    enum layout layout;
    const char *name;
    enum layout_how how;
    size_t at; /* of the member in its struct: uint8_t, uint16_t, uint32_t, or struct bytes */
    enum number_space space;
    enum layout_shown shown;
};

/* The fields of a layout in order: the first, and the one after; NULL at the end. */
const struct layout_field *layout_next(enum layout layout, const struct layout_field *field);

/* `object` is the struct that the rows name. */
uint32_t layout_number(const struct layout_field *field, const void *object);
const struct bytes *layout_bytes(const struct layout_field *field, const void *object);

/* BODY_SHORT or RESERVED; what the fields must be otherwise is the caller's to check. */
enum wire_fault layout_read(enum layout layout, void *object, struct bytes body);
void layout_write(struct writer *w, enum layout layout, const void *object);

#endif
