/* What `convert` has not carried: said line by line, so that nobody has to find it out. */
#include "base/check.h"
#include "conf/compile.h"
#include "conf/convert_parts.h"
#include "policy/nat.h"
#include "wire/numbers.h"

#include <string.h>

bool convert_has_ios_key(const struct tunnel_group *group)
{
    return group->trustpoint == 0 && !group->is_by_identity && !group->is_remote_access && !group->is_client;
}

static bool is_signed(const struct converting *c, const struct tunnel *t)
{
    return convert_group_of(c, t) != NULL && convert_group_of(c, t)->trustpoint != 0;
}

static bool has_large_curve(const struct converting *c, const struct tunnel *t)
{
    (void)t;
    for (uint16_t i = 0; i < c->policy->isakmp_policy_count; i++)
        if (c->policy->isakmp_policies[i].auth == OAKLEY_AUTH_ECDSA_384 ||
            c->policy->isakmp_policies[i].auth == OAKLEY_AUTH_ECDSA_521)
            return true;
    return false;
}

bool convert_is_ios_identity(struct own_identity own)
{
    return own.kind != IDENTITY_KEY_ID && !ip_is_set(own.ip);
}

static bool has_other_identity(const struct converting *c, const struct tunnel *t)
{
    return !convert_is_ios_identity(convert_identity_of(c, t));
}

static bool has_no_nat_t(const struct converting *c, const struct tunnel *t)
{
    return t->is_nat_t_off || !c->policy->is_nat_t_on;
}

static bool has_aggressive_group(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->is_aggressive && t->aggressive_group != GROUP_NONE;
}

/* An entry has one profile for all its peers. */
static bool has_other_backup(const struct converting *c, const struct tunnel *t)
{
    struct own_identity first = convert_identity_of(c, t);

    for (uint8_t i = 1; i < t->peer_count; i++) {
        struct own_identity own = policy_identity_to(c->policy, policy_tunnel_group_of(c->policy, t->peers[i]));

        if (own.kind != first.kind || (own.name != NULL && first.name != NULL && strcmp(own.name, first.name) != 0))
            return true;
    }
    return false;
}

static bool has_own_df(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->df != DF_COPY;
}

static bool has_df_of_its_own(const struct converting *c, const struct tunnel *t)
{
    return t->df != convert_df_of(c, t->interface);
}

static bool has_esn(const struct converting *c, const struct tunnel *t)
{
    for (uint8_t i = 0; i < t->transform_set_count; i++)
        if (c->policy->transform_sets[t->transform_sets[i]].has_esn)
            return true;
    return false;
}

static bool has_short_icv(const struct converting *c, const struct tunnel *t)
{
    for (uint8_t i = 0; i < t->transform_set_count; i++) {
        size_t icv_len = cipher_info(c->policy->transform_sets[t->transform_sets[i]].cipher)->icv_len;

        if (icv_len != 0 && icv_len != GCM_ICV_LEN)
            return true;
    }
    return false;
}

static bool has_reverse_route(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->has_reverse_route;
}

static bool has_volume(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->lifetime_kb != 0;
}

static bool has_idle_time(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->idle_time_s != 0;
}

static bool is_per_host(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->is_per_host;
}

static bool originates_only(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->connection_type == CONNECTION_ORIGINATE_ONLY;
}

static bool answers_only(const struct converting *c, const struct tunnel *t)
{
    (void)c;
    return t->connection_type == CONNECTION_ANSWER_ONLY && !t->is_dynamic;
}

/* What a tunnel here has and the other side is not told. */
static const struct {
    unsigned languages;
    bool (*has)(const struct converting *c, const struct tunnel *tunnel);
    const char *what;
} left_out[] = {
#define IOS (1u << CONF_TO_IOS)
#define SWAN (1u << CONF_TO_STRONGSWAN | 1u << CONF_TO_LIBRESWAN)
#define LIBRESWAN (1u << CONF_TO_LIBRESWAN)
#define NO_USERS (1u << 8)
#define LEFT_OUT(languages, has, what) {languages, has, what},
#define LEFT_LINE(...)
#include "conf/convert_left_out.def"
#undef LEFT_OUT
#undef LEFT_LINE
};

/* Statements that do something here, and for which no line of the other side stands. */
static const struct {
    unsigned languages;
    enum statement_kind kind;
} left_lines[] = {
#define LEFT_OUT(...)
#define LEFT_LINE(languages, kind) {languages, STATEMENT_##kind},
#include "conf/convert_left_out.def"
#undef LEFT_OUT
#undef LEFT_LINE
#undef IOS
#undef SWAN
#undef LIBRESWAN
};

