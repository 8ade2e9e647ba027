/* The lines that make one end fit the other: changes.def, with the values of both filled in. */
#include "trial/changing.h"

#include "base/check.h"
#include "policy/choose.h"

#include <string.h>

enum { NEW_PRIORITY = 5 };

enum kind {
    KIND_PHASE1,
    KIND_WEAK,
    KIND_KEY,
    KIND_TRANSFORM,
    KIND_PFS,
    KIND_SELECTOR,
    KIND_ENTRY,
    KIND_ORDER,
    KIND_ENABLE,
    KIND_PEER,
    KIND_NAT_T,
    KIND_EXEMPT,
    KIND_MODE,
    KIND_OVERLAP,
    KIND_IDENTITY,
    KIND_PROTOCOL,
    KIND_FILTER,
    KIND_ADDRESS
};

static const struct {
    const char *cause;
    enum kind kind;
} repairs[] = {
#define REPAIRS(cause, kind) {#cause, KIND_##kind},
#define CHANGE(...)
#include "trial/changes.def"
#undef REPAIRS
#undef CHANGE
};

static const struct {
    enum kind kind;
    enum words words;
    const char *line;
} rows[] = {
#define REPAIRS(...)
#define CHANGE(kind, words, line) {KIND_##kind, WORDS_##words, line},
#include "trial/changes.def"
#undef REPAIRS
#undef CHANGE
};

static bool has_one_peer(const struct conf *conf)
{
    struct ip peer = {0};

    for (uint16_t i = 0; i < conf->policy.tunnel_count; i++)
        for (uint8_t k = 0; k < conf->policy.tunnels[i].peer_count; k++) {
            if (ip_is_set(peer) && !ip_equal(peer, conf->policy.tunnels[i].peers[k]))
                return false;
            peer = conf->policy.tunnels[i].peers[k];
        }
    return true;
}

static uint16_t free_priority(const struct policy *p)
{
    uint16_t priority = NEW_PRIORITY;

    for (uint16_t i = 0; i < p->isakmp_policy_count; i++)
        if (p->isakmp_policies[i].priority == priority) {
            priority++;
            i = UINT16_MAX; /* from the first again */
        }
    return priority;
}

/* Where the policies serve one peer only, one attribute is changed; else a policy is added, so that no other tunnel
 * sees a difference. */
static bool make_phase1(struct changing *c)
{
    const struct policy *own = &c->own->conf.policy, *far = &c->far->conf.policy;
    uint16_t i, k;
    const char *cause;

    if (far->isakmp_policy_count == 0)
        return false;
    if (own->isakmp_policy_count > 0 && has_one_peer(&c->own->conf)) {
        differ_phase1(own, far, &i, &k, &cause);

        const struct isakmp_policy *p = &own->isakmp_policies[i], *q = &far->isakmp_policies[k];

        if (p->auth == q->auth) {
            values_put_number(c->v, "PRIORITY", p->priority);
            values_put_phase1(c->v, q, p->cipher != q->cipher, p->hash != q->hash, p->group != q->group);
            return true;
        }
    }
    /* Certificates are not had by a line of configuration. */
    if (policy_signature_of(far->isakmp_policies[0].auth) != SIGNATURE_NONE)
        return false;
    values_put_number(c->v, "PRIORITY", free_priority(own));
    values_put(c->v, "AUTH", "pre-share");
    values_put_phase1(c->v, &far->isakmp_policies[0], true, true, true);
    return true;
}

static bool make_weak(struct changing *c)
{
    return !c->own->conf.policy.are_weak_allowed;
}

static void put_key(struct changing *c, const char *name)
{
    values_put(c->v, name, "<the key of the other end>");
    c->v->key = c->far->keys[0].key;
}

static bool make_key(struct changing *c)
{
    if (c->far->key_count == 0 || !ip_is_set(c->own->far))
        return false;
    values_put_ip(c->v, "PEER", c->own->far);
    put_key(c, "KEY");
    return true;
}

bool changing_put_entry(struct changing *c)
{
    if (!c->t)
        return false;
    values_put(c->v, "MAP", c->t->map_name);
    values_put_number(c->v, "SEQUENCE", c->t->sequence);
    return true;
}

static const struct transform_set *first_set(const struct end *e, const struct tunnel *t)
{
    return t && t->transform_set_count ? &e->conf.policy.transform_sets[t->transform_sets[0]] : NULL;
}

