/* Changes of which networks are meant: lines of the crypto ACL, and what address translation makes of them. */
#include "conf/line.h"
#include "policy/nat.h"
#include "trial/changing.h"

#include <string.h>

static bool overlap(const struct selector *a, const struct selector *b)
{
    struct ip_range both;

    return ip_range_intersect(a->local, b->local, &both) && ip_range_intersect(a->remote, b->remote, &both);
}

static bool has_line(const struct end *e, const struct selector *s)
{
    for (uint16_t i = 0; i < e->policy.tunnel_count; i++)
        for (uint16_t k = 0; k < e->policy.tunnels[i].ace_count; k++)
            if (e->policy.tunnels[i].aces[k].is_permit && selector_equal(&e->policy.tunnels[i].aces[k].selector, s))
                return true;
    return false;
}

/* The line of that end that is meant for the same traffic and mirrors none of the other end's. */
static const struct crypto_ace *odd_line(const struct tunnel *t, const struct end *other, const struct selector *wanted)
{
    for (uint16_t k = 0; t && k < t->ace_count; k++) {
        struct selector mirror = selector_mirror(t->aces[k].selector);

        if (t->aces[k].is_permit && (overlap(&t->aces[k].selector, wanted) || is_one_network(&mirror)) &&
            !has_line(other, &mirror))
            return &t->aces[k];
    }
    return NULL;
}

/* The statement that the line was read from; empty when it stands for several. */
static struct bytes statement_of(const struct end *e, const struct tunnel *t, const struct crypto_ace *ace)
{
    struct lines rest = lines_of(bytes_of(e->text, e->text_len));
    struct line line = {0};
    unsigned count = 0;

    for (uint16_t k = 0; k < t->ace_count; k++)
        count += t->aces[k].line == ace->line;
    while (line_next(&rest, &line) && line.number < ace->line)
        ;
    return count == 1 && line.number == ace->line ? line.text : (struct bytes){0};
}

static void put_stale(struct changing *c, const struct crypto_ace *ace)
{
    struct bytes line = ace ? statement_of(c->own, c->t, ace) : (struct bytes){0};
    struct value *stale;

    if (line.len == 0 || line.len >= VALUE_SIZE)
        return;
    stale = values_add(c->v, "STALE");
    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(stale->text[w], VALUE_SIZE);

        text_add_escaped(&t, line);
    }
    PUT_SELECTOR(c->v, "STALE_", &ace->selector);
}

/* One line takes the place of one that is meant for the same traffic and fits nothing. Where the other end has no such
 * line, only that end can add one. */
bool changing_selector(struct changing *c)
{
    struct selector mirror = selector_mirror(c->selector);
    const struct crypto_ace *stale, *theirs;

    if (!c->t || !*c->t->acl_name)
        return false;
    values_put(c->v, "ACL", c->t->acl_name);
    stale = odd_line(c->t, c->far, &c->selector);
    if (c->is_initiator) {
        theirs = odd_line(c->other, c->own, &mirror);
        if (!theirs || !stale || is_one_network(&theirs->selector))
            return false;
        c->selector = selector_mirror(theirs->selector);
    }
    put_stale(c, stale);
    PUT_SELECTOR(c->v, "", &c->selector);
    return true;
}

/* Of the rule that translates it: the spelling before 8.3 is asked before the one from 8.3 on, so an exemption has the
 * same. */
static void put_nat(struct changing *c)
{
    const struct policy *policy = &c->own->conf.policy;
    uint16_t index = nat_takes_away(policy, c->t->interface, &c->selector);
    const struct nat_rule *rule = index == NO_INDEX ? NULL : &policy->nat_rules[index];
    const char *acl = rule ? strstr(rule->config, " access-list ") : NULL;
    bool is_old = rule && rule->section == 0;

    values_put(c->v, is_old ? "OLD_NAT" : "NEW_NAT", "");
    values_put(c->v, "NAT_ACL", acl ? acl + strlen(" access-list ") : "<the ACL of ip nat inside source>");
    if (is_old)
        values_put(c->v, "INSIDE", rule->from < policy->interface_count ? policy->interfaces[rule->from].name : "any");
}

