#include "sim/sim.h"

#include "base/arena.h"
#include "base/check.h"
#include "sim/world.h"

#include <string.h>

const struct ike_limits sim_limits = {
    .peers = 16, .sas = 64, .exchanges = 128, .pairs = 64, .blobs = 512, .half_open = 32};

size_t sim_space(uint32_t site_count)
{
    return sizeof(struct sim) + 256 +
           site_count * (ike_space(&sim_limits) + vault_space(SIM_TUNNELS_MAX, sim_limits.exchanges) + 256);
}

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
    sim->out.wants_clear = true;
    sim->now_ms = 1000000;
    sim->network.delay_min_ms = sim->network.delay_max_ms = 10;
    for (uint32_t i = 0; i < site_count; i++) {
        struct site *site = &sim->sites[i];

        site->limits = sim_limits;
        site->nat_shift = (uint16_t)(20000 + 10 * i);
        site->ike_space = arena_take(&arena, ike_space(&sim_limits));
        site->vault_space = arena_take(&arena, vault_space(SIM_TUNNELS_MAX, sim_limits.exchanges));
        CHECK(!arena.is_full);
        site_begin(sim, i);
    }
    return sim;
}

struct sim_network *sim_network(struct sim *sim)
{
    return &sim->network;
}

uint32_t random_below(struct sim *sim, uint32_t bound)
{
    uint8_t bytes[4];

    drbg_fill(&sim->drbg, bytes, sizeof bytes);
    return ((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]) % bound;
}

bool happens(struct sim *sim, unsigned percent)
{
    return percent > 0 && random_below(sim, 100) < percent;
}

uint64_t after_ms(struct sim *sim, uint32_t min_ms, uint32_t max_ms)
{
    return sim->now_ms + min_ms + (max_ms > min_ms ? random_below(sim, max_ms - min_ms + 1) : 0);
}

uint64_t site_now(const struct sim *sim, uint32_t site)
{
    return sim->now_ms + sim->sites[site].skew_ms;
}

bool site_is_off(const struct sim *sim, uint32_t site)
{
    return sim->sites[site].off_until_ms > sim->now_ms;
}

void sim_violate(struct sim *sim, const char *fault)
{
    if (sim->fault != NULL)
        return;
    sim->fault = fault;
    sim->fault_ms = sim->now_ms;
}

static void trace(struct sim *sim, const void *data, size_t len)
{
    sim->hash = sum_of(sim->hash, data, len);
}

struct load *flight_add(struct sim *sim, uint64_t at_ms, enum flight_kind kind, uint32_t site, bool is_forged)
{
    for (uint32_t i = 0; i < FLIGHTS_MAX; i++)
        if (sim->flights[i].kind == FLIGHT_NONE) {
            sim->flights[i] = (struct flight){.kind = kind,
                                              .is_forged = is_forged,
                                              .at_ms = at_ms,
                                              .order = ++sim->last_order,
                                              .site = site,
                                              .life = sim->sites[site].life};
            if (i >= sim->flight_top)
                sim->flight_top = i + 1;
            return &sim->loads[i];
        }
    sim_violate(sim, "more is under way than this world holds");
    return NULL;
}

/* As the daemon does: PAM first, where it is to be asked. */
static void answer(struct site *site, const struct question *question, struct bytes randomness, struct answer *answer)
{
    enum password_verdict verdict = site->as.pam_verdict;
    struct question of_local = *question;

    if (question->pam_service.len == 0 || question->is_decoy) {
        vault_answer(site->vault, question, randomness, answer);
        return;
    }
    of_local.is_server_silent = verdict == PASSWORD_UNANSWERED;
    if (of_local.is_server_silent && question->is_local_asked_after)
        vault_answer(site->vault, &of_local, randomness, answer);
    else
        *answer = (struct answer){.password_verdict = verdict, .is_server_silent = of_local.is_server_silent};
}

