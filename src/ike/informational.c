/* Informational messages. In clear they are hints; sealed they are taken as soon as they open, also before phase 1 is
 * done. */
#include "base/writer.h"
#include "ike/arrival.h"
#include "wire/payloads.h"

#include <string.h>

/* What may have been the peer's answer: a note for the verdict, which nothing else reads. */
static void note_hint(struct ike *ike, const struct isakmp_sa *sa, uint16_t type)
{
    struct exchange *phase1 = sa == NULL ? NULL : exchange_of(ike, sa->phase1);

    if (phase1 != NULL && sa->state < SA_UP && notify_is_error(type))
        phase1->told = type;
}

/* In clear: anybody may have sent it. It is told, and kept as a hint; nothing else. */
static void informational_in_clear(struct arrival *a, struct isakmp_sa *sa)
{
    struct notify notify;
    enum wire_fault fault = wire_message_read(&a->m, a->m.datagram);

    if (fault) {
        arrival_refuse_fault(a, sa, NULL, fault);
        return;
    }
    if (sa != NULL)
        tell_message(
            a->ike, a->out, EV_MESSAGE_RECEIVED, sa,
            &(struct exchange){.kind = EXCHANGE_INFO, .state = STATE_INFO_START, .message_id = a->m.header.message_id},
            &a->m);
    if (message_payload(&a->m, PL_NOTIFY) == NULL || notify_read(&notify, message_body(&a->m, PL_NOTIFY)) != WIRE_OK) {
        arrival_refuse(a, sa, NULL, REASON_NOT_SEALED);
        return;
    }
    const char *name = number_name(SPACE_NOTIFY, notify.type);
    struct event *e =
        sa != NULL ? tell_sa(a->ike, a->out, EV_NOTIFY_IN_CLEAR, sa) : tell(a->out, EV_NOTIFY_IN_CLEAR, a->remote.ip);
    event_add_text(e, FIELD_NOTIFY, name == NULL ? "unknown" : name);
    event_add_number(e, FIELD_NOTIFY_NUMBER, notify.type);
    note_hint(a->ike, sa, notify.type);
}

/* Of a peer that knows our key, while phase 1 is under way: an error notify or a Delete ends the attempt. */
static void take_early(struct arrival *a, struct isakmp_sa *sa, struct exchange *phase1)
{
    struct notify notify;
    struct delete delete;

    if (notify_read(&notify, message_body(&a->m, PL_NOTIFY)) == WIRE_OK && notify.type != NOTIFY_DELETE_REASON) {
        const char *name = number_name(SPACE_NOTIFY, notify.type);
        struct event *e = tell_sa(a->ike, a->out, EV_NOTIFY_RECEIVED, sa);
        event_add_text(e, FIELD_NOTIFY, name == NULL ? "unknown" : name);
        event_add_number(e, FIELD_NOTIFY_NUMBER, notify.type);
        if (notify_is_error(notify.type))
            exchange_fail(a->ike, a->now_ms, phase1, REASON_NOTIFIED, a->out);
    } else if (delete_read(&delete, message_body(&a->m, PL_DELETE)) == WIRE_OK && delete.protocol == PROTO_ISAKMP &&
               delete.spi_count == 1 &&
               bytes_equal(delete_spi(&delete, 0), bytes_of(sa->cookies, sizeof sa->cookies))) {
        event_add_text(tell_sa(a->ike, a->out, EV_DELETE_RECEIVED, sa), FIELD_DETAIL, "ISAKMP SA");
        exchange_fail(a->ike, a->now_ms, phase1, REASON_DELETED_BY_PEER, a->out);
    } else {
        arrival_refuse(a, sa, NULL, REASON_OUT_OF_STEP);
    }
}

/* Sealed while phase 1 is under way. The peers disagree on the IV then, so both bases are tried. */
static void informational_early(struct arrival *a, struct isakmp_sa *sa)
{
    struct exchange *phase1 = exchange_of(a->ike, sa->phase1);
    const uint8_t *bases[] = {phase1->iv, phase1->first_iv};
    const char *detail;

    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        struct exchange probe = {
            .kind = EXCHANGE_INFO, .state = STATE_INFO_START, .side = RESPONDER, .message_id = a->m.header.message_id};
        struct isakmp_sa copy = *sa;
        uint8_t expected[DIGEST_MAX], id[4];
        struct writer w = writer_of(id, sizeof id);

        memcpy(copy.last_block, bases[i], sizeof copy.last_block);
        iv_begin(&copy, &probe);
        if (arrival_open(a, &copy, &probe, &detail) != REASON_OK || a->m.payload_count < 2 ||
            a->m.payloads[0].type != PL_HASH)
            continue;
        write_u32(&w, probe.message_id);
        const struct bytes covered[] = {BYTES_OF(id), message_after(&a->m, &a->m.payloads[0])};
        if (!bytes_equal_secret(hash_phase2(sa, covered, COUNT_OF(covered), expected), a->m.payloads[0].body))
            continue;
        tell_clear(a->out, false, a->local, a->remote, &a->m);
        take_early(a, sa, phase1);
        return;
    }
    if (arrival_asks_for_proof(a, sa))
        return;
    if (policy_signature_of(sa->auth) !=
        SIGNATURE_NONE) /* it tells nothing of a key; why the certificate was refused stays */
        arrival_refuse(a, sa, NULL, REASON_DOES_NOT_OPEN);
    else
        arrival_unproved(a, sa, phase1, REASON_DOES_NOT_OPEN, "an encrypted notify does not open with our key");
}

void informational_take(struct arrival *a, struct isakmp_sa *sa)
{
    struct exchange exchange = {
        .kind = EXCHANGE_INFO, .state = STATE_INFO_START, .side = RESPONDER, .message_id = a->m.header.message_id};
    const char *detail;

    if (!(a->m.header.flags & FLAG_ENCRYPTION)) {
        informational_in_clear(a, sa);
        return;
    }
    if (sa == NULL || !sa->has_keys) {
        arrival_refuse(a, sa, NULL, sa == NULL ? REASON_UNKNOWN_COOKIES : REASON_SEALED_TOO_EARLY);
        return;
    }
    if (sa->state != SA_UP) {
        informational_early(a, sa);
        return;
    }
    if (exchange.message_id == 0 || message_id_was_heard(a->ike, sa, EXCHANGE_INFO, exchange.message_id)) {
        arrival_refuse(a, sa, NULL, REASON_REUSED_MESSAGE_ID);
        return;
    }
    exchange.sa = sa->self;
    iv_begin(sa, &exchange);
    enum reason reason = arrival_open(a, sa, &exchange, &detail);
    if (reason != REASON_OK) {
        arrival_refuse_detail(a, sa, NULL, reason, detail);
        return;
    }
    arrival_tell(a, sa, &exchange);
    struct handle sa_h = sa->self;
    reason = arrival_run(a, sa, &exchange, SEALED);
    sa = sa_of(a->ike, sa_h);
    if (reason == REASON_OK && sa != NULL)
        arrival_heard(a, sa, EXCHANGE_INFO);
    else if (reason != REASON_OK)
        event_add_text(arrival_refuse(a, sa, NULL, reason), FIELD_EXCHANGE, exchange_info(EXCHANGE_INFO)->name);
}
