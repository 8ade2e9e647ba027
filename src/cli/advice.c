#include "cli/advice.h"

#include "base/device.h"
#include "cli/output.h"
#include "conf/ios.h"
#include "conf/line.h"

#include <stdlib.h>
#include <string.h>

static void add(struct advice *advice, enum advice_list list, struct bytes word, const char *help, bool is_argument)
{
    struct advice_item item = {.help = help, .is_argument = is_argument, .list = list};
    struct text t = text_of(item.word, sizeof item.word);

    text_add(&t, "%.*s", (int)word.len, (const char *)word.data);
    for (size_t i = 0; i < advice->count; i++)
        if (advice->items[i].list == list && strcmp(advice->items[i].word, item.word) == 0)
            return;
    if (advice->count < ADVICE_MAX)
        advice->items[advice->count++] = item;
}

static struct bytes view_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

/* ---- interfaces ---- */

/* GigabitEthernet for `gi`, in whatever letters. */
static void add_devices(struct advice *advice, enum advice_list list)
{
    const char *name;

    for (size_t i = 0; (name = device_kind(i)) != NULL; i++)
        if (advice->prefix.len <= strlen(name) &&
            strncasecmp(name, (const char *)advice->prefix.data, advice->prefix.len) == 0)
            add(advice, list, view_of(name), "an interface of that kind", false);
}

static void add_place(struct advice *advice, enum advice_list list)
{
    const struct bytes name = bytes_of_text("PLACE");

    add(advice, list, view_of(control_argument_shown(name)), control_argument_meaning(name), true);
}

/* ---- statements ---- */

static bool is_device_next(enum grammar_mode mode, const struct token *tokens, uint16_t count, bool is_no)
{
    static struct grammar_match match;
    bool is_open, is_next = false;

    if (!grammar_next(mode, tokens, count, is_no, bytes_of(NULL, 0), &match, &is_open) || is_open)
        return false;
    for (uint16_t i = 0; i < match.expected_count; i++) {
        const struct argument_info *argument = item_argument(match.expected[i]);

        is_next |= argument != NULL && argument->kind == ARGUMENT_DEVICE;
    }
    return is_next;
}

/* Of a name that is begun, or whose number is to follow. */
static void add_name_of_device(struct advice *advice, enum advice_list list, enum grammar_mode mode,
                               const struct token *tokens, uint16_t count, bool is_no)
{
    if (advice->prefix.len > 0 && is_device_next(mode, tokens, count, is_no))
        add_devices(advice, list);
    else if (advice->prefix.len == 0 && count > 0 && device_is_kind(tokens[count - 1].text) &&
             is_device_next(mode, tokens, (uint16_t)(count - 1), is_no))
        add_place(advice, list);
}

static void add_statements(struct advice *advice, enum advice_list list, enum grammar_mode mode,
                           const struct token *tokens, uint16_t count, bool is_no)
{
    static struct grammar_match match;
    bool is_open;

    add_name_of_device(advice, list, mode, tokens, count, is_no);
    if (!grammar_next(mode, tokens, count, is_no, advice->prefix, &match, &is_open) || is_open)
        return;
    for (uint16_t i = 0; i < match.expected_count; i++) {
        struct grammar_item item = match.expected[i];
        const struct argument_info *argument = item_argument(item);

        if (argument)
            add(advice, list, view_of(argument->shown), argument->help, true);
        else
            add(advice, list, bytes_of(item.at, item.len), item_word(item)->help, false);
    }
    advice->may_end[list] |= match.may_end;
}

static uint16_t tokens_of(struct bytes text, struct token tokens[static TOKENS_MAX])
{
    struct lines lines = lines_of(text);
    struct line line;
    bool is_cut = false;
    uint16_t count = line_next(&lines, &line) ? line_tokens(&line, tokens, TOKENS_MAX, &is_cut) : 0;

    return is_cut ? 0 : count;
}

/* In the words of a router. */
static void add_ios_word(void *context, struct bytes word, bool is_argument)
{
    struct advice *advice = context;
    char space[64];
    struct text plain = text_of(space, sizeof space);

    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] != '.' || is_argument)
            text_add(&plain, "%c", word.data[i]);
    if (is_argument && strcmp(space, IOS_NEXT_PLACE) == 0 && advice->prefix.len == 0)
        add_place(advice, ADVICE_CONFIGURATION);
    else if (is_argument && strcmp(space, IOS_NEXT_INTERFACE) == 0 && advice->prefix.len > 0)
        add_devices(advice, ADVICE_CONFIGURATION);
    else if (is_argument && advice->prefix.len == 0)
        add(advice, ADVICE_CONFIGURATION, view_of(space), "a name, an address or a number", true);
    else if (!is_argument && bytes_begin_with(view_of(space), advice->prefix))
        add(advice, ADVICE_CONFIGURATION, view_of(space),
            grammar_knows(space) ? item_word((struct grammar_item){space, (uint16_t)plain.len})->help : "", false);
}

