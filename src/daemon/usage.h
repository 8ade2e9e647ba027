/* What went through the pairs of a session that have gone, until it ends: an ASA tells of both then. A session is a
 * peer's, or that of one of the users behind its address.
 *
 *     usage_add(usage, &session, bytes);
 *     struct usage_bytes bytes = usage_take(usage, &session);     and it begins from 0 again */
#ifndef DAEMON_USAGE_H
#define DAEMON_USAGE_H

#include "base/ip.h"

struct usage;

struct usage_session {
    struct ip peer;
    uint32_t number; /* of the user's session; 0: of no user */
};

struct usage_bytes {
    uint64_t sent, received; /* inner bytes */
};

struct usage *usage_open(void); /* NULL: no memory */
void usage_close(struct usage *usage);

/* Without memory for another one nothing is added. */
void usage_add(struct usage *usage, const struct usage_session *session, struct usage_bytes bytes);
struct usage_bytes usage_take(struct usage *usage, const struct usage_session *session);

#endif
