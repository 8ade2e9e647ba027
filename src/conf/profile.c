/* ISAKMP profiles of a router: who belongs to one, and what holds for him then. A profile stays what was typed; whose
 * it is, is looked up whenever a statement has changed, so that profile, entries and keys may come in any order. */
#include "conf/map_parts.h"

#include <string.h>

/* One who belongs to a profile. */
struct profile_member {
    const struct statement *profile, *because; /* its `match identity`, or the `set peer` of an entry that names it */
    struct bytes name;                         /* of an address or an identity; empty: `domain` */
    struct bytes domain;
    bool is_of_users;      /* the name is that of a group */
    struct ip_range peers; /* not set: chosen by an identity */
};

const struct statement *compile_profile_named(const struct compiler *c, struct bytes name)
{
    return statements_next_named(c->statements, NULL, STATEMENT_isakmp_profile, name);
}

/* ---- who belongs to it ---- */

static void add_member(struct compiler *c, struct profile_member member)
{
    c->members[c->member_count++] = member;
}

static void add_peers_of_entry(struct compiler *c, const struct entry *entry, const struct statement *profile)
{
    struct bytes name;
    struct ip peer;

    for (const struct statement *s = NULL; (s = map_next_of_entry(c, entry, s)) != NULL;)
        for (unsigned i = 0; s->row->kind == STATEMENT_map_peer && (name = statement_argument(s, "peer", i)).len > 0;
             i++)
            if (resolve_host(c, name, &peer))
                add_member(c, (struct profile_member){profile, s, .name = name, .peers = {peer, peer}});
}

static void add_entries(struct compiler *c)
{
    static const enum grammar_family families[] = {FAMILY_MAP, FAMILY_DYNAMIC_MAP};
    struct entry entry;

    for (size_t i = 0; i < COUNT_OF(families); i++)
        for (uint32_t at = 0; map_next_entry(c, families[i], &at, &entry);) {
            if (entry.profile == NULL)
                continue;
            struct bytes name = statement_argument(entry.profile, "profile", 0);
            const struct statement *profile = compile_profile_named(c, name);

            if (profile == NULL)
                say(c, CONF_WARNING, entry.profile,
                    "there is no isakmp profile %.64s: what the tunnel-group says holds", name_of(c, name));
            else
                add_peers_of_entry(c, &entry, profile);
        }
}

static void add_address(struct compiler *c, const struct statement *profile, const struct statement *s)
{
    struct bytes name = statement_argument(s, "host", 0), mask = statement_argument(s, "mask", 0);
    struct profile_member member = {profile, s, .name = name};
    struct ip ip, bits;

    if (!resolve_host(c, name, &ip)) {
        say(c, CONF_ERROR, s, "isakmp profile %.64s: the address of %.64s is not known",
            name_of(c, first_argument(profile)), name_of(c, name));
        return;
    }
    member.peers = ip_equal(ip, ip_mask(IP_V4, 0)) ? ip_range_of_prefix(ip, 0) : (struct ip_range){ip, ip};
    if (mask.len > 0 && (!ip_parse(&bits, mask) || ip_mask_len(bits) < 0)) {
        say(c, CONF_ERROR, s, "isakmp profile %.64s: %.64s is no mask", name_of(c, first_argument(profile)),
            name_of(c, mask));
        return;
    }
    if (mask.len > 0)
        member.peers = ip_range_of_prefix(ip_first(ip, (unsigned)ip_mask_len(bits)), (unsigned)ip_mask_len(bits));
    add_member(c, member);
}

static void add_identity(struct compiler *c, const struct statement *profile, const struct statement *s)
{
    struct bytes user = statement_argument(s, "user-fqdn", 0), domain = statement_argument(s, "domain", 0);
    bool is_domain = statement_has(s, "domain");

    if (statement_has(s, "address"))
        add_address(c, profile, s);
    else if (statement_has(s, "group"))
        add_member(c, (struct profile_member){profile, s, .name = statement_argument(s, "tunnel-group", 0),
                                              .is_of_users = true});
    else if (is_domain)
        add_member(c, (struct profile_member){profile, s, .domain = domain});
    else
        add_member(c, (struct profile_member){profile, s, .name = user.len > 0 ? user : domain});
}

static uint32_t most_members(const struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_profile_match), peers = 0;

    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_map_peer)) != NULL;)
        peers += s->word_count;
    bool are_named = statement_count(c->statements, STATEMENT_map_profile) > 0 ||
                     statement_count(c->statements, STATEMENT_map_profile_all) > 0;

    return count + (are_named ? peers : 0);
}

void compile_profiles(struct compiler *c)
{
    c->members = arena_take(c->arena, most_members(c) * sizeof *c->members);
    if (c->members == NULL)
        return;
    add_entries(c); /* first: an entry says which one is meant */
    for (const struct statement *p = NULL; (p = statements_next(c->statements, p, STATEMENT_isakmp_profile)) != NULL;)
        for (const struct statement *s = NULL; (s = next_child(c, p, s)) != NULL;)
            if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_profile_match)
                add_identity(c, p, s);
}

bool compile_profile_peer(const struct compiler *c, uint32_t nth, struct bytes *peer, uint32_t *line)
{
    for (uint32_t i = 0; i < c->member_count; i++) {
        const struct profile_member *m = &c->members[i];

        if (!ip_is_set(m->peers.first) || !ip_equal(m->peers.first, m->peers.last) || nth-- > 0)
            continue;
        *peer = m->name;
        *line = m->because->line;
        return true;
    }
    return false;
}

/* ---- what holds for him ---- */

static bool ends_with(struct bytes text, struct bytes end)
{
    return text.len > end.len && bytes_equal(bytes_after(text, text.len - end.len), end) &&
           strchr(".@", text.data[text.len - end.len - 1]) != NULL;
}

static bool is_member(const struct profile_member *m, const struct tunnel_group *g)
{
    struct bytes name = bytes_of_text(g->name);

    if (m->is_of_users || g->is_remote_access)
        return m->is_of_users && g->is_remote_access && bytes_equal(m->name, name);
    if (ip_is_set(m->peers.first))
        return ip_is_set(g->peer) ? ip_range_holds(m->peers, g->peer)
                                  : !g->is_by_identity && ip_range_prefix_len(m->peers) == 0;
    return m->name.len > 0 ? bytes_equal(m->name, name) : ends_with(name, m->domain);
}

static const struct statement *profile_of_group(const struct compiler *c, const struct tunnel_group *g)
{
    for (uint32_t i = 0; i < c->member_count; i++)
        if (is_member(&c->members[i], g))
            return c->members[i].profile;
    return NULL;
}

static void take_setting(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    switch ((int)s->row->kind) {
    case STATEMENT_profile_self: compile_self_identity(c, g, s); break;
    case STATEMENT_profile_mode: g->initiate_mode = s; break;
    case STATEMENT_profile_keepalive:
        g->group.has_dpd = g->group.dpd_is_on_demand = true;
        g->group.dpd_threshold_s = (uint16_t)statement_number(s, "threshold");
        g->group.dpd_retry_s = (uint16_t)statement_number(s, "profile-retry");
        break;
    }
}

void compile_profile_of(struct compiler *c, struct keyed_group *g)
{
    const struct statement *profile = profile_of_group(c, &g->group);

    if (g->group.is_remote_access)
        compile_profile_users(c, g, profile);
    if (profile == NULL)
        return;
    g->group.profile = name_of(c, first_argument(profile));
    for (const struct statement *s = NULL; (s = next_child(c, profile, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN)
            take_setting(c, g, s);
}
