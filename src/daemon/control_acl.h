/* Which access-lists there are, in the order in which they are shown: those that filter, those of crypto maps, those
 * that nothing uses. The statements of each: statements_next_named.
 *
 *     struct acl_index index;
 *     acl_index_make(&index, conf);      it points into that configuration; false: no memory
 *     acl_index_free(&index);            also of one that is all zeros */
#ifndef DAEMON_CONTROL_ACL_H
#define DAEMON_CONTROL_ACL_H

#include "conf/conf.h"

struct acl_entry {
    struct bytes name;
    uint16_t filter; /* NO_INDEX: it filters nothing */
    uint16_t tunnel; /* the first entry with it; NO_INDEX: none has it */
};

struct acl_index {
    struct acl_entry *lists;
    uint32_t list_count;
    uint16_t *next_tunnel; /* of each: the next one with the same list; NO_INDEX */
};

bool acl_index_make(struct acl_index *index, const struct conf *conf);
void acl_index_free(struct acl_index *index);

#endif
