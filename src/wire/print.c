#include "wire/print.h"

#include "wire/attribute.h"
#include "wire/fragment.h"
#include "wire/layout.h"
#include "wire/payloads.h"
#include "wire/proposal.h"
#include "wire/vendor.h"

union object {
    struct raw raw;
    struct id id;
    struct cert cert;
    struct notify notify;
    struct delete delete;
    struct config config;
    struct nat_oa nat_oa;
    struct fragment fragment;
};

/* One reader of a payload type: into the member of the union that its row names. */
struct printed {
    uint8_t type;
    enum layout layout;
    enum wire_fault (*read)(union object *object, struct bytes body);
};

#define FIELD(...)
#define LAYOUT(payload, fields, member, reader)                                                                        \
    static enum wire_fault read_##payload(union object *object, struct bytes body)                                     \
    {                                                                                                                  \
        return reader(&object->member, body);                                                                          \
    }
#include "wire/layouts.def"
#undef LAYOUT

static const struct printed printed[] = {
#define LAYOUT(payload, fields, member, reader) {PL_##payload, LAYOUT_##fields, read_##payload},
#include "wire/layouts.def"
#undef LAYOUT
#undef FIELD
};

enum config_shown { CONFIG_HEX, CONFIG_ADDRESS, CONFIG_TEXT, CONFIG_NUMBER, CONFIG_HIDDEN };

static enum config_shown config_shown_of(uint16_t type)
{
    static const struct {
        uint16_t type;
        enum config_shown shown;
    } rows[] = {
#define CONFIG(attribute, shown) {CFG_ATTR_##attribute, CONFIG_##shown},
#include "wire/configs.def"
#undef CONFIG
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].type == type)
            return rows[i].shown;
    return CONFIG_HEX;
}

bool config_is_hidden(uint16_t type)
{
    return config_shown_of(type) == CONFIG_HIDDEN;
}

static void text_add_len(struct text *t, size_t len)
{
    text_add(t, "%zu byte%s", len, len == 1 ? "" : "s");
}

static void text_add_address(struct text *t, struct bytes address)
{
    struct ip ip = ip_of_bytes(address);

    if (ip_is_set(ip))
        text_add_ip(t, ip);
    else
        text_add_hex(t, address);
}

void text_add_config_value(struct text *t, const struct attribute *a)
{
    if (a->value.len == 0)
        return;
    switch (config_shown_of(a->type)) {
    case CONFIG_HEX: text_add_hex(t, a->value); break;
    case CONFIG_ADDRESS: text_add_address(t, a->value); break;
    case CONFIG_TEXT: text_add_escaped(t, a->value); break;
    case CONFIG_NUMBER: text_add(t, "%llu", (unsigned long long)attribute_number(a)); break;
    case CONFIG_HIDDEN: text_add(t, "(not shown)"); break; /* a password: not even its length */
    }
}

static void text_add_config_attribute(struct text *t, const struct attribute *a)
{
    text_add_number(t, SPACE_CFG_ATTR, a->type);
    text_add(t, a->value.len == 0 ? "" : " ");
    text_add_config_value(t, a);
}

static void text_add_config_attributes(struct text *t, struct bytes attributes)
{
    struct reader r = reader_of(attributes);
    struct attribute a;

    for (bool is_first = true; r.rest.len > 0 && attribute_read(&r, &a); is_first = false) {
        text_add(t, is_first ? "" : ", ");
        text_add_config_attribute(t, &a);
    }
}

static void text_add_vendor(struct text *t, struct bytes body)
{
    struct vendor vendor = vendor_of(body);

    if (vendor.id == VENDOR_NONE)
        text_add_hex(t, body);
    else
        text_add(t, "%s", vendor.meaning);
}

static void text_add_notice(struct text *t, const struct notify *notify)
{
    if (notify->type == NOTIFY_DELETE_REASON)
        text_add_escaped(t, notify->data);
    else
        text_add_hex(t, notify->data);
}

static void text_add_number_field(struct text *t, const struct layout_field *f, const union object *object)
{
    text_add(t, "%s ", f->name);
    if (f->space == SPACE_NONE)
        text_add(t, "%u", (unsigned)layout_number(f, object));
    else
        text_add_number(t, f->space, layout_number(f, object));
}

