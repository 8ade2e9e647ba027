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

/* The newest that may send such a packet; NULL: any. */
static struct plane_pair *pair_out(struct site *site, uint16_t tunnel, uint16_t ace, const struct flow *flow)
{
    struct plane_pair *newest = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        struct plane_pair *pair = &site->pairs[i];

        if (pair->is_outbound && !pair->is_spent && pair->install.tunnel == tunnel && pair->install.ace == ace &&
            (flow == NULL || selector_matches(&pair->install.selector, flow)) &&
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

/* Lays a packet on the wire; a copy of another needs no path. */
static void fly(struct sim *sim, const struct captured *wire, uint64_t at_ms, bool is_forged)
{
    struct load *load = flight_add(sim, at_ms, FLIGHT_PACKET, wire->to_site, is_forged);

    if (load == NULL)
        return;
    load->local = wire->local;
    load->remote = wire->remote;
    load->packet = wire->packet;
}

static uint64_t arrival_ms(struct sim *sim)
{
    return after_ms(sim, sim->network.delay_min_ms, sim->network.delay_max_ms);
}

/* Whoever listens has all that was ever sent. He sends it again, be it from elsewhere, or with another number. */
static void attack(struct sim *sim)
{
    uint32_t kept = sim->captured_count < CAPTURED_MAX ? sim->captured_count : CAPTURED_MAX;
    struct captured wire = sim->captured[random_below(sim, kept)];
    bool is_forged = happens(sim, 50);

    if (happens(sim, 30))
        wire.remote.ip = ip_of_v4(0xcb007100u + 200 + random_below(sim, 8));
    if (is_forged) {
        wire.packet.sequence += 1 + random_below(sim, happens(sim, 50) ? 100 : 0x7fffffff);
        wire.packet.serial = 0;
    }
    sim->happened[SIM_ESP_FORGED] += is_forged;
    sim->happened[SIM_ESP_REPEATED] += !is_forged;
    fly(sim, &wire, arrival_ms(sim), true);
}

static void transmit(struct sim *sim, uint32_t index, const struct ike_install *install, struct packet packet)
{
    const struct sim_network *network = &sim->network;
    struct endpoint from = install->local, remote = install->remote;
    struct captured wire = {.packet = packet};

    if (!install->is_udp)
        from.port = remote.port = 0;
    bool is_lost = !network_route(sim, index, from, remote, &wire.to_site, &wire.remote, &wire.local) ||
                   network->is_cut[index] || network->is_esp_cut[index];
    if (!is_lost)
        sim->captured[sim->captured_count++ % CAPTURED_MAX] = wire;
    if (is_lost || (!network->is_esp_spared && happens(sim, network->loss_percent))) {
        sim->packets.lost++;
    } else {
        fly(sim, &wire, arrival_ms(sim), false);
        if (happens(sim, network->repeat_percent)) {
            sim->happened[SIM_ESP_REPEATED]++;
            fly(sim, &wire, arrival_ms(sim), true);
        }
    }
    if (sim->captured_count > 0 && happens(sim, network->forge_percent))
        attack(sim);
}

static void seal(struct sim *sim, uint32_t index, struct plane_pair *pair, struct packet packet)
{
    if (!selector_matches(&pair->install.selector, &packet.flow))
        sim_violate(sim, "a packet leaves in a pair that is not for it");
    if (esp_sa_number(&pair->out, packet.len, &packet.sequence) != ESP_PASS) {
        sim->packets.dropped++;
        return;
    }
    packet.spi = pair->install.spi_out;
    packet.key_sum = key_sum(&pair->install, false);
    packet.serial = ++sim->last_serial;
    oracle_sealed(sim, &packet);
    transmit(sim, index, &pair->install, packet);
}

static void hold(struct sim *sim, uint32_t index, uint16_t tunnel, uint16_t ace, const struct packet *packet)
{
    struct plane_hold *h = &sim->sites[index].holds[tunnel];
    const struct policy *policy = &sim->sites[index].policies[sim->sites[index].policy_turn].policy;
    struct selector wanted = policy_selector_for(&policy->tunnels[tunnel], ace, &packet->flow);

    if (h->count == HELD_MAX) {
        memmove(h->packets, h->packets + 1, sizeof h->packets - sizeof h->packets[0]);
        memmove(h->at_ms, h->at_ms + 1, sizeof h->at_ms - sizeof h->at_ms[0]);
        h->count--;
        sim->packets.dropped++;
    }
    h->at_ms[h->count] = sim->now_ms;
    h->packets[h->count++] = *packet;
    if (h->asked_ms != 0 && sim->now_ms < h->asked_ms + NOTICE_MS && selector_equal(&wanted, &h->asked_for))
        return;
    h->asked_ms = sim->now_ms;
    h->asked_for = wanted;
    sim_feed(
        sim, index,
        &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel, .ace = ace, .flow = packet->flow}},
        false);
}

