/* Options, commands and what comes back, for the manual. */
#include "manual.h"

#include "base/check.h"
#include "conf/conf.h"
#include "control/record.h"
#include "control/request.h"
#include "policy/question.h"

#include <stdlib.h>
#include <string.h>

/* ---- options */

struct option_row {
    char letter;
    const char *word, *argument, *help;
};
#define OPTION(...) {__VA_ARGS__},
static const struct option_row ikewise_rows[] = {
#include "cli/options.def"
};
static const struct option_row ikewised_rows[] = {
#include "daemon/options.def"
};
static const struct option_row explain_rows[] = {
#include "cli/explain_options.def"
};
static const struct option_row check_rows[] = {
#include "cli/check_options.def"
};
static const struct option_row replay_rows[] = {
#include "cli/replay_options.def"
};
#undef OPTION

#define ROWS(name)                                                                                                     \
    {                                                                                                                  \
#name, name##_rows, COUNT_OF(name##_rows)                                                                      \
    }
static const struct program {
    const char *name;
    const struct option_row *rows;
    size_t row_count;
} programs[] = {ROWS(ikewise), ROWS(ikewised), ROWS(explain), ROWS(check), ROWS(replay)};
#undef ROWS

static const struct program *program_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        if (strcmp(programs[i].name, name) == 0)
            return &programs[i];
    fprintf(stderr, "no program has options called %s\n", name);
    exit(1);
}

void manual_options(FILE *page, const char *argument)
{
    const struct program *program = program_of(argument);

    fprintf(page, ".Bl -tag -width Ds\n");
    for (const struct option_row *row = program->rows; row < program->rows + program->row_count; row++) {
        fprintf(page, ".It Fl %c , -%s", row->letter, row->word);
        fprintf(page, row->argument ? " Ar %s\n" : "\n", row->argument);
        manual_sentences(page, row->help);
    }
    fprintf(page, ".El\n");
}

/* ---- commands */

static const char *const request_names[] = {
#define REQUEST(name, ...) #name,
#define ALSO(...)
#include "control/requests.def"
#undef REQUEST
#undef ALSO
};

enum { NAME_SIZE = 64 };

static bool is_request(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(request_names); i++)
        if (strcmp(request_names[i], name) == 0)
            return true;
    return false;
}

/* "[SHOW_TUNNEL]" */
static bool is_heading(const char *line, char name[static NAME_SIZE])
{
    return sscanf(line, "[%63[A-Z0-9_]]", name) == 1;
}

static void check_notes(void)
{
    FILE *notes = manual_open(manual_prose_folder, "commands");
    char line[MANUAL_LINE_SIZE], name[NAME_SIZE];

    while (manual_read_line(notes, line))
        if (is_heading(line, name) && !is_request(name)) {
            fprintf(stderr, "no command is called %s\n", name);
            exit(1);
        }
    fclose(notes);
}

static void note_of(FILE *page, const char *wanted)
{
    FILE *notes = manual_open(manual_prose_folder, "commands");
    char line[MANUAL_LINE_SIZE], name[NAME_SIZE] = "";

    while (manual_read_line(notes, line))
        if (!is_heading(line, name) && strcmp(name, wanted) == 0 && line[0] != '\0')
            manual_line(page, line);
    fclose(notes);
}

void manual_commands(FILE *page, const char *argument)
{
    (void)argument;
    check_notes();
    fprintf(page, ".Bl -tag -width Ds\n");
    for (size_t request = 0; request < CONTROL_REQUEST_COUNT; request++) {
        enum control_request_id id;
        const char *words;

        for (size_t i = 0; (words = control_spelling(i, &id)) != NULL; i++)
            if (id == request)
                fprintf(page, ".It Li %s\n", words);
        manual_sentences(page, control_request_info((enum control_request_id)request)->help);
        note_of(page, request_names[request]);
    }
    fprintf(page, ".El\n");
}

/* ---- what comes back */

void manual_records(FILE *page, const char *argument)
{
    (void)argument;
    fprintf(page, ".Bl -tag -width Ds\n");
    for (unsigned kind = 0; kind < RECORD_COUNT; kind++) {
        const char *list = control_record_list((enum control_record_kind)kind);
        bool is_alone = *list == '\0';

        fprintf(page, ".It Li %s%s\n", is_alone ? control_record_name((enum control_record_kind)kind) : list,
                is_alone ? " Pq one" : "");
        manual_sentences(page, control_record_meaning((enum control_record_kind)kind));
    }
    fprintf(page, ".El\n");
}

static const char *const refusals[] = {
#define VERDICT(name, why) [PASSWORD_##name] = why,
#include "policy/password.def"
#undef VERDICT
};

void manual_codes(FILE *page, const char *argument)
{
    static const struct {
        const char *code;
        enum password_verdict verdict;
    } rows[] = {
#define CODE(code, verdict) {#code, PASSWORD_##verdict},
#include "pam/codes.def"
#undef CODE
    };

    (void)argument;
    for (size_t verdict = 0; verdict < COUNT_OF(refusals); verdict++) {
        const char *separator = "";

        fprintf(page, verdict == 0 ? ".Bl -tag -width Ds\n.It %d\n" : ".It %d\n", PASSWORD_STATUS + (int)verdict);
        manual_sentences(page, *refusals[verdict] ? refusals[verdict] : "the user is let in");
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            if (rows[i].verdict == verdict) {
                fprintf(page, *separator ? "%s %s" : "%s.Dv %s", separator, rows[i].code);
                separator = " ,";
            }
        if (*separator)
            fputc('\n', page);
    }
    fprintf(page, ".El\n");
}
