/* What stands around the engines: policies, the fake plane, and what must always hold. */
#include "sim/world.h"

#include "base/check.h"
#include "wire/numbers.h"

#include <string.h>

static void tunnel_make(struct site *site, struct site_policy *p, uint16_t index)
{
    const struct sim_peer *peer = &site->as.peers[index];
    struct ip address = ip_of_v4(peer->address);

    p->aces[index] = (struct crypto_ace){
        .selector = {.local = ip_range_of_prefix(ip_of_v4(peer->local_net), 24),
                     .remote = ip_range_of_prefix(ip_of_v4(peer->remote_net), 24),
                     .local_ports = {0, 65535},
                     .remote_ports = {0, 65535}},
        .is_permit = true,
    };
    p->tunnels[index] = (struct tunnel){
        .map_name = "outside_map",
        .sequence = (uint16_t)(index + 1),
        .acl_name = "vpn",
        .aces = &p->aces[index],
        .ace_count = 1,
        .peers = {address},
        .peer_count = 1,
        .transform_set_count = 1,
        .pfs = peer->pfs,
        .lifetime_s = site->as.esp_lifetime_s,
    };
    if (peer->key != NULL && peer->key[0] == '\0')
        return;
    p->groups[p->policy.tunnel_group_count] = (struct tunnel_group){
        .name = ip_text(address, p->names[index]),
        .peer = address,
        .has_key = peer->key != NULL,
        .has_dpd = site->as.has_dpd,
        .dpd_threshold_s = 10,
        .dpd_retry_s = 2,
    };
    CHECK(vault_set_key(site->vault, p->policy.tunnel_group_count, bytes_of_text(peer->key == NULL ? "" : peer->key)));
    p->policy.tunnel_group_count++;
}

void world_policy(struct site *site, int turn)
{
    struct site_policy *p = &site->policies[turn];
    const struct sim_site *as = &site->as;

    memset(p, 0, sizeof *p);
    p->interface = (struct policy_interface){.name = "outside",
                                             .hardware = "",
                                             .linux_name = "",
                                             .ip = ip_of_v4(as->address),
                                             .prefix_len = 24,
                                             .is_ikev1_enabled = true,
                                             .map_name = "outside_map"};
    p->isakmp = (struct isakmp_policy){10, OAKLEY_AUTH_PSK, as->cipher, as->hash, as->group, as->lifetime_s};
    p->set = (struct transform_set){"set", as->esp_cipher, as->esp_integrity, false};
    p->policy = (struct policy){
        .hostname = "site",
        .interfaces = &p->interface,
        .interface_count = 1,
        .isakmp_policies = &p->isakmp,
        .isakmp_policy_count = 1,
        .transform_sets = &p->set,
        .transform_set_count = 1,
        .tunnel_groups = p->groups,
        .tunnels = p->tunnels,
        .key_id = "",
        .is_nat_t_on = !as->is_nat_t_off,
        .nat_keepalive_s = 20,
        .schedule = as->schedule,
        .replay_window = 64,
    };
    while (p->policy.tunnel_count < SIM_TUNNELS_MAX && as->peers[p->policy.tunnel_count].address != 0)
        tunnel_make(site, p, p->policy.tunnel_count++);
}

void plane_install(struct sim *sim, uint32_t index, const struct ike_install *install)
{
    struct site *site = &sim->sites[index];
    struct plane_pair *free_place = NULL;

    for (size_t i = 0; i < SIM_PAIRS_MAX; i++) {
        struct plane_pair *pair = &site->pairs[i];

        if (!pair->is_used) {
            free_place = free_place == NULL ? pair : free_place;
            continue;
        }
        if (handle_equal(pair->install.pair, install->pair)) {
            free_place = pair;
            break;
        }
        if (pair->install.spi_in == install->spi_in)
            sim_violate(sim, "an SPI is used twice");
        if (memcmp(pair->install.key_in, install->key_in, install->key_len) == 0)
            sim_violate(sim, "a key is used twice");
    }
    if (free_place == NULL) {
        sim_violate(sim, "more pairs than this world holds");
        return;
    }
    free_place->is_used = true;
    free_place->is_inbound |= install->is_inbound;
    free_place->is_outbound |= install->is_outbound;
    free_place->install = *install;
    sim_installed(sim, index, install->pair);
}

void plane_remove(struct sim *sim, uint32_t site, struct handle pair)
{
    for (size_t i = 0; i < SIM_PAIRS_MAX; i++)
        if (sim->sites[site].pairs[i].is_used && handle_equal(sim->sites[site].pairs[i].install.pair, pair))
            memset(&sim->sites[site].pairs[i], 0, sizeof sim->sites[site].pairs[i]);
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

/* After every feed: pools within their limits, every exchange with a live timer. */
void world_check(struct sim *sim, uint32_t index)
{
    const struct ike *ike = sim->sites[index].ike;
    struct ike_use use = ike_view_use(ike);

    if (use.peers > sim_limits.peers || use.sas > sim_limits.sas || use.exchanges > sim_limits.exchanges ||
        use.pairs > sim_limits.pairs)
        sim_violate(sim, "a pool is over its limit");
    if (use.exchanges > 0 && ike_deadline_ms(ike) == UINT64_MAX)
        sim_violate(sim, "an exchange has no deadline");
    if (use.drafts > use.exchanges)
        sim_violate(sim, "more parked drafts than exchanges");
}
