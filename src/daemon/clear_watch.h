/* Packets that came in clear although a crypto ACL protects their kind: the packet filter drops and counts them
 * (steer_rules.h) and shows some of them to CLEAR_LOG_GROUP. */
#ifndef DAEMON_CLEAR_WATCH_H
#define DAEMON_CLEAR_WATCH_H

#include "event/event.h"

/* What such a packet is told as (ASA 402117). False: it is none. */
bool clear_event(struct bytes packet, struct event *event);

#endif
