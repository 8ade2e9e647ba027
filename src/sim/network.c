/* Datagrams on their way: who gets them, how damaged, how late. */
#include "sim/world.h"

#include "base/check.h"
#include "wire/message.h"
#include "wire/natt.h"

#include <string.h>

/* A NAT moves all ports by a distance, until sim_rebind gives it another; what comes for the old ones is lost. */
static struct endpoint seen_from_outside(const struct site *site, struct endpoint e)
{
    if (site->as.nat_address == 0)
        return e;
    return (struct endpoint){ip_of_v4(site->as.nat_address), (uint16_t)(e.port == 0 ? 0 : e.port + site->nat_shift)};
}

static bool is_way_in(const struct site *site, struct endpoint to, struct endpoint *local)
{
    uint32_t inner_port = site->as.nat_address == 0 ? to.port : (uint32_t)to.port - site->nat_shift;

    if (ip_to_v4(to.ip) != (site->as.nat_address == 0 ? site->as.address : site->as.nat_address))
        return false;
    if (site->as.nat_address != 0 && inner_port != IKE_PORT && inner_port != NATT_PORT)
        return false; /* without a mapping the NAT lets nothing in */
    *local = (struct endpoint){ip_of_v4(site->as.address), (uint16_t)inner_port};
    return true;
}

bool network_route(const struct sim *sim, uint32_t from_site, struct endpoint from, struct endpoint to,
                   uint32_t *to_site, struct endpoint *seen_from, struct endpoint *local)
{
    *seen_from = seen_from_outside(&sim->sites[from_site], from);
    for (*to_site = 0; *to_site < sim->site_count; ++*to_site)
        if (is_way_in(&sim->sites[*to_site], to, local))
            return true;
    return false;
}

/* A message that was sent before has its number; 0: too many to tell. */
static uint32_t number_of(struct site *site, struct bytes data, bool *is_repeat)
{
    uint64_t sum = sum_of(0, data.data, data.len);

    *is_repeat = true;
    for (uint32_t i = site->numbered_count; i > 0; i--)
        if (site->numbered[i - 1] == sum)
            return i;
    *is_repeat = false;
    if (site->numbered_count == NUMBERED_MAX)
        return 0;
    site->numbered[site->numbered_count++] = sum;
    return site->numbered_count;
}

static void keep_datagram(struct sim *sim, uint32_t site, uint32_t number, const struct ike_output *item, bool is_lost)
{
    struct kept *kept;

    if (sim->kept_count == KEPT_MAX || item->datagram.data.len > sizeof kept->space)
        return;
    kept = &sim->kept[sim->kept_count++];
    memcpy(kept->space, item->datagram.data.data, item->datagram.data.len);
    kept->view = (struct sim_datagram){sim->now_ms,
                                       item->datagram.local,
                                       item->datagram.remote,
                                       bytes_of(kept->space, item->datagram.data.len),
                                       is_lost,
                                       site,
                                       number};
}

/* The IV of a message is the last block of the one before, unless it is the first under its id. (oracle_sent has seen
 * this one already.) */
static struct bytes block_before(const struct sim *sim, struct bytes datagram)
{
    const struct used *used = oracle_used(sim, datagram);
    uint64_t sum = sum_of(0, datagram.data, datagram.len);

    for (uint8_t i = 1; used != NULL && i < used->count; i++) {
        if (used->uses[i].sum != sum || !used->uses[i - 1].is_sealed)
            continue;
        for (uint32_t k = sim->kept_count; k > 0; k--) {
            const struct bytes kept = sim->kept[k - 1].view.data;

            if (sum_of(0, kept.data, kept.len) == used->uses[i - 1].sum)
                return kept;
        }
    }
    return bytes_of(NULL, 0);
}

static void impair_on_the_way(struct sim *sim, uint32_t site, uint32_t number, bool is_repeat, struct bytes datagram)
{
    for (uint32_t i = 0; i < sim->impaired_count; i++) {
        const struct impaired_message *m = &sim->impaired[i];
        struct impair_keys keys = {.cipher = CIPHER_NONE};

        if (m->site != site || m->number != number || number == 0 || (is_repeat && !m->are_repeats_too))
            continue;
        inside_keys(sim->sites[site].ike, datagram, block_before(sim, datagram), &keys);
        if (!impair(m->impairment, &keys, &sim->work))
            sim_violate(sim, "an impairment does not fit its message");
        bytes_wipe(&keys, sizeof keys);
    }
}

