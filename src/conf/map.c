/* Crypto map entries become tunnels; what is wrong with one parks it. */
#include "conf/map_parts.h"

#include <stdarg.h>
#include <string.h>

enum { TUNNELS_MAX = 8192, IPSEC_LIFETIME_S = 28800, IPSEC_LIFETIME_KB = 4608000 };

#define LAST_V6                                                                                                        \
    {                                                                                                                  \
        .family = IP_V6, .octets = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 }  \
    }

static const char *kind_of(const struct tunnel *t)
{
    return t->is_dynamic ? "dynamic-map" : "map";
}

void map_park(struct compiler *c, struct tunnel *t, uint32_t line, const char *format, ...)
{
    char why[SENTENCE_SIZE - 100], sentence[SENTENCE_SIZE];
    struct text w = text_of(why, sizeof why), s = text_of(sentence, sizeof sentence);
    va_list list;

    va_start(list, format);
    text_add_list(&w, format, list);
    va_end(list);
    text_add(&s, "crypto %s %.64s %u is parked: %s", kind_of(t), t->map_name, t->sequence, why);
    find(&c->finder, CONF_ERROR, line, 0, "", sentence);
    if (t->parked == NULL)
        t->parked = text_in_arena(c, "line %u: %s", line, why);
}

void map_park_for(struct compiler *c, struct tunnel *t, uint32_t line, const char *cause, const char *why)
{
    if (t->parked == NULL)
        t->parked_for = cause;
    map_park(c, t, line, "%s", why);
}

void map_warn(struct compiler *c, const struct tunnel *t, uint32_t line, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    struct text s = text_of(sentence, sizeof sentence);
    va_list list;

    text_add(&s, "crypto %s %.64s %u: ", kind_of(t), t->map_name, t->sequence);
    va_start(list, format);
    text_add_list(&s, format, list);
    va_end(list);
    find(&c->finder, CONF_WARNING, line, 0, "", sentence);
}

static const struct statement *nth_written(const struct compiler *c, uint32_t at)
{
    return at < c->statements->written_count ? &c->statements->list[c->statements->written[at]] : NULL;
}

static bool is_of_entry(const struct statement *s, const struct entry *e)
{
    return s->state == STATEMENT_IS_KNOWN && s->row->family == e->family && s->row->kind != STATEMENT_map_interface &&
           bytes_equal(first_argument(s), e->map) && statement_number(s, "sequence") == e->sequence;
}

static void take_statement(struct entry *e, const struct statement *s)
{
    switch ((int)s->row->kind) {
    case STATEMENT_dynamic_match:
    case STATEMENT_map_match: e->match = s; break;
    case STATEMENT_dynamic_pfs:
    case STATEMENT_map_pfs: e->pfs = s; break;
    case STATEMENT_map_connection: e->connection = s; break;
    case STATEMENT_dynamic_transform:
    case STATEMENT_map_transform: e->transform = s; break;
    case STATEMENT_dynamic_df_bit:
    case STATEMENT_map_df_bit: e->df = s; break;
    case STATEMENT_dynamic_nat_t_disable:
    case STATEMENT_map_nat_t_disable: e->nat_t = s; break;
    case STATEMENT_dynamic_reverse_route:
    case STATEMENT_map_reverse_route: e->reverse_route = s; break;
    case STATEMENT_map_inheritance: e->inheritance = s; break;
    case STATEMENT_map_dynamic: e->dynamic = s; break;
    case STATEMENT_dynamic_profile:
    case STATEMENT_map_profile: e->profile = s; break;
    case STATEMENT_map_phase1_mode: e->phase1_mode = s; break;
    }
}

/* What a router says of a whole map holds for the entries that say nothing themselves, and for those of a dynamic map
 * that it leads to. */
