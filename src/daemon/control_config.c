/* The configuration, shown and changed: show running-config, configure, clear configure, write memory. */
#include "base/check.h"
#include "conf/grammar.h"
#include "conf/ios.h"
#include "conf/line.h"
#include "daemon/control_client.h"

#include <string.h>

enum { SENTENCE_SIZE = 1024, PIECE_SIZE = 1000, TOLD_LINES_MAX = 200, COMMAND_SIZE = 200 };

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

/* ---- who gave which command ---- */

static void tell_text(struct client *client, const char *command, bool is_change)
{
    struct event e = event_of(is_change ? EV_COMMAND_GIVEN : EV_COMMAND_SHOWN);

    event_add_text(&e, FIELD_ADMINISTRATOR, client->who);
    event_add_text(&e, FIELD_COMMAND, command);
    source_of(client)->tell(source_of(client)->context, &e);
}

void tell_words(struct client *client, struct bytes command, bool is_change)
{
    char space[COMMAND_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add_escaped(&t, command);
    tell_text(client, space, is_change);
}

/* Without what may be a secret. */
void tell_command(struct client *client, struct bytes command, bool is_change)
{
    char space[COMMAND_SIZE];
    struct text t = text_of(space, sizeof space);
    size_t len = text_public_len(command);

    text_add_escaped(&t, bytes_of(command.data, len));
    if (len < command.len)
        text_add(&t, " *****");
    tell_text(client, space, is_change);
}

static bool next_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

    if (rest->len == 0)
        return false;
    *line = bytes_of(rest->data, end ? (size_t)(end - rest->data) : rest->len);
    *rest = bytes_after(*rest, line->len + 1);
    return true;
}

static bool is_indented(struct bytes line)
{
    return line.len > 0 && line.data[0] == ' ';
}

/* A line that only says where the next one belongs is not told. */
static void tell_lines(struct client *client, struct bytes lines)
{
    struct bytes line;
    unsigned told = 0, left_out = 0;
    char space[64];
    struct text t = text_of(space, sizeof space);

    while (next_line(&lines, &line)) {
        if ((is_indented(lines) && !is_indented(line)) || line.len == 0 || line.data[0] == '!')
            continue;
        while (is_indented(line))
            line = bytes_after(line, 1);
        if (told < TOLD_LINES_MAX)
            tell_command(client, line, true);
        left_out += told++ >= TOLD_LINES_MAX;
    }
    if (left_out == 0)
        return;
    text_add(&t, "and %u more lines", left_out);
    tell_command(client, bytes_of(t.data, t.len), true);
}

/* ---- shown ---- */

static bool send_line(struct client *client)
{
    struct control_record r = control_record_of(RECORD_config_line);
    struct bytes rest = bytes_after(bytes_of(client->text.text, client->text.len), client->index), line;
    char piece[PIECE_SIZE + 1];

    if (!next_line(&rest, &line))
        return false;

    bool goes_on = line.len > PIECE_SIZE;

    line.len = goes_on ? PIECE_SIZE : line.len;
    memcpy(piece, line.data, line.len);
    piece[line.len] = '\0';
    record_set_text(&r, COL_config_line_text, piece);
    if (goes_on)
        record_set_flag(&r, COL_config_line_goes_on, true);
    client->index += (uint32_t)line.len + !goes_on;
    client_send(client, &r);
    return true;
}

static void fail_memory(struct client *client)
{
    client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for the answer");
}

/* The language has a statement that begins with these words. */
static bool is_statement(struct bytes words)
{
    static struct grammar_match match;
    struct token tokens[TOKENS_MAX];
    struct lines lines = lines_of(words);
    struct line line;
    bool is_cut = false, is_open;

    return !line_next(&lines, &line) ||
           grammar_next(MODE_GLOBAL, tokens, line_tokens(&line, tokens, TOKENS_MAX, &is_cut), false, (struct bytes){0},
                        &match, &is_open);
}

/* Neither the language nor what is running, which `task` was to show, has it. */
static bool is_nothing(const struct control_task *task, const char *why)
{
    return why == NULL && task->text.len == 0 && !is_statement(bytes_of_text(task->words));
}

/* From here on it is the client's. */
void client_send_text(struct client *client, struct control_task *task)
{
    client->text = task->text;
    task->text = (struct running){0};
    client->producer = send_line;
}

static void shown_running(struct client *client, struct control_task *task, const char *why)
{
    bool is_whole = *task->words == '\0';

    if (why != NULL)
        client_fail(client, CONTROL_ERROR_NOT_READY, *why ? why : NULL);
    else if (is_nothing(task, why))
        client_fail(client, CONTROL_ERROR_NO_SUCH_STATEMENT, NULL);
    else if (!is_whole || running_add(&task->text, bytes_of_text(": end")))
        client_send_text(client, task);
    else
        fail_memory(client);
}

static void do_show_running(struct client *client)
{
    struct control_task task = {.kind = CONTROL_TASK_RUNNING, .is_all = client->request.is_all};
    bool is_whole = *client->request.rest == '\0';

    if (running_add(&task.text, bytes_of_text(is_whole ? ": Saved\n:" : "")))
        client_begin(client, &task, shown_running);
    else
        fail_memory(client);
}

/* ---- objects: parts of what is running ---- */

