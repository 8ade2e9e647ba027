#include "cli/command.h"

#include "base/check.h"
#include "cli/ask.h"
#include "cli/check.h"
#include "cli/doctor.h"
#include "cli/json.h"
#include "cli/loaded.h"
#include "cli/output.h"
#include "cli/paste.h"
#include "cli/probe.h"
#include "cli/secret.h"
#include "cli/sessions.h"
#include "cli/tool.h"
#include "cli/why.h"
#include "conf/conf.h"
#include "conf/convert.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HELP_SIZE = 64 * 1024, WHY_SIZE = 4096 };

static bool is_streamed(const struct command *command)
{
    return control_request_info(command->request.id)->how == CONTROL_STREAM;
}

static void use_dialect(struct command *command, const struct control_record *gateway)
{
    if (!command->options->has_dialect)
        dialect_of_name(record_text(gateway, COL_gateway_dialect), &command->view.dialect);
}

/* What may have no end is shown as it comes, and not kept. */
static bool is_line(const struct control_record *r)
{
    return r->kind == RECORD_log_line || r->kind == RECORD_config_line;
}

/* How the log is kept stands before its lines. */
static void begin_lines(struct command *command)
{
    if (command->request.id != CONTROL_SHOW_LOGGING || command->has_begun)
        return;
    screen_logging(command->out, &command->reply, &command->view);
    command->has_begun = true;
}

/* Streams are shown as they come. */
static void take_record(void *context, const struct control_record *r)
{
    struct command *command = context;

    if (r->kind == RECORD_gateway)
        use_dialect(command, r);
    if (r->kind == RECORD_log_line && is_streamed(command) && command->options->is_json)
        json_write_record(command->out, r);
    else if (!is_line(r) || command->options->is_json)
        reply_add(&command->reply, r);
    if (is_line(r) && !command->options->is_json)
        begin_lines(command);
    if ((is_streamed(command) || is_line(r)) && !command->options->is_json)
        screen_write_record(command->out, r, &command->view);
    if (is_streamed(command))
        fflush(command->out);
}

void command_keep(void *command, const struct control_record *r)
{
    reply_add(&((struct command *)command)->reply, r);
}

static void show(struct command *command)
{
    sessions_select(&command->reply, &command->request);
    if (command->options->is_json)
        json_write(command->out, &command->reply, control_request_info(command->request.id)->name);
    else if (!is_streamed(command) && !command->has_begun)
        screen_write(command->out, &command->reply, &command->request, &command->view);
}

/* Why a change was refused, line by line. */
static void show_faults(const struct command *command)
{
    for (size_t i = 0; !command->options->is_json && i < command->reply.count; i++) {
        const struct control_record *r = &command->reply.records[i];

        if (r->kind == RECORD_finding || r->kind == RECORD_warning)
            screen_write_record(command->out, r, &command->view);
    }
}

int command_complain(const struct command *command, const char *why)
{
    fflush(command->out);
    fprintf(stderr, "%s\n", why);
    return COMMAND_NOT_DONE;
}

/* The daemon has another working directory than we. */
static bool make_absolute(struct bytes *word, char path[static CONTROL_WORD_SIZE])
{
    struct text t = text_of(path, CONTROL_WORD_SIZE);
    char *here = word->data[0] == '/' ? NULL : getcwd(NULL, 0);

    if (here)
        text_add(&t, "%s/", here);
    free(here);
    text_add(&t, "%.*s", (int)word->len, (const char *)word->data);
    *word = bytes_of(t.data, t.len);
    return !t.is_cut;
}

static int result_of(const struct command *command)
{
    const struct control_record *result = reply_find(&command->reply, RECORD_result);

    return result && !record_flag(result, COL_result_up) ? COMMAND_NOT_UP : COMMAND_DONE;
}

/* A tunnel that did not come up: what the gateway knows of it, as explain says it. */
static void show_why(const struct command *command)
{
    char peer[IP_TEXT_SIZE], space[WHY_SIZE];
    const struct bytes words[] = {bytes_of_text("show"), bytes_of_text("tunnel"),
                                  bytes_of_text(ip_text(command->request.peer, peer)), bytes_of_text("why")};
    struct text why = text_of(space, sizeof space);
    struct why *verdict = why_new();

    if (verdict != NULL && client_ask(command->options->socket, words, COUNT_OF(words), CONTROL_ONCE, why_take, verdict,
                                      &why) == CLIENT_DONE)
        why_write(command->out, verdict, false);
    why_free(verdict);
}

