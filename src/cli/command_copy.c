/* copy: statements from a file, and to one; the journal and captures to one. */
#include "base/check.h"
#include "cli/capture.h"
#include "cli/command.h"
#include "cli/file.h"
#include "conf/conf.h"
#include "conf/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHY_SIZE = 4096 };

static size_t split_lines(struct bytes text, struct bytes *lines)
{
    struct lines rest = lines_of(text);
    struct line line;
    size_t count = 0;

    while (line_next(&rest, &line)) {
        uint32_t indent = line.indent;

        if (lines)
            lines[count] = bytes_of(line.text_with_blanks.data - indent, line.text_with_blanks.len + indent);
        count++;
    }
    return count;
}

/* As one change: what is wrong in one line leaves all of it undone. */
static int configure_from(struct command *command, struct bytes text)
{
    static const char *const words[] = {"configure"};
    struct bytes word = bytes_of_text(words[0]);
    size_t count = split_lines(text, NULL);
    struct bytes *lines = calloc(count + 1, sizeof *lines);
    struct command change = *command;

    CHECK(lines);
    split_lines(text, lines);
    change.request = (struct control_request){.id = CONTROL_CONFIGURE};
    change.words = &word;
    change.word_count = 1;
    change.lines = lines;
    change.line_count = count;

    int status = command_ask(&change);

    command->reply = change.reply;
    free(lines);
    return status;
}

int command_copy_from(struct command *command, const char *path)
{
    struct file file;
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    int error = file_read(&file, path, CONF_FILE_MAX);

    if (error) {
        text_add_escaped(&why, bytes_of_text(path));
        text_add(&why, ": %s", strerror(error));
        return command_complain(command, space);
    }

    int status = configure_from(command, bytes_of(file.data, file.len));

    file_free(&file);
    return status;
}

/* What a request of the gateway shows, to a new file that others may read as `mode` says. */
static int show_to_file(struct command *command, enum control_request_id id, const struct bytes *words,
                        size_t word_count, mode_t mode)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct command shown = *command;
    int error;

    shown.out = file_new(command->request.file, mode, &error);
    if (!shown.out) {
        text_add_escaped(&why, bytes_of_text(command->request.file));
        text_add(&why, ": %s", strerror(error));
        return command_complain(command, space);
    }
    shown.request = (struct control_request){.id = id, .peer = command->request.peer};
    shown.words = words;
    shown.word_count = word_count;

    int status = command_ask(&shown);

    command->reply = shown.reply;
    if (fclose(shown.out) == 0)
        return status;
    text_add_escaped(&why, bytes_of_text(command->request.file));
    text_add(&why, ": %s", strerror(errno));
    return command_complain(command, space);
}

static int do_copy_to(struct command *command, enum control_request_id shown, const char *which)
{
    const struct bytes words[] = {bytes_of_text("show"), bytes_of_text(which)};

    return show_to_file(command, shown, words, COUNT_OF(words), 0666);
}

static int do_copy_journal(struct command *command)
{
    bool has_keys = command->request.id == CONTROL_COPY_JOURNAL_KEYS;
    char peer[IP_TEXT_SIZE];
    struct bytes words[4] = {bytes_of_text("show"), bytes_of_text("journal")};
    size_t count = 2;

    if (ip_is_set(command->request.peer))
        words[count++] = bytes_of_text(ip_text(command->request.peer, peer));
    if (has_keys)
        words[count++] = bytes_of_text("session-keys");
    return show_to_file(command, has_keys ? CONTROL_SHOW_JOURNAL_KEYS : CONTROL_SHOW_JOURNAL, words, count, 0600);
}

static int do_copy_capture(struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    return capture_copy(command->options->socket, command->request.capture, command->request.file, &why)
               ? COMMAND_DONE
               : command_complain(command, space);
}

static int complain_of_place(const struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    file_complain_of_place(command->request.file, &why);
    return command_complain(command, space);
}

int command_copy(struct command *command)
{
    if (file_is_elsewhere(command->request.file))
        return complain_of_place(command);
    switch (command->request.id) {
    case CONTROL_COPY_FROM: return command_copy_from(command, command->request.file);
    case CONTROL_COPY_TO: return do_copy_to(command, CONTROL_SHOW_RUNNING, "running-config");
    case CONTROL_COPY_STARTUP_TO: return do_copy_to(command, CONTROL_SHOW_STARTUP, "startup-config");
    case CONTROL_COPY_CAPTURE: return do_copy_capture(command);
    default: return do_copy_journal(command);
    }
}
