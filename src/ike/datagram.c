/* A datagram: whose is it, is it a repeat, does it open, is there a row for it. What is not authenticated changes
 * nothing but counters. */
#include "base/reader.h"
#include "crypto/hash.h"
#include "ike/arrival.h"
#include "wire/payloads.h"

#include <string.h>

static void tell_missing(struct event *e, uint8_t type)
{
    const char *name = number_name(SPACE_PL, type);

    event_add_number(e, FIELD_PAYLOAD_NUMBER, type);
    if (name != NULL)
        event_add_text(e, FIELD_PAYLOAD, name);
}

static struct event *refuse(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange,
                            enum reason reason, const char *detail)
{
    struct event *e = exchange != NULL ? tell_exchange(a->ike, a->out, EV_MESSAGE_REFUSED, sa, exchange)
                      : sa != NULL     ? tell_sa(a->ike, a->out, EV_MESSAGE_REFUSED, sa)
                                       : tell(a->out, EV_MESSAGE_REFUSED, a->remote.ip);

    event_add_number(e, FIELD_PORT, a->remote.port);
    event_add_number(e, FIELD_LOCAL_PORT, a->local.port);
    event_add_number(e, FIELD_LENGTH, a->m.datagram.len);
    event_add_reason(e, reason);
    event_add_text(e, FIELD_DETAIL, detail);
    if (exchange != NULL)
        exchange->last_reason = reason;
    if (exchange != NULL && reason == REASON_MISSING_PAYLOAD)
        tell_missing(e, step_missing(exchange->state, exchange->side, sa_method(sa), &a->m));
    return e;
}

void arrival_refuse_detail(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, enum reason reason,
                           const char *detail)
{
    refuse(a, sa, exchange, reason, detail);
}

void arrival_refuse_fault(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange,
                          enum wire_fault fault)
{
    struct event *e = refuse(a, sa, exchange, REASON_MALFORMED, wire_fault_meaning(fault));

    event_add_text(e, FIELD_CAUSE, wire_fault_name(fault));
}

/* No SA has these cookies: a message in clear says what it begins with. */
static void refuse_cookies(struct arrival *a)
{
    struct event *e = refuse(a, NULL, NULL, REASON_UNKNOWN_COOKIES, reason_info(REASON_UNKNOWN_COOKIES)->meaning);

    if ((a->m.header.flags & FLAG_ENCRYPTION) == 0)
        event_add_number(e, FIELD_PAYLOAD_NUMBER, a->m.header.first_payload);
}

struct event *arrival_refuse(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange,
                             enum reason reason)
{
    return refuse(a, sa, exchange, reason, reason_info(reason)->meaning);
}

/* The answer comes when there is one. */
static void tell_worked_on(const struct arrival *a, const struct isakmp_sa *sa, const struct exchange *exchange)
{
    struct event *e = tell_exchange(a->ike, a->out, EV_MESSAGE_REPEATED, sa, exchange);

    if (exchange->state == exchange_info(sa->mode)->start)
        event_add_number(e, FIELD_MESSAGE_NUMBER, 1);
}

/* True: it is the message that was taken last, and has been dealt with. */
static bool is_repeat(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange)
{
    uint8_t digest[DIGEST_MAX];

    hash_of(HASH_SHA256, &a->m.datagram, 1, digest);
    if (handle_is_set(exchange->parked)) {
        const struct draft *draft = pool_find(&a->ike->drafts, exchange->parked);

        if (memcmp(draft->exchange.heard_digest, digest, sizeof draft->exchange.heard_digest) == 0)
            tell_worked_on(a, sa, exchange);
        else
            arrival_refuse(a, sa, NULL, REASON_BUSY);
        return true;
    }
    if (!exchange->has_heard || memcmp(exchange->heard_digest, digest, sizeof exchange->heard_digest) != 0)
        return false;
    event_add_text(tell_exchange(a->ike, a->out, EV_MESSAGE_REPEATED, sa, exchange), FIELD_EXCHANGE,
                   exchange_info(exchange->kind)->name);
    if (!handle_is_set(exchange->blobs[BLOB_SENT]) || exchange->answer_count >= RESENDS_OF_ANSWER_MAX)
        return true;
    exchange->answer_count++;
    if (!resend_is_delayed(a->ike, a->now_ms, exchange))
        message_send(a->ike, sa, exchange, true, a->out);
    return true;
}

