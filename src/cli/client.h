/* The shell's end of the control socket. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/reply.h"
#include "control/request.h"

enum client_end {
    CLIENT_DONE,        /* the reply is whole */
    CLIENT_REFUSED,     /* its last record is an error */
    CLIENT_UNREACHABLE, /* no gateway; `why` is one sentence with the path */
    CLIENT_INTERRUPTED, /* by a signal; `why` is empty */
    CLIENT_BROKEN,      /* the gateway has hung up, is silent, or said something that is not a record */
};

/* What is asked. */
struct client_question {
    const struct bytes *words;
    size_t word_count;
    const struct bytes *lines; /* of `configure` */
    size_t line_count;
    enum control_how how;
};

/* An answer that comes bit by bit. */
struct client_stream;

/* NULL: nobody answers there; `why` says why. */
struct client_stream *client_open(const char *socket_path, const struct client_question *question, struct text *why);
int client_fd(const struct client_stream *stream); /* readable: call client_next */

/* The next record. `may_wait`: it is waited for, 10 s when the answer is not a stream. */
enum client_next { CLIENT_RECORD, CLIENT_NOT_YET, CLIENT_OVER };
enum client_next client_next(struct client_stream *stream, bool may_wait, struct control_record *r);
void client_close(struct client_stream *stream);

/* Each record is handed to `take` as it comes, errors and `done` too. A request that is answered ONCE may be silent for
 * 10 s. */
enum client_end client_ask(const char *socket_path, const struct bytes *words, size_t word_count, enum control_how how,
                           void (*take)(void *context, const struct control_record *r), void *context,
                           struct text *why);
enum client_end client_ask_lines(const char *socket_path, const struct client_question *question,
                                 void (*take)(void *context, const struct control_record *r), void *context,
                                 struct text *why);

#endif
