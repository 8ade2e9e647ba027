/* The log: what happens, as lines for syslog, for the terminal (-d) and for shells that watch.
 *
 *     struct log *log = log_open(true, options.is_debug, options.is_debug);
 *     log_event(&log, &event);                      in the words of the dialect (event/phrases.h)
 *     log_note(&log, LOG_NOTICE, "listening on %s", ...);      the daemon's own affairs, one sentence without a full
 * stop
 *
 * Severities are those of syslog(3): 0 emergency to 7 debug. Lines that unauthenticated input causes are limited, a
 * token bucket for each kind of event and each prefix of a peer (attack list D09); the events themselves are all
 * counted and go to the ring. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "daemon/evidence.h"
#include "daemon/journal.h"
#include "event/phrases.h"
#include "policy/logging.h"

#include <syslog.h>

struct log;

/* Who watches: each event once with no line (NULL); when that returned true, then each of its lines. */
typedef bool log_watcher(void *watcher_context, const struct event *event, struct logging_weight weight,
                         const struct logging_words *line);

/* Lines go to syslog up to informational (6), to the terminal (standard error) too when asked, or when there is no
 * syslog; with debug, up to 7. */
struct log *log_open(bool to_syslog, bool to_terminal, bool is_debug);
void log_close(struct log *log);

/* Somebody who has started the daemon by hand sees its log. */
bool log_is_on_terminal(const struct log *log);

/* The words of the terminal and of those who watch. syslog always has the ASA's. */
void log_use_dialect(struct log *log, enum dialect dialect);

/* Messages that are logged with another severity, or not at all. */
void log_use_logging(struct log *log, const struct logging *logging); /* copied */

/* Who sees every line of the debug console, before any filter and limit; NULL: nobody. */
void log_watch(struct log *log, log_watcher *watcher, void *watcher_context);

/* Other machines that get the lines of syslog: their least severe (-1: none), and a line without a time. NULL: nobody.
 */
struct log_sink {
    void *context;
    int (*severity)(void *context);
    void (*send)(void *context, int severity, uint32_t message_number, const char *line);
};
void log_send_to(struct log *log, const struct log_sink *sink); /* copied */

void log_event(struct log *log, const struct event *event);
void log_note(struct log *log, int severity, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For the journal alone: a message of the wire, without the non-ESP marker, and what else the engine was fed. */
void log_message(struct log *log, bool is_sent, const struct endpoint *local, const struct endpoint *remote,
                 struct bytes data);
void log_input(struct log *log, const char *name);

/* What the journal has; the newest is 0. False: there are no more. */
bool log_past(const struct log *log, uint32_t index, struct journal_record *record);

/* One input of the engine, and all that it has brought about, is in the log: what belongs to a negotiation that does
 * not come up is kept (evidence.h). */
void log_end_turn(struct log *log);
/* Whose negotiations are kept when there is not room for all. */
void log_know_peers(struct log *log, evidence_known *known, void *context);

/* Events that the limits have kept out of the log since the start. */
uint64_t log_kept_back_count(const struct log *log);

#endif
