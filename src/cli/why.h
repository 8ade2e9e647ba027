/* Why a tunnel of a running gateway does not form: the gateway's own log of it, explained as any log is.
 *
 *     struct why *why = why_new();                                 NULL: no memory
 *     client_ask(socket, words, count, CONTROL_ONCE, why_take, why, &refusal);
 *     why_write(stdout, why, false);
 *     why_free(why); */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "control/record.h"

#include <stdbool.h>
#include <stdio.h>

struct why;

struct why *why_new(void);
void why_free(struct why *why); /* NULL is fine */

/* One record of the answer; for client_ask. */
void why_take(void *why, const struct control_record *r);
const char *why_error(const struct why *why); /* what the gateway has refused with; "" */

/* The newest negotiation, or with JSON the whole report. True: a fault was found. Once. */
bool why_write(FILE *out, struct why *why, bool is_json);

#endif
