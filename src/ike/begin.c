/* What begins a negotiation: traffic, a rekey, phase 1 that is up and has something waiting for it. */
#include "ike/engine.h"

static void tell_limit(struct ike_outputs *out, struct ip peer, const char *what)
{
    event_add_text(tell(out, EV_LIMIT_REACHED, peer), FIELD_DETAIL, what);
}

static struct event *tell_begin(struct ike *ike, struct ike_outputs *out, enum event_kind kind,
                                const struct isakmp_sa *sa, uint16_t tunnel_index, const struct selector *selector)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);
    struct event *e = tell_sa(ike, out, kind, sa);
    char space[IP_TEXT_SIZE];

    event_add_text(e, FIELD_INTERFACE, ike->policy->interfaces[tunnel->interface].name);
    event_add_text(e, FIELD_MAP, tunnel->map_name);
    event_add_number(e, FIELD_SEQUENCE, tunnel->sequence);
    event_add_text(e, FIELD_LOCAL_PROXY, ip_text(selector->local.first, space));
    event_add_text(e, FIELD_REMOTE_PROXY, ip_text(selector->remote.first, space));
    return e;
}

static void tell_side(struct event *e, struct ip_range range, enum event_field_id address, enum event_field_id mask,
                      enum event_field_id last)
{
    int prefix_len = ip_range_prefix_len(range);

    event_add_ip(e, address, range.first);
    if (prefix_len < 0)
        event_add_ip(e, last, range.last);
    else if ((size_t)prefix_len < 8 * ip_len(range.first))
        event_add_ip(e, mask, ip_mask(range.first.family, (unsigned)prefix_len));
}

static uint16_t port_of(struct port_range ports)
{
    return ports.first == ports.last ? ports.first : 0;
}

static void tell_proxies(struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                         const struct selector *selector)
{
    struct event *e = tell_sa(ike, out, EV_PROXIES_SENT, sa);

    tell_side(e, selector->local, FIELD_LOCAL_ADDRESS, FIELD_LOCAL_MASK, FIELD_LOCAL_LAST);
    tell_side(e, selector->remote, FIELD_REMOTE_ADDRESS, FIELD_REMOTE_MASK, FIELD_REMOTE_LAST);
    event_add_number(e, FIELD_PROTOCOL, selector->protocol);
    event_add_number(e, FIELD_LOCAL_PROXY_PORT, port_of(selector->local_ports));
    event_add_number(e, FIELD_REMOTE_PROXY_PORT, port_of(selector->remote_ports));
}

static void add_network(struct event *e, struct ip_range range, enum event_field_id address, enum event_field_id mask,
                        enum event_field_id prefix_len)
{
    int len = ip_range_prefix_len(range);

    event_add_ip(e, address, range.first);
    if (len >= 0 && range.first.family == IP_V4)
        event_add_ip(e, mask, ip_mask(IP_V4, (unsigned)len));
    else if (len >= 0)
        event_add_number(e, prefix_len, (unsigned)len);
}

static void tell_under_way(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                           const struct selector *selector)
{
    struct event *e = tell_sa(ike, out, EV_NEGOTIATION_UNDER_WAY, sa);

    add_network(e, selector->local, FIELD_LOCAL_ADDRESS, FIELD_LOCAL_MASK, FIELD_LOCAL_PREFIX_LEN);
    add_network(e, selector->remote, FIELD_REMOTE_ADDRESS, FIELD_REMOTE_MASK, FIELD_REMOTE_PREFIX_LEN);
}

/* What a scan through the tunnel asks for: it is told once, until something else has happened. */
static bool may_have_pair(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct quick *quick,
                          struct ike_outputs *out)
{
    const struct peer *peer = peer_of(ike, sa->peer);
    struct pair *gives_way;

    if (pairs_have_room(ike, now_ms, sa->peer, quick, &gives_way))
        return true;
    tell_limit(out, sa->remote.ip, reason_info(REASON_TOO_MANY_PAIRS)->meaning);
    if (peer->outcome_count == 0 || peer->outcomes[0].reason != REASON_TOO_MANY_PAIRS)
        outcome_keep(ike, now_ms, sa->peer, INITIATOR, 2, false, STATE_QM_START, REASON_TOO_MANY_PAIRS);
    return false;
}

