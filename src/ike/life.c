/* How exchanges, ISAKMP SAs and pairs begin and end, and what follows a step. */
#include "base/check.h"
#include "ike/engine.h"

#include <string.h>

void outcome_keep(struct ike *ike, uint64_t now_ms, struct handle peer_h, enum side side, uint8_t phase,
                  bool is_success, enum state state, enum reason reason)
{
    struct peer *peer = peer_of(ike, peer_h);

    if (peer == NULL)
        return;
    memmove(peer->outcomes + 1, peer->outcomes, sizeof peer->outcomes - sizeof peer->outcomes[0]);
    peer->outcomes[0] = (struct outcome){now_ms, side, phase, is_success, state, reason};
    if (peer->outcome_count < IKE_OUTCOMES_MAX)
        peer->outcome_count++;
}

struct exchange *exchange_make(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, enum exchange_kind kind,
                               enum state state, enum side side, uint32_t message_id)
{
    struct handle h = pool_take(&ike->exchanges);
    struct exchange *exchange = exchange_of(ike, h);

    if (exchange == NULL)
        return NULL;
    *exchange = (struct exchange){
        .self = h,
        .sa = sa->self,
        .kind = kind,
        .state = state,
        .side = side,
        .message_id = message_id,
        .begun_ms = now_ms,
    };
    exchange->quick.tunnel = exchange->quick.ace = NO_INDEX;
    state_enter(ike, now_ms, exchange);
    return exchange;
}

/* Dead SAs are for the screens, and give way to the living. */
static void drop_oldest_dead(struct ike *ike)
{
    struct isakmp_sa *oldest = NULL;

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state == SA_DEAD && (oldest == NULL || sa->died_ms < oldest->died_ms))
            oldest = sa;
    }
    if (oldest != NULL)
        pool_give_back(&ike->sas, oldest->self);
}

struct isakmp_sa *sa_make(struct ike *ike, uint64_t now_ms, enum side side, struct peer *peer, struct endpoint local,
                          struct endpoint remote)
{
    struct handle h = pool_take(&ike->sas);

    if (!handle_is_set(h)) {
        drop_oldest_dead(ike);
        h = pool_take(&ike->sas);
    }
    struct isakmp_sa *sa = sa_of(ike, h);
    if (sa == NULL)
        return NULL;
    *sa = (struct isakmp_sa){
        .self = h,
        .peer = peer->self,
        .state = SA_NEW,
        .side = side,
        .local = local,
        .remote = remote,
        .tunnel = NO_INDEX,
        .tunnel_group = NO_INDEX,
        .conn_id = ++ike->last_conn_id,
        .begun_ms = now_ms,
    };
    ike->heard[h.index] = (struct heard_ids){0};
    struct exchange *exchange = exchange_make(ike, now_ms, sa, EXCHANGE_MM, STATE_MM_START, side, 0);
    if (exchange == NULL) {
        pool_give_back(&ike->sas, h);
        return NULL;
    }
    sa->phase1 = exchange->self;
    return sa;
}

static void tell_limit(struct ike_outputs *out, struct ip peer, const char *what)
{
    event_add_text(tell(out, EV_LIMIT_REACHED, peer), FIELD_DETAIL, what);
}

static struct event *tell_begin(struct ike *ike, struct ike_outputs *out, enum event_kind kind,
                                const struct isakmp_sa *sa, uint16_t tunnel_index, uint16_t ace)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);
    struct event *e = tell_sa(ike, out, kind, sa);
    char space[IP_TEXT_SIZE];

    event_add_text(e, FIELD_INTERFACE, ike->policy->interfaces[tunnel->interface].name);
    event_add_text(e, FIELD_MAP, tunnel->map_name);
    event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
    event_add_text(e, FIELD_LOCAL_PROXY, ip_text(tunnel->aces[ace].selector.local.first, space));
    event_add_text(e, FIELD_REMOTE_PROXY, ip_text(tunnel->aces[ace].selector.remote.first, space));
    return e;
}

