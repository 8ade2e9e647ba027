/* Informational messages of a peer that is up. RFC 2409 section 5.7, RFC 3706; the row is in info.def. */
#include "base/reader.h"
#include "ike/engine.h"
#include "wire/payloads.h"

#include <string.h>

step_action info_take;

static uint32_t number_of(struct bytes bytes)
{
    struct reader r = reader_of(bytes);

    return read_u32(&r);
}

static void take_notify(struct step_work *work, const struct notify *notify)
{
    const struct isakmp_sa *sa = &work->draft->sa;
    struct intent *intent;
    const char *name = number_name(SPACE_NOTIFY, notify->type);

    switch (notify->type) {
    case NOTIFY_R_U_THERE:
        if (notify->data.len != 4 || !bytes_equal(notify->spi, bytes_of(sa->cookies, sizeof sa->cookies)))
            return;
        intent = draft_intend(work, INTENT_ANSWER_DPD);
        intent->notify = notify->type;
        intent->sequence = number_of(notify->data);
        return;
    case NOTIFY_R_U_THERE_ACK:
        /* To any of the R-U-THEREs that are out: the round trip may be longer than the retry. */
        if (notify->data.len != 4 || sa->dpd_sequence - number_of(notify->data) >= sa->dpd_try_count)
            return;
        intent = draft_intend(work, INTENT_ANSWER_DPD);
        intent->notify = notify->type;
        intent->sequence = sa->dpd_sequence;
        return;
    case NOTIFY_INITIAL_CONTACT: draft_intend(work, INTENT_INITIAL_CONTACT); return;
    case NOTIFY_DELETE_REASON:
        if (!sa->peer_takes_reasons)
            break;
        delete_reason_read(notify->data, work->draft->told);
        return;
    default: break;
    }
    struct event *e = tell_sa(work->ike, work->out, EV_NOTIFY_RECEIVED, sa);
    event_add_number(e, FIELD_NOTIFY_NUMBER, notify->type);
    event_add_text(e, FIELD_NOTIFY, name == NULL ? "unknown" : name);
    if (notify->spi.len == 4)
        event_add_number(e, FIELD_SPI, number_of(notify->spi));
    if (!notify_is_error(notify->type))
        return;
    intent = draft_intend(work, INTENT_NOTIFIED);
    intent->message_id = work->in->header.message_id;
    intent->notify = notify->type;
    intent->spi = notify->spi.len == 4 ? number_of(notify->spi) : 0;
}

static void take_delete(struct step_work *work, const struct delete *delete)
{
    for (size_t i = 0; i < delete->spi_count; i++) {
        struct bytes spi = delete_spi(delete, i);

        if (work->draft->intent_count >= INTENTS_MAX - 1)
            return;
        if (delete->protocol == PROTO_ISAKMP && spi.len == 2 * COOKIE_LEN)
            memcpy(draft_intend(work, INTENT_DELETE_SA)->cookies, spi.data, spi.len);
        else if (delete->protocol == PROTO_ESP && spi.len == 4)
            draft_intend(work, INTENT_DELETE_PAIR)->spi = number_of(spi);
    }
}

enum reason info_take(struct step_work *work)
{
    const struct payload *hash = message_payload(work->in, PL_HASH);
    uint8_t expected[DIGEST_MAX];

    if (!bytes_equal_secret(hash_quick(work, 1, message_after(work->in, hash), expected), hash->body))
        return REASON_BAD_HASH;
    work->draft->is_authenticated = true;
    for (size_t i = 0; i < work->in->payload_count && work->draft->intent_count < INTENTS_MAX - 1; i++) {
        const struct payload *payload = &work->in->payloads[i];
        struct notify notify;
        struct delete delete;

        if (payload->type == PL_NOTIFY && notify_read(&notify, payload->body) == WIRE_OK)
            take_notify(work, &notify);
        else if (payload->type == PL_DELETE && delete_read(&delete, payload->body) == WIRE_OK)
            take_delete(work, &delete);
    }
    return REASON_OK;
}