/* It is told when the plane's loop comes round, not while a packet is sealed. */
static void note_limits(struct sim *sim, uint32_t index, struct plane_pair *pair)
{
    bool is_hard = esp_sa_is_hard(&pair->out) || esp_sa_is_hard(&pair->in);
    bool is_soft = esp_sa_is_soft(&pair->out) || esp_sa_is_soft(&pair->in);
    struct load *load;

    if ((!is_hard || pair->is_spent) && (!is_soft || pair->is_soft_told))
        return;
    sim->happened[SIM_NUMBERS_ENDED] +=
        pair->out.sequence >= UINT32_MAX && !pair->out.shape.is_extended && !pair->is_spent;
    pair->is_spent = is_hard;
    pair->is_soft_told = true;
    if ((load = flight_add(sim, sim->now_ms, FLIGHT_LIMIT, index, false)) != NULL)
        load->pair = pair->install.pair;
}

void plane_tell_limit(struct sim *sim, uint32_t index, struct handle name)
{
    const struct plane_pair *pair = pair_find(&sim->sites[index], name);

    if (pair != NULL)
        sim_feed(sim, index,
                 &(struct ike_input){.kind = IKE_IN_PLANE,
                                     .plane = {.kind = pair->is_spent ? IKE_PLANE_HARD : IKE_PLANE_SOFT, .pair = name}},
                 false);
}

/* What the limits of a pair do not let through, and what it is not for, goes on waiting. */
static void release(struct sim *sim, uint32_t index, struct plane_pair *pair)
{
    if (pair->install.tunnel >= SIM_TUNNELS_MAX)
        return; /* sim_packet knows of the first ones only */

    struct plane_hold *h = &sim->sites[index].holds[pair->install.tunnel];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < h->count; i++) {
        if (!pair->is_spent && sim->now_ms - h->at_ms[i] > HELD_MS) {
            sim->packets.dropped++;
        } else if (pair->is_spent || !selector_matches(&pair->install.selector, &h->packets[i].flow)) {
            h->at_ms[kept] = h->at_ms[i];
            h->packets[kept++] = h->packets[i];
        } else {
            seal(sim, index, pair, h->packets[i]);
            note_limits(sim, index, pair);
        }
    }
    h->count = kept;
    h->asked_ms = 0;
}

static void note_sent(struct sim *sim, uint32_t index, struct plane_pair *pair)
{
    if (pair->sent_ms != 0 && sim->now_ms < pair->sent_ms + NOTICE_MS)
        return;
    pair->sent_ms = sim->now_ms;
    sim_feed(sim, index,
             &(struct ike_input){.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_SENT, .pair = pair->install.pair}},
             false);
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
    struct plane_pair *pair = is_of_line ? pair_out(site, tunnel, ace, flow) : pair_of_guest(site, &packet.flow);
    if (pair == NULL && !is_of_line) {
        sim->packets.dropped++;
        return;
    }
    if (pair == NULL) {
        hold(sim, index, tunnel, ace, &packet);
        return;
    }
    seal(sim, index, pair, packet);
    note_limits(sim, index, pair);
    note_sent(sim, index, pair);
}

void sim_packet(struct sim *sim, uint32_t index, uint16_t peer, uint32_t len)
{
    const struct sim_peer *as = &sim->sites[index].as.peers[peer];
    const struct sim_site *site = &sim->sites[index].as;
    struct flow flow = {.local = sim_inner_ip(site, as->local_net + 1 + random_below(sim, 200)),
                        .remote = sim_inner_ip(site, as->remote_net + 1 + random_below(sim, 200)),
                        .protocol = 17,
                        .has_ports = true,
                        .local_port = 7,
                        .remote_port = 7};

    if (site->is_transport) {
        flow.local = ip_of_v4(site->address);
        flow.remote = ip_of_v4(as->address);
    }
    sim_packet_of(sim, index, &flow, len);
}

