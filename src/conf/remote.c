/* Remote access: pools of addresses, what the users of a group-policy get. */
#include "conf/compile.h"

#include <string.h>

enum { POOL_MAX = 65536, BANNER_MAX = 1024 };

/* ---- pools */

static bool read_range(struct bytes text, struct ip_range *range)
{
    const uint8_t *dash = text.len == 0 ? NULL : memchr(text.data, '-', text.len);
    size_t first_len = dash == NULL ? text.len : (size_t)(dash - text.data);

    if (!ip_parse(&range->first, bytes_of(text.data, first_len)))
        return false;
    range->last = range->first;
    return dash == NULL || ip_parse(&range->last, bytes_after(text, first_len + 1));
}

static uint64_t address_count(struct ip_range range)
{
    uint64_t count = 1;

    for (size_t i = 0, weight = 24; i < 4; i++, weight -= 8)
        count += ((uint64_t)range.last.octets[i] << weight) - ((uint64_t)range.first.octets[i] << weight);
    return count;
}

/* Why it is not used; NULL: it is. */
static const char *read_pool(const struct statement *s, struct address_pool *pool)
{
    if (!read_range(statement_argument(s, "address-range", 0), &pool->range))
        return "its range is not of the form 10.0.0.1-10.0.0.9";
    if (pool->range.first.family != IP_V4 || pool->range.last.family != IP_V4)
        return "only pools of IPv4 addresses are served";
    if (ip_compare(pool->range.first, pool->range.last) > 0 || address_count(pool->range) > POOL_MAX)
        return "its range is empty, or has more than 65536 addresses";
    struct bytes mask = statement_argument(s, "mask", 0);
    if (mask.len > 0 && (!ip_parse(&pool->mask, mask) || ip_mask_len(pool->mask) < 0))
        return "its mask is none";
    return NULL;
}

void compile_pools(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_ip_local_pool);
    struct address_pool *pools = arena_take(c->arena, count * sizeof *pools);
    uint16_t used = 0;

    if (pools == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_ip_local_pool)) != NULL;) {
        struct address_pool pool = {.name = name_of(c, statement_argument(s, "pool", 0))};
        const char *why = used == NO_INDEX - 1 ? "there are too many" : read_pool(s, &pool);

        if (why == NULL)
            pools[used++] = pool;
        else
            say(c, CONF_ERROR, s, "pool %.64s is not used: %s", pool.name, why);
    }
    c->conf->policy.pools = pools;
    c->conf->policy.pool_count = used;
}

static uint16_t pool_of_name(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->conf->policy.pool_count; i++)
        if (bytes_equal(bytes_of_text(c->conf->policy.pools[i].name), name))
            return i;
    return NO_INDEX;
}

/* Those that there are not are complained of where a tunnel-group has the policy. */
static void take_own_pools(struct compiler *c, struct group_policy *g, const struct statement *s)
{
    struct bytes name;

    g->pool_count = 0;
    for (unsigned i = 0; (name = statement_argument(s, "pool", i)).len > 0; i++)
        if (pool_of_name(c, name) != NO_INDEX && g->pool_count < POOLS_PER_GROUP_MAX)
            g->pools[g->pool_count++] = pool_of_name(c, name);
}

/* ---- group policies */

static const char default_policy[] = "DfltGrpPolicy";

static void take_servers(const struct compiler *c, const struct statement *s, struct ip servers[static SERVERS_MAX])
{
    for (unsigned i = 0; i < SERVERS_MAX; i++)
        if (!resolve_host(c, statement_argument(s, "host", i), &servers[i]))
            servers[i] = (struct ip){0};
}

static const char *copy(struct compiler *c, struct bytes text)
{
    const char *made = arena_copy_text(c->arena, text);

    return made == NULL ? "" : made;
}

/* Several lines, one below the other. */
static const char *banner_of(struct compiler *c, const struct statement *block)
{
    char space[BANNER_MAX];
    struct text t = text_of(space, sizeof space);

    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;) {
        if (s->state != STATEMENT_IS_KNOWN || s->row->kind != STATEMENT_banner_text || !statement_has(s, "value"))
            continue;
        struct bytes line = statement_argument(s, "text", 0);

        text_add(&t, "%s%.*s", t.len > 0 ? "\n" : "", (int)line.len, (const char *)line.data);
    }
    return copy(c, bytes_of_text(space));
}

/* `access-list X standard permit ...`; of an extended one the source counts, as on an ASA. */
static bool read_network(struct compiler *c, const struct statement *s, struct ip_range *range)
{
    struct bytes host = statement_argument(s, "host", 0), mask = statement_argument(s, "mask", 0);
    struct ip ip, bits;

    (void)c;
    if (host.len == 0 || !ip_parse(&ip, host))
        return false;
    if (statement_has(s, "host") || mask.len == 0) {
        *range = (struct ip_range){ip, ip};
        return true;
    }
    if (!ip_parse(&bits, mask) || ip_mask_len(bits) < 0)
        return false;
    *range = ip_range_of_prefix(ip_first(ip, (unsigned)ip_mask_len(bits)), (unsigned)ip_mask_len(bits));
    return true;
}

