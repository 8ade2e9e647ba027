#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"
#include "esp/mtu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct plane_pair *plane_pair_find(const struct plane *plane, struct handle h)
{
    if (!handle_is_set(h) || h.index >= plane->pair_limit || !handle_equal(plane->pairs[h.index].handle, h))
        return NULL;
    return &plane->pairs[h.index];
}

/* Our SPIs are random numbers of our own: no peer can fill one chain. */
static uint32_t *spi_chain(const struct plane *plane, uint32_t spi)
{
    return &plane->spi_chains[spi & plane->chain_mask];
}

static uint32_t *ace_chain(const struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    return &plane->ace_chains[(tunnel * 31u + ace) & plane->chain_mask];
}

struct plane_pair *plane_pair_of_spi(const struct plane *plane, uint32_t spi)
{
    for (uint32_t i = *spi_chain(plane, spi); i != 0; i = plane->pairs[i - 1].next_of_spi)
        if (plane->pairs[i - 1].in.spi == spi)
            return &plane->pairs[i - 1];
    return NULL;
}

/* An ACE has few pairs, but where its hosts have one each. */
static uint32_t *host_chain(const struct plane *plane, uint16_t tunnel, uint16_t ace, const struct ip *local,
                            const struct ip *remote)
{
    uint32_t hash = tunnel * 31u + ace;

    for (size_t i = 0; i < sizeof local->octets; i++)
        hash = (hash ^ local->octets[i]) * 16777619u;
    for (size_t i = 0; i < sizeof remote->octets; i++)
        hash = (hash ^ remote->octets[i]) * 16777619u;
    return &plane->ace_chains[hash & plane->chain_mask];
}

static bool is_of_hosts(const struct selector *selector)
{
    return ip_equal(selector->local.first, selector->local.last) &&
           ip_equal(selector->remote.first, selector->remote.last);
}

static uint32_t *chain_of(const struct plane *plane, const struct plane_pair *pair)
{
    return pair->is_of_hosts
               ? host_chain(plane, pair->tunnel, pair->ace, &pair->selector.local.first, &pair->selector.remote.first)
               : ace_chain(plane, pair->tunnel, pair->ace);
}

static struct plane_pair *first_for(const struct plane *plane, uint32_t place, uint16_t tunnel, uint16_t ace,
                                    const struct flow *flow)
{
    for (uint32_t i = place; i != 0; i = plane->pairs[i - 1].next_of_ace) {
        struct plane_pair *pair = &plane->pairs[i - 1];
        if (pair->tunnel == tunnel && pair->ace == ace && !pair->is_stopped && selector_matches(&pair->selector, flow))
            return pair;
    }
    return NULL;
}

struct plane_pair *plane_pair_for(const struct plane *plane, uint16_t tunnel, uint16_t ace, const struct flow *flow)
{
    struct plane_pair *of_line = first_for(plane, *ace_chain(plane, tunnel, ace), tunnel, ace, flow), *of_hosts;

    if (plane->host_pair_count == 0)
        return of_line;
    of_hosts = first_for(plane, *host_chain(plane, tunnel, ace, &flow->local, &flow->remote), tunnel, ace, flow);
    return of_hosts == NULL || (of_line != NULL && of_line->birth > of_hosts->birth) ? of_line : of_hosts;
}

struct plane_pair *plane_guest_for(const struct plane *plane, const struct flow *flow)
{
    struct plane_pair *pair = NULL;

    for (uint16_t i = 0; plane->guest_count > 0 && pair == NULL && i < plane->policy->tunnel_count; i++)
        for (uint16_t ace = 0;
             plane->policy->tunnels[i].is_open && pair == NULL && ace < plane->policy->tunnels[i].ace_count; ace++)
            pair = plane_pair_for(plane, i, ace, flow);
    return pair;
}

static bool has_pair(const struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    uint32_t i = *ace_chain(plane, tunnel, ace);

    while (i != 0 && (plane->pairs[i - 1].tunnel != tunnel || plane->pairs[i - 1].ace != ace))
        i = plane->pairs[i - 1].next_of_ace;
    return i != 0;
}

