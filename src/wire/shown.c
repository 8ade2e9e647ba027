#include "wire/shown.h"

#include "wire/attribute.h"
#include "wire/payloads.h"
#include "wire/print.h"

static void write_shown_attribute(struct writer *w, const struct attribute *a)
{
    static const uint8_t stars[WIRE_HIDDEN_LEN] = {'*', '*', '*', '*', '*', '*', '*', '*'};

    if (config_is_hidden(a->type) && a->value.len > 0) /* an empty one asks for it */
        attribute_write_long(w, a->type, BYTES_OF(stars));
    else
        attribute_write(w, a);
}

static void write_shown_config(struct writer *w, struct bytes body, uint8_t *space, size_t size)
{
    struct writer attributes = writer_of(space, size);
    struct config config;
    struct attribute a;

    if (config_read(&config, body) != WIRE_OK)
        return;
    for (struct reader r = reader_of(config.attributes); r.rest.len > 0 && attribute_read(&r, &a);)
        write_shown_attribute(&attributes, &a);
    if (!writer_is_ok(&attributes))
        return;
    config.attributes = writer_bytes(&attributes);
    config_write(w, &config);
}

struct bytes wire_message_shown(const struct message *m, uint8_t *space, size_t size)
{
    struct header header = m->header;
    struct writer w = writer_of(space, size);

    header.flags &= (uint8_t)~FLAG_ENCRYPTION;
    struct message_writer out = message_begin(&w, &header);
    for (size_t i = 0; i < m->payload_count; i++) {
        const struct payload *p = &m->payloads[i];

        if (p->type == PL_ATTR) {
            uint8_t attributes[4096];

            write_shown_config(payload_begin(&out, PL_ATTR), p->body, attributes, sizeof attributes);
            bytes_wipe(attributes, sizeof attributes);
            payload_end(&out);
        } else {
            message_add(&out, p->type, p->body);
        }
    }
    return message_end(&out);
}
