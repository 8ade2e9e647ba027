/* What an observation tells a view: which message it is of, who began, what is kept to be shown, which facts it shows.
 */
#include "diag/known.h"
#include "diag/note.h"
#include "diag/shown.h"
#include "diag/states.h"
#include "wire/numbers.h"

#include <string.h>

/* ---- which message it is ---- */

/* Of main mode by what it holds, RFC 2409 section 5.4; of the pair, the responder's has the even number. */
static unsigned pair_of(const struct event *e)
{
    if (shown_holds(e, "SA"))
        return 1;
    if (shown_holds(e, "KE"))
        return 3;
    return shown_holds(e, "ID") || shown_holds(e, "HASH") || shown_holds(e, "SIG") ? 5 : 0;
}

/* Aggressive mode has the offer and the key share in one message, and the proof alone in its last: RFC 2409 section
 * 5.4. 0: it is not of aggressive mode. */
static unsigned aggressive_number(const struct view *v, const struct event *e)
{
    bool is_proof = shown_holds(e, "HASH") || shown_holds(e, "SIG");

    if (shown_holds(e, "SA") && shown_holds(e, "KE"))
        return is_proof ? 2 : 1;
    return v->mode == MODE_AGGRESSIVE && is_proof ? 3 : 0;
}

/* An IOS log of old style names the state, which is the one before a received message and after a sent one. */
static unsigned ios_number(const struct view *v, const struct event *e, bool is_sent)
{
    static const struct {
        const char *state;
        unsigned initiator_sends, initiator_gets, responder_sends, responder_gets;
    } rows[] = {
        {"MM_NO_STATE", 1, 2, 0, 0},
        {"MM_SA_SETUP", 3, 4, 2, 3},
        {"MM_KEY_EXCH", 5, 6, 4, 5},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(event_text(e, FIELD_IOS_STATE), rows[i].state) == 0) {
            if (v->role == ROLE_INITIATOR)
                return is_sent ? rows[i].initiator_sends : rows[i].initiator_gets;
            return is_sent ? rows[i].responder_sends : rows[i].responder_gets;
        }
    return 0;
}

static void take_role(struct view *v, const struct event *e)
{
    if (v->vantage != VANTAGE_WIRE && event_has(e, FIELD_ROLE))
        v->role = *event_text(e, FIELD_ROLE) == 'i' ? ROLE_INITIATOR : ROLE_RESPONDER;
    if (e->kind == EV_PHASE1_BEGUN)
        v->role = ROLE_INITIATOR;
    if (e->kind == EV_PHASE1_ASKED)
        v->role = ROLE_RESPONDER;
}

static void take_message(struct view *v, const struct event *e, struct witness *w)
{
    bool is_sent = e->kind == EV_MESSAGE_SENT || e->kind == EV_MESSAGE_RESENT;
    const char *exchange = event_has(e, FIELD_EXCHANGE) ? event_text(e, FIELD_EXCHANGE) : "MM";
    unsigned number = (unsigned)event_number(e, FIELD_MESSAGE_NUMBER);

    if (strcmp(exchange, "INFO") == 0)
        return;
    if (strcmp(exchange, "TM") == 0) {
        view_note(v, FACT_TM_ANY, w);
        return;
    }
    if (event_number(e, FIELD_MESSAGE_ID) && strcmp(exchange, "MM") == 0) {
        exchange = "QM";
        number = 0;
        if (shown_holds(e, "ATTR"))
            view_note(v, FACT_TM_ANY, w);
        if (!shown_holds(e, "SA"))
            return; /* an informational, or a message whose number its neighbours do not tell */
    }
    if (number == 0 && strcmp(exchange, "QM") == 0)
        number = view_has(v, FACT_QM_1) ? 2 : 1;
    if (number == 0 && (number = aggressive_number(v, e)) != 0) {
        exchange = "AM";
        if (v->role == ROLE_UNKNOWN)
            v->role = is_sent == (number % 2 == 1) ? ROLE_INITIATOR : ROLE_RESPONDER;
    } else if (number == 0 && *event_text(e, FIELD_PAYLOADS)) {
        number = pair_of(e);
        if (number == 1 && v->role == ROLE_UNKNOWN)
            v->role = is_sent ? ROLE_INITIATOR : ROLE_RESPONDER;
        if (number && is_sent == (v->role == ROLE_RESPONDER))
            number++;
    } else if (number == 0) {
        number = ios_number(v, e, is_sent);
        if (!is_sent && number) { /* unless the next line says that it was a repeat */
            v->pending = (uint8_t)number;
            v->pending_line = view_keep_line(v, w);
            v->pending_at = w->at->line;
            return;
        }
    }
    if (number)
        view_note_step(v, exchange, number, e->kind == EV_MESSAGE_RESENT, w);
}

