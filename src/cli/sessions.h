/* Which records are of one session, and which of a reply were asked for. */
#ifndef CLI_SESSIONS_H
#define CLI_SESSIONS_H

#include "cli/reply.h"
#include "control/request.h"

bool session_is_live_sa(const struct control_record *r);
/* An ISAKMP SA that stands for a session: while one is replaced there are two, and the session is one. */
bool session_is(const struct control_record *r);
/* It is a user's at the gateway; a client's own SA is a session with its gateway. */
bool session_is_user(const struct control_record *sa);
/* Users behind one NAT have one address: theirs is the inner one. */
bool session_has_pair(const struct control_record *sa, const struct control_record *pair);
/* "aes-256" as AES256. */
void text_add_cipher(struct text *t, const char *name);

/* Leaves what the request asks for by filters (an address, a name, active ...), in the order that it asks for. Nothing
 * happens to replies of other requests. */
void sessions_select(struct reply *reply, const struct control_request *request);

#endif
