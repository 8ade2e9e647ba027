/* The configuration language, for the manual; the samples of docs/ are its examples. */
#include "grammar_modes.h"
#include "manual.h"

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

/* ---- statements */

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
        write_syntax(page, row->syntax, "|\\:");
        fprintf(page, "\n.Xc\n");
        manual_text(page, row->sample);
    }
    if (is_begun)
        fprintf(page, ".El\n");
}

void manual_statements(FILE *page, const char *argument)
{
    (void)argument;
    for (size_t i = 0; i < grammar_mode_title_count; i++)
        statements_of(page, &grammar_mode_titles[i]);
}

void manual_values(FILE *page, const char *argument)
{
    (void)argument;
    fprintf(page, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < COUNT_OF(arguments); i++) {
        fprintf(page, ".It Xo\n\\&<%s>\n.Xc\n", arguments[i].name);
        manual_text(page, arguments[i].help);
    }
    fprintf(page, ".El\n");
}

void manual_own_words(FILE *page, const char *argument)
{
    (void)argument;
    fprintf(page, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < grammar_word_count; i++) {
        if (grammar_words[i].origin != ORIGIN_OWN)
            continue;
        fprintf(page, ".It Ic %s\n", grammar_words[i].text);
        manual_sentences(page, grammar_words[i].help);
        fprintf(page, ".br\nIn statements like\n.Ql %s .\n", grammar_row_with(grammar_words[i].text)->sample);
    }
    fprintf(page, ".El\n");
}

void manual_defaults(FILE *page, const char *argument)
{
    (void)argument;
    fprintf(page, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < release_defaults_count; i++) {
        const struct release_defaults *row = &release_defaults[i];

        fprintf(page, ".It %s\n", row->releases);
        fprintf(page, "phase 1 %s, %s, %s;\n.Ic set pfs\nwithout a group %s; NAT traversal %s.\n", row->encryption,
                row->hash, row->group, row->pfs, row->has_nat_t ? "on" : "off");
    }
    fprintf(page, ".El\n");
}

/* ---- samples */

static int is_sample(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static void write_sample(FILE *page, const char *name)
{
    char line[MANUAL_LINE_SIZE];
    FILE *file = manual_open(manual_samples_folder, name);

    fprintf(page, ".Bd -literal\n");
    while (manual_read_line(file, line))
        manual_text(page, line);
    fprintf(page, ".Ed\n");
    fclose(file);
}

void manual_sample(FILE *page, const char *argument)
{
    char name[MANUAL_LINE_SIZE];

    snprintf(name, sizeof name, "%s.conf", argument);
    write_sample(page, name);
}

void manual_samples(FILE *page, const char *argument)
{
    struct dirent **names = NULL;
    int count = scandir(manual_samples_folder, &names, is_sample, alphasort);

    (void)argument;
    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
        fprintf(page, ".Ss %.*s\n", (int)(strlen(names[i]->d_name) - 5), names[i]->d_name);
        write_sample(page, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}
