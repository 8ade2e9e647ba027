/* A gateway as a table of the world: its policy, its beginnings and its misfortunes. */
#include "sim/world.h"

#include "base/check.h"
#include "policy/choose.h"

#include <string.h>

enum { SIM_TIME_S = 1800000000 }; /* the wall time that certificates are judged by: 15 January 2027 */

struct ip sim_inner_ip(const struct sim_site *as, uint32_t ip)
{
    const uint8_t octets[16] = {
        0x20, 0x01, 0x0d, 0xb8, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), [15] = (uint8_t)ip};

    return as->is_inner_ipv6 ? ip_of_bytes(BYTES_OF(octets)) : ip_of_v4(ip);
}

static struct ip_range network_of(const struct site *site, uint32_t net, uint32_t outer)
{
    return site->as.is_transport ? ip_range_of_prefix(ip_of_v4(outer), 32)
                                 : ip_range_of_prefix(sim_inner_ip(&site->as, net), site->as.is_inner_ipv6 ? 64 : 24);
}

static void tunnel_make(struct site *site, struct site_policy *p, uint16_t index)
{
    const struct sim_peer *peer = &site->as.peers[index];
    struct ip address = ip_of_v4(peer->address);

    p->aces[index] = (struct crypto_ace){
        .selector = {.local = network_of(site, peer->local_net, site->as.address),
                     .remote = network_of(site, peer->remote_net, peer->address),
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
        .peers = {address, ip_of_v4(peer->backup)},
        .peer_count = peer->backup == 0 ? 1 : 2,
        .is_aggressive = site->as.is_aggressive,
        .transform_set_count = 1,
        .pfs = peer->pfs,
        .is_per_host = site->as.is_per_host,
        .lifetime_s = site->as.esp_lifetime_s,
        .lifetime_kb = site->as.esp_lifetime_kb,
        .idle_time_s = site->as.esp_idle_time_s,
    };
    if (peer->key != NULL && peer->key[0] == '\0')
        return;
    p->groups[p->policy.tunnel_group_count] = (struct tunnel_group){
        .name = site->as.group_name != NULL ? site->as.group_name : ip_text(address, p->names[index]),
        .peer = site->as.group_name != NULL ? (struct ip){0} : address,
        .is_by_identity = site->as.group_name != NULL,
        .has_key = peer->key != NULL && site->as.credential == NULL,
        .trustpoint = site->as.credential != NULL,
        .sends_chain = true,
        .identity_check = site->as.identity_check,
        .peer_identity = site->as.peer_identity,
        .identity = site->as.identity,
        .has_dpd = site->as.has_dpd,
        .dpd_is_on_demand = site->as.dpd_is_on_demand,
        .dpd_restarts = site->as.dpd_restarts,
        .dpd_threshold_s = 10,
        .dpd_retry_s = 2,
    };
    CHECK(vault_set_key(site->vault, p->policy.tunnel_group_count, bytes_of_text(peer->key == NULL ? "" : peer->key)));
    p->policy.tunnel_group_count++;
}

/* In place of all of them. */
static void dynamic_make(struct site *site, struct site_policy *p)
{
    struct tunnel *tunnel = &p->tunnels[0];

    tunnel_make(site, p, 0);
    tunnel->is_dynamic = tunnel->is_open = true;
    tunnel->connection_type = CONNECTION_ANSWER_ONLY;
    tunnel->peer_count = 0;
    p->aces[0].selector.local = p->aces[0].selector.remote = ip_range_of_prefix(ip_of_v4(0), 0);
    p->groups[0].name = "DefaultL2LGroup";
    p->groups[0].peer = (struct ip){0};
    p->policy.tunnel_count = 1;
}

static enum user_auth user_auth_of(const struct site *site)
{
    return site->as.credential != NULL ? USER_AUTH_HYBRID : USER_AUTH_XAUTH;
}

static void users_make(struct site *site, struct site_policy *p)
{
    /* Of SIM_PASSWORD; by a method that is quick enough for thousands of worlds. */
    static const char hash[] = "$5$rounds=1000$ikewise$xTbe4bsn4dYgCFn7dyFuQvxyp/RVhM72CSCXunstIe5";
    static const struct user user = {{(const uint8_t *)SIM_USER, sizeof SIM_USER - 1},
                                     {(const uint8_t *)hash, sizeof hash - 1}};
    struct tunnel_group *group = &p->groups[0];

    dynamic_make(site, p);
    *group = (struct tunnel_group){.name = site->as.group_name != NULL ? site->as.group_name : "DefaultRAGroup",
                                   .is_by_identity = site->as.group_name != NULL,
                                   .has_key = site->as.credential == NULL,
                                   .trustpoint = site->as.credential != NULL,
                                   .sends_chain = true,
                                   .is_remote_access = true,
                                   .user_auth = user_auth_of(site),
                                   .pool_count = 1,
                                   .has_dpd = site->as.has_dpd,
                                   .dpd_is_on_demand = site->as.dpd_is_on_demand,
                                   .dpd_restarts = site->as.dpd_restarts,
                                   .dpd_threshold_s = 10,
                                   .dpd_retry_s = 2};
    uint32_t pool_size = site->as.pool_size == 0 ? SIM_POOL_SIZE : site->as.pool_size;

    p->pool = (struct address_pool){"users", {ip_of_v4(SIM_POOL), ip_of_v4(SIM_POOL + pool_size - 1)}, {0}};
    p->policy.pools = &p->pool;
    p->policy.pool_count = 1;
    if (site->as.has_pam) {
        p->user_server = (struct user_server){.name = "PAM", .service = "ikewise", .timeout_s = 10};
        p->policy.user_servers = &p->user_server;
        p->policy.user_server_count = 1;
        group->user_server = 1;
        group->is_local_asked_after = site->as.is_local_asked_after;
    }
    p->policy.is_aggressive_answered = true;
    vault_set_users(site->vault, (struct users){&user, 1});
}

static void client_make(struct site *site, struct site_policy *p)
{
    tunnel_make(site, p, 0);
    p->tunnels[0].is_client = true;
    p->tunnels[0].is_aggressive = !site->as.is_main_mode_of_users;
    p->aces[0].selector.local = p->aces[0].selector.remote = ip_range_of_prefix(ip_of_v4(0), 0);
    p->groups[0].user_auth = user_auth_of(site);
    p->groups[0].is_client = true;
    if (site->as.credential != NULL) { /* whom it trusts is all that it needs */
        p->trustpoint = site->as.credential->trustpoint;
        p->trustpoint.kind = SIGNATURE_NONE;
        p->trustpoint.certificate_count = 0;
        p->policy.trustpoints = &p->trustpoint;
    }
    p->policy.tunnel_count = 1;
    p->credential =
        (struct credential){.user = bytes_of_text(site->as.user), .password = bytes_of_text(site->as.password)};
    vault_set_credentials(site->vault, (struct credentials){&p->credential, 1});
}

static void group_policy_make(const struct site *site, struct site_policy *p)
{
    static const struct group_policy nothing = {
        .name = "DfltGrpPolicy", .banner = "", .default_domain = "", .split_dns = ""};
    static const uint16_t own[] = {2, 2, 2};

    p->group_policies[0] = site->as.group_policy.name != NULL ? site->as.group_policy : nothing;
    p->group_policies[1] = site->as.user_policy;
    p->policy.group_policies = p->group_policies;
    p->policy.group_policy_count = p->group_policies[1].name != NULL ? 2 : 1;
    p->rights = site->as.user_rights;
    p->rights.name = SIM_USER;
    if (p->group_policies[1].name != NULL)
        p->rights.group_policies = own;
    p->policy.users = &p->rights;
    p->policy.user_count = 1;
    for (uint16_t i = 0; i < p->policy.tunnel_group_count && site->as.group_policy.name != NULL; i++)
        p->groups[i].group_policy = 1;
}

static void take_gateway(struct site *site, struct site_policy *p)
{
    p->policy = *site->gateway.policy;
    for (uint16_t i = 0; i < site->gateway.key_count; i++)
        CHECK(vault_set_key(site->vault, site->gateway.keys[i].tunnel_group, site->gateway.keys[i].key));
    vault_set_users(site->vault, site->gateway.users);
    vault_set_credentials(site->vault, site->gateway.credentials);
    vault_set_time(site->vault, SIM_TIME_S);
    for (uint16_t i = 0; site->gateway.trusts != NULL && i < p->policy.trustpoint_count; i++)
        CHECK(vault_set_trust(site->vault, i, site->gateway.trusts[i]));
}

/* Those before its own are of a hash that no site has. */
static uint16_t policies_make(const struct sim_site *as, uint16_t auth, struct isakmp_policy list[SIM_POLICIES_MAX])
{
    uint16_t count = as->policy_count == 0 ? 1 : as->policy_count;

    CHECK(count <= SIM_POLICIES_MAX);
    for (uint16_t i = 0; i < count; i++)
        list[i] = (struct isakmp_policy){
            (uint16_t)(10 + i), auth, as->cipher, i + 1 < count ? HASH_MD5 : as->hash, as->group, as->lifetime_s};
    return count;
}

void site_policy_make(struct site *site, int turn)
{
    struct site_policy *p = &site->policies[turn];
    const struct sim_site *as = &site->as;

    memset(p, 0, sizeof *p);
    if (site->gateway.policy != NULL) {
        take_gateway(site, p);
        return;
    }
    p->interface = (struct policy_interface){.name = "outside",
                                             .hardware = "",
                                             .linux_name = "",
                                             .ip = ip_of_v4(as->address),
                                             .prefix_len = 24,
                                             .is_ikev1_enabled = true,
                                             .map_name = "outside_map"};
    enum signature_kind kind = as->credential == NULL ? SIGNATURE_NONE : as->credential->trustpoint.kind;
    uint16_t policy_count = policies_make(as, policy_auth_of(kind), p->isakmp);
    p->set = (struct transform_set){"set", as->esp_cipher, as->esp_integrity, as->is_transport, as->has_esn};
    p->policy = (struct policy){
        .hostname = "site",
        .interfaces = &p->interface,
        .interface_count = 1,
        .isakmp_policies = p->isakmp,
        .isakmp_policy_count = policy_count,
        .transform_sets = &p->set,
        .transform_set_count = 1,
        .tunnel_groups = p->groups,
        .trustpoints = as->credential == NULL ? NULL : &as->credential->trustpoint,
        .trustpoint_count = as->credential != NULL,
        .tunnels = p->tunnels,
        .identity = as->key_id != NULL ? IDENTITY_KEY_ID : IDENTITY_AUTO,
        .key_id = as->key_id != NULL ? as->key_id : "",
        .is_aggressive_answered = as->is_aggressive_answered,
        .is_nat_t_on = !as->is_nat_t_off,
        .is_spi_recovered = as->recovers_spis,
        .nat_keepalive_s = 20,
        .has_tunnel_manager = true,
        .fragment_len = as->fragment_len,
        .schedule = as->schedule,
        .replay_window = as->is_replay_off ? 0 : 64,
    };
    vault_set_time(site->vault, SIM_TIME_S);
    CHECK(vault_set_trust(site->vault, 0, as->credential == NULL || as->has_lost_key ? NULL : as->credential->trust));
    if (as->serves_users)
        users_make(site, p);
    else if (as->user != NULL)
        client_make(site, p);
    else if (as->takes_any_peer)
        dynamic_make(site, p);
    while (!as->serves_users && as->user == NULL && !as->takes_any_peer && p->policy.tunnel_count < SIM_TUNNELS_MAX &&
           as->peers[p->policy.tunnel_count].address != 0)
        tunnel_make(site, p, p->policy.tunnel_count++);
    group_policy_make(site, p);
}

void site_begin(struct sim *sim, uint32_t index)
{
    struct site *site = &sim->sites[index];
    uint8_t own_seed[DRBG_SEED_LEN];

    drbg_fill(&sim->drbg, own_seed, sizeof own_seed);
    site->ike = ike_make(site->ike_space, &site->limits, BYTES_OF(own_seed));
    site->vault = vault_make(site->vault_space, SIM_TUNNELS_MAX, sim_limits.exchanges);
    plane_empty(sim, index);
    oracle_forget_site(sim, index);
    if (site->as.address == 0)
        return; /* sim_site is to come */
    site_policy_make(site, site->policy_turn);
    sim_feed(sim, index,
             &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &site->policies[site->policy_turn].policy}, false);
}

