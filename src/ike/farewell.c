/* Deletes, said again. IKEv1 does not acknowledge a Delete: when it is lost, the peer's half stands alone, and what it
 * seals is dropped here, until its lifetime ends.
 *
 * That of a pair is repeated by the clock. That of an ISAKMP SA is repeated, byte for byte, when the peer goes on using
 * it: all that the peer has to say, Deletes of pairs among it, it may say there, and wait for answers in vain. */
#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

static const uint32_t waits_ms[FAREWELL_REPEATS] = {1000, 3000};

bool farewell_is_said(const struct ike *ike, enum reason why)
{
    bool is_disconnect = why == REASON_SHUT_DOWN || why == REASON_DELETED_BY_OPERATOR;

    return !is_disconnect || ike->policy == NULL || !ike->policy->is_disconnect_quiet;
}

void farewell_send(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, uint32_t spi, enum reason why,
                   struct ike_outputs *out)
{
    struct peer *peer = peer_of(ike, sa->peer);
    uint8_t bytes[SPI_LEN];
    struct writer w = writer_of(bytes, sizeof bytes);

    write_u32(&w, spi);
    delete_send(ike, sa, PROTO_ESP, writer_bytes(&w), why, out);
    for (size_t i = 0; i < FAREWELLS_MAX; i++)
        if (peer->farewells[i].at_ms == 0) {
            peer->farewells[i] = (struct farewell){.at_ms = now_ms + waits_ms[0], .spi = spi, .why = (uint8_t)why};
            return;
        }
}

uint64_t farewell_next_ms(const struct peer *peer)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < FAREWELLS_MAX; i++)
        if (peer->farewells[i].at_ms != 0 && peer->farewells[i].at_ms < next)
            next = peer->farewells[i].at_ms;
    return next;
}

/* Under whatever ISAKMP SA is up by now. Without one the peer has no pairs any more, or DPD will tell. One Delete for
 * all that is due, with their reason where it is one. */
void farewell_due(struct ike *ike, uint64_t now_ms, struct peer *peer, struct ike_outputs *out)
{
    const struct isakmp_sa *sa = sa_up_of(ike, peer->self);
    uint8_t spis[FAREWELLS_MAX * SPI_LEN];
    struct writer w = writer_of(spis, sizeof spis);
    enum reason why = REASON_COUNT;

    for (size_t i = 0; i < FAREWELLS_MAX; i++) {
        struct farewell *farewell = &peer->farewells[i];

        if (farewell->at_ms == 0 || farewell->at_ms > now_ms)
            continue;
        write_u32(&w, farewell->spi);
        why = why == REASON_COUNT || why == farewell->why ? farewell->why : REASON_OK;
        farewell->repeats++;
        farewell->at_ms = farewell->repeats < FAREWELL_REPEATS ? now_ms + waits_ms[farewell->repeats] : 0;
    }
    if (sa != NULL)
        delete_send(ike, sa, PROTO_ESP, writer_bytes(&w), why, out);
}

void farewell_keep(struct isakmp_sa *sa, struct bytes sealed)
{
    CHECK(!sa->has_keys && sealed.len <= sizeof sa->last_delete);
    memcpy(sa->last_delete, sealed.data, sealed.len);
    sa->last_delete_len = (uint8_t)sealed.len;
}

/* Anybody may send what he has once heard: it is answered a few times only, and only to where the peer was. */
void farewell_repeat(struct ike *ike, const uint8_t cookies[2][COOKIE_LEN], struct endpoint remote,
                     struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_dead_of_cookies(ike, cookies);

    if (sa == NULL || sa->last_delete_len == 0 || sa->last_delete_repeats >= FAREWELL_REPEATS ||
        !ip_equal(sa->remote.ip, remote.ip))
        return;
    sa->last_delete_repeats++;
    event_add_number(tell_sa(ike, out, EV_DELETE_SENT, sa), FIELD_PHASE, 1);
    datagram_out(ike, sa, bytes_of(sa->last_delete, sa->last_delete_len), out);
}