static const struct statement *profile_of_map(const struct compiler *c, const struct entry *e)
{
    if (e->family == FAMILY_MAP)
        return statements_next_named(c->statements, NULL, STATEMENT_map_profile_all, e->map);
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_map_dynamic)) != NULL;) {
        const struct statement *found =
            statements_next_named(c->statements, NULL, STATEMENT_map_profile_all, first_argument(s));

        if (found != NULL && bytes_equal(statement_argument(s, "map", 1), e->map))
            return found;
    }
    return NULL;
}

/* Reads the entry that begins at this place of the order; returns the place after it. */
static uint32_t read_entry(const struct compiler *c, uint32_t at, struct entry *e)
{
    const struct statement *s = nth_written(c, at);

    *e = (struct entry){.family = s->row->family,
                        .map = first_argument(s),
                        .sequence = (uint16_t)statement_number(s, "sequence"),
                        .line = s->line,
                        .first = s};
    for (; (s = nth_written(c, at)) != NULL && is_of_entry(s, e); at++) {
        e->line = s->line < e->line ? s->line : e->line;
        take_statement(e, s);
    }
    e->end = s;
    if (e->profile == NULL)
        e->profile = profile_of_map(c, e);
    return at;
}

const struct statement *map_next_of_entry(const struct compiler *c, const struct entry *e, const struct statement *from)
{
    const struct statement *s = from == NULL ? e->first : nth_written(c, from->next_in_bucket);

    return s == e->end ? NULL : s;
}

/* ---- the parts of a tunnel ---- */

static void take_acl(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    const char *why;

    static const struct crypto_ace open[] = {
        {.selector = {.local = {{.family = IP_V4}, {.family = IP_V4, .octets = {255, 255, 255, 255}}},
                      .remote = {{.family = IP_V4}, {.family = IP_V4, .octets = {255, 255, 255, 255}}},
                      .local_ports = {0, 65535},
                      .remote_ports = {0, 65535}},
         .is_permit = true},
        {.selector = {.local = {{.family = IP_V6}, LAST_V6},
                      .remote = {{.family = IP_V6}, LAST_V6},
                      .local_ports = {0, 65535},
                      .remote_ports = {0, 65535}},
         .is_permit = true},
    };

    t->acl_name = "";
    if (e->match == NULL && t->is_dynamic) {
        t->is_open = true;
        t->aces = open;
        t->ace_count = COUNT_OF(open);
        return;
    }
    if (e->match == NULL) {
        map_park(c, t, e->line, "the entry is incomplete: it has no `match address`");
        return;
    }
    t->acl_name = name_of(c, statement_argument(e->match, "acl", 0));
    t->aces = compile_acl(c, statement_argument(e->match, "acl", 0), &t->ace_count, &why);
    if (why != NULL)
        map_park(c, t, e->match->line, "access-list %.64s cannot be used: %s", t->acl_name, why);
}

static const struct usable_set *set_of_name(const struct compiler *c, struct bytes name, uint16_t *index)
{
    for (*index = 0; *index < c->set_count; (*index)++)
        if (bytes_equal(bytes_of_text(c->sets[*index].set.name), name))
            return &c->sets[*index];
    return NULL;
}

/* Why that transform-set is not in this tunnel; NULL: it is. */
static const char *take_set(struct compiler *c, struct tunnel *t, struct bytes name, uint32_t line)
{
    uint16_t index;
    const struct usable_set *set = set_of_name(c, name, &index);

    if (set == NULL)
        return text_in_arena(c, "there is no transform-set %.64s", name_of(c, name));
    if (set->why_not[0] != '\0')
        return text_in_arena(c, "transform-set %.64s (line %u) cannot be used: %s", set->set.name, set->line,
                             set->why_not);
    const char *why_no_transport = compile_transport(c, t, set);
    if (why_no_transport != NULL)
        return why_no_transport;
    if (t->transform_set_count == TRANSFORM_SETS_MAX)
        return text_in_arena(c, "an entry has at most %u transform-sets", TRANSFORM_SETS_MAX);
    t->transform_sets[t->transform_set_count++] = index;
    if (!set_is_weak(&set->set))
        return NULL;
    t->is_weak = true;
    map_warn(c, t, line, "transform-set %.64s (line %u) is weak", set->set.name, set->line);
    return NULL;
}

