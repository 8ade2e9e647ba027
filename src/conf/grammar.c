#include "conf/grammar.h"
#include "base/service.h"

#include "base/check.h"
#include "base/ip.h"
#include "conf/syntax.h"

#include <string.h>

static const struct grammar_row rows[] = {
#define STATEMENT(mode, name, enters, family, effect, no, syntax, sample)                                              \
    [STATEMENT_##name] = {STATEMENT_##name, #name,   MODE_##mode, MODE_##enters, FAMILY_##family,                      \
                          EFFECT_##effect,  NO_##no, syntax,      sample},
#include "conf/grammar_rows.h"
};

static const struct {
    enum statement_kind kind;
    const char *word, *why;
} whys[] = {
#define WHY(kind, word, why) {STATEMENT_##kind, word, why},
#include "conf/grammar_rows.h"
};

enum unknown_line { UNKNOWN_KEPT, UNKNOWN_WRONG };

static const struct {
    const char *prompt;
    enum unknown_line unknown;
} modes[] = {
#define MODE(name, prompt, unknown) [MODE_##name] = {prompt, UNKNOWN_##unknown},
#include "conf/grammar_rows.h"
};

static const char *const insides[MODE_COUNT] = {
#define INSIDE(mode, prompt) [MODE_##mode] = prompt,
#include "conf/grammar_rows.h"
};

static const unsigned family_arguments[] = {
#define FAMILY(name, argument_count) [FAMILY_##name] = argument_count,
#include "conf/grammar_rows.h"
};

static const struct argument_info arguments[] = {
#define ARGUMENT(name, kind, least, most, shown, help) {#name, ARGUMENT_##kind, least, most, shown, help},
#include "conf/grammar_rows.h"
};

static const uint8_t argument_lens[] = {
#define ARGUMENT(name, ...) sizeof #name - 1,
#include "conf/grammar_rows.h"
};

static const struct word_info words[] = {
#define WORD(text, origin, help) {text, ORIGIN_##origin, help},
#include "conf/grammar_rows.h"
};

const struct grammar_row *grammar_row(enum statement_kind kind)
{
    CHECK((unsigned)kind < STATEMENT_COUNT);
    return &rows[kind];
}

const char *grammar_why_unused(const struct grammar_row *row, const struct grammar_word *of, uint16_t word_count)
{
    for (size_t i = 0; i < COUNT_OF(whys); i++) {
        if (whys[i].kind != row->kind)
            continue;
        if (*whys[i].word == '\0')
            return whys[i].why;
        for (uint16_t k = 0; k < word_count; k++)
            if (item_is_word(of[k].item, whys[i].word))
                return whys[i].why;
    }
    CHECK(!"a statement that is not used has no reason in grammar.def");
    return "";
}

const char *grammar_prompt(enum grammar_mode mode, bool is_inside)
{
    CHECK((unsigned)mode < MODE_COUNT);
    return is_inside && insides[mode] != NULL ? insides[mode] : modes[mode].prompt;
}

bool grammar_mode_is_strict(enum grammar_mode mode)
{
    CHECK((unsigned)mode < MODE_COUNT);
    return modes[mode].unknown == UNKNOWN_WRONG;
}

unsigned grammar_family_arguments(enum grammar_family family)
{
    CHECK((unsigned)family < FAMILY_COUNT);
    return family_arguments[family];
}

bool item_is_word(struct grammar_item item, const char *word)
{
    return item.at[0] != '<' && strlen(word) == item.len && memcmp(item.at, word, item.len) == 0;
}

const struct argument_info *item_argument(struct grammar_item item)
{
    if (item.at[0] != '<')
        return NULL;
    for (size_t i = 0; i < COUNT_OF(arguments); i++)
        if (argument_lens[i] + 2u == item.len && memcmp(arguments[i].name, item.at + 1, item.len - 2u) == 0)
            return &arguments[i];
    CHECK(!"every argument of a syntax has a row in grammar.def");
    return NULL;
}

const struct word_info *item_word(struct grammar_item item)
{
    if (item.at[0] == '<')
        return NULL;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (item_is_word(item, words[i].text))
            return &words[i];
    CHECK(!"a word of a syntax has no row in grammar.def");
    return NULL;
}

bool grammar_knows(const char *word_or_argument)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].text, word_or_argument) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(arguments); i++)
        if (strcmp(arguments[i].name, word_or_argument) == 0)
            return true;
    return false;
}

/* ---- does this token fit there ---- */

