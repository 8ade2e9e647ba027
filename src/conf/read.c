/* Text to statements, then to the policy: conf_read. */
#include "conf/compile.h"

#include "base/check.h"
#include "base/device.h"
#include "conf/ios.h"
#include "conf/sla.h"
#include "conf/uses.h"

#include <string.h>

struct reading {
    struct conf *conf;
    struct statements *statements;
    struct finder finder;
    struct arena *arena;
    uint32_t parent; /* whose lines may follow; STATEMENT_NONE */
    uint32_t parent_indent;
    enum grammar_mode mode; /* of those lines */
    uint32_t certificate;   /* whose hexadecimal is being read; STATEMENT_NONE */
    bool is_open;           /* lines that are not indented may belong to it too: no ! has come since */
    const struct ios *ios;  /* a router's configuration, translated; NULL: an ASA's own */
};

struct parsed {
    struct line line;
    struct token tokens[TOKENS_MAX];
    uint16_t token_count;
    bool is_cut, is_no;
    struct grammar_match match;
};

size_t conf_space(size_t file_len)
{
    return file_len * 200 + 32 * 1024 * 1024;
}

static bool is_word(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of_text(word));
}

static void leave_mode(struct reading *r)
{
    r->parent = STATEMENT_NONE;
    r->mode = MODE_GLOBAL;
    r->is_open = false;
    r->certificate = STATEMENT_NONE;
}

static void enter_mode(struct reading *r, uint32_t parent, enum grammar_mode mode, uint32_t indent)
{
    r->parent = parent;
    r->mode = mode;
    r->parent_indent = indent;
    r->is_open = mode != MODE_KEPT;
}

static bool match(struct parsed *p, enum grammar_mode mode)
{
    grammar_match(mode, p->tokens, p->token_count, p->is_no, &p->match);
    if (p->match.outcome != GRAMMAR_MATCHED || !p->is_cut)
        return p->match.outcome == GRAMMAR_MATCHED;

    if (item_takes_rest(p->match.words[p->match.word_count - 1].item))
        return true;
    p->match.outcome = GRAMMAR_WRONG; /* more words than any statement has */
    p->match.bad = TOKENS_MAX - 1;
    return false;
}

/* ---- what to do with a line ---- */

static uint16_t words_of(struct reading *r, const struct parsed *p, struct grammar_word words[static TOKENS_MAX])
{
    memcpy(words, p->match.words, p->match.word_count * sizeof *words);
    for (uint16_t i = 0; i < p->match.word_count; i++) {
        const struct argument_info *argument = item_argument(words[i].item);

        if (argument != NULL && argument->kind == ARGUMENT_DEVICE)
            words[i].text = device_in_full(words[i].text, r->arena);
    }
    return p->match.word_count;
}

static uint32_t add(struct reading *r, const struct parsed *p, enum statement_state state, uint32_t parent)
{
    struct statement s = {
        .row = state == STATEMENT_IS_UNKNOWN ? NULL : p->match.row,
        .state = state,
        .is_no = p->is_no,
        .line = p->line.number,
        .parent = parent,
        .text = p->line.text,
    };
    struct grammar_word words[TOKENS_MAX];

    if (s.row != NULL) {
        s.word_count = words_of(r, p, words);
        s.words = words;
    }
    return statements_add(r->statements, s, r->arena);
}

/* False: others name it, or it runs; and that is said. */
static bool may_remove(struct reading *r, const struct parsed *p, const struct statement *removed)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!statement_is_used(r->statements, removed, &why) && !sla_refuses(r->statements, removed, true, &why))
        return true;
    find(&r->finder, CONF_ERROR, p->line.number, 0, "", space);
    return false;
}

/* False: that is said, and the line is kept as a wrong one. */
static bool may_add(struct reading *r, const struct parsed *p, uint32_t parent)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    const struct statement s = {.row = p->match.row,
                                .parent = parent,
                                .words = (struct grammar_word *)p->match.words,
                                .word_count = p->match.word_count};

    if (!sla_refuses(r->statements, &s, false, &why))
        return true;
    find(&r->finder, CONF_ERROR, p->line.number, 0, "", space);
    add(r, p, STATEMENT_IS_WRONG, parent);
    return false;
}

