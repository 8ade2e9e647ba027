/* The fake data plane: pairs as they were installed, and inner packets in them. */
#include "sim/world.h"

#include "base/check.h"
#include "wire/natt.h"

#include <string.h>

static uint64_t key_sum(const struct ike_install *i, bool is_in)
{
    uint64_t sum = sum_of(0, is_in ? i->key_in : i->key_out, i->key_len);

    return sum_of(sum, is_in ? i->integrity_key_in : i->integrity_key_out, i->integrity_key_len);
}

static struct plane_pair *pair_find(struct site *site, struct handle pair)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (site->pairs[i].is_used && handle_equal(site->pairs[i].install.pair, pair))
            return &site->pairs[i];
    return NULL;
}

/* The newest that may send. */
static struct plane_pair *pair_out(struct site *site, uint16_t tunnel, uint16_t ace)
{
    struct plane_pair *newest = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        struct plane_pair *pair = &site->pairs[i];

        if (pair->is_outbound && !pair->is_spent && pair->install.tunnel == tunnel && pair->install.ace == ace &&
            (newest == NULL || pair->order > newest->order))
            newest = pair;
    }
    return newest;
}

/* Of the entries without an ACL: what has a pair is steered. */
static struct plane_pair *pair_of_guest(struct site *site, const struct flow *flow)
{
    struct plane_pair *newest = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        struct plane_pair *pair = &site->pairs[i];

        if (pair->is_outbound && !pair->is_spent && selector_matches(&pair->install.selector, flow) &&
            (newest == NULL || pair->order > newest->order))
            newest = pair;
    }
    return newest;
}

static void seal(struct sim *sim, uint32_t index, struct plane_pair *pair, struct packet packet)
{
    const struct ike_install *i = &pair->install;
    struct endpoint from = i->local, seen_from, local, remote = i->remote;
    uint32_t to_site;

    if (!selector_matches(&i->selector, &packet.flow))
        sim_violate(sim, "a packet leaves in a pair that is not for it");
    pair->bytes += packet.len;
    if (!i->is_udp)
        from.port = remote.port = 0;
    packet.spi = i->spi_out;
    packet.key_sum = key_sum(i, false);
    bool is_there = network_route(sim, index, from, remote, &to_site, &seen_from, &local);
    bool is_lost = !sim->network.is_esp_spared && happens(sim, sim->network.loss_percent);
    struct load *load = !is_there || sim->network.is_cut[index] || is_lost
                            ? NULL
                            : flight_add(sim, after_ms(sim, sim->network.delay_min_ms, sim->network.delay_max_ms),
                                         FLIGHT_PACKET, to_site, false);
    if (load == NULL) {
        sim->packets.lost++;
        return;
    }
    load->local = local;
    load->remote = seen_from;
    load->packet = packet;
}

static void hold(struct sim *sim, uint32_t index, uint16_t tunnel, uint16_t ace, const struct packet *packet)
{
    struct plane_hold *h = &sim->sites[index].holds[tunnel];

    if (h->count == HELD_MAX) {
        memmove(h->packets, h->packets + 1, sizeof h->packets - sizeof h->packets[0]);
        memmove(h->at_ms, h->at_ms + 1, sizeof h->at_ms - sizeof h->at_ms[0]);
        h->count--;
        sim->packets.dropped++;
    }
    h->at_ms[h->count] = sim->now_ms;
    h->packets[h->count++] = *packet;
    if (h->asked_ms != 0 && sim->now_ms < h->asked_ms + NOTICE_MS)
        return;
    h->asked_ms = sim->now_ms;
    sim_feed(
        sim, index,
        &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel, .ace = ace, .flow = packet->flow}},
        false);
}

static void release(struct sim *sim, uint32_t index, struct plane_pair *pair)
{
    if (pair->install.tunnel >= SIM_TUNNELS_MAX)
        return; /* sim_packet knows of the first ones only */

    struct plane_hold *h = &sim->sites[index].holds[pair->install.tunnel];

    for (uint32_t i = 0; i < h->count; i++) {
        if (sim->now_ms - h->at_ms[i] > HELD_MS)
            sim->packets.dropped++;
        else
            seal(sim, index, pair, h->packets[i]);
    }
    *h = (struct plane_hold){0};
}