static void take_sets(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    const char *first_why = NULL;

    if (e->transform == NULL) {
        map_park_for(c, t, e->line, "no-transform-set", "the entry is incomplete: it has no `set transform-set`");
        return;
    }
    for (unsigned i = 0; statement_argument(e->transform, "transform-set", i).len > 0; i++) {
        const char *why = take_set(c, t, statement_argument(e->transform, "transform-set", i), e->transform->line);

        if (why == NULL)
            continue;
        if (first_why == NULL)
            first_why = why;
        else
            map_warn(c, t, e->transform->line, "%s", why);
    }
    if (t->transform_set_count == 0)
        map_park(c, t, e->transform->line, "%s", first_why);
    else if (first_why != NULL)
        map_warn(c, t, e->transform->line, "%s", first_why);
}

static void take_pfs(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    uint16_t number;

    if (e->pfs == NULL)
        return;

    struct bytes word = statement_choice(e->pfs);

    t->pfs = word.len == 0 ? c->defaults->pfs : group_of_words(word, &number);
    if (t->pfs == GROUP_NONE) {
        map_park(c, t, e->pfs->line, "ikewise does not compute in the group of `set pfs`");
        return;
    }
    if (group_info(t->pfs)->strength != STRENGTH_WEAK)
        return;
    t->is_weak = true;
    if (c->conf->policy.are_weak_allowed)
        map_warn(c, t, e->pfs->line, "group %u of `set pfs` is weak", group_info(t->pfs)->number);
    else
        map_park(c, t, e->pfs->line, "group %u of `set pfs` is weak, and there is no `crypto ikev1 weak-algorithms`",
                 group_info(t->pfs)->number);
}

static void compile_lifetimes(struct compiler *c)
{
    const struct statement *seconds = statements_next(c->statements, NULL, STATEMENT_ipsec_lifetime_s);
    const struct statement *kilobytes = statements_next(c->statements, NULL, STATEMENT_ipsec_lifetime_kb);
    const struct statement *idle = statements_next(c->statements, NULL, STATEMENT_ipsec_idle_time);

    c->conf->policy.ipsec_lifetime_s = seconds == NULL ? IPSEC_LIFETIME_S : statement_number(seconds, "seconds");
    c->conf->policy.ipsec_lifetime_kb =
        kilobytes == NULL ? IPSEC_LIFETIME_KB : statement_number(kilobytes, "kilobytes");
    c->conf->policy.ipsec_idle_time_s = idle == NULL ? 0 : statement_number(idle, "idle-seconds");
}

static void take_lifetimes(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    t->lifetime_s = c->conf->policy.ipsec_lifetime_s;
    t->lifetime_kb = c->conf->policy.ipsec_lifetime_kb;
    t->idle_time_s = c->conf->policy.ipsec_idle_time_s;
    for (const struct statement *s = NULL; (s = map_next_of_entry(c, e, s)) != NULL;) {
        if (s->row->kind == STATEMENT_map_idle_time || s->row->kind == STATEMENT_dynamic_idle_time)
            t->idle_time_s = statement_number(s, "idle-seconds");
        if (s->row->kind != STATEMENT_map_lifetime && s->row->kind != STATEMENT_dynamic_lifetime)
            continue;
        if (statement_has(s, "seconds"))
            t->lifetime_s = statement_number(s, "seconds");
        if (statement_has(s, "kilobytes"))
            t->lifetime_kb = statement_number(s, "kilobytes"); /* 0 with `unlimited` */
    }
}

static const struct {
    const char *word;
    enum df_policy df;
} df_words[] = {{"copy-df", DF_COPY}, {"set-df", DF_SET}, {"clear-df", DF_CLEAR}};

