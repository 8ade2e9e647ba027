#include "control/request.h"

#include "base/check.h"
#include "base/device.h"
#include "control/argument.h"

#include <string.h>

enum { ELEMENTS_MAX = 31 };

static const struct control_request_info requests[] = {
#define REQUEST(name, words, where, who, how, help) {#name, words, CONTROL_##where, CONTROL_##who, CONTROL_##how, help},
#define ALSO(...)
#include "control/requests.def"
#undef REQUEST
#undef ALSO
};

static const struct {
    enum control_request_id id;
    const char *words;
} spellings[] = {
#define REQUEST(name, words, ...) {CONTROL_##name, words},
#define ALSO(name, words) {CONTROL_##name, words},
#include "control/requests.def"
#undef REQUEST
#undef ALSO
};

static const struct {
    const char *word, *meaning;
    bool is_own;
} word_rows[] = {
#define WORD(word, meaning) {word, meaning, false},
#define OWN(word, meaning) {word, meaning, true},
#include "control/words.def"
#undef WORD
#undef OWN
};

const struct control_scope control_scope_once = {.is_session = false, .is_admin = true};

static const struct {
    const char *name, *sentence;
} errors[] = {
#define ERROR(name, sentence) {#name, sentence},
#include "control/errors.def"
#undef ERROR
};

/* One word of a row. What stands in brackets may be left out: `skip_to` is the place behind it, for its first word. */
struct element {
    struct bytes text;
    enum argument argument; /* ARGUMENT_COUNT: a keyword */
    uint8_t skip_to;        /* 0: must be there */
};

struct pattern {
    struct element elements[ELEMENTS_MAX];
    uint8_t count;
    uint8_t again_from, again_to; /* between these places what may be left out may come in any order */
};

const struct control_request_info *control_request_info(enum control_request_id id)
{
    CHECK(id < CONTROL_REQUEST_COUNT);
    return &requests[id];
}

const char *control_spelling(size_t index, enum control_request_id *id)
{
    if (index >= COUNT_OF(spellings))
        return NULL;
    if (id)
        *id = spellings[index].id;
    return spellings[index].words;
}

const char *control_error_name(enum control_error error)
{
    CHECK(error < CONTROL_ERROR_COUNT);
    return errors[error].name;
}

const char *control_error_sentence(enum control_error error)
{
    CHECK(error < CONTROL_ERROR_COUNT);
    return errors[error].sentence;
}

const char *control_word_meaning(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(word_rows); i++) {
        if (bytes_equal(word, bytes_of_text(word_rows[i].word)))
            return word_rows[i].meaning;
    }
    CHECK(!"a word of requests.def has no row in words.def");
    return NULL;
}

static struct pattern pattern_of(const char *words)
{
    struct pattern p = {0};
    size_t group_begin = 0;
    bool is_in_group = false;

    for (const char *at = words; *at;) {
        if (*at == ' ') {
            at++;
        } else if (*at == '[') {
            is_in_group = true;
            group_begin = p.count;
            at++;
        } else if (*at == ']') {
            CHECK(is_in_group && p.count > group_begin);
            p.elements[group_begin].skip_to = p.count;
            is_in_group = false;
            at++;
        } else if (*at == '{' || *at == '}') {
            *(*at == '{' ? &p.again_from : &p.again_to) = p.count;
            at++;
        } else {
            size_t len = strcspn(at, " []{}");

            CHECK(p.count < ELEMENTS_MAX);
            p.elements[p.count].text = bytes_of(at, len);
            p.elements[p.count].argument = argument_of(p.elements[p.count].text);
            p.count++;
            at += len;
        }
    }
    CHECK(!is_in_group);
    return p;
}

/* A set of places in a row: bit `i` is before element i; the bit behind the last element means that the row may end
 * here. */
