#include "load/fleet.h"

#include "base/check.h"
#include "crypto/drbg.h"
#include "crypto/random.h"
#include "ike/ike.h"
#include "vault/vault.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DATAGRAM_MAX = 65536, WAITING_MAX = 64, DATAGRAMS_PER_TURN = 64, REASON_SIZE = 48, LIFETIME_S = 86400 };

/* Room for one tunnel and its successors. */
static const struct ike_limits limits = {.peers = 2, .sas = 4, .exchanges = 8, .pairs = 4, .blobs = 64, .half_open = 2};

struct member {
    struct ike *ike;
    struct policy policy;
    struct policy_interface interface;
    struct crypto_ace ace;
    struct tunnel tunnel;
    enum fleet_state state;
    uint64_t deadline_ms;
    uint64_t begun_us, up_us;
};

/* Answers and installations wait until all outputs of a feed have been carried out. */
struct waiting {
    struct ike_input input;
    struct answer answer;
};

struct fleet {
    const struct load_options *options;
    struct load_net *net;
    struct vault *vault;
    struct isakmp_policy isakmp;
    struct transform_set set;
    struct tunnel_group group;
    struct member *members;
    uint32_t counts[FLEET_STATES];
    char last_reason[REASON_SIZE];
    struct ike_outputs out;
    struct waiting waiting[WAITING_MAX];
    size_t waiting_count;
    uint8_t datagram[DATAGRAM_MAX];
};

static uint64_t now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t now_ms(void)
{
    return now_us(CLOCK_BOOTTIME) / 1000;
}

static struct ip nth_address(struct ip first, uint32_t index)
{
    return ip_of_v4(ip_to_v4(first) + index);
}

static void set_state(struct fleet *fleet, struct member *m, enum fleet_state state)
{
    fleet->counts[m->state]--;
    fleet->counts[state]++;
    m->state = state;
}

static struct waiting *add_waiting(struct fleet *fleet)
{
    CHECK(fleet->waiting_count < WAITING_MAX);
    return &fleet->waiting[fleet->waiting_count++];
}

static void ask(struct fleet *fleet, const struct ike_output *o)
{
    uint8_t random[VAULT_RANDOM_LEN];
    struct answer unwanted, *answer = &unwanted;

    if (o->ask.question->kind != QUESTION_FORGET) {
        struct waiting *w = add_waiting(fleet);

        answer = &w->answer;
        w->input =
            (struct ike_input){.kind = IKE_IN_ANSWER, .answer = {o->ask.exchange, o->ask.ask_number, &w->answer}};
    }
    CHECK(random_fill(random, sizeof random));
    vault_answer(fleet->vault, o->ask.question, BYTES_OF(random), answer);
    bytes_wipe(random, sizeof random);
}

static void on_event(struct fleet *fleet, struct member *m, const struct event *e)
{
    switch (e->kind) {
    case EV_PHASE2_COMPLETED:
        if (m->state != FLEET_BEGUN)
            break;
        m->up_us = now_us(CLOCK_MONOTONIC);
        set_state(fleet, m, FLEET_UP);
        break;
    case EV_EXCHANGE_FAILED:
    case EV_AUTHENTICATION_FAILED:
        memset(fleet->last_reason, 0, sizeof fleet->last_reason);
        strncpy(fleet->last_reason, event_text(e, FIELD_REASON), sizeof fleet->last_reason - 1);
        if (m->state == FLEET_BEGUN && e->kind == EV_EXCHANGE_FAILED)
            set_state(fleet, m, FLEET_FAILED);
        break;
    case EV_SESSION_ENDED:
        if (m->state == FLEET_UP)
            set_state(fleet, m, FLEET_GONE);
        break;
    default: break;
    }
}

static void carry_out(struct fleet *fleet, struct member *m, const struct ike_output *o)
{
    switch (o->kind) {
    case IKE_OUT_DATAGRAM:
        load_net_send(fleet->net, &o->datagram.local, &o->datagram.remote, o->datagram.has_marker, o->datagram.data);
        break;
    case IKE_OUT_ASK: ask(fleet, o); break;
    case IKE_OUT_INSTALL:
        add_waiting(fleet)->input =
            (struct ike_input){.kind = IKE_IN_PLANE, .plane = {.kind = IKE_PLANE_INSTALLED, .pair = o->install->pair}};
        break;
    case IKE_OUT_EVENT: on_event(fleet, m, o->event); break;
    case IKE_OUT_REMOVE:
    case IKE_OUT_CLIENT:
    case IKE_OUT_MOVE: break;
    }
}

static void feed_one(struct fleet *fleet, struct member *m, const struct ike_input *in)
{
    ike_feed(m->ike, now_ms(), in, &fleet->out);
    for (size_t i = 0; i < fleet->out.count; i++)
        carry_out(fleet, m, &fleet->out.items[i]);
    ike_outputs_wipe(&fleet->out);
}

static void feed(struct fleet *fleet, struct member *m, const struct ike_input *in)
{
    feed_one(fleet, m, in);
    for (size_t i = 0; i < fleet->waiting_count; i++)
        feed_one(fleet, m, &fleet->waiting[i].input);
    bytes_wipe(fleet->waiting, fleet->waiting_count * sizeof fleet->waiting[0]);
    fleet->waiting_count = 0;
    m->deadline_ms = ike_deadline_ms(m->ike);
}

