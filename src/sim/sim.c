#include "sim/sim.h"

#include "base/arena.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "sim/world.h"

#include <string.h>

size_t sim_space(uint32_t site_count)
{
    return sizeof(struct sim) + 256 +
           site_count * (ike_space(&sim_limits) + vault_space(SIM_TUNNELS_MAX, sim_limits.exchanges) + 256);
}

const struct ike_limits sim_limits = {
    .peers = 16, .sas = 64, .exchanges = 128, .pairs = 64, .blobs = 512, .half_open = 32};

struct sim *sim_make(void *space, uint32_t site_count, uint64_t seed)
{
    struct arena arena = arena_of(space, sim_space(site_count));
    struct sim *sim = arena_take(&arena, sizeof *sim);
    uint8_t entropy[DRBG_SEED_LEN] = {0};

    CHECK(sim != NULL && site_count <= SIM_SITES_MAX);
    for (int i = 0; i < 8; i++)
        entropy[i] = (uint8_t)(seed >> 8 * i);
    drbg_seed(&sim->drbg, BYTES_OF(entropy));
    sim->site_count = site_count;
    sim->now_ms = 1000000;
    sim->network.delay_min_ms = sim->network.delay_max_ms = 10;
    for (uint32_t i = 0; i < site_count; i++) {
        struct site *site = &sim->sites[i];
        uint8_t own_seed[DRBG_SEED_LEN];

        drbg_fill(&sim->drbg, own_seed, sizeof own_seed);
        site->ike = ike_make(arena_take(&arena, ike_space(&sim_limits)), &sim_limits, BYTES_OF(own_seed));
        site->vault = vault_make(arena_take(&arena, vault_space(SIM_TUNNELS_MAX, sim_limits.exchanges)),
                                 SIM_TUNNELS_MAX, sim_limits.exchanges);
    }
    CHECK(!arena.is_full);
    return sim;
}

struct sim_network *sim_network(struct sim *sim)
{
    return &sim->network;
}

static uint32_t random_below(struct sim *sim, uint32_t bound)
{
    uint8_t bytes[4];

    drbg_fill(&sim->drbg, bytes, sizeof bytes);
    return ((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]) % bound;
}

static bool happens(struct sim *sim, unsigned percent)
{
    return percent > 0 && random_below(sim, 100) < percent;
}

static uint64_t after(struct sim *sim, uint32_t min_ms, uint32_t max_ms)
{
    return sim->now_ms + min_ms + (max_ms > min_ms ? random_below(sim, max_ms - min_ms + 1) : 0);
}

void sim_violate(struct sim *sim, const char *fault)
{
    if (sim->fault == NULL)
        sim->fault = fault;
}

/* FNV-1a: the trace's hash only has to tell two runs apart. */
static void trace(struct sim *sim, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    if (sim->hash == 0)
        sim->hash = 1469598103934665603u;
    for (size_t i = 0; i < len; i++)
        sim->hash = (sim->hash ^ bytes[i]) * 1099511628211u;
}

static struct flight *flight_add(struct sim *sim, uint64_t at_ms, enum flight_kind kind, uint32_t site)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++)
        if (sim->flights[i].kind == FLIGHT_NONE) {
            sim->flights[i] = (struct flight){.kind = kind, .at_ms = at_ms, .site = site, .order = ++sim->last_order};
            return &sim->flights[i];
        }
    sim_violate(sim, "more is under way than this world holds");
    return NULL;
}

/* A NAT keeps the mapping for ever and moves ports by a fixed distance. */
enum { NAT_PORT_SHIFT = 20000 };

static struct endpoint seen_from_outside(const struct sim *sim, uint32_t site, struct endpoint e)
{
    uint32_t nat = sim->sites[site].as.nat_address;

    return nat == 0 ? e : (struct endpoint){ip_of_v4(nat), (uint16_t)(e.port + NAT_PORT_SHIFT)};
}

/* Which site an outer destination leads to, and what that site sees as its own end; SIM_SITES_MAX: nobody. */
static uint32_t site_of(const struct sim *sim, struct endpoint to, struct endpoint *local)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        const struct sim_site *as = &sim->sites[i].as;

        if (ip_to_v4(to.ip) == (as->nat_address == 0 ? as->address : as->nat_address)) {
            /* Without a mapping the NAT lets nothing in. */
            if (as->nat_address != 0 && to.port < NAT_PORT_SHIFT)
                continue;
            *local = (struct endpoint){ip_of_v4(as->address),
                                       (uint16_t)(to.port - (as->nat_address != 0 ? NAT_PORT_SHIFT : 0))};
            return i;
        }
    }
    return SIM_SITES_MAX;
}

