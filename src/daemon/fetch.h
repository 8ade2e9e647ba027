/* Fetches what a URL of the configuration says, or what it answers to a question, beside everything else: by a process
 * of its own without rights (curl), which follows nobody elsewhere and has so many bytes and seconds. One at a time.
 *
 *     fetch = fetch_create(loop, context, on_done)
 *     fetch_begin(fetch, "http://authority.example.net/root.crl")       on_done comes on a later turn of the loop
 *     fetch_close(fetch)                                                freed in the next turns; on_done comes no more
 */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "base/bytes.h"

#include <uv.h>

enum { FETCH_MAX = 2 * 1024 * 1024, FETCH_PATIENCE_MS = 10000, FETCH_POST_MAX = 4096 };

struct fetch;

/* `body` is gone after the call. `why`: why there is none, as a part of a sentence; NULL: here it is. */
typedef void fetch_done(void *context, struct bytes body, const char *why);

/* NULL: no memory. */
struct fetch *fetch_create(uv_loop_t *loop, void *context, fetch_done *on_done);
bool fetch_is_busy(const struct fetch *fetch);
/* Not while it is busy. False: no memory. */
bool fetch_begin(struct fetch *fetch, const char *url);

/* The same with a question of at most FETCH_POST_MAX bytes, which is copied, and with other bounds. */
struct fetch_post {
    const char *url, *content_type; /* the latter is never freed */
    struct bytes body;
    size_t most;          /* bytes of the answer, at most FETCH_MAX */
    uint64_t patience_ms; /* more than none */
};
bool fetch_begin_post(struct fetch *fetch, const struct fetch_post *post);
void fetch_close(struct fetch *fetch);

#endif
