/* What must hold after every event: the oracle of the attack list. */
#include "sim/world.h"

#include "wire/fragment.h"
#include "wire/message.h"
#include "wire/natt.h"

#include <string.h>

/* ---- what may be sent once */

static struct used *used_find(struct sim *sim, uint64_t name)
{
    enum { PROBES = 8 };
    struct used *place = NULL;

    for (uint32_t i = 0; i < PROBES; i++) {
        struct used *used = &sim->used[(name + i) % USED_MAX];

        if (used->name == name)
            return used;
        if (used->name == 0 && place == NULL)
            place = used;
    }
    if (place == NULL)
        place = &sim->used[name % USED_MAX]; /* the table is full: the oldest of these is forgotten */
    *place = (struct used){.name = name};
    return place;
}

/* 0: not one that is told by its message id. */
static uint64_t used_name(const struct header *header)
{
    uint64_t name;

    if (bytes_are_zero(BYTES_OF(header->cookies[1])) ||
        (header->exchange != XCHG_MAIN && header->exchange != XCHG_AGGRESSIVE && !(header->flags & FLAG_ENCRYPTION)))
        return 0;
    name = sum_of(0, header->cookies, sizeof header->cookies);
    name = sum_of(name, &header->exchange, sizeof header->exchange);
    return sum_of(name, &header->message_id, sizeof header->message_id);
}

const struct used *oracle_used(const struct sim *sim, struct bytes datagram)
{
    struct message m;
    uint64_t name = wire_header_read(&m, datagram) != WIRE_OK ? 0 : used_name(&m.header);

    for (uint32_t i = 0; i < 8 && name != 0; i++)
        if (sim->used[(name + i) % USED_MAX].name == name)
            return &sim->used[(name + i) % USED_MAX];
    return NULL;
}

/* How many different messages one site may send under one message id, and both together. */
static const struct {
    uint8_t exchange, of_one, sealed_of_one, of_all;
} uses[] = {{XCHG_MAIN, 3, 1, 5}, {XCHG_AGGRESSIVE, 1, 1, 2}, {XCHG_QUICK, 2, 2, 3}, {XCHG_INFORMATIONAL, 1, 1, 1}};

/* A repeat is the same bytes, and none is sent again after its successor: an IV never seals two things. */
static void check_used(struct sim *sim, uint32_t site, const struct header *header, struct bytes datagram)
{
    uint64_t name = used_name(header), sum = sum_of(0, datagram.data, datagram.len);
    bool is_sealed = (header->flags & FLAG_ENCRYPTION) != 0, is_repeat = false;
    uint8_t own = 0, own_sealed = 0;

    if (name == 0)
        return;
    struct used *used = used_find(sim, name);
    for (uint8_t i = 0; i < used->count; i++) {
        if (is_repeat && used->uses[i].site == site)
            sim_violate(sim, "a message is sent again after its successor");
        if (used->uses[i].sum == sum) {
            is_repeat = true;
            if (used->uses[i].site != site)
                sim_violate(sim, "a site sends what the other has sent");
        }
        own += used->uses[i].site == site;
        own_sealed += used->uses[i].site == site && used->uses[i].is_sealed;
    }
    if (is_repeat)
        return;
    for (size_t i = 0; i < COUNT_OF(uses); i++)
        if (uses[i].exchange == header->exchange &&
            (own + 1 > uses[i].of_one || own_sealed + is_sealed > uses[i].sealed_of_one ||
             used->count + 1 > uses[i].of_all)) {
            sim_violate(sim, is_sealed ? "an IV or a message id is used twice" : "a step is answered in two ways");
            return;
        }
    if (used->count == USES_MAX)
        return;
    used->uses[used->count].sum = sum;
    used->uses[used->count].site = site;
    used->uses[used->count++].is_sealed = is_sealed;
}

