/* libreswan's and Openswan's log: `stamp: "name"[1] 10.9.1.2 #1: text`, `packet from 10.9.1.2:500: text`, and with
 * debugging lines that begin with a bar, of which a message received is put together. */
#include "event/readings.h"
#include "source/exchange.h"
#include "source/parts.h"

#include <string.h>

/* "name"[1] 10.9.1.2 #12: of whoever printed it, behind whatever they put before it. */
static bool find_subject(struct bytes line, size_t *at)
{
    enum { BEFORE_MAX = 160 };
    size_t close, sign;

    for (size_t from = 0; from < BEFORE_MAX && bytes_has(bytes_after(line, from), " \"", at); from = *at) {
        *at += from + 1;
        struct bytes name = bytes_after(line, *at + 1);
        if (!bytes_has(name, "\"", &close) || close > 64)
            return false;
        struct bytes rest = bytes_after(name, close + 1);
        if (bytes_has(rest, "#", &sign) && sign < 64 && bytes_has(bytes_after(rest, sign), ": ", &close) &&
            close < 12 && (sign == 1 || rest.data[0] == '['))
            return true;
    }
    return false;
}

/* What stands behind the name of a connection of which there is no state, or behind nothing, and is pluto's alone. */
static const char *const sure_texts[] = {
    "We cannot identify ourselves with either end of this connection",
    "we cannot identify ourselves with either end of this connection",
    "probable authentication failure (mismatch of preshared secrets?)",
};

static bool is_sure(struct bytes text)
{
    size_t close;

    if (text.len > 1 && text.data[0] == '"' && bytes_has(bytes_after(text, 1), "\": ", &close) && close <= 64)
        text = bytes_after(text, close + 4);
    for (size_t i = 0; i < COUNT_OF(sure_texts); i++)
        if (bytes_begin_with(text, bytes_of_text(sure_texts[i])))
            return true;
    return false;
}

/* 000 #1: "name":500 STATE_MAIN_I3 (sent MI3, expecting MR3); EVENT_v1_RETRANSMIT in 15s: a line of ipsec auto
 * --status. */
static bool is_status(struct bytes text)
{
    size_t state;

    return bytes_begin_with(text, bytes_of_text("000 #")) && bytes_has(text, " STATE_", &state) && state < 160;
}

/* The text behind stamp and name of the program. */
static bool find_text(const struct source *s, struct bytes line, size_t *at)
{
    size_t open, colon;
    bool is_pluto = s->kind_before == SOURCE_PLUTO_LOG;

    if (bytes_has(line, "pluto[", &open) && bytes_has(bytes_after(line, open), "]: ", &colon)) {
        *at = open + colon + 3;
        if (bytes_begin_with(bytes_after(line, *at), bytes_of_text("ERROR: ")))
            *at += 7;
        return true;
    }
    if (line.data[0] != '"' && find_subject(line, at))
        return true;
    size_t place = stamp_place(line), code = 0;
    *at = 0;
    while (code < line.len && line.data[code] >= '0' && line.data[code] <= '9')
        code++;
    code = code == 3 && line.len > 4 && line.data[3] == ' ' ? 4 : 0; /* of whack, in front of each line */
    if (is_status(line) || is_sure(bytes_after(line, code))) {
        *at = code;
        return true;
    }
    if (*at == 0 && place < 4 && bytes_has(bytes_after(line, place), ": ", &colon) && colon < 40)
        *at = place + colon + 2;
    struct bytes text = bytes_after(line, *at);
    if (bytes_begin_with(text, bytes_of_text("ERROR: ")))
        *at += 7, text = bytes_after(line, *at);
    if (bytes_begin_with(text, bytes_of_text("| ")))
        return *at > 0 || is_pluto;
    if (bytes_begin_with(text, bytes_of_text("packet from ")) || bytes_begin_with(text, bytes_of_text("Pluto ")) ||
        bytes_begin_with(text, bytes_of_text("Starting Pluto ")) ||
        bytes_begin_with(text, bytes_of_text("asynchronous network error report ")))
        return true;
    return (text.len > 2 && text.data[0] == '"' && bytes_has(text, "\" #", &colon)) ||
           (text.len > 2 && text.data[0] == '"' && bytes_has(text, "\"[", &colon)) || (*at > 0 && is_pluto);
}

static bool read_endpoint(struct bytes text, struct ip *ip, uint16_t *port)
{
    size_t colon = text.len;
    uint64_t number;

    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon == 0 || !bytes_number(bytes_after(text, colon), 10, &number) || number > 65535 ||
        !ip_parse(ip, bytes_of(text.data, colon - 1)))
        return false;
    *port = (uint16_t)number;
    return true;
}

