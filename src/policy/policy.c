#include "policy/policy.h"

#include "base/check.h"
#include "wire/numbers.h"
#include "wire/payloads.h"

#include <string.h>

static const struct schedule_info schedules[] = {
#define SCHEDULE(name, word, do_responders_repeat, answers_after_s, i1, r1, i2, r2, ...)                               \
    [SCHEDULE_##name] = {#name, word, do_responders_repeat, answers_after_s, {{i1, r1}, {i2, r2}}, {__VA_ARGS__}},
#include "policy/schedule.def"
#undef SCHEDULE
};

const struct schedule_info *schedule_info(enum schedule_id id)
{
    CHECK((unsigned)id < SCHEDULE_COUNT);
    return &schedules[id];
}

static bool can_prove(const struct tunnel_group *group)
{
    return group->has_key || group->trustpoint != 0;
}

uint16_t policy_tunnel_group_of(const struct policy *policy, struct ip peer)
{
    uint16_t for_any = NO_INDEX;

    for (uint16_t i = 0; i < policy->tunnel_group_count; i++) {
        const struct tunnel_group *group = &policy->tunnel_groups[i];

        if (ip_is_set(group->peer) && ip_equal(group->peer, peer))
            return i;
        if (!ip_is_set(group->peer) && !group->is_by_identity && group->user_auth == USER_AUTH_NONE &&
            (for_any == NO_INDEX || (!can_prove(&policy->tunnel_groups[for_any]) && can_prove(group))))
            for_any = i;
    }
    return for_any;
}

uint16_t policy_remote_group_for_any(const struct policy *policy, enum user_auth user_auth)
{
    for (uint16_t i = 0; i < policy->tunnel_group_count; i++) {
        const struct tunnel_group *group = &policy->tunnel_groups[i];

        if (group->is_remote_access && !group->is_by_identity && !ip_is_set(group->peer) &&
            group->user_auth == user_auth)
            return i;
    }
    return NO_INDEX;
}

uint16_t policy_tunnel_group_of_name(const struct policy *policy, struct bytes name)
{
    for (uint16_t i = 0; i < policy->tunnel_group_count; i++)
        if (policy->tunnel_groups[i].is_by_identity && bytes_equal(bytes_of_text(policy->tunnel_groups[i].name), name))
            return i;
    return NO_INDEX;
}

uint16_t policy_tunnel_group_of_identity(const struct policy *policy, const struct id *id, struct ip peer)
{
    uint16_t of_peer = policy_tunnel_group_of(policy, peer), of_id;
    bool has_own = of_peer != NO_INDEX && ip_is_set(policy->tunnel_groups[of_peer].peer);
    struct ip_range range;

    if (id_to_range(id, &range))
        of_id = has_own ? of_peer : policy_tunnel_group_of(policy, range.first);
    else
        of_id = policy_tunnel_group_of_name(policy, id->data);
    return has_own && of_id != of_peer ? NO_INDEX : of_id;
}

uint16_t policy_same_tunnel_group(const struct policy *from, uint16_t group, struct ip peer, const struct policy *to)
{
    const char *name = from->tunnel_groups[group].name;
    uint16_t same = from->tunnel_groups[group].is_by_identity ? policy_tunnel_group_of_name(to, bytes_of_text(name))
                                                              : policy_tunnel_group_of(to, peer);

    return same != NO_INDEX && strcmp(to->tunnel_groups[same].name, name) == 0 ? same : NO_INDEX;
}

struct own_identity policy_identity_to(const struct policy *policy, uint16_t tunnel_group)
{
    if (tunnel_group < policy->tunnel_group_count && policy->tunnel_groups[tunnel_group].identity.kind != IDENTITY_AUTO)
        return policy->tunnel_groups[tunnel_group].identity;
    return (struct own_identity){
        .kind = policy->identity,
        .name = policy->identity == IDENTITY_KEY_ID ? policy->key_id : policy->fqdn,
    };
}

const struct trustpoint *policy_trustpoint_of(const struct policy *policy, uint16_t tunnel_group)
{
    uint16_t number = tunnel_group < policy->tunnel_group_count ? policy->tunnel_groups[tunnel_group].trustpoint : 0;

    return number == 0 || number > policy->trustpoint_count ? NULL : &policy->trustpoints[number - 1];
}

static bool names_peer(const struct tunnel *t, struct ip peer)
{
    for (uint8_t i = 0; i < t->peer_count; i++)
        if (ip_equal(t->peers[i], peer))
            return true;
    return false;
}

bool policy_names_peer(const struct policy *policy, struct ip peer)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (!policy->tunnels[i].is_dynamic && names_peer(&policy->tunnels[i], peer))
            return true;
    return false;
}