void quick_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, uint16_t tunnel, uint16_t ace,
                 struct ike_outputs *out)
{
    uint8_t random[4];
    uint32_t message_id;

    if (tunnel_of(ike, tunnel) == NULL || quick_of_ace(ike, sa->peer, tunnel, ace) != NULL)
        return;
    do {
        drbg_fill(&ike->drbg, random, sizeof random);
        message_id = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 | (uint32_t)random[2] << 8 | random[3];
    } while (message_id == 0 || exchange_of_message(ike, sa->self, message_id) != NULL ||
             message_id_was_heard(ike, sa, EXCHANGE_QM, message_id));
    struct exchange *exchange = exchange_make(ike, now_ms, sa, EXCHANGE_QM, STATE_QM_START, INITIATOR, message_id);
    if (exchange == NULL) {
        tell_limit(out, sa->remote.ip, "no room for another quick mode");
        return;
    }
    exchange->quick.tunnel = tunnel;
    exchange->quick.ace = ace;
    message_id_keep(ike, sa, EXCHANGE_QM, message_id);
    iv_begin(sa, exchange);
    event_add_number(tell_begin(ike, out, EV_PHASE2_BEGUN, sa, tunnel, ace), FIELD_MESSAGE_ID, message_id);
    step_take(ike, now_ms, INPUT_BEGIN, exchange, sa, out);
}

void wait_for_phase1(struct peer *peer, uint16_t tunnel, uint16_t ace)
{
    if (ace == NO_INDEX)
        return;
    for (uint8_t i = 0; i < peer->waiting_count; i++)
        if (peer->waiting[i].tunnel == tunnel && peer->waiting[i].ace == ace)
            return;
    if (peer->waiting_count == WAITING_MAX)
        return;
    peer->waiting[peer->waiting_count].tunnel = tunnel;
    peer->waiting[peer->waiting_count].ace = ace;
    peer->waiting_count++;
}

void phase1_begin(struct ike *ike, uint64_t now_ms, struct peer *peer, uint16_t tunnel_index, uint16_t ace,
                  struct endpoint local, struct endpoint remote, struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_make(ike, now_ms, INITIATOR, peer, local, remote);

    if (sa == NULL) {
        tell_limit(out, peer->remote, "no room for another ISAKMP SA");
        return;
    }
    sa->tunnel = tunnel_index;
    wait_for_phase1(peer, tunnel_index, ace);
    tell_begin(ike, out, EV_PHASE1_BEGUN, sa, tunnel_index, ace == NO_INDEX ? 0 : ace);
    struct exchange *exchange = exchange_of(ike, sa->phase1);
    step_take(ike, now_ms, INPUT_BEGIN, exchange, sa, out);
}

static void refuse_acquire(struct ike *ike, uint64_t now_ms, struct peer *peer, enum reason reason,
                           struct ike_outputs *out)
{
    struct event *e = tell(out, EV_EXCHANGE_FAILED, peer == NULL ? (struct ip){0} : peer->remote);

    event_add_text(e, FIELD_STATE, state_info(STATE_MM_START)->asa);
    event_add_text(e, FIELD_REASON, reason_info(reason)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(reason)->meaning);
    if (peer != NULL)
        outcome_keep(ike, now_ms, peer->self, INITIATOR, 1, false, STATE_MM_START, reason);
}

