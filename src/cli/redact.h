/* A text without addresses, for somebody who need not know them. */
#ifndef CLI_REDACT_H
#define CLI_REDACT_H

#include <stdio.h>

struct redacted;

/* NULL: no memory. The same address has the same name in all that is written with it: address-1, address-2 ... Masks
 * and 0.0.0.0 stay. */
struct redacted *redact_begin(void);
void redact_write(struct redacted *r, FILE *out, const char *text);
void redact_end(struct redacted *r);

#endif
