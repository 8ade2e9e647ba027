/* `vpnclient`: this system as the user's end of a gateway. A tunnel-group and a tunnel come of it. */
#include "conf/compile.h"

#include <string.h>

enum { CLIENT_DPD_THRESHOLD_S = 10, CLIENT_DPD_RETRY_S = 2 };

static const struct statement *first(const struct compiler *c, enum statement_kind kind)
{
    return statements_next(c->statements, NULL, kind);
}

/* Why it cannot run; NULL: it can. */
static const char *lacks(struct compiler *c, struct ip *server)
{
    const struct statement *peer = first(c, STATEMENT_client_server), *group = first(c, STATEMENT_client_group),
                           *user = first(c, STATEMENT_client_user), *mode = first(c, STATEMENT_client_mode),
                           *hybrid = first(c, STATEMENT_client_hybrid);

    if (peer == NULL || !resolve_host(c, statement_argument(peer, "peer", 0), server))
        return "there is no `vpnclient server` with an address";
    if (group == NULL)
        return "there is no `vpnclient vpngroup`";
    if (user == NULL)
        return "there is no `vpnclient username`";
    if (mode != NULL && statement_has(mode, "network-extension-mode"))
        return "network extension mode is not done here: it gets an address from the gateway";
    if (hybrid != NULL && trustpoint_number(c, statement_argument(hybrid, "trustpoint", 0)) == 0)
        return "there is no trustpoint of the name that `vpnclient hybrid` says";
    if (hybrid == NULL && statement_argument(group, "key", 0).len == 0)
        return "`vpnclient vpngroup` has no password, and there is no `vpnclient hybrid`";
    if ((hybrid == NULL && text_is_masked_key(statement_argument(group, "key", 0))) ||
        (statement_argument(user, "key", 0).len > 0 && text_is_masked_key(statement_argument(user, "key", 0))))
        return "the key of the group or the password of the user is masked (*****)";
    return NULL;
}

/* Who the gateway must be, when it proves itself by a certificate. */
static void take_hybrid(struct compiler *c, struct tunnel_group *group, const struct statement *s)
{
    const struct statement *identity = first(c, STATEMENT_client_identity);

    group->user_auth = USER_AUTH_HYBRID;
    group->has_key = false;
    group->trustpoint = trustpoint_number(c, statement_argument(s, "trustpoint", 0));
    if (identity != NULL)
        group->peer_identity = arena_copy_text(c->arena, statement_argument(identity, "identity", 0));
    else
        say(c, CONF_WARNING, s,
            "whoever has a certificate of trustpoint %.64s could stand in for the gateway to collect the password: "
            "`vpnclient peer-identity` names the gateway's own",
            name_of(c, statement_argument(s, "trustpoint", 0)));
}

void compile_client_group(struct compiler *c)
{
    const struct statement *enable = first(c, STATEMENT_client_enable);
    struct conf *conf = c->conf;
    struct ip server;

    conf->credential_count = 0;
    if (enable == NULL)
        return;
    const char *why = lacks(c, &server);
    if (why != NULL) {
        say(c, CONF_ERROR, enable, "vpnclient does not run: %s", why);
        return;
    }
    const struct statement *group = first(c, STATEMENT_client_group), *user = first(c, STATEMENT_client_user),
                           *hybrid = first(c, STATEMENT_client_hybrid);
    conf->credentials = arena_take(c->arena, sizeof *conf->credentials);
    if (conf->credentials == NULL)
        return;
    conf->credentials[conf->credential_count++] = (struct conf_credential){
        c->group_count, statement_argument(user, "username", 0), statement_argument(user, "key", 0), server};
    struct keyed_group *made = &c->groups[c->group_count++];
    *made = (struct keyed_group){
        .group = {.name = name_of(c, statement_argument(group, "tunnel-group", 0)),
                  .peer = server,
                  .has_key = true,
                  .user_auth = USER_AUTH_XAUTH,
                  .is_client = true,
                  .wants_password = statement_argument(user, "key", 0).len == 0,
                  .identity = {.kind = IDENTITY_KEY_ID,
                               .name = name_of(c, statement_argument(group, "tunnel-group", 0))},
                  .has_dpd = true,
                  .dpd_threshold_s = CLIENT_DPD_THRESHOLD_S,
                  .dpd_retry_s = CLIENT_DPD_RETRY_S},
        .key = statement_argument(group, "key", 0),
        .key_state = KEY_IS_THERE,
        .line = group->line,
        .key_line = group->line,
    };
    if (hybrid != NULL)
        take_hybrid(c, &made->group, hybrid);
}

