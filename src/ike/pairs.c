/* IPsec SA pairs: put into the plane, up, ended. */
#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

/* Not set: the pool is used up. */
static struct handle pair_take(struct ike *ike, struct handle peer)
{
    struct handle h = pool_take(&ike->pairs);
    struct pair *pair = pair_of(ike, h);

    if (pair != NULL) {
        pair->self = h;
        pair->peer = peer;
        pair_file(ike, pair);
    }
    return h;
}

/* ---- pairs for less than a line: of two hosts each, or what a peer has asked for */

enum { NARROW_PAIRS_MAX = 256, NARROW_PAIRS_SHARE = 4, GIVES_WAY_AFTER_MS = 60000 };

/* Of one tunnel: of all that there is room for a fourth at most. */
static unsigned narrow_pairs_max(const struct ike *ike)
{
    uint32_t share = ike->limits.pairs / NARROW_PAIRS_SHARE;

    return share < NARROW_PAIRS_MAX ? share : NARROW_PAIRS_MAX;
}

static bool is_narrow(const struct tunnel *tunnel, uint16_t ace, const struct selector *selector)
{
    return tunnel != NULL && !tunnel->is_dynamic && !tunnel->is_client && ace < tunnel->ace_count &&
           !selector_equal(&tunnel->aces[ace].selector, selector);
}

bool pair_is_narrow(const struct ike *ike, const struct pair *pair)
{
    return is_narrow(tunnel_of(ike, pair->tunnel), pair->ace, &pair->selector);
}

bool pairs_have_room(const struct ike *ike, uint64_t now_ms, struct handle peer, const struct quick *quick,
                     struct pair **gives_way)
{
    struct pair *longest_idle = NULL;
    unsigned count = 0;

    *gives_way = NULL;
    if (!is_narrow(tunnel_of(ike, quick->tunnel), quick->ace, &quick->selector))
        return true;
    for (EACH_PAIR_OF(ike, peer, pair)) {
        if (pair->tunnel != quick->tunnel || pair->retire_ms != 0 || pair->doomed != REASON_OK ||
            !pair_is_narrow(ike, pair))
            continue;
        if (selector_equal(&pair->selector, &quick->selector))
            return true;
        count++;
        if (pair->is_up && (longest_idle == NULL || pair->carried_ms < longest_idle->carried_ms))
            longest_idle = pair;
    }
    if (count < narrow_pairs_max(ike))
        return true;
    if (longest_idle == NULL || now_ms - longest_idle->carried_ms < GIVES_WAY_AFTER_MS)
        return false;
    *gives_way = longest_idle;
    return true;
}

static bool make_room(struct ike *ike, uint64_t now_ms, struct handle peer, const struct quick *quick)
{
    struct pair *gives_way;

    if (!pairs_have_room(ike, now_ms, peer, quick, &gives_way))
        return false;
    if (gives_way != NULL) {
        gives_way->doomed = REASON_GAVE_WAY;
        timers_note(ike, peer);
    }
    return true;
}

static void take_keys(struct ike_install *install, struct bytes kept)
{
    struct pair_keys keys;

    CHECK(kept.len == sizeof keys);
    memcpy(&keys, kept.data, sizeof keys);
    install->key_len = keys.key_len;
    install->integrity_key_len = keys.integrity_len;
    memcpy(install->key_in, keys.key_in, sizeof install->key_in);
    memcpy(install->key_out, keys.key_out, sizeof install->key_out);
    memcpy(install->integrity_key_in, keys.integrity_in, sizeof install->integrity_key_in);
    memcpy(install->integrity_key_out, keys.integrity_out, sizeof install->integrity_key_out);
    bytes_wipe(&keys, sizeof keys);
}

