/* What is wrong with entries that run: lines that another entry takes first, lines that the other end cannot mirror,
 * traffic that is translated before the crypto ACL is asked, or that a vpn-filter never lets through. */
#include "conf/compile.h"

#include "policy/filter.h"
#include "policy/nat.h"

#include <stdarg.h>

enum { LINES_REVIEWED_MAX = 2048, SELECTOR_SIZE = 160 };

static void warn(struct compiler *c, const struct tunnel *t, enum conf_severity severity, uint32_t line,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void warn(struct compiler *c, const struct tunnel *t, enum conf_severity severity, uint32_t line,
                 const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    struct text s = text_of(sentence, sizeof sentence);
    va_list list;

    text_add(&s, "crypto %s %.64s %u: ", t->is_dynamic ? "dynamic-map" : "map", t->map_name, t->sequence);
    va_start(list, format);
    text_add_list(&s, format, list);
    va_end(list);
    find(&c->finder, severity, line, 0, "", sentence);
}

static const char *selector_text(const struct selector *selector, char space[static SELECTOR_SIZE])
{
    struct text t = text_of(space, SELECTOR_SIZE);

    text_add_selector(&t, selector);
    return space;
}

/* ---- which entry takes it ---- */

static bool is_deny_before(const struct tunnel *t, const struct crypto_ace *ace, const struct selector *s)
{
    for (const struct crypto_ace *a = t->aces; a < ace; a++)
        if (!a->is_permit && selector_contains(&a->selector, s))
            return true;
    return false;
}

/* An earlier line, of this entry or of one before it on the same interface, that holds all of this one. */
static bool is_taken_by(const struct tunnel *t, const struct selector *s, const struct crypto_ace *end,
                        const struct crypto_ace **taker)
{
    for (uint16_t i = 0; !t->is_dynamic && i < t->ace_count && &t->aces[i] != end; i++)
        if (t->aces[i].is_permit && selector_contains(&t->aces[i].selector, s) && !is_deny_before(t, &t->aces[i], s)) {
            *taker = &t->aces[i];
            return true;
        }
    return false;
}

/* Most entries have one line, for another network: that is seen at once. */
static bool may_hold(const struct tunnel *t, const struct selector *s)
{
    return t->ace_count != 1 || ip_compare(t->aces->selector.remote.first, s->remote.first) <= 0;
}

static void review_shadow(struct compiler *c, uint16_t index, const struct crypto_ace *ace)
{
    const struct tunnel *tunnels = c->conf->policy.tunnels, *t = &tunnels[index];
    const struct crypto_ace *taker;
    char space[SELECTOR_SIZE];

    for (uint16_t i = 0; i <= index; i++) {
        if (tunnels[i].interface != t->interface || tunnels[i].interface == NO_INDEX ||
            !may_hold(&tunnels[i], &ace->selector) ||
            !is_taken_by(&tunnels[i], &ace->selector, i == index ? ace : NULL, &taker))
            continue;
        if (i == index)
            warn(c, t, CONF_NOTE, ace->line, "%s is in line %u already", selector_text(&ace->selector, space),
                 taker->line);
        else
            warn(c, t, CONF_WARNING, ace->line, "%s never comes here: line %u, of crypto map %.64s %u, takes it first",
                 selector_text(&ace->selector, space), taker->line, tunnels[i].map_name, tunnels[i].sequence);
        return;
    }
}

/* ---- what the other end can mirror ---- */

static bool is_some_ports(struct port_range ports)
{
    return ports.first != ports.last && (ports.first != 0 || ports.last != 65535);
}

static void review_mirror(struct compiler *c, const struct tunnel *t, const struct crypto_ace *ace)
{
    const struct selector *s = &ace->selector;
    struct ip_range both;
    char space[SELECTOR_SIZE];

    if (is_some_ports(s->local_ports) || is_some_ports(s->remote_ports))
        warn(c, t, CONF_WARNING, ace->line,
             "a range of ports cannot be negotiated (RFC 2407 4.6.2 has one port, or any), so no line of the other end "
             "mirrors it");
    if (ip_range_prefix_len(s->local) < 0 || ip_range_prefix_len(s->remote) < 0)
        warn(c, t, CONF_WARNING, ace->line,
             "%s is a range and no network: a device that writes networks only cannot mirror it",
             selector_text(s, space));
    if (ip_range_prefix_len(s->local) == 0 && ip_range_prefix_len(s->remote) == 0)
        warn(c, t, CONF_WARNING, ace->line,
             "`any` to `any` has a mirror that takes all traffic of the other end, IKE's own replies too");
    else if (ip_range_equal(s->local, s->remote))
        warn(c, t, CONF_WARNING, ace->line, "both ends have the same network: %s", selector_text(s, space));
    else if (ip_range_prefix_len(s->remote) != 0 && ip_range_prefix_len(s->local) != 0 &&
             ip_range_intersect(s->local, s->remote, &both))
        warn(c, t, CONF_NOTE, ace->line, "the networks of both ends overlap: %s", selector_text(s, space));
}

/* ---- translation ---- */

/* True: a warning was given. */
static bool review_nat(struct compiler *c, const struct tunnel *t, const struct crypto_ace *ace)
{
    const struct policy *p = &c->conf->policy;
    uint16_t rule = t->interface == NO_INDEX ? NO_INDEX : nat_takes_away(p, t->interface, &ace->selector);
    char space[SELECTOR_SIZE];

    if (rule == NO_INDEX)
        return false;
    warn(c, t, CONF_WARNING, p->nat_rules[rule].line,
         "a device translates %s here before the crypto ACL (line %u) is asked, so it never enters the tunnel: it must "
         "be exempted (%s)",
         selector_text(&ace->selector, space), ace->line,
         p->is_ios ? "deny it in the access-list of this line, above what permits it"
                   : "nat source static X X destination static Y Y, above this line");
    return true;
}

/* ---- vpn-filter ---- */

/* A filter that lets nothing of a line through: most often its ends stand the wrong way round. */
static void review_filter(struct compiler *c, const struct tunnel *t, const struct crypto_ace *ace)
{
    const struct policy *p = &c->conf->policy;
    const struct filter *f = t->peer_count == 0 ? NULL : filter_of(p, policy_tunnel_group_of(p, t->peers[0]), "");
    struct selector mirror = selector_mirror(ace->selector);
    char space[SELECTOR_SIZE];

    if (f == NULL || f->ace_count == 0 || filter_reach(f, &mirror) == FILTER_LETS_SOME)
        return;
    warn(c, t, CONF_WARNING, ace->line, "the vpn-filter %.64s of its peer lets nothing of %s through%s", f->name,
         selector_text(&ace->selector, space),
         filter_reach(f, &ace->selector) == FILTER_LETS_SOME
             ? ": its lines have our network first, and the far end has to stand there"
             : "");
}

void compile_review(struct compiler *c)
{
    const struct policy *p = &c->conf->policy;
    uint32_t count = 0;

    for (uint16_t i = 0; i < p->tunnel_count; i++) {
        const struct tunnel *t = &p->tunnels[i];
        bool is_nat_told = false;

        for (uint16_t k = 0; k < t->ace_count && !t->is_open; k++) {
            if (!t->aces[k].is_permit)
                continue;
            if (++count > LINES_REVIEWED_MAX) {
                say(c, CONF_NOTE, NULL, "there are too many lines of crypto ACLs to review them all");
                return;
            }
            review_shadow(c, i, &t->aces[k]);
            review_mirror(c, t, &t->aces[k]);
            review_filter(c, t, &t->aces[k]);
            if (!is_nat_told)
                is_nat_told = review_nat(c, t, &t->aces[k]);
        }
    }
}
