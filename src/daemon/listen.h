/* The addresses that IKE is enabled on: their sockets follow the policy. */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "daemon/daemon.h"

/* Asked before anything is made: what another daemon has made must not be touched. False: see why. */
bool listen_can_open(const struct daemon *daemon, struct text *why);

/* Those that are wanted and not open. An address that this machine does not have may still come. False: one could not
 * be opened, and `why` has the sentence of the first of these. */
bool listen_open(struct daemon *daemon, struct text *why);

/* What the new policy does not want any more. Before the old one is thrown away. */
void listen_close_unwanted(struct daemon *daemon, const struct policy *old, const struct policy *new);

void listen_warn_of_missing(struct daemon *daemon);

#endif
