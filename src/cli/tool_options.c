#include "cli/tool_options.h"

#include "base/check.h"

#include <string.h>

void tool_options_prepare(const struct tool_option *rows, size_t count,
                          struct option words[static TOOL_OPTIONS_MAX + 1], char letters[static TOOL_LETTERS_SIZE])
{
    char *end = letters;

    CHECK(count <= TOOL_OPTIONS_MAX);
    *end++ = ':';
    for (size_t i = 0; i < count; i++) {
        words[i] =
            (struct option){rows[i].word, rows[i].argument ? required_argument : no_argument, NULL, rows[i].letter};
        *end++ = (char)rows[i].letter;
        if (rows[i].argument)
            *end++ = ':';
    }
    words[count] = (struct option){0};
    *end = '\0';
}

void tool_options_help(FILE *out, const struct tool_option *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  -%c, --%-8s %-6s %s\n", rows[i].letter, rows[i].word, rows[i].argument ? rows[i].argument : "",
                rows[i].help);
}