static bool wants_password(const struct command *command)
{
    const struct control_record *error = reply_find(&command->reply, RECORD_error);

    return command->request.id == CONTROL_UP && command->line_count == 0 && error != NULL && isatty(STDIN_FILENO) &&
           strcmp(record_text(error, COL_error_name), control_error_name(CONTROL_ERROR_PASSWORD_WANTED)) == 0;
}

/* The same once more, with the password of our own user. */
static int ask_with_password(struct command *command)
{
    char password[ASK_LINE_SIZE], prompt[IP_TEXT_SIZE + 16], peer[IP_TEXT_SIZE];
    struct text t = text_of(prompt, sizeof prompt);
    size_t len = 0;
    int status;

    text_add(&t, "Password for %s: ", ip_text(command->request.peer, peer));
    if (!ask_silently(prompt, password, &len) || len == 0) {
        status = command_complain(command, "no password was given, or one that is too long");
    } else {
        struct bytes line = bytes_of(password, len);
        struct command again = *command;

        again.reply = (struct reply){0};
        again.lines = &line;
        again.line_count = 1;
        status = command_ask(&again);
        reply_free(&command->reply);
        command->reply = again.reply;
        command->view = again.view;
    }
    bytes_wipe(password, sizeof password);
    return status;
}

int command_ask(struct command *command)
{
    struct bytes words[CONTROL_WORDS_MAX];
    char space[WHY_SIZE], path[CONTROL_WORD_SIZE];
    struct text why = text_of(space, sizeof space);
    struct client_question question = {.words = words,
                                       .word_count = command->word_count,
                                       .lines = command->lines,
                                       .line_count = command->line_count,
                                       .how = control_request_info(command->request.id)->how};

    memcpy(words, command->words, command->word_count * sizeof *words);
    if (*command->request.file && !make_absolute(&words[command->word_count - 1], path))
        return command_complain(command, "the file name is too long");

    enum client_end end = client_ask_lines(command->options->socket, &question, take_record, command, &why);

    if (end == CLIENT_INTERRUPTED)
        return COMMAND_NOT_DONE;
    if (end == CLIENT_UNREACHABLE || end == CLIENT_BROKEN)
        return command_complain(command, space);
    if (end == CLIENT_REFUSED && wants_password(command))
        return ask_with_password(command);
    if (end == CLIENT_DONE || command->options->is_json)
        show(command);
    if (end == CLIENT_REFUSED) {
        show_faults(command);

        const struct control_record *error = reply_find(&command->reply, RECORD_error);

        return command_complain(command, error ? record_text(error, COL_error_sentence) : "");
    }
    if (command->request.id == CONTROL_UP && result_of(command) == COMMAND_NOT_UP && !command->options->is_json)
        show_why(command);
    return result_of(command);
}

static int do_check(struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    enum check_verdict verdict = check_file(&command->reply, command->request.rest, &why);

    if (verdict != CHECK_UNREADABLE || command->options->is_json || command->reply.count)
        show(command);
    return verdict == CHECK_UNREADABLE ? command_complain(command, space) : (int)verdict;
}

static int do_doctor(struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    enum doctor_verdict verdict = doctor_run(&command->reply, command->request.file, &why);

    if (verdict == DOCTOR_NOT_RUN)
        return command_complain(command, space);
    show(command);
    return (int)verdict;
}

static int do_probe(struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    enum probe_verdict verdict =
        probe_run(&command->reply, stderr, command->request.peer, command->request.watch_s, &why);

    if (verdict == PROBE_NOT_RUN)
        return command_complain(command, space);
    show(command);
    return (int)verdict;
}

static int do_secret(const struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    const char *file = *command->request.file ? command->request.file : CONF_FILE_DEFAULT;

    if (secret_ask_and_store(command->request.peer, file, &why))
        return COMMAND_DONE;
    return command_complain(command, space);
}

