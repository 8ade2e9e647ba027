/* racoon's log: "2010-06-10 17:36:05: INFO: text", or by way of syslog "racoon: [peer] INFO: text". */
#include "event/readings.h"
#include "source/parts.h"

#include <string.h>

static const char *const levels[] = {"INFO: ", "ERROR: ", "WARNING: ", "NOTIFY: ", "DEBUG: "};

/* What routers and clouds that run it put before its texts: RouterOS, Android, Meraki, iked of some clouds. */
static const char *const foreign_levels[] = {
    "ipsec,error ", "ipsec,info ", "ipsec,warning ", "ipsec,error,", "ipsec,debug ",  "ipsec,debug,",     " ipsec ",
    "racoon: ",     "racoon  : ",  "VPN: ",          "msg: ",        "[PROTO_ERR]: ", "[INTERNAL_ERR]: ", "[INFO]: "};

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

/* isakmp.c:1688:isakmp_post_acquire(): of old releases: where in its source. */
static struct bytes after_place(struct bytes text)
{
    size_t dot, end;

    if (bytes_has(text, ".c:", &dot) && dot < 24 && bytes_has(text, "():", &end) && end < 64)
        return bytes_trim(bytes_after(text, end + 3));
    return text;
}

/* 10.5.107.112 phase1 negotiation failed. */
static struct bytes after_peer(struct bytes text, struct ip *peer)
{
    struct bytes rest = text;

    return ip_parse(peer, bytes_word(&rest)) ? bytes_trim(rest) : text;
}

/* Behind what is not racoon's own only a text of racoon counts. */
static bool find_foreign(struct source *s, struct bytes line, size_t *at, struct event *e)
{
    struct ip peer;

    for (size_t i = 0; i < COUNT_OF(foreign_levels); i++) {
        if (!bytes_has(line, foreign_levels[i], at) || *at > 80)
            continue;
        peer = (struct ip){0};
        struct bytes text = bytes_trim(bytes_after(line, *at + bytes_of_text(foreign_levels[i]).len));
        if (reading_read_by(s->index, PRODUCT_RACOON, after_place(after_peer(text, &peer)), e)) {
            if (ip_is_set(peer) && !event_has(e, FIELD_PEER))
                event_add_ip(e, FIELD_PEER, peer);
            return true;
        }
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

    if (failed->kind != EV_EXCHANGE_FAILED || s->last.is_received || event_number(failed, FIELD_PHASE) != 1)
        return;
    if (!bytes_has(cookies, ":", &colon) || cookies.len != 33 || colon != 16 ||
        bytes_equal(bytes_after(cookies, colon + 1), bytes_of_text("0000000000000000")))
        return;
    say_main_mode(s, EV_MESSAGE_RECEIVED, 2);
    say_main_mode(s, EV_MESSAGE_SENT, 3);
}

/* Nothing told that it began: it was begun all the same, by message 1. */
static void add_begun(const struct source *s, struct event *failed)
{
    if (failed->kind == EV_EXCHANGE_FAILED && event_number(failed, FIELD_PHASE) == 1 && !ip_is_set(s->last.peer) &&
        strcmp(event_text(failed, FIELD_REASON), "NO_ANSWER") == 0)
        event_add_text(failed, FIELD_STATE, "MM_WAIT_MSG2");
}

enum reading racoon_line(struct source *s, struct bytes line)
{
    size_t at, text_at;
    struct event e;

    bool is_racoons = find_level(s, line, &at, &text_at);
    if (!is_racoons && !find_foreign(s, line, &at, &e))
        return READ_NOT_MINE;
    source_is(s, SOURCE_RACOON_LOG, PRODUCT_RACOON);
    source_stamp(s, bytes_of(line.data, at));
    if (is_racoons && !reading_read_by(s->index, PRODUCT_RACOON, after_place(bytes_after(line, text_at)), &e)) {
        struct bytes text = bytes_after(line, text_at);
        if (after_place(text).len < text.len && !s->is_alone) { /* of a mail, which breaks long lines */
            source_hold(s, line);
            return READ_HELD;
        }
        return bytes_begin_with(bytes_after(line, at), bytes_of_text("DEBUG")) ? READ_OTHER : READ_UNREAD;
    }
    if (e.kind == EV_NONE)
        return READ_SAID;
    if (e.kind == EV_PHASE1_BEGUN || e.kind == EV_PHASE1_ASKED)
        s->last.is_received = e.kind == EV_PHASE1_ASKED;
    if (e.kind == EV_MESSAGE_SENT)
        turn_message(s, &e);
    say_answer(s, &e);
    add_begun(s, &e);
    if (event_has(&e, FIELD_PEER))
        s->last.peer = event_ip(&e, FIELD_PEER);
    else if (ip_is_set(s->last.peer))
        event_add_ip(&e, FIELD_PEER, s->last.peer);
    source_say(s, &e);
    return READ_SAID;
}
