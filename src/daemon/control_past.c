/* What has happened, from the journal: the log's last lines, all that concerns one peer, its states, and the journal
 * itself. The oldest comes first. What happens meanwhile pushes the ring on, so that a line may come twice, and none is
 * lost. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "daemon/dialect.h"
#include "daemon/journal.h"
#include "event/journal.h"
#include "event/phrases.h"
#include "ike/view.h"

#include <string.h>
#include <time.h>

enum { LINE_SIZE = PHRASE_LINE_SIZE + 128, DEBUGGING = 7 };

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static bool read_past(struct client *client, uint32_t index, struct journal_record *record)
{
    return source_of(client)->past(source_of(client)->context, index, record);
}

static struct phrase_stamp stamp_of(const struct tm *tm)
{
    return (struct phrase_stamp){.year = (uint16_t)(tm->tm_year + 1900),
                                 .month = (uint8_t)(tm->tm_mon + 1),
                                 .day = (uint8_t)tm->tm_mday,
                                 .hour = (uint8_t)tm->tm_hour,
                                 .minute = (uint8_t)tm->tm_min,
                                 .second = (uint8_t)tm->tm_sec};
}

/* "Jun 10 2010 17:36:05: ", of a router "Jun 10 17:36:05.123: ", as the device has it, or with all that a machine wants
 * to know of the time. */
static void add_time(struct text *line, uint64_t at_ms, enum dialect dialect, bool is_journal)
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm tm;

    if (is_journal) {
        gmtime_r(&at, &tm);
        journal_add_time(line, stamp_of(&tm), (unsigned)(at_ms % 1000));
    } else {
        localtime_r(&at, &tm);
        phrase_add_stamp(line, dialect, stamp_of(&tm));
        if (phrase_is_ios(dialect)) {
            line->len--; /* the blank */
            text_add(line, ".%03u: ", (unsigned)(at_ms % 1000));
        }
    }
}

static void send_line(struct client *client, const char *line)
{
    struct control_record r = control_record_of(RECORD_log_line);

    record_set_text(&r, COL_log_line_text, line);
    client_send(client, &r);
}

static bool is_buffered(const struct logging *logging, struct phrase_head *head)
{
    return logging_severity(logging, head->number, &head->severity) &&
           logging_takes(logging, LOGGING_BUFFERED, head->number, head->severity);
}

/* `logging`: what of it is to be shown, and how severe; NULL: all. */
static void send_event(struct client *client, const struct journal_record *record, const struct logging *logging,
                       bool is_journal)
{
    char space[LINE_SIZE], words_space[PHRASE_LINE_SIZE];
    struct phrase_head head;

    for (unsigned i = 0;; i++) {
        struct text line = text_of(space, sizeof space), words = text_of(words_space, sizeof words_space);

        if (!phrase_write(DIALECT_ASA_SYSLOG, &record->event, i, &head, &words))
            return;
        if (logging != NULL && !is_buffered(logging, &head))
            continue;
        add_time(&line, record->at_ms, DIALECT_ASA_SYSLOG, is_journal);
        phrase_add_tag(&line, head);
        text_add(&line, "%s", words_space);
        phrase_join_lines(space);
        send_line(client, space);
    }
}

/* The log of a router has what IOS says of the event; where that is nothing, the ASA's message, but for its debugging,
 * under our own tag: an engineer of routers waits neither for an ASA's steps among his own nor for its name, and what
 * only we can tell is not lost. */
static void send_ios_event(struct client *client, const struct journal_record *record, const struct logging *logging,
                           enum dialect ios)
{
    enum dialect dialect = ios;
    struct phrase_head head;

    for (unsigned i = 0;; i++) {
        char space[LINE_SIZE], words_space[PHRASE_LINE_SIZE];
        struct text line = text_of(space, sizeof space), words = text_of(words_space, sizeof words_space);
        bool is_said = phrase_write(dialect, &record->event, i, &head, &words);

        if (!is_said && i == 0 && dialect == ios) {
            dialect = DIALECT_ASA_SYSLOG;
            is_said = phrase_write(dialect, &record->event, i, &head, &words);
        }
        if (!is_said)
            return;
        if (!is_buffered(logging, &head) || (dialect != ios && head.severity >= DEBUGGING))
            continue;
        add_time(&line, record->at_ms, ios, false);
        if (dialect != ios)
            phrase_add_own_tag(&line, head);
        text_add_words(&line, words_space);
        client_send_lines(client, space);
    }
}

/* The next record for the client, the oldest first; false: there is none. */
static bool next_record(struct client *client, struct journal_record *record)
{
    while (client->index > 0)
        if (read_past(client, --client->index, record))
            return true;
    return false;
}

/* The first step of an answer. True: there is more. */
static bool find_oldest(struct client *client)
{
    struct journal_record record;

    while (read_past(client, client->index, &record))
        client->index++;
    client->stage = 1;
    return true;
}