bool plane_client_waits(const struct plane *plane, const struct flow *flow, uint16_t *tunnel, uint16_t *ace)
{
    for (uint16_t i = 0; plane->policy != NULL && i < plane->policy->tunnel_count; i++) {
        const struct tunnel *t = &plane->policy->tunnels[i];

        for (uint16_t j = 0; t->is_client && j < t->ace_count; j++)
            if (selector_matches(&t->aces[j].selector, flow) && !has_pair(plane, i, j)) {
                *tunnel = i;
                *ace = j;
                return true;
            }
    }
    return false;
}

size_t plane_guests(const struct plane *plane, struct selector **guests)
{
    size_t count = 0;

    *guests = plane->guest_count == 0 ? NULL : calloc(plane->guest_count, sizeof **guests);
    for (uint32_t i = 0; *guests != NULL && i < plane->pair_limit && count < plane->guest_count; i++)
        if (plane->pairs[i].is_guest)
            (*guests)[count++] = plane->pairs[i].selector;
    return count;
}

static uint32_t place_of(const struct plane *plane, const struct plane_pair *pair)
{
    return (uint32_t)(pair - plane->pairs) + 1;
}

static void link_ace(struct plane *plane, struct plane_pair *pair)
{
    uint32_t *at = chain_of(plane, pair);

    while (*at != 0 && plane->pairs[*at - 1].birth > pair->birth)
        at = &plane->pairs[*at - 1].next_of_ace;
    pair->next_of_ace = *at;
    *at = place_of(plane, pair);
    plane->host_pair_count += pair->is_of_hosts;
}

static void unlink_ace(struct plane *plane, struct plane_pair *pair)
{
    uint32_t *at = chain_of(plane, pair);

    while (*at != 0 && *at != place_of(plane, pair))
        at = &plane->pairs[*at - 1].next_of_ace;
    if (*at != 0)
        *at = pair->next_of_ace;
    plane->host_pair_count -= pair->is_of_hosts;
}

static void link_spi(struct plane *plane, struct plane_pair *pair)
{
    uint32_t *head = spi_chain(plane, pair->in.spi);

    pair->next_of_spi = *head;
    *head = place_of(plane, pair);
}

static void unlink_spi(struct plane *plane, struct plane_pair *pair)
{
    uint32_t *at = spi_chain(plane, pair->in.spi);

    while (*at != 0 && *at != place_of(plane, pair))
        at = &plane->pairs[*at - 1].next_of_spi;
    if (*at != 0)
        *at = pair->next_of_spi;
}

static struct burst_key *make_key(const struct ike_install *install, const struct esp_shape *shape, bool is_out)
{
    const uint8_t *key = is_out ? install->key_out : install->key_in;
    const uint8_t *integrity_key = is_out ? install->integrity_key_out : install->integrity_key_in;

    return burst_key_make(install->cipher, bytes_of(key, install->key_len), install->integrity,
                          bytes_of(integrity_key, install->integrity_key_len), shape->icv_len, is_out);
}

static struct esp_sa make_sa(const struct plane_pair *pair, const struct ike_install *install,
                             const struct esp_shape *shape, struct burst_key *key, uint64_t *far, bool is_out)
{
    return (struct esp_sa){.spi = is_out ? install->spi_out : install->spi_in,
                           .shape = *shape,
                           .ends = {install->local.ip, install->remote.ip, install->is_udp},
                           .key = key,
                           .selector = &pair->selector,
                           .limits = esp_limits_of(install->cipher, install->lifetime_kb, install->is_begun_here),
                           .replay = replay_of(is_out ? 0 : install->replay_window, far)};
}

static void set_path_mtu(struct plane_pair *pair, uint32_t mtu)
{
    const struct esp_shape *shape = pair->has_out ? &pair->out.shape : &pair->in.shape;

    pair->path_mtu = mtu < ESP_PATH_MTU_MIN ? ESP_PATH_MTU_MIN : mtu;
    pair->inner_mtu = (uint32_t)esp_inner_mtu(shape, (enum ip_family)pair->local.ip.family, pair->path_mtu);
}

