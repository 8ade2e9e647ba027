/* Inside the converter only: what its files share. */
#ifndef CONF_CONVERT_PARTS_H
#define CONF_CONVERT_PARTS_H

#include "conf/convert.h"

struct converting {
    const struct conf *conf;
    const struct policy *policy;
    struct text *t;
};

/* What others call an algorithm, by its id: convert.def. NULL where they have none. */
struct convert_names {
    const char *ios, *ios_transform, *strongswan, *libreswan;
};

extern const struct convert_names convert_ciphers[], convert_hashes[], convert_groups[];

bool convert_is_carried(const struct tunnel *tunnel, enum conf_language language);
/* Of its first peer; NULL. */
const struct tunnel_group *convert_group_of(const struct converting *c, const struct tunnel *tunnel);
/* Who we say that we are to its first peer. */
struct own_identity convert_identity_of(const struct converting *c, const struct tunnel *tunnel);
/* A router has a word for it. */
bool convert_is_ios_identity(struct own_identity own);
/* What a router does with the DF bit of all that leaves by an interface. */
enum df_policy convert_df_of(const struct converting *c, uint16_t interface);
/* Of that group, and not as that of the first, which a router has for all: its profile says it. */
bool convert_has_own_keepalive(const struct converting *c, const struct tunnel_group *group);
/* A key that a router finds by the peer's address. */
bool convert_has_ios_key(const struct tunnel_group *group);

void convert_to_asa(const struct converting *c); /* convert_asa.c */
void convert_to_ios(const struct converting *c); /* convert_ios.c */
/* convert_ios_users.c: groups of users, which a router has in client configuration groups. */
bool convert_is_ios_group(const struct tunnel_group *group);
bool convert_has_ios_groups(const struct converting *c);
bool convert_asks_users(const struct converting *c); /* of some group for their passwords */
void convert_add_ios_users(const struct converting *c);
void convert_add_ios_logging(const struct converting *c); /* convert_logging.c */
void convert_add_ios_sla(const struct converting *c);     /* convert_sla.c */

/* convert_remarks.c: what is in no line of the other side, as remarks. `mark` begins one. */
void convert_add_remarks(const struct converting *c, const char *mark, enum conf_language language);

#endif
