/* What DPD has lost and is to be begun anew: `action restart` of a tunnel group.
 *
 * It waits with the peers of its tunnel as an acquire does, and is begun with whichever has its turn. A phase 1 that
 * fails hands it on to the next peer, and after the last one it waits for a moment: a peer that boots takes longer than
 * one phase 1 is tried. It is over when the peer is up, whoever began that, and when an operator takes the peer down.
 */
#include "ike/engine.h"

enum { RESTART_MS = 10000 };

static void mark(struct peer *peer, uint16_t tunnel, uint16_t ace)
{
    for (uint8_t i = 0; i < peer->waiting_count; i++)
        if (peer->waiting[i].tunnel == tunnel && peer->waiting[i].ace == ace)
            peer->waiting[i].is_restart = true;
}

static void wait(struct ike *ike, struct peer *peer, uint16_t tunnel, uint16_t ace, uint64_t at_ms)
{
    if (!wait_for_phase1(peer, tunnel, ace))
        return; /* its traffic asks for it */
    mark(peer, tunnel, ace);
    peer->restart_ms = at_ms;
    timers_note(ike, peer->self);
}

void restart_want(struct ike *ike, uint64_t now_ms, struct peer *lost, uint16_t tunnel_index, uint16_t ace)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);

    if (tunnel != NULL && tunnel->connection_type != CONNECTION_ANSWER_ONLY)
        wait(ike, lost, tunnel_index, ace, now_ms);
}

void restart_with(struct ike *ike, uint64_t now_ms, uint16_t tunnel_index, uint16_t ace, struct ip with,
                  struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);

    acquire_take(ike, now_ms, tunnel_index, ace, with, out);
    for (uint8_t i = 0; tunnel != NULL && i < tunnel->peer_count; i++) {
        struct peer *peer = peer_of_ip(ike, tunnel->peers[i]);

        if (peer != NULL)
            mark(peer, tunnel_index, ace);
    }
}

void restart_later(struct ike *ike, uint64_t now_ms, struct peer *failed, uint16_t tunnel, uint16_t ace)
{
    wait(ike, failed, tunnel, ace, now_ms + RESTART_MS);
}

void restart_due(struct ike *ike, uint64_t now_ms, struct peer *peer, struct ike_outputs *out)
{
    const struct peer was = *peer;

    restart_forget(peer);
    for (uint8_t i = 0; i < was.waiting_count; i++) {
        const struct waiting *w = &was.waiting[i];
        const struct tunnel *tunnel = tunnel_of(ike, w->tunnel);

        if (!outputs_have_room(out))
            wait(ike, peer, w->tunnel, w->ace, now_ms);
        else if (tunnel != NULL && w->ace < tunnel->ace_count &&
                 pair_of_any(ike, w->tunnel, &tunnel->aces[w->ace].selector) == NULL)
            restart_with(ike, now_ms, w->tunnel, w->ace, (struct ip){0}, out);
    }
}

void restart_forget(struct peer *peer)
{
    if (peer->restart_ms != 0)
        peer->waiting_count = 0;
    peer->restart_ms = 0;
}