/* In order: the better fit wins over all statements that are still possible. */
enum fit { FIT_NONE, FIT_LOOSE, FIT_ABBREVIATION, FIT_TYPED, FIT_EXACT };

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static enum fit word_fit(struct grammar_item item, struct bytes text)
{
    if (text.len > item.len)
        return FIT_NONE;
    for (size_t i = 0; i < text.len; i++)
        if (lower(text.data[i]) != lower((uint8_t)item.at[i]))
            return FIT_NONE;
    return text.len == item.len ? FIT_EXACT : FIT_ABBREVIATION;
}

static bool is_address(struct bytes text)
{
    struct ip ip;

    return ip_parse(&ip, text);
}

bool grammar_prefix(struct bytes text, struct ip *ip, unsigned *prefix_len)
{
    size_t slash = 0;
    uint32_t number;

    while (slash < text.len && text.data[slash] != '/')
        slash++;
    if (slash + 1 >= text.len || !ip_parse(ip, bytes_of(text.data, slash)) || ip->family != IP_V6 ||
        !bytes_decimal(bytes_after(text, slash + 1), 128, &number))
        return false;
    *prefix_len = number;
    return true;
}

/* (inside), or with `comma_count` 1 (inside,outside). */
static bool is_bracket(struct bytes text, unsigned comma_count)
{
    unsigned count = 0;

    if (text.len < 3 || text.data[0] != '(' || text.data[text.len - 1] != ')')
        return false;
    for (size_t i = 1; i + 1 < text.len; i++)
        count += text.data[i] == ',';
    return count == comma_count && text.data[1] != ',' && text.data[text.len - 2] != ',';
}

static enum fit argument_fit(const struct argument_info *argument, struct bytes text)
{
    uint32_t number;
    uint16_t port;
    uint8_t protocol;
    struct ip ip;
    unsigned prefix_len;

    switch (argument->kind) {
    case ARGUMENT_NUMBER:
        return bytes_decimal(text, argument->most, &number) && number >= argument->least ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_ADDRESS: return is_address(text) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_PREFIX: return grammar_prefix(text, &ip, &prefix_len) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_PROTOCOL: return service_protocol(text, &protocol) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_PORT: return service_port(text, &port) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_HOST: return is_address(text) ? FIT_TYPED : text.len <= argument->most ? FIT_LOOSE : FIT_NONE;
    case ARGUMENT_NAME: return text.len <= argument->most ? FIT_LOOSE : FIT_NONE;
    case ARGUMENT_OBJECT: return text.len <= argument->most ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_BRACKET: return text.len <= argument->most && is_bracket(text, 0) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_PAIR: return text.len <= argument->most && is_bracket(text, 1) ? FIT_TYPED : FIT_NONE;
    case ARGUMENT_DEVICE:
    case ARGUMENT_TEXT:
    case ARGUMENT_KEY: return FIT_LOOSE;
    }
    return FIT_NONE;
}

bool item_takes_rest(struct grammar_item item)
{
    const struct argument_info *argument = item_argument(item);

    return argument != NULL &&
           (argument->kind == ARGUMENT_DEVICE || argument->kind == ARGUMENT_TEXT || argument->kind == ARGUMENT_KEY);
}

static enum fit item_fit(struct grammar_item item, struct bytes text)
{
    const struct argument_info *argument = item_argument(item);

    return argument == NULL ? word_fit(item, text) : argument_fit(argument, text);
}

/* ---- all statements side by side, a token at a time ---- */

struct thread {
    const struct grammar_row *row;
    struct grammar_item after;
};

enum { THREADS_MAX = 256 };

struct walk {
    struct thread threads[THREADS_MAX];
    uint16_t count;
    enum fit fits[TOKENS_MAX]; /* how each token fitted best */
    uint16_t token_count;      /* that were taken; an argument that takes the rest of the line is the last */
};

static bool thread_is_known(const struct walk *walk, struct thread thread)
{
    for (uint16_t i = 0; i < walk->count; i++)
        if (walk->threads[i].row == thread.row && walk->threads[i].after.at == thread.after.at)
            return true;
    return false;
}

static void add_thread(struct walk *walk, struct thread thread)
{
    if (thread_is_known(walk, thread))
        return;
    CHECK(walk->count < THREADS_MAX);
    walk->threads[walk->count++] = thread;
}

