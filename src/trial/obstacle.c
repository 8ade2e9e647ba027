/* Obstacles that need no negotiation to be seen: obstacles.def. */
#include "trial/parts.h"

#include "conf/statement.h"
#include "policy/filter.h"
#include "policy/nat.h"

#include <string.h>

enum { SENTENCE_SIZE = 300 };

/* The entry of an end that the line is about: the one whose ACL has exactly it, else one that overlaps, else any. */
const struct tunnel *tunnel_about(const struct end *e, const struct selector *wanted)
{
    const struct tunnel *any = NULL, *near = NULL;
    struct ip_range both;

    for (uint16_t i = 0; i < e->policy.tunnel_count; i++) {
        const struct tunnel *t = &e->policy.tunnels[i];

        if (!any)
            any = t;
        for (uint16_t k = 0; k < t->ace_count; k++) {
            const struct selector *s = &t->aces[k].selector;

            if (!t->aces[k].is_permit)
                continue;
            if (selector_equal(s, wanted))
                return t;
            if (!near && ip_range_intersect(s->local, wanted->local, &both) &&
                ip_range_intersect(s->remote, wanted->remote, &both))
                near = t;
        }
    }
    return near ? near : any;
}

static const struct policy_interface *interface_of(const struct end *e, const struct tunnel *t)
{
    return &e->conf.policy.interfaces[t->interface];
}

static bool is_behind_nat(const struct end *a, const struct end *b)
{
    return !ip_equal(a->address, a->seen_as) || !ip_equal(b->address, b->seen_as);
}

static bool is_finding_of(const struct end *e, const char *first, const char *second)
{
    for (uint32_t i = 0; i < e->conf.finding_count; i++)
        if (strstr(e->conf.findings[i].sentence, first) && strstr(e->conf.findings[i].sentence, second))
            return true;
    return false;
}

/* No policy is left, and that is why. */
static bool policy_is_left_out(const struct end *e, const char *why)
{
    return e->conf.policy.isakmp_policy_count == 0 && is_finding_of(e, "is not offered", why);
}

static bool is_parked_for(const struct tunnel *t, const char *why)
{
    return t->parked && strstr(t->parked, why);
}

/* The first packet that a line is for. */
static struct flow flow_of(const struct selector *s)
{
    return (struct flow){.local = s->local.first,
                         .remote = s->remote.first,
                         .protocol = s->protocol,
                         .has_ports = true,
                         .local_port = s->local_ports.first,
                         .remote_port = s->remote_ports.first};
}

static const struct tunnel *taker_of(const struct end *e, const struct tunnel *t, const struct selector *s)
{
    const struct policy *all = &e->conf.policy;
    struct flow flow = flow_of(s);
    uint16_t tunnel, ace;

    if (!policy_steer(all, &flow, &tunnel, &ace))
        return NULL;
    return all->tunnels[tunnel].sequence == t->sequence && strcmp(all->tunnels[tunnel].map_name, t->map_name) == 0
               ? NULL
               : &all->tunnels[tunnel];
}

static bool is_shadowed(const struct end *e, const struct tunnel *t, const struct selector *s)
{
    return taker_of(e, t, s) != NULL;
}

bool is_one_network(const struct selector *s)
{
    return ip_range_prefix_len(s->local) > 0 && ip_range_equal(s->local, s->remote);
}

/* A device does as we do; a file of ours, too, when it has such lines. */
static bool is_translated(const struct end *e, const struct tunnel *t, const struct selector *s)
{
    return t->interface != NO_INDEX && nat_takes_away(&e->conf.policy, t->interface, s) != NO_INDEX;
}

static bool refuses_ikev1(const struct end *e)
{
    const struct policy *p = &e->conf.policy;
    uint16_t group = policy_tunnel_group_of(p, e->far);
    uint16_t number = group == NO_INDEX ? 0 : p->tunnel_groups[group].group_policy;

    return number != 0 && p->group_policies[number - 1].is_ikev1_refused;
}

/* A vpn-filter is written with the far end as source. */
static bool is_filtered(const struct end *e, const struct selector *s)
{
    const struct policy *p = &e->conf.policy;
    const struct filter *f = filter_of(p, policy_tunnel_group_of(p, e->far), "");
    struct ip_range both;

    for (uint16_t i = 0; f && i < f->ace_count; i++)
        if (f->aces[i].is_permit && ip_range_intersect(f->aces[i].selector.local, s->remote, &both) &&
            ip_range_intersect(f->aces[i].selector.remote, s->local, &both))
            return false;
    return f != NULL;
}

/* What that end says to the other (phase1.c); with a pre-shared key "auto" is the address. */
const char *obstacle_sent_id(const struct end *e, char space[static IP_TEXT_SIZE])
{
    const struct policy *p = &e->conf.policy;
    struct own_identity own = policy_identity_to(p, policy_tunnel_group_of(p, e->far));

    if (own.kind == IDENTITY_AUTO || own.kind == IDENTITY_ADDRESS)
        return ip_text(ip_is_set(own.ip) ? own.ip : e->address, space);
    return own.name;
}

