#include "wire/attribute.h"

enum { FORMAT_BIT = 0x8000 };

bool attribute_read(struct reader *r, struct attribute *a)
{
    uint16_t type = read_u16(r);

    a->type = type & (uint16_t)~FORMAT_BIT;
    a->is_basic = (type & FORMAT_BIT) != 0;
    a->value = a->is_basic ? read_bytes(r, 2) : read_bytes(r, read_u16(r));
    return reader_is_ok(r);
}

uint64_t attribute_number(const struct attribute *a)
{
    uint64_t number = 0;

    for (size_t i = 0; i < a->value.len; i++) {
        if (number >> 56 != 0)
            return UINT64_MAX;
        number = number << 8 | a->value.data[i];
    }
    return number;
}

void attribute_write(struct writer *w, const struct attribute *a)
{
    write_u16(w, (uint16_t)(a->type | (a->is_basic ? FORMAT_BIT : 0)));
    if (!a->is_basic)
        write_u16(w, (uint16_t)a->value.len);
    write_bytes(w, a->value);
}

void attribute_write_basic(struct writer *w, uint16_t type, uint16_t value)
{
    write_u16(w, (uint16_t)(type | FORMAT_BIT));
    write_u16(w, value);
}

void attribute_write_long(struct writer *w, uint16_t type, struct bytes value)
{
    attribute_write(w, &(struct attribute){.type = type, .value = value});
}
