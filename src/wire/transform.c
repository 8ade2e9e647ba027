#include "wire/transform.h"

#include "wire/attribute.h"

#include <string.h>

enum form { FORM_BASIC, FORM_LIFE_TYPE, FORM_LIFE_DURATION };

struct row {
    enum number_space phase;
    uint16_t type;
    enum form form;
    size_t member; /* BASIC: where the number stands in struct sa_transform */
    enum number_space names;
};

static const struct row rows[] = {
#define ATTRIBUTE(phase, attribute, form, member, names)                                                               \
    {SPACE_##phase, phase##_##attribute, FORM_##form, offsetof(struct sa_transform, member), SPACE_##names},
#include "wire/attributes.def"
#undef ATTRIBUTE
};

/* Phase 1 and phase 2 number their attributes, but not the two units of a lifetime, differently. */
_Static_assert((int)OAKLEY_LIFE_SECONDS == (int)IPSEC_LIFE_SECONDS &&
                   (int)OAKLEY_LIFE_KILOBYTES == (int)IPSEC_LIFE_KILOBYTES,
               "one number a unit");

static enum number_space phase_of(uint8_t protocol)
{
    switch (protocol) {
    case PROTO_ISAKMP: return SPACE_OAKLEY;
    case PROTO_AH:
    case PROTO_ESP:
    case PROTO_IPCOMP: return SPACE_IPSEC;
    default: return SPACE_NONE;
    }
}

static const struct row *row_of(enum number_space phase, uint16_t type)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].phase == phase && rows[i].type == type)
            return &rows[i];
    return NULL;
}

static uint16_t *member_of(struct sa_transform *t, const struct row *row)
{
    return (uint16_t *)(void *)((char *)t + row->member);
}

static uint16_t number_of(const struct sa_transform *t, const struct row *row)
{
    return *(const uint16_t *)(const void *)((const char *)t + row->member);
}

static enum wire_fault basic_read(struct sa_transform *t, const struct row *row, const struct attribute *a)
{
    /* RFC 2409 appendix A: basic attributes must not be encoded as variable. */
    if (!a->is_basic)
        return WIRE_ATTRIBUTE_FORM;
    if (sa_transform_has(t, row->type))
        return WIRE_ATTRIBUTE_TWICE;
    *member_of(t, row) = (uint16_t)attribute_number(a);
    return WIRE_OK;
}

/* RFC 2407 section 4.5: a duration follows its type. `unit` is the type that still waits for its duration, or 0. */
static enum wire_fault life_type_read(const struct attribute *a, uint64_t *unit)
{
    if (!a->is_basic)
        return WIRE_ATTRIBUTE_FORM;
    if (*unit != 0)
        return WIRE_LIFE_ORDER;
    *unit = attribute_number(a);
    return *unit == OAKLEY_LIFE_SECONDS || *unit == OAKLEY_LIFE_KILOBYTES ? WIRE_OK : WIRE_ATTRIBUTE_UNKNOWN;
}

static enum wire_fault life_duration_read(struct sa_transform *t, const struct attribute *a, uint64_t *unit)
{
    bool is_seconds = *unit == OAKLEY_LIFE_SECONDS;
    bool *has = is_seconds ? &t->has_seconds : &t->has_kilobytes;

    if (*unit == 0)
        return WIRE_LIFE_ORDER;
    if (a->value.len == 0)
        return WIRE_ATTRIBUTE_FORM;
    if (*has)
        return WIRE_ATTRIBUTE_TWICE;
    *unit = 0;
    *has = true;
    t->has_short_seconds |= is_seconds && a->is_basic;
    *(is_seconds ? &t->life_seconds : &t->life_kilobytes) = attribute_number(a);
    return WIRE_OK;
}

static enum wire_fault attribute_take(struct sa_transform *t, enum number_space phase, const struct attribute *a,
                                      uint64_t *unit)
{
    const struct row *row = row_of(phase, a->type);

    if (row == NULL)
        return WIRE_ATTRIBUTE_UNKNOWN;
    enum wire_fault fault = WIRE_OK;
    switch (row->form) {
    case FORM_BASIC: fault = basic_read(t, row, a); break;
    case FORM_LIFE_TYPE: fault = life_type_read(a, unit); break;
    case FORM_LIFE_DURATION: fault = life_duration_read(t, a, unit); break;
    }
    t->present |= 1u << row->type;
    return fault;
}