static void tell_volume(struct sim *sim, uint32_t index, struct plane_pair *pair)
{
    uint64_t limit = (uint64_t)pair->install.lifetime_kb * 1024;
    struct handle name = pair->install.pair;

    if (limit == 0)
        return;
    if (pair->bytes >= limit && !pair->is_spent) {
        pair->is_spent = true;
        sim_feed(sim, index, &(struct ike_input){.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_HARD, .pair = name}},
                 false);
    } else if (pair->bytes >= limit / 10 * 9 && !pair->is_soft_told) {
        pair->is_soft_told = true;
        sim_feed(sim, index, &(struct ike_input){.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_SOFT, .pair = name}},
                 false);
    }
}

void sim_packet_of(struct sim *sim, uint32_t index, const struct flow *flow, uint32_t len)
{
    struct site *site = &sim->sites[index];
    const struct policy *policy = &site->policies[site->policy_turn].policy;
    struct packet packet = {.len = len, .flow = *flow};
    uint16_t tunnel = 0, ace = 0;

    if (site_is_off(sim, index))
        return;
    bool is_of_line = policy_steer(policy, flow, &tunnel, &ace);
    CHECK(is_of_line || site->as.takes_any_peer);
    sim->packets.sent++;
    struct plane_pair *pair = is_of_line ? pair_out(site, tunnel, ace) : pair_of_guest(site, &packet.flow);
    if (pair == NULL && !is_of_line) {
        sim->packets.dropped++;
        return;
    }
    if (pair == NULL) {
        hold(sim, index, tunnel, ace, &packet);
        return;
    }
    seal(sim, index, pair, packet);
    tell_volume(sim, index, pair);
}

void sim_packet(struct sim *sim, uint32_t index, uint16_t peer, uint32_t len)
{
    const struct sim_peer *as = &sim->sites[index].as.peers[peer];
    struct flow flow = {.local = ip_of_v4(as->local_net + 1 + random_below(sim, 200)),
                        .remote = ip_of_v4(as->remote_net + 1 + random_below(sim, 200)),
                        .protocol = 17,
                        .has_ports = true,
                        .local_port = 7,
                        .remote_port = 7};

    sim_packet_of(sim, index, &flow, len);
}

static struct plane_pair *pair_in(struct site *site, uint32_t spi)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (site->pairs[i].is_inbound && site->pairs[i].install.spi_in == spi)
            return &site->pairs[i];
    return NULL;
}

void plane_land(struct sim *sim, uint32_t index, const struct load *load)
{
    const struct packet *packet = &load->packet;
    struct plane_pair *pair = pair_in(&sim->sites[index], packet->spi);
    struct flow flow = packet->flow;
    struct ike_input in = {.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_UNKNOWN_SPI}};

    in.plane.remote = load->remote;
    in.plane.spi = packet->spi;
    if (pair == NULL) {
        sim->packets.unwanted++;
        sim_feed(sim, index, &in, false);
        return;
    }
    in.plane.pair = pair->install.pair;
    flow.local = packet->flow.remote;
    flow.remote = packet->flow.local;
    flow.local_port = packet->flow.remote_port;
    flow.remote_port = packet->flow.local_port;
    if (packet->key_sum != key_sum(&pair->install, true))
        sim_violate(sim, "the ends of a pair have different keys");
    if (!selector_matches(&pair->install.selector, &flow))
        sim_violate(sim, "a packet is delivered outside its selector");
    sim->packets.delivered++;
    pair->bytes += packet->len;
    if (pair->install.is_udp && !endpoint_equal(load->remote, pair->install.remote)) {
        in.plane.kind = IKE_PLANE_NEW_ENDPOINT;
        sim_feed(sim, index, &in, false);
    } else if (pair->used_ms == 0 || sim->now_ms >= pair->used_ms + NOTICE_MS) {
        pair->used_ms = sim->now_ms;
        in.plane.kind = IKE_PLANE_USED;
        sim_feed(sim, index, &in, false);
    }
    if (pair->is_used)
        tell_volume(sim, index, pair);
}

static void tell_installed(struct sim *sim, uint32_t site, struct handle pair)
{
    struct load *load = flight_add(sim, after_ms(sim, sim->network.plane_min_ms, sim->network.plane_max_ms),
                                   FLIGHT_INSTALLED, site, false);

    if (load == NULL)
        return;
    load->pair = pair;
    load->error = happens(sim, sim->network.install_fails_percent) ? 12 : 0;
    sim->happened[SIM_INSTALL_FAILED] += load->error != 0;
}

