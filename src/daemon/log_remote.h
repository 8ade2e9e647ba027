/* The log to other machines (`logging host`): RFC 3164 as an ASA writes it, or RFC 5424, over UDP or TCP.
 *
 *     struct log_remote *remote = log_remote_create(loop);
 *     log_remote_use(remote, &policy->logging, policy->hostname);       also when it has changed; nothing of it is kept
 *     if (severity <= log_remote_severity(remote)) log_remote_send(remote, severity, 713903, line);
 *
 * Nothing blocks and nothing piles up: what a host does not take in time is dropped and counted. TCP ends each line
 * with a line feed (RFC 6587 section 3.4.2), and connects again after 10 s. */
#ifndef DAEMON_LOG_REMOTE_H
#define DAEMON_LOG_REMOTE_H

#include "policy/policy.h"

#include <uv.h>

struct log_remote;

struct log_remote_tally {
    uint64_t sent, errors;
    uint64_t full, down; /* lines that were dropped: TCP had no room for them, or was not connected */
    uint64_t flaps;      /* TCP connections that were lost */
};

/* NULL: no memory. */
struct log_remote *log_remote_create(uv_loop_t *loop);

/* Copies what it needs. Hosts that stay the same keep their connection and their counters. */
void log_remote_use(struct log_remote *remote, const struct logging *logging, const char *hostname);

int log_remote_severity(const struct log_remote *remote); /* the least severe that is sent; -1: nothing is */

/* `line` begins with the tag; `message_id` is what RFC 5424 calls MSGID. */
void log_remote_send(struct log_remote *remote, int severity, uint32_t message_id, const char *line);

/* Of the nth host of what is used. */
struct log_remote_tally log_remote_tally(const struct log_remote *remote, uint8_t host);

/* The handles are closed by the next turns of the loop, and it is freed then. */
void log_remote_free(struct log_remote *remote);

#endif