static void add_left_lines(const struct converting *c, const char *mark, enum conf_language language)
{
    bool has_users = language != CONF_TO_IOS || convert_has_ios_groups(c);
    unsigned said = 1u << language | (has_users ? 0 : NO_USERS);

    for (size_t i = 0; i < COUNT_OF(left_lines); i++) {
        if (!(left_lines[i].languages & said))
            continue;
        for (const struct statement *s = NULL;
             (s = statements_next(c->conf->statements, s, left_lines[i].kind)) != NULL;) {
            text_add(c->t, "%s not carried: line %u: ", mark, s->line);
            conf_write_line(c->conf, s, c->t);
        }
    }
}

static bool has_key_line(const struct converting *c, struct bytes name, enum conf_language language)
{
    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++)
        if (bytes_equal(bytes_of_text(c->policy->tunnel_groups[i].name), name))
            return convert_has_ios_key(&c->policy->tunnel_groups[i]) ||
                   (language == CONF_TO_IOS && convert_is_ios_group(&c->policy->tunnel_groups[i]));
    return false;
}

/* Those that are chosen by a name, or whose peers prove themselves otherwise than by a key. */
static void add_left_groups(const struct converting *c, const char *mark, enum conf_language language)
{
    for (const struct statement *s = NULL;
         (s = statements_next(c->conf->statements, s, STATEMENT_tunnel_group)) != NULL;) {
        if (has_key_line(c, statement_argument(s, "tunnel-group", 0), language))
            continue;
        text_add(c->t, "%s not carried: line %u: ", mark, s->line);
        conf_write_line(c->conf, s, c->t);
    }
}

static bool is_kept_alike(const struct tunnel_group *a, const struct tunnel_group *b)
{
    return a->has_dpd == b->has_dpd &&
           (!a->has_dpd || (a->dpd_threshold_s == b->dpd_threshold_s && a->dpd_retry_s == b->dpd_retry_s &&
                            a->dpd_is_on_demand == b->dpd_is_on_demand));
}

bool convert_has_own_keepalive(const struct converting *c, const struct tunnel_group *group)
{
    return group->has_dpd && group->dpd_is_on_demand && !is_kept_alike(group, c->policy->tunnel_groups);
}

static bool has_profile(const struct converting *c, const struct tunnel_group *group)
{
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++)
        if (!c->policy->tunnels[i].is_dynamic && convert_is_carried(&c->policy->tunnels[i], CONF_TO_IOS) &&
            convert_group_of(c, &c->policy->tunnels[i]) == group)
            return true;
    return false;
}

/* What neither the one keepalive for all of them says, nor a profile. */
static void add_left_keepalives(const struct converting *c, const char *mark)
{
    const struct tunnel_group *first = c->policy->tunnel_groups;

    for (uint16_t i = 0; i < c->policy->tunnel_group_count; i++) {
        const struct tunnel_group *g = &first[i];

        if (!is_kept_alike(g, first) && !(convert_has_own_keepalive(c, g) && has_profile(c, g)))
            text_add(c->t, "%s not carried: the keepalive of tunnel-group %s, which is not that of %s\n", mark, g->name,
                     first->name);
    }
}

/* What is in no line of the other side, as remarks. */
void convert_add_remarks(const struct converting *c, const char *mark, enum conf_language language)
{
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &c->policy->tunnels[i];

        for (size_t k = 0; k < COUNT_OF(left_out) && convert_is_carried(tunnel, language); k++)
            if (left_out[k].languages & 1u << language && left_out[k].has(c, tunnel))
                text_add(c->t, "%s not carried: %s of crypto %s %s %u\n", mark, left_out[k].what,
                         tunnel->is_dynamic ? "dynamic-map" : "map", tunnel->map_name, tunnel->sequence);
    }
    for (uint16_t i = 0; i < c->policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &c->policy->tunnels[i];

        if (tunnel->parked)
            text_add(c->t, "%s not carried: crypto map %s %u, which is parked: %s\n", mark, tunnel->map_name,
                     tunnel->sequence, tunnel->parked);
        else if (!convert_is_carried(tunnel, language))
            text_add(c->t, "%s not carried: crypto %s %s %u\n", mark, tunnel->is_dynamic ? "dynamic-map" : "map",
                     tunnel->map_name, tunnel->sequence);
    }
    for (uint16_t i = 0; i < c->policy->nat_rule_count; i++) {
        const char *statement = strrchr(c->policy->nat_rules[i].config, '\n'); /* behind its object's */

        statement = statement != NULL ? statement + 1 : c->policy->nat_rules[i].config;
        text_add(c->t, "%s not carried: line %u: %s\n", mark, c->policy->nat_rules[i].line,
                 statement + strspn(statement, " "));
    }
    add_left_groups(c, mark, language);
    if (language == CONF_TO_IOS)
        add_left_keepalives(c, mark);
    add_left_lines(c, mark, language);
    for (uint32_t i = 0; i < c->conf->unused_count; i++)
        text_add(c->t, "%s not carried: line %u: %s (not used here: %s)\n", mark, c->conf->unused[i].line,
                 c->conf->unused[i].begins, c->conf->unused[i].why);
}
