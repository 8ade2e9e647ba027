/* The shell that somebody has open: modes, prompts, commands one after the other.
 *
 * A line is a statement of the configuration where one is being configured and the line is one (conf/grammar.def), else
 * a command (control/requests.def). Both come with help and completion from their table: cli/advice.h. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/background.h"
#include "cli/command.h"
#include "conf/grammar.h"

enum {
    SESSION_NAME_SIZE = 64,
    SESSION_PROMPT_SIZE = 128,
    SESSION_LINE_MAX = 65536,
    SESSION_BATCH_MAX = 20000,
    SESSION_BATCH_LEN_MAX = 2 << 20
};

struct editor;

struct session {
    const struct options *options;
    char hostname[SESSION_NAME_SIZE];
    enum dialect dialect;
    bool is_terminal, is_over;
    bool may_enable, is_enabled, is_configuring;
    enum grammar_mode mode;        /* whose lines come next, while configuring */
    char header[SESSION_LINE_MAX]; /* the statement that opened it */
    bool is_ios, has_said_dialect; /* statements are typed in the words of a router, and somebody has said so */
    unsigned ios_block;            /* of which lines come next (conf/ios.h); 0: none, or one of the ASA's */
    uint32_t begun[32];            /* hashes of entries of a crypto map that were begun here; 0: none */
    size_t begun_next;
    bool is_inside;      /* a line of that mode or block has been given */
    unsigned page_lines; /* 0: as many as the terminal has */
    bool has_no_pages;
    int status; /* the worst so far */

    struct bytes batch[SESSION_BATCH_MAX]; /* statements that have not been sent; each on the heap */
    size_t batch_count, batch_len;

    struct background background;
    struct editor *editor; /* NULL without a terminal */
};

/* On a terminal, or the commands of standard input. Returns the exit status of ikewise. */
int session_run(const struct options *options);

/* The one line of -c. */
int session_run_line(const struct options *options);

/* session.c, for session_config.c: asks the gateway, shows what it says. */
int session_command(struct session *session, struct command *command);
struct control_scope session_scope(const struct session *session);
const char *session_prompt(const struct session *session, char prompt[static SESSION_PROMPT_SIZE]);

/* Whose lines come next. */
void session_enter(struct session *session, enum grammar_mode mode, unsigned ios_block);

/* session_show.c: what `show` commands of the shell itself show; a change of what is debugged. */
void session_note(const struct session *session, struct command *command);
void session_echo_debug(const struct session *session, enum control_request_id id, bool is_on);

/* session_config.c. False: the line is no statement where we are, and `match` says how far it is one. */
bool session_configure(struct session *session, struct bytes line, struct grammar_match *match);
/* Anything goes below a statement that is kept without being looked at. */
bool session_keep(struct session *session, struct bytes line);
/* It is a statement that does nothing here. */
bool session_is_idle(struct bytes line);
/* Sends what has not been sent. */
void session_flush(struct session *session);

#endif