static void take_policy(struct sim *sim, uint32_t index)
{
    struct site *site = &sim->sites[index];

    site->policy_turn = !site->policy_turn;
    site_policy_make(site, site->policy_turn);
    sim_feed(sim, index,
             &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &site->policies[site->policy_turn].policy}, false);
}

void sim_site(struct sim *sim, uint32_t index, const struct sim_site *as)
{
    sim->sites[index].as = *as;
    take_policy(sim, index);
}

void sim_gateway(struct sim *sim, uint32_t index, const struct sim_gateway *as)
{
    struct site *site = &sim->sites[index];

    site->gateway = *as;
    site->as =
        (struct sim_site){.address = as->address, .nat_address = as->nat_address, .schedule = as->policy->schedule};
    take_policy(sim, index);
}

void sim_sleep(struct sim *sim, uint32_t site, uint64_t for_ms)
{
    sim->happened[SIM_SLEPT]++;
    sim->sites[site].off_until_ms = sim->now_ms + for_ms;
}

void sim_crash(struct sim *sim, uint32_t index, uint64_t off_ms)
{
    struct site *site = &sim->sites[index];

    sim->happened[SIM_CRASHED]++;
    site->life++;
    site_begin(sim, index);
    site->off_until_ms = sim->now_ms + off_ms;
}

void sim_jump(struct sim *sim, uint32_t site, uint64_t by_ms)
{
    sim->happened[SIM_JUMPED]++;
    sim->sites[site].skew_ms += by_ms;
}

void sim_rebind(struct sim *sim, uint32_t site)
{
    sim->happened[SIM_REBOUND] += sim->sites[site].as.nat_address != 0;
    sim->sites[site].nat_shift = (uint16_t)(20000 + 10 * random_below(sim, 3000));
}

void sim_limit(struct sim *sim, uint32_t index, const struct ike_limits *limits)
{
    struct site *site = &sim->sites[index];

    CHECK(ike_space(limits) <= ike_space(&sim_limits) && limits->exchanges <= sim_limits.exchanges);
    site->limits = *limits;
    sim_crash(sim, index, 0);
}