static bool item_same_text(struct grammar_item a, struct grammar_item b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static void add_expected(struct grammar_match *match, struct grammar_item item)
{
    for (uint16_t i = 0; i < match->expected_count; i++)
        if (item_same_text(match->expected[i], item))
            return;
    if (match->expected_count < EXPECTED_MAX)
        match->expected[match->expected_count++] = item;
}

/* All that could stand here, or with `only` the words that this token abbreviates. */
static void expect(const struct walk *walk, struct grammar_match *match, const struct bytes *only)
{
    struct syntax_next next;

    match->expected_count = 0;
    match->may_end = false;
    for (uint16_t i = 0; i < walk->count; i++) {
        syntax_next(&next, walk->threads[i].row->syntax, walk->threads[i].after);
        match->may_end |= next.may_end && only == NULL;
        for (uint16_t j = 0; j < next.count; j++)
            if (only == NULL || item_fit(next.items[j], *only) == FIT_ABBREVIATION)
                add_expected(match, next.items[j]);
    }
}

static enum fit best_fit(const struct walk *walk, struct bytes text)
{
    struct syntax_next next;
    enum fit best = FIT_NONE;

    for (uint16_t i = 0; i < walk->count; i++) {
        syntax_next(&next, walk->threads[i].row->syntax, walk->threads[i].after);
        for (uint16_t j = 0; j < next.count; j++) {
            enum fit fit = item_fit(next.items[j], text);

            best = fit > best ? fit : best;
        }
    }
    return best;
}

static void advance(struct walk *walk, struct bytes text, enum fit fit)
{
    struct walk before = *walk;
    struct syntax_next next;

    walk->count = 0;
    for (uint16_t i = 0; i < before.count; i++) {
        syntax_next(&next, before.threads[i].row->syntax, before.threads[i].after);
        for (uint16_t j = 0; j < next.count; j++)
            if (item_fit(next.items[j], text) == fit)
                add_thread(walk, (struct thread){before.threads[i].row, next.items[j]});
    }
}

static bool thread_may_end(struct thread thread, bool is_no)
{
    struct syntax_next next;

    syntax_next(&next, thread.row->syntax, thread.after);
    return next.may_end || (is_no && next.is_identified);
}

/* A row that begins with a word begins with its first letter. */
static bool may_begin_with(const struct grammar_row *row, struct bytes text)
{
    uint8_t letter = lower((uint8_t)row->syntax[0]);

    return letter < 'a' || letter > 'z' || text.len == 0 || lower(text.data[0]) == letter;
}

/* The rows that may begin with `text`; empty: all of them. */
static void begin_walk(struct walk *walk, enum grammar_mode mode, struct bytes text)
{
    walk->count = walk->token_count = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].mode != mode || !may_begin_with(&rows[i], text))
            continue;
        CHECK(walk->count < THREADS_MAX);
        walk->threads[walk->count++] = (struct thread){&rows[i], {NULL, 0}};
    }
}

/* An ASA knows more statements than we do: where only unused ones are left, the line is another of these. */
static bool may_be_used(const struct walk *walk)
{
    for (uint16_t i = 0; i < walk->count; i++)
        if (walk->threads[i].row->effect == EFFECT_USED)
            return true;
    return false;
}

/* Takes tokens while they fit; GRAMMAR_MATCHED: all of them did, and the line may end there. */
static enum grammar_outcome walk_tokens(struct walk *walk, const struct token *tokens, uint16_t token_count, bool is_no,
                                        struct grammar_match *match)
{
    for (uint16_t i = 0; i < token_count; i++) {
        struct bytes text = tokens[i].text;
        enum fit fit = best_fit(walk, text);

        match->bad = i;
        if (fit == FIT_ABBREVIATION) {
            expect(walk, match, &text);
            if (match->expected_count > 1)
                return GRAMMAR_AMBIGUOUS;
        }
        if (fit == FIT_NONE) {
            expect(walk, match, NULL);
            return i == 0 || !may_be_used(walk) ? GRAMMAR_UNKNOWN : GRAMMAR_WRONG;
        }
        advance(walk, text, fit);
        walk->fits[walk->token_count++] = fit;
        if (item_takes_rest(walk->threads[0].after))
            break;
    }
    for (uint16_t i = 0; i < walk->count; i++)
        if (thread_may_end(walk->threads[i], is_no))
            return GRAMMAR_MATCHED;
    match->bad = token_count;
    expect(walk, match, NULL);
    return GRAMMAR_WRONG;
}

/* Where the first token fits nothing, all that could stand there is expected. */
static enum grammar_outcome walk_rows(struct walk *walk, enum grammar_mode mode, const struct token *tokens,
                                      uint16_t token_count, bool is_no, struct grammar_match *match)
{
    enum grammar_outcome outcome;

    begin_walk(walk, mode, token_count > 0 ? tokens[0].text : bytes_of(NULL, 0));
    outcome = walk_tokens(walk, tokens, token_count, is_no, match);
    if (outcome == GRAMMAR_MATCHED || match->bad > 0)
        return outcome;
    begin_walk(walk, mode, bytes_of(NULL, 0));
    return walk_tokens(walk, tokens, token_count, is_no, match);
}