static const struct logging *logging_of(const struct client *client)
{
    return &source_of(client)->policy(source_of(client)->context)->logging;
}

/* In the ASA's words; NULL: nothing. */
static const char *level_name(uint8_t severity)
{
    static const char *const names[] = {"emergencies", "alerts",        "critical",      "errors",
                                        "warnings",    "notifications", "informational", "debugging"};

    return severity < COUNT_OF(names) ? names[severity] : NULL;
}

/* A level, or the name of a list. */
static const char *what_of(const struct logging *logging, enum logging_target target)
{
    return logging->lists[target] != 0 ? logging->list_names[target] : level_name(logging->levels[target]);
}

static void send_channels(struct client *client, const struct log_remote_tally *sum)
{
    struct control_record r = control_record_of(RECORD_log_channels);

    record_set_number(&r, COL_log_channels_not_putable, sum->full);
    record_set_number(&r, COL_log_channels_all_down, sum->down);
    record_set_number(&r, COL_log_channels_flaps, sum->flaps);
    record_set_number(&r, COL_log_channels_lost, sum->full + sum->down);
    client_send(client, &r);
}

static void send_hosts(struct client *client)
{
    const struct logging *logging = logging_of(client);
    struct log_remote_tally sum = {0};

    for (uint8_t i = 0; i < logging->host_count; i++) {
        struct control_record r = control_record_of(RECORD_log_host);
        struct log_remote_tally tally;

        source_of(client)->log_tally(source_of(client)->context, i, &tally);
        record_set_text(&r, COL_log_host_interface, logging->hosts[i].interface);
        record_set_ip(&r, COL_log_host_address, logging->hosts[i].ip);
        record_set_text(&r, COL_log_host_protocol, logging->hosts[i].is_tcp ? "TCP" : "UDP");
        record_set_number(&r, COL_log_host_port, logging->hosts[i].port);
        record_set_number(&r, COL_log_host_sent, tally.sent);
        record_set_number(&r, COL_log_host_errors, tally.errors);
        record_set_number(&r, COL_log_host_dropped, tally.full + tally.down);
        client_send(client, &r);
        sum.full += tally.full;
        sum.down += tally.down;
        sum.flaps += tally.flaps;
    }
    if (logging->host_count > 0)
        send_channels(client, &sum);
}

static void send_logging(struct client *client, uint64_t messages)
{
    const struct logging *logging = logging_of(client);
    struct control_record r = control_record_of(RECORD_logging);
    uint64_t sent = 0;

    for (uint8_t i = 0; i < logging->host_count; i++) {
        struct log_remote_tally tally;

        source_of(client)->log_tally(source_of(client)->context, i, &tally);
        sent += tally.sent;
    }
    record_set_number(&r, COL_logging_messages, messages);
    record_set_number(&r, COL_logging_bytes, JOURNAL_BYTES);
    record_set_flag(&r, COL_logging_enabled, logging->is_enabled);
    record_set_flag(&r, COL_logging_timestamp, logging->has_timestamp);
    record_set_flag(&r, COL_logging_hostdown, logging->is_hostdown_permitted);
    record_set_text(&r, COL_logging_buffered, what_of(logging, LOGGING_BUFFERED));
    record_set_text(&r, COL_logging_monitor, what_of(logging, LOGGING_MONITOR));
    record_set_text(&r, COL_logging_trap, what_of(logging, LOGGING_TRAP));
    record_set_number(&r, COL_logging_facility, logging->facility);
    record_set_number(&r, COL_logging_sent, sent);
    if (logging->device_id != NULL)
        record_set_text(&r, COL_logging_device_id, logging->device_id);
    client_send(client, &r);
    send_hosts(client);
}

/* As many of the newest events as the log was not cleared of. */
static bool begin_logging(struct client *client)
{
    struct journal_record record;
    uint64_t events = 0;

    for (; events < client->control->logged_count && read_past(client, client->index, &record); client->index++)
        events += record.kind == JOURNAL_IS_EVENT;
    send_logging(client, events);
    client->stage = 1;
    return true;
}

bool show_logging(struct client *client)
{
    struct journal_record record;

    if (client->stage == 0)
        return begin_logging(client);
    if (!next_record(client, &record))
        return false;

    enum dialect dialect = dialect_of_policy(source_of(client)->policy(source_of(client)->context));

    if (record.kind == JOURNAL_IS_EVENT && phrase_is_ios(dialect))
        send_ios_event(client, &record, logging_of(client), dialect);
    else if (record.kind == JOURNAL_IS_EVENT)
        send_event(client, &record, logging_of(client), false);
    return true;
}

/* What happened with one peer, in full: for whoever explains it. */
bool show_why(struct client *client)
{
    struct journal_record record;

    if (client->stage == 0)
        return find_oldest(client);
    if (!next_record(client, &record))
        return false;
    if (record.kind == JOURNAL_IS_EVENT && ip_equal(journal_peer(&record), client->request.peer))
        send_event(client, &record, NULL, false);
    return true;
}

