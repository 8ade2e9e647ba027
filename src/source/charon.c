/* strongSwan's log: "[stamp] [host charon[pid]:] 05[ENC] <site|1> text". A job runs on one thread: what came from whom
 * stands in the [NET] line of that thread before, or after. The journal has neither thread nor group, `swanctl` prints
 * the group alone and `ipsec up` nothing but the text: then there is one job. */
#include "event/readings.h"
#include "source/exchange.h"
#include "source/parts.h"
#include "wire/numbers.h"

#include <string.h>

struct head {
    size_t at; /* what stands before is stamp and host */
    unsigned thread;
    bool is_vpn; /* of a group that tells of negotiations */
    bool is_bare;
    struct bytes text;
};

static bool is_vpn_group(struct bytes group)
{
    static const char *const groups[] = {"IKE", "ENC", "CHD"};

    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (bytes_equal(group, bytes_of_text(groups[i])))
            return true;
    return false;
}

/* 05[ENC], 05[IKE1]: the thread, the group, the rest. */
static bool find_group(struct bytes line, size_t *at, unsigned *thread, struct bytes *group, struct bytes *text)
{
    for (size_t from = 0, found; from < line.len && bytes_has(bytes_after(line, from), "[", &found);
         from += found + 1) {
        size_t open = from + found;
        struct bytes rest = bytes_after(line, open + 1);
        uint64_t number;

        if (open < 2 || rest.len < 5 || !bytes_number(bytes_of(line.data + open - 2, 2), 10, &number) ||
            (open > 2 && line.data[open - 3] != ' '))
            continue;
        size_t len = rest.data[3] == ']' ? 3 : 4;
        if (rest.data[len] != ']' || rest.data[0] < 'A' || rest.data[0] > 'Z' || rest.data[2] < 'A' ||
            rest.data[2] > 'Z')
            continue;
        *at = open - 2;
        *thread = (unsigned)number;
        *group = bytes_of(rest.data, 3);
        *text = bytes_after(rest, len + 1);
        bytes_take(text, " ");
        return true;
    }
    return false;
}

/* 10.9.1.2[500]; who shows a log to others writes x.x.x.x[500] or <our address>[500]. */
static void read_endpoint(struct bytes text, struct ip *ip, uint16_t *port)
{
    size_t open;
    uint64_t number = 0;

    text = bytes_trim(text);
    if (!bytes_has(text, "[", &open) || text.data[text.len - 1] != ']' ||
        !bytes_number(bytes_of(text.data + open + 1, text.len - open - 2), 10, &number) || number > 65535)
        return;
    *port = (uint16_t)number;
    if (!ip_parse(ip, bytes_of(text.data, open)))
        *ip = (struct ip){0};
}

static void add_ends(struct event *e, const struct ends *ends)
{
    if (!ip_is_set(ends->peer) || event_has(e, FIELD_PEER))
        return;
    event_add_ip(e, FIELD_PEER, ends->peer);
    if (ip_is_set(ends->local) && !event_has(e, FIELD_LOCAL))
        event_add_ip(e, FIELD_LOCAL, ends->local);
}

static void say_message(struct source *s, struct ends *ends, struct event *e)
{
    add_ends(e, ends);
    if (ends->port) {
        event_add_number(e, FIELD_PORT, ends->port);
        event_add_number(e, FIELD_LOCAL_PORT, ends->local_port);
    }
    if (ends->length)
        event_add_number(e, FIELD_LENGTH, ends->length);
    source_say(s, e);
}

/* What leaves again is the last message that left for that peer; the log does not say it again. */
static struct event resent_message(const struct source *s, const struct ends *ends)
{
    struct event e = s->sent;

    if (e.kind != EV_MESSAGE_SENT || (ip_is_set(ends->peer) && !ip_equal(event_ip(&e, FIELD_PEER), ends->peer)))
        return event_of(EV_MESSAGE_RESENT);
    e.kind = EV_MESSAGE_RESENT;
    return e;
}

