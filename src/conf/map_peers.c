/* The peers of an entry: their addresses and their keys. One that cannot be used is left out; without any that can, the
 * tunnel is parked. */
#include "conf/map_parts.h"

#include <string.h>

/* Why there is no key for this peer; NULL: there is one. */
static const char *why_no_key(struct compiler *c, struct ip peer)
{
    char space[IP_TEXT_SIZE];
    uint16_t index = policy_tunnel_group_of(&c->conf->policy, peer);
    const struct keyed_group *g = index == NO_INDEX ? NULL : &c->groups[index];

    if (g == NULL && compile_answers_by_identity(c)) /* it may begin, and say by its identity which key is meant */
        return NULL;
    if (g == NULL)
        return ip_is_set(peer)
                   ? text_in_arena(c, "there is no tunnel-group with a key for peer %s", ip_text(peer, space))
                   : "there is no key for peers with unknown addresses: tunnel-group DefaultL2LGroup has none";
    if (g->group.trustpoint != 0 && c->conf->policy.trustpoints[g->group.trustpoint - 1].kind != SIGNATURE_NONE)
        return NULL;
    if (g->group.trustpoint != 0 && g->key_state == KEY_NONE)
        return c->are_unread[g->group.trustpoint - 1]
                   ? NULL
                   : text_in_arena(c, "trustpoint %.64s of tunnel-group %.64s has no certificate with a private key",
                                   c->conf->policy.trustpoints[g->group.trustpoint - 1].name, g->group.name);
    switch (g->key_state) {
    case KEY_IS_THERE: return NULL;
    case KEY_NONE:
        return text_in_arena(c, "tunnel-group %.64s (line %u) has no pre-shared key", g->group.name, g->line);
    case KEY_IS_MASKED:
        return text_in_arena(
            c, "the key of tunnel-group %.64s is masked (***** on line %u): `ikewise secret %.64s` stores it",
            g->group.name, g->key_line, g->group.name);
    case KEY_IS_ENCRYPTED:
        return text_in_arena(c,
                             "the key of tunnel-group %.64s is encrypted (line %u): `ikewise secret %.64s` stores it",
                             g->group.name, g->key_line, g->group.name);
    case KEY_IS_TOO_LONG:
        return text_in_arena(c, "the key of tunnel-group %.64s (line %u) has more than 128 characters", g->group.name,
                             g->key_line);
    }
    return NULL;
}

struct peers_reading {
    uint32_t line, named_count;
    struct ip unusable[PEERS_MAX];
    uint8_t unusable_count;
    uint32_t pending_count; /* names without an address yet: they park nothing */
    const char *why;        /* of the first that cannot be used: told when it is known whether it parks the tunnel */
    const char *cause;      /* the same, as map_park_for takes it */
    uint32_t why_line;
};

static bool is_of_other_family(const struct compiler *c, const struct tunnel *t, struct ip peer)
{
    return t->interface != NO_INDEX && ip_is_set(c->conf->interfaces[t->interface].ip) &&
           c->conf->interfaces[t->interface].ip.family != peer.family;
}

static void take_peer(struct compiler *c, struct tunnel *t, struct bytes text, uint32_t line, struct peers_reading *r)
{
    struct ip ip = {0};
    const char *why = NULL, *cause = NULL;
    char space[IP_TEXT_SIZE];

    r->named_count++;
    r->line = line;
    bool is_known = resolve_host(c, text, &ip);

    if (!is_known && is_wanted_host(c, text) && !t->is_dynamic) {
        r->pending_count++;
        if (c->conf->hosts != NULL)
            map_warn(c, t, line, "peer %.64s has no address yet: its name is looked up in DNS", name_of(c, text));
        return;
    }
    if (!is_known && is_wanted_host(c, text)) /* a dynamic entry without a peer would be for any */
        why = text_in_arena(c, "the address of peer %.64s is not known yet", name_of(c, text));
    else if (!is_known)
        why = text_in_arena(c, "peer %.64s is neither an address nor a name given to one", name_of(c, text));
    else if (t->peer_count == PEERS_MAX)
        why = text_in_arena(c, "an entry has at most %u peers", PEERS_MAX);
    else if (policy_is_own(&c->conf->policy, ip)) {
        why = text_in_arena(c, "peer %s is an address of this system", ip_text(ip, space));
        cause = "own-address";
    } else
        why = why_no_key(c, ip);
    if (why == NULL && is_of_other_family(c, t, ip)) {
        if (interface_twin(c, t->interface) != NO_INDEX)
            return; /* that one has it */
        why = text_in_arena(c, "peer %s is not of the family of the address of interface %.64s", ip_text(ip, space),
                            c->conf->interfaces[t->interface].name);
    }
    if (why == NULL) {
        t->peers[t->peer_count++] = ip;
        return;
    }
    if (ip_is_set(ip) && r->unusable_count < PEERS_MAX)
        r->unusable[r->unusable_count++] = ip;
    if (r->why != NULL) {
        map_warn(c, t, line, "a peer is left out: %s", why);
        return;
    }
    r->why = why;
    r->cause = cause;
    r->why_line = line;
}

/* A peer of a dynamic entry has no tunnel-group by its address. */
static void check_key_for_any(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    const char *why = compile_serves_users(c) ? NULL : why_no_key(c, (struct ip){0});

    if (why != NULL)
        map_park(c, t, e->line, "%s", why);
}

void map_take_peers(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    struct peers_reading r = {0};

    for (const struct statement *s = NULL; (s = map_next_of_entry(c, e, s)) != NULL;) {
        if (s->row->kind != STATEMENT_map_peer && s->row->kind != STATEMENT_dynamic_peer)
            continue;
        for (unsigned i = 0; statement_argument(s, "peer", i).len > 0; i++)
            take_peer(c, t, statement_argument(s, "peer", i), s->line, &r);
    }
    if (r.named_count == 0 && t->is_dynamic)
        check_key_for_any(c, t, e);
    else if (r.named_count == 0)
        map_park(c, t, e->line, "the entry is incomplete: it has no `set peer`");
    if (t->peer_count > 0 && r.why != NULL)
        map_warn(c, t, r.why_line, "a peer is left out: %s", r.why);
    if (r.named_count == 0 || t->peer_count > 0 || r.pending_count > 0)
        return;
    map_park_for(c, t, r.line, r.cause, r.why);
    t->peer_count = r.unusable_count; /* it does not run, and is still found by its peers' addresses */
    memcpy(t->peers, r.unusable, sizeof t->peers);
}
