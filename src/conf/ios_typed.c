/* A router's lines as somebody types them: words that are left short, what can follow, and the prompts of its blocks.
 */
#include "conf/ios_parts.h"

#include <string.h>

/* ---- what can follow ---- */

struct visit {
    void *context;
    void (*each)(void *context, struct bytes word, bool is_argument);
    bool may_end, is_open; /* is_open: an argument has taken the rest of the line */
};

static void visit_item(const struct visit *v, const char *item, size_t len)
{
    if (v->each == NULL)
        return;
    if (item[0] == '$')
        v->each(v->context, bytes_of_text(item[1] == '*' ? "LINE" : "WORD"), true);
    else
        v->each(v->context, bytes_of(item, len), false);
}

/* Every way through the pattern, as far as there are words. */
static void walk(const char *pattern, const struct token *tokens, uint16_t count, struct visit *v)
{
    size_t len = strcspn(pattern, " ");
    const char *rest = pattern + len + (pattern[len] == ' '), *item = pattern;

    if (len == 0) {
        v->may_end |= count == 0;
        return;
    }
    if (*pattern == '[') {
        walk(rest, tokens, count, v);
        item = pattern + 1;
        len -= 2;
    }
    if (count == 0) {
        visit_item(v, item, len);
    } else if (strncmp(item, "$*", 2) == 0) {
        v->is_open = v->may_end = true;
    } else if (item[0] == '$' || ios_is_word(item, len, tokens[0].text)) {
        walk(rest, tokens + 1, (uint16_t)(count - 1), v);
    }
}

static void walk_all(unsigned block, const struct token *tokens, uint16_t count, struct visit *v)
{
    const struct ios_row *row;

    for (size_t i = 0; (row = ios_row(i)) != NULL; i++)
        if (row->mode == (enum ios_mode)block)
            walk(row->pattern, tokens, count, v);
}

/* ---- words in full ---- */

struct choice {
    struct bytes typed;
    struct bytes word; /* a word that begins so; the first */
    bool is_exact, is_ambiguous, has_argument;
};

/* The letters of encr.yption without its dot. */
static void add_plain(struct text *t, struct bytes word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] != '.')
            text_add(t, "%c", word.data[i]);
}

static bool begins(struct bytes word, struct bytes with)
{
    char space[64];
    struct text t = text_of(space, sizeof space);

    add_plain(&t, word);
    return with.len > 0 && bytes_begin_with(bytes_of_text(space), with);
}

static void choose(void *context, struct bytes word, bool is_argument)
{
    struct choice *choice = context;

    if (is_argument) {
        choice->has_argument = true;
    } else if (ios_is_word((const char *)word.data, word.len, choice->typed)) {
        choice->is_exact = true;
    } else if (begins(word, choice->typed)) {
        choice->is_ambiguous |= choice->word.len > 0 && !bytes_equal(choice->word, word);
        choice->word = word;
    }
}

static unsigned block_after(unsigned block, const struct token *tokens, uint16_t count)
{
    const struct ios_row *row;

    for (size_t i = 0; (row = ios_row(i)) != NULL; i++) {
        struct visit v = {.context = NULL};

        if (row->mode != (enum ios_mode)block)
            continue;
        walk(row->pattern, tokens, count, &v);
        if (v.may_end)
            return row->enters;
    }
    return IOS_GLOBAL;
}

static void spell(struct text *line, struct bytes word)
{
    text_add(line, "%s", line->len > 0 ? " " : "");
    for (size_t i = 0; i < word.len; i++)
        text_add(line, "%c", word.data[i]);
}

/* Each word in full, in typed->line and as a token. False: typed->bad fits no row. */
static bool spell_all(struct ios_typed *typed, unsigned block, const struct token *tokens, uint16_t count,
                      struct token full[static TOKENS_MAX], bool *is_open)
{
    struct text line = text_of(typed->line, sizeof typed->line);

    *typed = (struct ios_typed){.enters = IOS_GLOBAL};
    for (uint16_t i = 0; i < count; i++) {
        struct choice choice = {.typed = tokens[i].text};
        struct visit v = {.context = &choice, .each = choose};

        typed->bad = i;
        full[i] = tokens[i];
        walk_all(block, full, i, &v);
        if (v.is_open) {
            *is_open = true;
            spell(&line, tokens[i].rest_with_blanks);
            break;
        }
        spell(&line, tokens[i].text);
        /* where anything may stand, nothing is made of it */
        if (choice.is_exact || choice.has_argument)
            continue;
        typed->is_ambiguous = choice.is_ambiguous;
        if (choice.word.len == 0 || choice.is_ambiguous)
            return false;
        line.len -= tokens[i].text.len;
        full[i].text.data = (const uint8_t *)line.data + line.len;
        add_plain(&line, choice.word);
        full[i].text.len = (size_t)((const uint8_t *)line.data + line.len - full[i].text.data);
    }
    typed->bad = count;
    return !line.is_cut;
}

void ios_typed_read(struct ios_typed *typed, unsigned block, const struct token *tokens, uint16_t count)
{
    struct token full[TOKENS_MAX];
    struct visit whole = {.context = NULL};
    bool is_open = false;

    if (!spell_all(typed, block, tokens, count, full, &is_open))
        return;
    walk_all(block, full, count, &whole);
    typed->fits = whole.may_end;
    if (typed->fits)
        typed->enters = block_after(block, full, count);
}

bool ios_next(unsigned block, const struct token *tokens, uint16_t count, void *context,
              void (*each)(void *context, struct bytes word, bool is_argument))
{
    struct token full[TOKENS_MAX];
    struct visit v = {.context = context, .each = each};
    struct ios_typed typed;
    bool is_open = false;

    if (!spell_all(&typed, block, tokens, count, full, &is_open) || is_open)
        return false;
    walk_all(block, full, count, &v);
    return v.may_end;
}

const char *ios_prompt(unsigned block)
{
    static const char *const prompts[] = {
        [IOS_GLOBAL] = "config",         [IOS_POLICY] = "config-isakmp",       [IOS_KEYRING] = "conf-keyring",
        [IOS_PROFILE] = "conf-isa-prof", [IOS_PEER] = "config-isakmp-peer",    [IOS_TRANSFORM] = "cfg-crypto-trans",
        [IOS_MAP] = "config-crypto-map", [IOS_DYNAMIC] = "config-crypto-map",  [IOS_INTERFACE] = "config-if",
        [IOS_ACL] = "config-ext-nacl",   [IOS_ROUTE_MAP] = "config-route-map",
    };

    return prompts[block];
}
