/* A configuration in the words of a router. */
#include "base/check.h"
#include "conf/convert_parts.h"
#include "conf/statement.h"
#include "policy/ace_words.h"
#include "wire/numbers.h"

#include <string.h>

/* Which curve it is, the certificate tells a router. */
static const char *auth_in_ios(uint16_t auth)
{
    static const struct {
        uint16_t auth;
        const char *name;
    } rows[] = {{OAKLEY_AUTH_PSK, "pre-share"},
                {OAKLEY_AUTH_RSA_SIG, "rsa-sig"},
                {OAKLEY_AUTH_ECDSA_256, "ecdsa-sig"},
                {OAKLEY_AUTH_ECDSA_384, "ecdsa-sig"},
                {OAKLEY_AUTH_ECDSA_521, "ecdsa-sig"}};
    size_t i = 0;

    while (i + 1 < COUNT_OF(rows) && rows[i].auth != auth)
        i++;
    CHECK(rows[i].auth == auth);
    return rows[i].name;
}

/* Its own, as long as there is room for those after it below the highest that a router knows. */
static unsigned ios_policy_number(const struct converting *c, uint16_t index)
{
    unsigned own = c->policy->isakmp_policies[index].priority;
    unsigned highest = 10000u - (c->policy->isakmp_policy_count - 1u - index);

    if (own > highest)
        text_add(c->t, "! not carried: the number %u of the next policy: a router's end at 10000\n", own);
    return own > highest ? highest : own;
}

/* Those that are chosen by an address alone: whom a name chooses, a router knows by other statements. */
static void add_ios_keys(const struct converting *c)
{
    char ip[IP_TEXT_SIZE];

    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++) {
        const struct tunnel_group *group = &c->policy->tunnel_groups[i];

        if (convert_has_ios_key(group))
            text_add(c->t, "crypto isakmp key ***** address %s%s\n",
                     ip_is_set(group->peer) ? ip_text(group->peer, ip) : "0.0.0.0 0.0.0.0",
                     convert_asks_users(c) ? " no-xauth" : "");
    }
}

/* What a router's global lines do not say of an entry: its profile does. */
static bool has_ios_profile(const struct converting *c, const struct tunnel *tunnel)
{
    const struct tunnel_group *group = convert_group_of(c, tunnel);
    bool has_identity = group != NULL && group->identity.kind != IDENTITY_AUTO;

    return !tunnel->is_dynamic && ((has_identity && convert_is_ios_identity(group->identity)) ||
                                   tunnel->is_aggressive || (group != NULL && convert_has_own_keepalive(c, group)));
}

static void add_ios_profile(const struct converting *c, const struct tunnel *tunnel)
{
    const struct tunnel_group *group = convert_group_of(c, tunnel);
    struct own_identity own = convert_identity_of(c, tunnel);
    char ip[IP_TEXT_SIZE];

    text_add(c->t, "!\ncrypto isakmp profile %s-%u\n keyring default\n", tunnel->map_name, tunnel->sequence);
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        text_add(c->t, " match identity address %s 255.255.255.255\n", ip_text(tunnel->peers[i], ip));
    switch (own.kind) {
    case IDENTITY_AUTO:
    case IDENTITY_KEY_ID: break;
    case IDENTITY_ADDRESS: text_add(c->t, " self-identity address\n"); break;
    case IDENTITY_HOSTNAME: text_add(c->t, " self-identity fqdn %s\n", own.name); break;
    case IDENTITY_USER_FQDN: text_add(c->t, " self-identity user-fqdn %s\n", own.name); break;
    }
    if (group != NULL && convert_has_own_keepalive(c, group))
        text_add(c->t, " keepalive %u retry %u\n", group->dpd_threshold_s, group->dpd_retry_s);
    if (tunnel->is_aggressive)
        text_add(c->t, " initiate mode aggressive\n");
}

/* What a router does otherwise unless it is told. */
static void add_ios_settings(const struct converting *c)
{
    static const char *const identities[] = {[IDENTITY_AUTO] = NULL,
                                             [IDENTITY_ADDRESS] = "address",
                                             [IDENTITY_HOSTNAME] = "hostname",
                                             [IDENTITY_USER_FQDN] = NULL,
                                             [IDENTITY_KEY_ID] = NULL};
    const struct policy *p = c->policy;

    if (identities[p->identity] != NULL)
        text_add(c->t, "crypto isakmp identity %s\n", identities[p->identity]);
    if (!p->is_aggressive_answered)
        text_add(c->t, "crypto isakmp aggressive-mode disable\n");
    if (p->is_spi_recovered)
        text_add(c->t, "crypto isakmp invalid-spi-recovery\n");
    if (p->sa_max != 0)
        text_add(c->t, "crypto call admission limit ike sa %u\n", p->sa_max);
    if (p->half_open_max != 0)
        text_add(c->t, "crypto call admission limit ike in-negotiation-sa %u\n", p->half_open_max);
    if (p->is_nat_t_on && p->nat_keepalive_s != 0)
        text_add(c->t, "crypto isakmp nat keepalive %u\n", p->nat_keepalive_s);
    if (p->replay_window == 0)
        text_add(c->t, "crypto ipsec security-association replay disable\n");
    else
        text_add(c->t, "crypto ipsec security-association replay window-size %u\n", p->replay_window);
}