void command_help(FILE *out)
{
    static char space[HELP_SIZE];
    struct text t = text_of(space, sizeof space);

    options_help(&t);
    fputs(space, out);
}

/* A file gets each byte as it was; a terminal no control byte of a name or a description. */
static void write_lines(FILE *out, const char *lines)
{
    bool is_file = fileno(out) >= 0 && !isatty(fileno(out)); /* else it may come to a terminal by the pager */

    for (; *lines; lines++) {
        uint8_t byte = (uint8_t)*lines;

        if (!is_file && byte != '\n' && (byte < 0x20 || byte > 0x7e))
            fprintf(out, "\\x%02x", byte);
        else
            fputc(byte, out);
    }
}

static bool write_converted(const struct command *command, const struct loaded *loaded, enum conf_language language,
                            size_t size)
{
    char *space = malloc(size);
    bool is_whole;

    CHECK(space);
    struct text text = text_of(space, size);

    conf_convert(&loaded->conf, language, &text);
    is_whole = !text.is_cut;
    if (is_whole)
        write_lines(command->out, space);
    bytes_wipe(space, size);
    free(space);
    return is_whole;
}

/* Exit 1: some tunnel could not be carried, because it does not run here either. */
static int do_convert(struct command *command, enum conf_language language)
{
    int error = 0;
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct loaded *loaded = loaded_open(command->request.file, &error);

    if (!loaded || !loaded->is_split) {
        text_add_escaped(&why, bytes_of_text(command->request.file));
        text_add(&why, ": %s", loaded ? "this is no configuration" : strerror(error));
        if (loaded)
            loaded_close(loaded);
        return command_complain(command, space);
    }
    for (size_t size = 64 * 1024; !write_converted(command, loaded, language, size);)
        size *= 2;

    int status = loaded->conf.parked_count ? COMMAND_NOT_UP : COMMAND_DONE;

    loaded_close(loaded);
    return status;
}

/* On a terminal it is asked for: an empty line or y means it. */
static bool is_confirmed(const char *question)
{
    char answer[16];

    if (!isatty(STDIN_FILENO))
        return true;
    printf("%s [confirm] ", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) != NULL && strchr("\nyY", answer[0]) != NULL;
}

static bool is_meant(const struct command *command, const char *question)
{
    return bytes_equal(command->words[command->word_count - 1], bytes_of_text("noconfirm")) || is_confirmed(question);
}

static int do_confirmed(struct command *command, const char *question, const char *otherwise)
{
    return is_meant(command, question) ? command_ask(command) : command_complain(command, otherwise);
}

static int do_clock(struct command *command)
{
    struct control_record r = control_record_of(RECORD_clock);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    record_set_number(&r, COL_clock_at, (uint64_t)now.tv_sec);
    record_set_number(&r, COL_clock_at_us, (uint64_t)now.tv_nsec / 1000);
    reply_add(&command->reply, &r);
    show(command);
    return COMMAND_DONE;
}

/* One after the other, each under its heading. What cannot be shown is told, and the rest comes. */
static int do_tech(struct command *command)
{
    static const char *const commands[] = {
#define TECH(line) line,
#include "cli/tech.def"
#undef TECH
    };
    int worst = COMMAND_DONE;

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct bytes words[CONTROL_WORDS_MAX];
        struct control_parse parse;
        struct command part = {.options = command->options, .out = command->out, .view = command->view, .words = words};

        CHECK(control_split(bytes_of_text(commands[i]), words, &part.word_count));
        CHECK(control_request_parse(&part.request, words, part.word_count, &parse));
        if (!command->options->is_json)
            fprintf(command->out, "\n------------------ %s ------------------\n\n", commands[i]);

        int status = command_run(&part);

        worst = status > worst ? status : worst;
        command_end(&part);
    }
    return worst;
}

static int do_tech_file(struct command *command)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct output_filter filter = {.kind = OUTPUT_REDIRECT};
    struct text path = text_of(filter.path, sizeof filter.path);
    struct command shown = *command;

    text_add_words(&path, command->request.file);
    if (!output_filter_begin(&filter, &why))
        return command_complain(command, space);
    shown.out = output_open(&filter, (struct output_pages){.is_on = false});

    int status = do_tech(&shown);

    fclose(shown.out);
    return output_filter_end(&filter, &why) ? status : command_complain(command, space);
}