/* Quick mode, informational under an ISAKMP SA, identities and proofs leave sealed or not at all. */
static void check_sealed(struct sim *sim, const struct message *m)
{
    bool is_secret = m->header.message_id != 0 || m->header.exchange == XCHG_QUICK ||
                     m->header.first_payload == PL_ID || m->header.first_payload == PL_HASH;

    if (is_secret && !(m->header.flags & FLAG_ENCRYPTION))
        sim_violate(sim, "what must be sealed leaves in clear");
}

/* ---- what may go to a stranger */

static struct stranger *stranger_of(struct site *site, struct ip ip)
{
    for (size_t i = 0; i < STRANGERS_MAX; i++) {
        struct stranger *s = &site->strangers[i];

        if (!ip_is_set(s->ip))
            s->ip = ip;
        if (ip_equal(s->ip, ip))
            return s;
    }
    return NULL;
}

static bool is_own_exchange(const struct site *site, const struct header *header)
{
    for (uint32_t i = 0; i < COOKIES_MAX && i < site->cookie_count; i++)
        if (memcmp(site->cookies[i], header->cookies[0], COOKIE_LEN) == 0)
            return true;
    return false;
}

/* What message 2 of aggressive mode holds that message 1 does not: a hash, two of NAT detection. With signatures it is
 * our certificates and a signature: whoever has aggressive mode by them answered gives that to strangers. */
enum { AGGRESSIVE_MORE = 3 * (4 + DIGEST_MAX), SIGNED_MORE = 4096 };

static size_t more_of_aggressive(const struct site *site, const struct header *header)
{
    if (header->exchange != XCHG_AGGRESSIVE)
        return 0;
    return AGGRESSIVE_MORE + (site->as.credential != NULL ? SIGNED_MORE : 0);
}

/* What each fragment has of its own; the message in them is held to the bytes of the question. */
enum { FRAGMENT_MORE = HEADER_LEN + PAYLOAD_HEADER_LEN + 4 };

/* Bytes out to an address that has proved nothing are no more than came in from it. The schedules of the devices, which
 * repeat message 2 by timer, are exempt: they are asked for by name. */
static void check_stranger(struct sim *sim, struct site *site, const struct header *header, struct ip to, size_t len)
{
    struct stranger *s;

    if ((header->exchange == XCHG_MAIN || header->exchange == XCHG_AGGRESSIVE) &&
        bytes_are_zero(BYTES_OF(header->cookies[1])) && !is_own_exchange(site, header))
        memcpy(site->cookies[site->cookie_count++ % COOKIES_MAX], header->cookies[0], COOKIE_LEN);
    /* Message 6 goes to somebody whose message 5 opened, so message 4 has come there. */
    if (header->exchange == XCHG_MAIN && (header->flags & FLAG_ENCRYPTION) != 0)
        return;
    if (is_own_exchange(site, header) || schedule_info(site->as.schedule)->do_responders_repeat ||
        (s = stranger_of(site, to)) == NULL || s->is_proved)
        return;
    s->bytes_out += len;
    if (s->bytes_out > s->bytes_in)
        sim_violate(sim, "more bytes go to an unproved address than came from it");
}

/* What leaves in fragments is held to the same as what leaves whole. */
static bool is_whole_now(struct sim *sim, struct site *site, struct message *m, uint8_t *space)
{
    struct message carrier = *m;
    struct fragment fragment;

    if (wire_message_read(&carrier, m->datagram) != WIRE_OK || carrier.payload_count != 1 ||
        fragment_read(&fragment, carrier.payloads[0].body) != WIRE_OK) {
        sim_violate(sim, "what is sent is no fragment");
        return false;
    }
    switch (assembly_add(&site->sent_fragments, &m->header, &fragment)) {
    case ASSEMBLY_WAITS: return false;
    case ASSEMBLY_WHOLE: break;
    default: sim_violate(sim, "the fragments that are sent do not make a message"); return false;
    }
    if (wire_header_read(m, assembly_write(&site->sent_fragments, space)) == WIRE_OK)
        return true;
    sim_violate(sim, "the fragments that are sent make another thing than a message");
    return false;
}

