/* Statements that are typed: each is held against the grammar here, where the caret can be put under its word, and sent
 * to the gateway, which puts it to use at once. A script's statements go together. */
#include "base/check.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conf/ios.h"
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

static bool is_statement(const struct typed *typed, enum grammar_mode mode, struct grammar_match *match)
{
    grammar_match(mode, typed->tokens, typed->count, typed->is_no, match);
    return match->outcome == GRAMMAR_MATCHED &&
           (!typed->is_cut || item_takes_rest(match->words[match->word_count - 1].item));
}

/* `crypto key generate ...` in a file is no setting; typed, it is a command. */
bool session_is_idle(struct bytes line)
{
    static struct typed typed;
    static struct grammar_match match;

    read_typed(&typed, line);
    return is_statement(&typed, MODE_GLOBAL, &match) && match.row->effect == EFFECT_UNUSED;
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
    session->batch_len += len;
}

void session_flush(struct session *session)
{
    const struct bytes words[] = {bytes_of_text("configure"), bytes_of_text("ios")};
    struct output_filter all = {.kind = OUTPUT_ALL};
    struct command command = {.request = {.id = CONTROL_CONFIGURE},
                              .words = words,
                              .word_count = session->is_ios ? 2 : 1,
                              .lines = session->batch,
                              .line_count = session->batch_count};

    if (session->batch_count == 0)
        return;
    command.out = output_open(&all, (struct output_pages){.is_on = false});
    session_command(session, &command);
    fclose(command.out);
    for (size_t i = 0; i < session->batch_count; i++) {
        bytes_wipe((void *)session->batch[i].data, session->batch[i].len);
        free((void *)session->batch[i].data);
    }
    session->batch_count = session->batch_len = 0;
}

static void send(struct session *session, struct bytes line, bool is_inside)
{
    if (session->batch_count + 2 > SESSION_BATCH_MAX ||
        session->batch_len + strlen(session->header) + line.len > SESSION_BATCH_LEN_MAX)
        session_flush(session);
    /* The gateway is told where it belongs each time: it keeps no place for anybody. */
    if (is_inside)
        put(session, "", bytes_of_text(session->header));
    put(session, is_inside ? " " : "", line);
    session->is_inside |= is_inside;
    if (session->is_terminal || session->options->line)
        session_flush(session);
}

static void enter(struct session *session, const struct typed *typed, const struct grammar_row *row)
{
    struct text t = text_of(session->header, sizeof session->header);

    session_enter(session, typed->is_no ? MODE_GLOBAL : row->enters, 0);
    text_add(&t, "%.*s", (int)typed->line.text.len, (const char *)typed->line.text.data);
}

static void say_unused(const struct session *session, const struct grammar_match *match, bool is_no)
{
    if (match->row->effect == EFFECT_UNUSED && !is_no && session->is_terminal)
        printf("WARNING: this is kept, and does nothing here: %s\n",
               grammar_why_unused(match->row, match->words, match->word_count));
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
    session_enter(session, MODE_GLOBAL, 0);
    command.out = output_open(&all, (struct output_pages){.is_on = false});
    session_command(session, &command);
    fclose(command.out);
}

/* ---- in the words of a router ---- */

static bool is_token(const struct typed *typed, uint16_t index, const char *word)
{
    return index < typed->count && bytes_equal(typed->tokens[index].text, bytes_of_text(word));
}

/* What a router calls all that belongs to a name, as an ASA does: no crypto map M 10 ipsec-isakmp, no ip access-list
 * extended X. */
static void call_as_asa(struct typed *typed)
{
    if (typed->count == 5 && is_token(typed, 4, "ipsec-isakmp")) {
        typed->count--;
    } else if (typed->count == 4 && is_token(typed, 0, "ip") && is_token(typed, 1, "access-list")) {
        typed->tokens[0] = typed->tokens[1];
        typed->tokens[1] = typed->tokens[3];
        typed->count = 2;
    }
}

static uint32_t hash_of_entry(const struct typed *typed)
{
    char space[256];
    struct text name = text_of(space, sizeof space);

    text_add_plain(&name, typed->tokens[2].text);
    text_add(&name, " ");
    text_add_plain(&name, typed->tokens[3].text);
    return text_hash(TEXT_HASH_BEGIN, space);
}

/* An entry without a line is in no configuration: whoever has begun one is told of it once. */
static bool is_begun_already(struct session *session, const struct typed *typed)
{
    uint32_t hash = hash_of_entry(typed);

    for (size_t i = 0; i < COUNT_OF(session->begun); i++)
        if (session->begun[i] == hash)
            return true;
    session->begun[session->begun_next++ % COUNT_OF(session->begun)] = hash;
    return false;
}

static void forget_entry(struct session *session, const struct typed *typed)
{
    for (size_t i = 0; i < COUNT_OF(session->begun); i++)
        if (session->begun[i] == hash_of_entry(typed))
            session->begun[i] = 0;
}