static const struct transform_set *same_set(const struct policy *p, const struct transform_set *set)
{
    for (uint16_t i = 0; i < p->transform_set_count; i++)
        if (p->transform_sets[i].cipher == set->cipher && p->transform_sets[i].integrity == set->integrity &&
            p->transform_sets[i].is_transport == set->is_transport && p->transform_sets[i].has_esn == set->has_esn)
            return &p->transform_sets[i];
    return NULL;
}

static void put_set_names(struct changing *c, const char *name, const char *first)
{
    struct value *sets = values_add(c->v, name);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(sets->text[w], VALUE_SIZE);

        text_add(&t, "%s", first);
        for (uint8_t i = 0; i < c->t->transform_set_count && i + 1u < TRANSFORM_SETS_MAX; i++)
            text_add(&t, "%s%s", t.len ? " " : "", c->own->conf.policy.transform_sets[c->t->transform_sets[i]].name);
    }
}

/* A set of its own name is added; those that other peers use stay. */
static bool make_transform(struct changing *c)
{
    const struct transform_set *theirs = first_set(c->far, c->other);
    const struct transform_set *ours = theirs ? same_set(&c->own->conf.policy, theirs) : NULL;
    const char *name = ours ? ours->name : "AS-THE-OTHER-END";

    if (!theirs || !changing_put_entry(c))
        return false;
    if (!ours)
        values_put(c->v, "SET", name);
    if (!ours && theirs->is_transport)
        values_put(c->v, "MODE", "mode transport");
    if (!ours && theirs->has_esn)
        values_put(c->v, "ESN", "esn");
    values_put_esp(c->v, theirs, c->t->pfs);
    put_set_names(c, "SETS", name);
    return true;
}

static bool make_pfs(struct changing *c)
{
    if (!c->other || !changing_put_entry(c))
        return false;
    if (c->other->pfs == GROUP_NONE)
        values_put(c->v, "NO_PFS", "");
    else
        values_put_pfs(c->v, "PFS", c->other->pfs), values_put(c->v, "HAS_PFS", "");
    if (first_set(c->own, c->t))
        values_put_esp(c->v, first_set(c->own, c->t), c->other->pfs);
    return true;
}

/* What an entry lacks. */
static bool make_entry(struct changing *c)
{
    const struct transform_set *theirs = first_set(c->far, c->other);

    if (!changing_put_entry(c))
        return false;
    PUT_SELECTOR(c->v, "", &c->selector);
    if (!*c->t->acl_name)
        values_put(c->v, "NEW_ACL", "TO-THE-OTHER-END");
    else if (c->t->ace_count == 0)
        values_put(c->v, "NEW_ACL", c->t->acl_name);
    if (c->t->transform_set_count == 0 && theirs) {
        values_put(c->v, "NEW_SET", "AS-THE-OTHER-END");
        values_put_esp(c->v, theirs, GROUP_NONE);
    }
    if (c->t->interface == NO_INDEX) {
        if (c->own->interface == NO_INDEX)
            return false;
        values_put(c->v, "NEW_INTERFACE", c->own->conf.policy.interfaces[c->own->interface].name);
        values_put(c->v, "NO_INTERFACE", "");
    }
    return true;
}

/* The entry that takes the traffic, and a number before it that is free. */
static uint16_t sequence_before(const struct policy *p, const struct tunnel *t, const struct selector *s)
{
    uint16_t taker, ace, sequence;
    struct flow flow = {.local = s->local.first,
                        .remote = s->remote.first,
                        .protocol = s->protocol,
                        .has_ports = true,
                        .local_port = s->local_ports.first,
                        .remote_port = s->remote_ports.first};

    if (!policy_steer(p, &flow, &taker, &ace) || strcmp(p->tunnels[taker].map_name, t->map_name) != 0)
        return 0;
    for (sequence = p->tunnels[taker].sequence; --sequence > 0;) {
        bool is_free = true;

        for (uint16_t i = 0; i < p->tunnel_count; i++)
            is_free &= strcmp(p->tunnels[i].map_name, t->map_name) != 0 || p->tunnels[i].sequence != sequence;
        if (is_free)
            return sequence;
    }
    return 0;
}