static void add_ends(struct event *e, const struct ends *ends)
{
    if (ip_is_set(ends->peer) && !event_has(e, FIELD_PEER))
        event_add_ip(e, FIELD_PEER, ends->peer);
    if (ip_is_set(ends->local) && !event_has(e, FIELD_LOCAL))
        event_add_ip(e, FIELD_LOCAL, ends->local);
}

/* A notification is said once its bytes were read, or do not follow; with the line that named it. */
static void say_notified(struct source *s)
{
    struct event e = s->notified.event;
    struct stamp stamp = s->stamp;
    uint32_t line = s->line;

    if (e.kind == EV_NONE)
        return;
    s->notified.event = event_of(EV_NONE);
    s->stamp = s->notified.stamp;
    s->line = s->notified.line;
    source_say_as(s, &e, s->notified.text);
    s->stamp = stamp;
    s->line = line;
}

static void hold_notified(struct source *s, const struct event *e, struct bytes line)
{
    struct text t = text_of(s->notified.text, sizeof s->notified.text);

    s->notified.event = *e;
    s->notified.stamp = s->stamp;
    s->notified.line = s->line;
    text_add_escaped(&t, line);
}

/* 00 00 00 10  00 00 00 01  03 04 00 0e: behind length and DOI the protocol (RFC 2408, section 3.14) */
static bool read_notified(struct source *s, struct bytes text)
{
    enum { PROTOCOL_AT = 8 };
    uint64_t octet = 0;

    if (s->notified.event.kind == EV_NONE)
        return false;
    for (size_t i = 0; i <= PROTOCOL_AT; i++) {
        struct bytes word = bytes_word(&text);
        if (word.len != 2 || !bytes_number(word, 16, &octet))
            return false;
    }
    event_add_number(&s->notified.event, FIELD_PROTOCOL, octet);
    say_notified(s);
    return true;
}

/* A message received is said when the next thing happens: its payloads came line by line. */
void pluto_end(struct source *s)
{
    struct event *e = &s->last.pending;

    say_notified(s);
    if (e->kind == EV_MESSAGE_RECEIVED)
        event_add_text(e, FIELD_PAYLOADS, payload_list_end(&s->payloads));
    if (e->kind != EV_NONE)
        source_say(s, e);
    s->last.pending = event_of(EV_NONE);
}

/* *received 224 bytes from 10.9.1.2:500 on eth0 10.9.2.2:500 using UDP */
static void begin_received(struct source *s, struct bytes text)
{
    struct bytes len = bytes_word(&text);
    uint64_t number;
    struct ends ends = {.is_received = true, .at_ms = s->stamp.ms, .pending = event_of(EV_MESSAGE_RECEIVED)};

    pluto_end(s);
    bytes_word(&text), bytes_word(&text); /* bytes from */
    struct bytes from = bytes_word(&text);
    bytes_word(&text), bytes_word(&text); /* on eth0 */
    if (!bytes_number(len, 10, &number) || !read_endpoint(from, &ends.peer, &ends.port) ||
        !read_endpoint(bytes_word(&text), &ends.local, &ends.local_port))
        return;
    event_add_ip(&ends.pending, FIELD_PEER, ends.peer);
    event_add_ip(&ends.pending, FIELD_LOCAL, ends.local);
    event_add_number(&ends.pending, FIELD_PORT, ends.port);
    event_add_number(&ends.pending, FIELD_LOCAL_PORT, ends.local_port);
    event_add_number(&ends.pending, FIELD_LENGTH, number);
    payload_list_begin(&s->payloads);
    s->last = ends;
}

/* Which message a state waits for; who waits. */
static const struct {
    const char *state, *exchange, *role;
    unsigned awaited;
} states[] = {
    {"MAIN_R0", "MM", "responder", 1},  {"MAIN_R1", "MM", "responder", 3},  {"MAIN_R2", "MM", "responder", 5},
    {"MAIN_I1", "MM", "initiator", 2},  {"MAIN_I2", "MM", "initiator", 4},  {"MAIN_I3", "MM", "initiator", 6},
    {"AGGR_I1", "AM", "initiator", 2},  {"AGGR_R1", "AM", "responder", 3},  {"QUICK_I1", "QM", "initiator", 2},
    {"QUICK_R1", "QM", "responder", 3}, {"XAUTH_R0", "TM", "responder", 2}, {"XAUTH_R1", "TM", "responder", 2},
};

static void add_state(struct event *e, struct bytes state)
{
    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (bytes_equal(state, bytes_of_text(states[i].state)) &&
            strcmp(states[i].exchange, event_text(e, FIELD_EXCHANGE)) == 0) {
            event_add_number(e, FIELD_MESSAGE_NUMBER, states[i].awaited);
            event_add_text(e, FIELD_ROLE, states[i].role);
        }
}