void arrival_tell(struct arrival *a, const struct isakmp_sa *sa, const struct exchange *exchange)
{
    if (a->m.header.flags & FLAG_ENCRYPTION)
        tell_clear(a->out, false, a->local, a->remote, &a->m);
    tell_message(a->ike, a->out, EV_MESSAGE_RECEIVED, sa, exchange, &a->m);
    for (size_t i = 0; i < a->m.payload_count; i++) {
        const char *name = number_name(SPACE_PL, a->m.payloads[i].type);

        struct event *e = tell_sa(a->ike, a->out, EV_PAYLOAD_READ, sa);
        event_add_text(e, FIELD_PAYLOAD, name == NULL ? "unknown" : name);
        event_add_number(e, FIELD_MESSAGE_ID, exchange->message_id);
    }
}

enum reason arrival_open(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, const char **detail)
{
    struct bytes opened = message_open(sa, exchange, &a->m, a->ike->opened_space, sizeof a->ike->opened_space);

    if (opened.len == 0) {
        *detail = reason_info(REASON_BAD_BLOCKS)->meaning;
        return REASON_BAD_BLOCKS;
    }
    enum wire_fault fault = wire_payloads_read(&a->m, a->m.header.first_payload, opened,
                                               (struct allowance){.padding_max = cipher_info(sa->cipher)->block_len});
    *detail = wire_fault_meaning(fault);
    return fault == WIRE_OK ? REASON_OK : REASON_DOES_NOT_OPEN;
}

void arrival_unproved(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, enum reason reason,
                      const char *detail)
{
    tell_unproved(a->ike, a->out, sa, exchange, reason, detail);
    arrival_refuse_detail(a, sa, exchange, reason, reason_info(reason)->meaning);
    if (reason == REASON_DOES_NOT_OPEN)
        autopsy_ask(a->ike, a->now_ms, sa, exchange, &a->m, a->out);
}

enum reason arrival_run(struct arrival *a, struct isakmp_sa *sa, struct exchange *exchange, enum sealing sealing)
{
    enum reason reason;
    const struct step *step =
        step_find(exchange->state, exchange->side, sa->state, INPUT_MESSAGE, sa_method(sa), sealing, &a->m, &reason);

    a->ike->draft.is_authenticated = false;
    if (step == NULL)
        return reason;
    return step_run(a->ike, a->now_ms, step, exchange, sa, &a->m, a->local, a->remote, a->out);
}

