/* The packet filter follows what changes while a configuration is in use: pairs of open tunnels come and go, interfaces
 * get their addresses. nft takes its time, so all of it is a job in the thread of configurations (config_queue.h), one
 * after the other with the changes.
 *
 *     steering_guest(daemon, install);      a pair of an open tunnel, whose traffic is not steered yet: the engine is
 *                                           told that it is installed, or refused, when its rules stand or cannot
 *     steering_again(daemon, STEERING_MARKS);       guests have gone */
#ifndef DAEMON_STEERING_H
#define DAEMON_STEERING_H

#include "daemon/daemon.h"
#include "daemon/steer.h"

enum steering_scope {
    STEERING_MARKS,      /* the marks */
    STEERING_INTERFACES, /* and translation and lists, for interfaces that have been found; then what hangs on them */
    STEERING_RESTORED    /* all of it, in place of what a change that has failed has written */
};

/* `context` is the daemon (driver.h). */
void steering_guest(void *context, const struct ike_install *install);

/* The rules of what is in use anew. What fails is in the log. */
void steering_again(struct daemon *daemon, enum steering_scope scope);

/* The pairs that there are of open tunnels; the list is to be freed. */
struct steer_guests steering_guests(const struct daemon *daemon);

/* What the daemon has taken away at its end, and a job in the thread has written once more. */
void steering_take_away(struct daemon *daemon);

#endif