/* The first packet whose number is known tells who began. */
static void take_ends(struct view *v, unsigned number, struct ip source, struct ip destination)
{
    bool is_odd = number % 2 == 1;

    if (v->role != ROLE_UNKNOWN || number == 0)
        return;
    v->local = is_odd ? source : destination;
    v->peer = is_odd ? destination : source;
    v->role = ROLE_INITIATOR;
}

static void take_packet(struct view *v, const struct event *e, struct witness *w)
{
    const char *exchange = event_text(e, FIELD_EXCHANGE);
    unsigned number = (unsigned)event_number(e, FIELD_MESSAGE_NUMBER);

    take_ends(v, number, event_ip(e, FIELD_SOURCE), event_ip(e, FIELD_DESTINATION));
    if (strcmp(exchange, "TM") == 0)
        view_note(v, FACT_TM_ANY, w);
    else if (number)
        view_note_step(v, exchange, number, event_number(e, FIELD_COUNT) > 1, w);
}

/* IKE_R_MM3 of IOS' debug. */
static void take_ios_step(struct view *v, const struct event *e, struct witness *w)
{
    const char *step = event_text(e, FIELD_IOS_STEP);

    if (strncmp(step, "IKE_I_MM", 8) != 0 && strncmp(step, "IKE_R_MM", 8) != 0)
        return;
    v->role = step[4] == 'I' ? ROLE_INITIATOR : ROLE_RESPONDER;
    v->pending = 0;
    unsigned number = (unsigned)(step[8] - '0');
    if (number >= 1 && number <= 6 && !view_has(v, view_step_of("MM", number)))
        view_note_step(v, "MM", number, false, w);
}

/* A state is proof of the messages before it: MM_WAIT_MSG4 stands on 1, 2 and 3. */
static void take_state(struct view *v, const char *state, struct witness *w)
{
    const char *at = strstr(state, "_WAIT_MSG");
    const char *exchange = strncmp(state, "AM_", 3) == 0 ? "AM" : "MM";

    if (strcmp(state, "AM_ACTIVE") == 0)
        v->mode = MODE_AGGRESSIVE;
    if (!at || at[9] < '2' || at[9] > '6' || (strncmp(state, "AM_", 3) != 0 && strncmp(state, "MM_", 3) != 0))
        return;
    unsigned waits_for = (unsigned)(at[9] - '0');
    v->mode = *state == 'A' ? MODE_AGGRESSIVE : MODE_MAIN;
    v->role = waits_for % 2 ? ROLE_RESPONDER : ROLE_INITIATOR;
    for (unsigned number = 1; number < waits_for; number++)
        if (!view_has(v, view_step_of(exchange, number)))
            view_note_step(v, exchange, number, false, w);
}

/* What a screen names in IOS' words proves the messages before it as well. */
static void take_ios_state(struct view *v, const struct event *e, struct witness *w)
{
    unsigned reached = e->kind == EV_SCREEN_SA ? states_reached_ios(event_text(e, FIELD_IOS_STATE), v->role) : 0;

    for (unsigned number = 1; number <= reached && number <= 6 && reached < 7; number++)
        if (!view_has(v, view_step_of("MM", number)))
            view_note_step(v, "MM", number, false, w);
}