/* The lines come from the gateway, the verdict is ours. */
static int do_why(struct command *command)
{
    char space[WHY_SIZE];
    struct text refusal = text_of(space, sizeof space);
    struct why *verdict = why_new();
    int status = COMMAND_NOT_DONE;

    if (verdict == NULL)
        return command_complain(command, "no memory");
    enum client_end end = client_ask(command->options->socket, command->words, command->word_count, CONTROL_ONCE,
                                     why_take, verdict, &refusal);
    if (end == CLIENT_DONE)
        status = why_write(command->out, verdict, command->options->is_json) ? COMMAND_NOT_UP : COMMAND_DONE;
    else if (end == CLIENT_REFUSED)
        command_complain(command, why_error(verdict));
    else if (end != CLIENT_INTERRUPTED)
        command_complain(command, space);
    why_free(verdict);
    return status;
}

int command_run(struct command *command)
{
    if (command->options->has_dialect)
        command->view.dialect = command->options->dialect;
    else if (command->view.dialect == 0)
        command->view.dialect = DIALECT_ASA;
    command->view.is_detail = command->request.is_detail;
    command->view.is_full = command->request.is_full;

    int status;

    if (tool_run_words(command->out, command->request.id, command->words, command->word_count,
                       command->options->is_json, &status))
        return status;
    switch (command->request.id) {
    case CONTROL_CHECK: return do_check(command);
    case CONTROL_DOCTOR: return do_doctor(command);
    case CONTROL_SECRET: return do_secret(command);
    case CONTROL_PING: return command_ping(command);
    case CONTROL_TRACEROUTE: return command_traceroute(command);
    case CONTROL_PING_ASKED: return command_ping_asked(command);
    case CONTROL_PROBE: return do_probe(command);
    case CONTROL_SHOW_TECH: return do_tech(command);
    case CONTROL_SHOW_TECH_FILE: return do_tech_file(command);
    case CONTROL_CONVERT_ASA: return do_convert(command, CONF_TO_ASA);
    case CONTROL_CONVERT_IOS: return do_convert(command, CONF_TO_IOS);
    case CONTROL_CONVERT_STRONGSWAN: return do_convert(command, CONF_TO_STRONGSWAN);
    case CONTROL_CONVERT_LIBRESWAN: return do_convert(command, CONF_TO_LIBRESWAN);
    case CONTROL_SHOW_IKEV2_SA:
    case CONTROL_SHOW_DEFAULT_POLICY: show(command); return COMMAND_DONE;
    case CONTROL_WRITE_ERASE: return do_confirmed(command, "Erase configuration in flash memory?", "Erase is aborted");
    case CONTROL_LOGOFF: return do_confirmed(command, "Do you want to logoff the VPN session(s)?", "Logoff is aborted");
    case CONTROL_SHOW_CLOCK: return do_clock(command);
    case CONTROL_SHOW_CURPRIV: /* the session has put the record there */
    case CONTROL_SHOW_PRIVILEGE:
    case CONTROL_SHOW_TERMINAL: show(command); return COMMAND_DONE;
    case CONTROL_COPY_FROM:
    case CONTROL_COPY_TO:
    case CONTROL_COPY_STARTUP_TO:
    case CONTROL_COPY_CAPTURE:
    case CONTROL_COPY_JOURNAL:
    case CONTROL_COPY_JOURNAL_KEYS: return command_copy(command);
    case CONTROL_SHOW_WHY: return do_why(command);
    case CONTROL_CA_AUTHENTICATE:
    case CONTROL_CA_IMPORT:
    case CONTROL_CA_IMPORT_PKCS12: return command_paste(command);
    case CONTROL_KEY_GENERATE:
    case CONTROL_KEY_ZEROIZE: return command_key(command);
    case CONTROL_HELP: command_help(command->out); return COMMAND_DONE;
    case CONTROL_CONFIGURE:
        if (command->line_count == 0)
            return command_copy_from(command, "/dev/stdin");
        return command_ask(command);
    default: return command_ask(command);
    }
}

void command_end(struct command *command)
{
    reply_free(&command->reply);
}