static void phase1_first(struct arrival *a, enum exchange_kind mode)
{
    struct ike *ike = a->ike;
    struct peer *peer;
    enum wire_fault fault = wire_message_read(&a->m, a->m.datagram);

    if (fault) {
        arrival_refuse_fault(a, NULL, NULL, fault);
        return;
    }
    if (mode == EXCHANGE_AM && !ike->policy->is_aggressive_answered) {
        arrival_refuse(a, NULL, NULL, REASON_AGGRESSIVE_OFF);
        return;
    }
    if (a->m.payload_count == 0 || a->m.payloads[0].type != PL_SA) {
        arrival_refuse(a, NULL, NULL, REASON_WRONG_ORDER);
        return;
    }
    if (cookie_is_ours(ike, a->m.header.cookies[INITIATOR])) {
        event_add_text(arrival_refuse(a, NULL, NULL, REASON_REFLECTED), FIELD_CAUSE, "no-responder-cookie");
        return;
    }
    if (!half_open_make_room(ike, a->now_ms, a->remote.ip, a->out) || (peer = peer_make(ike, a->remote.ip)) == NULL) {
        arrival_refuse(a, NULL, NULL, REASON_LIMIT);
        return;
    }
    struct isakmp_sa *sa = sa_make(ike, a->now_ms, mode, RESPONDER, peer, a->local, a->remote);
    if (sa == NULL) {
        peer_drop_if_empty(ike, peer);
        arrival_refuse(a, NULL, NULL, REASON_LIMIT);
        return;
    }
    /* Its repeats find it, while the vault is asked. */
    memcpy(sa->cookies[INITIATOR], a->m.header.cookies[INITIATOR], COOKIE_LEN);
    sa_file(ike, sa);
    struct exchange *exchange = exchange_of(ike, sa->phase1);
    struct event *e = tell_sa(ike, a->out, EV_PHASE1_ASKED, sa);
    if (mode == EXCHANGE_AM)
        event_add_text(e, FIELD_EXCHANGE, exchange_info(mode)->name);
    event_add_number(e, FIELD_PORT, a->remote.port);
    event_add_number(e, FIELD_LOCAL_PORT, a->local.port);
    arrival_tell(a, sa, exchange);
    enum reason reason = arrival_run(a, sa, exchange, CLEAR);
    if (reason == REASON_OK)
        return;
    arrival_refuse(a, sa, exchange, reason);
    if (reason_info(reason)->notify != 0)
        notify_stranger(ike, a->now_ms, &a->m.header, reason_info(reason)->notify, a->local, a->remote,
                        a->m.datagram.len, a->out);
    phase1_forget(ike, a->now_ms, sa, reason, a->out);
}

/* What opens to nonsense was sealed with another pre-shared key; what our own limits, or the port, refuse was not. */
static bool is_about_the_key(const struct isakmp_sa *sa, enum reason reason)
{
    return policy_signature_of(sa->auth) == SIGNATURE_NONE && reason != REASON_LIMIT && reason != REASON_WRONG_PORT &&
           reason != REASON_OUT_OF_STEP;
}

static void phase1(struct arrival *a, struct isakmp_sa *sa)
{
    struct exchange *exchange = exchange_of(a->ike, sa->phase1);
    enum sealing sealing = a->m.header.flags & FLAG_ENCRYPTION ? SEALED : CLEAR;

    if (exchange == NULL) {
        arrival_refuse(a, sa, NULL, REASON_OUT_OF_STEP);
        return;
    }
    if (exchange_info(sa->mode)->wire != a->m.header.exchange) {
        arrival_refuse(a, sa, NULL, REASON_WRONG_EXCHANGE);
        return;
    }
    if (is_repeat(a, sa, exchange))
        return;
    struct exchange copy = *exchange;
    const char *detail;
    enum reason reason = REASON_OK;
    if (sealing == CLEAR) {
        enum wire_fault fault = wire_message_read(&a->m, a->m.datagram);

        if (fault) {
            arrival_refuse_fault(a, sa, exchange, fault);
            return;
        }
    } else if (!sa->has_keys) {
        arrival_refuse(a, sa, exchange, REASON_SEALED_TOO_EARLY);
        return;
    } else if ((reason = arrival_open(a, sa, &copy, &detail)) == REASON_DOES_NOT_OPEN) {
        arrival_unproved(a, sa, exchange, reason, detail);
        return;
    } else if (reason != REASON_OK) {
        arrival_refuse(a, sa, exchange, reason);
        return;
    }
    arrival_tell(a, sa, exchange);
    reason = arrival_run(a, sa, &copy, sealing);
    if (reason == REASON_OK)
        return;
    if (a->ike->draft.is_authenticated) {
        exchange->last_reason = reason;
        phase1_refuse(a->ike, sa, &copy, a->local, a->remote, reason, a->out);
        exchange_fail(a->ike, a->now_ms, exchange, reason, a->out);
    } else if (reason == REASON_BAD_HASH || (sealing == SEALED && is_about_the_key(sa, reason))) {
        arrival_unproved(a, sa, exchange, reason == REASON_BAD_HASH ? reason : REASON_DOES_NOT_OPEN,
                         reason_info(reason)->meaning);
    } else {
        struct event *e = arrival_refuse(a, sa, exchange, reason);

        if (bytes_are_zero(BYTES_OF(a->m.header.cookies[RESPONDER])))
            event_add_text(e, FIELD_CAUSE, "in-progress"); /* another first message with the cookie of one before */
    }
}

