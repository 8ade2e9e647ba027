/* ikewise: one command, or a session. */
#include "base/check.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/session.h"

#include <string.h>

enum { WHY_SIZE = 4096 };

static int complain(const char *why)
{
    fprintf(stderr, "%s\n", why);
    return COMMAND_NOT_DONE;
}

static int run_once(const struct options *options)
{
    static char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct control_parse parse;
    struct command command = {
        .options = options, .out = stdout, .words = options->words, .word_count = options->word_count};

    if (!control_request_parse(&command.request, options->words, options->word_count, &parse)) {
        control_parse_explain(&parse, options->words, options->word_count, &why);
        fputs(space, stderr);
        return COMMAND_NOT_DONE;
    }

    int status = command_run(&command);

    command_end(&command);
    return status;
}

/* The words of explain are its own: options stand behind it, and any number of files. The place of its word in argv; 0: another command. */
static int explain_at(int argc, char **argv)
{
    int at = argc > 1 && (strcmp(argv[1], "--json") == 0 || strcmp(argv[1], "-j") == 0) ? 2 : 1;
    size_t len = argc > at ? strlen(argv[at]) : 0;

    return len > 0 && strncmp(argv[at], "explain", len) == 0 ? at : 0;
}

int main(int argc, char **argv)
{
    int explain = explain_at(argc, argv);

    if (explain)
        return explain_main(argc - explain, argv + explain, explain > 1);

    struct options options;
    static char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!options_read(&options, argc, argv, &why))
        return complain(space);
    if (options.is_help) {
        command_help(stdout);
        return COMMAND_DONE;
    }
    if (options.is_version)
        return printf("ikewise " IKEWISE_VERSION "\n") < 0;
    if (options.word_count > 0)
        return run_once(&options);
    return options.line ? session_run_line(&options) : session_run(&options);
}
