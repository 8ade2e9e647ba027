#include "ike/view.h"

#include "ike/engine.h"
#include "policy/filter.h"

#include <string.h>

static void *nth(const struct pool *pool, uint32_t index)
{
    struct handle h = pool_first(pool);

    while (index-- > 0 && handle_is_set(h))
        h = pool_next(pool, h);
    return pool_find(pool, h);
}

static uint32_t remaining_s(uint64_t expires_ms, uint64_t now_ms)
{
    return expires_ms > now_ms ? (uint32_t)((expires_ms - now_ms) / 1000) : 0;
}

/* As an ASA shows it, of network extension mode the network. */
static struct ip assigned_to(const struct session *session)
{
    return ip_is_set(session->address) ? session->address : session->network.first;
}

static void view_user(const struct ike *ike, const struct isakmp_sa *sa, struct ike_sa_view *view)
{
    const struct tunnel_group *group =
        sa->tunnel_group == NO_INDEX ? NULL : &ike->policy->tunnel_groups[sa->tunnel_group];
    const struct session *session = session_of(ike, sa->session);

    view->tunnel_group = group == NULL ? "" : group->name;
    view->is_user = session != NULL || (group != NULL && group->is_remote_access);
    view->user = session == NULL ? "" : session->user;
    view->assigned = session == NULL ? (struct ip){0} : assigned_to(session);
    view->network = session == NULL ? (struct ip_range){0} : session->network;
    uint16_t number = group == NULL ? 0 : policy_group_policy_of(ike->policy, sa->tunnel_group, view->user);
    view->group_policy = number == 0 ? "" : ike->policy->group_policies[number - 1].name;
    const struct filter *filter = ike->policy == NULL ? NULL : filter_of(ike->policy, sa->tunnel_group, view->user);
    view->filter = filter == NULL ? "" : filter->name;
}

bool ike_view_sa(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_sa_view *view)
{
    const struct isakmp_sa *sa = nth(&ike->sas, index);

    if (sa == NULL)
        return false;
    const struct exchange *phase1 = exchange_of(ike, sa->phase1);
    enum state state = sa->state == SA_DEAD ? sa->died_in : phase1 != NULL ? phase1->state : phase1_state(sa);
    *view = (struct ike_sa_view){
        .sa = sa->self,
        .local = sa->local,
        .remote = sa->remote,
        .is_initiator = sa->side == INITIATOR,
        .is_dead = sa->state == SA_DEAD,
        .is_up = sa->state == SA_UP,
        .is_rekeying = sa->retire_ms != 0 || (sa->state == SA_UP && sa_begun_of(ike, sa->peer) != NULL),
        .is_nat_t = sa->we_are_behind_nat || sa->peer_is_behind_nat,
        .asa_state = state_info(state)->asa,
        .ios_state = state_info(sa->state == SA_DEAD ? exchange_info(sa->mode)->start : state)->ios,
        .conn_id = sa->conn_id,
        .cipher = sa->cipher,
        .hash = sa->hash,
        .group = sa->group,
        .auth = sa->auth,
        .is_aggressive = sa->mode == EXCHANGE_AM,
        .lifetime_s = sa->lifetime_s,
        .remaining_s = remaining_s(sa->expires_ms, now_ms),
        .begun_ms = sa->begun_ms,
        .has_dpd = sa->peer_does_dpd,
        .has_fragmentation = sa->peer_takes_fragments && ike->policy != NULL && ike->policy->fragment_len != 0,
    };
    memcpy(view->cookies, sa->cookies, sizeof view->cookies);
    view_user(ike, sa, view);
    return true;
}