static const struct {
    enum control_request_id id;
    const char *words; /* and the name, where there is one */
} object_parts[] = {
    {CONTROL_SHOW_OBJECT, "object"},
    {CONTROL_SHOW_OBJECT_NETWORK, "object network"},
    {CONTROL_SHOW_OBJECT_SERVICE, "object service"},
    {CONTROL_SHOW_OBJECT_ID, "object id"},
    {CONTROL_SHOW_OBJECT_GROUP, "object-group"},
    {CONTROL_SHOW_GROUP_NETWORK, "object-group network"},
    {CONTROL_SHOW_GROUP_SERVICE, "object-group service"},
    {CONTROL_SHOW_GROUP_PROTOCOL, "object-group protocol"},
    {CONTROL_SHOW_GROUP_ICMP, "object-group icmp-type"},
    {CONTROL_SHOW_GROUP_ID, "object-group id"},
};

static void shown_objects(struct client *client, struct control_task *task, const char *why)
{
    if (why != NULL)
        client_fail(client, CONTROL_ERROR_NOT_READY, *why ? why : NULL);
    else if (task->text.len == 0 && client->request.object[0] != '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_OBJECT, NULL);
    else
        client_send_text(client, task);
}

static void do_show_objects(struct client *client)
{
    struct text words = text_of(client->request.rest, sizeof client->request.rest);
    size_t i = 0;

    while (object_parts[i].id != client->request.id)
        CHECK(++i < COUNT_OF(object_parts));
    text_add(&words, "%s", object_parts[i].words);
    if (client->request.object[0] != '\0')
        text_add(&words, " %s", client->request.object);
    client_begin(client, &(struct control_task){.kind = CONTROL_TASK_RUNNING}, shown_objects);
}

static void shown_startup(struct client *client, struct control_task *task, const char *why)
{
    if (why == NULL)
        client_send_text(client, task);
    else
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, *why ? why : NULL);
}

static void do_show_startup(struct client *client)
{
    client_begin(client, &(struct control_task){.kind = CONTROL_TASK_STARTUP}, shown_startup);
}

static void do_more(struct client *client)
{
    if (running_add(&client->text, source_of(client)->running(source_of(client)->context)))
        client->producer = send_line;
    else
        fail_memory(client);
}

/* ---- changed ---- */

static void changed(struct client *client, struct control_task *task, const char *why)
{
    (void)task;
    if (why == NULL)
        client_done(client);
    else
        client_fail(client, CONTROL_ERROR_CHANGE_REFUSED, *why ? why : NULL);
}

static void do_configure(struct client *client)
{
    struct control_task task = {.kind = CONTROL_TASK_ADD, .lines = client->lines};
    struct bytes lines = bytes_of(task.lines.text, task.lines.len);

    if (lines.len == 0) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, "there are no statements to add");
        return;
    }
    tell_lines(client, lines);
    task.is_ios = client->request.is_ios || ios_is_configuration(lines);
    client->lines = (struct running){0};
    client_begin(client, &task, changed);
}

/* As if they were typed: what is running and not there stays. */
static void read_saved(struct client *client, struct control_task *task, const char *why)
{
    struct control_task add = {.kind = CONTROL_TASK_ADD, .lines = task->text};

    if (why != NULL) {
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, *why ? why : NULL);
        return;
    }
    task->text = (struct running){0};
    client_begin(client, &add, changed);
}

static void do_copy_startup(struct client *client)
{
    client_begin(client, &(struct control_task){.kind = CONTROL_TASK_SAVED}, read_saved);
}

static void looked_for(struct client *client, struct control_task *task, const char *why)
{
    if (is_nothing(task, why))
        client_fail(client, CONTROL_ERROR_NO_SUCH_STATEMENT, NULL);
    else
        client_begin(client, &(struct control_task){.kind = CONTROL_TASK_TAKE_AWAY}, changed);
}

static void do_clear(struct client *client)
{
    if (strcmp(client->request.rest, "all") == 0)
        *client->request.rest = '\0';
    if (is_statement(bytes_of_text(client->request.rest)))
        client_begin(client, &(struct control_task){.kind = CONTROL_TASK_TAKE_AWAY}, changed);
    else
        client_begin(client, &(struct control_task){.kind = CONTROL_TASK_RUNNING}, looked_for);
}

static void file_written(struct client *client, struct control_task *task, const char *why)
{
    (void)task;
    if (why == NULL)
        client_done(client);
    else
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, *why ? why : NULL);
}

static void do_file(struct client *client, enum control_task_kind kind)
{
    client_begin(client, &(struct control_task){.kind = kind}, file_written);
}

void handle_configuration(struct client *client)
{
    switch (client->request.id) {
    case CONTROL_SHOW_RUNNING: do_show_running(client); return;
    case CONTROL_SHOW_OBJECT:
    case CONTROL_SHOW_OBJECT_NETWORK:
    case CONTROL_SHOW_OBJECT_SERVICE:
    case CONTROL_SHOW_OBJECT_ID:
    case CONTROL_SHOW_OBJECT_GROUP:
    case CONTROL_SHOW_GROUP_NETWORK:
    case CONTROL_SHOW_GROUP_SERVICE:
    case CONTROL_SHOW_GROUP_PROTOCOL:
    case CONTROL_SHOW_GROUP_ICMP:
    case CONTROL_SHOW_GROUP_ID: do_show_objects(client); return;
    case CONTROL_SHOW_STARTUP: do_show_startup(client); return;
    case CONTROL_MORE_RUNNING: do_more(client); return;
    case CONTROL_CONFIGURE: do_configure(client); return;
    case CONTROL_COPY_STARTUP: do_copy_startup(client); return;
    case CONTROL_CLEAR_CONFIGURE: do_clear(client); return;
    case CONTROL_WRITE_MEMORY: do_file(client, CONTROL_TASK_SAVE); return;
    case CONTROL_WRITE_ERASE: do_file(client, CONTROL_TASK_ERASE); return;
    default: CHECK(!"a request that has nothing to do with the configuration");
    }
}