/* What is sent again, or ends unanswered, in a state has been sent before; a state stands on all messages before it. */
static void add_sent_in_state(struct event *e)
{
    struct bytes state = bytes_of_text(event_text(e, FIELD_CAUSE));
    char space[24];
    struct text t = text_of(space, sizeof space);

    if (e->kind != EV_MESSAGE_RESENT && e->kind != EV_EXCHANGE_FAILED && e->kind != EV_MESSAGE_REPEATED &&
        e->kind != EV_SCREEN_SA)
        return;
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (!bytes_equal(state, bytes_of_text(states[i].state)))
            continue;
        event_add_text(e, FIELD_EXCHANGE, states[i].exchange);
        event_add_text(e, FIELD_ROLE, states[i].role);
        if (e->kind == EV_SCREEN_SA && strcmp(states[i].exchange, "QM") == 0)
            e->kind = EV_MESSAGE_SENT;
        if (e->kind == EV_MESSAGE_RESENT || e->kind == EV_MESSAGE_SENT)
            event_add_number(e, FIELD_MESSAGE_NUMBER, states[i].awaited - 1);
        if (states[i].exchange[1] != 'M' || states[i].exchange[0] == 'Q' || states[i].exchange[0] == 'T' ||
            states[i].awaited < 2)
            return;
        text_add(&t, "%s_WAIT_MSG%u", states[i].exchange, states[i].awaited);
        event_add_text(e, FIELD_STATE, space);
        return;
    }
}

static void add_exchange(struct source *s, struct bytes text)
{
    const char *exchange = exchange_named(NAMER_PLUTO, bytes_word(&text));

    if (exchange && *exchange)
        event_add_text(&s->last.pending, FIELD_EXCHANGE, exchange);
    else if (exchange)
        s->last.pending.kind = EV_IKEV2_SEEN;
}

/* 10.1.0.0/16===10.9.1.2...10.9.2.2===10.2.0.0/16, and "with remote endpoint set to 10.9.2.2:500": whom a connection is
 * to. */
static bool read_connection(struct source *s, struct bytes text)
{
    size_t dots, equals;
    struct ends ends = s->last;

    if (bytes_take(&text, "in initialize_new_state with remote endpoint set to ")) {
        if (!read_endpoint(text, &ends.peer, &ends.port))
            return false;
    } else {
        if (!bytes_has(text, "...", &dots))
            return false;
        struct bytes left = bytes_of(text.data, dots), right = bytes_after(text, dots + 3);
        if (bytes_has(left, "===", &equals))
            left = bytes_after(left, equals + 3);
        if (!ip_parse(&ends.local, bytes_to(left, "[")) || !ip_parse(&ends.peer, bytes_to(bytes_to(right, "==="), "[")))
            return false;
    }
    s->last = ends;
    return true;
}

/* A line of debugging that tells something of the message at hand. */
static enum reading debug_line(struct source *s, struct bytes text)
{
    struct event *e = &s->last.pending;
    uint64_t number;
    size_t at;

    text = bytes_trim(text);
    if (bytes_take(&text, "*received ")) {
        begin_received(s, text);
        return READ_SAID;
    }
    if (bytes_begin_with(text, bytes_of_text("sending ")) && bytes_has(text, " for notification packet ", &at))
        return READ_OTHER;
    if (read_notified(s, text))
        return READ_SAID;
    if (e->kind != EV_MESSAGE_RECEIVED)
        return read_connection(s, text) ? READ_SAID : READ_OTHER;
    if (bytes_take(&text, "exchange type: "))
        add_exchange(s, text);
    else if (bytes_take(&text, "Message ID: ") && bytes_number(bytes_word(&text), 10, &number))
        event_add_number(e, FIELD_MESSAGE_ID, number);
    else if (bytes_take(&text, "flags: ") && bytes_has(text, "ENCRYPTION", &at))
        event_add_number(e, FIELD_SEALED, 1);
    else if (bytes_take(&text, "***parse ISAKMP "))
        payload_list_add_named(&s->payloads, NAMER_PLUTO, bytes_to(text, " Payload:"));
    else if (bytes_take(&text, "State DB: IKEv1 state not found (find_state_ikev1_init)"))
        add_state(e, bytes_of_text("MAIN_R0"));
    else if (bytes_take(&text, "State DB: found IKEv1 state #") && bytes_has(text, " in ", &at))
        add_state(e, bytes_to(bytes_after(text, at + 4), " "));
    else
        return READ_OTHER;
    return READ_SAID;
}

