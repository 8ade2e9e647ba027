/* The messages of a report's ladders, decoded: captures and journals are read once more, now that it is known which of
 * their messages matter. Standard input is gone by then; what came from there stays as the ladder tells it. */
#ifndef CLI_EXPLAIN_MESSAGES_H
#define CLI_EXPLAIN_MESSAGES_H

#include "cli/explain_parts.h"

struct explain_messages;

/* `keys`: the name of a file with keys that open what is sealed; NULL. NULL: no memory. */
struct explain_messages *explain_messages_read(const struct explain *x, const char *keys);
void explain_messages_free(struct explain_messages *messages); /* NULL is fine */

/* Several lines; NULL: no file shows the message itself. `messages` may be NULL. */
const char *explain_message_of(const struct explain_messages *messages, const struct report_negotiation *n,
                               const struct report_step *s);

#endif
