/* Inputs that are not messages: commands, a new policy, the plane, hints. */
#include "ike/engine.h"

#include <string.h>

static bool is_meant(struct ip meant, struct ip peer)
{
    return !ip_is_set(meant) || ip_equal(meant, peer);
}

/* What is to end is marked; timers_do ends it, as much at a time as the outputs hold. */
static void doom_sas(struct ike *ike, struct ip peer_ip, enum reason why)
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state != SA_DEAD && is_meant(peer_ip, sa->remote.ip))
            sa->doomed = why;
    }
    for (struct handle h = pool_first(&ike->peers); handle_is_set(h); h = pool_next(&ike->peers, h)) {
        struct peer *peer = peer_of(ike, h);

        if (is_meant(peer_ip, peer->remote))
            restart_forget(peer);
    }
    timers_note_all(ike);
}

static void doom_sa(struct ike *ike, uint32_t conn_id, enum reason why)
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->conn_id == conn_id && sa->state != SA_DEAD) {
            sa->doomed = why;
            restart_forget(peer_of(ike, sa->peer));
        }
    }
    timers_note_all(ike);
}

/* Of a pair the inbound SPI is ours alone. */
struct pairs_meant {
    struct ip peer;  /* IP_NONE: of any */
    uint16_t tunnel; /* NO_INDEX: of any */
    uint32_t spi_in; /* 0: any */
};

static void doom_pairs(struct ike *ike, struct pairs_meant meant, enum reason why)
{
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
        struct pair *pair = pair_of(ike, h);

        if (is_meant(meant.peer, pair->remote.ip) && (meant.tunnel == NO_INDEX || meant.tunnel == pair->tunnel) &&
            (meant.spi_in == 0 || meant.spi_in == pair->spi_in))
            pair->doomed = why;
    }
    timers_note_all(ike);
}

static void bring_up(struct ike *ike, uint64_t now_ms, uint16_t index, struct ip with, struct ike_outputs *out)
{
    const struct tunnel *tunnel = tunnel_of(ike, index);

    if (tunnel == NULL) {
        acquire_take(ike, now_ms, &(struct want){.tunnel = index}, with, out);
        return;
    }
    for (uint16_t ace = 0; ace < tunnel->ace_count; ace++) {
        if (!outputs_have_room(out))
            return; /* the traffic of the other lines asks for itself */
        if (tunnel->aces[ace].is_permit && pair_of_any(ike, index, &tunnel->aces[ace].selector) == NULL)
            acquire_take(ike, now_ms, &(struct want){.tunnel = index, .ace = ace}, with, out);
    }
}

void command_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    const struct ike_command *command = &in->command;
    struct pairs_meant all_pairs = {.tunnel = NO_INDEX}, of_peer = {.tunnel = NO_INDEX, .peer = command->peer};

    switch (command->kind) {
    case IKE_UP: bring_up(ike, now_ms, command->tunnel, command->peer, out); break;
    case IKE_DOWN:
        doom_sas(ike, command->peer, REASON_DELETED_BY_OPERATOR);
        doom_pairs(ike, of_peer, REASON_DELETED_BY_OPERATOR);
        break;
    case IKE_CLEAR_ISAKMP: doom_sas(ike, command->peer, REASON_DELETED_BY_OPERATOR); break;
    case IKE_CLEAR_IPSEC: doom_pairs(ike, of_peer, REASON_DELETED_BY_OPERATOR); break;
    case IKE_CLEAR_SA: doom_sa(ike, command->number, REASON_DELETED_BY_OPERATOR); break;
    case IKE_CLEAR_TUNNEL:
        doom_pairs(ike, (struct pairs_meant){.tunnel = command->tunnel}, REASON_DELETED_BY_OPERATOR);
        break;
    case IKE_CLEAR_PAIR:
        doom_pairs(ike, (struct pairs_meant){.tunnel = NO_INDEX, .spi_in = command->number},
                   REASON_DELETED_BY_OPERATOR);
        break;
    case IKE_CLOSE: ike->is_closing = true; break;
    case IKE_SHUT_DOWN:
        doom_sas(ike, (struct ip){0}, REASON_SHUT_DOWN);
        doom_pairs(ike, all_pairs, REASON_SHUT_DOWN);
        break;
    }
    timers_do(ike, now_ms, out);
}

static void move_waiting(struct peer *peer, const struct policy *from, const struct policy *to)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < peer->waiting_count; i++) {
        uint16_t tunnel = policy_same_tunnel(from, peer->waiting[i].want.tunnel, to);

        if (tunnel == NO_INDEX)
            continue;
        peer->waiting[kept] = peer->waiting[i];
        peer->waiting[kept++].want.tunnel = tunnel;
    }
    peer->waiting_count = kept;
}