static void keep_datagram(struct sim *sim, const struct ike_output *item, bool is_lost)
{
    struct kept *kept;

    if (sim->kept_count == KEPT_MAX || item->datagram.data.len > sizeof kept->space)
        return;
    kept = &sim->kept[sim->kept_count++];
    memcpy(kept->space, item->datagram.data.data, item->datagram.data.len);
    kept->view = (struct sim_datagram){sim->now_ms, item->datagram.local, item->datagram.remote,
                                       bytes_of(kept->space, item->datagram.data.len), is_lost};
}

static void fly(struct sim *sim, uint32_t from_site, const struct ike_output *item)
{
    struct endpoint from = seen_from_outside(sim, from_site, item->datagram.local), local;
    uint32_t to_site = site_of(sim, item->datagram.remote, &local);
    struct site *sender = &sim->sites[from_site];
    const struct sim_network *network = &sim->network;
    unsigned copies = 1 + happens(sim, network->repeat_percent);

    sender->sent++;
    trace(sim, item->datagram.data.data, item->datagram.data.len);
    bool is_lost = to_site == SIM_SITES_MAX || network->is_cut[from_site] || happens(sim, network->loss_percent) ||
                   (network->lose_nth[from_site] != 0 && network->lose_nth[from_site] == sender->sent);
    keep_datagram(sim, item, is_lost);
    for (unsigned i = 0; i < copies && !is_lost; i++) {
        struct flight *f =
            flight_add(sim, after(sim, network->delay_min_ms, network->delay_max_ms), FLIGHT_DATAGRAM, to_site);

        if (f == NULL || item->datagram.data.len > sizeof f->data)
            return;
        f->local = local;
        f->remote = from;
        f->len = item->datagram.data.len;
        memcpy(f->data, item->datagram.data.data, f->len);
    }
}

static void ask(struct sim *sim, uint32_t index, const struct ike_output *item)
{
    struct site *site = &sim->sites[index];
    uint8_t randomness[VAULT_RANDOM_LEN];
    struct flight *f;

    drbg_fill(&sim->drbg, randomness, sizeof randomness);
    if (item->ask.question->kind == QUESTION_FORGET) {
        vault_answer(site->vault, item->ask.question, BYTES_OF(randomness), &sim->answer);
        return;
    }
    f = flight_add(sim, after(sim, sim->network.answer_min_ms, sim->network.answer_max_ms), FLIGHT_ANSWER, index);
    if (f == NULL)
        return;
    vault_answer(site->vault, item->ask.question, BYTES_OF(randomness), &f->answer);
    if (happens(sim, sim->network.answer_fails_percent)) {
        if (handle_is_set(f->answer.secret))
            vault_answer(site->vault, &(struct question){.kind = QUESTION_FORGET, .secret = f->answer.secret},
                         BYTES_OF(randomness), &sim->answer);
        f->answer = (struct answer){.fault = QUESTION_FAULT_FULL};
    }
    f->exchange = item->ask.exchange;
    f->ask_number = item->ask.ask_number;
}

static void told(struct sim *sim, struct site *site, const struct event *event)
{
    site->event_counts[event->kind]++;
    site->last_events[event->kind] = *event;
    trace(sim, &event->kind, sizeof event->kind);
}

static void carry_out(struct sim *sim, uint32_t index)
{
    struct site *site = &sim->sites[index];
    const struct ike_outputs *out = &sim->out;

    if (out->lost_event_count > 0)
        sim_violate(sim, "events were lost");
    for (size_t i = 0; i < out->count; i++) {
        const struct ike_output *item = &out->items[i];

        switch (item->kind) {
        case IKE_OUT_DATAGRAM: fly(sim, index, item); break;
        case IKE_OUT_ASK: ask(sim, index, item); break;
        case IKE_OUT_INSTALL: plane_install(sim, index, item->install); break;
        case IKE_OUT_REMOVE: plane_remove(sim, index, item->remove.pair); break;
        case IKE_OUT_EVENT: told(sim, site, item->event); break;
        case IKE_OUT_MOVE: break;
        }
    }
}

void sim_feed(struct sim *sim, uint32_t site, const struct ike_input *in)
{
    ike_feed(sim->sites[site].ike, sim->now_ms, in, &sim->out);
    carry_out(sim, site);
    ike_outputs_wipe(&sim->out);
    world_check(sim, site);
}

void sim_site(struct sim *sim, uint32_t index, const struct sim_site *as)
{
    struct site *site = &sim->sites[index];

    site->as = *as;
    site->policy_turn = !site->policy_turn;
    world_policy(site, site->policy_turn);
    sim_feed(sim, index,
             &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &site->policies[site->policy_turn].policy});
}

