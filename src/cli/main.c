/* ikewise: one command, or a session. */
#include "base/check.h"
#include "cli/command.h"
#include "cli/ends.h"
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

/* Words whose options stand behind them, and which take any number of files. */
static const struct {
    const char *word;
    size_t least; /* letters that tell it from the other commands */
    int (*main)(int argc, char **argv, bool is_json);
    bool (*is_meant)(int argc, char **argv); /* NULL: always */
} tools[] = {
    {"explain", 1, explain_main, NULL},
    {"replay", 3, ends_replay_main, NULL},
    {"check", 2, ends_check_main, ends_are_meant},
};

/* False: another command. */
static bool run_tool(int argc, char **argv, int *status)
{
    int at = argc > 1 && (strcmp(argv[1], "--json") == 0 || strcmp(argv[1], "-j") == 0) ? 2 : 1;
    size_t len = argc > at ? strlen(argv[at]) : 0;

    for (size_t i = 0; i < COUNT_OF(tools); i++)
        if (len >= tools[i].least && strncmp(argv[at], tools[i].word, len) == 0 &&
            (!tools[i].is_meant || tools[i].is_meant(argc - at, argv + at))) {
            *status = tools[i].main(argc - at, argv + at, at > 1);
            return true;
        }
    return false;
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