static void ask(struct sim *sim, uint32_t index, const struct ike_output *item)
{
    struct site *site = &sim->sites[index];
    uint8_t randomness[VAULT_RANDOM_LEN];

    drbg_fill(&sim->drbg, randomness, sizeof randomness);
    if (item->ask.question->kind == QUESTION_FORGET) {
        vault_answer(site->vault, item->ask.question, BYTES_OF(randomness), &sim->answer);
        return;
    }
    struct load *load = flight_add(sim, after_ms(sim, sim->network.answer_min_ms, sim->network.answer_max_ms),
                                   FLIGHT_ANSWER, index, false);
    if (load == NULL)
        return;
    answer(site, item->ask.question, BYTES_OF(randomness), &load->answer);
    sim->happened[SIM_ANSWER_LATE] += sim->flights[load - sim->loads].at_ms > sim->now_ms + ANSWER_LATE_MS;
    if (happens(sim, sim->network.answer_fails_percent)) {
        sim->happened[SIM_ANSWER_FAILED]++;
        if (handle_is_set(load->answer.secret))
            vault_answer(site->vault, &(struct question){.kind = QUESTION_FORGET, .secret = load->answer.secret},
                         BYTES_OF(randomness), &sim->answer);
        load->answer = (struct answer){.fault = QUESTION_FAULT_FULL};
    }
    load->exchange = item->ask.exchange;
    load->ask_number = item->ask.ask_number;
}

static void told(struct sim *sim, uint32_t index, const struct event *event)
{
    struct site *site = &sim->sites[index];

    site->event_counts[event->kind]++;
    sim->happened[SIM_EXHAUSTED] +=
        event->kind == EV_MESSAGE_REFUSED && strcmp(event_text(event, FIELD_REASON), "LIMIT") == 0;
    site->last_events[event->kind] = *event;
    trace(sim, &event->kind, sizeof event->kind);
    oracle_told(sim, index, event);
    if (sim->told != NULL)
        sim->told(sim->told_context, index, sim->now_ms, event);
}

static void carry_out(struct sim *sim, uint32_t index)
{
    const struct ike_outputs *out = &sim->out;

    if (out->lost_event_count > 0)
        sim_violate(sim, "events were lost");
    oracle_clear(sim);
    for (size_t i = 0; i < out->count; i++) {
        const struct ike_output *item = &out->items[i];

        switch (item->kind) {
        case IKE_OUT_DATAGRAM:
            trace(sim, item->datagram.data.data, item->datagram.data.len);
            oracle_sent(sim, index, item);
            network_send(sim, index, item);
            break;
        case IKE_OUT_ASK: ask(sim, index, item); break;
        case IKE_OUT_INSTALL:
            oracle_installed(sim, index, item->install);
            plane_install(sim, index, item->install);
            break;
        case IKE_OUT_REMOVE: plane_remove(sim, index, item->remove.pair, item->remove.is_outbound_only); break;
        case IKE_OUT_EVENT: told(sim, index, item->event); break;
        case IKE_OUT_CLIENT:
            trace(sim, &item->client->address, sizeof item->client->address);
            sim->sites[index].given = *item->client;
            break;
        case IKE_OUT_MOVE: plane_move(sim, index, item->move.pair, item->move.remote); break;
        }
    }
}

void sim_feed(struct sim *sim, uint32_t index, const struct ike_input *in, bool is_forged)
{
    struct site *site = &sim->sites[index];
    uint64_t now_ms = site_now(sim, index);

    trace(sim, &sim->now_ms, sizeof sim->now_ms);
    trace(sim, &in->kind, sizeof in->kind);
    oracle_before(sim, index, in, is_forged);
    ike_feed(site->ike, now_ms, in, &sim->out);
    if (sim->plant == SIM_PLANT_COMMIT_WHILE_PARKED && in->kind == IKE_IN_DATAGRAM)
        inside_plant_commit(site->ike);
    if (sim->plant == SIM_PLANT_FORGERY_TAKEN && is_forged)
        inside_plant_forgery(site->ike);
    carry_out(sim, index);
    if (sim->plant == SIM_PLANT_OLD_ANSWERED && in->kind == IKE_IN_DATAGRAM)
        network_answer_old(sim, index, in->datagram.data);
    ike_outputs_wipe(&sim->out);
    oracle_after(sim, index, is_forged);
}

void sim_listen(struct sim *sim, sim_told *listener, void *context)
{
    sim->told = listener;
    sim->told_context = context;
    sim->out.wants_esp = listener != NULL;
}

