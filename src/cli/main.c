/* ikewise: one command, to the gateway or to the shell itself. */
#include "base/check.h"
#include "cli/check.h"
#include "cli/client.h"
#include "cli/doctor.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/secret.h"
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_NOT_UP = 1, EXIT_NOT_DONE = 2, HELP_SIZE = 16 * 1024, WHY_SIZE = 4096 };

/* What comes back, and how it is shown. */
struct shell {
    const struct options *options;
    struct control_request request;
    struct screen_view view;
    struct reply reply;
};

static bool is_streamed(const struct shell *shell)
{
    return control_request_info(shell->request.id)->how == CONTROL_STREAM;
}

static void use_dialect(struct shell *shell, const struct control_record *gateway)
{
    if (!shell->options->has_dialect)
        dialect_of_name(record_text(gateway, COL_gateway_dialect), &shell->view.dialect);
}

/* Streams are shown as they come. What debug shows has no end, and is not kept. */
static void take_record(void *context, const struct control_record *r)
{
    struct shell *shell = context;

    if (r->kind == RECORD_gateway)
        use_dialect(shell, r);
    if (r->kind == RECORD_log_line && shell->options->is_json)
        json_write_record(stdout, r);
    else if (r->kind != RECORD_log_line)
        reply_add(&shell->reply, r);
    if (is_streamed(shell) && !shell->options->is_json)
        screen_write_record(stdout, r, &shell->view);
    fflush(stdout);
}

static void show(struct shell *shell)
{
    if (shell->options->is_json)
        json_write(stdout, &shell->reply, control_request_info(shell->request.id)->name);
    else if (!is_streamed(shell))
        screen_write(stdout, &shell->reply, &shell->request, &shell->view);
}

static int complain(const char *why)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", why);
    return EXIT_NOT_DONE;
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

static int ask_gateway(struct shell *shell)
{
    struct bytes words[CONTROL_WORDS_MAX];
    char space[WHY_SIZE], path[CONTROL_WORD_SIZE];
    struct text why = text_of(space, sizeof space);
    size_t count = shell->options->word_count;

    memcpy(words, shell->options->words, sizeof words);
    if (*shell->request.file && !make_absolute(&words[count - 1], path))
        return complain("the file name is too long");

    enum client_end end = client_ask(shell->options->socket, words, count, control_request_info(shell->request.id)->how,
                                     take_record, shell, &why);

    if (end == CLIENT_UNREACHABLE || end == CLIENT_BROKEN)
        return complain(space);
    if (end == CLIENT_DONE || shell->options->is_json)
        show(shell);
    if (end == CLIENT_REFUSED) {
        const struct control_record *error = reply_find(&shell->reply, RECORD_error);

        return complain(error ? record_text(error, COL_error_sentence) : "");
    }
    const struct control_record *result = reply_find(&shell->reply, RECORD_result);

    return result && !record_flag(result, COL_result_up) ? EXIT_NOT_UP : EXIT_DONE;
}

static int do_check(struct shell *shell)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    enum check_verdict verdict = check_file(&shell->reply, shell->request.file, &why);

    if (verdict != CHECK_UNREADABLE || shell->options->is_json || shell->reply.count)
        show(shell);
    return verdict == CHECK_UNREADABLE ? complain(space) : (int)verdict;
}

static int do_doctor(struct shell *shell)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    enum doctor_verdict verdict = doctor_run(&shell->reply, shell->request.file, &why);

    if (verdict == DOCTOR_NOT_RUN)
        return complain(space);
    show(shell);
    return (int)verdict;
}

static int do_secret(const struct control_request *request)
{
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (secret_ask_and_store(request->peer, *request->file ? request->file : CONF_FILE_DEFAULT, &why))
        return EXIT_DONE;
    return complain(space);
}

static int print_help(FILE *out)
{
    static char space[HELP_SIZE];
    struct text t = text_of(space, sizeof space);

    options_help(&t);
    fputs(space, out);
    return EXIT_DONE;
}

static int run(struct shell *shell)
{
    switch (shell->request.id) {
    case CONTROL_CHECK: return do_check(shell);
    case CONTROL_DOCTOR: return do_doctor(shell);
    case CONTROL_SECRET: return do_secret(&shell->request);
    case CONTROL_HELP: return print_help(stdout);
    default: return ask_gateway(shell);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct control_parse parse;
    static char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct shell shell = {.options = &options, .view.dialect = DIALECT_ASA};

    if (!options_read(&options, argc, argv, &why))
        return complain(space);
    if (options.is_help)
        return print_help(stdout);
    if (options.is_version)
        return printf("ikewise " IKEWISE_VERSION "\n") < 0;
    if (options.word_count == 0) {
        print_help(stderr);
        return EXIT_NOT_DONE;
    }
    if (!control_request_parse(&shell.request, options.words, options.word_count, &parse)) {
        control_parse_explain(&parse, options.words, options.word_count, &why);
        fputs(space, stderr);
        return EXIT_NOT_DONE;
    }
    if (options.has_dialect)
        shell.view.dialect = options.dialect;
    shell.view.is_detail = shell.request.is_detail;

    int status = run(&shell);

    reply_free(&shell.reply);
    return status;
}