static void damage(struct sim *sim, struct impaired *d)
{
    if (d->len < 2)
        return;
    switch (random_below(sim, 4)) {
    case 0: d->len = 1 + random_below(sim, (uint32_t)d->len - 1); break;
    case 1: d->data[random_below(sim, (uint32_t)d->len)] = (uint8_t)random_below(sim, 256); break;
    default:
        for (uint32_t i = 0; i < 1 + random_below(sim, 3); i++)
            d->data[random_below(sim, (uint32_t)d->len)] ^= (uint8_t)(1u << random_below(sim, 8));
    }
}

/* Whether nobody who knows a key can have meant that. Version and flags are covered by no hash; and HASH_I and HASH_R
 * cover nothing of their messages but the identities, in aggressive mode shares and proposals as well (RFC 2409 section
 * 5): with damaged vendor IDs, notifies or NAT-Ds behind them those are still their sender's. */
static bool is_forgery(struct bytes original, const struct impaired *d)
{
    enum { FIRST_PAYLOAD_AT = 16, VERSION_AT = 17, EXCHANGE_AT = 18, FLAGS_AT = 19 };
    bool is_proof = original.data[EXCHANGE_AT] == XCHG_AGGRESSIVE ||
                    (original.data[EXCHANGE_AT] == XCHG_MAIN && (original.data[FLAGS_AT] & FLAG_ENCRYPTION) != 0);

    if (d->len != original.len)
        return true;
    /* Of a fragment only the whole message shows it; and bits of its flags that mean nothing are nobody's forgery. */
    if (original.data[FIRST_PAYLOAD_AT] == PL_FRAGMENT)
        return false;
    for (size_t i = 0; i < d->len; i++)
        if (d->data[i] != original.data[i] && i != VERSION_AT && i != FLAGS_AT && !(is_proof && i >= HEADER_LEN))
            return true;
    return false;
}

static void fly(struct sim *sim, uint32_t site, struct endpoint local, struct endpoint remote, uint32_t late_ms,
                bool is_forged)
{
    const struct sim_network *network = &sim->network;
    struct load *load = flight_add(sim, after_ms(sim, network->delay_min_ms, network->delay_max_ms) + late_ms,
                                   FLIGHT_DATAGRAM, site, is_forged);

    if (load == NULL)
        return;
    sim->happened[SIM_LATE] += sim->flights[load - sim->loads].at_ms > sim->now_ms + LATE_MS;
    load->local = local;
    load->remote = remote;
    load->len = sim->work.len;
    memcpy(load->data, sim->work.data, load->len);
}

static void begin_again(struct sim *sim, struct bytes datagram)
{
    sim->work.len = datagram.len;
    sim->work.copies = 1;
    sim->work.late_ms = 0;
    memcpy(sim->work.data, datagram.data, datagram.len);
}

/* From the true sender's address, or from a third party's. */
static void forge(struct sim *sim, uint32_t site, struct endpoint local, struct endpoint remote, struct bytes datagram)
{
    sim->happened[SIM_FORGED]++;
    begin_again(sim, datagram);
    damage(sim, &sim->work);
    if (happens(sim, 30))
        remote.ip = ip_of_v4(0xcb007100u + 200 + random_below(sim, 8));
    if (datagram.len > 1)
        fly(sim, site, local, remote, random_below(sim, 2000), is_forgery(datagram, &sim->work));
}

/* A gateway that seals again for each repeat, with something else in it: SIM_PLANT_REUSED_IV. */
static void plant_reused_iv(struct sim *sim, uint32_t site, const struct ike_output *item)
{
    struct impair_keys keys = {.cipher = CIPHER_NONE};
    struct ike_output other = *item;

    begin_again(sim, item->datagram.data);
    inside_keys(sim->sites[site].ike, item->datagram.data, block_before(sim, item->datagram.data), &keys);
    if (keys.cipher == CIPHER_NONE || !impair(IMPAIR_CHANGE_HASH, &keys, &sim->work))
        return;
    other.datagram.data = bytes_of(sim->work.data, sim->work.len);
    oracle_sent(sim, site, &other);
}