static void add_known(struct reading *r, const struct parsed *p, uint32_t parent)
{
    const struct grammar_row *row = p->match.row;

    if (p->is_no && row->no != NO_STANDS) {
        struct grammar_word words[TOKENS_MAX];
        struct statement s = {.row = row, .parent = parent, .word_count = words_of(r, p, words), .words = words};

        if (may_remove(r, p, &s)) {
            statements_remove(r->statements, &s);
            sla_removed(r->statements, &s);
        }
        if (parent == STATEMENT_NONE)
            leave_mode(r);
        return;
    }

    if (!may_add(r, p, parent))
        return;

    uint32_t index = add(r, p, STATEMENT_IS_KNOWN, parent);

    r->certificate = row->kind == STATEMENT_certificate ? index : STATEMENT_NONE;
    if (parent != STATEMENT_NONE || index == STATEMENT_NONE)
        return;
    leave_mode(r);
    if (row->enters != MODE_GLOBAL && !p->is_no)
        enter_mode(r, index, row->enters, p->line.indent);
    if (r->statements->list[index].state == STATEMENT_IS_WRONG)
        find(&r->finder, CONF_WARNING, p->line.number, 0, "",
             "there is no room for this line at that place of its access-list");
}

static void add_unknown(struct reading *r, const struct parsed *p, uint32_t parent)
{
    uint32_t index = add(r, p, STATEMENT_IS_UNKNOWN, parent);

    if (parent == STATEMENT_NONE && index != STATEMENT_NONE) {
        leave_mode(r);
        enter_mode(r, index, MODE_KEPT, p->line.indent);
    }
}

/* Quotes the word that does not fit, unless it may be a key. */
static void say_wrong(struct reading *r, const struct parsed *p, enum grammar_mode mode)
{
    char sentence[SENTENCE_SIZE], expected[SENTENCE_SIZE];
    struct text t = text_of(sentence, sizeof sentence), e = text_of(expected, sizeof expected);
    bool is_end = p->match.bad >= p->token_count;
    const struct token *bad = &p->tokens[is_end ? p->token_count - 1 : p->match.bad];
    size_t before = is_end ? 0 : (size_t)(bad->text.data - p->line.text.data);
    bool may_quote = mode != MODE_TUNNEL_IPSEC && text_public_len(p->line.text) >= before && bad->text.len <= 64;
    uint32_t column = r->ios != NULL ? 0 : is_end ? bad->column + (uint32_t)bad->text.len : bad->column;
    bool is_acl = p->match.row != NULL && p->match.row->family == FAMILY_ACL;

    if (is_end) {
        text_add(&t, "the line ends too early");
    } else {
        text_add(&t, "%s", may_quote ? "\"" : "this word");
        if (may_quote)
            text_add_escaped(&t, bad->text);
        text_add(&t, "%s %s", may_quote ? "\"" : "",
                 p->match.outcome == GRAMMAR_AMBIGUOUS ? "is short for several words" : "is not understood here");
    }
    text_add_expected(&e, &p->match);
    find(&r->finder, is_acl ? CONF_WARNING : CONF_ERROR, p->line.number, column, expected, sentence);
}

static void add_wrong(struct reading *r, const struct parsed *p, enum grammar_mode mode, uint32_t parent)
{
    uint32_t index = add(r, p, STATEMENT_IS_WRONG, parent);

    say_wrong(r, p, mode);
    if (parent == STATEMENT_NONE && index != STATEMENT_NONE) {
        leave_mode(r);
        enter_mode(r, index, MODE_KEPT, p->line.indent);
    }
}

static void add_global(struct reading *r, const struct parsed *p)
{
    switch (p->match.outcome) {
    case GRAMMAR_MATCHED: add_known(r, p, STATEMENT_NONE); break;
    case GRAMMAR_UNKNOWN: add_unknown(r, p, STATEMENT_NONE); break;
    case GRAMMAR_WRONG:
    case GRAMMAR_AMBIGUOUS: add_wrong(r, p, MODE_GLOBAL, STATEMENT_NONE); break;
    }
}

/* An indented line in a block: one of the block's own, else a global one (everything may be indented), else a fault of
 * the block. */