static uint32_t with_skips(const struct pattern *p, uint32_t places)
{
    for (size_t i = p->again_from; i <= p->again_to; i++) {
        if ((places & 1U << i) && (i == p->again_to || p->elements[i].skip_to))
            places |= 1U << p->again_from;
    }
    for (size_t i = 0; i < p->count; i++) {
        if ((places & 1U << i) && p->elements[i].skip_to)
            places |= 1U << p->elements[i].skip_to;
    }
    return places;
}

static void expect(struct control_parse *parse, struct bytes text)
{
    for (size_t i = 0; i < parse->expected_count; i++) {
        if (bytes_equal(text, bytes_of(parse->expected[i], parse->expected_len[i])))
            return;
    }
    if (parse->expected_count < CONTROL_EXPECTED_MAX) {
        parse->expected[parse->expected_count] = (const char *)text.data;
        parse->expected_len[parse->expected_count++] = (uint8_t)text.len;
    }
}

struct walk {
    struct pattern patterns[COUNT_OF(spellings)];
    uint32_t places[COUNT_OF(spellings)];
};

/* What `parse->expected` becomes: keywords that begin with the word, or (`word` NULL) all that could stand there. */
static void gather(const struct walk *walk, const struct bytes *word, struct control_parse *parse)
{
    parse->expected_count = 0;
    for (size_t row = 0; row < COUNT_OF(spellings); row++) {
        for (size_t i = 0; i < walk->patterns[row].count; i++) {
            const struct element *e = &walk->patterns[row].elements[i];

            if (!(walk->places[row] & 1U << i))
                continue;
            if (!word || (e->argument == ARGUMENT_COUNT && word->len > 0 && bytes_begin_with(e->text, *word)))
                expect(parse, e->text);
        }
    }
}

/* All rows go on by that element, whose name this is. */
static void go(struct walk *walk, struct bytes name)
{
    for (size_t row = 0; row < COUNT_OF(spellings); row++) {
        uint32_t next = 0;

        for (size_t i = 0; i < walk->patterns[row].count; i++) {
            if ((walk->places[row] & 1U << i) && bytes_equal(walk->patterns[row].elements[i].text, name))
                next |= 1U << (i + 1);
        }
        walk->places[row] = with_skips(&walk->patterns[row], next);
    }
}

static void note_rest(struct control_parse *parse, struct bytes name, size_t at)
{
    enum argument argument = argument_of(name);

    if (argument == ARGUMENT_COUNT || argument_kind(argument) < KIND_REST || parse->takes_rest)
        return;
    parse->takes_rest = true;
    parse->rest_at = at;
    parse->rest_is_statement = argument_kind(argument) == KIND_STATEMENT;
}

static bool is_own(struct bytes keyword)
{
    for (size_t i = 0; i < COUNT_OF(word_rows); i++) {
        if (bytes_equal(keyword, bytes_of_text(word_rows[i].word)))
            return word_rows[i].is_own;
    }
    return false;
}

static bool is_there(const struct control_parse *parse, struct bytes word)
{
    for (size_t i = 0; i < parse->expected_count; i++) {
        if (bytes_equal(bytes_of(parse->expected[i], parse->expected_len[i]), word))
            return true;
    }
    return false;
}

/* Of what the word may mean, words of the devices alone, if there are any. */
static void prefer_theirs(struct control_parse *parse)
{
    size_t kept = 0;

    for (size_t i = 0; i < parse->expected_count; i++) {
        if (is_own(bytes_of(parse->expected[i], parse->expected_len[i])))
            continue;
        parse->expected[kept] = parse->expected[i];
        parse->expected_len[kept++] = parse->expected_len[i];
    }
    if (kept > 0)
        parse->expected_count = kept;
}

/* The one that all others go on from (interface of interfaces) is meant, wherever there is one. */
static void prefer_shortest(struct control_parse *parse)
{
    for (size_t i = 0; i < parse->expected_count; i++) {
        struct bytes shortest = bytes_of(parse->expected[i], parse->expected_len[i]);
        size_t longer = 0;

        for (size_t k = 0; k < parse->expected_count; k++)
            longer += bytes_begin_with(bytes_of(parse->expected[k], parse->expected_len[k]), shortest);
        if (longer < parse->expected_count)
            continue;
        parse->expected[0] = (const char *)shortest.data;
        parse->expected_len[0] = (uint8_t)shortest.len;
        parse->expected_count = 1;
        return;
    }
}

