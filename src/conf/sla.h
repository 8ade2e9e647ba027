/* Which lines about `sla monitor` an ASA would not take. */
#ifndef CONF_SLA_H
#define CONF_SLA_H

#include "base/text.h"
#include "conf/statement.h"

/* Before the statement is added to those that there are, or with is_no taken away. True: it cannot be, and `why` says
 * so. */
bool sla_refuses(const struct statements *statements, const struct statement *s, bool is_no, struct text *why);

/* A measurement has been taken away: when it ran goes with it. */
void sla_removed(struct statements *statements, const struct statement *monitor);

#endif