static void add_inside(struct reading *r, struct parsed *p)
{
    if (r->mode == MODE_KEPT) {
        p->match.row = NULL;
        add_unknown(r, p, r->parent);
        return;
    }
    if (match(p, r->mode)) {
        add_known(r, p, r->parent);
        return;
    }
    if (match(p, MODE_GLOBAL) && p->match.row->effect != EFFECT_UNUSED) {
        add_known(r, p, STATEMENT_NONE);
        return;
    }
    match(p, r->mode);
    if (p->match.outcome == GRAMMAR_UNKNOWN && !grammar_mode_is_strict(r->mode))
        add_unknown(r, p, r->parent);
    else
        add_wrong(r, p, r->mode, r->parent);
}

static void add_outside(struct reading *r, struct parsed *p)
{
    if (match(p, MODE_GLOBAL)) {
        add_known(r, p, STATEMENT_NONE);
        return;
    }
    if (r->parent != STATEMENT_NONE && r->is_open && match(p, r->mode)) {
        add_known(r, p, r->parent);
        return;
    }
    match(p, MODE_GLOBAL);
    add_global(r, p);
}

static void take_no(struct parsed *p)
{
    p->is_no = p->token_count > 1 && is_word(p->tokens[0].text, "no");
    if (p->is_no) {
        p->token_count--;
        memmove(p->tokens, p->tokens + 1, p->token_count * sizeof *p->tokens);
    }
}

static bool is_hexadecimal(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr("0123456789abcdefABCDEF \t", text.data[i]) == NULL)
            return false;
    return true;
}

/* The lines below `certificate`, up to `quit`. False: it is a line of the configuration. */
static bool take_hexadecimal(struct reading *r, const struct line *line)
{
    if (r->certificate == STATEMENT_NONE)
        return false;

    struct bytes *body = &r->statements->list[r->certificate].body;

    if (line->text.len > 0 && is_hexadecimal(line->text)) {
        if (body->data == NULL)
            *body = line->text;
        body->len = (size_t)(line->text.data + line->text.len - body->data);
        return true;
    }
    if (line->text.len > 0)
        r->certificate = STATEMENT_NONE;
    return line->text.len == 0 || is_word(line->text, "quit");
}

static void read_line(struct reading *r, struct parsed *p)
{
    if (take_hexadecimal(r, &p->line))
        return;

    bool is_inside = r->parent != STATEMENT_NONE && p->line.indent > r->parent_indent;

    if (line_is_noise(&p->line)) {
        if (p->line.text.len > 0 && p->line.text.data[0] == '!' && p->line.indent == 0)
            r->is_open = false;
        return;
    }
    p->token_count = line_tokens(&p->line, p->tokens, TOKENS_MAX, &p->is_cut);
    if (!(is_inside && r->mode == MODE_KEPT) && p->token_count == 1 &&
        (is_word(p->tokens[0].text, "exit") || is_word(p->tokens[0].text, "quit") ||
         is_word(p->tokens[0].text, "end"))) {
        leave_mode(r);
        return;
    }
    take_no(p);
    if (is_inside)
        add_inside(r, p);
    else
        add_outside(r, p);
}

/* ---- whole files ---- */

/* What was built, keys among it, is wiped and given back: that makes room for the one finding. */
static bool refuse(struct conf *conf, struct arena *arena, size_t begin, uint32_t line, const char *sentence)
{
    const char *file_name = conf->file_name;

    *conf = (struct conf){.file_name = file_name};
    bytes_wipe(arena->data + begin, arena->len - begin);
    arena->is_full = false;
    arena->len = begin;
    conf->findings = arena_take(arena, sizeof *conf->findings);
    if (conf->findings != NULL) {
        conf->findings[0] = (struct conf_finding){CONF_ERROR, line, 0, file_name, sentence, ""};
        conf->finding_count = conf->error_count = 1;
    }
    return false;
}