static enum df_policy df_of(const struct statement *s)
{
    for (size_t i = 0; i < COUNT_OF(df_words); i++)
        if (statement_has(s, df_words[i].word))
            return df_words[i].df;
    return DF_COPY;
}

static void take_choices_of_interface(struct compiler *c, struct tunnel *t)
{
    struct bytes name = bytes_of_text(t->interface == NO_INDEX ? "" : c->conf->interfaces[t->interface].name);
    const struct statement *df =
        statements_of_interface(c->statements, STATEMENT_ipsec_df_bit, STATEMENT_ipsec_df_bit_all, name);
    const struct statement *fragmentation =
        statements_of_interface(c->statements, STATEMENT_fragmentation, STATEMENT_fragmentation_all, name);

    if (df != NULL)
        t->df = df_of(df);
    t->is_split_sealed = fragmentation != NULL && statement_has(fragmentation, "after-encryption");
}

static void take_choices(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    t->is_nat_t_off = e->nat_t != NULL;
    t->has_reverse_route = e->reverse_route != NULL;
    t->is_per_host = e->inheritance != NULL && statement_has(e->inheritance, "data");
    if (e->connection != NULL)
        t->connection_type = statement_has(e->connection, "originate-only") ? CONNECTION_ORIGINATE_ONLY
                             : statement_has(e->connection, "answer-only")  ? CONNECTION_ANSWER_ONLY
                                                                            : CONNECTION_BIDIRECTIONAL;
    take_choices_of_interface(c, t);
    if (e->df != NULL)
        t->df = df_of(e->df);
}

/* Some peer of the entry has no certificates of ours to be asked by. */
static bool begins_with_key(const struct compiler *c, const struct tunnel *t)
{
    for (uint8_t i = 0; i < t->peer_count; i++)
        if (policy_trustpoint_of(&c->conf->policy, policy_tunnel_group_of(&c->conf->policy, t->peers[i])) == NULL)
            return true;
    return false;
}

/* What the entry says, else the tunnel-group of one of its peers. */
static const struct statement *phase1_mode_of(const struct compiler *c, const struct tunnel *t, const struct entry *e)
{
    const struct statement *s = e->phase1_mode;

    for (uint8_t i = 0; s == NULL && !t->is_dynamic && i < t->peer_count; i++) {
        uint16_t group = policy_tunnel_group_of(&c->conf->policy, t->peers[i]);

        s = group == NO_INDEX ? NULL : c->groups[group].initiate_mode;
    }
    return s;
}

static void take_phase1_mode(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    const struct statement *s = phase1_mode_of(c, t, e);
    const char *why = compile_phase1_mode(c, t, s);

    if (why != NULL && c->why_no_policy == NULL)
        map_park(c, t, s->line, "%s", why);
    if (t->is_aggressive && begins_with_key(c, t))
        map_warn(
            c, t, s->line,
            "phase 1 begins in aggressive mode with a pre-shared key: whoever sees its messages can try keys on them");
}

