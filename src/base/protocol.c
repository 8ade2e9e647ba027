#include "base/protocol.h"

static const struct {
    const char *name;
    uint8_t number;
} rows[] = {
#define PROTOCOL(name, asa, number) {asa, number},
#include "base/protocols.def"
#undef PROTOCOL
};

const char *protocol_name(uint8_t protocol)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].number == protocol)
            return rows[i].name;
    return NULL;
}

bool protocol_of_name(struct bytes name, uint8_t *protocol)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (bytes_equal(bytes_of_text(rows[i].name), name)) {
            *protocol = rows[i].number;
            return true;
        }
    return false;
}

void text_add_protocol(struct text *t, uint8_t protocol)
{
    const char *name = protocol_name(protocol);

    if (name != NULL)
        text_add_words(t, name);
    else
        text_add_decimal(t, protocol);
}
