/* RESPONDER-LIFETIME, RFC 2407 section 4.6.3.1: an answer repeats the initiator's transform with its lifetime in it, so
 * a responder that keeps the SA for a shorter time has to say so beside it. Otherwise the initiator goes on using what
 * the responder has given up. */
#include "base/reader.h"
#include "ike/engine.h"
#include "wire/attribute.h"
#include "wire/payloads.h"

enum { DEFAULT_LIFETIME_S = 28800 }; /* RFC 2407 section 4.5: what a transform without one means */

static bool is_quick(const struct step_work *work)
{
    return work->draft->exchange.kind == EXCHANGE_QM;
}

static uint32_t when_shorter(uint32_t ours, uint64_t offered)
{
    return ours != 0 && (offered == 0 || offered > ours) ? ours : 0;
}

bool lifetime_told(const struct step_work *work, uint32_t *seconds, uint32_t *kilobytes)
{
    const struct esp_choice *choice = &work->draft->exchange.quick.choice;
    struct sa_payload answer;

    if (sa_read(&answer, draft_blob(work, BLOB_SA_R)) != WIRE_OK || answer.transform_count == 0)
        return false;
    const struct sa_transform *t = sa_transform_of(&answer, 0, 0);
    *seconds = when_shorter(is_quick(work) ? choice->lifetime_s : work->draft->sa.lifetime_s,
                            t->has_seconds ? t->life_seconds : DEFAULT_LIFETIME_S);
    *kilobytes = is_quick(work) ? when_shorter(choice->lifetime_kb, t->has_kilobytes ? t->life_kilobytes : 0) : 0;
    return *seconds != 0 || *kilobytes != 0;
}

static void write_duration(struct writer *w, const uint16_t types[2], uint16_t unit, uint32_t duration)
{
    uint8_t space[4];
    struct writer value = writer_of(space, sizeof space);

    if (duration == 0)
        return;
    write_u32(&value, duration);
    attribute_write_basic(w, types[0], unit);
    attribute_write_long(w, types[1], writer_bytes(&value));
}

static const uint16_t *attribute_types(const struct step_work *work)
{
    static const uint16_t phase1[2] = {OAKLEY_LIFE_TYPE, OAKLEY_LIFE_DURATION};
    static const uint16_t phase2[2] = {IPSEC_LIFE_TYPE, IPSEC_LIFE_DURATION};

    return is_quick(work) ? phase2 : phase1;
}

struct bytes lifetime_attributes(const struct step_work *work, uint8_t space[static LIFETIME_SPACE])
{
    struct writer w = writer_of(space, LIFETIME_SPACE);
    uint32_t seconds, kilobytes;

    if (!lifetime_told(work, &seconds, &kilobytes))
        return bytes_of(NULL, 0);
    write_duration(&w, attribute_types(work), IPSEC_LIFE_SECONDS, seconds);
    write_duration(&w, attribute_types(work), IPSEC_LIFE_KILOBYTES, kilobytes);
    return writer_bytes(&w);
}

static void shorten(struct step_work *work, uint32_t *mine, uint64_t theirs, bool is_time)
{
    uint32_t agreed = shorter_lifetime(*mine, theirs, is_time ? LIFETIME_FLOOR_S : LIFETIME_FLOOR_KB);

    if (agreed != *mine)
        event_add_number(tell_sa(work->ike, work->out, EV_LIFETIME_SHORTENED, &work->draft->sa),
                         is_time ? FIELD_SECONDS : FIELD_KILOBYTES, agreed);
    *mine = agreed;
}

static void tell_told(const struct step_work *work, const struct notify *notify)
{
    struct event *e = tell_sa(work->ike, work->out, EV_LIFETIME_TOLD, &work->draft->sa);

    event_add_number(e, FIELD_PROTOCOL, notify->protocol);
    event_add_number(e, FIELD_MESSAGE_ID, work->draft->exchange.message_id);
    event_add_number(e, FIELD_HANDLE, handle_number(work->draft->sa.self));
}

void lifetime_take(struct step_work *work)
{
    const uint16_t *types = attribute_types(work);
    struct esp_choice *choice = &work->draft->exchange.quick.choice;

    for (size_t i = 0; i < message_count(work->in, PL_NOTIFY); i++) {
        struct notify notify;

        if (notify_read(&notify, message_nth(work->in, PL_NOTIFY, i)->body) != WIRE_OK ||
            notify.type != NOTIFY_RESPONDER_LIFETIME)
            continue;
        tell_told(work, &notify);
        struct reader r = reader_of(notify.data);
        struct attribute type, duration;
        while (attribute_read(&r, &type) && attribute_read(&r, &duration)) {
            bool is_time = attribute_number(&type) == IPSEC_LIFE_SECONDS;

            if (type.type != types[0] || duration.type != types[1] || (!is_time && !is_quick(work)))
                continue;
            shorten(work,
                    !is_quick(work) ? &work->draft->sa.lifetime_s
                    : is_time       ? &choice->lifetime_s
                                    : &choice->lifetime_kb,
                    attribute_number(&duration), is_time);
        }
    }
}