void sim_acquire_line(struct sim *sim, uint32_t site, uint16_t tunnel, uint16_t ace)
{
    const struct policy *policy = &sim->sites[site].policies[sim->sites[site].policy_turn].policy;
    struct flow flow = {0};

    if (tunnel < policy->tunnel_count && ace < policy->tunnels[tunnel].ace_count) {
        flow.local = policy->tunnels[tunnel].aces[ace].selector.local.first;
        flow.remote = policy->tunnels[tunnel].aces[ace].selector.remote.first;
    }
    if (!site_is_off(sim, site))
        sim_feed(sim, site,
                 &(struct ike_input){.kind = IKE_IN_ACQUIRE, .acquire = {.tunnel = tunnel, .ace = ace, .flow = flow}},
                 false);
}

void sim_acquire(struct sim *sim, uint32_t site, uint16_t tunnel)
{
    sim_acquire_line(sim, site, tunnel, 0);
}

void sim_command_of(struct sim *sim, uint32_t site, const struct ike_command *command)
{
    if (!site_is_off(sim, site))
        sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_COMMAND, .command = *command}, false);
}

void sim_command(struct sim *sim, uint32_t site, enum ike_command_kind kind)
{
    sim_command_of(sim, site, &(struct ike_command){.kind = kind});
}

static void tell_limit(struct sim *sim, uint32_t site, enum ike_plane_kind limit, const struct plane_pair *pair)
{
    sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_PLANE, .plane = {.kind = limit, .pair = pair->install.pair}},
             false);
}

void sim_soft_limit(struct sim *sim, uint32_t site)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (sim->sites[site].pairs[i].is_outbound)
            tell_limit(sim, site, IKE_PLANE_SOFT, &sim->sites[site].pairs[i]);
}

void sim_limit_of_oldest(struct sim *sim, uint32_t site, enum ike_plane_kind limit)
{
    const struct plane_pair *oldest = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        const struct plane_pair *pair = &sim->sites[site].pairs[i];

        if (pair->is_used && (oldest == NULL || pair->order < oldest->order))
            oldest = pair;
    }
    if (oldest != NULL)
        tell_limit(sim, site, limit, oldest);
}

void sim_inject(struct sim *sim, uint32_t site, struct endpoint from, struct endpoint to, struct bytes data)
{
    sim_feed(sim, site, &(struct ike_input){.kind = IKE_IN_DATAGRAM, .datagram = {to, from, data}}, false);
}

/* Who is off hears nothing; what is his own (his vault, his plane) goes on when he is awake again. */
static void land(struct sim *sim, uint32_t index)
{
    struct ike_input in = {0};
    struct flight *f = &sim->landed;
    struct load *load = &sim->landed_load;
    struct flight *place = &sim->flights[index];
    uint32_t site = place->site;
    bool is_own = place->kind == FLIGHT_ANSWER || place->kind == FLIGHT_INSTALLED || place->kind == FLIGHT_LIMIT ||
                  place->kind == FLIGHT_REFUSED;

    if (is_own && place->life == sim->sites[site].life && site_is_off(sim, site)) {
        place->at_ms = sim->sites[site].off_until_ms;
        return;
    }
    *f = *place;
    *load = sim->loads[index];
    place->kind = FLIGHT_NONE;
    while (sim->flight_top > 0 && sim->flights[sim->flight_top - 1].kind == FLIGHT_NONE)
        sim->flight_top--;
    if (is_own && f->life != sim->sites[site].life)
        return;
    if (site_is_off(sim, site)) {
        sim->packets.lost += f->kind == FLIGHT_PACKET && !f->is_forged;
        return;
    }
    switch (f->kind) {
    case FLIGHT_DATAGRAM:
        sim->happened[SIM_OVERTAKEN] += f->order < sim->sites[site].landed_order;
        if (f->order > sim->sites[site].landed_order)
            sim->sites[site].landed_order = f->order;
        if (load->len == 1)
            return; /* a NAT keepalive never reaches the engine */
        in = (struct ike_input){.kind = IKE_IN_DATAGRAM,
                                .datagram = {load->local, load->remote, bytes_of(load->data, load->len)}};
        break;
    case FLIGHT_ANSWER:
        in = (struct ike_input){.kind = IKE_IN_ANSWER, .answer = {load->exchange, load->ask_number, &load->answer}};
        break;
    case FLIGHT_INSTALLED:
        in = (struct ike_input){.kind = IKE_IN_PLANE,
                                .plane = {.kind = load->error == 0 ? IKE_PLANE_INSTALLED : IKE_PLANE_REFUSED,
                                          .pair = load->pair,
                                          .error = load->error}};
        break;
    case FLIGHT_REFUSED:
        in = (struct ike_input){
            .kind = IKE_IN_HINT,
            .hint = {.remote = load->remote, .error = load->error, .quoted = bytes_of(load->data, load->len)}};
        break;
    case FLIGHT_LIMIT: plane_tell_limit(sim, site, load->pair); return;
    case FLIGHT_PACKET: plane_land(sim, site, load); return;
    case FLIGHT_NONE: return;
    }
    sim_feed(sim, site, &in, f->is_forged);
}

