/* Users as a router has them: its ISAKMP profile, or without one the crypto map, says whether a group's users are asked
 * for their passwords, who knows them, and whether they get an address. */
#include "base/device.h"
#include "conf/compile.h"

#include <string.h>

struct said {
    struct bytes of; /* name of the profile or of the map */
    const char *what;
    const struct statement *users, *groups, *addresses, *local;
};

static void take_child(struct said *said, const struct statement *s)
{
    switch ((int)s->row->kind) {
    case STATEMENT_profile_users: said->users = s; break;
    case STATEMENT_profile_groups: said->groups = s; break;
    case STATEMENT_profile_addresses: said->addresses = s; break;
    case STATEMENT_profile_local: said->local = s; break;
    }
}

static struct said of_profile(const struct compiler *c, const struct statement *profile)
{
    struct said said = {.of = first_argument(profile), .what = "isakmp profile"};

    for (const struct statement *s = NULL; (s = next_child(c, profile, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN)
            take_child(&said, s);
    return said;
}

/* The first map that says where groups are known. */
static struct said of_map(const struct compiler *c)
{
    struct said said = {.what = "crypto map", .groups = statements_next(c->statements, NULL, STATEMENT_map_groups)};

    if (said.groups == NULL)
        return said;
    said.of = first_argument(said.groups);
    said.users = statements_next_named(c->statements, NULL, STATEMENT_map_users, said.of);
    said.addresses = statements_next_named(c->statements, NULL, STATEMENT_map_addresses, said.of);
    return said;
}

/* ---- the lists ---- */

static const struct statement *list_of(struct compiler *c, const struct statement *s, enum statement_kind kind,
                                       const char *what)
{
    struct bytes name = statement_argument(s, "aaa-list", 0);
    const struct statement *list = statements_next_named(c->statements, NULL, kind, name);

    if (list == NULL)
        say(c, CONF_WARNING, s, "there is no `aaa %s %.64s`: `local` is taken for it", what, name_of(c, name));
    return list;
}

static void take_groups(struct compiler *c, const struct statement *s)
{
    const struct statement *list = list_of(c, s, STATEMENT_aaa_network, "authorization network");

    if (list != NULL && !bytes_equal(statement_argument(list, "server-group", 0), bytes_of_text("local")))
        say(c, CONF_WARNING, list,
            "only groups of this configuration are known: nobody else is asked for their settings");
}

static void take_users(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    const struct statement *list = s == NULL ? NULL : list_of(c, s, STATEMENT_aaa_login, "authentication login");

    if (g->group.user_auth != USER_AUTH_HYBRID)
        g->group.user_auth = s == NULL ? USER_AUTH_NONE : USER_AUTH_XAUTH;
    if (list != NULL)
        compile_servers_of_users(c, &g->group, list);
}

/* ---- where ---- */

bool compile_profile_is_at(const struct compiler *c, const struct statement *local, uint16_t interface)
{
    const struct policy_interface *at = &c->conf->interfaces[interface];
    struct bytes end = statement_argument(local, "local-end", 0);
    struct ip ip;

    return ip_parse(&ip, end)
               ? ip_equal(ip, at->ip)
               : bytes_equal(end, bytes_of_text(at->name)) || device_is_meant(bytes_of_text(at->hardware), end);
}

/* A group is chosen by its name, wherever that is shown. */
static void check_place(struct compiler *c, const struct tunnel_group *g, const struct statement *local)
{
    for (uint16_t i = 0; i < c->conf->policy.interface_count; i++)
        if (c->conf->interfaces[i].is_ikev1_enabled && !compile_profile_is_at(c, local, i)) {
            say(c, CONF_WARNING, local, "users of tunnel-group %.64s come in by interface %.64s, too", g->name,
                c->conf->interfaces[i].name);
            return;
        }
}

void compile_profile_users(struct compiler *c, struct keyed_group *g, const struct statement *profile)
{
    struct said said = profile != NULL ? of_profile(c, profile) : of_map(c);

    if (said.groups == NULL && profile == NULL)
        return; /* as an ASA has it */
    if (said.local != NULL)
        check_place(c, &g->group, said.local);
    if (said.groups == NULL) {
        say(c, CONF_WARNING, profile,
            "isakmp profile %.64s has no `isakmp authorization list`, and a router finds no group without one: users "
            "of "
            "tunnel-group %.64s are asked for their passwords, as on an ASA",
            name_of(c, said.of), g->group.name);
        return;
    }
    take_groups(c, said.groups);
    take_users(c, g, said.users);
    g->gives_no_address = said.addresses == NULL;
    if (g->gives_no_address)
        say(c, CONF_WARNING, said.groups,
            "%s %.64s has no `client configuration address respond`: users of tunnel-group %.64s get no address",
            said.what, name_of(c, said.of), g->group.name);
}