void quick_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, uint16_t tunnel_index, uint16_t ace,
                 const struct selector *selector, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);
    uint8_t random[4];
    uint32_t message_id;

    if (tunnel == NULL || ace >= tunnel->ace_count)
        return;
    if (quick_for(ike, sa->peer, tunnel_index, selector) != NULL) {
        tell_under_way(ike, out, sa, selector);
        return;
    }
    struct quick quick = {.tunnel = tunnel_index, .ace = ace, .selector = *selector};
    if (!may_have_pair(ike, now_ms, sa, &quick, out))
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
    exchange->quick = quick;
    message_id_keep(ike, sa, EXCHANGE_QM, message_id);
    iv_begin(sa, exchange);
    event_add_number(tell_begin(ike, out, EV_PHASE2_BEGUN, sa, tunnel_index, &exchange->quick.selector),
                     FIELD_MESSAGE_ID, message_id);
    tell_proxies(ike, out, sa, &exchange->quick.selector);
    step_take(ike, now_ms, INPUT_BEGIN, exchange, sa, out);
}

bool want_is_same(const struct want *a, const struct want *b)
{
    return a->tunnel == b->tunnel && a->ace == b->ace && ip_equal(a->local, b->local) && ip_equal(a->remote, b->remote);
}

struct selector selector_of_want(const struct tunnel *tunnel, const struct want *want)
{
    return policy_selector_for(tunnel, want->ace, &(struct flow){.local = want->local, .remote = want->remote});
}

bool want_of_pair(const struct ike *ike, const struct pair *pair, struct want *want)
{
    const struct tunnel *tunnel = tunnel_of(ike, pair->tunnel);

    *want = (struct want){.tunnel = pair->tunnel, .ace = pair->ace};
    if (tunnel == NULL || pair->ace >= tunnel->ace_count)
        return false;
    if (tunnel->is_per_host) {
        want->local = pair->selector.local.first;
        want->remote = pair->selector.remote.first;
    }
    struct selector asked = selector_of_want(tunnel, want);
    return tunnel->is_client || selector_equal(&asked, &pair->selector);
}

static bool waits_for_phase1(const struct peer *peer, const struct want *want)
{
    for (uint8_t i = 0; i < peer->waiting_count; i++)
        if (want_is_same(&peer->waiting[i].want, want))
            return true;
    return false;
}

bool wait_for_phase1(struct peer *peer, const struct want *want)
{
    if (waits_for_phase1(peer, want))
        return true;
    if (peer->waiting_count == WAITING_MAX)
        return false;
    peer->waiting[peer->waiting_count++] = (struct waiting){*want, false};
    return true;
}

void phase1_begin(struct ike *ike, uint64_t now_ms, struct peer *peer, uint16_t tunnel_index, const struct want *want,
                  struct endpoint local, struct endpoint remote, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);
    enum exchange_kind mode = tunnel != NULL && tunnel->is_aggressive ? EXCHANGE_AM : EXCHANGE_MM;
    struct isakmp_sa *sa = sa_make(ike, now_ms, mode, INITIATOR, peer, local, remote);

    if (sa == NULL) {
        tell_limit(out, peer->remote, "no room for another ISAKMP SA");
        return;
    }
    sa->tunnel = tunnel_index;
    if (want != NULL)
        wait_for_phase1(peer, want);
    struct selector selector = want == NULL ? tunnel->aces[0].selector : selector_of_want(tunnel, want);
    struct event *e = tell_begin(ike, out, EV_PHASE1_BEGUN, sa, tunnel_index, &selector);
    if (mode == EXCHANGE_AM)
        event_add_text(e, FIELD_EXCHANGE, exchange_info(mode)->name);
    struct exchange *exchange = exchange_of(ike, sa->phase1);
    step_take(ike, now_ms, INPUT_BEGIN, exchange, sa, out);
}

static void refuse_acquire(struct ike *ike, uint64_t now_ms, const struct tunnel *tunnel, struct peer *peer,
                           enum reason reason, struct ike_outputs *out)
{
    struct event *e = tell(out, EV_ACQUIRE_REFUSED, peer == NULL ? (struct ip){0} : peer->remote);
    add_entry(ike, e, tunnel);
    if (tunnel != NULL && tunnel->peer_count == 0 && tunnel->ace_count > 0)
        event_add_ip(e, FIELD_INNER_DESTINATION, tunnel->aces[0].selector.remote.first);
    e = tell(out, EV_EXCHANGE_FAILED, peer == NULL ? (struct ip){0} : peer->remote);

