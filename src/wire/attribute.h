/* One data attribute, RFC 2408 section 3.3: type and value, or type, length and value. Used by transforms and by mode
 * config. */
#ifndef WIRE_ATTRIBUTE_H
#define WIRE_ATTRIBUTE_H

#include "base/reader.h"
#include "base/writer.h"

struct attribute {
    uint16_t type;      /* without the format bit */
    bool is_basic;      /* type and value: two bytes of value */
    struct bytes value; /* a view into the payload */
};

/* The next one; false when it is cut (the reader is short then). */
bool attribute_read(struct reader *r, struct attribute *a);

/* The value as a number; UINT64_MAX when it is larger than that. An empty value is 0. */
uint64_t attribute_number(const struct attribute *a);

void attribute_write(struct writer *w, const struct attribute *a);
void attribute_write_basic(struct writer *w, uint16_t type, uint16_t value);
void attribute_write_long(struct writer *w, uint16_t type, struct bytes value);

#endif
