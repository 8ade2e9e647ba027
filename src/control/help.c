/* What is said about commands: the list, and why one was not understood. The errors are worded as on an ASA. */
#include "control/request.h"

#include "base/check.h"

static void add_words(struct text *t, const struct bytes *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(t, "%s", i ? " " : "");
        text_add_escaped(t, words[i]);
    }
}

static void add_expected(struct text *t, const struct control_parse *parse, const char *begin)
{
    if (parse->expected_count == 0)
        return;
    text_add(t, "%s", begin);
    for (size_t i = 0; i < parse->expected_count; i++) {
        struct bytes name = bytes_of(parse->expected[i], parse->expected_len[i]);
        const char *meaning = control_argument_meaning(name);

        text_add(t, "%s%s", i == 0 ? "" : i + 1 < parse->expected_count ? ", " : " or ", meaning ? meaning : "");
        if (!meaning)
            text_add_escaped(t, name);
    }
    text_add(t, "\n");
}

void control_parse_explain(const struct control_parse *parse, const struct bytes *words, size_t word_count,
                           struct text *t)
{
    switch (parse->result) {
    case CONTROL_PARSED: return;
    case CONTROL_INCOMPLETE:
        text_add(t, "ERROR: %% Incomplete command\n");
        add_expected(t, parse, "  what can follow: ");
        return;
    case CONTROL_AMBIGUOUS:
        text_add(t, "ERROR: %% Ambiguous command:  \"");
        add_words(t, words, parse->word + 1);
        text_add(t, "\"\n");
        add_expected(t, parse, "  it may be: ");
        return;
    case CONTROL_INVALID: break;
    }
    size_t before = t->len;

    CHECK(parse->word < word_count);
    add_words(t, words, parse->word);
    size_t column = t->len - before + (parse->word ? 1 : 0);

    t->len = before;
    t->data[before] = '\0';
    add_words(t, words, word_count);
    text_add(t, "\n%*s^\nERROR: %% Invalid input detected at '^' marker.\n", (int)column, "");
    if (parse->expected_count)
        add_expected(t, parse, "  expected here: ");
    else
        text_add(t, "  nothing can follow here\n");
}

/* The help begins in this column; longer commands have it on the next line. */
enum { HELP_COLUMN = 46, HELP_WIDTH = 118 };

static void add_wrapped(struct text *t, const char *sentence)
{
    size_t column = HELP_COLUMN;

    for (const char *at = sentence; *at;) {
        size_t len = 0;

        while (at[len] && at[len] != ' ')
            len++;
        if (column + 1 + len > HELP_WIDTH) {
            text_add(t, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        text_add(t, "%s%.*s", column > HELP_COLUMN ? " " : "", (int)len, at);
        column += len + (column > HELP_COLUMN ? 1 : 0);
        at += len;
        while (*at == ' ')
            at++;
    }
    text_add(t, "\n");
}

void control_help(struct text *t)
{
    enum control_request_id id;
    const char *words;

    for (size_t request = 0; request < CONTROL_REQUEST_COUNT; request++) {
        const struct control_request_info *info = control_request_info((enum control_request_id)request);

        text_add(t, "  %-*s", HELP_COLUMN - 2, info->words);
        add_wrapped(t, info->help);
        for (size_t i = 0; (words = control_spelling(i, &id)); i++) {
            if (id == request && words != info->words)
                text_add(t, "  %-*salso\n", HELP_COLUMN - 2, words);
        }
    }
    text_add(t, "\nWords may be shortened as long as they stay unique: sh cry isa sa.\n");
}
