/* Tunnel-groups and their keys. */
#include "conf/compile.h"

#include <string.h>

enum { KEY_MAX = 128, DPD_THRESHOLD_S = 10, DPD_RETRY_S = 2 };

/* For any peer, tried in this order. They exist without a statement of their type. */
static const char *const default_groups[] = {"DefaultL2LGroup", "DefaultRAGroup"};

static bool is_default_group(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(default_groups); i++)
        if (bytes_equal(name, bytes_of_text(default_groups[i])))
            return true;
    return false;
}

enum { DPD_THRESHOLD_OF_USERS_S = 300 };

bool text_is_masked_key(struct bytes text)
{
    size_t stars = 0;

    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    while (stars < text.len && text.data[stars] == '*')
        stars++;
    return stars == text.len;
}

/* `0 KEY` is a key in clear, `8 KEY` one that was encrypted with a passphrase that only that device has. */
static struct bytes without_key_type(struct bytes text, uint8_t *type)
{
    *type = 0;
    if (text.len > 2 && (text.data[0] == '0' || text.data[0] == '8') && text.data[1] == ' ') {
        *type = text.data[0];
        return bytes_after(text, 2);
    }
    return text;
}

static void take_key(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    uint8_t type;
    struct bytes key = without_key_type(statement_argument(s, "key", 0), &type);
    bool ends_blank = key.data[key.len - 1] == ' ' || key.data[key.len - 1] == '\t';

    g->key_line = s->line;
    if (text_is_masked_key(key)) {
        g->key_state = KEY_IS_MASKED;
    } else if (type == '8') {
        g->key_state = KEY_IS_ENCRYPTED;
    } else if (key.len > KEY_MAX) {
        g->key_state = KEY_IS_TOO_LONG;
    } else {
        g->key_state = KEY_IS_THERE;
        g->key = key;
        if (ends_blank)
            say(c, CONF_NOTE, s, "the key of tunnel-group %s ends in a blank, which is taken as part of it",
                g->group.name);
        else if (memchr(key.data, ' ', key.len) != NULL)
            say(c, CONF_NOTE, s, "the key of tunnel-group %s has a blank in it, which is taken as part of it",
                g->group.name);
    }
}

static void take_keepalive(struct keyed_group *g, const struct statement *s)
{
    uint32_t threshold = statement_number(s, "threshold"), retry = statement_number(s, "retry");

    /* `threshold infinite` never asks, but answers: the same as switched off here, for ikewise always answers. */
    g->group.has_dpd = !statement_has(s, "disable") && !statement_has(s, "infinite");
    g->group.dpd_threshold_s = threshold == 0 ? DPD_THRESHOLD_S : (uint16_t)threshold;
    g->group.dpd_is_on_demand = statement_has(s, "on-demand");
    g->group.dpd_restarts = statement_has(s, "restart");
    g->group.dpd_retry_s = retry == 0 ? DPD_RETRY_S : (uint16_t)retry;
}

static void take_trustpoint(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    struct bytes name = statement_argument(s, "trustpoint", 0);

    g->group.trustpoint = trustpoint_number(c, name);
    if (g->group.trustpoint == 0)
        say(c, CONF_ERROR, s, "there is no trustpoint %s for tunnel-group %s", name_of(c, name), g->group.name);
}

void compile_self_identity(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    static const struct {
        const char *word, *argument;
        enum identity_kind kind;
    } rows[] = {{"address", "host", IDENTITY_ADDRESS},
                {"fqdn", "domain", IDENTITY_HOSTNAME},
                {"user-fqdn", "user-fqdn", IDENTITY_USER_FQDN},
                {"key-id", "key-id", IDENTITY_KEY_ID}};
    struct own_identity *own = &g->group.identity;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes value = statement_argument(s, rows[i].argument, 0);

        if (!statement_has(s, rows[i].word))
            continue;
        own->kind = rows[i].kind;
        own->name = value.len == 0 ? c->conf->policy.fqdn : name_of(c, value);
        if (own->kind == IDENTITY_ADDRESS && value.len > 0 && !resolve_host(c, value, &own->ip))
            say(c, CONF_ERROR, s, "the address of %s is not known: tunnel-group %s has that of our end for identity",
                name_of(c, value), g->group.name);
    }
}

static void take_identity_check(struct keyed_group *g, const struct statement *s)
{
    g->group.identity_check = statement_has(s, "nocheck") ? IDENTITY_UNCHECKED
                              : statement_has(s, "cert")  ? IDENTITY_IF_ANY
                                                          : IDENTITY_REQUIRED;
}

