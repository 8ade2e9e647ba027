/* Inside the converter only: what its files share. */
#ifndef CONF_CONVERT_PARTS_H
#define CONF_CONVERT_PARTS_H

#include "conf/convert.h"

struct converting {
    const struct conf *conf;
    const struct policy *policy;
    struct text *t;
};

bool convert_is_carried(const struct tunnel *tunnel, enum conf_language language);
/* Of its first peer; NULL. */
const struct tunnel_group *convert_group_of(const struct converting *c, const struct tunnel *tunnel);
/* A key that a router finds by the peer's address. */
bool convert_has_ios_key(const struct tunnel_group *group);

/* convert_remarks.c: what is in no line of the other side, as remarks. `mark` begins one. */
void convert_add_remarks(const struct converting *c, const char *mark, enum conf_language language);

#endif
