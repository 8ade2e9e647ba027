#include "cli/session.h"

#include "base/check.h"
#include "cli/advice.h"
#include "cli/complain.h"
#include "cli/editor.h"
#include "cli/output.h"
#include "conf/ios.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHY_SIZE = 4096 };

/* ---- where we are ---- */

struct control_scope session_scope(const struct session *session)
{
    return (struct control_scope){
        .is_session = true, .is_admin = session->is_enabled, .is_configuring = session->is_configuring};
}

const char *session_prompt(const struct session *session, char prompt[static SESSION_PROMPT_SIZE])
{
    struct text t = text_of(prompt, SESSION_PROMPT_SIZE);

    text_add(&t, "%s", session->hostname);
    if (session->is_configuring)
        text_add(&t, "(%s)",
                 session->ios_block ? ios_prompt(session->ios_block, session->is_inside)
                                    : grammar_prompt(session->mode, session->is_inside));
    text_add(&t, "%s", session->is_enabled ? "# " : "> ");
    return prompt;
}

void session_enter(struct session *session, enum grammar_mode mode, unsigned ios_block)
{
    session->mode = mode;
    session->ios_block = ios_block;
    session->is_inside = false;
}

static void leave_configuration(struct session *session)
{
    session->is_configuring = false;
    session_enter(session, MODE_GLOBAL, 0);
}

static void leave_mode(struct session *session)
{
    if (session->is_configuring && (session->mode != MODE_GLOBAL || session->ios_block != 0)) {
        session_enter(session, MODE_GLOBAL, 0);
    } else if (session->is_configuring) {
        leave_configuration(session);
    } else {
        session->is_over = true;
    }
}

static void note_status(struct session *session, int status)
{
    session->status = status > session->status ? status : session->status;
}

/* ---- asking the gateway ---- */

static void learn(struct session *session, const struct command *command)
{
    const struct control_record *gateway = reply_find(&command->reply, RECORD_gateway);

    if (!gateway)
        return;

    struct text t = text_of(session->hostname, sizeof session->hostname);

    text_add(&t, "%s", record_text(gateway, COL_gateway_hostname));
    session->may_enable = strcmp(record_text(gateway, COL_gateway_right), "reader") != 0;
    if (!session->options->has_dialect)
        dialect_of_name(record_text(gateway, COL_gateway_dialect), &session->dialect);
    if (!session->has_said_dialect)
        session->is_ios = strncmp(record_text(gateway, COL_gateway_dialect), "ios", 3) == 0;
}

int session_command(struct session *session, struct command *command)
{
    int status;

    command->options = session->options;
    command->view.dialect = session->dialect;
    status = command_run(command);
    learn(session, command);
    command_end(command);
    note_status(session, status);
    return status;
}

static void on_interrupt(int number)
{
    (void)number; /* whatever waits is woken, and gives up */
}

static struct output_pages pages_of(const struct session *session)
{
    return (struct output_pages){.is_on = session->is_terminal && !session->has_no_pages,
                                 .lines = session->page_lines,
                                 .more = session->is_ios ? " --More-- " : "<--- More --->"};
}

/* ---- commands of the session itself ---- */

static void enable(struct session *session)
{
    session->is_enabled = session->may_enable;
    if (session->may_enable)
        return;
    printf("%% Only root and the members of the control socket's group may change things\n");
    note_status(session, COMMAND_NOT_DONE);
}

static void stop_debug(struct session *session, enum control_request_id id)
{
    background_stop(&session->background, id);
    session_echo_debug(session, id, false);
}

static void start_background(struct session *session, const struct control_request *request, const struct bytes *words,
                             size_t count)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (background_start(&session->background, session->options->socket, request->id, words, count, &why)) {
        session_echo_debug(session, request->id, true);
        return;
    }
    printf("%s\n", space);
    note_status(session, COMMAND_NOT_DONE);
}

static bool is_background(const struct session *session, enum control_request_id id)
{
    return session->editor && !session->options->is_json &&
           (id == CONTROL_TERMINAL_MONITOR || id == CONTROL_DEBUG_IKEV1 || id == CONTROL_DEBUG_IPSEC);
}

/* False: it is no command of the session itself. */
static bool do_here(struct session *session, const struct control_request *request, const struct bytes *words,
                    size_t count, FILE *out)
{
    switch (request->id) {
    case CONTROL_ENABLE: enable(session); return true;
    case CONTROL_DISABLE:
        leave_configuration(session);
        session->is_enabled = false;
        return true;
    case CONTROL_CONFIGURE_TERMINAL: session->is_configuring = true; return true;
    case CONTROL_EXIT: leave_mode(session); return true;
    case CONTROL_END: leave_configuration(session); return true;
    case CONTROL_TERMINAL_PAGER:
        session->page_lines = request->line_count;
        session->has_no_pages = request->line_count == 0;
        return true;
    case CONTROL_TERMINAL_WIDTH: return true;
    case CONTROL_TERMINAL_ASA:
    case CONTROL_TERMINAL_IOS:
        session_flush(session);
        session->is_ios = request->id == CONTROL_TERMINAL_IOS;
        session->has_said_dialect = true;
        session_enter(session, MODE_GLOBAL, 0);
        return true;
    case CONTROL_TERMINAL_NO_MONITOR: background_stop(&session->background, CONTROL_TERMINAL_MONITOR); return true;
    case CONTROL_NO_DEBUG_IKEV1: stop_debug(session, CONTROL_DEBUG_IKEV1); return true;
    case CONTROL_NO_DEBUG_IPSEC: stop_debug(session, CONTROL_DEBUG_IPSEC); return true;
    case CONTROL_SHOW_HISTORY:
        if (session->editor)
            editor_history(session->editor, out);
        return true;
    default: break;
    }
    if (!is_background(session, request->id))
        return false;
    start_background(session, request, words, count);
    return true;
}