static void take_addresses(struct view *v, const struct event *e)
{
    if (v->vantage == VANTAGE_WIRE)
        return;
    if (event_has(e, FIELD_PEER) && !ip_is_set(v->peer))
        v->peer = event_ip(e, FIELD_PEER);
    if (event_has(e, FIELD_LOCAL) && !ip_is_set(v->local))
        v->local = event_ip(e, FIELD_LOCAL);
    if (e->kind != EV_SCREEN_SA || !event_has(e, FIELD_SOURCE))
        return;
    /* who began stands in the second column of IOS: which of the two we are, the log beside it tells */
    struct ip began = event_ip(e, FIELD_SOURCE), answered = event_ip(e, FIELD_DESTINATION);

    if (ip_equal(v->peer, began)) {
        v->local = answered;
        v->role = ROLE_RESPONDER;
    } else if (ip_equal(v->peer, answered)) {
        v->local = began;
        v->role = ROLE_INITIATOR;
    }
}

static struct bytes say_line(void *evidence)
{
    const struct evidence *line = evidence;

    return bytes_of_text(line && line->text ? line->text : "");
}

/* As note_step, for a line that is gone but for its place. */
static void note_pending(struct view *v, unsigned number, bool is_repeat)
{
    struct sight at = {.line = v->pending_at, .has_time = v->has_time, .time_ms = v->last_ms};
    struct evidence *line = v->pending_line ? view_line(v, v->pending_line) : NULL;
    enum fact step = view_step_of("MM", number);

    if (step == FACT_COUNT)
        return;
    if (line) {
        at.source = line->source;
        struct fact_seen *fact = view_take_fact(v, step);

        if (fact && !fact->evidence)
            fact->evidence = v->pending_line;
    }
    view_note_step(v, "MM", number, is_repeat, &(struct witness){.at = &at, .say = say_line, .of = line});
}

void view_close(struct view *v)
{
    if (v->pending)
        note_pending(v, v->pending, false);
    v->pending = 0;
}

_Static_assert(DETAIL_COUNT <= 16, "a detail has a bit in struct view");

static bool keep_detail(struct view *v, enum detail detail, const char *text)
{
    if (!v->details && !(v->details = arena_take(v->all->arena, DETAIL_COUNT * sizeof *v->details)))
        return false;
    char **place = &v->details[detail];

    if (!*place)
        *place = arena_take(v->all->arena, DETAIL_SIZE);
    if (*place)
        view_keep_text(*place, DETAIL_SIZE, bytes_of_text(text));
    return *place != NULL;
}

static uint16_t take_details(struct view *v, const struct event *e)
{
    static const struct {
        enum detail detail;
        enum event_kind kind;
    } rows[] = {
#define DETAIL(...)
#define DETAIL_OF(name, event) {DETAIL_##name, EV_##event},
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
    };
    static const enum event_field_id fields[] = {
#define DETAIL(name, field, ...) [DETAIL_##name] = FIELD_##field,
#define DETAIL_OF(...)
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
    };
    uint16_t told = 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].kind == e->kind && *event_text(e, fields[rows[i].detail]) &&
            keep_detail(v, rows[i].detail, event_text(e, fields[rows[i].detail])))
            told |= (uint16_t)(1u << rows[i].detail);
    return told;
}

/* A tunnel begins with the same words each time: what they tell is there, from the attempt before. True: it was not. */
static bool take_new_details(struct view *v, struct witness *w)
{
    uint64_t words = w->at->words;
    bool is_new = words == 0 || words != v->told_words;

    if (is_new) {
        v->told_details = take_details(v, witness_event(w));
        v->told_words = words;
    }
    v->has_details |= v->told_details;
    return is_new;
}

/* Where there is no room for others that many have. */
static const struct offers *keep_offers(struct view *v, const struct offers *o)
{
    if (!v->own_offers && !(v->own_offers = arena_take(v->all->arena, sizeof *v->own_offers)))
        return v->offers;
    *v->own_offers = *o;
    return v->own_offers;
}