/* SAs whose tunnel or tunnel group is the same in the new policy stay untouched; the others end. */
static bool move_sa(struct isakmp_sa *sa, const struct policy *from, const struct policy *to)
{
    if (sa->tunnel != NO_INDEX && (sa->tunnel = policy_same_tunnel(from, sa->tunnel, to)) == NO_INDEX)
        return false;
    if (sa->tunnel_group == NO_INDEX)
        return true;
    sa->tunnel_group = policy_same_tunnel_group(from, sa->tunnel_group, sa->remote.ip, to);
    return sa->tunnel_group != NO_INDEX;
}

/* Nobody repeats what we begin ourselves: the draft moves with its tunnel, or the exchange ends with it. */
static void move_begun(struct ike *ike, uint64_t now_ms, struct exchange *exchange)
{
    struct draft *parked = pool_find(&ike->drafts, exchange->parked);

    if (exchange->quick.tunnel == NO_INDEX || parked == NULL) {
        draft_drop(ike, exchange);
        exchange->last_reason = REASON_POLICY_CHANGED;
        exchange->deadline_ms = now_ms;
        return;
    }
    parked->exchange.quick.tunnel = exchange->quick.tunnel;
    parked->sa = *sa_of(ike, exchange->sa);
}

static void move_all(struct ike *ike, uint64_t now_ms, const struct policy *from, const struct policy *to)
{
    for (struct handle h = pool_first(&ike->peers); handle_is_set(h); h = pool_next(&ike->peers, h))
        move_waiting(peer_of(ike, h), from, to);
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        struct isakmp_sa *sa = sa_of(ike, h);

        if (sa->state == SA_DEAD)
            sa->tunnel = sa->tunnel_group = NO_INDEX;
        else if (!move_sa(sa, from, to)) {
            sa->tunnel = sa->tunnel_group = NO_INDEX;
            sa->doomed = REASON_POLICY_CHANGED;
        }
    }
    for (struct handle h = pool_first(&ike->sessions); handle_is_set(h); h = pool_next(&ike->sessions, h)) {
        struct session *session = session_of(ike, h);

        if (session->tunnel != NO_INDEX)
            session->tunnel = policy_same_tunnel(from, session->tunnel, to);
        if (session->tunnel_group != NO_INDEX)
            session->tunnel_group =
                policy_same_tunnel_group(from, session->tunnel_group, peer_of(ike, session->peer)->remote, to);
    }
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        struct exchange *exchange = exchange_of(ike, h);

        exchange->autopsy_number = 0; /* the answer would name a tunnel group of the old policy */
        if (exchange->kind == EXCHANGE_QM && exchange->quick.tunnel != NO_INDEX)
            exchange->quick.tunnel = policy_same_tunnel(from, exchange->quick.tunnel, to);
        if (exchange->kind == EXCHANGE_QM && exchange->side == INITIATOR && exchange->state == STATE_QM_START)
            move_begun(ike, now_ms, exchange);
        else
            draft_drop(ike, exchange); /* its places in the old policy mean nothing now; the peer will repeat */
    }
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
        struct pair *pair = pair_of(ike, h);

        pair->tunnel = policy_same_tunnel(from, pair->tunnel, to);
        if (pair->tunnel == NO_INDEX)
            pair->doomed = REASON_POLICY_CHANGED;
    }
}

void policy_take(struct ike *ike, uint64_t now_ms, const struct policy *policy, struct ike_outputs *out)
{
    const struct policy *before = ike->policy;

    ike->policy = policy;
    if (before != NULL)
        move_all(ike, now_ms, before, policy);
    timers_note_all(ike);
    timers_do(ike, now_ms, out);
}

static void installed(struct ike *ike, uint64_t now_ms, struct handle pair, struct ike_outputs *out)
{
    struct exchange *exchange = quick_of_pair(ike, pair);

    if (exchange != NULL && state_info(exchange->state)->waits == WAITS_PLANE)
        step_take(ike, now_ms, INPUT_INSTALLED, exchange, sa_of(ike, exchange->sa), out);
}

static void install_refused(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    struct exchange *exchange = quick_of_pair(ike, in->plane.pair);

    if (exchange == NULL || state_info(exchange->state)->waits != WAITS_PLANE)
        return;
    struct event *e = tell_exchange(ike, out, EV_SA_INSTALL_FAILED, sa_of(ike, exchange->sa), exchange);
    event_add_number(e, FIELD_ERRNO, (uint64_t)in->plane.error);
    exchange_fail(ike, now_ms, exchange, REASON_PLANE_REFUSED, out);
}

