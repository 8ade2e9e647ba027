/* The two sites, and their first state. */
#include "base/arena.h"
#include "base/check.h"
#include "search/world.h"

#include <string.h>

enum {
    WEST_IP = 0xc0000201,
    EAST_IP = 0xc6336402,
    WEST_NET = 0x0a010000,
    EAST_NET = 0x0a020000,
    KEY_COUNT = 1,
    SECRETS_MAX = 8
};

/* Small, for they are copied for every state; large enough that no run within the bounds meets them. */
const struct ike_limits search_limits = {
    .peers = 1, .sas = 8, .exchanges = 24, .pairs = WORLD_PAIRS_MAX, .blobs = 40, .half_open = 6};

static const struct {
    const char *name;
    uint32_t address, net;
} sites[SITES] = {{"west", WEST_IP, WEST_NET}, {"east", EAST_IP, EAST_NET}};

size_t stage_space(void)
{
    return sizeof(struct world) + SITES * (ike_space(&search_limits) + vault_space(KEY_COUNT, SECRETS_MAX)) + 512;
}

void stage_make(struct stage *stage, void *space)
{
    stage->state = space;
    stage->state_len = stage_space();
}

void stage_violate(struct stage *stage, const char *fault)
{
    if (stage->fault == NULL)
        stage->fault = fault;
}

static void policy_make(struct stage *stage, uint8_t site)
{
    const struct search_scenario *scenario = stage->scenario;
    struct site_policy *p = &stage->policies[site];
    uint8_t other = !site;

    *p = (struct site_policy){
        .interface = {.name = "outside",
                      .hardware = "",
                      .linux_name = "",
                      .ip = ip_of_v4(sites[site].address),
                      .prefix_len = 24,
                      .is_ikev1_enabled = true,
                      .map_name = "outside_map"},
        .isakmp = {10, OAKLEY_AUTH_PSK, CIPHER_AES128_CBC, HASH_SHA1, GROUP_ECP256, scenario->lifetime_s},
        .set = {"set", CIPHER_AES128_CBC, HASH_SHA1, false, false},
        .ace = {.selector = {.local = ip_range_of_prefix(ip_of_v4(sites[site].net), 24),
                             .remote = ip_range_of_prefix(ip_of_v4(sites[other].net), 24),
                             .local_ports = {0, 65535},
                             .remote_ports = {0, 65535}},
                .is_permit = true},
        .tunnel = {.map_name = "outside_map",
                   .sequence = 1,
                   .acl_name = "vpn",
                   .aces = &p->ace,
                   .ace_count = 1,
                   .peers = {ip_of_v4(sites[other].address)},
                   .peer_count = 1,
                   .is_aggressive = scenario->is_aggressive,
                   .transform_set_count = 1,
                   .pfs = scenario->has_pfs ? GROUP_ECP256 : GROUP_NONE,
                   .lifetime_s = scenario->esp_lifetime_s},
        .group = {.name = sites[other].name,
                  .peer = ip_of_v4(sites[other].address),
                  .has_key = true,
                  .has_dpd = scenario->has_dpd,
                  .dpd_threshold_s = 10,
                  .dpd_retry_s = 2},
        .policy = {.hostname = sites[site].name,
                   .interfaces = &p->interface,
                   .interface_count = 1,
                   .isakmp_policies = &p->isakmp,
                   .isakmp_policy_count = 1,
                   .transform_sets = &p->set,
                   .transform_set_count = 1,
                   .tunnel_groups = &p->group,
                   .tunnel_group_count = 1,
                   .tunnels = &p->tunnel,
                   .tunnel_count = 1,
                   .key_id = "",
                   .is_aggressive_answered = scenario->is_aggressive,
                   .is_nat_t_on = true,
                   .nat_keepalive_s = 20,
                   .replay_window = 64},
    };
}

bool stage_is_quiet(const struct stage *stage)
{
    const struct world *world = stage->world;

    for (int i = 0; i < SENT_MAX; i++)
        if (world->sent[i].under_way > 0)
            return false;
    for (int i = 0; i < ASKS_MAX; i++)
        if (world->asks[i].is_used && !world->asks[i].is_held)
            return false;
    for (int i = 0; i < INSTALLS_MAX; i++)
        if (world->installs[i].is_used && !world->installs[i].is_held)
            return false;
    return true;
}

/* West brings the tunnel up, and nothing goes wrong. */
static void begin_up(struct stage *stage)
{
    struct choice choices[CHOICES_MAX];
    static const uint8_t orderly[] = {CHOICE_DELIVER, CHOICE_ANSWER, CHOICE_INSTALL, CHOICE_TIMER};

    site_feed(stage, 0, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
    for (int step = 0; step < 100 && stage->fault == NULL; step++) {
        size_t count = choices_of(stage, choices);
        struct choice next = {.kind = CHOICE_NONE};

        for (size_t k = 0; k < COUNT_OF(orderly) && next.kind == CHOICE_NONE; k++)
            for (size_t i = 0; i < count && next.kind == CHOICE_NONE; i++)
                if (choices[i].kind == orderly[k])
                    next = choices[i];
        if (next.kind == CHOICE_TIMER && stage->ikes[0]->exchanges.taken_count == 0 &&
            stage->ikes[1]->exchanges.taken_count == 0)
            break;
        choice_take(stage, next);
    }
    CHECK(stage->fault != NULL || (stage->ikes[0]->pairs.taken_count == 1 && stage->ikes[1]->pairs.taken_count == 1));
}

void stage_begin(struct stage *stage, const struct search_scenario *scenario)
{
    struct arena arena = arena_of(stage->state, stage->state_len);

    memset(stage->state, 0, stage->state_len);
    stage->scenario = scenario;
    stage->fault = NULL;
    stage->world = arena_take(&arena, sizeof *stage->world);
    stage->world->now_ms = WORLD_BEGINS_MS;
    for (uint8_t site = 0; site < SITES; site++) {
        uint8_t seed[DRBG_SEED_LEN] = {site};

        stage->ikes[site] = ike_make(arena_take(&arena, ike_space(&search_limits)), &search_limits, BYTES_OF(seed));
        stage->vaults[site] =
            vault_make(arena_take(&arena, vault_space(KEY_COUNT, SECRETS_MAX)), KEY_COUNT, SECRETS_MAX);
        const char *key = scenario->do_keys_differ && site == 1 ? "wrong horse" : "correct horse";
        CHECK(!arena.is_full && vault_set_key(stage->vaults[site], 0, bytes_of_text(key)));
        policy_make(stage, site);
    }
    for (uint8_t site = 0; site < SITES; site++)
        site_feed(stage, site, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = &stage->policies[site].policy});
    if (scenario->begins_up)
        begin_up(stage);
    memcpy(stage->world->bounds, scenario->bounds, sizeof stage->world->bounds);
    for (int i = 0; i < SEARCH_COMMANDS_MAX && scenario->commands[i].what != NULL; i++)
        stage->world->commands_left |= (uint8_t)(1u << i);
}