void oracle_sent(struct sim *sim, uint32_t index, const struct ike_output *item)
{
    uint8_t space[ASSEMBLY_LEN_MAX];
    struct message m;
    size_t len = item->datagram.data.len;

    if (len == 1)
        return; /* a NAT keepalive */
    if (wire_header_read(&m, item->datagram.data) != WIRE_OK) {
        sim_violate(sim, "what is sent is no ISAKMP message");
        return;
    }
    bool is_fragment = m.header.first_payload == PL_FRAGMENT;
    if (!is_fragment || is_whole_now(sim, &sim->sites[index], &m, space)) {
        check_sealed(sim, &m);
        check_used(sim, index, &m.header, m.datagram);
    }
    check_stranger(sim, &sim->sites[index], &m.header, item->datagram.remote.ip,
                   is_fragment ? len - FRAGMENT_MORE : len);
}

/* Whoever captures gets messages in clear that any program can read, and no password. */
void oracle_clear(struct sim *sim)
{
    for (size_t i = 0; i < sim->out.clear_count; i++) {
        struct bytes data = sim->out.clears[i].data;
        struct message m;

        if (wire_message_read(&m, data) != WIRE_OK)
            sim_violate(sim, "a sealed message in clear cannot be read");
        if (memmem(data.data, data.len, SIM_PASSWORD, strlen(SIM_PASSWORD)) != NULL)
            sim_violate(sim, "a sealed message in clear has a password in it");
        sim->happened[SIM_TOLD_IN_CLEAR]++;
    }
    if (sim->out.lost_clear_count > 0)
        sim_violate(sim, "sealed messages were not told in clear");
}

/* ---- steps */

/* What the exchange was before and after, and its method, tell the row; where several lead the same way, as for a
 * message in clear and a sealed one, the one that was run last does. When none of them was, another step followed, and
 * none is counted. `method`: 0, not known. */
static void row_taken(struct sim *sim, uint32_t site, enum state from, enum side side, uint16_t method, enum state to)
{
    const struct step *last = inside_last_step(sim->sites[site].ike);
    size_t count = 0, only = 0;

    for (size_t i = 0; step_row(i) != NULL && i < INSIDE_ROWS_MAX; i++) {
        const struct step *step = step_row(i);

        if (step->from != from || step->side != side || step->to != to ||
            (method != 0 && !step_auth_fits(step->auth, method)))
            continue;
        count++;
        only = i;
        if (step == last) {
            sim->row_counts[i]++;
            return;
        }
    }
    if (count == 1)
        sim->row_counts[only]++;
    if (count == 0)
        sim_violate(sim, "a step was taken that no row allows");
}

static const struct inside_exchange *find_before(const struct sim *sim, struct handle self)
{
    for (uint32_t i = 0; i < sim->before.exchange_count; i++)
        if (handle_equal(sim->before.exchanges[i].self, self))
            return &sim->before.exchanges[i];
    return NULL;
}

static void check_steps(struct sim *sim, uint32_t site)
{
    for (uint32_t i = 0; i < sim->after.exchange_count; i++) {
        const struct inside_exchange *now = &sim->after.exchanges[i], *old = find_before(sim, now->self);
        enum state from = old != NULL ? old->state : exchange_info(now->kind)->start;

        if (from != now->state)
            row_taken(sim, site, from, now->side, now->method, now->state);
        if (old != NULL && handle_is_set(old->parked) && handle_equal(old->parked, now->parked) && old->sum != now->sum)
            sim_violate(sim, "something changed an exchange that waits for the vault");
    }
}