bool plane_pair_ask_path(struct plane *plane, struct plane_pair *pair)
{
    uint32_t before = pair->path_mtu, found = 0;
    const struct plane_local *local = plane_local_of(plane, pair->local.ip);

    pair->path_ms = plane_now_ms(plane);
    if (plane_socket_path_mtu(pair->local.ip, pair->remote.ip, &found) != 0)
        found = before != 0 ? before : local->media_mtu; /* there is no way to the peer at this moment */
    set_path_mtu(pair, found);
    bool is_narrower = before != 0 && pair->path_mtu < before;
    pair->tally.counters[ESP_COUNTER_PMTUS_RCVD] += is_narrower;
    struct event *event =
        is_narrower ? plane_notice_event(plane, pair->local.ip, pair->remote.ip, EV_PMTU_CHANGED) : NULL;
    if (event != NULL) {
        event_add_number(event, FIELD_SPI, pair->out.spi);
        event_add_number(event, FIELD_MTU_WANTED, found);
        event_add_number(event, FIELD_MTU_BEFORE, before);
        event_add_number(event, FIELD_MTU, pair->path_mtu);
    }
    return is_narrower;
}

static int check_install(const struct plane *plane, const struct ike_install *install)
{
    const struct plane_pair *at = install->pair.index < plane->pair_limit ? &plane->pairs[install->pair.index] : NULL;
    const struct plane_pair *of_spi = plane_pair_of_spi(plane, install->spi_in);

    if (!ip_is_set(install->local.ip) || install->local.ip.family != install->remote.ip.family)
        return EAFNOSUPPORT;
    if (at == NULL || !handle_is_set(install->pair))
        return ENOSPC;
    bool is_same = handle_equal(at->handle, install->pair);
    if (handle_is_set(at->handle) && !is_same)
        return EEXIST;
    if ((install->is_inbound && of_spi != NULL) ||
        (is_same && ((install->is_inbound && at->has_in) || (install->is_outbound && at->has_out))))
        return EEXIST;
    return plane_local_of(plane, install->local.ip) == NULL ? EADDRNOTAVAIL : 0;
}

static bool is_of_guest(const struct plane *plane, const struct ike_install *install)
{
    return plane->policy != NULL && install->tunnel < plane->policy->tunnel_count &&
           plane->policy->tunnels[install->tunnel].is_open;
}

/* Once for all pairs with the same networks. */
static bool is_steered_already(const struct plane *plane, const struct selector *selector)
{
    for (uint32_t i = 0, left = plane->guest_count; i < plane->pair_limit && left > 0; i++) {
        if (plane->pairs[i].is_steered && selector_equal(&plane->pairs[i].selector, selector))
            return true;
        left -= plane->pairs[i].is_guest;
    }
    return false;
}

/* Of transport mode it would be a route to the peer itself. It comes after the marks: what it leads astray before would
 * leave in clear. */
static bool wants_reverse_route(const struct policy *policy, const struct plane_pair *pair)
{
    return policy != NULL && pair->tunnel < policy->tunnel_count && policy->tunnels[pair->tunnel].has_reverse_route &&
           !pair->is_transport && (!pair->is_guest || pair->is_steered);
}

/* The pair with the same network at its peer that has the route already. */
static bool has_reverse_route(const struct plane *plane, struct ip_range network)
{
    for (uint32_t i = 0, left = plane->reverse_route_count; i < plane->pair_limit && left > 0; i++) {
        if (plane->pairs[i].has_reverse_route && ip_range_equal(plane->pairs[i].selector.remote, network))
            return true;
        left -= plane->pairs[i].has_reverse_route;
    }
    return false;
}