static void add_ios_routes(const struct converting *c)
{
    for (uint16_t i = 0; i < c->policy->route_count; i++) {
        const struct policy_route *route = &c->policy->routes[i];

        if (route->gateway.family != IP_V4)
            continue;
        text_add(c->t, "%sip route ", i == 0 ? "!\n" : "");
        text_add_ip(c->t, route->destination.first);
        text_add(c->t, " ");
        text_add_ip(c->t, ip_mask(IP_V4, route->prefix_len));
        text_add(c->t, " ");
        text_add_ip(c->t, route->gateway);
        if (route->track != 0)
            text_add(c->t, " %u track %u", route->metric, route->track);
        text_add(c->t, "\n");
    }
}

static void add_ios_acl(const struct converting *c, const struct tunnel *tunnel)
{
    text_add(c->t, "ip access-list extended %s\n", tunnel->acl_name);
    for (uint16_t i = 0; i < tunnel->ace_count; i++) {
        const struct crypto_ace *ace = &tunnel->aces[i];

        if (ip_range_prefix_len(ace->selector.local) < 0 || ip_range_prefix_len(ace->selector.remote) < 0)
            text_add(c->t, "! not carried, because it has a range of addresses:");
        text_add(c->t, " ");
        text_add_ace(c->t, ace, true);
        text_add(c->t, "\n");
    }
}

static void add_ios_entry(const struct converting *c, const struct tunnel *tunnel)
{
    char ip[IP_TEXT_SIZE];

    text_add(c->t, tunnel->is_dynamic ? "crypto dynamic-map %s %u\n" : "crypto map %s %u ipsec-isakmp\n",
             tunnel->map_name, tunnel->sequence);
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        text_add(c->t, " set peer %s\n", ip_text(tunnel->peers[i], ip));
    text_add(c->t, " set transform-set");
    for (uint8_t i = 0; i < tunnel->transform_set_count; i++)
        text_add(c->t, " %s", c->policy->transform_sets[tunnel->transform_sets[i]].name);
    text_add(c->t, "\n");
    if (tunnel->pfs != GROUP_NONE)
        text_add(c->t, " set pfs group%u\n", group_info(tunnel->pfs)->number);
    if (tunnel->lifetime_s != 0)
        text_add(c->t, " set security-association lifetime seconds %u\n", tunnel->lifetime_s);
    if (tunnel->lifetime_kb != 0)
        text_add(c->t, " set security-association lifetime kilobytes %u\n", tunnel->lifetime_kb);
    if (tunnel->idle_time_s != 0)
        text_add(c->t, " set security-association idle-time %u\n", tunnel->idle_time_s);
    if (tunnel->is_per_host)
        text_add(c->t, " set security-association level per-host\n");
    if (!tunnel->is_open)
        text_add(c->t, " match address %s\n", tunnel->acl_name);
    if (tunnel->has_reverse_route)
        text_add(c->t, " reverse-route\n");
    if (has_ios_profile(c, tunnel))
        text_add(c->t, " set isakmp-profile %s-%u\n", tunnel->map_name, tunnel->sequence);
}

/* Which entry of a crypto map names which dynamic map. The policy has its entries in place of that one. */
static void add_ios_dynamic(const struct converting *c)
{
    for (const struct statement *s = NULL;
         (s = statements_next(c->conf->statements, s, STATEMENT_map_dynamic)) != NULL;) {
        text_add(c->t, "!\ncrypto map ");
        text_add_escaped(c->t, statement_argument(s, "map", 0));
        text_add(c->t, " %u ipsec-isakmp dynamic ", (unsigned)statement_number(s, "sequence"));
        text_add_escaped(c->t, statement_argument(s, "map", 1));
        text_add(c->t, "\n");
    }
}

static bool has_carried(const struct converting *c, uint16_t interface)
{
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++)
        if (c->policy->tunnels[i].interface == interface && convert_is_carried(&c->policy->tunnels[i], CONF_TO_IOS))
            return true;
    return false;
}

static bool is_split_sealed(const struct converting *c, uint16_t interface)
{
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++)
        if (c->policy->tunnels[i].interface == interface && c->policy->tunnels[i].is_split_sealed)
            return true;
    return false;
}

