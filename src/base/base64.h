/* RFC 4648 section 4, and RFC 7468 around it: what is pasted into a terminal and copied out of it. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/text.h"

/* Whatever stands between the digits and is blank does not count. False: another character, an end that is not whole,
 * or more than `size` bytes. */
bool base64_read(struct bytes text, uint8_t *out, size_t size, size_t *len);

/* -----BEGIN LABEL-----, lines of 64 digits, -----END LABEL-----. */
void text_add_pem(struct text *t, const char *label, struct bytes der);

#endif