/* Without this every certificate of the authority could stand for this peer. */
static void check_identity(struct compiler *c, const struct keyed_group *g, const struct statement *block)
{
    if (g->group.trustpoint != 0 && g->group.peer_identity == NULL && g->group.user_auth != USER_AUTH_HYBRID &&
        !certmap_restricts(c, first_argument(block)))
        say(c, CONF_NOTE, block,
            "tunnel-group %s takes every certificate of its trustpoint: `peer-identity` names the peer's own",
            g->group.name);
}

static void take_user_auth(struct keyed_group *g, const struct statement *s)
{
    g->group.user_auth = statement_has(s, "hybrid")  ? USER_AUTH_HYBRID
                         : statement_has(s, "xauth") ? USER_AUTH_XAUTH
                                                     : USER_AUTH_NONE;
}

/* Hybrid: the gateway's certificate is shown to the users, and nothing else proves it; of them no certificate is asked,
 * and no key is shared with them. */
static void check_hybrid(struct compiler *c, struct keyed_group *g)
{
    uint16_t trustpoint = g->group.trustpoint;
    bool can_sign = trustpoint != 0 && (c->are_unread[trustpoint - 1] ||
                                        c->conf->policy.trustpoints[trustpoint - 1].kind == SIGNATURE_RSA);

    if (g->group.user_auth != USER_AUTH_HYBRID)
        return;
    if (!can_sign)
        find(&c->finder, CONF_ERROR, g->line, 0, "",
             text_in_arena(
                 c, "tunnel-group %.64s lets nobody in: hybrid authentication needs a trust-point with an RSA key",
                 g->group.name));
    if (g->key_state != KEY_NONE)
        find(&c->finder, CONF_NOTE, g->line, 0, "",
             text_in_arena(c,
                           "the key of tunnel-group %.64s is not used: with hybrid authentication its users have none",
                           g->group.name));
    g->key_state = KEY_NONE;
}

static void take_ipsec_attributes(struct compiler *c, struct keyed_group *g, const struct statement *block)
{
    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;) {
        if (s->state != STATEMENT_IS_KNOWN)
            continue;
        if (s->row->kind == STATEMENT_pre_shared_key)
            take_key(c, g, s);
        else if (s->row->kind == STATEMENT_keepalive)
            take_keepalive(g, s);
        else if (s->row->kind == STATEMENT_trust_point)
            take_trustpoint(c, g, s);
        else if (s->row->kind == STATEMENT_chain)
            g->group.sends_chain = true;
        else if (s->row->kind == STATEMENT_peer_id_validate)
            take_identity_check(g, s);
        else if (s->row->kind == STATEMENT_user_authentication && g->group.is_remote_access)
            take_user_auth(g, s);
        else if (s->row->kind == STATEMENT_peer_identity)
            g->group.peer_identity = arena_copy_text(c->arena, statement_argument(s, "identity", 0));
        else if (s->row->kind == STATEMENT_self_identity)
            compile_self_identity(c, g, s);
        else if (s->row->kind == STATEMENT_initiate_mode)
            g->initiate_mode = s;
    }
    check_identity(c, g, block);
}

static void take_secret(struct compiler *c, struct keyed_group *g, struct bytes name)
{
    for (uint32_t i = 0; i < c->secrets.count; i++) {
        const struct secret *secret = &c->secrets.list[i];
        struct ip ip;
        bool is_its = bytes_equal(secret->peer, name) ||
                      (ip_is_set(g->group.peer) && ip_parse(&ip, secret->peer) && ip_equal(ip, g->group.peer));

        if (!is_its)
            continue;
        if (g->key_state == KEY_IS_THERE) {
            say(c, CONF_NOTE, NULL,
                "tunnel-group %s has its key in the configuration (line %u); the one in %s is not used", g->group.name,
                g->key_line, c->secrets.file_name);
            return;
        }
        g->key_state = secret->key.len > KEY_MAX ? KEY_IS_TOO_LONG : KEY_IS_THERE;
        g->key = secret->key;
    }
}

static const struct statement *attributes_of(const struct compiler *c, enum statement_kind kind, struct bytes name)
{
    return statements_next_named(c->statements, NULL, kind, name);
}

static bool is_for_users(const struct statement *s)
{
    return bytes_equal(statement_choice(s), bytes_of_text("remote-access")) ||
           bytes_equal(statement_choice(s), bytes_of_text("ipsec-ra"));
}