/* received packet: from A[500] to B[500] (252 bytes) */
static enum reading net_line(struct source *s, struct ends *ends, struct bytes text)
{
    size_t to, open;
    bool is_received = bytes_take(&text, "received packet: from ");
    struct ends read = {0};

    if (!is_received && !bytes_take(&text, "sending packet: from "))
        return READ_NOT_MINE;
    if (!bytes_has(text, " to ", &to) || !bytes_has(text, " (", &open) || open < to + 4)
        return READ_UNREAD;
    struct bytes first = bytes_of(text.data, to), second = bytes_of(text.data + to + 4, open - to - 4);
    struct bytes size = bytes_to(bytes_after(text, open + 2), " ");
    read_endpoint(is_received ? first : second, &read.peer, &read.port);
    read_endpoint(is_received ? second : first, &read.local, &read.local_port);
    bytes_number(size, 10, &read.length);
    read.at_ms = s->stamp.ms;
    read.is_received = is_received;
    read.is_resent = ends->is_resent;
    read.pending = ends->pending;
    *ends = read;
    s->last = read;
    s->last.pending = event_of(EV_NONE);
    if (!is_received) {
        struct event e = ends->is_resent ? resent_message(s, ends) : ends->pending;

        ends->pending = event_of(EV_NONE);
        ends->is_resent = false;
        if (e.kind != EV_NONE)
            say_message(s, ends, &e);
        if (e.kind == EV_MESSAGE_SENT)
            s->sent = e;
    }
    return READ_SAID;
}

static void say_contents(struct source *s, const struct ends *ends, const struct payload_list *list,
                         const struct event *message, bool is_received)
{
    struct event e;

    if (!payload_list_notify(list, is_received, &e))
        return;
    event_add_number(&e, FIELD_MESSAGE_ID, event_number(message, FIELD_MESSAGE_ID));
    add_ends(&e, ends);
    source_say(s, &e);
}

/* An answer that holds a notify alone refuses. */
static void say_ikev2(struct source *s, const struct ends *ends, bool is_request, struct bytes payloads)
{
    struct event e = event_of(EV_IKEV2_SEEN);
    bool is_refusal = bytes_begin_with(payloads, bytes_of_text("[ N(")) && !bytes_has(payloads, ") ", &(size_t){0});

    if (!is_request)
        event_add_text(&e, FIELD_RESULT, is_refusal ? "refused" : "taken");
    add_ends(&e, ends);
    source_say(s, &e);
}

/* generating ID_PROT request 0 [ SA V V ] */
static enum reading message_line(struct source *s, struct ends *ends, struct bytes text, bool is_received)
{
    struct bytes name = bytes_word(&text), kind = bytes_word(&text), id = bytes_word(&text);
    const char *exchange = exchange_named(NAMER_CHARON, name);
    bool is_request = bytes_equal(kind, bytes_of_text("request"));
    struct payload_list list;
    uint64_t message_id;
    struct event e = event_of(is_received ? EV_MESSAGE_RECEIVED : EV_MESSAGE_SENT);

    bool is_broken = bytes_has(text, "[", &(size_t){0}) && !bytes_has(text, "]", &(size_t){0});

