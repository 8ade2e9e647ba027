/* IP protocols by the names that an ASA has for them: protocols.def. */
#ifndef BASE_PROTOCOL_H
#define BASE_PROTOCOL_H

#include "base/text.h"

enum {
#define PROTOCOL(name, asa, number) PROTOCOL_##name = number,
#include "base/protocols.def"
#undef PROTOCOL
};

const char *protocol_name(uint8_t protocol); /* NULL: it has none */
bool protocol_of_name(struct bytes name, uint8_t *protocol);

/* Its name, or its number. */
void text_add_protocol(struct text *t, uint8_t protocol);

#endif
