/* What is shown while commands are given: the log (`terminal monitor`) and debugging. Each is a stream of the gateway.
 */
#ifndef CLI_BACKGROUND_H
#define CLI_BACKGROUND_H

#include "cli/client.h"

#include <poll.h>

enum { BACKGROUND_MAX = 4 };

struct background {
    struct {
        struct client_stream *stream; /* NULL: free */
        enum control_request_id id;
    } streams[BACKGROUND_MAX];
};

/* One of its kind is enough. False: `why` says why not. */
bool background_start(struct background *background, const char *socket_path, enum control_request_id id,
                      const struct bytes *words, size_t word_count, struct text *why);
bool background_is_on(const struct background *background, enum control_request_id id);
void background_stop(struct background *background, enum control_request_id id);
void background_stop_all(struct background *background);

/* What to poll; returns how many. */
size_t background_fds(const struct background *background, struct pollfd fds[static BACKGROUND_MAX]);

/* Hands over each line that is there. Streams that are over are closed. */
void background_read(struct background *background, void (*show)(void *context, const char *line), void *context);

#endif