/* "name"[1] 10.9.1.2 #12: ; what it tells goes into the event, and its text is what follows. */
static bool take_subject(struct source *s, struct bytes *text, struct event *subject)
{
    size_t colon;
    struct bytes word;
    struct ip ip;
    uint16_t port;
    uint64_t number = 0;

    if (bytes_take(text, "packet from ")) {
        if (!bytes_has(*text, ": ", &colon))
            return false;
        if (read_endpoint(bytes_of(text->data, colon), &ip, &port)) {
            event_add_ip(subject, FIELD_PEER, ip);
            event_add_number(subject, FIELD_PORT, port);
        }
        *text = bytes_after(*text, colon + 2);
        return true;
    }
    if (text->len == 0 || text->data[0] != '"' || !bytes_has(*text, ": ", &colon))
        return false;
    struct bytes head = bytes_of(text->data + 1, colon - 1), name = bytes_to(head, "\"");
    event_add_bytes(subject, FIELD_CONNECTION, name);
    head = bytes_after(head, name.len + 1);
    while ((word = bytes_word(&head)).len > 0) {
        if (word.data[0] == '#' && bytes_number(bytes_after(word, 1), 10, &number))
            event_add_number(subject, FIELD_CONN_ID, number);
        else if (ip_parse(&ip, word))
            event_add_ip(subject, FIELD_PEER, ip);
    }
    /* The number of a state tells the peer, once a message of it has. */
    struct ends *state = &s->states[number % STATES_MAX];
    if (number && event_has(subject, FIELD_PEER))
        state->peer = event_ip(subject, FIELD_PEER);
    else if (number && s->last.is_received && s->last.at_ms + 1000 >= s->stamp.ms)
        *state = s->last;
    add_ends(subject, number && ip_is_set(state->peer) ? state : &s->last);
    *text = bytes_after(*text, colon + 2);
    return true;
}

/* #1: "name"[1] 10.9.1.2:500 STATE_MAIN_I3 (...): as take_subject. */
static bool take_status(struct bytes *text, struct event *subject)
{
    size_t state, quote;
    uint64_t number;

    if (!bytes_begin_with(*text, bytes_of_text("#")) || !bytes_has(*text, " STATE_", &state))
        return false;
    struct bytes head = bytes_of(text->data + 1, state - 1), digits = bytes_to(head, ":");
    if (!bytes_number(digits, 10, &number) || !bytes_has(head, "\"", &quote))
        return false;
    event_add_number(subject, FIELD_CONN_ID, number);
    event_add_bytes(subject, FIELD_CONNECTION, bytes_to(bytes_after(head, quote + 1), "\""));
    *text = bytes_after(*text, state + 1);
    return true;
}

static void add_missing(struct event *e, const struct event *subject)
{
    static const enum event_field_id ids[] = {FIELD_PEER, FIELD_LOCAL, FIELD_PORT, FIELD_CONN_ID, FIELD_CONNECTION};

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        if (!event_has(subject, ids[i]) || event_has(e, ids[i]))
            continue;
        if (event_field_type(ids[i]) == FIELD_TYPE_IP)
            event_add_ip(e, ids[i], event_ip(subject, ids[i]));
        else if (event_field_type(ids[i]) == FIELD_TYPE_NUMBER)
            event_add_number(e, ids[i], event_number(subject, ids[i]));
        else
            event_add_text(e, ids[i], event_text(subject, ids[i]));
    }
}

enum reading pluto_line(struct source *s, struct bytes line)
{
    size_t at;
    struct event e, subject = event_of(EV_NONE);

    if (!find_text(s, line, &at))
        return READ_NOT_MINE;
    source_is(s, SOURCE_PLUTO_LOG, PRODUCT_LIBRESWAN);
    source_stamp(s, bytes_of(line.data, at));
    struct bytes text = bytes_after(line, at);
    bytes_take(&text, "ERROR: ");
    if (bytes_take(&text, "| ") || bytes_take(&text, "|"))
        return debug_line(s, text);
    bool has_subject = take_status(&text, &subject) || take_subject(s, &text, &subject);
    bytes_take(&text, "ERROR: ");
    char tidy[SOURCE_TEXT_SIZE]; /* braces are of the catalogue's own language */
    struct text t = text_of(tidy, sizeof tidy);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '{' && text.data[i] != '}')
            text_add(&t, "%c", text.data[i]);
    if (!reading_read_by(s->index, PRODUCT_LIBRESWAN, bytes_of(t.data, t.len), &e))
        return has_subject ? READ_UNREAD : READ_OTHER;
    pluto_end(s);
    if (e.kind == EV_NONE)
        return READ_SAID;
    add_sent_in_state(&e);
    add_missing(&e, &subject);
    if (e.kind == EV_NOTIFY_IN_CLEAR)
        hold_notified(s, &e, line);
    else
        source_say(s, &e);
    return READ_SAID;
}
