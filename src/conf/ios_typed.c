/* A router's lines as somebody types them: words that are left short, what can follow, and the prompts of its blocks.
 */
#include "conf/ios_parts.h"

#include "base/device.h"

#include <string.h>

/* ---- what can follow ---- */

struct visit {
    void *context;
    void (*each)(void *context, struct bytes word, bool is_argument);
    bool is_device_next;   /* the name of an interface */
    bool may_end, is_open; /* is_open: an argument has taken the rest of the line */
};

static void visit_item(const struct visit *v, const char *item, size_t len)
{
    if (v->each == NULL)
        return;
    if (item[0] == '$')
        v->each(v->context,
                bytes_of_text(item[1] == '*'      ? "LINE"
                              : v->is_device_next ? IOS_NEXT_INTERFACE
                                                  : "WORD"),
                true);
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

/* Behind the word `interface` stands its name, in one word or two; what is no such name is left as it is. Returns how
 * many words those are. */
static uint16_t spell_device(struct text *line, const struct token *tokens, uint16_t count)
{
    size_t begin = line->len;

    for (uint16_t words = 1; words <= 2 && words <= count; words++) {
        const uint8_t *end = tokens[words - 1].text.data + tokens[words - 1].text.len;

        text_add_device(line, bytes_of(tokens[0].text.data, (size_t)(end - tokens[0].text.data)));
        if (line->len > begin)
            return words;
    }
    text_add_plain(line, tokens[0].text);
    return 1;
}

static bool is_interface(struct bytes word)
{
    return bytes_equal(word, bytes_of_text("interface"));
}

/* The words of a line in full, as tokens of their own. */
struct spelled {
    struct token words[TOKENS_MAX];
    uint16_t count;
    bool is_open; /* the last one is the rest of the line */
};

/* Each word in full, in typed->line and as a token. False: typed->bad fits no row. */
static bool spell_all(struct ios_typed *typed, unsigned block, const struct token *tokens, uint16_t count,
                      struct spelled *full)
{
    struct text line = text_of(typed->line, sizeof typed->line);

    *typed = (struct ios_typed){.enters = IOS_GLOBAL};
    full->count = 0;
    full->is_open = false;
    for (uint16_t i = 0, width; i < count; i += width) {
        struct choice choice = {.typed = tokens[i].text};
        struct visit v = {.context = &choice, .each = choose};
        struct token *word = &full->words[full->count];
        size_t begin = line.len + (line.len > 0);

        typed->bad = i;
        width = 1;
        *word = tokens[i];
        walk_all(block, full->words, full->count, &v);
        full->is_open = v.is_open;
        spell(&line, v.is_open ? tokens[i].rest_with_blanks : tokens[i].text);
        full->count++;
        if (v.is_open)
            break;
        /* where anything may stand, nothing is made of it */
        bool is_device = choice.has_argument && full->count > 1 && is_interface(word[-1].text);
        bool is_left = choice.is_exact || choice.has_argument;

        typed->is_ambiguous = !is_left && choice.is_ambiguous;
        if (!is_left && (choice.word.len == 0 || choice.is_ambiguous))
            return false;
        if (line.is_cut || (is_left && !is_device))
            continue;
        line.len = begin;
        if (is_device)
            width = spell_device(&line, tokens + i, (uint16_t)(count - i));
        else
            add_plain(&line, choice.word);
        word->text = bytes_of((const uint8_t *)line.data + begin, line.len - begin);
    }
    typed->bad = count;
    return !line.is_cut;
}

void ios_typed_read(struct ios_typed *typed, unsigned block, const struct token *tokens, uint16_t count)
{
    struct spelled full;
    struct visit whole = {.context = NULL};

    if (!spell_all(typed, block, tokens, count, &full))
        return;
    walk_all(block, full.words, full.count, &whole);
    typed->fits = whole.may_end;
    if (typed->fits)
        typed->enters = block_after(block, full.words, full.count);
}

bool ios_next(unsigned block, const struct token *tokens, uint16_t count, void *context,
              void (*each)(void *context, struct bytes word, bool is_argument))
{
    struct spelled full;
    struct visit v = {.context = context, .each = each};
    struct ios_typed typed;

    if (!spell_all(&typed, block, tokens, count, &full) || full.is_open)
        return false;
    v.is_device_next = full.count > 0 && is_interface(full.words[full.count - 1].text);
    if (full.count > 1 && is_interface(full.words[full.count - 2].text) && count > 0 &&
        device_is_kind(tokens[count - 1].text))
        each(context, bytes_of_text(IOS_NEXT_PLACE), true);
    walk_all(block, full.words, full.count, &v);
    return v.may_end;
}

const char *ios_prompt(unsigned block, bool is_inside)
{
    static const char *const prompts[] = {
        [IOS_GLOBAL] = "config",
        [IOS_POLICY] = "config-isakmp",
        [IOS_KEYRING] = "conf-keyring",
        [IOS_PROFILE] = "conf-isa-prof",
        [IOS_USERS] = "config-isakmp-group",
        [IOS_PEER] = "config-isakmp-peer",
        [IOS_TRANSFORM] = "cfg-crypto-trans",
        [IOS_MAP] = "config-crypto-map",
        [IOS_DYNAMIC] = "config-crypto-map",
        [IOS_INTERFACE] = "config-if",
        [IOS_ACL] = "config-ext-nacl",
        [IOS_ROUTE_MAP] = "config-route-map",
        [IOS_SLA] = "config-ip-sla",
    };

    return is_inside && block == IOS_SLA ? "config-ip-sla-echo" : prompts[block];
}
