/* Several peers behind one NAT, RFC 3948 section 5: one address, told apart by their ports on UDP 4500. Only where no
 * static entry names the address: there it says who the peer is, and another port means that the NAT has changed it.
 * Users, who all have their group's identity, are told apart by their sessions instead. */
#include "ike/engine.h"

#include <string.h>

enum { SILENT_MS = 10000 }; /* who was heard within that time is not thrown out for what somebody else says */

#define EACH_NEIGHBOUR(ike, ip, peer)                                                                                  \
    struct peer *peer = peer_of_ip(ike, ip);                                                                           \
    peer != NULL;                                                                                                      \
    peer = peer_next_of_ip(ike, peer)

static bool are_told_apart(const struct ike *ike, const struct isakmp_sa *sa)
{
    return sa->side == RESPONDER && sa->user_auth == USER_AUTH_NONE && sa->peer_is_behind_nat &&
           sa->remote.port != IKE_PORT && ike->policy != NULL && !policy_names_peer(ike->policy, sa->remote.ip);
}

/* Something that stands, besides this SA, comes from that port, or from another one. */
static bool has_port(const struct ike *ike, const struct peer *peer, const struct isakmp_sa *besides, bool is_same)
{
    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa != besides && sa->state == SA_UP && (sa->remote.port == besides->remote.port) == is_same)
            return true;
    for (EACH_PAIR_OF(ike, peer->self, pair))
        if ((pair->remote.port == besides->remote.port) == is_same)
            return true;
    return false;
}

static struct peer *place_for(struct ike *ike, const struct isakmp_sa *sa)
{
    struct peer *own = peer_of(ike, sa->peer), *empty = NULL;

    for (EACH_NEIGHBOUR(ike, sa->remote.ip, peer)) {
        if (has_port(ike, peer, sa, true))
            return peer;
        if (!has_port(ike, peer, sa, false))
            empty = peer;
    }
    if (!has_port(ike, own, sa, false))
        return own;
    return empty != NULL ? empty : peer_make_another(ike, sa->remote.ip);
}

void neighbours_settle(struct ike *ike, struct isakmp_sa *sa)
{
    if (sa == NULL || !are_told_apart(ike, sa))
        return;
    struct peer *peer = place_for(ike, sa);

    if (peer == NULL) /* no room: it stays with the others */
        return;
    memcpy(peer->identity, sa->peer_identity, sizeof peer->identity);
    if (handle_equal(peer->self, sa->peer))
        return;
    timers_note(ike, sa->peer);
    sa->peer = peer->self;
    sa_file(ike, sa);
}

static uint64_t last_heard_ms(const struct ike *ike, const struct peer *peer)
{
    uint64_t last = 0;

    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa->state == SA_UP && sa->heard_ms > last)
            last = sa->heard_ms;
    for (EACH_PAIR_OF(ike, peer->self, pair))
        if (pair->heard_ms > last)
            last = pair->heard_ms;
    return last;
}

static void ask(struct ike *ike, uint64_t now_ms, const struct peer *peer)
{
    struct isakmp_sa *sa = sa_up_of(ike, peer->self);

    if (sa != NULL)
        dpd_ask_soon(ike, now_ms, sa);
}

/* timers_do ends what is doomed, as much at a time as the outputs hold. */
static void doom(struct ike *ike, const struct peer *peer)
{
    for (EACH_SA_OF(ike, peer->self, sa))
        if (sa->state == SA_UP)
            sa->doomed = REASON_INITIAL_CONTACT;
    for (EACH_PAIR_OF(ike, peer->self, pair))
        pair->doomed = REASON_INITIAL_CONTACT;
    timers_note(ike, peer->self);
}

void neighbours_doubt(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *newest)
{
    const struct peer *own = peer_of(ike, newest->peer);

    if (!are_told_apart(ike, newest))
        return;
    for (EACH_NEIGHBOUR(ike, newest->remote.ip, peer)) {
        if (peer == own)
            continue;
        if (memcmp(peer->identity, own->identity, sizeof own->identity) == 0 &&
            now_ms - last_heard_ms(ike, peer) >= SILENT_MS)
            doom(ike, peer);
        else
            ask(ike, now_ms, peer);
    }
}

void neighbours_compete(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct selector *selector)
{
    const struct pair *pair = pair_in_the_way(ike, sa->peer, selector);

    if (pair != NULL)
        ask(ike, now_ms, peer_of(ike, pair->peer));
}