bool changing_exempt(struct changing *c)
{
    if (!c->t || c->t->interface == NO_INDEX)
        return false;
    values_put(c->v, "INTERFACE", c->own->conf.policy.interfaces[c->t->interface].name);
    values_put_subnet(c->v, "LOCAL_SUBNET", c->selector.local);
    values_put_subnet(c->v, "REMOTE_SUBNET", c->selector.remote);
    put_nat(c);
    PUT_SELECTOR(c->v, "", &c->selector);
    return true;
}

static bool is_taken(const struct end *e, struct ip_range range)
{
    struct ip_range both;

    for (uint16_t i = 0; i < e->policy.tunnel_count; i++)
        for (uint16_t k = 0; k < e->policy.tunnels[i].ace_count; k++)
            if (ip_range_intersect(e->policy.tunnels[i].aces[k].selector.local, range, &both) ||
                ip_range_intersect(e->policy.tunnels[i].aces[k].selector.remote, range, &both))
                return true;
    return false;
}

/* A private network of that size that no line of either end names, the n-th from 172.16.0.0 on; empty: there is none.
 */
static struct ip_range free_network(const struct changing *c, int prefix_len, unsigned n)
{
    enum { FIRST = 0xac100000, LAST = 0xac1fffff };
    uint32_t size = 1u << (32 - prefix_len);

    for (uint32_t at = FIRST; at < LAST - size; at += size) {
        struct ip_range range = ip_range_of_prefix(ip_of_v4(at), (unsigned)prefix_len);

        if (!is_taken(c->own, range) && !is_taken(c->far, range) && n-- == 0)
            return range;
    }
    return (struct ip_range){0};
}

static void put_network(struct changing *c, const char *name, const char *subnet_name, const char *first_name,
                        struct ip_range range)
{
    values_put_network(c->v, name, range);
    values_put_subnet(c->v, subnet_name, range);
    values_put_ip(c->v, first_name, range.first);
}

/* Both networks are seen as others: by one end's translation, and the other one's line follows it. */
bool changing_overlap(struct changing *c)
{
    enum { SHORTEST_PREFIX = 16 };
    struct ip_range local = c->selector.local, remote = c->selector.remote;
    int prefix_len = ip_range_prefix_len(local);

    if (!changing_put_entry(c) || c->t->interface == NO_INDEX || !*c->t->acl_name || local.first.family != IP_V4 ||
        prefix_len < SHORTEST_PREFIX)
        return false;
    struct ip_range own_as = free_network(c, prefix_len, 0), far_as = free_network(c, prefix_len, 1);

    if (!ip_is_set(far_as.first))
        return false;
    values_put(c->v, "INTERFACE", c->own->conf.policy.interfaces[c->t->interface].name);
    values_put(c->v, "ACL", c->t->acl_name);
    values_put_number(c->v, "PREFIX", (unsigned)prefix_len);
    values_put_protocol(c->v, "PROTOCOL", c->selector.protocol);
    put_network(c, "LOCAL", "LOCAL_SUBNET", "LOCAL_FIRST", local);
    put_network(c, "REMOTE", "REMOTE_SUBNET", "REMOTE_FIRST", remote);
    put_network(c, "OWN_AS", "OWN_AS_SUBNET", "OWN_AS_FIRST", own_as);
    put_network(c, "FAR_AS", "FAR_AS_SUBNET", "FAR_AS_FIRST", far_as);
    for (uint16_t k = 0; k < c->t->ace_count; k++)
        if (selector_equal(&c->t->aces[k].selector, &c->selector))
            put_stale(c, &c->t->aces[k]);
    return true;
}
