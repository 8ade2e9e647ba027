/* What the gateway has answered: the records in order. */
#ifndef CLI_REPLY_H
#define CLI_REPLY_H

#include "control/record.h"

#include <stddef.h>

struct reply {
    struct control_record *records; /* on the heap */
    size_t count, room;
};

/* Copies the record. Memory that runs out ends the program: there is nothing to save. */
void reply_add(struct reply *reply, const struct control_record *r);
void reply_free(struct reply *reply);

/* The first record of that kind; NULL: none. */
const struct control_record *reply_find(const struct reply *reply, enum control_record_kind kind);

/* One line of the control socket as a record; false: it is not one. Columns that are not known here are left out. */
bool reply_read_line(struct control_record *r, struct bytes line);

#endif
