/* REPLAY-STATUS, RFC 2407 section 4.6.3.2: a responder tells whether it refuses packets that come again. An initiator
 * takes it that it does, so only one that does not has something to say. */
#include "base/reader.h"
#include "ike/engine.h"
#include "wire/payloads.h"

enum { STATUS_LEN = 4 };

struct bytes replay_status_data(const struct step_work *work, uint8_t space[static REPLAY_STATUS_SPACE])
{
    struct writer w = writer_of(space, REPLAY_STATUS_SPACE);

    if (work->ike->policy->replay_window != 0)
        return bytes_of(NULL, 0);
    write_u32(&w, 0);
    return writer_bytes(&w);
}

void replay_status_take(struct step_work *work)
{
    for (size_t i = 0; i < message_count(work->in, PL_NOTIFY); i++) {
        struct notify notify;

        if (notify_read(&notify, message_nth(work->in, PL_NOTIFY, i)->body) != WIRE_OK ||
            notify.type != NOTIFY_REPLAY_STATUS || notify.protocol != PROTO_ESP || notify.data.len != STATUS_LEN)
            continue;
        struct reader r = reader_of(notify.data);
        work->draft->exchange.quick.is_peer_replay_off = read_u32(&r) == 0;
        struct event *e = tell_sa(work->ike, work->out, EV_NOTIFY_RECEIVED, &work->draft->sa);
        event_add_number(e, FIELD_NOTIFY_NUMBER, notify.type);
        event_add_text(e, FIELD_NOTIFY, number_name(SPACE_NOTIFY, notify.type));
    }
}