    if (!exchange || !bytes_number(id, 10, &message_id) || (is_broken && !s->is_alone))
        return READ_UNREAD;
    if (!*exchange) {
        say_ikev2(s, ends, is_request, bytes_trim(text));
        return READ_SAID;
    }
    payload_list_begin(&list);
    for (struct bytes word; (word = bytes_word(&text)).len > 0;) {
        size_t end;

        if (bytes_has(word, "(", &end) && !bytes_has(word, ")", &end)) /* CPRQ(X_USER X_PWD) */
            for (struct bytes more; (more = bytes_word(&text)).len > 0 && !bytes_has(more, ")", &end);)
                ;
        payload_list_add_named(&list, NAMER_CHARON, word);
    }
    event_add_text(&e, FIELD_EXCHANGE, exchange);
    event_add_number(&e, FIELD_MESSAGE_ID, message_id);
    event_add_text(&e, FIELD_PAYLOADS, payload_list_end(&list));
    unsigned number = message_number(exchange, &list, is_request);
    if (number)
        event_add_number(&e, FIELD_MESSAGE_NUMBER, number);
    if (message_id == 0 && strcmp(exchange, "INFO") != 0)
        event_add_text(&e, FIELD_ROLE, is_request != is_received ? "initiator" : "responder");
    ends->is_sealed = list.has_hash;
    if (is_received)
        say_message(s, ends, &e);
    else
        ends->pending = e; /* the ends stand in the line of [NET] that follows */
    say_contents(s, ends, &list, &e, is_received);
    return READ_SAID;
}

/* The thread's own ends are good for one job; a timer's job has none, and the last of the file are the best guess. */
static const struct ends *ends_of(const struct source *s, const struct ends *thread)
{
    enum { JOB_MS = 1000 };

    return ip_is_set(thread->peer) && s->stamp.ms <= thread->at_ms + JOB_MS ? thread : &s->last;
}

static enum reading text_line(struct source *s, struct ends *ends, struct bytes text, bool is_vpn)
{
    struct event e;

    if (!reading_read_by(s->index, PRODUCT_STRONGSWAN, text, &e))
        return is_vpn ? READ_UNREAD : READ_OTHER;
    if (e.kind == EV_NOTIFY_IN_CLEAR && ends->is_sealed)
        return READ_SAID; /* the payload list told it before, and that it was sealed */
    ends->is_resent |= e.kind == EV_RETRANSMIT_DUE;
    if (e.kind == EV_PHASE1_BEGUN && event_has(&e, FIELD_PEER)) {
        ends->peer = event_ip(&e, FIELD_PEER);
        ends->local = (struct ip){0};
        ends->at_ms = s->stamp.ms;
        s->last = *ends;
    }
    if (e.kind == EV_NONE)
        return READ_SAID;
    if (e.kind != EV_STARTED)
        add_ends(&e, ends_of(s, ends));
    source_say(s, &e);
    return READ_SAID;
}

/* [IKE] text */
static bool find_swanctl(struct bytes line, struct head *h)
{
    if (line.len < 7 || line.data[0] != '[' || line.data[4] != ']' || line.data[5] != ' ' || line.data[1] < 'A' ||
        line.data[1] > 'Z' || line.data[3] < 'A' || line.data[3] > 'Z')
        return false;
    struct bytes group = bytes_of(line.data + 1, 3);
    *h = (struct head){.is_vpn = is_vpn_group(group), .text = bytes_after(line, 6)};
    return h->is_vpn || bytes_equal(group, bytes_of_text("NET")) || bytes_equal(group, bytes_of_text("CFG"));
}

/* charon-systemd[812]: text */
static bool find_program(struct bytes line, struct head *h)
{
    size_t at, colon;

    if (!bytes_has(line, " charon", &at) || !bytes_has(bytes_after(line, at), ": ", &colon) || colon > 32)
        return false;
    *h = (struct head){.at = at, .is_vpn = true, .text = bytes_after(line, at + colon + 2)};
    return true;
}

/* What only charon says, and below it whatever it says. */
static bool is_bare(const struct source *s, struct bytes line)
{
    static const char *const marks[] = {"initiating Main Mode IKE_SA ",
                                        "initiating Aggressive Mode IKE_SA ",
                                        "generating ID_PROT ",
                                        "generating AGGRESSIVE ",
                                        "parsed ID_PROT ",
                                        "sending packet: from ",
                                        "received packet: from ",
                                        "giving up after ",
                                        "retransmit ",
                                        "peer not responding, trying again (",
                                        "IDir '"};

    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (bytes_begin_with(line, bytes_of_text(marks[i])))
            return true;
    return s->kind_before == SOURCE_CHARON_LOG && (line.data[0] | 0x20) >= 'a' && (line.data[0] | 0x20) <= 'z';
}

