/* racoon's log: "2010-06-10 17:36:05: INFO: text", or by way of syslog "racoon: [peer] INFO: text". */
#include "event/readings.h"
#include "source/parts.h"

static const char *const levels[] = {"INFO: ", "ERROR: ", "WARNING: ", "NOTIFY: ", "DEBUG: "};

static bool find_level(const struct source *s, struct bytes line, size_t *at, size_t *text_at)
{
    size_t name;
    bool is_racoon = bytes_has(line, "racoon", &name) || s->kind_before == SOURCE_RACOON_LOG;

    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (!bytes_has(line, levels[i], at) || *at > 80)
            continue;
        *text_at = *at + bytes_of_text(levels[i]).len;
        size_t place = stamp_place(bytes_of(line.data, *at));
        return is_racoon || (place == 0 && *at == 21); /* racoon's own stamp, and nothing else */
    }
    return false;
}

/* "begin Identity Protection mode." stands below the line that says who began. */
static void turn_message(const struct source *s, struct event *e)
{
    if (s->last.is_received)
        e->kind = EV_MESSAGE_RECEIVED;
    event_add_text(e, FIELD_ROLE, s->last.is_received ? "responder" : "initiator");
}

static void say_main_mode(struct source *s, enum event_kind kind, unsigned number)
{
    struct event e = event_of(kind);

    event_add_text(&e, FIELD_EXCHANGE, "MM");
    event_add_number(&e, FIELD_MESSAGE_NUMBER, number);
    event_add_text(&e, FIELD_ROLE, "initiator");
    if (ip_is_set(s->last.peer))
        event_add_ip(&e, FIELD_PEER, s->last.peer);
    source_say(s, &e);
}

/* "time up. 4e2af1c0d3b59a77:0000000000000000": with another cookie than that behind the colon message 2 came, and
 * message 3 left at least. */
static void say_answer(struct source *s, const struct event *failed)
{
    struct bytes cookies = bytes_of_text(event_text(failed, FIELD_COOKIES));
    size_t colon;

    if (failed->kind != EV_EXCHANGE_FAILED || s->last.is_received || !bytes_has(cookies, ":", &colon) ||
        bytes_equal(bytes_after(cookies, colon + 1), bytes_of_text("0000000000000000")))
        return;
    say_main_mode(s, EV_MESSAGE_RECEIVED, 2);
    say_main_mode(s, EV_MESSAGE_SENT, 3);
}

enum reading racoon_line(struct source *s, struct bytes line)
{
    size_t at, text_at;
    struct event e;

    if (!find_level(s, line, &at, &text_at))
        return READ_NOT_MINE;
    source_is(s, SOURCE_RACOON_LOG, PRODUCT_RACOON);
    source_stamp(s, bytes_of(line.data, at));
    if (!reading_read_by(s->index, PRODUCT_RACOON, bytes_after(line, text_at), &e))
        return bytes_begin_with(bytes_after(line, at), bytes_of_text("DEBUG")) ? READ_OTHER : READ_UNREAD;
    if (e.kind == EV_NONE)
        return READ_SAID;
    if (e.kind == EV_PHASE1_BEGUN || e.kind == EV_PHASE1_ASKED)
        s->last.is_received = e.kind == EV_PHASE1_ASKED;
    if (e.kind == EV_MESSAGE_SENT)
        turn_message(s, &e);
    say_answer(s, &e);
    if (event_has(&e, FIELD_PEER))
        s->last.peer = event_ip(&e, FIELD_PEER);
    else if (ip_is_set(s->last.peer))
        event_add_ip(&e, FIELD_PEER, s->last.peer);
    source_say(s, &e);
    return READ_SAID;
}