static void take_networks(struct compiler *c, struct group_policy *g, const struct statement *of)
{
    static const enum statement_kind kinds[] = {STATEMENT_acl_standard, STATEMENT_acl_extended};
    struct ip_range *networks = arena_take(c->arena, SPLIT_NETWORKS_MAX * sizeof *networks);
    struct bytes name = statement_argument(of, "acl", 0);

    if (networks == NULL)
        return;
    g->split_networks = networks;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (const struct statement *s = NULL; (s = statements_next_named(c->statements, s, kinds[i], name)) != NULL;)
            if (!statement_has(s, "permit") || g->split_network_count == SPLIT_NETWORKS_MAX ||
                !read_network(c, s, &networks[g->split_network_count]))
                say(c, CONF_WARNING, s, "this line of access-list %.64s is not in the networks of group-policy %.64s",
                    name_of(c, name), g->name);
            else
                g->split_network_count++;
    if (g->split_network_count == 0)
        say(c, CONF_WARNING, of, "access-list %.64s of group-policy %.64s has no network", name_of(c, name), g->name);
}

/* Words of which one has to be there for ours; IPSec is what it was called up to 8.3. */
static bool allows_ikev1(struct bytes protocols)
{
    static const char *const ours[] = {"ikev1", "IPSec", "IPsec", "ipsec"};

    while (protocols.len > 0) {
        struct bytes word = first_word(&protocols);

        for (size_t i = 0; i < COUNT_OF(ours); i++)
            if (bytes_equal(word, bytes_of_text(ours[i])))
                return true;
    }
    return false;
}

static void take_attribute(struct compiler *c, struct group_policy *g, const struct statement *s)
{
    switch ((int)s->row->kind) {
    case STATEMENT_user_protocol:
    case STATEMENT_vpn_protocol: g->is_ikev1_refused = !allows_ikev1(statement_argument(s, "text", 0)); break;
    case STATEMENT_user_session:
    case STATEMENT_vpn_session: g->session_timeout_s = 60 * statement_number(s, "minutes"); break;
    case STATEMENT_user_idle:
    case STATEMENT_vpn_idle: g->idle_timeout_s = 60 * statement_number(s, "minutes"); break;
    case STATEMENT_user_logins:
    case STATEMENT_vpn_logins: {
        uint32_t count = statement_number(s, "login-count");

        g->are_logins_limited = true;
        g->login_limit = count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
        break;
    }
    case STATEMENT_dns_server: take_servers(c, s, g->dns); break;
    case STATEMENT_wins_server: take_servers(c, s, g->wins); break;
    case STATEMENT_banner_text: g->banner = banner_of(c, &c->statements->list[s->parent]); break;
    case STATEMENT_default_domain: g->default_domain = copy(c, statement_argument(s, "domain", 0)); break;
    case STATEMENT_split_dns: g->split_dns = copy(c, statement_argument(s, "text", 0)); break;
    case STATEMENT_split_policy:
        g->split_tunnel = statement_has(s, "tunnelspecified")    ? SPLIT_TUNNEL_SPECIFIED
                          : statement_has(s, "excludespecified") ? SPLIT_TUNNEL_EXCLUDED
                                                                 : SPLIT_TUNNEL_ALL;
        break;
    case STATEMENT_split_list:
        g->split_network_count = 0;
        if (statement_has(s, "value"))
            take_networks(c, g, s);
        break;
    case STATEMENT_user_filter:
    case STATEMENT_vpn_filter:
        g->filter = statement_has(s, "value") ? compile_filter(c, s, statement_argument(s, "acl", 0)) : 0;
        break;
    case STATEMENT_user_lock:
    case STATEMENT_group_lock:
        g->group_lock = statement_has(s, "value") ? name_of(c, statement_argument(s, "tunnel-group", 0)) : NULL;
        break;
    case STATEMENT_address_pools: take_own_pools(c, g, s); break;
    case STATEMENT_group_nem: g->may_extend_network = statement_has(s, "enable"); break;
    case STATEMENT_group_pfs: g->wants_pfs = statement_has(s, "enable"); break;
    case STATEMENT_user_storage:
    case STATEMENT_password_storage: g->may_store_password = statement_has(s, "enable"); break;
    }
}

static const struct statement *policy_block(const struct compiler *c, struct bytes name)
{
    return statements_next_named(c->statements, NULL, STATEMENT_group_policy_attributes, name);
}