bool is_group_of_users(const struct statements *statements, struct bytes name)
{
    const struct statement *type = statements_next_named(statements, NULL, STATEMENT_tunnel_group, name);

    return type == NULL ? bytes_equal(name, bytes_of_text(default_groups[1])) : is_for_users(type);
}

/* `peer` not set: one that is chosen by the name itself, or the one for any peer. What is said of it is said of `of`.
 */
static void add_group(struct compiler *c, struct bytes name, struct bytes of, uint32_t line, struct ip peer,
                      bool is_remote_access)
{
    struct keyed_group *g = &c->groups[c->group_count++];
    const struct statement *attributes = attributes_of(c, STATEMENT_tunnel_ipsec, of);

    *g = (struct keyed_group){
        .group = {.name = name_of(c, name),
                  .peer = peer,
                  .is_by_identity = !ip_is_set(peer) && !is_default_group(name),
                  .is_remote_access = is_remote_access,
                  .user_auth = is_remote_access ? USER_AUTH_XAUTH : USER_AUTH_NONE,
                  .has_dpd = true,
                  .dpd_threshold_s = is_remote_access ? DPD_THRESHOLD_OF_USERS_S : DPD_THRESHOLD_S,
                  .dpd_retry_s = DPD_RETRY_S},
        .line = line,
    };
    if (attributes != NULL)
        take_ipsec_attributes(c, g, attributes);
    compile_profile_of(c, g);
    const struct statement *general = attributes_of(c, STATEMENT_tunnel_general, of);
    compile_group_policy(c, &g->group, general,
                         attributes_of(c, STATEMENT_tunnel_general, bytes_of_text(default_groups[is_remote_access])));
    if (is_remote_access)
        compile_remote_group(c, &g->group, general);
    if (g->gives_no_address)
        g->group.pool_count = 0;
    take_secret(c, g, of);
    check_hybrid(c, g);
    /* Attack list X02. */
    if (is_remote_access && g->group.user_auth == USER_AUTH_XAUTH && g->key_state == KEY_IS_THERE)
        find(&c->finder, CONF_WARNING, g->line, 0, "",
             text_in_arena(
                 c,
                 "every user of tunnel-group %.64s has its key, and could stand in for this gateway to collect "
                 "the others' passwords",
                 g->group.name));
    g->group.has_key = g->key_state == KEY_IS_THERE;
    g->group.is_key_hidden = g->key_state == KEY_IS_MASKED || g->key_state == KEY_IS_ENCRYPTED;
}

static void add_groups(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_tunnel_group)) != NULL;) {
        struct bytes name = first_argument(s);
        struct ip peer;

        if (c->group_count >= NO_INDEX - COUNT_OF(default_groups) || is_default_group(name))
            continue;
        if (is_for_users(s) && (c->conf->policy.is_aggressive_answered || certmap_leads_to(c, name)))
            add_group(c, name, name, s->line, (struct ip){0}, true);
        else if (is_for_users(s))
            say(c, CONF_NOTE, s,
                "tunnel-group %s is chosen by the name that its users show in aggressive mode, which is not answered "
                "(`no crypto ikev1 am-disable`)",
                name_of(c, name));
        else if (!bytes_equal(statement_choice(s), bytes_of_text("ipsec-l2l")))
            say(c, CONF_NOTE, s, "tunnel-group %s is neither of type ipsec-l2l nor remote-access and is not used",
                name_of(c, name));
        else if (resolve_host(c, name, &peer))
            add_group(c, name, name, s->line, peer, false);
        else if (is_wanted_host(c, name))
            continue; /* its address is not known yet */
        else if (c->conf->policy.is_aggressive_answered || certmap_leads_to(c, name))
            add_group(c, name, name, s->line, (struct ip){0}, false);
        else
            say(c, CONF_NOTE, s,
                "tunnel-group %s is not named by a peer's address: main mode with pre-shared keys cannot choose it",
                name_of(c, name));
    }
    for (size_t i = 0; i < COUNT_OF(default_groups); i++) { /* last, so that the peers' own come first */
        struct bytes name = bytes_of_text(default_groups[i]);
        const struct statement *any = attributes_of(c, STATEMENT_tunnel_ipsec, name);

        if (any != NULL)
            add_group(c, name, name, any->line, (struct ip){0}, i > 0);
    }
}

static bool has_group(const struct compiler *c, struct ip peer)
{
    for (uint16_t i = 0; i < c->group_count; i++)
        if (ip_equal(c->groups[i].group.peer, peer))
            return true;
    return false;
}