bool arrival_asks_for_proof(struct arrival *a, const struct isakmp_sa *sa)
{
    struct exchange *exchange = exchange_of(a->ike, sa->phase1);

    if (exchange == NULL || exchange->state != STATE_AM_WAIT_MSG3 || handle_is_set(exchange->parked) ||
        exchange->answer_count >= RESENDS_OF_ANSWER_MAX)
        return false;
    exchange->answer_count++;
    if (!resend_is_delayed(a->ike, a->now_ms, exchange))
        message_send(a->ike, sa, exchange, true, a->out);
    return true;
}

/* Whatever is authenticated shows that the peer lives. RFC 3706 section 5.4. */
void arrival_heard(struct arrival *a, struct isakmp_sa *sa, enum exchange_kind kind)
{
    /* A NAT may give the peer another port at any time; an authenticated new message tells it (RFC 3947 section 4). */
    if (sa->local.port != IKE_PORT && endpoint_equal(sa->local, a->local) && ip_equal(sa->remote.ip, a->remote.ip))
        sa->remote.port = a->remote.port;
    dpd_heard(sa, a->now_ms);
    message_id_keep(a->ike, sa, kind, a->m.header.message_id);
}

static uint32_t offered_spi(const struct message *m)
{
    struct sa_payload offer;

    if (sa_read(&offer, message_body(m, PL_SA)) != WIRE_OK || offer.proposals[0].spi.len != 4)
        return 0;
    struct reader r = reader_of(offer.proposals[0].spi);
    return read_u32(&r);
}

static struct exchange *phase2_first(struct arrival *a, struct isakmp_sa *sa, enum exchange_kind kind)
{
    struct ike *ike = a->ike;

    if (message_id_was_heard(ike, sa, EXCHANGE_QM, a->m.header.message_id)) {
        arrival_refuse(a, sa, NULL, REASON_REUSED_MESSAGE_ID);
        return NULL;
    }
    struct exchange *exchange =
        exchanges_under_way(ike, sa->self) >= EXCHANGES_PER_SA_MAX
            ? NULL
            : exchange_make(ike, a->now_ms, sa, kind, exchange_info(kind)->start, RESPONDER, a->m.header.message_id);
    if (exchange == NULL) {
        arrival_refuse(a, sa, NULL, REASON_LIMIT);
        return NULL;
    }
    iv_begin(sa, exchange);
    return exchange;
}

/* Quick modes and transactions. One of the peer's that is refused without its hash being right leaves nothing. What
 * kind of transaction it is shows when it is open. */