static uint16_t outer_interface(const struct compiler *c)
{
    for (uint16_t i = 0; i < c->conf->policy.interface_count; i++)
        if (c->conf->interfaces[i].is_ikev1_enabled && ip_is_set(c->conf->interfaces[i].ip))
            return i;
    return NO_INDEX;
}

/* What `vpnclient pfs` cannot be; NULL: it can, or is not there. */
static const char *take_pfs(struct compiler *c, struct tunnel *t)
{
    const struct statement *s = first(c, STATEMENT_client_pfs);
    struct bytes word = s == NULL ? bytes_of(NULL, 0) : statement_choice(s);
    uint16_t number;

    if (s == NULL)
        return NULL;
    t->pfs = word.len == 0 ? c->defaults->pfs : group_of_words(word, &number);
    if (t->pfs == GROUP_NONE)
        return text_in_arena(c, "line %u: ikewise does not compute in the group of `vpnclient pfs`", s->line);
    t->is_weak = group_info(t->pfs)->strength == STRENGTH_WEAK;
    return t->is_weak && !c->conf->policy.are_weak_allowed
               ? text_in_arena(c, "line %u: group %u is weak, and there is no `crypto ikev1 weak-algorithms`", s->line,
                               group_info(t->pfs)->number)
               : NULL;
}

void compile_client_tunnel(struct compiler *c, struct tunnel *t)
{
    static const struct crypto_ace everything = {
        .selector = {.local = {{.family = IP_V4}, {.family = IP_V4, .octets = {255, 255, 255, 255}}},
                     .remote = {{.family = IP_V4}, {.family = IP_V4, .octets = {255, 255, 255, 255}}},
                     .local_ports = {0, 65535},
                     .remote_ports = {0, 65535}},
        .is_permit = true};
    const struct statement *enable = first(c, STATEMENT_client_enable), *mode = first(c, STATEMENT_client_phase1);

    if (c->conf->credential_count == 0)
        return;
    *t = (struct tunnel){.map_name = "vpnclient",
                         .sequence = 1,
                         .interface = outer_interface(c),
                         .acl_name = "",
                         .aces = &everything,
                         .ace_count = 1,
                         .peers = {c->groups[c->conf->credentials[0].tunnel_group].group.peer},
                         .peer_count = 1,
                         .is_client = true,
                         .is_open = true,
                         .is_aggressive = mode == NULL || !statement_has(mode, "main"),
                         .lifetime_s = c->conf->policy.ipsec_lifetime_s,
                         .lifetime_kb = c->conf->policy.ipsec_lifetime_kb,
                         .line = enable->line};
    for (uint16_t i = 0; i < c->set_count && t->transform_set_count < TRANSFORM_SETS_MAX; i++)
        if (c->sets[i].why_not[0] == '\0')
            t->transform_sets[t->transform_set_count++] = i;
    const char *why_no_pfs = take_pfs(c, t);
    if (t->interface == NO_INDEX)
        t->parked = text_in_arena(c, "line %u: no interface with an address has crypto ikev1 enabled", t->line);
    else if (t->transform_set_count == 0)
        t->parked = text_in_arena(c, "line %u: there is no transform-set for vpnclient", t->line);
    else if (why_no_pfs != NULL)
        t->parked = why_no_pfs;
    else if (c->why_no_policy != NULL)
        t->parked = c->why_no_policy;
    if (t->parked != NULL)
        say(c, CONF_ERROR, enable, "vpnclient does not run: %s", t->parked);
    c->conf->policy.tunnel_count++;
}