static bool make_order(struct changing *c)
{
    uint16_t before = c->t ? sequence_before(&c->own->conf.policy, c->t, &c->selector) : 0;

    if (before == 0 || !changing_put_entry(c))
        return false;
    values_put_number(c->v, "BEFORE", before);
    values_put(c->v, "ACL", c->t->acl_name);
    values_put_ip(c->v, "PEER", c->own->far);
    put_set_names(c, "ALL_SETS", "");
    if (c->t->pfs != GROUP_NONE)
        values_put_pfs(c->v, "OWN_PFS", c->t->pfs);
    return true;
}

static bool make_enable(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;

    if (!c->t || c->t->interface == NO_INDEX || p->interfaces[c->t->interface].is_ikev1_enabled)
        return false;
    values_put(c->v, "INTERFACE", p->interfaces[c->t->interface].name);
    return true;
}

/* The entry that names somebody else although it mirrors the other end's line; else the one that is tried. */
static const struct tunnel *entry_to_point(const struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;

    for (uint16_t i = 0; i < p->tunnel_count; i++)
        for (uint16_t k = 0; k < p->tunnels[i].ace_count; k++)
            if (p->tunnels[i].aces[k].is_permit && selector_equal(&p->tunnels[i].aces[k].selector, &c->selector))
                return &p->tunnels[i];
    return c->t;
}

static bool make_peer(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;
    struct ip peer = c->far->seen_as;
    uint16_t group;

    c->t = entry_to_point(c);
    if (!ip_is_set(peer) || !changing_put_entry(c))
        return false;
    values_put_ip(c->v, "PEER", peer);
    if (c->t->peer_count == 1 && !ip_equal(c->t->peers[0], peer))
        values_put_ip(c->v, "OLD", c->t->peers[0]);
    group = policy_tunnel_group_of(p, peer);
    if (group == NO_INDEX || !p->tunnel_groups[group].has_key) {
        values_put(c->v, "NO_GROUP", "");
        if (c->far->key_count == 0)
            return false;
        put_key(c, "NEW_KEY");
    }
    return true;
}

static bool make_nat_t(struct changing *c)
{
    if (!c->own->conf.policy.is_nat_t_on)
        values_put(c->v, "NO_NAT_T", "");
    if (changing_put_entry(c) && c->t->is_nat_t_off)
        values_put(c->v, "NAT_T_OFF", "");
    return !c->own->conf.policy.is_nat_t_on || (c->t && c->t->is_nat_t_off);
}

/* The one who begins turns to main mode, or the other one answers. */
static bool make_mode(struct changing *c)
{
    if (!c->is_initiator && !c->own->conf.policy.is_aggressive_answered)
        values_put(c->v, "AGGRESSIVE_OFF", "");
    else if (!c->is_initiator || !changing_put_entry(c) || !c->t->is_aggressive)
        return false;
    else
        values_put(c->v, "IS_AGGRESSIVE", "");
    values_put_ip(c->v, "PEER", c->own->far);
    return true;
}

/* fw.example.net: `hostname fw` and `domain-name example.net`. */
static bool put_fqdn(struct changing *c, const char *name)
{
    const char *dot = strchr(name, '.');
    char host[VALUE_SIZE];
    struct text t = text_of(host, sizeof host);

    if (!dot || dot == name || !dot[1] || strpbrk(name, "@=: "))
        return false;
    text_add(&t, "%.*s", (int)(dot - name), name);
    values_put(c->v, "HOST", host);
    values_put(c->v, "DOMAIN", dot + 1);
    values_put(c->v, "IS_FQDN", "");
    return true;
}

/* The end that refuses may take what is said; the other one may say what is expected. Of addresses a device says none
 * but its own. */
static bool make_identity(struct changing *c)
{
    char space[IP_TEXT_SIZE];
    const char *expected = c->far->expects;
    struct ip ip;

    if (c->is_refusing) {
        c->expects = obstacle_sent_id(c->far, space);
        values_put_identity(c->v, "SENT", c->expects);
        c->expects = say_text(c->trial, "%s", c->expects);
        return true;
    }
    if (!expected || !*expected || strlen(expected) >= VALUE_SIZE)
        return false;
    values_put_identity(c->v, "EXPECTED", expected);
    if (!ip_parse(&ip, bytes_of_text(expected)))
        return put_fqdn(c, expected) || (values_put(c->v, "NAME", expected), true);
    if (ip_equal(ip, c->own->address))
        values_put(c->v, "IS_ADDRESS", "");
    else if (words_have_prefixes(words_of(c->own->as.product)))
        values_put(c->v, "NAME", expected);
    else
        return false;
    return true;
}