void acquire_take(struct ike *ike, uint64_t now_ms, uint16_t tunnel_index, uint16_t ace, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);

    if (tunnel == NULL || ace >= tunnel->ace_count) {
        refuse_acquire(ike, now_ms, NULL, REASON_NO_TUNNEL, out);
        return;
    }
    struct peer *peer = tunnel->peer_count == 0 ? NULL : peer_make(ike, tunnel->peers[0]);
    if (peer == NULL || tunnel->connection_type == CONNECTION_ANSWER_ONLY) {
        refuse_acquire(ike, now_ms, peer, tunnel->peer_count > 0 && peer == NULL ? REASON_LIMIT : REASON_NO_PEER, out);
        return;
    }
    tell(out, EV_ACQUIRE, peer->remote);
    if (!ip_is_set(ike->policy->interfaces[tunnel->interface].ip)) {
        refuse_acquire(ike, now_ms, peer, REASON_NO_ADDRESS, out);
        return;
    }
    struct isakmp_sa *sa = sa_up_of(ike, peer->self);
    if (sa != NULL) {
        quick_begin(ike, now_ms, sa, tunnel_index, ace, out);
    } else if (sa_begun_of(ike, peer->self) != NULL) {
        wait_for_phase1(peer, tunnel_index, ace);
        tell(out, EV_ACQUIRE_QUEUED, peer->remote);
    } else {
        struct endpoint local = {ike->policy->interfaces[tunnel->interface].ip, IKE_PORT};

        phase1_begin(ike, now_ms, peer, tunnel_index, ace, local, (struct endpoint){peer->remote, IKE_PORT}, out);
    }
}

static void phase1_up(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct peer *peer = peer_of(ike, sa->peer);

    sa->up_ms = sa->heard_ms = sa->keepalive_ms = now_ms;
    uint32_t rekey_s = rekey_plan_sa(ike, now_ms, sa);
    rekey_sa_up(ike, now_ms, sa);
    tell_sa(ike, out, EV_PHASE1_COMPLETED, sa);
    event_add_text(tell_sa(ike, out, EV_KEEPALIVE_KIND, sa), FIELD_DETAIL, sa->peer_does_dpd ? "DPD" : "None");
    if (rekey_s != 0)
        event_add_number(tell_sa(ike, out, EV_REKEY_TIMER, sa), FIELD_SECONDS, rekey_s);
    outcome_keep(ike, now_ms, sa->peer, sa->side, 1, true, STATE_MM_ACTIVE, REASON_OK);
    uint8_t count = peer->waiting_count;
    peer->waiting_count = 0;
    if (count > 0)
        tell_sa(ike, out, EV_ACQUIRE_DEQUEUED, sa);
    for (uint8_t i = 0; i < count; i++)
        quick_begin(ike, now_ms, sa, peer->waiting[i].tunnel, peer->waiting[i].ace, out);
}

/* A peer's pairs may be more than the outputs hold; timers_do ends the rest. */
static void end_or_doom(struct ike *ike, uint64_t now_ms, struct pair *pair, enum reason why, struct ike_outputs *out)
{
    if (outputs_have_room(out))
        pair_end(ike, now_ms, pair, why, false, out);
    else
        pair->doomed = why;
}

/* What was up with the same authenticated peer before this SA was begun is gone at its end (RFC 2407 section 4.6.3.3).
 * What came up meanwhile is not: both may have begun at once. */
static void forget_older(struct ike *ike, uint64_t now_ms, struct isakmp_sa *newest, struct ike_outputs *out)
{
    tell_sa(ike, out, EV_INITIAL_CONTACT, newest);
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa != newest && sa->state == SA_UP && handle_equal(sa->peer, newest->peer) && sa->up_ms < newest->begun_ms)
            sa_end(ike, now_ms, sa, REASON_INITIAL_CONTACT, false, out);
    }
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
        struct pair *pair = pair_of(ike, h);

        if (handle_equal(pair->peer, newest->peer) && pair->begun_ms < newest->begun_ms)
            end_or_doom(ike, now_ms, pair, REASON_INITIAL_CONTACT, out);
    }
}