static void take_offers(struct view *v, struct witness *w)
{
    const struct sight *at = w->at;
    struct offers_known *known = v->all->offers;
    struct ip source = at->look != 0 ? at->one : event_ip(witness_event(w), FIELD_SOURCE);
    bool is_initiators = ip_equal(source, v->local) == (v->role != ROLE_RESPONDER);
    enum whose sender = is_initiators ? WHOSE_INITIATORS : WHOSE_RESPONDERS;
    uint64_t look = at->kind == EV_PROPOSAL_SEEN ? at->look : 0;
    const struct offers *to = look != 0 ? offers_recall(v->offers, look, sender, known) : NULL;
    struct offers offers;

    if (to) {
        v->offers = to;
        return;
    }
    offers = *view_offers(v);
    offers_take(&offers, witness_event(w), sender, known);
    to = offers_share(&offers, known);
    if (to && look != 0)
        offers_remember(v->offers, look, sender, to, known);
    v->offers = to ? to : keep_offers(v, &offers);
}

/* A device says that a message came again that it has answered: the last that it has got. IOS' next line tells it in
 * its own way. */
static void take_repeat(struct view *v, const struct event *e, struct witness *w)
{
    unsigned number = v->role == ROLE_RESPONDER ? 5 : 6;

    if (e->kind != EV_MESSAGE_REPEATED || v->product == PRODUCT_IOS || event_number(e, FIELD_MESSAGE_ID) ||
        v->mode == MODE_AGGRESSIVE || v->role == ROLE_UNKNOWN || view_has(v, FACT_QM_1))
        return;
    for (; number >= 1 && number <= 6; number -= 2)
        if (view_has(v, view_step_of("MM", number))) {
            view_note_step(v, "MM", number, true, w);
            return;
        }
}

/* IOS tells of a packet before it has looked at it: this one was a notify, in clear or sealed with another key, and
 * whoever goes on repeating has got no answer. */
static bool is_no_message(const struct view *v, const struct event *e)
{
    if (e->kind == EV_NOTIFY_IN_CLEAR)
        return true;
    if (v->role != ROLE_INITIATOR)
        return false;
    return e->kind == EV_RETRANSMIT_DUE || e->kind == EV_MESSAGE_RESENT || e->kind == EV_AUTHENTICATION_FAILED ||
           (e->kind == EV_MESSAGE_REFUSED && strcmp(event_text(e, FIELD_REASON), "NOT_SEALED") == 0);
}

static void take_pending(struct view *v, const struct event *e)
{
    if (!v->pending)
        return;
    if (e->kind == EV_MESSAGE_REPEATED) { /* the peer asks again: it has not heard our answer */
        if (v->pending >= 3)
            note_pending(v, (unsigned)v->pending - 2, true);
        v->pending = 0;
    } else if (is_no_message(v, e)) {
        v->pending = 0;
    } else if (e->kind != EV_SCREEN_SA) {
        view_close(v);
    }
}

static void take_words(struct view *v, enum event_field_id id, char *space, size_t size, const struct event *e)
{
    if (!event_has(e, id))
        return;
    view_keep_text(space, size, bytes_of_text(event_text(e, id)));
    v->has_words = true;
}

static void take_cookie(struct view *v, const struct sight *at)
{
    if (at->cookie != 0)
        v->cookie = at->cookie;
}

static void take_time(struct view *v, const struct sight *at)
{
    if (!at->has_time)
        return;
    v->first_ms = v->has_time ? v->first_ms : at->time_ms;
    v->last_ms = at->time_ms;
    v->has_time = true;
}

/* MM_DONE, EV_ERROR-->MM_WAIT_MSG2, EV_RETRY-->...: the newest stands first. */
static const char *last_wait(const char *history)
{
    const char *at = strstr(history, "M_WAIT_MSG");

    return at && at > history ? at - 1 : "";
}

bool view_follow(struct view *v, const struct move *m, struct witness *w)
{
    unsigned keeps = known_keeps(v->all->known, w->at->kind);
    bool is_new = false;

    if (keeps & KEEPS_OFFERS)
        take_offers(v, w);
    if ((keeps & KEEPS_DETAILS) && (is_new = take_new_details(v, w)))
        take_addresses(v, witness_event(w));
    if (v->all->has_several_files)
        view_take_signs(v, w);
    take_cookie(v, w->at);
    take_time(v, w->at);
    if (w->at->number != 0)
        take_ends(v, w->at->number, w->at->one, w->at->other);
    for (unsigned i = 0; i < m->fact_count; i++)
        view_note(v, (enum fact)m->facts[i], w);
    known_arrive(v, m);
    return is_new;
}