static void set_reverse_route(struct plane *plane, struct plane_pair *pair, bool stands)
{
    if (pair->has_reverse_route == stands)
        return;
    pair->has_reverse_route = false;
    plane->reverse_route_count -= !stands;
    if (plane->hooks.on_reverse_route != NULL && !has_reverse_route(plane, pair->selector.remote))
        plane->hooks.on_reverse_route(
            plane->hooks.context,
            &(struct plane_route){pair->selector.remote, pair->remote.ip, pair->tunnel, pair->tunnel_group}, stands);
    pair->has_reverse_route = stands;
    plane->reverse_route_count += stands;
}

static void begin_pair(struct plane *plane, struct plane_pair *pair, const struct ike_install *install)
{
    *pair = (struct plane_pair){.handle = install->pair,
                                .is_listed = pair->is_listed,
                                .is_udp = install->is_udp,
                                .is_transport = install->is_transport,
                                .is_guest = is_of_guest(plane, install),
                                .tunnel = install->tunnel,
                                .ace = install->ace,
                                .tunnel_group = install->tunnel_group,
                                .session = install->session,
                                .conn_id = install->conn_id,
                                .selector = install->selector,
                                .is_of_hosts = is_of_hosts(&install->selector),
                                .local = install->local,
                                .remote = install->remote,
                                .df = install->df,
                                .is_split_sealed = install->is_split_sealed};
    plane->pair_count++;
    plane->guest_count += pair->is_guest;
    if (install->user != NULL)
        snprintf(pair->user, sizeof pair->user, "%s", install->user);
    plane_filter_set(pair, plane->policy);
    struct plane_pair *replaced = plane_pair_find(plane, install->replaces);
    if (replaced != NULL) {
        replaced->tally.counters[ESP_COUNTER_REKEY_CALLS]++;
        replaced->heir = install->pair;
    }
    pair->is_steered = pair->is_guest && is_steered_already(plane, &pair->selector);
    set_reverse_route(plane, pair, wants_reverse_route(plane->policy, pair));
}

bool plane_guest_waits(const struct plane *plane, struct handle handle)
{
    const struct plane_pair *pair = plane_pair_find(plane, handle);

    return pair != NULL && pair->is_guest && !pair->is_steered;
}

void plane_guest_is_steered(struct plane *plane, struct handle handle)
{
    struct plane_pair *pair = plane_pair_find(plane, handle);

    if (pair == NULL || pair->is_steered)
        return;
    pair->is_steered = true;
    set_reverse_route(plane, pair, wants_reverse_route(plane->policy, pair));
}

int plane_install(struct plane *plane, const struct ike_install *install)
{
    int error = check_install(plane, install);
    if (error != 0)
        return error;
    struct esp_shape shape = esp_shape_of(install->cipher, install->integrity, install->is_udp);
    shape.is_transport = install->is_transport;
    shape.is_extended = install->has_esn;
    struct burst_key *key_in = install->is_inbound ? make_key(install, &shape, false) : NULL;
    struct burst_key *key_out = install->is_outbound ? make_key(install, &shape, true) : NULL;
    bool has_far = install->is_inbound && install->replay_window > REPLAY_WINDOW_DEFAULT;
    uint64_t *far = has_far ? calloc(REPLAY_WORDS, sizeof *far) : NULL;
    if ((install->is_inbound && key_in == NULL) || (install->is_outbound && key_out == NULL) ||
        (has_far && far == NULL)) {
        burst_key_free(key_in);
        burst_key_free(key_out);
        free(far);
        return has_far && far == NULL ? ENOMEM : EINVAL;
    }

    struct plane_pair *pair = &plane->pairs[install->pair.index];
    if (!handle_is_set(pair->handle))
        begin_pair(plane, pair, install);
    if (install->is_inbound) {
        pair->in = make_sa(pair, install, &shape, key_in, far, false);
        pair->has_in = true;
        link_spi(plane, pair);
    }
    if (install->is_outbound) {
        pair->out = make_sa(pair, install, &shape, key_out, NULL, true);
        pair->has_out = true;
        pair->birth = ++plane->last_birth;
        link_ace(plane, pair);
    }
    plane_pair_ask_path(plane, pair);
    if (install->is_outbound)
        plane_hold_release(plane, pair->tunnel, pair->ace, &pair->selector);
    return 0;
}

