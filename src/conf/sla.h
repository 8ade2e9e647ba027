/* Which lines about `sla monitor` an ASA would not take. */
#ifndef CONF_SLA_H
#define CONF_SLA_H

#include "base/text.h"
#include "conf/statement.h"

/* Before the statement is added to those that there are, or with is_no taken away. True: it cannot be, and `why` says
 * so. */
bool sla_refuses(const struct statements *statements, const struct statement *s, bool is_no, struct text *why);

/* A statement has been taken away: with a measurement goes when it runs. */
void sla_removed(struct statements *statements, const struct statement *removed);

#endif
