#include "cli/options.h"

#include <getopt.h>
#include <string.h>

static const struct {
    int letter;
    const char *word, *argument, *help;
} rows[] = {
#define OPTION(letter, word, argument, help) {letter, word, argument, help},
#include "cli/options.def"
#undef OPTION
};

enum { ROW_COUNT = COUNT_OF(rows) };

static bool take(struct options *options, int letter, struct text *why)
{
    switch (letter) {
    case 's': options->socket = optarg; return true;
    case 'j': options->is_json = true; return true;
    case 'v': options->is_version = true; return true;
    case 'h': options->is_help = true; return true;
    case 'i':
        options->dialect = DIALECT_IOS;
        options->has_dialect = true;
        return true;
    case 'd':
        options->has_dialect = dialect_of_name(optarg, &options->dialect);
        if (!options->has_dialect)
            text_add(why, "the dialects are asa, asa8, ios, ios12 and ios124");
        return options->has_dialect;
    case 'c':
        options->line = optarg;
        if (strchr(optarg, '|'))
            return true; /* the session takes it apart */
        if (control_split(bytes_of_text(optarg), options->words, &options->word_count))
            return true;
        text_add(why, "the command has too many words");
        return false;
    default:
        text_add(why, "this is not an option of ikewise, or it lacks its argument; see ikewise --help");
        return false;
    }
}

bool options_read(struct options *options, int argc, char **argv, struct text *why)
{
    struct option long_options[ROW_COUNT + 1] = {0};
    char letters[2 * ROW_COUNT + 3] = "+:"; /* the first word ends the options */
    int letter;

    *options = (struct options){.socket = CONTROL_SOCKET_DEFAULT};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        size_t len = strlen(letters);

        long_options[i] =
            (struct option){rows[i].word, rows[i].argument ? required_argument : no_argument, NULL, rows[i].letter};
        letters[len] = (char)rows[i].letter;
        letters[len + 1] = rows[i].argument ? ':' : '\0';
    }
    opterr = 0;
    while ((letter = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (!take(options, letter, why))
            return false;
    }
    if (options->line && optind < argc) {
        text_add(why, "-c has the whole command; nothing may follow");
        return false;
    }
    for (; optind < argc; optind++) {
        if (options->word_count == CONTROL_WORDS_MAX) {
            text_add(why, "the command has too many words");
            return false;
        }
        options->words[options->word_count++] = bytes_of_text(argv[optind]);
    }
    return true;
}

void options_help(struct text *t)
{
    text_add(t, "ikewise [OPTIONS] COMMAND\nikewise [OPTIONS]             the shell; without a terminal, the commands "
                "on standard input\n\nOptions:\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char space[48];
        struct text left = text_of(space, sizeof space);

        text_add(&left, "-%c, --%s %s", rows[i].letter, rows[i].word, rows[i].argument ? rows[i].argument : "");
        text_add(t, "  %-26s %s\n", space, rows[i].help);
    }
    text_add(t, "\nCommands:\n");
    control_help(t);
    text_add(t,
             "\nExit status: 0 done; 1 the tunnel did not come up, the configuration has faults, the doctor has found "
             "what stops tunnels, or explain a fault; 2 not done.\n");
}
