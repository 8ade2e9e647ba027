#include "daemon/options.h"

#include <string.h>

static const struct option_row {
    char letter;
    const char *word, *argument, *meaning;
} rows[] = {
#define OPTION(letter, word, argument, meaning) {letter, word, argument, meaning},
#include "daemon/options.def"
#undef OPTION
};

static const struct option_row *row_of(const char *given)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool is_letter = given[0] == '-' && given[1] == rows[i].letter && given[2] == '\0';
        bool is_word = given[0] == '-' && given[1] == '-' && strcmp(given + 2, rows[i].word) == 0;
        if (is_letter || is_word)
            return &rows[i];
    }
    return NULL;
}

static void take(struct options *options, char letter, const char *value)
{
    switch (letter) {
    case 'f': options->file = value; break;
    case 's': options->socket = value; break;
    case 'd': options->is_debug = true; break;
    case 't': options->is_test = true; break;
    case 'c': options->is_cleanup = true; break;
    case 'v': options->is_version = true; break;
    case 'h': options->is_help = true; break;
    }
}

bool options_read(struct options *options, int argc, char **argv, struct text *why)
{
    struct options read = {.file = CONF_FILE_DEFAULT, .socket = CONTROL_SOCKET_DEFAULT};

    for (int i = 1; i < argc; i++) {
        const struct option_row *row = row_of(argv[i]);
        if (row == NULL) {
            text_add(why, "there is no option ");
            text_add_escaped(why, bytes_of_text(argv[i]));
            return false;
        }
        if (row->argument != NULL && (i + 1 == argc || argv[i + 1][0] == '\0')) {
            text_add(why, "-%c wants a %s", row->letter, row->argument);
            return false;
        }
        take(&read, row->letter, row->argument != NULL ? argv[++i] : NULL);
    }
    *options = read;
    return true;
}

void options_help(struct text *t)
{
    text_add(t, "ikewised: the IKEv1 gateway. It stays in the foreground; SIGHUP reads the file again, SIGTERM ends "
                "all tunnels.\n\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char names[40];
        struct text left = text_of(names, sizeof names);
        text_add(&left, "-%c, --%s %s", rows[i].letter, rows[i].word, rows[i].argument != NULL ? rows[i].argument : "");
        text_add(t, "  %-24s %s\n", names, rows[i].meaning);
    }
}
