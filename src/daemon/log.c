#include "daemon/log.h"

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/log_limit.h"
#include "daemon/names.h"
#include "event/phrases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = PHRASE_LINE_SIZE + 128 };

struct log {
    bool to_syslog, to_terminal;
    int syslog_severity, terminal_severity; /* lines up to this one */
    enum dialect dialect;                   /* ASA_SYSLOG, or one of IOS */
    uint64_t begun_ms;
    log_watcher *watcher;
    void *watcher_context;
    struct log_sink sink;          /* send NULL: nobody */
    uint8_t most_severe[EV_COUNT]; /* of the lines of an event in any dialect: what is below every filter need not be
                                      written */
    struct logging logging;
    struct log_limit limit;
    struct evidence *evidence;
    struct journal journal;
};

static void learn_severities(struct log *log)
{
    memset(log->most_severe, LOG_DEBUG + 1, sizeof log->most_severe);
    for (size_t row = 0; row < phrase_count(); row++) {
        const struct phrase *p = phrase_at(row);

        if (p->use != PHRASE_READ && p->severity < log->most_severe[p->kind])
            log->most_severe[p->kind] = p->severity;
    }
}

/* Without a syslog daemon (a container, a test) lines go to standard error, which systemd and the like keep. */
struct log *log_open(bool to_syslog, bool to_terminal, bool is_debug)
{
    struct log *log = calloc(1, sizeof *log);

    CHECK(log != NULL);
    log->to_syslog = to_syslog && access("/dev/log", W_OK) == 0;
    log->to_terminal = to_terminal || !log->to_syslog;
    log->syslog_severity = LOG_INFO;
    log->terminal_severity = is_debug ? LOG_DEBUG : LOG_INFO;
    log->begun_ms = clock_now_ms();
    log->journal.turn = 1;
    log->evidence = evidence_create();
    learn_severities(log);
    if (log->to_syslog)
        openlog(PROCESS_NAME, LOG_PID | LOG_NDELAY, LOG_DAEMON);
    return log;
}

void log_close(struct log *log)
{
    if (log->to_syslog)
        closelog();
    evidence_free(log->evidence);
    free(log);
}

bool log_is_on_terminal(const struct log *log)
{
    return log->to_terminal;
}

void log_use_dialect(struct log *log, enum dialect dialect)
{
    log->dialect = dialect;
}

void log_use_logging(struct log *log, const struct logging *logging)
{
    log->logging = *logging;
}

void log_watch(struct log *log, log_watcher *watcher, void *watcher_context)
{
    log->watcher = watcher;
    log->watcher_context = watcher_context;
}

void log_send_to(struct log *log, const struct log_sink *sink)
{
    log->sink = sink != NULL ? *sink : (struct log_sink){0};
}

static void add_stamp(const struct log *log, struct text *t, enum dialect dialect)
{
    time_t now = time(NULL);
    struct tm tm;

    if (phrase_is_ios(dialect)) {
        phrase_add_uptime(t, (clock_now_ms() - log->begun_ms) / 1000);
        return;
    }
    localtime_r(&now, &tm);
    phrase_add_stamp(t, dialect,
                     (struct phrase_stamp){.year = (uint16_t)(tm.tm_year + 1900),
                                           .month = (uint8_t)(tm.tm_mon + 1),
                                           .day = (uint8_t)tm.tm_mday,
                                           .hour = (uint8_t)tm.tm_hour,
                                           .minute = (uint8_t)tm.tm_min,
                                           .second = (uint8_t)tm.tm_sec});
}

/* One write a line, so that lines of several processes do not mix. A terminal that is gone is no reason to stop. */
static void print(struct text *line)
{
    if (line->is_cut)
        line->len = line->size - 2;
    line->data[line->len++] = '\n';
    (void)!write(STDERR_FILENO, line->data, line->len);
}

/* An ASA's console shows what IKE says as debug lines, and the rest of the device as syslog lines among them. */
static uint8_t dialect_on_console(struct phrase_head head)
{
    return head.dialect == DIALECT_ASA_SYSLOG && phrase_is_of_ike(head.number) ? DIALECT_ASA_CONSOLE_8 : head.dialect;
}

/* IOS where it has words for this event. */
static enum dialect dialect_of(const struct log *log, const struct event *e)
{
    char space[PHRASE_LINE_SIZE];
    struct text words = text_of(space, sizeof space);
    struct phrase_head head;

    return phrase_is_ios(log->dialect) && phrase_write(log->dialect, e, 0, &head, &words) ? log->dialect
                                                                                          : DIALECT_ASA_SYSLOG;
}

static void write_line(const struct log *log, struct text *line, struct phrase_head head, const char *words)
{
    bool is_own = phrase_is_ios(log->dialect) && !phrase_is_ios(head.dialect);

    add_stamp(log, line, is_own ? log->dialect : head.dialect);
    if (is_own)
        phrase_add_own_tag(line, head);
    else
        phrase_add_tag(line, head);
    text_add_words(line, words);
}

/* What a router has no words for, its debug shows when it is a warning, in the log's words: nobody who debugs a router
 * waits for an ASA's steps among its own. */
