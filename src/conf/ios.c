#include "conf/ios_parts.h"

#include "base/device.h"
#include "conf/line.h"

#include <string.h>

static const struct ios_row rows[] = {
#define IOS(mode, pattern, enters, becomes) {IOS_##mode, pattern, IOS_##enters, becomes},
#define UNUSED(...)
#include "conf/ios.def"
#undef IOS
#undef UNUSED
};

static const struct {
    const char *pattern, *why;
} unused_rows[] = {
#define IOS(...)
#define UNUSED(pattern, why) {pattern, why},
#include "conf/ios.def"
#undef IOS
#undef UNUSED
};

const struct ios_row *ios_row(size_t index)
{
    return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

static const char *const only_ios[] = {"crypto isakmp key ",
                                       "ip access-list extended ",
                                       "crypto keyring ",
                                       "crypto isakmp keepalive ",
                                       "service timestamps ",
                                       "crypto isakmp client configuration group ",
                                       "ip sla "};

bool ios_is_configuration(struct bytes text)
{
    struct lines lines = lines_of(text);
    struct line line;

    while (line_next(&lines, &line)) {
        for (size_t i = 0; line.indent == 0 && i < COUNT_OF(only_ios); i++) {
            if (bytes_begin_with(line.text, bytes_of_text(only_ios[i])))
                return true;
        }
        if (line.indent == 0 && bytes_begin_with(line.text, bytes_of_text("ASA Version")))
            return false;
    }
    return false;
}

enum ios_release ios_release_of(struct bytes text)
{
    static const struct {
        unsigned from; /* major * 100 + minor */
        enum ios_release release;
    } releases[] = {{1600, IOS_RELEASE_NEW}, {1204, IOS_RELEASE_MIDDLE}, {1000, IOS_RELEASE_OLD}};
    struct lines lines = lines_of(text);
    struct line line;

    while (line_next(&lines, &line)) {
        struct bytes version = bytes_of_text("version ");
        unsigned numbers[2] = {0}, at = 0;

        if (line.indent != 0 || !bytes_begin_with(line.text, version))
            continue;
        for (struct bytes rest = bytes_after(line.text, version.len); rest.len > 0 && at < 2;
             rest = bytes_after(rest, 1)) {
            if (rest.data[0] == '.')
                at++;
            else if (rest.data[0] >= '0' && rest.data[0] <= '9' && numbers[at] < 100)
                numbers[at] = numbers[at] * 10 + (rest.data[0] - (unsigned)'0');
            else
                break;
        }
        for (size_t i = 0; i < COUNT_OF(releases); i++)
            if (numbers[0] * 100 + numbers[1] >= releases[i].from)
                return releases[i].release;
    }
    return IOS_RELEASE_UNKNOWN;
}

/* ---- does a line fit a pattern ---- */

/* encr.yption: from the dot on it may be left out. */
bool ios_is_word(const char *pattern, size_t len, struct bytes text)
{
    size_t at = 0;
    bool may_end = false;

    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '.') {
            may_end = true;
            continue;
        }
        if (at == text.len)
            return may_end;
        if (text.data[at++] != (uint8_t)pattern[i])
            return false;
    }
    return at == text.len;
}

static bool matches(const char *pattern, const struct token *tokens, uint16_t count, struct parts *parts);

/* [word]: with it, else without. */
static bool matches_optional(const char *pattern, size_t len, const struct token *tokens, uint16_t count,
                             struct parts *parts)
{
    const char *rest = pattern + len + (pattern[len] == ' ');

    if (count > 0 && (pattern[1] == '$' || ios_is_word(pattern + 1, len - 2, tokens[0].text))) {
        struct parts with = *parts;

        if (pattern[1] == '$')
            with.list[pattern[2] - '0'] = tokens[0].text;
        if (matches(rest, tokens + 1, (uint16_t)(count - 1), &with)) {
            *parts = with;
            return true;
        }
    }
    return matches(rest, tokens, count, parts);
}

static bool matches(const char *pattern, const struct token *tokens, uint16_t count, struct parts *parts)
{
    size_t len = strcspn(pattern, " ");

    if (len == 0)
        return count == 0;
    if (*pattern == '[')
        return matches_optional(pattern, len, tokens, count, parts);
    if (count == 0)
        return false;
    if (pattern[0] == '$' && pattern[1] == '*') {
        parts->list[0] = tokens[0].rest;
        return true;
    }
    if (pattern[0] == '$')
        parts->list[pattern[1] - '0'] = tokens[0].text;
    else if (!ios_is_word(pattern, len, tokens[0].text))
        return false;
    return matches(pattern + len + (pattern[len] == ' '), tokens + 1, (uint16_t)(count - 1), parts);
}

/* ---- what it becomes ---- */

void ios_put(struct translation *t, struct bytes bytes)
{
    text_add(&t->text, "%.*s", (int)bytes.len, (const char *)bytes.data);
}

void ios_end_line(struct translation *t)
{
    if (t->line_count < t->line_max)
        t->lines[t->line_count++] = t->number;
    else
        t->text.is_cut = true;
    text_add(&t->text, "\n");
}

void ios_put_line(struct translation *t, const char *begin, struct bytes one, const char *middle, struct bytes two)
{
    text_add(&t->text, "%s", begin);
    ios_put(t, one);
    text_add(&t->text, "%s", middle);
    ios_put(t, two);
    ios_end_line(t);
}

struct bytes ios_part(const struct translation *t, const struct parts *parts, const char *at)
{
    return (*at == '%' ? &t->header : parts)->list[at[1] == '*' ? 0 : at[1] - '0'];
}