void view_take(struct view *v, struct witness *w)
{
    const struct event *e = witness_event(w);

    v->situation = 0;
    v->is_screen_only &= e->kind == EV_SCREEN_SA;
    take_pending(v, e);
    if (known_keeps(v->all->known, e->kind) & KEEPS_DETAILS)
        take_new_details(v, w);
    if (known_keeps(v->all->known, e->kind) & KEEPS_OFFERS)
        take_offers(v, w);
    take_role(v, e);
    take_addresses(v, e);
    if (e->kind == EV_PHASE1_BEGUN || e->kind == EV_PHASE1_ASKED) {
        if (strcmp(event_text(e, FIELD_EXCHANGE), "AM") == 0)
            v->mode = MODE_AGGRESSIVE;
        if (e->kind == EV_PHASE1_ASKED && v->mode != MODE_AGGRESSIVE && !view_has(v, FACT_MSG_1))
            view_note_step(v, "MM", 1, false, w);
    }
    if (e->kind == EV_PROBE_ANSWERED)
        v->mode = strcmp(event_text(e, FIELD_EXCHANGE), "AM") == 0 ? MODE_AGGRESSIVE : MODE_MAIN;
    if (v->all->has_several_files)
        view_take_signs(v, w);
    take_cookie(v, w->at);
    if (event_has(e, FIELD_CONN_ID))
        v->conn_id = (uint32_t)event_number(e, FIELD_CONN_ID);
    take_words(v, FIELD_STATE, v->state, sizeof v->state, e);
    take_words(v, FIELD_IOS_STATE, v->ios_state, sizeof v->ios_state, e);
    take_time(v, w->at);
    if (w->at->product != PRODUCT_UNKNOWN)
        v->product = w->at->product;

    /* facts first: their conditions look at what was there before this message */
    enum fact shown[SHOWN_MAX];
    size_t count = shown_by(v, e, shown);

    for (size_t i = 0; i < count; i++)
        view_note(v, shown[i], w);

    if (e->kind == EV_MESSAGE_SENT || e->kind == EV_MESSAGE_RESENT || e->kind == EV_MESSAGE_RECEIVED)
        take_message(v, e, w);
    if (e->kind == EV_PACKET_SEEN)
        take_packet(v, e, w);
    take_repeat(v, e, w);
    take_ios_step(v, e, w);
    take_state(v, event_text(e, FIELD_STATE), w);
    take_ios_state(v, e, w);
    if (e->kind == EV_EXCHANGE_FAILED)
        take_state(v, last_wait(event_text(e, FIELD_HISTORY)), w);
    v->is_ended |= e->kind == EV_PHASE1_DELETED || e->kind == EV_SESSION_ENDED ||
                   (e->kind == EV_EXCHANGE_FAILED && strcmp(event_text(e, FIELD_EXCHANGE), "QM") != 0);
}

bool view_is_other_attempt(const struct view *v, const struct event *e)
{
    bool is_under_way = view_has(v, FACT_MSG_2) || view_has(v, FACT_AM_2) || view_has(v, FACT_AM_3) || v->is_ended;

    /* IOS names the state of message 1 before it says that it begins */
    bool is_announced = v->product == PRODUCT_IOS && !view_has(v, FACT_BEGUN_HERE) && !view_has(v, FACT_REPEAT_1);

    if (e->kind == EV_PHASE1_BEGUN)
        return is_under_way || (!is_announced && (view_has(v, FACT_MSG_1) || view_has(v, FACT_AM_1)));
    if (e->kind == EV_PHASE1_ASKED)
        return is_under_way && event_has(e, FIELD_PEER);
    if (e->kind == EV_MESSAGE_RECEIVED && v->vantage == VANTAGE_DEVICE && v->role == ROLE_RESPONDER &&
        event_number(e, FIELD_MESSAGE_ID) == 0 && shown_holds(e, "SA"))
        return view_has(v, FACT_MSG_3) || v->is_ended;
    return false;
}
