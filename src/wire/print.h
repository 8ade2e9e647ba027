/* A message for a person: one line for the header, one for each payload, indented lines for proposals and transforms.
 * What the peer sent is escaped; keys, hashes, signatures and passwords are shown by length only.
 *
 *     main mode (2), cookies 0011223344556677 0000000000000000, message ID 00000000, 168 bytes
 *       SA (1), 60 bytes: DOI IPSEC (1), situation IDENTITY_ONLY (1)
 *         proposal 1 ISAKMP (1), no SPI, 1 transform
 *           transform 1 KEY_IKE (1), encryption AES-CBC (7), key length 256, ...
 *       VENDOR (13), 20 bytes: Dead Peer Detection 1.0 ...
 */
#ifndef WIRE_PRINT_H
#define WIRE_PRINT_H

#include "wire/message.h"

void text_add_message(struct text *t, const struct message *m);

/* One payload, without the newline at the end. A body with a fault is printed as its fault. `indent` in blanks, for the
 * lines below. */
void text_add_payload(struct text *t, const struct payload *p, unsigned indent);

struct attribute;

/* The value of an attribute of mode config or XAUTH; nothing for an empty one. */
void text_add_config_value(struct text *t, const struct attribute *a);

/* An attribute of mode config or XAUTH that is a password: it is never shown, nor how long it is. */
bool config_is_hidden(uint16_t type);

#endif