static void text_add_bytes_field(struct text *t, const struct layout_field *f, const union object *object)
{
    struct bytes bytes = *layout_bytes(f, object);

    switch (f->shown) {
    case SHOWN_NOT: break;
    case SHOWN_LENGTH: text_add(t, "%s ", f->name), text_add_len(t, bytes.len); break;
    case SHOWN_HEX: text_add(t, "%s ", f->name), text_add_hex(t, bytes); break;
    case SHOWN_NOTICE: text_add(t, "%s ", f->name), text_add_notice(t, &object->notify); break;
    case SHOWN_VENDOR: text_add_vendor(t, bytes); break;
    case SHOWN_IDENTITY: text_add_id(t, &object->id); break;
    case SHOWN_ATTRIBUTES: text_add_config_attributes(t, bytes); break;
    case SHOWN_ADDRESS: text_add_address(t, bytes); break;
    }
}

static void text_add_fields(struct text *t, enum layout layout, const union object *object)
{
    const char *comma = ": ";

    for (const struct layout_field *f = layout_next(layout, NULL); f != NULL; f = layout_next(layout, f)) {
        bool is_bytes = f->shown != SHOWN_NOT;
        bool is_number = f->how == LAYOUT_U8 || f->how == LAYOUT_U16 || f->how == LAYOUT_U32;
        if (!is_number && (!is_bytes || layout_bytes(f, object)->len == 0))
            continue;
        text_add(t, "%s", comma);
        comma = ", ";
        if (is_number)
            text_add_number_field(t, f, object);
        else
            text_add_bytes_field(t, f, object);
    }
}

static void text_add_proposal(struct text *t, const struct sa_payload *sa, size_t index, int indent)
{
    const struct sa_proposal *p = &sa->proposals[index];

    text_add(t, "\n%*sproposal %u ", indent, "", p->number);
    text_add_number(t, SPACE_PROTO, p->protocol);
    text_add(t, p->spi.len == 0 ? ", no SPI" : ", SPI ");
    text_add_hex(t, p->spi);
    text_add(t, ", %u transform%s", p->transform_count, p->transform_count == 1 ? "" : "s");
    for (size_t i = 0; i < p->transform_count; i++) {
        const struct sa_transform *transform = sa_transform_of(sa, index, i);
        text_add(t, "\n%*stransform %u ", indent + 2, "", transform->number);
        text_add_transform(t, p->protocol, transform);
    }
}

static enum wire_fault text_add_sa(struct text *t, struct bytes body, int indent)
{
    struct sa_payload sa;
    enum wire_fault fault = sa_read(&sa, body);

    if (fault)
        return fault;
    text_add(t, ": DOI ");
    text_add_number(t, SPACE_DOI, sa.doi);
    text_add(t, ", situation ");
    text_add_number(t, SPACE_SIT, sa.situation);
    for (size_t i = 0; i < sa.proposal_count; i++)
        text_add_proposal(t, &sa, i, indent + 2);
    return WIRE_OK;
}

static enum wire_fault text_add_body(struct text *t, const struct payload *p, int indent)
{
    union object object;

    if (p->type == PL_SA)
        return text_add_sa(t, p->body, indent);
    for (size_t i = 0; i < COUNT_OF(printed); i++) {
        if (printed[i].type != p->type)
            continue;
        enum wire_fault fault = printed[i].read(&object, p->body);
        if (!fault)
            text_add_fields(t, printed[i].layout, &object);
        return fault;
    }
    text_add(t, ": ");
    text_add_hex(t, p->body);
    return WIRE_OK;
}

void text_add_payload(struct text *t, const struct payload *p, unsigned indent)
{
    text_add_number(t, SPACE_PL, p->type);
    text_add(t, ", ");
    text_add_len(t, PAYLOAD_HEADER_LEN + p->body.len);
    enum wire_fault fault = text_add_body(t, p, (int)indent);
    if (fault)
        text_add(t, ": %s", wire_fault_meaning(fault));
}

void text_add_message(struct text *t, const struct message *m)
{
    const struct header *h = &m->header;

    text_add_number(t, SPACE_XCHG, h->exchange);
    text_add(t, ", cookies ");
    text_add_hex(t, BYTES_OF(h->cookies[0]));
    text_add(t, " ");
    text_add_hex(t, BYTES_OF(h->cookies[1]));
    text_add(t, ", message ID %08x%s%s%s, %u bytes", h->message_id, h->flags & FLAG_ENCRYPTION ? ", encrypted" : "",
             h->flags & FLAG_COMMIT ? ", commit" : "",
             h->flags & FLAG_AUTHENTICATION_ONLY ? ", authentication only" : "", h->length);
    for (size_t i = 0; i < m->payload_count; i++) {
        text_add(t, "\n  ");
        text_add_payload(t, &m->payloads[i], 2);
    }
}