static bool find_head(const struct source *s, struct bytes line, struct head *h)
{
    struct bytes group;

    *h = (struct head){.is_bare = true, .text = line};
    if (find_group(line, &h->at, &h->thread, &group, &h->text)) {
        h->is_vpn = is_vpn_group(group);
        h->is_bare = false;
        return true;
    }
    if (find_swanctl(line, h) || find_program(line, h))
        return true;
    h->text = bytes_trim(line);
    return h->text.len > 0 && is_bare(s, h->text);
}

/* Where a web page has put the next line of what `ipsec up` prints behind this one; the whole length without one. */
static size_t text_len(struct bytes text)
{
    static const char *const begins[] = {" generating ",
                                         " sending packet: from ",
                                         " received packet: from ",
                                         " parsed ",
                                         " received ",
                                         " selected proposal: ",
                                         " establishing ",
                                         " initiating ",
                                         " IKE_SA ",
                                         " CHILD_SA ",
                                         " sending retransmit ",
                                         " giving up after ",
                                         " deleting IKE_SA ",
                                         " scheduling ",
                                         " maximum IKE_SA "};
    size_t len = text.len, at;

    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (bytes_has(bytes_of(text.data, len), begins[i], &at) && at > 0)
            len = at;
    return len;
}

/* One line in place of many: each is read by itself. */
static enum reading bare_lines(struct source *s, struct ends *ends, struct bytes line)
{
    enum reading reading = READ_NOT_MINE, one;

    while (line.len > 0) {
        size_t len = text_len(line);
        struct bytes text = bytes_trim(bytes_of(line.data, len));

        line = bytes_after(line, len);
        if ((one = net_line(s, ends, text)) == READ_NOT_MINE)
            one = bytes_take(&text, "generating ") ? message_line(s, ends, text, false)
                  : bytes_take(&text, "parsed ")   ? message_line(s, ends, text, true)
                                                   : text_line(s, ends, text, false);
        reading = one == READ_SAID ? READ_SAID : reading;
    }
    return reading == READ_NOT_MINE ? READ_OTHER : reading;
}

/* Of [NET], whose other lines are about sockets. */
static bool is_packet(struct bytes text)
{
    return bytes_begin_with(text, bytes_of_text("sending packet: from")) ||
           bytes_begin_with(text, bytes_of_text("received packet: from"));
}

enum reading charon_line(struct source *s, struct bytes line)
{
    struct head h;
    size_t at;
    struct event unused;

    if (!find_head(s, line, &h))
        return READ_NOT_MINE;
    struct bytes text = h.text;
    if (bytes_begin_with(text, bytes_of_text("<")) && bytes_has(text, "> ", &at))
        text = bytes_after(text, at + 2);
    bool is_many = h.is_bare && bytes_has(text, " packet: from ", &at) && at > 16 && text_len(text) < text.len;
    if (h.is_bare && !is_many && !bytes_begin_with(text, bytes_of_text("generating ")) &&
        !bytes_begin_with(text, bytes_of_text("parsed ")) && !bytes_has(text, " packet: from ", &at) &&
        !reading_read_by(s->index, PRODUCT_STRONGSWAN, text, &unused))
        return READ_NOT_MINE;
    source_is(s, SOURCE_CHARON_LOG, PRODUCT_STRONGSWAN);
    source_stamp(s, bytes_of(line.data, h.at));
    struct ends *ends = &s->threads[h.thread];
    if (is_many)
        return bare_lines(s, ends, text);
    enum reading reading = net_line(s, ends, text);
    if (reading != READ_NOT_MINE)
        return reading;
    if (bytes_take(&text, "generating "))
        return message_line(s, ends, text, false);
    if (bytes_take(&text, "parsed "))
        return message_line(s, ends, text, true);
    return text_line(s, ends, text, h.is_vpn || is_packet(text));
}
