/* The shell's end of the control socket. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/reply.h"
#include "control/request.h"

enum client_end {
    CLIENT_DONE,        /* the reply is whole */
    CLIENT_REFUSED,     /* its last record is an error */
    CLIENT_UNREACHABLE, /* no gateway; `why` is one sentence with the path */
    CLIENT_BROKEN,      /* the gateway has hung up, is silent, or said something that is not a record */
};

/* Each record is handed to `take` as it comes, errors and `done` too. A request that is answered ONCE may be silent for
 * 10 s. */
enum client_end client_ask(const char *socket_path, const struct bytes *words, size_t word_count, enum control_how how,
                           void (*take)(void *context, const struct control_record *r), void *context,
                           struct text *why);

#endif