void ios_put_template(struct translation *t, const char *becomes, const struct parts *parts)
{
    for (; *becomes; becomes++) {
        if (*becomes == '&') {
            ios_put(t, ios_nameif(t, t->header.list[*++becomes - '0']));
        } else if (*becomes == '$' || *becomes == '%') {
            ios_put(t, ios_part(t, parts, becomes));
            becomes++;
        } else if (*becomes == '#') {
            ios_put_type_7(t, parts->list[*++becomes - '0']);
        } else if (*becomes == '\n') {
            ios_end_line(t);
        } else {
            text_add(&t->text, "%c", *becomes);
        }
    }
    ios_end_line(t);
}

/* Of what is there already nothing is said anew. */
static void add_new(struct translation *t, const char *becomes, const struct parts *parts)
{
    size_t len = t->text.len;
    uint32_t line_count = t->line_count;

    ios_put_template(t, becomes, parts);
    if (t->running == NULL || !ios_is_known(t, bytes_of(t->text.data + len, strcspn(t->text.data + len, "\n")), len))
        return;
    t->text.len = len;
    t->text.data[len] = '\0';
    t->line_count = line_count;
}

/* `becomes` begins with the peer. */
static void add_peer(struct translation *t, const char *becomes, const struct parts *parts)
{
    ios_put_group(t, ios_part(t, parts, becomes));
    text_add(&t->text, " ");
    ios_put_template(t, becomes + strcspn(becomes, " ") + 1, parts);
}

void ios_spell_devices(const struct translation *t, struct token *tokens, uint16_t count)
{
    for (uint16_t i = 1; i < count; i++)
        if (bytes_equal(tokens[i - 1].text, bytes_of_text("interface")))
            tokens[i].text = device_in_full(tokens[i].text, t->arena);
}

bool ios_take(struct translation *t, enum ios_mode mode, const struct token *tokens, uint16_t count)
{
    static const char new[] = "@new ", peer[] = "@peer ";

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parts parts = {0};

        if (rows[i].mode != mode || !matches(rows[i].pattern, tokens, count, &parts))
            continue;
        if (mode == IOS_GLOBAL)
            t->header = parts;
        t->mode = rows[i].enters;
        if (mode == IOS_KEYRING && !t->is_no &&
            !ios_take_keyring_key(t, t->header.list[1], parts.list[1], parts.list[3]))
            return true;
        if (strncmp(rows[i].becomes, new, strlen(new)) == 0)
            add_new(t, rows[i].becomes + strlen(new), &parts);
        else if (strncmp(rows[i].becomes, peer, strlen(peer)) == 0)
            add_peer(t, rows[i].becomes + strlen(peer), &parts);
        else if (rows[i].becomes[0] == '@')
            ios_call(t, rows[i].becomes, &parts);
        else if (rows[i].becomes[0])
            ios_put_template(t, rows[i].becomes, &parts);
        return true;
    }
    return false;
}

/* As an ASA's statement a line that no row knows stands behind a word of its own. */
const char *ios_why_unused(struct bytes text)
{
    struct bytes mark = bytes_of_text("ios: ");
    struct lines lines = lines_of(bytes_begin_with(text, mark) ? bytes_after(text, mark.len) : text);
    struct line line;
    struct token tokens[TOKENS_MAX];
    bool is_cut;
    uint16_t count = line_next(&lines, &line) ? line_tokens(&line, tokens, TOKENS_MAX, &is_cut) : 0;
    size_t i = 0;

    for (struct parts parts; i + 1 < COUNT_OF(unused_rows); i++)
        if (matches(unused_rows[i].pattern, tokens, count, &parts))
            break;
    return unused_rows[i].why;
}

static void translate_line(struct translation *t, const struct line *line)
{
    struct token tokens[TOKENS_MAX];
    bool is_cut = false;
    bool is_text = ios_take_banner(t, line);
    uint16_t count = is_text || line_is_noise(line) ? 0 : line_tokens(line, tokens, TOKENS_MAX, &is_cut);

    t->number = line->number;
    if (count == 0)
        return;
    ios_spell_devices(t, tokens, count);
    if (!is_cut && line->indent > 0 && t->mode != IOS_GLOBAL && ios_take(t, t->mode, tokens, count))
        return;
    if (!is_cut && line->indent == 0 && ios_take(t, IOS_GLOBAL, tokens, count))
        return;
    if (line->indent == 0)
        t->mode = IOS_GLOBAL;
    /* Apart from what stands before it, so that it belongs to no block. */
    ios_put_line(t, "!", (struct bytes){0}, "", (struct bytes){0});
    ios_put_line(t, "ios: ", line->text, "", (struct bytes){0});
}

struct translation *ios_begin(size_t len, struct arena *arena)
{
    struct translation *t = arena_take(arena, sizeof *t);
    size_t size = len * GROWTH + 4096;

    if (t == NULL)
        return NULL;
    t->line_max = (uint32_t)(size / 8);
    t->lines = arena_take(arena, t->line_max * sizeof *t->lines);

    char *space = arena_take(arena, size);

    if (t->lines == NULL || space == NULL)
        return NULL;
    t->text = text_of(space, size);
    t->arena = arena;
    return t;
}

bool ios_translate(struct ios *ios, struct bytes text, struct arena *arena)
{
    struct translation *t = ios_begin(text.len, arena);
    struct lines lines = lines_of(text);
    struct line line;

    if (t == NULL)
        return false;
    /* What IOS takes when nothing is said. */
    ios_put_line(t, "crypto ipsec security-association lifetime seconds 3600", (struct bytes){0}, "",
                 (struct bytes){0});
    while (line_next(&lines, &line)) {
        t->ahead = lines.rest;
        translate_line(t, &line);
    }
    ios_add_remembered(t);
    *ios = (struct ios){bytes_of(t->text.data, t->text.len), t->lines, t->line_count};
    return !t->text.is_cut;
}
