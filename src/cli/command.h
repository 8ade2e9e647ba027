/* One command that has been understood: asked of the gateway or done here, and shown.
 *
 *     struct command command = {.options = &options, .out = stdout, .request = request, .words = spelled, ...};
 *     int status = command_run(&command);
 *     command_end(&command); */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/client.h"
#include "cli/options.h"

enum { COMMAND_DONE = 0, COMMAND_NOT_UP = 1, COMMAND_NOT_DONE = 2 };

struct command {
    const struct options *options;
    FILE *out;
    struct control_request request;
    const struct bytes *words; /* as it was typed, or keywords in full */
    size_t word_count;
    const struct bytes *lines; /* of `configure`; without any, those of standard input */
    size_t line_count;

    struct screen_view view;
    struct reply reply;
    bool has_begun; /* of `show logging`: how the log is kept has been written */
};

/* Writes to `out`, and to standard error why it was not done. Returns the exit status of ikewise. */
int command_run(struct command *command);

/* Gives back the reply. */
void command_end(struct command *command);

/* The help of ikewise. */
void command_help(FILE *out);

/* For the parts of command.c. Tells the reason on standard error; COMMAND_NOT_DONE. */
int command_complain(const struct command *command, const char *why);
/* Takes a record, and shows nothing: for client_ask, with the command as its context. */
void command_keep(void *command, const struct control_record *r);
/* Asks the gateway, and shows what it answers. */
int command_ask(struct command *command);
/* Statements of that file, as one change: what is wrong in one line leaves all of it undone. */
int command_copy_from(struct command *command, const char *path);
int command_copy(
    struct command *command); /* the requests that begin with copy, but for startup-config running-config */
int command_ping(const struct command *command);
int command_traceroute(const struct command *command);
int command_ping_asked(const struct command *command);

#endif