static void install(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa, bool is_inbound,
                    bool is_outbound, struct ike_outputs *out)
{
    struct quick *quick = &exchange->quick;
    const struct tunnel *tunnel = tunnel_of(ike, quick->tunnel);
    struct handle replaces = {0, 0};

    if (!handle_is_set(quick->pair)) {
        struct pair *older = pair_of_ace(ike, sa->peer, quick->tunnel, quick->ace);

        if (older != NULL)
            replaces = older->self;
        quick->pair = pool_take(&ike->pairs);
    }
    struct pair *pair = pair_of(ike, quick->pair);
    if (pair == NULL || tunnel == NULL || out->install_count == IKE_INSTALLS_MAX || out->count == IKE_OUTPUTS_MAX) {
        exchange_fail(ike, now_ms, exchange, tunnel == NULL ? REASON_NO_TUNNEL : REASON_LIMIT, out);
        return;
    }
    if (pair->conn_id == 0)
        *pair = (struct pair){
            .self = quick->pair,
            .peer = sa->peer,
            .tunnel = quick->tunnel,
            .ace = quick->ace,
            .selector = quick->selector,
            .local = sa->local,
            .remote = sa->remote,
            .is_udp = quick->choice.is_udp,
            .is_transport = quick->choice.is_transport,
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
    struct ike_install *i = &out->installs[out->install_count++];
    *i = (struct ike_install){
        .pair = pair->self,
        .is_inbound = is_inbound,
        .is_outbound = is_outbound,
        .tunnel = pair->tunnel,
        .ace = pair->ace,
        .selector = pair->selector,
        .local = pair->local,
        .remote = pair->remote,
        .is_udp = pair->is_udp,
        .is_transport = pair->is_transport,
        .spi_in = pair->spi_in,
        .spi_out = pair->spi_out,
        .cipher = pair->cipher,
        .integrity = pair->integrity,
        .key_len = quick->keys.key_len,
        .integrity_key_len = quick->keys.integrity_len,
        .lifetime_kb = pair->lifetime_kb,
        .replay_window = ike->policy->replay_window,
        .df = tunnel->df,
        .replaces = replaces,
    };
    memcpy(i->key_in, quick->keys.key_in, sizeof i->key_in);
    memcpy(i->key_out, quick->keys.key_out, sizeof i->key_out);
    memcpy(i->integrity_key_in, quick->keys.integrity_in, sizeof i->integrity_key_in);
    memcpy(i->integrity_key_out, quick->keys.integrity_out, sizeof i->integrity_key_out);
    out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_INSTALL, .install = i};
}

static void pair_up(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa,
                    struct ike_outputs *out)
{
    struct pair *pair = pair_of(ike, exchange->quick.pair);

    CHECK(pair != NULL);
    pair->is_up = true;
    pair->up_ms = now_ms;
    uint32_t rekey_s = rekey_plan_pair(ike, now_ms, pair);
    rekey_pair_up(ike, now_ms, pair, out);
    bytes_wipe(&exchange->quick.keys, sizeof exchange->quick.keys);

    const struct {
        const char *direction;
        uint32_t spi;
    } sas[] = {{"outbound", pair->spi_out}, {"inbound", pair->spi_in}};
    struct event *e = tell_sa(ike, out, EV_PAIR_NEGOTIATED, sa);
    event_add_number(e, FIELD_SPI_IN, pair->spi_in);
    event_add_number(e, FIELD_SPI_OUT, pair->spi_out);
    for (size_t i = 0; i < COUNT_OF(sas); i++) {
        e = tell_sa(ike, out, EV_SA_CREATED, sa);
        event_add_text(e, FIELD_DIRECTION, sas[i].direction);
        event_add_number(e, FIELD_SPI, sas[i].spi);
        event_add_ip(e, FIELD_LOCAL, pair->local.ip);
    }
    if (rekey_s != 0)
        event_add_number(tell_exchange(ike, out, EV_REKEY_TIMER, sa, exchange), FIELD_SECONDS, rekey_s);
    e = tell_exchange(ike, out, EV_PHASE2_COMPLETED, sa, exchange);
    event_add_number(e, FIELD_SPI_IN, pair->spi_in);
    event_add_number(e, FIELD_SPI_OUT, pair->spi_out);
    outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, true, STATE_QM_ACTIVE, REASON_OK);
}

