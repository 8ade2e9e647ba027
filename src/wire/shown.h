/* A message as others may see it: what was sealed in clear, and no passwords. For a program that reads packets; for a
 * person, print.h. */
#ifndef WIRE_SHOWN_H
#define WIRE_SHOWN_H

#include "wire/message.h"

/* The payloads of `m`, which is open, in a message without flag E and without padding. In place of each password stand
 * WIRE_HIDDEN_LEN stars, whatever its length; a mode config payload that cannot be read is left empty. Empty: there is
 * no room. */
enum { WIRE_HIDDEN_LEN = 8 };

struct bytes wire_message_shown(const struct message *m, uint8_t *space, size_t size);

#endif
