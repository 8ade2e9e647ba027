/* Rows of tables on screens; `line` has single blanks. Not for other files than table.c. */
#ifndef SOURCE_ROWS_H
#define SOURCE_ROWS_H

#include "source/parts.h"

/* Of tables that tables.def names, below their heads. */
enum reading ios_sa_row(struct source *s, struct bytes line);
enum reading ios_detail_row(struct source *s, struct bytes line);
enum reading ios_brief_row(struct source *s, struct bytes line);
enum reading asa_sa_row(struct source *s, struct bytes line);
enum reading statistics_row(struct source *s, struct bytes line);
enum reading ipsec_statistics_row(struct source *s, struct bytes line);
enum reading drops_row(struct source *s, struct bytes line);
enum reading ios_acl_row(struct source *s, struct bytes line);
enum reading engine_row(struct source *s, struct bytes line);
enum reading old_engine_row(struct source *s, struct bytes line);
enum reading key_row(struct source *s, struct bytes line);
enum reading route_entry_row(struct source *s, struct bytes line);
enum reading name_row(struct source *s, struct bytes line);

/* These tell what they are without a head. */
enum reading asa_acl_row(struct source *s, struct bytes line);
enum reading route_row(struct source *s, struct bytes line);
enum reading asa_arp_row(struct source *s, struct bytes line);

#endif
