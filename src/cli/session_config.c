/* Statements that are typed: each is held against the grammar here, where the caret can be put under its word, and sent
 * to the gateway, which puts it to use at once. A script's statements go together. */
#include "base/check.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conf/line.h"

#include <stdlib.h>
#include <string.h>

struct typed {
    struct line line;
    struct token tokens[TOKENS_MAX];
    uint16_t count;
    bool is_no, is_cut;
};

static void read_typed(struct typed *typed, struct bytes text)
{
    struct lines lines = lines_of(text);

    CHECK(line_next(&lines, &typed->line));
    typed->count = line_tokens(&typed->line, typed->tokens, TOKENS_MAX, &typed->is_cut);
    typed->is_no = typed->count > 1 && bytes_equal(typed->tokens[0].text, bytes_of_text("no"));
    if (typed->is_no) {
        typed->count--;
        memmove(typed->tokens, typed->tokens + 1, typed->count * sizeof typed->tokens[0]);
    }
}

static bool ends_in_text(const struct grammar_match *match)
{
    const struct argument_info *last = item_argument(match->words[match->word_count - 1].item);

    return last && (last->kind == ARGUMENT_TEXT || last->kind == ARGUMENT_KEY);
}

static bool is_statement(const struct typed *typed, enum grammar_mode mode, struct grammar_match *match)
{
    grammar_match(mode, typed->tokens, typed->count, typed->is_no, match);
    return match->outcome == GRAMMAR_MATCHED && (!typed->is_cut || ends_in_text(match));
}

/* ---- sending ---- */

static void put(struct session *session, const char *indent, struct bytes line)
{
    size_t len = strlen(indent) + line.len;
    uint8_t *copy = malloc(len + 1);

    CHECK(copy);
    memcpy(copy, indent, strlen(indent));
    memcpy(copy + strlen(indent), line.data, line.len);
    session->batch[session->batch_count++] = bytes_of(copy, len);
}

void session_flush(struct session *session)
{
    static const char word[] = "configure";
    struct bytes words = bytes_of_text(word);
    struct output_filter all = {.kind = OUTPUT_ALL};
    struct command command = {.request = {.id = CONTROL_CONFIGURE},
                              .words = &words,
                              .word_count = 1,
                              .lines = session->batch,
                              .line_count = session->batch_count};

    if (session->batch_count == 0)
        return;
    command.out = output_open(&all, 0);
    session_command(session, &command);
    fclose(command.out);
    for (size_t i = 0; i < session->batch_count; i++) {
        bytes_wipe((void *)session->batch[i].data, session->batch[i].len);
        free((void *)session->batch[i].data);
    }
    session->batch_count = 0;
}

static void send(struct session *session, struct bytes line, bool is_inside)
{
    if (session->batch_count + 2 > SESSION_BATCH_MAX)
        session_flush(session);
    /* The gateway is told where it belongs each time: it keeps no place for anybody. */
    if (is_inside)
        put(session, "", bytes_of_text(session->header));
    put(session, is_inside ? " " : "", line);
    if (session->is_terminal || session->options->line)
        session_flush(session);
}

static void enter(struct session *session, const struct typed *typed, const struct grammar_row *row)
{
    struct text t = text_of(session->header, sizeof session->header);

    session->mode = typed->is_no ? MODE_GLOBAL : row->enters;
    text_add(&t, "%.*s", (int)typed->line.text.len, (const char *)typed->line.text.data);
}

static void say_unused(const struct session *session, const struct grammar_row *row, bool is_no)
{
    if (row->effect == EFFECT_UNUSED && !is_no && session->is_terminal)
        printf("WARNING: this is kept, and does nothing here\n");
}

/* `no crypto map OUT 10`, `no tunnel-group 192.0.2.9`: the statements that are written together, all of them. */
static bool names_family(const struct typed *typed, const struct grammar_match *match)
{
    unsigned arguments = 0;

    if (!typed->is_no || match->outcome != GRAMMAR_WRONG || match->bad < typed->count || !match->row ||
        match->row->family == FAMILY_ALONE)
        return false;
    for (uint16_t i = 0; i < match->word_count; i++)
        arguments += item_argument(match->words[i].item) != NULL;
    return arguments >= grammar_family_arguments(match->row->family);
}

static void clear_family(struct session *session, const struct typed *typed)
{
    static const char *const begin[] = {"clear", "configure"};
    struct bytes words[CONTROL_WORDS_MAX] = {bytes_of_text(begin[0]), bytes_of_text(begin[1])};
    struct output_filter all = {.kind = OUTPUT_ALL};
    struct command command = {.request = {.id = CONTROL_CLEAR_CONFIGURE}, .words = words, .word_count = 2};

    for (uint16_t i = 0; i < typed->count && command.word_count < CONTROL_WORDS_MAX; i++)
        words[command.word_count++] = typed->tokens[i].text;
    session_flush(session);
    session->mode = MODE_GLOBAL;
    command.out = output_open(&all, 0);
    session_command(session, &command);
    fclose(command.out);
}

bool session_configure(struct session *session, struct bytes line, struct grammar_match *match)
{
    static struct typed typed;
    static struct grammar_match outside;

    read_typed(&typed, line);
    if (session->mode != MODE_GLOBAL && session->mode != MODE_KEPT && is_statement(&typed, session->mode, match)) {
        say_unused(session, match->row, typed.is_no);
        send(session, typed.line.text_with_blanks, true);
        return true;
    }
    if (is_statement(&typed, MODE_GLOBAL, &outside)) {
        send(session, typed.line.text_with_blanks, false);
        say_unused(session, outside.row, typed.is_no);
        enter(session, &typed, outside.row);
        return true;
    }
    if (names_family(&typed, &outside)) {
        clear_family(session, &typed);
        return true;
    }
    /* A line whose first word is one of this mode's was meant for it. */
    if (session->mode == MODE_GLOBAL || session->mode == MODE_KEPT ||
        (match->bad == 0 && match->outcome != GRAMMAR_AMBIGUOUS))
        *match = outside;
    return false;
}

bool session_keep(struct session *session, struct bytes line)
{
    send(session, line, true);
    return true;
}