static void advise_ios(struct advice *advice, unsigned block, const struct token *tokens, uint16_t count)
{
    bool may_end = ios_next(block, tokens, count, advice, add_ios_word);

    advice->may_end[ADVICE_CONFIGURATION] |= may_end && advice->prefix.len == 0 && count > 0;
}

static void advise_configuration(struct advice *advice, const struct session *session, struct bytes before)
{
    static struct token tokens[TOKENS_MAX];
    uint16_t count = tokens_of(before, tokens);
    bool is_no = count > 0 && bytes_equal(tokens[0].text, bytes_of_text("no"));

    if (count == 0 && bytes_begin_with(bytes_of_text("no"), advice->prefix))
        add(advice, ADVICE_CONFIGURATION, bytes_of_text("no"), "take a statement away", false);
    if (session->is_ios && session->mode == MODE_GLOBAL) {
        if (session->ios_block != 0)
            advise_ios(advice, session->ios_block, tokens + is_no, (uint16_t)(count - is_no));
        if (session->ios_block == 0 || count > is_no || advice->prefix.len > 0)
            advise_ios(advice, 0, tokens + is_no, (uint16_t)(count - is_no));
    }
    if (session->ios_block != 0 && count == is_no && advice->prefix.len == 0)
        return;
    add_statements(advice, ADVICE_CONFIGURATION, session->mode, tokens + is_no, (uint16_t)(count - is_no), is_no);
    if (session->mode != MODE_GLOBAL && (count > is_no || advice->prefix.len > 0))
        add_statements(advice, ADVICE_CONFIGURATION, MODE_GLOBAL, tokens + is_no, (uint16_t)(count - is_no), is_no);
}

/* ---- commands ---- */

/* `show interface gi`: what is typed of it fits no keyword. */
static void advise_devices(struct advice *advice, const struct session *session, const struct bytes *words,
                           size_t count)
{
    struct control_parse parse;
    bool may_end;

    if (advice->prefix.len == 0 ||
        !control_request_next(session_scope(session), words, count, bytes_of(NULL, 0), &parse, &may_end))
        return;
    for (size_t i = 0; i < parse.expected_count; i++)
        if (bytes_equal(bytes_of(parse.expected[i], parse.expected_len[i]), bytes_of_text("INTERFACE")))
            add_devices(advice, ADVICE_COMMANDS);
}

static void advise_commands(struct advice *advice, const struct session *session, struct bytes before)
{
    struct bytes words[CONTROL_WORDS_MAX];
    static struct token tokens[TOKENS_MAX];
    struct control_parse parse;
    size_t count;
    bool may_end;

    if (!control_split(before, words, &count) ||
        !control_request_next(session_scope(session), words, count, advice->prefix, &parse, &may_end))
        return;
    for (size_t i = 0; i < parse.expected_count; i++) {
        struct bytes name = bytes_of(parse.expected[i], parse.expected_len[i]);
        const char *meaning = control_argument_meaning(name);

        if (!meaning)
            add(advice, ADVICE_COMMANDS, name, control_word_meaning(name), false);
        else if (!parse.rest_is_statement)
            add(advice, ADVICE_COMMANDS, view_of(control_argument_shown(name)), meaning, true);
    }
    advice->may_end[ADVICE_COMMANDS] |= may_end;
    advise_devices(advice, session, words, count);
    if (parse.rest_is_statement) {
        size_t from = parse.rest_at < count ? (size_t)(words[parse.rest_at].data - before.data) : before.len;
        uint16_t token_count = tokens_of(bytes_after(before, from), tokens);

        add_statements(advice, ADVICE_COMMANDS, MODE_GLOBAL, tokens, token_count, false);
    }
}

static void advise_filters(struct advice *advice, bool is_admin, struct bytes before)
{
    const struct output_filter_help *help;
    struct output_filter filter;
    char space[256];
    struct text why = text_of(space, sizeof space);
    size_t at;

    before = bytes_trim(before);
    if (before.len > 0) {
        (void)output_filter_read(&filter, before, is_admin, &at, &why);
        help = output_filter_help(filter.kind);
        if (help == NULL || !help->takes_file)
            add(advice, ADVICE_FILTERS, bytes_of_text("LINE"), "a regular expression", true);
        else if (filter.path[0] == '\0')
            add(advice, ADVICE_FILTERS, bytes_of_text("FILE"), "a file of this machine, by its path", true);
        output_filter_free(&filter);
        return;
    }
    for (size_t i = 0; (help = output_filter_help(i)); i++) {
        if (bytes_begin_with(view_of(help->word), advice->prefix) && (is_admin || !help->takes_file))
            add(advice, ADVICE_FILTERS, view_of(help->word), help->meaning, false);
    }
}