static void make_policy(struct fleet *fleet, struct member *m, uint32_t index)
{
    const struct load_options *options = fleet->options;
    struct ip inner = nth_address(options->inner, index);

    m->interface = (struct policy_interface){.name = "outside",
                                             .hardware = "",
                                             .linux_name = "",
                                             .ip = nth_address(options->first, index),
                                             .prefix_len = 32,
                                             .is_ikev1_enabled = true,
                                             .map_name = "load"};
    m->ace = (struct crypto_ace){.selector = {.local = ip_range_of_prefix(inner, 32),
                                              .remote = ip_range_of_prefix(options->net, options->net_prefix_len),
                                              .local_ports = {0, 65535},
                                              .remote_ports = {0, 65535}},
                                 .is_permit = true};
    m->tunnel = (struct tunnel){.map_name = "load",
                                .sequence = 1,
                                .acl_name = "load",
                                .aces = &m->ace,
                                .ace_count = 1,
                                .peers = {options->target},
                                .peer_count = 1,
                                .transform_set_count = 1,
                                .lifetime_s = LIFETIME_S};
    m->policy = (struct policy){.hostname = "load",
                                .interfaces = &m->interface,
                                .interface_count = 1,
                                .isakmp_policies = &fleet->isakmp,
                                .isakmp_policy_count = 1,
                                .transform_sets = &fleet->set,
                                .transform_set_count = 1,
                                .tunnel_groups = &fleet->group,
                                .tunnel_group_count = 1,
                                .tunnels = &m->tunnel,
                                .tunnel_count = 1,
                                .key_id = "",
                                .is_nat_t_on = true,
                                .replay_window = 64};
}

static bool make_member(struct fleet *fleet, uint32_t index)
{
    struct member *m = &fleet->members[index];
    uint8_t seed[DRBG_SEED_LEN];
    void *space = malloc(ike_space(&limits));

    if (space == NULL || !random_fill(seed, sizeof seed)) {
        free(space);
        return false;
    }
    m->ike = ike_make(space, &limits, BYTES_OF(seed));
    bytes_wipe(seed, sizeof seed);
    make_policy(fleet, m, index);
    feed(fleet, m, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &m->policy});
    return true;
}

static bool make_vault(struct fleet *fleet)
{
    uint32_t secrets = fleet->options->window + fleet->options->peers;
    void *space = malloc(vault_space(1, secrets));

    if (space == NULL)
        return false;
    fleet->vault = vault_make(space, 1, secrets);
    CHECK(vault_set_key(fleet->vault, 0, bytes_of(fleet->options->key, fleet->options->key_len)));
    return true;
}

struct fleet *fleet_make(const struct load_options *options, struct load_net *net)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    uint32_t made = 0;

    if (fleet == NULL)
        return NULL;
    fleet->options = options;
    fleet->net = net;
    fleet->isakmp = (struct isakmp_policy){10, 1, options->cipher, options->hash, options->group, LIFETIME_S};
    fleet->set = (struct transform_set){"load", options->cipher, options->hash, false, false};
    fleet->group = (struct tunnel_group){.name = "load", .peer = options->target, .has_key = true};
    fleet->members = calloc(options->peers, sizeof *fleet->members);
    fleet->counts[FLEET_IDLE] = options->peers;
    while (fleet->members != NULL && made < options->peers && make_member(fleet, made))
        made++;
    if (made == options->peers && make_vault(fleet))
        return fleet;
    fleet_free(fleet);
    return NULL;
}

void fleet_free(struct fleet *fleet)
{
    for (uint32_t i = 0; fleet->members != NULL && i < fleet->options->peers; i++)
        if (fleet->members[i].ike != NULL) {
            bytes_wipe(fleet->members[i].ike, ike_space(&limits));
            free(fleet->members[i].ike); /* it stands at the beginning of its space */
        }
    free(fleet->members);
    if (fleet->vault != NULL) {
        vault_wipe(fleet->vault);
        free(fleet->vault);
    }
    free(fleet);
}

void fleet_begin(struct fleet *fleet, uint32_t index)
{
    struct member *m = &fleet->members[index];

    CHECK(m->state == FLEET_IDLE);
    set_state(fleet, m, FLEET_BEGUN);
    m->begun_us = now_us(CLOCK_MONOTONIC);
    feed(fleet, m, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
}

void fleet_end(struct fleet *fleet, uint32_t index)
{
    feed(fleet, &fleet->members[index],
         &(struct ike_input){.kind = IKE_IN_COMMAND, .command = {.kind = IKE_SHUT_DOWN}});
}

bool fleet_receive(struct fleet *fleet)
{
    struct ike_input in = {.kind = IKE_IN_DATAGRAM};
    int count = 0;

    while (count < DATAGRAMS_PER_TURN && load_net_receive(fleet->net, &in.datagram.local, &in.datagram.remote,
                                                          &in.datagram.data, fleet->datagram, sizeof fleet->datagram)) {
        uint32_t index = ip_to_v4(in.datagram.local.ip) - ip_to_v4(fleet->options->first);

        if (index < fleet->options->peers)
            feed(fleet, &fleet->members[index], &in);
        count++;
    }
    return count > 0;
}

void fleet_timers(struct fleet *fleet)
{
    uint64_t now = now_ms();

    for (uint32_t i = 0; i < fleet->options->peers; i++)
        if (fleet->members[i].deadline_ms <= now)
            feed(fleet, &fleet->members[i], &(struct ike_input){.kind = IKE_IN_TIMER});
}

uint32_t fleet_count(const struct fleet *fleet, enum fleet_state state)
{
    return fleet->counts[state];
}

enum fleet_state fleet_state_of(const struct fleet *fleet, uint32_t index)
{
    return fleet->members[index].state;
}

uint32_t fleet_latency_us(const struct fleet *fleet, uint32_t index)
{
    return (uint32_t)(fleet->members[index].up_us - fleet->members[index].begun_us);
}

const char *fleet_last_reason(const struct fleet *fleet)
{
    return fleet->last_reason;
}
