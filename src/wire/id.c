/* Identities: RFC 2407 section 4.6.2. */
#include "base/check.h"
#include "base/reader.h"
#include "wire/layout.h"
#include "wire/payloads.h"

#include <string.h>

enum form { FORM_UNKNOWN, FORM_ADDRESS, FORM_SUBNET, FORM_RANGE, FORM_NAME, FORM_DER, FORM_OPAQUE };

static const struct id_form {
    uint8_t type;
    enum form form;
    uint8_t address_len;
} forms[] = {
#define ID_FORM(type, form, address_len) {ID_##type, FORM_##form, address_len},
#include "wire/ids.def"
#undef ID_FORM
};

static struct id_form form_of(uint8_t type)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (forms[i].type == type)
            return forms[i];
    return (struct id_form){.form = FORM_UNKNOWN};
}

/* The two halves of a subnet's or range's data. */
static struct ip half(struct bytes data, size_t index)
{
    size_t len = data.len / 2;

    return ip_of_bytes(bytes_of(data.data + index * len, len));
}

/* The length inside is the length of the whole: nothing is cut, nothing follows. */
static bool is_one_der_element(struct bytes data)
{
    struct reader r = reader_of(data);
    size_t len = 0;

    read_u8(&r);
    uint8_t first = read_u8(&r);
    if (first < 0x80)
        len = first;
    else if (first == 0x81)
        len = read_u8(&r);
    else if (first == 0x82)
        len = read_u16(&r);
    else
        return false;
    return reader_is_ok(&r) && r.rest.len == len;
}

static enum wire_fault name_check(struct bytes name)
{
    if (name.len == 0)
        return WIRE_BODY_EMPTY;
    return memchr(name.data, 0, name.len) == NULL ? WIRE_OK : WIRE_ID_ZERO_BYTE;
}

static enum wire_fault data_check(const struct id *id)
{
    struct id_form form = form_of(id->type);

    switch (form.form) {
    case FORM_ADDRESS: return id->data.len == form.address_len ? WIRE_OK : WIRE_ID_LENGTH;
    case FORM_SUBNET:
        if (id->data.len != 2u * form.address_len)
            return WIRE_ID_LENGTH;
        return ip_mask_len(half(id->data, 1)) < 0 ? WIRE_ID_MASK : WIRE_OK;
    case FORM_RANGE:
        if (id->data.len != 2u * form.address_len)
            return WIRE_ID_LENGTH;
        return ip_compare(half(id->data, 0), half(id->data, 1)) > 0 ? WIRE_ID_RANGE : WIRE_OK;
    case FORM_NAME: return name_check(id->data);
    case FORM_DER: return is_one_der_element(id->data) ? WIRE_OK : WIRE_ID_LENGTH;
    case FORM_OPAQUE:
    case FORM_UNKNOWN: return id->data.len > 0 ? WIRE_OK : WIRE_BODY_EMPTY;
    }
    return WIRE_OK;
}

enum wire_fault id_read(struct id *id, struct bytes body)
{
    struct id draft = {0};
    enum wire_fault fault = layout_read(LAYOUT_ID, &draft, body);

    if (!fault && draft.data.len > ID_LEN_MAX)
        fault = WIRE_ID_LENGTH;
    if (!fault)
        fault = data_check(&draft);
    if (!fault)
        *id = draft;
    return fault;
}

void id_write(struct writer *w, const struct id *id)
{
    layout_write(w, LAYOUT_ID, id);
}

bool id_to_range(const struct id *id, struct ip_range *range)
{
    if (data_check(id))
        return false;
    switch (form_of(id->type).form) {
    case FORM_ADDRESS: range->first = range->last = ip_of_bytes(id->data); return true;
    case FORM_SUBNET:
        *range = ip_range_of_prefix(half(id->data, 0), (unsigned)ip_mask_len(half(id->data, 1)));
        return true;
    case FORM_RANGE: *range = (struct ip_range){half(id->data, 0), half(id->data, 1)}; return true;
    case FORM_NAME:
    case FORM_DER:
    case FORM_OPAQUE:
    case FORM_UNKNOWN: break;
    }
    return false;
}

static uint8_t type_of(enum form form, size_t address_len)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (forms[i].form == form && forms[i].address_len == address_len)
            return forms[i].type;
    CHECK(!"an identity of an address that is none");
    return 0;
}

struct id id_of_range(struct ip_range range, uint8_t protocol, uint16_t port, uint8_t space[static ID_DATA_MAX])
{
    size_t len = ip_len(range.first);
    int prefix_len = ip_range_prefix_len(range);
    enum form form = ip_equal(range.first, range.last) ? FORM_ADDRESS : prefix_len >= 0 ? FORM_SUBNET : FORM_RANGE;
    struct ip second = form == FORM_SUBNET ? ip_mask(range.first.family, (unsigned)prefix_len) : range.last;

    memcpy(space, range.first.octets, len);
    memcpy(space + len, second.octets, len);
    return (struct id){.type = type_of(form, len),
                       .protocol = protocol,
                       .port = port,
                       .data = bytes_of(space, form == FORM_ADDRESS ? len : 2 * len)};
}

bool id_port_fits_phase1(const struct id *id)
{
    static const struct {
        uint8_t protocol;
        uint16_t port;
    } fit[] = {{0, 0}, {17, 500}, {17, 0}, {17, 4500}};

    for (size_t i = 0; i < COUNT_OF(fit); i++)
        if (fit[i].protocol == id->protocol && fit[i].port == id->port)
            return true;
    return false;
}

bool id_equal(const struct id *a, const struct id *b)
{
    return a->type == b->type && a->protocol == b->protocol && a->port == b->port && bytes_equal(a->data, b->data);
}

void text_add_id(struct text *t, const struct id *id)
{
    struct ip_range range;

    if (id_to_range(id, &range))
        text_add_ip_range(t, range);
    else if (form_of(id->type).form == FORM_NAME || form_of(id->type).form == FORM_OPAQUE)
        text_add_escaped(t, id->data);
    else
        text_add_hex(t, id->data);
}