/* One word: a keyword in full, else the one keyword that begins so, else an argument. */
static enum control_parse_result take(struct walk *walk, struct bytes word, struct control_request *request,
                                      struct control_parse *parse)
{
    parse->is_device_begun = false;
    gather(walk, &word, parse);
    if (!is_there(parse, word)) {
        prefer_theirs(parse);
        prefer_shortest(parse);
    }
    for (size_t i = 0; i < parse->expected_count; i++) {
        struct bytes keyword = bytes_of(parse->expected[i], parse->expected_len[i]);

        if (parse->expected_count == 1 || bytes_equal(keyword, word)) {
            keyword_take(request, keyword);
            parse->spelled[parse->word] = keyword;
            go(walk, keyword);
            return CONTROL_PARSED;
        }
    }
    if (parse->expected_count > 1)
        return CONTROL_AMBIGUOUS;
    gather(walk, NULL, parse);
    for (size_t i = 0; i < parse->expected_count; i++) {
        struct bytes name = bytes_of(parse->expected[i], parse->expected_len[i]);

        if (argument_take(request, argument_of(name), word)) {
            note_rest(parse, name, parse->word);
            parse->is_device_begun = argument_of(name) == ARGUMENT_INTERFACE && device_is_kind(word);
            parse->spelled[parse->word] = word;
            go(walk, name);
            return CONTROL_PARSED;
        }
    }
    return CONTROL_INVALID;
}

/* `gi 0/1`: the name of an interface in two words, also where the first could be a keyword. */
static bool take_device(struct walk *walk, const struct bytes *words, size_t word_count,
                        struct control_request *request, struct control_parse *parse)
{
    const struct bytes name = bytes_of_text("INTERFACE");
    char space[CONTROL_WORD_SIZE];
    struct text typed = text_of(space, sizeof space);
    size_t at = parse->word;

    if (at + 1 >= word_count || !device_is_kind(words[at]) || !device_is_place(words[at + 1]))
        return false;
    gather(walk, NULL, parse);
    text_add_plain(&typed, words[at]);
    text_add(&typed, " ");
    text_add_plain(&typed, words[at + 1]);
    if (!is_there(parse, name) || typed.is_cut || !argument_take(request, ARGUMENT_INTERFACE, bytes_of_text(space)))
        return false;
    parse->is_device_begun = false;
    parse->spelled[at] = words[at];
    parse->spelled[at + 1] = words[at + 1];
    parse->word++;
    go(walk, name);
    return true;
}

static bool is_at_end(const struct walk *walk, enum control_request_id *id)
{
    for (size_t row = 0; row < COUNT_OF(spellings); row++) {
        if (walk->places[row] & 1U << walk->patterns[row].count) {
            *id = spellings[row].id;
            return true;
        }
    }
    return false;
}

static bool add_rest(struct control_request *request, struct bytes word)
{
    struct text t = {request->rest, strlen(request->rest), sizeof request->rest, false};

    if (word.len >= CONTROL_WORD_SIZE || memchr(word.data, '\0', word.len))
        return false;
    text_add(&t, " %.*s", (int)word.len, (const char *)word.data);
    return !t.is_cut;
}

static bool is_in_scope(struct control_scope scope, enum control_request_id id)
{
    return (requests[id].where != CONTROL_SESSION || scope.is_session) &&
           (requests[id].where != CONTROL_CONFIGURING || scope.is_configuring) &&
           (requests[id].who == CONTROL_READER || scope.is_admin);
}