static bool clear_as_ios(struct session *session, const struct typed *given)
{
    static struct typed typed;
    static struct grammar_match match;

    typed = *given;
    call_as_asa(&typed);
    if (given->is_no && typed.count == 4 && is_token(&typed, 1, "map"))
        forget_entry(session, &typed);
    if (!given->is_no || is_statement(&typed, MODE_GLOBAL, &match) || !names_family(&typed, &match))
        return false;
    clear_family(session, &typed);
    return true;
}

/* With its `no`, where no row has one of its own. */
static bool read_ios(const struct typed *typed, struct bytes text, unsigned block, struct ios_typed *read)
{
    struct token tokens[TOKENS_MAX];
    struct lines lines = lines_of(text);
    struct line line;
    bool is_cut = false;
    uint16_t count;

    CHECK(line_next(&lines, &line));
    count = line_tokens(&line, tokens, TOKENS_MAX, &is_cut);
    ios_typed_read(read, block, tokens, count);
    if (read->fits || is_cut || !typed->is_no)
        return read->fits && !is_cut;
    ios_typed_read(read, block, typed->tokens, typed->count);
    read->bad++;
    read->enters = 0;
    return read->fits;
}

static void note_line(void *context, const struct control_record *r)
{
    bool *is_there = context;

    *is_there |= r->kind == RECORD_config_line;
}

/* As a router, where somebody begins an entry that there is not. */
static void note_new_entry(struct session *session, const struct typed *typed, const struct ios_typed *read)
{
    struct bytes words[] = {bytes_of_text("show"), bytes_of_text("running-config"), bytes_of_text("crypto"),
                            bytes_of_text("map"),  typed->tokens[2].text,           typed->tokens[3].text};
    bool is_there = false;
    char space[256];
    struct text why = text_of(space, sizeof space);

    if (typed->is_no || typed->count < 5 || strncmp(read->line, "crypto map ", 11) != 0 || read->enters == 0 ||
        strstr(read->line, " ipsec-isakmp") == NULL ||
        client_ask(session->options->socket, words, COUNT_OF(words), CONTROL_ONCE, note_line, &is_there, &why) !=
            CLIENT_DONE ||
        is_there || is_begun_already(session, typed))
        return;
    printf("%% NOTE: This new crypto map will remain disabled until a peer\n"
           "        and a valid access list have been configured.\n");
}

static void send_ios(struct session *session, const struct typed *typed, const struct ios_typed *read, bool is_inside)
{
    char space[IOS_LINE_SIZE + 8];
    struct text line = text_of(space, sizeof space);
    bool is_added = typed->is_no && strncmp(read->line, "no ", 3) != 0;

    text_add(&line, "%s%s", is_added ? "no " : "", read->line);
    send(session, bytes_of(line.data, line.len), is_inside);
    if (is_inside)
        return;
    session_enter(session, MODE_GLOBAL, read->enters);

    struct text header = text_of(session->header, sizeof session->header);

    text_add(&header, "%s", space);
}

/* False: a router has no such line here. */
static bool configure_ios(struct session *session, const struct typed *typed, struct bytes line, struct ios_typed *read)
{
    if (session->ios_block != 0 && read_ios(typed, line, session->ios_block, read)) {
        send_ios(session, typed, read, true);
        return true;
    }
    struct ios_typed outside;

    if (read_ios(typed, line, 0, &outside)) {
        if (session->is_terminal)
            note_new_entry(session, typed, &outside);
        send_ios(session, typed, &outside, false);
        return true;
    }
    if (session->ios_block == 0 || outside.bad > read->bad)
        *read = outside;
    return false;
}

bool session_configure(struct session *session, struct bytes line, struct grammar_match *match)
{
    static struct typed typed;
    static struct grammar_match outside;
    static struct ios_typed ios;

    read_typed(&typed, line);
    if (session->is_ios && session->mode == MODE_GLOBAL &&
        (clear_as_ios(session, &typed) || configure_ios(session, &typed, line, &ios)))
        return true;
    if (session->mode != MODE_GLOBAL && session->mode != MODE_KEPT && is_statement(&typed, session->mode, match)) {
        say_unused(session, match, typed.is_no);
        send(session, typed.line.text_with_blanks, true);
        return true;
    }
    if (is_statement(&typed, MODE_GLOBAL, &outside)) {
        send(session, typed.line.text_with_blanks, false);
        say_unused(session, &outside, typed.is_no);
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
    if (session->is_ios && (ios.bad > match->bad || ios.is_ambiguous))
        *match = (struct grammar_match){.outcome = ios.is_ambiguous ? GRAMMAR_AMBIGUOUS : GRAMMAR_WRONG,
                                        .bad = (uint16_t)(ios.bad - typed.is_no)};
    return false;
}

bool session_keep(struct session *session, struct bytes line)
{
    send(session, line, true);
    return true;
}