static void phase2(struct arrival *a, struct isakmp_sa *sa)
{
    struct ike *ike = a->ike;
    struct exchange *exchange = exchange_of_message(ike, sa->self, a->m.header.message_id);
    bool is_new = exchange == NULL, is_quick = a->m.header.exchange == XCHG_QUICK;
    const char *detail;

    if (sa->state != SA_UP || a->m.header.message_id == 0) {
        if (!arrival_asks_for_proof(a, sa))
            event_add_text(arrival_refuse(a, sa, NULL, REASON_OUT_OF_STEP), FIELD_CAUSE, "not-authenticated");
        return;
    }
    if (!(a->m.header.flags & FLAG_ENCRYPTION)) {
        arrival_refuse(a, sa, NULL, REASON_NOT_SEALED);
        return;
    }
    if (is_quick ? sa_lacks_user(sa) : sa->user_auth == USER_AUTH_NONE) {
        arrival_refuse(a, sa, NULL, is_quick ? REASON_NO_USER : REASON_UNKNOWN_EXCHANGE);
        return;
    }
    if (is_new)
        exchange = phase2_first(a, sa, is_quick ? EXCHANGE_QM : EXCHANGE_CONF);
    if (exchange == NULL || (!is_new && is_repeat(a, sa, exchange)))
        return;
    if (exchange_info(exchange->kind)->wire != a->m.header.exchange) {
        arrival_refuse(a, sa, NULL, REASON_WRONG_EXCHANGE);
        return;
    }
    struct exchange copy = *exchange;
    struct handle exchange_h = exchange->self, sa_h = sa->self;
    ike->draft.is_authenticated = false;
    enum reason reason = arrival_open(a, sa, &copy, &detail);
    if (reason == REASON_OK && is_new && !is_quick) {
        copy.kind = exchange->kind = transaction_kind(&a->m);
        copy.state = exchange->state = exchange_info(copy.kind)->start;
    }
    if (reason == REASON_OK) {
        arrival_tell(a, sa, exchange);
        reason = arrival_run(a, sa, &copy, SEALED);
    }
    bool is_authenticated = ike->draft.is_authenticated;
    sa = sa_of(ike, sa_h);
    if ((reason == REASON_OK || is_authenticated) && sa != NULL)
        arrival_heard(a, sa, EXCHANGE_QM);
    if (reason == REASON_OK)
        return;
    exchange = exchange_of(ike, exchange_h);
    if (reason == REASON_NETWORK_TAKEN)
        neighbours_compete(ike, a->now_ms, sa, &ike->draft.exchange.quick.selector);
    arrival_refuse(a, sa, exchange, reason);
    if (is_authenticated && is_new && is_quick)
        exchange->quick.spi_out = offered_spi(&a->m); /* so that the peer knows which of its quick modes we refuse */
    if (is_authenticated)
        exchange_fail(ike, a->now_ms, exchange, reason, a->out);
    else if (is_new)
        exchange_free(ike, exchange, a->out);
}

/* Attack list D05: an answer to such a source goes to many, or to ourselves. Class D and E of IPv4 end in the broadcast
 * address. */
static bool is_answerable(const struct arrival *a)
{
    struct ip ip = a->remote.ip;

    return a->remote.port != 0 && ip_is_set(ip) && !bytes_are_zero(ip_bytes(&ip)) && !ip_equal(ip, a->local.ip) &&
           ip.octets[0] < (ip.family == IP_V4 ? 0xe0 : 0xff);
}

/* Whoever begins with another major version than ours is told which one we speak. RFC 2408 section 5.2. */
static void tell_version(const struct arrival *a, enum wire_fault fault)
{
    const struct header *header = &a->m.header;

    if (fault == WIRE_VERSION && is_answerable(a) && !bytes_are_zero(BYTES_OF(header->cookies[INITIATOR])) &&
        bytes_are_zero(BYTES_OF(header->cookies[RESPONDER])))
        notify_stranger(a->ike, a->now_ms, header, NOTIFY_INVALID_MAJOR_VERSION, a->local, a->remote, a->m.datagram.len,
                        a->out);
}

/* Of a message whose SA is there, and from its address; of no other is anything kept (attack list F05, F08). True: the
 * message is whole, and in a->m. */
static bool is_whole_now(struct arrival *a, const struct isakmp_sa *sa)
{
    struct bytes whole;
    const char *detail;

    if (sa == NULL || a->ike->policy->fragment_len == 0) {
        arrival_refuse(a, sa, NULL, REASON_NO_FRAGMENTS);
        return false;
    }
    if (!ip_equal(sa->remote.ip, a->remote.ip)) {
        arrival_refuse(a, sa, NULL, REASON_BAD_SOURCE);
        return false;
    }
    enum reason reason = fragment_take(a->ike, a->now_ms, sa, &a->m, &whole, &detail, a->out);
    if (reason != REASON_OK)
        arrival_refuse_detail(a, sa, NULL, reason, detail);
    return reason == REASON_OK && whole.len > 0 && wire_header_read(&a->m, whole) == WIRE_OK;
}

