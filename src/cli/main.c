/* ikewise: one command, or a session. */
#include "cli/command.h"
#include "cli/session.h"
#include "cli/tool.h"

#include <string.h>
#include <unistd.h>

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

/* --json may stand before the command, too. */
static bool run_tool(int argc, char **argv, int *status)
{
    static char buffer[64 * 1024]; /* of thousands of negotiations much is written */
    int at = argc > 1 && (strcmp(argv[1], "--json") == 0 || strcmp(argv[1], "-j") == 0) ? 2 : 1;

    if (argc > at && !isatty(STDOUT_FILENO))
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    return argc > at && tool_run_argv(stdout, argc - at, argv + at, at > 1, status);
}

int main(int argc, char **argv)
{
    int status;

    if (run_tool(argc, argv, &status))
        return status;

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
