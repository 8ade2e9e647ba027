/* Reading scenario files by the rows of scenario.def. */
#include "sim/scenario.h"

#include <string.h>

static const char *const patterns[LINE_KINDS] = {
#define LINE(name, pattern) [LINE_##name] = pattern,
#include "sim/scenario.def"
#undef LINE
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static size_t word_len(const char *at)
{
    size_t len = 0;

    while (at[len] != '\0' && !is_blank(at[len]) && at[len] != '\'' && at[len] != ',')
        len++;
    return len;
}

static bool read_number(const char **at, uint32_t *number)
{
    const char *start = *at;

    for (*number = 0; **at >= '0' && **at <= '9' && *at - start < 9; ++*at)
        *number = *number * 10 + (uint32_t)(**at - '0');
    return *at != start;
}

static bool read_unit(const char **at, uint64_t *factor)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    size_t len = word_len(*at);

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strlen(units[i].name) == len && strncmp(*at, units[i].name, len) == 0) {
            *factor = units[i].ms;
            *at += len;
            return true;
        }
    return false;
}

static bool read_time(const char **at, uint64_t *ms)
{
    uint32_t number;
    uint64_t factor;

    if (!read_number(at, &number) || !read_unit(at, &factor))
        return false;
    *ms = number * factor;
    return true;
}

static bool read_site(const struct scenario *s, const char **at, uint32_t *site)
{
    size_t len = word_len(*at);

    for (*site = 0; *site < s->site_count; ++*site)
        if (strlen(s->names[*site]) == len && strncmp(s->names[*site], *at, len) == 0) {
            *at += len;
            return true;
        }
    return false;
}

static bool read_impairment(const char **at, enum impairment *impairment)
{
    for (int i = IMPAIR_NONE + 1; i < IMPAIR_COUNT; i++) {
        size_t len = strlen(impairment_words((enum impairment)i));

        if (strncmp(*at, impairment_words((enum impairment)i), len) == 0 && (*at)[len] == ' ') {
            *impairment = (enum impairment)i;
            *at += len;
            return true;
        }
    }
    return false;
}

static bool read_times(const char **at, uint32_t *times)
{
    static const char *const words[] = {"never", "once", "twice"};
    size_t len = word_len(*at);

    for (uint32_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i]) == len && strncmp(words[i], *at, len) == 0) {
            *times = i;
            *at += len;
            return true;
        }
    if (!read_number(at, times) || strncmp(*at, " times", 6) != 0)
        return false;
    *at += 6;
    return true;
}

static bool read_nth(const char **at, uint32_t *nth)
{
    if (!read_number(at, nth) || word_len(*at) != 2)
        return false;
    *at += 2; /* st, nd, rd, th */
    return true;
}

static bool copy_text(char *to, const char **at, size_t len)
{
    if (len == 0 || len >= SCENARIO_TEXT_SIZE)
        return false;
    memcpy(to, *at, len);
    to[len] = '\0';
    *at += len;
    return true;
}

struct match {
    struct scenario_line *line;
    uint32_t site_count, time_count;
};

static bool match_place(const struct scenario *s, struct match *m, const char *place, size_t len, const char **at)
{
    struct scenario_line *line = m->line;

#define IS(name) (len == sizeof(name) - 1 && strncmp(place, name, len) == 0)
    if (IS("SITE"))
        return m->site_count < COUNT_OF(line->sites) && read_site(s, at, &line->sites[m->site_count++]);
    if (IS("TIME"))
        return m->time_count < 2 && read_time(at, &line->time_ms[m->time_count++]);
    if (IS("NTH"))
        return read_nth(at, &line->nth);
    if (IS("NUMBER"))
        return read_number(at, &line->number);
    if (IS("TIMES"))
        return read_times(at, &line->times);
    if (IS("FAULT"))
        return read_impairment(at, &line->impairment);
    if (IS("WORD"))
        return copy_text(line->text, at, word_len(*at));
    return IS("TEXT") && copy_text(line->text, at, strlen(*at));
#undef IS
}

static bool is_place(const char *word, size_t len)
{
    static const char *const places[] = {"SITE", "TIME", "NTH", "NUMBER", "TIMES", "FAULT", "WORD", "TEXT"};

    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (strlen(places[i]) == len && strncmp(places[i], word, len) == 0)
            return true;
    return false;
}

/* `at` stands behind what the pattern says when it fits. */
static bool matches(const struct scenario *s, const char *pattern, const char **at, struct scenario_line *line)
{
    struct match m = {.line = line};

    while (*pattern != '\0') {
        if (is_blank(*pattern)) {
            if (!is_blank(**at))
                return false;
            pattern = skip_blanks(pattern);
            *at = skip_blanks(*at);
            continue;
        }
        size_t len = word_len(pattern);
        if (len > 0 && is_place(pattern, len)) {
            if (!match_place(s, &m, pattern, len, at))
                return false;
            pattern += len;
            continue;
        }
        len = len == 0 ? 1 : len;
        if (strncmp(pattern, *at, len) != 0)
            return false;
        pattern += len;
        *at += len;
    }
    return true;
}

static bool is_expect(enum scenario_line_kind kind)
{
    return strncmp(patterns[kind], "expect", 6) == 0;
}