static bool wants_other_id(const struct end *e, const struct end *far)
{
    char space[IP_TEXT_SIZE];
    const char *expects = e->expects;

    return expects && *expects && strcmp(expects, "%any") != 0 && strcmp(expects, obstacle_sent_id(far, space)) != 0;
}

enum row_who { BOTH, FIRST };
enum row_it { STOPS, HINDERS, STARVES, REFUSES };

static const struct {
    const char *cause, *sentence;
    enum row_who who;
    enum row_it it;
} rows[] = {
#define OBSTACLE(cause, who, it, condition, sentence) {#cause, sentence, who, it},
#include "trial/obstacles.def"
#undef OBSTACLE
};

/* The first row that holds of this end; COUNT_OF(rows): none. */
static size_t row_of(const struct end *own, const struct end *far, const struct tunnel *t,
                     const struct selector *own_selector)
{
    size_t row = 0;

#define OBSTACLE(cause, who, it, condition, sentence)                                                                  \
    if (condition)                                                                                                     \
        return row;                                                                                                    \
    row++;
#include "trial/obstacles.def"
#undef OBSTACLE
    return row;
}

struct name {
    const char *name;
    char value[SENTENCE_SIZE];
};

static const char *fill(struct trial *t, const char *sentence, const struct name *names, size_t count)
{
    char space[SENTENCE_SIZE];
    struct text out = text_of(space, sizeof space);

    while (*sentence) {
        size_t len = *sentence == '{' ? strcspn(sentence, "}") : 0, i = 0;

        while (len && i < count &&
               (strlen(names[i].name) != len - 1 || memcmp(names[i].name, sentence + 1, len - 1) != 0))
            i++;
        if (len && i < count)
            text_add(&out, "%s", names[i].value);
        else
            text_add(&out, "%c", *sentence);
        sentence += len && i < count ? len + 1 : 1;
    }
    return say_text(t, "%s", space);
}

static void set(struct name *n, const char *name, const char *value)
{
    struct text t = text_of(n->value, sizeof n->value);

    n->name = name;
    text_add(&t, "%s", value);
}

static const char *say_why(struct trial *t, size_t row, const struct end *own, const struct end *far,
                           const struct tunnel *tunnel, const struct selector *s)
{
    const struct tunnel *taker = tunnel ? taker_of(own, tunnel, s) : NULL;
    char ip[IP_TEXT_SIZE], number[16];
    struct text n = text_of(number, sizeof number);
    struct name names[13];
    size_t count = 0;

    text_add(&n, "%u", tunnel ? tunnel->sequence : 0);
    set(&names[count++], "OWN", own->as.name);
    set(&names[count++], "FAR", far->as.name);
    set(&names[count++], "OWN_IP", ip_text(own->seen_as, ip));
    set(&names[count++], "FAR_IP", ip_text(far->seen_as, ip));
    set(&names[count++], "PEER", ip_text(own->far, ip));
    set(&names[count++], "MAP", tunnel ? tunnel->map_name : "");
    set(&names[count++], "SEQUENCE", number);
    set(&names[count++], "ACL", tunnel ? tunnel->acl_name : "");
    set(&names[count++], "INTERFACE",
        tunnel && tunnel->interface < own->conf.policy.interface_count ? interface_of(own, tunnel)->name : "");
    set(&names[count++], "PARKED", tunnel && tunnel->parked ? tunnel->parked : "");
    set(&names[count++], "EXPECTED", own->expects ? own->expects : "");
    set(&names[count++], "SENT", obstacle_sent_id(far, ip));
    set(&names[count], "SHADOW", "");
    if (taker) {
        struct text shadow = text_of(names[count].value, sizeof names[count].value);

        text_add(&shadow, "%s %u (line %u), whose access-list %s matches it first", taker->map_name, taker->sequence,
                 taker->line, taker->acl_name);
    }
    return fill(t, rows[row].sentence, names, count + 1);
}

static bool hold_against(struct trial *t, unsigned end, unsigned initiator, const struct tunnel *tunnel,
                         const struct selector *s, struct trial_attempt *a)
{
    const struct end *own = &t->ends[end], *far = &t->ends[!end];
    size_t row = row_of(own, far, tunnel, s);

    if (row == COUNT_OF(rows) || (rows[row].who == FIRST && end != initiator))
        return false;
    a->cause = rows[row].cause;
    a->family = diag_cause_family(rows[row].cause);
    a->strength = strength_name(STRENGTH_PROVEN);
    a->why = a->sentence = say_why(t, row, own, far, tunnel, s);
    a->obstacle_end = (uint8_t)end;
    a->is_refused = rows[row].it == REFUSES;
    if (end == initiator && rows[row].it == STOPS)
        a->is_begun = false;
    return true;
}

bool obstacle_find(struct trial *t, unsigned initiator, const struct tunnel *tunnel, const struct selector *wanted,
                   struct trial_attempt *a)
{
    struct selector mirror = selector_mirror(*wanted);

    return hold_against(t, initiator, initiator, tunnel, wanted, a) ||
           hold_against(t, !initiator, initiator, tunnel_about(&t->ends[!initiator], &mirror), &mirror, a);
}