static void send_state(struct client *client, const struct event *e, uint64_t at_ms)
{
    struct control_record r = control_record_of(RECORD_state);
    static const struct {
        enum control_column column;
        enum event_field_id field;
    } texts[] = {
        {COL_state_role, FIELD_ROLE},           {COL_state_exchange, FIELD_EXCHANGE},
        {COL_state_before, FIELD_STATE_BEFORE}, {COL_state_state, FIELD_STATE},
        {COL_state_ios_state, FIELD_IOS_STATE}, {COL_state_ios_passed, FIELD_IOS_PASSED},
    };

    record_set_ip(&r, COL_state_peer, event_ip(e, FIELD_PEER));
    record_set_number(&r, COL_state_at, at_ms / 1000);
    record_set_number(&r, COL_state_conn_id, event_number(e, FIELD_CONN_ID));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (event_has(e, texts[i].field))
            record_set_text(&r, texts[i].column, event_text(e, texts[i].field));
    }
    record_set_flag(&r, COL_state_gone, e->kind == EV_PHASE1_DELETED);
    if (e->kind == EV_PHASE1_DELETED)
        record_set_text(&r, COL_state_reason, event_text(e, FIELD_REASON));
    client_send(client, &r);
}

bool show_states(struct client *client)
{
    struct journal_record record;

    if (client->stage == 0)
        return find_oldest(client);
    if (!next_record(client, &record))
        return false;
    if (record.kind == JOURNAL_IS_EVENT && ip_equal(journal_peer(&record), client->request.peer) &&
        (record.event.kind == EV_STATE_CHANGED || record.event.kind == EV_PHASE1_DELETED))
        send_state(client, &record.event, record.at_ms);
    return true;
}

/* ---- the journal ---- */

static void send_message(struct client *client, const struct journal_record *record)
{
    const struct endpoint *local = &record->message.local, *remote = &record->message.remote;
    bool is_sent = record->message.is_sent;
    char space[JOURNAL_LINE_SIZE];

    for (size_t at = 0; at < record->message.data.len; at += JOURNAL_PIECE_LEN) {
        struct text line = text_of(space, sizeof space);

        add_time(&line, record->at_ms, DIALECT_ASA_SYSLOG, true);
        journal_add_message(&line, is_sent ? JOURNAL_OUT : JOURNAL_IN, is_sent ? *local : *remote,
                            is_sent ? *remote : *local, record->message.data, at);
        send_line(client, space);
    }
}

static void send_input(struct client *client, const struct journal_record *record)
{
    char space[LINE_SIZE];
    struct text line = text_of(space, sizeof space);

    add_time(&line, record->at_ms, DIALECT_ASA_SYSLOG, true);
    journal_add_words(&line, JOURNAL_INPUT, record->input);
    send_line(client, space);
}

static bool is_asked_for(const struct client *client, struct ip peer)
{
    return !ip_is_set(client->request.peer) || ip_equal(peer, client->request.peer);
}

static void send_key(void *context, struct ip peer, const char *row)
{
    struct client *client = context;
    char space[KEY_ROW_SIZE + 64];
    struct text line = text_of(space, sizeof space);

    if (!is_asked_for(client, peer))
        return;
    add_time(&line, 0, DIALECT_ASA_SYSLOG, true);
    journal_add_words(&line, JOURNAL_KEY, row);
    send_line(client, space);
    bytes_wipe(space, sizeof space);
}

/* Never a pre-shared key. */
static void send_keys(struct client *client)
{
    struct control_record warning = control_record_of(RECORD_warning);

    keys_each(client->control, client, send_key);
    record_set_text(
        &warning, COL_warning_sentence,
        "the keys of ISAKMP SAs are in this journal: whoever reads it reads what was negotiated under them");
    client_send(client, &warning);
}

/* An input stands before what it has brought about: it is of the peer of that. */
static bool is_before_peer(struct client *client)
{
    struct journal_record next;

    return !ip_is_set(client->request.peer) || (client->index > 0 && read_past(client, client->index - 1, &next) &&
                                                ip_equal(journal_peer(&next), client->request.peer));
}

bool show_journal(struct client *client)
{
    struct journal_record record;

    if (client->stage == 0) {
        send_line(client, JOURNAL_HEAD);
        if (client->request.id == CONTROL_SHOW_JOURNAL_KEYS)
            send_keys(client);
        return find_oldest(client);
    }
    if (!next_record(client, &record))
        return false;
    switch ((enum journal_record_kind)record.kind) {
    case JOURNAL_IS_EVENT:
        if (is_asked_for(client, journal_peer(&record)))
            send_event(client, &record, NULL, true);
        break;
    case JOURNAL_IS_MESSAGE:
        if (is_asked_for(client, journal_peer(&record)))
            send_message(client, &record);
        break;
    case JOURNAL_IS_INPUT:
        if (is_before_peer(client))
            send_input(client, &record);
        break;
    }
    return true;
}