void pair_install(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa, bool is_inbound,
                  bool is_outbound, struct ike_outputs *out)
{
    struct quick *quick = &exchange->quick;
    const struct tunnel *tunnel = tunnel_of(ike, quick->tunnel);
    struct handle replaces = {0, 0};

    if (tunnel != NULL && tunnel->is_dynamic && pair_in_the_way(ike, sa->peer, &quick->selector) != NULL) {
        exchange_fail(ike, now_ms, exchange, REASON_NETWORK_TAKEN, out);
        return;
    }
    if (!handle_is_set(quick->pair)) {
        if (!make_room(ike, now_ms, sa->peer, quick)) {
            exchange_fail(ike, now_ms, exchange, REASON_TOO_MANY_PAIRS, out);
            return;
        }
        struct pair *older = pair_for(ike, sa->peer, quick->tunnel, &quick->selector);

        if (older != NULL)
            replaces = older->self;
        quick->pair = pair_take(ike, sa->peer);
    }
    struct pair *pair = pair_of(ike, quick->pair);
    if (pair == NULL)
        event_add_text(tell_sa(ike, out, EV_LIMIT_REACHED, sa), FIELD_CAUSE, "tunnels");
    if (pair == NULL || tunnel == NULL || out->install_count == IKE_INSTALLS_MAX || out->count == IKE_OUTPUTS_MAX) {
        exchange_fail(ike, now_ms, exchange, tunnel == NULL ? REASON_NO_TUNNEL : REASON_LIMIT, out);
        return;
    }
    if (pair->conn_id == 0)
        *pair = (struct pair){
            .self = quick->pair,
            .peer = sa->peer,
            .session = sa->session,
            .tunnel = quick->tunnel,
            .ace = quick->ace,
            .selector = quick->selector,
            .local = sa->local,
            .remote = sa->remote,
            .is_udp = quick->choice.is_udp,
            .is_transport = quick->choice.is_transport,
            .has_esn = quick->choice.has_esn,
            .is_peer_replay_off = quick->is_peer_replay_off,
            .side = exchange->side,
            .spi_in = quick->spi_in,
            .spi_out = quick->spi_out,
            .cipher = quick->choice.cipher,
            .integrity = quick->choice.integrity,
            .pfs = quick->choice.pfs,
            .lifetime_s = quick->choice.lifetime_s,
            .lifetime_kb = quick->choice.lifetime_kb,
            .conn_id = ++ike->last_conn_id,
            .begun_ms = exchange->begun_ms,
        };
    pair_file(ike, pair);
    if (is_inbound) {
        tell_pair(ike, out, sa, pair, "keys");
        tell_pair(ike, out, sa, pair, "initialize");
    }
    struct ike_install *i = &out->installs[out->install_count++];
    *i = (struct ike_install){
        .conn_id = pair->conn_id,
        .pair = pair->self,
        .is_inbound = is_inbound,
        .is_outbound = is_outbound,
        .tunnel = pair->tunnel,
        .ace = pair->ace,
        .tunnel_group = sa->tunnel_group,
        .session = handle_number(sa->session),
        .user = session_user(ike, sa->session),
        .selector = pair->selector,
        .local = pair->local,
        .remote = pair->remote,
        .is_udp = pair->is_udp,
        .is_transport = pair->is_transport,
        .is_begun_here = pair->side == INITIATOR,
        .has_esn = pair->has_esn,
        .spi_in = pair->spi_in,
        .spi_out = pair->spi_out,
        .cipher = pair->cipher,
        .integrity = pair->integrity,
        .lifetime_kb = pair->lifetime_kb,
        .replay_window = ike->policy->replay_window,
        .df = tunnel->df,
        .is_split_sealed = tunnel->is_split_sealed,
        .replaces = replaces,
    };
    take_keys(i, blob_bytes(&ike->blobs, exchange->blobs[BLOB_KEYS]));
    out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_INSTALL, .install = i};
}

