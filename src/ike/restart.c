/* What DPD has lost and is to be begun anew: `action restart` of a tunnel group.
 *
 * It waits with the peers of its tunnel as an acquire does, and is begun with whichever has its turn. A phase 1 that
 * fails hands it on to the next peer, and after the last one it waits for a moment: a peer that boots takes longer than
 * one phase 1 is tried. It is over when the peer is up, whoever began that, and when an operator takes the peer down.
 */
#include "ike/engine.h"

enum { RESTART_MS = 10000 };

static void mark(struct peer *peer, const struct want *want)
{
    for (uint8_t i = 0; i < peer->waiting_count; i++)
        if (want_is_same(&peer->waiting[i].want, want))
            peer->waiting[i].is_restart = true;
}

static void wait(struct ike *ike, struct peer *peer, const struct want *want, uint64_t at_ms)
{
    if (!wait_for_phase1(peer, want))
        return; /* its traffic asks for it */
    mark(peer, want);
    peer->restart_ms = at_ms;
    timers_note(ike, peer->self);
}

void restart_want(struct ike *ike, uint64_t now_ms, struct peer *lost, const struct pair *pair)
{
    const struct tunnel *tunnel = tunnel_of(ike, pair->tunnel);
    struct want want;

    if (tunnel != NULL && tunnel->connection_type != CONNECTION_ANSWER_ONLY && want_of_pair(ike, pair, &want))
        wait(ike, lost, &want, now_ms);
}

void restart_with(struct ike *ike, uint64_t now_ms, const struct want *want, struct ip with, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);

    acquire_take(ike, now_ms, want, with, out);
    for (uint8_t i = 0; tunnel != NULL && i < tunnel->peer_count; i++) {
        struct peer *peer = peer_of_ip(ike, tunnel->peers[i]);

        if (peer != NULL)
            mark(peer, want);
    }
}

void restart_later(struct ike *ike, uint64_t now_ms, struct peer *failed, const struct want *want)
{
    wait(ike, failed, want, now_ms + RESTART_MS);
}

static bool is_there(const struct ike *ike, const struct tunnel *tunnel, const struct want *want)
{
    struct selector selector = selector_of_want(tunnel, want);

    return pair_of_any(ike, want->tunnel, &selector) != NULL;
}

void restart_due(struct ike *ike, uint64_t now_ms, struct peer *peer, struct ike_outputs *out)
{
    const struct peer was = *peer;

    restart_forget(peer);
    for (uint8_t i = 0; i < was.waiting_count; i++) {
        const struct want *want = &was.waiting[i].want;
        const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);

        if (!outputs_have_room(out))
            wait(ike, peer, want, now_ms);
        else if (tunnel != NULL && want->ace < tunnel->ace_count && !is_there(ike, tunnel, want))
            restart_with(ike, now_ms, want, (struct ip){0}, out);
    }
}

void restart_forget(struct peer *peer)
{
    if (peer->restart_ms != 0)
        peer->waiting_count = 0;
    peer->restart_ms = 0;
}