static void take(struct arrival *a, struct isakmp_sa *sa, bool is_first)
{
    const struct header *header = &a->m.header;

    switch (header->exchange) {
    case XCHG_MAIN:
    case XCHG_AGGRESSIVE:
        if (header->message_id != 0)
            arrival_refuse(a, sa, NULL, REASON_WRONG_EXCHANGE);
        else if (sa != NULL)
            phase1(a, sa);
        else if (is_first && !(header->flags & FLAG_ENCRYPTION))
            phase1_first(a, header->exchange == XCHG_MAIN ? EXCHANGE_MM : EXCHANGE_AM);
        else
            refuse_cookies(a);
        return;
    case XCHG_QUICK:
    case XCHG_TRANSACTION:
        if (sa != NULL)
            phase2(a, sa);
        else
            refuse_cookies(a);
        return;
    case XCHG_INFORMATIONAL: informational_take(a, sa); return;
    default: arrival_refuse(a, sa, NULL, REASON_UNKNOWN_EXCHANGE); return;
    }
}

/* What comes behind the last message of phase 1 while the vault judges that: its repeat would come a second later, or
 * four. One is kept, whoever sent it; it is opened when there are keys to hold it to. */
static bool is_kept_for_later(struct arrival *a, const struct isakmp_sa *sa)
{
    struct ike *ike = a->ike;
    const struct exchange *phase1 = sa->state == SA_NEGOTIATING ? exchange_of(ike, sa->phase1) : NULL;
    struct draft *parked = phase1 == NULL ? NULL : pool_find(&ike->drafts, phase1->parked);

    if (parked == NULL || parked->step->sa_to != SA_UP || a->m.header.message_id == 0 ||
        !(a->m.header.flags & FLAG_ENCRYPTION) || handle_is_set(parked->early))
        return false;
    parked->early = blob_make(&ike->blobs, a->m.datagram);
    parked->early_to = a->local;
    parked->early_from = a->remote;
    if (handle_is_set(parked->early) && a->m.header.exchange == XCHG_QUICK)
        tell_sa(ike, a->out, EV_QUICK_MODE_DELAYED, sa);
    return handle_is_set(parked->early);
}

void datagram_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    struct arrival a = {
        .ike = ike, .now_ms = now_ms, .local = in->datagram.local, .remote = in->datagram.remote, .out = out};
    enum wire_fault fault = wire_header_read(&a.m, in->datagram.data);

    a.m.datagram = in->datagram.data;
    if (fault) {
        arrival_refuse_fault(&a, NULL, NULL, fault);
        tell_version(&a, fault);
        return;
    }
    if (ike->policy == NULL) {
        refuse_cookies(&a);
        return;
    }
    if (!is_answerable(&a)) {
        arrival_refuse(&a, NULL, NULL, REASON_BAD_SOURCE);
        return;
    }
    const struct header *header = &a.m.header;
    bool is_first = (header->exchange == XCHG_MAIN || header->exchange == XCHG_AGGRESSIVE) &&
                    bytes_are_zero(BYTES_OF(header->cookies[RESPONDER]));
    struct isakmp_sa *sa =
        is_first ? sa_of_first_message(ike, header->cookies[INITIATOR], a.remote) : sa_of_cookies(ike, header->cookies);
    /* Until it is proved, a peer is its address; only its port may change (RFC 3947 section 4). Else what one address
     * sends is answered to another (attack list D04). */
    if (sa != NULL && sa->state < SA_UP && !ip_equal(sa->remote.ip, a.remote.ip)) {
        arrival_refuse(&a, NULL, NULL, REASON_BAD_SOURCE);
        return;
    }
    if (sa != NULL)
        timers_note(ike, sa->peer);
    else if (header->flags & FLAG_ENCRYPTION)
        farewell_repeat(ike, header->cookies, a.remote, out);
    if (sa != NULL && is_kept_for_later(&a, sa))
        return;
    if (header->first_payload != PL_FRAGMENT || is_whole_now(&a, is_first ? NULL : sa))
        take(&a, sa, is_first);
}