static void run_request(struct session *session, struct control_request request, const struct bytes *words,
                        size_t count, struct output_filter *filter)
{
    bool is_paged = control_request_info(request.id)->how == CONTROL_ONCE;
    FILE *out = output_open(filter, is_paged ? pages_of(session) : (struct output_pages){.is_on = false});
    struct command command = {.out = out, .request = request, .words = words, .word_count = count};

    bool asks = session->editor && (request.id == CONTROL_SECRET || request.id == CONTROL_PING_ASKED ||
                                    request.id == CONTROL_WRITE_ERASE || request.id == CONTROL_LOGOFF ||
                                    request.id == CONTROL_CA_AUTHENTICATE || request.id == CONTROL_CA_IMPORT ||
                                    request.id == CONTROL_CA_IMPORT_PKCS12 || request.id == CONTROL_KEY_GENERATE ||
                                    request.id == CONTROL_KEY_ZEROIZE);

    if (asks)
        editor_lend_terminal(session->editor, true);
    session_note(session, &command);
    if (!do_here(session, &request, words, count, out))
        session_command(session, &command);
    if (asks)
        editor_lend_terminal(session->editor, false);
    fclose(out);
}

/* ---- a line ---- */

static bool read_filter(struct session *session, struct bytes line, size_t bar, struct output_filter *filter)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    size_t at;

    if (output_filter_read(filter, bytes_after(line, bar + 1), session->is_enabled, &at, &why))
        return true;
    complain_of_filter(session, line, bar + 1 + at, space);
    note_status(session, COMMAND_NOT_DONE);
    return false;
}

/* The file is there before the command is: what cannot be written is not begun. */
static bool begin_file(struct session *session, enum control_request_id id, struct output_filter *filter)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (filter->path[0] != '\0' && is_background(session, id))
        text_add(&why, "what goes on behind the prompt is written to no file");
    else if (output_filter_begin(filter, &why))
        return true;
    complain_of_file(session, space);
    note_status(session, COMMAND_NOT_DONE);
    return false;
}

static void end_file(struct session *session, struct output_filter *filter)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (output_filter_end(filter, &why))
        return;
    complain_of_file(session, space);
    note_status(session, COMMAND_NOT_DONE);
}

/* The words in full: which command it is was settled here, not by another version's rows. */
static void run_command(struct session *session, struct bytes line, const struct grammar_match *match)
{
    struct output_filter filter = {.kind = OUTPUT_ALL};
    const uint8_t *bar = memchr(line.data, '|', line.len);
    size_t len = bar ? (size_t)(bar - line.data) : line.len;
    struct control_request request;
    struct control_parse parse;
    struct bytes words[CONTROL_WORDS_MAX];
    size_t count = 0;

    if (!control_split(bytes_of(line.data, len), words, &count)) {
        complain_of_length(session);
        note_status(session, COMMAND_NOT_DONE);
    } else if (!control_request_parse_in(session_scope(session), &request, words, count, &parse)) {
        complain_of_line(session, line, words, count, &parse, match);
        note_status(session, COMMAND_NOT_DONE);
    } else if ((!bar || read_filter(session, line, len, &filter)) && begin_file(session, request.id, &filter)) {
        session_flush(session);
        run_request(session, request, parse.spelled, count, &filter);
        end_file(session, &filter);
    }
    output_filter_free(&filter);
}

static void show_help(struct session *session, struct bytes before_cursor)
{
    static struct advice advice;
    struct output_filter all = {.kind = OUTPUT_ALL};
    FILE *out = output_open(&all, pages_of(session));

    advice_of(&advice, session, before_cursor);
    advice_show(out, &advice, session->dialect);
    fclose(out);
}

static bool read_command(struct control_scope scope, struct bytes line, struct control_request *request)
{
    struct bytes words[CONTROL_WORDS_MAX];
    const uint8_t *bar = memchr(line.data, '|', line.len);
    struct control_parse parse;
    size_t count = 0;

    return control_split(bytes_of(line.data, bar ? (size_t)(bar - line.data) : line.len), words, &count) &&
           control_request_parse_in(scope, request, words, count, &parse);
}

static bool is_command(const struct session *session, struct bytes line)
{
    struct control_request request;

    return read_command(session_scope(session), line, &request);
}