    event_add_text(e, FIELD_STATE, state_info(STATE_MM_START)->asa);
    event_add_text(e, FIELD_REASON, reason_info(reason)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(reason)->meaning);
    if (verdict_of(reason, STATE_MM_START, 0, false) != NULL)
        event_add_text(e, FIELD_VERDICT, verdict_of(reason, STATE_MM_START, 0, false));
    if (peer != NULL)
        outcome_keep(ike, now_ms, peer->self, INITIATOR, 1, false, STATE_MM_START, reason);
}

/* ---- which of several peers */

enum { FAILED_FOR_MS = 600000 };

static bool has_failed(uint64_t now_ms, const struct peer *peer)
{
    return peer != NULL && peer->failed_ms != 0 && now_ms - peer->failed_ms < FAILED_FOR_MS;
}

struct pair *pair_of_any(const struct ike *ike, uint16_t tunnel_index, const struct selector *selector)
{
    const struct tunnel *tunnel = tunnel_of(ike, tunnel_index);

    for (uint8_t i = 0; tunnel != NULL && i < tunnel->peer_count; i++) {
        const struct peer *peer = peer_of_ip(ike, tunnel->peers[i]);
        struct pair *pair = peer == NULL ? NULL : pair_for(ike, peer->self, tunnel_index, selector);

        if (pair != NULL)
            return pair;
    }
    return NULL;
}

/* The first, in their order, that has not failed within the last minutes; not set: all have. */
static struct ip first_untried(const struct ike *ike, uint64_t now_ms, const struct tunnel *tunnel)
{
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (!has_failed(now_ms, peer_of_ip(ike, tunnel->peers[i])))
            return tunnel->peers[i];
    return (struct ip){0};
}

/* The one that is up or under way, else the first that has not failed, else the one whose failure is longest ago. */
static struct ip choose_peer(const struct ike *ike, uint64_t now_ms, const struct tunnel *tunnel)
{
    const struct peer *oldest = NULL;

    for (uint8_t i = 0; i < tunnel->peer_count; i++) {
        const struct peer *peer = peer_of_ip(ike, tunnel->peers[i]);

        if (peer != NULL && (sa_up_of(ike, peer->self) != NULL || sa_begun_of(ike, peer->self) != NULL))
            return peer->remote;
        if (peer != NULL && (oldest == NULL || peer->failed_ms < oldest->failed_ms))
            oldest = peer;
    }
    struct ip untried = first_untried(ike, now_ms, tunnel);
    return ip_is_set(untried) || oldest == NULL ? untried : oldest->remote;
}

static bool ends_by_our_will(enum reason why)
{
    return why == REASON_DELETED_BY_OPERATOR || why == REASON_SHUT_DOWN || why == REASON_POLICY_CHANGED ||
           why == REASON_REPLACED;
}

void acquire_next(struct ike *ike, uint64_t now_ms, struct peer *failed, enum reason why, struct ike_outputs *out)
{
    const struct peer was = *failed;

    failed->waiting_count = 0; /* what finds no other peer asks again, if it still wants to */
    if (ends_by_our_will(why))
        return;
    failed->failed_ms = now_ms;
    for (uint8_t i = 0; i < was.waiting_count && outputs_have_room(out); i++) {
        const struct want *want = &was.waiting[i].want;
        const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);
        struct ip next = tunnel == NULL ? (struct ip){0} : first_untried(ike, now_ms, tunnel);

        if (!ip_is_set(next)) {
            if (was.waiting[i].is_restart)
                restart_later(ike, now_ms, failed, want);
            continue;
        }
        struct event *e = tell(out, EV_NEXT_PEER, was.remote);
        event_add_ip(e, FIELD_NEXT_PEER, next);
        if (tunnel->is_client)
            event_add_text(e, FIELD_TUNNEL_KIND, "client");
        if (was.waiting[i].is_restart)
            restart_with(ike, now_ms, want, next, out);
        else
            acquire_take(ike, now_ms, want, next, out);
    }
}

/* The line of the crypto ACL waits already, or is one more. */
static void tell_queued(const struct ike *ike, struct ike_outputs *out, const struct peer *peer,
                        const struct tunnel *tunnel, bool is_there)
{
    struct event *e = tell(out, EV_ACQUIRE_QUEUED, peer->remote);

    add_entry(ike, e, tunnel);
    if (is_there)
        event_add_text(e, FIELD_CAUSE, "duplicate");
}

