/* Answers as JSON: {"schema": "ikewise-show/1", "command": "show_isakmp_sa", "gateway": {...}, "isakmp_sas": [...]}.
 * One object a command; each list of control/records.def stands there, most of them empty, so that a reader need not
 * ask whether it does. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/reply.h"
#include "control/request.h"

#include <stdio.h>

#define JSON_SCHEMA "ikewise-show/1"

void json_write(FILE *out, const struct reply *reply, const char *command);

/* One record of a stream on a line of its own. */
void json_write_record(FILE *out, const struct control_record *r);

#endif