/* What this program does itself; it asks the gateway only where it needs one. */
static bool is_done_here(struct bytes line)
{
    struct control_request request;

    return read_command(control_scope_once, line, &request) && control_request_info(request.id)->where == CONTROL_SHELL;
}

/* `do show ...`, as IOS wants it in configuration. */
static struct bytes without_do(const struct session *session, struct bytes line)
{
    return session->is_configuring && bytes_begin_with(line, bytes_of_text("do ")) ? bytes_after(line, 3) : line;
}

static void run_line(struct session *session, struct bytes line)
{
    static struct grammar_match match;

    while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        line = bytes_after(line, 1);
    if (line.len == 0 || line.data[0] == '!' || line.data[0] == ':')
        return;
    if (!session->is_terminal && line.data[line.len - 1] == '?') {
        show_help(session, bytes_of(line.data, line.len - 1));
        return;
    }
    match.outcome = GRAMMAR_UNKNOWN;
    match.bad = 0;
    if (session->is_configuring && !(is_command(session, line) && session_is_idle(line)) &&
        session_configure(session, line, &match))
        return;
    line = without_do(session, line);
    if (session->is_configuring && session->mode == MODE_KEPT && !is_command(session, line) &&
        session_keep(session, line))
        return;
    run_command(session, line, session->is_configuring ? &match : NULL);
}

/* ---- on a terminal ---- */

static const char *hook_prompt(void *context)
{
    static char prompt[SESSION_PROMPT_SIZE];

    return session_prompt(context, prompt);
}

static void hook_help(void *context, struct bytes before_cursor)
{
    show_help(context, before_cursor);
}

static void hook_complete(void *context, struct bytes before_cursor, struct text *put_in)
{
    static struct advice advice;

    advice_of(&advice, context, before_cursor);
    advice_complete(&advice, put_in);
}

static size_t hook_fds(void *context, struct pollfd fds[static EDITOR_FDS_MAX])
{
    struct session *session = context;

    return background_fds(&session->background, fds);
}

static void show_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

static void hook_ready(void *context)
{
    struct session *session = context;

    background_read(&session->background, show_line, NULL);
}

static void run_on_terminal(struct session *session)
{
    const struct editor_hooks hooks = {.context = session,
                                       .prompt = hook_prompt,
                                       .help = hook_help,
                                       .complete = hook_complete,
                                       .fds = hook_fds,
                                       .ready = hook_ready};
    const struct sigaction interrupt = {.sa_handler = on_interrupt}; /* without SA_RESTART */
    enum editor_end end = EDITOR_LINE;
    struct bytes line;

    sigaction(SIGINT, &interrupt, NULL);
    session->editor = editor_open(&hooks);
    while (session->editor && !session->is_over && end != EDITOR_OVER) {
        end = editor_line(session->editor, &line);
        if (end == EDITOR_LINE)
            run_line(session, line);
        else if (end == EDITOR_OUT)
            leave_configuration(session);
        fflush(stdout);
    }
    if (end == EDITOR_OVER)
        printf("\n");
    if (session->editor)
        editor_close(session->editor);
}

/* ---- commands of standard input ---- */

static void run_input(struct session *session)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    session->is_enabled = session->may_enable;
    while (!session->is_over && (len = getline(&line, &room, stdin)) > 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        run_line(session, bytes_of(line, (size_t)len));
        bytes_wipe(line, room);
    }
    session_flush(session);
    free(line);
}

/* ---- begin and end ---- */

static struct session *begin(const struct options *options)
{
    struct session *session = calloc(1, sizeof *session);

    CHECK(session);
    session->options = options;
    session->dialect = options->has_dialect ? options->dialect : DIALECT_ASA;
    return session;
}

/* False: nobody answers, or it is refused; it has been said why. */
static bool meet_gateway(struct session *session)
{
    struct bytes words[] = {bytes_of_text("show"), bytes_of_text("version")};
    char *space = NULL;
    size_t size = 0;
    FILE *unseen = open_memstream(&space, &size);
    struct command command = {
        .out = unseen, .request = {.id = CONTROL_SHOW_VERSION}, .words = words, .word_count = COUNT_OF(words)};

    CHECK(unseen);
    session_command(session, &command);
    fclose(unseen);
    free(space);
    return session->status == COMMAND_DONE;
}

static int end(struct session *session)
{
    int status = session->status;

    background_stop_all(&session->background);
    bytes_wipe(session, sizeof *session);
    free(session);
    return status;
}

int session_run(const struct options *options)
{
    struct session *session = begin(options);

    if (!meet_gateway(session))
        return end(session);
    session->is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (session->is_terminal)
        run_on_terminal(session);
    else
        run_input(session);

    bool is_interactive = session->is_terminal;
    int status = end(session);

    return is_interactive ? COMMAND_DONE : status;
}

int session_run_line(const struct options *options)
{
    struct session *session = begin(options);
    struct bytes line = bytes_of_text(options->line);

    session->is_enabled = is_done_here(line);
    if (!session->is_enabled) {
        if (!meet_gateway(session))
            return end(session);
        session->is_enabled = session->may_enable;
    }
    run_line(session, line);
    return end(session);
}
