/* What the log remembers: its lines, the states that a peer's negotiations have passed, and what explains them. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "event/phrases.h"

#include <time.h>

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

enum { SEVERITY_ALL = 7, LINE_SIZE = PHRASE_LINE_SIZE + 128 };

static void send_lines(struct client *client, const struct event *event, int64_t at_s, uint8_t severity)
{
    char space[LINE_SIZE], words_space[PHRASE_LINE_SIZE];
    struct phrase_head head;
    struct tm tm;
    time_t at = (time_t)at_s;

    localtime_r(&at, &tm);
    for (unsigned i = 0;; i++) {
        struct control_record r = control_record_of(RECORD_log_line);
        struct text line = text_of(space, sizeof space), words = text_of(words_space, sizeof words_space);

        if (!phrase_write(DIALECT_ASA_SYSLOG, event, i, &head, &words))
            return;
        if (head.severity > severity)
            continue;
        phrase_add_stamp(&line, DIALECT_ASA_SYSLOG,
                         (struct phrase_stamp){.year = (uint16_t)(tm.tm_year + 1900),
                                               .month = (uint8_t)(tm.tm_mon + 1),
                                               .day = (uint8_t)tm.tm_mday,
                                               .hour = (uint8_t)tm.tm_hour,
                                               .minute = (uint8_t)tm.tm_min,
                                               .second = (uint8_t)tm.tm_sec});
        phrase_add_tag(&line, head);
        text_add(&line, "%s", words_space);
        record_set_text(&r, COL_log_line_text, space);
        client_send(client, &r);
    }
}

/* The oldest event first; the first call counts what there is. False: there are no more. What happens meanwhile pushes
 * the ring on, so that an event may come twice, and none is lost. */
static bool next_past(struct client *client, struct event *event, int64_t *at_s)
{
    const struct control_source *source = source_of(client);

    while (client->stage == 0 && source->past(source->context, client->index, event, at_s))
        client->index++;
    client->stage = 1;
    return client->index > 0 && source->past(source->context, --client->index, event, at_s);
}

static bool is_about(const struct client *client, const struct event *event)
{
    return ip_equal(event_ip(event, FIELD_PEER), client->request.peer);
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

static void send_hosts(struct client *client)
{
    const struct logging *logging = logging_of(client);

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
        record_set_number(&r, COL_log_host_dropped, tally.dropped);
        client_send(client, &r);
    }
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
    record_set_flag(&r, COL_logging_enabled, logging->is_enabled);
    record_set_flag(&r, COL_logging_timestamp, logging->has_timestamp);
    record_set_text(&r, COL_logging_buffered, level_name(logging->buffered));
    record_set_text(&r, COL_logging_monitor, level_name(logging->monitor));
    record_set_text(&r, COL_logging_trap, level_name(logging->trap));
    record_set_number(&r, COL_logging_facility, logging->facility);
    record_set_number(&r, COL_logging_sent, sent);
    if (logging->has_device_id)
        record_set_text(&r, COL_logging_device_id, source_of(client)->policy(source_of(client)->context)->hostname);
    client_send(client, &r);
    send_hosts(client);
}

bool show_logging(struct client *client)
{
    bool is_first = client->stage == 0;
    struct event event;
    int64_t at_s;
    bool is_more = next_past(client, &event, &at_s);

    if (is_first && is_more && client->index + 1 > client->control->logged_count) {
        client->index = (uint32_t)client->control->logged_count;
        is_more = next_past(client, &event, &at_s);
    }
    if (is_first)
        send_logging(client, is_more ? client->index + 1 : 0);
    if (is_more)
        send_lines(client, &event, at_s, logging_of(client)->buffered);
    return is_more;
}

/* What happened with one peer, in full: for whoever explains it. */
bool show_why(struct client *client)
{
    struct event event;
    int64_t at_s;

    if (!next_past(client, &event, &at_s))
        return false;
    if (is_about(client, &event))
        send_lines(client, &event, at_s, SEVERITY_ALL);
    return true;
}

static void send_state(struct client *client, const struct event *e, int64_t at_s)
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
    record_set_number(&r, COL_state_at, (uint64_t)at_s);
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
    struct event event;
    int64_t at_s;

    if (!next_past(client, &event, &at_s))
        return false;
    if (is_about(client, &event) && (event.kind == EV_STATE_CHANGED || event.kind == EV_PHASE1_DELETED))
        send_state(client, &event, at_s);
    return true;
}