static bool read_all(struct reading *r, struct bytes text)
{
    struct lines lines = lines_of(text);
    struct parsed *p = arena_take(r->arena, sizeof *p);

    r->conf->findings = arena_take(r->arena, CONF_FINDINGS_MAX * sizeof *r->conf->findings);
    if (p == NULL || r->conf->findings == NULL)
        return false;
    while (!r->arena->is_full && line_next(&lines, &p->line)) {
        if (r->ios != NULL && p->line.number <= r->ios->line_count)
            p->line.number = r->ios->lines[p->line.number - 1];
        read_line(r, p);
    }
    if (r->arena->is_full)
        return false;
    statements_order(r->statements);
    list_unused(r->conf, r->statements, r->arena);
    findings_keep(r->conf);
    return !r->arena->is_full;
}

bool conf_read(struct conf *conf, struct bytes file_text, const char *file_name, struct arena *arena)
{
    uint32_t line = 0, line_count;
    size_t begin = arena->len;

    *conf = (struct conf){.file_name = file_name};
    if (file_text.len > CONF_FILE_MAX)
        return refuse(conf, arena, begin, 0, "the file is too long for a configuration");
    if (!lines_are_text(file_text, CONF_LINE_MAX, &line, &line_count))
        return refuse(conf, arena, begin, line,
                      "this is no configuration: a zero byte, or a line that is far too long");

    struct ios ios;

    conf->is_ios = ios_is_configuration(file_text);
    conf->ios_release = conf->is_ios ? ios_release_of(file_text) : IOS_RELEASE_UNKNOWN;
    if (conf->is_ios) {
        if (!ios_translate(&ios, file_text, arena))
            return refuse(conf, arena, begin, 0, "the configuration needs more memory than there is for it");
        file_text = ios.text;
        line_count = ios.line_count + 1;
    }

    const char *copy = arena_copy_text(arena, file_text);
    struct statements *statements = arena_take(arena, sizeof *statements);
    struct reading r = {.conf = conf,
                        .statements = statements,
                        .finder = {conf, arena, file_name},
                        .arena = arena,
                        .ios = conf->is_ios ? &ios : NULL};

    if (conf->is_ios)
        bytes_wipe((void *)ios.text.data, ios.text.len); /* the keys are in the copy, where conf_wipe finds them */
    leave_mode(&r);
    if (copy == NULL || statements == NULL || !statements_make(statements, line_count, arena) ||
        !read_all(&r, bytes_of(copy, file_text.len)) || !conf_compile(conf, statements, (struct secrets){0}, arena))
        return refuse(conf, arena, begin, 0, "the configuration needs more memory than there is for it");
    conf->statements = statements;
    return true;
}

void conf_wipe(struct conf *conf)
{
    for (uint32_t i = 0; conf->statements != NULL && i < conf->statements->count; i++) {
        const struct statement *s = &conf->statements->list[i];
        bool is_under_key = s->parent != STATEMENT_NONE && conf->statements->list[s->parent].row != NULL &&
                            conf->statements->list[s->parent].row->kind == STATEMENT_tunnel_ipsec;

        /* The text is ours: a copy in the arena. */
        if (s->state == STATEMENT_IS_KNOWN &&
            (s->row->kind == STATEMENT_pre_shared_key || s->row->kind == STATEMENT_passphrase ||
             s->row->kind == STATEMENT_client_group || s->row->kind == STATEMENT_client_user))
            bytes_wipe((void *)statement_argument(s, "key", 0).data, statement_argument(s, "key", 0).len);
        else if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_username)
            bytes_wipe((void *)statement_argument(s, "user-password", 0).data,
                       statement_argument(s, "user-password", 0).len);
        else if (s->state != STATEMENT_IS_KNOWN && s->row != NULL &&
                 (s->row->kind == STATEMENT_username || s->row->kind == STATEMENT_client_group ||
                  s->row->kind == STATEMENT_client_user))
            bytes_wipe((void *)s->text.data, s->text.len);
        else if (s->state != STATEMENT_IS_KNOWN && is_under_key)
            bytes_wipe((void *)s->text.data, s->text.len);
    }
    if (conf->secret_keys.len > 0)
        bytes_wipe((void *)conf->secret_keys.data, conf->secret_keys.len);
    for (uint16_t i = 0; i < conf->private_key_count; i++)
        bytes_wipe((void *)conf->private_keys[i].der.data, conf->private_keys[i].der.len);
    conf->key_count = conf->private_key_count = 0;
    conf->user_count = conf->credential_count = 0;
}