/* Peers of ISAKMP profiles whose key is that for any: they have more of their own than the others. */
static void add_groups_of_profiles(struct compiler *c)
{
    struct bytes of = bytes_of_text(default_groups[0]), name;
    uint32_t line;
    struct ip peer;

    if (attributes_of(c, STATEMENT_tunnel_ipsec, of) == NULL)
        return;
    for (uint32_t i = 0; compile_profile_peer(c, i, &name, &line); i++)
        if (c->group_count < NO_INDEX && resolve_host(c, name, &peer) && !has_group(c, peer))
            add_group(c, name, of, line, peer, false);
}

static void warn_of_orphans(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_tunnel_ipsec)) != NULL;) {
        struct bytes name = first_argument(s);

        if (!is_default_group(name) && statements_next_named(c->statements, NULL, STATEMENT_tunnel_group, name) == NULL)
            say(c, CONF_WARNING, s, "tunnel-group %s has no `type` and is not used", name_of(c, name));
    }
}

/* ---- `crypto map ... set trustpoint` ---- */

/* An ASA shows that certificate where it begins, and that of the tunnel-group where it answers. Here a peer has one:
 * that of its tunnel-group, or of the crypto map entry when the tunnel-group has neither a trust-point nor a key. */
static void lend_trustpoint(struct compiler *c, struct keyed_group *g, const struct statement *s)
{
    struct bytes name = statement_argument(s, "trustpoint", 0);
    uint16_t number = trustpoint_number(c, name);

    if (g->group.trustpoint == 0 && g->key_state == KEY_NONE) {
        g->group.trustpoint = number;
        if (g->group.peer_identity == NULL)
            say(c, CONF_NOTE, s,
                "tunnel-group %s takes every certificate of trustpoint %.64s: `peer-identity` names the peer's own",
                g->group.name, name_of(c, name));
    } else if (g->group.trustpoint != number) {
        say(c, CONF_WARNING, s, "this line is not used: tunnel-group %s has %s", g->group.name,
            g->group.trustpoint == 0 ? "a key and no trust-point" : "another trust-point");
        return;
    }
    g->group.sends_chain |= statement_has(s, "chain");
}

static void lend_to_peers(struct compiler *c, const struct statement *s, const struct statement *peers)
{
    struct bytes text;
    struct ip ip;

    for (unsigned i = 0; (text = statement_argument(peers, "peer", i)).len > 0; i++)
        for (uint16_t k = 0; resolve_host(c, text, &ip) && k < c->group_count; k++)
            if (ip_equal(c->groups[k].group.peer, ip))
                lend_trustpoint(c, &c->groups[k], s);
}

static void lend_trustpoints(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_map_trustpoint)) != NULL;) {
        struct bytes name = statement_argument(s, "trustpoint", 0);

        if (trustpoint_number(c, name) == 0) {
            say(c, CONF_ERROR, s, "there is no trustpoint %.64s", name_of(c, name));
            continue;
        }
        for (const struct statement *p = NULL; (p = statements_next(c->statements, p, STATEMENT_map_peer)) != NULL;)
            if (bytes_equal(statement_argument(p, "map", 0), statement_argument(s, "map", 0)) &&
                statement_number(p, "sequence") == statement_number(s, "sequence"))
                lend_to_peers(c, s, p);
    }
}

void compile_tunnel_groups(struct compiler *c)
{
    uint32_t count =
        statement_count(c->statements, STATEMENT_tunnel_group) + COUNT_OF(default_groups) + c->member_count + 1;
    struct tunnel_group *groups = arena_take(c->arena, count * sizeof *groups);
    struct conf *conf = c->conf;

    c->groups = arena_take(c->arena, count * sizeof *c->groups);
    conf->keys = arena_take(c->arena, count * sizeof *conf->keys);
    conf->key_count = 0;
    if (groups == NULL || c->groups == NULL || conf->keys == NULL)
        return;
    add_groups(c);
    add_groups_of_profiles(c);
    lend_trustpoints(c);
    warn_of_orphans(c);
    compile_aggressive_answers(c);
    compile_client_group(c);
    for (uint16_t i = 0; i < c->group_count; i++) {
        groups[i] = c->groups[i].group;
        if (groups[i].has_key)
            conf->keys[conf->key_count++] = (struct conf_key){i, c->groups[i].key};
    }
    conf->policy.tunnel_groups = groups;
    conf->policy.tunnel_group_count = c->group_count;
}
