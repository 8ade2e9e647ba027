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

/* Without what may be a secret. */
void tell_command(struct client *client, struct bytes command, bool is_change)
{
    struct event e = event_of(is_change ? EV_COMMAND_GIVEN : EV_COMMAND_SHOWN);
    char space[COMMAND_SIZE];
    struct text t = text_of(space, sizeof space);
    size_t len = text_public_len(command);

    text_add_escaped(&t, bytes_of(command.data, len));
    if (len < command.len)
        text_add(&t, " *****");
    event_add_text(&e, FIELD_ADMINISTRATOR, client->who);
    event_add_text(&e, FIELD_COMMAND, space);
    source_of(client)->tell(source_of(client)->context, &e);
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

/* Neither the language nor what is running has a statement that begins with these words. */
static bool is_nothing(struct client *client, struct conf_part part)
{
    static struct grammar_match match;
    struct token tokens[TOKENS_MAX];
    struct running found = {0};
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct lines lines = lines_of(bytes_of_text(client->request.rest));
    struct line line;
    bool is_cut = false, is_open, is_empty;

    if (part.count == 0 || !line_next(&lines, &line))
        return false;
    if (grammar_next(MODE_GLOBAL, tokens, line_tokens(&line, tokens, TOKENS_MAX, &is_cut), false, (struct bytes){0},
                     &match, &is_open))
        return false;
    is_empty = source_of(client)->add_running(source_of(client)->context, false, part, &found, &why) && found.len == 0;
    running_free(&found);
    return is_empty;
}

static void do_show_running(struct client *client)
{
    struct bytes words[CONTROL_WORDS_MAX];
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct conf_part part = {.words = words};

    CHECK(control_split(bytes_of_text(client->request.rest), words, &part.count));

    bool is_whole = part.count == 0;

    if (is_nothing(client, part)) {
        client_fail(client, CONTROL_ERROR_NO_SUCH_STATEMENT, NULL);
        return;
    }
    if (running_add(&client->text, bytes_of_text(is_whole ? ": Saved\n:" : "")) &&
        source_of(client)->add_running(source_of(client)->context, client->request.is_all, part, &client->text, &why) &&
        running_add(&client->text, bytes_of_text(is_whole ? ": end" : "")))
        client->producer = send_line;
    else
        client_fail(client, CONTROL_ERROR_NOT_READY, *space ? space : "there is no memory for the answer");
}

static void do_show_startup(struct client *client)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (source_of(client)->add_startup(source_of(client)->context, &client->text, &why))
        client->producer = send_line;
    else
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, space);
}

static void do_more(struct client *client)
{
    if (running_add(&client->text, source_of(client)->running(source_of(client)->context)))
        client->producer = send_line;
    else
        fail_memory(client);
}

/* ---- changed ---- */

static void tell_finding(void *context, const struct conf_finding *finding)
{
    struct client *client = context;
    struct control_record r = control_record_of(finding->line ? RECORD_finding : RECORD_warning);

    if (finding->line)
        set_finding(&r, finding);
    else
        record_set_text(&r, COL_warning_sentence, finding->sentence);
    client_send(client, &r);
}

static void do_change(struct client *client, struct control_change change)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    change.tell = tell_finding;
    change.context = client;
    if (source_of(client)->change(source_of(client)->context, &change, &why))
        client_done(client);
    else
        client_fail(client, CONTROL_ERROR_CHANGE_REFUSED, *space ? space : NULL);
    running_free(&client->lines);
}

static void do_configure(struct client *client)
{
    struct bytes lines = bytes_of(client->lines.text, client->lines.len);

    if (lines.len == 0) {
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, "there are no statements to add");
        return;
    }
    tell_lines(client, lines);
    do_change(client,
              (struct control_change){.lines = lines, .is_ios = client->request.is_ios || ios_is_configuration(lines)});
}

/* As if they were typed: what is running and not there stays. */
static void do_copy_startup(struct client *client)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (source_of(client)->add_saved(source_of(client)->context, &client->lines, &why))
        do_change(client, (struct control_change){.lines = bytes_of(client->lines.text, client->lines.len)});
    else
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, space);
}

static void do_clear(struct client *client)
{
    struct bytes words[CONTROL_WORDS_MAX];
    size_t count = 0;

    CHECK(control_split(bytes_of_text(client->request.rest), words, &count));
    if (count == 1 && bytes_equal(words[0], bytes_of_text("all")))
        count = 0;
    if (is_nothing(client, (struct conf_part){.words = words, .count = count}))
        client_fail(client, CONTROL_ERROR_NO_SUCH_STATEMENT, NULL);
    else
        do_change(client, (struct control_change){.taken_away = words, .taken_away_count = count});
}

static void do_file(struct client *client, bool (*change)(void *context, struct text *why))
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (change(source_of(client)->context, &why))
        client_done(client);
    else
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, space);
}

void handle_configuration(struct client *client)
{
    switch (client->request.id) {
    case CONTROL_SHOW_RUNNING: do_show_running(client); return;
    case CONTROL_SHOW_STARTUP: do_show_startup(client); return;
    case CONTROL_MORE_RUNNING: do_more(client); return;
    case CONTROL_CONFIGURE: do_configure(client); return;
    case CONTROL_COPY_STARTUP: do_copy_startup(client); return;
    case CONTROL_CLEAR_CONFIGURE: do_clear(client); return;
    case CONTROL_WRITE_MEMORY: do_file(client, source_of(client)->save); return;
    case CONTROL_WRITE_ERASE: do_file(client, source_of(client)->erase); return;
    default: CHECK(!"a request that has nothing to do with the configuration");
    }
}