static void answer_dpd(struct ike *ike, struct isakmp_sa *sa, const struct intent *intent, struct ike_outputs *out)
{
    uint8_t sequence[4];
    struct writer w = writer_of(sequence, sizeof sequence);

    if (intent->notify == NOTIFY_R_U_THERE_ACK) {
        sa->dpd_due_ms = 0;
        sa->dpd_try_count = 0;
        event_add_number(tell_sa(ike, out, EV_DPD_ANSWERED, sa), FIELD_COUNT, intent->sequence);
        return;
    }
    /* The sequence only grows (RFC 3706 section 7); the same one again is a repeat whose answer was lost. */
    if (sa->has_dpd_heard && (int32_t)(intent->sequence - sa->dpd_heard_sequence) < 0)
        return;
    sa->has_dpd_heard = true;
    sa->dpd_heard_sequence = intent->sequence;
    event_add_number(tell_sa(ike, out, EV_DPD_RECEIVED, sa), FIELD_COUNT, intent->sequence);
    write_u32(&w, intent->sequence);
    notify_send(ike, sa, NOTIFY_R_U_THERE_ACK, PROTO_ISAKMP, bytes_of(sa->cookies, sizeof sa->cookies),
                writer_bytes(&w), out);
}

/* An authenticated delete of a peer's last ISAKMP SA takes its pairs with it, as on an ASA. */
static void delete_received(struct ike *ike, uint64_t now_ms, struct handle peer, const struct intent *intent,
                            struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_of_cookies(ike, (const uint8_t(*)[COOKIE_LEN])intent->cookies);

    if (sa == NULL || !handle_equal(sa->peer, peer) || sa->state != SA_UP)
        return;
    event_add_text(tell_sa(ike, out, EV_DELETE_RECEIVED, sa), FIELD_DETAIL, "ISAKMP SA");
    sa_end(ike, now_ms, sa, REASON_DELETED_BY_PEER, false, out);
    if (sa_up_of(ike, peer) != NULL)
        return;
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if (handle_equal(pair_of(ike, h)->peer, peer))
            end_or_doom(ike, now_ms, pair_of(ike, h), REASON_DELETED_BY_PEER, out);
}

static void pair_deleted(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, uint32_t spi,
                         struct ike_outputs *out)
{
    struct pair *pair = pair_of_spi_out(ike, sa->peer, spi);
    struct event *e = tell_sa(ike, out, EV_DELETE_RECEIVED, sa);

    event_add_text(e, FIELD_DETAIL, "IPsec SA");
    event_add_number(e, FIELD_SPI, spi);
    if (pair != NULL)
        pair_end(ike, now_ms, pair, REASON_DELETED_BY_PEER, false, out);
}

/* An error notify that names our SPI ends that quick mode; one that names none ends the only one that there is. */
static void notified(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct intent *intent,
                     struct ike_outputs *out)
{
    struct exchange *found = NULL;
    int count = 0;

    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        struct exchange *exchange = exchange_of(ike, h);

        if (exchange->kind != EXCHANGE_QM || !handle_equal(exchange->sa, sa->self) ||
            exchange->state != STATE_QM_WAIT_MSG2)
            continue;
        if (intent->spi != 0 && exchange->quick.spi_in == intent->spi) {
            exchange_fail(ike, now_ms, exchange, REASON_NOTIFIED, out);
            return;
        }
        found = exchange;
        count++;
    }
    if (count == 1)
        exchange_fail(ike, now_ms, found, REASON_NOTIFIED, out);
}

static void intent_do(struct ike *ike, uint64_t now_ms, const struct intent *intent, struct exchange *exchange,
                      struct isakmp_sa *sa, struct ike_outputs *out)
{
    switch (intent->kind) {
    case INTENT_PHASE1_UP: phase1_up(ike, now_ms, sa, out); return;
    case INTENT_INSTALL_INBOUND: install(ike, now_ms, exchange, sa, true, false, out); return;
    case INTENT_INSTALL_OUTBOUND: install(ike, now_ms, exchange, sa, false, true, out); return;
    case INTENT_PAIR_UP: pair_up(ike, now_ms, exchange, sa, out); return;
    case INTENT_DELETE_SA: delete_received(ike, now_ms, sa->peer, intent, out); return;
    case INTENT_DELETE_PAIR: pair_deleted(ike, now_ms, sa, intent->spi, out); return;
    case INTENT_NOTIFIED: notified(ike, now_ms, sa, intent, out); return;
    case INTENT_ANSWER_DPD: answer_dpd(ike, sa, intent, out); return;
    case INTENT_INITIAL_CONTACT: forget_older(ike, now_ms, sa, out); return;
    }
}

