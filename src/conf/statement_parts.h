/* What statement.c and statement_order.c share. */
#ifndef CONF_STATEMENT_PARTS_H
#define CONF_STATEMENT_PARTS_H

#include "conf/statement.h"

/* FNV-1a: begin with HASH_BEGIN. */
#define HASH_BEGIN 2166136261u
uint32_t hash_add(uint32_t hash, struct bytes bytes);

/* Of whatever name, from 0; NULL: it has fewer. */
const struct grammar_word *nth_argument(const struct statement *s, unsigned nth);

#endif
