/* Groups of users in the words of a router: client configuration groups, and a crypto map that says who is asked. */
#include "conf/compile.h"
#include "conf/convert_parts.h"
#include "policy/ace_words.h"

#include <string.h>

static const char for_any[] = "DefaultRAGroup";

bool convert_is_ios_group(const struct tunnel_group *group)
{
    return group->is_remote_access && group->trustpoint == 0 && group->user_auth != USER_AUTH_HYBRID &&
           (group->is_by_identity || strcmp(group->name, for_any) == 0);
}

static bool has_group(const struct converting *c, enum user_auth user_auth)
{
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++)
        if (convert_is_ios_group(&c->policy->tunnel_groups[i]) && c->policy->tunnel_groups[i].user_auth == user_auth)
            return true;
    return false;
}

bool convert_has_ios_groups(const struct converting *c)
{
    return has_group(c, USER_AUTH_XAUTH) || has_group(c, USER_AUTH_NONE);
}

bool convert_asks_users(const struct converting *c)
{
    return has_group(c, USER_AUTH_XAUTH);
}

static void add_servers(const struct converting *c, const char *word, const struct ip servers[static SERVERS_MAX])
{
    char ip[IP_TEXT_SIZE];

    if (!ip_is_set(servers[0]))
        return;
    text_add(c->t, " %s", word);
    for (unsigned i = 0; i < SERVERS_MAX && ip_is_set(servers[i]); i++)
        text_add(c->t, " %s", ip_text(servers[i], ip));
    text_add(c->t, "\n");
}

static void add_split_domains(const struct converting *c, const char *domains)
{
    for (size_t len; *domains; domains += len + strspn(domains + len, " ")) {
        len = strcspn(domains, " ");
        text_add(c->t, " split-dns %.*s\n", (int)len, domains);
    }
}

static void add_policy(const struct converting *c, const struct group_policy *p)
{
    add_servers(c, "dns", p->dns);
    add_servers(c, "wins", p->wins);
    if (*p->default_domain)
        text_add(c->t, " domain %s\n", p->default_domain);
    add_split_domains(c, p->split_dns);
    if (p->split_tunnel == SPLIT_TUNNEL_SPECIFIED)
        text_add(c->t, " acl %s-NETWORKS\n", p->name);
    if (*p->banner && strstr(p->banner, "^C") == NULL)
        text_add(c->t, " banner ^C%s^C\n", p->banner);
    if (p->may_store_password)
        text_add(c->t, " save-password\n");
    if (p->wants_pfs)
        text_add(c->t, " pfs\n");
    if (p->are_logins_limited)
        text_add(c->t, " max-logins %u\n", p->login_limit);
}

static void add_group(const struct converting *c, const struct tunnel_group *g)
{
    text_add(c->t, "crypto isakmp client configuration group %s\n key *****\n",
             strcmp(g->name, for_any) == 0 ? "default" : g->name);
    if (g->pool_count > 0)
        text_add(c->t, " pool %s\n", c->policy->pools[g->pools[0]].name);
    if (g->group_policy != 0)
        add_policy(c, &c->policy->group_policies[g->group_policy - 1]);
    for (uint8_t i = 1; i < g->pool_count; i++)
        text_add(c->t, "! not carried: pool %s of tunnel-group %s: a router's groups have one\n",
                 c->policy->pools[g->pools[i]].name, g->name);
    if (g->group_policy != 0 && c->policy->group_policies[g->group_policy - 1].split_tunnel == SPLIT_TUNNEL_EXCLUDED)
        text_add(c->t, "! not carried: what does not go through the tunnel of tunnel-group %s\n", g->name);
    if (g->user_auth == USER_AUTH_NONE && convert_asks_users(c))
        text_add(c->t, "! not carried: that users of tunnel-group %s are asked for no password\n", g->name);
}

/* The networks of a group-policy that some group has, once. */
static void add_networks(const struct converting *c)
{
    for (uint16_t i = 0; i < c->policy->group_policy_count; i++) {
        const struct group_policy *p = &c->policy->group_policies[i];
        bool is_used = false;

        for (uint16_t k = 0; k < c->policy->tunnel_group_count; k++)
            is_used |=
                convert_is_ios_group(&c->policy->tunnel_groups[k]) && c->policy->tunnel_groups[k].group_policy == i + 1;
        if (!is_used || p->split_tunnel != SPLIT_TUNNEL_SPECIFIED)
            continue;
        text_add(c->t, "ip access-list extended %s-NETWORKS\n", p->name);
        for (uint16_t k = 0; k < p->split_network_count; k++) {
            struct crypto_ace ace = {.selector = {.local = p->split_networks[k],
                                                  .remote = ip_range_of_prefix(ip_of_v4(0), 0),
                                                  .local_ports = {0, 65535},
                                                  .remote_ports = {0, 65535}},
                                     .is_permit = true};

            text_add(c->t, " ");
            text_add_ace(c->t, &ace, true);
            text_add(c->t, "\n");
        }
    }
}

static void add_pools(const struct converting *c)
{
    char first[IP_TEXT_SIZE], last[IP_TEXT_SIZE];

    for (uint16_t i = 0; i < c->policy->pool_count; i++) {
        const struct address_pool *pool = &c->policy->pools[i];

        text_add(c->t, "ip local pool %s %s %s\n", pool->name, ip_text(pool->range.first, first),
                 ip_text(pool->range.last, last));
        if (ip_is_set(pool->mask))
            text_add(c->t, "! not carried: the mask of pool %s\n", pool->name);
    }
}

static void add_lists(const struct converting *c)
{
    const struct statement *s = NULL;

    text_add(c->t, "!\naaa new-model\naaa authorization network GROUPS local\n");
    if (!convert_asks_users(c))
        return;
    text_add(c->t, "aaa authentication login USERS local\n");
    while ((s = statements_next(c->conf->statements, s, STATEMENT_username)) != NULL) {
        text_add(c->t, "username ");
        text_add_escaped(c->t, first_argument(s));
        text_add(c->t, " secret *****\n");
    }
}

/* Of each map with a dynamic map in it, once. */
static void add_maps(const struct converting *c)
{
    struct bytes told = bytes_of(NULL, 0);
    const struct statement *s = NULL;

    while ((s = statements_next(c->conf->statements, s, STATEMENT_map_dynamic)) != NULL) {
        struct bytes map = statement_argument(s, "map", 0);
        int len = (int)map.len;
        const char *name = (const char *)map.data;

        if (bytes_equal(map, told))
            continue;
        told = map;
        if (convert_asks_users(c))
            text_add(c->t, "crypto map %.*s client authentication list USERS\n", len, name);
        text_add(c->t, "crypto map %.*s isakmp authorization list GROUPS\n", len, name);
        text_add(c->t, "crypto map %.*s client configuration address respond\n", len, name);
    }
}

void convert_add_ios_users(const struct converting *c)
{
    if (!convert_has_ios_groups(c))
        return;
    add_lists(c);
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++)
        if (convert_is_ios_group(&c->policy->tunnel_groups[i]))
            add_group(c, &c->policy->tunnel_groups[i]);
    add_pools(c);
    add_networks(c);
    add_maps(c);
}
