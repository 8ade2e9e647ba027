/* Statements to text: show running-config. */
#include "conf/compile.h"

#include "base/device.h"

#include <string.h>

struct writing {
    const struct statements *statements;
    struct text *text;
    enum conf_keys_shown keys;
    bool is_old; /* the spelling before 8.4 */
};

static void add_bytes(struct writing *w, struct bytes bytes)
{
    text_add(w->text, "%.*s", (int)bytes.len, (const char *)bytes.data);
}

static bool is_under_key(const struct writing *w, const struct statement *s)
{
    const struct grammar_row *row = s->parent == STATEMENT_NONE ? NULL : w->statements->list[s->parent].row;

    return row != NULL && row->kind == STATEMENT_tunnel_ipsec;
}

/* Text that nobody has looked at may hold passwords. */
static void add_kept_text(struct writing *w, struct bytes text, bool may_be_key)
{
    bool is_wiped = text.len > 0 && text.data[0] == '\0';
    size_t len = w->keys == CONF_KEYS_SHOWN ? text.len : may_be_key ? 0 : text_public_len(text);

    if (!is_wiped)
        add_bytes(w, bytes_of(text.data, len));
    if (is_wiped || len < text.len)
        text_add(w->text, "%s*****", is_wiped || len == 0 ? "" : " ");
}

static void add_argument(struct writing *w, const struct statement *s, const struct grammar_word *word)
{
    enum argument_kind kind = item_argument(word->item)->kind;
    bool is_wiped = word->text.len > 0 && word->text.data[0] == '\0';

    if (kind == ARGUMENT_KEY && (w->keys == CONF_KEYS_MASKED || is_wiped))
        text_add(w->text, "*****");
    else if (kind == ARGUMENT_TEXT && w->keys == CONF_KEYS_MASKED) {
        /* The line is judged whole: the word that announces the secret may stand before this argument. */
        size_t before = (size_t)(word->text.data - s->text.data), len = text_public_len(s->text);

        if (len >= before + word->text.len)
            add_bytes(w, word->text);
        else if (len > before) {
            add_bytes(w, bytes_of(word->text.data, len - before));
            text_add(w->text, " *****");
        } else {
            text_add(w->text, "*****");
        }
    } else
        add_bytes(w, word->text);
}

static void add_item(struct writing *w, struct grammar_item item)
{
    text_add(w->text, " %.*s", item.len, item.at);
}

static void add_words(struct writing *w, const struct statement *s)
{
    struct grammar_item before = {NULL, 0};

    for (uint16_t i = 0; i < s->word_count; i++) {
        const struct grammar_word *word = &s->words[i];
        struct grammar_item omitted = item_omitted(s->row, before, word->item);
        struct grammar_item spelled = item_spelled(s->row, word->item, w->is_old);

        before = word->item;
        if (omitted.len > 0 && !w->is_old)
            add_item(w, omitted);
        if (w->is_old && item_spelling(s->row, spelled) > 0)
            continue; /* [new^]: the old spelling has no word there */
        if (item_argument(word->item) == NULL) {
            add_item(w, spelled);
        } else {
            text_add(w->text, " ");
            add_argument(w, s, word);
        }
    }
}

/* As an ASA: eight words of four bytes a line. */
static void write_hexadecimal(struct text *t, struct bytes body)
{
    enum { DIGITS_A_WORD = 8, DIGITS_A_LINE = 64 };
    size_t digits = 0;

    for (size_t i = 0; i < body.len; i++) {
        if (strchr(" \t\r\n", body.data[i]) != NULL)
            continue;
        if (digits % DIGITS_A_WORD == 0)
            text_add(t, "%s", digits % DIGITS_A_LINE != 0 ? " " : digits == 0 ? "    " : "\n    ");
        text_add(t, "%c", body.data[i]);
        digits++;
    }
    text_add(t, "%s  quit\n", digits > 0 ? "\n" : "");
}

static void write_statement(struct writing *w, const struct statement *s)
{
    struct text *t = w->text;
    size_t begin = t->len;

    if (s->parent != STATEMENT_NONE)
        text_add(t, " ");
    if (s->state != STATEMENT_IS_KNOWN) {
        add_kept_text(w, s->text, is_under_key(w, s));
    } else {
        size_t words_begin = t->len;

        text_add(t, "%s", s->is_no ? " no" : "");
        add_words(w, s);
        if (t->len > words_begin && !t->is_cut) { /* the blank before the first word */
            for (size_t i = words_begin; i < t->len; i++)
                t->data[i] = t->data[i + 1];
            t->len--;
        }
    }
    if (t->len > begin)
        text_add(t, "\n");
    if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_certificate)
        write_hexadecimal(t, s->body);
}

/* Without a `!` between them: one family, or single lines. What is not understood is kept apart, so that it is not read
 * as a line of the block before it. */
static bool is_same_block(const struct statement *block, bool had_lines, const struct statement *s)
{
    if (block->state != STATEMENT_IS_KNOWN || s->state != STATEMENT_IS_KNOWN || block->row->family != s->row->family)
        return false;
    return s->row->family != FAMILY_ALONE ||
           (!had_lines && block->row->enters == MODE_GLOBAL && s->row->enters == MODE_GLOBAL);
}