/* On an empty line of a block only what leaves it stands beside its statements; the others are there all the same. */
static void drop_commands(struct advice *advice)
{
    static const char *const leaving[] = {"end", "exit", "help"};
    size_t kept = 0;

    for (size_t i = 0; i < advice->count; i++) {
        bool is_kept = advice->items[i].list != ADVICE_COMMANDS;

        for (size_t k = 0; k < COUNT_OF(leaving); k++)
            is_kept |= strcmp(advice->items[i].word, leaving[k]) == 0;
        if (is_kept)
            advice->items[kept++] = advice->items[i];
    }
    advice->count = kept;
}

static int compare(const void *left, const void *right)
{
    const struct advice_item *a = left, *b = right;

    return a->list != b->list ? (a->list > b->list) - (a->list < b->list) : strcmp(a->word, b->word);
}

void advice_of(struct advice *advice, const struct session *session, struct bytes line)
{
    size_t begin = line.len;
    const uint8_t *bar = line.len ? memchr(line.data, '|', line.len) : NULL;

    *advice = (struct advice){.count = 0};
    while (begin > 0 && line.data[begin - 1] != ' ' && line.data[begin - 1] != '\t')
        begin--;
    advice->prefix = bytes_after(line, begin);

    struct bytes before = bytes_of(line.data, begin);

    if (session->is_configuring)
        advise_configuration(advice, session, before);
    if (bar)
        advise_filters(advice, session->is_enabled, bytes_after(before, (size_t)(bar - line.data) + 1));
    else
        advise_commands(advice, session, before);
    if (session->is_configuring && (session->mode != MODE_GLOBAL || session->ios_block != 0) && line.len == 0)
        drop_commands(advice);
    qsort(advice->items, advice->count, sizeof advice->items[0], compare);
}

/* ---- shown ---- */

static void show_list(FILE *out, const struct advice *advice, enum advice_list list, enum dialect dialect)
{
    static const char *const headings[] = {[ADVICE_CONFIGURATION] = "configure mode commands/options:",
                                           [ADVICE_COMMANDS] = "exec mode commands/options:",
                                           [ADVICE_FILTERS] = NULL};
    bool has_heading = headings[list] && dialect & (DIALECT_ASA | DIALECT_ASA8);
    size_t width = 0, count = 0;

    for (size_t i = 0; i < advice->count; i++) {
        size_t len = strlen(advice->items[i].word);

        count += advice->items[i].list == list;
        width = advice->items[i].list == list && len > width ? len : width;
    }
    if (count == 0 && !advice->may_end[list])
        return;
    if (has_heading)
        fprintf(out, "\n%s\n", headings[list]);
    for (size_t i = 0; i < advice->count; i++) {
        if (advice->items[i].list == list)
            fprintf(out, "  %-*s  %s\n", (int)width, advice->items[i].word, advice->items[i].help);
    }
    if (advice->may_end[list])
        fputs("  <cr>\n", out);
}

void advice_show(FILE *out, const struct advice *advice, enum dialect dialect)
{
    bool is_there = advice->count > 0;

    for (size_t list = 0; list < ADVICE_LISTS; list++) {
        is_there |= advice->may_end[list];
        show_list(out, advice, (enum advice_list)list, dialect);
    }
    if (!is_there)
        fprintf(out, "%% Unrecognized command\n");
}

/* ---- completion ---- */

void advice_complete(const struct advice *advice, struct text *put_in)
{
    const char *common = NULL;
    size_t len = 0, count = 0;

    for (size_t i = 0; i < advice->count; i++) {
        const char *word = advice->items[i].word;
        size_t same = 0;

        if (advice->items[i].is_argument || (common && strcmp(common, word) == 0))
            continue;
        while (common && same < len && common[same] == word[same])
            same++;
        len = common ? same : strlen(word);
        common = common ? common : word;
        count++;
    }
    if (count == 0 || (count > 1 && len <= advice->prefix.len))
        return;
    if (len > advice->prefix.len)
        text_add(put_in, "%.*s", (int)(len - advice->prefix.len), common + advice->prefix.len);
    if (count == 1)
        text_add(put_in, " ");
}