void intents_do(struct ike *ike, uint64_t now_ms, const struct draft *draft, struct handle exchange_h,
                struct handle sa_h, struct ike_outputs *out)
{
    struct intent intents[INTENTS_MAX];
    uint8_t count = draft->intent_count;

    /* A step may follow from an intent, and takes the draft's place. */
    memcpy(intents, draft->intents, sizeof intents);
    for (uint8_t i = 0; i < count; i++) {
        struct isakmp_sa *sa = sa_of(ike, sa_h);

        if (sa == NULL || sa->state == SA_DEAD)
            return;
        intent_do(ike, now_ms, &intents[i], exchange_of(ike, exchange_h), sa, out);
    }
}

/* The last SA of a peer that was up is gone. */
static void session_check(struct ike *ike, struct handle peer_h, enum reason why, struct ike_outputs *out)
{
    const struct peer *peer = peer_of(ike, peer_h);

    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if (handle_equal(pair_of(ike, h)->peer, peer_h))
            return;
    if (peer == NULL || sa_up_of(ike, peer_h) != NULL)
        return;
    struct event *e = tell(out, EV_SESSION_ENDED, peer->remote);
    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    if (ike->policy != NULL) {
        uint16_t group = policy_tunnel_group_of(ike->policy, peer->remote);

        if (group != NO_INDEX)
            event_add_text(e, FIELD_GROUP, ike->policy->tunnel_groups[group].name);
    }
}

void pair_end(struct ike *ike, uint64_t now_ms, struct pair *pair, enum reason why, bool is_told,
              struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_up_of(ike, pair->peer);
    struct exchange *exchange = quick_of_pair(ike, pair->self);
    uint8_t spi[4];
    struct writer w = writer_of(spi, sizeof spi);
    const struct {
        const char *direction;
        uint32_t spi;
    } sas[] = {{"outbound", pair->spi_out}, {"inbound", pair->spi_in}};

    write_u32(&w, pair->spi_in);
    if (is_told && sa != NULL)
        delete_send(ike, sa, PROTO_ESP, writer_bytes(&w), out);
    for (size_t i = 0; i < COUNT_OF(sas); i++) {
        struct event *e = sa != NULL ? tell_sa(ike, out, EV_SA_DELETED, sa) : tell(out, EV_SA_DELETED, pair->remote.ip);

        event_add_text(e, FIELD_DIRECTION, sas[i].direction);
        event_add_number(e, FIELD_SPI, sas[i].spi);
        event_add_ip(e, FIELD_LOCAL, pair->local.ip);
        event_add_text(e, FIELD_REASON, reason_info(why)->name);
    }
    if (why != REASON_REPLACED)
        outcome_keep(ike, now_ms, pair->peer, pair->side, 2, false,
                     !pair->is_up && exchange != NULL ? exchange->state : STATE_QM_ACTIVE, why);
    CHECK(out->count < IKE_OUTPUTS_MAX);
    out->items[out->count++] =
        (struct ike_output){.kind = IKE_OUT_REMOVE, .remove = {pair->self, pair->spi_in, pair->spi_out}};
    if (exchange != NULL) {
        exchange->quick.pair = (struct handle){0, 0};
        exchange_free(ike, exchange, out);
    }
    bool was_up = pair->is_up;
    struct handle peer = pair->peer;
    uint16_t tunnel = pair->tunnel, ace = pair->ace;
    pool_give_back(&ike->pairs, pair->self);
    if (was_up) {
        rekey_pair_gone(ike, now_ms, peer, tunnel, ace);
        session_check(ike, peer, why, out);
    }
}

