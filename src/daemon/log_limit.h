/* Keeps floods of input out of the log: token buckets by kind of event and prefix of the peer (log_limit.def). */
#ifndef DAEMON_LOG_LIMIT_H
#define DAEMON_LOG_LIMIT_H

#include "event/event.h"

enum { LOG_LIMIT_BUCKETS = 1024 };

struct log_bucket {
    uint64_t key; /* 0: unused */
    uint64_t filled_ms;
    uint32_t tokens;
};

struct log_limit {
    struct log_bucket of_prefix[LOG_LIMIT_BUCKETS];
    struct log_bucket of_kind[EV_COUNT];
    uint32_t kept_back[EV_COUNT]; /* since the last line of that kind */
    uint64_t kept_back_count;
};

/* May this event make lines? When yes, `*kept_back` is how many of its kind have not since the last that did. */
bool log_limit_allows(struct log_limit *limit, const struct event *e, uint64_t now_ms, uint32_t *kept_back);

#endif
