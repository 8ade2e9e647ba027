/* The ISAKMP SAs that others have begun and not proved yet. Whoever sends a first message takes a place, and his
 * address may be anybody's (attack list D01). So when the places are taken the oldest gives way that has not been
 * answered by a message 3: under a flood each still has its time to answer, the number of places divided by the rate.
 * Who has answered is at his address, and stays. One address has only a share of the places, and beyond it gives way to
 * itself. */
#include "base/check.h"
#include "ike/engine.h"

/* TOLD_AGAIN_MS: a flood is told once a minute. LOOKED_AT: of those that have answered, and wait for the vault. */
enum { SHARE = 8, TOLD_AGAIN_MS = 60000, LOOKED_AT = 64 };

size_t half_opens_space(uint32_t sa_count)
{
    return sa_count * (sizeof(struct half_open_beside) + 1);
}

struct half_opens half_opens_of(void *space, uint32_t sa_count)
{
    struct half_opens h = {.beside = space, .kinds = (uint8_t *)space + sa_count * sizeof h.beside[0]};

    memset(h.kinds, 0, sa_count);
    return h;
}

static void enqueue(struct half_opens *h, uint32_t place)
{
    h->beside[place - 1] = (struct half_open_beside){.older = h->newest};
    *(h->newest == 0 ? &h->oldest : &h->beside[h->newest - 1].newer) = place;
    h->newest = place;
}

static void dequeue(struct half_opens *h, uint32_t place)
{
    const struct half_open_beside *it = &h->beside[place - 1];

    *(it->older == 0 ? &h->oldest : &h->beside[it->older - 1].newer) = it->newer;
    *(it->newer == 0 ? &h->newest : &h->beside[it->newer - 1].older) = it->older;
}

void half_open_file(struct half_opens *h, struct handle sa, enum half_open kind)
{
    uint8_t *was = &h->kinds[sa.index];

    h->count += (kind != NOT_HALF_OPEN) - (*was != NOT_HALF_OPEN);
    if (*was == HALF_OPEN_UNANSWERED && kind != *was)
        dequeue(h, sa.index + 1);
    if (kind == HALF_OPEN_UNANSWERED && kind != *was)
        enqueue(h, sa.index + 1);
    *was = (uint8_t)kind;
}

bool is_half_open(const struct ike *ike, struct handle sa)
{
    return ike->half_opens.kinds[sa.index] != NOT_HALF_OPEN;
}

uint32_t half_open_of(const struct ike *ike, struct handle peer)
{
    uint32_t count = 0;

    for (EACH_SA_OF(ike, peer, sa))
        count += is_half_open(ike, sa->self);
    return count;
}

static bool has_share(const struct ike *ike, struct handle peer)
{
    return half_open_of(ike, peer) > ike->limits.half_open / SHARE;
}

static bool may_give_way(const struct ike *ike, const struct isakmp_sa *sa)
{
    const struct exchange *exchange = exchange_of(ike, sa->phase1);

    return ike->half_opens.kinds[sa->self.index] == HALF_OPEN_UNANSWERED && exchange != NULL &&
           !handle_is_set(exchange->parked);
}

static struct isakmp_sa *oldest_of_peer(struct ike *ike, struct handle peer)
{
    struct isakmp_sa *oldest = NULL;

    for (EACH_SA_OF(ike, peer, sa))
        if (may_give_way(ike, sa) && (oldest == NULL || sa->begun_ms < oldest->begun_ms))
            oldest = sa;
    return oldest;
}

/* What waits for the vault goes to the end of the queue. */
static struct isakmp_sa *oldest_of_all(struct ike *ike)
{
    struct half_opens *h = &ike->half_opens;

    for (int i = 0; i < LOOKED_AT && h->oldest != 0; i++) {
        uint32_t place = h->oldest;
        struct isakmp_sa *sa = sa_in_place(ike, place);

        if (may_give_way(ike, sa))
            return sa;
        dequeue(h, place);
        enqueue(h, place);
    }
    return NULL;
}

bool half_open_gives_way(const struct ike *ike, const struct isakmp_sa *sa)
{
    return may_give_way(ike, sa) && (ike->half_opens.count >= ike->limits.half_open || has_share(ike, sa->peer));
}

uint32_t half_open_limit(const struct ike *ike)
{
    const struct policy *policy = ike->policy;
    uint32_t limit = policy->half_open_max != 0 ? policy->half_open_max : UINT32_MAX;
    uint32_t share = policy->half_open_percent == 0 || policy->half_open_percent == 100
                         ? UINT32_MAX
                         : (uint32_t)((uint64_t)ike->limits.half_open * policy->half_open_percent / 100);

    share = share == 0 ? 1 : share;
    return share < limit ? share : limit;
}

/* Counts no further than it has to. */
static bool are_sas_at_limit(const struct ike *ike)
{
    uint32_t count = 0;

    if (ike->policy->sa_max == 0)
        return false;
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h) && count < ike->policy->sa_max;
         h = pool_next(&ike->sas, h))
        count += sa_of(ike, h)->state != SA_DEAD;
    return count >= ike->policy->sa_max;
}

static bool is_allowed(const struct ike *ike, struct ip remote, struct ike_outputs *out)
{
    const struct peer *peer = peer_of_ip(ike, remote);
    uint32_t limit = half_open_limit(ike);
    bool is_begun = ike->half_opens.count >= limit;

    if (ike->is_closing && (peer == NULL || peer_is_idle(ike, peer)))
        return false;
    if (!is_begun && !are_sas_at_limit(ike))
        return true;
    struct event *e = tell(out, EV_LIMIT_REACHED, remote);
    event_add_text(e, FIELD_CAUSE, is_begun ? "in-negotiation-sa" : "max-sa");
    event_add_number(e, FIELD_COUNT, is_begun ? limit : ike->policy->sa_max);
    return false;
}

bool half_open_make_room(struct ike *ike, uint64_t now_ms, struct ip remote, struct ike_outputs *out)
{
    const struct peer *peer = peer_of_ip(ike, remote);
    bool is_by_itself = peer != NULL && has_share(ike, peer->self);
    struct isakmp_sa *sa;

    if (!is_allowed(ike, remote, out))
        return false;
    if (!is_by_itself && ike->half_opens.count < ike->limits.half_open)
        return true;
    sa = is_by_itself ? oldest_of_peer(ike, peer->self) : oldest_of_all(ike);
    if (sa == NULL)
        return false;
    struct peer *its = peer_of(ike, sa->peer);
    exchange_free(ike, exchange_of(ike, sa->phase1), out);
    sa_give_back(ike, sa);
    peer_drop_if_empty(ike, its);
    if (ike->half_opens.told_ms == 0 || now_ms - ike->half_opens.told_ms >= TOLD_AGAIN_MS) {
        tell(out, EV_LIMIT_REACHED, remote);
        ike->half_opens.told_ms = now_ms;
    }
    return true;
}