void sim_acquire(struct sim *sim, uint32_t site, uint16_t tunnel)
{
    sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel}});
}

void sim_command(struct sim *sim, uint32_t site, enum ike_command_kind kind)
{
    sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = kind}});
}

void sim_inject(struct sim *sim, uint32_t site, struct endpoint from, struct endpoint to, struct bytes data)
{
    sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_DATAGRAM, .datagram = {to, from, data}});
}

static void land(struct sim *sim, struct flight *f)
{
    struct ike_input in = {0};
    uint32_t site = f->site;

    sim->landed = *f;
    f->kind = FLIGHT_NONE;
    f = &sim->landed;
    switch (f->kind) {
    case FLIGHT_DATAGRAM:
        if (f->len == 1)
            return; /* a NAT keepalive never reaches the engine */
        in = (struct ike_input){.kind = IKE_IN_DATAGRAM, .datagram = {f->local, f->remote, bytes_of(f->data, f->len)}};
        break;
    case FLIGHT_ANSWER:
        in = (struct ike_input){.kind = IKE_IN_ANSWER, .answer = {f->exchange, f->ask_number, &f->answer}};
        break;
    case FLIGHT_INSTALLED:
        in = (struct ike_input){.kind = IKE_IN_PLANE,
                                .plane = {.kind = f->error == 0 ? IKE_PLANE_INSTALLED : IKE_PLANE_REFUSED,
                                          .pair = f->pair,
                                          .error = f->error}};
        break;
    case FLIGHT_NONE: return;
    }
    sim_feed(sim, site, &in);
}

static struct flight *next_flight(struct sim *sim)
{
    struct flight *next = NULL;

    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *f = &sim->flights[i];

        if (f->kind != FLIGHT_NONE &&
            (next == NULL || f->at_ms < next->at_ms || (f->at_ms == next->at_ms && f->order < next->order)))
            next = f;
    }
    return next;
}

void sim_installed(struct sim *sim, uint32_t site, struct handle pair)
{
    struct flight *f =
        flight_add(sim, after(sim, sim->network.plane_min_ms, sim->network.plane_max_ms), FLIGHT_INSTALLED, site);

    if (f == NULL)
        return;
    f->pair = pair;
    f->error = happens(sim, sim->network.install_fails_percent) ? 12 : 0;
}

void sim_run(struct sim *sim, uint64_t for_ms)
{
    uint64_t until_ms = sim->now_ms + for_ms;

    for (;;) {
        struct flight *flight = next_flight(sim);
        uint64_t next_ms = flight == NULL ? UINT64_MAX : flight->at_ms;
        uint32_t due = SIM_SITES_MAX;

        for (uint32_t i = 0; i < sim->site_count; i++)
            if (ike_deadline_ms(sim->sites[i].ike) < next_ms) {
                next_ms = ike_deadline_ms(sim->sites[i].ike);
                due = i;
            }
        if (next_ms > until_ms)
            break;
        if (next_ms > sim->now_ms) {
            sim->now_ms = next_ms;
            sim->feeds_at_this_time = 0;
        }
        if (++sim->feeds_at_this_time > 10000) {
            sim_violate(sim, "the world does not come to rest");
            return;
        }
        if (due == SIM_SITES_MAX)
            land(sim, flight);
        else
            sim_feed(sim, due, &(struct ike_input){.kind = IKE_IN_TIMER});
    }
    sim->now_ms = until_ms;
}

uint64_t sim_now_ms(const struct sim *sim)
{
    return sim->now_ms;
}

const struct ike *sim_ike(const struct sim *sim, uint32_t site)
{
    return sim->sites[site].ike;
}

const struct vault *sim_vault(const struct sim *sim, uint32_t site)
{
    return sim->sites[site].vault;
}

uint64_t sim_hash(const struct sim *sim)
{
    return sim->hash;
}

const char *sim_fault(const struct sim *sim)
{
    return sim->fault;
}

uint32_t sim_sent(const struct sim *sim, uint32_t site)
{
    return sim->sites[site].sent;
}

uint32_t sim_event_count(const struct sim *sim, uint32_t site, enum event_kind kind)
{
    return sim->sites[site].event_counts[kind];
}

const struct event *sim_last_event(const struct sim *sim, uint32_t site, enum event_kind kind)
{
    return sim->sites[site].event_counts[kind] == 0 ? NULL : &sim->sites[site].last_events[kind];
}

const struct sim_datagram *sim_datagram(const struct sim *sim, uint32_t index)
{
    return index < sim->kept_count ? &sim->kept[index].view : NULL;
}