/* "within TIME" at the end, with "..., with the same keys" behind it as people say it. */
static bool read_tail(const char *at, struct scenario_line *line)
{
    static const char within[] = "within ", same_keys[] = ", with the same keys";

    at = skip_blanks(at);
    if (is_expect(line->kind) && strncmp(at, within, sizeof within - 1) == 0) {
        at += sizeof within - 1;
        if (!read_time(&at, &line->within_ms))
            return false;
        line->is_within = true;
    }
    if (line->kind == LINE_BOTH_UP && strncmp(at, same_keys, sizeof same_keys - 1) == 0) {
        line->kind = LINE_SAME_KEYS;
        at += sizeof same_keys - 1;
    }
    return *skip_blanks(at) == '\0';
}

/* "at TIME" before what stands behind it: of an `expect`, and of a repair. */
static bool read_at(const char **at, struct scenario_line *line)
{
    if (strncmp(*at, "at ", 3) != 0)
        return true;
    *at = skip_blanks(*at + 3);
    line->is_at = true;
    if (!read_time(at, &line->at_ms))
        return false;
    *at = skip_blanks(*at);
    return true;
}

static bool read_line(const struct scenario *s, const char *text, struct scenario_line *line)
{
    static const char expect[] = "expect";
    struct scenario_line begun = {.line = line->line};
    bool is_expectation = strncmp(text, expect, sizeof expect - 1) == 0;

    if (is_expectation) {
        text = skip_blanks(text + sizeof expect - 1);
        if (!read_at(&text, &begun))
            return false;
    }
    for (int kind = 0; kind < LINE_KINDS; kind++) {
        const char *at = text;
        const char *pattern = patterns[kind];

        if (is_expect((enum scenario_line_kind)kind) != is_expectation)
            continue;
        if (is_expectation)
            pattern += sizeof expect; /* and its blank */
        *line = begun;
        line->kind = (enum scenario_line_kind)kind;
        if (matches(s, pattern, &at, line) && read_tail(at, line))
            return true;
    }
    return false;
}

/* "repair: at TIME ..." is what a `given` says, from that time on, or the same without "repair:". */
static bool read_repair(const struct scenario *s, const char *text, struct scenario_line *line)
{
    static const char given[] = "given: ";
    const char *rest = skip_blanks(text);
    struct scenario_line begun = {.line = line->line};
    char as_given[SCENARIO_TEXT_SIZE * 2];
    struct text t = text_of(as_given, sizeof as_given);
    bool is_good = read_at(&rest, &begun) && begun.is_at;

    text_add(&t, "%s%s", given, rest);
    is_good = is_good && !t.is_cut && (read_line(s, as_given, line) || read_line(s, skip_blanks(text), line));
    line->is_repair = true;
    line->at_ms = begun.at_ms;
    return is_good;
}

/* "west (initiator) east": what stands in brackets is for the reader. */
static bool read_peers(struct scenario *s, const char *text)
{
    for (const char *at = skip_blanks(text); *at != '\0'; at = skip_blanks(at)) {
        size_t len = word_len(at);

        if (*at == '(') {
            const char *end = strchr(at, ')');

            if (end == NULL)
                return false;
            at = end + 1;
            continue;
        }
        if (*at == ',' || len == 0) {
            at++;
            continue;
        }
        if (s->site_count == SIM_SITES_MAX || len >= SCENARIO_NAME_SIZE)
            return false;
        memcpy(s->names[s->site_count], at, len);
        s->names[s->site_count++][len] = '\0';
        at += len;
    }
    return s->site_count >= 2;
}

static bool take_line(struct scenario *s, const char *text, uint32_t number, struct text *error)
{
    static const char repair[] = "repair:";
    struct scenario_line *line = &s->lines[s->line_count];

    if (s->line_count == SCENARIO_LINES_MAX) {
        text_add(error, "line %u: more than %u lines", number, SCENARIO_LINES_MAX);
        return false;
    }
    *line = (struct scenario_line){.line = number};
    bool is_repair = strncmp(text, repair, sizeof repair - 1) == 0;
    if (!(is_repair ? read_repair(s, text + sizeof repair - 1, line) : read_line(s, text, line)) ||
        (line->kind == LINE_PEERS && !read_peers(s, line->text))) {
        text_add(error, "line %u is none that scenario.def knows: ", number);
        text_add_escaped(error, bytes_of(text, strlen(text)));
        return false;
    }
    if (line->kind == LINE_TITLE)
        memcpy(s->title, line->text, sizeof s->title);
    else if (line->kind != LINE_PEERS)
        s->line_count++;
    return true;
}

bool scenario_read(struct scenario *s, struct bytes text, struct text *error)
{
    uint32_t number = 0;

    *s = (struct scenario){0};
    while (text.len > 0) {
        char line[256];
        size_t len = 0, kept;

        while (len < text.len && text.data[len] != '\n')
            len++;
        kept = len < sizeof line ? len : sizeof line - 1;
        memcpy(line, text.data, kept);
        while (kept > 0 && is_blank(line[kept - 1]))
            kept--;
        line[kept] = '\0';
        text = bytes_after(text, len < text.len ? len + 1 : len);
        number++;
        if (kept > 0 && line[0] != '#' && !take_line(s, skip_blanks(line), number, error))
            return false;
    }
    if (s->site_count == 0 || s->title[0] == '\0')
        text_add(error, "it has no scenario: or peers: line");
    return s->site_count > 0 && s->title[0] != '\0';
}