static bool make_group_policy(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;
    uint16_t group = policy_tunnel_group_of(p, c->own->far);

    if (group == NO_INDEX || p->tunnel_groups[group].group_policy == 0)
        return false;
    values_put(c->v, "GROUP_POLICY", p->group_policies[p->tunnel_groups[group].group_policy - 1].name);
    return true;
}

/* An end without one gets the address that the other end has as its peer. */
static bool make_address(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;

    uint16_t interface = c->t && c->t->interface != NO_INDEX ? c->t->interface : c->own->interface;

    if (!ip_is_set(c->far->far) || interface == NO_INDEX)
        return false;
    values_put(c->v, "HARDWARE", p->interfaces[interface].hardware);
    values_put_ip(c->v, "ADDRESS", c->far->far);
    return true;
}

static bool (*const makers[])(struct changing *c) = {
    [KIND_PHASE1] = make_phase1,
    [KIND_WEAK] = make_weak,
    [KIND_KEY] = make_key,
    [KIND_TRANSFORM] = make_transform,
    [KIND_PFS] = make_pfs,
    [KIND_SELECTOR] = changing_selector,
    [KIND_ENTRY] = make_entry,
    [KIND_ORDER] = make_order,
    [KIND_ENABLE] = make_enable,
    [KIND_PEER] = make_peer,
    [KIND_NAT_T] = make_nat_t,
    [KIND_EXEMPT] = changing_exempt,
    [KIND_MODE] = make_mode,
    [KIND_OVERLAP] = changing_overlap,
    [KIND_IDENTITY] = make_identity,
    [KIND_PROTOCOL] = make_group_policy,
    [KIND_FILTER] = make_group_policy,
    [KIND_ADDRESS] = make_address,
};

/* ---- lines ---- */

static size_t add_lines(struct trial *t, const struct values *v, enum kind kind, enum words words, const char **lines)
{
    char space[400];
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(rows) && count < TRIAL_CHANGE_LINES_MAX; i++) {
        struct text line = text_of(space, sizeof space);

        if (rows[i].kind == kind && rows[i].words == words && values_fill(v, rows[i].line, words, false, &line))
            lines[count++] = say_text(t, "%s", space);
    }
    return count;
}

static void apply_lines(const struct values *v, enum kind kind, struct text *out)
{
    char space[400];

    text_add(out, "\n!\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text line = text_of(space, sizeof space);

        if (rows[i].kind == kind && rows[i].words == WORDS_ASA && values_fill(v, rows[i].line, WORDS_ASA, true, &line))
            text_add(out, "%s\n", space);
    }
    bytes_wipe(space, sizeof space);
}

bool change_make(struct trial *t, unsigned end, const struct trial_attempt *a, unsigned initiator,
                 struct trial_change *change, struct text *applied)
{
    struct values v = {.count = 0};
    struct selector mirror = selector_mirror(a->selector);
    struct changing c = {.trial = t,
                         .own = &t->ends[end],
                         .far = &t->ends[!end],
                         .selector = end == initiator ? a->selector : mirror,
                         .is_initiator = end == initiator,
                         .is_refusing = a->is_refused && end == a->obstacle_end,
                         .v = &v};
    size_t row = 0;

    *change = (struct trial_change){.end = (uint8_t)end};
    while (row < COUNT_OF(repairs) && strcmp(repairs[row].cause, a->cause) != 0)
        row++;
    if (row == COUNT_OF(repairs))
        return false;
    struct selector theirs = selector_mirror(c.selector);

    c.t = tunnel_about(c.own, &c.selector);
    c.other = tunnel_about(c.far, &theirs);
    if (!makers[repairs[row].kind](&c))
        return false;
    change->asa_count = add_lines(t, &v, repairs[row].kind, WORDS_ASA, change->asa);
    change->own_count = add_lines(t, &v, repairs[row].kind, words_of(c.own->as.product), change->own);
    apply_lines(&v, repairs[row].kind, applied);
    if (c.expects)
        c.own->expects = c.expects;
    return c.expects ? change->own_count > 0 : change->asa_count > 0;
}