uint16_t policy_tunnel_of_peer(const struct policy *policy, struct ip peer)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].parked == NULL && names_peer(&policy->tunnels[i], peer))
            return i;
    return NO_INDEX;
}

uint16_t policy_interface_of(const struct policy *policy, struct ip local)
{
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];

        if (interface->is_ikev1_enabled && ip_is_set(interface->ip) && ip_equal(interface->ip, local))
            return i;
    }
    return NO_INDEX;
}

bool policy_is_own(const struct policy *policy, struct ip ip)
{
    for (uint16_t i = 0; i < policy->interface_count && ip_is_set(ip); i++)
        if (ip_equal(policy->interfaces[i].ip, ip))
            return true;
    return false;
}

/* The first line of the entry that the packet matches, permit or deny; NULL: none does. */
static const struct crypto_ace *first_match(const struct tunnel *t, const struct flow *flow)
{
    for (uint16_t i = 0; i < t->ace_count; i++)
        if (selector_matches(&t->aces[i].selector, flow))
            return &t->aces[i];
    return NULL;
}

bool policy_steer(const struct policy *policy, const struct flow *flow, uint16_t *tunnel, uint16_t *ace)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];
        const struct crypto_ace *match = t->interface == NO_INDEX || t->is_open ? NULL : first_match(t, flow);

        if (match == NULL || !match->is_permit)
            continue;
        *tunnel = i;
        *ace = (uint16_t)(match - t->aces);
        return true;
    }
    return false;
}

struct selector policy_selector_for(const struct tunnel *tunnel, uint16_t ace, const struct flow *flow)
{
    struct selector selector = tunnel->aces[ace].selector;

    if (!tunnel->is_per_host || !ip_is_set(flow->local) || !ip_is_set(flow->remote))
        return selector;
    selector.local = (struct ip_range){flow->local, flow->local};
    selector.remote = (struct ip_range){flow->remote, flow->remote};
    return selector;
}

static bool match_static(const struct policy *policy, struct ip peer, const struct selector *wanted, uint16_t *tunnel,
                         uint16_t *ace)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];

        if (t->parked != NULL || t->is_dynamic || !names_peer(t, peer))
            continue;
        for (uint16_t j = 0; j < t->ace_count; j++) {
            if (!t->aces[j].is_permit || !selector_equal(&t->aces[j].selector, wanted))
                continue;
            *tunnel = i;
            *ace = j;
            return true;
        }
    }
    return false;
}

/* The permit line that holds all of it, when no deny before it has a part of it. */
static const struct crypto_ace *line_around(const struct tunnel *t, const struct selector *wanted)
{
    for (uint16_t i = 0; i < t->ace_count; i++) {
        if (t->aces[i].is_permit && selector_contains(&t->aces[i].selector, wanted))
            return &t->aces[i];
        if (!t->aces[i].is_permit && selector_overlaps(&t->aces[i].selector, wanted))
            return NULL;
    }
    return NULL;
}

static bool serves(const struct policy *policy, const struct tunnel *t, uint16_t tunnel_group)
{
    const char *profile =
        tunnel_group < policy->tunnel_group_count ? policy->tunnel_groups[tunnel_group].profile : NULL;

    return t->parked == NULL && (t->profile == NULL || (profile != NULL && strcmp(t->profile, profile) == 0));
}

bool policy_match_proxy(const struct policy *policy, struct ip peer, uint16_t tunnel_group,
                        const struct selector *wanted, uint16_t *tunnel, uint16_t *ace)
{
    bool is_static = policy_names_peer(policy, peer);

    if (match_static(policy, peer, wanted, tunnel, ace))
        return true;
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];
        const struct crypto_ace *line = NULL;

        if (t->is_dynamic != is_static && serves(policy, t, tunnel_group) &&
            (t->peer_count == 0 || names_peer(t, peer)))
            line = line_around(t, wanted);
        if (line == NULL)
            continue;
        *tunnel = i;
        *ace = (uint16_t)(line - t->aces);
        return true;
    }
    return false;
}

uint16_t policy_tunnel_of_user(const struct policy *policy, uint16_t tunnel_group, const struct selector *wanted,
                               uint16_t *ace)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];
        const struct crypto_ace *line =
            t->is_dynamic && serves(policy, t, tunnel_group) && t->peer_count == 0 ? line_around(t, wanted) : NULL;

        if (line == NULL)
            continue;
        *ace = (uint16_t)(line - t->aces);
        return i;
    }
    return NO_INDEX;
}