/* Its user is not accepted yet, or it has no address; quick mode follows by itself. */
static bool is_client_under_way(const struct ike *ike, struct handle peer, uint16_t tunnel)
{
    for (EACH_SA_OF(ike, peer, sa))
        if (sa->state == SA_UP && sa->tunnel == tunnel && sa_lacks_user(sa))
            return true;
    return false;
}

/* A pair for two hosts is asked for by their traffic alone: whoever wants the tunnel up gets phase 1. */
static bool names_no_hosts(const struct tunnel *tunnel, const struct want *want)
{
    return tunnel->is_per_host && !tunnel->is_client && !ip_is_set(want->local);
}

static void begin_or_wait(struct ike *ike, uint64_t now_ms, struct peer *peer, const struct want *want,
                          struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);
    bool is_for_phase1 = names_no_hosts(tunnel, want), is_there = waits_for_phase1(peer, want);

    if (sa_begun_of(ike, peer->self) == NULL) {
        struct endpoint local = {ike->policy->interfaces[tunnel->interface].ip, IKE_PORT};

        phase1_begin(ike, now_ms, peer, want->tunnel, is_for_phase1 ? NULL : want, local,
                     (struct endpoint){peer->remote, IKE_PORT}, out);
    } else if (!is_for_phase1 && wait_for_phase1(peer, want)) {
        tell_queued(ike, out, peer, tunnel, is_there);
    } else if (!is_for_phase1) {
        tell_limit(out, peer->remote, "no room for another acquire that waits for phase 1");
    }
}

void acquire_take(struct ike *ike, uint64_t now_ms, const struct want *want, struct ip with, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);

    if (tunnel == NULL || want->ace >= tunnel->ace_count) {
        refuse_acquire(ike, now_ms, NULL, NULL, REASON_NO_TUNNEL, out);
        return;
    }
    if (!ip_is_set(with))
        with = choose_peer(ike, now_ms, tunnel);
    struct peer *peer = tunnel->peer_count == 0 ? NULL : peer_make(ike, with);
    if (peer == NULL || tunnel->connection_type == CONNECTION_ANSWER_ONLY) {
        refuse_acquire(ike, now_ms, tunnel, peer,
                       tunnel->peer_count > 0 && peer == NULL ? REASON_LIMIT : REASON_NO_PEER, out);
        return;
    }
    add_entry(ike, tell(out, EV_ACQUIRE, peer->remote), tunnel);
    if (!ip_is_set(ike->policy->interfaces[tunnel->interface].ip)) {
        refuse_acquire(ike, now_ms, tunnel, peer, REASON_NO_ADDRESS, out);
        return;
    }
    if (ike->is_closing && peer_is_idle(ike, peer)) {
        refuse_acquire(ike, now_ms, tunnel, peer, REASON_SHUT_DOWN, out);
        return;
    }
    if (limits_refuse_ikev1(ike, policy_tunnel_group_of(ike->policy, peer->remote))) {
        refuse_acquire(ike, now_ms, tunnel, peer, REASON_GROUP_PROTOCOL, out);
        return;
    }
    tell_request(ike, out, tunnel, want->ace, peer->remote);
    const struct session *session = tunnel->is_client ? session_of_tunnel(ike, peer->self, want->tunnel) : NULL;
    struct isakmp_sa *sa = session != NULL ? sa_up_in(ike, peer->self, session->self) : sa_up_of(ike, peer->self);
    struct selector selector = selector_of_want(tunnel, want);
    if (tunnel->is_client && session == NULL && is_client_under_way(ike, peer->self, want->tunnel))
        return;
    if (sa != NULL && session != NULL)
        client_quick_begin(ike, now_ms, sa, session, out);
    else if (sa == NULL)
        begin_or_wait(ike, now_ms, peer, want, out);
    else if (!names_no_hosts(tunnel, want))
        quick_begin(ike, now_ms, sa, want->tunnel, want->ace, &selector, out);
}

static const struct tunnel_group *group_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    return ike->policy != NULL && sa->tunnel_group < ike->policy->tunnel_group_count
               ? &ike->policy->tunnel_groups[sa->tunnel_group]
               : NULL;
}