void pair_up(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct pair *pair = pair_of(ike, exchange->quick.pair);

    CHECK(pair != NULL);
    pair->is_up = true;
    pair->up_ms = now_ms;
    limits_begin_pair(ike, now_ms, sa, pair);
    uint32_t rekey_s = rekey_plan_pair(ike, now_ms, pair);
    rekey_pair_up(ike, now_ms, pair, out);
    blob_drop(&ike->blobs, exchange->blobs[BLOB_KEYS]);
    exchange->blobs[BLOB_KEYS] = (struct handle){0, 0};

    const struct {
        const char *direction;
        uint32_t spi;
    } sas[] = {{"outbound", pair->spi_out}, {"inbound", pair->spi_in}};
    struct event *e = tell_exchange(ike, out, EV_PAIR_NEGOTIATED, sa, exchange);
    event_add_number(e, FIELD_SPI_IN, pair->spi_in);
    event_add_number(e, FIELD_SPI_OUT, pair->spi_out);
    for (size_t i = 0; i < COUNT_OF(sas); i++) {
        e = tell_sa(ike, out, EV_SA_CREATED, sa);
        event_add_text(e, FIELD_DIRECTION, sas[i].direction);
        event_add_number(e, FIELD_SPI, sas[i].spi);
        event_add_ip(e, FIELD_LOCAL, pair->local.ip);
    }
    tell_pair(ike, out, sa, pair, "create");
    if (rekey_s != 0)
        event_add_number(tell_exchange(ike, out, EV_REKEY_TIMER, sa, exchange), FIELD_SECONDS, rekey_s);
    e = tell_exchange(ike, out, EV_PHASE2_COMPLETED, sa, exchange);
    if (exchange->side == INITIATOR)
        add_entry(ike, e, tunnel_of(ike, pair->tunnel));
    event_add_number(e, FIELD_SPI_IN, pair->spi_in);
    event_add_number(e, FIELD_SPI_OUT, pair->spi_out);
    outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, true, STATE_QM_ACTIVE, REASON_OK);
}

static void tell_gone(struct ike *ike, const struct isakmp_sa *sa, const struct pair *pair, enum reason why,
                      struct ike_outputs *out)
{
    struct event *e = sa != NULL ? tell_sa(ike, out, EV_PAIR_DELETED, sa) : tell(out, EV_PAIR_DELETED, pair->remote.ip);
    char space[IP_TEXT_SIZE];

    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    event_add_text(e, FIELD_REMOTE_PROXY, ip_text(pair->selector.remote.first, space));
    event_add_text(e, FIELD_LOCAL_PROXY, ip_text(pair->selector.local.first, space));
}

void pair_end(struct ike *ike, uint64_t now_ms, struct pair *pair, enum reason why, bool is_told,
              struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_up_in(ike, pair->peer, pair->session);
    struct exchange *exchange = quick_of_pair(ike, pair->self);
    const struct {
        const char *direction;
        uint32_t spi;
    } sas[] = {{"outbound", pair->spi_out}, {"inbound", pair->spi_in}};

    if (is_told && sa != NULL && !pair->is_leaving && farewell_is_said(ike, why))
        farewell_send(ike, now_ms, sa, pair->spi_in, why, out);
    for (size_t i = 0; i < COUNT_OF(sas); i++) {
        struct event *e = sa != NULL ? tell_sa(ike, out, EV_SA_DELETED, sa) : tell(out, EV_SA_DELETED, pair->remote.ip);

        event_add_text(e, FIELD_DIRECTION, sas[i].direction);
        event_add_number(e, FIELD_SPI, sas[i].spi);
        event_add_ip(e, FIELD_LOCAL, pair->local.ip);
        event_add_text(e, FIELD_REASON, reason_info(why)->name);
    }
    if (pair->is_up) {
        tell_pair(ike, out, sa, pair, "delete");
        tell_gone(ike, sa, pair, why, out);
    }
    if (why != REASON_REPLACED)
        outcome_keep(ike, now_ms, pair->peer, pair->side, 2, false,
                     !pair->is_up && exchange != NULL ? exchange->state : STATE_QM_ACTIVE, why);
    settle_end_beside(ike, now_ms, pair);
    CHECK(out->count < IKE_OUTPUTS_MAX);
    out->items[out->count++] = (struct ike_output){
        .kind = IKE_OUT_REMOVE, .remove = {.pair = pair->self, .spi_in = pair->spi_in, .spi_out = pair->spi_out}};
    if (exchange != NULL) {
        exchange->quick.pair = (struct handle){0, 0};
        exchange_free(ike, exchange, out);
    }
    bool was_up = pair->is_up;
    struct handle peer = pair->peer, session = pair->session;
    uint16_t tunnel = pair->tunnel;
    struct selector selector = pair->selector;
    pair_give_back(ike, pair);
    if (was_up) {
        rekey_pair_gone(ike, now_ms, peer, tunnel, &selector);
        session_check(ike, now_ms, peer, session, why, out);
    }
    session_drop_if_unused(ike, session, out);
}