/* Those of another profile are not for this entry; nor is it for them where its end is not ours. */
static void take_profile(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    struct bytes name = e->profile == NULL ? bytes_of(NULL, 0) : statement_argument(e->profile, "profile", 0);
    const struct statement *profile = e->profile == NULL ? NULL : compile_profile_named(c, name);

    if (t->is_dynamic && profile != NULL)
        t->profile = name_of(c, name);
    for (const struct statement *s = NULL; profile != NULL && (s = next_child(c, profile, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_profile_local && t->interface != NO_INDEX &&
            !compile_profile_is_at(c, s, t->interface))
            map_park(c, t, s->line, "isakmp profile %.64s is for another address of ours than that of interface %.64s",
                     name_of(c, name), c->conf->interfaces[t->interface].name);
}

static void check_interface(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    if (t->interface == NO_INDEX) {
        map_park(c, t, e->line, "crypto map %.64s is not applied to an interface", t->map_name);
        return;
    }

    const struct policy_interface *interface = &c->conf->interfaces[t->interface];

    if (c->interfaces_are_down[t->interface])
        map_park(c, t, e->line, "interface %.64s is shut down", interface->name);
    else if (!interface->is_ikev1_enabled)
        map_park(c, t, e->line, "crypto ikev1 is not enabled on interface %.64s", interface->name);
    else if (!ip_is_set(interface->ip))
        map_park(c, t, e->line, "interface %.64s has no address; one by DHCP is that of the device %.64s of Linux",
                 interface->name, *interface->linux_name ? interface->linux_name : interface->hardware);
}

/* A line of this entry that was not understood may have said anything, `set pfs` among it. */
static void check_wrong_lines(struct compiler *c, struct tunnel *t, const struct entry *e)
{
    for (uint32_t i = c->statements->written_count; i-- > 0;) {
        const struct statement *s = nth_written(c, i);

        if (s->parent == STATEMENT_NONE && s->state == STATEMENT_IS_KNOWN)
            return;
        if (s->state == STATEMENT_IS_WRONG && s->row != NULL && s->row->family == e->family &&
            bytes_equal(first_argument(s), e->map) && statement_number(s, "sequence") == e->sequence)
            map_park(c, t, s->line, "this line is not understood");
    }
}

static void make_tunnel(struct compiler *c, struct tunnel *t, const struct entry *e, uint16_t interface)
{
    *t = (struct tunnel){.map_name = name_of(c, e->map),
                         .sequence = e->sequence,
                         .is_dynamic = e->family == FAMILY_DYNAMIC_MAP,
                         .connection_type =
                             e->family == FAMILY_DYNAMIC_MAP ? CONNECTION_ANSWER_ONLY : CONNECTION_BIDIRECTIONAL,
                         .interface = interface,
                         .line = e->line};
    check_wrong_lines(c, t, e);
    take_acl(c, t, e);
    map_take_peers(c, t, e);
    take_sets(c, t, e);
    take_pfs(c, t, e);
    take_lifetimes(c, t, e);
    take_choices(c, t, e);
    take_phase1_mode(c, t, e);
    take_profile(c, t, e);
    check_interface(c, t, e);
    if (c->why_no_policy != NULL)
        map_park(c, t, e->line, "%s", c->why_no_policy);
    t->is_weak |= c->is_phase1_weak;
}

static uint16_t next_interface_of_map(const struct compiler *c, struct bytes map, uint16_t from)
{
    for (uint16_t i = from; i < c->conf->policy.interface_count; i++)
        if (bytes_equal(bytes_of_text(c->conf->interfaces[i].map_name), map))
            return i;
    return NO_INDEX;
}

static bool has_peer_of(const struct compiler *c, const struct entry *e, enum ip_family family)
{
    bool has_any = false;

    for (const struct statement *s = NULL; (s = map_next_of_entry(c, e, s)) != NULL;) {
        bool is_peer = s->row->kind == STATEMENT_map_peer || s->row->kind == STATEMENT_dynamic_peer;
        struct ip ip;

        for (unsigned i = 0; is_peer && statement_argument(s, "peer", i).len > 0; i++) {
            has_any = true;
            if (resolve_host(c, statement_argument(s, "peer", i), &ip) ? ip.family == family : family == IP_V4)
                return true;
        }
    }
    return !has_any && family == IP_V4;
}

/* Of an interface with addresses of both families an entry has those that its peers are of. */
static bool is_on_twin(const struct compiler *c, const struct entry *e, uint16_t interface)
{
    return interface == NO_INDEX || interface_twin(c, interface) == NO_INDEX ||
           has_peer_of(c, e, (enum ip_family)c->conf->interfaces[interface].ip.family);
}

static bool add_tunnel(struct compiler *c, struct tunnel *tunnels, const struct entry *e, uint16_t interface)
{
    uint16_t *count = &c->conf->policy.tunnel_count;

    if (!is_on_twin(c, e, interface))
        return true;
    if (*count == TUNNELS_MAX) {
        find(&c->finder, CONF_ERROR, e->line, 0, "", "there are too many crypto map entries: this one is left out");
        return false;
    }
    make_tunnel(c, &tunnels[(*count)++], e, interface);
    return true;
}

static bool begins_entry(const struct statement *s, enum grammar_family family)
{
    return s->state == STATEMENT_IS_KNOWN && s->row->family == family && s->row->kind != STATEMENT_map_interface;
}

bool map_next_entry(const struct compiler *c, enum grammar_family family, uint32_t *at, struct entry *e)
{
    while (*at < c->statements->written_count && !begins_entry(nth_written(c, *at), family))
        (*at)++;
    if (*at == c->statements->written_count)
        return false;
    *at = read_entry(c, *at, e);
    return true;
}

/* The tunnels of one entry on one interface; `tunnels` NULL: only says how many there are. */
static uint32_t entry_on_interface(struct compiler *c, struct tunnel *tunnels, const struct entry *e,
                                   uint16_t interface)
{
    struct bytes name = e->dynamic == NULL ? bytes_of(NULL, 0) : statement_argument(e->dynamic, "map", 1);
    struct entry of_dynamic;
    uint32_t count = 0;

    if (e->dynamic == NULL)
        return tunnels == NULL || add_tunnel(c, tunnels, e, interface);
    for (uint32_t at = 0; map_next_entry(c, FAMILY_DYNAMIC_MAP, &at, &of_dynamic);)
        if (bytes_equal(of_dynamic.map, name))
            count += tunnels == NULL || add_tunnel(c, tunnels, &of_dynamic, interface);
    if (tunnels != NULL && count == 0)
        say(c, CONF_ERROR, e->dynamic, "there is no dynamic-map %s", name_of(c, name));
    return count;
}

/* Makes the tunnels of every entry, by map and sequence: one for each interface that the map is on. `tunnels` NULL:
 * only says how many there are at most. */
static uint32_t each_entry(struct compiler *c, struct tunnel *tunnels)
{
    uint32_t count = 0;
    struct entry e;

    for (uint32_t at = 0; map_next_entry(c, FAMILY_MAP, &at, &e);) {
        uint16_t interface = next_interface_of_map(c, e.map, 0);

        do {
            count += entry_on_interface(c, tunnels, &e, interface);
            if (interface != NO_INDEX)
                interface = next_interface_of_map(c, e.map, interface + 1);
        } while (interface != NO_INDEX);
    }
    return count;
}

/* A dynamic map that no crypto map names is as good as not there. */
static void warn_of_orphans(struct compiler *c)
{
    struct entry of_dynamic, e;
    struct bytes told = bytes_of(NULL, 0);

    for (uint32_t at = 0; map_next_entry(c, FAMILY_DYNAMIC_MAP, &at, &of_dynamic);) {
        bool is_named = bytes_equal(of_dynamic.map, told);

        for (uint32_t i = 0; !is_named && map_next_entry(c, FAMILY_MAP, &i, &e);)
            is_named = e.dynamic != NULL && bytes_equal(statement_argument(e.dynamic, "map", 1), of_dynamic.map);
        if (!is_named)
            say(c, CONF_WARNING, of_dynamic.first, "dynamic-map %s is named by no crypto map and is not used",
                name_of(c, of_dynamic.map));
        told = of_dynamic.map;
    }
}

void compile_tunnels(struct compiler *c)
{
    uint32_t count = each_entry(c, NULL) + 1;
    struct tunnel *tunnels = arena_take(c->arena, (count < TUNNELS_MAX ? count : TUNNELS_MAX) * sizeof *tunnels);

    if (tunnels == NULL)
        return;
    compile_lifetimes(c);
    c->conf->policy.tunnels = tunnels;
    each_entry(c, tunnels);
    warn_of_orphans(c);
    if (c->conf->policy.tunnel_count < TUNNELS_MAX)
        compile_client_tunnel(c, &tunnels[c->conf->policy.tunnel_count]);
}