bool ike_view_pair(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_pair_view *view)
{
    const struct pair *pair = nth(&ike->pairs, index);

    if (pair == NULL)
        return false;
    *view = (struct ike_pair_view){
        .pair = pair->self,
        .local = pair->local,
        .remote = pair->remote,
        .is_udp = pair->is_udp,
        .is_transport = pair->is_transport,
        .has_esn = pair->has_esn,
        .is_peer_replay_off = pair->is_peer_replay_off,
        .is_initiator = pair->side == INITIATOR,
        .tunnel = pair->tunnel,
        .ace = pair->ace,
        .selector = pair->selector,
        .spi_in = pair->spi_in,
        .spi_out = pair->spi_out,
        .cipher = pair->cipher,
        .integrity = pair->integrity,
        .pfs = pair->pfs,
        .lifetime_s = pair->lifetime_s,
        .lifetime_kb = pair->lifetime_kb,
        .remaining_s = remaining_s(pair->expires_ms, now_ms),
        .idle_timeout_s = pair->idle_timeout_s,
        .idle_left_s = remaining_s(pair->used_ms + 1000ULL * pair->idle_timeout_s, now_ms),
        .begun_ms = pair->begun_ms,
        .conn_id = pair->conn_id,
        .is_up = pair->is_up,
        .user = "",
    };
    const struct session *session = session_of(ike, pair->session);
    if (session != NULL && session->tunnel == NO_INDEX) {
        view->user = session->user;
        view->assigned = assigned_to(session);
    }
    return true;
}

static bool is_end(const struct outcome *o)
{
    return !o->is_success && (state_info(o->state)->waits == WAITS_REST || o->reason == REASON_DELETED_BY_OPERATOR ||
                              o->reason == REASON_SHUT_DOWN);
}

static struct ike_outcome outcome_view(const struct outcome *outcome)
{
    return (struct ike_outcome){
        .at_ms = outcome->at_ms,
        .is_initiator = outcome->side == INITIATOR,
        .is_success = outcome->is_success,
        .is_end = is_end(outcome),
        .phase = outcome->phase,
        .asa_state = state_info(outcome->state)->asa,
        .ios_state = state_info(outcome->state)->ios,
        .reason = reason_info(outcome->reason)->name,
        .hypothesis = hypothesis_name(outcome->hypothesis),
        .meaning = outcome->hypothesis != HYPOTHESIS_NONE ? hypothesis_meaning(outcome->hypothesis)
                   : outcome->told != REASON_OK           ? delete_reason_meaning(outcome->told)
                                                          : reason_info(outcome->reason)->meaning,
    };
}

bool ike_view_peer(const struct ike *ike, uint64_t now_ms, uint32_t index, struct ike_peer_view *view)
{
    const struct peer *peer = nth(&ike->peers, index);

    (void)now_ms;
    if (peer == NULL)
        return false;
    *view = (struct ike_peer_view){
        .remote = peer->remote, .waiting_count = peer->waiting_count, .outcome_count = peer->outcome_count};
    for (EACH_SA_OF(ike, peer->self, sa))
        view->sa_count += sa->state != SA_DEAD;
    for (EACH_PAIR_OF(ike, peer->self, pair))
        view->pair_count += pair != NULL;
    for (uint8_t i = 0; i < peer->outcome_count; i++)
        view->outcomes[i] = outcome_view(&peer->outcomes[i]);
    return true;
}

bool ike_view_wireshark_key(const struct ike *ike, uint32_t index, struct text *line)
{
    const struct isakmp_sa *sa = nth(&ike->sas, index);

    if (sa == NULL || !sa->has_keys)
        return false;
    text_add_hex(line, BYTES_OF(sa->cookies[INITIATOR]));
    text_add(line, ",");
    text_add_hex(line, bytes_of(sa->cipher_key, cipher_info(sa->cipher)->key_len));
    return true;
}

struct ike_use ike_view_use(const struct ike *ike)
{
    return (struct ike_use){
        .peers = ike->peers.taken_count,
        .sas = ike->sas.taken_count,
        .exchanges = ike->exchanges.taken_count,
        .pairs = ike->pairs.taken_count,
        .drafts = ike->drafts.taken_count,
        .blobs = blobs_taken(&ike->blobs),
        .assemblies = ike->assemblies.taken_count,
        .randoms = ike->drbg.filled_count,
    };
}

struct ike_counts ike_view_counts(const struct ike *ike)
{
    struct ike_counts counts = {.pairs = ike_view_use(ike).pairs};

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = pool_find(&ike->sas, h);
        bool is_user = sa->side == RESPONDER && session_of(ike, sa->session) != NULL;

        counts.up += sa->state == SA_UP;
        counts.negotiating += sa->state != SA_UP && sa->state != SA_DEAD;
        if (sa->state == SA_UP && sa->retire_ms == 0)
            (*(is_user ? &counts.users : &counts.others))++;
    }
    return counts;
}