enum { NOT_PERMITTED = 1 }; /* EPERM */

/* What sendto would say at once is an input like others. */
static void refuse(struct sim *sim, uint32_t site, const struct ike_output *item)
{
    struct load *load = flight_add(sim, sim->now_ms, FLIGHT_REFUSED, site, false);

    if (load == NULL)
        return;
    load->local = item->datagram.local;
    load->remote = item->datagram.remote;
    load->error = NOT_PERMITTED;
    load->len = sim->work.len;
    memcpy(load->data, sim->work.data, load->len);
}

/* By what stands on the way, whatever the world's chance says. */
static bool is_stopped(const struct sim_network *network, uint32_t site, const struct ike_output *item)
{
    uint16_t port = network->cut_port[site];

    return network->is_cut[site] || network->is_refused[site] || network->is_taken[site] ||
           (port != 0 && (item->datagram.local.port == port || item->datagram.remote.port == port)) ||
           (network->datagram_max != 0 && item->datagram.data.len > network->datagram_max);
}

void network_send(struct sim *sim, uint32_t from_site, const struct ike_output *item)
{
    struct bytes datagram = item->datagram.data;
    struct endpoint from, local;
    uint32_t to_site, number = 0;
    struct site *sender = &sim->sites[from_site];
    const struct sim_network *network = &sim->network;
    bool is_repeat = false;

    sender->sent++;
    if (datagram.len > 1)
        number = number_of(sender, datagram, &is_repeat);
    if (sim->plant == SIM_PLANT_REUSED_IV && is_repeat)
        plant_reused_iv(sim, from_site, item);
    bool is_there = network_route(sim, from_site, item->datagram.local, item->datagram.remote, &to_site, &from, &local);
    bool is_lost = !is_there || network->is_taken[to_site] || is_stopped(network, from_site, item) ||
                   happens(sim, network->loss_percent) ||
                   (network->lose_nth[from_site] != 0 && network->lose_nth[from_site] == sender->sent);
    CHECK(datagram.len <= DATAGRAM_MAX);
    begin_again(sim, datagram);
    if (network->is_refused[from_site])
        refuse(sim, from_site, item);
    impair_on_the_way(sim, from_site, number, is_repeat, datagram);
    keep_datagram(sim, from_site, number, item, is_lost || sim->work.copies == 0);
    sim->happened[SIM_LOST] += is_lost || sim->work.copies == 0;
    if (is_lost)
        return;
    if (strict_refuses(&sim->sites[to_site], datagram)) {
        uint8_t space[STRICT_REFUSAL_MAX];

        begin_again(sim, strict_refusal(datagram, space));
        fly(sim, from_site, item->datagram.local, item->datagram.remote, 0, true);
        return;
    }
    unsigned copies = sim->work.copies + happens(sim, network->repeat_percent);
    bool is_damaged = happens(sim, network->damage_percent);
    sim->happened[SIM_REPEATED] += copies > 1;
    sim->happened[SIM_DAMAGED] += is_damaged;
    if (is_damaged)
        damage(sim, &sim->work);
    bool is_forged = is_damaged && datagram.len >= HEADER_LEN && is_forgery(datagram, &sim->work);
    for (unsigned i = 0; i < copies; i++)
        fly(sim, to_site, local, from, sim->work.late_ms, is_forged);
    if (happens(sim, network->forge_percent))
        forge(sim, to_site, local, from, datagram);
}

/* Whatever this site sent first after that message was sent to it goes out again. */
void network_answer_old(struct sim *sim, uint32_t site, struct bytes datagram)
{
    bool is_found = false;

    for (uint32_t i = 0; i < sim->kept_count; i++) {
        const struct sim_datagram *kept = &sim->kept[i].view;

        if (is_found && kept->site == site) {
            struct ike_output again = {.kind = IKE_OUT_DATAGRAM, .datagram = {kept->from, kept->to, false, kept->data}};

            oracle_sent(sim, site, &again);
            network_send(sim, site, &again);
            return;
        }
        is_found = is_found || (kept->site != site && kept->data.len == datagram.len &&
                                memcmp(kept->data.data, datagram.data, datagram.len) == 0);
    }
}
