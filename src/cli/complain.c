#include "cli/complain.h"

#include <string.h>

enum { EXPECTED_SHOWN_MAX = 16, SPACE_SIZE = 2048 };

static bool is_asa(const struct session *session)
{
    return session->dialect & (DIALECT_ASA | DIALECT_ASA8);
}

/* On a terminal what is complained of stands just above; in a script it is lost among the output. */
static FILE *place_of(const struct session *session)
{
    return session->is_terminal ? stdout : stderr;
}

static void say(const struct session *session, const char *sentence, const char *expected)
{
    FILE *out = place_of(session);

    fprintf(out, "%s%s\n", is_asa(session) ? "ERROR: " : "", sentence);
    if (*expected)
        fprintf(out, "  expected here: %s\n", expected);
    if (!is_asa(session))
        fputs("\n", out);
}

static void point_at(const struct session *session, struct bytes line, size_t at)
{
    char prompt[SESSION_PROMPT_SIZE], space[SPACE_SIZE];
    struct text before = text_of(space, sizeof space);
    size_t column = session->is_terminal ? strlen(session_prompt(session, prompt)) : 0;

    text_add_escaped(&before, bytes_of(line.data, at < line.len ? at : line.len));
    column += before.len;
    if (!session->is_terminal) {
        text_add_escaped(&before, bytes_after(line, at));
        fprintf(place_of(session), "%s\n", space);
    }
    fprintf(place_of(session), "%*s^\n", (int)column, "");
}

static void complain(const struct session *session, struct bytes line, size_t at, bool is_ambiguous, bool is_at_end,
                     size_t end, const char *expected)
{
    char space[SPACE_SIZE];
    struct text t = text_of(space, sizeof space);

    if (is_ambiguous) {
        text_add(&t, "%% Ambiguous command:  \"");
        text_add_escaped(&t, bytes_of(line.data, end));
        text_add(&t, "\"");
        say(session, space, expected);
    } else if (is_at_end) {
        say(session, is_asa(session) ? "% Incomplete command" : "% Incomplete command.", expected);
    } else {
        point_at(session, line, at);
        say(session, "% Invalid input detected at '^' marker.", expected);
    }
}

static void add_name(struct text *t, size_t index, size_t count, struct bytes name)
{
    text_add(t, "%s%.*s", index == 0 ? "" : index + 1 < count ? ", " : " or ", (int)name.len, (const char *)name.data);
}

static void complain_of_statement(const struct session *session, struct bytes line, const struct bytes *words,
                                  size_t word_count, size_t bad, const struct grammar_match *match)
{
    char space[SPACE_SIZE];
    struct text expected = text_of(space, sizeof space);
    bool is_at_end = bad >= word_count;
    size_t at = is_at_end ? line.len : (size_t)(words[bad].data - line.data);

    if (match->expected_count <= EXPECTED_SHOWN_MAX)
        text_add_expected(&expected, match);
    complain(session, line, at, match->outcome == GRAMMAR_AMBIGUOUS, is_at_end,
             is_at_end ? line.len : at + words[bad].len, space);
}

static void complain_of_command(const struct session *session, struct bytes line, const struct bytes *words,
                                size_t word_count, const struct control_parse *parse)
{
    char space[SPACE_SIZE];
    struct text expected = text_of(space, sizeof space);
    bool is_at_end = parse->result == CONTROL_INCOMPLETE;
    size_t at = is_at_end || parse->word >= word_count ? line.len : (size_t)(words[parse->word].data - line.data);

    for (size_t i = 0; parse->expected_count <= EXPECTED_SHOWN_MAX && i < parse->expected_count; i++) {
        struct bytes name = bytes_of(parse->expected[i], parse->expected_len[i]);
        const char *meaning = control_argument_meaning(name);

        add_name(&expected, i, parse->expected_count, meaning ? bytes_of_text(meaning) : name);
    }
    complain(session, line, at, parse->result == CONTROL_AMBIGUOUS, is_at_end,
             is_at_end ? line.len : at + words[parse->word].len, space);
}

void complain_of_line(const struct session *session, struct bytes line, const struct bytes *words, size_t word_count,
                      const struct control_parse *parse, const struct grammar_match *match)
{
    bool is_no = word_count > 1 && bytes_equal(words[0], bytes_of_text("no"));
    size_t bad = match ? (size_t)match->bad + is_no : 0;
    bool is_known = match && (match->bad > 0 || match->outcome == GRAMMAR_AMBIGUOUS);

    if (is_known && bad >= parse->word)
        complain_of_statement(session, line, words, word_count, bad, match);
    else
        complain_of_command(session, line, words, word_count, parse);
}

void complain_of_filter(const struct session *session, struct bytes line, size_t at, const char *expected)
{
    complain(session, line, at, false, at >= line.len, line.len, expected);
}

void complain_of_file(const struct session *session, const char *why)
{
    say(session, why, "");
}

void complain_of_length(const struct session *session)
{
    say(session, "% The command has too many words", "");
}