/* A word of the other spelling, or one that the other spelling leaves out, is no hindrance. */
static bool is_typed_as(const struct statement *s, struct grammar_item item, struct bytes argument, struct bytes typed)
{
    if (item_argument(item) != NULL)
        return bytes_equal(argument, typed);
    return item_is_typed(item, typed) || item_is_typed(item_spelled(s->row, item, true), typed) ||
           item_is_typed(item_spelled(s->row, item, false), typed);
}

/* Its name may be short, and have a blank in it. */
static bool is_device_typed(struct bytes name, struct conf_part part, size_t from)
{
    char space[DEVICE_NAME_SIZE];
    struct text typed = text_of(space, sizeof space);

    for (size_t i = from; i < part.count; i++)
        text_add_plain(&typed, part.words[i]);
    return !typed.is_cut && device_is_meant(name, bytes_of(typed.data, typed.len));
}

static bool is_device(struct grammar_item item)
{
    const struct argument_info *argument = item_argument(item);

    return argument != NULL && argument->kind == ARGUMENT_DEVICE;
}

static bool text_begins_with(struct bytes text, struct conf_part part)
{
    for (size_t i = 0; i < part.count; i++) {
        size_t len = 0;

        while (len < text.len && text.data[len] != ' ')
            len++;
        if (!bytes_equal(bytes_of(text.data, len), part.words[i]))
            return false;
        text = bytes_after(text, len + 1);
    }
    return true;
}

/* `object` is no short `object-group`: some statement begins with just this word. */
static bool is_another_first_word(const struct statement *s, struct bytes typed)
{
    bool is_first = false;

    if (typed.len == s->words[0].item.len)
        return false;
    for (unsigned kind = 0; kind < STATEMENT_COUNT && !is_first; kind++) {
        const struct grammar_row *row = grammar_row(kind);

        is_first = row->mode == MODE_GLOBAL && strcspn(row->syntax, " ") == typed.len &&
                   strncasecmp(row->syntax, (const char *)typed.data, typed.len) == 0;
    }
    return is_first;
}

/* `object id NAME`: of whatever kind it is. */
static bool is_any_kind(const struct statement *s, uint16_t at, struct bytes typed)
{
    return at == 1 && bytes_equal(typed, bytes_of_text("id")) &&
           (item_is_word(s->words[0].item, "object") || item_is_word(s->words[0].item, "object-group"));
}

static bool statement_begins_with(const struct statement *s, struct conf_part part)
{
    uint16_t at = 0;

    if (s->state != STATEMENT_IS_KNOWN)
        return text_begins_with(s->text, part);
    if (part.count > 0 && is_another_first_word(s, part.words[0]))
        return false;
    for (size_t i = 0; i < part.count; i++, at++) {
        if (at < s->word_count && is_device(s->words[at].item))
            return is_device_typed(s->words[at].text, part, i);
        if (is_any_kind(s, at, part.words[i]))
            continue;
        while (at < s->word_count && !is_typed_as(s, s->words[at].item, s->words[at].text, part.words[i])) {
            if (item_spelling(s->row, s->words[at].item) <= 0)
                return false;
            at++;
        }
        if (at == s->word_count)
            return false;
    }
    return true;
}

/* The rule of address translation below an object is one of `nat`, as on an ASA. */
static bool is_rule_in_part(const struct statement *s, struct conf_part part)
{
    return s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_object_nat && statement_begins_with(s, part);
}

static bool has_rule_in_part(const struct statements *st, const struct statement *top, struct conf_part part)
{
    bool has_rule = false;

    for (const struct statement *s = NULL; !has_rule && (s = statements_below(st, top, s)) != NULL;)
        has_rule = is_rule_in_part(s, part);
    return has_rule;
}

static bool is_in_part(const struct statements *st, const struct statement *s, struct conf_part part)
{
    const struct statement *top = s->parent == STATEMENT_NONE ? s : &st->list[s->parent];

    if (part.is_wanted != NULL && !part.is_wanted(top))
        return false;
    if (part.count == 0)
        return true;

    bool is_in = statement_begins_with(top, part) || is_rule_in_part(s, part);

    if (part.is_left_out)
        return !is_in;
    return is_in || (s == top && has_rule_in_part(st, s, part));
}

uint32_t conf_write_part(const struct conf *conf, enum conf_keys_shown keys, struct conf_part part, struct text *text)
{
    const struct statements *st = conf->statements;
    const struct statement *block = NULL;
    bool had_lines = false;
    uint32_t count = 0;

    struct writing w = {st, text, keys, st->spelling < 0};

    for (uint32_t i = 0; i < st->written_count && !text->is_cut; i++) {
        const struct statement *s = &st->list[st->written[i]];

        if (!is_in_part(st, s, part))
            continue;

        bool ends_block = block != NULL && s->parent == STATEMENT_NONE && !is_same_block(block, had_lines, s);

        if (ends_block)
            text_add(text, "!\n");
        write_statement(&w, s);
        count += s->parent == STATEMENT_NONE;
        had_lines = s->parent != STATEMENT_NONE;
        block = had_lines ? block : s;
    }
    return count;
}

void conf_write_line(const struct conf *conf, const struct statement *s, struct text *text)
{
    struct writing w = {conf->statements, text, CONF_KEYS_MASKED, false};

    write_statement(&w, s);
}

void conf_write(const struct conf *conf, enum conf_keys_shown keys, struct text *text)
{
    conf_write_part(conf, keys, (struct conf_part){0}, text);
    text_add(text, ": end\n");
}