void plane_install(struct sim *sim, uint32_t index, const struct ike_install *install)
{
    struct site *site = &sim->sites[index];
    struct plane_pair *pair = pair_find(site, install->pair);

    for (size_t i = 0; pair == NULL && i < SIM_PAIRS_MAX; i++)
        if (!site->pairs[i].is_used)
            pair = &site->pairs[i];
    if (pair == NULL) {
        sim_violate(sim, "more pairs than this world holds");
        return;
    }
    pair->is_used = true;
    pair->order = ++sim->last_order;
    pair->is_inbound |= install->is_inbound;
    pair->is_outbound |= install->is_outbound;
    pair->install = *install;
    tell_installed(sim, index, install->pair);
    if (pair->is_outbound)
        release(sim, index, pair);
}

void plane_remove(struct sim *sim, uint32_t site, struct handle name, bool is_outbound_only)
{
    struct plane_pair *pair = pair_find(&sim->sites[site], name);

    if (pair != NULL && is_outbound_only)
        pair->is_outbound = false;
    else if (pair != NULL)
        bytes_wipe(pair, sizeof *pair);
}

bool sim_flows(const struct sim *sim, uint32_t from, uint32_t to)
{
    const struct plane_pair *newest = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        const struct plane_pair *pair = &sim->sites[from].pairs[i];

        if (pair->is_outbound && (newest == NULL || pair->order > newest->order))
            newest = pair;
    }
    for (size_t i = 0; i < SIM_PAIRS_MAX && newest != NULL; i++)
        if (sim->sites[to].pairs[i].is_inbound && sim->sites[to].pairs[i].install.spi_in == newest->install.spi_out)
            return true;
    return false;
}

void plane_move(struct sim *sim, uint32_t site, struct handle name, struct endpoint remote)
{
    struct plane_pair *pair = pair_find(&sim->sites[site], name);

    if (pair != NULL)
        pair->install.remote = remote;
}

void plane_empty(struct sim *sim, uint32_t index)
{
    struct site *site = &sim->sites[index];

    for (size_t i = 0; i < SIM_TUNNELS_MAX; i++)
        sim->packets.dropped += site->holds[i].count;
    memset(site->holds, 0, sizeof site->holds);
    memset(site->pairs, 0, sizeof site->pairs);
}

uint32_t sim_pairs_up(const struct sim *sim, uint32_t site)
{
    uint32_t count = 0;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        count += sim->sites[site].pairs[i].is_inbound && sim->sites[site].pairs[i].is_outbound;
    return count;
}

static bool has_mirror(const struct site *site, const struct ike_install *i)
{
    for (size_t k = 0; k < SIM_PAIRS_MAX; k++) {
        const struct ike_install *other = &site->pairs[k].install;
        struct selector mirror = selector_mirror(other->selector);

        if (site->pairs[k].is_used && other->spi_in == i->spi_out && other->spi_out == i->spi_in &&
            other->key_len == i->key_len && memcmp(other->key_in, i->key_out, i->key_len) == 0 &&
            memcmp(other->key_out, i->key_in, i->key_len) == 0 &&
            memcmp(other->integrity_key_in, i->integrity_key_out, i->integrity_key_len) == 0 &&
            other->is_udp == i->is_udp && selector_equal(&mirror, &i->selector))
            return true;
    }
    return false;
}

static bool all_have_mirrors(const struct site *site, const struct site *other)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (site->pairs[i].is_inbound && site->pairs[i].is_outbound && !has_mirror(other, &site->pairs[i].install))
            return false;
    return true;
}

bool sim_pairs_agree(const struct sim *sim, uint32_t one, uint32_t other)
{
    return all_have_mirrors(&sim->sites[one], &sim->sites[other]) &&
           all_have_mirrors(&sim->sites[other], &sim->sites[one]);
}

bool sim_pairs_agree_for(const struct sim *sim, uint32_t one, uint16_t tunnel, uint32_t other)
{
    struct plane_pair *pair = pair_out((struct site *)&sim->sites[one], tunnel, 0);

    return pair != NULL && pair->is_inbound && has_mirror(&sim->sites[other], &pair->install);
}
