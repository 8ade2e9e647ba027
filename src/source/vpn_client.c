/* The texts of Cisco's VPN Client. It always begins, with the name and the key of a group and then as a user; whom it
 * speaks with stands in its messages alone. */
#include "event/readings.h"
#include "source/parts.h"

#include <string.h>

/* What a text does not say of itself, and those before it have told. */
static void say(struct source *s, struct event *e)
{
    if (event_has(e, FIELD_PEER))
        s->client.peer = event_ip(e, FIELD_PEER);
    else if (ip_is_set(s->client.peer))
        event_add_ip(e, FIELD_PEER, s->client.peer);
    if (!event_has(e, FIELD_ROLE))
        event_add_text(e, FIELD_ROLE, "initiator");
    source_say(s, e);
}

/* ---- messages: SENDING >>> ISAKMP OAK AG *(HASH, NOTIFY:STATUS_INITIAL_CONTACT) to 192.0.2.9 ---- */

/* "(Retransmission)": of the last that left. */
static struct event repeat(const struct source *s, const char *exchange)
{
    struct event e = s->sent;

    if (e.kind != EV_MESSAGE_SENT || strcmp(event_text(&e, FIELD_EXCHANGE), exchange) != 0) {
        e = event_of(EV_MESSAGE_RESENT);
        event_add_text(&e, FIELD_EXCHANGE, exchange);
    }
    e.kind = EV_MESSAGE_RESENT;
    return e;
}

static void read_payloads(struct bytes names, struct payload_list *list)
{
    payload_list_begin(list);
    while (names.len > 0) {
        struct bytes name = bytes_to(names, ",");

        payload_list_add_named(list, NAMER_CLIENT, bytes_trim(name));
        names = bytes_after(names, name.len + 1);
    }
}

static struct event message(const char *exchange, struct payload_list *list, bool is_received)
{
    struct event e = event_of(is_received ? EV_MESSAGE_RECEIVED : EV_MESSAGE_SENT);
    unsigned number = message_number(exchange, list, !is_received);

    event_add_text(&e, FIELD_EXCHANGE, exchange);
    event_add_text(&e, FIELD_PAYLOADS, payload_list_end(list));
    if (number)
        event_add_number(&e, FIELD_MESSAGE_NUMBER, number);
    return e;
}

static void add_ports(const struct source *s, struct event *e)
{
    if (s->client.port != 0)
        event_add_number(e, e->kind == EV_MESSAGE_SENT ? FIELD_PORT : FIELD_LOCAL_PORT, s->client.port);
}

static void say_message(struct source *s, struct event *e, const struct payload_list *list)
{
    bool is_received = e->kind == EV_MESSAGE_RECEIVED;
    struct event notify;

    add_ports(s, e);
    say(s, e);
    if (!is_received)
        s->sent = *e;
    if (payload_list_notify(list, is_received, &notify))
        say(s, &notify);
    if (is_received && list->has_delete) {
        notify = event_of(EV_DELETE_RECEIVED);
        say(s, &notify);
    }
}

static enum reading read_message(struct source *s, struct bytes text, bool is_received)
{
    const char *exchange = exchange_named(NAMER_CLIENT, bytes_word(&text)), *to = is_received ? ") from " : ") to ";
    struct payload_list list;
    struct event e;
    size_t end;

    text = bytes_trim(text);
    bytes_take(&text, "*");
    if (!exchange || !bytes_take(&text, "(") || !bytes_has(text, to, &end))
        return READ_UNREAD;
    struct bytes names = bytes_of(text.data, end), peer = bytes_trim(bytes_after(text, end + strlen(to)));
    bool is_repeat = bytes_equal(names, bytes_of_text("Retransmission"));
    if (!is_repeat)
        read_payloads(names, &list);
    if (!ip_parse(&s->client.peer, peer))
        s->client.peer = (struct ip){0};
    if (is_repeat) {
        e = repeat(s, exchange);
        say(s, &e);
        return READ_SAID;
    }
    if (!is_received && list.has_sa && strcmp(exchange, "QM") != 0)
        s->client.is_up = s->client.is_carrying = s->client.has_failed = false, s->client.port = 0;
    e = message(exchange, &list, is_received);
    say_message(s, &e, &list);
    return READ_SAID;
}

/* ---- other texts ---- */

/* "Established Phase 1 SA" comes twice: when the keys are proven, and when the user is. */
static void say_phase1(struct source *s)
{
    struct event e = event_of(EV_PHASE1_COMPLETED);

    if (!s->client.is_up)
        say(s, &e);
    s->client.is_up = true;
}

/* An end is told two or three times, and of a tunnel that stood it is the end of the session. */
static bool is_told_before(struct source *s, const struct event *e)
{
    bool is_end = e->kind == EV_EXCHANGE_FAILED || e->kind == EV_USER_REFUSED || e->kind == EV_PHASE1_DELETED ||
                  e->kind == EV_DPD_LOST;
    bool is_again = is_end && s->client.has_failed;

    s->client.has_failed |= is_end;
    return is_again;
}

enum reading vpn_client_text(struct source *s, struct bytes text)
{
    struct event e;

    if (bytes_take(&text, "SENDING >>> ISAKMP OAK "))
        return read_message(s, text, false);
    if (bytes_take(&text, "RECEIVING <<< ISAKMP OAK "))
        return read_message(s, text, true);
    if (!reading_read_by(s->index, PRODUCT_VPN_CLIENT, text, &e))
        return READ_UNREAD;
    if (e.kind == EV_NONE) {
        if (event_has(&e, FIELD_PORT))
            s->client.port = (uint16_t)event_number(&e, FIELD_PORT);
        return READ_SAID;
    }
    if (e.kind == EV_PHASE1_COMPLETED || e.kind == EV_USER_ACCEPTED)
        say_phase1(s);
    if (e.kind == EV_PHASE1_COMPLETED)
        return READ_SAID;
    s->client.is_carrying |= e.kind == EV_PHASE2_COMPLETED;
    if (e.kind == EV_EXCHANGE_FAILED && s->client.is_carrying)
        e.kind = strcmp(event_text(&e, FIELD_REASON), "NO_ANSWER") == 0 ? EV_DPD_LOST : EV_PHASE1_DELETED;
    if (!is_told_before(s, &e))
        say(s, &e);
    return READ_SAID;
}