/* What all entries of an interface do with it is the interface's; what one of them does, a router has no word for. */
enum df_policy convert_df_of(const struct converting *c, uint16_t interface)
{
    const struct tunnel *first = NULL;

    for (uint16_t i = 0; i < c->policy->tunnel_count; i++) {
        const struct tunnel *t = &c->policy->tunnels[i];

        if (t->interface != interface || !convert_is_carried(t, CONF_TO_IOS))
            continue;
        first = first == NULL ? t : first;
        if (t->df != first->df)
            return DF_COPY;
    }
    return first == NULL ? DF_COPY : first->df;
}

/* An interface with addresses of both families stands twice in the policy; that of IPv6 is not carried. */
static void add_ios_interfaces(const struct converting *c)
{
    char ip[IP_TEXT_SIZE], mask[IP_TEXT_SIZE];

    for (uint16_t i = 0; i < c->policy->interface_count; i++) {
        const struct policy_interface *interface = &c->policy->interfaces[i];

        if (interface->ip.family != IP_V4)
            continue;
        text_add(c->t, "!\ninterface %s\n ip address %s %s\n", interface->hardware, ip_text(interface->ip, ip),
                 ip_text(ip_mask(IP_V4, interface->prefix_len), mask));
        if (has_carried(c, i))
            text_add(c->t, " crypto map %s\n", interface->map_name);
        if (convert_df_of(c, i) != DF_COPY)
            text_add(c->t, " crypto ipsec df-bit %s\n", convert_df_of(c, i) == DF_SET ? "set" : "clear");
        if (is_split_sealed(c, i))
            text_add(c->t, " crypto ipsec fragmentation after-encryption\n");
    }
}

void convert_to_ios(const struct converting *c)
{
    const struct policy *p = c->policy;
    struct text *t = c->t;

    text_add(t, "! Keys are not written: put them in place of *****\nhostname %s\n", p->hostname);
    if (strlen(p->fqdn) > strlen(p->hostname)) /* our identity may be made of it */
        text_add(t, "ip domain name %s\n", p->fqdn + strlen(p->hostname) + 1);
    text_add(t, "!\n");
    for (uint16_t i = 0; i < p->isakmp_policy_count; i++) {
        const struct isakmp_policy *policy = &p->isakmp_policies[i];

        unsigned number = ios_policy_number(c, i);

        text_add(t, "crypto isakmp policy %u\n encr %s\n hash %s\n authentication %s\n group %u\n lifetime %u\n",
                 number, convert_ciphers[policy->cipher].ios, convert_hashes[policy->hash].ios,
                 auth_in_ios(policy->auth), group_info(policy->group)->number,
                 policy->lifetime_s == 0 ? 86400 : policy->lifetime_s);
    }
    add_ios_keys(c);
    if (p->tunnel_group_count > 0 && p->tunnel_groups[0].has_dpd)
        text_add(t, "crypto isakmp keepalive %u %u %s\n", p->tunnel_groups[0].dpd_threshold_s,
                 p->tunnel_groups[0].dpd_retry_s, p->tunnel_groups[0].dpd_is_on_demand ? "on-demand" : "periodic");
    add_ios_settings(c);
    for (uint16_t i = 0; i < p->tunnel_count; i++)
        if (convert_is_carried(&p->tunnels[i], CONF_TO_IOS) && has_ios_profile(c, &p->tunnels[i]))
            add_ios_profile(c, &p->tunnels[i]);
    for (uint16_t i = 0; i < p->transform_set_count; i++) {
        const struct transform_set *set = &p->transform_sets[i];

        text_add(t, "!\ncrypto ipsec transform-set %s %s%s%s\n mode %s\n", set->name,
                 convert_ciphers[set->cipher].ios_transform, set->integrity == HASH_NONE ? "" : " ",
                 set->integrity == HASH_NONE ? "" : convert_hashes[set->integrity].ios_transform,
                 set->is_transport ? "transport" : "tunnel");
    }
    for (uint16_t i = 0; i < p->tunnel_count; i++) {
        if (!convert_is_carried(&p->tunnels[i], CONF_TO_IOS))
            continue;
        text_add(t, "!\n");
        if (!p->tunnels[i].is_open)
            add_ios_acl(c, &p->tunnels[i]);
        add_ios_entry(c, &p->tunnels[i]);
    }
    add_ios_dynamic(c);
    convert_add_ios_users(c);
    add_ios_interfaces(c);
    add_ios_routes(c);
    convert_add_ios_sla(c);
    convert_add_ios_logging(c);
    convert_add_remarks(c, "!", CONF_TO_IOS);
}