bool policy_is_reserved(const struct policy *policy, const struct selector *selector)
{
    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (ip_is_set(policy->interfaces[i].ip) && ip_range_holds(selector->remote, policy->interfaces[i].ip))
            return true;
    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];

        for (uint16_t j = 0; j < t->ace_count && !t->is_dynamic; j++)
            if (t->aces[j].is_permit && selector_overlaps(&t->aces[j].selector, selector))
                return true;
    }
    return false;
}

static bool overlaps(struct ip_range a, struct ip_range b)
{
    struct ip_range both;

    return ip_range_intersect(a, b, &both);
}

bool policy_is_inside(const struct policy *policy, struct ip_range network, uint16_t interface)
{
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *at = &policy->interfaces[i];

        if (ip_is_set(at->ip) && overlaps(network, ip_range_of_prefix(at->ip, at->prefix_len)))
            return true;
    }
    for (uint16_t i = 0; i < policy->route_count; i++)
        if (policy->routes[i].interface != interface && policy->routes[i].prefix_len > 0 &&
            overlaps(network, policy->routes[i].destination))
            return true;
    for (uint16_t i = 0; i < policy->pool_count; i++)
        if (overlaps(network, policy->pools[i].range))
            return true;
    return false;
}

static bool same_aces(const struct tunnel *a, const struct tunnel *b)
{
    if (a->ace_count != b->ace_count)
        return false;
    for (uint16_t i = 0; i < a->ace_count; i++)
        if (a->aces[i].is_permit != b->aces[i].is_permit || !selector_equal(&a->aces[i].selector, &b->aces[i].selector))
            return false;
    return true;
}

static bool same_peers(const struct tunnel *a, const struct tunnel *b)
{
    if (a->peer_count != b->peer_count)
        return false;
    for (uint8_t i = 0; i < a->peer_count; i++)
        if (!ip_equal(a->peers[i], b->peers[i]))
            return false;
    return true;
}

static bool same_transform_sets(const struct policy *policy_a, const struct tunnel *a, const struct policy *policy_b,
                                const struct tunnel *b)
{
    if (a->transform_set_count != b->transform_set_count)
        return false;
    for (uint8_t i = 0; i < a->transform_set_count; i++) {
        const struct transform_set *x = &policy_a->transform_sets[a->transform_sets[i]];
        const struct transform_set *y = &policy_b->transform_sets[b->transform_sets[i]];

        if (x->cipher != y->cipher || x->integrity != y->integrity || x->is_transport != y->is_transport ||
            x->has_esn != y->has_esn)
            return false;
    }
    return true;
}

static bool same_interface(const struct policy *policy_a, const struct tunnel *a, const struct policy *policy_b,
                           const struct tunnel *b)
{
    if (a->interface == NO_INDEX || b->interface == NO_INDEX)
        return false;

    const struct policy_interface *x = &policy_a->interfaces[a->interface], *y = &policy_b->interfaces[b->interface];

    return strcmp(x->name, y->name) == 0 && ip_equal(x->ip, y->ip);
}

static bool same_tunnel(const struct policy *policy_a, const struct tunnel *a, const struct policy *policy_b,
                        const struct tunnel *b)
{
    return strcmp(a->map_name, b->map_name) == 0 && a->sequence == b->sequence && a->is_dynamic == b->is_dynamic &&
           a->is_open == b->is_open && a->is_client == b->is_client && a->pfs == b->pfs &&
           a->lifetime_s == b->lifetime_s && a->lifetime_kb == b->lifetime_kb &&
           a->connection_type == b->connection_type && a->is_aggressive == b->is_aggressive &&
           a->aggressive_group == b->aggressive_group && a->is_nat_t_off == b->is_nat_t_off && a->df == b->df &&
           a->is_per_host == b->is_per_host && a->is_split_sealed == b->is_split_sealed &&
           same_interface(policy_a, a, policy_b, b) && same_peers(a, b) && same_aces(a, b) &&
           same_transform_sets(policy_a, a, policy_b, b);
}

uint16_t policy_same_tunnel(const struct policy *from, uint16_t tunnel, const struct policy *to)
{
    CHECK(tunnel < from->tunnel_count);
    for (uint16_t i = 0; i < to->tunnel_count; i++)
        if (to->tunnels[i].parked == NULL && same_tunnel(from, &from->tunnels[tunnel], to, &to->tunnels[i]))
            return i;
    return NO_INDEX;
}
