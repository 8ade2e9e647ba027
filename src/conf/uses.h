/* Objects and object-groups that other statements name are not removed: on an ASA neither. */
#ifndef CONF_USES_H
#define CONF_USES_H

#include "base/text.h"
#include "conf/statement.h"

/* What these words name is used: then `why` says by what. False also where it is nothing that others name, or when too
 * many have been asked about. */
bool statement_is_used(struct statements *statements, const struct statement *removed, struct text *why);

#endif
