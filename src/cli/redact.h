/* A text without addresses and names, for somebody who need not know them. */
#ifndef CLI_REDACT_H
#define CLI_REDACT_H

#include <stdbool.h>
#include <stdio.h>

struct redacted;

/* NULL: no memory. The same address has the same name in all that is written with it: address-1, address-2 ... Masks
 * and 0.0.0.0 stay. */
struct redacted *redact_begin(void);
void redact_end(struct redacted *r);

/* Learns the names of a line: of groups, users, connections, crypto maps, hosts (redact.def). From then on each is
 * name-1, name-2 ... False: no memory. */
bool redact_learn(struct redacted *r, const char *line);

/* The same of the name of a file, which is file-1, file-2 ... with its folders and without them. */
bool redact_learn_file(struct redacted *r, const char *path);

/* Of a page the names within tags stay: none of a log stands there. */
void redact_write(struct redacted *r, FILE *out, const char *text, bool is_page);

#endif