static void moved(struct ike *ike, struct pair *pair, struct endpoint remote, struct ike_outputs *out)
{
    struct isakmp_sa *sa = sa_up_in(ike, pair->peer, pair->session);

    if (!ip_equal(remote.ip, pair->remote.ip) || out->count == IKE_OUTPUTS_MAX)
        return; /* the address is who the peer is; only a NAT's port may change */
    pair->remote = remote;
    if (sa != NULL && sa->remote.port != IKE_PORT)
        sa->remote = remote;
    out->items[out->count++] = (struct ike_output){.kind = IKE_OUT_MOVE, .move = {pair->self, remote}};
}

/* Of an SA with a lifetime in kilobytes these end long before the sequence numbers do. */
static void tell_used_up(struct ike *ike, const struct isakmp_sa *sa, const struct pair *pair, struct ike_outputs *out)
{
    struct event *e = sa != NULL ? tell_sa(ike, out, EV_SA_USED_UP, sa) : tell(out, EV_SA_USED_UP, pair->remote.ip);

    event_add_text(e, FIELD_CAUSE, pair->lifetime_kb > 0 ? "data rollover" : "sequence number rollover");
    event_add_text(e, FIELD_DIRECTION, "outbound");
    event_add_number(e, FIELD_SPI, pair->spi_out);
    event_add_ip(e, FIELD_LOCAL, pair->local.ip);
}

void plane_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    struct pair *pair = pair_of(ike, in->plane.pair);
    struct isakmp_sa *sa = pair == NULL ? NULL : sa_up_in(ike, pair->peer, pair->session);

    if (in->plane.kind == IKE_PLANE_UNKNOWN_SPI) {
        struct event *e = tell(out, EV_INBOUND_UNKNOWN_SPI, in->plane.remote.ip);

        event_add_number(e, FIELD_SPI, in->plane.spi);
        event_add_number(e, FIELD_ESP_SEQUENCE, in->plane.sequence);
        if (ip_is_set(in->plane.local))
            event_add_ip(e, FIELD_LOCAL, in->plane.local);
        spi_recover(ike, now_ms, in->plane.remote.ip, in->plane.spi, out);
        return;
    }
    if (pair == NULL)
        return;
    timers_note(ike, pair->peer);
    switch (in->plane.kind) {
    case IKE_PLANE_INSTALLED: installed(ike, now_ms, in->plane.pair, out); break;
    case IKE_PLANE_REFUSED: install_refused(ike, now_ms, in, out); break;
    case IKE_PLANE_USED:
        dpd_heard_esp(sa, pair, now_ms);
        settle_end(now_ms, quick_of_pair(ike, pair->self));
        limits_note_traffic(ike, now_ms, pair);
        break;
    case IKE_PLANE_SENT:
        if (sa != NULL)
            sa->has_sent = true;
        limits_note_traffic(ike, now_ms, pair);
        break;
    case IKE_PLANE_SOFT:
        tell_used_up(ike, sa, pair, out);
        rekey_pair_due(ike, now_ms, pair, out);
        break;
    case IKE_PLANE_HARD: rekey_pair_spent(ike, now_ms, pair, out); break;
    case IKE_PLANE_NEW_ENDPOINT: moved(ike, pair, in->plane.remote, out); break;
    case IKE_PLANE_UNKNOWN_SPI: break;
    }
}

/* From where, and through which of the interfaces of the policy, it was to go. */
static void add_way(const struct ike *ike, struct event *e, const struct endpoint *local, const struct endpoint *remote)
{
    uint16_t interface = ike->policy == NULL ? NO_INDEX : policy_interface_of(ike->policy, local->ip);

    event_add_ip(e, FIELD_LOCAL, local->ip);
    event_add_number(e, FIELD_LOCAL_PORT, local->port);
    event_add_number(e, FIELD_PORT, remote->port);
    if (interface != NO_INDEX)
        event_add_text(e, FIELD_INTERFACE, ike->policy->interfaces[interface].name);
}

/* Evidence only: an ICMP error may be forged, and a local error may pass. */
void hint_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    struct event *e = tell(out, EV_HINT, in->hint.remote.ip);

    (void)now_ms;
    event_add_number(e, FIELD_PORT, in->hint.remote.port);
    event_add_number(e, FIELD_ERRNO, (uint64_t)in->hint.error);
    event_add_number(e, FIELD_COUNT, (uint64_t)in->hint.icmp_type << 8 | in->hint.icmp_code);
    if (in->hint.icmp_type != 0 || in->hint.quoted.len == 0)
        return;
    e = tell(out, EV_SEND_FAILED, in->hint.remote.ip); /* our own system has not taken it */
    event_add_number(e, FIELD_LENGTH, in->hint.quoted.len);
    event_add_number(e, FIELD_ERRNO, (uint64_t)in->hint.error);
    add_way(ike, e, &in->hint.local, &in->hint.remote);
}
