/* The manual's page of all statements, from the grammar, with the samples of docs/ as its examples. */
#include "grammar_modes.h"
#include "page.h"

#include "base/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct argument_info arguments[] = {
#define ARGUMENT(name, kind, least, most, shown, help) {#name, ARGUMENT_##kind, least, most, shown, help},
#include "conf/grammar_rows.h"
};
/* clang-format on */

/* A line of mdoc(7) that is text, whatever it begins with. */
static void text_line(FILE *page, const char *line)
{
    fprintf(page, "\\&");
    for (; *line != '\0' && *line != '\n'; line++)
        *line == '\\' ? fputs("\\e", page) : fputc(*line, page);
    fputc('\n', page);
}

static bool is_in(const struct grammar_row *row, enum grammar_mode mode)
{
    return row->mode == mode && row->effect == EFFECT_USED;
}

static void statements_of(FILE *page, const struct grammar_mode_title *title)
{
    bool is_begun = false;

    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        const struct grammar_row *row = grammar_row(kind);

        if (!is_in(row, title->mode))
            continue;
        if (!is_begun)
            fprintf(page, ".Ss %s%s\n.Bl -tag -width Ds\n", title->below == NULL ? "Global statements" : "Below ",
                    title->below == NULL ? "" : title->below);
        is_begun = true;
        fprintf(page, ".It Xo\n\\&");
        write_syntax(page, row->syntax);
        fprintf(page, "\n.Xc\n");
        text_line(page, row->sample);
    }
    if (is_begun)
        fprintf(page, ".El\n");
}

static void values(FILE *page)
{
    fprintf(page, ".Sh VALUES\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < COUNT_OF(arguments); i++) {
        fprintf(page, ".It Xo\n\\&<%s>\n.Xc\n", arguments[i].name);
        text_line(page, arguments[i].help);
    }
    fprintf(page, ".El\n");
}

/* ---- examples */

static int is_sample(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static void sample(FILE *page, const char *folder, const char *name)
{
    char path[4096], line[1024];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    fprintf(page, ".Ss %.*s\n.Bd -literal\n", (int)(strlen(name) - 5), name);
    while (fgets(line, sizeof line, file) != NULL)
        text_line(page, line);
    fprintf(page, ".Ed\n");
    fclose(file);
}

static void samples(FILE *page, const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_sample, alphasort);

    CHECK(count > 0);
    fprintf(page, ".Sh EXAMPLES\nEach is whole, and runs as it stands.\n");
    for (int i = 0; i < count; i++) {
        sample(page, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

void write_manual(const char *samples_folder)
{
    FILE *page = file_begin("../man/ikewise-statements.5");

    fprintf(page,
            ".\\\" Made from the tables of src/ and from docs/samples. Change those, then:\n"
            ".\\\" cmake --build --preset debug --target docs\n"
            ".Dd November 2026\n.Dt IKEWISE-STATEMENTS 5\n.Os\n"
            ".Sh NAME\n.Nm ikewise-statements\n.Nd the statements of ikewise.conf, and configurations that work\n"
            ".Sh DESCRIPTION\nHow the language is read is in\n.Xr ikewise.conf 5 .\n"
            "In the syntax, <name> is a value, [a] may be left out, {a|b} is one of both, and ... may be repeated.\n"
            "Where it says {ikev1|isakmp}, releases before 8.4 have the second; where it says [ikev1], they leave it "
            "out.\nBelow each statement stands one as it may be written.\n"
            ".Sh STATEMENTS\n");
    for (size_t i = 0; i < grammar_mode_title_count; i++)
        statements_of(page, &grammar_mode_titles[i]);
    values(page);
    samples(page, samples_folder);
    fprintf(page, ".Sh SEE ALSO\n.Xr ikewise.conf 5 ,\n.Xr ikewised 8\n");
    page_end(page);
}