static void begin(struct walk *walk, struct control_scope scope)
{
    for (size_t row = 0; row < COUNT_OF(spellings); row++) {
        walk->patterns[row] = pattern_of(spellings[row].words);
        walk->places[row] = is_in_scope(scope, spellings[row].id) ? with_skips(&walk->patterns[row], 1) : 0;
    }
}

static bool take_all(struct walk *walk, const struct bytes *words, size_t word_count, struct control_request *found,
                     struct control_parse *parse)
{
    for (parse->word = 0; parse->word < word_count; parse->word++) {
        if (parse->takes_rest) {
            parse->spelled[parse->word] = words[parse->word];
            parse->result = add_rest(found, words[parse->word]) ? CONTROL_PARSED : CONTROL_INVALID;
        } else if (take_device(walk, words, word_count, found, parse)) {
            parse->result = CONTROL_PARSED;
        } else {
            parse->result = take(walk, words[parse->word], found, parse);
        }
        if (parse->result != CONTROL_PARSED)
            return false;
    }
    return true;
}

bool control_request_parse_in(struct control_scope scope, struct control_request *request, const struct bytes *words,
                              size_t word_count, struct control_parse *parse)
{
    struct walk walk;
    struct control_request found = {0};

    *parse = (struct control_parse){0};
    begin(&walk, scope);
    if (!take_all(&walk, words, word_count, &found, parse))
        return false;
    gather(&walk, NULL, parse);
    if (!is_at_end(&walk, &found.id)) {
        parse->result = CONTROL_INCOMPLETE;
        return false;
    }
    *request = found;
    return true;
}

bool control_request_parse(struct control_request *request, const struct bytes *words, size_t word_count,
                           struct control_parse *parse)
{
    return control_request_parse_in(control_scope_once, request, words, word_count, parse);
}

/* Behind one word of an argument that takes all that are left there may be another. */
static void expect_more(const struct walk *walk, struct control_parse *parse)
{
    for (size_t row = 0; row < COUNT_OF(spellings); row++) {
        const struct pattern *p = &walk->patterns[row];
        const struct element *last = &p->elements[p->count - 1];

        if (walk->places[row] & 1U << p->count && last->argument != ARGUMENT_COUNT &&
            argument_kind(last->argument) == KIND_REST)
            expect(parse, last->text);
    }
}

bool control_request_next(struct control_scope scope, const struct bytes *words, size_t word_count, struct bytes prefix,
                          struct control_parse *parse, bool *may_end)
{
    struct walk walk;
    struct control_request found = {0};
    struct control_parse all = {0};
    enum control_request_id id;

    *parse = (struct control_parse){0};
    begin(&walk, scope);
    if (!take_all(&walk, words, word_count, &found, parse))
        return false;
    gather(&walk, NULL, &all);
    parse->expected_count = 0;
    if (parse->takes_rest && prefix.len == 0)
        expect_more(&walk, parse);
    if (parse->is_device_begun && prefix.len == 0)
        expect(parse, bytes_of_text("PLACE"));
    for (size_t i = 0; i < all.expected_count; i++) {
        struct bytes name = bytes_of(all.expected[i], all.expected_len[i]);
        bool is_keyword = argument_of(name) == ARGUMENT_COUNT;

        note_rest(parse, name, word_count);
        if (is_keyword ? bytes_begin_with(name, prefix) : prefix.len == 0)
            expect(parse, name);
    }
    *may_end = prefix.len == 0 && is_at_end(&walk, &id);
    return true;
}

bool control_split(struct bytes line, struct bytes words[static CONTROL_WORDS_MAX], size_t *word_count)
{
    size_t count = 0;

    for (size_t at = 0; at < line.len;) {
        size_t begin = at;

        while (at < line.len && line.data[at] != ' ' && line.data[at] != '\t')
            at++;
        if (at > begin) {
            if (count == CONTROL_WORDS_MAX)
                return false;
            words[count++] = bytes_of(line.data + begin, at - begin);
        } else {
            at++;
        }
    }
    *word_count = count;
    return true;
}