void oracle_told(struct sim *sim, uint32_t index, const struct event *event)
{
    struct stranger *s;

    /* With certificates the proof is told before our last message, which has a chain in it, goes out. */
    if ((event->kind == EV_PHASE1_COMPLETED || event->kind == EV_CERTIFICATE_ACCEPTED) &&
        (s = stranger_of(&sim->sites[index], event_ip(event, FIELD_PEER))) != NULL)
        s->is_proved = true;
    /* An informational exchange lives for one message, and is told by what followed from it. */
    if (event->kind == EV_DELETE_RECEIVED || event->kind == EV_DPD_RECEIVED || event->kind == EV_DPD_ANSWERED)
        row_taken(sim, index, STATE_INFO_START, RESPONDER, 0, STATE_INFO_START);
}

/* ---- before and after each input */

/* Another version is told which one we speak. */
static bool is_answerable(enum wire_fault fault)
{
    return fault == WIRE_OK || fault == WIRE_VERSION;
}

void oracle_before(struct sim *sim, uint32_t index, const struct ike_input *in, bool is_forged)
{
    struct site *site = &sim->sites[index];
    struct message m;
    struct stranger *s;

    inside_look(site->ike, &sim->before, is_forged);
    if (in->kind == IKE_IN_DATAGRAM && is_answerable(wire_header_read(&m, in->datagram.data)) &&
        !is_own_exchange(site, &m.header) && (s = stranger_of(site, in->datagram.remote.ip)) != NULL)
        s->bytes_in += in->datagram.data.len + more_of_aggressive(site, &m.header);
    /* Whoever goes on with quick mode has had our cookie: nobody in his name asks for message 2 again. */
    if (in->kind == IKE_IN_DATAGRAM && m.header.message_id != 0 && inside_knows(site->ike, m.header.cookies) &&
        (s = stranger_of(site, in->datagram.remote.ip)) != NULL)
        s->is_proved = true;
}

static bool all_are_still(const struct inside_object *before, uint32_t before_count, const struct inside_object *after,
                          uint32_t after_count)
{
    for (uint32_t i = 0; i < before_count; i++) {
        bool is_still = false;

        for (uint32_t k = 0; k < after_count; k++)
            is_still = is_still || (handle_equal(before[i].self, after[k].self) && before[i].sum == after[k].sum);
        if (!is_still)
            return false;
    }
    return true;
}

/* What nobody authenticated has changed nothing that was established, and ended nothing but, when the places are taken,
 * one that had not been answered. */
static void check_forgery(struct sim *sim)
{
    const struct inside *before = &sim->before, *after = &sim->after;

    if (!all_are_still(before->sas, before->sa_count, after->sas, after->sa_count) ||
        !all_are_still(before->pairs, before->pair_count, after->pairs, after->pair_count))
        sim_violate(sim, "a forged message changed an established SA");
    uint32_t gave_way = 0;
    for (uint32_t i = 0; i < before->exchange_count; i++) {
        bool is_there = false;

        for (uint32_t k = 0; k < after->exchange_count; k++)
            is_there = is_there || handle_equal(before->exchanges[i].self, after->exchanges[k].self);
        gave_way += !is_there && before->exchanges[i].gives_way;
        if (!is_there && (!before->exchanges[i].gives_way || gave_way > 1))
            sim_violate(sim, "a forged message ended an exchange");
    }
}

void oracle_after(struct sim *sim, uint32_t index, bool is_forged)
{
    const struct site *site = &sim->sites[index];
    const struct ike_limits *limits = &site->limits;
    struct ike_use use = ike_view_use(site->ike);
    const char *fault = inside_fault(site->ike, site_now(sim, index));

    if (fault != NULL)
        sim_violate(sim, fault);
    if (use.peers > limits->peers || use.sas > limits->sas || use.exchanges > limits->exchanges ||
        use.pairs > limits->pairs)
        sim_violate(sim, "a pool is over its limit");
    if (use.assemblies > use.sas)
        sim_violate(sim, "more messages in fragments than ISAKMP SAs");
    if (use.drafts > use.exchanges)
        sim_violate(sim, "more parked drafts than exchanges");
    inside_look(site->ike, &sim->after, is_forged);
    check_steps(sim, index);
    if (is_forged)
        check_forgery(sim);
}