static void tell_watcher(struct log *log, const struct event *e, struct phrase_head head, const char *words,
                         const char *debug)
{
    char space[LINE_SIZE];
    struct text line = text_of(space, sizeof space);

    write_line(log, &line, head, words);
    if (!phrase_is_ios(head.dialect)) {
        phrase_join_lines(space);
        if (phrase_is_ios(log->dialect))
            debug = head.severity <= LOG_WARNING ? space : NULL;
    }
    (void)log->watcher(log->watcher_context, e, (struct logging_weight){head.severity, head.number},
                       &(struct logging_words){.debug = debug, .log = space});
}

/* In the words of a console, for the terminal and for those who watch. */
static void console_lines(struct log *log, const struct event *e, bool is_watched, bool is_allowed)
{
    enum dialect dialect = dialect_of(log, e);
    char space[LINE_SIZE], words_space[PHRASE_LINE_SIZE];
    struct phrase_head head;

    for (unsigned i = 0;; i++) {
        struct text line = text_of(space, sizeof space), words = text_of(words_space, sizeof words_space);
        if (!phrase_write(dialect, e, i, &head, &words))
            return;
        struct phrase_head in_log = head;

        head.dialect = dialect_on_console(head);
        write_line(log, &line, head, words_space);
        if (is_watched)
            tell_watcher(log, e, in_log, words_space, space);
        if (log->to_terminal && is_allowed && head.severity <= log->terminal_severity)
            print(&line);
    }
}

static void syslog_lines(struct log *log, const struct event *e, int sink_severity)
{
    int syslog_severity = log->to_syslog ? log->syslog_severity : -1;
    struct phrase_head head;

    for (unsigned i = 0;; i++) {
        char space[LINE_SIZE], words_space[PHRASE_LINE_SIZE];
        struct text line = text_of(space, sizeof space), words = text_of(words_space, sizeof words_space);
        if (!phrase_write(DIALECT_ASA_SYSLOG, e, i, &head, &words))
            return;
        if (!logging_severity(&log->logging, head.number, &head.severity) ||
            (head.severity > syslog_severity && head.severity > sink_severity))
            continue;
        phrase_add_tag(&line, head);
        text_add(&line, "%s", words_space);
        phrase_join_lines(space);
        if (head.severity <= syslog_severity)
            syslog(head.severity, "%s", space);
        if (head.severity <= sink_severity)
            log->sink.send(log->sink.context, head.severity, head.number, space);
    }
}

void log_event(struct log *log, const struct event *e)
{
    uint32_t kept_back;
    bool is_allowed = log_limit_allows(&log->limit, e, clock_now_ms(), &kept_back);

    journal_keep_event(&log->journal, e, clock_wall_ms());
    if (kept_back > 0)
        log_note(log, LOG_WARNING, "%u more of these were not logged: %s", kept_back, event_meaning(e->kind));
    bool is_watched =
        log->watcher != NULL && log->watcher(log->watcher_context, e, (struct logging_weight){LOG_DEBUG, 0}, NULL);
    bool is_on_terminal = log->to_terminal && is_allowed && log->most_severe[e->kind] <= log->terminal_severity;
    if (is_watched || is_on_terminal)
        console_lines(log, e, is_watched, is_allowed);
    int sink_severity = log->sink.send != NULL ? log->sink.severity(log->sink.context) : -1;
    /* who has given messages other severities, has each line looked at */
    int most_severe = log->logging.message_count > 0 ? LOG_EMERG : log->most_severe[e->kind];
    bool is_for_syslog = log->to_syslog && most_severe <= log->syslog_severity;
    if (is_allowed && (is_for_syslog || most_severe <= sink_severity))
        syslog_lines(log, e, sink_severity);
}

void log_note(struct log *log, int severity, const char *format, ...)
{
    char words[LINE_SIZE - 64], space[LINE_SIZE];
    struct text line = text_of(space, sizeof space);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (log->to_syslog && severity <= log->syslog_severity)
        syslog(severity, "%s", words);
    if (log->to_terminal && severity <= log->terminal_severity) {
        add_stamp(log, &line, phrase_is_ios(log->dialect) ? log->dialect : DIALECT_ASA_CONSOLE_8);
        text_add(&line, PROCESS_NAME ": %s", words);
        print(&line);
    }
}

void log_message(struct log *log, bool is_sent, const struct endpoint *local, const struct endpoint *remote,
                 struct bytes data)
{
    enum { HEADER_LEN = 28 }; /* what is shorter is no message of ISAKMP: a NAT keepalive, or junk */

    if (data.len >= HEADER_LEN)
        journal_keep_message(&log->journal, is_sent, local, remote, data, clock_wall_ms());
}

void log_input(struct log *log, const char *name)
{
    journal_keep_input(&log->journal, name, clock_wall_ms());
}

bool log_past(const struct log *log, uint32_t index, struct journal_record *record)
{
    return journal_read(&log->journal, index, record) ||
           (index >= log->journal.count &&
            evidence_read(log->evidence, &log->journal, index - log->journal.count, record));
}

void log_end_turn(struct log *log)
{
    evidence_take(log->evidence, &log->journal);
    log->journal.turn++;
}

void log_know_peers(struct log *log, evidence_known *known, void *context)
{
    evidence_know(log->evidence, known, context);
}

uint64_t log_kept_back_count(const struct log *log)
{
    return log->limit.kept_back_count;
}