void compile_attributes(struct compiler *c, struct group_policy *g, const struct statement *block)
{
    for (const struct statement *s = NULL; block != NULL && (s = next_child(c, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && !s->is_no)
            take_attribute(c, g, s);
}

/* What a policy does not say, DfltGrpPolicy says. */
void compile_group_policies(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_group_policy_attributes) + compile_user_policies(c);
    struct group_policy *list;
    const struct statement *defaults = policy_block(c, bytes_of_text(default_policy));
    uint16_t used = 0;

    count = count < NO_INDEX ? count : NO_INDEX - 1;
    list = arena_take(c->arena, count * sizeof *list);
    if (list == NULL)
        return;
    for (const struct statement *block = NULL;
         (block = statements_next(c->statements, block, STATEMENT_group_policy_attributes)) != NULL;) {
        if (used == NO_INDEX - 1)
            break;
        struct group_policy *g = &list[used++];

        *g = (struct group_policy){
            .name = name_of(c, first_argument(block)), .banner = "", .default_domain = "", .split_dns = ""};
        if (defaults != block)
            compile_attributes(c, g, defaults);
        compile_attributes(c, g, block);
    }
    c->conf->policy.group_policies = list;
    c->conf->policy.group_policy_count = used;
    compile_user_rights(c, list, (uint16_t)(count - used));
}

/* ---- tunnel-groups */

static void take_pools(struct compiler *c, struct tunnel_group *group, const struct statement *s)
{
    struct bytes name;

    for (unsigned i = 0; (name = statement_argument(s, "pool", i)).len > 0; i++) {
        uint16_t index = pool_of_name(c, name);

        if (name.data[0] == '(') /* an interface */
            continue;
        if (index == NO_INDEX || group->pool_count == POOLS_PER_GROUP_MAX)
            say(c, CONF_ERROR, s, "pool %.64s of tunnel-group %.64s is not used: %s", name_of(c, name), group->name,
                index == NO_INDEX ? "there is none of that name" : "there are more than 6");
        else
            group->pools[group->pool_count++] = index;
    }
}

uint16_t compile_policy_number(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->conf->policy.group_policy_count; i++)
        if (c->conf->policy.group_policies[i].user == NULL &&
            bytes_equal(bytes_of_text(c->conf->policy.group_policies[i].name), name))
            return i + 1;
    return 0;
}

static bool is_policy(const struct compiler *c, struct bytes name)
{
    return statements_next_named(c->statements, NULL, STATEMENT_group_policy, name) != NULL ||
           compile_policy_number(c, name) != 0 || bytes_equal(name, bytes_of_text(default_policy));
}

static const struct statement *named_policy(const struct compiler *c, const struct statement *general)
{
    const struct statement *found = NULL;

    for (const struct statement *s = NULL; general != NULL && (s = next_child(c, general, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && !s->is_no && s->row->kind == STATEMENT_default_group_policy)
            found = s;
    return found;
}

void compile_group_policy(struct compiler *c, struct tunnel_group *group, const struct statement *general,
                          const struct statement *of_default)
{
    const struct statement *s =
        named_policy(c, general) != NULL ? named_policy(c, general) : named_policy(c, of_default);
    struct bytes name = s == NULL ? bytes_of_text(default_policy) : statement_argument(s, "group-policy", 0);

    group->group_policy = compile_policy_number(c, name);
    if (group->group_policy == 0)
        group->group_policy = compile_policy_number(c, bytes_of_text(default_policy));
    if (!is_policy(c, name))
        say(c, CONF_WARNING, s, "tunnel-group %.64s: there is no group-policy %.64s, so DfltGrpPolicy holds",
            group->name, name_of(c, name));
    if (group->group_policy != 0 && c->conf->policy.group_policies[group->group_policy - 1].is_ikev1_refused)
        say(c, CONF_WARNING, s,
            "tunnel-group %.64s: the vpn-tunnel-protocol of its group-policy %.64s has no ikev1 in it: its peers are "
            "refused",
            group->name, c->conf->policy.group_policies[group->group_policy - 1].name);
}

static void take_pools_of_policy(struct compiler *c, struct tunnel_group *group)
{
    const char *name =
        group->group_policy == 0 ? default_policy : c->conf->policy.group_policies[group->group_policy - 1].name;
    const struct statement *block = policy_block(c, bytes_of_text(name));

    for (const struct statement *s = NULL; block != NULL && (s = next_child(c, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_address_pools && statement_has(s, "value"))
            take_pools(c, group, s);
}

void compile_remote_group(struct compiler *c, struct tunnel_group *group, const struct statement *general)
{
    for (const struct statement *s = NULL; general != NULL && (s = next_child(c, general, s)) != NULL;) {
        if (s->state != STATEMENT_IS_KNOWN || s->is_no)
            continue;
        if (s->row->kind == STATEMENT_address_pool)
            take_pools(c, group, s);
        else if (s->row->kind == STATEMENT_server_group)
            compile_servers_of_users(c, group, s);
    }
    take_pools_of_policy(c, group);
    if (group->user_auth == USER_AUTH_NONE)
        say(c, CONF_WARNING, general,
            "tunnel-group %.64s asks nobody for a password: whoever has its key is let in, and gets no address",
            group->name);
    if (group->pool_count == 0)
        say(c, CONF_WARNING, general, "tunnel-group %.64s has no pool: its users get no address", group->name);
}

bool compile_serves_users(const struct compiler *c)
{
    for (uint16_t i = 0; i < c->group_count; i++)
        if (c->groups[i].group.is_remote_access && c->groups[i].group.pool_count > 0)
            return true;
    return false;
}