void sa_end(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum reason why, bool is_told,
            struct ike_outputs *out)
{
    struct exchange *phase1 = exchange_of(ike, sa->phase1);
    enum state state = phase1 != NULL ? phase1->state : sa->state == SA_UP ? STATE_MM_ACTIVE : STATE_MM_START;

    if (sa->state == SA_DEAD)
        return;
    if (is_told && sa->state == SA_UP)
        delete_send(ike, sa, PROTO_ISAKMP, bytes_of(sa->cookies, sizeof sa->cookies), out);
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        struct exchange *exchange = exchange_of(ike, h);
        struct pair *pair = pair_of(ike, exchange->quick.pair);

        if (!handle_equal(exchange->sa, sa->self))
            continue;
        if (exchange->kind == EXCHANGE_QM && state_info(exchange->state)->waits != WAITS_REST) {
            if (pair != NULL) { /* half done; pair_end frees the exchange with it */
                pair_end(ike, now_ms, pair, why, false, out);
                continue;
            }
            outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, false, exchange->state, why);
        }
        exchange_free(ike, exchange, out);
    }
    struct event *e = tell_sa(ike, out, EV_PHASE1_DELETED, sa);
    event_add_text(e, FIELD_STATE, state_info(state)->asa);
    event_add_text(e, FIELD_IOS_STATE, state_info(state)->ios);
    if (!sa->peer_does_dpd)
        event_add_text(e, FIELD_KEEPALIVE, "None");
    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(why)->meaning);
    if (why != REASON_REPLACED)
        outcome_keep(ike, now_ms, sa->peer, sa->side, 1, false, state, why);
    bytes_wipe(sa->skeyid, sizeof sa->skeyid);
    bytes_wipe(sa->skeyid_a, sizeof sa->skeyid_a);
    bytes_wipe(sa->skeyid_d, sizeof sa->skeyid_d);
    bytes_wipe(sa->cipher_key, sizeof sa->cipher_key);
    sa->has_keys = false;
    bool was_up = sa->state == SA_UP;
    sa->state = SA_DEAD;
    sa->died_in = state;
    sa->died_of = why;
    sa->died_ms = now_ms;
    if (was_up) {
        rekey_sa_gone(ike, now_ms, sa->peer);
        session_check(ike, sa->peer, why, out);
    }
}

void exchange_fail(struct ike *ike, uint64_t now_ms, struct exchange *exchange, enum reason why,
                   struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_of(ike, exchange->sa);
    struct event *e = tell_exchange(ike, out, EV_EXCHANGE_FAILED, sa, exchange);

    event_add_text(e, FIELD_EXCHANGE, exchange->kind == EXCHANGE_MM ? "MM" : "QM");
    event_add_number(e, FIELD_PHASE, exchange->kind == EXCHANGE_MM ? 1 : 2);
    event_add_text(e, FIELD_REASON, reason_info(why)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(why)->meaning);
    if (exchange->kind == EXCHANGE_MM) {
        struct peer *peer = peer_of(ike, sa->peer);

        if (sa->side == INITIATOR)
            peer->waiting_count = 0;
        sa_end(ike, now_ms, sa, why, false, out);
        return;
    }
    struct pair *pair = pair_of(ike, exchange->quick.pair);
    uint16_t notify = why == REASON_NOTIFIED ? 0 : reason_info(why)->notify;
    uint8_t spi[4];
    struct writer w = writer_of(spi, sizeof spi);
    write_u32(&w, exchange->quick.spi_out); /* the receiver's: RFC 2408 section 3.14 */
    if (notify != 0 && sa->state == SA_UP)
        notify_send(ike, sa, notify, PROTO_ESP, exchange->quick.spi_out == 0 ? bytes_of(NULL, 0) : writer_bytes(&w),
                    bytes_of(NULL, 0), out);
    if (pair == NULL)
        outcome_keep(ike, now_ms, sa->peer, exchange->side, 2, false, exchange->state, why);
    if (pair != NULL)
        pair_end(ike, now_ms, pair, why, exchange->side == RESPONDER || exchange->state == STATE_QM_BLD_PAIR, out);
    else
        exchange_free(ike, exchange, out);
}
