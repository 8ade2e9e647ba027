/* What has happened lately, for whoever asks later: the newest events, as many as their ring holds. Events are kept as
 * long as they are, which is a fifth of the largest, so that a thousand of them cost what two hundred would. */
#ifndef DAEMON_LOG_PAST_H
#define DAEMON_LOG_PAST_H

#include "event/event.h"

enum { PAST_EVENTS_MAX = 2000, PAST_BYTES = 400 * 1024 };

struct log_past {
    uint32_t at[PAST_EVENTS_MAX]; /* where in `bytes`; a ring, the newest before `next` */
    uint32_t next, count;
    uint32_t end; /* behind the newest */
    uint8_t bytes[PAST_BYTES];
};

/* `at_s` is wall time. */
void log_past_keep(struct log_past *past, const struct event *event, int64_t at_s);

/* The newest event is 0. False, and the others untouched: there are no more. */
bool log_past_read(const struct log_past *past, uint32_t index, struct event *event, int64_t *at_s);

#endif
