/* What the shell shows of itself: privileges, its terminal, what it debugs. */
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/session.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEVEL_USER = 1, LEVEL_ENABLED = 15, WIDTH_UNKNOWN = 80 };

static void set_privilege(const struct session *session, struct control_record *r)
{
    const struct passwd *user = getpwuid(geteuid());

    record_set_text(r, COL_privilege_username, user != NULL ? user->pw_name : "nobody");
    record_set_number(r, COL_privilege_level, session->is_enabled ? LEVEL_ENABLED : LEVEL_USER);
    record_set_text(r, COL_privilege_modes,
                    !session->is_enabled      ? "P_UNPR"
                    : session->is_configuring ? "P_PRIV P_CONF"
                                              : "P_PRIV");
}

static void set_terminal(const struct session *session, struct control_record *r)
{
    struct winsize size;
    bool has_width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;

    record_set_number(r, COL_terminal_width, has_width ? size.ws_col : WIDTH_UNKNOWN);
    record_set_number(r, COL_terminal_lines,
                      session->page_lines > 0 || session->has_no_pages ? session->page_lines : output_rows());
    record_set_flag(r, COL_terminal_monitor, background_is_on(&session->background, CONTROL_TERMINAL_MONITOR));
}

void session_note(const struct session *session, struct command *command)
{
    bool is_of_terminal = command->request.id == CONTROL_SHOW_TERMINAL;
    struct control_record r = control_record_of(is_of_terminal ? RECORD_terminal : RECORD_privilege);

    if (is_of_terminal)
        set_terminal(session, &r);
    else if (command->request.id == CONTROL_SHOW_CURPRIV || command->request.id == CONTROL_SHOW_PRIVILEGE)
        set_privilege(session, &r);
    else
        return;
    reply_add(&command->reply, &r);
}

/* A router says so at once. */
void session_echo_debug(const struct session *session, enum control_request_id id, bool is_on)
{
    struct control_record r = control_record_of(RECORD_debugging);
    struct reply reply = {0};
    const struct control_request request = {.id = is_on ? id : CONTROL_NO_DEBUG_IKEV1};
    const struct screen_view view = {.dialect = session->dialect};

    if (!session->is_ios || (id != CONTROL_DEBUG_IKEV1 && id != CONTROL_DEBUG_IPSEC))
        return;
    record_set_text(&r, COL_debugging_what, id == CONTROL_DEBUG_IPSEC ? "ipsec" : "ikev1");
    reply_add(&reply, &r);
    screen_write(stdout, &reply, &request, &view);
    reply_free(&reply);
}