/* FLIGHTS_MAX: nothing is under way. */
static uint32_t next_flight(const struct sim *sim)
{
    uint32_t next = FLIGHTS_MAX;

    for (uint32_t i = 0; i < sim->flight_top; i++) {
        const struct flight *f = &sim->flights[i];

        if (f->kind != FLIGHT_NONE && (next == FLIGHTS_MAX || f->at_ms < sim->flights[next].at_ms ||
                                       (f->at_ms == sim->flights[next].at_ms && f->order < sim->flights[next].order)))
            next = i;
    }
    return next;
}

/* In the world's time. */
static uint64_t deadline_of(const struct sim *sim, uint32_t index)
{
    const struct site *site = &sim->sites[index];
    uint64_t due_ms = ike_deadline_ms(site->ike);

    if (due_ms == UINT64_MAX)
        return due_ms;
    due_ms = due_ms > site->skew_ms ? due_ms - site->skew_ms : 0;
    return due_ms > site->off_until_ms ? due_ms : site->off_until_ms;
}

void sim_run(struct sim *sim, uint64_t for_ms)
{
    uint64_t until_ms = sim->now_ms + for_ms;

    for (;;) {
        uint32_t flight = next_flight(sim), due = SIM_SITES_MAX;
        uint64_t next_ms = flight == FLIGHTS_MAX ? UINT64_MAX : sim->flights[flight].at_ms;

        for (uint32_t i = 0; i < sim->site_count; i++) {
            uint64_t due_ms = deadline_of(sim, i);

            if (due_ms < next_ms) {
                next_ms = due_ms;
                due = i;
            }
        }
        if (next_ms > until_ms)
            break;
        if (next_ms > sim->now_ms) {
            sim->now_ms = next_ms;
            sim->feeds_at_this_time = 0;
        }
        if (++sim->feeds_at_this_time > 10000) {
            sim_violate(sim, "the world does not come to rest");
            break;
        }
        if (due == SIM_SITES_MAX)
            land(sim, flight);
        else
            sim_feed(sim, due, &(struct ike_input){.kind = IKE_IN_TIMER}, false);
    }
    sim->now_ms = until_ms;
}

void sim_impair(struct sim *sim, uint32_t site, uint32_t nth, enum impairment impairment, bool are_repeats_too)
{
    CHECK(sim->impaired_count < IMPAIRED_MESSAGES_MAX);
    sim->impaired[sim->impaired_count++] = (struct impaired_message){site, nth, impairment, are_repeats_too};
}

void sim_plant(struct sim *sim, enum sim_plant plant)
{
    sim->plant = plant;
}

uint64_t sim_now_ms(const struct sim *sim)
{
    return sim->now_ms;
}

const struct ike_client *sim_given(const struct sim *sim, uint32_t site)
{
    return &sim->sites[site].given;
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

uint64_t sim_fault_ms(const struct sim *sim)
{
    return sim->fault_ms;
}

uint32_t sim_sent(const struct sim *sim, uint32_t site)
{
    return sim->sites[site].sent;
}

bool sim_is_in(const struct sim *sim, uint32_t site, const char *state)
{
    return inside_is_in(sim->sites[site].ike, state);
}

uint32_t sim_row_count(const struct sim *sim, size_t row)
{
    return row < INSIDE_ROWS_MAX ? sim->row_counts[row] : 0;
}

struct sim_packets sim_packets(const struct sim *sim)
{
    return sim->packets;
}

uint64_t sim_happened(const struct sim *sim, enum sim_happening happening)
{
    return sim->happened[happening];
}

const char *sim_happening_words(enum sim_happening happening)
{
    static const char *const words[SIM_HAPPENINGS] = {
#define HAPPENING(name, words) [SIM_##name] = words,
#include "sim/happenings.def"
#undef HAPPENING
    };

    return words[happening];
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