/* ---- pairs */

static void check_key(struct sim *sim, uint32_t index, const struct ike_install *install, struct bytes key, bool is_in)
{
    uint64_t owner = sum_of(0, &install->pair, sizeof install->pair);
    struct used *used = used_find(sim, sum_of(0, key.data, key.len));

    owner = sum_of(owner, &is_in, sizeof is_in);
    owner = sum_of(owner, &sim->sites[index].life, sizeof sim->sites[index].life);
    for (uint8_t i = 0; i < used->count; i++) {
        if (used->uses[i].site == index && used->uses[i].sum != owner)
            sim_violate(sim, "an ESP key is used twice");
        if (used->uses[i].site == index)
            return;
    }
    if (used->count >= 2)
        sim_violate(sim, "more than two sites have an ESP key");
    if (used->count < USES_MAX) {
        used->uses[used->count].sum = owner;
        used->uses[used->count++].site = index;
    }
}

void oracle_installed(struct sim *sim, uint32_t index, const struct ike_install *install)
{
    const struct site *site = &sim->sites[index];
    const struct policy *policy = &site->policies[site->policy_turn].policy;

    if (install->tunnel >= policy->tunnel_count ||
        !selector_contains(&policy->tunnels[install->tunnel].aces[install->ace].selector, &install->selector))
        sim_violate(sim, "a pair stands for more than its crypto ACL says");
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        const struct plane_pair *pair = &site->pairs[i];

        if (pair->is_used && !handle_equal(pair->install.pair, install->pair) &&
            pair->install.spi_in == install->spi_in)
            sim_violate(sim, "an SPI is used twice");
    }
    if (install->spi_in < 256)
        sim_violate(sim, "a reserved SPI is used");
    check_key(sim, index, install, bytes_of(install->key_in, install->key_len), true);
    check_key(sim, index, install, bytes_of(install->key_out, install->key_len), false);
}

/* Under one key no number is used twice: they only rise. RFC 4303 section 3.3.3. */
void oracle_sealed(struct sim *sim, const struct packet *packet)
{
    struct numbers *numbers = &sim->numbers[packet->key_sum % NUMBERS_MAX];

    if (numbers->key_sum != packet->key_sum)
        *numbers = (struct numbers){.key_sum = packet->key_sum};
    if (packet->sequence <= numbers->last)
        sim_violate(sim, "an ESP sequence number is used twice under one key");
    numbers->last = packet->sequence;
}

void oracle_delivered(struct sim *sim, const struct packet *packet)
{
    uint64_t *place = &sim->delivered[packet->serial % DELIVERED_MAX];

    if (packet->serial == 0)
        sim_violate(sim, "a forged packet is delivered");
    if (*place == packet->serial)
        sim_violate(sim, "a packet is delivered twice");
    *place = packet->serial;
}

void oracle_forget_site(struct sim *sim, uint32_t index)
{
    struct site *site = &sim->sites[index];

    memset(site->strangers, 0, sizeof site->strangers);
    site->cookie_count = 0;
}

void sim_end(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct ike_use use = ike_view_use(sim->sites[i].ike);

        if (use.sas + use.exchanges + use.pairs + use.blobs + use.drafts + use.assemblies > 0)
            sim_violate(sim, "a place of a pool was leaked");
        if (vault_secret_count(sim->sites[i].vault) > 0)
            sim_violate(sim, "a secret of the vault was leaked");
        for (size_t k = 0; k < SIM_PAIRS_MAX; k++)
            if (sim->sites[i].pairs[k].is_used)
                sim_violate(sim, "the plane still has a pair");
    }
}