static void end_pair(struct plane *plane, struct plane_pair *pair)
{
    struct plane_pair *heir = plane_pair_find(plane, pair->heir);

    esp_tally_add(heir != NULL ? &heir->tally : &plane->totals.ended, &pair->tally);
    if (heir == NULL)
        usage_add(plane->usage, &(struct usage_session){pair->remote.ip, pair->session},
                  (struct usage_bytes){pair->tally.counters[ESP_COUNTER_BYTES_OUT],
                                       pair->tally.counters[ESP_COUNTER_BYTES_IN]});
    plane->totals.ended_pair_count++;
    plane_autopsy_gone(plane, pair);
    if (pair->has_in)
        unlink_spi(plane, pair);
    if (pair->has_out)
        unlink_ace(plane, pair);
    burst_key_free(pair->in.key);
    burst_key_free(pair->out.key);
    free(pair->in.replay.far);
    free(pair->drops);
    plane->guest_count -= pair->is_guest;
    plane->are_guests_gone |= pair->is_guest;
    set_reverse_route(plane, pair, false);
    *pair = (struct plane_pair){.is_listed = pair->is_listed};
    plane->pair_count--;
}

struct usage_bytes plane_take_usage(struct plane *plane, const struct usage_session *session)
{
    return usage_take(plane->usage, session);
}

void plane_remove(struct plane *plane, struct handle handle)
{
    struct plane_pair *pair = plane_pair_find(plane, handle);

    if (pair != NULL)
        end_pair(plane, pair);
}

void plane_stop_sending(struct plane *plane, struct handle handle)
{
    struct plane_pair *pair = plane_pair_find(plane, handle);

    if (pair == NULL || !pair->has_out)
        return;
    unlink_ace(plane, pair);
    burst_key_free(pair->out.key);
    pair->out.key = NULL;
    pair->has_out = false;
}

void plane_move(struct plane *plane, struct handle handle, const struct endpoint *remote)
{
    struct plane_pair *pair = plane_pair_find(plane, handle);

    if (pair == NULL)
        return;
    pair->remote = *remote;
    plane_pair_ask_path(plane, pair);
}

void plane_pairs_repolicy(struct plane *plane, const struct policy *from, const struct policy *to)
{
    memset(plane->ace_chains, 0, (plane->chain_mask + 1) * sizeof *plane->ace_chains);
    plane->host_pair_count = 0;
    for (uint32_t i = 0; i < plane->pair_limit; i++) {
        struct plane_pair *pair = &plane->pairs[i];
        if (!handle_is_set(pair->handle))
            continue;
        bool is_known = from != NULL && to != NULL && pair->tunnel != NO_INDEX;
        pair->tunnel = is_known ? policy_same_tunnel(from, pair->tunnel, to) : NO_INDEX;
        set_reverse_route(plane, pair, wants_reverse_route(to, pair));
        if (pair->has_out)
            link_ace(plane, pair);
    }
}

void plane_pairs_second(struct plane *plane)
{
    uint64_t now_ms = plane_now_ms(plane);

    /* places beyond the last pair are not even looked at: there are many */
    for (uint32_t i = 0, left = plane->pair_count; i < plane->pair_limit && left > 0; i++) {
        if (!handle_is_set(plane->pairs[i].handle))
            continue;
        left--;
        if (now_ms - plane->pairs[i].path_ms >= PLANE_PATH_MS)
            plane_pair_ask_path(plane, &plane->pairs[i]);
        if (plane->pairs[i].is_unanswered)
            plane_notice_pair(plane, &plane->pairs[i], NOTICE_SENT);
        plane->pairs[i].is_unanswered = false;
    }
}

void plane_pairs_free(struct plane *plane)
{
    plane->hooks.on_reverse_route = NULL; /* the routes go with the TUN */
    for (uint32_t i = 0; i < plane->pair_limit && plane->pair_count > 0; i++)
        if (handle_is_set(plane->pairs[i].handle))
            end_pair(plane, &plane->pairs[i]);
}
