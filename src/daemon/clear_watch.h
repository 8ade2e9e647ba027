/* Packets that came in clear although a crypto ACL protects their kind: the packet filter drops and counts them
 * (steer_rules.h) and shows some of them here, as events (ASA 402117). A kernel without nfnetlink_log still drops and
 * counts.
 *
 *     struct clear_watch *watch = clear_watch_open(loop, context, on_event);       NULL: the kernel does not show them
 *     clear_watch_close(watch);                                                   its handle goes with the next turn of
 * the loop */
#ifndef DAEMON_CLEAR_WATCH_H
#define DAEMON_CLEAR_WATCH_H

#include "event/event.h"

#include <uv.h>

struct clear_watch;

struct clear_watch *clear_watch_open(uv_loop_t *loop, void *context,
                                     void (*on_event)(void *context, const struct event *event));
void clear_watch_close(struct clear_watch *watch);

#endif