static struct plane_pair *pair_in(struct site *site, uint32_t spi)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (site->pairs[i].is_inbound && site->pairs[i].install.spi_in == spi)
            return &site->pairs[i];
    return NULL;
}

/* As esp_open does: the window is asked, then the ICV, and only then the window moves. */
static bool is_opened(struct sim *sim, struct plane_pair *pair, const struct packet *packet)
{
    if (replay_check(&pair->in.replay, packet->sequence) != REPLAY_FRESH) {
        sim->packets.refused++;
        return false;
    }
    if (packet->serial == 0)
        return false;
    if (packet->key_sum != key_sum(&pair->install, true))
        sim_violate(sim, "the ends of a pair have different keys");
    replay_accept(&pair->in.replay, packet->sequence);
    pair->in.bytes += packet->len;
    return true;
}

static struct flow flow_in(const struct flow *out)
{
    struct flow in = *out;

    in.local = out->remote;
    in.remote = out->local;
    in.local_port = out->remote_port;
    in.remote_port = out->local_port;
    return in;
}

void plane_land(struct sim *sim, uint32_t index, const struct load *load)
{
    const struct packet *packet = &load->packet;
    struct plane_pair *pair = pair_in(&sim->sites[index], packet->spi);
    struct flow flow = flow_in(&packet->flow);
    struct ike_input in = {.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_UNKNOWN_SPI}};

    in.plane.local = load->local.ip;
    in.plane.remote = load->remote;
    in.plane.spi = packet->spi;
    if (pair == NULL) {
        sim->packets.unwanted += !sim->landed.is_forged;
        sim_feed(sim, index, &in, sim->landed.is_forged);
        return;
    }
    if (pair->install.is_transport) { /* a header of its own: across a NAT the sender's has other addresses */
        flow.local = pair->install.local.ip;
        flow.remote = pair->install.remote.ip;
    }
    bool is_newest = packet->sequence > pair->in.replay.top;
    if (!is_opened(sim, pair, packet))
        return;
    if (!selector_matches(&pair->install.selector, &flow))
        sim_violate(sim, "a packet is delivered outside its selector");
    oracle_delivered(sim, packet);
    sim->packets.delivered++;
    note_limits(sim, index, pair);
    in.plane.pair = pair->install.pair;
    if (pair->install.is_udp && is_newest && !endpoint_equal(load->remote, pair->install.remote)) {
        in.plane.kind = IKE_PLANE_NEW_ENDPOINT;
        sim_feed(sim, index, &in, false);
    } else if (pair->used_ms == 0 || sim->now_ms >= pair->used_ms + NOTICE_MS) {
        pair->used_ms = sim->now_ms;
        in.plane.kind = IKE_PLANE_USED;
        sim_feed(sim, index, &in, false);
    }
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

static void begin_pair(struct sim *sim, struct plane_pair *pair, const struct ike_install *install)
{
    struct esp_limits limits = esp_limits_of(install->cipher, install->lifetime_kb, install->is_begun_here);
    uint16_t window = sim->plant == SIM_PLANT_NO_WINDOW ? 0 : install->replay_window;

    pair->is_used = true;
    pair->in = (struct esp_sa){.limits = limits, .replay = replay_of(window, pair->far)};
    pair->in.shape.is_extended = install->has_esn;
    pair->out = (struct esp_sa){.limits = limits, .shape = pair->in.shape, .sequence = sim->network.numbers_from};
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
    if ((pair->is_inbound && install->is_inbound) || (pair->is_outbound && install->is_outbound))
        sim_violate(sim, "a half of a pair is installed twice");
    if (!pair->is_used)
        begin_pair(sim, pair, install);
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

    if (pair == NULL)
        return;
    sim->happened[SIM_MOVED]++;
    pair->install.remote = remote;
    if (sim->plant == SIM_PLANT_NUMBERS_RESTARTED)
        pair->out.sequence = 0;
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
            other->is_udp == i->is_udp && other->is_transport == i->is_transport && other->has_esn == i->has_esn &&
            ((i->is_transport && i->is_udp) || selector_equal(&mirror, &i->selector)))
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
    struct plane_pair *pair = pair_out((struct site *)&sim->sites[one], tunnel, 0, NULL);

    return pair != NULL && pair->is_inbound && has_mirror(&sim->sites[other], &pair->install);
}
