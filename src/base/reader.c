#include "base/reader.h"

struct bytes read_bytes(struct reader *r, size_t len)
{
    struct bytes view = bytes_of(r->rest.data, len);

    if (r->is_short || len > r->rest.len) {
        r->is_short = true;
        return bytes_of(r->rest.data, 0);
    }
    r->rest = bytes_after(r->rest, len);
    return view;
}

static uint64_t read_number(struct reader *r, size_t len)
{
    struct bytes view = read_bytes(r, len);
    uint64_t number = 0;

    for (size_t i = 0; i < view.len; i++)
        number = number << 8 | view.data[i];
    return number;
}

uint8_t read_u8(struct reader *r)
{
    return (uint8_t)read_number(r, 1);
}

uint16_t read_u16(struct reader *r)
{
    return (uint16_t)read_number(r, 2);
}

uint32_t read_u32(struct reader *r)
{
    return (uint32_t)read_number(r, 4);
}

uint64_t read_u64(struct reader *r)
{
    return read_number(r, 8);
}

struct bytes read_rest(struct reader *r)
{
    return read_bytes(r, r->is_short ? 0 : r->rest.len);
}