static struct bytes text_of_item(struct grammar_item item, const struct token *token)
{
    const struct argument_info *argument = item_argument(item);

    if (!item_takes_rest(item))
        return token->text;
    return argument->kind == ARGUMENT_KEY ? token->rest_with_blanks : token->rest;
}

/* Gives each token its place in one row; the same choices as the walk over all rows made. */
static bool place_words(const struct grammar_row *row, const struct token *tokens, const struct walk *walk, uint16_t at,
                        struct grammar_item after, bool must_end, bool is_no, struct grammar_match *match)
{
    struct syntax_next next;

    if (at == walk->token_count)
        return !must_end || thread_may_end((struct thread){row, after}, is_no);
    syntax_next(&next, row->syntax, after);
    for (uint16_t i = 0; i < next.count; i++) {
        struct grammar_item item = next.items[i];

        if (item_fit(item, tokens[at].text) != walk->fits[at])
            continue;
        match->words[at] = (struct grammar_word){item, text_of_item(item, &tokens[at]), tokens[at].column};
        if (place_words(row, tokens, walk, at + 1, item, must_end, is_no, match))
            return true;
    }
    return false;
}

void grammar_match(enum grammar_mode mode, const struct token *tokens, uint16_t token_count, bool is_no,
                   struct grammar_match *match)
{
    struct walk walk;

    CHECK(token_count <= TOKENS_MAX);
    match->row = NULL;
    match->word_count = match->bad = match->expected_count = 0;
    match->may_end = false;
    match->outcome = walk_rows(&walk, mode, tokens, token_count, is_no, match);
    if (match->outcome == GRAMMAR_UNKNOWN || walk.token_count == 0)
        return;

    bool must_end = match->outcome == GRAMMAR_MATCHED;

    for (uint16_t i = 0; i < walk.count; i++) {
        if (must_end && !thread_may_end(walk.threads[i], is_no))
            continue;
        match->row = walk.threads[i].row;
        match->word_count = walk.token_count;
        CHECK(place_words(match->row, tokens, &walk, 0, (struct grammar_item){NULL, 0}, must_end, is_no, match));
        return;
    }
}

static bool begins_with(struct grammar_item item, struct bytes prefix)
{
    return item_argument(item) == NULL ? word_fit(item, prefix) != FIT_NONE : prefix.len == 0;
}

bool grammar_next(enum grammar_mode mode, const struct token *tokens, uint16_t token_count, bool is_no,
                  struct bytes prefix, struct grammar_match *match, bool *is_open)
{
    struct walk walk;
    uint16_t kept = 0;

    CHECK(token_count <= TOKENS_MAX);
    match->row = NULL;
    match->word_count = match->bad = match->expected_count = 0;
    match->outcome = walk_rows(&walk, mode, tokens, token_count, is_no, match);
    *is_open = walk.token_count > 0 && walk.count > 0 && item_takes_rest(walk.threads[0].after);
    if (match->outcome != GRAMMAR_MATCHED && match->bad < token_count)
        return false;
    expect(&walk, match, NULL);
    for (uint16_t i = 0; is_no && i < walk.count; i++)
        match->may_end |= thread_may_end(walk.threads[i], true);
    match->may_end &= prefix.len == 0;
    for (uint16_t i = 0; i < match->expected_count; i++)
        if (begins_with(match->expected[i], prefix))
            match->expected[kept++] = match->expected[i];
    match->expected_count = kept;
    return true;
}

bool item_is_typed(struct grammar_item item, struct bytes text)
{
    return item_argument(item) == NULL && word_fit(item, text) != FIT_NONE;
}

void text_add_expected(struct text *t, const struct grammar_match *match)
{
    enum { SHOWN_MAX = 16 };
    uint16_t count = match->expected_count > SHOWN_MAX ? SHOWN_MAX : match->expected_count;

    for (uint16_t i = 0; i < count; i++) {
        struct grammar_item item = match->expected[i];
        const struct argument_info *argument = item_argument(item);
        bool is_last = i + 1 == count && !match->may_end && count == match->expected_count;

        text_add(t, "%s", i == 0 ? "" : is_last ? " or " : ", ");
        if (argument != NULL)
            text_add(t, "%s (%s)", argument->shown, argument->help);
        else
            text_add(t, "%.*s", item.len, item.at);
    }
    if (count < match->expected_count)
        text_add(t, " or %u more", match->expected_count - count);
    if (match->may_end)
        text_add(t, "%sthe end of the line", count == 0 ? "" : " or ");
}
