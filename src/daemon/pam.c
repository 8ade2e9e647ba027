#include "daemon/pam.h"

#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 256, PATH_SIZE = 512, INPUT_MAX = USER_NAME_MAX + USER_PASSWORD_MAX + 2, SERVICE_SIZE = 65 };

/* One user, from when he is asked about until all that belongs to it is closed. */
struct talk {
    struct pam *pam;
    struct talk *next; /* of those that wait, or of those that run */
    struct handle exchange;
    uint32_t ask_number;
    struct question question;
    uint8_t *views; /* of the question */
    char service[SERVICE_SIZE], input[INPUT_MAX], said[SAID_MAX];
    size_t said_len;
    const char *why; /* the process was not begun, or not let end */
    int64_t status;
    uv_process_t process;
    uv_pipe_t to, from;
    uv_write_t write;
    uv_timer_t timer;
    int open_handles;
};

struct pam {
    uv_loop_t *loop;
    struct log *log;
    void *context;
    pam_done *on_verdict;
    const char *program, *directory;
    char path[PATH_SIZE];
    struct talk *first, **last; /* they wait */
    struct talk *running;
    unsigned running_count, waiting_count;
    bool is_closing;
};

static void free_talk(struct talk *talk)
{
    if (talk->views != NULL)
        bytes_wipe(talk->views, question_views_len(&talk->question));
    free(talk->views);
    bytes_wipe(talk, sizeof *talk);
    free(talk);
}

/* ---- one that is over */

static enum password_verdict verdict_of(const struct talk *talk)
{
    int64_t verdict = talk->status - PASSWORD_STATUS;

    return talk->why == NULL && verdict >= 0 && verdict < PASSWORD_VERDICT_COUNT ? (enum password_verdict)verdict
                                                                                 : PASSWORD_UNANSWERED;
}

static void say_why(const struct talk *talk)
{
    char space[4 * SAID_MAX + 1];
    struct text said = text_of(space, sizeof space);

    text_add_escaped(&said, bytes_of(talk->said, talk->said_len));
    log_note(talk->pam->log, LOG_ERR, "PAM service %s cannot be asked: %s", talk->service,
             talk->why != NULL    ? talk->why
             : talk->said_len > 0 ? space
                                  : "the process that asks it has ended badly");
}

static void start_waiting(struct pam *pam);

static void leave(struct talk *talk)
{
    struct talk **at = &talk->pam->running;

    while (*at != talk)
        at = &(*at)->next;
    *at = talk->next;
    talk->pam->running_count--;
}

static void end(struct talk *talk)
{
    struct pam *pam = talk->pam;
    enum password_verdict verdict = verdict_of(talk);

    leave(talk);
    if (!pam->is_closing) {
        if (verdict == PASSWORD_UNANSWERED)
            say_why(talk);
        pam->on_verdict(pam->context, talk->exchange, talk->ask_number, &talk->question, verdict);
    }
    free_talk(talk);
    if (!pam->is_closing)
        start_waiting(pam);
    else if (pam->running_count == 0)
        free(pam);
}

static void on_closed(uv_handle_t *handle)
{
    struct talk *talk = handle->data;

    if (--talk->open_handles == 0)
        end(talk);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* Until the process has ended and has said all, or its time is over. */
static void close_what_is_over(struct talk *talk)
{
    if (!uv_is_closing((uv_handle_t *)&talk->process))
        return;
    close_handle((uv_handle_t *)&talk->to);
    if (uv_is_closing((uv_handle_t *)&talk->from))
        close_handle((uv_handle_t *)&talk->timer);
}

/* A module may have begun others, which hold its pipes. */
static void kill_group(const struct talk *talk)
{
    if (talk->process.pid > 0)
        (void)kill(-talk->process.pid, SIGKILL);
}

/* ---- one that runs */

static void on_exit_of_process(uv_process_t *process, int64_t status, int term_signal)
{
    struct talk *talk = process->data;

    talk->status = term_signal != 0 ? -1 : status;
    kill_group(talk);
    close_handle((uv_handle_t *)process);
    close_what_is_over(talk);
}

static void on_late(uv_timer_t *timer)
{
    struct talk *talk = timer->data;

    if (!uv_is_closing((uv_handle_t *)&talk->process))
        talk->why = "it takes too long";
    kill_group(talk);
    close_handle((uv_handle_t *)&talk->from);
    close_handle((uv_handle_t *)timer);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct talk *talk = handle->data;

    (void)suggested;
    *room = uv_buf_init(talk->said + talk->said_len, (unsigned)(SAID_MAX - talk->said_len));
}

/* What is too long is cut. */
static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct talk *talk = stream->data;

    (void)room;
    if (len > 0)
        talk->said_len += (size_t)len;
    if (len < 0 || talk->said_len == SAID_MAX)
        close_handle((uv_handle_t *)stream);
    close_what_is_over(talk);
}

static void on_written(uv_write_t *write, int status)
{
    struct talk *talk = write->data;

    (void)status;
    bytes_wipe(talk->input, sizeof talk->input);
    close_handle((uv_handle_t *)&talk->to);
}

static int spawn(struct talk *talk)
{
    char address[IP_TEXT_SIZE];
    char *argv[] = {"ikewised-pam", talk->service, (char *)(uintptr_t)ip_text(talk->question.user_ip, address),
                    (char *)(uintptr_t)talk->pam->directory, NULL};
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&talk->to},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&talk->from},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_process,
        .file = talk->pam->program,
        .args = argv,
        .env = environment,
        .stdio_count = COUNT_OF(stdio),
        .stdio = stdio,
        .flags = UV_PROCESS_DETACHED, /* a group of its own, to be killed as one */
    };

    return uv_spawn(talk->pam->loop, &talk->process, &options);
}