enum wire_fault transform_attributes_read(struct sa_transform *t, uint8_t protocol, struct bytes attributes)
{
    struct reader r = reader_of(attributes);
    struct attribute a;
    uint64_t unit = 0;

    t->attributes = attributes;
    while (r.rest.len > 0) {
        if (!attribute_read(&r, &a))
            return WIRE_ATTRIBUTE_CUT;
        enum wire_fault fault = attribute_take(t, phase_of(protocol), &a, &unit);
        if (!t->fault)
            t->fault = (uint8_t)fault;
    }
    if (!t->fault && unit != 0)
        t->fault = WIRE_LIFE_ORDER;
    if (!t->fault && phase_of(protocol) == SPACE_NONE)
        t->fault = WIRE_ATTRIBUTE_UNKNOWN;
    return WIRE_OK;
}

static void life_write(struct writer *w, enum number_space phase, uint16_t unit, uint64_t duration)
{
    bool is_phase1 = phase == SPACE_OAKLEY;
    uint8_t space[8];
    struct writer value = writer_of(space, sizeof space);

    if (duration > UINT32_MAX)
        write_u64(&value, duration);
    else
        write_u32(&value, (uint32_t)duration);
    attribute_write_basic(w, is_phase1 ? OAKLEY_LIFE_TYPE : IPSEC_LIFE_TYPE, unit);
    attribute_write_long(w, is_phase1 ? OAKLEY_LIFE_DURATION : IPSEC_LIFE_DURATION, writer_bytes(&value));
}

static void row_write(struct writer *w, const struct row *row, const struct sa_transform *t)
{
    switch (row->form) {
    case FORM_BASIC:
        if (number_of(t, row) != 0 || sa_transform_has(t, row->type))
            attribute_write_basic(w, row->type, number_of(t, row));
        break;
    case FORM_LIFE_TYPE:
        if (t->has_seconds)
            life_write(w, row->phase, OAKLEY_LIFE_SECONDS, t->life_seconds);
        if (t->has_kilobytes)
            life_write(w, row->phase, OAKLEY_LIFE_KILOBYTES, t->life_kilobytes);
        break;
    case FORM_LIFE_DURATION: break; /* written with its type */
    }
}

void transform_attributes_write(struct writer *w, uint8_t protocol, const struct sa_transform *t)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].phase == phase_of(protocol))
            row_write(w, &rows[i], t);
}

bool sa_transform_equal(const struct sa_transform *a, const struct sa_transform *b)
{
    if (a->id != b->id || a->fault || b->fault)
        return false;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].form == FORM_BASIC && number_of(a, &rows[i]) != number_of(b, &rows[i]))
            return false;
    return true;
}

static enum number_space ids_of(uint8_t protocol)
{
    switch (protocol) {
    case PROTO_ISAKMP: return SPACE_KEY;
    case PROTO_AH: return SPACE_AH_TRANSFORM;
    case PROTO_ESP: return SPACE_ESP_TRANSFORM;
    case PROTO_IPCOMP: return SPACE_IPCOMP_TRANSFORM;
    default: return SPACE_NONE;
    }
}

void text_add_transform(struct text *t, uint8_t protocol, const struct sa_transform *transform)
{
    text_add_number(t, ids_of(protocol), transform->id);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        if (row->phase != phase_of(protocol) || row->form != FORM_BASIC)
            continue;
        uint16_t number = number_of(transform, row);
        if (number == 0 && !sa_transform_has(transform, row->type))
            continue;
        text_add(t, ", %s ", number_name(row->phase, row->type));
        if (row->names == SPACE_NONE)
            text_add(t, "%u", number);
        else
            text_add_number(t, row->names, number);
    }
    if (transform->has_seconds)
        text_add(t, ", life %llu seconds", (unsigned long long)transform->life_seconds);
    if (transform->has_kilobytes)
        text_add(t, ", life %llu kilobytes", (unsigned long long)transform->life_kilobytes);
    if (transform->fault)
        text_add(t, ": %s", wire_fault_meaning(transform->fault));
}
