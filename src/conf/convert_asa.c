/* A configuration in the words of an ASA: its statements, and in its tunnel-groups what a router says in profiles. */
#include "conf/compile.h"
#include "conf/convert_parts.h"

static bool is_of_asa(const struct statement *s)
{
    static const enum statement_kind of_router[] = {
        STATEMENT_isakmp_profile,   STATEMENT_map_profile,       STATEMENT_map_profile_all, STATEMENT_dynamic_profile,
        STATEMENT_ipsec_df_bit_all, STATEMENT_fragmentation_all, STATEMENT_map_users,       STATEMENT_map_groups,
        STATEMENT_map_addresses,    STATEMENT_aaa_new_model,     STATEMENT_aaa_login,       STATEMENT_aaa_network};

    for (size_t i = 0; s->state == STATEMENT_IS_KNOWN && i < COUNT_OF(of_router); i++)
        if (s->row->kind == of_router[i])
            return false;
    return true;
}

static const struct statement *named(const struct converting *c, enum statement_kind kind, const char *name)
{
    return statements_next_named(c->conf->statements, NULL, kind, bytes_of_text(name));
}

static bool profile_says(const struct converting *c, const struct tunnel_group *g, enum statement_kind kind)
{
    const struct statement *profile = g->profile == NULL ? NULL : named(c, STATEMENT_isakmp_profile, g->profile);

    for (const struct statement *s = NULL;
         profile != NULL && (s = statements_below(c->conf->statements, profile, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == kind)
            return true;
    return false;
}

static void add_identity(const struct converting *c, const struct own_identity *own)
{
    char ip[IP_TEXT_SIZE];

    switch (own->kind) {
    case IDENTITY_AUTO: break;
    case IDENTITY_ADDRESS:
        text_add(c->t, " self-identity address%s%s\n", ip_is_set(own->ip) ? " " : "",
                 ip_is_set(own->ip) ? ip_text(own->ip, ip) : "");
        break;
    case IDENTITY_HOSTNAME: text_add(c->t, " self-identity fqdn %s\n", own->name); break;
    case IDENTITY_USER_FQDN: text_add(c->t, " self-identity user-fqdn %s\n", own->name); break;
    case IDENTITY_KEY_ID: text_add(c->t, " self-identity key-id %s\n", own->name); break;
    }
}

/* One that stands for a peer of a profile, whose key is that of DefaultL2LGroup. */
static void add_proof(const struct converting *c, const struct tunnel_group *g)
{
    const struct trustpoint *trustpoint = policy_trustpoint_of(c->policy, (uint16_t)(g - c->policy->tunnel_groups));

    if (g->has_key || g->is_key_hidden)
        text_add(c->t, " ikev1 pre-shared-key *****\n");
    if (trustpoint != NULL)
        text_add(c->t, " ikev1 trust-point %s\n", trustpoint->name);
}

static void add_users(const struct converting *c, const struct tunnel_group *g)
{
    static const char *const words[] = {
        [USER_AUTH_NONE] = "none", [USER_AUTH_XAUTH] = "xauth", [USER_AUTH_HYBRID] = "hybrid"};

    text_add(c->t, " ikev1 user-authentication %s\n", words[g->user_auth]);
    if (g->user_server == 0)
        return;
    text_add(c->t, "tunnel-group %s general-attributes\n authentication-server-group %s%s\n", g->name,
             c->policy->user_servers[g->user_server - 1].name, g->is_local_asked_after ? " LOCAL" : "");
}

/* By its profile, or by the crypto map. */
static bool has_users_of_router(const struct converting *c, const struct tunnel_group *g)
{
    return g->is_remote_access &&
           (g->profile != NULL || statements_next(c->conf->statements, NULL, STATEMENT_map_groups) != NULL);
}

static void add_group(const struct converting *c, const struct tunnel_group *g)
{
    bool is_written = named(c, STATEMENT_tunnel_ipsec, g->name) != NULL || g->is_remote_access;

    if (!is_written)
        text_add(c->t, "tunnel-group %s type ipsec-l2l\n", g->name);
    text_add(c->t, "tunnel-group %s ipsec-attributes\n", g->name);
    if (!is_written)
        add_proof(c, g);
    add_identity(c, &g->identity);
    if (profile_says(c, g, STATEMENT_profile_mode))
        text_add(c->t, " initiate mode aggressive\n");
    if (profile_says(c, g, STATEMENT_profile_keepalive) || !is_written)
        text_add(c->t, g->has_dpd ? " isakmp keepalive threshold %u retry %u%s\n" : " isakmp keepalive disable\n",
                 g->dpd_threshold_s, g->dpd_retry_s, g->dpd_is_on_demand ? " on-demand" : "");
    if (g->is_remote_access)
        add_users(c, g);
}

/* What a router says of all interfaces, an ASA says of each. */
static void add_choices_of_all(const struct converting *c)
{
    static const enum statement_kind kinds[][2] = {{STATEMENT_ipsec_df_bit, STATEMENT_ipsec_df_bit_all},
                                                   {STATEMENT_fragmentation, STATEMENT_fragmentation_all}};

    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (uint16_t i = 0; i < c->policy->interface_count; i++) {
            const struct policy_interface *interface = &c->policy->interfaces[i];
            const struct statement *s =
                statements_of_interface(c->conf->statements, kinds[k][0], kinds[k][1], bytes_of_text(interface->name));
            struct bytes choice = s == NULL ? bytes_of_text("") : statement_choice(s);

            if (s != NULL && s->row->kind == kinds[k][1] && *interface->map_name)
                text_add(c->t, "crypto ipsec %s %.*s %s\n", k == 0 ? "df-bit" : "fragmentation", (int)choice.len,
                         (const char *)choice.data, interface->name);
        }
}

void convert_to_asa(const struct converting *c)
{
    conf_write_part(c->conf, CONF_KEYS_MASKED, (struct conf_part){.is_wanted = is_of_asa}, c->t);
    add_choices_of_all(c);
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++)
        if (c->policy->tunnel_groups[i].profile != NULL || has_users_of_router(c, &c->policy->tunnel_groups[i]))
            add_group(c, &c->policy->tunnel_groups[i]);
    text_add(c->t, ": end\n");
}