static size_t write_input(struct talk *talk)
{
    const struct bytes parts[] = {talk->question.user, talk->question.password};
    size_t len = 0;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        CHECK(len + parts[i].len + 1 <= sizeof talk->input);
        if (parts[i].len > 0)
            memcpy(talk->input + len, parts[i].data, parts[i].len);
        len += parts[i].len;
        talk->input[len++] = '\0';
    }
    return len;
}

static void begin(struct talk *talk)
{
    struct pam *pam = talk->pam;

    talk->next = pam->running;
    pam->running = talk;
    pam->running_count++;
    CHECK(uv_timer_init(pam->loop, &talk->timer) == 0);
    talk->timer.data = talk;
    talk->open_handles = 1;
}

static void run(struct talk *talk)
{
    struct pam *pam = talk->pam;
    size_t input_len = write_input(talk);
    uv_buf_t input = uv_buf_init(talk->input, (unsigned)input_len);

    begin(talk);
    CHECK(uv_pipe_init(pam->loop, &talk->to, 0) == 0 && uv_pipe_init(pam->loop, &talk->from, 0) == 0);
    talk->to.data = talk->from.data = talk->process.data = talk->write.data = talk;
    talk->open_handles = 4; /* a process that was not begun has a handle all the same */
    if (spawn(talk) != 0) {
        talk->why = "its helper ikewised-pam cannot be run";
        close_handle((uv_handle_t *)&talk->process);
        close_handle((uv_handle_t *)&talk->from);
        close_what_is_over(talk);
        return;
    }
    CHECK(uv_timer_start(&talk->timer, on_late, talk->question.pam_timeout_s * UINT64_C(1000), 0) == 0);
    if (uv_read_start((uv_stream_t *)&talk->from, give_room, on_read) != 0)
        close_handle((uv_handle_t *)&talk->from);
    if (uv_write(&talk->write, (uv_stream_t *)&talk->to, &input, 1, on_written) != 0)
        on_written(&talk->write, 0);
}

/* Without a process, in the next turn of the loop. */
static void answer_soon(struct talk *talk)
{
    begin(talk);
    close_handle((uv_handle_t *)&talk->timer);
}

static void start_waiting(struct pam *pam)
{
    while (pam->first != NULL && pam->running_count < PAM_AT_ONCE) {
        struct talk *talk = pam->first;

        pam->first = talk->next;
        if (pam->first == NULL)
            pam->last = &pam->first;
        pam->waiting_count--;
        run(talk);
    }
}

/* ---- */

struct pam *pam_create(uv_loop_t *loop, struct log *log, void *context, pam_done *on_verdict)
{
    struct pam *pam = calloc(1, sizeof *pam);
    size_t len = PATH_SIZE;

    if (pam == NULL)
        return NULL;
    *pam = (struct pam){.loop = loop, .log = log, .context = context, .on_verdict = on_verdict};
    pam->last = &pam->first;
    if (uv_exepath(pam->path, &len) == 0) {
        char *name = strrchr(pam->path, '/');
        size_t room = name == NULL ? 0 : PATH_SIZE - (size_t)(name - pam->path);

        if (room > sizeof "/ikewised-pam")
            strcpy(name, "/ikewised-pam");
    }
    pam->program = pam->path;
    return pam;
}

void pam_use(struct pam *pam, const char *program, const char *directory)
{
    pam->program = program;
    pam->directory = directory;
}

/* Names that a log or a module might take for something else, and a password that would be cut. */
static bool may_be_asked(const struct question *question)
{
    for (size_t i = 0; i < question->user.len; i++)
        if (question->user.data[i] < 0x20 || question->user.data[i] == 0x7f)
            return false;
    return question->password.len == 0 || memchr(question->password.data, '\0', question->password.len) == NULL;
}

void pam_ask(struct pam *pam, struct handle exchange, uint32_t ask_number, const struct question *question)
{
    struct talk *talk = calloc(1, sizeof *talk);

    /* As vault_queue_ask: as many as exchanges. */
    CHECK(talk != NULL && question->pam_service.len < SERVICE_SIZE);
    talk->pam = pam;
    talk->exchange = exchange;
    talk->ask_number = ask_number;
    talk->question = *question;
    talk->views = malloc(question_views_len(question));
    CHECK(talk->views != NULL);
    question_keep(&talk->question, talk->views);
    memcpy(talk->service, question->pam_service.data, question->pam_service.len);
    if (!may_be_asked(question)) {
        talk->status = PASSWORD_STATUS + PASSWORD_WRONG;
        answer_soon(talk);
    } else if (pam->waiting_count == PAM_WAITING_MAX) {
        talk->why = "too many users wait for it";
        answer_soon(talk);
    } else {
        *pam->last = talk;
        pam->last = &talk->next;
        pam->waiting_count++;
        start_waiting(pam);
    }
}

void pam_close(struct pam *pam)
{
    pam->is_closing = true;
    while (pam->first != NULL) {
        struct talk *talk = pam->first;

        pam->first = talk->next;
        free_talk(talk);
    }
    for (struct talk *talk = pam->running; talk != NULL; talk = talk->next) {
        kill_group(talk);
        if (talk->process.data != NULL) /* it has been begun */
            close_handle((uv_handle_t *)&talk->from);
    }
    if (pam->running_count == 0)
        free(pam);
}