static void tell_group_policy(struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa)
{
    const struct tunnel_group *group = group_of(ike, sa);
    uint16_t number = group != NULL ? group->group_policy : 0;

    event_add_text(tell_sa(ike, out, EV_GROUP_POLICY_FOUND, sa), FIELD_GROUP_POLICY,
                   number > 0 ? ike->policy->group_policies[number - 1].name : "DfltGrpPolicy");
}

static void tell_keepalives(struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa)
{
    const struct tunnel_group *group = group_of(ike, sa);
    const char *kind = sa->peer_does_dpd ? "DPD" : "None";

    event_add_text(tell_sa(ike, out, EV_KEEPALIVE_KIND, sa), FIELD_DETAIL, kind);
    if (group == NULL || group->has_dpd == sa->peer_does_dpd)
        return;
    struct event *e = tell_sa(ike, out, EV_KEEPALIVE_DIFFERS, sa);
    event_add_text(e, FIELD_WANTED, group->has_dpd ? "on" : "off");
    event_add_text(e, FIELD_KEEPALIVE, kind);
}

/* The peer is told by a Delete, once it is proved: to nobody else it is anything. */
static void refuse_protocol(const struct ike *ike, struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct event *e = tell_sa(ike, out, EV_MESSAGE_REFUSED, sa);

    event_add_text(e, FIELD_CAUSE, "group-policy");
    event_add_text(e, FIELD_REASON, reason_info(REASON_GROUP_PROTOCOL)->name);
    event_add_text(e, FIELD_DETAIL, reason_info(REASON_GROUP_PROTOCOL)->meaning);
    sa->doomed = REASON_GROUP_PROTOCOL;
}

static void tell_dequeued(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa)
{
    struct event *e = tell_sa(ike, out, EV_ACQUIRE_DEQUEUED, sa);

    event_add_ip(e, FIELD_LOCAL, sa->local.ip);
    event_add_number(e, FIELD_LOCAL_PORT, sa->local.port);
    event_add_number(e, FIELD_PORT, sa->remote.port);
}

static void quick_begin_for(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct want *want,
                            struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, want->tunnel);

    if (tunnel == NULL || want->ace >= tunnel->ace_count)
        return;
    struct selector selector = selector_of_want(tunnel, want);
    quick_begin(ike, now_ms, sa, want->tunnel, want->ace, &selector, out);
}

void phase1_up(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out)
{
    struct peer *peer = peer_of(ike, sa->peer);

    peer->failed_ms = peer->restart_ms = 0;
    if (peer->session_ms == 0)
        peer->session_ms = now_ms;
    sa->up_ms = sa->heard_ms = sa->keepalive_ms = now_ms;
    uint32_t rekey_s = rekey_plan_sa(ike, now_ms, sa);
    rekey_sa_up(ike, now_ms, sa, out);
    tell_group_policy(ike, out, sa);
    tell_sa(ike, out, EV_PHASE1_COMPLETED, sa);
    tell_keepalives(ike, out, sa);
    if (rekey_s != 0)
        event_add_number(tell_sa(ike, out, EV_REKEY_TIMER, sa), FIELD_SECONDS, rekey_s);
    if (sa->user_auth == USER_AUTH_HYBRID && sa->side == RESPONDER)
        tell_sa(ike, out, EV_REKEY_LEFT, sa);
    outcome_keep(ike, now_ms, sa->peer, sa->side, 1, true, exchange_info(sa->mode)->done, REASON_OK);
    if (limits_refuse_ikev1(ike, sa->tunnel_group)) {
        refuse_protocol(ike, sa, out);
        return;
    }
    limits_begin(ike, now_ms, sa);
    if (sa->user_auth != USER_AUTH_NONE) {
        if (sa->side == RESPONDER && !transaction_begin(ike, now_ms, sa, EXCHANGE_XAUTH, false, out))
            sa_end(ike, now_ms, sa, REASON_LIMIT, true, out);
        if (sa->side == INITIATOR) { /* quick mode waits for the address */
            sa->user_due_ms = now_ms + USER_PATIENCE_MS;
            peer->waiting_count = 0;
        }
        return;
    }
    uint8_t count = peer->waiting_count;
    peer->waiting_count = 0;
    if (count > 0)
        tell_dequeued(ike, out, sa);
    for (uint8_t i = 0; i < count; i++)
        quick_begin_for(ike, now_ms, sa, &peer->waiting[i].want, out);
}
